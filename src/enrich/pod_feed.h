/* enrich/pod_feed.h - reads lines of pods (pod_line.h) from a descriptor, without blocking.
 *
 * Whoever writes them may be anybody's by now: lines that are malformed or too long are counted and
 * passed over. One thread. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "enrich/pod_line.h"

struct pod_feed;

#define POD_FEED_TURN ((size_t)1 << 20) /* bytes read in one turn */

struct pod_feed_counts {
    uint64_t lines, malformed;
};

typedef void (*pod_feed_fn)(void *ctx, const struct pod_line *line);

/* Takes over `fd`, which must not block. */
struct pod_feed *pod_feed_new(int fd, pod_feed_fn told, void *ctx);
void pod_feed_free(struct pod_feed *feed); /* NULL is fine */
DEFINE_SCOPED(struct pod_feed *, pod_feed_free)

int pod_feed_fd(const struct pod_feed *feed); /* for poll(2); -1 once the other side has gone */
void pod_feed_turn(struct pod_feed *feed);
void pod_feed_counts(const struct pod_feed *feed, struct pod_feed_counts *out);
