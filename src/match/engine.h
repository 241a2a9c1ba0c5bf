/* match/engine.h - the rules of one source over its events.
 *
 * The engine borrows a compiled rule set. One thread runs an engine; several engines may share a
 * rule set. Rules are tried in load order among those whose event types include the event's. */
#pragma once

#include "base/attr.h"
#include "event/event.h"
#include "lang/falco/ruleset.h"
#include "lang/vm/plan.h"

struct engine;
struct profile;
struct kernel_filter;
struct process;

enum engine_matching {
    MATCH_FIRST, /* stop at the first rule that matches, as Falco does by default */
    MATCH_ALL,
};

struct engine_options {
    enum event_source source;
    enum engine_matching matching;
    enum rule_priority priority_max; /* rules less urgent than this are left out */
    bool profile;                    /* measure costs now and then (match/profile.h) */
    bool kernel_filters;             /* make them; for SOURCE_SYSCALL */
};

/* Called for each match; everything is valid during the call. */
typedef void (*engine_match_fn)(void *ctx, const struct rule *rule, const struct event *event);

struct engine *engine_new(const struct ruleset *set, const struct engine_options *options);
void engine_free(struct engine *engine);
DEFINE_SCOPED(struct engine *, engine_free)

/* Returns how many rules matched. */
uint32_t engine_run(struct engine *engine, const struct event *event, engine_match_fn on_match,
                    void *ctx);

uint32_t engine_rule_count(const struct engine *engine); /* enabled rules of this source */
/* By place among them, in load order. */
const struct rule *engine_rule(const struct engine *engine, uint32_t index);

/* What a rule took so far. Most events are settled for many rules at once, without looking at any
 * in full: those are not evaluations. */
struct engine_rule_stats {
    uint64_t evaluations, matches;
};
struct engine_rule_stats engine_rule_stats(const struct engine *engine, uint32_t index);

/* The event types that any rule wants; `all` when a rule wants every one. */
void engine_types(const struct engine *engine, struct event_set *out, bool *all);

/* For those who report on it. The plan's root for a rule by place, for all types; what that comes
 * to for events of one type, PLAN_FALSE when the rule cannot hold; how often a comparison
 * (lang/vm/plan_leaves.h) was made; events seen; NULL without engine_options.profile. */
const struct plan *engine_plan(const struct engine *engine);
uint32_t engine_root(const struct engine *engine, uint32_t index);
uint32_t engine_root_for(const struct engine *engine, uint32_t index, enum event_type type);
struct plan_tally engine_tally(const struct engine *engine, uint32_t leaf);
uint64_t engine_events(const struct engine *engine);
const struct profile *engine_profile(const struct engine *engine);

#define ENGINE_FILTERS_MAX 64 /* different ones */
#define ENGINE_NO_FILTER UINT32_MAX

/* The kernel filters (lang/kernel/filter.h) of all rules: types that want the same share one.
 * ENGINE_NO_FILTER: all events of the type must come. */
uint32_t engine_filter_of(const struct engine *engine, enum event_type type);
uint32_t engine_filter_count(const struct engine *engine);
const struct kernel_filter *engine_filter(const struct engine *engine, uint32_t index);

/* The cases of each filter that are open to the process; all of them for NULL. The answer holds as
 * long as the process has this version. */
void engine_process_cases(struct engine *engine, const struct process *process, uint64_t *out);
