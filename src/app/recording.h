/* app/recording.h - a capture file from its first block to its last event, ready for rules.
 *
 * What replay and dump have in common. A file that sysdig, Falco or Stratoshark wrote goes through
 * decode/scap.h and enrich/history.h; one of ours holds the sensor's own records too, and goes the
 * sensor's way (app/rerun.h). One thread. */
#pragma once

#include "base/attr.h"
#include "event/event.h"

struct err;
struct finding_place;
struct recording;

struct recording_counts {
    uint64_t events;         /* handed over */
    uint64_t bytes;          /* of the file, unpacked */
    uint64_t events_unknown; /* of a type not known here: skipped */
    uint64_t events_odd;     /* that contradict themselves: skipped */
    uint64_t blocks_unknown; /* skipped */
    uint64_t threads_unknown;
};

/* The event is valid during the call. */
typedef void (*recording_event_fn)(void *ctx, const struct event *event);

/* Errors: those of scap_reader_open(). */
must_check int recording_open(const char *path, recording_event_fn on_event, void *ctx,
                              struct recording **out, struct err *err);
void recording_close(struct recording *recording); /* NULL is fine */
DEFINE_SCOPED(struct recording *, recording_close)

enum recording_outcome {
    RECORDING_END,
    RECORDING_MORE,
};
/* Read on: `items` of the file, or to its end. Errors: those of scap_reader_next(). */
must_check int recording_step(struct recording *recording, uint32_t items, struct err *err);

/* Where it was recorded; valid as long as the recording. */
const struct finding_place *recording_place(struct recording *recording);
struct recording_counts recording_counts(const struct recording *recording);
/* How far the reading is, in bytes of the file, and of how many; 0: not known. */
uint64_t recording_done_bytes(const struct recording *recording);
uint64_t recording_size_bytes(const struct recording *recording);
