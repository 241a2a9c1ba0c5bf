/* lang/vm/program.h - the compiled form of a condition.
 *
 * A program is a list of steps: test a predicate, go on at one step or another. `and`, `or` and
 * `not` are only in where the steps lead, so a run tests what it must and nothing is combined
 * afterwards. Predicates and operands are objects of their own, each there once however often it is
 * written. The tree of the condition is kept beside it, for condition_explain() and the types.
 * Immutable once built. */
#pragma once

#include "base/attr.h"
#include "event/event.h"
#include "lang/condition.h"
#include "lang/vm/operand.h"
#include "lang/vm/predicate.h"

enum {
    STEP_TRUE = INT32_MAX, /* targets that end the run */
    STEP_FALSE = INT32_MAX - 1,
    SLOTS_MAX = 16, /* operands whose value is kept while a program runs */
    MEMO_MAX = 512, /* predicates whose outcome is */
};

struct step {
    const struct predicate *predicate;
    int32_t on_true, on_false; /* index of a later step, STEP_TRUE or STEP_FALSE */
};

struct tree {
    enum ast_kind kind; /* AST_AND, AST_OR, AST_NOT, AST_CHECK */
    uint32_t index;     /* place among the nodes, for scratch arrays */
    const struct tree *const *child;
    uint32_t count;
    const struct predicate *predicate; /* AST_CHECK */
    const struct ast_node *check;
};

struct condition {
    const struct step *step; /* the run begins at step[0] */
    uint32_t step_count;
    const struct tree *root;
    uint32_t node_count;
    struct predicate **predicate;
    uint32_t predicate_count;
    struct event_set types;
    bool all_types;
    bool unsafe_na;
    uint64_t regex_limits; /* atomic */
};

/* What a run remembers. */
struct run {
    const struct event *event;
    uint32_t memo_count;
    uint8_t memo[MEMO_MAX];        /* by predicate: 0 not tested, 1 false, 2 true */
    uint8_t slot_state[SLOTS_MAX]; /* 0 not extracted, 1 absent, 2 one value */
    struct value slot[SLOTS_MAX];
};

void run_init(struct run *run, const struct condition *condition, const struct event *event);
bool run_predicate(struct run *run, const struct predicate *predicate);

/* Is the outcome the same for every event, because evt.num counts from 1? Then *holds is it. */
bool predicate_certain(const struct predicate *predicate, bool *holds);

/* Fill types, all_types and unsafe_na from the tree. */
void condition_analyse(struct condition *condition);
