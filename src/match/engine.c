/* All rules of the source are one plan (lang/vm/plan.h); for each event type the plan is folded,
 * and the rules that are left make a sieve (match/sieve.h). Types with the same rules and the same
 * nodes share a sieve: open, openat and openat2, and the hundreds that only untyped rules want.
 *
 * Events with values given by hand (rule tests) may have any value for any field, so nothing may be
 * folded or remembered: their rules are tried one by one. */
#include "match/engine.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "lang/kernel/filter.h"
#include "lang/vm/plan.h"
#include "match/profile.h"
#include "match/sieve.h"

enum { KEY_BLOCK = 4096 };

struct engine {
    enum event_source source;
    enum engine_matching matching;
    const struct rule **rule; /* in load order */
    struct engine_rule_stats *stats;
    uint32_t rule_count;
    struct plan *plan;
    uint32_t *root; /* of each rule, for every type */
    struct plan_run *run;
    struct profile *profile; /* NULL: not wanted */
    uint64_t events;
    struct sieve **sieve; /* each once */
    uint32_t sieve_count;
    struct sieve **of_type; /* event_type_count() entries; NULL: no rule */
    uint32_t type_count;
    struct event_set types;
    bool all_types;
    struct kernel_filter **filter; /* each once */
    uint32_t filter_count;
    uint32_t *filter_of;        /* by type, or NULL */
    struct plan_run *cases_run; /* of processes alone, apart from what is tallied */
    struct arena *scratch;
};

static bool wanted(const struct rule *rule, const struct engine_options *options)
{
    return rule->enabled && rule->source == options->source && rule->condition != NULL &&
           rule->priority <= options->priority_max;
}

static bool runs_on(const struct rule *rule, uint32_t type)
{
    return rule->all_types || event_set_has(&rule->types, (enum event_type)type);
}

static void take_rules(struct engine *engine, const struct ruleset *set,
                       const struct engine_options *options)
{
    engine->rule = xcalloc(ruleset_count(set), sizeof(*engine->rule));
    for (uint32_t i = 0; i < ruleset_count(set); i++) {
        const struct rule *rule = ruleset_rule(set, i);
        if (!wanted(rule, options))
            continue;
        engine->rule[engine->rule_count++] = rule;
        engine->all_types |= rule->all_types;
        for (size_t word = 0; word < ARRAY_LEN(rule->types.bit); word++)
            engine->types.bit[word] |= rule->types.bit[word];
    }
    engine->stats = xcalloc(engine->rule_count, sizeof(*engine->stats));
}

/* Building sieves: what is at hand while it goes on. */
struct builder {
    struct engine *engine;
    uint32_t *pair;    /* rules of a type, then their nodes */
    struct map sieves; /* by the bytes of pair[] */
    struct arena *keys;
};

static struct sieve *sieve_for(struct builder *b, uint32_t count)
{
    struct engine *engine = b->engine;
    struct sv key = {(const char *)b->pair, 2 * count * sizeof(*b->pair)};
    struct sieve *sieve = map_find(&b->sieves, key);

    if (sieve != NULL)
        return sieve;
    sieve = sieve_new(engine->plan, b->pair, b->pair + count, count);
    (void)map_put(&b->sieves, arena_sv(b->keys, key), sieve);
    engine->sieve[engine->sieve_count++] = sieve;
    return sieve;
}

/* The nodes are behind the rules' numbers in pair[]. */
static void build_filter(struct builder *b, uint32_t type, uint32_t count)
{
    struct engine *engine = b->engine;
    struct kernel_filter *made = xcalloc(1, sizeof(*made));
    uint32_t at = 0;

    kernel_filter_make(engine->plan, (enum event_type)type, b->pair + count, count, made);
    while (at < engine->filter_count && memcmp(engine->filter[at], made, sizeof(*made)) != 0)
        at++;
    engine->filter_of[type] = at < ENGINE_FILTERS_MAX ? at : ENGINE_NO_FILTER;
    if (at == engine->filter_count && at < ENGINE_FILTERS_MAX)
        engine->filter[engine->filter_count++] = made;
    else
        free(made);
}

static void build_type(struct builder *b, uint32_t type)
{
    struct engine *engine = b->engine;
    uint32_t count = 0;

    for (uint32_t i = 0; i < engine->rule_count; i++) {
        if (!runs_on(engine->rule[i], type))
            continue;
        uint32_t node = plan_fold(engine->plan, engine->root[i], (enum event_type)type);
        if (node == PLAN_FALSE)
            continue;
        b->pair[count] = i;
        b->pair[engine->rule_count + count] = node;
        count++;
    }
    memmove(b->pair + count, b->pair + engine->rule_count, count * sizeof(*b->pair));
    engine->of_type[type] = count == 0 ? NULL : sieve_for(b, count);
    if (engine->filter_of != NULL)
        build_filter(b, type, count);
}

static void build(struct engine *engine)
{
    struct builder b = {
        .engine = engine,
        .pair = xcalloc(2 * (size_t)engine->rule_count, sizeof(*b.pair)),
        .keys = arena_new(KEY_BLOCK),
    };

    engine->plan = plan_new(engine->source);
    engine->root = xcalloc(engine->rule_count, sizeof(*engine->root));
    for (uint32_t i = 0; i < engine->rule_count; i++)
        engine->root[i] = plan_add(engine->plan, engine->rule[i]->condition);
    for (uint32_t type = EVENT_NONE + 1; type < engine->type_count; type++)
        build_type(&b, type);
    engine->run = plan_run_new(engine->plan);
    map_done(&b.sieves);
    arena_free(b.keys);
    free(b.pair);
}

struct engine *engine_new(const struct ruleset *set, const struct engine_options *options)
{
    struct engine *engine = xcalloc(1, sizeof(*engine));

    engine->source = options->source;
    engine->matching = options->matching;
    engine->type_count = event_type_count();
    engine->of_type = xcalloc(engine->type_count, sizeof(struct sieve *));
    engine->sieve = xcalloc(engine->type_count, sizeof(struct sieve *));
    if (options->kernel_filters) {
        engine->filter = xcalloc(ENGINE_FILTERS_MAX, sizeof(*engine->filter));
        engine->filter_of = xcalloc(engine->type_count, sizeof(*engine->filter_of));
        engine->scratch = arena_new(KEY_BLOCK);
    }
    take_rules(engine, set, options);
    build(engine);
    if (options->kernel_filters)
        engine->cases_run = plan_run_new(engine->plan);
    if (options->profile)
        engine->profile =
            profile_new(engine->plan, engine->sieve, engine->sieve_count, engine->rule_count);
    return engine;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    for (uint32_t i = 0; i < engine->sieve_count; i++)
        sieve_free(engine->sieve[i]);
    profile_free(engine->profile);
    for (uint32_t i = 0; i < engine->filter_count; i++)
        free(engine->filter[i]);
    plan_run_free(engine->run);
    plan_run_free(engine->cases_run);
    plan_free(engine->plan);
    free(engine->filter);
    free(engine->filter_of);
    arena_free(engine->scratch);
    free(engine->sieve);
    free(engine->of_type);
    free(engine->root);
    free(engine->rule);
    free(engine->stats);
    free(engine);
}

/* A run over one event. */
struct turn {
    struct engine *engine;
    const struct event *event;
    engine_match_fn on_match;
    void *ctx;
    uint32_t matched;
};

static bool take_outcome(void *ctx, uint32_t rule, bool matched)
{
    struct turn *turn = ctx;
    struct engine *engine = turn->engine;

    engine->stats[rule].evaluations++;
    if (!matched)
        return true;
    engine->stats[rule].matches++;
    turn->matched++;
    turn->on_match(turn->ctx, engine->rule[rule], turn->event);
    return engine->matching != MATCH_FIRST;
}

static void one_by_one(struct turn *turn)
{
    const struct engine *engine = turn->engine;

    for (uint32_t i = 0; i < engine->rule_count; i++) {
        const struct rule *rule = engine->rule[i];
        if (runs_on(rule, turn->event->type) &&
            !take_outcome(turn, i, condition_eval(rule->condition, turn->event)))
            return;
    }
}

/* What is done with a match would be in the time, too: such events do not count. */
static void run_measured(struct turn *turn, struct sieve *sieve)
{
    struct engine *engine = turn->engine;
    uint64_t from = clock_mono_ns();

    plan_run_start(engine->run, turn->event);
    sieve_run(sieve, engine->run, turn->event, take_outcome, turn);
    uint64_t took = clock_mono_ns() - from;
    if (turn->matched == 0)
        profile_run_took(engine->profile, took);
    profile_take(engine->profile, sieve, turn->event);
}

uint32_t engine_run(struct engine *engine, const struct event *event, engine_match_fn on_match,
                    void *ctx)
{
    struct turn turn = {engine, event, on_match, ctx, 0};

    engine->events++;
    if (event->type >= engine->type_count)
        return 0;
    if (event->given != NULL || event->source != engine->source) {
        one_by_one(&turn);
        return turn.matched;
    }
    struct sieve *sieve = engine->of_type[event->type];
    if (sieve == NULL)
        return 0;
    if (engine->profile != NULL && profile_due(engine->profile)) {
        run_measured(&turn, sieve);
        return turn.matched;
    }
    plan_run_start(engine->run, event);
    sieve_run(sieve, engine->run, event, take_outcome, &turn);
    return turn.matched;
}

uint32_t engine_rule_count(const struct engine *engine)
{
    return engine->rule_count;
}

const struct rule *engine_rule(const struct engine *engine, uint32_t index)
{
    return engine->rule[index];
}

struct engine_rule_stats engine_rule_stats(const struct engine *engine, uint32_t index)
{
    return engine->stats[index];
}

void engine_types(const struct engine *engine, struct event_set *out, bool *all)
{
    *out = engine->types;
    *all = engine->all_types;
}

const struct plan *engine_plan(const struct engine *engine)
{
    return engine->plan;
}

uint32_t engine_root(const struct engine *engine, uint32_t index)
{
    return engine->root[index];
}

uint32_t engine_root_for(const struct engine *engine, uint32_t index, enum event_type type)
{
    const struct sieve *sieve = type < engine->type_count ? engine->of_type[type] : NULL;

    for (uint32_t i = 0; sieve != NULL && i < sieve_count(sieve); i++) {
        if (sieve_rules(sieve)[i] == index)
            return sieve_roots(sieve)[i];
    }
    return PLAN_FALSE;
}

struct plan_tally engine_tally(const struct engine *engine, uint32_t leaf)
{
    return plan_run_tally(engine->run, leaf);
}

uint64_t engine_events(const struct engine *engine)
{
    return engine->events;
}

const struct profile *engine_profile(const struct engine *engine)
{
    return engine->profile;
}

uint32_t engine_filter_of(const struct engine *engine, enum event_type type)
{
    if (engine->filter_of == NULL || type == EVENT_NONE || type >= engine->type_count)
        return ENGINE_NO_FILTER;
    return engine->filter_of[type];
}

uint32_t engine_filter_count(const struct engine *engine)
{
    return engine->filter_count;
}

const struct kernel_filter *engine_filter(const struct engine *engine, uint32_t index)
{
    return engine->filter[index];
}

void engine_process_cases(struct engine *engine, const struct process *process, uint64_t *out)
{
    const struct event event = {.source = engine->source,
                                .type = EVENT_NONE,
                                .num = 1,
                                .process = process,
                                .scratch = engine->scratch};

    if (process != NULL)
        plan_run_start(engine->cases_run, &event);
    for (uint32_t i = 0; i < engine->filter_count; i++)
        out[i] = process == NULL ? UINT64_MAX
                                 : kernel_filter_cases(engine->filter[i], engine->cases_run);
    if (engine->scratch != NULL)
        arena_reset(engine->scratch);
}
