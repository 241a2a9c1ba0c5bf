/* app/captures.h - captures around findings: what the sensor saw before and after, as a file each.
 *
 * A rule with `capture: true` asks for one; it is written when the time that the rule wants of the
 * aftermath has passed, and named by the finding's id. With one worker, captures are made
 * of what its rules saw; with several, records come in a second time, into tables of their own. One
 * thread. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct captures;
struct err;
struct event;
struct finding_place;
struct log;
struct tables;
struct wire_header;

#define CAPTURES_PENDING_MAX 256u /* findings whose aftermath is still awaited */

struct captures_options {
    const char *directory; /* made when it is not there */
    uint64_t ring_bytes;
    uint64_t duration_ms; /* of the aftermath, where a rule does not say */
    uint64_t files_max;   /* in the directory: beyond, none is written */
    const char *host_root;
    const struct finding_place *place; /* its boot offset is that of the decoders */
    const struct log *log;
    struct tables *tables; /* those that the rules see, borrowed; NULL where there are several: */
    uint64_t events;       /* ... that the sensor has decoded so far */
};

struct captures_counts {
    uint64_t written, failed;
    uint64_t refused; /* too many at a time, or files */
};

/* Errors: those of making the directory. */
must_check int captures_new(const struct captures_options *options, struct captures **out,
                            struct err *err);
void captures_free(struct captures *captures); /* NULL is fine */
DEFINE_SCOPED(struct captures *, captures_free)

/* With tables of their own: a kernel_record_fn, `ctx` being the captures. Records of the snapshot,
 * then, after captures_begin(), of the ring. */
void captures_record(void *ctx, const struct wire_header *record);
/* Else: a lane_seen_fn. */
void captures_seen(void *ctx, const struct wire_header *record, const struct event *event);
/* All that was there has been told. */
void captures_begin(struct captures *captures);

/* Write one for the finding of that id, duration_ms from now (0: the usual). */
void captures_want(struct captures *captures, struct sv id, uint32_t duration_ms);

/* Write what is due; at least every second. */
void captures_turn(struct captures *captures);
/* At the end: write all that is wanted, due or not. */
void captures_finish(struct captures *captures);

struct tables *captures_tables(const struct captures *captures); /* its own; else NULL */

struct captures_counts captures_counts(const struct captures *captures);
