/* decode/scap.h - an event of a capture file to an event of ours.
 *
 * Parameters find their places by name, whatever version of the event it is. Old files have two
 * events a call; the parameters that the beginning alone has are kept until the end and added
 * there, so that one event a call comes out, as from current recorders. One thread. */
#pragma once

#include "base/attr.h"
#include "capture/scap_reader.h"
#include "event/recorded.h"

struct arena;
struct scap_decoder;

#define SCAP_PENDING_MAX 65536u /* calls begun and not ended; more are begun in vain */

enum scap_outcome {
    SCAP_DECODED, /* `event` is one */
    SCAP_HELD,    /* the beginning of a call: nothing yet */
    SCAP_UNKNOWN, /* of a type that is not known here; counted */
};

struct scap_decoder_counts {
    uint64_t events; /* decoded */
    uint64_t held, unknown;
};

struct scap_decoder *scap_decoder_new(void);
void scap_decoder_free(struct scap_decoder *decoder);
DEFINE_SCOPED(struct scap_decoder *, scap_decoder_free)

/* Fill `event`, but for what only enrich/history.h knows: process, descriptor and paths. Views
 * point into the raw event, into the decoder (until its next call) and into `scratch`. */
enum scap_outcome scap_decode(struct scap_decoder *decoder, const struct scap_event *raw,
                              struct arena *scratch, struct event *event,
                              struct recorded_args *args);

/* Another recording: forget calls that were begun. The count of events goes on. */
void scap_decoder_reset(struct scap_decoder *decoder);
struct scap_decoder_counts scap_decoder_counts(const struct scap_decoder *decoder);
