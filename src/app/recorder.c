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
    CARRIED_BYTES = 16 << 10, /* of items that wait for an event; beyond, they get a block */
    BLOCKS_MAX = 64 << 20,
    SCRATCH_BLOCK = 65536,
};

struct recorder {
    struct recorder_parts parts;
    struct scap_encoder *encoder;
    struct teller *teller;
    struct scap_encoded encoded;
    struct buf news;   /* items of containers and users */
    struct buf extra;  /* items for the next block, with their head; empty without any */
    struct buf blocks; /* of the record at hand */
    struct arena *scratch;
    uint64_t time_ns; /* wall, of the record at hand */
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
    buf_init(&recorder->news, BLOCKS_MAX);
    buf_init(&recorder->extra, BLOCKS_MAX);
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
    buf_done(&recorder->news);
    buf_done(&recorder->extra);
    buf_done(&recorder->blocks);
    free(recorder);
}

struct recorder_counts recorder_counts(const struct recorder *recorder)
{
    return recorder->counts;
}

/* Where items go: behind a head. */
static struct buf *items(struct recorder *recorder)
{
    if (recorder->extra.len == 0)
        scap_extra_begin(&recorder->extra);
    return &recorder->extra;
}

/* A block of an event of no other reader, with the items that wait. */
static void put_carrier(struct recorder *recorder, uint64_t time_ns)
{
    const struct scap_raw carrier = {
        .time_ns = time_ns, .code = SCAP_CODE_OURS, .extra = buf_view(&recorder->extra)};

    scap_put_event(&recorder->blocks, &carrier);
    buf_reset(&recorder->extra);
    recorder->counts.carriers++;
}

static size_t size_of(const struct scap_raw *raw)
{
    size_t size = SCAP_EVENT_FRAME_MAX + raw->extra.len;

    for (uint32_t i = 0; i < raw->param_count; i++)
        size += sizeof(uint32_t) + raw->param[i].len;
    return size;
}

static void put_event(struct recorder *recorder, const struct event *event)
{
    struct scap_encoded *encoded = &recorder->encoded;
    bool known = scap_encode(recorder->encoder, event, encoded);

    if (known && encoded->has_enter)
        scap_put_event(&recorder->blocks, &encoded->enter);
    if (known)
        encoded->exit.extra = buf_view(&recorder->extra);
    if (!known || size_of(&encoded->exit) > SCAP_EVENT_BYTES_MAX) {
        put_carrier(recorder, event->time_ns);
        encoded->exit.extra = (struct sv){NULL, 0};
    }
    if (!known)
        return;
    scap_put_event(&recorder->blocks, &encoded->exit);
    buf_reset(&recorder->extra);
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
        scap_put_event(&recorder->blocks, &encoded->exit);
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

    recorded_put_change(items(recorder), change);
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
    if (recorder->extra.len + record->size > CARRIED_BYTES && recorder->extra.len > 0)
        put_carrier(recorder, recorder->time_ns);
    if (event != NULL && event->process != NULL)
        teller_process(recorder->teller, event->process, &recorder->news);
    if (recorder->news.len > 0)
        buf_sv(items(recorder), buf_view(&recorder->news));
    buf_reset(&recorder->news);
    recorded_put_record(items(recorder), &clock, record);
    if (event != NULL)
        put_event(recorder, event);
    if (recorder->blocks.len > 0)
        recorder->parts.put(recorder->parts.ctx, buf_view(&recorder->blocks));
    buf_reset(&recorder->blocks);
}
