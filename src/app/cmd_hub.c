/* app/cmd_hub.c - the hub role: unprivileged, one writable directory, a UNIX socket. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/daemon.h"
#include "app/hub.h"
#include "app/ready.h"
#include "app/sandbox.h"
#include "app/signals.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "store/store.h"

enum { LISTEN_BACKLOG = 64, TURN_MS = 1000 };

static struct sv directory_of(struct arena *arena, struct sv path)
{
    size_t slash = sv_rfind_char(path, '/');

    return slash == SIZE_MAX ? SV(".") : arena_sv(arena, sv_sub(path, 0, slash));
}

/* The store's directory: made for the hub's user alone; one that is there must be its own. */
static int make_store_dir(const char *dir, const struct sandbox_user *user, struct err *err)
{
    struct stat st;

    int rc = file_make_dirs(dir, 0755, err);
    if (rc < 0)
        return rc;
    if (stat(dir, &st) != 0)
        return err_set(err, -errno, "stat '%s': %s", dir, strerror(errno));
    if (st.st_uid == user->uid)
        return 0;
    if (st.st_uid != getuid())
        return err_set(err, -EACCES,
                       "'%s' belongs to user %u; the hub runs as %u: give it to it, "
                       "or set hub.user",
                       dir, st.st_uid, user->uid);
    if (chown(dir, user->uid, user->gid) != 0 || chmod(dir, 0700) != 0)
        return err_set(err, -errno, "give '%s' to user '%s': %s", dir, user->name, strerror(errno));
    return 0;
}

/* A socket that nobody listens on is what an earlier hub left: it is replaced. Anything else at the
 * path (a slip in the settings) is not ours to remove. */
static int remove_stale(const char *path, const struct sockaddr_un *address, struct err *err)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return errno == ENOENT ? 0 : err_set(err, -errno, "socket '%s': %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, -EEXIST, "socket '%s': something else is there", path);
    scoped(fd_close) int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* EAGAIN: it listens, and its queue is full. */
    if (probe >= 0 && (connect(probe, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
                       errno == EAGAIN))
        return err_set(err, -EBUSY, "another hub listens on '%s'", path);
    if (errno == ECONNREFUSED && unlink(path) != 0)
        return err_set(err, -errno, "remove '%s': %s", path, strerror(errno));
    return 0;
}

static int open_socket(const char *path, struct arena *arena, int *out, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct sv text = sv(path);

    /* An empty one would be an abstract address, which everybody may connect to. */
    if (text.len == 0 || text.len >= sizeof(address.sun_path))
        return err_set(err, -EINVAL, "socket '%s': must have from 1 to %zu bytes", path,
                       sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, text.ptr, text.len);
    int rc = file_make_dirs(directory_of(arena, text).ptr, 0755, err);
    if (rc == 0)
        rc = remove_stale(path, &address, err);
    if (rc < 0)
        return rc;
    scoped(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t mask = umask(0177);
    rc = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&address, sizeof(address));
    (void)umask(mask);
    if (rc != 0 || listen(fd, LISTEN_BACKLOG) != 0)
        return err_set(err, -errno, "listen on '%s': %s", path, strerror(errno));
    *out = fd;
    fd = -1;
    return 0;
}

static int count_findings(struct store *store, uint64_t *count, struct err *err)
{
    int rc = store_count(store, count, err);

    return rc < 0 ? err_wrap(err, rc, "count the findings") : 0;
}

static void log_end(const struct log *log, const struct hub_counts *counts)
{
    log_info(log, "hub stopped", log_u64("stored", counts->stored), log_u64("shown", counts->shown),
             log_u64("duplicates", counts->duplicates), log_u64("refused", counts->refused),
             log_u64("latency_p50_us", histogram_quantile(&counts->latency_us, 0.50)),
             log_u64("latency_p99_us", histogram_quantile(&counts->latency_us, 0.99)));
}

static int hub_serve(const struct hub_options *options, struct err *err)
{
    scoped(hub_free) struct hub *hub = NULL;

    int rc = hub_new(options, &hub, err);
    if (rc < 0)
        return rc;
    ready_tell();
    for (;;) {
        rc = hub_turn(hub, TURN_MS, err);
        if (rc != 0)
            break;
        int number = signals_read(options->stop_fd);
        if (number == SIGTERM || number == SIGINT)
            break;
    }
    if (rc >= 0)
        rc = hub_finish(hub, err);
    log_end(options->log, hub_counts(hub));
    return rc < 0 ? rc : 0;
}

static int hub_main(const struct settings *settings, const struct log *log, struct arena *arena,
                    struct err *err)
{
    struct sv path = settings_store_path(settings, arena);
    struct sv dir = directory_of(arena, path);
    bool terminal = isatty(STDOUT_FILENO) == 1;
    scoped(store_close) struct store *store = NULL;
    scoped(fd_close) int stop_fd = -1;
    struct sandbox_user user;
    uint64_t count = 0;
    int listen_fd = -1;

    int rc = signals_open(&stop_fd, err);
    if (rc == 0)
        rc = sandbox_find_user(settings->hub_user, &user, err);
    if (rc == 0)
        rc = make_store_dir(dir.ptr, &user, err);
    if (rc == 0)
        rc = open_socket(settings->socket, arena, &listen_fd, err);
    if (rc == 0)
        rc = sandbox_hub(&user, dir.ptr, log, err);
    if (rc == 0)
        rc = store_open(path.ptr, &store, err);
    if (rc == 0)
        rc = count_findings(store, &count, err);
    if (rc < 0)
        return rc;
    log_info(log, "storing", log_sv("store", path), log_u64("findings", count),
             log_str("socket", settings->socket), log_str("user", user.name));
    return hub_serve(
        &(struct hub_options){
            .listen_fd = listen_fd,
            .stop_fd = stop_fd,
            .out_fd = STDOUT_FILENO,
            .json =
                settings->format == FORMAT_JSON || (settings->format == FORMAT_AUTO && !terminal),
            .colour = terminal && getenv("NO_COLOR") == NULL,
            .store = store,
            .log = log,
        },
        err);
}

int cmd_hub(int argc, char **argv)
{
    return daemon_command(argc, argv, hub_main);
}
