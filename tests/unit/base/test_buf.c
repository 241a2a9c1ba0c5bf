#include "base/buf.h"

#include <errno.h>

#include "tests/unit/test.h"

static void appends_in_order(void **state)
{
    scoped(buf_done) struct buf buf = {0};

    CHECK_STR(buf_cstr(&buf), "");
    CHECK_INT(buf_view(&buf).len, 0);
    buf_str(&buf, "pid=");
    buf_u64(&buf, UINT64_MAX);
    buf_char(&buf, ' ');
    buf_i64(&buf, INT64_MIN);
    buf_sv(&buf, SV(" a"));
    buf_bytes(&buf, "\0b", 2);
    buf_printf(&buf, " %s %d", "c", 7);
    CHECK_INT(buf.error, 0);
    CHECK_SV(buf_view(&buf), SV("pid=18446744073709551615 -9223372036854775808 a\0b c 7"));
    CHECK_INT(buf.ptr[buf.len], 0);
}

static void numbers(void **state)
{
    static const struct {
        const char *row;
        int64_t number;
    } rows[] = {
        {"0", 0},
        {"-1", -1},
        {"9", 9},
        {"10", 10},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf buf = {0};

        test_row(rows[i].row);
        buf_i64(&buf, rows[i].number);
        CHECK_STR(buf_cstr(&buf), rows[i].row);
    }
}

static void empty_appends_are_fine(void **state)
{
    scoped(buf_done) struct buf buf = {0};

    buf_sv(&buf, (struct sv){NULL, 0});
    buf_str(&buf, "");
    buf_bytes(&buf, NULL, 0);
    CHECK_INT(buf.error, 0);
    CHECK_INT(buf.len, 0);
    CHECK_STR(buf_cstr(&buf), "");
}

static void grows_over_every_size(void **state)
{
    scoped(buf_done) struct buf buf = {0};

    for (size_t i = 0; i < 5000; i++) {
        buf_char(&buf, (char)('a' + i % 26));
        CHECK_INT(buf.ptr[i + 1], 0);
    }
    CHECK_INT(buf.len, 5000);
    for (size_t i = 0; i < 5000; i++)
        CHECK_INT(buf.ptr[i], 'a' + i % 26);
}

static void error_is_sticky_until_reset(void **state)
{
    scoped(buf_done) struct buf buf = {0};

    buf_init(&buf, 8);
    buf_str(&buf, "12345678");
    CHECK_INT(buf.error, 0);
    buf_char(&buf, '9');
    CHECK_INT(buf.error, -E2BIG);
    CHECK_STR(buf_cstr(&buf), "12345678");
    buf_drop(&buf, 4);
    buf_char(&buf, '9');
    buf_printf(&buf, "%d", 1);
    CHECK_STR(buf_cstr(&buf), "5678");
    CHECK_INT(buf.error, -E2BIG);
    CHECK(buf_room(&buf, 0) == NULL);
    buf_reset(&buf);
    CHECK_INT(buf.error, 0);
    CHECK_STR(buf_cstr(&buf), "");
    buf_str(&buf, "new");
    CHECK_STR(buf_cstr(&buf), "new");
}

static void room_is_refused_not_wrapped(void **state)
{
    static const struct {
        const char *row;
        size_t limit, len;
        bool given;
    } rows[] = {
        {"within", 16, 16, true},
        {"one past", 16, 17, false},
        {"default limit", 0, BUF_LIMIT_DEFAULT, false},
        {"all bytes there are", 0, SIZE_MAX, false},
        {"sum wraps to 0", SIZE_MAX, SIZE_MAX - 1, false},
        {"sum wraps to 1", SIZE_MAX, SIZE_MAX, false},
        {"more than an object", SIZE_MAX, SIZE_MAX / 2, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf buf = {0};

        test_row(rows[i].row);
        buf_init(&buf, rows[i].limit == 16 ? 18 : rows[i].limit);
        buf_str(&buf, "ab");
        CHECK_INT(buf_room(&buf, rows[i].len) != NULL, rows[i].given);
        CHECK_INT(buf.error, rows[i].given ? 0 : -E2BIG);
        CHECK_STR(buf_cstr(&buf), "ab");
    }
}

static void room_is_used_by_the_caller(void **state)
{
    scoped(buf_done) struct buf buf = {0};
    char *to = buf_room(&buf, 1000);

    CHECK(to != NULL);
    memset(to, 'x', 1000);
    buf.len += 1000;
    buf_char(&buf, 'y');
    CHECK_INT(buf.len, 1001);
    CHECK_INT(buf.ptr[1000], 'y');
}

static void drop_takes_from_the_front(void **state)
{
    static const struct {
        const char *row;
        size_t len;
        const char *left;
    } rows[] = {
        {"none", 0, "abcdef"}, {"some", 2, "cdef"},    {"all", 6, ""},
        {"more", 7, ""},       {"most", SIZE_MAX, ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf buf = {0};

        test_row(rows[i].row);
        buf_str(&buf, "abcdef");
        buf_drop(&buf, rows[i].len);
        CHECK_STR(buf_cstr(&buf), rows[i].left);
        CHECK_INT(buf.len, strlen(rows[i].left));
    }
    scoped(buf_done) struct buf never_used = {0};
    buf_drop(&never_used, 3);
    CHECK_INT(never_used.len, 0);
}

static void done_keeps_the_limit(void **state)
{
    struct buf buf;

    buf_init(&buf, 3);
    buf_str(&buf, "abc");
    buf_done(&buf);
    CHECK(buf.ptr == NULL);
    buf_str(&buf, "abcd");
    CHECK_INT(buf.error, -E2BIG);
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_in_order),
        cmocka_unit_test(numbers),
        cmocka_unit_test(empty_appends_are_fine),
        cmocka_unit_test(grows_over_every_size),
        cmocka_unit_test(error_is_sticky_until_reset),
        cmocka_unit_test(room_is_refused_not_wrapped),
        cmocka_unit_test(room_is_used_by_the_caller),
        cmocka_unit_test(drop_takes_from_the_front),
        cmocka_unit_test(done_keeps_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
