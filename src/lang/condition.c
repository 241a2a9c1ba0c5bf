#include "lang/condition.h"

#include <errno.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "lang/vm/program.h"

struct compiler {
    enum event_source source;
    struct arena *arena;
    struct parse_problem *problem;
    struct condition *condition;
    struct map predicates, operands; /* by canonical text */
    struct buf text;
    uint32_t room; /* of condition->predicate */
    uint32_t levels;
    uint32_t slots;
    struct step *step; /* filled from the back */
    uint32_t steps_left, leaves;
};

static int too_big(struct compiler *c, const struct ast_node *node)
{
    return parse_problem_set(c->problem, -E2BIG, node->offset, "the condition is too big");
}

/* A copy of what is in c->text; a NULL pointer when there is no room. */
static struct sv keep_text(struct compiler *c)
{
    char *copy = c->text.error != 0 ? NULL : arena_try(c->arena, c->text.len + 1);

    if (copy != NULL && c->text.len > 0)
        memcpy(copy, c->text.ptr, c->text.len);
    return (struct sv){copy, copy == NULL ? 0 : c->text.len};
}

/* One operand for all uses of the same text. */
static int intern_operand(struct compiler *c, const struct ast_node *check,
                          const struct ast_operand *ast, struct operand **out)
{
    buf_reset(&c->text);
    ast_print_operand(&c->text, ast);
    struct operand *operand = map_find(&c->operands, buf_view(&c->text));
    if (operand == NULL) {
        struct sv text = keep_text(c);
        const uint32_t *place = check->borrowed ? &check->offset : NULL;
        if (text.ptr == NULL)
            return too_big(c, check);
        int rc = operand_compile(ast, c->source, place, c->arena, &operand, c->problem);
        if (rc < 0)
            return rc;
        operand->text = text;
        (void)map_put(&c->operands, text, operand);
    }
    operand->uses++;
    if (operand->uses == 2 && c->slots < SLOTS_MAX)
        operand->slot = c->slots++;
    *out = operand;
    return 0;
}

static int keep_predicate(struct compiler *c, const struct ast_node *check,
                          struct predicate *predicate)
{
    struct condition *condition = c->condition;

    if (condition->predicate_count == c->room) {
        uint32_t room = c->room == 0 ? 8 : c->room * 2;
        struct predicate **moved = arena_array(c->arena, struct predicate *, room);
        if (moved == NULL)
            return too_big(c, check);
        if (c->room > 0)
            memcpy(moved, condition->predicate, c->room * sizeof(struct predicate *));
        condition->predicate = moved;
        c->room = room;
    }
    predicate->id = condition->predicate_count;
    condition->predicate[condition->predicate_count++] = predicate;
    return 0;
}

static int new_predicate(struct compiler *c, const struct ast_node *check, struct sv text,
                         struct predicate **out)
{
    struct predicate_input input = {c->source, check, CONDITION_REGEX_STEPS_MAX, c->arena};
    struct predicate *predicate = arena_try(c->arena, sizeof(*predicate));

    if (predicate == NULL)
        return too_big(c, check);
    predicate->text = text;
    predicate->regex_limits = &c->condition->regex_limits;
    int rc = intern_operand(c, check, check->left, &predicate->left);
    if (rc == 0 && check->right != NULL)
        rc = intern_operand(c, check, check->right, &predicate->right);
    if (rc == 0)
        rc = keep_predicate(c, check, predicate); /* from here on condition_free() ends it */
    if (rc == 0)
        rc = predicate_compile(&input, predicate, c->problem);
    if (rc < 0)
        return rc;
    (void)map_put(&c->predicates, text, predicate);
    *out = predicate;
    return 0;
}

static int intern_predicate(struct compiler *c, const struct ast_node *check,
                            const struct predicate **out)
{
    buf_reset(&c->text);
    ast_print(&c->text, check);
    struct predicate *predicate = map_find(&c->predicates, buf_view(&c->text));
    if (predicate == NULL) {
        struct sv text = keep_text(c);
        if (text.ptr == NULL)
            return too_big(c, check);
        int rc = new_predicate(c, check, text, &predicate);
        if (rc < 0)
            return rc;
    }
    predicate->uses++;
    *out = predicate;
    return 0;
}

static int build_tree(struct compiler *c, const struct ast_node *node, const struct tree **out)
{
    struct tree *tree = arena_try(c->arena, sizeof(*tree));
    int rc = 0;

    if (tree == NULL || c->levels >= AST_LEVELS_MAX)
        return too_big(c, node);
    if (node->kind == AST_MACRO)
        return parse_problem_set(c->problem, -EINVAL, node->offset,
                                 "Undefined macro '%.*s' used in filter.", SV_ARG(node->name));
    *tree = (struct tree){.kind = node->kind, .index = c->condition->node_count++, .check = node};
    if (node->kind == AST_CHECK) {
        c->leaves++;
        *out = tree;
        return intern_predicate(c, node, &tree->predicate);
    }
    const struct tree **child = arena_array(c->arena, const struct tree *, node->count);
    if (child == NULL)
        return too_big(c, node);
    c->levels++;
    for (uint32_t i = 0; i < node->count && rc == 0; i++)
        rc = build_tree(c, node->child[i], &child[i]);
    c->levels--;
    tree->child = child;
    tree->count = node->count;
    *out = tree;
    return rc;
}

/* Put the steps of `tree` in front of those made so far; returns where they begin. */
static int32_t build_steps(struct compiler *c, const struct tree *tree, int32_t on_true,
                           int32_t on_false)
{
    if (tree->kind == AST_NOT)
        return build_steps(c, tree->child[0], on_false, on_true);
    if (tree->kind == AST_CHECK) {
        c->steps_left--;
        c->step[c->steps_left] = (struct step){tree->predicate, on_true, on_false};
        return (int32_t)c->steps_left;
    }
    int32_t next = tree->kind == AST_AND ? on_true : on_false;
    for (uint32_t i = tree->count; i > 0; i--) {
        if (tree->kind == AST_AND)
            next = build_steps(c, tree->child[i - 1], next, on_false);
        else
            next = build_steps(c, tree->child[i - 1], on_true, next);
    }
    return next;
}

static int build(struct compiler *c, const struct ast_node *node)
{
    struct condition *condition = c->condition;
    int rc = build_tree(c, node, &condition->root);

    if (rc < 0)
        return rc;
    c->step = arena_array(c->arena, struct step, c->leaves);
    if (c->step == NULL)
        return too_big(c, node);
    c->steps_left = c->leaves;
    (void)build_steps(c, condition->root, STEP_TRUE, STEP_FALSE);
    condition->step = c->step;
    condition->step_count = c->leaves;
    condition_analyse(condition);
    return 0;
}

int condition_compile(const struct ast_node *node, enum event_source source, struct arena *arena,
                      struct condition **out, struct parse_problem *problem)
{
    struct compiler compiler = {.source = source, .arena = arena, .problem = problem};

    if (problem != NULL)
        *problem = (struct parse_problem){0};
    compiler.condition = arena_try(arena, sizeof(*compiler.condition));
    if (compiler.condition == NULL)
        return too_big(&compiler, node);
    buf_init(&compiler.text, 0);
    int rc = build(&compiler, node);
    buf_done(&compiler.text);
    map_done(&compiler.predicates);
    map_done(&compiler.operands);
    if (rc < 0)
        condition_free(compiler.condition);
    else
        *out = compiler.condition;
    return rc;
}

void condition_free(struct condition *condition)
{
    if (condition == NULL)
        return;
    for (uint32_t i = 0; i < condition->predicate_count; i++)
        predicate_done(condition->predicate[i]);
}

uint64_t condition_regex_limit_hits(const struct condition *condition)
{
    return __atomic_load_n(&condition->regex_limits, __ATOMIC_RELAXED);
}

bool condition_unsafe_na(const struct condition *condition)
{
    return condition->unsafe_na;
}

void condition_types(const struct condition *condition, struct event_set *out, bool *all)
{
    *out = condition->types;
    *all = condition->all_types;
}

void run_init(struct run *run, const struct condition *condition, const struct event *event)
{
    run->event = event;
    run->memo_count = condition->predicate_count < MEMO_MAX ? condition->predicate_count : MEMO_MAX;
    memset(run->memo, 0, run->memo_count);
    memset(run->slot_state, 0, sizeof(run->slot_state));
}

/* The values of an operand: in `many`, or in its slot when it gave just one. */
static const struct value *values_of(struct run *run, const struct operand *operand,
                                     struct value *many, int *count)
{
    uint32_t slot = operand->slot;

    if (slot == OPERAND_NO_SLOT || run->slot_state[slot] == 0) {
        *count = operand_values(operand, run->event, many);
        if (slot == OPERAND_NO_SLOT || *count > 1 || *count == 0)
            return many;
        run->slot_state[slot] = *count == 1 ? 2 : 1;
        if (*count == 1)
            run->slot[slot] = many[0];
    }
    *count = run->slot_state[slot] == 2 ? 1 : OPERAND_ABSENT;
    return &run->slot[slot];
}

static bool test(struct run *run, const struct predicate *predicate)
{
    struct value many[FIELD_VALUES_MAX];
    int count = 0;

    if (predicate->on_type && run->event->given == NULL && run->event->source == SOURCE_SYSCALL)
        return event_set_has(&predicate->types, run->event->type) == (predicate->op != OP_NE);
    const struct value *left = values_of(run, predicate->left, many, &count);
    return predicate_test(predicate, run->event, left, count, NULL);
}

bool run_predicate(struct run *run, const struct predicate *predicate)
{
    if (predicate->uses < 2 || predicate->id >= run->memo_count)
        return test(run, predicate);
    if (run->memo[predicate->id] == 0)
        run->memo[predicate->id] = test(run, predicate) ? 2 : 1;
    return run->memo[predicate->id] == 2;
}

bool condition_eval(const struct condition *condition, const struct event *event)
{
    struct run run;
    int32_t at = 0;

    run_init(&run, condition, event);
    while (at < STEP_FALSE) {
        const struct step *step = &condition->step[at];
        at = run_predicate(&run, step->predicate) ? step->on_true : step->on_false;
    }
    return at == STEP_TRUE;
}
