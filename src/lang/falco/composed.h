/* lang/falco/composed.h - one text put together of parts, whose bytes know where they come from.
 *
 * One thread; lives in the arena of the items. */
#pragma once

#include "lang/falco/items.h"

struct composed {
    struct sv text; /* ends in NUL */
    const struct parts *parts;
    uint32_t *from; /* where each part begins in `text` */
};

/* Join with single blanks; the first `in_parens` parts together stand in parentheses (0: none do).
 * Returns -E2BIG after telling so. */
must_check int composed_make(struct items *items, const struct parts *parts, uint32_t in_parens,
                             struct composed *out);

/* Where byte `offset` of the text stands in its file. */
struct spot composed_spot(const struct composed *composed, size_t offset);
