/* store/words.h - the words of a text, as numbers, for the index of evidence.
 *
 * A word is a run of ASCII letters, digits, '_' and bytes of other scripts; case of ASCII does not
 * count. Two texts that are equal have the same words, and a text inside another has all its words
 * there but for the first and the last, which may be parts. Any thread. */
#pragma once

#include <stdint.h>

#include "base/sv.h"

typedef void (*words_fn)(void *ctx, uint64_t word);

/* Words of a plain text. */
void words_of_text(struct sv text, words_fn word, void *ctx);
/* Words of JSON text: escapes in strings stand for what they mean. */
void words_of_json(struct sv json, words_fn word, void *ctx);
