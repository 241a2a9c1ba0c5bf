/* Counts of rules and comparisons as JSON, of one engine and of several. */
#include "../test.h"

#include "base/buf.h"
#include "base/json.h"
#include "match/rule_stats.h"
#include "world.h"

static const char rules[] = "- rule: opens\n  desc: d\n  output: o\n  priority: INFO\n"
                            "  condition: evt.type = open and proc.name = sh\n"
                            "- rule: regex\n  desc: d\n  output: o\n  priority: INFO\n"
                            "  condition: evt.type = unlink and fs.path.name regex '(x+x+)+[ab]'\n";

static int64_t member(const struct json_doc *doc, const struct json_node *object, const char *key)
{
    const struct json_node *node = json_get(doc, object, sv(key));

    if (node == NULL || node->kind != JSON_I64)
        TEST_FAIL("no number '%s'", key);
    return node->i64;
}

static void run_some(struct engine *engine, struct arena *scratch)
{
    static const struct program program = {.path = SV("/bin/sh")};
    static const struct process process = {.pid = 1, .name = SV("sh"), .program = &program};
    struct event event = {.source = SOURCE_SYSCALL,
                          .type = EVENT_OPEN,
                          .num = 1,
                          .process = &process,
                          .scratch = scratch};
    struct world_matches matches = {{0}, 0};

    for (int i = 0; i < 3; i++)
        CHECK_INT(engine_run(engine, &event, world_on_match, &matches), 1);
    event.type = EVENT_UNLINK;
    event.path = SV("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    CHECK_INT(engine_run(engine, &event, world_on_match, &matches), 0);
}

static void counts(void **state)
{
    const struct engine_options options = {
        .source = SOURCE_SYSCALL, .matching = MATCH_ALL, .priority_max = PRIORITY_DEBUG};
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    scoped(arena_free) struct arena *arena = arena_new(65536);
    struct json_doc doc;

    assert_int_equal(ruleset_load_text(set, "t.yaml", sv(rules)), 0);
    assert_int_equal(ruleset_compile(set), 0);
    for (uint32_t count = 1; count <= 2; count++) {
        struct engine *engine[2] = {engine_new(set, &options), engine_new(set, &options)};
        scoped(buf_done) struct buf out = {0};
        struct json_writer w = json_writer_on(&out);
        uint64_t limits = rule_stats_regex_limits(engine[0]);

        for (uint32_t i = 0; i < count; i++)
            run_some(engine[i], arena);
        CHECK(rule_stats_regex_limits(engine[0]) > limits);
        json_object_begin(&w);
        rule_stats_json(engine, count, &w);
        json_object_end(&w);
        assert_int_equal(json_parse(buf_view(&out), arena, &doc, NULL), 0);
        const struct json_node *whole = json_get(&doc, &doc.node[0], SV("engine"));
        CHECK_INT(member(&doc, whole, "workers"), count);
        CHECK_INT(member(&doc, whole, "events"), 4 * count);
        CHECK_INT(member(&doc, whole, "rules"), 2);
        const struct json_node *list = json_get(&doc, &doc.node[0], SV("rules"));
        const struct json_node *opens = json_first(&doc, list);
        CHECK_SV(json_get_sv(&doc, opens, SV("rule")), SV("opens"));
        CHECK_INT(member(&doc, opens, "matches"), 3 * count);
        CHECK(member(&doc, opens, "evaluations") >= 3 * count);
        CHECK_INT(json_get(&doc, opens, SV("mean_ns"))->kind, JSON_NULL);
        CHECK_INT(member(&doc, json_next(&doc, list, opens), "matches"), 0);
        CHECK(member(&doc, json_next(&doc, list, opens), "regex_limits") > 0);
        list = json_get(&doc, &doc.node[0], SV("comparisons"));
        CHECK_INT(list->count, 4);
        for (const struct json_node *one = json_first(&doc, list); one != NULL;
             one = json_next(&doc, list, one)) {
            CHECK_INT(member(&doc, one, "rules"), 1);
            CHECK(member(&doc, one, "made") >= member(&doc, one, "held"));
        }
        engine_free(engine[0]);
        engine_free(engine[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
