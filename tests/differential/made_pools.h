/* tests/differential/made_pools.h - the values that rules and events are made of; for made_*.c. */
#pragma once

#include "made.h"

struct sv made_text(struct made *made);       /* for an event: any bytes but NUL */
struct sv made_short_text(struct made *made); /* for a rule */
struct sv made_word(struct made *made);       /* letters, digits, `/`, `.`, `-` only */
struct value made_number(struct made *made, enum value_type type);
const char *made_address(struct made *made);
const char *made_network(struct made *made);
struct value made_value(struct made *made, enum value_type type); /* for an event */
uint32_t made_pick(struct made *made, uint32_t count);
bool made_chance(struct made *made, unsigned percent);
struct sv made_keep(struct made *made, const struct buf *text);
