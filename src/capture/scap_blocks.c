/* Blocks of .scap files.
 *
 * A file is a sequence of blocks, much as in pcapng: type (u32), length of the whole block (u32),
 * body, padding to four bytes, the length again. A reader skips types it does not know as long as
 * no event has come. Entries of lists begin with their own length, so that later versions may add
 * members at the end.
 *
 * The entry of a process ends where sysdig 0.29's did, with the three sets of capabilities that
 * came right after: libs 0.10 put two members in between, so that a longer entry means something
 * else to the one than to the other. docs/decisions/0006 has the whole story. */
#include "capture/scap_blocks.h"

#include "base/buf.h"

enum {
    SECTION_MAGIC = 0x1a2b3c4d,
    VERSION_MAJOR = 1,
    VERSION_MINOR = 2,
    HOSTNAME_BYTES = 128,
    USER_NAME_MAX = 256,
    INTERFACE_V4 = 1,
    INTERFACE_V6 = 2,
    LISTED_USER = 0,
    LISTED_GROUP = 1,
    EVENT_HEADER_BYTES = 26,
};

static void put_u8(struct buf *out, uint8_t number)
{
    buf_bytes(out, &number, sizeof(number));
}

static void put_u16(struct buf *out, uint16_t number)
{
    buf_bytes(out, &number, sizeof(number));
}

static void put_u32(struct buf *out, uint32_t number)
{
    buf_bytes(out, &number, sizeof(number));
}

static void put_u64(struct buf *out, uint64_t number)
{
    buf_bytes(out, &number, sizeof(number));
}

static void put_zeros(struct buf *out, size_t count)
{
    char *room = buf_room(out, count);

    if (room == NULL)
        return;
    memset(room, 0, count);
    out->len += count;
}

/* Length, then text without NUL. */
static void put_text(struct buf *out, struct sv text, size_t max)
{
    text = sv_sub(text, 0, max);
    put_u16(out, (uint16_t)text.len);
    buf_sv(out, text);
}

static void set_u32(struct buf *out, size_t at, uint32_t number)
{
    if (out->error == 0)
        memcpy(out->ptr + at, &number, sizeof(number));
}

static void pad(struct buf *out, size_t from)
{
    put_zeros(out, -(out->len - from) & 3);
}

size_t scap_block_begin(struct buf *out, uint32_t type)
{
    size_t at = out->len;

    put_u32(out, type);
    put_u32(out, 0);
    return at;
}

void scap_block_end(struct buf *out, size_t at)
{
    pad(out, at);

    uint32_t total = (uint32_t)(out->len - at + sizeof(uint32_t));

    put_u32(out, total);
    set_u32(out, at + sizeof(uint32_t), total);
}

/* An entry that begins with its length: with or without the four bytes of that. */
static size_t entry_begin(struct buf *out)
{
    size_t at = out->len;

    put_u32(out, 0);
    return at;
}

static void entry_end(struct buf *out, size_t at)
{
    set_u32(out, at, (uint32_t)(out->len - at));
}

void scap_put_section(struct buf *out)
{
    size_t at = scap_block_begin(out, SCAP_BLOCK_SECTION);

    put_u32(out, SECTION_MAGIC);
    put_u16(out, VERSION_MAJOR);
    put_u16(out, VERSION_MINOR);
    put_u64(out, UINT64_MAX); /* bytes of the section: up to the end of the file */
    scap_block_end(out, at);
}

void scap_put_machine(struct buf *out, const struct scap_machine *machine)
{
    size_t at = scap_block_begin(out, SCAP_BLOCK_MACHINE);
    struct sv name = sv_sub(machine->hostname, 0, HOSTNAME_BYTES - 1);

    put_u32(out, machine->cpus);
    put_u64(out, machine->memory_bytes);
    put_u64(out, machine->pid_max);
    buf_sv(out, name);
    put_zeros(out, HOSTNAME_BYTES - name.len);
    put_u64(out, machine->boot_wall_ns);
    put_zeros(out, 3 * sizeof(uint64_t));
    scap_block_end(out, at);
}

void scap_put_interface(struct buf *out, const struct scap_interface *interface)
{
    size_t bytes = interface->six ? 16 : 4;
    struct sv name = sv_sub(interface->name, 0, SCAP_PATH_MAX - 1);
    size_t at = entry_begin(out);

    put_u16(out, interface->six ? INTERFACE_V6 : INTERFACE_V4);
    put_u16(out, (uint16_t)name.len);
    buf_bytes(out, interface->address, bytes);
    buf_bytes(out, interface->netmask, bytes);
    buf_bytes(out, interface->broadcast, bytes);
    put_u64(out, 0); /* speed of the link */
    buf_sv(out, name);
    set_u32(out, at, (uint32_t)(out->len - at - sizeof(uint32_t))); /* here without the length */
}

void scap_put_user(struct buf *out, const struct scap_user *user)
{
    size_t at = entry_begin(out);

    put_u8(out, LISTED_USER);
    put_u32(out, user->uid);
    put_u32(out, user->gid);
    put_text(out, user->name, USER_NAME_MAX - 1);
    put_text(out, user->home, SCAP_PATH_MAX - 1);
    put_text(out, user->shell, SCAP_PATH_MAX - 1);
    entry_end(out, at);
}

void scap_put_group(struct buf *out, uint32_t gid, struct sv name)
{
    size_t at = entry_begin(out);

    put_u8(out, LISTED_GROUP);
    put_u32(out, gid);
    put_text(out, name, USER_NAME_MAX - 1);
    entry_end(out, at);
}

void scap_put_process(struct buf *out, const struct scap_process *process)
{
    size_t at = entry_begin(out);

    put_u64(out, process->tid);
    put_u64(out, process->pid);
    put_u64(out, process->ptid);
    put_u64(out, process->sid);
    put_u64(out, process->vpgid);
    put_text(out, process->comm, SCAP_PATH_MAX);
    put_text(out, process->exe, SCAP_PATH_MAX);
    put_text(out, process->exe_path, SCAP_PATH_MAX);
    put_text(out, process->args, SCAP_LIST_TEXT_MAX);
    put_text(out, process->cwd, SCAP_PATH_MAX);
    put_u64(out, 0); /* limit of descriptors */
    put_u32(out, process->flags);
    put_u32(out, process->uid);
    put_u32(out, process->gid);
    put_zeros(out, 3 * sizeof(uint32_t) + 2 * sizeof(uint64_t)); /* memory, page faults */
    put_text(out, process->env, SCAP_LIST_TEXT_MAX);
    put_u64(out, process->vtid);
    put_u64(out, process->vpid);
    put_text(out, process->cgroups, SCAP_LIST_TEXT_MAX);
    put_text(out, process->root, SCAP_PATH_MAX);
    put_u32(out, process->login_uid);
    put_u8(out, process->exe_writable);
    put_u64(out, process->cap_inheritable);
    put_u64(out, process->cap_permitted);
    put_u64(out, process->cap_effective);
    entry_end(out, at);
}

void scap_put_fds_of(struct buf *out, uint64_t tid)
{
    put_u64(out, tid);
}

static void put_inet(struct buf *out, const struct scap_fd *fd, size_t bytes)
{
    buf_bytes(out, fd->local, bytes);
    buf_bytes(out, fd->remote, bytes);
    put_u16(out, fd->local_port);
    put_u16(out, fd->remote_port);
    put_u8(out, fd->l4);
}

static void put_listen(struct buf *out, const struct scap_fd *fd, size_t bytes)
{
    buf_bytes(out, fd->local, bytes);
    put_u16(out, fd->local_port);
    put_u8(out, fd->l4);
}

void scap_put_fd(struct buf *out, const struct scap_fd *fd)
{
    size_t at = entry_begin(out);

    put_u64(out, (uint64_t)fd->num);
    put_u64(out, fd->ino);
    put_u8(out, (uint8_t)fd->type);
    switch (fd->type) {
    case SCAP_FD_IPV4:
        put_inet(out, fd, 4);
        break;
    case SCAP_FD_IPV6:
        put_inet(out, fd, 16);
        break;
    case SCAP_FD_IPV4_LISTEN:
        put_listen(out, fd, 4);
        break;
    case SCAP_FD_IPV6_LISTEN:
        put_listen(out, fd, 16);
        break;
    case SCAP_FD_UNIX:
        put_u64(out, fd->source);
        put_u64(out, fd->destination);
        put_text(out, fd->name, SCAP_PATH_MAX - 1);
        break;
    case SCAP_FD_FILE_V2:
        put_u32(out, fd->open_flags);
        put_text(out, fd->name, SCAP_PATH_MAX - 1);
        put_u32(out, fd->dev);
        break;
    default:
        put_text(out, fd->name, SCAP_PATH_MAX - 1);
        break;
    }
    entry_end(out, at);
}

/* Lengths of parameters have 16 bits, 32 in the few events that say so in the table. */
static void put_lengths(struct buf *out, const struct scap_raw *event, bool wide)
{
    for (uint32_t i = 0; i < event->param_count; i++) {
        if (wide)
            put_u32(out, (uint32_t)event->param[i].len);
        else
            put_u16(out, (uint16_t)event->param[i].len);
    }
}

void scap_put_event(struct buf *out, const struct scap_raw *event)
{
    const struct scap_event_info *info = scap_event_info(event->code);
    bool wide = info != NULL && (info->flags & SCAP_LARGE) != 0;
    size_t len = EVENT_HEADER_BYTES;

    for (uint32_t i = 0; i < event->param_count; i++)
        len += event->param[i].len + (wide ? sizeof(uint32_t) : sizeof(uint16_t));

    size_t at = scap_block_begin(out, wide ? SCAP_BLOCK_EVENT_LARGE : SCAP_BLOCK_EVENT);

    put_u16(out, event->cpu);
    put_u64(out, event->time_ns);
    put_u64(out, event->tid);
    put_u32(out, (uint32_t)len);
    put_u16(out, event->code);
    put_u32(out, event->param_count);
    put_lengths(out, event, wide);
    for (uint32_t i = 0; i < event->param_count; i++)
        buf_sv(out, event->param[i]);
    scap_block_end(out, at);
}

static uint32_t u32_at(struct sv bytes, size_t at)
{
    uint32_t number;

    memcpy(&number, bytes.ptr + at, sizeof(number));
    return number;
}

bool scap_block_next(struct sv *blocks, uint32_t *type, struct sv *body)
{
    enum { HEAD = 8, TAIL = 4 };
    uint32_t total;

    if (blocks->len < HEAD + TAIL)
        return false;
    total = u32_at(*blocks, sizeof(uint32_t));
    if (total < HEAD + TAIL || total > blocks->len)
        return false;
    *type = u32_at(*blocks, 0);
    *body = sv_sub(*blocks, HEAD, total - HEAD - TAIL);
    *blocks = sv_sub(*blocks, total, blocks->len);
    return true;
}

struct sv scap_carried(struct sv body)
{
    enum { CPU_BYTES = 2, CODE_AT = CPU_BYTES + 20, PARAMS_AT = CPU_BYTES + EVENT_HEADER_BYTES };
    uint16_t code, len;

    if (body.len < PARAMS_AT + sizeof(len))
        return (struct sv){NULL, 0};
    memcpy(&code, body.ptr + CODE_AT, sizeof(code));
    memcpy(&len, body.ptr + PARAMS_AT, sizeof(len));
    if (code != SCAP_CODE_OURS || len > body.len - PARAMS_AT - sizeof(len))
        return (struct sv){NULL, 0};
    return sv_sub(body, PARAMS_AT + sizeof(len), len);
}
