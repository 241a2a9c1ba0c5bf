/* match/finding_id.h - ids of findings, and their times. Any thread. */
#pragma once

#include "base/sv.h"
#include "match/finding.h"

/* A UUID of version 8 that is a hash of `parts`: the same parts always give the same one. */
void finding_id(struct sv parts, char id[FINDING_ID_LEN + 1]);

/* Append what Falco begins an output with: "2026-11-24T13:30:11.123456789+0000: Warning ". */
void finding_output_start(struct buf *out, uint64_t wall_ns, enum rule_priority priority);
