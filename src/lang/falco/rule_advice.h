/* lang/falco/rule_advice.h - what is valid in a rule but perhaps not meant.
 *
 * One thread. Warnings and guardrails are told to items->diags. */
#pragma once

#include "event/event.h"
#include "lang/falco/composed.h"
#include "lang/falco/items.h"

struct ast_node;
struct condition;
struct output;

#define NARROW_TYPES_MAX 100u /* event types of a rule that still counts as narrowed */

/* Deprecated fields, values that look like fields, and the like, in an expanded condition. */
void advise_condition(struct items *items, const struct composed *text, const struct ast_node *node,
                      enum event_source source);
void advise_unsafe_na(struct items *items, const struct rule_info *info,
                      const struct composed *text, const struct condition *condition);
void advise_output(struct items *items, const struct rule_info *info, const struct composed *text,
                   const struct output *output);
/* Event types, owner and playbook of a rule that compiled. */
void advise_rule(struct items *items, const struct rule_info *info, const struct rule *rule);
void advise_unused(struct items *items);

/* Does the condition name a field or an event type that does not exist for the source? */
bool advise_names_unknown(const struct ast_node *node, enum event_source source);
