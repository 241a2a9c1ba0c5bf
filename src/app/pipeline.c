#include "app/pipeline.h"

#include <errno.h>

#include "app/captures.h"
#include "app/crew.h"
#include "app/lane.h"
#include "app/spool.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "lang/falco/ruleset.h"
#include "match/finding.h"
#include "match/finding_note.h"

struct pipeline {
    struct pipeline_parts parts;
    struct lane *lane; /* NULL with several workers: */
    struct crew *crew;
    struct captures *captures;     /* or NULL */
    struct buf json;               /* of a note */
    struct pipeline_counts counts; /* findings */
};

static void lose(struct pipeline *pipeline, const char *rule, const char *why)
{
    if (pipeline->counts.lost++ == 0)
        log_error(pipeline->parts.log, "a finding is lost; later ones are only counted",
                  log_str("rule", rule), log_str("why", why));
}

/* Empty: it was too large. */
static void keep(struct pipeline *pipeline, const char *rule, struct sv json)
{
    struct err err = {0};
    uint64_t sequence = 0;

    if (json.len == 0) {
        lose(pipeline, rule, "it is larger than a record may be");
        return;
    }
    int rc = spool_append(pipeline->parts.spool, json, &sequence, &err);
    if (rc == 0)
        pipeline->counts.findings++;
    else
        lose(pipeline, rule, rc == SPOOL_FULL ? "the spool is full" : err_text(&err, rc));
}

/* The object ends in "uuid":"..."}. */
static struct sv id_of(struct sv json)
{
    enum { END = 2 };

    return json.len < FINDING_ID_LEN + END
               ? (struct sv){NULL, 0}
               : sv_sub(json, json.len - END - FINDING_ID_LEN, FINDING_ID_LEN);
}

static void on_found(void *ctx, const struct rule *rule, struct sv json)
{
    struct pipeline *pipeline = ctx;

    keep(pipeline, rule->name, json);
    if (rule->capture && pipeline->captures != NULL && json.len > 0)
        captures_want(pipeline->captures, id_of(json), rule->capture_duration_ms);
}

void pipeline_set_captures(struct pipeline *pipeline, struct captures *captures)
{
    pipeline->captures = captures;
    if (pipeline->lane != NULL)
        lane_set_observer(pipeline->lane, captures_seen, captures);
}

void pipeline_note(struct pipeline *pipeline, struct finding_note *note)
{
    note->time_ns = clock_wall_ns();
    buf_reset(&pipeline->json);
    int rc = finding_note_make(&pipeline->json, pipeline->parts.place, note);
    keep(pipeline, note->rule, rc < 0 ? (struct sv){NULL, 0} : buf_view(&pipeline->json));
}

static struct lane *lane_of(const struct pipeline *pipeline, uint32_t index)
{
    return pipeline->lane != NULL ? pipeline->lane : crew_lane(pipeline->crew, index);
}

int pipeline_new(const struct pipeline_parts *parts, struct pipeline **out, struct err *err)
{
    scoped(pipeline_free) struct pipeline *pipeline = xcalloc(1, sizeof(*pipeline));
    struct lane_parts lane[CREW_WORKERS_MAX];

    pipeline->parts = *parts;
    buf_init(&pipeline->json, SPOOL_RECORD_MAX);
    for (uint32_t i = 0; i < parts->workers; i++)
        lane[i] = (struct lane_parts){.tables = parts->tables[i],
                                      .engine = parts->engine[i],
                                      .place = parts->place,
                                      .gate = parts->gate,
                                      .share = i,
                                      .shares = parts->workers};
    if (parts->workers == 1) {
        pipeline->lane = lane_new(lane, on_found, pipeline);
    } else {
        int rc = crew_new(lane, parts->workers, on_found, pipeline, &pipeline->crew, err);
        if (rc < 0)
            return rc;
    }
    pipeline_tick(pipeline);
    *out = take(pipeline);
    return 0;
}

void pipeline_free(struct pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    lane_free(pipeline->lane);
    crew_free(pipeline->crew);
    buf_done(&pipeline->json);
    free(pipeline);
}

void pipeline_record(void *ctx, const struct wire_header *record)
{
    struct pipeline *pipeline = ctx;

    if (pipeline->lane != NULL)
        lane_record(pipeline->lane, record);
    else
        crew_record(pipeline->crew, record);
}

void pipeline_flush(struct pipeline *pipeline)
{
    if (pipeline->crew != NULL)
        crew_flush(pipeline->crew);
}

void pipeline_turn(struct pipeline *pipeline, uint64_t now_ns)
{
    pipeline_flush(pipeline);
    for (uint32_t i = 0; i < pipeline->parts.workers; i++)
        lane_turn(lane_of(pipeline, i), now_ns);
}

void pipeline_tick(struct pipeline *pipeline)
{
    int64_t boot_offset_ns = clock_boot_offset_ns();

    pipeline_flush(pipeline);
    pipeline->parts.place->boot_offset_ns = boot_offset_ns;
    for (uint32_t i = 0; i < pipeline->parts.workers; i++)
        lane_set_boot_offset(lane_of(pipeline, i), boot_offset_ns);
}

void pipeline_set_engines(struct pipeline *pipeline, struct engine *const *engine)
{
    pipeline_flush(pipeline);
    for (uint32_t i = 0; i < pipeline->parts.workers; i++)
        lane_set_engine(lane_of(pipeline, i), engine[i]);
}

struct pipeline_counts pipeline_counts(const struct pipeline *pipeline)
{
    struct pipeline_counts counts = pipeline->counts;

    counts.changes = lane_counts(lane_of(pipeline, 0)).changes;
    for (uint32_t i = 0; i < pipeline->parts.workers; i++)
        counts.events += lane_counts(lane_of(pipeline, i)).events;
    return counts;
}
