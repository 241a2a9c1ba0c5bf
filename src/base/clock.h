/* base/clock.h - the two clocks and how times are written. All times are nanoseconds.
 *
 * Wall times count from the Unix epoch; boot times from the machine's start, suspends included
 * (CLOCK_BOOTTIME, what the kernel side stamps). Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct buf;

#define CLOCK_NS 1000000000ULL

uint64_t clock_wall_ns(void);
uint64_t clock_boot_ns(void);
uint64_t clock_mono_ns(void);

/* Wall time minus boot time, from a few readings around each other: the error is below 1 us on an
 * idle machine. Add it to a boot time to get a wall time. */
int64_t clock_boot_offset_ns(void);

/* 2026-11-24T13:30:11.123456789Z, always UTC, always nine digits. */
#define CLOCK_ISO8601_LEN 30
void clock_iso8601(struct buf *out, uint64_t wall_ns);
/* Read a time as RFC 3339 has it: "2026-11-24T13:30:11.123Z", "2026-11-24 13:30:11+01:00"; digits
 * beyond the ninth are dropped. false for anything else, and before 1970 or after 2554. */
must_check bool clock_read_rfc3339(struct sv text, uint64_t *wall_ns);
struct sv clock_iso8601_text(uint64_t wall_ns, char text[CLOCK_ISO8601_LEN]); /* a view of text */
/* 13:30:11.123456789, UTC; `local` writes the machine's time zone. */
void clock_time_of_day(struct buf *out, uint64_t wall_ns, bool local);
