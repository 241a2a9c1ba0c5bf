/* Walks that make smaller nodes of nodes.
 *
 * plan_fold(): a comparison of a field that depends on the type alone is made at once, with an
 * event of that type that has nothing else; plan_fold_opening() does the same with fields that tell
 * what a file is opened for. plan_upper(): comparisons of other things are taken for
 * unknown. Below an even number of `not` unknown becomes true, below an odd number false: what
 * comes of it holds wherever the node does. Both keep their results by node while the same walk
 * goes on over other rules, since these share most of their nodes. */
#include <assert.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "lang/vm/plan_nodes.h"
#include "lang/vm/program.h"

enum { WALK_TYPE = 1, WALK_OPENING, WALK_UPPER };

/* Fields that tell of the type and nothing else. */
static const char *const type_fields[] = {
    "evt.count", "evt.count.exit", "evt.dir",         "evt.io_dir",  "evt.is_async",
    "evt.is_io", "evt.is_io_read", "evt.is_io_write", "evt.is_wait", "evt.source",
    "evt.type",  "evt.type.is",    "syscall.type",
};

/* Fields that do so for all types but those that open files. */
static const char *const open_fields[] = {
    "evt.is_open_create",
    "evt.is_open_exec",
    "evt.is_open_read",
    "evt.is_open_write",
};

/* Fields that are absent when the type has no such parameter. */
static const char *const param_fields[] = {"evt.arg", "evt.rawarg"};

static bool is_one_of(struct sv name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sv_eq(name, sv(names[i])))
            return true;
    }
    return false;
}

static struct sv field_name(const struct plan_leaf *leaf)
{
    const struct operand *left = leaf->predicate->left;

    if (left->kind != OPERAND_FIELD || leaf->predicate->right != NULL)
        return (struct sv){NULL, 0};
    return sv(left->ref.field->name);
}

bool plan_leaf_typed(const struct plan_leaf *leaf)
{
    struct sv name = field_name(leaf);

    return is_one_of(name, type_fields, ARRAY_LEN(type_fields)) ||
           is_one_of(name, open_fields, ARRAY_LEN(open_fields)) ||
           is_one_of(name, param_fields, ARRAY_LEN(param_fields));
}

static bool never_has_value(const struct operand *operand)
{
    return operand != NULL && operand->kind == OPERAND_FIELD && operand->ref.field->extract == NULL;
}

uint32_t plan_leaf_constant(const struct plan_leaf *leaf)
{
    const struct predicate *predicate = leaf->predicate;
    bool holds = false;

    if (never_has_value(predicate->left) || never_has_value(predicate->right))
        return PLAN_FALSE;
    return predicate_certain(predicate, &holds) ? (uint32_t)holds : UINT32_MAX;
}

static bool has_param(const struct field_ref *ref, enum event_type type)
{
    if (ref->index < 0)
        return event_param_index(type, ref->key) >= 0;
    return ref->index < event_type_info(type)->param_count;
}

/* Is the outcome that of every event of this type? */
static bool is_settled(const struct plan_leaf *leaf, enum event_type type)
{
    struct sv name = field_name(leaf);

    if (is_one_of(name, param_fields, ARRAY_LEN(param_fields)))
        return !has_param(&leaf->predicate->left->ref, type);
    return !event_opens(type) || !is_one_of(name, open_fields, ARRAY_LEN(open_fields));
}

static uint32_t fold_for_type(struct plan *plan, uint32_t node, enum event_type type)
{
    const struct plan_leaf *leaf = &plan->leaf[plan->node[node].first];
    const struct predicate *predicate = leaf->predicate;
    struct event event = {.source = plan->source, .type = type, .num = 1, .scratch = plan->scratch};
    struct value value[FIELD_VALUES_MAX];

    if (!is_settled(leaf, type))
        return node;
    if (predicate->on_type && plan->source == SOURCE_SYSCALL)
        return event_set_has(&predicate->types, type) == (predicate->op != OP_NE);
    int count = operand_values(predicate->left, &event, value);
    bool holds = predicate_test(predicate, &event, value, count, NULL);
    arena_reset(plan->scratch);
    return holds;
}

static uint32_t fold_for_opening(const struct plan *plan, uint32_t node, uint32_t opening)
{
    static const struct {
        const char *field;
        uint32_t bit;
    } rows[] = {
        {"evt.is_open_exec", EVENT_OPENS_EXEC},
        {"evt.is_open_read", EVENT_OPENS_READ},
        {"evt.is_open_write", EVENT_OPENS_WRITE},
    };
    const struct plan_leaf *leaf = &plan->leaf[plan->node[node].first];
    struct sv name = field_name(leaf);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!sv_eq(name, sv(rows[i].field)))
            continue;
        struct event event = {.source = plan->source, .scratch = plan->scratch};
        struct value value = value_bool((opening & rows[i].bit) != 0);
        return predicate_test(leaf->predicate, &event, &value, 1, NULL);
    }
    return node;
}

/* Walks */

static void begin(struct plan *plan, uint32_t walk, uint32_t part)
{
    uint64_t id = ((uint64_t)walk << 32) | part;

    if (plan->memo_room < plan->node_count) {
        uint32_t room = plan->node_room;
        plan->memo = xrealloc(plan->memo, 2 * room * sizeof(*plan->memo));
        plan->memo_mark = xrealloc(plan->memo_mark, 2 * room * sizeof(*plan->memo_mark));
        memset(plan->memo_mark, 0, 2 * room * sizeof(*plan->memo_mark));
        plan->memo_room = room;
        plan->memo_walk = 0;
    }
    if (plan->memo_walk == id)
        return;
    plan->memo_walk = id;
    plan->memo_now++;
    assert(plan->memo_now != 0);
}

/* Each node has two places: the walk upward and, below a `not`, downward. */
static bool known(const struct plan *plan, uint32_t node, bool lower, uint32_t *out)
{
    uint32_t place = 2 * node + lower;

    *out = plan->memo[place];
    return plan->memo_mark[place] == plan->memo_now;
}

static uint32_t keep(struct plan *plan, uint32_t node, bool lower, uint32_t result)
{
    plan->memo[2 * node + lower] = result;
    plan->memo_mark[2 * node + lower] = plan->memo_now;
    return result;
}

/* `walk` is WALK_TYPE or WALK_OPENING, `part` the type or the opening. */
static uint32_t fold(struct plan *plan, uint32_t node, uint32_t walk, uint32_t part)
{
    struct plan_node of = plan->node[node];
    uint32_t base = plan->stack_count;
    uint32_t result;

    if (!of.typed)
        return node;
    if (known(plan, node, false, &result))
        return result;
    switch ((enum plan_kind)of.kind) {
    case PLAN_KIND_LEAF:
        result = walk == WALK_TYPE ? fold_for_type(plan, node, (enum event_type)part)
                                   : fold_for_opening(plan, node, part);
        break;
    case PLAN_KIND_NOT:
        result = plan_not(plan, fold(plan, of.first, walk, part));
        break;
    default:
        for (uint32_t i = 0; i < of.count; i++)
            plan_push(plan, of.kind, fold(plan, plan->child[of.first + i], walk, part));
        result = plan_pop(plan, of.kind, base);
        break;
    }
    return keep(plan, node, false, result);
}

static bool has_room(const struct plan *plan)
{
    return plan->node_count < plan->added + PLAN_EXTRA_NODES_MAX;
}

uint32_t plan_fold(struct plan *plan, uint32_t node, enum event_type type)
{
    if (!has_room(plan))
        return node;
    begin(plan, WALK_TYPE, type);
    return fold(plan, node, WALK_TYPE, type);
}

uint32_t plan_fold_opening(struct plan *plan, uint32_t node, uint32_t opening)
{
    if (!has_room(plan))
        return node;
    begin(plan, WALK_OPENING, opening);
    return fold(plan, node, WALK_OPENING, opening);
}

/* `lower`: what holds only where the node does. */
static uint32_t bound(struct plan *plan, uint32_t node, uint32_t reads, bool lower)
{
    struct plan_node of = plan->node[node];
    uint32_t unknown = lower ? PLAN_FALSE : PLAN_TRUE;
    uint32_t base = plan->stack_count;
    uint32_t result;

    if (node <= PLAN_TRUE)
        return node;
    if (((of.reads | of.alone) & reads_bit(reads)) == 0)
        return unknown;
    if (of.kind == PLAN_KIND_LEAF) {
        const struct plan_leaf *leaf = &plan->leaf[of.first];
        return leaf->reads == reads || leaf->alone == reads ? node : unknown;
    }
    if (known(plan, node, lower, &result))
        return result;
    if (of.kind == PLAN_KIND_NOT) {
        result = plan_not(plan, bound(plan, of.first, reads, !lower));
    } else {
        for (uint32_t i = 0; i < of.count; i++)
            plan_push(plan, of.kind, bound(plan, plan->child[of.first + i], reads, lower));
        result = plan_pop(plan, of.kind, base);
    }
    return keep(plan, node, lower, result);
}

uint32_t plan_upper(struct plan *plan, uint32_t node, uint32_t reads)
{
    if (!has_room(plan))
        return PLAN_TRUE;
    begin(plan, WALK_UPPER, reads);
    return bound(plan, node, reads, false);
}
