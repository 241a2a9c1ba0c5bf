/* capture/kernel_ring.h - our eBPF sensor: loads the programs, hands over their records.
 *
 * One thread opens, polls and closes. Records (bpf/include/wire.h) are valid during the callback
 * and have been checked: known kind, plausible size, lengths inside the record.
 * Needs CAP_BPF, CAP_PERFMON (and CAP_SYS_RESOURCE on kernels before 5.11), and BTF. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "bpf/include/wire.h"

struct err;
struct kernel_gate;
struct kernel_ring;

#define KERNEL_RING_BYTES_DEFAULT (8u << 20)
#define KERNEL_RING_BYTES_MIN (1u << 20)
#define KERNEL_RING_BYTES_MAX (512u << 20)
#define KERNEL_SKIP_MAX 8 /* processes of our own that are not watched */

struct kernel_ring_options {
    const char *cgroup;      /* directory of a cgroup v2: only its subtree is watched; NULL: all */
    uint32_t ring_bytes;     /* rounded up to a power of two of pages; 0: default */
    struct wire_calls calls; /* that become records; those that change processes always do */
    bool environment;        /* send the environment with an exec */
    bool audit;              /* mark what the kernel filter would drop (WIRE_FILTERED), send it */
    uint32_t skip_pid[KERNEL_SKIP_MAX]; /* never reported, 0-terminated unless full */
};

/* What this kernel offers, found by trying. */
struct kernel_features {
    char release[65];
    bool btf, ring_buffer, raw_tracepoints, btf_tracepoints, task_iterator, bpf_loop;
    bool kprobes, fentry, lsm; /* not needed; shown to the user */
};

struct kernel_ring_counts {
    /* Since opened, by the kernel side. lost[0] counts what has no kind: how often the kernel did
     * not start a program because it was unfinished on that CPU, for calls of interest or not (from
     * about 7.0 on, where tracepoints can be preempted). */
    uint64_t sent[WIRE_KIND_COUNT], lost[WIRE_KIND_COUNT];
    uint64_t filtered[WIRE_CALL_COUNT];  /* dropped by the kernel filter, as no rule matches them */
    uint64_t lost_call[WIRE_CALL_COUNT]; /* of lost[WIRE_OPEN] and lost[WIRE_CALL]: which call */
    uint64_t received, malformed;        /* by this side */
};

typedef void (*kernel_record_fn)(void *ctx, const struct wire_header *record);

/* Errors: -EPERM (no permission; the words say which capability or lockdown), -ENOSYS (the kernel
 * lacks what is needed, named), -ENOENT (no such cgroup), -EINVAL (cgroup is not v2). */
must_check int kernel_ring_open(const struct kernel_ring_options *options, struct kernel_ring **out,
                                struct err *err);
void kernel_ring_close(struct kernel_ring *ring); /* NULL is fine; detaches everything */
DEFINE_SCOPED(struct kernel_ring *, kernel_ring_close)

/* Tasks that run now, in scope, one WIRE_TASK record each (and their WIRE_CGROUP before it),
 * parents in no particular order. Call after opening: a process made in between comes both ways.
 * -ENOSYS where the kernel has no task iterator: read /proc instead. */
must_check int kernel_ring_snapshot(struct kernel_ring *ring, kernel_record_fn record, void *ctx,
                                    struct err *err);

int kernel_ring_fd(const struct kernel_ring *ring); /* for poll(2): readable when records wait */

/* Hand over records that wait, at most `max` (0: all). Returns how many were taken from the ring,
 * or a negative errno. Call it when kernel_ring_fd() is readable: that is within half a millisecond
 * while records come, and at the next record after a call that found none. */
must_check int kernel_ring_consume(struct kernel_ring *ring, uint32_t max, kernel_record_fn record,
                                   void *ctx, struct err *err);

/* Change which calls become records, at once, through io_uring too. Fails when programs for that
 * cannot be attached: calls of the usual way are seen then as asked. */
must_check int kernel_ring_set_calls(struct kernel_ring *ring, const struct wire_calls *calls,
                                     struct err *err);

/* The kernel filter (capture/kernel_gate.h): the ring's, and of its thread. */
struct kernel_gate *kernel_ring_gate(struct kernel_ring *ring);

void kernel_ring_counts(const struct kernel_ring *ring, struct kernel_ring_counts *out);
void kernel_features_probe(struct kernel_features *out); /* needs the same permission */
