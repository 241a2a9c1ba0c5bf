#include "lang/vm/plan_leaves.h"

#include <assert.h>

#include "base/alloc.h"
#include "lang/vm/plan_nodes.h"
#include "lang/vm/predicate.h"

struct plan_leaf_info plan_leaf_info(const struct plan *plan, uint32_t leaf)
{
    assert(leaf < plan->leaf_count);
    const struct plan_leaf *of = &plan->leaf[leaf];

    return (struct plan_leaf_info){
        .text = of->predicate->text,
        .node = of->node,
        .cost = plan->node[of->node].cost,
        .process_only = of->reads == PLAN_PROCESS,
        .fd_name_only = of->reads == PLAN_FD_NAME,
    };
}

static void mark_below(const struct plan *plan, uint32_t node, bool *mark, bool *seen)
{
    const struct plan_node *of = &plan->node[node];

    if (seen[node])
        return;
    seen[node] = true;
    switch ((enum plan_kind)of->kind) {
    case PLAN_KIND_LEAF:
        mark[of->first] = true;
        break;
    case PLAN_KIND_NOT:
        mark_below(plan, of->first, mark, seen);
        break;
    case PLAN_KIND_AND:
    case PLAN_KIND_OR:
        for (uint32_t i = 0; i < of->count; i++)
            mark_below(plan, plan->child[of->first + i], mark, seen);
        break;
    default:
        break;
    }
}

void plan_mark_leaves(const struct plan *plan, const uint32_t *node, uint32_t count, bool *mark)
{
    bool *seen = xcalloc(plan->node_count, sizeof(*seen));

    for (uint32_t i = 0; i < count; i++)
        mark_below(plan, node[i], mark, seen);
    free(seen);
}
