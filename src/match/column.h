/* match/column.h - what the rules for events of one type ask of one thing that an event has.
 *
 * The thing is an operand, the process as a whole, or the descriptor's name. A column knows what
 * each rule asks of it alone, whatever the rest may be (plan_upper()), and finds out which rules
 * the value it has rules out. Sets of rules are bits, as many words as the caller's. Made of a
 * plan, which it adds nodes to; run with a plan_run made when the plan is complete. Allocates
 * nothing while it runs. One thread. */
#pragma once

#include "base/attr.h"
#include "event/event.h"
#include "lang/vm/plan.h"

struct column;

/* `root[i]` is the node of rule i; `reads` what the column is about, as for plan_upper(). NULL when
 * no rule asks anything of it. */
struct column *column_new(struct plan *plan, const uint32_t *root, uint32_t count, uint32_t reads);
void column_free(struct column *column);
DEFINE_SCOPED(struct column *, column_free)

uint32_t column_reads(const struct column *column);
uint32_t column_cost(const struct column *column);        /* of a look, in about nanoseconds */
const uint64_t *column_asks(const struct column *column); /* the rules that ask anything of it */
/* Is its text put together anew at each look? */
bool column_is_made(const struct column *column);

/* Take the rules that are ruled out off those in `left`. */
void column_narrow(struct column *column, struct plan_run *run, const struct event *event,
                   uint64_t *left);
