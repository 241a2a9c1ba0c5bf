/* app/recorder.h - what passes through the sensor, as blocks of a capture.
 *
 * The recorder sees each record after the tables took it in. It makes the events that other tools
 * read, and beside them what a replay of ours needs: the record, and what the tables read elsewhere
 * (decode/recorded.h). One thread; everything given is borrowed and outlives the recorder. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct event;
struct finding_place;
struct recorder;
struct tables;
struct wire_header;

/* Takes whole blocks, which belong together. */
typedef void (*recorder_blocks_fn)(void *ctx, struct sv blocks);

struct recorder_parts {
    struct tables *tables;
    const struct finding_place *place; /* its boot offset is that of the decoder */
    recorder_blocks_fn put;
    void *ctx;
};

struct recorder_counts {
    uint64_t events;    /* that other tools see */
    uint64_t carriers;  /* blocks that only we read */
    uint64_t too_large; /* items that no block holds */
};

struct recorder *recorder_new(const struct recorder_parts *parts);
void recorder_free(struct recorder *recorder); /* NULL is fine */
DEFINE_SCOPED(struct recorder *, recorder_free)

/* `event` is what the record made, with its process; NULL when it made none. The event's scratch is
 * used. */
void recorder_take(struct recorder *recorder, const struct wire_header *record,
                   const struct event *event);

/* Hand over what waits: before a file is ended, and once a second for one that grows. */
void recorder_flush(struct recorder *recorder);

struct recorder_counts recorder_counts(const struct recorder *recorder);
