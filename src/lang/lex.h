/* lang/lex.h - the words of a condition. Used by parse.c only.
 *
 * Falco's language has no separate tokens: what is a word depends on what may stand there, so each
 * function tries one kind of word at the cursor and takes it only when it is there. One thread. */
#pragma once

#include "base/attr.h"
#include "lang/ast.h"

struct arena;
struct parse_problem;

struct lex {
    struct sv text;
    size_t at;      /* cursor, in bytes */
    struct sv last; /* the word taken last, unescaped; for "unexpected token after" */
    struct arena *arena;
    struct parse_problem *problem;
};

enum lex_outcome { /* of words that can be malformed, besides negative errors */
                   LEX_NONE = 0,
                   LEX_TAKEN = 1,
};

/* Blanks, tabs, line ends and backspaces; true when there was one. Leaves `last` alone. */
bool lex_blank(struct lex *lex);
bool lex_text(struct lex *lex, const char *word); /* exactly these bytes */
bool lex_word(struct lex *lex, const char *word); /* not followed by a letter, digit, _ or . */
bool lex_identifier(struct lex *lex);             /* my_macro */
bool lex_field_name(struct lex *lex);             /* proc.name: at least one dot */
bool lex_bare_arg(struct lex *lex);               /* between brackets */
bool lex_number(struct lex *lex);                 /* hex or decimal, with sign, part, exponent */
bool lex_bare(struct lex *lex);                   /* a value without quotes */
/* A quoted text, unescaped into `last`: enum lex_outcome, or -EINVAL for a bad escape, -E2BIG. An
 * open quote without an end is no quoted text. */
must_check int lex_quoted(struct lex *lex);

/* The rest of the text up to a blank or a parenthesis, for messages. */
struct sv lex_peek(const struct lex *lex);
