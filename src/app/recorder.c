#include "app/recorder.h"

#include "app/teller.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "bpf/include/wire.h"
#include "capture/scap_blocks.h"
#include "capture/scap_extra.h"
#include "decode/recorded.h"
#include "decode/scap_encode.h"
#include "enrich/tables.h"
#include "match/finding.h"

enum {
    BATCH_BYTES = 16 << 10, /* of items, then they are put */
    BLOCKS_MAX = 64 << 20,
    SCRATCH_BLOCK = 65536,
};

struct recorder {
    struct recorder_parts parts;
    struct scap_encoder *encoder;
    struct teller *teller;
    struct scap_encoded encoded;
    struct buf item;   /* those of one moment */
    struct buf items;  /* of the batch, with their head; empty without any */
    struct buf events; /* blocks of the batch */
    struct buf blocks; /* all of it */
    struct arena *scratch;
    uint64_t time_ns;  /* wall, of the record at hand */
    uint64_t batch_ns; /* of the first one of the batch */
    enum event_type chdir;
    struct recorder_counts counts;
};

struct recorder *recorder_new(const struct recorder_parts *parts)
{
    struct recorder *recorder = xcalloc(1, sizeof(*recorder));

    recorder->parts = *parts;
    recorder->encoder = scap_encoder_new();
    recorder->teller = teller_new();
    recorder->chdir = event_type_from(SV("chdir"));
    recorder->scratch = arena_new(SCRATCH_BLOCK);
    buf_init(&recorder->item, BLOCKS_MAX);
    buf_init(&recorder->items, BLOCKS_MAX);
    buf_init(&recorder->events, BLOCKS_MAX);
    buf_init(&recorder->blocks, BLOCKS_MAX);
    return recorder;
}

void recorder_free(struct recorder *recorder)
{
    if (recorder == NULL)
        return;
    scap_encoder_free(recorder->encoder);
    teller_free(recorder->teller);
    arena_free(recorder->scratch);
    buf_done(&recorder->item);
    buf_done(&recorder->items);
    buf_done(&recorder->events);
    buf_done(&recorder->blocks);
    free(recorder);
}

struct recorder_counts recorder_counts(const struct recorder *recorder)
{
    return recorder->counts;
}

void recorder_flush(struct recorder *recorder)
{
    if (recorder->items.len > 0) {
        const struct scap_raw carrier = {.time_ns = recorder->batch_ns,
                                         .code = SCAP_CODE_OURS,
                                         .param_count = 1,
                                         .param = {buf_view(&recorder->items)}};
        scap_put_event(&recorder->blocks, &carrier);
        recorder->counts.carriers++;
    }
    buf_sv(&recorder->blocks, buf_view(&recorder->events));
    if (recorder->blocks.len > 0 && recorder->blocks.error == 0)
        recorder->parts.put(recorder->parts.ctx, buf_view(&recorder->blocks));
    buf_reset(&recorder->items);
    buf_reset(&recorder->events);
    buf_reset(&recorder->blocks);
}

/* Take the item at hand into the batch, before which there may have to be another one. */
static void add_item(struct recorder *recorder)
{
    if (recorder->item.len > SCAP_CARRIED_MAX) {
        recorder->counts.too_large++;
        buf_reset(&recorder->item);
        return;
    }
    if (recorder->items.len > 0 && recorder->items.len + recorder->item.len > SCAP_CARRIED_MAX)
        recorder_flush(recorder);
    if (recorder->items.len == 0) {
        scap_extra_begin(&recorder->items);
        recorder->batch_ns = recorder->time_ns;
    }
    buf_sv(&recorder->items, buf_view(&recorder->item));
    buf_reset(&recorder->item);
}

static void put_event(struct recorder *recorder, const struct event *event)
{
    struct scap_encoded *encoded = &recorder->encoded;

    if (!scap_encode(recorder->encoder, event, encoded))
        return;
    if (encoded->has_enter)
        scap_put_event(&recorder->events, &encoded->enter);
    scap_put_event(&recorder->events, &encoded->exit);
    recorder->counts.events++;
}

/* An event that only tells other readers something: that the process is there, or where. */
static void put_told(struct recorder *recorder, const struct event *event, const char *path)
{
    struct scap_encoded *encoded = &recorder->encoded;
    struct event told = *event;

    told.arg[0] = value_i64(0);
    told.arg[1] = value_sv(sv(path));
    if (scap_encode(recorder->encoder, &told, encoded))
        scap_put_event(&recorder->events, &encoded->exit);
}

/* A process that the tables had to read from /proc. Others learn of it as they do of any: from the
 * end of a clone, as the child sees it. */
static void put_process(struct recorder *recorder, const struct change_task *task)
{
    const struct process *process = tables_find(recorder->parts.tables, task->pid, task->start_ns);
    struct event event = {
        .source = SOURCE_SYSCALL,
        .time_ns = recorder->time_ns,
        .tid = task->pid,
        .process = process,
        .scratch = recorder->scratch,
    };

    if (process == NULL)
        return;
    event.type = EVENT_CLONE;
    event.arg_count = 1;
    put_told(recorder, &event, "");
    event.type = recorder->chdir;
    event.arg_count = 2;
    if (process->cwd.len > 0)
        put_told(recorder, &event, arena_sv(recorder->scratch, process->cwd).ptr);
    arena_reset(recorder->scratch);
}

static void put_change(void *ctx, const struct change *change)
{
    struct recorder *recorder = ctx;

    recorded_put_change(&recorder->item, change);
    add_item(recorder);
    if (change->kind == CHANGE_TASK)
        put_process(recorder, &change->task);
}

void recorder_take(struct recorder *recorder, const struct wire_header *record,
                   const struct event *event)
{
    const struct scap_extra_clock clock = {
        .num = event == NULL ? 0 : event->num,
        .boot_offset_ns = recorder->parts.place->boot_offset_ns,
    };

    recorder->time_ns = record->time_ns + (uint64_t)clock.boot_offset_ns;
    tables_tell_new(recorder->parts.tables, put_change, recorder);
    if (event != NULL && event->process != NULL) {
        teller_process(recorder->teller, event->process, &recorder->item);
        add_item(recorder);
    }
    recorded_put_record(&recorder->item, &clock, record);
    add_item(recorder);
    if (event != NULL)
        put_event(recorder, event);
    if (recorder->items.len >= BATCH_BYTES)
        recorder_flush(recorder);
}
