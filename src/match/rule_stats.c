#include "match/rule_stats.h"

#include "base/alloc.h"
#include "base/json.h"
#include "lang/vm/plan_leaves.h"
#include "match/engine.h"
#include "match/profile.h"

struct engines {
    struct engine *const *item;
    uint32_t count;
};

static void put_u64(struct json_writer *w, const char *key, uint64_t number)
{
    json_key(w, key);
    json_u64(w, number);
}

static void put_str(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_str(w, text);
}

/* The mean of no samples is null. */
static void put_cost(struct json_writer *w, struct profile_cost cost)
{
    put_u64(w, "samples", cost.samples);
    json_key(w, "mean_ns");
    if (cost.samples == 0)
        json_null(w);
    else
        json_u64(w, cost.ns / cost.samples);
}

static void add(struct profile_cost *sum, struct profile_cost one)
{
    sum->samples += one.samples;
    sum->ns += one.ns;
}

static void put_engine(const struct engines *engines, struct json_writer *w)
{
    struct profile_cost runs = {0};
    uint64_t events = 0;

    for (uint32_t i = 0; i < engines->count; i++) {
        const struct profile *profile = engine_profile(engines->item[i]);
        events += engine_events(engines->item[i]);
        if (profile != NULL)
            add(&runs, profile_runs(profile));
    }
    json_key(w, "engine");
    json_object_begin(w);
    put_u64(w, "workers", engines->count);
    put_u64(w, "rules", engine_rule_count(engines->item[0]));
    put_u64(w, "events", events);
    put_u64(w, "regex_limits", rule_stats_regex_limits(engines->item[0]));
    put_cost(w, runs);
    json_object_end(w);
}

static void put_rule(const struct engines *engines, uint32_t index, struct json_writer *w)
{
    const struct rule *rule = engine_rule(engines->item[0], index);
    struct engine_rule_stats stats = {0};
    struct profile_cost cost = {0};

    for (uint32_t i = 0; i < engines->count; i++) {
        struct engine_rule_stats one = engine_rule_stats(engines->item[i], index);
        const struct profile *profile = engine_profile(engines->item[i]);
        stats.evaluations += one.evaluations;
        stats.matches += one.matches;
        if (profile != NULL)
            add(&cost, profile_rule(profile, index));
    }
    json_object_begin(w);
    put_str(w, "rule", rule->name);
    put_str(w, "source", event_source_name(rule->source));
    put_u64(w, "matches", stats.matches);
    put_u64(w, "evaluations", stats.evaluations);
    put_u64(w, "regex_limits", condition_regex_limit_hits(rule->condition));
    put_cost(w, cost);
    json_object_end(w);
}

static void put_comparison(const struct engines *engines, uint32_t leaf, uint32_t rules,
                           struct json_writer *w)
{
    struct plan_leaf_info info = plan_leaf_info(engine_plan(engines->item[0]), leaf);
    struct plan_tally tally = {0};
    struct profile_cost cost = {0};

    for (uint32_t i = 0; i < engines->count; i++) {
        struct plan_tally one = engine_tally(engines->item[i], leaf);
        const struct profile *profile = engine_profile(engines->item[i]);
        tally.tests += one.tests;
        tally.holds += one.holds;
        if (profile != NULL)
            add(&cost, profile_leaf(profile, leaf));
    }
    json_object_begin(w);
    json_key(w, "comparison");
    json_sv(w, info.text);
    put_u64(w, "rules", rules);
    put_str(w, "kept_with", info.process_only ? "process" : info.fd_name_only ? "name" : "");
    put_u64(w, "made", tally.tests);
    put_u64(w, "held", tally.holds);
    put_cost(w, cost);
    json_object_end(w);
}

/* How many rules make each comparison; to be freed. */
static uint32_t *count_rules(const struct engine *engine)
{
    const struct plan *plan = engine_plan(engine);
    uint32_t leaves = plan_leaf_count(plan);
    uint32_t *rules = xcalloc(leaves, sizeof(*rules));
    bool *mark = xcalloc(leaves, sizeof(*mark));

    for (uint32_t i = 0; i < engine_rule_count(engine); i++) {
        uint32_t root = engine_root(engine, i);
        memset(mark, 0, leaves * sizeof(*mark));
        plan_mark_leaves(plan, &root, 1, mark);
        for (uint32_t k = 0; k < leaves; k++)
            rules[k] += mark[k];
    }
    free(mark);
    return rules;
}

void rule_stats_json(struct engine *const *engine, uint32_t count, struct json_writer *w)
{
    const struct engines engines = {engine, count};
    uint32_t *rules = count_rules(engine[0]);

    put_engine(&engines, w);
    json_key(w, "rules");
    json_array_begin(w);
    for (uint32_t i = 0; i < engine_rule_count(engine[0]); i++)
        put_rule(&engines, i, w);
    json_array_end(w);
    json_key(w, "comparisons");
    json_array_begin(w);
    for (uint32_t i = 0; i < plan_leaf_count(engine_plan(engine[0])); i++) {
        if (rules[i] > 0)
            put_comparison(&engines, i, rules[i], w);
    }
    json_array_end(w);
    free(rules);
}

uint64_t rule_stats_regex_limits(const struct engine *engine)
{
    uint64_t limits = 0;

    for (uint32_t i = 0; i < engine_rule_count(engine); i++)
        limits += condition_regex_limit_hits(engine_rule(engine, i)->condition);
    return limits;
}
