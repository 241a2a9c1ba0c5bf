/* lang/vm/plan_nodes.h - what the files of the plan share: how nodes are kept. */
#pragma once

#include "base/hash.h"
#include "lang/vm/plan.h"

struct arena;
struct field_ref;

enum plan_kind {
    PLAN_KIND_FALSE,
    PLAN_KIND_TRUE,
    PLAN_KIND_LEAF, /* `first` is an index of leaf[] */
    PLAN_KIND_NOT,  /* `first` is the node negated */
    PLAN_KIND_AND,  /* `first`, `count`: a slice of child[] */
    PLAN_KIND_OR,
};

struct plan_node {
    uint8_t kind;
    bool typed; /* some comparison below can be settled by the event's type */
    uint32_t first, count;
    uint32_t cost;  /* of finding it out, in units of about a nanosecond */
    uint64_t reads; /* bit reads_bit() of everything that comparisons below read */
    uint64_t alone; /* ... of operands that some comparison below reads and nothing else */
};

/* How a comparison of one value is made without the general way. */
enum plan_test {
    PLAN_TEST_ANY, /* predicate_test() */
    PLAN_TEST_EXISTS,
    PLAN_TEST_TEXT_EQ,
    PLAN_TEST_TEXT_NE,
    PLAN_TEST_TEXT_SET,
    PLAN_TEST_TEXT_STARTS,
    PLAN_TEST_TEXT_ENDS,
    PLAN_TEST_TRUTH,
    PLAN_TEST_NUMBER, /* an integer of the same kind as the constant */
};

struct plan_leaf {
    const struct predicate *predicate;
    uint32_t left;
    uint32_t reads; /* an operand, PLAN_PROCESS, PLAN_FD_NAME or PLAN_MIXED */
    uint32_t alone; /* the operand when it is the only one, else the same as `reads` */
    uint32_t node;
    enum plan_test test;
    bool truth; /* PLAN_TEST_TRUTH: the value that makes it hold */
};

struct plan_operand {
    const struct operand *operand;
    uint32_t flags; /* field flags that all its fields have */
};

struct plan {
    enum event_source source;
    struct arena *scratch; /* of events made up while folding */
    struct plan_node *node;
    uint32_t *child;
    struct plan_leaf *leaf;
    struct plan_operand *operand;
    uint32_t *stack; /* nodes being put together */
    uint32_t *slot;  /* hash table of nodes, 0: empty */
    uint32_t node_count, node_room, child_count, child_room, leaf_count, leaf_room;
    uint32_t operand_count, operand_room, stack_count, stack_room, slot_count;
    uint32_t added;              /* nodes when plan_add() was done last */
    struct map leaves, operands; /* by text; values are index + 1 */
    /* Results of the walk under way, by node: valid where memo_mark is memo_now. */
    uint32_t *memo, *memo_mark;
    uint32_t memo_room, memo_now;
    uint64_t memo_walk; /* which walk over which part */
};

static inline uint64_t reads_bit(uint32_t reads)
{
    return 1ULL << (reads >= PLAN_MIXED ? 61 + UINT32_MAX - reads : reads % 61);
}

/* Nodes, each there once. */
uint32_t plan_not(struct plan *plan, uint32_t node);
/* `and` or `or` of what was pushed since the stack had `base` nodes; those are popped. */
void plan_push(struct plan *plan, enum plan_kind kind, uint32_t node);
uint32_t plan_pop(struct plan *plan, enum plan_kind kind, uint32_t base);

/* The constant that a comparison is for every event; UINT32_MAX when it is none. */
uint32_t plan_leaf_constant(const struct plan_leaf *leaf);
/* Does plan_fold() settle it for some types? */
bool plan_leaf_typed(const struct plan_leaf *leaf);
