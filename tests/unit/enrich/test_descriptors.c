/* Tables of descriptors: shared by forks until one changes something. */
#include "enrich/descriptors.h"

#include "tests/unit/test.h"

static void numbers(void **state)
{
    struct descriptors *table = descriptors_new();

    CHECK(descriptors_find(table, 3) == NULL);
    CHECK(descriptors_edit(&table, 3) == NULL);
    CHECK(descriptors_put(&table, -1) == NULL);
    descriptors_put(&table, 3)->type = 'f';
    CHECK_INT(descriptors_find(table, 3)->type, 'f');
    CHECK_INT(descriptors_find(table, 3)->ino, 0);
    descriptors_edit(&table, 3)->ino = 7;
    CHECK_INT(descriptors_find(table, 3)->ino, 7);
    descriptors_put(&table, 3)->type = 'p'; /* in place of the other */
    CHECK_INT(descriptors_find(table, 3)->type, 'p');
    CHECK_INT(descriptors_find(table, 3)->ino, 0);
    CHECK_INT(descriptors_count(table), 1);
    descriptors_remove(&table, 3);
    descriptors_remove(&table, 3);
    CHECK(descriptors_find(table, 3) == NULL);
    CHECK_INT(descriptors_count(table), 0);
    descriptors_unref(table);
    descriptors_unref(NULL);
}

static void forks(void **state)
{
    struct descriptors *parent = descriptors_new();

    descriptors_put(&parent, 3)->ino = 1;
    descriptors_put(&parent, 4)->ino = 2;
    struct descriptors *child = descriptors_share(parent);
    descriptors_edit(&child, 3)->ino = 10;
    descriptors_remove(&child, 4);
    CHECK_INT(descriptors_find(parent, 3)->ino, 1);
    CHECK_INT(descriptors_find(child, 3)->ino, 10);
    CHECK_INT(descriptors_find(parent, 4)->ino, 2);
    CHECK(descriptors_find(child, 4) == NULL);
    descriptors_unref(parent);
    CHECK_INT(descriptors_find(child, 3)->ino, 10);
    descriptors_unref(child);
}

static void duplicates(void **state)
{
    struct descriptors *table = descriptors_new();

    descriptors_put(&table, 3)->ino = 1;
    CHECK(descriptors_copy(&table, 5, descriptors_find(table, 3)) != NULL);
    descriptors_remove(&table, 3);
    CHECK_INT(descriptors_find(table, 5)->ino, 1);
    descriptors_unref(table);
}

static void ranges(void **state)
{
    struct descriptors *table = descriptors_new();

    for (int64_t num = 0; num < 10; num++)
        descriptors_put(&table, num)->ino = (uint64_t)num;
    descriptors_remove_range(&table, 3, 5);
    CHECK(descriptors_find(table, 2) != NULL && descriptors_find(table, 3) == NULL);
    CHECK(descriptors_find(table, 5) == NULL && descriptors_find(table, 6) != NULL);
    descriptors_remove_range(&table, 8, UINT32_MAX);
    CHECK_INT(descriptors_count(table), 5);
    descriptors_unref(table);
}

static void full_tables(void **state)
{
    struct descriptors *table = descriptors_new();

    for (int64_t num = 0; num < DESCRIPTORS_MAX; num++)
        CHECK(descriptors_put(&table, num) != NULL);
    CHECK(descriptors_put(&table, DESCRIPTORS_MAX) == NULL);
    CHECK(descriptors_put(&table, 7) != NULL);
    CHECK_INT(descriptors_count(table), DESCRIPTORS_MAX);
    descriptors_unref(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers), cmocka_unit_test(forks),       cmocka_unit_test(duplicates),
        cmocka_unit_test(ranges),  cmocka_unit_test(full_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
