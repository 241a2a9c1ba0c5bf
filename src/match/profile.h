/* match/profile.h - what rules and their comparisons cost, measured now and then on an event as it
 * comes, beside the run that counts.
 *
 * An event that is measured is put to each rule of its type and to each of their comparisons alone,
 * as if nothing had been asked about it yet: what rules share is in the time of each, so the times
 * do not add up to that of the engine, which asks about most events together. However many events
 * there are, at most PROFILE_PER_SECOND are measured, and fewer where that would take more than one
 * part in PROFILE_SHARE of the time. Nothing is allocated after profile_new(). One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct event;
struct plan;
struct profile;
struct sieve;

#define PROFILE_PER_SECOND 100
#define PROFILE_SHARE 200
#define PROFILE_LOOK_EVERY 64u /* events between two looks at the clock */

/* Times of samples that were taken. */
struct profile_cost {
    uint64_t samples, ns;
};

/* Over rules 0..rules and these sieves, all of a complete plan; borrowed. */
struct profile *profile_new(const struct plan *plan, struct sieve *const *sieve, uint32_t sieves,
                            uint32_t rules);
void profile_free(struct profile *profile);
DEFINE_SCOPED(struct profile *, profile_free)

/* Shall this event be measured? To be asked for each. */
bool profile_due(struct profile *profile);

/* What the run that counts took for an event, both looks at the clock included. */
void profile_run_took(struct profile *profile, uint64_t ns);

/* Measure an event that the sieve was run with. */
void profile_take(struct profile *profile, const struct sieve *sieve, const struct event *event);

struct profile_cost profile_rule(const struct profile *profile, uint32_t rule);
struct profile_cost profile_leaf(const struct profile *profile, uint32_t leaf);
struct profile_cost profile_runs(const struct profile *profile);
