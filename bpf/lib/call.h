/* bpf/lib/call.h - what the programs behind on_sys_exit share: the call that ends, decoded, and its
 * record.
 *
 * A program begins the record, puts the parts that the call's shape asks for behind it, in the
 * order of enum wire_part, and hands it to call_send(). There everything is gathered and nothing
 * sent: it is the place for a filter. */
#pragma once

#include "bpf/lib/file.h"
#include "bpf/lib/filter.h"
#include "bpf/lib/shape.h"
#include "bpf/lib/syscall_x86.h"
#include "bpf/lib/wanted.h"

#define PR_SET_NAME 15
#define PR_GET_NAME 16
#define KEYCTL_JOIN_SESSION_KEYRING 1
#define Q_QUOTAON 0x800002

struct call {
    __u64 arg[6];
    __s64 result;
    __u32 call; /* enum wire_call */
    __u32 flags;
    bool narrow; /* structures in user memory are those of 32-bit programs */
};

static __always_inline void call_decode(struct call *call, const struct pt_regs *regs, long result)
{
    bool compat = syscall_compat();

    syscall_args(regs, compat, call->arg);
    call->call = syscall_of(regs, compat) - 1;
    call->result = compat ? (__s32)result : result;
    call->flags = compat ? WIRE_COMPAT : 0;
    call->narrow = syscall_narrow(regs, compat);
}

/* Whether a call that is wanted for its change made one. */
static __always_inline bool call_changes(const struct call *call)
{
    if (call->result < 0)
        return false;
    return call->call != WIRE_CALL_PRCTL || (__u32)call->arg[0] == PR_SET_NAME;
}

/* Whether rules alone decide about events of this call: none of them is about changes. */
static __always_inline bool call_filtered(__u32 call)
{
    return call < WIRE_CALL_COUNT && wanted_calls[call] == WIRE_WANTED &&
           !(shapes[call].flags & (SHAPE_TASK | SHAPE_CWD));
}

/* Whose change the call is: of somebody else, as setpgid can be, nobody knows. */
static __always_inline struct filter_slot *call_slot(__u32 call)
{
    struct task_struct *task = bpf_get_current_task_btf();

    if (call == WIRE_CALL_SETPGID)
        return NULL;
    return slot_of(bpf_get_current_pid_tgid() >> 32,
                   BPF_CORE_READ(task, group_leader, start_boottime));
}

static __always_inline void call_know(struct filter_run *run, const struct call *call)
{
    filter_know(run, FILTER_RESULT, call->result);
    switch (call->call) {
    case WIRE_CALL_CHMOD:
    case WIRE_CALL_FCHMOD:
        filter_know(run, FILTER_MODE, call->arg[1] & 07777);
        break;
    case WIRE_CALL_FCHMODAT:
    case WIRE_CALL_FCHMODAT2:
        filter_know(run, FILTER_MODE, call->arg[2] & 07777);
        break;
    default:
        break;
    }
}

/* The first look of the filter at the call; a change that it makes is marked, and always sent. */
static __always_inline bool call_passes(struct scratch *scratch, struct call *call,
                                        const struct shape *shape)
{
    struct filter_run *run;

    scratch->changing = scratch->filtered = 0;
    if (shape->flags & (SHAPE_TASK | SHAPE_CWD) && call_changes(call)) {
        scratch->changing = 1 + slot_change(call_slot(call->call));
        return true;
    }
    run = wanted_calls[call->call] == WIRE_WANTED ? filter_begin(call->call) : NULL;
    if (!run)
        return true;
    call_know(run, call);
    scratch->filtered = 1;
    return filter_test(run, scratch, false) || !filter_drops(run, &call->flags);
}

/* The record of the call in scratch memory, its fixed part filled but for `fd`; *shape is its
 * shape. NULL when there is nothing to send. */
static __always_inline struct wire_call_record *
call_begin(struct scratch *scratch, struct call *call, const struct shape **shape)
{
    struct wire_call_record *record = (struct wire_call_record *)scratch->record;
    __u32 index = call->call;

    opaque(index);
    if (index >= WIRE_CALL_COUNT) {
        count_lost(WIRE_CALL);
        return NULL;
    }
    *shape = &shapes[index];
    if ((*shape)->flags & SHAPE_FAILED && call->result >= 0)
        return NULL;
    if (wanted_calls[index] == WIRE_FOR_CHANGE && !call_changes(call))
        return NULL;
    if (!call_passes(scratch, call, *shape))
        return NULL;
    __builtin_memset(record, 0, sizeof(*record));
    fill_header(&record->hdr, WIRE_CALL, 0);
    record->hdr.flags = call->flags;
    record->result = call->result;
    record->call = index;
    __builtin_memcpy(record->arg, call->arg, sizeof(record->arg));
    return record;
}

static __always_inline bool is_mapped(const __u8 *address)
{
    const __u64 *half = (const __u64 *)address;

    return half[0] == 0 && (half[1] & 0xffffffff) == 0xffff0000;
}

static __always_inline void call_know_end(struct filter_run *run, __u32 end, __u64 first,
                                          __u64 second, __u16 port)
{
    run->facts.ip[end][0] = first;
    run->facts.ip[end][1] = second;
    if (port == 0 && first == 0 && second == 0) {
        filter_know(run, FILTER_LOCAL_PORT + end, FILTER_ABSENT);
        return;
    }
    filter_know(run, FILTER_LOCAL_PORT + end, port);
    run->facts.known |= 1u << (FILTER_LOCAL_IP + end);
}

static __always_inline __s64 l4_of(const struct wire_socket *socket)
{
    if (socket->protocol != 0)
        return (__u8)socket->protocol;
    switch (socket->type) {
    case 1: /* SOCK_STREAM */
        return 6;
    case 2: /* SOCK_DGRAM */
        return 17;
    case 3: /* SOCK_RAW */
        return 255;
    default:
        return 0;
    }
}

/* Of IPv6 addresses that stand for IPv4 ones nothing is known. */
static __always_inline void call_know_socket(struct filter_run *run,
                                             const struct wire_socket *socket)
{
    const __u64 *local = (const __u64 *)socket->local;
    const __u64 *remote = (const __u64 *)socket->remote;
    bool four = socket->family == AF_INET;

    if (!four && socket->family != AF_INET6) {
        filter_know(run, FILTER_FD_TYPE,
                    socket->family == AF_UNIX ? 'u' : (socket->family == AF_NETLINK ? 'n' : 'o'));
        filter_know(run, FILTER_FD_L4, socket->family == AF_UNIX ? 0 : FILTER_ABSENT);
        filter_know(run, FILTER_LOCAL_PORT, FILTER_ABSENT);
        filter_know(run, FILTER_REMOTE_PORT, FILTER_ABSENT);
        run->facts.known |= 1u << FILTER_LOCAL_IP | 1u << FILTER_REMOTE_IP;
        return;
    }
    filter_know(run, FILTER_FD_L4, l4_of(socket));
    if (!four && (is_mapped(socket->local) || is_mapped(socket->remote)))
        return;
    run->facts.family = four ? 4 : 6;
    filter_know(run, FILTER_FD_TYPE, four ? '4' : '6');
    call_know_end(run, 0, four ? (__u32)local[0] : local[0], four ? 0 : local[1],
                  socket->local_port);
    call_know_end(run, 1, four ? (__u32)remote[0] : remote[0], four ? 0 : remote[1],
                  socket->remote_port);
}

/* A name and the directory it starts from, where they lie. */
struct named {
    __u32 at, len, base_at, base_len;
};

/* A name is what user space makes of it, but for the directory, when it has no parts that are
 * empty, "." or "..". */
static __always_inline bool name_is_plain(struct filter_run *run, struct scratch *scratch,
                                          const struct named *named)
{
    __u32 at = filter_place(named->at), last = filter_place(named->at + named->len - 1);

    if (at == 0 || last == 0 || named->len == 0 || named->len > FILTER_SCAN_MAX ||
        scratch->record[at] == '.' || scratch->record[last] == '/')
        return false;
    return !filter_has(run, scratch, named->at, named->len, '/', '.') &&
           !filter_has(run, scratch, named->at, named->len, '/', '/');
}

/* 64 bits all the way: up to 6.1 the verifier forgets what was checked of the lower half. */
static __always_inline bool name_copy(struct scratch *scratch, __u64 to, __u64 from, __u64 len)
{
    opaque(to);
    opaque(from);
    opaque(len);
    if (to > SCRATCH_RECORD - WIRE_PATH_MAX || from > SCRATCH_RECORD - WIRE_PATH_MAX ||
        len > WIRE_PATH_MAX)
        return false;
    return bpf_probe_read_kernel(scratch->record + to, len, scratch->record + from) == 0;
}

/* As evt.arg has it: the name where it is absolute, else behind its directory, put at `room`. One
 * that begins with '<' it takes as it is. */
static __noinline void call_know_path(struct filter_run *run, struct scratch *scratch,
                                      __u32 subject, const struct named *named, __u32 room)
{
    __u32 at, len, base_at;

    if (!run || !scratch || !named)
        return;
    at = filter_place(named->at);
    base_at = filter_place(named->base_at);
    len = named->base_len;
    if (at == 0 || named->len == 0)
        return;
    if (scratch->record[at] == '/') {
        filter_know_text(run, subject, named->at, named->len, 0, ~0u);
        return;
    }
    if (scratch->record[at] == '<' || base_at == 0 || len == 0 || scratch->record[base_at] != '/' ||
        !name_is_plain(run, scratch, named) || len + 1 + named->len > WIRE_PATH_MAX)
        return;
    if (len == 1)
        len = 0; /* the root is that slash */
    if (len > 0 && !name_copy(scratch, room, named->base_at, len))
        return;
    at = filter_place(room + len);
    if (at == 0)
        return;
    scratch->record[at] = '/';
    if (name_copy(scratch, room + len + 1, named->at, named->len))
        filter_know_text(run, subject, room, len + 1 + named->len, 0, ~0u);
}

#define NAME_ROOM 12288 /* for two joined names: behind records that are not longer */

static __always_inline void call_know_paths(struct filter_run *run, struct scratch *scratch,
                                            const struct wire_call_record *record, __u32 size)
{
    __u32 name_at = sizeof(*record) + record->len[WIRE_PART_SOCKET] + record->len[WIRE_PART_TASK];
    __u32 new_at = name_at + record->len[WIRE_PART_NAME];
    __u32 base_at = new_at + record->len[WIRE_PART_NEW_NAME];
    __u32 new_base_at = base_at + record->len[WIRE_PART_BASE];
    struct named name = {name_at, record->len[WIRE_PART_NAME], base_at,
                         record->len[WIRE_PART_BASE]};
    struct named new_name = {new_at, record->len[WIRE_PART_NEW_NAME], new_base_at,
                             record->len[WIRE_PART_NEW_BASE]};

    if (size > NAME_ROOM || record->hdr.flags & WIRE_PATH_CUT)
        return;
    call_know_path(run, scratch, FILTER_PATH, &name, NAME_ROOM);
    call_know_path(run, scratch, FILTER_PATH_SECOND, &new_name, NAME_ROOM + WIRE_PATH_MAX + 512);
}

/* The second look, when everything is there. */
static __noinline bool call_wanted(struct scratch *scratch, __u32 size)
{
    struct wire_call_record *record;
    struct filter_run *run;
    __u32 zero = 0, flags = 0;

    if (!scratch || !scratch->filtered)
        return true;
    run = bpf_map_lookup_elem(&filter_runs, &zero);
    record = (struct wire_call_record *)scratch->record;
    if (!run)
        return true;
    if (record->fd.has)
        filter_know(run, FILTER_FD_NUM,
                    record->fd.num < 0 && record->fd.num != AT_FDCWD ? -1 : record->fd.num);
    if (record->parts & 1u << WIRE_PART_SOCKET)
        call_know_socket(run, (const struct wire_socket *)(scratch->record + sizeof(*record)));
    if (filter_asks(run, 1u << FILTER_PATH | 1u << FILTER_PATH_SECOND))
        call_know_paths(run, scratch, record, size);
    if ((filter_test(run, scratch, false) && filter_test(run, scratch, true)) ||
        !filter_drops(run, &flags)) {
        record->hdr.flags |= flags;
        return true;
    }
    return false;
}

static __always_inline void call_send(struct scratch *scratch, __u32 size)
{
    const struct wire_call_record *record = (const struct wire_call_record *)scratch->record;

    if (call_wanted(scratch, size))
        emit_scratch(scratch, size, WIRE_CALL);
    if (scratch->changing)
        slot_changed(call_slot(record->call), scratch->changing - 1);
}

/* An argument by enum shape_arg; 0 where there is none. */
static __always_inline __u64 call_arg(const struct wire_call_record *record, __u32 arg)
{
    __u32 index = arg - 1;

    opaque(index);
    return index < 6 ? record->arg[index] : 0;
}

/* Note that a part of `len` bytes lies at `at`; returns where the next one begins. */
static __always_inline __u32 call_part(struct wire_call_record *record, enum wire_part part,
                                       __u32 at, __u32 len)
{
    record->len[part] = len;
    record->parts |= 1u << part;
    return forgotten((struct scratch *)record, at + len);
}

/* The descriptor that the call is about, and its file, NULL where there is none. */
static __always_inline struct file *call_file(struct wire_call_record *record,
                                              const struct shape *shape)
{
    struct wire_fd *fd = &record->fd;
    struct file *file;

    if (shape->fd == 0)
        return NULL;
    fd->has = 1;
    fd->num = (__s32)call_arg(record, shape->fd);
    if (shape->fd == OF_RESULT)
        fd->num = (__s32)record->result;
    if (shape->fd == OF_PAIR) {
        fd->num = -1;
        if (record->result >= 0)
            bpf_probe_read_user(
                &fd->num, sizeof(fd->num),
                (const void *)(call_arg(record, shape->structure) + sizeof(fd->num)));
    }
    if (shape->flags & SHAPE_NO_FILE)
        return NULL;
    file = file_of(fd->num);
    if (!file)
        return NULL;

    const struct inode *inode = BPF_CORE_READ(file, f_inode);

    fd->mode = BPF_CORE_READ(inode, i_mode);
    fd->ino = BPF_CORE_READ(inode, i_ino);
    fd->dev = BPF_CORE_READ(inode, i_sb, s_dev);
    fd->flags = BPF_CORE_READ(file, f_flags);
    record->hdr.flags |= file_layer(inode, WIRE_FILE_UPPER, WIRE_FILE_LOWER);
    return file;
}

/* Whether the argument that may be a string is one: that of some calls depends on another. */
static __always_inline bool call_has_string(const struct wire_call_record *record)
{
    __u32 first = (__u32)record->arg[0];

    switch (record->call) {
    case WIRE_CALL_PRCTL:
        return first == PR_SET_NAME || first == PR_GET_NAME;
    case WIRE_CALL_KEYCTL:
        return first == KEYCTL_JOIN_SESSION_KEYRING;
    case WIRE_CALL_QUOTACTL:
        return first >> 8 == Q_QUOTAON;
    default:
        return true;
    }
}

static __always_inline __u32 put_string(struct scratch *scratch, __u32 at,
                                        struct wire_call_record *record, enum wire_part part,
                                        __u64 user)
{
    __u32 flags = 0, len;

    if (user == 0)
        return at;
    len = put_user_string(scratch, at, (const void *)user, &flags);
    record->hdr.flags |= flags;
    return flags ? at : call_part(record, part, at, len);
}

/* Append a structure of user memory; nothing when it cannot be read. */
static __always_inline __u32 put_struct(struct scratch *scratch, __u32 at,
                                        struct wire_call_record *record, enum wire_part part,
                                        __u64 user, __u32 bytes)
{
    opaque(at);
    opaque(bytes);
    if (at > SCRATCH_RECORD - WIRE_STRUCT_MAX || bytes == 0 || bytes > WIRE_STRUCT_MAX)
        return at;
    if (bpf_probe_read_user(scratch->record + at, bytes, (const void *)user) != 0)
        return at;
    return call_part(record, part, at, bytes);
}

static __always_inline __u32 put_cwd_part(struct scratch *scratch, __u32 at,
                                          struct wire_call_record *record,
                                          const struct shape *shape)
{
    if (!(shape->flags & SHAPE_CWD) || record->result < 0)
        return at;
    return call_part(record, WIRE_PART_CWD, at, put_cwd(scratch, at, &record->hdr.flags));
}

/* Append the directory that `name`, which was put at `name_at`, starts from; nothing when it is
 * absolute. A name that could not be read, or is empty, gets its directory. */
static __always_inline __u32 put_base(struct scratch *scratch, __u32 at, __u32 name_at,
                                      __u32 name_len, __s32 dirfd, __u32 *flags)
{
    struct path path = {0};

    opaque(name_at);
    if (name_at >= SCRATCH_RECORD)
        return 0;
    if (name_len > 0 && scratch->record[name_at] == '/')
        return 0;
    if (dirfd == AT_FDCWD) {
        path = cwd_path();
    } else {
        const struct file *file = file_of(dirfd);

        if (file)
            bpf_core_read(&path, sizeof(path), &file->f_path);
    }
    return put_path(scratch, at, path.mnt, path.dentry, flags);
}
