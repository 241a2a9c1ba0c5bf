/* Walks from the root of a record to the values that a field names. */
#include "event/json_field.h"

#include "base/arena.h"
#include "base/buf.h"

enum { TEXT_ROOM = 4096 };

static bool is_each(const char *step)
{
    return step[0] == '\0';
}

const struct json_node *event_json_at(const struct event *event, const char *const *path)
{
    const struct json_node *node = event->json.node;

    for (; *path != NULL && node != NULL; path++)
        node = json_get(event->json.doc, node, sv(*path));
    return node != NULL && node->kind == JSON_NULL ? NULL : node;
}

struct sv event_json_text(const struct event *event, const char *const *path)
{
    const struct json_node *node = event_json_at(event, path);

    return node != NULL && node->kind == JSON_STRING ? node->text : (struct sv){NULL, 0};
}

uint32_t event_json_value(const struct event *event, const struct json_node *node,
                          struct value *out)
{
    char room[TEXT_ROOM]; /* most texts fit: nothing is allocated on the way to a verdict */
    struct buf small = {.ptr = room, .size = sizeof(room), .limit = sizeof(room) - 1};
    const struct buf *text = &small;
    scoped(buf_done) struct buf large = {.limit = 0};

    if (node == NULL || node->kind == JSON_NULL)
        return 0;
    if (node->kind == JSON_STRING) {
        *out = value_sv(node->text);
        return 1;
    }
    struct json_writer w = json_writer_on(&small);
    json_node_write(&w, event->json.doc, node);
    if (small.error != 0) {
        w = json_writer_on(&large);
        json_node_write(&w, event->json.doc, node);
        text = &large;
    }
    char *copy = text->error != 0 ? NULL : arena_array(event->scratch, char, text->len + 1);
    if (copy == NULL)
        return 0;
    memcpy(copy, text->ptr, text->len);
    *out = value_sv((struct sv){copy, text->len});
    return 1;
}

struct walk {
    const struct event *event;
    event_json_fn each;
    int64_t index; /* of the next array on the way; -1: all elements */
    struct value *out;
    uint32_t count;
};

static void walk_on(struct walk *walk, const struct json_node *node, const char *const *path);

static void walk_array(struct walk *walk, const struct json_node *array, const char *const *path)
{
    const struct json_doc *doc = walk->event->json.doc;
    int64_t wanted = walk->index;
    int64_t at = 0;

    if (array->kind != JSON_ARRAY)
        return;
    walk->index = -1;
    for (const struct json_node *node = json_first(doc, array); node != NULL;
         node = json_next(doc, array, node), at++) {
        if (wanted < 0 || wanted == at)
            walk_on(walk, node, path);
    }
}

static void walk_on(struct walk *walk, const struct json_node *node, const char *const *path)
{
    for (; *path != NULL && node != NULL; path++) {
        if (is_each(*path)) {
            walk_array(walk, node, path + 1);
            return;
        }
        node = json_get(walk->event->json.doc, node, sv(*path));
    }
    if (node != NULL && walk->count < FIELD_VALUES_MAX)
        walk->count +=
            walk->each(walk->event, node, &walk->out[walk->count], FIELD_VALUES_MAX - walk->count);
}

uint32_t event_json_each(const struct event *event, const struct field_ref *ref,
                         const char *const *path, event_json_fn each, struct value *out)
{
    struct walk walk = {.event = event, .each = each, .index = -1, .out = out};

    if (ref->has_arg && ref->index >= 0)
        walk.index = ref->index;
    walk_on(&walk, event->json.node, path);
    return walk.count;
}

static uint32_t value_of(const struct event *event, const struct json_node *node, struct value *out,
                         uint32_t room)
{
    return room == 0 ? 0 : event_json_value(event, node, out);
}

uint32_t event_json_values(const struct event *event, const struct field_ref *ref,
                           const char *const *path, struct value *out)
{
    return event_json_each(event, ref, path, value_of, out);
}

uint32_t field_json_path(const struct event *event, const struct field_ref *ref, struct value *out)
{
    return event_json_values(event, ref, ref->field->path, out);
}
