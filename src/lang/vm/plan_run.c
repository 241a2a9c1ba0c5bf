/* Outcomes of one event. Each node and each operand carries the number of the event it was last
 * found out for, so that nothing is cleared in between. */
#include "base/alloc.h"
#include "lang/vm/plan_nodes.h"
#include "lang/vm/program.h"

enum {
    POOL_VALUES = 1024, /* of operands that gave several, kept an event */
    EVENT_MAX = UINT32_MAX / 2,
};

struct slot {
    uint32_t event;
    int count;
    const struct value *value;
    struct value one;
};

struct plan_run {
    const struct plan *plan;
    const struct event *event;
    uint32_t now;   /* number of the event */
    uint32_t *mark; /* by node: 2 * event + outcome */
    struct plan_tally *tally;
    struct slot *slot;
    uint32_t pool_used;
    struct value pool[POOL_VALUES + FIELD_VALUES_MAX];
};

struct plan_run *plan_run_new(const struct plan *plan)
{
    struct plan_run *run = xcalloc(1, sizeof(*run));

    run->plan = plan;
    run->mark = xcalloc(plan->node_count, sizeof(*run->mark));
    run->slot = xcalloc(plan->operand_count, sizeof(*run->slot));
    run->tally = xcalloc(plan->leaf_count, sizeof(*run->tally));
    return run;
}

void plan_run_free(struct plan_run *run)
{
    if (run == NULL)
        return;
    free(run->mark);
    free(run->slot);
    free(run->tally);
    free(run);
}

void plan_run_start(struct plan_run *run, const struct event *event)
{
    run->event = event;
    run->pool_used = 0;
    if (likely(++run->now < EVENT_MAX))
        return;
    memset(run->mark, 0, run->plan->node_count * sizeof(*run->mark));
    for (uint32_t i = 0; i < run->plan->operand_count; i++)
        run->slot[i].event = 0;
    run->now = 1;
}

static int extract(const struct operand *operand, const struct event *event, struct value *out)
{
    if (operand->kind != OPERAND_FIELD)
        return operand_values(operand, event, out);
    if (operand->ref.field->extract == NULL)
        return OPERAND_ABSENT;
    uint32_t count = operand->ref.field->extract(event, &operand->ref, out);
    return count == 0 ? OPERAND_ABSENT : (int)count;
}

int plan_run_values(struct plan_run *run, uint32_t operand, const struct value **out)
{
    struct slot *slot = &run->slot[operand];
    struct value *room = &run->pool[run->pool_used];

    if (slot->event == run->now) {
        *out = slot->value;
        return slot->count;
    }
    int count = extract(run->plan->operand[operand].operand, run->event, room);
    slot->count = count;
    slot->value = room;
    slot->event = run->now;
    if (count == 1) {
        slot->one = room[0];
        slot->value = &slot->one;
    } else if (count > 0 && run->pool_used + (uint32_t)count <= POOL_VALUES) {
        run->pool_used += (uint32_t)count;
    } else if (count > 0) {
        slot->event = run->now - 1; /* no room to keep them */
    }
    *out = slot->value;
    return count;
}

static bool test_text(const struct plan_leaf *leaf, struct sv text)
{
    const struct predicate *predicate = leaf->predicate;

    switch (leaf->test) {
    case PLAN_TEST_TEXT_EQ:
        return sv_eq(text, predicate->literal[0].text);
    case PLAN_TEST_TEXT_NE:
        return !sv_eq(text, predicate->literal[0].text);
    case PLAN_TEST_TEXT_STARTS:
        return sv_starts(text, predicate->literal[0].text);
    case PLAN_TEST_TEXT_ENDS:
        return sv_ends(text, predicate->literal[0].text);
    default:
        return set_has(&predicate->set, text);
    }
}

/* <0, 0 or >0; both are of the kind. */
static int order_numbers(enum value_kind kind, const struct value *a, const struct value *b)
{
    if (kind == VALUE_SIGNED)
        return a->i64 < b->i64 ? -1 : a->i64 > b->i64;
    return a->u64 < b->u64 ? -1 : a->u64 > b->u64;
}

static bool test_number(enum ast_op op, int order)
{
    switch (op) {
    case OP_EQ:
        return order == 0;
    case OP_NE:
        return order != 0;
    case OP_LT:
        return order < 0;
    case OP_LE:
        return order <= 0;
    case OP_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

static bool is_integer(enum value_kind kind)
{
    return kind == VALUE_SIGNED || kind == VALUE_UNSIGNED;
}

static bool test_one(const struct plan_leaf *leaf, const struct event *event,
                     const struct value *value)
{
    const struct predicate *predicate = leaf->predicate;
    enum value_kind kind = (enum value_kind)value->kind;

    if (leaf->test == PLAN_TEST_TRUTH && kind == VALUE_TRUTH)
        return value->truth == leaf->truth;
    if (leaf->test == PLAN_TEST_NUMBER && is_integer(kind) && predicate->literal[0].kind == kind)
        return test_number(predicate->op, order_numbers(kind, value, &predicate->literal[0]));
    if (leaf->test < PLAN_TEST_TRUTH && kind == VALUE_TEXT)
        return test_text(leaf, value->text);
    return predicate_test(predicate, event, value, 1, NULL);
}

static bool test_leaf(struct plan_run *run, const struct plan_leaf *leaf)
{
    const struct value *value = NULL;
    int count = plan_run_values(run, leaf->left, &value);

    if (count == OPERAND_ABSENT)
        return false;
    if (leaf->test == PLAN_TEST_EXISTS)
        return true;
    if (leaf->test == PLAN_TEST_ANY || count != 1)
        return predicate_test(leaf->predicate, run->event, value, count, NULL);
    return test_one(leaf, run->event, value);
}

static bool find_out(struct plan_run *run, uint32_t index)
{
    const struct plan *plan = run->plan;
    const struct plan_node *node = &plan->node[index];

    switch ((enum plan_kind)node->kind) {
    case PLAN_KIND_LEAF: {
        bool holds = test_leaf(run, &plan->leaf[node->first]);
        run->tally[node->first].tests++;
        run->tally[node->first].holds += holds;
        return holds;
    }
    case PLAN_KIND_NOT:
        return !plan_run_holds(run, node->first);
    case PLAN_KIND_AND:
        for (uint32_t i = 0; i < node->count; i++) {
            if (!plan_run_holds(run, plan->child[node->first + i]))
                return false;
        }
        return true;
    case PLAN_KIND_OR:
        for (uint32_t i = 0; i < node->count; i++) {
            if (plan_run_holds(run, plan->child[node->first + i]))
                return true;
        }
        return false;
    default:
        return node->kind == PLAN_KIND_TRUE;
    }
}

bool plan_run_holds(struct plan_run *run, uint32_t node)
{
    uint32_t mark = run->mark[node];

    if (mark >> 1 != run->now) {
        mark = 2 * run->now + find_out(run, node);
        run->mark[node] = mark;
    }
    return mark & 1;
}

struct plan_tally plan_run_tally(const struct plan_run *run, uint32_t leaf)
{
    return run->tally[leaf];
}
