/* Our fields and event types against the lists that Falco prints: every field is there with the
 * same type, the same need of an argument and the same listness, and every name of an event is
 * known with the same parameters in the same order.
 *
 *     fields SHARED_DIR      exit 0 the same, 1 differences (printed), 77 the lists are not there
 */
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "event/field.h"

enum { EXIT_SKIPPED = 77, LIST_BYTES_MAX = 4 << 20 };

/* Falco lists these as needing an argument and takes them without one. */
static const char *const arg_not_needed[] = {"evt.abspath"};
/* ... and these types it knows by name only, while we have their parameters. */
static const char *const own_params[] = {"fchmodat2"};

static unsigned differences;

#define DIFFER(...)                                                                                \
    do {                                                                                           \
        differences++;                                                                             \
        printf(__VA_ARGS__);                                                                       \
        putchar('\n');                                                                             \
    } while (0)

static bool is_one_of(struct sv name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sv_eq(name, sv(list[i])))
            return true;
    }
    return false;
}

static bool arg_needed(enum field_arg arg)
{
    return arg == FIELD_ARG_INDEX || arg == FIELD_ARG_KEY || arg == FIELD_ARG_ANY;
}

/* The list says which kinds of argument a plugin's field takes; of the others only whether. */
static bool takes(const struct json_doc *doc, const struct json_node *types, struct sv kind)
{
    const struct json_node *type = json_first(doc, types);

    for (; type != NULL; type = json_next(doc, types, type)) {
        if (sv_eq(type->text, kind))
            return true;
    }
    return json_first(doc, types) == NULL;
}

static void compare_argument(const struct json_doc *doc, const struct json_node *listed,
                             const struct field *field)
{
    const struct json_node *argument = json_get(doc, listed, SV("argument"));
    bool none = argument == NULL || argument->kind == JSON_NULL;

    if (none || field->arg == FIELD_ARG_NONE) {
        if (none != (field->arg == FIELD_ARG_NONE))
            DIFFER("%s: takes %s argument", field->name, none ? "no" : "an");
        return;
    }
    bool needed = json_get(doc, argument, SV("required"))->kind == JSON_TRUE;
    if (needed != arg_needed(field->arg) &&
        !is_one_of(sv(field->name), arg_not_needed, ARRAY_LEN(arg_not_needed)))
        DIFFER("%s: argument is%s needed", field->name, needed ? "" : " not");
    const struct json_node *types = json_get(doc, argument, SV("type"));
    bool index = field->arg != FIELD_ARG_KEY && field->arg != FIELD_ARG_KEY_OR_NONE;
    bool key = field->arg != FIELD_ARG_INDEX && field->arg != FIELD_ARG_INDEX_OR_NONE;
    if (index && !takes(doc, types, SV("INDEX")))
        DIFFER("%s: argument is no number", field->name);
    if (key && !takes(doc, types, SV("KEY")))
        DIFFER("%s: argument is no text", field->name);
}

static void compare_field(const struct json_doc *doc, const struct json_node *listed, int source)
{
    struct sv name = json_get_sv(doc, listed, SV("name"));
    struct sv type = json_get_sv(doc, listed, SV("type"));
    bool list = json_get(doc, listed, SV("is_list"))->kind == JSON_TRUE;
    const struct field *field = field_find(name);

    if (field == NULL) {
        DIFFER("%.*s: there is no such field", SV_ARG(name));
        return;
    }
    if (!sv_eq(type, sv(value_type_name(field->type))))
        DIFFER("%s: type is %.*s", field->name, SV_ARG(type));
    if (list != ((field->flags & FIELD_LIST) != 0))
        DIFFER("%s: is %s list", field->name, list ? "a" : "no");
    if ((field->sources & (1u << source)) == 0)
        DIFFER("%s: is of source %s", field->name, event_source_name(source));
    compare_argument(doc, listed, field);
}

static unsigned compare_fields(const struct json_doc *doc, int source)
{
    const struct json_node *classes = json_get(doc, doc->node, SV("fieldclasses"));
    const struct json_node *class = json_first(doc, classes);
    unsigned count = 0;

    for (; class != NULL; class = json_next(doc, classes, class)) {
        const struct json_node *fields = json_get(doc, class, SV("fields"));
        const struct json_node *field = json_first(doc, fields);
        for (; field != NULL; field = json_next(doc, fields, field)) {
            compare_field(doc, field, source);
            count++;
        }
    }
    return count;
}

/* An event is listed once or twice, begun and done; ours is the one that is done. */
static void compare_params(const struct json_doc *doc, const struct json_node *listed,
                           const struct event_type_info *info)
{
    const struct json_node *params = json_get(doc, listed, SV("params"));
    const struct json_node *param = json_first(doc, params);
    uint32_t i = 0;

    if (is_one_of(sv(info->name), own_params, ARRAY_LEN(own_params)))
        return;
    if (param != NULL && sv_eq(json_get_sv(doc, param, SV("name")), SV("ID")))
        return;
    for (; param != NULL; param = json_next(doc, params, param), i++) {
        struct sv name = json_get_sv(doc, param, SV("name"));
        struct sv type = json_get_sv(doc, param, SV("type"));
        if (i >= info->param_count || !sv_eq(name, sv(info->param[i].name)) ||
            !sv_eq(type, sv(info->param[i].type)))
            DIFFER("%s: parameter %u is %.*s, %.*s", info->name, i, SV_ARG(name), SV_ARG(type));
    }
    if (i != info->param_count)
        DIFFER("%s: has %u parameters", info->name, i);
}

static unsigned compare_events(const struct json_doc *doc)
{
    const struct json_node *member = json_first(doc, doc->node);
    bool key = true;
    unsigned count = 0;

    for (; member != NULL; member = json_next(doc, doc->node, member), key = !key) {
        if (key || member->kind != JSON_ARRAY)
            continue;
        const struct json_node *event = json_first(doc, member);
        for (; event != NULL; event = json_next(doc, member, event)) {
            struct sv name = json_get_sv(doc, event, SV("name"));
            enum event_type type = event_type_from(name);
            count++;
            if (type == EVENT_NONE)
                DIFFER("%.*s: there is no such event", SV_ARG(name));
            else if (sv_eq(json_get_sv(doc, event, SV("dir")), SV("<")))
                compare_params(doc, event, event_type_info(type));
        }
    }
    return count;
}

static int load(const char *dir, const char *name, struct arena *arena, struct json_doc *doc)
{
    struct sv path = arena_printf(arena, "%s/reference/falco/%s", dir, name);
    scoped(buf_done) struct buf text;
    struct err err = {0};

    buf_init(&text, LIST_BYTES_MAX);
    int rc = file_read(path.ptr, LIST_BYTES_MAX, &text, &err);
    if (rc == 0)
        rc = json_parse(buf_view(&text), arena, doc, &err);
    if (rc != 0)
        printf("%s\n", err_text(&err, rc));
    return rc;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int source; /* -1: the events */
    } lists[] = {
        {"fields-syscall.json", SOURCE_SYSCALL},
        {"fields-k8s_audit.json", SOURCE_K8S_AUDIT},
        {"fields-aws_cloudtrail.json", SOURCE_AWS_CLOUDTRAIL},
        {"events.json", -1},
    };
    scoped(arena_free) struct arena *arena = arena_new(1 << 20);

    if (argc < 2 || access(argv[1], R_OK) != 0) {
        printf("skipped: no directory '%s' with the lists of fields\n", argc < 2 ? "" : argv[1]);
        return EXIT_SKIPPED;
    }
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        struct json_doc doc;
        if (load(argv[1], lists[i].name, arena, &doc) != 0)
            return EXIT_FAILURE;
        unsigned count =
            lists[i].source < 0 ? compare_events(&doc) : compare_fields(&doc, lists[i].source);
        printf("%s: %u entries compared\n", lists[i].name, count);
        if (count == 0)
            DIFFER("%s: empty list", lists[i].name);
    }
    printf("%u differences\n", differences);
    return differences == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
