#include "event/recorded_address.h"

#include <arpa/inet.h>

#include "base/buf.h"

enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10 };

static struct value_ip ip_at(const char *at, uint8_t family)
{
    struct value_ip ip = {.family = family, .prefix = family == 4 ? 32 : 128};

    memcpy(ip.byte, at, family == 4 ? 4 : 16);
    return ip;
}

static uint16_t port_at(const char *at)
{
    uint16_t port = 0;

    memcpy(&port, at, sizeof(port));
    return port;
}

static char type_of(struct sv raw)
{
    switch (raw.len == 0 ? 0 : raw.ptr[0]) {
    case FAMILY_UNIX:
        return 'u';
    case FAMILY_INET:
        return '4';
    case FAMILY_INET6:
        return '6';
    default:
        return 0;
    }
}

static struct sv path_in(struct sv raw, size_t from)
{
    struct sv rest = sv_sub(raw, from, raw.len);

    return (struct sv){rest.ptr, rest.len == 0 ? 0 : strnlen(rest.ptr, rest.len)};
}

bool recorded_address_read(struct sv raw, struct recorded_address *out)
{
    char type = type_of(raw);
    size_t size = type == '4' ? 4 : 16;

    *out = (struct recorded_address){.type = type};
    if (raw.len == 0)
        return false;
    if (type == 'u') {
        out->path = path_in(raw, 1);
        return true;
    }
    if (type == 0)
        return true;
    if (raw.len != 1 + size + sizeof(uint16_t))
        return false;
    out->ip = ip_at(raw.ptr + 1, type == '4' ? 4 : 6);
    out->port = port_at(raw.ptr + 1 + size);
    return true;
}

bool recorded_pair_read(struct sv raw, struct recorded_pair *out)
{
    char type = type_of(raw);
    size_t size = type == '4' ? 4 : 16;
    size_t end = size + sizeof(uint16_t);

    *out = (struct recorded_pair){.type = type};
    if (raw.len == 0)
        return false;
    if (type == 'u') {
        if (raw.len < 1 + 2 * sizeof(uint64_t))
            return false;
        memcpy(&out->socket, raw.ptr + 1, sizeof(out->socket));
        memcpy(&out->peer, raw.ptr + 1 + sizeof(out->socket), sizeof(out->peer));
        out->path = path_in(raw, 1 + 2 * sizeof(uint64_t));
        return true;
    }
    if (type == 0)
        return true;
    if (raw.len != 1 + 2 * end)
        return false;
    out->from = ip_at(raw.ptr + 1, type == '4' ? 4 : 6);
    out->from_port = port_at(raw.ptr + 1 + size);
    out->to = ip_at(raw.ptr + 1 + end, type == '4' ? 4 : 6);
    out->to_port = port_at(raw.ptr + 1 + end + size);
    return true;
}

bool recorded_ip_is_mapped(const struct value_ip *ip)
{
    static const uint8_t zero[16];
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

    return ip->family == 6 && (memcmp(ip->byte, prefix, sizeof(prefix)) == 0 ||
                               memcmp(ip->byte, zero, sizeof(zero)) == 0);
}

struct value_ip recorded_ip_unmapped(const struct value_ip *ip)
{
    struct value_ip out = {.family = 4, .prefix = 32};

    memcpy(out.byte, ip->byte + 12, 4);
    return out;
}

void recorded_ip_print(struct buf *out, const struct value_ip *ip)
{
    char text[INET6_ADDRSTRLEN] = "";

    if (inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->byte, text, sizeof(text)) != NULL)
        buf_str(out, text);
}

static void print_end(struct buf *out, const struct value_ip *ip, uint16_t port)
{
    recorded_ip_print(out, ip);
    buf_char(out, ':');
    buf_u64(out, port);
}

static void print_family(struct buf *out, struct sv raw)
{
    buf_printf(out, "family %u", (unsigned char)raw.ptr[0]);
}

bool recorded_address_print(struct buf *out, struct sv raw)
{
    struct recorded_address address;

    if (!recorded_address_read(raw, &address))
        return false;
    if (address.type == 'u')
        buf_sv(out, address.path);
    else if (address.type == 0)
        print_family(out, raw);
    else
        print_end(out, &address.ip, address.port);
    return true;
}

bool recorded_pair_print(struct buf *out, struct sv raw)
{
    struct recorded_pair pair;

    if (!recorded_pair_read(raw, &pair))
        return false;
    if (pair.type == 'u') {
        buf_printf(out, "%llx->%llx ", (unsigned long long)pair.socket,
                   (unsigned long long)pair.peer);
        buf_sv(out, pair.path);
        return true;
    }
    if (pair.type == 0) {
        print_family(out, raw);
        return true;
    }
    if (recorded_ip_is_mapped(&pair.from) && recorded_ip_is_mapped(&pair.to)) {
        pair.from = recorded_ip_unmapped(&pair.from);
        pair.to = recorded_ip_unmapped(&pair.to);
    }
    print_end(out, &pair.from, pair.from_port);
    buf_str(out, "->");
    print_end(out, &pair.to, pair.to_port);
    return true;
}
