/* bpf/lib/task.h - struct wire_task from a task of the kernel. */
#pragma once

#include "bpf/lib/cgroup.h"
#include "bpf/lib/file.h"

#define ID_NONE 0xffffffffu /* no login: what the kernel holds for "not set" */

/* The number of `pid` in namespace `ns` at `level`, 0 when it cannot be seen from there. */
static __always_inline __u32 pid_number(const struct pid *pid, const struct pid_namespace *ns,
                                        __u32 level)
{
    struct upid number = {0};

    if (!pid || BPF_CORE_READ(pid, level) < level)
        return 0;
    bpf_probe_read_kernel(&number, sizeof(number),
                          (const char *)pid + bpf_core_field_offset(pid->numbers) +
                              level * sizeof(number));
    return ns && number.ns != ns ? 0 : number.nr;
}

static __always_inline void fill_creds(struct wire_creds *out, const struct task_struct *task)
{
    const struct cred *cred = BPF_CORE_READ(task, cred);
    __u32 id[8] = {0}; /* uid, gid, suid, sgid, euid, egid, fsuid, fsgid */

    bpf_probe_read_kernel(id, sizeof(id), &cred->uid);
    out->uid = id[0];
    out->gid = id[1];
    out->suid = id[2];
    out->sgid = id[3];
    out->euid = id[4];
    out->egid = id[5];
    out->fsuid = id[6];
    out->fsgid = id[7];
    out->login_uid =
        bpf_core_field_exists(task->loginuid) ? BPF_CORE_READ(task, loginuid.val) : ID_NONE;
    out->session_id =
        bpf_core_field_exists(task->sessionid) ? BPF_CORE_READ(task, sessionid) : ID_NONE;
    out->cap_inheritable = capabilities(&cred->cap_inheritable);
    out->cap_permitted = capabilities(&cred->cap_permitted);
    out->cap_effective = capabilities(&cred->cap_effective);
}

/* As field 7 of /proc/PID/stat: the kernel's "new" encoding of a device number. */
static __always_inline __u32 tty_number(const struct signal_struct *signal)
{
    struct tty_struct *tty = BPF_CORE_READ(signal, tty);

    if (!tty)
        return 0;

    __u32 major = BPF_CORE_READ(tty, driver, major);
    __u32 minor = BPF_CORE_READ(tty, driver, minor_start) + BPF_CORE_READ(tty, index);

    return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

static __always_inline void fill_ids(struct wire_task *out, const struct task_struct *task,
                                     const struct task_struct *parent,
                                     const struct signal_struct *signal)
{
    struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
    struct pid *group = BPF_CORE_READ(signal, pids[PIDTYPE_PGID]);
    struct pid *session = BPF_CORE_READ(signal, pids[PIDTYPE_SID]);
    __u32 level = BPF_CORE_READ(pid, level);
    struct upid own = {0};

    bpf_probe_read_kernel(&own, sizeof(own),
                          (const char *)pid + bpf_core_field_offset(pid->numbers) +
                              level * sizeof(own));
    out->pid = BPF_CORE_READ(task, tgid);
    out->ppid = BPF_CORE_READ(parent, tgid);
    out->pgid = pid_number(group, NULL, 0);
    out->sid = pid_number(session, NULL, 0);
    out->vpid = own.nr;
    out->vppid = pid_number(BPF_CORE_READ(parent, group_leader, thread_pid), own.ns, level);
    out->vpgid = pid_number(group, own.ns, level);
    out->vsid = pid_number(session, own.ns, level);
    out->pidns_inum = BPF_CORE_READ(own.ns, ns.inum);
    out->pidns_start_ns = BPF_CORE_READ(own.ns, child_reaper, start_boottime);
}

static __always_inline void fill_task(struct wire_task *out, const struct task_struct *task)
{
    const struct task_struct *parent = BPF_CORE_READ(task, real_parent);
    const struct signal_struct *signal = BPF_CORE_READ(task, signal);

    fill_creds(&out->creds, task);
    fill_ids(out, task, parent, signal);
    out->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
    out->parent_start_ns = BPF_CORE_READ(parent, group_leader, start_boottime);
    out->cgroup_v2 = cgroup_id(cgroup_of(task, WIRE_CGROUP_V2));
    out->cgroup_v1 = cgroup_id(cgroup_of(task, WIRE_CGROUP_V1));
    out->tty = tty_number(signal);
    out->mntns_inum = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
    out->threads = BPF_CORE_READ(signal, nr_threads);
    __builtin_memset(out->comm, 0, sizeof(out->comm));
    bpf_core_read_str(out->comm, sizeof(out->comm), &task->comm);
}
