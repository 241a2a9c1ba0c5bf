/* lang/vm/plan.h - the conditions of many rules as one graph of shared nodes.
 *
 * Nodes are made once for the same meaning: a comparison that is written in fifty rules, or a macro
 * that all of them use, is one node with one outcome an event. Nodes are numbers, so that tables
 * about them are arrays. A plan is built by one thread; then it is immutable, and each thread asks
 * through a plan_run of its own. The conditions must outlive the plan. */
#pragma once

#include "base/attr.h"
#include "event/event.h"
#include "lang/condition.h"

struct buf;
struct operand;
struct plan;

/* Nodes made by plan_fold(), plan_fold_opening() and plan_upper(); past it they give up. */
#define PLAN_EXTRA_NODES_MAX (1u << 20)

/* Node numbers that stand for the constants. */
#define PLAN_FALSE 0u
#define PLAN_TRUE 1u

/* What a comparison reads: an operand by its number, or one of these. */
#define PLAN_PROCESS UINT32_MAX       /* the process alone: see FIELD_PROCESS */
#define PLAN_FD_NAME (UINT32_MAX - 1) /* what the descriptor is called: see FIELD_FD_NAME */
#define PLAN_MIXED (UINT32_MAX - 2)   /* more than one of these */

struct plan *plan_new(enum event_source source);
void plan_free(struct plan *plan);
DEFINE_SCOPED(struct plan *, plan_free)

/* Add a condition; returns its node. Comparisons that can only go one way (fields that never have a
 * value, evt.num >= 0) are folded on the way. */
uint32_t plan_add(struct plan *plan, const struct condition *condition);

/* The node that means the same for events of one type. */
uint32_t plan_fold(struct plan *plan, uint32_t node, enum event_type type);

/* The node that means the same for events that open for these (event_opening()). */
uint32_t plan_fold_opening(struct plan *plan, uint32_t node, uint32_t opening);

/* What must hold of `reads` (an operand, PLAN_PROCESS or PLAN_FD_NAME) wherever `node` holds: the
 * strongest such condition that comes of taking all other comparisons for unknown. PLAN_TRUE: it
 * says nothing. */
uint32_t plan_upper(struct plan *plan, uint32_t node, uint32_t reads);

uint32_t plan_node_count(const struct plan *plan);
uint32_t plan_leaf_count(const struct plan *plan); /* different comparisons */
uint32_t plan_operand_count(const struct plan *plan);
const struct operand *plan_operand(const struct plan *plan, uint32_t index);
/* Of finding out a node, in about nanoseconds. */
uint32_t plan_cost(const struct plan *plan, uint32_t node);
/* Is its text put together anew at each look, at a cost? */
bool plan_operand_is_made(const struct plan *plan, uint32_t index);
/* Is it part of PLAN_PROCESS, of PLAN_FD_NAME? */
bool plan_operand_is_process(const struct plan *plan, uint32_t index);
bool plan_operand_is_fd_name(const struct plan *plan, uint32_t index);

/* The node as text, in the form of ast_print(); "true" and "false" for the constants. */
void plan_print(const struct plan *plan, uint32_t node, struct buf *out);

/* Outcomes and values of one event, each found at most once. Nothing is allocated after
 * plan_run_new() but text in event->scratch. */
struct plan_run;
struct plan_run *plan_run_new(const struct plan *plan);
void plan_run_free(struct plan_run *run);
DEFINE_SCOPED(struct plan_run *, plan_run_free)

/* Forget the event before. It has no values given by hand, and is of the plan's source. */
void plan_run_start(struct plan_run *run, const struct event *event);
bool plan_run_holds(struct plan_run *run, uint32_t node);
/* The values of an operand, good until the next call for another one; the count, or
 * OPERAND_ABSENT. */
int plan_run_values(struct plan_run *run, uint32_t operand, const struct value **out);

/* How often a comparison (lang/vm/plan_leaves.h) was made by this run, and held. */
struct plan_tally {
    uint64_t tests, holds;
};
struct plan_tally plan_run_tally(const struct plan_run *run, uint32_t leaf);
