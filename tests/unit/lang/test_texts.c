/* Many texts looked up at once, against one by one: few letters, so that they meet often. */
#include "../test.h"

#include "base/arena.h"
#include "base/hash.h"
#include "lang/vm/affixes.h"
#include "lang/vm/fragments.h"

enum { ROUNDS = 300, TEXTS_MAX = 60, LOOKUPS = 200, LEN_MAX = 24 };

static uint64_t seed;

static uint32_t dice(uint32_t sides)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32) % sides;
}

static struct sv some_text(struct arena *arena, size_t shortest, size_t longest)
{
    size_t len = shortest + dice((uint32_t)(longest - shortest + 1));
    char *text = arena_alloc(arena, len + 1);

    for (size_t i = 0; i < len; i++)
        text[i] = dice(12) == 0 ? (char)dice(256) : "ab/"[dice(3)];
    return (struct sv){text, len};
}

enum kind { PREFIX, SUFFIX, FRAGMENT };

static bool holds(enum kind kind, struct sv text, struct sv part)
{
    if (kind == FRAGMENT)
        return sv_find(text, part, 0) != SIZE_MAX;
    return kind == PREFIX ? sv_starts(text, part) : sv_ends(text, part);
}

static uint64_t look_up(enum kind kind, const void *texts, struct sv text)
{
    uint64_t found = 0;

    if (kind == FRAGMENT) {
        fragments_find(texts, text, &found, 1);
        return found;
    }
    const uint64_t *bits = affixes_find(texts, text);
    return bits == NULL ? 0 : *bits;
}

static void one_round(enum kind kind, size_t shortest, size_t longest)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct sv part[TEXTS_MAX];
    struct map map = {0};
    uint32_t count = 1 + dice(TEXTS_MAX);

    for (uint32_t i = 0; i < count; i++) {
        part[i] = some_text(arena, shortest, longest);
        uint64_t *bits = map_find(&map, part[i]);
        if (bits == NULL)
            bits = arena_alloc(arena, sizeof(*bits));
        *bits |= 1ULL << i;
        (void)map_put(&map, part[i], bits);
    }
    const void *texts = kind == FRAGMENT ? (const void *)fragments_new(arena, &map, 1)
                                         : affixes_new(arena, &map, 1, kind == SUFFIX);
    map_done(&map);
    for (int k = 0; k < LOOKUPS; k++) {
        struct sv text = some_text(arena, 0, LEN_MAX);
        uint64_t expected = 0;

        for (uint32_t i = 0; i < count; i++)
            expected |= (uint64_t)holds(kind, text, part[i]) << i;
        if (look_up(kind, texts, text) != expected)
            TEST_FAIL("'%.*s'", SV_ARG(text));
    }
}

static void test_same_as_one_by_one(void **state)
{
    static const struct {
        const char *row;
        enum kind kind;
        size_t shortest, longest;
    } rows[] = {
        {"prefixes", PREFIX, 1, 12},          {"prefixes and the empty one", PREFIX, 0, 3},
        {"long prefixes", PREFIX, 7, 14},     {"suffixes", SUFFIX, 1, 12},
        {"long suffixes", SUFFIX, 7, 14},     {"fragments", FRAGMENT, 1, 8},
        {"short fragments", FRAGMENT, 1, 3},  {"long fragments", FRAGMENT, 5, 20},
        {"one in the other", FRAGMENT, 4, 6},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        seed = i + 1;
        for (int round = 0; round < ROUNDS / (int)ARRAY_LEN(rows); round++)
            one_round(rows[i].kind, rows[i].shortest, rows[i].longest);
    }
}

static void test_none(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct map map = {0};

    (void)state;
    CHECK(affixes_new(arena, &map, 1, false) == NULL);
    CHECK(fragments_new(arena, &map, 1) == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_one_by_one),
        cmocka_unit_test(test_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
