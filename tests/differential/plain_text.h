/* tests/differential/plain_text.h - patterns over texts, for plain.c only. */
#pragma once

#include <stdbool.h>

#include "base/sv.h"

#define PLAIN_LONG 2048 /* bytes; beyond, patterns that may go back are not judged */

/* The whole text against a regular expression of: characters, `.`, sets, groups, `|`, `*`, `+`,
 * `?`, \d, \w, \s and escaped characters. By sets of states, so that nothing ever goes back. */
bool plain_regex(struct sv pattern, struct sv text);
/* How many `*`, `+` and `?` it has. */
unsigned plain_regex_repeats(struct sv pattern);

/* By the C library's fnmatch(3); texts without NUL. */
bool plain_glob(struct sv pattern, struct sv text, bool ignore_case);

/* Is `text` the path `prefix`, or below it? Empty components do not count; a component of the
 * prefix may be a pattern. */
bool plain_path_below(struct sv prefix, struct sv text);
