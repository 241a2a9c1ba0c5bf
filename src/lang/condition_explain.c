/* Two walks: the first finds which nodes are true, stopping early as a run does; the second goes
 * down only where the verdict came from. */
#include "lang/condition.h"

#include "base/arena.h"
#include "lang/vm/program.h"

struct explain {
    struct run run;
    uint8_t *truth; /* by tree index: 0 not looked at, 1 false, 2 true */
    struct condition_trace *trace;
};

static bool find_truth(struct explain *x, const struct tree *tree)
{
    bool result = tree->kind == AST_AND;

    if (tree->kind == AST_CHECK)
        result = run_predicate(&x->run, tree->predicate);
    else if (tree->kind == AST_NOT)
        result = !find_truth(x, tree->child[0]);
    else
        for (uint32_t i = 0; i < tree->count && result == (tree->kind == AST_AND); i++)
            result = find_truth(x, tree->child[i]);
    x->truth[tree->index] = result ? 2 : 1;
    return result;
}

static void add_reason(struct explain *x, const struct predicate *predicate, bool negated)
{
    struct condition_trace *trace = x->trace;
    struct value value[FIELD_VALUES_MAX];
    int decisive = -1;

    if (trace->count == CONDITION_TRACE_MAX) {
        trace->more++;
        return;
    }
    int count = operand_values(predicate->left, x->run.event, value);
    (void)predicate_test(predicate, x->run.event, value, count, &decisive);
    if (decisive < 0 && count > 0)
        decisive = 0;
    struct condition_reason *reason = &trace->reason[trace->count++];
    *reason = (struct condition_reason){
        .text = predicate->text,
        .negated = negated,
        .ref = operand_field(predicate->left),
        .type = predicate->left->type,
    };
    if (decisive >= 0 && count > 0)
        reason->value = value[decisive];
}

static void add_reasons(struct explain *x, const struct tree *tree, bool negated)
{
    if (tree->kind == AST_CHECK) {
        add_reason(x, tree->predicate, negated);
        return;
    }
    if (tree->kind == AST_NOT) {
        add_reasons(x, tree->child[0], !negated);
        return;
    }
    /* The one child that settled it, or all of them when none could alone. */
    uint8_t settles = tree->kind == AST_AND ? 1 : 2;
    bool one = x->truth[tree->index] == settles;
    for (uint32_t i = 0; i < tree->count; i++) {
        if (!one || x->truth[tree->child[i]->index] == settles)
            add_reasons(x, tree->child[i], negated);
    }
}

void condition_explain(const struct condition *condition, const struct event *event,
                       struct condition_trace *out)
{
    struct explain x = {.trace = out};

    out->count = 0;
    out->more = 0;
    x.truth = arena_array(event->scratch, uint8_t, condition->node_count);
    run_init(&x.run, condition, event);
    if (x.truth != NULL && find_truth(&x, condition->root))
        add_reasons(&x, condition->root, false);
}
