/* store/sqlite_evidence.h - the evidence of the embedded store: blocks in a table.
 *
 * Between sqlite.c, which has the connections and the transaction, and block.h. Everything that
 * changes is part of the open transaction; tell how that ended. One thread. */
#pragma once

#include "base/attr.h"
#include "store/store.h"

struct err;
struct sqlite3;
struct sqlite_evidence;

/* Prepare statements on both connections, which outlive it, and read what open blocks hold. Without
 * a writer it is for reading alone. */
must_check int sqlite_evidence_open(struct sqlite3 *writer, struct sqlite3 *reader,
                                    struct sqlite_evidence **out, struct err *err);
void sqlite_evidence_close(struct sqlite_evidence *evidence); /* NULL is fine */
DEFINE_SCOPED(struct sqlite_evidence *, sqlite_evidence_close)

/* 0, STORE_DUPLICATE, or an error: then the transaction must be undone. */
must_check int sqlite_evidence_append(struct sqlite_evidence *evidence,
                                      const struct store_evidence *record, struct err *err);
/* Before the transaction is committed: write what is not yet in it. */
must_check int sqlite_evidence_flush(struct sqlite_evidence *evidence, struct err *err);
void sqlite_evidence_committed(struct sqlite_evidence *evidence);
void sqlite_evidence_undone(struct sqlite_evidence *evidence);

must_check int sqlite_evidence_read(struct sqlite_evidence *evidence,
                                    const struct store_evidence_query *query, store_evidence_fn row,
                                    void *ctx, struct err *err);
must_check int sqlite_evidence_count(struct sqlite_evidence *evidence,
                                     struct store_evidence_counts *out, struct err *err);
must_check int sqlite_evidence_trim(struct sqlite_evidence *evidence, uint64_t sources,
                                    uint64_t before_ns, struct err *err);
