#include "../test.h"

#include "match/verdicts.h"

enum { MANY = 100000 };

static struct verdict of(struct verdicts *table, const char *text)
{
    struct value value = value_sv(sv(text));

    return verdicts_of(table, &value);
}

/* A text is remembered from the second time on. */
static void test_texts(void **state)
{
    struct verdicts *table = verdicts_new(2, VALUE_CHARBUF, VERDICTS_TEXT_MAX, 2048);
    char too_long[VERDICTS_TEXT_MAX + 2];

    (void)state;
    of(table, "a").known[1] = 5;
    CHECK_INT(of(table, "a").known[1], 0);
    of(table, "a").known[1] = 5;
    of(table, "a").fell[1] = 4;
    CHECK_INT(of(table, "a").known[1], 5);
    CHECK_INT(of(table, "a").fell[1], 4);
    CHECK_INT(of(table, "b").known[1], 0);
    /* The same text with something else to it is another value. */
    CHECK_INT(verdicts_of_text(table, SV("a"), 'f').known[1], 0);
    (void)verdicts_of_text(table, SV("a"), 'f');
    verdicts_of_text(table, SV("a"), 'f').known[0] = 9;
    CHECK_INT(of(table, "a").known[0], 0);
    /* Too long to be kept. */
    memset(too_long, 'x', sizeof(too_long));
    too_long[sizeof(too_long) - 1] = '\0';
    (void)of(table, too_long);
    of(table, too_long).known[0] = 1;
    CHECK_INT(of(table, too_long).known[0], 0);
    /* Absent and empty are two things. */
    verdicts_of(table, NULL).known[0] = 3;
    CHECK_INT(of(table, "").known[0], 0);
    CHECK_INT(verdicts_of(table, NULL).known[0], 3);
    verdicts_free(table);
}

static void test_numbers(void **state)
{
    struct verdicts *table = verdicts_new(1, VALUE_INT64, VERDICTS_TEXT_MAX, 1024);
    struct value one = value_i64(1);
    struct value same_bits = value_u64(1);
    struct value address = {.kind = VALUE_ADDRESS};

    (void)state;
    verdicts_of(table, &one).known[0] = 7;
    CHECK_INT(verdicts_of(table, &one).known[0], 7);
    CHECK_INT(verdicts_of(table, &same_bits).known[0], 0);
    verdicts_of(table, &address).known[0] = 7; /* never kept */
    CHECK_INT(verdicts_of(table, &address).known[0], 0);
    verdicts_free(table);
}

/* However many values come by: what is found is what was put there for that value, and what is
 * asked for all the time stays. */
static void test_bounded(void **state)
{
    struct verdicts *table = verdicts_new(1, VALUE_UINT64, VERDICTS_TEXT_MAX, 1024);
    struct value often = value_u64(UINT64_MAX);
    uint64_t kept = 0;

    (void)state;
    verdicts_of(table, &often).known[0] = 1;
    for (uint64_t i = 0; i < MANY; i++) {
        struct value value = value_u64(i % 1500);
        uint64_t known = verdicts_of(table, &value).known[0];

        if (known != 0)
            CHECK_INT(known, 100 + i % 1500);
        verdicts_of(table, &value).known[0] = 100 + i % 1500;
        kept += known != 0;
        CHECK_INT(verdicts_of(table, &often).known[0], 1);
    }
    CHECK(kept < MANY);
    verdicts_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
