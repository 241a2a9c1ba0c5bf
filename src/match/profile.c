#include "match/profile.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "lang/vm/plan.h"
#include "lang/vm/plan_leaves.h"
#include "match/sieve.h"

enum { CALIBRATIONS = 64 };

/* The comparisons that the rules of a sieve consist of. */
struct comparisons {
    const struct sieve *sieve;
    uint32_t *leaf;
    uint32_t count;
};

struct profile {
    const struct plan *plan;
    struct plan_run *run; /* of its own: the counts of the other one stay true */
    struct profile_cost *rule, *leaf, runs;
    struct comparisons *of;
    uint32_t sieves;
    uint64_t clock_ns; /* that a look at the clock takes */
    uint64_t due_ns;
    uint32_t until_look;
};

/* The least of a few: what is more is somebody else's. */
static uint64_t calibrate(void)
{
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < CALIBRATIONS; i++) {
        uint64_t from = clock_mono_ns();
        uint64_t took = clock_mono_ns() - from;
        least = took < least ? took : least;
    }
    return least;
}

static void find_comparisons(const struct plan *plan, const struct sieve *sieve,
                             struct comparisons *out)
{
    uint32_t leaves = plan_leaf_count(plan);
    bool *mark = xcalloc(leaves, sizeof(*mark));

    plan_mark_leaves(plan, sieve_roots(sieve), sieve_count(sieve), mark);
    out->sieve = sieve;
    out->leaf = xcalloc(leaves, sizeof(*out->leaf));
    for (uint32_t i = 0; i < leaves; i++) {
        if (mark[i])
            out->leaf[out->count++] = i;
    }
    free(mark);
}

struct profile *profile_new(const struct plan *plan, struct sieve *const *sieve, uint32_t sieves,
                            uint32_t rules)
{
    struct profile *profile = xcalloc(1, sizeof(*profile));

    profile->plan = plan;
    profile->run = plan_run_new(plan);
    profile->rule = xcalloc(rules, sizeof(*profile->rule));
    profile->leaf = xcalloc(plan_leaf_count(plan), sizeof(*profile->leaf));
    profile->of = xcalloc(sieves, sizeof(*profile->of));
    profile->sieves = sieves;
    for (uint32_t i = 0; i < sieves; i++)
        find_comparisons(plan, sieve[i], &profile->of[i]);
    profile->clock_ns = calibrate();
    profile->until_look = PROFILE_LOOK_EVERY;
    return profile;
}

void profile_free(struct profile *profile)
{
    if (profile == NULL)
        return;
    for (uint32_t i = 0; i < profile->sieves; i++)
        free(profile->of[i].leaf);
    plan_run_free(profile->run);
    free(profile->rule);
    free(profile->leaf);
    free(profile->of);
    free(profile);
}

bool profile_due(struct profile *profile)
{
    if (likely(--profile->until_look != 0))
        return false;
    profile->until_look = PROFILE_LOOK_EVERY;
    return clock_mono_ns() >= profile->due_ns;
}

static void add(const struct profile *profile, struct profile_cost *cost, uint64_t took)
{
    cost->samples++;
    cost->ns += took > profile->clock_ns ? took - profile->clock_ns : 0;
}

void profile_run_took(struct profile *profile, uint64_t ns)
{
    add(profile, &profile->runs, ns);
}

static void measure(const struct profile *profile, uint32_t node, const struct event *event,
                    struct profile_cost *cost)
{
    plan_run_start(profile->run, event);
    uint64_t from = clock_mono_ns();
    (void)plan_run_holds(profile->run, node);
    add(profile, cost, clock_mono_ns() - from);
}

static const struct comparisons *comparisons_of(const struct profile *profile,
                                                const struct sieve *sieve)
{
    uint32_t i = 0;

    while (profile->of[i].sieve != sieve)
        i++;
    return &profile->of[i];
}

void profile_take(struct profile *profile, const struct sieve *sieve, const struct event *event)
{
    const struct comparisons *of = comparisons_of(profile, sieve);
    const uint32_t *rule = sieve_rules(sieve);
    const uint32_t *root = sieve_roots(sieve);
    uint64_t from = clock_mono_ns();

    for (uint32_t i = 0; i < sieve_count(sieve); i++)
        measure(profile, root[i], event, &profile->rule[rule[i]]);
    for (uint32_t i = 0; i < of->count; i++)
        measure(profile, plan_leaf_info(profile->plan, of->leaf[i]).node, event,
                &profile->leaf[of->leaf[i]]);
    uint64_t now = clock_mono_ns();
    uint64_t pause = (now - from) * PROFILE_SHARE;
    uint64_t least = CLOCK_NS / PROFILE_PER_SECOND;
    profile->due_ns = now + (pause > least ? pause : least);
}

struct profile_cost profile_rule(const struct profile *profile, uint32_t rule)
{
    return profile->rule[rule];
}

struct profile_cost profile_leaf(const struct profile *profile, uint32_t leaf)
{
    return profile->leaf[leaf];
}

struct profile_cost profile_runs(const struct profile *profile)
{
    return profile->runs;
}
