/* event/recorded_address.h - addresses and pairs of them as recordings hold them.
 *
 * Family (one byte, as of event_flag_socket_families), then IPv4 or IPv6 address and port, or for
 * UNIX sockets a path; in a pair, the addresses of the two sockets in the kernel stand before it.
 * Any thread. */
#pragma once

#include "base/attr.h"
#include "base/sv.h"
#include "event/value.h"

struct buf;

struct recorded_address {
    char type; /* 4, 6 or u; 0: of another family */
    struct value_ip ip;
    uint16_t port;
    struct sv path;
};

struct recorded_pair {
    char type;
    struct value_ip from, to;
    uint16_t from_port, to_port;
    uint64_t socket, peer;
    struct sv path;
};

/* false: the bytes make no address. An IPv6 address that stands for an IPv4 one stays as it is. */
must_check bool recorded_address_read(struct sv raw, struct recorded_address *out);
must_check bool recorded_pair_read(struct sv raw, struct recorded_pair *out);

/* "1.2.3.4:80", "::1:80", a path; "1.2.3.4:5->6.7.8.9:80", "ffff1->ffff2 /path"; false: none. */
bool recorded_address_print(struct buf *out, struct sv raw);
bool recorded_pair_print(struct buf *out, struct sv raw);

/* Stands for an IPv4 address (the address that is all zero does too)? */
bool recorded_ip_is_mapped(const struct value_ip *ip);
struct value_ip recorded_ip_unmapped(const struct value_ip *ip);
/* "1.2.3.4", "::1" */
void recorded_ip_print(struct buf *out, const struct value_ip *ip);
