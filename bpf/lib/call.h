/* bpf/lib/call.h - what the programs behind on_sys_exit share: the call that ends, decoded. */
#pragma once

#include "bpf/lib/file.h"
#include "bpf/lib/syscall_x86.h"

struct call {
    __u64 arg[6];
    __s64 result;
    __u32 call; /* enum wire_call */
    __u32 flags;
};

static __always_inline void call_decode(struct call *call, const struct pt_regs *regs, long result)
{
    bool compat = syscall_compat();

    syscall_args(regs, compat, call->arg);
    call->call = syscall_of(regs) - 1;
    call->result = compat ? (__s32)result : result;
    call->flags = compat ? WIRE_COMPAT : 0;
}

/* Append the directory that `name`, which was just put at `name_at`, starts from; nothing when it
 * is absolute. A name that could not be read, or is empty, gets its directory. */
static __always_inline __u32 put_base(struct scratch *scratch, __u32 at, __u32 name_at,
                                      __u32 name_len, __s32 dirfd, __u32 *flags)
{
    opaque(name_at);
    if (name_at >= SCRATCH_RECORD)
        return 0;
    if (name_len > 0 && scratch->record[name_at] == '/')
        return 0;
    if (dirfd == AT_FDCWD)
        return put_cwd(scratch, at, flags);
    return put_path_of_file(scratch, at, file_of(dirfd), flags);
}
