#include "decode/socket.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/buf.h"
#include "event/event.h"

enum {
    CONNECTION_TEXT_MAX = 128, /* two IPv6 addresses with their ports */
    CLIENT_PORT_MIN = 32768,
};

/* An IPv6 address that stands for an IPv4 one is shown as that. */
static bool is_mapped(const __u8 *address)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

    return memcmp(address, prefix, sizeof(prefix)) == 0;
}

static bool is_zero(const __u8 *address)
{
    static const uint8_t zero[16];

    return memcmp(address, zero, sizeof(zero)) == 0;
}

static struct value_ip ip_of(const __u8 *address, bool six, bool mapped)
{
    struct value_ip ip = {.family = six && !mapped ? 6 : 4, .prefix = six && !mapped ? 128 : 32};

    if (six && !mapped)
        memcpy(ip.byte, address, 16);
    else
        memcpy(ip.byte, mapped ? address + 12 : address, 4);
    return ip;
}

static void print_end(struct buf *out, const struct value_ip *ip, uint16_t port)
{
    value_print(out, VALUE_IPADDR, &(struct value){.kind = VALUE_ADDRESS, .ip = *ip});
    buf_char(out, ':');
    buf_u64(out, port);
}

static uint8_t l4_protocol_of(const struct wire_socket *socket)
{
    if (socket->protocol != 0)
        return (uint8_t)socket->protocol;
    switch (socket->type) {
    case SOCK_STREAM:
        return IPPROTO_TCP;
    case SOCK_DGRAM:
        return IPPROTO_UDP;
    case SOCK_RAW:
        return IPPROTO_RAW;
    default:
        return 0;
    }
}

static bool has_remote(const struct event_fd *fd)
{
    return fd->remote_port != 0 || !is_zero(fd->remote.byte);
}

static bool is_server(const struct event_fd *fd, const struct wire_socket *socket,
                      enum socket_role role)
{
    bool here = fd->local_port >= CLIENT_PORT_MIN;
    bool there = fd->remote_port >= CLIENT_PORT_MIN;

    if (role != SOCKET_ROLE_GUESS)
        return role == SOCKET_ROLE_SERVER;
    if (!has_remote(fd))
        return fd->local_port != 0;
    return here == there ? (socket->state & WIRE_SOCKET_LISTENS) != 0 : there;
}

static struct sv inet_name(const struct event_fd *fd, struct arena *scratch)
{
    char room[CONNECTION_TEXT_MAX];
    struct buf text = {.ptr = room, .size = sizeof(room), .limit = sizeof(room) - 1};

    if (!has_remote(fd)) {
        if (fd->local_port == 0)
            return (struct sv){NULL, 0};
        print_end(&text, &fd->local, fd->local_port);
        return arena_sv(scratch, buf_view(&text));
    }
    print_end(&text, fd->server ? &fd->remote : &fd->local,
              fd->server ? fd->remote_port : fd->local_port);
    buf_str(&text, "->");
    print_end(&text, fd->server ? &fd->local : &fd->remote,
              fd->server ? fd->local_port : fd->remote_port);
    return arena_sv(scratch, buf_view(&text));
}

static void describe_inet(struct event_fd *fd, const struct wire_socket *socket,
                          enum socket_role role, struct arena *scratch)
{
    bool six = socket->family == AF_INET6;
    bool mapped =
        six && is_mapped(socket->remote) && (is_mapped(socket->local) || is_zero(socket->local));

    fd->type = six && !mapped ? '6' : '4';
    fd->l4_protocol = l4_protocol_of(socket);
    fd->local = ip_of(socket->local, six, mapped);
    fd->remote = ip_of(socket->remote, six, mapped);
    fd->local_port = socket->local_port;
    fd->remote_port = socket->remote_port;
    fd->has_addresses = true;
    fd->server = is_server(fd, socket, role);
    fd->name = inet_name(fd, scratch);
}

/* A name in the abstract namespace begins with a NUL, shown as '@'. */
static struct sv unix_name(struct sv path, struct arena *scratch)
{
    if (path.len == 0 || path.ptr[0] != '\0')
        return path;
    return arena_printf(scratch, "@%.*s", (int)path.len - 1, path.ptr + 1);
}

void socket_describe(struct event_fd *fd, const struct wire_socket *socket, struct sv path,
                     enum socket_role role, struct arena *scratch)
{
    fd->connected = (socket->state & WIRE_SOCKET_CONNECTED) != 0;
    fd->name_changed = (socket->state & WIRE_SOCKET_CHANGED) != 0;
    switch (socket->family) {
    case AF_INET:
    case AF_INET6:
        describe_inet(fd, socket, role, scratch);
        break;
    case AF_UNIX:
        fd->type = 'u';
        fd->server = role == SOCKET_ROLE_SERVER || (socket->state & WIRE_SOCKET_LISTENS) != 0;
        fd->name = unix_name(path, scratch);
        break;
    case AF_NETLINK:
        fd->type = 'n';
        break;
    default:
        fd->type = 'o';
        break;
    }
}

static struct sv end_name(const struct event_fd *fd, const struct value_ip *ip, uint16_t port,
                          struct arena *scratch)
{
    char room[CONNECTION_TEXT_MAX];
    struct buf text = {.ptr = room, .size = sizeof(room), .limit = sizeof(room) - 1};

    if (fd->type == 'u')
        return fd->name;
    if (fd->type != '4' && fd->type != '6')
        return (struct sv){NULL, 0};
    print_end(&text, ip, port);
    return arena_sv(scratch, buf_view(&text));
}

struct sv socket_remote_name(const struct event_fd *fd, struct arena *scratch)
{
    return end_name(fd, &fd->remote, fd->remote_port, scratch);
}

struct sv socket_local_name(const struct event_fd *fd, struct arena *scratch)
{
    return end_name(fd, &fd->local, fd->local_port, scratch);
}
