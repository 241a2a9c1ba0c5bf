/* capture/documents.h - the JSON documents of a file, one after the other.
 *
 * They may stand one on a line, one over many lines, or right behind each other; gzip is undone.
 * Memory is bounded by the largest document, not by the file. One thread. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct documents;
struct err;

#define DOCUMENTS_BYTES_MAX ((size_t)128 << 20) /* of one document */

enum documents_outcome {
    DOCUMENTS_END = 1,
};

/* Errors: -ENOENT, -EACCES, -EISDIR, -EIO; the words name the path. "-" is standard input. */
must_check int documents_open(const char *path, struct documents **out, struct err *err);
void documents_close(struct documents *documents); /* NULL is fine */
DEFINE_SCOPED(struct documents *, documents_close)

/* The next document, good until the next call; *line gets the line it begins in, from 1. What is
 * no JSON comes as a line, for the reader of it to refuse.
 * Returns 0, or DOCUMENTS_END.
 * Errors: -E2BIG (the document is larger than DOCUMENTS_BYTES_MAX: it is passed over, go on),
 * -EIO (damaged gzip or disk: end). */
must_check int documents_next(struct documents *documents, struct sv *text, uint64_t *line,
                              struct err *err);

uint64_t documents_offset(const struct documents *documents); /* bytes of the file, as stored */
