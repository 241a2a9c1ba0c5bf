/* The table of calls. A row names, for each parameter of the event in the order of the event table,
 * the function that gets it from the record; the bits and numbers of the kernel become those of the
 * event schema on the way (decode/flags.h). Rows of calls whose events have no parameters are BARE.
 */
#include "decode/call_table.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/attr.h"
#include "decode/flags.h"
#include "decode/socket.h"
#include "event/event_flags.h"

enum {
    MODE_BITS = 07777,
    PERCENT = 100,
    QUOTA_COMMAND_SHIFT = 8,
    QUOTA_TYPE_MASK = 0xff,
};

/* The first word of quotactl(2), its type shifted out. */
enum quota_command {
    QUOTA_ON = 0x800002,
    QUOTA_GETFMT = 0x800004,
    QUOTA_GETINFO = 0x800005,
    QUOTA_SETINFO = 0x800006,
    QUOTA_GETQUOTA = 0x800007,
    QUOTA_SETQUOTA = 0x800008,
};

static const struct value no_value = {.kind = VALUE_ABSENT};

static struct value text_value(const struct call_view *view, enum wire_part part)
{
    return call_has(view, part) ? value_sv(view->part[part]) : no_value;
}

/* Numbers */

static struct value absent(const struct call_view *view, uint32_t index)
{
    return no_value;
}

static struct value zero(const struct call_view *view, uint32_t index)
{
    return value_u64(0);
}

static struct value result(const struct call_view *view, uint32_t index)
{
    return value_i64(view->record->result);
}

/* The descriptor that the call gave, or the negative errno. */
static struct value descriptor(const struct call_view *view, uint32_t index)
{
    return value_i64(view->record->result);
}

/* The bytes that were moved. */
static struct value moved(const struct call_view *view, uint32_t index)
{
    return value_u64(view->record->result < 0 ? 0 : (uint64_t)view->record->result);
}

static struct value i32(const struct call_view *view, uint32_t index)
{
    return value_i64((int32_t)view->record->arg[index]);
}

static struct value u8(const struct call_view *view, uint32_t index)
{
    return value_u64((uint8_t)view->record->arg[index]);
}

static struct value u16(const struct call_view *view, uint32_t index)
{
    return value_u64((uint16_t)view->record->arg[index]);
}

static struct value u32(const struct call_view *view, uint32_t index)
{
    return value_u64((uint32_t)view->record->arg[index]);
}

static struct value word(const struct call_view *view, uint32_t index)
{
    return value_u64(view->record->arg[index]);
}

/* 32-bit programs give a place in a file as two halves. */
static struct value position(const struct call_view *view, uint32_t index)
{
    const struct wire_call_record *record = view->record;

    if ((record->hdr.flags & WIRE_COMPAT) == 0)
        return word(view, index);
    return value_u64((uint32_t)record->arg[index] | record->arg[index + 1] << 32);
}

static struct value tid(const struct call_view *view, uint32_t index)
{
    return value_i64(view->record->hdr.tid);
}

static struct value pid(const struct call_view *view, uint32_t index)
{
    return value_i64(view->record->hdr.pid);
}

static struct value mode(const struct call_view *view, uint32_t index)
{
    return value_u64(view->record->arg[index] & MODE_BITS);
}

static struct value ino(const struct call_view *view, uint32_t index)
{
    return value_u64(view->record->fd.ino);
}

static struct value dev(const struct call_view *view, uint32_t index)
{
    return value_u64(event_dev(view->record->fd.dev));
}

/* Structures: numbers at an offset, absent when the structure could not be read */

static bool read_at(const struct call_view *view, enum wire_part part, size_t offset, void *out,
                    size_t size)
{
    if (offset + size > view->part[part].len)
        return false;
    memcpy(out, view->part[part].ptr + offset, size);
    return true;
}

static uint32_t u32_at(const struct call_view *view, enum wire_part part, size_t offset)
{
    uint32_t number = 0;

    return read_at(view, part, offset, &number, sizeof(number)) ? number : 0;
}

static uint64_t u64_at(const struct call_view *view, enum wire_part part, size_t offset)
{
    uint64_t number = 0;

    return read_at(view, part, offset, &number, sizeof(number)) ? number : 0;
}

static struct value struct_i32(const struct call_view *view, uint32_t offset)
{
    return view->record->result < 0 ? value_i64(-1)
                                    : value_i64((int32_t)u32_at(view, WIRE_PART_STRUCT, offset));
}

static struct value struct_u32(const struct call_view *view, uint32_t offset)
{
    return value_u64(u32_at(view, WIRE_PART_STRUCT, offset));
}

static struct value struct_u64(const struct call_view *view, uint32_t offset)
{
    return value_u64(u64_at(view, WIRE_PART_STRUCT, offset));
}

static struct value struct2_u64(const struct call_view *view, uint32_t offset)
{
    return value_u64(u64_at(view, WIRE_PART_STRUCT2, offset));
}

/* struct rlimit: 0 and 1 are its numbers, 2 and 3 those of the second one. */
static struct value limit(const struct call_view *view, uint32_t index)
{
    enum wire_part part = index < 2 ? WIRE_PART_STRUCT : WIRE_PART_STRUCT2;
    bool narrow =
        view->record->call == WIRE_CALL_SETRLIMIT && (view->record->hdr.flags & WIRE_COMPAT) != 0;

    if (narrow)
        return value_i64((int32_t)u32_at(view, part, index % 2 * sizeof(uint32_t)));
    return value_i64((int64_t)u64_at(view, part, index % 2 * sizeof(uint64_t)));
}

/* Texts */

static struct value name(const struct call_view *view, uint32_t index)
{
    return text_value(view, WIRE_PART_NAME);
}

static struct value new_name(const struct call_view *view, uint32_t index)
{
    return text_value(view, WIRE_PART_NEW_NAME);
}

static struct value string(const struct call_view *view, uint32_t index)
{
    return text_value(view, WIRE_PART_STRING);
}

static struct value file_path(const struct call_view *view, uint32_t index)
{
    return text_value(view, WIRE_PART_FD);
}

static struct value text_or_none(struct sv text)
{
    return text.len > 0 ? value_sv(text) : no_value;
}

static struct value data(const struct call_view *view, uint32_t index)
{
    return text_or_none(view->part[WIRE_PART_DATA]);
}

/* Flags */

static struct value file_flags(const struct call_view *view, uint32_t index)
{
    return value_u64(flags_file((uint32_t)view->record->arg[index]));
}

static struct value opened_flags(const struct call_view *view, uint32_t index)
{
    return value_u64(flags_open((uint32_t)view->record->arg[index]));
}

static struct value clone_flags(const struct call_view *view, uint32_t index)
{
    return value_u64(flags_clone(view->record->arg[index]));
}

static struct value clone3_flags(const struct call_view *view, uint32_t index)
{
    return value_u64(flags_clone(u64_at(view, WIRE_PART_STRUCT, 0)));
}

static struct value chown_flags(const struct call_view *view, uint32_t index)
{
    return value_u64(flags_chown((uint32_t)view->record->arg[index]));
}

static struct value mount_flags(const struct call_view *view, uint32_t index)
{
    return value_u64(flags_mount(view->record->arg[index]));
}

static struct value pidfd_flags(const struct call_view *view, uint32_t index)
{
    return value_u64(flags_pidfd((uint32_t)view->record->arg[index]));
}

static struct value module_flags(const struct call_view *view, uint32_t index)
{
    return value_u64(flags_delete_module((uint32_t)view->record->arg[index]));
}

static struct value fcntl_command(const struct call_view *view, uint32_t index)
{
    return value_u64(flags_fcntl((uint32_t)view->record->arg[index]));
}

static struct value ptrace_request(const struct call_view *view, uint32_t index)
{
    return value_u64(flags_ptrace(view->record->arg[index]));
}

static struct value shutdown_how(const struct call_view *view, uint32_t index)
{
    uint32_t how = (uint32_t)view->record->arg[index];

    return value_u64(how > SHUT_RDWR ? UINT8_MAX : how);
}

static struct value ring_flags(const struct call_view *view, uint32_t offset)
{
    return value_u64(flags_ring(u32_at(view, WIRE_PART_STRUCT, offset)));
}

/* The bits that have names. */
static struct value ring_features(const struct call_view *view, uint32_t index)
{
    enum { OFFSET = 20 };
    uint32_t known = 0;

    for (const struct event_flag *flag = event_flag_io_uring_setup_feats; flag->name != NULL;
         flag++)
        known |= (uint32_t)flag->value;
    return value_u64(u32_at(view, WIRE_PART_STRUCT, OFFSET) & known);
}

/* Sockets */

static struct value tuple(const struct call_view *view, uint32_t index)
{
    const struct event *event = view->event;
    bool sends = event_type_info(event->type)->io == EVENT_IO_WRITE;

    if (view->socket == NULL)
        return no_value;
    if (view->record->result < 0 && view->record->result != -EINPROGRESS && !sends)
        return no_value;
    return text_or_none(event->fd.name);
}

static struct value remote_name(const struct call_view *view, uint32_t index)
{
    if (view->socket == NULL)
        return no_value;
    return text_or_none(socket_remote_name(&view->event->fd, view->event->scratch));
}

static struct value local_name(const struct call_view *view, uint32_t index)
{
    if (view->socket == NULL)
        return no_value;
    return text_or_none(socket_local_name(&view->event->fd, view->event->scratch));
}

static struct value queue_length(const struct call_view *view, uint32_t index)
{
    return value_u64(view->socket == NULL ? 0 : view->socket->queue);
}

static struct value queue_max(const struct call_view *view, uint32_t index)
{
    return value_u64(view->socket == NULL ? 0 : view->socket->queue_max);
}

static struct value queue_percent(const struct call_view *view, uint32_t index)
{
    const struct wire_socket *socket = view->socket;

    if (socket == NULL || socket->queue_max == 0)
        return value_u64(0);
    return value_u64((uint8_t)((uint64_t)socket->queue * PERCENT / socket->queue_max));
}

static struct value socket_level(const struct call_view *view, uint32_t index)
{
    return value_u64(flags_socket_level((int32_t)view->record->arg[index]));
}

static struct value socket_option(const struct call_view *view, uint32_t index)
{
    return value_u64(flags_socket_option((int32_t)view->record->arg[index - 1],
                                         (uint32_t)view->record->arg[index]));
}

/* Most options of sockets are a number; what is not known to be one is bytes. */
static struct value option_value(const struct call_view *view, uint32_t index)
{
    const struct wire_call_record *record = view->record;
    struct sv bytes = view->part[WIRE_PART_STRUCT];

    if (flags_socket_option((int32_t)record->arg[1], (uint32_t)record->arg[2]) == 0 ||
        bytes.len != sizeof(int32_t))
        return text_or_none(bytes);
    return value_i64((int32_t)u32_at(view, WIRE_PART_STRUCT, 0));
}

static struct value option_length(const struct call_view *view, uint32_t index)
{
    return value_u64(view->part[WIRE_PART_STRUCT].len);
}

/* Processes */

static struct value prctl_number(const struct call_view *view, uint32_t index)
{
    uint32_t option = (uint32_t)view->record->arg[0];

    if (option == PR_SET_NAME || option == PR_GET_NAME)
        return value_i64(0);
    return value_i64((int64_t)view->record->arg[1]);
}

/* What the call left: 0 inheritable, 1 permitted, 2 effective. */
static struct value capability(const struct call_view *view, uint32_t index)
{
    const struct wire_creds *creds = view->task == NULL ? NULL : &view->task->creds;

    if (creds == NULL)
        return value_u64(0);
    if (index == 0)
        return value_u64(creds->cap_inheritable);
    return value_u64(index == 1 ? creds->cap_permitted : creds->cap_effective);
}

/* A peek puts what it found where its last argument points to. */
static struct value ptrace_data(const struct call_view *view, uint32_t index)
{
    switch (view->record->arg[0]) {
    case PTRACE_PEEKTEXT:
    case PTRACE_PEEKDATA:
    case PTRACE_PEEKUSER:
        return struct_u64(view, 0);
    default:
        return word(view, 3);
    }
}

static struct value keyctl_first(const struct call_view *view, uint32_t index)
{
    if ((uint32_t)view->record->arg[0] != KEYCTL_JOIN_SESSION_KEYRING)
        return word(view, 1);
    return call_has(view, WIRE_PART_STRING) ? string(view, 0) : value_sv(SV("(null)"));
}

/* quotactl(2) */

static uint32_t quota_command_of(const struct call_view *view)
{
    return (uint32_t)view->record->arg[0] >> QUOTA_COMMAND_SHIFT;
}

static bool quota_has_block(const struct call_view *view)
{
    uint32_t command = quota_command_of(view);

    return command == QUOTA_GETQUOTA || command == QUOTA_SETQUOTA;
}

static bool quota_has_info(const struct call_view *view)
{
    uint32_t command = quota_command_of(view);

    return command == QUOTA_GETINFO || command == QUOTA_SETINFO;
}

static struct value quota_file(const struct call_view *view, uint32_t index)
{
    return quota_command_of(view) == QUOTA_ON ? string(view, 0) : no_value;
}

/* struct dqblk, at an offset. */
static struct value quota_block(const struct call_view *view, uint32_t offset)
{
    return quota_has_block(view) ? struct_u64(view, offset) : value_u64(0);
}

static struct value quota_time(const struct call_view *view, uint32_t offset)
{
    return quota_block(view, offset);
}

/* struct dqinfo, at an offset. */
static struct value quota_grace(const struct call_view *view, uint32_t offset)
{
    return quota_has_info(view) ? struct_u64(view, offset) : value_u64(0);
}

static struct value quota_info_flags(const struct call_view *view, uint32_t index)
{
    enum { OFFSET = 16, OLD_ROOT_SQUASH = 1 << 16, EVENT_ROOT_SQUASH = 2, EVENT_NONE_SET = 1 };

    if (!quota_has_info(view))
        return value_u64(0);
    return value_u64((u32_at(view, WIRE_PART_STRUCT, OFFSET) & OLD_ROOT_SQUASH) != 0
                         ? EVENT_ROOT_SQUASH
                         : EVENT_NONE_SET);
}

static struct value quota_format_out(const struct call_view *view, uint32_t index)
{
    uint32_t format =
        quota_command_of(view) == QUOTA_GETFMT ? u32_at(view, WIRE_PART_STRUCT, 0) : 0;

    return value_u64(flags_quota_format(format));
}

static struct value quota_command(const struct call_view *view, uint32_t index)
{
    return value_u64(flags_quota_command(quota_command_of(view)));
}

/* Users and groups have one more than the kernel's number. */
static struct value quota_type(const struct call_view *view, uint32_t index)
{
    uint32_t type = (uint32_t)view->record->arg[0] & QUOTA_TYPE_MASK;

    return value_u64(type < 2 && flags_quota_command(quota_command_of(view)) != 0 ? type + 1 : 0);
}

static struct value quota_format(const struct call_view *view, uint32_t index)
{
    return value_u64(flags_quota_format(
        quota_command_of(view) == QUOTA_ON ? (uint32_t)view->record->arg[2] : 0));
}

/* Events of which more than parameters is set by hand */

static void adjust_mode(struct call_view *view)
{
    uint32_t index = view->event->type == EVENT_CHMOD || view->event->type == EVENT_FCHMOD ? 1 : 2;

    view->event->mode = view->record->arg[index] & MODE_BITS;
}

static void adjust_open_by_handle(struct call_view *view)
{
    view->event->open_flags = (uint32_t)view->record->arg[2];
}

/* Its descriptors are programs, maps and the like, and some of its commands give none. */
static void adjust_bpf(struct call_view *view)
{
    bool done = view->record->result >= 0;

    view->event->fd = (struct event_fd){
        .known = true,
        .num = done ? view->record->result : -1,
        .type = done ? 'b' : (char)0,
    };
}

static void adjust_pidfd(struct call_view *view)
{
    struct event *event = view->event;

    if (view->record->result < 0)
        return;
    event->fd.type = 'P';
    event->fd.name = arena_printf(event->scratch, "/proc/%d", (int32_t)view->record->arg[0]);
}

/* The address that was given is this end's, and there is no other. */
static void adjust_bind(struct call_view *view)
{
    struct event *event = view->event;
    struct wire_socket socket;

    if (view->socket == NULL)
        return;
    socket = *view->socket;
    if (view->record->result < 0) {
        memcpy(socket.local, socket.remote, sizeof(socket.local));
        socket.local_port = socket.remote_port;
    }
    socket.remote_port = 0;
    memset(socket.remote, 0, sizeof(socket.remote));
    socket_describe(&event->fd, &socket, view->part[WIRE_PART_UNIX], SOCKET_ROLE_SERVER,
                    event->scratch);
}

/* clang-format off */
#define PARAMS(...) ((const struct call_param[]){__VA_ARGS__})
#define SPECIAL(call, paths, adjust, ...) \
    [WIRE_CALL_##call] = {EVENT_##call, CALL_PATHS_##paths, adjust, PARAMS(__VA_ARGS__), \
                          ARRAY_LEN(PARAMS(__VA_ARGS__))}
#define ROW(call, paths, ...) SPECIAL(call, paths, NULL, __VA_ARGS__)
#define BARE(call, paths) \
    [WIRE_CALL_##call] = {EVENT_##call, CALL_PATHS_##paths, NULL, NULL, 0}

static const struct call_row rows[WIRE_CALL_COUNT] = {
    BARE(OPEN, NONE),
    BARE(OPENAT, NONE),
    BARE(OPENAT2, NONE),
    BARE(CREAT, NONE),
    SPECIAL(OPEN_BY_HANDLE_AT, FD, adjust_open_by_handle, {descriptor, 0}, {i32, 0},
        {opened_flags, 2}, {file_path, 0}, {dev, 0}, {ino, 0}),
    ROW(UNLINK, NAME, {result, 0}, {name, 0}),
    ROW(UNLINKAT, NAME, {result, 0}, {i32, 0}, {name, 0}, {u32, 2}),
    ROW(RMDIR, NAME, {result, 0}, {name, 0}),
    ROW(RENAME, MOVE, {result, 0}, {name, 0}, {new_name, 0}),
    ROW(RENAMEAT, MOVE, {result, 0}, {i32, 0}, {name, 0}, {i32, 2}, {new_name, 0}),
    ROW(RENAMEAT2, MOVE, {result, 0}, {i32, 0}, {name, 0}, {i32, 2}, {new_name, 0}, {u32, 4}),
    ROW(LINK, LINK, {result, 0}, {name, 0}, {new_name, 0}),
    ROW(LINKAT, LINK, {result, 0}, {i32, 0}, {name, 0}, {i32, 2}, {new_name, 0}, {u32, 4}),
    ROW(SYMLINK, SYMLINK, {result, 0}, {string, 0}, {name, 0}),
    ROW(SYMLINKAT, SYMLINK, {result, 0}, {string, 0}, {i32, 1}, {name, 0}),
    ROW(MKDIR, NAME, {result, 0}, {name, 0}, {u32, 1}),
    ROW(MKDIRAT, NAME, {result, 0}, {i32, 0}, {name, 0}, {u32, 2}),
    ROW(MKNOD, NAME, {result, 0}, {name, 0}, {u32, 1}, {u32, 2}),
    ROW(MKNODAT, NAME, {result, 0}, {i32, 0}, {name, 0}, {u32, 2}, {u32, 3}),
    SPECIAL(CHMOD, NAME, adjust_mode, {result, 0}, {name, 0}, {mode, 1}),
    SPECIAL(FCHMOD, FD, adjust_mode, {result, 0}, {i32, 0}, {mode, 1}),
    SPECIAL(FCHMODAT, NAME, adjust_mode, {result, 0}, {i32, 0}, {name, 0}, {mode, 2}),
    SPECIAL(FCHMODAT2, NAME, adjust_mode, {result, 0}, {i32, 0}, {name, 0}, {mode, 2}, {u32, 3}),
    ROW(CHOWN, NAME, {result, 0}, {name, 0}, {u32, 1}, {u32, 2}),
    ROW(LCHOWN, NAME, {result, 0}, {name, 0}, {u32, 1}, {u32, 2}),
    ROW(FCHOWN, FD, {result, 0}, {i32, 0}, {u32, 1}, {u32, 2}),
    ROW(FCHOWNAT, NAME, {result, 0}, {i32, 0}, {name, 0}, {u32, 2}, {u32, 3}, {chown_flags, 4}),
    BARE(TRUNCATE, NAME),
    BARE(FTRUNCATE, FD),
    ROW(CLONE, NONE, {result, 0}, {absent, 0}, {absent, 0}, {tid, 0}, {pid, 0}, {absent, 0},
        {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0},
        {absent, 0}, {absent, 0}, {absent, 0}, {clone_flags, 0}),
    ROW(CLONE3, NONE, {result, 0}, {absent, 0}, {absent, 0}, {tid, 0}, {pid, 0}, {absent, 0},
        {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0},
        {absent, 0}, {absent, 0}, {absent, 0}, {clone3_flags, 0}),
    ROW(FORK, NONE, {result, 0}, {absent, 0}, {absent, 0}, {tid, 0}, {pid, 0}, {absent, 0},
        {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0},
        {absent, 0}, {absent, 0}, {absent, 0}, {zero, 0}),
    ROW(VFORK, NONE, {result, 0}, {absent, 0}, {absent, 0}, {tid, 0}, {pid, 0}, {absent, 0},
        {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0},
        {absent, 0}, {absent, 0}, {absent, 0}, {zero, 0}),
    ROW(EXECVE, NONE, {result, 0}, {absent, 0}, {absent, 0}, {tid, 0}, {pid, 0}, {absent, 0},
        {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0},
        {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0},
        {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0},
        {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0}, {absent, 0},
        {string, 0}),
    ROW(EXECVEAT, NONE, {result, 0}, {absent, 0}, {absent, 0}, {tid, 0}, {pid, 0}),
    ROW(PRCTL, NONE, {result, 0}, {i32, 0}, {string, 0}, {prctl_number, 0}),
    ROW(SETSID, NONE, {result, 0}),
    ROW(SETPGID, NONE, {result, 0}, {i32, 0}, {i32, 1}),
    ROW(SETRLIMIT, NONE, {result, 0}, {limit, 0}, {limit, 1}, {u8, 0}),
    ROW(PRLIMIT, NONE, {result, 0}, {limit, 0}, {limit, 1}, {limit, 2}, {limit, 3}, {i32, 0},
        {u8, 1}),
    ROW(CHDIR, NONE, {result, 0}, {name, 0}),
    ROW(FCHDIR, NONE, {result, 0}, {i32, 0}),
    ROW(CHROOT, NAME, {result, 0}, {name, 0}),
    ROW(CLOSE, NONE, {result, 0}, {i32, 0}),
    ROW(CLOSE_RANGE, NONE, {result, 0}, {u32, 0}, {u32, 1}, {u32, 2}),
    ROW(DUP, NONE, {result, 0}, {i32, 0}),
    ROW(DUP2, NONE, {result, 0}, {i32, 0}, {i32, 1}),
    ROW(DUP3, NONE, {result, 0}, {i32, 0}, {i32, 1}, {file_flags, 2}),
    ROW(PIPE, NONE, {result, 0}, {struct_i32, 0}, {struct_i32, 4}, {ino, 0}),
    ROW(PIPE2, NONE, {result, 0}, {struct_i32, 0}, {struct_i32, 4}, {ino, 0}, {file_flags, 1}),
    ROW(FCNTL, NONE, {result, 0}, {i32, 0}, {fcntl_command, 1}, {word, 2}),
    ROW(IOCTL, NONE, {result, 0}, {i32, 0}, {word, 1}, {word, 2}),
    ROW(FLOCK, NONE, {result, 0}, {i32, 0}, {u32, 1}),
    ROW(SPLICE, NONE, {result, 0}, {i32, 0}, {i32, 2}, {word, 4}, {u32, 5}),
    ROW(SENDFILE, NONE, {result, 0}, {struct_u64, 0}, {i32, 0}, {i32, 1}, {word, 3}),
    ROW(COPY_FILE_RANGE, NONE, {result, 0}, {i32, 2}, {struct2_u64, 0}, {i32, 0},
        {struct_u64, 0}, {word, 4}),
    ROW(MEMFD_CREATE, NONE, {descriptor, 0}, {string, 0}, {u32, 1}),
    ROW(USERFAULTFD, NONE, {result, 0}, {u32, 0}),
    ROW(INOTIFY_INIT, NONE, {result, 0}, {zero, 0}),
    ROW(INOTIFY_INIT1, NONE, {result, 0}, {file_flags, 0}),
    BARE(INOTIFY_ADD_WATCH, NAME),
    BARE(FANOTIFY_INIT, NONE),
    BARE(FANOTIFY_MARK, NAME),
    SPECIAL(PIDFD_OPEN, NONE, adjust_pidfd, {descriptor, 0}, {i32, 0}, {pidfd_flags, 1}),
    ROW(PIDFD_GETFD, NONE, {descriptor, 0}, {i32, 0}, {i32, 1}, {u32, 2}),
    ROW(READ, NONE, {result, 0}, {data, 0}, {i32, 0}, {u32, 2}),
    ROW(WRITE, NONE, {result, 0}, {data, 0}, {i32, 0}, {u32, 2}),
    ROW(PREAD, NONE, {result, 0}, {data, 0}, {i32, 0}, {u32, 2}, {position, 3}),
    ROW(PWRITE, NONE, {result, 0}, {data, 0}, {i32, 0}, {u32, 2}, {position, 3}),
    ROW(READV, NONE, {result, 0}, {moved, 0}, {data, 0}, {i32, 0}),
    ROW(WRITEV, NONE, {result, 0}, {data, 0}, {i32, 0}, {word, 2}),
    ROW(PREADV, NONE, {result, 0}, {moved, 0}, {data, 0}, {i32, 0}, {position, 3}),
    ROW(PWRITEV, NONE, {result, 0}, {data, 0}, {i32, 0}, {word, 2}, {position, 3}),
    ROW(MOUNT, MOVE, {result, 0}, {name, 0}, {new_name, 0}, {string, 0}, {mount_flags, 3}),
    ROW(UMOUNT, NAME, {result, 0}, {name, 0}),
    ROW(UMOUNT2, NAME, {result, 0}, {name, 0}, {u32, 1}),
    BARE(PIVOT_ROOT, MOVE),
    BARE(MOVE_MOUNT, MOVE),
    BARE(OPEN_TREE, NAME),
    BARE(FSOPEN, NONE),
    BARE(FSMOUNT, NONE),
    ROW(QUOTACTL, NONE, {result, 0}, {name, 0}, {quota_file, 0}, {quota_block, 0},
        {quota_block, 8}, {quota_block, 16}, {quota_block, 24}, {quota_block, 32},
        {quota_time, 48}, {quota_time, 56}, {quota_grace, 0}, {quota_grace, 8},
        {quota_info_flags, 0}, {quota_format_out, 0}, {quota_command, 0}, {quota_type, 0},
        {u32, 2}, {quota_format, 0}),
    ROW(SOCKET, NONE, {descriptor, 0}, {u32, 0}, {u32, 1}, {u32, 2}, {file_flags, 1}),
    ROW(SOCKETPAIR, NONE, {result, 0}, {struct_i32, 0}, {struct_i32, 4}, {absent, 0},
        {absent, 0}, {u32, 0}, {u32, 1}, {u32, 2}),
    SPECIAL(BIND, NONE, adjust_bind, {result, 0}, {local_name, 0}, {i32, 0}),
    ROW(LISTEN, NONE, {result, 0}, {i32, 0}, {i32, 1}),
    ROW(CONNECT, NONE, {result, 0}, {tuple, 0}, {i32, 0}, {remote_name, 0}),
    ROW(ACCEPT, NONE, {descriptor, 0}, {tuple, 0}, {queue_percent, 0}, {queue_length, 0},
        {queue_max, 0}),
    ROW(ACCEPT4, NONE, {descriptor, 0}, {tuple, 0}, {queue_percent, 0}, {queue_length, 0},
        {queue_max, 0}, {file_flags, 3}),
    ROW(SEND, NONE, {result, 0}, {data, 0}, {i32, 0}, {u32, 2}, {tuple, 0}),
    ROW(SENDTO, NONE, {result, 0}, {data, 0}, {i32, 0}, {u32, 2}, {tuple, 0}),
    ROW(SENDMSG, NONE, {result, 0}, {data, 0}, {i32, 0}, {word, 2}, {tuple, 0}),
    ROW(SENDMMSG, NONE, {result, 0}, {i32, 0}, {word, 2}, {data, 0}, {tuple, 0}),
    ROW(RECV, NONE, {result, 0}, {data, 0}, {i32, 0}, {u32, 2}, {tuple, 0}),
    ROW(RECVFROM, NONE, {result, 0}, {data, 0}, {tuple, 0}, {i32, 0}, {u32, 2}),
    ROW(RECVMSG, NONE, {result, 0}, {moved, 0}, {data, 0}, {tuple, 0}, {absent, 0}, {i32, 0}),
    ROW(RECVMMSG, NONE, {result, 0}, {i32, 0}, {word, 2}, {data, 0}, {tuple, 0}, {absent, 0}),
    ROW(SHUTDOWN, NONE, {result, 0}, {i32, 0}, {shutdown_how, 1}),
    ROW(SETSOCKOPT, NONE, {result, 0}, {i32, 0}, {socket_level, 1}, {socket_option, 2},
        {option_value, 0}, {u32, 4}),
    ROW(GETSOCKOPT, NONE, {result, 0}, {i32, 0}, {socket_level, 1}, {socket_option, 2},
        {option_value, 0}, {option_length, 0}),
    ROW(SETUID, NONE, {result, 0}, {u32, 0}),
    ROW(SETGID, NONE, {result, 0}, {u32, 0}),
    ROW(SETREUID, NONE, {result, 0}, {u32, 0}, {u32, 1}),
    ROW(SETREGID, NONE, {result, 0}, {u32, 0}, {u32, 1}),
    ROW(SETRESUID, NONE, {result, 0}, {u32, 0}, {u32, 1}, {u32, 2}),
    ROW(SETRESGID, NONE, {result, 0}, {u32, 0}, {u32, 1}, {u32, 2}),
    BARE(SETFSUID, NONE),
    BARE(SETFSGID, NONE),
    BARE(SETGROUPS, NONE),
    ROW(SETNS, NONE, {result, 0}, {i32, 0}, {clone_flags, 1}),
    ROW(UNSHARE, NONE, {result, 0}, {clone_flags, 0}),
    ROW(CAPSET, NONE, {result, 0}, {capability, 0}, {capability, 1}, {capability, 2}),
    ROW(PTRACE, NONE, {result, 0}, {word, 2}, {ptrace_data, 0}, {ptrace_request, 0}, {i32, 1}),
    ROW(PROCESS_VM_READV, NONE, {result, 0}, {i32, 0}, {data, 0}),
    ROW(PROCESS_VM_WRITEV, NONE, {result, 0}, {i32, 0}, {data, 0}),
    ROW(SECCOMP, NONE, {result, 0}, {u32, 0}, {word, 1}),
    ROW(KEYCTL, NONE, {result, 0}, {u32, 0}, {keyctl_first, 0}, {word, 2}, {word, 3}, {word, 4}),
    SPECIAL(BPF, NONE, adjust_bpf, {descriptor, 0}, {u32, 0}),
    ROW(INIT_MODULE, NONE, {result, 0}, {data, 0}, {word, 1}, {string, 0}),
    ROW(FINIT_MODULE, NONE, {result, 0}, {i32, 0}, {string, 0}, {u32, 2}),
    ROW(DELETE_MODULE, NONE, {result, 0}, {string, 0}, {module_flags, 1}),
    BARE(KEXEC_LOAD, NONE),
    BARE(KEXEC_FILE_LOAD, NONE),
    BARE(PERF_EVENT_OPEN, NONE),
    ROW(IO_URING_SETUP, NONE, {result, 0}, {u32, 0}, {struct_u32, 0}, {struct_u32, 4},
        {ring_flags, 8}, {struct_u32, 12}, {struct_u32, 16}, {ring_features, 0}),
    ROW(IO_URING_ENTER, NONE, {result, 0}, {i32, 0}, {u32, 1}, {u32, 2}, {u32, 3}, {zero, 0}),
    ROW(IO_URING_REGISTER, NONE, {result, 0}, {i32, 0}, {u16, 1}, {word, 2}, {u32, 3}),
    BARE(REBOOT, NONE),
    BARE(SWAPON, NAME),
    BARE(SWAPOFF, NAME),
    ROW(KILL, NONE, {result, 0}, {i32, 0}, {u8, 1}),
    ROW(TKILL, NONE, {result, 0}, {i32, 0}, {u8, 1}),
    ROW(TGKILL, NONE, {result, 0}, {i32, 0}, {i32, 1}, {u8, 2}),
    BARE(PIDFD_SEND_SIGNAL, NONE),
    BARE(RT_SIGQUEUEINFO, NONE),
    BARE(RT_TGSIGQUEUEINFO, NONE),
};
/* clang-format on */

const struct call_row *call_row(enum wire_call call)
{
    return &rows[call];
}
