/* decode/wire.h - a record of the kernel ring to an event and a change.
 *
 * One thread. Views in the results point into the record, which must outlive them. */
#pragma once

#include "base/attr.h"
#include "bpf/include/wire.h"
#include "event/change.h"
#include "event/event.h"

struct arena;

/* The event that a call makes. */
enum event_type wire_call_type(enum wire_call call);
/* The calls that make events of these types, for the kernel side. */
struct wire_calls wire_calls_of(const struct event_set *types);

/* The change that a checked record tells of; CHANGE_NONE for most. */
void wire_change(const struct wire_header *record, struct change *change);

struct wire_decoder {
    int64_t boot_offset_ns; /* added to boot times to get wall times (clock_boot_offset_ns()) */
    uint64_t num;           /* events decoded so far: event->num */
};

enum wire_outcome {
    WIRE_EVENT,       /* `event` is for the rules (and `change`, when its kind is not NONE) */
    WIRE_CHANGE_ONLY, /* bookkeeping; `event` holds nothing */
};

/* Fill `event` (all but process, which enrich/ finds by record->pid) and `change`. The record has
 * been checked by capture/. Relative paths of calls are joined to their base here, in
 * event->scratch; an exec's arguments that need the process (evt.arg.exe and so on) are filled from
 * the record. */
enum wire_outcome wire_decode(struct wire_decoder *decoder, const struct wire_header *record,
                              struct arena *scratch, struct event *event, struct change *change);

/* The same for a record whose event somebody else looks at: no event is filled, but it counts. */
enum wire_outcome wire_pass(struct wire_decoder *decoder, const struct wire_header *record,
                            struct change *change);
