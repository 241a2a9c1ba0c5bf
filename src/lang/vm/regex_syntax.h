/* lang/vm/regex_syntax.h - Falco's regular expressions, written for PCRE2.
 *
 * Falco compiles them by RE2 in its POSIX mode: no \d, no (?...), no \b; `a+?` is `(a+)?` and `a*+`
 * is `(a*)+`, since a repetition may be repeated; ^ and $ stand at the ends of lines. Expressions
 * that it takes mean here what they mean there. Those that only PCRE2 takes mean what they mean to
 * PCRE2. Any thread. */
#pragma once

#include "base/attr.h"
#include "base/sv.h"

struct buf;

struct regex_syntax {
    bool falcos;        /* Falco takes it, as far as this can be told without compiling */
    struct sv stranger; /* otherwise: what Falco refuses, a view into the pattern */
};
struct regex_syntax regex_syntax_of(struct sv pattern);

/* Append the pattern in PCRE2's words: itself, but for repetitions of repetitions and \v. For
 * patterns that Falco takes. */
void regex_syntax_write(struct sv pattern, struct buf *out);
