/* capture/scap_writer.h - writes blocks to a capture file that other tools read.
 *
 * The blocks are made by capture/scap_blocks.h; this is the file: never overwritten, bounded, whole
 * up to the last block at any time, plain or gzip. One thread writes; nobody reads the file through
 * this module. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct err;
struct scap_writer;

enum scap_writer_outcome {
    SCAP_FULL = 1,
};

struct scap_writer_options {
    uint64_t limit_bytes; /* the file never grows beyond; 0: no limit */
    bool gzip;
};

/* Create `path`, never overwriting; *out is the caller's: scap_writer_close().
 * Errors: -EEXIST, -ENOENT, -EACCES, -EIO, -ENOSPC. */
must_check int scap_writer_open(const char *path, const struct scap_writer_options *options,
                                struct scap_writer **out, struct err *err);

/* Append a copy of whole blocks; *offset (NULL: not wanted) gets their place among the bytes of the
 * unpacked file. Returns SCAP_FULL when limit_bytes would be passed: nothing is written then. After
 * an error the file ends behind its last whole block, as far as the disk allows, and every later
 * call fails alike. Errors: -ENOSPC, -EDQUOT, -EIO. */
must_check int scap_writer_append(struct scap_writer *writer, struct sv blocks, uint64_t *offset,
                                  struct err *err);

/* Hand everything appended so far to the kernel: readers of the file see it, and it survives the
 * end of this process. A gzip file packs a little worse each time. */
must_check int scap_writer_flush(struct scap_writer *writer, struct err *err);

/* Block until everything appended so far survives a power cut. */
must_check int scap_writer_sync(struct scap_writer *writer, struct err *err);

uint64_t scap_writer_bytes(const struct scap_writer *writer); /* of the file, as far as flushed */

/* End the file and sync it; only _close() is left to call. */
must_check int scap_writer_finish(struct scap_writer *writer, struct err *err);
void scap_writer_close(struct scap_writer *writer); /* NULL is fine; what is not flushed is lost */
DEFINE_SCOPED(struct scap_writer *, scap_writer_close)
