/* base/json_words.h - where a text stops being JSON, and what was expected there.
 *
 * simdjson says that a text is wrong but not where; this slow scanner is asked only then. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"

struct json_words {
    uint32_t line;     /* from 1 */
    uint32_t column;   /* in bytes, from 1 */
    const char *words; /* constant text */
};

/* false when it finds nothing wrong (or nesting passes JSON_DEPTH_MAX first). */
bool json_words_find(struct sv text, struct json_words *out);
