#include "../test.h"

#include "base/arena.h"
#include "match/engine.h"

static struct ruleset *load(const char *text)
{
    struct ruleset *set = ruleset_new();

    if (ruleset_load_text(set, "test.yaml", sv(text)) < 0 || ruleset_compile(set) < 0)
        TEST_FAIL("rules: %s", ruleset_diags(set)->item[0].message);
    return set;
}

/* Rules that tell by their names what they are for. */
static const char rules[] =
    "- rule: exec\n  desc: d\n  condition: evt.type = execve and proc.name = sh\n"
    "  output: o\n  priority: WARNING\n"
    "- rule: exec again\n  desc: d\n  condition: evt.type in (execve, execveat)\n"
    "  output: o\n  priority: DEBUG\n"
    "- rule: off\n  desc: d\n  condition: evt.type = execve\n  output: o\n  priority: ERROR\n"
    "  enabled: false\n"
    "- rule: open\n  desc: d\n  condition: evt.type = openat and fd.name = /x\n"
    "  output: o\n  priority: ERROR\n"
    "- rule: anything\n  desc: d\n  condition: proc.name = weird\n"
    "  output: o\n  priority: NOTICE\n";

struct seen {
    char names[256];
};

static void remember(void *ctx, const struct rule *rule, const struct event *event)
{
    struct seen *seen = ctx;
    size_t used = strlen(seen->names);

    (void)event;
    (void)snprintf(seen->names + used, sizeof(seen->names) - used, "%s%s", used > 0 ? "," : "",
                   rule->name);
}

static void test_selection(void **state)
{
    static const struct {
        const char *row;
        enum event_type type;
        const char *name;
        enum engine_matching matching;
        enum rule_priority priority;
        const char *matched;
    } rows[] = {
        {"first", EVENT_EXECVE, "sh", MATCH_FIRST, PRIORITY_DEBUG, "exec"},
        {"all", EVENT_EXECVE, "sh", MATCH_ALL, PRIORITY_DEBUG, "exec,exec again"},
        {"second when the first fails", EVENT_EXECVE, "ls", MATCH_FIRST, PRIORITY_DEBUG,
         "exec again"},
        {"urgent ones only", EVENT_EXECVE, "sh", MATCH_ALL, PRIORITY_WARNING, "exec"},
        {"other type", EVENT_OPENAT, "sh", MATCH_ALL, PRIORITY_DEBUG, "open"},
        {"untyped rule", EVENT_CONNECT, "weird", MATCH_ALL, PRIORITY_DEBUG, "anything"},
        {"nothing", EVENT_CONNECT, "sh", MATCH_ALL, PRIORITY_DEBUG, ""},
    };
    scoped(ruleset_free) struct ruleset *set = load(rules);
    scoped(arena_free) struct arena *scratch = arena_new(4096);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(engine_free) struct engine *engine =
            engine_new(set, &(struct engine_options){.source = SOURCE_SYSCALL,
                                                     .matching = rows[i].matching,
                                                     .priority_max = rows[i].priority});
        const struct event_given given[] = {
            {SV("proc.name"), value_sv(sv(rows[i].name))},
            {SV("fd.name"), value_sv(SV("/x"))},
        };
        struct event event = {.source = SOURCE_SYSCALL,
                              .type = rows[i].type,
                              .given = given,
                              .given_count = ARRAY_LEN(given),
                              .scratch = scratch};
        struct seen seen = {0};

        test_row(rows[i].row);
        (void)engine_run(engine, &event, remember, &seen);
        CHECK_STR(seen.names, rows[i].matched);
    }
}

static void test_counts_and_types(void **state)
{
    scoped(ruleset_free) struct ruleset *set = load(rules);
    struct engine_options options = {
        .source = SOURCE_SYSCALL, .matching = MATCH_ALL, .priority_max = PRIORITY_ERROR};
    scoped(engine_free) struct engine *engine = engine_new(set, &options);
    struct event_set types;
    bool all = true;

    (void)state;
    CHECK_INT(engine_rule_count(engine), 1);
    engine_types(engine, &types, &all);
    CHECK(!all);
    CHECK(event_set_has(&types, EVENT_OPENAT));
    CHECK(!event_set_has(&types, EVENT_EXECVE));

    options.priority_max = PRIORITY_DEBUG;
    scoped(engine_free) struct engine *wide = engine_new(set, &options);
    CHECK_INT(engine_rule_count(wide), 4);
    engine_types(wide, &types, &all);
    CHECK(all);

    options.source = SOURCE_K8S_AUDIT;
    scoped(engine_free) struct engine *other = engine_new(set, &options);
    CHECK_INT(engine_rule_count(other), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_selection),
        cmocka_unit_test(test_counts_and_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
