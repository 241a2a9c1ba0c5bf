/* fd.*, fdlist.*, fs.path.*: the descriptor of the event and the paths it names. */
#include <netinet/in.h>

#include "event/fields.h"

static const struct {
    char letter;
    const char *name;
} fd_types[] = {
    {'f', "file"},        {'d', "directory"}, {'4', "ipv4"},    {'6', "ipv6"},
    {'u', "unix"},        {'p', "pipe"},      {'e', "event"},   {'s', "signalfd"},
    {'l', "eventpoll"},   {'i', "inotify"},   {'t', "timerfd"}, {'n', "netlink"},
    {'b', "bpf"},         {'m', "memfd"},     {'P', "pidfd"},   {'r', "io_uring"},
    {'U', "userfaultfd"}, {'o', "<NA>"},      {'X', "<NA>"},
};

/* Names of ports that outputs show; others are shown as numbers. */
static const struct {
    uint16_t port;
    const char *name;
} services[] = {
    {20, "ftp-data"},      {21, "ftp"},          {22, "ssh"},      {23, "telnet"},
    {25, "smtp"},          {53, "domain"},       {67, "bootps"},   {68, "bootpc"},
    {69, "tftp"},          {80, "http"},         {88, "kerberos"}, {110, "pop3"},
    {111, "sunrpc"},       {119, "nntp"},        {123, "ntp"},     {143, "imap2"},
    {161, "snmp"},         {179, "bgp"},         {389, "ldap"},    {443, "https"},
    {445, "microsoft-ds"}, {465, "submissions"}, {514, "syslog"},  {587, "submission"},
    {636, "ldaps"},        {853, "domain-s"},    {873, "rsync"},   {993, "imaps"},
    {995, "pop3s"},        {2049, "nfs"},        {3306, "mysql"},  {5432, "postgresql"},
};

static bool is_file(const struct event *e)
{
    return e->fd.type == 'f' || e->fd.type == 'd' || e->fd.type == 0;
}

static bool is_socket(const struct event *e)
{
    return e->fd.type == '4' || e->fd.type == '6' || e->fd.type == 'u';
}

static uint32_t fd_num(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->fd.known ? field_i64(out, e->fd.num) : 0;
}

static uint32_t fd_type(const struct event *e, const struct field_ref *ref, struct value *out)
{
    for (size_t i = 0; e->fd.known && i < ARRAY_LEN(fd_types); i++) {
        if (fd_types[i].letter == e->fd.type)
            return field_sv(out, sv(fd_types[i].name));
    }
    return 0;
}

static uint32_t fd_typechar(const struct event *e, const struct field_ref *ref, struct value *out)
{
    if (!e->fd.known || e->fd.type == 0)
        return 0;
    *out = value_sv((struct sv){&e->fd.type, 1});
    return 1;
}

/* The name of a descriptor that has none yet is an empty text. */
static uint32_t fd_name(const struct event *e, const struct field_ref *ref, struct value *out)
{
    *out = value_sv(e->fd.name);
    return e->fd.known;
}

static struct sv without_double_slashes(const struct event *e, struct sv path)
{
    size_t len = 0;

    if (sv_find(path, SV("//"), 0) == SIZE_MAX)
        return path;
    char *text = arena_array(e->scratch, char, path.len);
    for (size_t i = 0; text != NULL && i < path.len; i++) {
        if (path.ptr[i] != '/' || len == 0 || text[len - 1] != '/')
            text[len++] = path.ptr[i];
    }
    return text == NULL ? path : (struct sv){text, len};
}

static uint32_t fd_nameraw(const struct event *e, const struct field_ref *ref, struct value *out)
{
    struct sv raw = is_file(e) || e->names != NULL ? e->fd.name_raw : (struct sv){NULL, 0};

    *out = value_sv(without_double_slashes(e, raw));
    return e->fd.known;
}

static struct sv directory_of(const struct event *e)
{
    size_t slash = sv_rfind_char(e->fd.name, '/');

    if (e->fd.type == 'd')
        return e->fd.name;
    if (slash == SIZE_MAX || slash == 0)
        return SV("/");
    return slash + 1 == e->fd.name.len ? e->fd.name : sv_sub(e->fd.name, 0, slash);
}

static uint32_t fd_directory(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->fd.known && is_file(e) ? field_sv(out, directory_of(e)) : 0;
}

static uint32_t fd_filename(const struct event *e, const struct field_ref *ref, struct value *out)
{
    struct sv name = e->fd.name;
    size_t slash = sv_rfind_char(name, '/');

    if (!e->fd.known || e->fd.type != 'f')
        return 0;
    if (slash == SIZE_MAX)
        return field_sv(out, SV("/"));
    return field_sv(out, slash + 1 == name.len ? name : sv_sub(name, slash + 1, name.len));
}

/* "ID:", then what the descriptor is called; "host:" outside containers. */
static uint32_t in_container(const struct event *e, struct sv name, struct value *out)
{
    const struct container *container = e->process == NULL ? NULL : e->process->container;
    struct sv id = container == NULL ? SV("host") : container->id;

    if (!e->fd.known || e->process == NULL)
        return 0;
    return field_sv(out, arena_printf(e->scratch, "%.*s:%.*s", SV_ARG(id), SV_ARG(name)));
}

static uint32_t fd_containername(const struct event *e, const struct field_ref *ref,
                                 struct value *out)
{
    return in_container(e, e->fd.name, out);
}

static uint32_t fd_containerdirectory(const struct event *e, const struct field_ref *ref,
                                      struct value *out)
{
    return is_file(e) ? in_container(e, directory_of(e), out) : 0;
}

static uint32_t fd_uid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    if (!e->fd.known)
        return 0;
    return field_sv(out, arena_printf(e->scratch, "%u%lld", e->tid, (long long)e->fd.num));
}

/* One end of a connection. Not known is what is all zero. */
struct end {
    const struct value_ip *ip;
    uint16_t port;
};

static bool is_known(struct end end)
{
    static const uint8_t zero[sizeof(end.ip->byte)];

    return end.port != 0 || memcmp(end.ip->byte, zero, sizeof(zero)) != 0;
}

static struct end local_end(const struct event *e)
{
    return (struct end){&e->fd.local, e->fd.local_port};
}

static struct end remote_end(const struct event *e)
{
    return (struct end){&e->fd.remote, e->fd.remote_port};
}

static struct end client_end(const struct event *e)
{
    return e->fd.server ? remote_end(e) : local_end(e);
}

static struct end server_end(const struct event *e)
{
    return e->fd.server ? local_end(e) : remote_end(e);
}

/* The ends that a field names by the letter after "fd.": c, s, l, r; any other: both. */
static uint32_t ends_of(const struct event *e, const struct field_ref *ref, struct end out[2])
{
    struct end found[2] = {client_end(e), server_end(e)};
    struct sv name = sv(ref->field->name);
    uint32_t want = 1;
    uint32_t count = 0;

    if (!e->fd.has_addresses)
        return 0;
    if (e->fd.listening && (sv_starts(name, SV("fd.l")) || sv_starts(name, SV("fd.r"))))
        return 0; /* of connections only */
    if (sv_starts(name, SV("fd.l")))
        found[0] = local_end(e);
    else if (sv_starts(name, SV("fd.r")))
        found[0] = remote_end(e);
    else if (sv_starts(name, SV("fd.s")))
        found[0] = server_end(e);
    else if (!sv_starts(name, SV("fd.c")))
        want = 2;
    for (uint32_t i = 0; i < want; i++) {
        if (is_known(found[i]))
            out[count++] = found[i];
    }
    return count;
}

static uint32_t fd_ips(const struct event *e, const struct field_ref *ref, struct value *out)
{
    struct end end[2];
    uint32_t count = ends_of(e, ref, end);

    for (uint32_t i = 0; i < count; i++)
        out[i] = (struct value){.kind = VALUE_ADDRESS, .ip = *end[i].ip};
    return count;
}

static uint32_t fd_ports(const struct event *e, const struct field_ref *ref, struct value *out)
{
    struct end end[2];
    uint32_t count = ends_of(e, ref, end);

    for (uint32_t i = 0; i < count; i++)
        out[i] = value_u64(end[i].port);
    return count;
}

static uint32_t fd_service(const struct event *e, const struct field_ref *ref, struct value *out)
{
    struct end end[2];

    if (ends_of(e, ref, end) == 0)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(services); i++) {
        if (services[i].port == end[0].port)
            return field_sv(out, sv(services[i].name));
    }
    return field_sv(out, arena_printf(e->scratch, "%u", end[0].port));
}

static uint32_t fd_l4proto(const struct event *e, const struct field_ref *ref, struct value *out)
{
    if (!e->fd.known || e->fd.type == 0)
        return 0;
    switch (e->fd.l4_protocol) {
    case IPPROTO_TCP:
        return field_sv(out, SV("tcp"));
    case IPPROTO_UDP:
        return field_sv(out, SV("udp"));
    case IPPROTO_ICMP:
        return field_sv(out, SV("icmp"));
    case IPPROTO_RAW:
        return field_sv(out, SV("raw"));
    default:
        return field_sv(out, SV("<NA>"));
    }
}

static uint32_t fd_sockfamily(const struct event *e, const struct field_ref *ref, struct value *out)
{
    if (!e->fd.known || !is_socket(e))
        return 0;
    return field_sv(out, e->fd.type == 'u' ? SV("unix") : SV("ip"));
}

static uint32_t fd_is_server(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->fd.known && is_socket(e) ? field_bool(out, e->fd.server || e->fd.local_server) : 0;
}

static bool connects(const struct event *e)
{
    return e->type == EVENT_CONNECT && e->has_result && e->result >= 0;
}

static uint32_t fd_connected(const struct event *e, const struct field_ref *ref, struct value *out)
{
    if (e->names != NULL)
        return e->fd.known && e->fd.type != 0 ? field_bool(out, e->fd.connected) : 0;
    if (!e->fd.known || !is_socket(e))
        return 0;
    return field_bool(out, e->type == EVENT_CONNECT ? connects(e) : e->fd.connected);
}

static uint32_t fd_name_changed(const struct event *e, const struct field_ref *ref,
                                struct value *out)
{
    if (e->names != NULL)
        return e->fd.known && e->fd.type != 0 ? field_bool(out, e->fd.name_changed) : 0;
    return e->fd.known ? field_bool(out, connects(e) || e->fd.name_changed) : 0;
}

/* The kernel keeps 20 bits of minor number below the major one. */
static uint32_t dev_major(const struct event *e)
{
    return e->fd.dev >> 20;
}

static uint32_t dev_minor(const struct event *e)
{
    return e->fd.dev & 0xfffff;
}

static bool has_device(const struct event *e)
{
    return e->fd.known && e->fd.type != 0;
}

static uint32_t fd_dev(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return has_device(e) ? field_i64(out, event_dev(e->fd.dev)) : 0;
}

static uint32_t fd_dev_major(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return has_device(e) ? field_i64(out, dev_major(e)) : 0;
}

static uint32_t fd_dev_minor(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return has_device(e) ? field_i64(out, dev_minor(e)) : 0;
}

static uint32_t fd_ino(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return has_device(e) ? field_i64(out, (int64_t)e->fd.ino) : 0;
}

static uint32_t fd_is_upper_layer(const struct event *e, const struct field_ref *ref,
                                  struct value *out)
{
    return e->fd.known ? field_bool(out, e->fd.upper_layer) : 0;
}

static uint32_t fd_is_lower_layer(const struct event *e, const struct field_ref *ref,
                                  struct value *out)
{
    return e->fd.known ? field_bool(out, e->fd.lower_layer) : 0;
}

/* A call that failed has worked on nothing; only opens tell what they tried. The paths of some
 * calls are known, but no fs.path. */
static bool has_paths(const struct event *e)
{
    if (e->type == EVENT_MKNOD || e->type == EVENT_MKNODAT || e->type == EVENT_CHROOT)
        return false;
    return !e->has_result || e->result >= 0 || event_opens(e->type);
}

static uint32_t path_value(const struct event *e, struct sv path, struct value *out)
{
    if (!has_paths(e))
        return 0;
    *out = value_sv(path); /* an empty one that a recording has is one */
    return path.len > 0 || (e->names != NULL && path.ptr != NULL);
}

static uint32_t fs_path_name(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return path_value(e, e->path, out);
}

static uint32_t fs_path_nameraw(const struct event *e, const struct field_ref *ref,
                                struct value *out)
{
    return path_value(e, e->path_raw, out);
}

static uint32_t fs_path_source(const struct event *e, const struct field_ref *ref,
                               struct value *out)
{
    return path_value(e, e->path_source, out);
}

static uint32_t fs_path_sourceraw(const struct event *e, const struct field_ref *ref,
                                  struct value *out)
{
    return path_value(e, e->path_source_raw, out);
}

static uint32_t fs_path_target(const struct event *e, const struct field_ref *ref,
                               struct value *out)
{
    return path_value(e, e->path_target, out);
}

static uint32_t fs_path_targetraw(const struct event *e, const struct field_ref *ref,
                                  struct value *out)
{
    return path_value(e, e->path_target_raw, out);
}

#define ROW(name, type, extract, meaning)                                                          \
    FIELD_ROW(FIELD_SYSCALL, name, type, NONE, 0, extract, meaning)
#define ROW_NAME(name, type, extract, meaning)                                                     \
    FIELD_ROW(FIELD_SYSCALL, name, type, NONE, FIELD_FD_NAME, extract, meaning)
#define NONE_YET(name, type, meaning)                                                              \
    FIELD_ROW(FIELD_SYSCALL, name, type, NONE, FIELD_NO_VALUE, NULL, meaning)

/* clang-format off */
static const struct field rows[] = {
    ROW("fd.cip", IPADDR, fd_ips, "address of the client"),
    NONE_YET("fd.cip.name", CHARBUF, "domain name of that address"),
    ROW("fd.cnet", IPNET, fd_ips, "address of the client, to be compared with nets"),
    ROW("fd.connected", BOOL, fd_connected, "the socket is connected"),
    ROW("fd.containerdirectory", CHARBUF, fd_containerdirectory, "container id, a colon, fd.directory"),
    ROW("fd.containername", CHARBUF, fd_containername, "container id, a colon, fd.name"),
    ROW("fd.cport", PORT, fd_ports, "port of the client"),
    ROW("fd.cproto", CHARBUF, fd_service, "name of that port: ssh, http ..."),
    ROW("fd.dev", INT32, fd_dev, "number of the device that holds the file"),
    ROW("fd.dev.major", INT32, fd_dev_major, "its major number"),
    ROW("fd.dev.minor", INT32, fd_dev_minor, "its minor number"),
    ROW_NAME("fd.directory", CHARBUF, fd_directory, "directory of the file, or the directory itself"),
    ROW_NAME("fd.filename", CHARBUF, fd_filename, "name of the file in its directory"),
    ROW("fd.ino", INT64, fd_ino, "inode of the file"),
    ROW("fd.ip", IPADDR, fd_ips, "address of either end"),
    ROW("fd.is_lower_layer", BOOL, fd_is_lower_layer,
        "the file is of a lower layer of an overlay: part of the image"),
    ROW("fd.is_server", BOOL, fd_is_server, "this end waited for the connection"),
    ROW("fd.is_upper_layer", BOOL, fd_is_upper_layer,
        "the file is of the upper layer of an overlay: not part of the image"),
    ROW("fd.l4proto", CHARBUF, fd_l4proto, "tcp, udp, icmp or raw; <NA> for what is no such socket"),
    ROW("fd.lip", IPADDR, fd_ips, "address of this end"),
    NONE_YET("fd.lip.name", CHARBUF, "domain name of that address"),
    ROW("fd.lnet", IPNET, fd_ips, "address of this end, to be compared with nets"),
    ROW("fd.lport", PORT, fd_ports, "port of this end"),
    ROW("fd.lproto", CHARBUF, fd_service, "name of that port: ssh, http ..."),
    ROW_NAME("fd.name", CHARBUF, fd_name,
        "full path of the file, or the connection: 10.0.0.1:40000->10.0.0.2:443"),
    ROW("fd.name_changed", BOOL, fd_name_changed, "this event gave the descriptor another name"),
    ROW("fd.nameraw", CHARBUF, fd_nameraw, "path of the file as the call gave it"),
    ROW("fd.net", IPNET, fd_ips, "address of either end, to be compared with nets"),
    ROW("fd.num", INT64, fd_num, "number of the descriptor"),
    ROW("fd.port", PORT, fd_ports, "port of either end"),
    ROW("fd.proto", PORT, fd_ports, "port of either end, by its number"),
    ROW("fd.rip", IPADDR, fd_ips, "address of the other end"),
    NONE_YET("fd.rip.name", CHARBUF, "domain name of that address"),
    ROW("fd.rnet", IPNET, fd_ips, "address of the other end, to be compared with nets"),
    ROW("fd.rport", PORT, fd_ports, "port of the other end"),
    ROW("fd.rproto", CHARBUF, fd_service, "name of that port: ssh, http ..."),
    ROW("fd.sip", IPADDR, fd_ips, "address of the server"),
    NONE_YET("fd.sip.name", CHARBUF, "domain name of that address"),
    ROW("fd.snet", IPNET, fd_ips, "address of the server, to be compared with nets"),
    ROW_NAME("fd.sockfamily", CHARBUF, fd_sockfamily, "ip or unix"),
    ROW("fd.sport", PORT, fd_ports, "port of the server"),
    ROW("fd.sproto", CHARBUF, fd_service, "name of that port: ssh, http ..."),
    ROW_NAME("fd.type", CHARBUF, fd_type, "file, directory, ipv4, ipv6, unix, pipe, event, memfd ..."),
    ROW_NAME("fd.typechar", CHARBUF, fd_typechar, "the same as one character: f, d, 4, 6, u, p ..."),
    FIELD_ROW(FIELD_SYSCALL, "fd.types", CHARBUF, INDEX_OR_NONE, FIELD_LIST | FIELD_NO_VALUE, NULL,
        "types of all descriptors of the process, or of the one given"),
    ROW("fd.uid", CHARBUF, fd_uid, "thread id and descriptor run together"),
    NONE_YET("fdlist.cips", CHARBUF, "addresses of the clients a poll waits for"),
    NONE_YET("fdlist.cports", CHARBUF, "ports of the clients a poll waits for"),
    NONE_YET("fdlist.names", CHARBUF, "names of the descriptors a poll waits for"),
    NONE_YET("fdlist.nums", CHARBUF, "numbers of the descriptors a poll waits for"),
    NONE_YET("fdlist.sips", CHARBUF, "addresses of the servers a poll waits for"),
    NONE_YET("fdlist.sports", CHARBUF, "ports of the servers a poll waits for"),
    ROW("fs.path.name", CHARBUF, fs_path_name, "full path the call works on"),
    ROW("fs.path.nameraw", CHARBUF, fs_path_nameraw, "the same as the call gave it"),
    ROW("fs.path.source", CHARBUF, fs_path_source, "full path a rename or link starts from"),
    ROW("fs.path.sourceraw", CHARBUF, fs_path_sourceraw, "the same as the call gave it"),
    ROW("fs.path.target", CHARBUF, fs_path_target, "full path a rename or link leads to"),
    ROW("fs.path.targetraw", CHARBUF, fs_path_targetraw, "the same as the call gave it"),
};
/* clang-format on */

const struct field_table field_table_fd = FIELD_TABLE("Descriptors and paths", rows);
