/* thread.*: the thread that made the event. */
#include "event/capability.h"
#include "event/fields.h"

/* The hierarchies that thread.cgroups tells of. */
static const char *const cgroup_controllers[] = {"cpuset", "cpu", "cpuacct", "io", "memory"};

static uint32_t thread_tid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->tid == 0 && e->names == NULL ? 0 : field_i64(out, (int32_t)e->tid);
}

static uint32_t thread_vtid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    bool first = e->process != NULL && e->tid == e->process->pid;
    uint32_t vtid = e->vtid == 0 && first ? e->process->vpid : e->vtid;

    return vtid == 0 ? 0 : field_i64(out, vtid);
}

static uint32_t thread_ismain(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : field_bool(out, e->tid == e->process->pid);
}

/* "CAP_CHOWN CAP_KILL"; no capabilities are an empty text. */
static void write_capabilities(struct buf *out, uint64_t set)
{
    struct sv before = {NULL, 0};

    for (uint32_t i = 0; i < CAPABILITY_COUNT; i++) {
        if (((set >> i) & 1) == 0)
            continue;
        buf_sv(out, before);
        buf_sv(out, capability_name(i));
        before = SV(" ");
    }
}

static bool write_permitted(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    if (e->process != NULL)
        write_capabilities(out, e->process->creds.cap_permitted);
    return e->process != NULL;
}

static bool write_inheritable(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    if (e->process != NULL)
        write_capabilities(out, e->process->creds.cap_inheritable);
    return e->process != NULL;
}

static bool write_effective(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    if (e->process != NULL)
        write_capabilities(out, e->process->creds.cap_effective);
    return e->process != NULL;
}

static uint32_t thread_cap_permitted(const struct event *e, const struct field_ref *ref,
                                     struct value *out)
{
    return field_written(e, ref, write_permitted, out);
}

static uint32_t thread_cap_inheritable(const struct event *e, const struct field_ref *ref,
                                       struct value *out)
{
    return field_written(e, ref, write_inheritable, out);
}

static uint32_t thread_cap_effective(const struct event *e, const struct field_ref *ref,
                                     struct value *out)
{
    return field_written(e, ref, write_effective, out);
}

static bool write_cgroups(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    if (e->process == NULL || e->process->cgroup.len == 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(cgroup_controllers); i++) {
        buf_str(out, i == 0 ? "" : " ");
        buf_str(out, cgroup_controllers[i]);
        buf_char(out, '=');
        buf_sv(out, e->process->cgroup);
    }
    return true;
}

static uint32_t thread_cgroups(const struct event *e, const struct field_ref *ref,
                               struct value *out)
{
    return field_written(e, ref, write_cgroups, out);
}

static uint32_t thread_cgroup(const struct event *e, const struct field_ref *ref, struct value *out)
{
    for (size_t i = 0; e->process != NULL && i < ARRAY_LEN(cgroup_controllers); i++) {
        if (sv_eq(ref->key, sv(cgroup_controllers[i])))
            return field_sv(out, e->process->cgroup);
    }
    return 0;
}

#define ROW(name, type, arg, extract, meaning)                                                     \
    FIELD_ROW(FIELD_SYSCALL, name, type, arg, 0, extract, meaning)
#define ROW_PROCESS(name, type, arg, extract, meaning)                                             \
    FIELD_ROW(FIELD_SYSCALL, name, type, arg, FIELD_PROCESS, extract, meaning)
#define NONE_YET(name, type, meaning)                                                              \
    FIELD_ROW(FIELD_SYSCALL, name, type, NONE, FIELD_NO_VALUE, NULL, meaning)

/* clang-format off */
static const struct field rows[] = {
    ROW_PROCESS("thread.cap_effective", CHARBUF, NONE, thread_cap_effective,
        "capabilities in effect: CAP_CHOWN CAP_KILL ..."),
    ROW_PROCESS("thread.cap_inheritable", CHARBUF, NONE, thread_cap_inheritable,
        "capabilities kept across an exec"),
    ROW_PROCESS("thread.cap_permitted", CHARBUF, NONE, thread_cap_permitted,
        "capabilities that it may put into effect"),
    ROW("thread.cgroup", CHARBUF, KEY, thread_cgroup, "cgroup of the controller given: memory, cpu ..."),
    ROW("thread.cgroups", CHARBUF, NONE, thread_cgroups, "cgroups as controller=path words"),
    NONE_YET("thread.cpu", DOUBLE, "CPU used in the last second"),
    NONE_YET("thread.cpu.system", DOUBLE, "part of it in the kernel"),
    NONE_YET("thread.cpu.user", DOUBLE, "part of it in the program"),
    NONE_YET("thread.exectime", RELTIME, "CPU time since the thread was last scheduled"),
    ROW("thread.ismain", BOOL, NONE, thread_ismain, "is the first thread of its process"),
    NONE_YET("thread.pfmajor", UINT64, "major page faults so far"),
    NONE_YET("thread.pfminor", UINT64, "minor page faults so far"),
    ROW("thread.tid", INT64, NONE, thread_tid, "thread id"),
    NONE_YET("thread.totexectime", RELTIME, "CPU time since capturing began"),
    NONE_YET("thread.vmrss", UINT64, "memory in use by the process, in KiB; 0 for other threads"),
    NONE_YET("thread.vmsize", UINT64, "address space of the process, in KiB; 0 for other threads"),
    ROW("thread.vtid", INT64, NONE, thread_vtid,
        "thread id, as its own pid namespace numbers it"),
};
/* clang-format on */

const struct field_table field_table_thread = FIELD_TABLE("Threads", rows);
