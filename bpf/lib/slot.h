/* bpf/lib/slot.h - a process's place for what user space knows of it; see bpf/include/filter.h. */
#pragma once

#include "bpf/include/kernel.h"

#include "bpf/include/filter.h"

__u32 filter_epoch __weak = 0;
__u32 filter_changing __weak = 0; /* changes under way that the epoch counts */

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, FILTER_SLOTS);
    __type(key, __u32);
    __type(value, struct filter_slot);
} filter_slots __weak SEC(".maps");

#define slot_read(place) (*(volatile __u32 *)&(place))

/* The slot of a process, which takes it if it is free; NULL when another has it. */
static __always_inline struct filter_slot *slot_of(__u32 pid, __u64 start_ns)
{
    __u32 index = pid & (FILTER_SLOTS - 1);
    struct filter_slot *slot = bpf_map_lookup_elem(&filter_slots, &index);

    if (!slot)
        return NULL;
    if (slot->start_ns == start_ns)
        return slot->pid == pid ? slot : NULL;
    if (slot->start_ns != 0 || __sync_val_compare_and_swap(&slot->start_ns, 0, start_ns) != 0)
        return NULL;
    __sync_fetch_and_add(&slot->changes, 1); /* what is told of the owner before is void */
    slot->verdict = 0;
    slot->forked = 1; /* for all we know */
    slot->pid = pid;
    return slot;
}

/* Does the current process lead others, whom it need not have made? */
static __always_inline bool slot_leads(void)
{
    struct task_struct *task = bpf_get_current_task_btf();
    const struct signal_struct *signal = BPF_CORE_READ(task, signal);
    struct pid *group = BPF_CORE_READ(signal, pids[PIDTYPE_PGID]);

    return group == BPF_CORE_READ(signal, pids[PIDTYPE_TGID]) &&
           BPF_CORE_READ(group, tasks[PIDTYPE_PGID].first, next) != NULL;
}

static __always_inline bool slot_has_others(const struct filter_slot *slot)
{
    return !slot || slot_read(slot->forked) || slot_leads();
}

/* Something of the process changes that rules may read; slot_changed() follows when the record of
 * it is in the ring, or lost. Returns whether others may be judged by it. */
static __always_inline bool slot_change(struct filter_slot *slot)
{
    bool others = slot_has_others(slot);

    if (others) {
        __sync_fetch_and_add(&filter_changing, 1);
        __sync_fetch_and_add(&filter_epoch, 1);
    }
    if (slot) {
        __sync_fetch_and_add(&slot->changing, 1);
        __sync_fetch_and_add(&slot->changes, 1);
        slot->verdict = 0;
    }
    return others;
}

/* A process that was made, or joined the group, meanwhile may be judged by what was before. */
static __always_inline void slot_changed(struct filter_slot *slot, bool others)
{
    if (!others && slot_has_others(slot))
        __sync_fetch_and_add(&filter_epoch, 1);
    if (slot)
        __sync_fetch_and_add(&slot->changing, -1);
    if (others)
        __sync_fetch_and_add(&filter_changing, -1);
}

/* A process that was just made: nobody is judged by it yet. */
static __always_inline struct filter_slot *slot_new(__u32 pid, __u64 start_ns)
{
    struct filter_slot *slot = slot_of(pid, start_ns);

    if (slot)
        slot->forked = 0;
    return slot;
}

static __always_inline void slot_forks(__u32 pid, __u64 start_ns)
{
    struct filter_slot *slot = slot_of(pid, start_ns);

    if (slot)
        slot->forked = 1;
}

static __always_inline void slot_ends(__u32 pid, __u64 start_ns)
{
    struct filter_slot *slot = slot_of(pid, start_ns);

    if (!slot)
        return;
    slot->verdict = 0;
    slot->pid = 0;
    slot->start_ns = 0;
}

/* For a record. The counts come first: whoever changes them marks that before. `own` and `others`
 * are for the record of a change: it may itself be under way. */
static __always_inline __u32 slot_stamp(const struct filter_slot *slot, __u32 own, __u32 others)
{
    __u32 changes, epoch;

    if (!slot)
        return 0;
    changes = filter_changes(slot_read(slot->changes));
    epoch = slot_read(filter_epoch);
    if (slot_read(slot->changing) != own || slot_read(filter_changing) != others)
        return 0;
    return filter_stamp(changes, epoch);
}

static __always_inline bool slot_believes(const struct filter_slot *slot, __u64 verdict,
                                          __u32 rules)
{
    __u32 changes = filter_changes(slot_read(slot->changes));
    __u32 epoch = slot_read(filter_epoch);

    return verdict >> 12 == filter_verdict(changes, epoch, rules, 0) >> 12 &&
           !(slot_read(slot->changing) | slot_read(filter_changing));
}
