#include "app/recording.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "capture/scap_reader.h"
#include "decode/scap.h"
#include "enrich/history.h"

enum { SCRATCH_BLOCK = 1 << 17 };

struct recording {
    struct scap_reader *reader;
    struct scap_decoder *decoder;
    struct history *history;
    struct arena *scratch;
    struct event event;
    struct recorded_args args;
    struct scap_item item;
    bool pending; /* an event was handed out and is not settled */
    uint64_t events;
};

int recording_open(const char *path, struct recording **out, struct err *err)
{
    struct scap_reader *reader = NULL;

    int rc = scap_reader_open(path, &reader, err);
    if (rc < 0)
        return rc;
    struct recording *recording = xcalloc(1, sizeof(*recording));
    recording->reader = reader;
    recording->decoder = scap_decoder_new();
    recording->history = history_new();
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
    arena_free(recording->scratch);
    free(recording);
}

static void take_state(struct recording *recording)
{
    const struct scap_item *item = &recording->item;
    struct history *history = recording->history;

    switch (item->kind) {
    case SCAP_ITEM_SECTION:
        scap_decoder_reset(recording->decoder);
        history_begin(history);
        break;
    case SCAP_ITEM_MACHINE:
        history_machine(history, &item->machine);
        break;
    case SCAP_ITEM_INTERFACE:
        history_interface(history, &item->interface);
        break;
    case SCAP_ITEM_THREAD:
        history_thread(history, &item->thread);
        break;
    case SCAP_ITEM_DESCRIPTOR:
        history_descriptor(history, &item->descriptor);
        break;
    default:
        history_user(history, &item->user);
        break;
    }
}

/* True: the event is for the rules. */
static bool take_event(struct recording *recording)
{
    enum scap_outcome outcome =
        scap_decode(recording->decoder, &recording->item.event, recording->scratch,
                    &recording->event, &recording->args);

    if (outcome != SCAP_DECODED)
        return false;
    if (history_apply(recording->history, &recording->event, &recording->args))
        return true;
    history_settle(recording->history);
    arena_reset(recording->scratch);
    return false;
}

static void settle(struct recording *recording)
{
    if (!recording->pending)
        return;
    recording->pending = false;
    history_settle(recording->history);
    arena_reset(recording->scratch);
}

int recording_next(struct recording *recording, const struct event **out, struct err *err)
{
    settle(recording);
    for (;;) {
        int rc = scap_reader_next(recording->reader, &recording->item, err);
        if (rc < 0)
            return rc;
        if (recording->item.kind == SCAP_ITEM_END) {
            *out = NULL;
            return 0;
        }
        if (recording->item.kind != SCAP_ITEM_EVENT) {
            take_state(recording);
        } else if (take_event(recording)) {
            recording->pending = true;
            recording->events++;
            *out = &recording->event;
            return 0;
        }
    }
}

struct sv recording_hostname(const struct recording *recording)
{
    return history_hostname(recording->history);
}

struct recording_counts recording_counts(const struct recording *recording)
{
    struct scap_reader_counts reader = scap_reader_counts(recording->reader);

    return (struct recording_counts){
        .events = recording->events,
        .bytes = reader.bytes,
        .events_unknown = scap_decoder_counts(recording->decoder).unknown,
        .events_odd = reader.events_odd,
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
