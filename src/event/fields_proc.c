/* proc.*: the process of the event, its program and its times. Its relatives are in
 * fields_proc_tree.c. */
#include "event/fields.h"

static uint32_t proc_exe(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : field_sv(out, e->process->program->exe);
}

static uint32_t proc_exepath(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : field_sv(out, e->process->program->path);
}

static uint32_t proc_name(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : field_sv(out, e->process->name);
}

static uint32_t proc_cmdline(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : field_sv(out, e->process->program->command_line);
}

static uint32_t proc_exeline(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : field_sv(out, e->process->program->exe_line);
}

/* No arguments is an empty text, not absent, once the program is known. */
static uint32_t proc_args(const struct event *e, const struct field_ref *ref, struct value *out)
{
    const struct program *program = e->process == NULL ? NULL : e->process->program;

    if (program == NULL)
        return 0;
    if (!ref->has_arg) {
        *out = value_sv(program->args_line);
        return program->args_line.len > 0 || program->exe.len > 0;
    }
    struct sv left = program->args;
    for (int64_t i = 0; left.len > 0; i++) {
        struct sv arg = sv_split(&left, '\0');
        if (i == ref->index) {
            *out = value_sv(arg);
            return 1;
        }
    }
    return 0;
}

static uint32_t proc_cmdnargs(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : field_u64(out, e->process->program->arg_count);
}

static uint32_t proc_cmdlenargs(const struct event *e, const struct field_ref *ref,
                                struct value *out)
{
    struct sv args = e->process == NULL ? (struct sv){NULL, 0} : e->process->program->args;

    return e->process == NULL ? 0 : field_u64(out, args.len - sv_count(args, '\0'));
}

static bool write_env(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    return field_write_env(out, e->process, ref);
}

/* Copy with spaces for NULs, eight bytes at a time. */
static void copy_spaced(char *to, const char *from, size_t len)
{
    const uint64_t low7 = 0x7f7f7f7f7f7f7f7f;
    size_t at = 0;

    for (; at + sizeof(uint64_t) <= len; at += sizeof(uint64_t)) {
        uint64_t bytes;
        memcpy(&bytes, from + at, sizeof(bytes));
        uint64_t zeros = ~(((bytes & low7) + low7) | bytes | low7); /* 0x80 where a byte is 0 */
        bytes |= zeros >> 2;                                        /* 0x20 */
        memcpy(to + at, &bytes, sizeof(bytes));
    }
    for (; at < len; at++)
        to[at] = from[at] == '\0' ? ' ' : from[at];
}

/* All words, with spaces for the NULs between them. */
static uint32_t whole_env(const struct event *e, struct value *out)
{
    struct sv env = e->process->program->env;
    size_t len = env.len > 0 && env.ptr[env.len - 1] == '\0' ? env.len - 1 : env.len;
    char *copy = env.len == 0 ? NULL : arena_array(e->scratch, char, len + 1);

    if (copy == NULL)
        return 0;
    copy_spaced(copy, env.ptr, len);
    *out = value_sv((struct sv){copy, len});
    return 1;
}

static uint32_t proc_env(const struct event *e, const struct field_ref *ref, struct value *out)
{
    if (e->process != NULL && !ref->has_arg)
        return whole_env(e, out);
    return e->process == NULL ? 0 : field_written(e, ref, write_env, out);
}

static struct sv env_of(const struct event *e)
{
    return e->process == NULL ? (struct sv){NULL, 0} : e->process->program->env;
}

/* With a slash at the end, as Falco has it. */
static uint32_t proc_cwd(const struct event *e, const struct field_ref *ref, struct value *out)
{
    struct sv cwd = e->process == NULL ? (struct sv){NULL, 0} : e->process->cwd;

    if (cwd.len == 0 || cwd.ptr[cwd.len - 1] == '/')
        return field_sv(out, cwd);
    return field_sv(out, arena_printf(e->scratch, "%.*s/", SV_ARG(cwd)));
}

static uint32_t proc_tty(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : field_u64(out, e->process->tty);
}

static uint32_t proc_pid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL || e->process->pid == PROCESS_NO_PID
               ? 0
               : field_i64(out, e->process->pid);
}

static uint32_t proc_vpid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL || e->process->vpid == PROCESS_NO_PID
               ? 0
               : field_i64(out, e->process->vpid);
}

static uint32_t proc_sid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : field_i64(out, (int32_t)e->process->vsid);
}

static uint32_t proc_vpgid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : field_i64(out, (int32_t)e->process->vpgid);
}

static uint32_t proc_pgid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : field_i64(out, (int32_t)e->process->pgid);
}

static uint32_t proc_is_sid_leader(const struct event *e, const struct field_ref *ref,
                                   struct value *out)
{
    return e->process == NULL ? 0 : field_bool(out, e->process->vsid == e->process->vpid);
}

static uint32_t proc_is_vpgid_leader(const struct event *e, const struct field_ref *ref,
                                     struct value *out)
{
    return e->process == NULL ? 0 : field_bool(out, e->process->vpgid == e->process->vpid);
}

static uint32_t proc_is_pgid_leader(const struct event *e, const struct field_ref *ref,
                                    struct value *out)
{
    return e->process == NULL ? 0 : field_bool(out, e->process->pgid == e->process->pid);
}

static uint32_t proc_duration(const struct event *e, const struct field_ref *ref, struct value *out)
{
    if (e->process == NULL || e->boot_ns < e->process->start_ns || e->process->start_ns == 0)
        return 0;
    return field_u64(out, e->boot_ns - e->process->start_ns);
}

/* A time; 0 stands for one that is not known. */
static uint32_t time_value(struct value *out, uint64_t ns)
{
    *out = value_u64(ns);
    return ns != 0;
}

static uint32_t proc_pid_ts(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : time_value(out, field_wall_ns(e, e->process->start_ns));
}

static uint32_t proc_pidns_init_start_ts(const struct event *e, const struct field_ref *ref,
                                         struct value *out)
{
    return e->process == NULL ? 0 : time_value(out, field_wall_ns(e, e->process->pidns_start_ns));
}

static uint32_t proc_is_exe_writable(const struct event *e, const struct field_ref *ref,
                                     struct value *out)
{
    return e->process == NULL ? 0 : field_bool(out, e->process->program->writable);
}

static uint32_t proc_is_exe_upper_layer(const struct event *e, const struct field_ref *ref,
                                        struct value *out)
{
    return e->process == NULL ? 0 : field_bool(out, e->process->program->upper_layer);
}

static uint32_t proc_is_exe_lower_layer(const struct event *e, const struct field_ref *ref,
                                        struct value *out)
{
    return e->process == NULL ? 0 : field_bool(out, e->process->program->lower_layer);
}

static uint32_t proc_is_exe_from_memfd(const struct event *e, const struct field_ref *ref,
                                       struct value *out)
{
    return e->process == NULL ? 0 : field_bool(out, e->process->program->from_memfd);
}

static uint32_t proc_exe_ino(const struct event *e, const struct field_ref *ref, struct value *out)
{
    uint64_t ino = e->process == NULL ? 0 : e->process->program->ino;

    *out = value_i64((int64_t)ino);
    return ino != 0;
}

static uint32_t proc_exe_ino_ctime(const struct event *e, const struct field_ref *ref,
                                   struct value *out)
{
    return e->process == NULL ? 0 : time_value(out, e->process->program->ctime_wall_ns);
}

static uint32_t proc_exe_ino_mtime(const struct event *e, const struct field_ref *ref,
                                   struct value *out)
{
    return e->process == NULL ? 0 : time_value(out, e->process->program->mtime_wall_ns);
}

/* From the change of the file to the start of the process that began it, which its forks keep;
 * absent when it changed after. */
static uint32_t ctime_to_proc_start(const struct event *e, const struct field_ref *ref,
                                    struct value *out)
{
    uint64_t changed = e->process == NULL ? 0 : e->process->program->ctime_wall_ns;
    uint64_t began = e->process == NULL ? 0 : e->process->program->process_start_ns;
    uint64_t start =
        e->process == NULL ? 0 : field_wall_ns(e, began == 0 ? e->process->start_ns : began);

    return changed == 0 || start <= changed ? 0 : field_u64(out, start - changed);
}

/* From the start of the pid namespace to the change of the file; absent when it changed before. */
static uint32_t pidns_start_to_ctime(const struct event *e, const struct field_ref *ref,
                                     struct value *out)
{
    uint64_t changed = e->process == NULL ? 0 : e->process->program->ctime_wall_ns;
    uint64_t start = e->process == NULL ? 0 : field_wall_ns(e, e->process->pidns_start_ns);

    return start == 0 || changed <= start ? 0 : field_u64(out, changed - start);
}

static uint32_t proc_nthreads(const struct event *e, const struct field_ref *ref, struct value *out)
{
    uint32_t threads = e->process == NULL ? 0 : e->process->threads;

    return threads == 0 ? 0 : field_u64(out, threads);
}

static uint32_t proc_nchilds(const struct event *e, const struct field_ref *ref, struct value *out)
{
    uint32_t threads = e->process == NULL ? 0 : e->process->threads;

    return threads == 0 ? 0 : field_u64(out, threads - 1);
}

#define ROW(...) FIELD_ROW(FIELD_SYSCALL, __VA_ARGS__)
#define NONE_YET(name, type, meaning) ROW(name, type, NONE, FIELD_NO_VALUE, NULL, meaning)

/* clang-format off */
static const struct field rows[] = {
    ROW("proc.args", CHARBUF, INDEX_OR_NONE, FIELD_PROCESS, proc_args,
        "arguments after the first word, joined by spaces, or the one at the index, from 0"),
    ROW("proc.cmdlenargs", UINT64, NONE, FIELD_PROCESS, proc_cmdlenargs,
        "length of the arguments together, without what separates them"),
    ROW("proc.cmdline", CHARBUF, NONE, FIELD_PROCESS, proc_cmdline,
        "command line: the name of the process, then the arguments"),
    ROW("proc.cmdnargs", UINT64, NONE, FIELD_PROCESS, proc_cmdnargs,
        "number of arguments after the first word"),
    ROW("proc.cwd", CHARBUF, NONE, FIELD_PROCESS, proc_cwd, "directory that the process works in, with a slash at the end"),
    ROW("proc.duration", RELTIME, NONE, 0, proc_duration, "time since the process was made"),
    FIELD_ROW_MADE_OF(FIELD_SYSCALL, "proc.env", CHARBUF, KEY_OR_NONE, FIELD_PROCESS, proc_env, env_of,
        "environment as NAME=value words, or the value of the variable given"),
    ROW("proc.exe", CHARBUF, NONE, FIELD_PROCESS, proc_exe,
        "first word of the command line; whoever starts a program chooses it"),
    ROW("proc.exe_ino", INT64, NONE, FIELD_PROCESS, proc_exe_ino, "inode of the program's file"),
    ROW("proc.exe_ino.ctime", ABSTIME, NONE, FIELD_PROCESS, proc_exe_ino_ctime,
        "when that inode last changed in any way"),
    ROW("proc.exe_ino.ctime_duration_pidns_start", ABSTIME, NONE, 0, pidns_start_to_ctime,
        "how long after the start of the pid namespace it changed; absent when before"),
    ROW("proc.exe_ino.ctime_duration_proc_start", ABSTIME, NONE, 0, ctime_to_proc_start,
        "how long before the process was made it changed"),
    ROW("proc.exe_ino.mtime", ABSTIME, NONE, FIELD_PROCESS, proc_exe_ino_mtime,
        "when the program's file was last written"),
    ROW("proc.exeline", CHARBUF, NONE, FIELD_PROCESS, proc_exeline,
        "command line as started: its first word, then the arguments"),
    ROW("proc.exepath", CHARBUF, NONE, FIELD_PROCESS, proc_exepath,
        "path of the program's file, links resolved, as the process sees it"),
    NONE_YET("proc.fdlimit", INT64, "how many descriptors the process may open"),
    NONE_YET("proc.fdopencount", UINT64, "how many descriptors it has open"),
    NONE_YET("proc.fdusage", DOUBLE, "open descriptors as a part of the limit"),
    ROW("proc.is_exe_from_memfd", BOOL, NONE, FIELD_PROCESS, proc_is_exe_from_memfd,
        "the program's file lives in memory only (memfd_create)"),
    ROW("proc.is_exe_lower_layer", BOOL, NONE, FIELD_PROCESS, proc_is_exe_lower_layer,
        "the program's file is of a lower layer of an overlay: part of the image"),
    ROW("proc.is_exe_upper_layer", BOOL, NONE, FIELD_PROCESS, proc_is_exe_upper_layer,
        "the program's file is of the upper layer of an overlay: not part of the image"),
    ROW("proc.is_exe_writable", BOOL, NONE, FIELD_PROCESS, proc_is_exe_writable,
        "the user who started the program may write its file"),
    ROW("proc.is_pgid_leader", BOOL, NONE, FIELD_PROCESS, proc_is_pgid_leader, "leads its process group"),
    ROW("proc.is_sid_leader", BOOL, NONE, FIELD_PROCESS, proc_is_sid_leader, "leads its session"),
    ROW("proc.is_vpgid_leader", BOOL, NONE, FIELD_PROCESS, proc_is_vpgid_leader,
        "leads its process group, by the ids of its own pid namespace"),
    ROW("proc.name", CHARBUF, NONE, FIELD_PROCESS, proc_name,
        "name the kernel keeps: of the file started, 15 bytes at most; the process may change it"),
    ROW("proc.nchilds", UINT64, NONE, FIELD_PROCESS, proc_nchilds, "threads besides the first"),
    ROW("proc.nthreads", UINT64, NONE, FIELD_PROCESS, proc_nthreads, "threads"),
    ROW("proc.pgid", INT64, NONE, FIELD_PROCESS, proc_pgid, "process group"),
    ROW("proc.pid", INT64, NONE, FIELD_PROCESS, proc_pid, "process id"),
    ROW("proc.pid.ts", RELTIME, NONE, 0, proc_pid_ts,
        "when the process was made, in ns since the epoch"),
    ROW("proc.pidns_init_start_ts", UINT64, NONE, 0, proc_pidns_init_start_ts,
        "when its pid namespace began, in ns since the epoch"),
    ROW("proc.sid", INT64, NONE, FIELD_PROCESS, proc_sid, "session, as its own pid namespace numbers it"),
    NONE_YET("proc.stderr.name", CHARBUF, "what standard error is: path or connection"),
    NONE_YET("proc.stderr.type", CHARBUF, "type of standard error: file, pipe, ipv4 ..."),
    NONE_YET("proc.stdin.name", CHARBUF, "what standard input is: path or connection"),
    NONE_YET("proc.stdin.type", CHARBUF, "type of standard input: file, pipe, ipv4 ..."),
    NONE_YET("proc.stdout.name", CHARBUF, "what standard output is: path or connection"),
    NONE_YET("proc.stdout.type", CHARBUF, "type of standard output: file, pipe, ipv4 ..."),
    ROW("proc.tty", UINT32, NONE, FIELD_PROCESS, proc_tty, "controlling terminal, 0 without one"),
    NONE_YET("proc.vmrss", UINT64, "memory in use, in KiB"),
    NONE_YET("proc.vmsize", UINT64, "address space, in KiB"),
    NONE_YET("proc.vmswap", UINT64, "memory swapped out, in KiB"),
    ROW("proc.vpgid", INT64, NONE, FIELD_PROCESS, proc_vpgid,
        "process group, as its own pid namespace numbers it"),
    ROW("proc.vpid", INT64, NONE, FIELD_PROCESS, proc_vpid,
        "process id, as its own pid namespace numbers it"),
};
/* clang-format on */

const struct field_table field_table_proc = FIELD_TABLE("Processes", rows);
