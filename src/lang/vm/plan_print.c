#include "base/buf.h"
#include "lang/vm/plan_nodes.h"
#include "lang/vm/predicate.h"

static void print_many(const struct plan *plan, const struct plan_node *node, struct buf *out)
{
    buf_char(out, '(');
    for (uint32_t i = 0; i < node->count; i++) {
        if (i > 0)
            buf_str(out, node->kind == PLAN_KIND_AND ? " and " : " or ");
        plan_print(plan, plan->child[node->first + i], out);
    }
    buf_char(out, ')');
}

void plan_print(const struct plan *plan, uint32_t node, struct buf *out)
{
    const struct plan_node *of = &plan->node[node];

    switch ((enum plan_kind)of->kind) {
    case PLAN_KIND_FALSE:
        buf_str(out, "false");
        break;
    case PLAN_KIND_TRUE:
        buf_str(out, "true");
        break;
    case PLAN_KIND_LEAF:
        buf_sv(out, plan->leaf[of->first].predicate->text);
        break;
    case PLAN_KIND_NOT:
        buf_str(out, "not ");
        plan_print(plan, of->first, out);
        break;
    case PLAN_KIND_AND:
    case PLAN_KIND_OR:
        print_many(plan, of, out);
        break;
    }
}
