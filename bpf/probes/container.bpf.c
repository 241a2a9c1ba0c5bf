/* bpf/probes/container.bpf.c - cgroups that are made and removed: the first that is seen of a
 * container, before any process is in it, and the last. */
#include "bpf/lib/cgroup.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Every hierarchy of version 1 tells of its own directories; only the one that task records name
 * counts, and for all of them current's root is the root. */
static __always_inline bool hierarchy_of(const struct cgroup *cgroup, __u32 *hierarchy)
{
    const struct task_struct *task = bpf_get_current_task_btf();
    const struct cgroup_root *root = BPF_CORE_READ(cgroup, root);

    for (__u32 which = WIRE_CGROUP_V2; which <= WIRE_CGROUP_V1; which++) {
        struct cgroup *own = cgroup_of(task, which);

        if (own && BPF_CORE_READ(own, root) == root) {
            *hierarchy = which;
            return true;
        }
    }
    return false;
}

/* A directory of version 2 belongs where it lies, one of version 1 to whoever makes it. */
static __always_inline bool in_scope(const struct cgroup *cgroup, __u32 hierarchy)
{
    if (scope_skips(bpf_get_current_pid_tgid() >> 32))
        return false;
    if (hierarchy == WIRE_CGROUP_V2)
        return scope_has_node(BPF_CORE_READ(cgroup, kn));
    return scope_cgroup == 0 || bpf_current_task_under_cgroup(&scope, 0) == 1;
}

static __always_inline bool tell(struct cgroup *cgroup, __u32 hierarchy, __u16 what)
{
    __u32 family = CGROUP_MADE_OR_GONE;
    struct cgroup_scratch *scratch = bpf_map_lookup_elem(&cgroup_scratches, &family);

    if (!scratch)
        return false;

    __u32 size = cgroup_record(scratch, cgroup, hierarchy);

    ((struct wire_cgroup *)scratch->record)->what = what;
    return emit(scratch->record, size, sizeof(scratch->record), WIRE_CGROUP);
}

/* Both run under the kernel's lock of all cgroups: never two at a time. */
SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(on_cgroup_mkdir, struct cgroup *cgroup, const char *path)
{
    struct cgroup_key key = {};
    __u32 hierarchy;
    __u8 yes = 1;

    if (!hierarchy_of(cgroup, &hierarchy) || !in_scope(cgroup, hierarchy))
        return 0;
    key.id = cgroup_id(cgroup);
    key.hierarchy = hierarchy;
    if (tell(cgroup, hierarchy, WIRE_CGROUP_MADE))
        bpf_map_update_elem(&cgroup_announced, &key, &yes, BPF_ANY);
    return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(on_cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
    struct cgroup_key key = {};
    __u32 hierarchy;

    if (!hierarchy_of(cgroup, &hierarchy) || !in_scope(cgroup, hierarchy))
        return 0;
    key.id = cgroup_id(cgroup);
    key.hierarchy = hierarchy;
    bpf_map_delete_elem(&cgroup_announced, &key);
    (void)tell(cgroup, hierarchy, WIRE_CGROUP_GONE);
    return 0;
}
