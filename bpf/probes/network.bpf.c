/* bpf/probes/network.bpf.c - connect: the two ends as the socket has them.
 *
 * The socket is the one that the descriptor names. It holds the peer that the kernel used, unless
 * the call failed and the kernel has forgotten it: then what the caller gave is reported. */
#include "bpf/lib/call.h"
#include "bpf/lib/socket.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sys_exit")
int BPF_PROG(on_connect, struct pt_regs *regs, long result)
{
    struct scratch *scratch = scratch_of(SCRATCH_SYSCALL);
    struct call call = {0};

    call_decode(&call, regs, result);
    if (!syscall_connect_args(regs, call.flags & WIRE_COMPAT, call.arg))
        return 0;
    if (!scratch) {
        count_lost(WIRE_CONNECT);
        return 0;
    }

    struct wire_connect *connect = (struct wire_connect *)scratch->record;
    struct address *given = address_given(scratch);
    __u32 given_len = (__u32)call.arg[2];

    if (given_len > sizeof(*given))
        given_len = sizeof(*given);
    if (bpf_probe_read_user(given, given_len, (const void *)call.arg[1]) != 0)
        call.flags |= WIRE_TEXT_MISSING;
    __builtin_memset(connect, 0, sizeof(*connect));
    fill_header(&connect->hdr, WIRE_CONNECT, 0);
    connect->hdr.flags = call.flags;
    connect->result = call.result;
    connect->fd = (__s32)call.arg[0];
    emit_scratch(scratch, put_connect(scratch, file_of(connect->fd), given, given_len),
                 WIRE_CONNECT);
    return 0;
}
