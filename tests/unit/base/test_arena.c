#include "base/arena.h"

#include "tests/unit/test.h"

static void memory_is_aligned_zeroed_and_apart(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(256);
    unsigned char *place[64];

    for (size_t i = 0; i < ARRAY_LEN(place); i++) {
        place[i] = arena_alloc(arena, i + 1);
        CHECK_INT((uintptr_t)place[i] % 16, 0);
        for (size_t j = 0; j <= i; j++)
            CHECK_INT(place[i][j], 0);
        memset(place[i], (int)i + 1, i + 1);
    }
    for (size_t i = 0; i < ARRAY_LEN(place); i++) {
        for (size_t j = 0; j <= i; j++)
            CHECK_INT(place[i][j], i + 1);
    }
}

static void sizes_past_the_limit_give_null(void **state)
{
    static const struct {
        const char *row;
        size_t size, count;
        bool fits;
    } rows[] = {
        {"nothing", 0, 0, true},
        {"one", 8, 1, true},
        {"larger than block", 600, 1, true},
        {"exactly the limit", 1024, 1, true},
        {"one more", 1025, 1, false},
        {"product too large", 64, 17, false},
        {"product overflows", SIZE_MAX / 2, 3, false},
        {"overflows to 16", SIZE_MAX / 16 + 2, 16, false},
        {"rounding overflows", SIZE_MAX, 1, false},
        {"half of all", SIZE_MAX / 2, 1, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(64);

        test_row(rows[i].row);
        arena_limit(arena, 1024);
        CHECK_INT(arena_array_size(arena, rows[i].size, rows[i].count) != NULL, rows[i].fits);
    }
}

static void limit_counts_everything_since_reset(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(64);

    arena_limit(arena, 160);
    CHECK(arena_try(arena, 64) != NULL);
    CHECK(arena_try(arena, 90) != NULL); /* 96 with alignment */
    CHECK_INT(arena_used(arena), 160);
    CHECK(arena_try(arena, 1) == NULL);
    CHECK(arena_try(arena, 0) != NULL);
    arena_reset(arena);
    CHECK_INT(arena_used(arena), 0);
    CHECK(arena_try(arena, 160) != NULL);
    CHECK(arena_try(arena, 1) == NULL);
    arena_limit(arena, 176);
    CHECK(arena_try(arena, 1) != NULL);
}

static void reset_keeps_the_first_block_and_zeroes_again(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(128);
    unsigned char *first = arena_alloc(arena, 100);

    memset(first, 0xff, 100);
    for (int i = 0; i < 20; i++)
        memset(arena_alloc(arena, 100), 0xff, 100);
    arena_reset(arena);
    unsigned char *again = arena_alloc(arena, 100);
    CHECK(again == first);
    for (size_t i = 0; i < 100; i++)
        CHECK_INT(again[i], 0);
}

static void free_takes_null(void **state)
{
    arena_free(NULL);
}

static void texts_are_copies_that_end_in_nul(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(64);
    char text[] = "shell";
    struct sv copy = arena_sv(arena, sv(text));
    struct sv empty = arena_sv(arena, (struct sv){NULL, 0});
    struct sv made = arena_printf(arena, "%s-%d-%0200d", "pid", 42, 7);

    text[0] = 'X';
    CHECK_STR(copy.ptr, "shell");
    CHECK_INT(empty.len, 0);
    CHECK_STR(empty.ptr, "");
    CHECK_INT(made.len, 207);
    CHECK_INT(strlen(made.ptr), 207);
    CHECK(sv_starts(made, SV("pid-42-000")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_zeroed_and_apart),
        cmocka_unit_test(sizes_past_the_limit_give_null),
        cmocka_unit_test(limit_counts_everything_since_reset),
        cmocka_unit_test(reset_keeps_the_first_block_and_zeroes_again),
        cmocka_unit_test(free_takes_null),
        cmocka_unit_test(texts_are_copies_that_end_in_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
