/* json.* and jevt.*: any member of an event that came as JSON. */
#include "event/fields.h"
#include "event/json_field.h"

/* One step of a JSON pointer: a member, or an element of an array by its number. */
static const struct json_node *step(const struct json_doc *doc, const struct json_node *node,
                                    struct sv name)
{
    uint64_t wanted;

    if (node->kind != JSON_ARRAY)
        return json_get(doc, node, name);
    if (!sv_to_u64(name, &wanted))
        return NULL;
    node = wanted < node->count ? node : NULL;
    const struct json_node *at = json_first(doc, node);
    for (; at != NULL && wanted > 0; wanted--)
        at = json_next(doc, node, at);
    return at;
}

/* "a/b" of "a~1b", "a~b" of "a~0b". */
static struct sv unescape(struct arena *arena, struct sv name)
{
    if (sv_count(name, '~') == 0)
        return name;

    char *out = arena_array(arena, char, name.len + 1);
    size_t len = 0;
    if (out == NULL)
        return name;
    for (size_t i = 0; i < name.len; i++) {
        bool escape = name.ptr[i] == '~' && i + 1 < name.len &&
                      (name.ptr[i + 1] == '0' || name.ptr[i + 1] == '1');
        out[len++] = !escape ? name.ptr[i] : name.ptr[i + 1] == '0' ? '~' : '/';
        i += escape;
    }
    return (struct sv){out, len};
}

static uint32_t value(const struct event *event, const struct field_ref *ref, struct value *out)
{
    const struct json_node *node = event->json.node;
    struct sv left = ref->key;

    if (sv_starts(left, SV("/")))
        left = sv_sub(left, 1, left.len);
    while (left.ptr != NULL && left.len > 0 && node != NULL) {
        struct sv name = sv_split(&left, '/');
        node = step(event->json.doc, node, unescape(event->scratch, name));
    }
    return event_json_value(event, node, out);
}

static void newline(struct buf *out, unsigned depth)
{
    buf_char(out, '\n');
    for (unsigned i = 0; i < depth; i++)
        buf_str(out, "  ");
}

/* The value as JSON text on lines of its own, indented by two spaces a level. */
static void write_indented(struct buf *out, const struct json_doc *doc,
                           const struct json_node *node, unsigned depth)
{
    bool object = node->kind == JSON_OBJECT;
    struct json_writer w = json_writer_on(out);

    if (node->count == 0 || (!object && node->kind != JSON_ARRAY)) {
        json_node_write(&w, doc, node);
        return;
    }
    buf_char(out, object ? '{' : '[');
    for (const struct json_node *at = json_first(doc, node); at != NULL;) {
        newline(out, depth + 1);
        if (object) {
            w = json_writer_on(out);
            json_sv(&w, at->text);
            buf_str(out, ": ");
            at = json_next(doc, node, at);
        }
        write_indented(out, doc, at, depth + 1);
        at = json_next(doc, node, at);
        buf_str(out, at == NULL ? "" : ",");
    }
    newline(out, depth);
    buf_char(out, object ? '}' : ']');
}

static bool write_all(struct buf *out, const struct event *event, const struct field_ref *ref)
{
    if (event->json.node == NULL)
        return false;
    write_indented(out, event->json.doc, event->json.node, 0);
    return true;
}

static uint32_t all(const struct event *event, const struct field_ref *ref, struct value *out)
{
    return field_written(event, ref, write_all, out);
}

static uint32_t raw_time(const struct event *event, const struct field_ref *ref, struct value *out)
{
    if (event->json.node == NULL)
        return 0;
    return field_sv(out, arena_printf(event->scratch, "%llu", (unsigned long long)event->time_ns));
}

#define ROW(name, arg, flags, extract, meaning)                                                    \
    FIELD_ROW(FIELD_ALL_SOURCES & ~FIELD_SYSCALL, name, CHARBUF, arg, flags, extract, meaning)

/* clang-format off */
static const struct field rows[] = {
    ROW("jevt.obj", NONE, FIELD_DEPRECATED, all, "the same as json.obj"),
    ROW("jevt.rawtime", NONE, FIELD_DEPRECATED, raw_time, "the same as json.rawtime"),
    ROW("jevt.value", KEY, FIELD_DEPRECATED, value, "the same as json.value"),
    ROW("json.obj", NONE, 0, all, "the whole event as JSON text"),
    ROW("json.rawtime", NONE, 0, raw_time, "when, in ns since the epoch"),
    ROW("json.value", KEY, 0, value,
        "the member that the JSON pointer given names: /user/username"),
};
/* clang-format on */

const struct field_table field_table_json = FIELD_TABLE("Events that come as JSON", rows);
