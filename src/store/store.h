/* store/store.h - where findings and evidence become durable, and are read back.
 *
 * Findings are few, and found by each of their keys. Evidence is audit records and the like: many,
 * kept whole in compressed blocks (block.h), and found by time, source and words.
 *
 * A store is a table of functions (store_ops.h); sqlite.c is the embedded one. store_append(),
 * store_append_evidence() and store_set() collect, store_commit() makes all that was collected
 * survive a power cut, in one transaction. Nothing may be acknowledged, shown or routed before its
 * commit returned 0. Reading sees what was committed, never the open batch, and may append from its
 * callback. One thread per open store. Times are ns since the epoch, at most INT64_MAX. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct buf;
struct err;
struct store;

#define STORE_BATCH_MAX 1000                  /* findings the hub puts in one commit */
#define STORE_FINDING_MAX ((size_t)16 << 20)  /* bytes of one finding, all members together */
#define STORE_KEY_MAX 256                     /* bytes of a key of store_set() */
#define STORE_EVIDENCE_MAX ((size_t)16 << 20) /* bytes of the JSON of one record of evidence */
#define STORE_EVIDENCE_ID_MAX 1024            /* bytes of its id */
#define STORE_SOURCES_MAX 64                  /* sources of evidence */

struct store_finding {
    struct sv id; /* the idempotence key: a second append with the same id is ignored */
    uint64_t time_ns;
    uint8_t priority; /* 0 emergency .. 7 debug */
    struct sv rule, source, namespace_name, pod_name, container_id, owner;
    struct sv json;
};

struct store_evidence {
    uint64_t time_ns, arrival_ns;
    uint32_t source; /* below STORE_SOURCES_MAX: a number of the caller's, kept on disk */
    /* The idempotence key, or empty: another of the source with it is ignored when it has the same
     * time, or when its time is that of its arrival and the first came in the three days before. */
    struct sv id;
    struct sv json;
};

/* Which evidence to read: zero members do not restrict. */
struct store_evidence_query {
    uint64_t from_ns, to_ns; /* [from, to) by event time */
    uint64_t sources;        /* bit (1 << source) */
    const struct sv *text;   /* each must be in the record: all words of it, wherever they are */
    uint32_t text_count;
    bool newest_first; /* the last stored first; otherwise in the order they were stored */
};

enum store_outcome {
    STORE_DUPLICATE = 1, /* the id is there already or in this batch, nothing was added */
    STORE_ABSENT = 2,    /* store_get(): no such key */
};

/* Which findings to read: zero members do not restrict. */
struct store_query {
    uint64_t from_ns, to_ns; /* [from, to) by event time */
    uint64_t after_sequence; /* stored after this one: a cursor */
    struct sv id, rule, namespace_name, pod_name;
    uint32_t limit;    /* 0: all */
    bool newest_first; /* the last first; otherwise in the order they were stored */
    bool by_time;      /* that order is by event time, not by sequence */
};

/* A finding as read; views are valid during the call. `sequence` grows with every stored finding.
 * A non-zero answer stops the reading and becomes the result of store_read(). */
typedef int (*store_row_fn)(void *ctx, uint64_t sequence, const struct store_finding *finding);

/* Open or make the store at `path`, whose directory exists; runs migrations
 * (docs/reference/store.md). One opener at a time, held by `path`.lock.
 * Errors: -ENOENT (no such directory), -EACCES, -EIO, -ENOSPC, -EINVAL (another kind of file),
 * -EBADMSG (damaged), -EPROTO (made by a newer tiercel), -EBUSY (in use). */
must_check int store_open(const char *path, struct store **out, struct err *err);
/* The same to read from, also while a hub has it open. Appending and committing fail with -EROFS.
 * Errors: -ENOENT (no store), -EACCES, -EIO, -EINVAL, -EBADMSG, -EPROTO (made by a newer tiercel,
 * or by an older one that has to be started first). */
must_check int store_open_to_read(const char *path, struct store **out, struct err *err);
void store_close(struct store *store); /* appended but not committed is lost; NULL is fine */
DEFINE_SCOPED(struct store *, store_close)

/* Returns 0, STORE_DUPLICATE, or -E2BIG, -EINVAL (refused, the rest of the batch stands), -EIO,
 * -ENOSPC, -EBUSY (the batch is undone: append it again). */
must_check int store_append(struct store *store, const struct store_finding *finding,
                            struct err *err);
/* Errors as those of store_append(): the batch is undone. After an error of the disk it may still
 * turn out to be stored; the ids make appending it again safe. */
must_check int store_commit(struct store *store, struct err *err);

/* Errors and outcomes as those of store_append(). */
must_check int store_append_evidence(struct store *store, const struct store_evidence *evidence,
                                     struct err *err);

must_check int store_read(struct store *store, const struct store_query *query, store_row_fn row,
                          void *ctx, struct err *err);
/* What is read may hold words of a query's text in another order or in parts: look again. A
 * non-zero answer stops the reading and becomes the result. */
typedef int (*store_evidence_fn)(void *ctx, const struct store_evidence *evidence);
must_check int store_read_evidence(struct store *store, const struct store_evidence_query *query,
                                   store_evidence_fn row, void *ctx, struct err *err);

struct store_evidence_counts {
    uint64_t records, blocks, bytes; /* bytes: of the blocks and their filters on disk */
};
must_check int store_count_evidence(struct store *store, struct store_evidence_counts *out,
                                    struct err *err);
/* Remove the evidence of `sources` (bits) whose block ended before `before_ns`. Part of the current
 * batch. */
must_check int store_trim_evidence(struct store *store, uint64_t sources, uint64_t before_ns,
                                   struct err *err);

must_check int store_count(struct store *store, uint64_t *count, struct err *err);

/* A small durable key/value table for cursors and the like; set is part of the current batch. */
must_check int store_set(struct store *store, struct sv key, struct sv value, struct err *err);
/* Append the committed value to `out`, or return STORE_ABSENT. */
must_check int store_get(struct store *store, struct sv key, struct buf *out, struct err *err);
