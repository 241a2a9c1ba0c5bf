/* lang/vm/guards.h - which of many conditions may hold for an event, found without trying each.
 *
 * Most conditions need one of a few comparisons with constants to hold: a name in a list, a path
 * below a directory. Those are a condition's guards. The guards of all conditions are looked up
 * together, by the value: equality through one hash table a field, prefixes and suffixes by
 * bisection, fragments in one pass. So are the exceptions they make. Conditions that no such
 * comparison guards are always to be tried.
 *
 * Immutable but for the answer. One thread. */
#pragma once

#include "base/attr.h"
#include "lang/vm/plan.h"

struct guards;

/* For the conditions `node[0..count)`; PLAN_TRUE stands for one that nobody will ask about. */
struct guards *guards_new(const struct plan *plan, const uint32_t *node, uint32_t count);
void guards_free(struct guards *guards);
DEFINE_SCOPED(struct guards *, guards_free)

/* A bit a condition: where it is 0, the condition is false for the run's event. Good until the next
 * call. */
const uint64_t *guards_open(struct guards *guards, struct plan_run *run);
/* Where it is 1, a condition that is open holds. */
const uint64_t *guards_settled(const struct guards *guards);
