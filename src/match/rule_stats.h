/* match/rule_stats.h - what the rules and their comparisons took so far, as JSON.
 *
 * Counts are exact. Times are those of the samples of match/profile.h: of the rule or the
 * comparison alone, so they do not add up to the time of the engine, which is there as well. The
 * document is described in docs/reference/stats.md. On the engines' thread, or while they rest. */
#pragma once

#include <stdint.h>

struct engine;
struct json_writer;

/* One engine, or several over the same rules with the same options, whose counts are added up:
 * members `engine`, `rules` and `comparisons` of the object that is open. */
void rule_stats_json(struct engine *const *engine, uint32_t count, struct json_writer *w);

/* Regexes that ran into their limit, in rules that are on. */
uint64_t rule_stats_regex_limits(const struct engine *engine);
