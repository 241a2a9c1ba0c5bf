#include "app/pipeline.h"

#include <errno.h>

#include "app/spool.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "decode/wire.h"
#include "enrich/tables.h"
#include "match/engine.h"
#include "match/finding.h"
#include "match/finding_note.h"

enum { SCRATCH_BLOCK = 1 << 17 };

struct pipeline {
    struct pipeline_parts parts;
    struct wire_decoder decoder;
    struct arena *scratch;
    struct event event;
    struct change change;
    struct buf json;
    struct pipeline_counts counts;
};

struct pipeline *pipeline_new(const struct pipeline_parts *parts)
{
    struct pipeline *pipeline = xcalloc(1, sizeof(*pipeline));

    pipeline->parts = *parts;
    pipeline->scratch = arena_new(SCRATCH_BLOCK);
    buf_init(&pipeline->json, SPOOL_RECORD_MAX);
    pipeline_tick(pipeline);
    return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    arena_free(pipeline->scratch);
    buf_done(&pipeline->json);
    free(pipeline);
}

void pipeline_tick(struct pipeline *pipeline)
{
    pipeline->decoder.boot_offset_ns = clock_boot_offset_ns();
    pipeline->parts.place->boot_offset_ns = pipeline->decoder.boot_offset_ns;
}

void pipeline_set_engine(struct pipeline *pipeline, struct engine *engine)
{
    pipeline->parts.engine = engine;
}

const struct pipeline_counts *pipeline_counts(const struct pipeline *pipeline)
{
    return &pipeline->counts;
}

static void lose(struct pipeline *pipeline, const char *rule, const char *why)
{
    if (pipeline->counts.lost++ == 0)
        log_error(pipeline->parts.log, "a finding is lost; later ones are only counted",
                  log_str("rule", rule), log_str("why", why));
}

static void keep(struct pipeline *pipeline, const char *rule, int made)
{
    struct err err = {0};
    uint64_t sequence = 0;

    if (made < 0) {
        lose(pipeline, rule, "it is larger than a record may be");
        return;
    }
    int rc = spool_append(pipeline->parts.spool, buf_view(&pipeline->json), &sequence, &err);
    if (rc == 0)
        pipeline->counts.findings++;
    else
        lose(pipeline, rule, rc == SPOOL_FULL ? "the spool is full" : err_text(&err, rc));
}

static void on_match(void *ctx, const struct rule *rule, const struct event *event)
{
    struct pipeline *pipeline = ctx;

    buf_reset(&pipeline->json);
    keep(pipeline, rule->name, finding_make(&pipeline->json, pipeline->parts.place, rule, event));
}

void pipeline_note(struct pipeline *pipeline, struct finding_note *note)
{
    note->time_ns = clock_wall_ns();
    buf_reset(&pipeline->json);
    keep(pipeline, note->rule, finding_note_make(&pipeline->json, pipeline->parts.place, note));
}

void pipeline_record(void *ctx, const struct wire_header *record)
{
    struct pipeline *pipeline = ctx;
    struct tables *tables = pipeline->parts.tables;
    struct event *event = &pipeline->event;

    enum wire_outcome outcome =
        wire_decode(&pipeline->decoder, record, pipeline->scratch, event, &pipeline->change);
    if (pipeline->change.kind != CHANGE_NONE)
        tables_apply(tables, &pipeline->change);
    if (outcome == WIRE_EVENT) {
        event->process = tables_find(tables, record->pid, record->start_ns);
        pipeline->counts.events++;
        (void)engine_run(pipeline->parts.engine, event, on_match, pipeline);
    } else {
        pipeline->counts.changes++;
    }
    tables_settle(tables);
    arena_reset(pipeline->scratch);
}
