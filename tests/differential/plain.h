/* tests/differential/plain.h - conditions interpreted as plainly as can be: recursion over the tree
 * that was parsed, every operator from its description, nothing prepared and nothing remembered.
 *
 * Shares the parser and the fields with lang/, and nothing of lang/vm. One thread. */
#pragma once

#include <stdbool.h>

#include "event/event.h"
#include "event/value.h"
#include "lang/ast.h"

enum plain_answer {
    PLAIN_FALSE,
    PLAIN_TRUE,
    PLAIN_UNSURE, /* a pattern over a text so long that a limit may answer */
};

/* `node` names no macros and no lists. Texts made on the way live in event->scratch. */
enum plain_answer plain_eval(const struct ast_node *node, const struct event *event);

/* The type of a side's values, and whether it gives a list. */
enum value_type plain_type(const struct ast_operand *operand, bool *is_list);
