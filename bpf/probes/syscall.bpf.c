/* bpf/probes/syscall.bpf.c - the end of every system call: is it one we want, and who builds it.
 *
 * on_sys_exit runs for each call of the whole machine, so its first instructions are a look at a
 * table by the call's number and the way out. What is wanted goes on by tail call to the program of
 * its shape (bpf/lib/shape.h).
 *
 * There is no program at the start of calls: that would cost every call of the machine the same
 * again, and everything is still there at the end: the arguments in the saved registers, the result
 * with them, and the file or socket in the process's tables, which is what the kernel really used.
 * User memory read now may have been rewritten since, as it may between any two looks at it;
 * records therefore carry what the kernel resolved beside what was given. */
#include "bpf/lib/call.h"
#include "bpf/lib/scope.h"
#include "bpf/lib/verdict.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u8 wanted_numbers[SYSCALL_NUMBERS] = {0}; /* enum wire_entry; changed with wanted_calls */

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, WIRE_PROGRAM_COUNT);
    __type(key, __u32);
    __type(value, __u32);
} handlers SEC(".maps"); /* by enum wire_program */

SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs *regs, long result)
{
    __u32 number = syscall_number(regs);
    __u32 wanted, call;
    bool compat;

    if (number >= SYSCALL_NUMBERS)
        return 0;
    wanted = wanted_numbers[number];
    if (wanted == 0)
        return 0;
    compat = syscall_compat();
    if (!(wanted & (compat ? WIRE_32_BIT : WIRE_NATIVE)) || !scope_has_current())
        return 0;
    call = syscall_of(regs, compat) - 1;
    if (call >= WIRE_CALL_COUNT || wanted_calls[call] == WIRE_UNWANTED)
        return 0;
    if (call_filtered(call) && filter_open_cases(filter_index(call)) == 0 && !filter_audit) {
        count_filtered(call);
        return 0;
    }
    bpf_tail_call(ctx, &handlers, shapes[call].program);
    count_lost(0); /* not reached while every program is there */
    return 0;
}
