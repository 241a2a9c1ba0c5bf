/* lang/parse.h - text to ast: the grammar of Falco's conditions.
 *
 * One thread per call. Nodes and unescaped texts live in `arena`; bare texts are views of `text`,
 * which must outlive them. Messages use Falco's words where it has some. */
#pragma once

#include "base/attr.h"
#include "lang/ast.h"

struct arena;

#define PARSE_CONDITION_MAX ((size_t)4 << 20) /* bytes of one condition */

/* What was wrong, with the place in the text. Texts are cut to fit. */
struct parse_problem {
    uint32_t offset;   /* bytes */
    char message[256]; /* "unexpected token after 'open', expecting 'or', 'and'" */
    char mend[160];    /* "" or "did you mean 'proc.name'?" */
};

/* Set the message and return `code`. problem may be NULL. */
int parse_problem_set(struct parse_problem *problem, int code, size_t offset, const char *fmt, ...)
    printf_like(4, 5);
void parse_problem_mend(struct parse_problem *problem, const char *fmt, ...) printf_like(2, 3);

/* Errors: -EINVAL, -E2BIG (AST_DEPTH_MAX, PARSE_CONDITION_MAX or the arena's limit). */
must_check int parse_condition(struct sv text, struct arena *arena, struct ast_node **out,
                               struct parse_problem *problem);

/* Parse the field or transformer at the front of `text`; *used gets its length in bytes. */
must_check int parse_operand(struct sv text, struct arena *arena, struct ast_operand **out,
                             size_t *used, struct parse_problem *problem);

/* A list item, or a value made by an exception, as a condition would read it: quotes around it are
 * taken off and escapes in them undone; anything else is taken as it is. */
must_check int parse_item(struct sv text, struct arena *arena, struct ast_value *out,
                          struct parse_problem *problem);
