/* bpf/lib/syscall_x86.h - what x86-64 does its own way: which call ends, and its arguments.
 *
 * The 32-bit entry has other numbers and registers (TS_COMPAT is set while the call lasts); x32 has
 * the 64-bit registers and sets a bit in the number. Numbers are in bpf/include/syscalls_x86.h. */
#pragma once

#include "bpf/include/kernel.h"
#include "bpf/include/syscalls_x86.h"
#include "bpf/include/wire.h"

#define TS_COMPAT 2u
#define X32_SYSCALL_BIT 0x40000000u
#define X32_OWN 512 /* from here on numbers are x32's, and structures as in 32-bit calls */

static __always_inline bool syscall_compat(void)
{
    struct task_struct *task = bpf_get_current_task_btf();

    return task->thread_info.status & TS_COMPAT;
}

static __always_inline __u32 syscall_number(const struct pt_regs *regs)
{
    return (__u32)regs->orig_ax & ~X32_SYSCALL_BIT;
}

/* The row of the socketcall(2) that ends, or NULL. */
static __always_inline const struct syscall_inner *syscall_inner(const struct pt_regs *regs)
{
    __u32 inner = (__u32)regs->bx;

    return inner < SOCKETCALLS ? &syscalls_socketcall[inner] : NULL;
}

/* 1 + enum wire_call of the call that ends now, or 0. */
static __always_inline __u32 syscall_of(const struct pt_regs *regs, bool compat)
{
    __u32 number = syscall_number(regs);
    __u32 call;

    if (number >= SYSCALL_NUMBERS)
        return 0;
    call = compat ? syscalls_compat[number] : syscalls_native[number];
    if (call == SYSCALL_SOCKETCALL) {
        const struct syscall_inner *inner = syscall_inner(regs);

        call = inner ? inner->call : 0;
    }
    return call;
}

/* Whether structures in user memory are those of 32-bit programs. */
static __always_inline bool syscall_narrow(const struct pt_regs *regs, bool compat)
{
    return compat || syscall_number(regs) >= X32_OWN;
}

static __always_inline void syscall_inner_args(const struct pt_regs *regs, __u64 arg[6])
{
    const struct syscall_inner *inner = syscall_inner(regs);
    __u32 given[6] = {0};
    __u32 bytes = inner ? inner->args * sizeof(given[0]) : 0;

    asm volatile("" : "+r"(bytes)); /* the check is of what is used */
    if (bytes > sizeof(given))
        bytes = sizeof(given);
    bpf_probe_read_user(given, bytes, (const void *)(__u64)(__u32)regs->cx);
    for (int i = 0; i < 6; i++)
        arg[i] = given[i];
}

static __always_inline void syscall_args(const struct pt_regs *regs, bool compat, __u64 arg[6])
{
    if (!compat) {
        arg[0] = regs->di;
        arg[1] = regs->si;
        arg[2] = regs->dx;
        arg[3] = regs->r10;
        arg[4] = regs->r8;
        arg[5] = regs->r9;
        return;
    }
    if (syscall_number(regs) == COMPAT_SOCKETCALL) {
        syscall_inner_args(regs, arg);
        return;
    }
    arg[0] = (__u32)regs->bx;
    arg[1] = (__u32)regs->cx;
    arg[2] = (__u32)regs->dx;
    arg[3] = (__u32)regs->si;
    arg[4] = (__u32)regs->di;
    arg[5] = (__u32)regs->bp;
}
