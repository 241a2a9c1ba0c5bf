/* app/recording.h - a capture file from its first block to its last event, ready for rules.
 *
 * Reader, decoder and history put together; what replay and dump have in common. One thread. */
#pragma once

#include "base/attr.h"
#include "event/event.h"

struct err;
struct recording;

struct recording_counts {
    uint64_t events;         /* handed over */
    uint64_t bytes;          /* of the file, unpacked */
    uint64_t events_unknown; /* of a type not known here: skipped */
    uint64_t events_odd;     /* that contradict themselves: skipped */
    uint64_t blocks_unknown; /* skipped */
    uint64_t threads_unknown;
};

/* Errors: those of scap_reader_open(). */
must_check int recording_open(const char *path, struct recording **out, struct err *err);
void recording_close(struct recording *recording); /* NULL is fine */
DEFINE_SCOPED(struct recording *, recording_close)

/* The next event, NULL at the end. It is valid until the next call. Errors: those of
 * scap_reader_next(). */
must_check int recording_next(struct recording *recording, const struct event **out,
                              struct err *err);

/* Of the machine that was recorded; empty when the file does not say. Valid until the next call. */
struct sv recording_hostname(const struct recording *recording);
struct recording_counts recording_counts(const struct recording *recording);
/* How far the reading is, in bytes of the file, and of how many; 0: not known. */
uint64_t recording_done_bytes(const struct recording *recording);
uint64_t recording_size_bytes(const struct recording *recording);
