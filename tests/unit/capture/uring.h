/* tests/unit/capture/uring.h - an io_uring by hand, as Debian 12's liburing is not always there.
 *
 * One thread. uring_open() gives 0 or a negative errno. */
#pragma once

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdint.h>

struct uring {
    int fd;
    unsigned entries;
    unsigned *sq_head, *sq_tail, *sq_mask, *sq_array, *sq_flags;
    unsigned *cq_head, *cq_tail, *cq_mask;
    struct io_uring_sqe *sqe;
    struct io_uring_cqe *cqe;
    unsigned queued; /* since the last uring_submit() */
};

int uring_open(struct uring *uring, unsigned entries, const struct io_uring_params *params);

/* The next free entry, zeroed but for opcode, fd, address, len, offset. */
struct io_uring_sqe *uring_next(struct uring *uring, int opcode, int fd, const void *addr,
                                unsigned len, uint64_t off);

/* Submit what is queued; wait for `wait` results in all. A negative errno when it failed. */
int uring_submit(struct uring *uring, unsigned wait);

/* Take one result, waiting up to about two seconds; -ETIME when there is none. */
int uring_result(struct uring *uring, struct io_uring_cqe *out);

/* Queue, submit, wait: the result of the one request. */
int uring_do(struct uring *uring);
