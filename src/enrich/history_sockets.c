/* Events of sockets: which addresses a descriptor has, and which end is which.
 *
 * `from` is the client's address and `to` the server's, as far as that is known. Parameters by
 * their place in event/event_table.c. */
#include <errno.h>
#include <netinet/in.h>

#include "base/buf.h"
#include "enrich/history_turn.h"
#include "enrich/text.h"
#include "event/event_flags.h"
#include "event/recorded_address.h"

enum { DOMAIN_UNIX = 1, DOMAIN_INET = 2, DOMAIN_INET6 = 10, DOMAIN_NETLINK = 16 };
enum { KIND_STREAM = 1, KIND_DATAGRAM = 2, KIND_RAW = 3, KIND_MASK = 0xff };
enum { NAME_MAX_LEN = 512 };

static bool is_internet(const struct descriptor *fd)
{
    return fd->type == '4' || fd->type == '6';
}

/* --------------------------------------------------------------------------------------- names */

static void print_end(struct buf *out, const struct value_ip *ip, uint16_t port)
{
    recorded_ip_print(out, ip);
    buf_char(out, ':');
    buf_u64(out, port);
}

static void print_pair(struct buf *out, const struct descriptor *fd)
{
    struct value_ip from = fd->from;
    struct value_ip to = fd->to;

    if (recorded_ip_is_mapped(&from) && recorded_ip_is_mapped(&to)) {
        from = recorded_ip_unmapped(&from);
        to = recorded_ip_unmapped(&to);
    }
    if (fd->l4_protocol == IPPROTO_ICMP || fd->l4_protocol == IPPROTO_RAW) {
        recorded_ip_print(out, &from);
        buf_str(out, "->");
        recorded_ip_print(out, &to);
        return;
    }
    print_end(out, &from, fd->from_port);
    buf_str(out, "->");
    print_end(out, &to, fd->to_port);
}

static void name_after(struct descriptor *fd, bool unknown_without_protocol)
{
    scoped(buf_done) struct buf text = {.limit = NAME_MAX_LEN};

    if (fd->listening)
        print_end(&text, &fd->to, fd->to_port);
    else if (unknown_without_protocol && fd->l4_protocol == 0)
        buf_str(&text, "<unknown>");
    else
        print_pair(&text, fd);
    text_set(&fd->name, buf_view(&text));
}

void history_socket_name(struct descriptor *fd)
{
    name_after(fd, false);
}

/* ---------------------------------------------------------------------------------- interfaces */

static bool is_zero(const struct value_ip *ip)
{
    static const uint8_t zero[sizeof(ip->byte)];

    return memcmp(ip->byte, zero, sizeof(zero)) == 0;
}

static bool same_ip(const struct value_ip *a, const struct value_ip *b)
{
    return a->family == b->family && memcmp(a->byte, b->byte, a->family == 4 ? 4 : 16) == 0;
}

static bool same_net(const struct recorded_interface *interface, const struct value_ip *ip)
{
    const uint8_t *mask = interface->mask.byte;

    if (interface->address.family != ip->family)
        return false;
    if (ip->family == 6) /* networks of 64 bits */
        return memcmp(interface->address.byte, ip->byte, 8) == 0;
    for (size_t i = 0; i < 4; i++) {
        if ((interface->address.byte[i] & mask[i]) != (ip->byte[i] & mask[i]))
            return false;
    }
    return true;
}

static bool is_loopback(const struct value_ip *ip)
{
    static const uint8_t four[4] = {127, 0, 0, 1};
    static const uint8_t six[16] = {[15] = 1};

    return ip->family == 4 ? memcmp(ip->byte, four, 4) == 0 : memcmp(ip->byte, six, 16) == 0;
}

/* The address of this machine that speaks with `other`. */
static struct value_ip own_address(const struct history *history, const struct value_ip *other)
{
    const struct value_ip *found = NULL;

    for (uint32_t i = 0; i < history->interface_count; i++) {
        const struct value_ip *own = &history->interface[i].address;
        if (same_ip(own, other))
            return *own;
    }
    for (uint32_t i = 0; i < history->interface_count && found == NULL; i++) {
        if (same_net(&history->interface[i], other))
            found = &history->interface[i].address;
    }
    for (uint32_t i = 0; i < history->interface_count && found == NULL; i++) {
        const struct value_ip *own = &history->interface[i].address;
        if (own->family == other->family && !is_loopback(own))
            found = own;
    }
    return found == NULL ? (struct value_ip){.family = other->family, .prefix = other->prefix}
                         : *found;
}

/* A connection of which one address is not known. */
static void complete(const struct history *history, struct descriptor *fd)
{
    bool no_from = is_zero(&fd->from);

    if (!is_internet(fd) || fd->listening || (!no_from && !is_zero(&fd->to)))
        return;
    const struct value_ip *other = no_from ? &fd->to : &fd->from;
    struct value_ip own = own_address(history, other);
    if (same_ip(&own, other) && fd->from_port == fd->to_port)
        return;
    if (no_from)
        fd->from = own;
    else
        fd->to = own;
}

/* --------------------------------------------------------------------------------- the beginning
 */

void history_socket_fill_in(const struct history *history, struct descriptor *fd)
{
    fd->connected = !fd->listening && fd->l4_protocol == IPPROTO_TCP;
    if (fd->listening) {
        fd->to = fd->from;
        fd->to_port = fd->from_port;
        fd->from = (struct value_ip){.family = fd->to.family, .prefix = fd->to.prefix};
        fd->from_port = 0;
    } else if (fd->type == '6' && recorded_ip_is_mapped(&fd->from) &&
               recorded_ip_is_mapped(&fd->to)) {
        fd->type = '4';
        fd->from = recorded_ip_unmapped(&fd->from);
        fd->to = recorded_ip_unmapped(&fd->to);
    }
    if (fd->type == '4')
        complete(history, fd);
    history_socket_name(fd);
}

/* Ports that somebody listens on. */
struct ports {
    uint64_t bit[(UINT16_MAX + 1) / 64];
};

static void swap_ends(struct descriptor *fd)
{
    struct value_ip ip = fd->from;
    uint16_t port = fd->from_port;

    fd->from = fd->to;
    fd->from_port = fd->to_port;
    fd->to = ip;
    fd->to_port = port;
}

static void collect_ports(const struct descriptors *table, struct ports *ports)
{
    const struct descriptor *fd;
    uint64_t at = 0;
    int64_t num = 0;

    while ((fd = descriptors_next(table, &at, &num)) != NULL) {
        if (fd->listening)
            ports->bit[fd->to_port / 64] |= 1ULL << (fd->to_port % 64);
    }
}

/* A connection from such a port is one that was accepted. */
static void turn_accepted(struct descriptors **table, const struct ports *ports)
{
    const struct descriptor *fd;
    uint64_t at = 0;
    int64_t num = 0;

    while ((fd = descriptors_next(*table, &at, &num)) != NULL) {
        if (fd->type != '4' || fd->listening)
            continue;
        struct descriptor *own = descriptors_edit(table, num);
        own->role = DESCRIPTOR_CLIENT;
        if (((ports->bit[own->from_port / 64] >> (own->from_port % 64)) & 1) == 0)
            continue;
        swap_ends(own);
        history_socket_name(own);
        own->role = DESCRIPTOR_SERVER;
    }
}

void history_sockets_start(struct history *history)
{
    struct ports ports = {{0}};
    const struct nmap_slot *slot;
    size_t at = 0;

    while ((slot = nmap_next(&history->threads.by_tid, &at)) != NULL)
        collect_ports(((struct thread *)slot->value)->files, &ports);
    at = 0;
    while ((slot = nmap_next(&history->threads.by_tid, &at)) != NULL)
        turn_accepted(&((struct thread *)slot->value)->files, &ports);
}

/* -------------------------------------------------------------------------------------- making */

static uint8_t protocol_of(int64_t kind, int64_t protocol)
{
    switch (protocol) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_ICMP:
        return kind == KIND_RAW ? IPPROTO_RAW : (uint8_t)protocol;
    case IPPROTO_RAW:
        return IPPROTO_RAW;
    case IPPROTO_IP:
        if ((kind & KIND_MASK) == KIND_STREAM)
            return IPPROTO_TCP;
        return (kind & KIND_MASK) == KIND_DATAGRAM ? IPPROTO_UDP : 0;
    default:
        return 0;
    }
}

static void add_socket(struct turn *turn, int64_t num, int64_t domain, int64_t kind,
                       int64_t protocol, uint32_t flags)
{
    static const struct {
        int64_t domain;
        char type;
    } types[] = {
        {DOMAIN_UNIX, 'u'}, {DOMAIN_INET, '4'}, {DOMAIN_INET6, '6'}, {DOMAIN_NETLINK, 'n'}};
    char type = 'o';

    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (types[i].domain == domain)
            type = types[i].type;
    }
    struct descriptor *fd = turn_put(turn, num, type, flags);
    if (fd == NULL || !is_internet(fd))
        return;
    fd->l4_protocol = protocol_of(kind, protocol);
    fd->from = fd->to =
        (struct value_ip){.family = type == '4' ? 4 : 6, .prefix = type == '4' ? 32 : 128};
}

void effect_socket(struct turn *turn)
{
    if (turn->thread == NULL || turn_failed(turn))
        return;
    add_socket(turn, turn->event->result, turn_i64(turn, 1), turn_i64(turn, 2), turn_i64(turn, 3),
               (uint32_t)turn_i64(turn, 4));
}

void effect_socketpair(struct turn *turn)
{
    int64_t num[2] = {turn_i64(turn, 1), turn_i64(turn, 2)};

    if (turn->thread == NULL || turn_failed(turn) || num[0] == num[1])
        return;
    for (size_t i = 0; i < 2; i++) {
        struct descriptor *fd = turn_put(turn, num[i], 'u', 0);
        if (fd == NULL)
            return;
        fd->socket = (uint64_t)turn_i64(turn, 3);
        fd->peer = (uint64_t)turn_i64(turn, 4);
    }
}

/* ------------------------------------------------------------------------------------- binding */

static void set_text(struct turn *turn, struct descriptor *fd, uint32_t index)
{
    text_set(&fd->name, turn_text(turn, index));
}

void effect_bind(struct turn *turn)
{
    struct recorded_address address;
    struct descriptor *fd = turn->fd == NULL || turn_failed(turn) ? NULL : turn_edit(turn);

    if (fd == NULL || !recorded_address_read(turn_raw(turn, 1), &address))
        return;
    if ((address.type == '4' || address.type == '6') && address.port > 0) {
        bool mapped = address.type == '6' && recorded_ip_is_mapped(&address.ip);
        fd->type = mapped ? '4' : address.type;
        fd->listening = true;
        fd->to = mapped ? recorded_ip_unmapped(&address.ip) : address.ip;
        fd->to_port = address.port;
        fd->from = (struct value_ip){.family = fd->to.family, .prefix = fd->to.prefix};
        fd->from_port = 0;
        fd->role = DESCRIPTOR_SERVER;
    }
    set_text(turn, fd, 1);
}

/* ----------------------------------------------------------------------------------- addresses */

/* Take over a pair. An address that is there already stays, unless `overwrite`. False: nothing is
 * new, maybe the ends are only the other way round. */
static bool take_pair(struct descriptor *fd, struct value_ip from, uint16_t from_port,
                      struct value_ip to, uint16_t to_port, bool overwrite)
{
    bool same = same_ip(&fd->from, &from) && fd->from_port == from_port && same_ip(&fd->to, &to) &&
                fd->to_port == to_port;
    bool reversed = same_ip(&fd->from, &to) && fd->from_port == to_port &&
                    same_ip(&fd->to, &from) && fd->to_port == from_port;
    bool changed = false;

    if (same || reversed)
        return false;
    if (!same_ip(&fd->from, &from) || fd->from_port != from_port) {
        fd->from = from;
        fd->from_port = from_port;
        changed = true;
    }
    if (is_zero(&fd->to) || fd->to.family != to.family || (overwrite && !same_ip(&fd->to, &to))) {
        fd->to = to;
        changed = true;
    }
    if (fd->to_port == 0 || (overwrite && fd->to_port != to_port)) {
        fd->to_port = to_port;
        changed = true;
    }
    return changed;
}

static void unmap(struct recorded_pair *pair)
{
    if (pair->type != '6' || !recorded_ip_is_mapped(&pair->from) ||
        !recorded_ip_is_mapped(&pair->to))
        return;
    pair->type = '4';
    pair->from = recorded_ip_unmapped(&pair->from);
    pair->to = recorded_ip_unmapped(&pair->to);
}

static bool set_pair(struct descriptor *fd, const struct recorded_pair *pair, bool overwrite)
{
    if (fd->type != pair->type) { /* of another family before */
        fd->from = fd->to =
            (struct value_ip){.family = pair->from.family, .prefix = pair->from.prefix};
        fd->from_port = fd->to_port = 0;
    }
    if (fd->listening && fd->type == pair->type) {
        /* what was bound is one end of the pair, and stands where the server's address does */
        fd->listening = false;
    }
    fd->type = pair->type;
    return take_pair(fd, pair->from, pair->from_port, pair->to, pair->to_port, overwrite);
}

static void connect_internet(struct descriptor *fd, const struct recorded_pair *pair)
{
    bool changed = set_pair(fd, pair, true);

    if (changed && fd->role == DESCRIPTOR_SERVER && fd->l4_protocol == IPPROTO_UDP)
        swap_ends(fd);
    name_after(fd, true);
}

void effect_connect(struct turn *turn)
{
    struct recorded_pair pair;
    struct descriptor *fd = turn->thread == NULL || turn->fd == NULL ? NULL : turn_edit(turn);

    if (fd == NULL || (turn_failed(turn) && turn->event->result != -EINPROGRESS))
        return;
    fd->connected = true;
    if (!recorded_pair_read(turn_raw(turn, 1), &pair))
        return;
    unmap(&pair);
    if (pair.type == '4' || pair.type == '6') {
        connect_internet(fd, &pair);
    } else {
        if (fd->type != 'u')
            return;
        fd->socket = pair.socket;
        fd->peer = pair.peer;
        set_text(turn, fd, 1);
    }
    if (fd->role == DESCRIPTOR_ROLE_NONE)
        fd->role = DESCRIPTOR_CLIENT;
}

void effect_accept(struct turn *turn)
{
    enum { ACCEPT4_FLAGS = 5 };
    struct recorded_pair pair;

    turn->event->fd.name = turn_has(turn, 1) ? turn_text(turn, 1) : SV("NULL");
    turn->event->fd.name_raw = turn->event->fd.name; /* when there is no descriptor */
    if (turn->thread == NULL || turn_failed(turn))
        return;
    turn->fd_num = turn->event->result;
    if (!recorded_pair_read(turn_raw(turn, 1), &pair) || pair.type == 0)
        return;
    uint32_t flags = (uint32_t)turn_i64(turn, ACCEPT4_FLAGS) & EVENT_O_CLOEXEC;
    unmap(&pair);
    struct descriptor *fd = turn_put(turn, turn->event->result, pair.type, flags);
    if (fd == NULL)
        return;
    if (pair.type == 'u') {
        fd->socket = pair.socket;
        fd->peer = pair.peer;
    } else {
        fd->l4_protocol = IPPROTO_TCP;
        (void)set_pair(fd, &pair, true);
    }
    set_text(turn, fd, 1);
    fd->role = DESCRIPTOR_SERVER;
    fd->connected = true;
}

/* ------------------------------------------------------------------------------------ transfers */

/* Who asked whom, when no connect or accept was seen: a port that the process is bound to is the
 * server's. */
static uint8_t guess_role(const struct descriptors *table, const struct descriptor *fd,
                          bool incoming)
{
    const struct descriptor *other;
    uint64_t at = 0;
    int64_t num = 0;
    bool bound = false;
    bool client = false;

    while ((other = descriptors_next(table, &at, &num)) != NULL) {
        if (other->type != '4')
            continue;
        bound = bound || other->to_port == fd->to_port;
        client = client || (!other->listening && other->from_port == fd->from_port);
    }
    if (!bound)
        return DESCRIPTOR_CLIENT;
    if (!client)
        return DESCRIPTOR_SERVER;
    return incoming ? DESCRIPTOR_SERVER : DESCRIPTOR_CLIENT;
}

/* False: the pair says nothing new. */
static bool learn_pair(struct turn *turn, struct descriptor *fd, uint32_t index)
{
    struct recorded_pair pair;

    if (!recorded_pair_read(turn_raw(turn, index), &pair) || pair.type == 0)
        return false;
    unmap(&pair);
    if (pair.type == 'u') {
        fd->type = 'u';
        fd->socket = pair.socket;
        fd->peer = pair.peer;
        set_text(turn, fd, index);
        return true;
    }
    if (!set_pair(fd, &pair, false))
        return false;
    if (fd->l4_protocol == 0)
        fd->l4_protocol = IPPROTO_UDP;
    complete(turn->history, fd);
    return true;
}

static void transfer(struct turn *turn, uint32_t pair_index, bool incoming)
{
    struct descriptor *fd;

    if (turn->thread == NULL || turn->fd == NULL || turn_failed(turn) || !turn->event->has_result)
        return;
    bool internet = is_internet(turn->fd) && !turn->fd->listening;
    bool named = text_sv(turn->fd->name).len > 0;
    bool tcp = is_internet(turn->fd) && turn->fd->l4_protocol == IPPROTO_TCP;
    bool learns = pair_index > 0 && turn_raw(turn, pair_index).len > 0 && (!named || !tcp);
    if (!learns && (!internet || turn->fd->connected))
        return;
    fd = turn_edit(turn);
    if (fd == NULL)
        return;
    fd->connected = fd->connected || internet;
    if (!learns || !learn_pair(turn, fd, pair_index) || !is_internet(fd))
        return;
    if (fd->role == DESCRIPTOR_ROLE_NONE)
        fd->role = guess_role(*history_files(turn->thread), fd, incoming);
    if (fd->role == (incoming ? DESCRIPTOR_CLIENT : DESCRIPTOR_SERVER))
        swap_ends(fd);
    name_after(fd, true);
}

void effect_transfer(struct turn *turn)
{
    transfer(turn, 0, false);
}

/* Where recvfrom and the like have the pair. */
static uint32_t pair_index_of(const struct turn *turn)
{
    int index = event_param_index(turn->event->type, SV("tuple"));

    return index < 0 ? 0 : (uint32_t)index;
}

void effect_recv(struct turn *turn)
{
    transfer(turn, pair_index_of(turn), true);
}

void effect_send(struct turn *turn)
{
    struct recorded_pair pair;
    uint32_t index = pair_index_of(turn);

    if (turn->fd == NULL && turn->thread != NULL && !turn_failed(turn) && turn->fd_num >= 0 &&
        !sv_eq(sv(event_type_info(turn->event->type)->name), SV("sendmmsg")) &&
        recorded_pair_read(turn_raw(turn, index), &pair) && (pair.type == '4' || pair.type == '6'))
        add_socket(turn, turn->fd_num, pair.type == '4' ? DOMAIN_INET : DOMAIN_INET6, KIND_DATAGRAM,
                   IPPROTO_UDP, 0);
    transfer(turn, index, false);
}
