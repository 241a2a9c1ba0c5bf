/* match/sieve.h - what the rules of an engine come to for events of one type.
 *
 * Made of a plan, which it adds nodes to; run with a plan_run made afterwards, when the plan is
 * complete. Allocates nothing while it runs. One thread. */
#pragma once

#include "base/attr.h"
#include "event/event.h"
#include "lang/vm/plan.h"

struct buf;
struct sieve;

/* `rule[i]` is the caller's number of a rule, in the order they are tried, `root[i]` its node, not
 * PLAN_FALSE. Copied. */
struct sieve *sieve_new(struct plan *plan, const uint32_t *rule, const uint32_t *root,
                        uint32_t count);
void sieve_free(struct sieve *sieve);
DEFINE_SCOPED(struct sieve *, sieve_free)

/* What it was made of: rules in the order they are tried, and their nodes. */
uint32_t sieve_count(const struct sieve *sieve);
const uint32_t *sieve_rules(const struct sieve *sieve);
const uint32_t *sieve_roots(const struct sieve *sieve);

/* Called for each rule that may match and was looked at in full; false ends the run. */
typedef bool (*sieve_rule_fn)(void *ctx, uint32_t rule, bool matched);

/* `run` was started with the event. */
void sieve_run(struct sieve *sieve, struct plan_run *run, const struct event *event,
               sieve_rule_fn on_rule, void *ctx);
