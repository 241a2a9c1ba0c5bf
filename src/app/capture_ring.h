/* app/capture_ring.h - the last of what the sensor saw, in memory, to be written when something was
 * found.
 *
 * Blocks of the recorder go in; the oldest go out when room is needed, and what they changed is
 * taken into a copy of the tables, so that a file begins with the processes as they were at its
 * first event. Memory: the size given, and those tables. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct capture_ring;
struct err;
struct finding_place;
struct scap_writer;
struct tables;

#define CAPTURE_RING_MIN ((size_t)64 << 10) /* bytes */

struct capture_ring_counts {
    uint64_t held_bytes, held;   /* now: bytes, and puts */
    uint64_t evicted, too_large; /* puts that went out, or never fitted */
};

/* Begins with the processes of `tables`; host_root as for capture_start.h. */
struct capture_ring *capture_ring_new(size_t size_bytes, const struct tables *tables,
                                      const struct finding_place *place, const char *host_root);
void capture_ring_free(struct capture_ring *ring); /* NULL is fine */
DEFINE_SCOPED(struct capture_ring *, capture_ring_free)

/* A recorder_blocks_fn: `ctx` is the ring. */
void capture_ring_put(void *ctx, struct sv blocks);

/* Append the beginning and everything held; the ring stays as it is. Returns SCAP_FULL, or the
 * errors of scap_writer_append(). */
must_check int capture_ring_write(struct capture_ring *ring, struct scap_writer *writer,
                                  struct err *err);
/* The same into a new file, which is ended. On a full disk what fitted stays, up to a whole event.
 */
must_check int capture_ring_save(struct capture_ring *ring, const char *path, bool gzip,
                                 struct err *err);

struct capture_ring_counts capture_ring_counts(const struct capture_ring *ring);
