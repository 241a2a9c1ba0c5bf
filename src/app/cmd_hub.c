/* app/cmd_hub.c - the hub role: unprivileged, one writable directory, a UNIX socket. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/daemon.h"
#include "app/hub.h"
#include "app/ready.h"
#include "app/sandbox.h"
#include "app/signals.h"
#include "app/unix_socket.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "store/store.h"

enum { TURN_MS = 1000 };

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
        rc = unix_socket_listen(settings->socket, "hub", &listen_fd, err);
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
