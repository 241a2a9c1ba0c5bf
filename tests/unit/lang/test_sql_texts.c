#include "lang/sql/texts.h"

#include "base/arena.h"
#include "base/buf.h"
#include "lang/parse.h"
#include "tests/unit/test.h"

static void what_must_be_in_a_record(void **state)
{
    static const struct {
        const char *condition, *texts;
    } rows[] = {
        {"ka.user.name = alice", "alice|"},
        {"ka.user.name = \"a b\"", "a b|"},
        {"ka.user.name = alice and ka.verb = get", "alice|get|"},
        {"ka.user.name = alice and (ka.verb = get and ka.target.name = x)", "alice|get|x|"},
        {"ka.user.name = alice or ka.verb = get", ""},
        {"ka.user.name = alice and (ka.verb = get or ka.verb = list)", "alice|"},
        {"not ka.user.name = alice", ""},
        {"ka.user.name != alice", ""},
        {"ka.verb in (get)", "get|"},
        {"ka.verb in (get, list)", ""},
        {"ka.user.groups intersects (ops)", "ops|"},
        {"ka.user.name startswith alice", ""},
        {"ka.user.name contains alice", ""},
        {"json.value[/a/b] = x", "x|"},
        {"jevt.value[/a/b] = x", "x|"},
        {"ct.user = alice", ""}, /* made of several members */
        {"ct.name = StopLogging", "StopLogging|"},
        {"tolower(ka.user.name) = alice", ""},
        {"ka.user.name = \"a\\\\b\"", ""},
        {"ka.user.name exists", ""},
        {"evt.type = open", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf found = {0};
        struct ast_node *node = NULL;
        struct texts texts = {0};

        test_row(rows[i].condition);
        CHECK_INT(parse_condition(sv(rows[i].condition), arena, &node, NULL), 0);
        texts_of(node, &texts);
        for (uint32_t k = 0; k < texts.count; k++)
            buf_printf(&found, "%.*s|", SV_ARG(texts.text[k]));
        CHECK_STR(buf_cstr(&found), rows[i].texts);
    }
}

static void more_than_fit(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf condition = {0};
    struct ast_node *node = NULL;
    struct texts texts = {0};

    for (int i = 0; i < TEXTS_MAX + 5; i++)
        buf_printf(&condition, "%ska.verb = v%d", i == 0 ? "" : " and ", i);
    CHECK_INT(parse_condition(buf_view(&condition), arena, &node, NULL), 0);
    texts_of(node, &texts);
    CHECK_INT(texts.count, TEXTS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_must_be_in_a_record),
        cmocka_unit_test(more_than_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
