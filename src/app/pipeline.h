/* app/pipeline.h - the way of a kernel record through the sensor: decode, enrich, match, finding.
 *
 * One thread. Everything given is borrowed and outlives the pipeline. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "bpf/include/wire.h"

struct engine;
struct finding_note;
struct finding_place;
struct log;
struct pipeline;
struct spool;
struct tables;

struct pipeline_parts {
    struct tables *tables;
    struct engine *engine;
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

struct pipeline *pipeline_new(const struct pipeline_parts *parts);
void pipeline_free(struct pipeline *pipeline);
DEFINE_SCOPED(struct pipeline *, pipeline_free)

/* A kernel_record_fn: `ctx` is the pipeline. */
void pipeline_record(void *ctx, const struct wire_header *record);

/* From now on events go through this engine; the old one is not touched any more. */
void pipeline_set_engine(struct pipeline *pipeline, struct engine *engine);

/* Keep a finding about ourselves; its time is now. */
void pipeline_note(struct pipeline *pipeline, struct finding_note *note);

/* Once a second or so: look at the clocks again. */
void pipeline_tick(struct pipeline *pipeline);

const struct pipeline_counts *pipeline_counts(const struct pipeline *pipeline);
