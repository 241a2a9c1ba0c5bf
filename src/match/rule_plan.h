/* match/rule_plan.h - what a rule has become in an engine, told to people and programs: the
 * compiled form, its event types, what it shares with other rules, what it costs.
 *
 * One thread, the engine's. */
#pragma once

#include "base/attr.h"
#include "base/sv.h"

struct buf;
struct engine;
struct json_writer;

/* The place of a rule in the engine by its name; UINT32_MAX when it has none of that name. */
uint32_t rule_plan_find(const struct engine *engine, struct sv name);

/* The rule is tried (match/trial.h), which takes half a second, or longer for a rule that takes
 * milliseconds an event. */
void rule_plan_print(struct engine *engine, uint32_t index, struct buf *out);
void rule_plan_json(struct engine *engine, uint32_t index, struct json_writer *w);
