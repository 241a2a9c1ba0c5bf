#include "app/rule_tests.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "event/field.h"
#include "lang/diag.h"

enum { WORDS_MAX = 512, PATH_PARTS_MAX = 4096 };

struct reader {
    struct arena *arena;
    struct diags *diags;
    struct rule_tests *out;
};

/* Keys of one kind of mapping, and what the mapping is called. */
struct keys {
    const char *what;
    const struct sv *name;
    uint32_t count;
};

enum item_key { ITEM_TEST, ITEM_EVENT, ITEM_EVENTS, ITEM_EXPECT, ITEM_COUNT };
enum event_key { EVENT_SOURCE, EVENT_KIND, EVENT_FIELDS, EVENT_KEY_COUNT };

static const struct sv item_names[ITEM_COUNT] = {SV("test"), SV("event"), SV("events"),
                                                 SV("expect")};
static const struct sv event_names[EVENT_KEY_COUNT] = {SV("source"), SV("type"), SV("fields")};
static const struct sv rules_names[] = {SV("rules")};
static const struct keys item_keys = {"a test", item_names, ITEM_COUNT};
static const struct keys event_keys = {"an event", event_names, EVENT_KEY_COUNT};
static const struct keys rules_keys = {"the item of rules", rules_names, 1};

static void add_diag(struct diags *diags, const struct rule_tests *tests, enum diag_code code,
                     struct yaml_mark at, const char *mend, const char *words)
{
    const struct diag diag = {
        .level = DIAG_ERROR,
        .code = code,
        .place = {tests->file, at.line, at.column, at.offset, "", ""},
        .message = words,
        .mend = mend,
    };

    (void)diags_add(diags, &diag, at.line > 0 ? tests->text : (struct sv){NULL, 0});
}

void rule_tests_complain(struct diags *diags, const struct rule_tests *tests, struct yaml_mark at,
                         const char *mend, const char *fmt, ...)
{
    char words[WORDS_MAX];
    va_list args;

    va_start(args, fmt);
    if (vsnprintf(words, sizeof(words), fmt, args) < 0)
        words[0] = '\0';
    va_end(args);
    add_diag(diags, tests, DIAG_ERR_YAML_VALIDATE, at, mend, words);
}

#define complain(r, at, mend, ...)                                                                 \
    rule_tests_complain((r)->diags, (r)->out, (at), (mend), __VA_ARGS__)

static const char *did_you_mean(struct reader *r, struct sv text, struct sv_list names)
{
    long near = sv_nearest(text, names);

    if (near < 0)
        return NULL;
    return arena_printf(r->arena, "did you mean '%.*s'?", SV_ARG(names.item[near])).ptr;
}

/* Sort the values of a mapping by the table of its keys; NULL where one is absent. */
static bool read_keys(struct reader *r, const struct yaml_node *map, const struct keys *keys,
                      struct yaml_node **value)
{
    bool fine = true;

    if (map->kind != YAML_MAPPING) {
        complain(r, map->at, NULL, "%s is a mapping", keys->what);
        return false;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        const struct yaml_node *key = yaml_key_at(map, i);
        uint32_t at = 0;
        while (at < keys->count && !sv_eq(keys->name[at], key->text))
            at++;
        if (at < keys->count) {
            value[at] = yaml_value_at(map, i);
            continue;
        }
        complain(r, key->at, did_you_mean(r, key->text, (struct sv_list){keys->name, keys->count}),
                 "%s has no key '%.*s'", keys->what, SV_ARG(key->text));
        fine = false;
    }
    return fine;
}

static bool is_text(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && !yaml_is_null(node) && node->text.len > 0;
}

/* A list of texts, each once. */
static bool read_names(struct reader *r, const struct yaml_node *list, const char *what,
                       const struct rule_test_name **out, uint32_t *count)
{
    if (list->kind != YAML_SEQUENCE) {
        complain(r, list->at, "write [A, B], or [] for none", "'%s' is a list", what);
        return false;
    }
    struct rule_test_name *name = arena_array(r->arena, struct rule_test_name, list->count);
    if (name == NULL || list->count > RULE_TEST_NAMES_MAX) {
        complain(r, list->at, NULL, "more than %d names", RULE_TEST_NAMES_MAX);
        return false;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct yaml_node *item = list->item[i];
        if (!is_text(item)) {
            complain(r, item->at, NULL, "'%s' is a list of names", what);
            return false;
        }
        for (uint32_t j = 0; j < i; j++) {
            if (sv_eq(name[j].text, item->text)) {
                complain(r, item->at, NULL, "'%.*s' is in the list already", SV_ARG(item->text));
                return false;
            }
        }
        name[i] = (struct rule_test_name){item->text, item->at};
    }
    *out = name;
    *count = list->count;
    return true;
}

/* ------------------------------------------------------------------------------------- events */

static bool read_source(struct reader *r, const struct yaml_node *node, enum event_source *out)
{
    struct sv names[SOURCE_COUNT];
    int source = SOURCE_SYSCALL;

    if (node != NULL)
        source = event_source_from(node->kind == YAML_SCALAR ? node->text : SV(""));
    if (source < 0) {
        for (int i = 0; i < SOURCE_COUNT; i++)
            names[i] = sv(event_source_name((enum event_source)i));
        complain(r, node->at, did_you_mean(r, node->text, (struct sv_list){names, SOURCE_COUNT}),
                 "no source '%.*s'", SV_ARG(node->text));
        return false;
    }
    *out = (enum event_source)source;
    return true;
}

static const char *nearest_type(struct reader *r, struct sv text)
{
    struct sv names[EVENT_TYPE_MAX];
    uint32_t count = 0;

    for (uint32_t i = EVENT_NONE + 1; i < event_type_count() && count < EVENT_TYPE_MAX; i++)
        names[count++] = sv(event_type_info((enum event_type)i)->name);
    return did_you_mean(r, text, (struct sv_list){names, count});
}

/* Events of the other sources have one type, which nobody needs to write. */
static bool read_type(struct reader *r, const struct yaml_node *node, struct yaml_mark at,
                      struct event *event)
{
    if (node == NULL && event->source != SOURCE_SYSCALL) {
        event->type = EVENT_PLUGIN;
        return true;
    }
    if (node == NULL) {
        complain(r, at, "add 'type: execve' or the like",
                 "an event of source 'syscall' has a type");
        return false;
    }
    event->type = node->kind == YAML_SCALAR ? event_type_from(node->text) : EVENT_NONE;
    if (event->type == EVENT_NONE) {
        complain(r, node->at, nearest_type(r, node->text), "no event type '%.*s'",
                 SV_ARG(node->text));
        return false;
    }
    if ((event->type == EVENT_PLUGIN) == (event->source == SOURCE_SYSCALL)) {
        complain(r, node->at, NULL, "source '%s' has no events of type '%.*s'",
                 event_source_name(event->source), SV_ARG(node->text));
        return false;
    }
    return true;
}

static bool read_field(struct reader *r, const struct yaml_node *key, enum event_source source,
                       struct field_ref *ref)
{
    const char *near = NULL;

    switch (field_ref_parse(key->text, ref)) {
    case FIELD_REF_FINE:
        break;
    case FIELD_REF_UNKNOWN:
        near = field_nearest(key->text);
        complain(r, key->at,
                 near == NULL ? NULL : arena_printf(r->arena, "did you mean '%s'?", near).ptr,
                 "no field '%.*s'", SV_ARG(key->text));
        return false;
    case FIELD_REF_ARG_MISSING:
        complain(r, key->at, NULL, "field '%.*s' needs an argument in brackets", SV_ARG(key->text));
        return false;
    case FIELD_REF_ARG_UNWANTED:
        complain(r, key->at, NULL, "the field in '%.*s' takes no argument", SV_ARG(key->text));
        return false;
    case FIELD_REF_ARG_BAD:
        complain(r, key->at, NULL, "the field in '%.*s' does not take this argument",
                 SV_ARG(key->text));
        return false;
    }
    if ((ref->field->sources & (1u << source)) == 0) {
        complain(r, key->at, NULL, "events of source '%s' have no field '%s'",
                 event_source_name(source), ref->field->name);
        return false;
    }
    if (sv_eq(sv(ref->field->name), SV("evt.type"))) {
        complain(r, key->at, "write it beside 'fields'", "the type of an event is its key 'type'");
        return false;
    }
    return true;
}

static bool read_value(struct reader *r, const struct yaml_node *node, enum value_type type,
                       struct value *out)
{
    if (node->kind != YAML_SCALAR) {
        complain(r, node->at, NULL, "a value is a text, a number or a truth value");
        return false;
    }
    if (!value_parse(type, node->text, out)) {
        complain(r, node->at, NULL, "'%.*s' is no value of type %s", SV_ARG(node->text),
                 value_type_name(type));
        return false;
    }
    return true;
}

/* Fields that give several values: lists, and those like proc.aname, which without an index are all
 * ancestors. */
static bool takes_list(const struct field_ref *ref)
{
    enum field_arg arg = ref->field->arg;

    return (ref->field->flags & FIELD_LIST) != 0 ||
           (!ref->has_arg && (arg == FIELD_ARG_INDEX_OR_NONE || arg == FIELD_ARG_ANY_OR_NONE));
}

/* The entries of one field: several for a list; null and the empty list say that it is absent. */
static bool read_given(struct reader *r, const struct yaml_node *key, const struct yaml_node *node,
                       struct event *event, struct event_given *given)
{
    scoped(buf_done) struct buf name = {0};
    struct field_ref ref;

    if (!read_field(r, key, event->source, &ref))
        return false;
    bool list = node->kind == YAML_SEQUENCE;
    if (list && !takes_list(&ref)) {
        complain(r, node->at, NULL, "field '%.*s' has one value", SV_ARG(key->text));
        return false;
    }
    if (list && node->count > FIELD_VALUES_MAX) {
        complain(r, node->at, NULL, "a list of more than %d values", FIELD_VALUES_MAX);
        return false;
    }
    field_ref_print(&name, &ref);
    struct sv kept = arena_sv(r->arena, buf_view(&name));
    uint32_t count = list ? node->count : 1;
    if (count == 0 || yaml_is_null(node))
        given[event->given_count++] = (struct event_given){.field = kept};
    for (uint32_t i = 0; i < count && !yaml_is_null(node); i++) {
        struct event_given *to = &given[event->given_count];
        to->field = kept;
        if (!read_value(r, list ? node->item[i] : node, field_ref_type(&ref), &to->value))
            return false;
        event->given_count++;
    }
    return true;
}

static bool read_fields(struct reader *r, const struct yaml_node *fields, struct event *event)
{
    size_t room = 0;
    bool fine = true;

    if (fields->kind != YAML_MAPPING) {
        complain(r, fields->at, "write {proc.name: bash}",
                 "'fields' is a mapping of field and value");
        return false;
    }
    for (uint32_t i = 0; i < fields->count; i++) {
        const struct yaml_node *value = yaml_value_at(fields, i);
        room += value->kind == YAML_SEQUENCE && value->count > 0 ? value->count : 1;
    }
    struct event_given *given = arena_array(r->arena, struct event_given, room);
    if (given == NULL) {
        complain(r, fields->at, NULL, "more fields than fit in memory");
        return false;
    }
    event->given = given;
    for (uint32_t i = 0; i < fields->count; i++)
        fine &= read_given(r, yaml_key_at(fields, i), yaml_value_at(fields, i), event, given);
    return fine;
}

static bool read_event(struct reader *r, const struct yaml_node *node, uint32_t num,
                       struct event *event)
{
    struct yaml_node *value[EVENT_KEY_COUNT] = {NULL};

    if (!read_keys(r, node, &event_keys, value))
        return false;
    event->num = num;
    if (!read_source(r, value[EVENT_SOURCE], &event->source))
        return false;
    bool fine = read_type(r, value[EVENT_KIND], node->at, event);
    if (value[EVENT_FIELDS] != NULL)
        fine &= read_fields(r, value[EVENT_FIELDS], event);
    return fine;
}

static void read_events(struct reader *r, struct yaml_node *const *node, uint32_t count,
                        struct rule_test *test)
{
    struct event *event = arena_array(r->arena, struct event, count);

    if (event == NULL) {
        complain(r, test->name.at, NULL, "more events than fit in memory");
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        (void)read_event(r, node[i], i + 1, &event[i]);
    test->event = event;
    test->event_count = count;
}

/* -------------------------------------------------------------------------------------- tests */

static void read_test(struct reader *r, const struct yaml_node *item, struct rule_test *test)
{
    struct yaml_node *value[ITEM_COUNT] = {NULL};

    test->name.at = item->at;
    if (!read_keys(r, item, &item_keys, value))
        return;
    if (value[ITEM_TEST] == NULL || !is_text(value[ITEM_TEST])) {
        complain(r, item->at, "begin it with '- test: NAME'", "a test has a name");
        return;
    }
    test->name = (struct rule_test_name){value[ITEM_TEST]->text, value[ITEM_TEST]->at};
    if ((value[ITEM_EVENT] == NULL) == (value[ITEM_EVENTS] == NULL))
        complain(r, item->at, NULL, "a test has either 'event' or 'events'");
    else if (value[ITEM_EVENT] != NULL)
        read_events(r, &value[ITEM_EVENT], 1, test);
    else if (value[ITEM_EVENTS]->kind != YAML_SEQUENCE || value[ITEM_EVENTS]->count == 0)
        complain(r, value[ITEM_EVENTS]->at, NULL, "'events' is a list of events");
    else
        read_events(r, value[ITEM_EVENTS]->item, value[ITEM_EVENTS]->count, test);
    if (value[ITEM_EXPECT] == NULL)
        complain(r, item->at, "write 'expect: []' when nothing may match",
                 "a test says what it expects");
    else
        (void)read_names(r, value[ITEM_EXPECT], "expect", &test->expect, &test->expect_count);
}

static void read_rules(struct reader *r, const struct yaml_node *item)
{
    const struct rule_test_name *name = NULL;
    struct yaml_node *list = NULL;
    struct sv file = sv(r->out->file);
    uint32_t count = 0;

    if (!read_keys(r, item, &rules_keys, &list) || !read_names(r, list, "rules", &name, &count))
        return;
    const char **path = arena_array(r->arena, const char *, count);
    for (uint32_t i = 0; path != NULL && i < count; i++) {
        bool absolute = sv_starts(name[i].text, SV("/"));
        struct sv dir = sv_sub(file, 0, absolute ? 0 : sv_rfind_char(file, '/') + 1);
        if (dir.len + name[i].text.len > PATH_PARTS_MAX) {
            complain(r, name[i].at, NULL, "a path longer than %d bytes", PATH_PARTS_MAX);
            return;
        }
        path[i] = arena_printf(r->arena, "%.*s%.*s", SV_ARG(dir), SV_ARG(name[i].text)).ptr;
    }
    r->out->rules = path;
    r->out->rules_count = count;
}

static void read_list(struct reader *r, const struct yaml_node *list)
{
    if (list->kind != YAML_SEQUENCE) {
        complain(r, list->at, "begin with '- test: NAME'", "a file of rule tests is a list");
        return;
    }
    uint32_t first = list->count > 0 && yaml_get(list->item[0], "rules") != NULL;
    uint32_t count = list->count - first;
    struct rule_test *test = arena_array(r->arena, struct rule_test, count);
    if (test == NULL) {
        complain(r, list->at, NULL, "more tests than fit in memory");
        return;
    }
    if (count == 0)
        complain(r, list->at, "add '- test: NAME'", "no tests in the file");
    if (first > 0)
        read_rules(r, list->item[0]);
    for (uint32_t i = 0; i < count; i++)
        read_test(r, list->item[first + i], &test[i]);
    r->out->test = test;
    r->out->count = count;
}

static int parse(struct reader *r, struct yaml_file *yaml)
{
    struct yaml_problem problem = {0};
    struct err err = {0};

    int rc = yaml_parse(r->out->text, r->arena, yaml, &problem, &err);
    if (rc < 0) {
        add_diag(r->diags, r->out, DIAG_ERR_YAML_PARSE, problem.at, NULL, err_text(&err, rc));
        return rc;
    }
    if (yaml->count != 1 || yaml->document[0] == NULL) {
        complain(r, ((struct yaml_mark){1, 1, 0}), NULL,
                 yaml->count > 1 ? "a file of rule tests is one document" : "the file is empty");
        return -EINVAL;
    }
    return 0;
}

int rule_tests_read(const char *path, struct arena *arena, struct diags *diags,
                    struct rule_tests *out)
{
    scoped(buf_done) struct buf text = {0};
    struct reader r = {arena, diags, out};
    struct yaml_file yaml = {0};
    struct err err = {0};
    uint32_t before = diags->errors;

    *out = (struct rule_tests){.file = path};
    int rc = file_read(path, RULE_TEST_FILE_MAX, &text, &err);
    if (rc < 0) {
        add_diag(diags, out, DIAG_ERR_FILE_READ, (struct yaml_mark){0}, NULL, err_text(&err, rc));
        return rc;
    }
    out->text = arena_sv(arena, buf_view(&text));
    rc = parse(&r, &yaml);
    if (rc < 0)
        return rc;
    read_list(&r, yaml.document[0]);
    return diags->errors > before ? -EINVAL : 0;
}
