/* app/spool.h - findings on disk until the hub's store has committed them.
 *
 * An append-only queue in segment files below one directory, with one reader's cursor. It survives
 * the death of the process that writes it (records are in the page cache before append returns);
 * only the hub's commit survives a power cut, which is why nothing is shown before that.
 * After a restart everything still on disk is sent again. One thread; the directory is locked. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/sv.h"

struct err;
struct spool;

#define SPOOL_RECORD_MAX ((size_t)16 << 20)   /* bytes of one record */
#define SPOOL_SEGMENT_BYTES ((size_t)8 << 20) /* a new file is begun past this */

enum spool_outcome {
    SPOOL_FULL = 1, /* the limit is reached: the record was not kept */
    SPOOL_EMPTY,    /* the cursor is at the end */
};

/* Makes the directory. A half-written record at the end of a segment (a crash) is cut off.
 * Errors: -EACCES, -EBUSY (another process has it), -EIO, -ENOSPC. */
must_check int spool_open(const char *dir, uint64_t limit_bytes, struct spool **out,
                          struct err *err);
void spool_close(struct spool *spool); /* what is not acknowledged stays on disk */
DEFINE_SCOPED(struct spool *, spool_close)

/* Keep a copy. Returns 0, SPOOL_FULL, -E2BIG, -EIO or -ENOSPC; *sequence is set on 0. */
must_check int spool_append(struct spool *spool, struct sv record, uint64_t *sequence,
                            struct err *err);

/* Read the record at the cursor into `record` (emptied first) and step on. */
must_check int spool_next(struct spool *spool, struct buf *record, uint64_t *sequence,
                          struct err *err);

/* Everything up to `sequence` is safe elsewhere: its files may go. */
void spool_ack(struct spool *spool, uint64_t sequence);
/* Put the cursor back to the first record that was not acknowledged. */
void spool_rewind(struct spool *spool);

uint64_t spool_waiting(const struct spool *spool); /* records not acknowledged */
uint64_t spool_bytes(const struct spool *spool);   /* on disk */
