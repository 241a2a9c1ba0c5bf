/* bpf/lib/syscall_x86.h - what x86-64 does its own way: numbers and arguments of system calls.
 *
 * Three entries lead into the kernel: the 64-bit one, the 32-bit one (int 0x80 and friends: other
 * numbers, other registers, TS_COMPAT set while the call lasts) and x32 (64-bit registers, a bit in
 * the number). All are mapped to the same enum wire_call. */
#pragma once

#include "bpf/include/kernel.h"
#include "bpf/include/wire.h"

#define TS_COMPAT 2u
#define X32_SYSCALL_BIT 0x40000000u
#define COMPAT_SOCKETCALL 102
#define SOCKETCALL_CONNECT 3

/* Indexed by number; 0: not ours, else 1 + enum wire_call. 512 and above exist for x32 only. */
static const __u8 syscalls_native[] = {
    [2] = 1 + WIRE_CALL_OPEN,       [42] = 1 + WIRE_CALL_CONNECT,
    [56] = 1 + WIRE_CALL_CLONE,     [57] = 1 + WIRE_CALL_FORK,
    [58] = 1 + WIRE_CALL_VFORK,     [59] = 1 + WIRE_CALL_EXECVE,
    [82] = 1 + WIRE_CALL_RENAME,    [85] = 1 + WIRE_CALL_CREAT,
    [87] = 1 + WIRE_CALL_UNLINK,    [90] = 1 + WIRE_CALL_CHMOD,
    [91] = 1 + WIRE_CALL_FCHMOD,    [257] = 1 + WIRE_CALL_OPENAT,
    [263] = 1 + WIRE_CALL_UNLINKAT, [264] = 1 + WIRE_CALL_RENAMEAT,
    [268] = 1 + WIRE_CALL_FCHMODAT, [316] = 1 + WIRE_CALL_RENAMEAT2,
    [322] = 1 + WIRE_CALL_EXECVEAT, [435] = 1 + WIRE_CALL_CLONE3,
    [437] = 1 + WIRE_CALL_OPENAT2,  [452] = 1 + WIRE_CALL_FCHMODAT2,
    [520] = 1 + WIRE_CALL_EXECVE,   [545] = 1 + WIRE_CALL_EXECVEAT,
};
static const __u8 syscalls_compat[sizeof(syscalls_native)] = {
    [2] = 1 + WIRE_CALL_FORK,
    [5] = 1 + WIRE_CALL_OPEN,
    [8] = 1 + WIRE_CALL_CREAT,
    [10] = 1 + WIRE_CALL_UNLINK,
    [11] = 1 + WIRE_CALL_EXECVE,
    [15] = 1 + WIRE_CALL_CHMOD,
    [38] = 1 + WIRE_CALL_RENAME,
    [94] = 1 + WIRE_CALL_FCHMOD,
    [COMPAT_SOCKETCALL] = 1 + WIRE_CALL_CONNECT,
    [120] = 1 + WIRE_CALL_CLONE,
    [190] = 1 + WIRE_CALL_VFORK,
    [295] = 1 + WIRE_CALL_OPENAT,
    [301] = 1 + WIRE_CALL_UNLINKAT,
    [302] = 1 + WIRE_CALL_RENAMEAT,
    [306] = 1 + WIRE_CALL_FCHMODAT,
    [353] = 1 + WIRE_CALL_RENAMEAT2,
    [358] = 1 + WIRE_CALL_EXECVEAT,
    [362] = 1 + WIRE_CALL_CONNECT,
    [435] = 1 + WIRE_CALL_CLONE3,
    [437] = 1 + WIRE_CALL_OPENAT2,
    [452] = 1 + WIRE_CALL_FCHMODAT2,
};

static __always_inline bool syscall_compat(void)
{
    struct task_struct *task = bpf_get_current_task_btf();

    return task->thread_info.status & TS_COMPAT;
}

/* 1 + enum wire_call of the call that ends now, or 0. Runs for every call on the machine: a number
 * that means nothing in either table costs a load, a compare and two loads. */
static __always_inline __u32 syscall_of(const struct pt_regs *regs)
{
    __u32 number = (__u32)regs->orig_ax & ~X32_SYSCALL_BIT;

    if (number >= sizeof(syscalls_native))
        return 0;

    __u32 native = syscalls_native[number];
    __u32 compat = syscalls_compat[number];

    if (!(native | compat))
        return 0;
    return syscall_compat() ? compat : native;
}

static __always_inline void syscall_args(const struct pt_regs *regs, bool compat, __u64 arg[6])
{
    if (compat) {
        arg[0] = (__u32)regs->bx;
        arg[1] = (__u32)regs->cx;
        arg[2] = (__u32)regs->dx;
        arg[3] = (__u32)regs->si;
        arg[4] = (__u32)regs->di;
        arg[5] = (__u32)regs->bp;
        return;
    }
    arg[0] = regs->di;
    arg[1] = regs->si;
    arg[2] = regs->dx;
    arg[3] = regs->r10;
    arg[4] = regs->r8;
    arg[5] = regs->r9;
}

/* socketcall(2) carries its real arguments in memory. False when it is not a connect. */
static __always_inline bool syscall_connect_args(const struct pt_regs *regs, bool compat,
                                                 __u64 arg[6])
{
    __u32 inner[3] = {0};

    if (!compat || regs->orig_ax != COMPAT_SOCKETCALL)
        return true;
    if ((__u32)arg[0] != SOCKETCALL_CONNECT)
        return false;
    bpf_probe_read_user(inner, sizeof(inner), (const void *)arg[1]);
    arg[0] = inner[0];
    arg[1] = inner[1];
    arg[2] = inner[2];
    return true;
}
