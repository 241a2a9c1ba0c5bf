/* Conditions as Falco describes its own rules, against ours: every macro and rule of its rule
 * files, with macros and lists put in, must print as Falco prints it and be true for the same event
 * types; what is printed must read back as itself.
 *
 * Where our text differs it may do so by quotes alone: Falco writes (systemd) and the empty value
 * without any, and could not read them back, nor a text that ends in a backslash.
 *
 *     describe SHARED_DIR     exit 0 the same, 1 differences (printed), 77 the data are not there
 */
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "lang/condition.h"
#include "lang/resolve.h"

enum { EXIT_SKIPPED = 77, FILE_BYTES_MAX = 32 << 20 };

static const struct {
    const char *file;
    enum event_source source;
} files[] = {
    {"falco_rules.json", SOURCE_SYSCALL},
    {"falco-incubating_rules.json", SOURCE_SYSCALL},
    {"falco-sandbox_rules.json", SOURCE_SYSCALL},
    {"falco-deprecated_rules.json", SOURCE_SYSCALL},
    {"aws_cloudtrail_rules.json", SOURCE_AWS_CLOUDTRAIL},
};

struct items {
    const struct ast_value *item;
    uint32_t count;
};

struct suite {
    struct arena *arena;
    struct json_doc doc;
    enum event_source source;
    struct map macros, lists; /* ast_node, items */
    unsigned conditions, equal, equal_but_quotes, types_equal, types_narrower, exceptions, differ;
};

static const struct json_node *member(const struct suite *s, const struct json_node *node,
                                      const char *one, const char *two)
{
    return json_get(&s->doc, json_get(&s->doc, node, sv(one)), sv(two));
}

static struct sv text_of(const struct suite *s, const struct json_node *node, const char *one,
                         const char *two)
{
    const struct json_node *found = member(s, node, one, two);

    return found != NULL && found->kind == JSON_STRING ? found->text : SV("");
}

static const struct ast_node *find_macro(void *ctx, struct sv name)
{
    return map_find(&((struct suite *)ctx)->macros, name);
}

static bool find_list(void *ctx, struct sv name, const struct ast_value **item, uint32_t *count)
{
    const struct items *items = map_find(&((struct suite *)ctx)->lists, name);

    if (items == NULL)
        return false;
    *item = items->item;
    *count = items->count;
    return true;
}

static int differs(struct suite *s, struct sv name, const char *what)
{
    s->differ++;
    printf("%.*s: %s\n", SV_ARG(name), what);
    return -1;
}

static void load_lists(struct suite *s)
{
    const struct json_node *all = json_get(&s->doc, s->doc.node, SV("lists"));

    for (const struct json_node *l = json_first(&s->doc, all); l != NULL;
         l = json_next(&s->doc, all, l)) {
        const struct json_node *from = member(s, l, "details", "items_compiled");
        struct items *items = arena_one(s->arena, struct items);
        struct ast_value *value = arena_array(s->arena, struct ast_value, from->count);

        for (const struct json_node *i = json_first(&s->doc, from); i != NULL;
             i = json_next(&s->doc, from, i)) {
            if (parse_item(i->text, s->arena, &value[items->count++], NULL) < 0)
                (void)differs(s, i->text, "item is refused");
        }
        items->item = value;
        (void)map_put(&s->lists, text_of(s, l, "info", "name"), items);
    }
}

/* Without quotes, and with a backslash written in one way. */
static struct sv loosened(struct arena *arena, struct sv text)
{
    char *copy = arena_array(arena, char, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            continue;
        copy[len++] = text.ptr[i];
        if (sv_starts(sv_sub(text, i, 4), SV("\\x5c"))) {
            copy[len++] = '\\';
            i += 3;
        }
    }
    return (struct sv){copy, len};
}

static void compare_text(struct suite *s, struct sv name, const struct ast_node *node,
                         struct sv expected)
{
    scoped(buf_done) struct buf first = {0};
    scoped(buf_done) struct buf second = {0};
    struct parse_problem problem;
    struct ast_node *again = NULL;

    ast_print(&first, node);
    if (sv_eq(buf_view(&first), expected)) {
        s->equal++;
    } else if (sv_eq(loosened(s->arena, buf_view(&first)), loosened(s->arena, expected))) {
        s->equal_but_quotes++;
    } else {
        (void)differs(s, name, "printed differently");
        printf("  ours  %.*s\n  Falco %.*s\n", SV_ARG(buf_view(&first)), SV_ARG(expected));
    }
    if (parse_condition(buf_view(&first), s->arena, &again, &problem) < 0) {
        (void)differs(s, name, problem.message);
        return;
    }
    ast_print(&second, again);
    if (!sv_eq(buf_view(&first), buf_view(&second)))
        (void)differs(s, name, "reads back differently");
}

/* Falco 0.44 leaves evt.num = 0 all events and adds those of its own; ours may only be fewer. */
static void compare_types(struct suite *s, struct sv name, const struct ast_node *node,
                          const struct json_node *events)
{
    scoped(condition_free) struct condition *condition = NULL;
    struct parse_problem problem;
    struct event_set expected = {{0}};
    struct event_set types;
    bool fewer = false;
    bool all = false;

    if (condition_compile(node, s->source, s->arena, &condition, &problem) < 0) {
        (void)differs(s, name, problem.message);
        return;
    }
    for (const struct json_node *e = json_first(&s->doc, events); e != NULL;
         e = json_next(&s->doc, events, e))
        event_set_add(&expected, event_type_from(e->text));
    condition_types(condition, &types, &all);
    for (uint32_t type = EVENT_NONE + 1; type < event_type_count(); type++) {
        const char *word = event_type_info((enum event_type)type)->name;
        bool ours = event_set_has(&types, (enum event_type)type);
        bool falcos = event_set_has(&expected, (enum event_type)type);

        if (ours == falcos || strcmp(word, "asyncevent") == 0 ||
            (s->source != SOURCE_SYSCALL && type != EVENT_PLUGIN))
            continue;
        if (ours) {
            (void)differs(s, name, "true for an event type that Falco leaves out:");
            printf("  %s\n", word);
            return;
        }
        fewer = true;
    }
    s->types_equal += !fewer;
    s->types_narrower += fewer;
}

static void compare(struct suite *s, const struct json_node *item, const struct ast_node *parsed)
{
    struct sv name = text_of(s, item, "info", "name");
    const struct resolve_names names = {find_macro, find_list, s};
    struct parse_problem problem;
    struct ast_node *node = NULL;

    s->conditions++;
    if (resolve_condition(parsed, &names, s->arena, &node, &problem) < 0) {
        (void)differs(s, name, problem.message);
        return;
    }
    compare_text(s, name, node, text_of(s, item, "details", "condition_compiled"));
    compare_types(s, name, node, member(s, item, "details", "events"));
}

static const struct ast_node *parse_info(struct suite *s, const struct json_node *item)
{
    struct parse_problem problem;
    struct ast_node *node = NULL;

    if (parse_condition(text_of(s, item, "info", "condition"), s->arena, &node, &problem) < 0)
        (void)differs(s, text_of(s, item, "info", "name"), problem.message);
    return node;
}

static void compare_all(struct suite *s)
{
    const struct json_node *macros = json_get(&s->doc, s->doc.node, SV("macros"));
    const struct json_node *rules = json_get(&s->doc, s->doc.node, SV("rules"));

    for (const struct json_node *m = json_first(&s->doc, macros); m != NULL;
         m = json_next(&s->doc, macros, m)) {
        const struct ast_node *node = parse_info(s, m);
        if (node != NULL)
            (void)map_put(&s->macros, text_of(s, m, "info", "name"), (void *)node);
    }
    for (const struct json_node *m = json_first(&s->doc, macros); m != NULL;
         m = json_next(&s->doc, macros, m)) {
        const struct ast_node *node = map_find(&s->macros, text_of(s, m, "info", "name"));
        if (node != NULL)
            compare(s, m, node);
    }
    for (const struct json_node *r = json_first(&s->doc, rules); r != NULL;
         r = json_next(&s->doc, rules, r)) {
        const struct ast_node *node = parse_info(s, r);
        const struct json_node *exceptions = member(s, r, "details", "exception_names");

        if (exceptions != NULL && exceptions->count > 0)
            s->exceptions++; /* the described text has them, the written one does not */
        if (node != NULL)
            compare(s, r, node);
    }
}

static int compare_file(struct suite *s, const char *shared, const char *file, struct err *err)
{
    scoped(buf_done) struct buf text = {0};
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/reference/falco/describe/%s", shared, file);
    int rc = file_read(path, FILE_BYTES_MAX, &text, err);
    if (rc == 0)
        rc = json_parse(buf_view(&text), s->arena, &s->doc, err);
    if (rc < 0)
        return rc;
    load_lists(s);
    compare_all(s);
    map_done(&s->macros);
    map_done(&s->lists);
    return 0;
}

int main(int argc, char **argv)
{
    char path[4096];
    unsigned differ = 0;

    if (argc < 2)
        return 2;
    (void)snprintf(path, sizeof(path), "%s/reference/falco/describe", argv[1]);
    if (access(path, R_OK) != 0) {
        printf("skipped: %s is not there\n", path);
        return EXIT_SKIPPED;
    }
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        scoped(arena_free) struct arena *arena = arena_new(1 << 20);
        struct suite s = {.arena = arena, .source = files[i].source};
        struct err err = {0};

        int rc = compare_file(&s, argv[1], files[i].file, &err);
        if (rc < 0) {
            printf("%s\n", err_text(&err, rc));
            return 1;
        }
        printf(
            "%s: %u conditions, %u printed the same, %u but for quotes; event types %u the same, "
            "%u fewer; %u rules with exceptions; %u differences\n",
            files[i].file, s.conditions, s.equal, s.equal_but_quotes, s.types_equal,
            s.types_narrower, s.exceptions, s.differ);
        differ += s.differ;
    }
    return differ > 0;
}
