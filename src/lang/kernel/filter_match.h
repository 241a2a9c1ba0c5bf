/* lang/kernel/filter_match.h - comparisons that the kernel can make: from a predicate to matches.
 *
 * A comparison becomes an `or` of matches (bpf/include/filter.h) over what the kernel side knows of
 * an event of the type at hand. Matches come in two readings: the upper one holds wherever the
 * comparison does, the lower one only where it does. What cannot be said in a reading is refused.
 *
 * Decidable: evt.rawres, evt.failed, evt.res, evt.is_open_*; fd.num, fd.type, fd.typechar,
 * fd.l4proto, fd.sockfamily, fd.connected, ports, addresses and nets; fd.name, fd.directory,
 * fd.filename, fd.nameraw and the path parameters of evt.arg (=, in, startswith, endswith,
 * contains, glob, pmatch); flags of an open and modes of chmod (contains). Upper only: constants
 * longer than the ends of a text that are looked at, contains, patterns, and words of flags. Any
 * thread. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "bpf/include/filter.h"
#include "event/event_type.h"

struct predicate;

struct filter_matches {
    uint32_t count;
    struct filter_match match[FILTER_MATCHES_MAX];
};

/* Which subjects the kernel side knows for events of the type: bits (1 << enum filter_subject). */
uint32_t filter_subjects_of(enum event_type type);

/* Append the matches of `predicate`. *negated: they say when it does not hold, in the other
 * reading. false, with nothing appended, when the kernel cannot tell or there is no room. */
bool filter_match_predicate(struct filter_matches *out, const struct predicate *predicate,
                            enum event_type type, bool lower, bool *negated);

/* How few events a match lets through, as far as one can guess: higher is fewer. */
uint32_t filter_match_worth(const struct filter_match *match);
