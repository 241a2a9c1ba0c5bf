#include "app/lane.h"

#include <assert.h>

#include "app/spool.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "capture/kernel_gate.h"
#include "decode/wire.h"
#include "enrich/tables.h"
#include "match/engine.h"
#include "match/finding.h"

enum { SCRATCH_BLOCK = 1 << 17 };

struct lane {
    struct lane_parts parts;
    lane_found_fn found;
    void *ctx;
    lane_seen_fn seen; /* NULL: nobody looks on */
    void *seen_ctx;
    struct wire_decoder decoder;
    struct arena *scratch;
    struct event event;
    struct change change;
    struct buf json;
    struct lane_counts counts;
    uint64_t stale_seen; /* see tables_stale() */
};

struct lane *lane_new(const struct lane_parts *parts, lane_found_fn found, void *ctx)
{
    struct lane *lane = xcalloc(1, sizeof(*lane));

    assert(parts->share < parts->shares);
    lane->parts = *parts;
    lane->found = found;
    lane->ctx = ctx;
    lane->scratch = arena_new(SCRATCH_BLOCK);
    buf_init(&lane->json, SPOOL_RECORD_MAX);
    return lane;
}

void lane_free(struct lane *lane)
{
    if (lane == NULL)
        return;
    arena_free(lane->scratch);
    buf_done(&lane->json);
    free(lane);
}

void lane_set_engine(struct lane *lane, struct engine *engine)
{
    lane->parts.engine = engine;
}

void lane_set_observer(struct lane *lane, lane_seen_fn seen, void *ctx)
{
    lane->seen = seen;
    lane->seen_ctx = ctx;
}

void lane_set_boot_offset(struct lane *lane, int64_t boot_offset_ns)
{
    lane->decoder.boot_offset_ns = boot_offset_ns;
}

struct lane_counts lane_counts(const struct lane *lane)
{
    return lane->counts;
}

static void on_match(void *ctx, const struct rule *rule, const struct event *event)
{
    struct lane *lane = ctx;

    buf_reset(&lane->json);
    int rc = finding_make(&lane->json, lane->parts.place, rule, event);
    lane->found(lane->ctx, rule, rc < 0 ? (struct sv){NULL, 0} : buf_view(&lane->json));
}

/* Whose is it? By process alone: what a worker remembers of a process serves all its events. */
static bool is_ours(const struct lane *lane, const struct wire_header *record)
{
    return lane->parts.shares == 1 ||
           hash_u64(record->pid) % lane->parts.shares == lane->parts.share;
}

/* What was told of processes may be wrong by now. */
static void forget_stale(struct lane *lane)
{
    uint64_t stale = tables_stale(lane->parts.tables);

    if (lane->parts.gate != NULL && stale != lane->stale_seen)
        kernel_gate_forget(lane->parts.gate);
    lane->stale_seen = stale;
}

/* Tell the kernel side which events of this process no rule can match. A container that is not
 * described yet is soon to be. */
static void tell(struct lane *lane, const struct wire_header *record, const struct process *process)
{
    uint64_t cases[ENGINE_FILTERS_MAX];

    if (process == NULL || record->kind == WIRE_EXIT ||
        !kernel_gate_asks(lane->parts.gate, record) ||
        (process->container != NULL && !process->container->has_spec))
        return;
    engine_process_cases(lane->parts.engine, process, cases);
    kernel_gate_tell(lane->parts.gate, record, cases);
    tables_told(lane->parts.tables, record->pid, record->start_ns);
}

void lane_turn(struct lane *lane, uint64_t now_ns)
{
    tables_turn(lane->parts.tables, now_ns);
    forget_stale(lane);
}

void lane_record(struct lane *lane, const struct wire_header *record)
{
    struct tables *tables = lane->parts.tables;
    struct event *event = &lane->event;
    bool ours = is_ours(lane, record);

    enum wire_outcome outcome =
        ours ? wire_decode(&lane->decoder, record, lane->scratch, event, &lane->change)
             : wire_pass(&lane->decoder, record, &lane->change);
    if (lane->change.kind != CHANGE_NONE)
        tables_apply(tables, &lane->change);
    forget_stale(lane);
    if (outcome == WIRE_EVENT) {
        /* To look a process up may make it known: so everybody does. */
        event->process = tables_find(tables, record->pid, record->start_ns);
        if (ours) {
            lane->counts.events++;
            (void)engine_run(lane->parts.engine, event, on_match, lane);
            if (lane->parts.gate != NULL)
                tell(lane, record, event->process);
        }
    } else {
        lane->counts.changes++;
    }
    if (lane->seen != NULL)
        lane->seen(lane->seen_ctx, record, ours && outcome == WIRE_EVENT ? event : NULL);
    tables_settle(tables);
    forget_stale(lane);
    arena_reset(lane->scratch);
}
