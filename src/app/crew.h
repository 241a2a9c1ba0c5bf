/* app/crew.h - lanes on threads of their own, fed with batches of records.
 *
 * Records are copied, since the ring takes them back, and every lane gets every batch. While they
 * work on one, the next is filled. What they find comes out in the order of the records, whatever
 * the number of lanes. One thread feeds and gets the findings; between crew_flush() and the next
 * crew_record() the lanes rest, and the engines and tables may be looked at and changed. */
#pragma once

#include <stdint.h>

#include "app/lane.h"

struct crew;
struct err;

#define CREW_WORKERS_MAX 16u
#define CREW_BATCH_BYTES ((size_t)1 << 20) /* one batch; a larger record makes one of its own */

/* Start `count` lanes, one a thread; `parts[i].share` is i. `found` is called on the feeding
 * thread. Errors: -EAGAIN (no thread). */
must_check int crew_new(const struct lane_parts *parts, uint32_t count, lane_found_fn found,
                        void *ctx, struct crew **out, struct err *err);
void crew_free(struct crew *crew); /* after crew_flush(); NULL is fine */
DEFINE_SCOPED(struct crew *, crew_free)

void crew_record(struct crew *crew, const struct wire_header *record);

/* Wait until everything given is done and its findings are handed over. */
void crew_flush(struct crew *crew);

/* While the lanes rest. */
struct lane *crew_lane(const struct crew *crew, uint32_t index);
