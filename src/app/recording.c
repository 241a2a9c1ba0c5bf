#include "app/recording.h"

#include "app/rerun.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "capture/scap_blocks.h"
#include "capture/scap_reader.h"
#include "decode/scap.h"
#include "enrich/history.h"
#include "match/finding.h"

enum { SCRATCH_BLOCK = 1 << 17 };

struct recording {
    recording_event_fn on_event;
    void *ctx;
    struct scap_reader *reader;
    struct scap_decoder *decoder;
    struct history *history;
    struct rerun *rerun;
    struct arena *scratch;
    struct event event;
    struct recorded_args args;
    struct scap_item item;
    bool ours; /* the sensor's own records are there */
    char hostname[RECORDED_HOSTNAME_MAX + 1];
    struct finding_place place;
    uint64_t events;
};

static void on_rerun(void *ctx, const struct event *event)
{
    struct recording *recording = ctx;

    recording->events++;
    recording->on_event(recording->ctx, event);
}

int recording_open(const char *path, recording_event_fn on_event, void *ctx, struct recording **out,
                   struct err *err)
{
    struct scap_reader *reader = NULL;

    int rc = scap_reader_open(path, &reader, err);
    if (rc < 0)
        return rc;
    struct recording *recording = xcalloc(1, sizeof(*recording));
    recording->on_event = on_event;
    recording->ctx = ctx;
    recording->reader = reader;
    recording->decoder = scap_decoder_new();
    recording->history = history_new();
    recording->rerun = rerun_new(&(struct rerun_parts){.on_event = on_rerun, .ctx = recording});
    recording->scratch = arena_new(SCRATCH_BLOCK);
    *out = recording;
    return 0;
}

void recording_close(struct recording *recording)
{
    if (recording == NULL)
        return;
    scap_reader_close(recording->reader);
    scap_decoder_free(recording->decoder);
    history_free(recording->history);
    rerun_free(recording->rerun);
    arena_free(recording->scratch);
    free(recording);
}

static void begin(struct recording *recording)
{
    scap_decoder_reset(recording->decoder);
    history_begin(recording->history);
    rerun_begin(recording->rerun);
    recording->ours = false;
    recording->hostname[0] = '\0';
}

static void take_machine(struct recording *recording, const struct recorded_machine *machine)
{
    history_machine(recording->history, machine);
    if (machine->hostname.len > 0 && machine->hostname.len < sizeof(recording->hostname)) {
        memcpy(recording->hostname, machine->hostname.ptr, machine->hostname.len);
        recording->hostname[machine->hostname.len] = '\0';
    }
}

static void take_event(struct recording *recording, const struct scap_event *raw)
{
    struct event *event = &recording->event;

    if (raw->code == SCAP_CODE_OURS && rerun_take(recording->rerun, raw->data)) {
        recording->ours = true;
        return;
    }
    if (recording->ours || scap_decode(recording->decoder, raw, recording->scratch, event,
                                       &recording->args) != SCAP_DECODED)
        return;
    if (history_apply(recording->history, event, &recording->args)) {
        recording->events++;
        recording->on_event(recording->ctx, event);
    }
    history_settle(recording->history);
    arena_reset(recording->scratch);
}

static void take_item(struct recording *recording, const struct scap_item *item)
{
    switch (item->kind) {
    case SCAP_ITEM_SECTION:
        begin(recording);
        break;
    case SCAP_ITEM_MACHINE:
        take_machine(recording, &item->machine);
        break;
    case SCAP_ITEM_INTERFACE:
        history_interface(recording->history, &item->interface);
        break;
    case SCAP_ITEM_THREAD:
        history_thread(recording->history, &item->thread);
        break;
    case SCAP_ITEM_DESCRIPTOR:
        history_descriptor(recording->history, &item->descriptor);
        break;
    case SCAP_ITEM_USER:
        history_user(recording->history, &item->user);
        break;
    case SCAP_ITEM_OURS:
        recording->ours = rerun_take(recording->rerun, item->ours) || recording->ours;
        break;
    case SCAP_ITEM_EVENT:
        take_event(recording, &item->event);
        break;
    case SCAP_ITEM_END:
        break;
    }
}

int recording_step(struct recording *recording, uint32_t items, struct err *err)
{
    for (; items > 0; items--) {
        int rc = scap_reader_next(recording->reader, &recording->item, err);
        if (rc < 0)
            return rc;
        if (recording->item.kind == SCAP_ITEM_END)
            return RECORDING_END;
        take_item(recording, &recording->item);
    }
    return RECORDING_MORE;
}

const struct finding_place *recording_place(struct recording *recording)
{
    if (recording->ours)
        return rerun_place(recording->rerun);
    recording->place = (struct finding_place){
        .hostname = recording->hostname, .node = recording->hostname, .cluster = "", .link = ""};
    return &recording->place;
}

struct recording_counts recording_counts(const struct recording *recording)
{
    struct scap_reader_counts reader = scap_reader_counts(recording->reader);

    return (struct recording_counts){
        .events = recording->events,
        .bytes = reader.bytes,
        .events_unknown = scap_decoder_counts(recording->decoder).unknown,
        .events_odd = reader.events_odd + rerun_counts(recording->rerun).odd,
        .blocks_unknown = reader.blocks_unknown,
        .threads_unknown = history_counts(recording->history).unknown_thread,
    };
}

uint64_t recording_done_bytes(const struct recording *recording)
{
    return scap_reader_counts(recording->reader).bytes_packed;
}

uint64_t recording_size_bytes(const struct recording *recording)
{
    return scap_reader_size(recording->reader);
}
