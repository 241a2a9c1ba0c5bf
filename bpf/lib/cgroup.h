/* bpf/lib/cgroup.h - names for cgroup ids: a WIRE_CGROUP record before the first that uses an id.
 */
#pragma once

#include "bpf/lib/scope.h"

#define CGROUP_ANNOUNCED_MAX 16384

struct cgroup_key {
    __u64 id;
    __u64 hierarchy; /* enum wire_hierarchy; 64 bits leave no hole in the key */
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, CGROUP_FAMILY_COUNT);
    __type(key, __u32);
    __type(value, struct cgroup_scratch);
} cgroup_scratches __weak SEC(".maps");

/* A cgroup of the task in one hierarchy. V1: memory's, or pids' where there is none; NULL when
 * that controller is part of the unified hierarchy. */
static __always_inline struct cgroup *cgroup_of(const struct task_struct *task, __u32 hierarchy)
{
    struct css_set *set = BPF_CORE_READ(task, cgroups);
    struct cgroup *unified = BPF_CORE_READ(set, dfl_cgrp);

    if (hierarchy == WIRE_CGROUP_V2)
        return unified;

    __u64 index;

    if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
        index = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
    else if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
        index = bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id);
    else
        return NULL;

    struct cgroup_subsys_state *state = NULL;
    const char *states = (const char *)set + bpf_core_field_offset(set->subsys);

    bpf_probe_read_kernel(&state, sizeof(state), states + index * sizeof(state));
    if (!state)
        return NULL;

    struct cgroup *cgroup = BPF_CORE_READ(state, cgroup);

    return BPF_CORE_READ(cgroup, root) == BPF_CORE_READ(unified, root) ? NULL : cgroup;
}

static __always_inline __u64 cgroup_id(const struct cgroup *cgroup)
{
    return cgroup ? BPF_CORE_READ(cgroup, kn, id) : 0;
}

/* Fill the record of scratch->cgroup; returns its bytes before padding. Checked once a program, not
 * once a call, as a function that is not static. */
__weak __noinline __u32 cgroup_fill(struct cgroup_scratch *scratch, __u32 hierarchy)
{
    struct wire_cgroup *record;
    struct kernfs_node *node;
    struct cgroup *cgroup;
    __u32 flags = 0;

    if (!scratch)
        return 0;
    record = (struct wire_cgroup *)scratch->record;
    cgroup = scratch->cgroup;
    node = BPF_CORE_READ(cgroup, kn);
    fill_header(&record->hdr, WIRE_CGROUP, 0);
    record->id = BPF_CORE_READ(node, id);
    record->hierarchy = hierarchy;
    record->what = WIRE_CGROUP_SEEN;
    record->pad = 0;
    scratch->parts = 0;
    scratch->at = sizeof(*record);
    for (int i = 0; i < CGROUP_PARTS_MAX; i++) {
        struct kernfs_node *parent = kernfs_parent(node);

        if (!parent)
            break; /* the root has no name */
        scratch->part[i] = node;
        scratch->parts = i + 1;
        node = parent;
    }
    if (kernfs_parent(node))
        flags |= WIRE_PATH_CUT;
    for (int i = 0; i < CGROUP_PARTS_MAX; i++) {
        __u32 part = scratch->parts - 1 - i;
        __u32 at = scratch->at;

        if (part >= CGROUP_PARTS_MAX)
            break;
        if (at >= sizeof(*record) + WIRE_PATH_MAX - NAME_MAX - 1) {
            flags |= WIRE_PATH_CUT;
            break;
        }
        node = scratch->part[part];
        scratch->record[at] = '/';

        long len = bpf_probe_read_kernel_str(scratch->record + at + 1, NAME_MAX + 1,
                                             BPF_CORE_READ(node, name));

        scratch->at = at + (len > 0 && len <= NAME_MAX + 1 ? len : 1);
    }
    if (scratch->parts == 0) {
        scratch->record[sizeof(*record)] = '/';
        scratch->at = sizeof(*record) + 1;
    }
    record->hdr.flags = flags;
    record->path_len = scratch->at - sizeof(*record);
    return scratch->at;
}

static __always_inline __u32 cgroup_record(struct cgroup_scratch *scratch, struct cgroup *cgroup,
                                           __u32 hierarchy)
{
    scratch->cgroup = cgroup;
    return cgroup_fill(scratch, hierarchy);
}

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CGROUP_ANNOUNCED_MAX);
    __type(key, struct cgroup_key);
    __type(value, __u8);
} cgroup_announced __weak SEC(".maps");

/* Only what the ring took is marked, and marked after: whoever sees the mark comes later. */
static __always_inline void cgroup_announce(const struct task_struct *task, __u32 hierarchy,
                                            __u32 family)
{
    struct cgroup *cgroup = cgroup_of(task, hierarchy);
    struct cgroup_key key = {cgroup_id(cgroup), hierarchy};
    __u8 yes = 1;

    if (!cgroup || bpf_map_lookup_elem(&cgroup_announced, &key))
        return;

    struct cgroup_scratch *scratch = bpf_map_lookup_elem(&cgroup_scratches, &family);

    if (!scratch)
        return;

    __u32 size = cgroup_record(scratch, cgroup, hierarchy);

    if (emit(scratch->record, size, sizeof(scratch->record), WIRE_CGROUP))
        bpf_map_update_elem(&cgroup_announced, &key, &yes, BPF_ANY);
}

static __always_inline void cgroups_announce(const struct task_struct *task, __u32 family)
{
    cgroup_announce(task, WIRE_CGROUP_V2, family);
    cgroup_announce(task, WIRE_CGROUP_V1, family);
}
