/* bpf/probes/call.bpf.c - calls whose arguments are descriptors, numbers, strings and structures;
 * the clone family, in the caller and (result 0) in the child; and execs that failed: one that
 * succeeds is on_exec's. */
#include "bpf/lib/socket.h"
#include "bpf/lib/task.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Connections that wait on the socket that one was taken from. */
static __always_inline void fill_queue(struct wire_socket *socket, __s32 fd)
{
    const struct sock *waits = socket_of(file_of(fd));

    if (!waits)
        return;
    socket->queue = BPF_CORE_READ(waits, sk_ack_backlog);
    socket->queue_max = BPF_CORE_READ(waits, sk_max_ack_backlog);
}

/* The socket of the call's descriptor, or the path of its file. */
static __always_inline __u32 put_file(struct scratch *scratch, __u32 at,
                                      struct wire_call_record *record, const struct shape *shape)
{
    const struct file *file = call_file(record, shape);
    const struct sock *sk = socket_of(file);

    if (!file)
        return at;
    if (!sk)
        return call_part(record, WIRE_PART_FD, at,
                         put_path_of_file(scratch, at, file, &record->hdr.flags));
    at = put_socket(scratch, at, record, sk, NULL, 0);
    if (shape->flags & SHAPE_ACCEPTS)
        fill_queue((struct wire_socket *)(scratch->record + sizeof(*record)),
                   (__s32)record->arg[0]);
    return at;
}

/* It is the first part, so that its place is known: calls that change a process and succeed are
 * about no sockets. */
static __always_inline __u32 put_task(struct scratch *scratch, struct wire_call_record *record,
                                      const struct call *call)
{
    __u32 at = sizeof(*record);

    if (!call_changes(call))
        return at;
    fill_task((struct wire_task *)(scratch->record + at), bpf_get_current_task_btf());
    return call_part(record, WIRE_PART_TASK, at, sizeof(struct wire_task));
}

/* Bytes of a structure whose size is an argument. */
static __always_inline __u32 given_size(const struct wire_call_record *record,
                                        const struct shape *shape)
{
    __u32 size = (__u32)call_arg(record, shape->size);

    if (shape->flags & SHAPE_LEN_AT) {
        const void *user = (const void *)call_arg(record, shape->size);

        size = 0;
        bpf_probe_read_user(&size, sizeof(size), user);
    }
    return size < WIRE_DATA_MAX ? size : WIRE_DATA_MAX;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_call, struct pt_regs *regs, long result)
{
    struct scratch *scratch = scratch_of(SCRATCH_SYSCALL);
    const struct shape *shape = NULL;
    struct wire_call_record *record;
    struct call call = {0};
    __u32 bytes, at;

    call_decode(&call, regs, result);
    record = scratch ? call_begin(scratch, &call, &shape) : NULL;
    if (!record)
        return 0;
    at = forgotten(scratch, sizeof(*record));
    if (shape->flags & SHAPE_TASK)
        at = put_task(scratch, record, &call);
    if (shape->fd)
        at = put_file(scratch, at, record, shape);
    at = put_cwd_part(scratch, at, record, shape);
    if (shape->string && call_has_string(record))
        at = put_string(scratch, at, record, WIRE_PART_STRING, call_arg(record, shape->string));
    bytes = shape->size ? given_size(record, shape) : shape->bytes;
    if (shape->structure)
        at = put_struct(scratch, at, record, WIRE_PART_STRUCT, call_arg(record, shape->structure),
                        bytes);
    if (shape->structure2)
        at = put_struct(scratch, at, record, WIRE_PART_STRUCT2, call_arg(record, shape->structure2),
                        bytes);
    call_send(scratch, at);
    return 0;
}
