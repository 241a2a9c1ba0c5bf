#include "base/alloc.h"

#include "tests/unit/test.h"

static void sizes_of_nothing_give_memory(void **state)
{
    scoped(free) void *none = xmalloc(0);
    scoped(free) void *empty = xcalloc(0, 8);
    scoped(free) char *grown = xrealloc(NULL, 4);

    CHECK(none != NULL);
    CHECK(empty != NULL);
    memcpy(grown, "abc", 4);
    grown = xrealloc(grown, 4096);
    CHECK_STR(grown, "abc");
}

static void calloc_gives_zeroes(void **state)
{
    scoped(free) unsigned char *bytes = xcalloc(100, 3);

    for (size_t i = 0; i < 300; i++)
        CHECK_INT(bytes[i], 0);
}

static void copies_end_in_nul(void **state)
{
    static const struct {
        const char *row;
        struct sv text;
    } rows[] = {
        {"text", SV("tiercel")},
        {"empty view", {NULL, 0}},
        {"holds NUL", SV("a\0b")},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        scoped(free) char *copy = xstrdup_sv(rows[i].text);
        CHECK_SV(((struct sv){copy, rows[i].text.len}), rows[i].text);
        CHECK_INT(copy[rows[i].text.len], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_nothing_give_memory),
        cmocka_unit_test(calloc_gives_zeroes),
        cmocka_unit_test(copies_end_in_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
