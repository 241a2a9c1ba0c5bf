/* lang/vm/affixes.h - which of many texts a text begins with, or ends in.
 *
 * Built in an arena, then immutable: any thread may ask. Texts are views that must live as long. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct affixes;
struct arena;
struct map;

/* Of the keys of `texts`, whose values are `words` of bits each; these are changed. NULL when it is
 * empty. */
struct affixes *affixes_new(struct arena *arena, const struct map *texts, uint32_t words,
                            bool from_end);
/* The bits of all that `text` begins with (ends in), or NULL. */
const uint64_t *affixes_find(const struct affixes *affixes, struct sv text);
