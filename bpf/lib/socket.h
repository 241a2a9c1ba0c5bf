/* bpf/lib/socket.h - a connect record from the socket as the kernel has it, or from what the caller
 * gave where the kernel has forgotten it. */
#pragma once

#include "bpf/lib/file.h"

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

#define ADDRESS_AT 1024 /* where it is kept in scratch memory, behind the record */

_Static_assert(sizeof(struct address) == 110, "sockaddr_un");

static __always_inline struct sock *socket_of(const struct file *file)
{
    struct socket *socket;

    if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
        return NULL;
    socket = BPF_CORE_READ(file, private_data);
    return BPF_CORE_READ(socket, sk);
}

/* Both ends as the socket has them; false when it has no peer, or not all of one. */
static __always_inline bool fill_inet(struct wire_connect *connect, const struct sock *sk)
{
    connect->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
    connect->remote_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
    if (connect->family == AF_INET) {
        __u32 local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
        __u32 remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);

        __builtin_memcpy(connect->local, &local, sizeof(local));
        __builtin_memcpy(connect->remote, &remote, sizeof(remote));
        return remote != 0 && connect->remote_port != 0;
    }
    bpf_core_read(connect->local, sizeof(connect->local), &sk->__sk_common.skc_v6_rcv_saddr);
    bpf_core_read(connect->remote, sizeof(connect->remote), &sk->__sk_common.skc_v6_daddr);

    const __u64 *half = (const __u64 *)connect->remote;

    return (half[0] | half[1]) != 0 && connect->remote_port != 0;
}

static __always_inline void fill_given(struct wire_connect *connect, const struct address *given)
{
    connect->remote_port = 0;
    __builtin_memset(connect->remote, 0, sizeof(connect->remote));
    switch (given->family) {
    case AF_INET:
        connect->family = AF_INET;
        connect->remote_port = __builtin_bswap16(given->in.port);
        __builtin_memcpy(connect->remote, &given->in.ipv4, sizeof(given->in.ipv4));
        break;
    case AF_INET6:
        connect->family = AF_INET6;
        connect->remote_port = __builtin_bswap16(given->in6.port);
        __builtin_memcpy(connect->remote, given->in6.ipv6, sizeof(connect->remote));
        break;
    default:
        break;
    }
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

/* The peer's own address where there is a peer, else the one given. */
static __always_inline __u32 put_unix(struct scratch *scratch, const struct sock *sk,
                                      const struct address *given, __u32 given_len)
{
    const struct unix_sock *own = (const struct unix_sock *)sk;
    const struct unix_sock *peer = sk ? (const struct unix_sock *)BPF_CORE_READ(own, peer) : NULL;
    char *out = scratch->record + sizeof(struct wire_connect);
    __u32 len = given_len;

    bpf_probe_read_kernel(out, WIRE_UNIX_PATH_MAX, given->path);
    if (peer) {
        const struct unix_address *address = BPF_CORE_READ(peer, addr);
        __u32 peer_len = address ? BPF_CORE_READ(address, len) : 0;

        if (peer_len > sizeof(__u16)) {
            len = peer_len - sizeof(__u16);
            bpf_probe_read_kernel(out, WIRE_UNIX_PATH_MAX,
                                  (const char *)address + bpf_core_field_offset(address->name) +
                                      sizeof(__u16));
        }
    }
    return unix_bytes(out, len);
}

/* The address that lies in scratch memory for put_connect(), zeroed. */
static __always_inline struct address *address_given(struct scratch *scratch)
{
    struct address *given = (struct address *)(scratch->record + ADDRESS_AT);

    __builtin_memset(given, 0, sizeof(*given));
    return given;
}

/* Fill the socket's part of the record at the start of scratch memory, whose header and result are
 * there already. `given_len` bytes of address_given() are what the caller passed. Returns the
 * record's bytes. */
static __always_inline __u32 put_connect(struct scratch *scratch, const struct file *file,
                                         const struct address *given, __u32 given_len)
{
    struct wire_connect *connect = (struct wire_connect *)scratch->record;
    const struct sock *sk = socket_of(file);

    connect->family = sk ? BPF_CORE_READ(sk, __sk_common.skc_family) : given->family;
    if (sk) {
        connect->type = BPF_CORE_READ(sk, sk_type);
        connect->protocol = BPF_CORE_READ(sk, sk_protocol);
        connect->ino = BPF_CORE_READ(file, f_inode, i_ino);
    }
    switch (connect->family) {
    case AF_INET:
    case AF_INET6:
        if (!sk || !fill_inet(connect, sk))
            fill_given(connect, given);
        break;
    case AF_UNIX:
        connect->unix_len =
            put_unix(scratch, sk, given, given_len > sizeof(__u16) ? given_len - sizeof(__u16) : 0);
        break;
    default:
        break;
    }
    return sizeof(*connect) + connect->unix_len;
}
