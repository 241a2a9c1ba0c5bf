/* tests/unit/capture/uring.c - see the header. */
#include "tests/unit/capture/uring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    RESULT_TRIES = 2000, /* of a millisecond */
};

static void *map(int fd, uint64_t offset, size_t bytes)
{
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, (off_t)offset);
}

int uring_open(struct uring *uring, unsigned entries, const struct io_uring_params *params)
{
    struct io_uring_params p = {0};

    *uring = (struct uring){.entries = entries};
    if (params != NULL)
        p = *params;
    uring->fd = (int)syscall(SYS_io_uring_setup, entries, &p);
    if (uring->fd < 0)
        return -errno;

    char *sq = map(uring->fd, IORING_OFF_SQ_RING, p.sq_off.array + p.sq_entries * sizeof(unsigned));
    char *cq = map(uring->fd, IORING_OFF_CQ_RING,
                   p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe));

    uring->sqe = map(uring->fd, IORING_OFF_SQES, p.sq_entries * sizeof(struct io_uring_sqe));
    if (sq == MAP_FAILED || cq == MAP_FAILED || (void *)uring->sqe == MAP_FAILED)
        return -ENOMEM;
    uring->sq_head = (unsigned *)(sq + p.sq_off.head);
    uring->sq_tail = (unsigned *)(sq + p.sq_off.tail);
    uring->sq_mask = (unsigned *)(sq + p.sq_off.ring_mask);
    uring->sq_array = (unsigned *)(sq + p.sq_off.array);
    uring->sq_flags = (unsigned *)(sq + p.sq_off.flags);
    uring->cq_head = (unsigned *)(cq + p.cq_off.head);
    uring->cq_tail = (unsigned *)(cq + p.cq_off.tail);
    uring->cq_mask = (unsigned *)(cq + p.cq_off.ring_mask);
    uring->cqe = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
    return 0;
}

struct io_uring_sqe *uring_next(struct uring *uring, int opcode, int fd, const void *addr,
                                unsigned len, uint64_t off)
{
    unsigned tail = *uring->sq_tail + uring->queued++;
    struct io_uring_sqe *sqe = &uring->sqe[tail & *uring->sq_mask];

    memset(sqe, 0, sizeof(*sqe));
    sqe->opcode = (uint8_t)opcode;
    sqe->fd = fd;
    sqe->addr = (uint64_t)(uintptr_t)addr;
    sqe->len = len;
    sqe->off = off;
    sqe->user_data = tail;
    uring->sq_array[tail & *uring->sq_mask] = tail & *uring->sq_mask;
    return sqe;
}

int uring_submit(struct uring *uring, unsigned wait)
{
    unsigned count = uring->queued;
    unsigned flags = wait > 0 ? IORING_ENTER_GETEVENTS : 0;

    __atomic_store_n(uring->sq_tail, *uring->sq_tail + count, __ATOMIC_RELEASE);
    uring->queued = 0;
    if ((__atomic_load_n(uring->sq_flags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP) != 0)
        flags |= IORING_ENTER_SQ_WAKEUP;

    int rc = (int)syscall(SYS_io_uring_enter, uring->fd, count, wait, flags, NULL, 0);

    return rc < 0 ? -errno : rc;
}

int uring_result(struct uring *uring, struct io_uring_cqe *out)
{
    for (int i = 0; i < RESULT_TRIES; i++) {
        unsigned head = *uring->cq_head;

        if (head != __atomic_load_n(uring->cq_tail, __ATOMIC_ACQUIRE)) {
            *out = uring->cqe[head & *uring->cq_mask];
            __atomic_store_n(uring->cq_head, head + 1, __ATOMIC_RELEASE);
            return 0;
        }
        (void)syscall(SYS_io_uring_enter, uring->fd, 0, 0, IORING_ENTER_GETEVENTS, NULL, 0);
        (void)usleep(1000);
    }
    return -ETIME;
}

int uring_do(struct uring *uring)
{
    struct io_uring_cqe cqe = {0};
    int rc = uring_submit(uring, 1);

    if (rc < 0)
        return rc;
    rc = uring_result(uring, &cqe);
    return rc < 0 ? rc : cqe.res;
}
