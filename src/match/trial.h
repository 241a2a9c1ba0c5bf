/* match/trial.h - what a rule costs on events that are made up: for those who have no stream at
 * hand.
 *
 * The events are always the same: a few usual processes, on the host and in containers, opening,
 * connecting and starting usual things. So figures compare rules with each other and one version of
 * a rule with the next; what a rule costs on a machine depends on what happens there
 * (match/rule_stats.h). One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct engine;

#define TRIAL_TYPES_MAX 8u /* of the event types of a rule, the first ones are tried */

struct trial {
    uint32_t events, types;       /* that were made up */
    uint32_t held;                /* events for which the rule holds */
    uint64_t median_ns, worst_ns; /* of the rule alone, an event: the best of some repetitions */
    uint64_t engine_median_ns;    /* of all rules of the engine together, an event, likewise */
};

/* Try the rule at a place in the engine. false, and nothing is measured, for another source than
 * system calls and for a rule that holds for no type. */
must_check bool trial_run(struct engine *engine, uint32_t index, struct trial *out);
