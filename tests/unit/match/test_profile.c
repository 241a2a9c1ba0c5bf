/* Measuring changes nothing but the figures, and takes little. */
#include "../test.h"

#include "base/clock.h"
#include "lang/vm/plan_leaves.h"
#include "match/profile.h"
#include "world.h"

static const char rules[] =
    "- rule: a\n  desc: d\n  output: o\n  priority: INFO\n"
    "  condition: evt.type = open and proc.name in (sh, cat) and fd.name startswith /etc\n"
    "- rule: b\n  desc: d\n  output: o\n  priority: INFO\n"
    "  condition: evt.type in (open, connect) and proc.name = sh\n"
    "- rule: c\n  desc: d\n  output: o\n  priority: INFO\n"
    "  condition: evt.type = mkdir and proc.pname = cat\n";

static struct engine *engine_for(const struct ruleset *set, bool profile)
{
    const struct engine_options options = {.source = SOURCE_SYSCALL,
                                           .matching = MATCH_ALL,
                                           .priority_max = PRIORITY_DEBUG,
                                           .profile = profile};

    return engine_new(set, &options);
}

static void changes_nothing(void **state)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    struct world world = {0};
    uint64_t from = clock_mono_ns();

    assert_int_equal(ruleset_load_text(set, "t.yaml", sv(rules)), 0);
    assert_int_equal(ruleset_compile(set), 0);
    scoped(engine_free) struct engine *plain = engine_for(set, false);
    scoped(engine_free) struct engine *measured = engine_for(set, true);
    world_start(&world, set, 7);
    while (clock_mono_ns() - from < CLOCK_NS / 10) {
        struct world_matches a = {{0}, 0};
        struct world_matches b = {{0}, 0};
        struct event event;
        world_event(&world, &event);
        CHECK_INT(engine_run(measured, &event, world_on_match, &a),
                  engine_run(plain, &event, world_on_match, &b));
        CHECK(memcmp(&a, &b, sizeof(a)) == 0);
    }
    CHECK(engine_profile(plain) == NULL);
    CHECK_INT(engine_events(measured), world.events);
    CHECK_INT(engine_events(plain), world.events);
    for (uint32_t i = 0; i < engine_rule_count(plain); i++)
        CHECK_INT(engine_rule_stats(plain, i).matches, engine_rule_stats(measured, i).matches);
    for (uint32_t i = 0; i < plan_leaf_count(engine_plan(plain)); i++) {
        CHECK_INT(engine_tally(plain, i).tests, engine_tally(measured, i).tests);
        CHECK_INT(engine_tally(plain, i).holds, engine_tally(measured, i).holds);
        CHECK(engine_tally(plain, i).tests >= engine_tally(plain, i).holds);
    }
    const struct profile *profile = engine_profile(measured);
    uint64_t samples = 0;
    for (uint32_t i = 0; i < engine_rule_count(measured); i++)
        samples += profile_rule(profile, i).samples;
    CHECK(samples > 0);
    /* At most ten in a tenth of a second, each of two rules at most; a slow machine takes longer.
     */
    uint64_t most = 2 * (1 + (clock_mono_ns() - from) / (CLOCK_NS / PROFILE_PER_SECOND));
    CHECK(samples <= most);
    world_end(&world);
}

/* Comparisons are numbered and marked once each, whatever they stand in. */
static void leaves(void **state)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();

    assert_int_equal(ruleset_load_text(set, "t.yaml", sv(rules)), 0);
    assert_int_equal(ruleset_compile(set), 0);
    scoped(engine_free) struct engine *engine = engine_for(set, false);
    const struct plan *plan = engine_plan(engine);
    bool mark[16] = {false};
    const uint32_t roots[] = {engine_root(engine, 0), engine_root(engine, 1)};
    uint32_t marked = 0;

    CHECK_INT(plan_leaf_count(plan), 7);
    plan_mark_leaves(plan, roots, 2, mark);
    for (uint32_t i = 0; i < plan_leaf_count(plan); i++) {
        struct plan_leaf_info info = plan_leaf_info(plan, i);
        bool process = sv_starts(info.text, SV("proc."));
        CHECK_INT(info.process_only, process);
        CHECK_INT(info.fd_name_only, sv_starts(info.text, SV("fd.name")));
        CHECK_INT(mark[i], !sv_eq(info.text, SV("evt.type = mkdir")) &&
                               !sv_eq(info.text, SV("proc.pname = cat")));
        CHECK(info.cost > 0 && info.node > PLAN_TRUE);
        marked += mark[i];
    }
    CHECK_INT(marked, 5);
    CHECK_INT(engine_root_for(engine, 2, EVENT_OPEN), PLAN_FALSE);
    CHECK(engine_root_for(engine, 0, EVENT_OPEN) != engine_root(engine, 0));
    CHECK_INT(engine_root_for(engine, 0, EVENT_NONE), PLAN_FALSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_nothing),
        cmocka_unit_test(leaves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
