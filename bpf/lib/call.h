/* bpf/lib/call.h - what the programs behind on_sys_exit share: the call that ends, decoded, and its
 * record.
 *
 * A program begins the record, puts the parts that the call's shape asks for behind it, in the
 * order of enum wire_part, and hands it to call_send(). There everything is gathered and nothing
 * sent: it is the place for a filter. */
#pragma once

#include "bpf/lib/file.h"
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

/* The record of the call in scratch memory, its fixed part filled but for `fd`; *shape is its
 * shape. NULL when there is nothing to send. */
static __always_inline struct wire_call_record *
call_begin(struct scratch *scratch, const struct call *call, const struct shape **shape)
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
    __builtin_memset(record, 0, sizeof(*record));
    fill_header(&record->hdr, WIRE_CALL, 0);
    record->hdr.flags = call->flags;
    record->result = call->result;
    record->call = index;
    __builtin_memcpy(record->arg, call->arg, sizeof(record->arg));
    return record;
}

static __always_inline void call_send(struct scratch *scratch, __u32 size)
{
    emit_scratch(scratch, size, WIRE_CALL);
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
