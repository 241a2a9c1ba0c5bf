/* bpf/lib/scope.h - who is watched: one cgroup v2 and what is below it, or everybody; never us. */
#pragma once

#include "bpf/lib/emit.h"

#define SCOPE_DEPTH_MAX 64

/* Slot 0 holds the watched cgroup: membership is then one comparison for the kernel, however deep
 * it lies and whatever cgroup namespace its name was given in. */
struct {
    __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} scope __weak SEC(".maps");

static __always_inline bool scope_skips(__u32 tgid)
{
    for (int i = 0; i < SKIP_MAX; i++) {
        if (skip_pid[i] == 0)
            return false;
        if (skip_pid[i] == tgid)
            return true;
    }
    return false;
}

static __always_inline bool scope_has_current(void)
{
    if (scope_skips(bpf_get_current_pid_tgid() >> 32))
        return false;
    return scope_cgroup == 0 || bpf_current_task_under_cgroup(&scope, 0) == 1;
}

static __always_inline struct kernfs_node *kernfs_parent(const struct kernfs_node *node)
{
    const struct kernfs_node___6_14 *older = (const void *)node;

    if (bpf_core_field_exists(older->parent))
        return BPF_CORE_READ(older, parent);
    return BPF_CORE_READ(node, __parent);
}

/* The same for any cgroup of version 2, by walking up. */
static __always_inline bool scope_has_node(struct kernfs_node *node)
{
    if (scope_cgroup == 0)
        return true;
    for (int i = 0; i < SCOPE_DEPTH_MAX && node; i++) {
        if (BPF_CORE_READ(node, id) == scope_cgroup)
            return true;
        node = kernfs_parent(node);
    }
    return false;
}

static __always_inline bool scope_has_cgroup_of(const struct task_struct *task)
{
    return scope_has_node(BPF_CORE_READ(task, cgroups, dfl_cgrp, kn));
}
