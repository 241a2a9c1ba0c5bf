/* lang/vm/fragments.h - which of many texts are in a text, in one pass over it.
 *
 * Built in an arena, then immutable: any thread may ask. Texts are views that must live as long. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct arena;
struct fragments;
struct map;

/* Of the keys of `texts`, none empty, whose values are `words` of bits each; these are changed.
 * NULL when it is empty. */
struct fragments *fragments_new(struct arena *arena, const struct map *texts, uint32_t words);
/* OR the bits of all that are in `text` into words[0..count). */
void fragments_find(const struct fragments *fragments, struct sv text, uint64_t *words,
                    uint32_t count);
