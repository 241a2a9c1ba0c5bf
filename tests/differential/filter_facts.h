/* tests/differential/filter_facts.h - what the kernel side would know of an event, from its record:
 * the reference for what bpf/lib/filter.h gathers. One thread. */
#pragma once

#include <stdbool.h>

#include "bpf/include/filter.h"

#define FILTER_TEXTS_BYTES (FILTER_ENDS + FILTER_TEXTS * (WIRE_PATH_MAX + FILTER_ENDS))

/* `texts` has room for FILTER_TEXTS_BYTES. false for records that are never filtered. */
bool filter_facts_of(const struct wire_header *record, struct filter_facts *facts, char *texts);
