/* app/loss.h - when what was lost becomes a finding of its own.
 *
 * Counts only grow. A count that has grown since it was last told of is a loss; each cause is told
 * at once and then at most every LOSS_EVERY_NS, with all that came together meanwhile. One thread;
 * times are monotonic nanoseconds. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "capture/kernel_ring.h"
#include "match/finding_note.h"

#define LOSS_EVERY_NS (10 * CLOCK_NS)
#define LOSS_CALLS_MAX 32 /* told by name in one finding */
#define LOSS_FIELDS_MAX (WIRE_KIND_COUNT + LOSS_CALLS_MAX + 4)
#define LOSS_NAME_MAX 48

enum loss_cause {
    LOSS_EVENTS,    /* the ring was full */
    LOSS_UNSEEN,    /* a program of ours was not started */
    LOSS_MALFORMED, /* a record that is none */
    LOSS_FINDINGS,  /* a match that could not be kept */
    LOSS_PROCESSES, /* a process was forgotten while it was needed */
    LOSS_REGEX,     /* a regular expression gave up */
    LOSS_CAUSES,
};

struct loss_counts {
    struct kernel_ring_counts ring;
    uint64_t findings, processes, regex;
};

struct loss {
    struct loss_counts told; /* what findings have told of */
    uint64_t told_ns[LOSS_CAUSES];
    bool ever[LOSS_CAUSES];
    struct finding_note_field field[LOSS_FIELDS_MAX];
    char name[LOSS_CALLS_MAX][LOSS_NAME_MAX]; /* of fields that are calls */
};

/* The next finding that is due: true, and *note, whose fields lie in `loss` until the next call.
 * Call until it says false; the note counts as told. The caller sets note->time_ns. */
bool loss_next(struct loss *loss, const struct loss_counts *now, uint64_t mono_ns,
               struct finding_note *note);
