/* bpf/lib/emit.h - settings, the ring, what was counted, and the memory that records grow in.
 *
 * Everything here is defined in each object and becomes one when they are linked (weak symbols).
 *
 * Scratch memory is per CPU, one piece a program family. The kernel keeps a program from starting
 * again on a CPU where it is unfinished (and counts that as a miss, which user space reports), and
 * tail-called programs belong to the program that called them. Different programs can interleave on
 * one CPU where tracepoints may be preempted, so no two families share a piece.
 *
 * Wakeups are for a reader that sleeps and says so: the first record wakes it, at once. Awake, it
 * comes by itself every half millisecond until it finds nothing, so that a busy system pays for no
 * more wakeups than that, however many records there are. */
#pragma once

#include "bpf/include/kernel.h"
#include "bpf/include/wire.h"
#include "bpf/lib/slot.h"

#define SCRATCH_RECORD 24832 /* bytes: the largest record, an exec, with room to pad */
#define PATH_PARTS_MAX 256
#define CGROUP_PARTS_MAX 64
#define SKIP_MAX 8

_Static_assert(sizeof(struct wire_exec) + 3 * WIRE_PATH_MAX + WIRE_ARGS_MAX + WIRE_ENV_MAX + 8 <=
                   SCRATCH_RECORD,
               "an exec fits");
_Static_assert(sizeof(struct wire_call_record) + 5 * WIRE_PATH_MAX + WIRE_STRUCT_MAX + 1024 <=
                   SCRATCH_RECORD,
               "a mount fits");
_Static_assert(SCRATCH_RECORD <= WIRE_RECORD_MAX, "user space takes it");

struct path_part {
    const unsigned char *name;
    __u64 len;
};

/* A walk's state lives in map memory: the verifier then takes every value in it as unknown, which
 * is true in any round of the loop, and need not follow the rounds one by one. */
struct path_walk {
    struct dentry *dentry, *root;
    struct mount *mount, *root_mount;
    struct dentry *mount_root;
    __u32 parts, bytes, at, flags;
};

/* Data in user memory: one piece, or an array of struct iovec. In map memory for the same reason.
 */
struct pieces {
    __u64 vector, count;
    __u64 address; /* of the other end, and its bytes */
    __u64 total;   /* bytes of the pieces */
    __u32 address_len, at, used, limit;
    bool narrow; /* as a 32-bit program has them */
};

struct scratch {
    char record[SCRATCH_RECORD];
    struct path_walk walk;
    struct pieces pieces;
    __u32 number;   /* see forgotten() */
    __u32 changing; /* of the record being made: 0, or 1 + slot_change() */
    __u32 filtered; /* it may be dropped */
    struct path_part part[PATH_PARTS_MAX];
};
_Static_assert(sizeof(struct scratch) <= 32768, "the most that per-CPU memory gives");

enum scratch_family {
    SCRATCH_SYSCALL,
    SCRATCH_EXEC,
    SCRATCH_URING,
    SCRATCH_COUNT,
};

/* For WIRE_CGROUP records, which any family may have to send before its own. */
struct cgroup_scratch {
    char record[sizeof(struct wire_cgroup) + WIRE_PATH_MAX + 8];
    struct cgroup *cgroup;
    __u32 parts, at;
    struct kernfs_node *part[CGROUP_PARTS_MAX];
};

enum cgroup_family {
    CGROUP_FORK,
    CGROUP_EXEC,
    CGROUP_SNAPSHOT,
    CGROUP_MADE_OR_GONE,
    CGROUP_FAMILY_COUNT,
};

const volatile __u32 skip_pid[SKIP_MAX] __weak = {0};
const volatile __u64 scope_cgroup __weak = 0; /* id; 0: everything is watched */
const volatile bool send_environment __weak = false;

__u32 reader_sleeps __weak = 0; /* set by the reader before its last look at the ring */

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 20); /* set before load */
} ring __weak SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct wire_counts);
} counts __weak SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, SCRATCH_COUNT);
    __type(key, __u32);
    __type(value, struct scratch);
} scratches __weak SEC(".maps");

/* The compiler knows nothing of the value from here on: a check of it is a check of the register
 * that is used, which is what the verifier needs to see. */
#define opaque(value) asm volatile("" : "+r"(value))

/* The same number, of which the verifier knows nothing: it comes from map memory. What follows is
 * then checked once, and not once for every value it can have. */
static __always_inline __u32 forgotten(struct scratch *scratch, __u32 number)
{
    volatile __u32 *memory = &scratch->number;

    *memory = number;
    return *memory;
}

static __always_inline struct scratch *scratch_of(__u32 family)
{
    return bpf_map_lookup_elem(&scratches, &family);
}

/* Atomic, as another program of ours may interrupt on this CPU: the counts are exact. */
static __always_inline void count_sent(__u32 kind)
{
    __u32 zero = 0;
    struct wire_counts *c = bpf_map_lookup_elem(&counts, &zero);

    if (c)
        __sync_fetch_and_add(&c->sent[kind], 1);
}

static __always_inline void count_filtered(__u32 call)
{
    __u32 zero = 0;
    struct wire_counts *c = bpf_map_lookup_elem(&counts, &zero);

    if (c && call < WIRE_CALL_COUNT)
        __sync_fetch_and_add(&c->filtered[call], 1);
}

static __always_inline void count_lost(__u32 kind)
{
    __u32 zero = 0;
    struct wire_counts *c = bpf_map_lookup_elem(&counts, &zero);

    if (c)
        __sync_fetch_and_add(&c->lost[kind], 1);
}

/* Which call a record that was lost told of. */
static __always_inline void count_lost_call(const char *record, __u32 kind)
{
    __u32 zero = 0, call;
    struct wire_counts *c = bpf_map_lookup_elem(&counts, &zero);

    if (kind == WIRE_OPEN)
        call = ((const struct wire_open *)record)->call;
    else if (kind == WIRE_CALL)
        call = ((const struct wire_call_record *)record)->call;
    else
        return;
    opaque(call);
    if (c && call < WIRE_CALL_COUNT)
        __sync_fetch_and_add(&c->lost_call[call], 1);
}

/* After a record: the reader sleeps only if it set the mark before, and then did not find the
 * record. What wakes it is an empty piece of the ring that is thrown away. */
static __always_inline void wake_reader(void)
{
    void *nothing;

    if (*(volatile __u32 *)&reader_sleeps == 0 || __sync_lock_test_and_set(&reader_sleeps, 0) == 0)
        return;
    nothing = bpf_ringbuf_reserve(&ring, 8, 0);
    if (nothing)
        bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
    else
        reader_sleeps = 1; /* full: the next record tries again */
}

static __always_inline void fill_header(struct wire_header *hdr, __u32 kind, __u32 size)
{
    __u64 pid_tgid = bpf_get_current_pid_tgid();
    struct task_struct *task = bpf_get_current_task_btf();
    __u64 start_ns = BPF_CORE_READ(task, group_leader, start_boottime);

    hdr->stamp = slot_stamp(slot_of(pid_tgid >> 32, start_ns), 0, 0);
    hdr->time_ns = bpf_ktime_get_boot_ns(); /* after the changes that the stamp counts */
    hdr->size = size;
    hdr->kind = kind;
    hdr->cpu = bpf_get_smp_processor_id();
    hdr->pid = pid_tgid >> 32;
    hdr->tid = (__u32)pid_tgid;
    hdr->start_ns = start_ns;
    hdr->flags = 0;
}

/* Pad the first `size` bytes of `record`, a buffer of `limit` bytes (a constant), to a multiple of
 * 8 and note the size in its header; returns it, or 0 when the buffer is too small. */
static __always_inline __u32 seal(char *record, __u32 size, __u32 limit)
{
    opaque(size);
    if (size > limit - 8)
        return 0;
    __builtin_memset(record + size, 0, 8);
    size = (size + 7) & ~7u;
    ((struct wire_header *)record)->size = size;
    return size;
}

/* Send a record, whole or not at all. */
static __always_inline bool emit(char *record, __u32 size, __u32 limit, __u32 kind)
{
    size = seal(record, size, limit);
    opaque(size);
    if (size == 0 || size > limit ||
        bpf_ringbuf_output(&ring, record, size, BPF_RB_NO_WAKEUP) != 0) {
        count_lost(kind);
        count_lost_call(record, kind);
        return false;
    }
    count_sent(kind);
    wake_reader();
    return true;
}

static __always_inline bool emit_scratch(struct scratch *scratch, __u32 size, __u32 kind)
{
    return emit(scratch->record, size, SCRATCH_RECORD, kind);
}

/* Append a user string at `at`; returns its bytes without the NUL. */
static __always_inline __u32 put_user_string(struct scratch *scratch, __u32 at, const void *user,
                                             __u32 *flags)
{
    opaque(at);
    if (at > SCRATCH_RECORD - WIRE_PATH_MAX)
        return 0;

    long len = bpf_probe_read_user_str(scratch->record + at, WIRE_PATH_MAX, user);

    if (len < 0 || len > WIRE_PATH_MAX) {
        *flags |= WIRE_TEXT_MISSING;
        return 0;
    }
    return len == 0 ? 0 : len - 1; /* older kernels say 0 for the empty string */
}

static __always_inline __u32 put_kernel_string(struct scratch *scratch, __u32 at, const void *text)
{
    opaque(at);
    if (at > SCRATCH_RECORD - WIRE_PATH_MAX)
        return 0;

    long len = bpf_probe_read_kernel_str(scratch->record + at, WIRE_PATH_MAX, text);

    return len <= 0 || len > WIRE_PATH_MAX ? 0 : len - 1;
}
