/* bpf/lib/socket.h - sockets as the kernel has them, and addresses as callers give them.
 *
 * A socket holds the peer that the kernel uses, unless it has none: because the call failed and it
 * was forgotten, or because packets carry their own. Then what the call was given is reported. */
#pragma once

#include "bpf/lib/call.h"

/* struct sockaddr_un, the largest of those we read; others lie in its start. */
struct address {
    __u16 family;
    union {
        struct {
            __u16 port;
            __u32 ipv4;
        } __attribute__((packed)) in;
        struct {
            __u16 port;
            __u32 flow_info;
            __u8 ipv6[16];
        } __attribute__((packed)) in6;
        char path[WIRE_UNIX_PATH_MAX];
    };
} __attribute__((packed));

#define ADDRESS_AT (SCRATCH_RECORD - 256) /* where it is kept: behind what the record needs */

_Static_assert(sizeof(struct address) == 110, "sockaddr_un");

static __always_inline struct sock *socket_of(const struct file *file)
{
    struct socket *socket;

    if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
        return NULL;
    socket = BPF_CORE_READ(file, private_data);
    return BPF_CORE_READ(socket, sk);
}

/* The address given to the call, zero beyond its end; *len gets its bytes behind the family. */
static __always_inline struct address *address_read(struct scratch *scratch, __u64 user,
                                                    __u32 bytes, __u32 *len, __u32 *flags)
{
    struct address *given = (struct address *)(scratch->record + ADDRESS_AT);

    __builtin_memset(given, 0, sizeof(*given));
    *len = 0;
    if (user == 0)
        return given;
    opaque(bytes);
    if (bytes > sizeof(*given))
        bytes = sizeof(*given);
    if (bpf_probe_read_user(given, bytes, (const void *)user) != 0)
        *flags |= WIRE_TEXT_MISSING;
    else if (bytes > sizeof(given->family))
        *len = forgotten(scratch, bytes - sizeof(given->family));
    return given;
}

/* Both ends as the socket has them; false when it has no peer, or not all of one. */
static __always_inline bool socket_ends(struct wire_socket *out, const struct sock *sk)
{
    out->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
    out->remote_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
    if (out->family == AF_INET) {
        __u32 local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
        __u32 remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);

        __builtin_memcpy(out->local, &local, sizeof(local));
        __builtin_memcpy(out->remote, &remote, sizeof(remote));
        return remote != 0 && out->remote_port != 0;
    }
    bpf_core_read(out->local, sizeof(out->local), &sk->__sk_common.skc_v6_rcv_saddr);
    bpf_core_read(out->remote, sizeof(out->remote), &sk->__sk_common.skc_v6_daddr);

    const __u64 *half = (const __u64 *)out->remote;

    return (half[0] | half[1]) != 0 && out->remote_port != 0;
}

static __always_inline void socket_given(struct wire_socket *out, const struct address *given)
{
    out->remote_port = 0;
    __builtin_memset(out->remote, 0, sizeof(out->remote));
    switch (given->family) {
    case AF_INET:
        out->family = AF_INET;
        out->remote_port = __builtin_bswap16(given->in.port);
        __builtin_memcpy(out->remote, &given->in.ipv4, sizeof(given->in.ipv4));
        break;
    case AF_INET6:
        out->family = AF_INET6;
        out->remote_port = __builtin_bswap16(given->in6.port);
        __builtin_memcpy(out->remote, given->in6.ipv6, sizeof(out->remote));
        break;
    default:
        break;
    }
}

/* What the socket is, and its ends. `sk` and `given` may be NULL, but not both: without a socket
 * there is only the address. */
static __always_inline void socket_fill(struct wire_socket *out, const struct sock *sk,
                                        const struct address *given)
{
    __builtin_memset(out, 0, sizeof(*out));
    if (sk) {
        out->family = BPF_CORE_READ(sk, __sk_common.skc_family);
        out->type = BPF_CORE_READ(sk, sk_type);
        out->protocol = BPF_CORE_READ(sk, sk_protocol);
        if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_LISTEN)
            out->state |= WIRE_SOCKET_LISTENS;
    } else if (given) {
        out->family = given->family;
    }
    if (out->family != AF_INET && out->family != AF_INET6)
        return;
    if (sk && socket_ends(out, sk))
        out->state |= WIRE_SOCKET_CONNECTED;
    else if (given && given->family != 0)
        socket_given(out, given);
}

/* Bytes of a UNIX address's path: a name in the file system ends before its NUL, an abstract one,
 * which begins with a NUL, has them all. */
static __always_inline __u32 unix_bytes(const char *path, __u32 len)
{
    __u32 used = 0;

    if (len > WIRE_UNIX_PATH_MAX)
        len = WIRE_UNIX_PATH_MAX;
    if (len == 0 || path[0] == 0)
        return len;
    for (__u32 i = 0; i < WIRE_UNIX_PATH_MAX; i++) {
        if (i >= len || path[i] == 0)
            break;
        used = i + 1;
    }
    return used;
}

/* Bytes of the name of a UNIX socket, 0 when it has none; *name is where it lies. */
static __always_inline __u32 unix_name(const struct unix_sock *sk, const char **name)
{
    const struct unix_address *address = sk ? BPF_CORE_READ(sk, addr) : NULL;
    __u32 len = address ? BPF_CORE_READ(address, len) : 0;

    if (len <= sizeof(__u16))
        return 0;
    *name = (const char *)address + bpf_core_field_offset(address->name) + sizeof(__u16);
    return len - sizeof(__u16);
}

/* Append the name of the other end, else the one given (of which address_read() gave the length),
 * else that of this end. */
static __always_inline __u32 put_unix(struct scratch *scratch, __u32 at, const struct sock *sk,
                                      __u32 given_len)
{
    const struct unix_sock *own = (const struct unix_sock *)sk;
    const void *peer = sk ? BPF_CORE_READ(own, peer) : NULL;
    const struct address *given = (const struct address *)(scratch->record + ADDRESS_AT);
    const char *name = given->path;
    __u32 len = unix_name(peer, &name);

    opaque(at);
    if (at > SCRATCH_RECORD - 1024)
        return 0;
    if (len == 0)
        len = given_len;
    if (len == 0)
        len = unix_name(own, &name);
    if (len != 0)
        bpf_probe_read_kernel(scratch->record + at, WIRE_UNIX_PATH_MAX, name);
    return forgotten(scratch, unix_bytes(scratch->record + at, forgotten(scratch, len)));
}

/* Append the socket, and the name of a UNIX one. It is the first part: its place is known. */
static __always_inline __u32 put_socket(struct scratch *scratch, __u32 at,
                                        struct wire_call_record *record, const struct sock *sk,
                                        const struct address *given, __u32 given_len)
{
    struct wire_socket *socket = (struct wire_socket *)(scratch->record + sizeof(*record));

    socket_fill(socket, sk, given);
    at = call_part(record, WIRE_PART_SOCKET, at, sizeof(*socket));
    if (socket->family == AF_UNIX)
        at = call_part(record, WIRE_PART_UNIX, at, put_unix(scratch, at, sk, given_len));
    return at;
}
