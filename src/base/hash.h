/* base/hash.h - hashing (xxh3) and two open-addressing maps: from text, and from a number.
 *
 * Maps keep pointers only: keys (views) and values belong to the caller and must outlive their
 * entry. Values are never NULL. Adding and removing move entries: do neither while visiting with
 * map_next() or nmap_next(). One thread. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

uint64_t hash_sv(struct sv text);
uint64_t hash_seed(struct sv text, uint64_t seed);
uint64_t hash_u64(uint64_t number);

struct map_slot {
    struct sv key;
    void *value; /* NULL: empty */
};
struct map {
    struct map_slot *slot;
    size_t size; /* slots, a power of two, or 0 */
    size_t count;
};

void map_done(struct map *map); /* frees the slots, not what they point to */
must_check void *map_find(const struct map *map, struct sv key); /* NULL when absent */
/* Set key to value; returns the value it had, NULL when new. The new view of the key is kept. */
void *map_put(struct map *map, struct sv key, void *value);
void *map_remove(struct map *map, struct sv key); /* the value it had, or NULL */

struct nmap_slot {
    uint64_t key;
    void *value;
};
struct nmap {
    struct nmap_slot *slot;
    size_t size;
    size_t count;
};

void nmap_done(struct nmap *map);
must_check void *nmap_find(const struct nmap *map, uint64_t key);
void *nmap_put(struct nmap *map, uint64_t key, void *value);
void *nmap_remove(struct nmap *map, uint64_t key);

/* Visit all: start with *at = 0; NULL at the end. Order is unspecified. */
struct map_slot *map_next(const struct map *map, size_t *at);
struct nmap_slot *nmap_next(const struct nmap *map, size_t *at);
