#include "store/bloom.h"

#include "base/buf.h"
#include "base/hash.h"
#include "tests/unit/test.h"

static void never_a_false_no(void **state)
{
    static const uint32_t counts[] = {0, 1, 2, 100, 5000, 100000};

    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        scoped(buf_done) struct buf filter = {0};
        struct bloom_set set = {0};
        uint32_t false_yes = 0;
        char row[32];

        (void)snprintf(row, sizeof(row), "%u numbers", counts[i]);
        test_row(row);
        for (uint64_t n = 0; n < counts[i]; n++) {
            bloom_set_add(&set, hash_u64(n + 1));
            bloom_set_add(&set, hash_u64(n + 1)); /* twice is once */
        }
        CHECK_INT(set.count, counts[i]);
        bloom_write(&set, &filter);
        for (uint64_t n = 0; n < counts[i]; n++) {
            CHECK(bloom_may_have(buf_view(&filter), hash_u64(n + 1)));
            CHECK(bloom_set_has(&set, hash_u64(n + 1)));
        }
        for (uint64_t n = 1; n <= 10000; n++) {
            false_yes += bloom_may_have(buf_view(&filter), hash_u64(n << 32));
            CHECK(!bloom_set_has(&set, hash_u64(n << 32)));
        }
        CHECK(false_yes < 200); /* 2 in a hundred; about 0.9 are expected */
        CHECK(filter.len <= counts[i] * BLOOM_BITS / 8 + 8);
        bloom_set_done(&set);
    }
}

static void zero_is_a_number(void **state)
{
    scoped(buf_done) struct buf filter = {0};
    struct bloom_set set = {0};

    CHECK(!bloom_set_has(&set, 0));
    bloom_set_add(&set, 0);
    CHECK(bloom_set_has(&set, 0));
    bloom_write(&set, &filter);
    CHECK(bloom_may_have(buf_view(&filter), 0));
    bloom_set_reset(&set);
    CHECK(!bloom_set_has(&set, 0));
    CHECK(!bloom_may_have((struct sv){NULL, 0}, 0));
    bloom_set_done(&set);
}

/* Takes minutes when all begin in one slot. */
static void numbers_that_are_alike_do_not_fall_together(void **state)
{
    struct bloom_set set = {0};

    for (uint64_t n = 1; n <= 400000; n++)
        bloom_set_add(&set, n << 32);
    CHECK_INT(set.count, 400000);
    CHECK(bloom_set_has(&set, 400000ULL << 32));
    CHECK(!bloom_set_has(&set, 400001ULL << 32));
    bloom_set_done(&set);
}

static void a_large_set_is_let_go(void **state)
{
    struct bloom_set set = {0};

    for (uint64_t n = 1; n <= 1000; n++)
        bloom_set_add(&set, hash_u64(n));
    bloom_set_reset(&set);
    CHECK(set.size > 0);
    CHECK(!bloom_set_has(&set, hash_u64(1)));
    for (uint64_t n = 1; n <= 1000000; n++)
        bloom_set_add(&set, hash_u64(n));
    bloom_set_reset(&set);
    CHECK_INT(set.size, 0);
    CHECK(!bloom_set_has(&set, hash_u64(1)));
    bloom_set_add(&set, 7);
    CHECK(bloom_set_has(&set, 7));
    bloom_set_done(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_a_false_no),
        cmocka_unit_test(zero_is_a_number),
        cmocka_unit_test(numbers_that_are_alike_do_not_fall_together),
        cmocka_unit_test(a_large_set_is_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
