/* Records of the kernel ring to events and changes.
 *
 * Parameters are appended in the order of the event table (event/event_table.c): each fill_*()
 * follows the row of its type. What a record does not hold is appended as absent. */
#include "decode/wire.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "decode/call_table.h"
#include "decode/flags.h"
#include "decode/path.h"
#include "event/event_flags.h"

enum {
    MODE_BITS = 07777,
    EXIT_CORE = 0x80,
    CONNECTION_TEXT_MAX = 128, /* two IPv6 addresses with their ports */
    RESOURCES_COUNT =
        6, /* parameters of exec and clone that records do not hold: fdlimit to vm_swap */
};

enum event_type wire_call_type(enum wire_call call)
{
    return call < WIRE_CALL_COUNT ? call_row(call)->type : EVENT_NONE;
}

struct wire_calls wire_calls_of(const struct event_set *types)
{
    struct wire_calls calls = {{0}};

    for (int call = 0; call < WIRE_CALL_COUNT; call++) {
        if (event_set_has(types, wire_call_type(call)))
            wire_calls_add(&calls, (uint32_t)call);
    }
    return calls;
}

/* The variable text of a record, taken from its front. */
static struct sv text_of(const struct wire_header *record, size_t fixed)
{
    return (struct sv){(const char *)record + fixed, record->size - fixed};
}

static struct sv take_text(struct sv *text, size_t len)
{
    struct sv part = sv_sub(*text, 0, len);

    *text = sv_sub(*text, part.len, text->len);
    return part;
}

static void add(struct event *event, struct value value)
{
    assert(event->arg_count < EVENT_ARGS_MAX);
    event->arg[event->arg_count++] = value;
}

static void add_sv(struct event *event, struct sv text)
{
    add(event, text.len > 0 ? value_sv(text) : (struct value){.kind = VALUE_ABSENT});
}

static void add_absent(struct event *event, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        add(event, (struct value){.kind = VALUE_ABSENT});
}

static void set_result(struct event *event, int64_t result)
{
    event->has_result = true;
    event->result = result;
}

/* --- processes ------------------------------------------------------------------------------- */

static struct sv comm_of(const struct wire_task *task)
{
    return (struct sv){task->comm, strnlen(task->comm, sizeof(task->comm))};
}

static void fill_task(struct change_task *out, const struct wire_task *in)
{
    const struct wire_creds *c = &in->creds;

    *out = (struct change_task){
        .pid = in->pid,
        .ppid = in->ppid,
        .vpid = in->vpid,
        .vppid = in->vppid,
        .pgid = in->pgid,
        .sid = in->sid,
        .vpgid = in->vpgid,
        .vsid = in->vsid,
        .tty = in->tty,
        .pidns_inum = in->pidns_inum,
        .mntns_inum = in->mntns_inum,
        .threads = in->threads,
        .start_ns = in->start_ns,
        .parent_start_ns = in->parent_start_ns,
        .pidns_start_ns = in->pidns_start_ns,
        .cgroup_v2 = in->cgroup_v2,
        .cgroup_v1 = in->cgroup_v1,
        .creds = {.uid = c->uid,
                  .gid = c->gid,
                  .euid = c->euid,
                  .egid = c->egid,
                  .suid = c->suid,
                  .sgid = c->sgid,
                  .fsuid = c->fsuid,
                  .fsgid = c->fsgid,
                  .login_uid = c->login_uid,
                  .session_id = c->session_id,
                  .cap_inheritable = c->cap_inheritable,
                  .cap_permitted = c->cap_permitted,
                  .cap_effective = c->cap_effective},
        .name = comm_of(in),
    };
}

static void fill_program(struct change_program *out, const struct wire_exec *exec)
{
    struct sv text = text_of(&exec->hdr, sizeof(*exec));
    uint32_t flags = exec->hdr.flags;

    *out = (struct change_program){
        .path = take_text(&text, exec->path_len),
        .filename = take_text(&text, exec->filename_len),
        .cwd = take_text(&text, exec->cwd_len),
        .args = take_text(&text, exec->args_len),
        .env = take_text(&text, exec->env_len),
        .ino = exec->exe_ino,
        .ctime_wall_ns = exec->exe_ctime_ns,
        .mtime_wall_ns = exec->exe_mtime_ns,
        .dev = exec->exe_dev,
        .args_cut = (flags & WIRE_ARGS_CUT) != 0,
        .env_cut = (flags & WIRE_ENV_CUT) != 0,
        .from_memfd = (flags & WIRE_EXE_MEMFD) != 0,
        .upper_layer = (flags & WIRE_EXE_UPPER) != 0,
        .lower_layer = (flags & WIRE_EXE_LOWER) != 0,
        .deleted = (flags & WIRE_EXE_DELETED) != 0,
        .writable = (flags & WIRE_EXE_WRITABLE) != 0,
    };
}

static uint32_t exe_flags(const struct change_program *program)
{
    return (program->writable ? EVENT_EXE_WRITABLE : 0u) |
           (program->upper_layer ? EVENT_EXE_UPPER_LAYER : 0u) |
           (program->from_memfd ? EVENT_EXE_FROM_MEMFD : 0u) |
           (program->lower_layer ? EVENT_EXE_LOWER_LAYER : 0u);
}

static void fill_exec(struct event *event, const struct wire_header *hdr,
                      const struct change *change)
{
    const struct change_task *task = &change->task;
    const struct change_program *program = &change->program;
    struct sv args = program->args;
    struct sv exe = sv_split(&args, '\0');

    set_result(event, 0);
    if (hdr->tid == hdr->pid)
        event->vtid = task->vpid;
    add(event, value_i64(0));
    add_sv(event, exe);
    add_sv(event, args);
    add(event, value_i64(hdr->tid));
    add(event, value_i64(task->pid));
    add(event, value_i64(task->ppid));
    add_sv(event, program->cwd);
    add_absent(event, RESOURCES_COUNT);
    add_sv(event, task->name);
    add_absent(event, 1); /* cgroups */
    add_sv(event, program->env);
    add(event, value_u64(task->tty));
    add(event, value_i64(task->vpgid));
    add(event, value_u64(task->creds.login_uid));
    add(event, value_u64(exe_flags(program)));
    add(event, value_u64(task->creds.cap_inheritable));
    add(event, value_u64(task->creds.cap_permitted));
    add(event, value_u64(task->creds.cap_effective));
    add(event, value_u64(program->ino));
    add(event, value_u64(program->ctime_wall_ns));
    add(event, value_u64(program->mtime_wall_ns));
    add(event, value_u64(task->creds.euid));
    add_sv(event, program->path);
    add(event, value_i64(task->pgid));
    add(event, value_u64(task->creds.egid));
    if (event->type == EVENT_EXECVE)
        add_sv(event, program->filename);
}

static void fill_exit(struct event *event, const struct wire_exit *exit)
{
    uint32_t code = (uint32_t)exit->exit_code;

    add(event, value_i64(exit->exit_code));
    add(event, value_i64((code >> 8) & 0xff));
    add(event, value_u64(code & 0x7f));
    add(event, value_u64((code & EXIT_CORE) != 0));
    add(event, value_i64(exit->reaper_pid));
}

/* The clone family; the record knows what was asked and what came of it. */
/* --- files ----------------------------------------------------------------------------------- */

static char fd_type_of(uint32_t file_mode)
{
    if (file_mode == 0)
        return 0;
    return S_ISDIR(file_mode) ? 'd' : 'f';
}

static uint32_t open_event_flags(const struct wire_open *open)
{
    uint32_t flags = flags_open(open->flags);

    if ((open->hdr.flags & WIRE_FILE_CREATED) != 0)
        flags |= EVENT_O_CREATED;
    if ((open->hdr.flags & WIRE_FILE_UPPER) != 0)
        flags |= EVENT_O_UPPER_LAYER;
    if ((open->hdr.flags & WIRE_FILE_LOWER) != 0)
        flags |= EVENT_O_LOWER_LAYER;
    return flags;
}

static void fill_open_args(struct event *event, const struct wire_open *open, struct sv raw)
{
    add(event, value_i64(open->result));
    if (event->type == EVENT_OPENAT || event->type == EVENT_OPENAT2)
        add(event, value_i64(open->dirfd));
    add_sv(event, raw);
    if (event->type != EVENT_CREAT)
        add(event, value_u64(open_event_flags(open)));
    add(event, value_u64(event->mode));
    if (event->type == EVENT_OPENAT2)
        add(event, value_u64(flags_resolve(open->resolve)));
    add(event, value_u64(event_dev(open->dev)));
    add(event, value_u64(open->ino));
    if (event->type == EVENT_CREAT)
        add(event, value_u64((event->fd.upper_layer ? EVENT_CREAT_UPPER_LAYER : 0u) |
                             (event->fd.lower_layer ? EVENT_CREAT_LOWER_LAYER : 0u)));
}

static void fill_open(struct event *event, const struct wire_open *open)
{
    struct sv text = text_of(&open->hdr, offsetof(struct wire_open, data));
    struct sv opened = take_text(&text, open->path_len);
    struct sv raw = take_text(&text, open->raw_len);
    struct sv base = take_text(&text, open->base_len);
    bool done = open->result >= 0;

    set_result(event, open->result);
    event->open_flags = event->type == EVENT_CREAT ? O_CREAT | O_WRONLY | O_TRUNC : open->flags;
    if ((event->open_flags & O_CREAT) != 0 || (event->open_flags & O_TMPFILE) == O_TMPFILE)
        event->mode = open->mode & MODE_BITS;
    event->path_raw = raw;
    event->path = opened;
    if (opened.len == 0 && raw.len > 0)
        event->path = path_join(event->scratch, base, raw);
    event->fd = (struct event_fd){
        .known = true,
        .num = done ? open->result : -1,
        .type = done ? fd_type_of(open->file_mode) : (char)0,
        .name = event->path,
        .name_raw = raw,
        .ino = open->ino,
        .dev = open->dev,
        .upper_layer = (open->hdr.flags & WIRE_FILE_UPPER) != 0,
        .lower_layer = (open->hdr.flags & WIRE_FILE_LOWER) != 0,
    };
    fill_open_args(event, open, raw);
}

/* --- records --------------------------------------------------------------------------------- */

static size_t fixed_size(uint16_t kind)
{
    switch ((enum wire_kind)kind) {
    case WIRE_FORK:
    case WIRE_TASK:
        return sizeof(struct wire_task_record);
    case WIRE_EXEC:
        return sizeof(struct wire_exec);
    case WIRE_EXIT:
        return sizeof(struct wire_exit);
    case WIRE_CGROUP:
        return sizeof(struct wire_cgroup);
    case WIRE_OPEN:
        return offsetof(struct wire_open, data);
    case WIRE_CALL:
        return sizeof(struct wire_call_record);
    case WIRE_KIND_COUNT:
        break;
    }
    return SIZE_MAX;
}

static void fill_cgroup(struct change *change, const struct wire_cgroup *cgroup)
{
    static const enum change_cgroup whats[] = {
        [WIRE_CGROUP_SEEN] = CHANGE_CGROUP_SEEN,
        [WIRE_CGROUP_MADE] = CHANGE_CGROUP_MADE,
        [WIRE_CGROUP_GONE] = CHANGE_CGROUP_GONE,
    };
    struct sv text = text_of(&cgroup->hdr, sizeof(*cgroup));

    change->kind = CHANGE_CGROUP;
    change->cgroup_id = cgroup->id;
    change->cgroup_what =
        cgroup->what < ARRAY_LEN(whats) ? whats[cgroup->what] : CHANGE_CGROUP_SEEN;
    change->cgroup_is_v1 = cgroup->hierarchy == WIRE_CGROUP_V1;
    change->cgroup_path = take_text(&text, cgroup->path_len);
}

/* setpgid(2) of a child; ids are those that the caller sees. */
static void fill_child_group(struct change *change, const struct wire_call_record *call)
{
    uint32_t child = (uint32_t)call->arg[0], group = (uint32_t)call->arg[1];

    change->kind = CHANGE_GROUP;
    change->task = (struct change_task){
        .pid = call->hdr.pid,
        .start_ns = call->hdr.start_ns,
        .vpid = child,
        .vpgid = group == 0 ? child : group,
    };
}

static void fill_call_change(struct change *change, const struct wire_call_record *call)
{
    const uint32_t told = 1u << WIRE_PART_TASK | 1u << WIRE_PART_CWD;
    struct call_view view;

    if ((call->parts & told) == 0 || !call_open(&view, call, NULL))
        return;
    if (view.task == NULL) {
        change->kind = CHANGE_CWD;
        change->task.pid = call->hdr.pid;
        change->task.start_ns = call->hdr.start_ns;
    } else if (call->call == WIRE_CALL_SETPGID && (uint32_t)call->arg[0] != 0 &&
               (uint32_t)call->arg[0] != view.task->vpid) {
        fill_child_group(change, call);
    } else {
        change->kind = CHANGE_UPDATE;
        fill_task(&change->task, view.task);
        if (call->hdr.tid != call->hdr.pid)
            change->task.name = (struct sv){NULL, 0}; /* that of a thread */
    }
    change->program.cwd = view.part[WIRE_PART_CWD];
}

void wire_change(const struct wire_header *record, struct change *change)
{
    const struct wire_task_record *task = (const struct wire_task_record *)record;
    const struct wire_exec *exec = (const struct wire_exec *)record;

    *change = (struct change){.kind = CHANGE_NONE, .time_ns = record->time_ns};
    switch (record->kind) {
    case WIRE_FORK:
    case WIRE_TASK:
        change->kind = record->kind == WIRE_FORK ? CHANGE_FORK : CHANGE_TASK;
        fill_task(&change->task, &task->task);
        break;
    case WIRE_EXEC:
        change->kind = CHANGE_EXEC;
        fill_task(&change->task, &exec->task);
        fill_program(&change->program, exec);
        break;
    case WIRE_EXIT:
        change->kind = CHANGE_EXIT;
        change->task.pid = record->pid;
        change->task.start_ns = record->start_ns;
        break;
    case WIRE_CGROUP:
        fill_cgroup(change, (const struct wire_cgroup *)record);
        break;
    case WIRE_CALL:
        fill_call_change(change, (const struct wire_call_record *)record);
        break;
    default:
        break;
    }
}

/* The type of event that a record makes, EVENT_NONE for none. */
static enum event_type type_of(const struct wire_header *record)
{
    enum event_type type = EVENT_NONE;

    switch (record->kind) {
    case WIRE_EXEC:
        return wire_call_type(((const struct wire_exec *)record)->call) == EVENT_EXECVEAT
                   ? EVENT_EXECVEAT
                   : EVENT_EXECVE;
    case WIRE_EXIT:
        return EVENT_PROCEXIT;
    case WIRE_OPEN:
        type = wire_call_type(((const struct wire_open *)record)->call);
        return event_opens(type) ? type : EVENT_NONE;
    case WIRE_CALL:
        return wire_call_type(((const struct wire_call_record *)record)->call);
    default:
        return EVENT_NONE;
    }
}

static void fill_event(struct event *event, const struct wire_header *record,
                       const struct change *change)
{
    switch (record->kind) {
    case WIRE_EXEC:
        fill_exec(event, record, change);
        break;
    case WIRE_EXIT:
        fill_exit(event, (const struct wire_exit *)record);
        break;
    case WIRE_OPEN:
        fill_open(event, (const struct wire_open *)record);
        break;
    default:
        call_decode(event, (const struct wire_call_record *)record);
        break;
    }
}

enum wire_outcome wire_decode(struct wire_decoder *decoder, const struct wire_header *record,
                              struct arena *scratch, struct event *event, struct change *change)
{
    *event = (struct event){.source = SOURCE_SYSCALL, .scratch = scratch};
    *change = (struct change){.kind = CHANGE_NONE};
    if (record->size < fixed_size(record->kind))
        return WIRE_CHANGE_ONLY;
    wire_change(record, change);
    event->type = type_of(record);
    if (event->type == EVENT_NONE)
        return WIRE_CHANGE_ONLY;
    event->num = ++decoder->num;
    event->time_ns = record->time_ns + (uint64_t)decoder->boot_offset_ns;
    event->boot_ns = record->time_ns;
    event->cpu = record->cpu;
    event->tid = record->tid;
    event->io_uring = (record->flags & WIRE_URING) != 0;
    event->name_unsure = (record->flags & WIRE_NAME_UNSURE) != 0;
    event->name_cut = (record->flags & WIRE_PATH_CUT) != 0;
    fill_event(event, record, change);
    return WIRE_EVENT;
}

enum wire_outcome wire_pass(struct wire_decoder *decoder, const struct wire_header *record,
                            struct change *change)
{
    *change = (struct change){.kind = CHANGE_NONE};
    if (record->size < fixed_size(record->kind))
        return WIRE_CHANGE_ONLY;
    wire_change(record, change);
    if (type_of(record) == EVENT_NONE)
        return WIRE_CHANGE_ONLY;
    decoder->num++;
    return WIRE_EVENT;
}
