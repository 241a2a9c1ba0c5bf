/* app/lane.h - the way of a kernel record through one worker: decode, enrich, match, finding.
 *
 * Of several lanes each sees every record, so that all know the same processes; an event is matched
 * by the lane alone that has the share its process falls into. A lane is one thread's at a time;
 * everything given is borrowed and outlives it. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"
#include "bpf/include/wire.h"

struct engine;
struct event;
struct finding_place;
struct kernel_gate;
struct lane;
struct rule;
struct tables;

struct lane_parts {
    struct tables *tables;
    struct engine *engine;
    const struct finding_place *place;
    struct kernel_gate *gate; /* told what is found out of processes; NULL: nobody is */
    uint32_t share, shares;   /* this one of so many */
};

struct lane_counts {
    uint64_t events;  /* handed to the rules */
    uint64_t changes; /* bookkeeping records; the same in every lane */
};

/* A finding; `json` is good during the call, and empty when it is larger than a record may be. */
typedef void (*lane_found_fn)(void *ctx, const struct rule *rule, struct sv json);

struct lane *lane_new(const struct lane_parts *parts, lane_found_fn found, void *ctx);
void lane_free(struct lane *lane); /* NULL is fine */
DEFINE_SCOPED(struct lane *, lane_free)

void lane_record(struct lane *lane, const struct wire_header *record);
/* When events leave time: see tables_turn(). */
void lane_turn(struct lane *lane, uint64_t now_ns);

/* Called for each record after the rules, before the tables forget what has ended; `event` is NULL
 * when it made none or another lane's. */
typedef void (*lane_seen_fn)(void *ctx, const struct wire_header *record,
                             const struct event *event);
void lane_set_observer(struct lane *lane, lane_seen_fn seen, void *ctx);

/* From now on events go through this engine; the old one is not touched any more. */
void lane_set_engine(struct lane *lane, struct engine *engine);
/* Added to boot times to get wall times. */
void lane_set_boot_offset(struct lane *lane, int64_t boot_offset_ns);

struct lane_counts lane_counts(const struct lane *lane);
