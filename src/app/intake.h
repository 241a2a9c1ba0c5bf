/* app/intake.h - what is posted to the hub: records of audit logs and cloud trails.
 *
 * A turn takes waiting requests, puts their records into the store's open batch as evidence, runs
 * the rules of their source, and puts findings there too. When the owner of the batch has committed
 * it, or could not, the requests are answered: 202 (200 for senders that want it) only for what is
 * durable. The hub's thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "event/event.h"
#include "match/engine.h"
#include "match/finding.h"

struct buf;
struct err;
struct http_counts;
struct http_server;
struct intake;
struct log;
struct ruleset;
struct store;

#define INTAKE_BODY_MAX ((size_t)16 << 20)    /* bytes of one request */
#define INTAKE_WAITING_MAX ((size_t)64 << 20) /* bytes of all requests that wait */
#define INTAKE_BATCH_MAX 256                  /* requests in one commit */
#define INTAKE_BATCH_BYTES ((size_t)16 << 20) /* ... and bytes, about */

struct intake_options {
    struct http_server *http; /* the intake's from now on */
    const char *token;        /* that posts must bear; NULL: none */
    bool client_certificate;  /* they must come with one, too */
    bool quirks;              /* see struct event_json */
    enum engine_matching matching;
    enum rule_priority priority_max;
    struct finding_place place; /* texts outlive the intake */
    struct store *store;
    const struct log *log;
};

struct intake_counts {
    uint64_t requests, refused;             /* refused: no JSON, no such path, no token */
    uint64_t records, duplicates, findings; /* committed */
    uint64_t foreign, untimed, bad,
        too_large;                    /* see struct signals_counts; past the store's limit */
    uint64_t of_source[SOURCE_COUNT]; /* records */
};

struct intake *intake_new(const struct intake_options *options);
void intake_free(struct intake *intake); /* whoever waits gets 503, what was taken gets 429 */
DEFINE_SCOPED(struct intake *, intake_free)

/* From now on these rules; the old ones are not touched any more. NULL: none. */
void intake_set_rules(struct intake *intake, const struct ruleset *set);

/* What GET /metrics answers: `write` appends it. */
typedef void (*intake_metrics_fn)(void *ctx, struct buf *out);
void intake_set_metrics(struct intake *intake, intake_metrics_fn write, void *ctx);

int intake_fd(const struct intake *intake); /* readable when requests wait */
/* Take requests into the store's batch; *more: there are others. A negative result is the store's:
 * the batch is undone, call intake_settle(false). */
must_check int intake_take(struct intake *intake, bool *more, struct err *err);
/* The batch was committed, or was not. */
void intake_settle(struct intake *intake, bool durable);
bool intake_has_taken(const struct intake *intake); /* something waits for intake_settle() */

const struct intake_counts *intake_counts(const struct intake *intake);
void intake_http_counts(const struct intake *intake, struct http_counts *out);
