#include "app/capture_start.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/capture_fds.h"
#include "app/teller.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "capture/scap_blocks.h"
#include "capture/scap_extra.h"
#include "decode/recorded.h"
#include "decode/scap_encode.h"
#include "enrich/tables.h"
#include "match/finding.h"

enum {
    PASSWD_MAX = 4 << 20,
    PID_MAX_TEXT = 32,
    SCRATCH_BLOCK = 65536,
};

static uint64_t pid_max(void)
{
    scoped(buf_done) struct buf text = {.limit = PID_MAX_TEXT};
    uint64_t number = 0;

    if (file_read("/proc/sys/kernel/pid_max", PID_MAX_TEXT - 1, &text, NULL) < 0 ||
        !sv_to_u64(sv_trim(buf_view(&text)), &number))
        return 0;
    return number;
}

static void put_machine(const struct finding_place *place, struct buf *out)
{
    const struct scap_machine machine = {
        .cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
        .memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE),
        .pid_max = pid_max(),
        .boot_wall_ns = (uint64_t)place->boot_offset_ns,
        .hostname = sv(place->hostname),
    };

    scap_put_machine(out, &machine);
}

/* --- interfaces ------------------------------------------------------------------------------ */

static void copy_address(uint8_t to[16], const struct sockaddr *from)
{
    if (from == NULL)
        return;
    if (from->sa_family == AF_INET)
        memcpy(to, &((const struct sockaddr_in *)from)->sin_addr, 4);
    else if (from->sa_family == AF_INET6)
        memcpy(to, &((const struct sockaddr_in6 *)from)->sin6_addr, 16);
}

static void put_interfaces_of(struct buf *out, const struct ifaddrs *list, int family)
{
    for (; list != NULL; list = list->ifa_next) {
        struct scap_interface interface = {.name = sv(list->ifa_name), .six = family == AF_INET6};
        if (list->ifa_addr == NULL || list->ifa_addr->sa_family != family)
            continue;
        copy_address(interface.address, list->ifa_addr);
        copy_address(interface.netmask, list->ifa_netmask);
        if (family == AF_INET)
            copy_address(interface.broadcast, list->ifa_broadaddr);
        scap_put_interface(out, &interface);
    }
}

static void put_interfaces(struct buf *out)
{
    struct ifaddrs *list = NULL;
    size_t at;

    if (getifaddrs(&list) != 0)
        return;
    at = scap_block_begin(out, SCAP_BLOCK_INTERFACES);
    put_interfaces_of(out, list, AF_INET);
    put_interfaces_of(out, list, AF_INET6);
    scap_block_end(out, at);
    freeifaddrs(list);
}

/* --- users ----------------------------------------------------------------------------------- */

static bool take_id(struct sv *line, uint32_t *out)
{
    uint64_t id;

    if (!sv_to_u64(sv_split(line, ':'), &id) || id > UINT32_MAX)
        return false;
    *out = (uint32_t)id;
    return true;
}

/* name:password:uid:gid:full name:home:shell */
static void put_user_line(struct buf *out, struct sv line)
{
    struct scap_user user = {.name = sv_split(&line, ':')};

    (void)sv_split(&line, ':');
    if (!take_id(&line, &user.uid) || !take_id(&line, &user.gid))
        return;
    (void)sv_split(&line, ':');
    user.home = sv_split(&line, ':');
    user.shell = sv_split(&line, ':');
    scap_put_user(out, &user);
}

/* name:password:gid:members */
static void put_group_line(struct buf *out, struct sv line)
{
    struct sv name = sv_split(&line, ':');
    uint32_t gid;

    (void)sv_split(&line, ':');
    if (take_id(&line, &gid))
        scap_put_group(out, gid, name);
}

static void put_lines(struct buf *out, const char *host_root, const char *file,
                      void (*put)(struct buf *out, struct sv line))
{
    scoped(buf_done) struct buf text = {.limit = PASSWD_MAX};
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/etc/%s", host_root, file);
    if (file_read(path, PASSWD_MAX - 1, &text, NULL) < 0)
        return;
    for (struct sv rest = buf_view(&text); rest.len > 0;) {
        struct sv line = sv_split(&rest, '\n');
        if (line.len > 0 && line.ptr[0] != '#' && line.ptr[0] != '+' && line.ptr[0] != '-')
            put(out, line);
    }
}

static void put_users(const char *host_root, struct buf *out)
{
    size_t at = scap_block_begin(out, SCAP_BLOCK_USERS);

    put_lines(out, host_root, "passwd", put_user_line);
    put_lines(out, host_root, "group", put_group_line);
    scap_block_end(out, at);
}

/* --- processes ------------------------------------------------------------------------------- */

struct putting {
    struct buf *out;
    struct arena *scratch;
    struct capture_fds *fds;
};

static void put_process(void *ctx, const struct process *process)
{
    struct putting *putting = ctx;
    struct scap_process entry;

    scap_encode_process(process, putting->scratch, &entry);
    scap_put_process(putting->out, &entry);
    arena_reset(putting->scratch);
}

static void put_fds(void *ctx, const struct process *process)
{
    struct putting *putting = ctx;

    capture_fds_put(putting->fds, process->pid, putting->out);
}

struct telling {
    struct buf *out;
    struct teller *teller;
};

static void tell_process(void *ctx, const struct process *process)
{
    struct telling *telling = ctx;

    teller_process(telling->teller, process, telling->out);
}

static void put_change(void *ctx, const struct change *change)
{
    recorded_put_change(ctx, change);
}

/* What only we read: the same processes with everything known of them. */
static void put_ours(const struct capture_start *start, struct buf *out)
{
    const struct finding_place *place = start->place;
    scoped(teller_free) struct teller *teller = teller_new();
    struct telling telling = {out, teller};
    size_t at = scap_block_begin(out, SCAP_BLOCK_OURS);

    scap_extra_begin(out);
    recorded_put_place(out, &(struct recorded_place){.hostname = sv(place->hostname),
                                                     .node = sv(place->node),
                                                     .cluster = sv(place->cluster),
                                                     .link = sv(place->link)});
    recorded_put_host(out, tables_host_mntns(start->tables));
    tables_each(start->tables, tell_process, &telling); /* before those who are in them */
    tables_tell(start->tables, put_change, out);
    scap_block_end(out, at);
}

void capture_start_put(const struct capture_start *start, struct buf *out)
{
    scoped(arena_free) struct arena *scratch = arena_new(SCRATCH_BLOCK);
    scoped(capture_fds_free) struct capture_fds *fds = capture_fds_new();
    struct putting putting = {out, scratch, fds};
    size_t at;

    scap_put_section(out);
    put_machine(start->place, out);
    put_interfaces(out);
    put_users(start->host_root, out);
    at = scap_block_begin(out, SCAP_BLOCK_PROCESSES);
    tables_each(start->tables, put_process, &putting);
    scap_block_end(out, at);
    tables_each(start->tables, put_fds, &putting);
    put_ours(start, out);
}
