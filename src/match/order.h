/* match/order.h - in which order to ask, by what the answers were for some events.
 *
 * Each thing that can be asked has a cost, concerns some rules, and rules some out; asking ends
 * when no rule is left. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct order;

#define ORDER_SAMPLES 64u

/* For `things` over `words` of 64 rules each; `all` has the rules there are, and is borrowed. */
struct order *order_new(uint32_t things, uint32_t words, const uint64_t *all);
void order_free(struct order *order);

void order_thing(struct order *order, uint32_t thing, uint32_t cost, const uint64_t *concerns);

/* The answers of one event: write the rules that a thing ruled out into the words returned, which
 * are all zero. Past ORDER_SAMPLES the oldest are forgotten. */
void order_next_sample(struct order *order);
uint64_t *order_answer(struct order *order, uint32_t thing);

/* Improve rank[0..things), the things in their order, until moving one makes the samples no
 * cheaper, or for a few rounds. */
void order_improve(const struct order *order, uint32_t *rank);
