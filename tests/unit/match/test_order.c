#include "../test.h"

#include "match/order.h"

/* Four rules; answers are the rules that each of three things rules out, by event. */
static void test_improve(void **state)
{
    static const struct {
        const char *row;
        uint32_t cost[3];
        uint64_t answer[2][3]; /* of two kinds of events, by turns */
        const char *rank;
    } rows[] = {
        {"who ends it goes first", {10, 10, 10}, {{1, 15, 2}, {1, 15, 2}}, "1"},
        {"but not at any price", {10, 100, 10}, {{3, 15, 12}, {3, 15, 12}}, "02"},
        {"the rarely useful is last", {10, 10, 10}, {{0, 15, 0}, {0, 15, 15}}, "1"},
        {"the last alone, when it suffices", {50, 50, 10}, {{15, 0, 15}, {15, 0, 15}}, "2"},
        {"the cheap before the dear", {20, 1, 5}, {{15, 12, 0}, {0, 12, 3}}, "12"},
    };
    static const uint64_t all = 15;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct order *order = order_new(3, 1, &all);
        uint32_t rank[] = {0, 1, 2};

        test_row(rows[i].row);
        for (uint32_t thing = 0; thing < 3; thing++)
            order_thing(order, thing, rows[i].cost[thing], &all);
        for (uint32_t sample = 0; sample < 3 * ORDER_SAMPLES; sample++) {
            order_next_sample(order);
            for (uint32_t thing = 0; thing < 3; thing++)
                *order_answer(order, thing) = rows[i].answer[sample % 2][thing];
        }
        order_improve(order, rank);
        for (size_t k = 0; k < strlen(rows[i].rank); k++)
            CHECK_INT(rank[k], rows[i].rank[k] - '0');
        CHECK_INT(rank[0] + rank[1] + rank[2], 3);
        order_free(order);
    }
}

/* Without samples there is nothing to go by. */
static void test_no_samples(void **state)
{
    static const uint64_t all = 1;
    struct order *order = order_new(2, 1, &all);
    uint32_t rank[] = {1, 0};

    (void)state;
    order_improve(order, rank);
    CHECK_INT(rank[0], 1);
    order_free(order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_improve),
        cmocka_unit_test(test_no_samples),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
