/* Which event types a condition can be true for, by Falco's algebra: `and` intersects, `or` joins,
 * a comparison of evt.type names its types, everything else leaves all. `not` is pushed down to the
 * comparisons: the negation of one that names types has the others, of any other still all. That
 * evt.num counts from 1 decides comparisons with it that can only be false or true. */
#include "lang/condition.h"

#include "lang/vm/program.h"

struct narrowed {
    bool known; /* the comparison says something about types: a negation turns it round */
    struct event_set types;
};

static struct event_set all_types(void)
{
    struct event_set set = {{0}};

    for (uint32_t type = EVENT_NONE + 1; type < event_type_count(); type++)
        event_set_add(&set, (enum event_type)type);
    return set;
}

static struct event_set others(const struct event_set *set)
{
    struct event_set rest = all_types();

    for (size_t i = 0; i < ARRAY_LEN(rest.bit); i++)
        rest.bit[i] &= ~set->bit[i];
    return rest;
}

static bool field_is(const struct predicate *predicate, const char *name)
{
    const struct operand *left = predicate->left;

    return left->kind == OPERAND_FIELD && sv_eq(sv(left->ref.field->name), sv(name));
}

/* evt.num op number, where only 1 and more happens: false for every event, true, or neither. */
static bool number_decides(enum ast_op op, uint64_t number, bool *holds)
{
    *holds = op == OP_NE || op == OP_GT || op == OP_GE;
    if (op == OP_LT || op == OP_GE)
        return number <= 1;
    return number == 0 && (op == OP_EQ || op == OP_NE || op == OP_LE || op == OP_GT);
}

bool predicate_certain(const struct predicate *predicate, bool *holds)
{
    if (!field_is(predicate, "evt.num") || predicate->right != NULL ||
        predicate->modifier != MODIFIER_NONE)
        return false;
    if (predicate->op != OP_IN)
        return predicate->literal_count == 1 &&
               number_decides(predicate->op, predicate->literal[0].u64, holds);
    *holds = false;
    for (uint32_t i = 0; i < predicate->literal_count; i++) {
        if (predicate->literal[i].u64 != 0)
            return false;
    }
    return true;
}

/* evt.type.is[open] = 1 */
static bool type_flag(const struct predicate *predicate, struct event_set *types)
{
    const struct operand *left = predicate->left;

    if (!field_is(predicate, "evt.type.is") || predicate->right != NULL ||
        predicate->modifier != MODIFIER_NONE || predicate->literal_count != 1 ||
        (predicate->op != OP_EQ && predicate->op != OP_NE) || predicate->literal[0].u64 > 1)
        return false;
    enum event_type type = event_type_from(left->ref.key);
    if (type == EVENT_NONE)
        return false;
    event_set_add(types, type);
    if ((predicate->literal[0].u64 == 1) != (predicate->op == OP_EQ))
        *types = others(types);
    return true;
}

static struct narrowed check_types(const struct predicate *predicate)
{
    struct narrowed result = {.known = true};
    bool holds = false;

    if (predicate_certain(predicate, &holds)) {
        if (holds)
            result.types = all_types();
        return result;
    }
    if (type_flag(predicate, &result.types))
        return result;
    if (predicate->on_type) {
        result.types = predicate->op == OP_NE ? others(&predicate->types) : predicate->types;
        return result;
    }
    result.types = all_types();
    result.known = predicate->op == OP_EXISTS && field_is(predicate, "evt.type");
    return result;
}

static struct event_set tree_types(const struct tree *tree, bool negated)
{
    if (tree->kind == AST_NOT)
        return tree_types(tree->child[0], !negated);
    if (tree->kind == AST_CHECK) {
        struct narrowed check = check_types(tree->predicate);
        return negated && check.known ? others(&check.types) : check.types;
    }
    bool meet = (tree->kind == AST_AND) != negated;
    struct event_set set = {{0}};
    if (meet)
        set = all_types();
    for (uint32_t i = 0; i < tree->count; i++) {
        struct event_set part = tree_types(tree->child[i], negated);
        for (size_t k = 0; k < ARRAY_LEN(set.bit); k++)
            set.bit[k] = meet ? set.bit[k] & part.bit[k] : set.bit[k] | part.bit[k];
    }
    return set;
}

/* As Falco warns: an equality with "<NA>" on a field that gives no value where others give that
 * text. */
static bool takes_na(const struct ast_node *check)
{
    enum ast_op op = check->op;
    struct sv name = check->left->name;

    if ((op != OP_EQ && op != OP_NE && op != OP_IN && op != OP_INTERSECTS && op != OP_PMATCH) ||
        check->modifier != MODIFIER_NONE || check->left->kind != OPERAND_FIELD ||
        (!sv_starts(name, SV("ka.")) && !sv_starts(name, SV("jevt."))))
        return false;
    for (uint32_t i = 0; i < check->value_count; i++) {
        if (sv_eq(check->value[i].text, SV("<NA>")))
            return true;
    }
    return false;
}

static bool tree_takes_na(const struct tree *tree)
{
    bool found = tree->kind == AST_CHECK && takes_na(tree->check);

    for (uint32_t i = 0; i < tree->count && !found; i++)
        found = tree_takes_na(tree->child[i]);
    return found;
}

void condition_analyse(struct condition *condition)
{
    struct event_set all = all_types();

    condition->types = tree_types(condition->root, false);
    condition->all_types = memcmp(&all, &condition->types, sizeof(all)) == 0;
    condition->unsafe_na = tree_takes_na(condition->root);
}
