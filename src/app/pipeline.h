/* app/pipeline.h - the way of kernel records through the sensor into the spool: one lane on the
 * caller's thread, or several on their own (app/crew.h). Findings are the same, in the same order.
 *
 * One thread. Everything given is borrowed and outlives the pipeline. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "bpf/include/wire.h"

struct captures;
struct engine;
struct err;
struct finding_note;
struct finding_place;
struct kernel_gate;
struct log;
struct pipeline;
struct spool;
struct tables;

struct pipeline_parts {
    uint32_t workers; /* 1 to CREW_WORKERS_MAX: so many of these: */
    struct tables *const *tables;
    struct engine *const *engine;
    struct kernel_gate *gate; /* or NULL, see lane_parts */
    struct spool *spool;
    struct finding_place *place; /* its boot offset is kept current by pipeline_tick() */
    const struct log *log;
};

struct pipeline_counts {
    uint64_t events;   /* handed to the rules */
    uint64_t changes;  /* bookkeeping records */
    uint64_t findings; /* in the spool */
    uint64_t lost;     /* matches that could not be kept: spool full, disk, or too large */
};

/* Errors: -EAGAIN (no thread). */
must_check int pipeline_new(const struct pipeline_parts *parts, struct pipeline **out,
                            struct err *err);
void pipeline_free(struct pipeline *pipeline); /* after pipeline_flush(); NULL is fine */
DEFINE_SCOPED(struct pipeline *, pipeline_free)

/* A kernel_record_fn: `ctx` is the pipeline. */
void pipeline_record(void *ctx, const struct wire_header *record);

/* Wait until all records are through. Call it before looking at tables and engines, and before
 * waiting for more records. */
void pipeline_flush(struct pipeline *pipeline);

/* When events leave time: see tables_turn(). */
void pipeline_turn(struct pipeline *pipeline, uint64_t now_ns);

/* From now on events go through these engines, one a worker; the old ones are not touched any more.
 */
void pipeline_set_engines(struct pipeline *pipeline, struct engine *const *engine);

/* Who writes a capture of a finding whose rule wants one. With one worker they look on; else they
 * get the records by themselves. */
void pipeline_set_captures(struct pipeline *pipeline, struct captures *captures);

/* Keep a finding about ourselves; its time is now. */
void pipeline_note(struct pipeline *pipeline, struct finding_note *note);

/* Once a second or so: look at the clocks again. */
void pipeline_tick(struct pipeline *pipeline);

struct pipeline_counts pipeline_counts(const struct pipeline *pipeline);
