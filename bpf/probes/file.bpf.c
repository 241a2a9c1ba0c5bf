/* bpf/probes/file.bpf.c - calls about files: the open family, and those that change names or modes.
 *
 * An opened file is told from the descriptor that the call returned, so what is reported is what
 * was opened, whatever user memory says. Only a thread that closes the descriptor before this
 * program runs can hide it; the argument and its directory are sent then, as for a call that
 * failed. */
#include "bpf/lib/call.h"
#include "bpf/lib/open.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline void open_args(struct wire_open *open, const struct call *call)
{
    __u64 how[2] = {0}; /* struct open_how: flags, mode */

    open->dirfd = AT_FDCWD;
    switch (call->call) {
    case WIRE_CALL_CREAT:
        open->flags = O_CREAT | O_WRONLY | O_TRUNC;
        open->mode = call->arg[1];
        break;
    case WIRE_CALL_OPENAT:
        open->dirfd = (__s32)call->arg[0];
        open->flags = call->arg[2];
        open->mode = call->arg[3];
        break;
    case WIRE_CALL_OPENAT2:
        open->dirfd = (__s32)call->arg[0];
        if (bpf_probe_read_user(how, sizeof(how), (const void *)call->arg[2]) != 0)
            open->hdr.flags |= WIRE_TEXT_MISSING;
        open->flags = how[0];
        open->mode = how[1];
        break;
    default:
        open->flags = call->arg[1];
        open->mode = call->arg[2];
    }
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_open, struct pt_regs *regs, long result)
{
    struct scratch *scratch = scratch_of(SCRATCH_SYSCALL);
    struct call call = {0};

    if (!scratch) {
        count_lost(WIRE_OPEN);
        return 0;
    }
    call_decode(&call, regs, result);

    struct wire_open *open = (struct wire_open *)scratch->record;
    const struct file *file = call.result >= 0 ? file_of((__s32)call.result) : NULL;
    bool at_directory = call.call == WIRE_CALL_OPENAT || call.call == WIRE_CALL_OPENAT2;
    __u32 raw_at, at = __builtin_offsetof(struct wire_open, data);

    __builtin_memset(open, 0, __builtin_offsetof(struct wire_open, data));
    fill_header(&open->hdr, WIRE_OPEN, 0);
    open->hdr.flags = call.flags;
    open->result = call.result;
    open->call = call.call;
    open_args(open, &call);
    call.flags = open->hdr.flags;
    if (file) {
        open_file(open, file);
        call.flags = open->hdr.flags;
        at += open->path_len = put_path_of_file(scratch, at, file, &call.flags);
    }
    raw_at = at;
    at += open->raw_len = put_user_string(
        scratch, at, (const void *)(at_directory ? call.arg[1] : call.arg[0]), &call.flags);
    if (open->path_len == 0)
        at += open->base_len =
            put_base(scratch, at, raw_at, open->raw_len, open->dirfd, &call.flags);
    open->hdr.flags = call.flags;
    emit_scratch(scratch, at, WIRE_OPEN);
    return 0;
}

/* Where a call's arguments lie: indexes into call.arg, NONE when it has no such argument. */
struct path_shape {
    __u8 dirfd, name, new_dirfd, new_name, flags, mode;
};

#define NONE 7

static const struct path_shape path_shapes[WIRE_CALL_COUNT] = {
    [WIRE_CALL_UNLINK] = {NONE, 0, NONE, NONE, NONE, NONE},
    [WIRE_CALL_UNLINKAT] = {0, 1, NONE, NONE, 2, NONE},
    [WIRE_CALL_RENAME] = {NONE, 0, NONE, 1, NONE, NONE},
    [WIRE_CALL_RENAMEAT] = {0, 1, 2, 3, NONE, NONE},
    [WIRE_CALL_RENAMEAT2] = {0, 1, 2, 3, 4, NONE},
    [WIRE_CALL_CHMOD] = {NONE, 0, NONE, NONE, NONE, 1},
    [WIRE_CALL_FCHMOD] = {0, NONE, NONE, NONE, NONE, 1},
    [WIRE_CALL_FCHMODAT] = {0, 1, NONE, NONE, NONE, 2},
    [WIRE_CALL_FCHMODAT2] = {0, 1, NONE, NONE, 3, 2},
};

static __always_inline __u64 shaped(const struct call *call, __u32 index, __u64 otherwise)
{
    switch (index) {
    case 0:
        return call->arg[0];
    case 1:
        return call->arg[1];
    case 2:
        return call->arg[2];
    case 3:
        return call->arg[3];
    case 4:
        return call->arg[4];
    default:
        return otherwise;
    }
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_path, struct pt_regs *regs, long result)
{
    struct scratch *scratch = scratch_of(SCRATCH_SYSCALL);
    struct call call = {0};

    call_decode(&call, regs, result);
    if (!scratch || call.call >= WIRE_CALL_COUNT) {
        count_lost(WIRE_PATH);
        return 0;
    }

    const struct path_shape *shape = &path_shapes[call.call];
    struct wire_path *path = (struct wire_path *)scratch->record;
    __u64 name = shaped(&call, shape->name, 0);
    __u64 new_name = shaped(&call, shape->new_name, 0);
    __u32 name_at, new_name_at, at = sizeof(*path);
    bool renames = shape->new_name != NONE;

    __builtin_memset(path, 0, sizeof(*path));
    fill_header(&path->hdr, WIRE_PATH, 0);
    path->result = call.result;
    path->call = call.call;
    path->dirfd = (__s32)shaped(&call, shape->dirfd, AT_FDCWD);
    path->new_dirfd = (__s32)shaped(&call, shape->new_dirfd, AT_FDCWD);
    path->flags = shaped(&call, shape->flags, 0);
    path->mode = shaped(&call, shape->mode, 0);
    name_at = at;
    if (shape->name != NONE)
        at += path->name_len = put_user_string(scratch, at, (const void *)name, &call.flags);
    new_name_at = at;
    if (renames)
        at += path->new_name_len =
            put_user_string(scratch, at, (const void *)new_name, &call.flags);
    at += path->base_len = put_base(scratch, at, name_at, path->name_len, path->dirfd, &call.flags);
    if (renames)
        at += path->new_base_len =
            put_base(scratch, at, new_name_at, path->new_name_len, path->new_dirfd, &call.flags);
    path->hdr.flags = call.flags;
    emit_scratch(scratch, at, WIRE_PATH);
    return 0;
}
