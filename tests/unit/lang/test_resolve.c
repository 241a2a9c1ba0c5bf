#include "tests/unit/test.h"

#include <errno.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lang/resolve.h"

struct named_macro {
    const char *name, *condition;
};
struct named_list {
    const char *name;
    const char *item[4]; /* ended by NULL */
};

static const struct named_macro macros[] = {
    {"is_cat", "proc.name = cat"},       {"opens", "evt.type in (open_types)"},
    {"cat_opens", "(is_cat and opens)"}, {"not_cat", "not is_cat"},
    {"loop", "(is_cat or loop)"},        {"ping", "pong"},
    {"pong", "(is_cat and ping)"},       {"broken_inside", "(is_cat and nowhere)"},
    {"plain_in", "proc.name in (a, b)"},
};

static const struct named_list lists[] = {
    {"open_types", {"open", "openat", NULL}},
    {"one", {"bash", NULL}},
    {"none", {NULL}},
    {"odd", {"(systemd)", "x y", "one", NULL}},
};

struct names {
    struct arena *arena;
};

static const struct ast_node *find_macro(void *ctx, struct sv name)
{
    struct names *names = ctx;
    struct ast_node *node = NULL;

    for (size_t i = 0; i < ARRAY_LEN(macros); i++) {
        if (sv_eq(name, sv(macros[i].name))) {
            CHECK_INT(parse_condition(sv(macros[i].condition), names->arena, &node, NULL), 0);
            return node;
        }
    }
    return NULL;
}

static bool find_list(void *ctx, struct sv name, const struct ast_value **item, uint32_t *count)
{
    struct names *names = ctx;

    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        if (!sv_eq(name, sv(lists[i].name)))
            continue;
        struct ast_value *value = arena_array(names->arena, struct ast_value, 4);
        uint32_t n = 0;
        for (; n < 4 && lists[i].item[n] != NULL; n++)
            value[n].text = sv(lists[i].item[n]);
        *item = value;
        *count = n;
        return true;
    }
    return false;
}

static int resolve_text(struct arena *arena, const char *text, struct ast_node **out,
                        struct parse_problem *problem)
{
    struct names ctx = {arena};
    struct resolve_names names = {find_macro, find_list, &ctx};
    struct ast_node *parsed = NULL;

    CHECK_INT(parse_condition(sv(text), arena, &parsed, problem), 0);
    return resolve_condition(parsed, &names, arena, out, problem);
}

static void puts_in_macros_and_lists(void **state)
{
    static const struct {
        const char *row, *text, *resolved;
    } rows[] = {
        {"nothing to do", "proc.name = cat and fd.num > 1", "(proc.name = cat and fd.num > 1)"},
        {"macro", "is_cat", "proc.name = cat"},
        {"macro in and", "fd.num > 1 and is_cat", "(fd.num > 1 and proc.name = cat)"},
        {"macro in macro", "cat_opens", "(proc.name = cat and evt.type in (open, openat))"},
        {"macro twice", "is_cat or is_cat", "(proc.name = cat or proc.name = cat)"},
        {"not of a not", "not not_cat", "not not proc.name = cat"},
        {"list alone", "proc.name in (one)", "proc.name in (bash)"},
        {"list beside values", "proc.name in (sh, open_types, zsh)",
         "proc.name in (sh, open, openat, zsh)"},
        {"two lists", "proc.name in (one, open_types)", "proc.name in (bash, open, openat)"},
        {"list without items", "proc.name in (none)", "proc.name in ()"},
        {"list without items beside values", "proc.name in (a, none, b)", "proc.name in (a, b)"},
        {"items are not looked up again", "proc.name in (odd)",
         "proc.name in (\"(systemd)\", \"x y\", one)"},
        {"list by name", "proc.name in open_types", "proc.name in (open, openat)"},
        {"a name that is no list", "proc.name in nowhere", "proc.name in (nowhere)"},
        {"quoted is no name", "proc.name in (\"one\")", "proc.name in (one)"},
        {"pmatch", "fd.name pmatch (one)", "fd.name pmatch (bash)"},
        {"intersects", "ka.user.groups intersects open_types",
         "ka.user.groups intersects (open, openat)"},
        {"modifier", "proc.name contains anyof (open_types)",
         "proc.name contains anyof (open, openat)"},
        {"modifier and name", "proc.name = oneof open_types", "proc.name = oneof (open, openat)"},
        {"list of one in the place of a value", "proc.name = one", "proc.name = bash"},
        {"exists", "proc.name exists", "proc.name exists"},
        {"right field", "proc.name = val(proc.pname)", "proc.name = val(proc.pname)"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf text = {0};
        struct parse_problem problem;
        struct ast_node *node = NULL;

        test_row(rows[i].row);
        if (resolve_text(arena, rows[i].text, &node, &problem) < 0)
            TEST_FAIL("refused at %u: %s", problem.offset, problem.message);
        ast_print(&text, node);
        CHECK_SV(buf_view(&text), sv(rows[i].resolved));
    }
}

static void says_which_name_is_wrong(void **state)
{
    static const struct {
        const char *row, *text;
        int rc;
        uint32_t offset;
        const char *message, *mend;
    } rows[] = {
        {"no such macro", "evt.type = open and nowhere", -EINVAL, 20,
         "Undefined macro 'nowhere' used in filter.", ""},
        {"no such macro in a macro", "fd.num > 1 or broken_inside", -EINVAL, 14,
         "Undefined macro 'nowhere' used in filter.", ""},
        {"itself", "loop", -EINVAL, 0, "reference loop in macro 'loop'", ""},
        {"through another", "fd.num > 1 and ping", -EINVAL, 15, "reference loop in macro 'ping'",
         ""},
        {"many items for one value", "proc.name = open_types", -EINVAL, 12,
         "list 'open_types' holds 2 values where one is expected",
         "did you mean 'in (open_types)'?"},
        {"no items for one value", "proc.name = none", -EINVAL, 12,
         "list 'none' holds 0 values where one is expected", "did you mean 'in (none)'?"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct parse_problem problem;
        struct ast_node *node = NULL;

        test_row(rows[i].row);
        CHECK_INT(resolve_text(arena, rows[i].text, &node, &problem), rows[i].rc);
        CHECK(node == NULL);
        CHECK_STR(problem.message, rows[i].message);
        CHECK_INT(problem.offset, rows[i].offset);
        CHECK_STR(problem.mend, rows[i].mend);
    }
}

static void keeps_places(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct parse_problem problem;
    struct ast_node *node = NULL;

    CHECK_INT(
        resolve_text(arena, "fd.num > 1 and cat_opens and proc.name in (x, one)", &node, &problem),
        0);
    test_row("own text");
    CHECK_INT(node->child[0]->offset, 0);
    CHECK(!node->child[0]->borrowed);
    test_row("inside a macro");
    CHECK_INT(node->child[1]->offset, 15);
    CHECK_INT(node->child[1]->child[1]->offset, 15);
    CHECK_INT(node->child[1]->child[1]->length, 9);
    CHECK(node->child[1]->child[1]->borrowed);
    test_row("list beside a value");
    CHECK(!node->child[2]->borrowed);
    CHECK_INT(node->child[2]->value[0].offset, 43);
    CHECK_INT(node->child[2]->value[1].offset, 46);
    CHECK(node->child[2]->value[1].from_list);
}

static void resolves_what_is_resolved(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf text = {0};
    struct names ctx = {arena};
    struct resolve_names names = {find_macro, find_list, &ctx};
    struct parse_problem problem;
    struct ast_node *once = NULL;
    struct ast_node *twice = NULL;

    CHECK_INT(resolve_text(arena, "proc.name in (odd) and fd.name in (a, odd)", &once, &problem),
              0);
    CHECK_INT(resolve_condition(once, &names, arena, &twice, &problem), 0);
    ast_print(&text, twice);
    CHECK_STR(buf_cstr(&text), "(proc.name in (\"(systemd)\", \"x y\", one) and "
                               "fd.name in (a, \"(systemd)\", \"x y\", one))");
}

/* A macro that names the one before it twice: 2^n in all. */
struct powers {
    struct arena *arena;
    const char *form; /* of a macro, with the one before it twice */
};

static const struct ast_node *find_power(void *ctx, struct sv name)
{
    const struct powers *powers = ctx;
    struct ast_node *node = NULL;
    int64_t n = 0;

    if (!sv_starts(name, SV("m")) || !sv_to_i64(sv_sub(name, 1, name.len), &n))
        return NULL;
    struct sv text = SV("proc.name = x");
    if (n > 0 && sv_eq(sv(powers->form), SV("or")))
        text = arena_printf(powers->arena, "m%d or m%d", (int)n - 1, (int)n - 1);
    else if (n > 0)
        text = arena_printf(powers->arena, "not m%d", (int)n - 1);
    CHECK_INT(parse_condition(text, powers->arena, &node, NULL), 0);
    return node;
}

static void bounds_what_macros_make(void **state)
{
    static const struct {
        const char *row, *form, *text;
        int rc;
        const char *message;
    } rows[] = {
        {"2^14", "or", "m14", 0, ""},
        {"2^40", "or", "fd.num > 1 and m40", -E2BIG, "macro 'm40' expands to more than"},
        {"60 macros deep", "not", "m60", 0, ""},
        {"64 macros deep and more", "not", "m100", -E2BIG,
         "macro 'm100': more than 64 macros deep"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(1 << 16);
        struct powers ctx = {arena, rows[i].form};
        struct resolve_names names = {.macro = find_power, .ctx = &ctx};
        struct parse_problem problem;
        struct ast_node *parsed = NULL;
        struct ast_node *node = NULL;

        test_row(rows[i].row);
        CHECK_INT(parse_condition(sv(rows[i].text), arena, &parsed, &problem), 0);
        CHECK_INT(resolve_condition(parsed, &names, arena, &node, &problem), rows[i].rc);
        CHECK_HAS(problem.message, rows[i].message);
    }
}

static bool big_list(void *ctx, struct sv name, const struct ast_value **item, uint32_t *count)
{
    const struct ast_value *all = ctx;

    *item = all;
    *count = 100000;
    return sv_eq(name, SV("big"));
}

static void shares_big_lists(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(1 << 16);
    scoped(buf_done) struct buf text = {0};
    struct ast_value *all = arena_array(arena, struct ast_value, 100000);
    struct resolve_names names = {.list = big_list, .ctx = all};
    struct ast_node *parsed = NULL;
    struct ast_node *node = NULL;

    buf_str(&text, "proc.name in (big)");
    for (int i = 0; i < 1000; i++)
        buf_str(&text, " or proc.exe in (big)");
    CHECK_INT(parse_condition(buf_view(&text), arena, &parsed, NULL), 0);
    size_t before = arena_used(arena);
    CHECK_INT(resolve_condition(parsed, &names, arena, &node, NULL), 0);
    CHECK(arena_used(arena) - before < (1 << 20));
    CHECK(node->child[1000]->value == all);
    CHECK_INT(node->child[1000]->value_count, 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_in_macros_and_lists),
        cmocka_unit_test(says_which_name_is_wrong),
        cmocka_unit_test(keeps_places),
        cmocka_unit_test(resolves_what_is_resolved),
        cmocka_unit_test(bounds_what_macros_make),
        cmocka_unit_test(shares_big_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
