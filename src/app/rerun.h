/* app/rerun.h - a recording of ours run again: its records through the decoder that the sensor
 * uses, over tables that look at no machine and know what the recording tells.
 *
 * One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct event;
struct finding_place;
struct rerun;
struct tables;

/* `event` is as the sensor handed it to its rules; valid during the call. */
typedef void (*rerun_event_fn)(void *ctx, const struct event *event);

struct rerun_parts {
    rerun_event_fn on_event; /* NULL: only the state is wanted */
    void *ctx;
};

struct rerun_counts {
    uint64_t events;
    uint64_t records; /* that made no event */
    uint64_t odd;     /* items that made no sense, or of another version: not taken */
};

struct rerun *rerun_new(const struct rerun_parts *parts);
void rerun_free(struct rerun *rerun); /* NULL is fine */
DEFINE_SCOPED(struct rerun *, rerun_free)

/* Another recording begins: forget all. */
void rerun_begin(struct rerun *rerun);

/* Take in the body of a block of SCAP_BLOCK_OURS, or what an event of SCAP_CODE_OURS carries.
 * false, and nothing is done, when it is no such thing or its records are of another version. */
bool rerun_take(struct rerun *rerun, struct sv bytes);

struct tables *rerun_tables(struct rerun *rerun);
/* Of the sensor that recorded; the boot offset is that of the last record. Valid as long as
 * `rerun`. */
const struct finding_place *rerun_place(const struct rerun *rerun);
struct rerun_counts rerun_counts(const struct rerun *rerun);
