#include "../test.h"

#include "app/histogram.h"

static void test_quantiles(void **state)
{
    static struct histogram histogram;

    (void)state;
    CHECK_INT(histogram_quantile(&histogram, 0.5), 0);
    for (uint64_t value = 1; value <= 10000; value++)
        histogram_add(&histogram, value);
    CHECK_INT(histogram.count, 10000);
    uint64_t half = histogram_quantile(&histogram, 0.5);
    uint64_t most = histogram_quantile(&histogram, 0.99);
    CHECK(half >= 5000 && half <= 5313);
    CHECK(most >= 9900 && most <= 10519);
}

static void test_bucket_ends(void **state)
{
    static const uint64_t values[] = {
        0, 1, 15, 16, 17, 31, 32, 1000, 123456789, 1ULL << 40, UINT64_MAX / 2, UINT64_MAX,
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct histogram histogram = {0};
        histogram_add(&histogram, values[i]);
        uint64_t end = histogram_quantile(&histogram, 1.0);
        CHECK(end >= values[i]);
        CHECK(end - values[i] <= values[i] / HISTOGRAM_STEPS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_bucket_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
