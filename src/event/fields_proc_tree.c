/* proc.*: the relatives of the process: parent, ancestors, leaders of its session and group.
 *
 * proc.aNAME[0] is the process itself, [1] its parent; without an index the values of all
 * ancestors, the parent first. */
#include "event/fields.h"

enum { ENV_LEVELS_MAX = 20 }; /* ancestors whose environment is searched for a variable */

typedef struct sv (*text_fn)(const struct process *process);

static struct sv text_name(const struct process *process)
{
    return process->name;
}

static struct sv text_exe(const struct process *process)
{
    return process->program->exe;
}

static struct sv text_exepath(const struct process *process)
{
    return process->program->path;
}

static struct sv text_args(const struct process *process)
{
    return process->program->args_line;
}

static struct sv text_cmdline(const struct process *process)
{
    return process->program->command_line;
}

/* Values of one process of the line when `ref` has an index, of all ancestors when not. */
static uint32_t of_ancestors(const struct event *e, const struct field_ref *ref, text_fn text,
                             struct value *out)
{
    const struct process *process = e->process;
    uint32_t count = 0;

    if (ref->has_arg) {
        process = field_ancestor(process, ref->index);
        return process == NULL ? 0 : field_sv(out, text(process));
    }
    for (int i = 0; process != NULL && i < PROCESS_ANCESTORS_MAX; i++) {
        process = process->parent;
        if (process != NULL && count < FIELD_VALUES_MAX)
            count += field_sv(&out[count], text(process));
    }
    return count;
}

static uint32_t of_process(const struct process *process, text_fn text, struct value *out)
{
    return process == NULL ? 0 : field_sv(out, text(process));
}

/* A leader that is not known has an empty text: the process has one, whoever it is. */
static uint32_t of_leader(const struct event *e, const struct process *leader, text_fn text,
                          struct value *out)
{
    *out = value_sv(leader == NULL ? SV("") : text(leader));
    return e->process != NULL;
}

static const struct process *parent(const struct event *e)
{
    return e->process == NULL ? NULL : e->process->parent;
}

static const struct process *session_leader(const struct event *e)
{
    return e->process == NULL ? NULL : e->process->session_leader;
}

static const struct process *group_leader(const struct event *e)
{
    return e->process == NULL ? NULL : e->process->group_leader;
}

static uint32_t proc_aexe(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return of_ancestors(e, ref, text_exe, out);
}

static uint32_t proc_aexepath(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return of_ancestors(e, ref, text_exepath, out);
}

static uint32_t proc_aname(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return of_ancestors(e, ref, text_name, out);
}

static uint32_t proc_aargs(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return of_ancestors(e, ref, text_args, out);
}

static uint32_t proc_acmdline(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return of_ancestors(e, ref, text_cmdline, out);
}

static uint32_t proc_apid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    const struct process *process = e->process;
    uint32_t count = 0;

    if (ref->has_arg) {
        process = field_ancestor(process, ref->index);
        return process == NULL ? 0 : field_i64(out, process->pid);
    }
    for (int i = 0; process != NULL && i < PROCESS_ANCESTORS_MAX; i++) {
        process = process->parent;
        if (process != NULL && count < FIELD_VALUES_MAX)
            count += field_i64(&out[count], process->pid);
    }
    return count;
}

/* [2]: the environment of that ancestor; [NAME]: the variable in the nearest one that has it;
 * neither: the environments of all. */
static bool write_aenv(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    static const struct field_ref whole = {.index = -1};
    const struct process *process = e->process;
    bool found = false;

    if (ref->has_arg && ref->index >= 0) {
        process = field_ancestor(process, ref->index);
        return process != NULL && field_write_env(out, process, &whole);
    }
    for (int i = 0; process != NULL && i < ENV_LEVELS_MAX; i++) {
        size_t before = out->len;
        process = process->parent;
        if (process == NULL || (ref->has_arg && found))
            break;
        if (found)
            buf_char(out, ' ');
        if (field_write_env(out, process, ref))
            found = true;
        else if (found && out->error == 0)
            out->ptr[out->len = before] = '\0';
    }
    return found;
}

static uint32_t proc_aenv(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_written(e, ref, write_aenv, out);
}

static uint32_t proc_ppid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL || e->process->ppid == PROCESS_NO_PID
               ? 0
               : field_i64(out, e->process->ppid);
}

static uint32_t proc_pvpid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return parent(e) == NULL ? 0 : field_i64(out, parent(e)->vpid);
}

static uint32_t proc_pname(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return of_process(parent(e), text_name, out);
}

static uint32_t proc_pexe(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return of_process(parent(e), text_exe, out);
}

static uint32_t proc_pexepath(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return of_process(parent(e), text_exepath, out);
}

static uint32_t proc_pcmdline(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return of_process(parent(e), text_cmdline, out);
}

static uint32_t proc_ppid_duration(const struct event *e, const struct field_ref *ref,
                                   struct value *out)
{
    uint64_t start = parent(e) == NULL ? 0 : parent(e)->start_ns;

    return start == 0 || e->boot_ns < start ? 0 : field_u64(out, e->boot_ns - start);
}

static uint32_t proc_ppid_ts(const struct event *e, const struct field_ref *ref, struct value *out)
{
    uint64_t start = parent(e) == NULL ? 0 : field_wall_ns(e, parent(e)->start_ns);

    return start == 0 ? 0 : field_u64(out, start);
}

static uint32_t proc_sname(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return of_leader(e, session_leader(e), text_name, out);
}

static uint32_t proc_sid_exe(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return of_leader(e, session_leader(e), text_exe, out);
}

static uint32_t proc_sid_exepath(const struct event *e, const struct field_ref *ref,
                                 struct value *out)
{
    return of_leader(e, session_leader(e), text_exepath, out);
}

static uint32_t group_name(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return of_leader(e, group_leader(e), text_name, out);
}

static uint32_t group_exe(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return of_leader(e, group_leader(e), text_exe, out);
}

static uint32_t group_exepath(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return of_leader(e, group_leader(e), text_exepath, out);
}

/* A shell is what has a name that ends in "sh". */
static uint32_t proc_loginshellid(const struct event *e, const struct field_ref *ref,
                                  struct value *out)
{
    const struct process *process = e->process;
    const struct process *oldest = NULL;

    for (int i = 0; process != NULL && i <= PROCESS_ANCESTORS_MAX; i++) {
        if (sv_ends(process->name, SV("sh")))
            oldest = process;
        process = process->parent;
    }
    return oldest == NULL ? 0 : field_i64(out, oldest->pid);
}

#define ROW(name, type, arg, extract, meaning)                                                     \
    FIELD_ROW(FIELD_SYSCALL, name, type, arg, FIELD_PROCESS, extract, meaning)
/* By the times of the event, too. */
#define ROW_TIME(name, type, extract, meaning)                                                     \
    FIELD_ROW(FIELD_SYSCALL, name, type, NONE, 0, extract, meaning)

/* clang-format off */
static const struct field rows[] = {
    ROW("proc.aargs", CHARBUF, INDEX_OR_NONE, proc_aargs,
        "proc.args of an ancestor (1 is the parent, 0 the process itself), or of every ancestor"),
    ROW("proc.acmdline", CHARBUF, INDEX_OR_NONE, proc_acmdline, "proc.cmdline, likewise"),
    ROW("proc.aenv", CHARBUF, ANY_OR_NONE, proc_aenv,
        "proc.env, likewise; with a name the variable in the nearest ancestor that has it"),
    ROW("proc.aexe", CHARBUF, INDEX_OR_NONE, proc_aexe, "proc.exe, likewise"),
    ROW("proc.aexepath", CHARBUF, INDEX_OR_NONE, proc_aexepath, "proc.exepath, likewise"),
    ROW("proc.aname", CHARBUF, INDEX_OR_NONE, proc_aname, "proc.name, likewise"),
    ROW("proc.apid", INT64, INDEX_OR_NONE, proc_apid, "proc.pid, likewise"),
    ROW("proc.loginshellid", INT64, NONE, proc_loginshellid,
        "id of the topmost shell among the process and its ancestors: one a login session"),
    ROW("proc.pcmdline", CHARBUF, NONE, proc_pcmdline, "proc.cmdline of the parent"),
    ROW("proc.pexe", CHARBUF, NONE, proc_pexe, "proc.exe of the parent"),
    ROW("proc.pexepath", CHARBUF, NONE, proc_pexepath, "proc.exepath of the parent"),
    ROW("proc.pgid.exe", CHARBUF, NONE, group_exe, "proc.exe of the leader of its process group"),
    ROW("proc.pgid.exepath", CHARBUF, NONE, group_exepath,
        "proc.exepath of the leader of its process group"),
    ROW("proc.pgid.name", CHARBUF, NONE, group_name,
        "proc.name of the leader of its process group"),
    ROW("proc.pname", CHARBUF, NONE, proc_pname, "proc.name of the parent"),
    ROW("proc.ppid", INT64, NONE, proc_ppid, "id of the parent, also after it has gone"),
    ROW_TIME("proc.ppid.duration", RELTIME, proc_ppid_duration,
        "time since the parent was made"),
    ROW_TIME("proc.ppid.ts", RELTIME, proc_ppid_ts,
        "when the parent was made, in ns since the epoch"),
    ROW("proc.pvpid", INT64, NONE, proc_pvpid,
        "id of the parent, as the parent's pid namespace numbers it"),
    ROW("proc.sid.exe", CHARBUF, NONE, proc_sid_exe, "proc.exe of the leader of its session"),
    ROW("proc.sid.exepath", CHARBUF, NONE, proc_sid_exepath,
        "proc.exepath of the leader of its session"),
    ROW("proc.sname", CHARBUF, NONE, proc_sname, "proc.name of the leader of its session"),
    ROW("proc.vpgid.exe", CHARBUF, NONE, group_exe, "the same as proc.pgid.exe"),
    ROW("proc.vpgid.exepath", CHARBUF, NONE, group_exepath, "the same as proc.pgid.exepath"),
    ROW("proc.vpgid.name", CHARBUF, NONE, group_name, "the same as proc.pgid.name"),
};
/* clang-format on */

const struct field_table field_table_proc_tree = FIELD_TABLE("Relatives of the process", rows);
