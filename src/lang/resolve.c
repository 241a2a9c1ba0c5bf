#include "lang/resolve.h"

#include <errno.h>

#include "base/arena.h"

struct resolver {
    const struct resolve_names *names;
    struct arena *arena;
    struct parse_problem *problem;
    struct sv path[RESOLVE_MACROS_MAX]; /* macros being expanded, outermost first */
    uint32_t path_count;
    uint32_t at, length; /* of the outermost macro use */
    uint32_t nodes;
    uint32_t levels;
};

static int resolve(struct resolver *r, const struct ast_node *node, struct ast_node **out);

static uint32_t place(const struct resolver *r, uint32_t offset)
{
    return r->path_count > 0 ? r->at : offset;
}

static int too_big(struct resolver *r, uint32_t offset)
{
    if (r->path_count == 0)
        return parse_problem_set(r->problem, -E2BIG, offset, "the condition is too big");
    return parse_problem_set(r->problem, -E2BIG, r->at,
                             "macro '%.*s' expands to more than %u nodes or %d levels",
                             SV_ARG(r->path[0]), RESOLVE_NODES_MAX, AST_LEVELS_MAX);
}

static struct ast_node *copy_node(struct resolver *r, const struct ast_node *node)
{
    struct ast_node *copy = arena_try(r->arena, sizeof(*copy));

    if (copy == NULL)
        return NULL;
    *copy = *node;
    if (r->path_count > 0) {
        copy->offset = r->at;
        copy->length = r->length;
    }
    return copy;
}

struct list_use {
    const struct ast_value *item; /* NULL: the value stands for itself */
    uint32_t count;
};

static struct list_use find_list(struct resolver *r, const struct ast_value *value)
{
    struct list_use use = {NULL, 1};

    if (value->quoted || value->from_list || r->names->list == NULL)
        return use;
    if (!r->names->list(r->names->ctx, value->text, &use.item, &use.count))
        return (struct list_use){NULL, 1};
    if (use.item == NULL)
        use = (struct list_use){value, 0};
    return use;
}

static void put_values(struct resolver *r, const struct ast_node *check, struct ast_value *to)
{
    for (uint32_t i = 0; i < check->value_count; i++) {
        struct list_use use = find_list(r, &check->value[i]);
        const struct ast_value *from = use.item == NULL ? &check->value[i] : use.item;

        for (uint32_t k = 0; k < use.count; k++) {
            *to = from[k];
            to->from_list = use.item != NULL || to->from_list;
            to->offset = place(r, check->value[i].offset);
            to++;
        }
    }
}

static bool takes_list(const struct ast_node *check)
{
    return check->value_is_list || check->modifier != MODIFIER_NONE || check->op == OP_IN ||
           check->op == OP_INTERSECTS || check->op == OP_PMATCH;
}

static int one_expected(struct resolver *r, const struct ast_value *value, uint32_t count)
{
    int rc = parse_problem_set(r->problem, -EINVAL, place(r, value->offset),
                               "list '%.*s' holds %u values where one is expected",
                               SV_ARG(value->text), count);

    parse_problem_mend(r->problem, "did you mean 'in (%.*s)'?", SV_ARG(value->text));
    return rc;
}

/* Values are copied only where a list stands beside others: a list of 100,000 items that ten rules
 * use is there once. */
static int resolve_values(struct resolver *r, const struct ast_node *node, struct ast_node *check)
{
    struct list_use use = {NULL, 0};
    uint64_t total = 0;
    bool listed = false;

    for (uint32_t i = 0; i < node->value_count; i++) {
        use = find_list(r, &node->value[i]);
        if (use.item != NULL && use.count != 1 && !takes_list(node))
            return one_expected(r, &node->value[i], use.count);
        total += use.count;
        listed = listed || use.item != NULL;
    }
    check->value_is_list = takes_list(node);
    check->borrowed = check->borrowed || (listed && node->value_count == 1);
    if (!listed)
        return 0;
    if (node->value_count == 1) {
        check->value = use.item;
        check->value_count = use.count;
        return 0;
    }
    struct ast_value *value = arena_array(r->arena, struct ast_value, total);
    if (total > UINT32_MAX || value == NULL)
        return too_big(r, node->offset);
    put_values(r, node, value);
    check->value = value;
    check->value_count = (uint32_t)total;
    return 0;
}

static int resolve_check(struct resolver *r, const struct ast_node *node, struct ast_node **out)
{
    struct ast_node *check = copy_node(r, node);

    if (check == NULL)
        return too_big(r, node->offset);
    check->borrowed = r->path_count > 0;
    *out = check;
    /* What was borrowed was resolved when it was: an item is no name of a list. */
    return node->right != NULL || node->borrowed ? 0 : resolve_values(r, node, check);
}

static int resolve_children(struct resolver *r, const struct ast_node *node, struct ast_node **out)
{
    struct ast_node *copy = copy_node(r, node);
    struct ast_node **child = arena_array(r->arena, struct ast_node *, node->count);

    if (copy == NULL || child == NULL)
        return too_big(r, node->offset);
    for (uint32_t i = 0; i < node->count; i++) {
        int rc = resolve(r, node->child[i], &child[i]);
        if (rc < 0)
            return rc;
    }
    copy->child = child;
    *out = copy;
    return 0;
}

static int resolve_macro(struct resolver *r, const struct ast_node *node, struct ast_node **out)
{
    const struct ast_node *macro = r->names->macro(r->names->ctx, node->name);
    uint32_t at = place(r, node->offset);

    if (macro == NULL)
        return parse_problem_set(r->problem, -EINVAL, at, "Undefined macro '%.*s' used in filter.",
                                 SV_ARG(node->name));
    for (uint32_t i = 0; i < r->path_count; i++) {
        if (sv_eq(r->path[i], node->name))
            return parse_problem_set(r->problem, -EINVAL, at, "reference loop in macro '%.*s'",
                                     SV_ARG(node->name));
    }
    if (r->path_count == RESOLVE_MACROS_MAX)
        return parse_problem_set(r->problem, -E2BIG, at, "macro '%.*s': more than %d macros deep",
                                 SV_ARG(r->path[0]), RESOLVE_MACROS_MAX);
    if (r->path_count == 0) {
        r->at = node->offset;
        r->length = node->length;
    }
    r->path[r->path_count++] = node->name;
    int rc = resolve(r, macro, out);
    r->path_count--;
    return rc;
}

static int resolve(struct resolver *r, const struct ast_node *node, struct ast_node **out)
{
    int rc;

    if (r->nodes >= RESOLVE_NODES_MAX || r->levels >= AST_LEVELS_MAX)
        return too_big(r, node->offset);
    r->nodes++;
    r->levels++;
    switch (node->kind) {
    case AST_CHECK:
        rc = resolve_check(r, node, out);
        break;
    case AST_MACRO:
        rc = resolve_macro(r, node, out);
        break;
    default:
        rc = resolve_children(r, node, out);
        break;
    }
    r->levels--;
    return rc;
}

int resolve_condition(const struct ast_node *node, const struct resolve_names *names,
                      struct arena *arena, struct ast_node **out, struct parse_problem *problem)
{
    struct resolver resolver = {.names = names, .arena = arena, .problem = problem};
    struct ast_node *root = NULL;

    if (problem != NULL)
        *problem = (struct parse_problem){0};
    int rc = resolve(&resolver, node, &root);
    if (rc == 0)
        *out = root;
    return rc;
}
