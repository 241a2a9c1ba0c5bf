#include "base/clock.h"

#include <string.h>
#include <time.h>

#include "base/buf.h"

enum {
    OFFSET_TRIES = 5,
    TIME_TEXT_MAX = 64,
    DAY_S = 86400,
    YEARS_A_ERA = 400,
    DAYS_A_ERA = 146097,
    DAYS_BEFORE_EPOCH = 719468, /* since the first of March of the year 0 */
};

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

struct date {
    unsigned year, month, day;
};

/* Of a day counted from the epoch. Years are taken to begin in March, so that the day that some of
 * them have more is their last; 400 of them have the same number of days whichever they are. */
static struct date date_of(uint64_t epoch_day)
{
    uint64_t day = epoch_day + DAYS_BEFORE_EPOCH;
    unsigned of_era = (unsigned)(day % DAYS_A_ERA);
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / (DAYS_A_ERA - 1)) / 365;
    unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * of_year + 2) / 153; /* from March */

    year += (unsigned)(day / DAYS_A_ERA) * YEARS_A_ERA;
    return (struct date){
        .year = month < 10 ? year : year + 1,
        .month = month < 10 ? month + 3 : month - 9,
        .day = of_year - (153 * month + 2) / 5 + 1,
    };
}

/* `count` digits and the character behind them; returns the place after that. */
static char *put_digits(char *to, unsigned number, unsigned count, char behind)
{
    for (unsigned i = count; i > 0; i--) {
        to[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    to[count] = behind;
    return to + count + 1;
}

struct sv clock_iso8601_text(uint64_t wall_ns, char text[CLOCK_ISO8601_LEN])
{
    uint64_t seconds = wall_ns / CLOCK_NS;
    unsigned of_day = (unsigned)(seconds % DAY_S);
    struct date date = date_of(seconds / DAY_S);
    char *to = text;

    to = put_digits(to, date.year, 4, '-');
    to = put_digits(to, date.month, 2, '-');
    to = put_digits(to, date.day, 2, 'T');
    to = put_digits(to, of_day / 3600, 2, ':');
    to = put_digits(to, of_day / 60 % 60, 2, ':');
    to = put_digits(to, of_day % 60, 2, '.');
    to = put_digits(to, (unsigned)(wall_ns % CLOCK_NS), 9, 'Z');
    return (struct sv){text, (size_t)(to - text)};
}

void clock_iso8601(struct buf *out, uint64_t wall_ns)
{
    char text[CLOCK_ISO8601_LEN];

    buf_sv(out, clock_iso8601_text(wall_ns, text));
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

/* Take `digits` digits off the front; -1 when they are not there. */
static int take_number(struct sv *text, size_t digits)
{
    int number = 0;

    if (text->len < digits)
        return -1;
    for (size_t i = 0; i < digits; i++) {
        char c = text->ptr[i];
        if (c < '0' || c > '9')
            return -1;
        number = number * 10 + (c - '0');
    }
    *text = sv_sub(*text, digits, text->len);
    return number;
}

static bool take_char(struct sv *text, const char *any_of)
{
    if (text->len == 0 || text->ptr[0] == '\0' || strchr(any_of, text->ptr[0]) == NULL)
        return false;
    *text = sv_sub(*text, 1, text->len);
    return true;
}

/* ".123": what follows the seconds, in ns. */
static bool take_fraction(struct sv *text, uint32_t *ns)
{
    uint32_t unit = CLOCK_NS / 10;
    size_t digits = 0;

    *ns = 0;
    if (!take_char(text, "."))
        return true;
    for (; digits < text->len && text->ptr[digits] >= '0' && text->ptr[digits] <= '9'; digits++) {
        *ns += unit * (uint32_t)(text->ptr[digits] - '0');
        unit /= 10;
    }
    *text = sv_sub(*text, digits, text->len);
    return digits > 0;
}

/* "Z", "+01:00": seconds that local time is ahead of UTC. */
static bool take_zone(struct sv *text, int64_t *ahead)
{
    bool west = text->len > 0 && text->ptr[0] == '-';

    *ahead = 0;
    if (take_char(text, "Zz"))
        return true;
    if (!take_char(text, "+-"))
        return false;
    int hours = take_number(text, 2);
    int minutes = take_char(text, ":") ? take_number(text, 2) : -1;
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *ahead = (int64_t)(hours * 60 + minutes) * 60;
    *ahead = west ? -*ahead : *ahead;
    return true;
}

bool clock_read_rfc3339(struct sv text, uint64_t *wall_ns)
{
    struct tm tm = {0};
    int64_t ahead;
    uint32_t ns;

    int year = take_number(&text, 4);
    int month = take_char(&text, "-") ? take_number(&text, 2) : -1;
    int day = take_char(&text, "-") ? take_number(&text, 2) : -1;
    int hour = take_char(&text, "Tt ") ? take_number(&text, 2) : -1;
    int minute = take_char(&text, ":") ? take_number(&text, 2) : -1;
    int second = take_char(&text, ":") ? take_number(&text, 2) : -1;
    if (year < 1970 || year > 2553 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 ||
        hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    if (!take_fraction(&text, &ns) || !take_zone(&text, &ahead) || text.len > 0)
        return false;
    tm = (struct tm){.tm_year = year - 1900,
                     .tm_mon = month - 1,
                     .tm_mday = day,
                     .tm_hour = hour,
                     .tm_min = minute};
    int64_t seconds = (int64_t)timegm(&tm) + second - ahead; /* a leap second is the next one */
    if (tm.tm_mday != day || seconds < 0)
        return false; /* no such day, or before 1970 in UTC */
    *wall_ns = (uint64_t)seconds * CLOCK_NS + ns;
    return true;
}
