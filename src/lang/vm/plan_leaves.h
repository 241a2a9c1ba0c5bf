/* lang/vm/plan_leaves.h - the comparisons of a plan one by one, for those who report on it.
 *
 * They are numbered from 0 to plan_leaf_count(). Reading only: any thread, once the plan is
 * complete. */
#pragma once

#include "base/sv.h"
#include "lang/vm/plan.h"

struct plan_leaf_info {
    struct sv text; /* canonical: proc.name in (apt, apk) */
    uint32_t node;
    uint32_t cost;     /* of asking, estimated: about nanoseconds */
    bool process_only; /* depends on the process alone: its outcome is kept with it */
    bool fd_name_only; /* on what the descriptor is called */
};
struct plan_leaf_info plan_leaf_info(const struct plan *plan, uint32_t leaf);

/* Set mark[leaf] for every comparison that any of the nodes consists of. */
void plan_mark_leaves(const struct plan *plan, const uint32_t *node, uint32_t count, bool *mark);
