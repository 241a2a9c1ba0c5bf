/* bpf/lib/verdict.h - which cases of a call's filter the current process leaves open: the first
 * look at a call, before anything of it is learnt. See bpf/include/filter.h. */
#pragma once

#include "bpf/lib/emit.h"

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 2 * FILTER_CLASSES);
    __type(key, __u32);
    __type(value, struct filter_class);
} filter_classes __weak SEC(".maps");

const volatile bool filter_audit __weak = false; /* send what would be dropped, marked */

__u8 filter_of[WIRE_CALL_COUNT] __weak = {0};   /* 1 + index in `filters`, by call; 0: none */
__u64 filter_all[2 * FILTERS_MAX] __weak = {0}; /* the cases of each program */
__u32 filter_rules[2] __weak = {0};             /* which set of rules each half is of */

/* The cases of program `index` that the current process leaves open. */
static __always_inline __u64 filter_process_cases(__u32 index)
{
    struct task_struct *task = bpf_get_current_task_btf();
    const struct filter_slot *slot =
        slot_of(bpf_get_current_pid_tgid() >> 32, task->group_leader->start_boottime);
    __u32 half = index >= FILTERS_MAX;
    const struct filter_class *class;
    __u64 verdict;
    __u32 at;

    if (!slot)
        return ~0ull;
    verdict = *(volatile const __u64 *)&slot->verdict;
    if (verdict == 0 || !slot_believes(slot, verdict, filter_rules[half]))
        return ~0ull;
    at = half * FILTER_CLASSES + (verdict & (FILTER_CLASSES - 1));
    class = bpf_map_lookup_elem(&filter_classes, &at);
    return class ? class->cases[index & (FILTERS_MAX - 1)] : ~0ull;
}

/* Which program filters the call; FILTER_NONE for none. */
static __always_inline __u32 filter_index(__u32 call)
{
    return call < WIRE_CALL_COUNT ? *(volatile __u8 *)&filter_of[call] - 1u : FILTER_NONE;
}

static __always_inline __u64 filter_open_cases(__u32 index)
{
    opaque(index);
    if (index >= 2 * FILTERS_MAX)
        return ~0ull;
    return filter_all[index] & filter_process_cases(index);
}
