/* bpf/probes/process.bpf.c - processes: made, started, ended, and those that are there already. */
#include "bpf/lib/call.h"
#include "bpf/lib/task.h"

#define REAPER_ROUNDS_MAX 64

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Processes only: a new thread shares its creator's thread group. Current is the caller of clone,
 * so the scope is the caller's; a child that was put into the scope from outside counts too. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
    if (child->pid != child->tgid || child->tgid == parent->tgid)
        return 0;
    if (scope_cgroup != 0 && bpf_current_task_under_cgroup(&scope, 0) != 1 &&
        (child->cgroups == parent->cgroups || !scope_has_cgroup_of(child)))
        return 0;
    cgroups_announce(child, CGROUP_FORK);
    slot_forks(parent->tgid, parent->group_leader->start_boottime);

    struct wire_task_record *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

    if (!record) {
        count_lost(WIRE_FORK);
        return 0;
    }
    fill_header(&record->hdr, WIRE_FORK, sizeof(*record));
    record->hdr.pid = child->tgid;
    record->hdr.tid = child->pid;
    record->hdr.start_ns = child->start_boottime;
    record->hdr.stamp = slot_stamp(slot_new(child->tgid, child->start_boottime), 0, 0);
    record->hdr.time_ns = bpf_ktime_get_boot_ns(); /* see fill_header() */
    fill_task(&record->task, child);
    bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
    count_sent(WIRE_FORK);
    wake_reader();
    return 0;
}

/* While an exec succeeds x86 rewrites the number of the call to execve, whatever it was, and the
 * registers with it. The task is renamed before that happens, which is the last moment to see that
 * it is an execveat; entries are rare and taken away by on_exec. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1024);
    __type(key, __u32);   /* thread id */
    __type(value, __u64); /* its start, as an exec can die halfway */
} execveats SEC(".maps");

SEC("tp_btf/task_rename")
int BPF_PROG(on_rename_task, struct task_struct *task, const char *comm)
{
    struct task_struct *current = bpf_get_current_task_btf();
    const struct pt_regs *regs = (const struct pt_regs *)bpf_task_pt_regs(current);
    __u32 tid = (__u32)bpf_get_current_pid_tgid();
    __u64 start = current->start_boottime;

    if (syscall_of(regs, syscall_compat()) == 1 + WIRE_CALL_EXECVEAT)
        bpf_map_update_elem(&execveats, &tid, &start, BPF_ANY);
    return 0;
}

static __always_inline __u32 exec_call(const struct task_struct *task)
{
    __u32 tid = (__u32)bpf_get_current_pid_tgid();
    __u64 *start = bpf_map_lookup_elem(&execveats, &tid);

    if (!start)
        return WIRE_CALL_EXECVE;

    bool same = *start == task->start_boottime;

    bpf_map_delete_elem(&execveats, &tid);
    return same ? WIRE_CALL_EXECVEAT : WIRE_CALL_EXECVE;
}

static __always_inline __u32 exec_file(struct wire_exec *exec, const struct file *file)
{
    const struct inode *inode = BPF_CORE_READ(file, f_inode);
    __u32 flags = file_layer(inode, WIRE_EXE_UPPER, WIRE_EXE_LOWER);

    exec->exe_ino = BPF_CORE_READ(inode, i_ino);
    exec->exe_dev = BPF_CORE_READ(inode, i_sb, s_dev);
    exec->exe_ctime_ns = inode_ctime_ns(inode);
    exec->exe_mtime_ns = inode_mtime_ns(inode);
    if (file_is_memfd(file))
        flags |= WIRE_EXE_MEMFD;
    else if (!BPF_CORE_READ(file, f_path.dentry, d_hash.pprev))
        flags |= WIRE_EXE_DELETED;
    if (file_is_writable(file, inode))
        flags |= WIRE_EXE_WRITABLE;
    return flags;
}

/* Append user memory from `start` to `end`, at most `max` bytes (a constant). */
static __always_inline __u32 put_user_range(struct scratch *scratch, __u32 at, __u64 start,
                                            __u64 end, __u32 max, __u32 cut, __u32 *flags)
{
    __u64 len = end - start;

    opaque(at);
    if (end <= start || at > SCRATCH_RECORD - max)
        return 0;
    if (len > max) {
        len = max;
        *flags |= cut;
    }
    if (bpf_probe_read_user(scratch->record + at, len, (const void *)start) != 0) {
        *flags |= WIRE_TEXT_MISSING;
        return 0;
    }
    return len;
}

static __always_inline void exec_send(struct task_struct *task, pid_t old_pid,
                                      struct linux_binprm *bprm, __u32 call,
                                      const struct filter_slot *slot, bool others)
{
    struct scratch *scratch = scratch_of(SCRATCH_EXEC);
    struct mm_struct *mm = task->mm;

    if (!scratch) {
        count_lost(WIRE_EXEC);
        return;
    }

    struct wire_exec *exec = (struct wire_exec *)scratch->record;
    const struct file *file = BPF_CORE_READ(mm, exe_file);
    __u32 at = sizeof(*exec);
    __u32 flags = exec_file(exec, file);

    fill_header(&exec->hdr, WIRE_EXEC, 0);
    exec->hdr.stamp = slot_stamp(slot, 1, others);
    exec->hdr.time_ns = bpf_ktime_get_boot_ns(); /* see fill_header() */
    fill_task(&exec->task, task);
    exec->call = call;
    if (old_pid != task->pid)
        flags |= WIRE_THREAD;
    if (syscall_compat())
        flags |= WIRE_COMPAT;
    at += exec->path_len = put_path_of_file(scratch, at, file, &flags);
    at += exec->filename_len = put_kernel_string(scratch, at, bprm->filename);
    at += exec->cwd_len = put_cwd(scratch, at, &flags);
    at += exec->args_len = put_user_range(scratch, at, mm->arg_start, mm->arg_end, WIRE_ARGS_MAX,
                                          WIRE_ARGS_CUT, &flags);
    exec->env_len = 0;
    if (send_environment)
        at += exec->env_len = put_user_range(scratch, at, mm->env_start, mm->env_end, WIRE_ENV_MAX,
                                             WIRE_ENV_CUT, &flags);
    exec->hdr.flags = flags;
    emit_scratch(scratch, at, WIRE_EXEC);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
    __u32 call = exec_call(task);
    struct filter_slot *slot;
    bool others;

    if (!scope_has_current())
        return 0;
    cgroups_announce(task, CGROUP_EXEC);
    slot = slot_of(task->tgid, BPF_CORE_READ(task, group_leader, start_boottime));
    others = slot_change(slot);
    exec_send(task, old_pid, bprm, call, slot, others);
    slot_changed(slot, others);
    return 0;
}

/* Threads that end together all see that no thread lives; the first to come here reports it. */
struct ended_key {
    __u64 start_ns;
    __u64 tgid; /* 64 bits leave no hole in the key */
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 4096);
    __type(key, struct ended_key);
    __type(value, __u8);
} ended SEC(".maps");

static __always_inline bool exit_is_first(const struct task_struct *task)
{
    struct ended_key key = {BPF_CORE_READ(task, group_leader, start_boottime), task->tgid};
    __u8 yes = 1;

    /* As int: up to 6.3 the upper half of the result means nothing. */
    return (int)bpf_map_update_elem(&ended, &key, &yes, BPF_NOEXIST) != -EEXIST;
}

/* The process that inherits the children, as the kernel will choose it: the next ancestor of the
 * same pid namespace that asked to be a subreaper, or the namespace's init. */
static __always_inline __u32 exit_reaper(const struct task_struct *task)
{
    struct pid *pid = BPF_CORE_READ(task, thread_pid);
    __u32 level = BPF_CORE_READ(pid, level);
    struct upid own = {0};

    bpf_probe_read_kernel(&own, sizeof(own),
                          (const char *)pid + bpf_core_field_offset(pid->numbers) +
                              level * sizeof(own));

    struct task_struct *init = BPF_CORE_READ(own.ns, child_reaper);
    struct task_struct *reaper = BPF_CORE_READ(task, real_parent);

    if (!BPF_CORE_READ_BITFIELD_PROBED(task->signal, has_child_subreaper))
        return BPF_CORE_READ(init, tgid);
    for (int i = 0; i < REAPER_ROUNDS_MAX; i++) {
        struct signal_struct *signal = BPF_CORE_READ(reaper, signal);

        if (BPF_CORE_READ(reaper, thread_pid, level) != level || BPF_CORE_READ(reaper, pid) == 0)
            break;
        if (BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper) &&
            BPF_CORE_READ(signal, live.counter) > 0)
            return BPF_CORE_READ(reaper, tgid);
        reaper = BPF_CORE_READ(reaper, real_parent);
    }
    return BPF_CORE_READ(init, tgid);
}

static __always_inline void exit_send(const struct task_struct *task)
{
    const struct signal_struct *signal = task->signal;
    struct wire_exit *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

    if (!record) {
        count_lost(WIRE_EXIT);
        return;
    }
    fill_header(&record->hdr, WIRE_EXIT, sizeof(*record));
    if (task->pid != task->tgid)
        record->hdr.flags |= WIRE_THREAD;
    record->exit_code =
        signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code : task->group_leader->exit_code;
    record->reaper_pid = exit_reaper(task);
    bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
    count_sent(WIRE_EXIT);
    wake_reader();
}

/* The slot is given back last: to make a record takes it. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
    if (task->signal->live.counter != 0)
        return 0;
    if (scope_has_current() && exit_is_first(task))
        exit_send(task);
    slot_ends(task->tgid, BPF_CORE_READ(task, group_leader, start_boottime));
    return 0;
}

/* The iterator's stream has announcements of its own: its reader may be ahead of the ring's. A
 * reader's buffer that is full makes the kernel drop what this task wrote and come again, so a
 * cgroup is marked only when everything fitted. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CGROUP_ANNOUNCED_MAX);
    __type(key, struct cgroup_key);
    __type(value, __u32);
} cgroup_listed SEC(".maps");

__u32 snapshot_number = 0; /* which snapshot a mark belongs to */

static __always_inline bool snapshot_cgroup(struct seq_file *seq, const struct task_struct *task,
                                            __u32 hierarchy)
{
    struct cgroup *cgroup = cgroup_of(task, hierarchy);
    struct cgroup_key key = {cgroup_id(cgroup), hierarchy};
    __u32 *seen = bpf_map_lookup_elem(&cgroup_listed, &key);
    __u32 family = CGROUP_SNAPSHOT;

    if (!cgroup || (seen && *seen == snapshot_number))
        return true;

    struct cgroup_scratch *scratch = bpf_map_lookup_elem(&cgroup_scratches, &family);

    if (!scratch)
        return true;

    __u32 size =
        seal(scratch->record, cgroup_record(scratch, cgroup, hierarchy), sizeof(scratch->record));

    opaque(size);
    if (size == 0 || size > sizeof(scratch->record))
        return true;
    return bpf_seq_write(seq, scratch->record, size) == 0;
}

static __always_inline void snapshot_mark(const struct task_struct *task, __u32 hierarchy)
{
    struct cgroup_key key = {cgroup_id(cgroup_of(task, hierarchy)), hierarchy};
    __u32 number = snapshot_number;

    bpf_map_update_elem(&cgroup_listed, &key, &number, BPF_ANY);
}

SEC("iter/task")
int on_task(struct bpf_iter__task *ctx)
{
    struct seq_file *seq = ctx->meta->seq;
    struct task_struct *task = ctx->task;
    struct wire_task_record record = {0};

    if (!task || task->pid != task->tgid || scope_skips(task->tgid) || !scope_has_cgroup_of(task))
        return 0;
    if (!snapshot_cgroup(seq, task, WIRE_CGROUP_V2) || !snapshot_cgroup(seq, task, WIRE_CGROUP_V1))
        return 0;
    fill_header(&record.hdr, WIRE_TASK, sizeof(record));
    record.hdr.pid = task->tgid;
    record.hdr.tid = task->pid;
    record.hdr.start_ns = task->start_boottime;
    record.hdr.stamp = 0; /* what the ring holds may be older or newer */
    fill_task(&record.task, task);
    if (bpf_seq_write(seq, &record, sizeof(record)) != 0)
        return 0;
    snapshot_mark(task, WIRE_CGROUP_V2);
    snapshot_mark(task, WIRE_CGROUP_V1);
    return 0;
}
