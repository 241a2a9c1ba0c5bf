/* lang/sql/texts.h - what a store's index of words can answer of a condition: the texts that every
 * record holds for which it is true. Any thread. */
#pragma once

#include "base/sv.h"
#include "lang/ast.h"

#define TEXTS_MAX 32

struct texts {
    struct sv text[TEXTS_MAX]; /* views of the condition */
    uint32_t count; /* none: the index says nothing; beyond the maximum they are left out */
};

/* Of a condition without macros and list names (lang/resolve.h): values that a member of the record
 * must equal, on the way down through `and` alone. Sound, not complete. */
void texts_of(const struct ast_node *node, struct texts *out);
