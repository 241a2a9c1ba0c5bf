#include "match/engine.h"

#include "base/alloc.h"

/* Rules of one event type, in load order: a slice of engine->order. */
struct slice {
    uint32_t from, count;
};

struct engine {
    enum engine_matching matching;
    const struct rule **order; /* slices of all types, one after the other */
    struct slice *of_type;     /* event_type_count() entries */
    uint32_t type_count;
    uint32_t rule_count;
    struct event_set types;
    bool all_types;
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

/* Count or, with `order` set, write the rules of every type. */
static uint32_t lay_out(struct engine *engine, const struct ruleset *set,
                        const struct engine_options *options, bool write)
{
    uint32_t used = 0;

    for (uint32_t type = 0; type < engine->type_count; type++) {
        engine->of_type[type].from = used;
        for (uint32_t i = 0; i < ruleset_count(set); i++) {
            const struct rule *rule = ruleset_rule(set, i);
            if (!wanted(rule, options) || !runs_on(rule, type))
                continue;
            if (write)
                engine->order[used] = rule;
            used++;
        }
        engine->of_type[type].count = used - engine->of_type[type].from;
    }
    return used;
}

struct engine *engine_new(const struct ruleset *set, const struct engine_options *options)
{
    struct engine *engine = xcalloc(1, sizeof(*engine));

    engine->matching = options->matching;
    engine->type_count = event_type_count();
    engine->of_type = xcalloc(engine->type_count, sizeof(*engine->of_type));
    engine->order = xcalloc(lay_out(engine, set, options, false), sizeof(struct rule *));
    (void)lay_out(engine, set, options, true);
    for (uint32_t i = 0; i < ruleset_count(set); i++) {
        const struct rule *rule = ruleset_rule(set, i);
        if (!wanted(rule, options))
            continue;
        engine->rule_count++;
        engine->all_types |= rule->all_types;
        for (size_t word = 0; word < ARRAY_LEN(rule->types.bit); word++)
            engine->types.bit[word] |= rule->types.bit[word];
    }
    return engine;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    free(engine->order);
    free(engine->of_type);
    free(engine);
}

uint32_t engine_run(struct engine *engine, const struct event *event, engine_match_fn on_match,
                    void *ctx)
{
    uint32_t matched = 0;

    if (event->type >= engine->type_count)
        return 0;
    const struct slice *slice = &engine->of_type[event->type];
    for (uint32_t i = slice->from; i < slice->from + slice->count; i++) {
        const struct rule *rule = engine->order[i];
        if (!condition_eval(rule->condition, event))
            continue;
        matched++;
        on_match(ctx, rule, event);
        if (engine->matching == MATCH_FIRST)
            break;
    }
    return matched;
}

uint32_t engine_rule_count(const struct engine *engine)
{
    return engine->rule_count;
}

void engine_types(const struct engine *engine, struct event_set *out, bool *all)
{
    *out = engine->types;
    *all = engine->all_types;
}
