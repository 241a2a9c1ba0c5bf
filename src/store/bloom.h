/* store/bloom.h - which numbers may be in a set: never a false no, a false yes in a hundred.
 *
 * Collect numbers in a bloom_set, then write the filter. One thread each. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"

struct buf;

#define BLOOM_BITS 10 /* a number */

struct bloom_set {
    uint64_t *slot; /* 0: empty; a power of two of them */
    uint32_t size, count;
    bool zero; /* the number 0 is in it */
};

void bloom_set_add(struct bloom_set *set, uint64_t number);
bool bloom_set_has(const struct bloom_set *set, uint64_t number);
void bloom_set_reset(struct bloom_set *set); /* empty; memory kept unless large */
void bloom_set_done(struct bloom_set *set);

/* Append the filter of all numbers of the set. */
void bloom_write(const struct bloom_set *set, struct buf *out);
bool bloom_may_have(struct sv filter, uint64_t number);
