/* tests/bench/variants.h - rules like those there are, with other constants and other names. */
#pragma once

#include <stdint.h>

struct buf;
struct ruleset;

/* Append `count` rules to the text of a rule file that is loaded behind those of `set`. */
void variants_write(struct buf *yaml, const struct ruleset *set, uint32_t count);
