/* decode/scap_encode.h - an event as the raw parameters of a .scap file.
 *
 * The opposite of decode/scap.h. Driven by the two tables (event/event_table.c and
 * capture/scap_table.c): a type that the sensor learns needs nothing here. What the file is to hold
 * and the event does not, such as the arguments of a process that clones, is taken from the event's
 * process. docs/decisions/0006 says which codes are written, and why some calls get two events. One
 * thread. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/sv.h"
#include "capture/scap_blocks.h"
#include "event/event.h"

struct arena;
struct scap_encoder;

struct scap_encoder *scap_encoder_new(void);
void scap_encoder_free(struct scap_encoder *encoder); /* NULL is fine */
DEFINE_SCOPED(struct scap_encoder *, scap_encoder_free)

struct scap_encoded {
    bool has_enter;
    struct scap_raw enter, exit;
};

/* false when .scap has no such event. Views in *out point into the event, its process and
 * event->scratch. */
must_check bool scap_encode(const struct scap_encoder *encoder, const struct event *event,
                            struct scap_encoded *out);

/* The entry of a process in the list at a file's beginning. Views as above, texts in `scratch`. */
void scap_encode_process(const struct process *process, struct arena *scratch,
                         struct scap_process *out);
