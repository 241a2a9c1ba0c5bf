/* capture/kernel_uring.h - the programs that see what is done through io_uring.
 *
 * Loaded where the kernel has io_uring, attached only while a wanted call can be made through it.
 * Belongs to a kernel_ring and its thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "capture/kernel_ring.h"

struct bpf_link;
struct bpf_program;
struct sensor;
struct wire_calls;

enum { KERNEL_URING_PROGRAMS = 3 };

#define KERNEL_URING_LOOK_NS (20u * 1000 * 1000)
#define KERNEL_URING_REST_NS (1000u * 1000 * 1000) /* at most, when nothing ends for long */

struct kernel_uring {
    struct sensor *programs;
    struct bpf_program *program[KERNEL_URING_PROGRAMS]; /* NULL: this kernel has no io_uring */
    struct bpf_link *link[KERNEL_URING_PROGRAMS];       /* NULL while not needed */
    uint64_t look_ns, wait_ns; /* when to look for late ends again, and how long after this time */
};

/* Before `programs` are loaded: leave out those that this kernel cannot take. */
void kernel_uring_prepare(struct kernel_uring *uring, struct sensor *programs);

/* Attach or detach as `calls` want it. Errors: those of attaching. */
must_check int kernel_uring_watch(struct kernel_uring *uring, const struct wire_calls *calls,
                                  struct err *err);
/* Look for requests that have ended without being seen, and hand over their records. True while
 * some are under way: call again within KERNEL_URING_LOOK_NS. Cheap while there are none. */
bool kernel_uring_turn(struct kernel_uring *uring, kernel_record_fn record, void *ctx);

void kernel_uring_done(struct kernel_uring *uring); /* detaches; a zeroed one is fine */
