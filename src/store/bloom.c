/* A number sets BLOOM_PROBES bits. A filter is whole 64-bit words of little-endian bytes. */
#include "store/bloom.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hash.h"

enum { BLOOM_PROBES = 6, SET_FIRST = 1024, SET_KEPT = 1 << 17 };

/* Words are whatever somebody sent, and their numbers can be foretold: many that fall together
 * would make each further one slow. The place in memory cannot be foretold. */
static uint32_t first_slot(const struct bloom_set *set, uint64_t number)
{
    return (uint32_t)hash_u64(number ^ (uintptr_t)set->slot * 0x9e3779b97f4a7c15ULL) &
           (set->size - 1);
}

static void put(struct bloom_set *set, uint64_t number)
{
    uint32_t mask = set->size - 1;
    uint32_t at = first_slot(set, number);

    while (set->slot[at] != 0 && set->slot[at] != number)
        at = (at + 1) & mask;
    set->count += set->slot[at] == 0;
    set->slot[at] = number;
}

static void grow(struct bloom_set *set)
{
    struct bloom_set larger = {.size = set->size == 0 ? SET_FIRST : set->size * 2,
                               .zero = set->zero};

    larger.slot = xcalloc(larger.size, sizeof(*larger.slot));
    for (uint32_t i = 0; i < set->size; i++) {
        if (set->slot[i] != 0)
            put(&larger, set->slot[i]);
    }
    free(set->slot);
    *set = larger;
}

void bloom_set_add(struct bloom_set *set, uint64_t number)
{
    if (number == 0) {
        set->zero = true;
        return;
    }
    if (set->count * 2 >= set->size)
        grow(set);
    put(set, number);
}

bool bloom_set_has(const struct bloom_set *set, uint64_t number)
{
    uint32_t mask = set->size - 1;

    if (number == 0)
        return set->zero;
    if (set->size == 0)
        return false;
    uint32_t at = first_slot(set, number);
    while (set->slot[at] != 0 && set->slot[at] != number)
        at = (at + 1) & mask;
    return set->slot[at] == number;
}

void bloom_set_reset(struct bloom_set *set)
{
    if (set->size > SET_KEPT) { /* of one large record: not to be emptied at each commit */
        bloom_set_done(set);
        return;
    }
    if (set->slot != NULL)
        memset(set->slot, 0, set->size * sizeof(*set->slot));
    set->count = 0;
    set->zero = false;
}

void bloom_set_done(struct bloom_set *set)
{
    free(set->slot);
    *set = (struct bloom_set){0};
}

/* The bit of probe number `probe`, in a filter of `bits`. */
static uint64_t bit_of(uint64_t number, unsigned probe, uint64_t bits)
{
    uint64_t step = hash_u64(number) | 1;

    return (uint64_t)((unsigned __int128)(number + step * probe) * bits >> 64);
}

static void mark(char *filter, uint64_t bits, uint64_t number)
{
    for (unsigned probe = 0; probe < BLOOM_PROBES; probe++) {
        uint64_t bit = bit_of(number, probe, bits);
        filter[bit / 8] = (char)(filter[bit / 8] | 1 << (bit % 8));
    }
}

void bloom_write(const struct bloom_set *set, struct buf *out)
{
    uint64_t count = set->count + set->zero;
    size_t bytes = (count * BLOOM_BITS + 63) / 64 * 8;
    char *filter = bytes == 0 ? NULL : buf_room(out, bytes);

    if (filter == NULL)
        return;
    memset(filter, 0, bytes);
    if (set->zero)
        mark(filter, bytes * 8, 0);
    for (uint32_t i = 0; i < set->size; i++) {
        if (set->slot[i] != 0)
            mark(filter, bytes * 8, set->slot[i]);
    }
    out->len += bytes;
}

bool bloom_may_have(struct sv filter, uint64_t number)
{
    for (unsigned probe = 0; probe < BLOOM_PROBES && filter.len > 0; probe++) {
        uint64_t bit = bit_of(number, probe, filter.len * 8);
        if ((filter.ptr[bit / 8] >> (bit % 8) & 1) == 0)
            return false;
    }
    return filter.len > 0;
}
