#include "base/sv.h"

#include "tests/unit/test.h"

#define LONG_129                                                                                   \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"         \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void compare(void **state)
{
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {
        {"", "", 0},        {"", "a", -1},    {"a", "", 1},     {"abc", "abc", 0},
        {"abc", "abd", -1}, {"abc", "ab", 1}, {"\xff", "a", 1},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv a = sv(rows[i].a);
        struct sv b = sv(rows[i].b);
        int order = sv_cmp(a, b);

        test_row(rows[i].a);
        CHECK_INT((order > 0) - (order < 0), rows[i].order);
        CHECK_INT(sv_eq(a, b), rows[i].order == 0);
    }
    CHECK(sv_eq((struct sv){NULL, 0}, SV("")));
    CHECK(!sv_eq(SV("a\0b"), SV("a\0c")));
    CHECK_INT(sv(NULL).len, 0);
}

static void equal_without_case_is_ascii_only(void **state)
{
    CHECK(sv_eq_nocase(SV("WARNING"), SV("warning")));
    CHECK(!sv_eq_nocase(SV("warn"), SV("warning")));
    CHECK(!sv_eq_nocase(SV("a["), SV("A{")));
    CHECK(!sv_eq_nocase(SV("\xc3\x84"), SV("\xc3\xa4")));
}

static void prefix_and_suffix(void **state)
{
    static const struct {
        const char *text, *part;
        bool starts, ends;
    } rows[] = {
        {"/etc/passwd", "/etc", true, false},
        {"/etc/passwd", "passwd", false, true},
        {"/etc/passwd", "", true, true},
        {"/etc", "/etc", true, true},
        {"/etc", "/etc/passwd", false, false},
        {"", "", true, true},
        {"", "a", false, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].part);
        CHECK_INT(sv_starts(sv(rows[i].text), sv(rows[i].part)), rows[i].starts);
        CHECK_INT(sv_ends(sv(rows[i].text), sv(rows[i].part)), rows[i].ends);
    }
    CHECK(sv_starts((struct sv){NULL, 0}, (struct sv){NULL, 0}));
}

static void find(void **state)
{
    static const struct {
        const char *row, *text, *needle;
        size_t from, at;
    } rows[] = {
        {"first", "a.b.c", ".", 0, 1},
        {"second", "a.b.c", ".", 2, 3},
        {"at from", "a.b.c", ".", 3, 3},
        {"behind the last", "a.b.c", ".", 4, SIZE_MAX},
        {"absent", "a.b.c", "x", 0, SIZE_MAX},
        {"whole", "abc", "abc", 0, 0},
        {"longer than text", "abc", "abcd", 0, SIZE_MAX},
        {"tail is too short", "abcab", "abc", 1, SIZE_MAX},
        {"empty needle", "abc", "", 2, 2},
        {"empty at the end", "abc", "", 3, 3},
        {"from past the end", "abc", "", 4, SIZE_MAX},
        {"from far away", "abc", "a", SIZE_MAX, SIZE_MAX},
        {"nothing in nothing", "", "", 0, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        CHECK_INT(sv_find(sv(rows[i].text), sv(rows[i].needle), rows[i].from), rows[i].at);
    }
    CHECK_INT(sv_rfind_char(SV("/a/b"), '/'), 2);
    CHECK_INT(sv_rfind_char(SV("ab"), '/'), SIZE_MAX);
    CHECK_INT(sv_rfind_char((struct sv){NULL, 0}, '/'), SIZE_MAX);
    CHECK_INT(sv_count(SV("a,b,,"), ','), 3);
    CHECK_INT(sv_count((struct sv){NULL, 0}, ','), 0);
}

static void parts(void **state)
{
    static const struct {
        const char *row;
        size_t from, len;
        const char *part;
    } rows[] = {
        {"front", 0, 2, "ab"}, {"middle", 1, 2, "bc"},    {"len clamped", 2, SIZE_MAX, "cd"},
        {"nothing", 1, 0, ""}, {"from at end", 4, 1, ""}, {"from past it", 9, 9, ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        CHECK_SV(sv_sub(SV("abcd"), rows[i].from, rows[i].len), sv(rows[i].part));
    }
}

static void trim(void **state)
{
    CHECK_SV(sv_trim(SV(" \t\r\n\v\fa b \n")), SV("a b"));
    CHECK_SV(sv_trim(SV("  ")), SV(""));
    CHECK_SV(sv_trim((struct sv){NULL, 0}), SV(""));
    CHECK_SV(sv_trim(SV("a")), SV("a"));
    CHECK_SV(sv_trim(SV("\0 a")), SV("\0 a"));
}

static void split_takes_items_until_null(void **state)
{
    static const struct {
        const char *text;
        size_t count;
        const char *item[4];
    } rows[] = {
        {"a,b,c", 3, {"a", "b", "c"}}, {"a", 1, {"a"}},      {"", 1, {""}}, {",", 2, {"", ""}},
        {"a,,b", 3, {"a", "", "b"}},   {"a,", 2, {"a", ""}},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv rest = sv(rows[i].text);
        size_t count = 0;

        test_row(rows[i].text);
        do {
            CHECK(count < rows[i].count);
            CHECK_SV(sv_split(&rest, ','), sv(rows[i].item[count]));
            count++;
        } while (rest.ptr != NULL);
        CHECK_INT(count, rows[i].count);
    }
}

static void numbers(void **state)
{
    static const struct {
        const char *text;
        bool is_u64, is_i64;
        uint64_t u64;
        int64_t i64;
    } rows[] = {
        {"0", true, true, 0, 0},
        {"007", true, true, 7, 7},
        {"9223372036854775807", true, true, INT64_MAX, INT64_MAX},
        {"9223372036854775808", true, false, (uint64_t)INT64_MAX + 1, 0},
        {"18446744073709551615", true, false, UINT64_MAX, 0},
        {"18446744073709551616", false, false, 0, 0},
        {"99999999999999999999", false, false, 0, 0},
        {"0xff", true, true, 255, 255},
        {"0XfF", true, true, 255, 255},
        {"0xffffffffffffffff", true, false, UINT64_MAX, 0},
        {"0x10000000000000000", false, false, 0, 0},
        {"0x", false, false, 0, 0},
        {"0xg", false, false, 0, 0},
        {"-1", false, true, 0, -1},
        {"-0", false, true, 0, 0},
        {"-0x10", false, true, 0, -16},
        {"-9223372036854775808", false, true, 0, INT64_MIN},
        {"-9223372036854775809", false, false, 0, 0},
        {"", false, false, 0, 0},
        {"-", false, false, 0, 0},
        {"--1", false, false, 0, 0},
        {"+1", false, false, 0, 0},
        {" 1", false, false, 0, 0},
        {"1 ", false, false, 0, 0},
        {"1a", false, false, 0, 0},
        {"1.5", false, false, 0, 0},
        {"1e3", false, false, 0, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t u64 = 0;
        int64_t i64 = 0;

        test_row(rows[i].text);
        CHECK_INT(sv_to_u64(sv(rows[i].text), &u64), rows[i].is_u64);
        CHECK(u64 == rows[i].u64);
        CHECK_INT(sv_to_i64(sv(rows[i].text), &i64), rows[i].is_i64);
        CHECK_INT(i64, rows[i].i64);
    }
}

static void distance(void **state)
{
    static const struct {
        const char *a, *b;
        size_t max, edits;
    } rows[] = {
        {"", "", 9, 0},
        {"", "abc", 9, 3},
        {"abc", "", 9, 3},
        {"kitten", "sitting", 9, 3},
        {"proc.nmae", "proc.name", 9, 2},
        {"PROC", "proc", 9, 0},
        {"abc", "xyz", 1, 2},
        {"abc", "abd", 0, 1},
        {LONG_129, LONG_129, 9, 10},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].a);
        CHECK_INT(sv_distance(sv(rows[i].a), sv(rows[i].b), rows[i].max), rows[i].edits);
    }
}

static void nearest(void **state)
{
    static const struct sv names[] = {
        {"proc.name", 9},
        {"proc.pname", 10},
        {"fd.name", 7},
        {"evt.type", 8},
    };
    static const struct {
        const char *text;
        long found;
    } rows[] = {
        {"proc.nmae", 0}, {"proc.pnam", 1},  {"fd.nam", 2}, {"evt.tipe", 3},
        {"evt", -1},      {"container", -1}, {"", -1},      {LONG_129, -1},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].text);
        CHECK_INT(sv_nearest(sv(rows[i].text), (struct sv_list){names, ARRAY_LEN(names)}),
                  rows[i].found);
    }
    CHECK_INT(sv_nearest(SV("a"), (struct sv_list){NULL, 0}), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare),
        cmocka_unit_test(equal_without_case_is_ascii_only),
        cmocka_unit_test(prefix_and_suffix),
        cmocka_unit_test(find),
        cmocka_unit_test(parts),
        cmocka_unit_test(trim),
        cmocka_unit_test(split_takes_items_until_null),
        cmocka_unit_test(numbers),
        cmocka_unit_test(distance),
        cmocka_unit_test(nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
