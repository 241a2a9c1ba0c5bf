/* base/utf8.h - text from outside: what is UTF-8, and what is safe to show. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"

struct buf;

struct utf8_char {
    uint32_t code;
    uint32_t width; /* bytes, 1 to 4; 0: what begins here is not UTF-8 */
};

/* The character at the front of `text`, which is not empty. */
struct utf8_char utf8_first(struct sv text);

/* Characters that change how the text around them is shown, on a terminal or to a reader: C0 and
 * C1 controls, DEL, line separators, marks and overrides of the writing direction. */
bool utf8_is_hostile(uint32_t code);

/* Append `text` for a terminal or a message: hostile characters as \n, \x1b or \u202e, bytes that
 * are not UTF-8 as \xff. Backslashes and quotes stay as they are. */
void utf8_put_visible(struct buf *out, struct sv text);
