#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "tests/unit/test.h"

static void iso8601_is_utc_with_nine_digits(void **state)
{
    static const struct {
        const char *text;
        uint64_t seconds, ns;
    } rows[] = {
        {"1970-01-01T00:00:00.000000000Z", 0, 0},
        {"1970-01-01T00:00:00.000000001Z", 0, 1},
        {"2000-02-29T23:59:59.999999999Z", 951868799, 999999999},
        {"2026-11-24T13:30:11.123456789Z", 1795527011, 123456789},
        {"2038-01-19T03:14:08.000000000Z", 2147483648, 0},
        {"2100-03-01T00:00:00.500000000Z", 4107542400, 500000000},
        {"2554-07-21T23:34:33.709551615Z", 18446744073, 709551615},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf out = {0};

        test_row(rows[i].text);
        clock_iso8601(&out, rows[i].seconds * CLOCK_NS + rows[i].ns);
        CHECK_STR(buf_cstr(&out), rows[i].text);
    }
}

static void rfc3339_is_read(void **state)
{
    static const struct {
        const char *text;
        bool fine;
        uint64_t seconds, ns;
    } rows[] = {
        {"1970-01-01T00:00:00Z", true, 0, 0},
        {"1970-01-01T01:00:00+01:00", true, 0, 0},
        {"1969-12-31T23:00:00-01:00", false},
        {"2026-11-24T13:30:11.123456789Z", true, 1795527011, 123456789},
        {"2026-11-24t13:30:11.5z", true, 1795527011, 500000000},
        {"2026-11-24 13:30:11.1234567899Z", true, 1795527011, 123456789},
        {"2026-11-24T08:00:11-05:30", true, 1795527011, 0},
        {"2000-02-29T23:59:59Z", true, 951868799, 0},
        {"2001-02-29T23:59:59Z", false},
        {"2016-12-31T23:59:60Z", true, 1483228800, 0}, /* POSIX has no such second */
        {"2026-13-01T00:00:00Z", false},
        {"2026-11-24T24:00:00Z", false},
        {"2026-11-24T13:30:11", false},
        {"2026-11-24T13:30:11.Z", false},
        {"2026-11-24T13:30:11+0100", false},
        {"2026-11-24T13:30:11Zx", false},
        {"2026-11-24", false},
        {"3000-01-01T00:00:00Z", false},
        {"", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t ns = 0;

        test_row(rows[i].text);
        CHECK_INT(clock_read_rfc3339(sv(rows[i].text), &ns), rows[i].fine);
        CHECK_INT(ns, rows[i].seconds * CLOCK_NS + rows[i].ns);
    }
    uint64_t ns = 0;
    CHECK(!clock_read_rfc3339((struct sv){NULL, 0}, &ns));
    CHECK(!clock_read_rfc3339(SV("2026-11-24T13:30:11\0"), &ns));
}

/* The C library knows the calendar, too. */
static void iso8601_knows_every_day(void **state)
{
    for (uint64_t day = 0; day < 200000; day++) {
        time_t seconds = (time_t)(day * 86400 + day % 86400);
        char text[CLOCK_ISO8601_LEN];
        char expected[64];
        struct tm tm;

        if ((uint64_t)seconds > UINT64_MAX / CLOCK_NS)
            break;
        (void)gmtime_r(&seconds, &tm);
        (void)strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S.000000000Z", &tm);
        CHECK_SV(clock_iso8601_text((uint64_t)seconds * CLOCK_NS, text), sv(expected));
    }
}

static void time_of_day_follows_the_zone_when_asked(void **state)
{
    static const struct {
        const char *row, *zone;
        bool local;
        const char *text;
    } rows[] = {
        {"UTC", "UTC", false, "13:30:11.123456789"},
        {"UTC, far zone", "XST-9", false, "13:30:11.123456789"},
        {"local is UTC", "UTC", true, "13:30:11.123456789"},
        {"local, far zone", "XST-9", true, "22:30:11.123456789"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf out = {0};

        test_row(rows[i].row);
        CHECK_INT(setenv("TZ", rows[i].zone, 1), 0);
        tzset();
        clock_time_of_day(&out, 1795527011ULL * CLOCK_NS + 123456789, rows[i].local);
        CHECK_STR(buf_cstr(&out), rows[i].text);
    }
    (void)unsetenv("TZ");
}

static void clocks_advance_and_agree(void **state)
{
    uint64_t mono = clock_mono_ns();
    uint64_t boot = clock_boot_ns();
    int64_t offset = clock_boot_offset_ns();
    int64_t wall_from_boot = (int64_t)clock_boot_ns() + offset;
    int64_t wall = (int64_t)clock_wall_ns();

    CHECK(clock_mono_ns() >= mono);
    CHECK(clock_boot_ns() >= boot);
    CHECK(llabs(wall - wall_from_boot) < (int64_t)CLOCK_NS); /* a second: the machine may be busy */
    CHECK(wall > 1700000000LL * (int64_t)CLOCK_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iso8601_is_utc_with_nine_digits),
        cmocka_unit_test(rfc3339_is_read),
        cmocka_unit_test(iso8601_knows_every_day),
        cmocka_unit_test(time_of_day_follows_the_zone_when_asked),
        cmocka_unit_test(clocks_advance_and_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
