#include "base/hash.h"

#include <assert.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"

enum { FIRST_SLOTS = 16 };

uint64_t hash_sv(struct sv text)
{
    return XXH3_64bits(text.ptr, text.len);
}

uint64_t hash_seed(struct sv text, uint64_t seed)
{
    return XXH3_64bits_withSeed(text.ptr, text.len, seed);
}

uint64_t hash_u64(uint64_t number)
{
    number ^= number >> 33;
    number *= 0xff51afd7ed558ccdULL;
    number ^= number >> 33;
    number *= 0xc4ceb9fe1a85ec53ULL;
    return number ^ (number >> 33);
}

static size_t map_place(const struct map *map, struct sv key)
{
    size_t at = hash_sv(key) & (map->size - 1);

    while (map->slot[at].value != NULL && !sv_eq(map->slot[at].key, key))
        at = (at + 1) & (map->size - 1);
    return at;
}

static void map_grow(struct map *map)
{
    struct map old = *map;

    map->size = old.size == 0 ? FIRST_SLOTS : old.size * 2;
    map->slot = xcalloc(map->size, sizeof(*map->slot));
    for (size_t i = 0; i < old.size; i++) {
        if (old.slot[i].value != NULL)
            map->slot[map_place(map, old.slot[i].key)] = old.slot[i];
    }
    free(old.slot);
}

void map_done(struct map *map)
{
    free(map->slot);
    *map = (struct map){0};
}

void *map_find(const struct map *map, struct sv key)
{
    return map->size == 0 ? NULL : map->slot[map_place(map, key)].value;
}

void *map_put(struct map *map, struct sv key, void *value)
{
    assert(value != NULL);
    if ((map->count + 1) * 4 > map->size * 3)
        map_grow(map);
    struct map_slot *slot = &map->slot[map_place(map, key)];
    void *old = slot->value;
    map->count += old == NULL;
    *slot = (struct map_slot){key, value};
    return old;
}

void *map_remove(struct map *map, struct sv key)
{
    size_t hole = map->size == 0 ? 0 : map_place(map, key);

    if (map->size == 0 || map->slot[hole].value == NULL)
        return NULL;
    void *old = map->slot[hole].value;
    size_t mask = map->size - 1;
    for (size_t at = (hole + 1) & mask; map->slot[at].value != NULL; at = (at + 1) & mask) {
        size_t home = hash_sv(map->slot[at].key) & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->slot[hole] = map->slot[at];
            hole = at;
        }
    }
    map->slot[hole] = (struct map_slot){0};
    map->count--;
    return old;
}

static size_t nmap_place(const struct nmap *map, uint64_t key)
{
    size_t at = hash_u64(key) & (map->size - 1);

    while (map->slot[at].value != NULL && map->slot[at].key != key)
        at = (at + 1) & (map->size - 1);
    return at;
}

static void nmap_grow(struct nmap *map)
{
    struct nmap old = *map;

    map->size = old.size == 0 ? FIRST_SLOTS : old.size * 2;
    map->slot = xcalloc(map->size, sizeof(*map->slot));
    for (size_t i = 0; i < old.size; i++) {
        if (old.slot[i].value != NULL)
            map->slot[nmap_place(map, old.slot[i].key)] = old.slot[i];
    }
    free(old.slot);
}

void nmap_done(struct nmap *map)
{
    free(map->slot);
    *map = (struct nmap){0};
}

void *nmap_find(const struct nmap *map, uint64_t key)
{
    return map->size == 0 ? NULL : map->slot[nmap_place(map, key)].value;
}

void *nmap_put(struct nmap *map, uint64_t key, void *value)
{
    assert(value != NULL);
    if ((map->count + 1) * 4 > map->size * 3)
        nmap_grow(map);
    struct nmap_slot *slot = &map->slot[nmap_place(map, key)];
    void *old = slot->value;
    map->count += old == NULL;
    *slot = (struct nmap_slot){key, value};
    return old;
}

void *nmap_remove(struct nmap *map, uint64_t key)
{
    size_t hole = map->size == 0 ? 0 : nmap_place(map, key);

    if (map->size == 0 || map->slot[hole].value == NULL)
        return NULL;
    void *old = map->slot[hole].value;
    size_t mask = map->size - 1;
    for (size_t at = (hole + 1) & mask; map->slot[at].value != NULL; at = (at + 1) & mask) {
        size_t home = hash_u64(map->slot[at].key) & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->slot[hole] = map->slot[at];
            hole = at;
        }
    }
    map->slot[hole] = (struct nmap_slot){0};
    map->count--;
    return old;
}

struct map_slot *map_next(const struct map *map, size_t *at)
{
    while (*at < map->size) {
        struct map_slot *slot = &map->slot[(*at)++];
        if (slot->value != NULL)
            return slot;
    }
    return NULL;
}

struct nmap_slot *nmap_next(const struct nmap *map, size_t *at)
{
    while (*at < map->size) {
        struct nmap_slot *slot = &map->slot[(*at)++];
        if (slot->value != NULL)
            return slot;
    }
    return NULL;
}
