#include "base/clock.h"

#include <time.h>

#include "base/buf.h"

enum { OFFSET_TRIES = 5, TIME_TEXT_MAX = 64 };

static uint64_t read_ns(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * CLOCK_NS + (uint64_t)now.tv_nsec;
}

uint64_t clock_wall_ns(void)
{
    return read_ns(CLOCK_REALTIME);
}

uint64_t clock_boot_ns(void)
{
    return read_ns(CLOCK_BOOTTIME);
}

uint64_t clock_mono_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_boot_offset_ns(void)
{
    uint64_t narrowest = UINT64_MAX;
    int64_t offset = 0;

    for (int i = 0; i < OFFSET_TRIES; i++) {
        uint64_t before = clock_boot_ns();
        uint64_t wall = clock_wall_ns();
        uint64_t after = clock_boot_ns();
        if (after - before < narrowest) {
            narrowest = after - before;
            offset = (int64_t)(wall - (before + narrowest / 2));
        }
    }
    return offset;
}

void clock_iso8601(struct buf *out, uint64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / CLOCK_NS);
    char text[TIME_TEXT_MAX];
    struct tm tm;

    (void)gmtime_r(&seconds, &tm);
    (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    buf_printf(out, "%s.%09uZ", text, (unsigned)(wall_ns % CLOCK_NS));
}

void clock_time_of_day(struct buf *out, uint64_t wall_ns, bool local)
{
    time_t seconds = (time_t)(wall_ns / CLOCK_NS);
    char text[TIME_TEXT_MAX];
    struct tm tm;

    (void)(local ? localtime_r(&seconds, &tm) : gmtime_r(&seconds, &tm));
    (void)strftime(text, sizeof(text), "%H:%M:%S", &tm);
    buf_printf(out, "%s.%09u", text, (unsigned)(wall_ns % CLOCK_NS));
}
