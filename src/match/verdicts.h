/* match/verdicts.h - remembers, for the values that one thing was seen to have, which rules each of
 * them rules out.
 *
 * Bounded: new values take the places of others. Values are compared in full,
 * never by hash alone, since who makes them may want them confused. One thread. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "event/value.h"

#define VERDICTS_TEXT_MAX 120u        /* bytes of a text that is remembered, in most tables */
#define VERDICTS_LONG_TEXT_MAX 4096u  /* ... in those for long ones */
#define VERDICTS_BYTES_MAX (1u << 21) /* of one table */

struct verdicts;

/* A bit a rule. */
struct verdict {
    uint64_t *known; /* asked about: */
    uint64_t *fell;  /* ruled out; never set where `known` is not */
};

/* `words` of 64 rules each, for up to `places` values of this type; fewer when they would take too
 * much room. Texts longer than text_max are not remembered. */
struct verdicts *verdicts_new(uint32_t words, enum value_type type, uint32_t text_max,
                              uint32_t places);
void verdicts_free(struct verdicts *table);

/* The verdict for a value, NULL for none: as it was left, or with nothing known. Write it; it is
 * good until the next call. */
struct verdict verdicts_of(struct verdicts *table, const struct value *value);
/* For a text and what else there is to it. */
struct verdict verdicts_of_text(struct verdicts *table, struct sv text, uint8_t tag);
/* One with nothing known, for what shall not be remembered. */
struct verdict verdicts_spare(struct verdicts *table);
