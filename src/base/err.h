/* base/err.h - words for a failure, kept on the caller's stack.
 *
 * A function that can fail returns a negative errno and, where `err` is not NULL, says why in it.
 * Never allocates; text that does not fit is cut at the end. One thread at a time. */
#pragma once

#include "base/attr.h"

#define ERR_TEXT_MAX 512 /* bytes, NUL included */

struct err {
    int code; /* negative errno, 0 while nothing failed */
    char text[ERR_TEXT_MAX];
};

/* Set the words and return `code`: `return err_set(err, -EINVAL, "...")`. */
int err_set(struct err *err, int code, const char *fmt, ...) printf_like(3, 4);

/* Put context before the words: "rules 'base.yaml': " + "line 7: no field". Returns `code`. */
int err_wrap(struct err *err, int code, const char *fmt, ...) printf_like(3, 4);

/* The words, or the errno's own when a callee left none. Valid while `err` is. */
const char *err_text(const struct err *err, int code);
