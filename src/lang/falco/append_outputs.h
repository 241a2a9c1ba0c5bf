/* lang/falco/append_outputs.h - applies output_append.h to rules while they are compiled.
 *
 * One thread. Problems are told to items->diags, once for each entry and source, at the place where
 * the entry was written. */
#pragma once

#include "lang/falco/items.h"
#include "lang/falco/output_append.h"

struct output;

/* Keep an entry; what it points to must stay until the rules are compiled. -E2BIG: told. */
must_check int append_outputs_add(struct items *items, const struct output_append *append);

/* Add the texts for a rule to the parts of its output. */
must_check int append_outputs_text(struct items *items, const struct rule_info *info,
                                   struct parts *out);
/* Add the members for a rule to its output, which was compiled. */
must_check int append_outputs_members(struct items *items, const struct rule_info *info,
                                      struct output *output);
