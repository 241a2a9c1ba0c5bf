/* store/store_ops.h - what a kind of store implements; for the files of this room.
 *
 * store.c checks sizes and ranges before it calls; the functions keep the promises of store.h. A
 * kind's own struct begins with a struct store. */
#pragma once

#include "store/store.h"

struct store_ops {
    int (*append)(struct store *store, const struct store_finding *finding, struct err *err);
    int (*append_evidence)(struct store *store, const struct store_evidence *evidence,
                           struct err *err);
    int (*commit)(struct store *store, struct err *err);
    int (*read)(struct store *store, const struct store_query *query, store_row_fn row, void *ctx,
                struct err *err);
    int (*read_evidence)(struct store *store, const struct store_evidence_query *query,
                         store_evidence_fn row, void *ctx, struct err *err);
    int (*count_evidence)(struct store *store, struct store_evidence_counts *out, struct err *err);
    int (*trim_evidence)(struct store *store, uint64_t sources, uint64_t before_ns,
                         struct err *err);
    int (*count)(struct store *store, uint64_t *count, struct err *err);
    int (*set)(struct store *store, struct sv key, struct sv value, struct err *err);
    int (*get)(struct store *store, struct sv key, struct buf *out, struct err *err);
    void (*close)(struct store *store); /* also half-opened ones */
};

struct store {
    const struct store_ops *ops;
};
