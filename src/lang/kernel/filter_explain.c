/* Each part of a condition's outermost `and` is put to the test as a condition of its own. */
#include "base/alloc.h"
#include "base/buf.h"
#include "lang/kernel/filter.h"
#include "lang/vm/plan_nodes.h"

static void explain_part(struct plan *plan, enum event_type type, uint32_t node, struct buf *out)
{
    scoped(free) struct kernel_filter *filter = xcalloc(1, sizeof(*filter));

    kernel_filter_make(plan, type, &node, 1, filter);
    bool kernel = filter->program.count > 0 || filter->program.cases == 0;
    buf_str(out, kernel && filter->asks_process != 0 ? "kernel, process: "
                 : kernel                            ? "kernel: "
                 : filter->asks_process != 0         ? "process: "
                                                     : "user space: ");
    plan_print(plan, node, out);
    buf_char(out, '\n');
}

void kernel_filter_explain(struct plan *plan, enum event_type type, uint32_t root, struct buf *out)
{
    struct plan_node node = plan->node[root];

    if (node.kind != PLAN_KIND_AND) {
        explain_part(plan, type, root, out);
        return;
    }
    for (uint32_t i = 0; i < node.count; i++)
        explain_part(plan, type, plan->child[node.first + i], out);
}
