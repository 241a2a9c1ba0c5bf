#include "decode/recorded.h"

#include "base/buf.h"
#include "capture/wire_check.h"
#include "decode/wire.h"
#include "event/event.h"

/* --- writing --------------------------------------------------------------------------------- */

static void fill_task(struct wire_task *out, const struct change_task *in)
{
    const struct creds *c = &in->creds;

    *out = (struct wire_task){
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
        .start_ns = in->start_ns,
        .parent_start_ns = in->parent_start_ns,
        .cgroup_v2 = in->cgroup_v2,
        .cgroup_v1 = in->cgroup_v1,
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
        .pidns_start_ns = in->pidns_start_ns,
    };
    struct sv name = sv_sub(in->name, 0, sizeof(out->comm));
    memcpy(out->comm, name.ptr == NULL ? "" : name.ptr, name.len);
}

static uint32_t flags_of(const struct change_program *program)
{
    return (program->args_cut ? WIRE_ARGS_CUT : 0u) | (program->env_cut ? WIRE_ENV_CUT : 0u) |
           (program->from_memfd ? WIRE_EXE_MEMFD : 0u) |
           (program->upper_layer ? WIRE_EXE_UPPER : 0u) |
           (program->lower_layer ? WIRE_EXE_LOWER : 0u) |
           (program->deleted ? WIRE_EXE_DELETED : 0u) |
           (program->writable ? WIRE_EXE_WRITABLE : 0u);
}

static void put_padded(struct buf *out, size_t from)
{
    static const char zeros[8];

    buf_bytes(out, zeros, -(out->len - from) & 7);
}

/* A record, then the program's first name, which its command line begins with. */
static void put_task(struct buf *out, const struct change *change)
{
    const struct change_program *program = &change->program;
    const struct sv text[] = {
        sv_sub(program->path, 0, WIRE_PATH_MAX), sv_sub(program->filename, 0, WIRE_PATH_MAX),
        sv_sub(program->cwd, 0, WIRE_PATH_MAX),  sv_sub(program->args, 0, WIRE_ARGS_MAX),
        sv_sub(program->env, 0, WIRE_ENV_MAX),
    };
    struct wire_exec exec = {
        .hdr = {.time_ns = change->task.exec_ns,
                .kind = WIRE_EXEC,
                .pid = change->task.pid,
                .tid = change->task.pid,
                .start_ns = change->task.start_ns,
                .flags = flags_of(program)},
        .exe_ino = program->ino,
        .exe_ctime_ns = program->ctime_wall_ns,
        .exe_mtime_ns = program->mtime_wall_ns,
        .exe_dev = program->dev,
        .call = WIRE_CALL_EXECVE,
        .path_len = (uint16_t)text[0].len,
        .filename_len = (uint16_t)text[1].len,
        .cwd_len = (uint16_t)text[2].len,
        .args_len = (uint16_t)text[3].len,
        .env_len = (uint16_t)text[4].len,
    };
    size_t len = sizeof(exec);

    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        len += text[i].len;
    exec.hdr.size = (uint32_t)((len + 7) & ~(size_t)7);
    fill_task(&exec.task, &change->task);
    buf_bytes(out, &exec, sizeof(exec));
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        buf_sv(out, text[i]);
    put_padded(out, 0);
    buf_sv(out, sv_sub(program->name, 0, WIRE_COMM_MAX));
}

static void put_exit(struct buf *out, const struct change *change)
{
    const struct wire_exit exit = {
        .hdr = {.time_ns = change->time_ns,
                .size = sizeof(exit),
                .kind = WIRE_EXIT,
                .pid = change->task.pid,
                .tid = change->task.pid,
                .start_ns = change->task.start_ns},
    };

    buf_bytes(out, &exit, sizeof(exit));
}

static void put_cgroup(struct buf *out, const struct change *change)
{
    struct sv path = sv_sub(change->cgroup_path, 0, WIRE_PATH_MAX);
    struct wire_cgroup cgroup = {
        .hdr = {.kind = WIRE_CGROUP},
        .id = change->cgroup_id,
        .hierarchy = change->cgroup_is_v1 ? WIRE_CGROUP_V1 : WIRE_CGROUP_V2,
        .path_len = (uint16_t)path.len,
    };

    cgroup.hdr.size = (uint32_t)((sizeof(cgroup) + path.len + 7) & ~(size_t)7);
    buf_bytes(out, &cgroup, sizeof(cgroup));
    buf_sv(out, path);
    put_padded(out, 0);
}

void recorded_put_change(struct buf *out, const struct change *change)
{
    scoped(buf_done) struct buf bytes = {0};

    switch (change->kind) {
    case CHANGE_TASK:
        put_task(&bytes, change);
        scap_extra_item(out, SCAP_EXTRA_TASK, buf_view(&bytes));
        break;
    case CHANGE_EXIT:
        put_exit(&bytes, change);
        scap_extra_item(out, SCAP_EXTRA_ENDED, buf_view(&bytes));
        break;
    case CHANGE_CGROUP:
        put_cgroup(&bytes, change);
        scap_extra_item(out, SCAP_EXTRA_CGROUP, buf_view(&bytes));
        break;
    default:
        break;
    }
}

void recorded_put_record(struct buf *out, const struct scap_extra_clock *clock,
                         const struct wire_header *record)
{
    scap_extra_item(out, SCAP_EXTRA_CLOCK, (struct sv){(const char *)clock, sizeof(*clock)});
    scap_extra_item(out, SCAP_EXTRA_RECORD, (struct sv){(const char *)record, record->size});
}

static void put_words(struct buf *out, const struct sv *word, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_sv(out, word[i]);
        buf_char(out, '\0');
    }
}

void recorded_put_user(struct buf *out, const struct user *user, struct sv container_id)
{
    const struct sv word[] = {user->name, user->home, user->shell, container_id};
    const struct scap_extra_id id = {.id = user->uid};
    scoped(buf_done) struct buf bytes = {0};

    buf_bytes(&bytes, &id, sizeof(id));
    put_words(&bytes, word, ARRAY_LEN(word));
    scap_extra_item(out, SCAP_EXTRA_USER, buf_view(&bytes));
}

void recorded_put_group(struct buf *out, const struct group *group, struct sv container_id)
{
    const struct sv word[] = {group->name, container_id};
    const struct scap_extra_id id = {.id = group->gid};
    scoped(buf_done) struct buf bytes = {0};

    buf_bytes(&bytes, &id, sizeof(id));
    put_words(&bytes, word, ARRAY_LEN(word));
    scap_extra_item(out, SCAP_EXTRA_GROUP, buf_view(&bytes));
}

void recorded_put_place(struct buf *out, const struct recorded_place *place)
{
    const struct sv word[] = {place->hostname, place->node, place->cluster, place->link};
    scoped(buf_done) struct buf bytes = {0};

    put_words(&bytes, word, ARRAY_LEN(word));
    scap_extra_item(out, SCAP_EXTRA_PLACE, buf_view(&bytes));
}

void recorded_put_host(struct buf *out, uint32_t mntns_inum)
{
    scap_extra_item(out, SCAP_EXTRA_HOST,
                    (struct sv){(const char *)&mntns_inum, sizeof(mntns_inum)});
}

void recorded_put_container(struct buf *out, struct sv json)
{
    scap_extra_item(out, SCAP_EXTRA_CONTAINER, json);
}

/* --- reading --------------------------------------------------------------------------------- */

bool recorded_open(struct recorded_reader *reader, struct sv bytes)
{
    uint16_t version;

    if (!scap_extra_open(bytes, &reader->items, &version))
        return false;
    reader->records = version == WIRE_VERSION;
    reader->clock = (struct scap_extra_clock){0};
    return true;
}

/* A checked copy of the record at the front of *bytes, which loses it; NULL when it is none. */
static const struct wire_header *take_record(struct recorded_reader *reader, struct sv *bytes)
{
    const struct wire_header *record = (const struct wire_header *)reader->room;
    uint32_t size;

    if (!reader->records || bytes->len < sizeof(*record) || bytes->len > UINT32_MAX)
        return NULL;
    memcpy(&size, bytes->ptr + offsetof(struct wire_header, size), sizeof(size));
    if (size > sizeof(reader->room) || size > bytes->len)
        return NULL;
    memcpy(reader->room, bytes->ptr, size);
    *bytes = sv_sub(*bytes, size, bytes->len);
    return wire_check(record, size) ? record : NULL;
}

/* What a record of `kind` says, as a change. */
static bool take_change(struct recorded_reader *reader, struct sv *bytes, enum wire_kind kind,
                        struct change *out)
{
    const struct wire_header *record = take_record(reader, bytes);

    if (record == NULL || record->kind != kind)
        return false;
    wire_change(record, out);
    return out->kind != CHANGE_NONE;
}

static bool read_task(struct recorded_reader *reader, struct sv bytes, struct change *out)
{
    if (!take_change(reader, &bytes, WIRE_EXEC, out))
        return false;
    out->kind = CHANGE_TASK;
    out->task.exec_ns = out->time_ns;
    out->time_ns = 0;
    out->program.name = bytes;
    return true;
}

static bool take_word(struct sv *bytes, struct sv *out)
{
    size_t end = sv_find(*bytes, SV("\0"), 0);

    if (end == SIZE_MAX)
        return false;
    *out = sv_sub(*bytes, 0, end);
    *bytes = sv_sub(*bytes, end + 1, bytes->len);
    return true;
}

static bool take_id(struct sv *bytes, uint32_t *out)
{
    struct scap_extra_id id;

    if (bytes->len < sizeof(id))
        return false;
    memcpy(&id, bytes->ptr, sizeof(id));
    *bytes = sv_sub(*bytes, sizeof(id), bytes->len);
    *out = id.id;
    return true;
}

static bool read_clock(struct recorded_reader *reader, struct sv bytes)
{
    if (bytes.len != sizeof(reader->clock))
        return false;
    memcpy(&reader->clock, bytes.ptr, sizeof(reader->clock));
    return true;
}

static bool read_record(struct recorded_reader *reader, struct sv bytes, struct recorded_item *out)
{
    out->kind = RECORDED_RECORD;
    out->clock = reader->clock;
    out->record = take_record(reader, &bytes);
    return out->record != NULL;
}

static bool read_item(struct recorded_reader *reader, const struct scap_extra_item *item,
                      struct recorded_item *out)
{
    struct sv bytes = item->bytes;

    switch ((enum scap_extra_kind)item->kind) {
    case SCAP_EXTRA_PLACE:
        out->kind = RECORDED_PLACE;
        return take_word(&bytes, &out->place.hostname) && take_word(&bytes, &out->place.node) &&
               take_word(&bytes, &out->place.cluster) && take_word(&bytes, &out->place.link);
    case SCAP_EXTRA_HOST:
        out->kind = RECORDED_HOST;
        return take_id(&bytes, &out->mntns_inum);
    case SCAP_EXTRA_RECORD:
        return read_record(reader, bytes, out);
    case SCAP_EXTRA_TASK:
        out->kind = RECORDED_CHANGE;
        return read_task(reader, bytes, &out->change);
    case SCAP_EXTRA_ENDED:
        out->kind = RECORDED_CHANGE;
        return take_change(reader, &bytes, WIRE_EXIT, &out->change);
    case SCAP_EXTRA_CGROUP:
        out->kind = RECORDED_CHANGE;
        return take_change(reader, &bytes, WIRE_CGROUP, &out->change);
    case SCAP_EXTRA_CONTAINER:
        out->kind = RECORDED_CONTAINER;
        out->container = bytes;
        return true;
    case SCAP_EXTRA_USER:
        out->kind = RECORDED_USER;
        return take_id(&bytes, &out->user.uid) && take_word(&bytes, &out->user.name) &&
               take_word(&bytes, &out->user.home) && take_word(&bytes, &out->user.shell) &&
               take_word(&bytes, &out->container);
    case SCAP_EXTRA_GROUP:
        out->kind = RECORDED_GROUP;
        return take_id(&bytes, &out->group.gid) && take_word(&bytes, &out->group.name) &&
               take_word(&bytes, &out->container);
    case SCAP_EXTRA_CLOCK:
        break;
    }
    return false;
}

bool recorded_next(struct recorded_reader *reader, struct recorded_item *out)
{
    struct scap_extra_item item;

    while (scap_extra_next(&reader->items, &item)) {
        if (item.kind == SCAP_EXTRA_CLOCK && read_clock(reader, item.bytes))
            continue;
        if (item.kind != SCAP_EXTRA_RECORD) /* which fills what it has; most are such */
            *out = (struct recorded_item){0};
        if (read_item(reader, &item, out))
            return true;
        reader->odd++;
    }
    return false;
}
