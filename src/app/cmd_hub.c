/* app/cmd_hub.c - the hub role: unprivileged, one writable directory, a UNIX socket. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/daemon.h"
#include "app/hub.h"
#include "app/hub_listen.h"
#include "app/hub_metrics.h"
#include "app/intake.h"
#include "app/ready.h"
#include "app/rules.h"
#include "app/sandbox.h"
#include "app/signals.h"
#include "app/unix_socket.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "store/store.h"
#include "web/http_server.h"

#define TURN_MS 1000
#define DAY_NS (86400 * CLOCK_NS)
#define FORGET_EVERY_NS (3600 * CLOCK_NS)

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

static void log_end(const struct log *log, const struct hub_counts *counts,
                    const struct intake *intake)
{
    static const struct intake_counts none;
    const struct intake_counts *posted = intake == NULL ? &none : intake_counts(intake);

    log_info(log, "hub stopped", log_u64("stored", counts->stored + posted->findings),
             log_u64("shown", counts->shown), log_u64("duplicates", counts->duplicates),
             log_u64("refused", counts->refused), log_u64("posts", posted->requests),
             log_u64("posts_refused", posted->refused), log_u64("records", posted->records),
             log_u64("record_duplicates", posted->duplicates),
             log_u64("latency_p50_us", histogram_quantile(&counts->latency_us, 0.50)),
             log_u64("latency_p99_us", histogram_quantile(&counts->latency_us, 0.99)));
}

/* What the loop needs besides the hub itself. */
struct serving {
    const struct settings *settings;
    const struct log *log;
    struct intake *intake; /* or NULL */
    struct rules *rules;
    uint64_t stamp_seen, stamp_tried;
};

static void scoped_serving_done(struct serving *serving)
{
    intake_free(serving->intake);
    rules_close(serving->rules);
}

/* Posts wait meanwhile. Faulty rules leave the old ones in place. */
static void reload(struct serving *serving)
{
    struct rules *fresh = NULL;
    struct err err = {0};

    if (serving->intake == NULL)
        return;
    int rc = rules_open(serving->settings, serving->log, &fresh, &err);
    if (rc < 0) {
        log_error(serving->log, "the rules are not reloaded; the old ones go on",
                  log_str("why", err_text(&err, rc)));
        return;
    }
    intake_set_rules(serving->intake, fresh->set);
    rules_close(serving->rules);
    serving->rules = fresh;
    serving->stamp_seen = fresh->stamp;
    log_info(serving->log, "rules reloaded", log_sv("from", fresh->where));
}

/* A file that is still being written changes from one look to the next: wait until it rests. */
static void reload_when_changed(struct serving *serving)
{
    if (serving->intake == NULL)
        return;
    uint64_t stamp = rules_stamp(serving->settings);
    if (stamp == serving->stamp_seen && stamp != serving->rules->stamp &&
        stamp != serving->stamp_tried) {
        serving->stamp_tried = stamp;
        reload(serving);
    }
    serving->stamp_seen = stamp;
}

/* Blocks of evidence whose last record is too old; findings stay. Between two batches. */
static void forget_old(const struct serving *serving, struct store *store)
{
    uint64_t kept_ns = serving->settings->evidence_days * DAY_NS;
    uint64_t now_ns = clock_wall_ns();
    struct err err = {0};

    if (kept_ns == 0 || kept_ns > now_ns)
        return;
    int rc = store_trim_evidence(store, UINT64_MAX, now_ns - kept_ns, &err);
    if (rc == 0)
        rc = store_commit(store, &err);
    if (rc < 0)
        log_warn(serving->log, "old evidence is not removed", log_str("why", err_text(&err, rc)));
}

struct counted {
    const struct hub *hub;
    const struct intake *intake;
};

static void write_metrics(void *ctx, struct buf *out)
{
    const struct counted *counted = ctx;
    struct http_counts http;

    intake_http_counts(counted->intake, &http);
    hub_metrics_write(out, hub_counts(counted->hub), intake_counts(counted->intake), &http);
}

static int serve(struct serving *serving, const struct hub_options *options, struct err *err)
{
    scoped(hub_free) struct hub *hub = NULL;
    uint64_t look_ns = 0;
    uint64_t forget_ns = 0;

    int rc = hub_new(options, &hub, err);
    if (rc < 0)
        return rc;
    struct counted counted = {hub, serving->intake};
    if (serving->intake != NULL)
        intake_set_metrics(serving->intake, write_metrics, &counted);
    ready_tell();
    for (;;) {
        rc = hub_turn(hub, TURN_MS, err);
        if (rc != 0)
            break;
        int number = signals_read(options->stop_fd);
        if (number == SIGTERM || number == SIGINT)
            break;
        if (number == SIGHUP)
            reload(serving);
        if (clock_mono_ns() >= look_ns) {
            reload_when_changed(serving);
            look_ns = clock_mono_ns() + CLOCK_NS;
        }
        if (clock_mono_ns() >= forget_ns) {
            forget_old(serving, options->store);
            forget_ns = clock_mono_ns() + FORGET_EVERY_NS;
        }
    }
    if (rc >= 0)
        rc = hub_finish(hub, err);
    if (serving->intake != NULL)
        intake_set_metrics(serving->intake, NULL, NULL);
    log_end(options->log, hub_counts(hub), serving->intake);
    return rc < 0 ? rc : 0;
}

/* In the sandbox, with the store open. */
static int start_intake(struct serving *serving, struct hub_listen *listen, struct store *store,
                        struct err *err)
{
    const struct settings *settings = serving->settings;
    struct http_server *http = NULL;

    int rc = hub_listen_start(listen, &http, err);
    if (rc < 0 || http == NULL)
        return rc;
    serving->intake = intake_new(&(struct intake_options){
        .http = http,
        .token = listen->token.len == 0 ? NULL : buf_cstr(&listen->token),
        .client_certificate = listen->client_ca.len > 0,
        .quirks = settings->falco_quirks,
        .matching = settings->matching,
        .priority_max = settings->priority,
        .place = {.hostname = settings->node,
                  .node = "",
                  .cluster = settings->cluster,
                  .link = settings->link},
        .store = store,
        .log = serving->log,
    });
    serving->stamp_seen = serving->rules->stamp;
    intake_set_rules(serving->intake, serving->rules->set);
    return 0;
}

struct doors { /* opened while still privileged */
    int listen_fd, stop_fd;
    struct hub_listen http;
};

static void scoped_doors_done(struct doors *doors)
{
    if (doors->listen_fd >= 0)
        (void)close(doors->listen_fd);
    if (doors->stop_fd >= 0)
        (void)close(doors->stop_fd);
    hub_listen_done(&doors->http);
}

static int open_doors(const struct settings *settings, const char *dir, const struct log *log,
                      struct doors *doors, struct sandbox_user *user, struct err *err)
{
    int rc = signals_open(&doors->stop_fd, err);

    if (rc == 0)
        rc = sandbox_find_user(settings->hub_user, user, err);
    if (rc == 0)
        rc = make_store_dir(dir, user, err);
    if (rc == 0)
        rc = unix_socket_listen(settings->socket, "hub", &doors->listen_fd, err);
    if (rc == 0)
        rc = hub_listen_open(settings, log, &doors->http, err);
    return rc;
}

static int hub_main(const struct settings *settings, const struct log *log, struct arena *arena,
                    struct err *err)
{
    struct sv path = settings_store_path(settings, arena);
    bool terminal = isatty(STDOUT_FILENO) == 1;
    scoped(store_close) struct store *store = NULL;
    scoped(doors_done) struct doors doors = {.listen_fd = -1, .stop_fd = -1, .http.fd = -1};
    scoped(serving_done) struct serving serving = {.settings = settings, .log = log};
    struct sandbox_user user;
    uint64_t count = 0;

    const char *dir = directory_of(arena, path).ptr;
    int rc = open_doors(settings, dir, log, &doors, &user, err);
    if (rc == 0 && doors.http.fd >= 0)
        rc = rules_open(settings, log, &serving.rules, err);
    if (rc == 0)
        rc = sandbox_hub(&user, dir, rules_directories(settings, arena), log, err);
    if (rc == 0)
        rc = store_open(path.ptr, &store, err);
    if (rc == 0)
        rc = count_findings(store, &count, err);
    if (rc == 0)
        rc = start_intake(&serving, &doors.http, store, err);
    if (rc < 0)
        return rc;
    log_info(log, "storing", log_sv("store", path), log_u64("findings", count),
             log_str("socket", settings->socket),
             log_str("listen", serving.intake == NULL     ? LISTEN_NONE
                               : settings->listen == NULL ? LISTEN_DEFAULT
                                                          : settings->listen),
             log_str("user", user.name));
    struct hub_options options = {
        .listen_fd = doors.listen_fd,
        .stop_fd = doors.stop_fd,
        .out_fd = STDOUT_FILENO,
        .json = settings->format == FORMAT_JSON || (settings->format == FORMAT_AUTO && !terminal),
        .colour = terminal && getenv("NO_COLOR") == NULL,
        .store = store,
        .intake = serving.intake,
        .log = log,
    };
    doors.listen_fd = -1; /* the hub's */
    return serve(&serving, &options, err);
}

int cmd_hub(int argc, char **argv)
{
    return daemon_command(argc, argv, hub_main);
}
