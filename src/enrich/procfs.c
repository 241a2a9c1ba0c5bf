#include "enrich/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "enrich/processes.h"

enum { LINK_MAX_BYTES = 4096 };

static int open_process(const char *proc_root, uint32_t pid)
{
    char path[512];
    int len = snprintf(path, sizeof(path), "%s/%u", proc_root, pid);

    if (len < 0 || (size_t)len >= sizeof(path))
        return -1;
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* At most max bytes from the start; more sets *cut. Empty when it cannot be read. */
static struct sv read_some(int dir_fd, const char *name, size_t max, bool *cut, struct arena *arena)
{
    scoped(fd_close) int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    scoped(free) char *block = fd < 0 ? NULL : malloc(max + 1);
    size_t len = 0;

    *cut = false;
    while (block != NULL && len < max + 1) {
        ssize_t got = read(fd, block + len, max + 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return (struct sv){NULL, 0};
        if (got == 0)
            break;
        len += (size_t)got;
    }
    *cut = len > max;
    return len == 0 ? (struct sv){NULL, 0} : arena_sv(arena, (struct sv){block, *cut ? max : len});
}

static struct sv read_whole(int dir_fd, const char *name, size_t max, struct arena *arena)
{
    bool cut;
    struct sv text = read_some(dir_fd, name, max, &cut, arena);

    return cut ? (struct sv){NULL, 0} : text;
}

static struct sv read_link(int dir_fd, const char *name, struct arena *arena)
{
    char target[LINK_MAX_BYTES];
    ssize_t len = readlinkat(dir_fd, name, target, sizeof(target));

    if (len <= 0 || (size_t)len == sizeof(target))
        return (struct sv){NULL, 0};
    return arena_sv(arena, (struct sv){target, (size_t)len});
}

static uint32_t read_id(int dir_fd, const char *name, uint32_t otherwise, struct arena *arena)
{
    uint64_t number;

    if (!sv_to_u64(sv_trim(read_whole(dir_fd, name, PROCFS_STAT_MAX, arena)), &number) ||
        number > UINT32_MAX)
        return otherwise;
    return (uint32_t)number;
}

/* "pid:[4026531836]" */
static uint32_t read_namespace(int dir_fd, const char *name, struct arena *arena)
{
    struct sv text = read_link(dir_fd, name, arena);
    uint64_t number;

    (void)sv_split(&text, '[');
    if (!sv_to_u64(sv_split(&text, ']'), &number) || number > UINT32_MAX)
        return 0;
    return (uint32_t)number;
}

static uint64_t wall_ns(struct timespec at)
{
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static void read_exe(int dir_fd, struct arena *arena, struct change_program *out)
{
    struct sv gone = SV(" (deleted)");
    struct stat st;

    out->path = read_link(dir_fd, "exe", arena);
    out->deleted = sv_ends(out->path, gone);
    if (out->deleted)
        out->path.len -= gone.len;
    out->from_memfd = out->deleted && sv_starts(out->path, SV("/memfd:"));
    if (fstatat(dir_fd, "exe", &st, 0) != 0)
        return;
    out->ino = st.st_ino;
    out->dev = major(st.st_dev) << 20 | minor(st.st_dev);
    out->ctime_wall_ns = wall_ns(st.st_ctim);
    out->mtime_wall_ns = wall_ns(st.st_mtim);
}

static void read_program(int dir_fd, struct arena *arena, struct change_program *out)
{
    *out = (struct change_program){0};
    read_exe(dir_fd, arena, out);
    out->args = read_some(dir_fd, "cmdline", PROCFS_ARGS_MAX, &out->args_cut, arena);
    out->env = read_some(dir_fd, "environ", PROCFS_ENV_MAX, &out->env_cut, arena);
    out->cwd = read_link(dir_fd, "cwd", arena);
    /* A process that writes its title over its arguments leaves NULs behind it. */
    while (out->args.len > 1 && out->args.ptr[out->args.len - 1] == '\0' &&
           out->args.ptr[out->args.len - 2] == '\0')
        out->args.len--;
}

static bool read_stat(int dir_fd, struct arena *arena, struct procfs_stat *out)
{
    return procfs_parse_stat(read_whole(dir_fd, "stat", PROCFS_STAT_MAX, arena), out);
}

static bool read_status(int dir_fd, struct arena *arena, struct procfs_status *out)
{
    return procfs_parse_status(read_whole(dir_fd, "status", PROCFS_STATUS_MAX, arena), out);
}

/* The parent's pid as the process's namespace has it; 0 when the parent is outside. */
static uint32_t find_vppid(const char *proc_root, uint32_t ppid, uint32_t depth,
                           struct arena *arena)
{
    scoped(fd_close) int fd = depth == 1 ? -1 : open_process(proc_root, ppid);
    struct procfs_status parent;

    if (depth == 1)
        return ppid;
    if (fd < 0 || !read_status(fd, arena, &parent) || parent.depth < depth)
        return 0;
    return parent.ns_tgid[depth - 1];
}

static void set_task(const struct procfs_stat *stat, const struct procfs_status *status,
                     struct change_task *task)
{
    *task = (struct change_task){
        .pid = status->tgid,
        .ppid = stat->ppid,
        .vpid = status->tgid,
        .pgid = stat->pgid,
        .sid = stat->sid,
        .vpgid = stat->pgid,
        .vsid = stat->sid,
        .tty = stat->tty,
        .threads = stat->threads,
        .start_ns = stat->start_ns,
        .creds = status->creds,
        .name = stat->name,
    };
    if (status->depth == 0)
        return;
    task->vpid = status->ns_tgid[status->depth - 1];
    task->vpgid = status->ns_pgid[status->depth - 1];
    task->vsid = status->ns_sid[status->depth - 1];
}

enum procfs_outcome procfs_read(const char *proc_root, uint32_t pid, struct arena *arena,
                                struct procfs_process *out)
{
    scoped(fd_close) int fd = open_process(proc_root, pid);
    struct procfs_process found = {0};
    struct procfs_status status;
    struct procfs_stat stat;

    if (fd < 0 || !read_stat(fd, arena, &stat) || !read_status(fd, arena, &status) ||
        status.tgid != pid)
        return PROCFS_GONE;
    set_task(&stat, &status, &found.task);
    found.task.vppid =
        find_vppid(proc_root, stat.ppid, status.depth == 0 ? 1 : status.depth, arena);
    found.task.creds.login_uid = read_id(fd, "loginuid", PROCESS_NO_UID, arena);
    found.task.creds.session_id = read_id(fd, "sessionid", PROCESS_NO_UID, arena);
    found.task.pidns_inum = read_namespace(fd, "ns/pid", arena);
    found.task.mntns_inum = read_namespace(fd, "ns/mnt", arena);
    read_program(fd, arena, &found.program);
    procfs_parse_cgroup(read_whole(fd, "cgroup", PROCFS_STATUS_MAX, arena), &found.cgroup_v1,
                        &found.cgroup_v2);
    *out = found;
    return PROCFS_FOUND;
}

static bool same_tick(uint64_t a_ns, uint64_t b_ns)
{
    return a_ns == 0 || b_ns == 0 || a_ns / PROCESS_TICK_NS == b_ns / PROCESS_TICK_NS;
}

enum procfs_outcome procfs_read_program(const char *proc_root, uint32_t pid, uint64_t start_ns,
                                        struct arena *arena, struct change_program *out)
{
    scoped(fd_close) int fd = open_process(proc_root, pid);
    struct procfs_stat stat;

    if (fd < 0 || !read_stat(fd, arena, &stat) || !same_tick(stat.start_ns, start_ns))
        return PROCFS_GONE;
    read_program(fd, arena, out);
    return PROCFS_FOUND;
}

bool procfs_alive(const char *proc_root, uint32_t pid, uint64_t start_ns)
{
    scoped(fd_close) int fd = open_process(proc_root, pid);
    scoped(arena_free) struct arena *arena = arena_new(PROCFS_STAT_MAX);
    struct procfs_stat stat;

    return fd >= 0 && read_stat(fd, arena, &stat) && same_tick(stat.start_ns, start_ns);
}

uint32_t procfs_host_mntns(const char *proc_root)
{
    scoped(fd_close) int fd = open(proc_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped(arena_free) struct arena *arena = arena_new(PROCFS_STAT_MAX);
    uint32_t of_init = fd < 0 ? 0 : read_namespace(fd, "1/ns/mnt", arena);

    return of_init != 0 || fd < 0 ? of_init : read_namespace(fd, "self/ns/mnt", arena);
}

uint64_t procfs_cap_bounding(const char *proc_root, uint32_t pid)
{
    scoped(fd_close) int fd = open_process(proc_root, pid);
    scoped(arena_free) struct arena *arena = arena_new(PROCFS_STAT_MAX);
    struct procfs_status status;

    return fd >= 0 && read_status(fd, arena, &status) ? status.cap_bounding : 0;
}
