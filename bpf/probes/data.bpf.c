/* bpf/probes/data.bpf.c - calls that move data, and those that name the other end of a socket. */
#include "bpf/lib/socket.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define VECTORS_MAX 8 /* pieces of data looked at */
#define SOCKET_ENDS_MAX 4096

struct pieces_context {
    struct scratch *scratch;
};

/* struct msghdr in user memory, or the first of an array of struct mmsghdr, which begin with it. */
static __always_inline void read_message(struct pieces *out, __u64 user)
{
    __u64 wide[4] = {0};  /* name, its length and a hole, iov, iovlen */
    __u32 small[4] = {0}; /* the same in a 32-bit program */

    if (out->narrow) {
        bpf_probe_read_user(small, sizeof(small), (const void *)user);
        out->address = small[0];
        out->address_len = small[1];
        out->vector = small[2];
        out->count = small[3];
        return;
    }
    bpf_probe_read_user(wide, sizeof(wide), (const void *)user);
    out->address = wide[0];
    out->address_len = (__u32)wide[1];
    out->vector = wide[2];
    out->count = wide[3];
}

static __always_inline bool read_piece(const struct pieces *from, __u32 index, __u64 piece[2])
{
    __u32 small[2] = {0};

    if (!from->narrow)
        return bpf_probe_read_user(piece, 2 * sizeof(piece[0]),
                                   (const void *)(from->vector + index * 16)) == 0;
    if (bpf_probe_read_user(small, sizeof(small), (const void *)(from->vector + index * 8)) != 0)
        return false;
    piece[0] = small[0];
    piece[1] = small[1];
    return true;
}

/* Append as much of one piece as is still wanted. */
static __always_inline void put_piece(struct scratch *scratch, const __u64 piece[2])
{
    struct pieces *pieces = &scratch->pieces;
    __u32 left = pieces->limit - pieces->used;
    __u32 len = piece[1] < left ? piece[1] : left;
    __u32 at = pieces->at + pieces->used;

    opaque(at);
    opaque(len);
    if (at > SCRATCH_RECORD - 1024 || len > WIRE_DATA_MAX)
        return;
    if (bpf_probe_read_user(scratch->record + at, len, (const void *)piece[0]) == 0)
        pieces->used += len;
}

static long next_piece(__u32 round, struct pieces_context *ctx)
{
    struct pieces *pieces = &ctx->scratch->pieces;
    __u64 piece[2] = {0};

    if (round >= pieces->count || !read_piece(pieces, round, piece))
        return 1;
    pieces->total += piece[1];
    put_piece(ctx->scratch, piece);
    return 0;
}

/* struct msghdr in an array of struct mmsghdr has its length behind it, once the call has ended. */
static __always_inline __u32 first_message(const struct wire_call_record *record, bool narrow)
{
    __u32 len = 0;

    bpf_probe_read_user(&len, sizeof(len), (const void *)(record->arg[1] + (narrow ? 28 : 56)));
    return len;
}

/* How many bytes were moved; a call that failed would have moved any number out. */
static __always_inline __u64 data_moved(const struct wire_call_record *record, bool out,
                                        bool narrow)
{
    if (record->result < 0)
        return out ? WIRE_DATA_MAX : 0;
    switch (record->call) {
    case WIRE_CALL_SENDMMSG:
    case WIRE_CALL_RECVMMSG:
        return record->result == 0 ? 0 : first_message(record, narrow);
    case WIRE_CALL_INIT_MODULE:
        return WIRE_DATA_MAX;
    default:
        return record->result;
    }
}

static __always_inline __u32 put_data(struct scratch *scratch, __u32 at,
                                      struct wire_call_record *record, const struct shape *shape)
{
    struct pieces *pieces = &scratch->pieces;
    struct pieces_context ctx = {scratch};
    __u64 moved = data_moved(record, shape->flags & SHAPE_OUT, pieces->narrow);

    pieces->at = at;
    pieces->used = 0;
    pieces->total = 0;
    pieces->limit = moved < WIRE_DATA_MAX ? moved : WIRE_DATA_MAX;
    if (shape->flags & (SHAPE_VECTOR | SHAPE_MESSAGE)) {
        bpf_loop(VECTORS_MAX, next_piece, &ctx, 0);
        record->arg[2] = record->call == WIRE_CALL_RECVMMSG ? moved : pieces->total;
    } else {
        const __u64 piece[2] = {pieces->vector, pieces->count};

        put_piece(scratch, piece);
    }

    __u32 used = pieces->used;

    return call_part(record, WIRE_PART_DATA, at, used > WIRE_DATA_MAX ? 0 : used);
}

/* Where the data is, and what names the other end. */
static __always_inline void find_pieces(struct pieces *out, const struct wire_call_record *record,
                                        const struct shape *shape, bool narrow)
{
    out->narrow = narrow;
    if (shape->flags & SHAPE_MESSAGE) {
        read_message(out, call_arg(record, shape->data));
        return;
    }
    out->vector = call_arg(record, shape->data);
    out->count = call_arg(record, shape->size);
    out->address = call_arg(record, shape->address);
    out->address_len = (__u32)call_arg(record, shape->address_len);
    if (shape->flags & SHAPE_LEN_AT) {
        const void *user = (const void *)call_arg(record, shape->address_len);

        out->address_len = 0;
        if (user)
            bpf_probe_read_user(&out->address_len, sizeof(out->address_len), user);
    }
}

/* Whom sockets without an end of their own had to do with last. */
struct socket_key {
    __u64 sk, ino; /* of the kernel's object, which may be used again, and of the socket */
};

struct socket_end {
    __u64 address[2];
    __u64 port; /* 64 bits leave no hole */
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, SOCKET_ENDS_MAX);
    __type(key, struct socket_key);
    __type(value, struct socket_end);
} socket_ends_seen SEC(".maps");

static __always_inline void note_end(const struct wire_call_record *record,
                                     struct wire_socket *socket, const struct sock *sk)
{
    struct socket_key key = {(__u64)sk, record->fd.ino};
    struct socket_end end = {.port = socket->remote_port}, *seen;

    __builtin_memcpy(end.address, socket->remote, sizeof(end.address));
    seen = bpf_map_lookup_elem(&socket_ends_seen, &key);
    if (seen && seen->port == end.port && seen->address[0] == end.address[0] &&
        seen->address[1] == end.address[1])
        return;
    socket->state |= WIRE_SOCKET_CHANGED;
    bpf_map_update_elem(&socket_ends_seen, &key, &end, BPF_ANY);
}

/* The socket behind the descriptor, or an address without one; else the file's path. */
static __always_inline __u32 put_end(struct scratch *scratch, __u32 at,
                                     struct wire_call_record *record, const struct shape *shape)
{
    const struct pieces *pieces = &scratch->pieces;
    const struct file *file = call_file(record, shape);
    const struct sock *sk = socket_of(file);
    bool names = pieces->address != 0 && (sk || shape->data == 0);
    const struct address *given;
    __u32 given_len = 0;

    if (!sk && !names)
        return file ? call_part(record, WIRE_PART_FD, at,
                                put_path_of_file(scratch, at, file, &record->hdr.flags))
                    : at;
    given = address_read(scratch, names ? pieces->address : 0, pieces->address_len, &given_len,
                         &record->hdr.flags);
    at = put_socket(scratch, at, record, sk, given, given_len);

    struct wire_socket *socket = (struct wire_socket *)(scratch->record + sizeof(*record));

    if (sk && names && shape->data && record->result >= 0 && socket->remote_port != 0 &&
        !(socket->state & WIRE_SOCKET_CONNECTED))
        note_end(record, socket, sk);
    return at;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_data, struct pt_regs *regs, long result)
{
    struct scratch *scratch = scratch_of(SCRATCH_SYSCALL);
    const struct shape *shape = NULL;
    struct wire_call_record *record;
    struct call call = {0};
    __u32 at;

    call_decode(&call, regs, result);
    record = scratch ? call_begin(scratch, &call, &shape) : NULL;
    if (!record)
        return 0;
    at = forgotten(scratch, sizeof(*record));
    find_pieces(&scratch->pieces, record, shape, call.narrow);
    at = put_end(scratch, at, record, shape);
    if (shape->string)
        at = put_string(scratch, at, record, WIRE_PART_STRING, call_arg(record, shape->string));
    if (shape->data)
        at = put_data(scratch, at, record, shape);
    call_send(scratch, at);
    return 0;
}
