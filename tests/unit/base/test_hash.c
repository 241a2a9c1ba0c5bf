/* The maps against a plain array, with random operations: few enough keys that removals leave
 * holes inside runs that must close up again. */
#include "base/hash.h"

#include <stdlib.h>

#include "tests/unit/test.h"

enum { KEYS = 97, STEPS = 60000 };

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Values are places in here, so each is a pointer of its own. */
static void *value_of(char *base, uint64_t random)
{
    return base + random % 1000;
}

static void map_equals(const struct map *map, struct sv *key, void **model)
{
    size_t present = 0;
    size_t seen = 0;
    size_t at = 0;

    for (size_t i = 0; i < KEYS; i++) {
        CHECK(map_find(map, key[i]) == model[i]);
        present += model[i] != NULL;
    }
    CHECK_INT(map->count, present);
    for (const struct map_slot *slot = map_next(map, &at); slot != NULL;
         slot = map_next(map, &at)) {
        CHECK(map_find(map, slot->key) == slot->value);
        seen++;
    }
    CHECK_INT(seen, present);
}

static void map_follows_a_model(void **state)
{
    char text[KEYS][16];
    char values[1000];
    struct sv key[KEYS];
    void *model[KEYS] = {0};
    struct map map = {0};
    uint64_t seed = 0x9e3779b97f4a7c15ULL;

    for (size_t i = 0; i < KEYS; i++) {
        (void)snprintf(text[i], sizeof(text[i]), "key-%zu", i);
        key[i] = i == 0 ? (struct sv){NULL, 0} : sv(text[i]);
    }
    for (size_t step = 0; step < STEPS; step++) {
        uint64_t random = next_random(&seed);
        size_t i = random % KEYS;
        bool shrinking = step / 2000 % 2 == 1;

        if ((random >> 32) % 10 < (shrinking ? 3 : 7)) {
            void *value = value_of(values, random >> 16);
            CHECK(map_put(&map, key[i], value) == model[i]);
            model[i] = value;
        } else {
            CHECK(map_remove(&map, key[i]) == model[i]);
            model[i] = NULL;
        }
        if (step % 500 == 0)
            map_equals(&map, key, model);
    }
    map_equals(&map, key, model);
    map_done(&map);
    CHECK_INT(map.count, 0);
    CHECK(map_find(&map, key[1]) == NULL);
}

static void nmap_equals(const struct nmap *map, const uint64_t *key, void **model)
{
    size_t present = 0;
    size_t seen = 0;
    size_t at = 0;

    for (size_t i = 0; i < KEYS; i++) {
        CHECK(nmap_find(map, key[i]) == model[i]);
        present += model[i] != NULL;
    }
    CHECK_INT(map->count, present);
    while (nmap_next(map, &at) != NULL)
        seen++;
    CHECK_INT(seen, present);
}

static void nmap_follows_a_model(void **state)
{
    char values[1000];
    uint64_t key[KEYS];
    void *model[KEYS] = {0};
    struct nmap map = {0};
    uint64_t seed = 88172645463325252ULL;

    for (size_t i = 0; i < KEYS; i++)
        key[i] = i < 50 ? i : next_random(&seed);
    key[50] = UINT64_MAX;
    for (size_t step = 0; step < STEPS; step++) {
        uint64_t random = next_random(&seed);
        size_t i = random % KEYS;
        bool shrinking = step / 2000 % 2 == 1;

        if ((random >> 32) % 10 < (shrinking ? 3 : 7)) {
            void *value = value_of(values, random >> 16);
            CHECK(nmap_put(&map, key[i], value) == model[i]);
            model[i] = value;
        } else {
            CHECK(nmap_remove(&map, key[i]) == model[i]);
            model[i] = NULL;
        }
        if (step % 500 == 0)
            nmap_equals(&map, key, model);
    }
    nmap_equals(&map, key, model);
    nmap_done(&map);
    CHECK(nmap_find(&map, 0) == NULL);
}

static void empty_maps_have_nothing(void **state)
{
    struct map map = {0};
    struct nmap nmap = {0};
    size_t at = 0;

    CHECK(map_find(&map, SV("a")) == NULL);
    CHECK(map_remove(&map, SV("a")) == NULL);
    CHECK(map_next(&map, &at) == NULL);
    CHECK(nmap_find(&nmap, 0) == NULL);
    CHECK(nmap_remove(&nmap, 0) == NULL);
    CHECK(nmap_next(&nmap, &at) == NULL);
    map_done(&map);
    nmap_done(&nmap);
}

static void put_keeps_the_new_view_of_a_key(void **state)
{
    struct map map = {0};
    char old_key[] = "same";
    char new_key[] = "same";
    int value = 0;
    size_t at = 0;

    (void)map_put(&map, sv(old_key), &value);
    CHECK(map_put(&map, sv(new_key), &value) == &value);
    old_key[0] = 'X';
    CHECK(map_find(&map, SV("same")) == &value);
    CHECK(map_next(&map, &at)->key.ptr == new_key);
    CHECK_INT(map.count, 1);
    map_done(&map);
}

static void keys_may_hold_any_byte(void **state)
{
    struct map map = {0};
    int one = 1;
    int two = 2;

    (void)map_put(&map, SV("a\0b"), &one);
    (void)map_put(&map, SV("a\0c"), &two);
    CHECK(map_find(&map, SV("a\0b")) == &one);
    CHECK(map_find(&map, SV("a\0c")) == &two);
    CHECK(map_find(&map, SV("a")) == NULL);
    map_done(&map);
}

static void hashes_differ_by_text_and_seed(void **state)
{
    CHECK(hash_sv(SV("a")) != hash_sv(SV("b")));
    CHECK(hash_sv(SV("a")) == hash_sv(sv("a")));
    CHECK(hash_sv((struct sv){NULL, 0}) == hash_sv(SV("")));
    CHECK(hash_seed(SV("a"), 1) != hash_seed(SV("a"), 2));
    CHECK(hash_u64(1) != hash_u64(2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_follows_a_model),
        cmocka_unit_test(nmap_follows_a_model),
        cmocka_unit_test(empty_maps_have_nothing),
        cmocka_unit_test(put_keeps_the_new_view_of_a_key),
        cmocka_unit_test(keys_may_hold_any_byte),
        cmocka_unit_test(hashes_differ_by_text_and_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
