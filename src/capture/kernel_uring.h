/* capture/kernel_uring.h - the programs that see what is done through io_uring.
 *
 * Loaded where the kernel has io_uring, attached only while a wanted call can be made through it.
 * Belongs to a kernel_ring and its thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct bpf_link;
struct bpf_program;
struct err;
struct sensor;
struct wire_calls;

enum { KERNEL_URING_PROGRAMS = 2 };

struct kernel_uring {
    struct sensor *programs;
    struct bpf_program *program[KERNEL_URING_PROGRAMS]; /* NULL: this kernel has no io_uring */
    struct bpf_link *link[KERNEL_URING_PROGRAMS];       /* NULL while not needed */
};

/* Before `programs` are loaded: leave out those that this kernel cannot take. */
void kernel_uring_prepare(struct kernel_uring *uring, struct sensor *programs);

/* Attach or detach as `calls` want it. Errors: those of attaching. */
must_check int kernel_uring_watch(struct kernel_uring *uring, const struct wire_calls *calls,
                                  struct err *err);
void kernel_uring_done(struct kernel_uring *uring); /* detaches; a zeroed one is fine */
