/* app/ask.h - putting a request to the control socket of a running role (app/control.h). */
#pragma once

#include "base/attr.h"
#include "base/sv.h"

struct buf;
struct err;

#define ASK_SECONDS 30 /* without a byte, then -ETIMEDOUT */

/* Append the answer to *answer. Errors: -ENOENT, -ECONNREFUSED (nothing runs there), -EACCES,
 * -EPIPE (dropped without an answer), -ETIMEDOUT; blocks. */
must_check int ask(const char *path, struct sv request, struct buf *answer, struct err *err);
