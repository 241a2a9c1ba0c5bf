/* match/finding_note.h - a finding about ourselves, as loss and limits can hide a detection.
 *
 * Its source is "internal", in Falco's manner, its rule's name begins with "tiercel internal: ".
 * Otherwise it is shaped, stored and sent as any other. One thread. */
#pragma once

#include "base/attr.h"
#include "match/finding.h"

#define FINDING_NOTE_SOURCE "internal"

struct finding_note_field {
    const char *name; /* as a member of output_fields: "events.lost" */
    uint64_t value;
};

struct finding_note {
    const char *rule;        /* "tiercel internal: events lost" */
    const char *description; /* what it means, and what can be done */
    enum rule_priority priority;
    uint64_t time_ns; /* wall */
    const struct finding_note_field *field;
    size_t field_count;
};

/* Write it as one JSON object, no newline: output is the rule's name and the fields in brackets.
 * The same note always gets the same id. -E2BIG when it outgrows the buffer's limit. */
must_check int finding_note_make(struct buf *json, const struct finding_place *place,
                                 const struct finding_note *note);
