/* event/capability.h - the capabilities of processes: bit n of a set is number n, as
 * linux/capability.h counts them. Any thread. */
#pragma once

#include <stdint.h>

#include "base/sv.h"

#define CAPABILITY_COUNT 41u

struct sv capability_name(uint32_t number); /* "CAP_CHOWN"; empty past the last */
uint64_t capability_bit(struct sv name);    /* of either case; 0: no such name */

/* The names of a set as a JSON array of strings, a view of `room`. Findings have three of these. */
#define CAPABILITY_JSON_MAX (32 * (CAPABILITY_COUNT + 1)) /* bytes */
struct sv capability_json(uint64_t set, char room[CAPABILITY_JSON_MAX]);
