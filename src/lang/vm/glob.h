/* lang/vm/glob.h - shell patterns, as fnmatch() without flags takes them. Any thread.
 *
 * `*` and `?` match any byte, `/` and a leading dot too; [a-z], [!a] and [[:digit:]] are sets, a
 * backslash takes the next byte as it is. Only the last `*` is ever tried again, so no pattern
 * makes the time explode. */
#pragma once

#include "base/sv.h"

bool glob_match(struct sv pattern, struct sv text, bool ignore_case); /* ASCII case */
