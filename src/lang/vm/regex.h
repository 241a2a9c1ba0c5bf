/* lang/vm/regex.h - regular expressions, bounded. PCRE2 with its compiler to machine code.
 *
 * The whole text must match, as with Falco's `regex`; `.` takes any character but a line feed.
 * Texts are UTF-8; bytes that are not count as U+FFFD, so that they cannot hide a match. A compiled
 * expression is immutable: any thread may match, each with its own scratch arena. */
#pragma once

#include "base/attr.h"
#include "base/sv.h"

struct arena;
struct regex;

enum regex_result {
    REGEX_NO,
    REGEX_YES,
    REGEX_LIMIT, /* gave up at `steps_max` or without memory */
};

/* `words` gets PCRE2's reason when -EINVAL is returned. */
must_check int regex_compile(struct sv pattern, uint32_t steps_max, struct regex **out, char *words,
                             size_t words_size);
void regex_free(struct regex *regex); /* NULL is fine */
DEFINE_SCOPED(struct regex *, regex_free)

enum regex_result regex_match(const struct regex *regex, struct sv text, struct arena *scratch);
