/* lang/falco/expand.h - lists and macros made ready to be put in place of their names.
 *
 * One thread. Problems are told to items->diags; -EINVAL or -E2BIG after an error. */
#pragma once

#include "lang/falco/composed.h"
#include "lang/falco/items.h"
#include "lang/resolve.h"

#define LIST_VALUES_MAX 1000000u /* items of one list, lists inside expanded */
#define LIST_DEPTH_MAX 64        /* lists in lists */
#define EXPAND_SEES_ALL UINT32_MAX

/* For resolve_condition(): finds what was defined before `visibility`, and marks it as used. */
struct expand_names {
    struct items *items;
    uint32_t visibility;
    bool met_broken;   /* a name whose fault has been told: say nothing of what follows from it */
    struct sv missing; /* the last macro not found */
};
struct resolve_names expand_names(struct expand_names *ctx);

/* Parse and resolve every macro; a faulty one is marked as broken. */
must_check int expand_macros(struct items *items);
/* Lists that lists name count as used. */
void expand_mark_lists(struct items *items);

/* Tell that resolve_condition() failed, unless something broken was the reason. */
int expand_failed(const struct expand_names *ctx, const struct parse_problem *problem,
                  const struct spot *spot, int rc);
