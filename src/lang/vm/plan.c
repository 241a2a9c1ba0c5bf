/* Nodes and how they are made. `and` and `or` are kept flat, without constants and repetitions,
 * cheap parts first; a part beside its negation makes the whole constant. Since the order of the
 * parts follows from what they are, the same parts give the same node. */
#include "lang/vm/plan.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "lang/vm/plan_nodes.h"
#include "lang/vm/program.h"

enum {
    FIRST_ROOM = 64,
    SCRATCH_BLOCK = 4096,
    COST_EXTRACT = 4,     /* of a field that is there to be read */
    COST_MAKE_TEXT = 150, /* of one that is put together */
    COST_CALL = 8,
    COST_REGEX = 300,
};

/* Make room for one more; true when the array has moved on to `*room` items. */
static bool full(uint32_t count, uint32_t *room)
{
    if (count < *room)
        return false;
    assert(*room < UINT32_MAX / 4);
    *room = *room == 0 ? FIRST_ROOM : *room * 2;
    return true;
}

static uint32_t add_node(struct plan *plan, struct plan_node node)
{
    if (full(plan->node_count, &plan->node_room))
        plan->node = xrealloc(plan->node, plan->node_room * sizeof(*plan->node));
    plan->node[plan->node_count] = node;
    return plan->node_count++;
}

struct plan *plan_new(enum event_source source)
{
    struct plan *plan = xcalloc(1, sizeof(*plan));

    plan->source = source;
    plan->scratch = arena_new(SCRATCH_BLOCK);
    (void)add_node(plan, (struct plan_node){.kind = PLAN_KIND_FALSE});
    (void)add_node(plan, (struct plan_node){.kind = PLAN_KIND_TRUE});
    return plan;
}

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    map_done(&plan->leaves);
    map_done(&plan->operands);
    free(plan->node);
    free(plan->child);
    free(plan->leaf);
    free(plan->operand);
    free(plan->stack);
    free(plan->slot);
    free(plan->memo);
    free(plan->memo_mark);
    arena_free(plan->scratch);
    free(plan);
}

/* One node for each meaning */

static uint64_t hash_of(const struct plan *plan, const struct plan_node *node)
{
    uint64_t hash = hash_u64(((uint64_t)node->kind << 32) | node->first);

    if (node->kind != PLAN_KIND_AND && node->kind != PLAN_KIND_OR)
        return hash;
    return hash_seed(
        (struct sv){(const char *)&plan->child[node->first], node->count * sizeof(*plan->child)},
        node->kind);
}

static bool same(const struct plan *plan, const struct plan_node *a, const struct plan_node *b)
{
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind != PLAN_KIND_AND && a->kind != PLAN_KIND_OR)
        return a->first == b->first;
    return memcmp(&plan->child[a->first], &plan->child[b->first],
                  a->count * sizeof(*plan->child)) == 0;
}

static uint32_t *slot_of(const struct plan *plan, const struct plan_node *node)
{
    uint32_t mask = plan->slot_count - 1;
    uint32_t at = (uint32_t)hash_of(plan, node) & mask;

    while (plan->slot[at] != 0 && !same(plan, &plan->node[plan->slot[at]], node))
        at = (at + 1) & mask;
    return &plan->slot[at];
}

static void grow_slots(struct plan *plan)
{
    plan->slot_count = plan->slot_count == 0 ? FIRST_ROOM * 4 : plan->slot_count * 2;
    free(plan->slot);
    plan->slot = xcalloc(plan->slot_count, sizeof(*plan->slot));
    for (uint32_t i = PLAN_TRUE + 1; i < plan->node_count; i++)
        *slot_of(plan, &plan->node[i]) = i;
}

/* The node like this one, which is added when there is none. */
static uint32_t intern(struct plan *plan, struct plan_node node)
{
    if (plan->node_count * 2 >= plan->slot_count)
        grow_slots(plan);
    uint32_t *slot = slot_of(plan, &node);
    if (*slot == 0)
        *slot = add_node(plan, node);
    return *slot;
}

uint32_t plan_not(struct plan *plan, uint32_t node)
{
    const struct plan_node *of = &plan->node[node];

    if (node <= PLAN_TRUE)
        return PLAN_TRUE - node;
    if (of->kind == PLAN_KIND_NOT)
        return of->first;
    return intern(plan, (struct plan_node){.kind = PLAN_KIND_NOT,
                                           .typed = of->typed,
                                           .first = node,
                                           .cost = of->cost,
                                           .reads = of->reads,
                                           .alone = of->alone});
}

static void push_one(struct plan *plan, uint32_t node)
{
    if (full(plan->stack_count, &plan->stack_room))
        plan->stack = xrealloc(plan->stack, plan->stack_room * sizeof(*plan->stack));
    plan->stack[plan->stack_count++] = node;
}

void plan_push(struct plan *plan, enum plan_kind kind, uint32_t node)
{
    const struct plan_node *of = &plan->node[node];

    if (of->kind != kind) {
        push_one(plan, node);
        return;
    }
    for (uint32_t i = 0; i < of->count; i++)
        push_one(plan, plan->child[of->first + i]);
}

static int by_cost(const void *left, const void *right, void *context)
{
    const struct plan *plan = context;
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    uint32_t cost_a = plan->node[a].cost;
    uint32_t cost_b = plan->node[b].cost;

    if (cost_a != cost_b)
        return cost_a < cost_b ? -1 : 1;
    return a < b ? -1 : a > b;
}

static bool has_part(const struct plan *plan, const uint32_t *part, uint32_t count, uint32_t node)
{
    uint32_t from = 0;

    while (from < count) {
        uint32_t middle = from + (count - from) / 2;
        int order = by_cost(&node, &part[middle], (void *)plan);
        if (order == 0)
            return true;
        if (order < 0)
            count = middle;
        else
            from = middle + 1;
    }
    return false;
}

static bool is_neutral_for(enum plan_kind kind, uint32_t node)
{
    return node == (kind == PLAN_KIND_AND ? PLAN_TRUE : PLAN_FALSE);
}

/* Sort the parts and leave out what changes nothing; how many are left, or UINT32_MAX when they
 * make the constant that a false part makes of `and`, a true one of `or`. */
static uint32_t tidy(struct plan *plan, enum plan_kind kind, uint32_t *part, uint32_t count)
{
    uint32_t left = 0;

    qsort_r(part, count, sizeof(*part), by_cost, plan);
    for (uint32_t i = 0; i < count; i++) {
        if (is_neutral_for(kind, part[i]) || (left > 0 && part[left - 1] == part[i]))
            continue;
        if (part[i] <= PLAN_TRUE)
            return UINT32_MAX;
        part[left++] = part[i];
    }
    for (uint32_t i = 0; i < left; i++) {
        const struct plan_node *node = &plan->node[part[i]];
        if (node->kind == PLAN_KIND_NOT && has_part(plan, part, left, node->first))
            return UINT32_MAX;
    }
    return left;
}

static uint32_t many(struct plan *plan, enum plan_kind kind, const uint32_t *part, uint32_t count)
{
    struct plan_node node = {.kind = (uint8_t)kind, .first = plan->child_count, .count = count};

    while (plan->child_room - plan->child_count < count) {
        (void)full(plan->child_room, &plan->child_room);
        plan->child = xrealloc(plan->child, plan->child_room * sizeof(*plan->child));
    }
    memcpy(&plan->child[node.first], part, count * sizeof(*part));
    for (uint32_t i = 0; i < count; i++) {
        const struct plan_node *of = &plan->node[part[i]];
        node.typed |= of->typed;
        node.reads |= of->reads;
        node.alone |= of->alone;
        node.cost = node.cost > UINT32_MAX / 2 ? node.cost : node.cost + of->cost;
    }
    uint32_t before = plan->node_count;
    uint32_t made = intern(plan, node);
    if (made == before)
        plan->child_count += count;
    return made;
}

uint32_t plan_pop(struct plan *plan, enum plan_kind kind, uint32_t base)
{
    uint32_t *part = plan->stack + base;
    uint32_t count =
        plan->stack_count == base ? 0 : tidy(plan, kind, part, plan->stack_count - base);

    plan->stack_count = base;
    if (count == UINT32_MAX)
        return kind == PLAN_KIND_AND ? PLAN_FALSE : PLAN_TRUE;
    if (count == 0)
        return kind == PLAN_KIND_AND ? PLAN_TRUE : PLAN_FALSE;
    return count == 1 ? part[0] : many(plan, kind, part, count);
}

/* Operands and comparisons */

static bool makes_text(const struct field *field)
{
    static const char *const starts[] = {"evt.arg",  "evt.info", "evt.time",    "evt.datetime",
                                         "evt.res",  "fd.uid",   "proc.env",    "proc.aenv",
                                         "proc.cwd", "thread.",  "fd.container"};

    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        if (sv_starts(sv(field->name), sv(starts[i])))
            return true;
    }
    return false;
}

static uint32_t operand_cost(const struct operand *operand)
{
    uint32_t cost = COST_MAKE_TEXT;

    if (operand->kind == OPERAND_FIELD)
        return makes_text(operand->ref.field) ? COST_MAKE_TEXT : COST_EXTRACT;
    for (uint32_t i = 0; i < operand->part_count; i++)
        cost += operand_cost(operand->part[i]);
    return cost;
}

/* Flags that all the fields it is made of have; a constant depends on nothing. */
static uint32_t flags_of(const struct operand *operand)
{
    uint32_t flags = UINT32_MAX;

    if (operand->kind == OPERAND_FIELD)
        return operand->ref.field->flags;
    for (uint32_t i = 0; i < operand->part_count; i++)
        flags &= flags_of(operand->part[i]);
    return flags;
}

static uint32_t add_operand(struct plan *plan, const struct operand *operand)
{
    uintptr_t known = (uintptr_t)map_find(&plan->operands, operand->text);

    if (known != 0)
        return (uint32_t)known - 1;
    if (full(plan->operand_count, &plan->operand_room))
        plan->operand = xrealloc(plan->operand, plan->operand_room * sizeof(*plan->operand));
    plan->operand[plan->operand_count] = (struct plan_operand){operand, flags_of(operand)};
    plan->operand_count++;
    (void)map_put(&plan->operands, operand->text, (void *)(uintptr_t)plan->operand_count);
    return plan->operand_count - 1;
}

static enum plan_test test_of(const struct predicate *predicate)
{
    enum value_type type = predicate->left->type;

    if (predicate->op == OP_EXISTS)
        return PLAN_TEST_EXISTS;
    if (predicate->right != NULL || predicate->paths != NULL)
        return PLAN_TEST_ANY;
    if (predicate->in_set)
        return type == VALUE_CHARBUF && predicate->op != OP_NE && predicate->literal_count > 0
                   ? PLAN_TEST_TEXT_SET
                   : PLAN_TEST_ANY;
    if (predicate->modifier != MODIFIER_NONE || predicate->literal_count != 1)
        return PLAN_TEST_ANY;
    if (type == VALUE_BOOL && (predicate->op == OP_EQ || predicate->op == OP_NE))
        return PLAN_TEST_TRUTH;
    if (value_type_numeric(type) && predicate->op <= OP_GE)
        return PLAN_TEST_NUMBER;
    if (type != VALUE_CHARBUF)
        return PLAN_TEST_ANY;
    switch (predicate->op) {
    case OP_EQ:
        return PLAN_TEST_TEXT_EQ;
    case OP_NE:
        return PLAN_TEST_TEXT_NE;
    case OP_STARTSWITH:
        return PLAN_TEST_TEXT_STARTS;
    case OP_ENDSWITH:
        return PLAN_TEST_TEXT_ENDS;
    default:
        return PLAN_TEST_ANY;
    }
}

static uint32_t test_cost(const struct predicate *predicate)
{
    uint32_t cost = predicate->op == OP_REGEX ? COST_REGEX : COST_CALL;

    if (!predicate->in_set && predicate->literal_count > 1)
        cost *= predicate->literal_count < 1000 ? predicate->literal_count : 1000;
    cost += operand_cost(predicate->left);
    return predicate->right == NULL ? cost : cost + operand_cost(predicate->right);
}

static uint32_t reads_of(const struct plan *plan, uint32_t left, const struct predicate *predicate)
{
    const struct operand *right = predicate->right;
    uint32_t flags = plan->operand[left].flags & (right == NULL ? UINT32_MAX : flags_of(right));

    if ((flags & FIELD_PROCESS) != 0)
        return PLAN_PROCESS;
    if ((flags & FIELD_FD_NAME) != 0)
        return PLAN_FD_NAME;
    return right == NULL ? left : PLAN_MIXED;
}

static uint32_t new_leaf(struct plan *plan, const struct predicate *predicate)
{
    struct plan_leaf leaf = {
        .predicate = predicate,
        .left = add_operand(plan, predicate->left),
        .test = test_of(predicate),
    };

    leaf.reads = reads_of(plan, leaf.left, predicate);
    leaf.alone = predicate->right == NULL ? leaf.left : leaf.reads;
    if (leaf.test == PLAN_TEST_TRUTH)
        leaf.truth = predicate->literal[0].truth == (predicate->op == OP_EQ);
    if (full(plan->leaf_count, &plan->leaf_room))
        plan->leaf = xrealloc(plan->leaf, plan->leaf_room * sizeof(*plan->leaf));
    plan->leaf[plan->leaf_count] = leaf;
    uint32_t node = plan_leaf_constant(&leaf);
    if (node > PLAN_TRUE)
        node = add_node(plan, (struct plan_node){.kind = PLAN_KIND_LEAF,
                                                 .typed = plan_leaf_typed(&leaf),
                                                 .first = plan->leaf_count,
                                                 .cost = test_cost(predicate),
                                                 .reads = reads_bit(leaf.reads),
                                                 .alone = reads_bit(leaf.alone)});
    plan->leaf[plan->leaf_count].node = node;
    return plan->leaf_count++;
}

static uint32_t leaf_node(struct plan *plan, const struct predicate *predicate)
{
    uintptr_t known = (uintptr_t)map_find(&plan->leaves, predicate->text);

    if (known == 0) {
        known = (uintptr_t)new_leaf(plan, predicate) + 1;
        (void)map_put(&plan->leaves, predicate->text, (void *)known);
    }
    return plan->leaf[known - 1].node;
}

static uint32_t add_tree(struct plan *plan, const struct tree *tree)
{
    enum plan_kind kind = tree->kind == AST_AND ? PLAN_KIND_AND : PLAN_KIND_OR;
    uint32_t base = plan->stack_count;

    if (tree->kind == AST_CHECK)
        return leaf_node(plan, tree->predicate);
    if (tree->kind == AST_NOT)
        return plan_not(plan, add_tree(plan, tree->child[0]));
    for (uint32_t i = 0; i < tree->count; i++)
        plan_push(plan, kind, add_tree(plan, tree->child[i]));
    return plan_pop(plan, kind, base);
}

uint32_t plan_add(struct plan *plan, const struct condition *condition)
{
    uint32_t node = add_tree(plan, condition->root);

    plan->added = plan->node_count;
    return node;
}

uint32_t plan_node_count(const struct plan *plan)
{
    return plan->node_count;
}

uint32_t plan_leaf_count(const struct plan *plan)
{
    return plan->leaf_count;
}

uint32_t plan_operand_count(const struct plan *plan)
{
    return plan->operand_count;
}

const struct operand *plan_operand(const struct plan *plan, uint32_t index)
{
    return plan->operand[index].operand;
}

bool plan_operand_is_made(const struct plan *plan, uint32_t index)
{
    return operand_cost(plan->operand[index].operand) >= COST_MAKE_TEXT;
}

bool plan_operand_is_process(const struct plan *plan, uint32_t index)
{
    return (plan->operand[index].flags & FIELD_PROCESS) != 0;
}

bool plan_operand_is_fd_name(const struct plan *plan, uint32_t index)
{
    return (plan->operand[index].flags & FIELD_FD_NAME) != 0;
}

uint32_t plan_cost(const struct plan *plan, uint32_t node)
{
    return plan->node[node].cost;
}
