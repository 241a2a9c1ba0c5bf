/* decode/signals.h - records of audit logs and cloud trails to events.
 *
 * A record comes alone, in an array, in the list of its sender (EventList of Kubernetes, Records of
 * CloudTrail, ...) or wrapped by what carried it (Event Hubs, Pub/Sub, EventBridge, CloudWatch
 * Logs, SNS, ...): signals.c lists the wrappings, which may hold one another. Audit records of GKE
 * come as log entries and are made into what a Kubernetes API server writes. One thread. */
#pragma once

#include "base/attr.h"
#include "event/event.h"

struct err;
struct signals;

#define SIGNALS_DOCUMENT_MAX ((size_t)256 << 20) /* bytes of memory that one document may take */
#define SIGNALS_WRAPPINGS_MAX 8                  /* one in another */

struct signals_options {
    enum event_source source; /* any but SOURCE_SYSCALL */
    bool quirks;              /* see struct event_json */
};

struct signals_counts {
    uint64_t events;
    uint64_t foreign; /* records of other kinds in the same wrapping: not of this source */
    uint64_t untimed; /* events without a time that can be read: the time of arrival stands in */
    uint64_t bad;     /* wrapped texts that are no JSON; documents are the caller's to count */
};

/* event->id is the same when a record comes again, and empty when it has none. Everything is valid
 * during the call. */
typedef void (*signals_event_fn)(void *ctx, const struct event *event);

struct signals *signals_new(const struct signals_options *options);
void signals_free(struct signals *signals);
DEFINE_SCOPED(struct signals *, signals_free)

/* Hand over the records of one JSON document, which came at `arrival_ns` (wall).
 * Errors: -EINVAL (no JSON: line and column; nothing was handed over), -E2BIG, -ENOMEM. */
must_check int signals_document(struct signals *signals, struct sv text, uint64_t arrival_ns,
                                signals_event_fn on_event, void *ctx, struct err *err);

/* The source whose records a document holds, or -1. Webhooks of GitHub look like nothing: they are
 * never guessed. */
int signals_guess(struct sv text);

const struct signals_counts *signals_counts(const struct signals *signals);
