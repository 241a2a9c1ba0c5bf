#include "app/hub.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/frame.h"
#include "app/intake.h"
#include "app/stored_finding.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "match/finding.h"
#include "store/store.h"

#define READ_CHUNK ((size_t)1 << 18)
#define CURSOR_KEY SV("cursor.shown")
#define STORE_RETRY_NS (1 * CLOCK_NS) /* after the store failed, take nothing for this long */

struct client {
    int fd;
    struct buf in, out;
    size_t taken;      /* bytes of `in` that are in the open batch */
    uint64_t sequence; /* of the last finding taken */
};

struct waiting { /* a finding of the open batch: what the log and the histogram want of it */
    char id[FINDING_ID_LEN + 1];
    uint64_t time_ns;
};

struct hub {
    struct hub_options options;
    int epoll_fd;
    struct client *client[HUB_CLIENTS_MAX];
    size_t client_count;
    struct arena *arena; /* of the open batch */
    struct waiting *batch;
    size_t batch_count;
    bool batch_open; /* something was appended, be it a duplicate */
    uint64_t shown;  /* sequence in the store */
    uint64_t retry_at_ns;
    struct buf line;
    struct hub_counts counts;
};

/* ------------------------------------------------------------------------------------- clients */

static void client_free(struct client *client)
{
    (void)close(client->fd);
    buf_done(&client->in);
    buf_done(&client->out);
    free(client);
}

static void client_drop(struct hub *hub, struct client *client, const char *why)
{
    for (size_t i = 0; i < hub->client_count; i++) {
        if (hub->client[i] == client)
            hub->client[i] = hub->client[--hub->client_count];
    }
    log_debug(hub->options.log, "a sensor has gone", log_str("why", why));
    client_free(client);
}

static void client_accept(struct hub *hub)
{
    int fd = accept4(hub->options.listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return;
    if (hub->client_count == HUB_CLIENTS_MAX) {
        log_warn(hub->options.log, "a sensor is turned away: too many connections",
                 log_u64("limit", HUB_CLIENTS_MAX));
        (void)close(fd);
        return;
    }
    struct client *client = xcalloc(1, sizeof(*client));
    client->fd = fd;
    buf_init(&client->in, FRAME_MAX + READ_CHUNK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (epoll_ctl(hub->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        client_free(client);
        return;
    }
    hub->client[hub->client_count++] = client;
}

static void client_read(struct hub *hub, struct client *client)
{
    char *room = client->in.len >= FRAME_MAX ? NULL : buf_room(&client->in, READ_CHUNK);

    if (room == NULL)
        return; /* enough waits already */
    ssize_t got = recv(client->fd, room, READ_CHUNK, 0);
    if (got > 0)
        client->in.len += (size_t)got;
    else if (got == 0)
        client_drop(hub, client, "it closed the connection");
    else if (errno != EAGAIN && errno != EINTR)
        client_drop(hub, client, strerror(errno));
}

/* Acknowledgements are 16 bytes: a peer that leaves no room for one does not read at all. */
static void client_ack(struct hub *hub, struct client *client)
{
    buf_reset(&client->out);
    frame_put(&client->out, FRAME_ACK, client->sequence, (struct sv){NULL, 0});
    ssize_t put = send(client->fd, client->out.ptr, client->out.len, MSG_NOSIGNAL);
    if (put != (ssize_t)client->out.len)
        client_drop(hub, client, "it does not read acknowledgements");
}

/* --------------------------------------------------------------------------------------- batch */

static int take_finding(struct hub *hub, struct sv json, struct err *err)
{
    struct finding_keys keys;
    struct err why = {0};

    int rc = finding_read(json, hub->arena, &keys, &why);
    if (rc == 0) {
        struct store_finding finding = stored_finding(&keys, json);
        rc = store_append(hub->options.store, &finding, &why);
        hub->batch_open = true;
    }
    if (rc == -EINVAL || rc == -E2BIG) {
        hub->counts.refused++;
        log_error(hub->options.log, "a record is refused", log_str("why", err_text(&why, rc)));
        return 0;
    }
    if (rc < 0)
        return err_set(err, rc, "%s", err_text(&why, rc));
    if (rc == STORE_DUPLICATE) {
        hub->counts.duplicates++;
        return 0;
    }
    struct waiting *waiting = &hub->batch[hub->batch_count++];
    memcpy(waiting->id, keys.id.ptr, FINDING_ID_LEN);
    waiting->id[FINDING_ID_LEN] = '\0';
    waiting->time_ns = keys.time_ns;
    return 0;
}

/* Take whole frames of one client into the batch. Positive: its connection must go. */
static int take_client(struct hub *hub, struct client *client, struct err *err)
{
    struct frame frame;
    size_t used = 0;
    int rc = 0;

    while (hub->batch_count < STORE_BATCH_MAX) {
        rc = frame_get(&client->in, client->taken, &frame, &used);
        if (rc != 0)
            break;
        if (frame.type == FRAME_FINDING) {
            rc = take_finding(hub, frame.payload, err);
            if (rc < 0)
                return rc;
            client->sequence = frame.sequence;
        } else if (frame.type == FRAME_HELLO) {
            log_debug(hub->options.log, "a sensor has come", log_sv("node", frame.payload));
        }
        client->taken += used;
    }
    return rc == -EPROTO ? 1 : 0;
}

static void batch_forget(struct hub *hub)
{
    hub->batch_count = 0;
    hub->batch_open = false;
    arena_reset(hub->arena);
    for (size_t i = 0; i < hub->client_count; i++)
        hub->client[i]->taken = 0;
}

/* The store took nothing: let the sensors keep what they have and send it again later. */
static void batch_failed(struct hub *hub, const char *why)
{
    log_error(hub->options.log, "the store cannot be written; findings wait in the spools",
              log_str("why", why));
    batch_forget(hub);
    if (hub->options.intake != NULL)
        intake_settle(hub->options.intake, false);
    while (hub->client_count > 0)
        client_drop(hub, hub->client[0], "the store failed");
    hub->retry_at_ns = clock_mono_ns() + STORE_RETRY_NS;
}

static void batch_count_latency(struct hub *hub)
{
    uint64_t now = clock_wall_ns();

    for (size_t i = 0; i < hub->batch_count; i++) {
        const struct waiting *waiting = &hub->batch[i];
        uint64_t us = now > waiting->time_ns ? (now - waiting->time_ns) / 1000 : 0;
        histogram_add(&hub->counts.latency_us, us);
        log_debug(hub->options.log, "finding is durable", log_str("id", waiting->id),
                  log_u64("latency_us", us));
    }
    hub->counts.stored += hub->batch_count;
}

static void batch_done(struct hub *hub)
{
    batch_count_latency(hub);
    if (hub->options.intake != NULL)
        intake_settle(hub->options.intake, true);
    for (size_t i = hub->client_count; i-- > 0;) {
        struct client *client = hub->client[i];
        if (client->taken == 0)
            continue;
        buf_drop(&client->in, client->taken);
        client->taken = 0;
        client_ack(hub, client);
    }
    batch_forget(hub);
}

/* The cursor as it was before this batch: it may lag, never lead. */
static int put_cursor(struct hub *hub, struct err *err)
{
    scoped(buf_done) struct buf cursor = {0};

    buf_u64(&cursor, hub->shown);
    return store_set(hub->options.store, CURSOR_KEY, buf_view(&cursor), err);
}

static int save_cursor(struct hub *hub, struct err *err)
{
    int rc = put_cursor(hub, err);

    return rc < 0 ? rc : store_commit(hub->options.store, err);
}

static int take_posts(struct hub *hub, bool *more, struct err *err)
{
    bool others = false;

    if (hub->options.intake == NULL)
        return 0;
    int rc = intake_take(hub->options.intake, &others, err);
    *more |= others;
    hub->batch_open |= intake_has_taken(hub->options.intake);
    return rc;
}

/* One commit for everything that waits. `more`: call again, a batch was full. */
static void batch_run(struct hub *hub, bool *more)
{
    struct err err = {0};
    int rc = 0;

    for (size_t i = hub->client_count; i-- > 0 && rc >= 0;) {
        struct client *client = hub->client[i];
        rc = take_client(hub, client, &err);
        if (rc > 0)
            client_drop(hub, client, "it does not speak our protocol");
    }
    *more = hub->batch_count == STORE_BATCH_MAX;
    if (rc >= 0)
        rc = take_posts(hub, more, &err);
    if (rc >= 0 && hub->batch_open)
        rc = put_cursor(hub, &err);
    if (rc >= 0 && hub->batch_open)
        rc = store_commit(hub->options.store, &err);
    if (rc < 0)
        batch_failed(hub, err_text(&err, rc));
    else
        batch_done(hub);
}

/* ---------------------------------------------------------------------------------------- show */

static int show_row(void *ctx, uint64_t sequence, const struct store_finding *finding)
{
    struct hub *hub = ctx;
    const struct hub_options *options = &hub->options;
    int rc = 0;

    buf_reset(&hub->line);
    arena_reset(hub->arena);
    if (options->json)
        buf_sv(&hub->line, finding->json);
    else
        rc = finding_line(finding->json, hub->arena, options->colour, &hub->line);
    buf_char(&hub->line, '\n');
    if (rc == 0)
        rc = file_write_all(options->out_fd, buf_view(&hub->line), NULL);
    if (rc == -EPIPE) {
        log_info(options->log, "nobody reads the findings any more");
        return HUB_NO_READER;
    }
    if (rc < 0)
        log_error(options->log, "a finding could not be shown; it is in the store",
                  log_sv("id", finding->id));
    hub->shown = sequence;
    hub->counts.shown++;
    return 0;
}

static int show(struct hub *hub, struct err *err)
{
    struct store_query query = {.after_sequence = hub->shown};

    return store_read(hub->options.store, &query, show_row, hub, err);
}

static int newest(void *ctx, uint64_t sequence, const struct store_finding *finding)
{
    (void)finding;
    *(uint64_t *)ctx = sequence;
    return 0;
}

/* Go on where the hub before this one had got to; the first one begins after what is there. */
static int find_cursor(struct hub *hub, struct err *err)
{
    struct store_query last = {.limit = 1, .newest_first = true};
    scoped(buf_done) struct buf cursor = {0};

    int rc = store_read(hub->options.store, &last, newest, &hub->shown, err);
    if (rc == 0)
        rc = store_get(hub->options.store, CURSOR_KEY, &cursor, err);
    if (rc < 0)
        return rc;
    if (cursor.len > 0 && !sv_to_u64(buf_view(&cursor), &hub->shown))
        return err_set(err, -EINVAL, "the store's cursor '%s' is no number", buf_cstr(&cursor));
    return save_cursor(hub, err);
}

/* --------------------------------------------------------------------------------------- the hub
 */

static int watch(const struct hub *hub, int fd, void *mark, struct err *err)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};

    if (epoll_ctl(hub->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        return err_set(err, -errno, "epoll: %s", strerror(errno));
    return 0;
}

int hub_new(const struct hub_options *options, struct hub **out, struct err *err)
{
    scoped(hub_free) struct hub *hub = xcalloc(1, sizeof(*hub));

    hub->options = *options;
    hub->arena = arena_new(READ_CHUNK);
    hub->batch = xcalloc(STORE_BATCH_MAX, sizeof(*hub->batch));
    hub->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (hub->epoll_fd < 0)
        return err_set(err, -errno, "epoll: %s", strerror(errno));
    int rc = watch(hub, options->listen_fd, &hub->options.listen_fd, err);
    if (rc == 0)
        rc = watch(hub, options->stop_fd, &hub->options.stop_fd, err);
    if (rc == 0 && options->intake != NULL)
        rc = watch(hub, intake_fd(options->intake), &hub->options.intake, err);
    if (rc == 0)
        rc = find_cursor(hub, err);
    if (rc == 0)
        rc = show(hub, err);
    if (rc < 0)
        return rc;
    *out = take(hub);
    return 0;
}

void hub_free(struct hub *hub)
{
    if (hub == NULL)
        return;
    while (hub->client_count > 0)
        client_free(hub->client[--hub->client_count]);
    (void)close(hub->options.listen_fd);
    if (hub->epoll_fd >= 0)
        (void)close(hub->epoll_fd);
    arena_free(hub->arena);
    buf_done(&hub->line);
    free(hub->batch);
    free(hub);
}

static uint64_t stored_findings(const struct hub *hub)
{
    const struct intake *intake = hub->options.intake;

    return hub->counts.stored + (intake == NULL ? 0 : intake_counts(intake)->findings);
}

int hub_turn(struct hub *hub, int timeout_ms, struct err *err)
{
    struct epoll_event event[64];
    bool more = true;
    int rc = 0;

    if (clock_mono_ns() < hub->retry_at_ns) {
        struct pollfd stop = {.fd = hub->options.stop_fd, .events = POLLIN};
        return poll(&stop, 1, (int)((hub->retry_at_ns - clock_mono_ns()) / 1000000) + 1) < 0 &&
                       errno != EINTR
                   ? err_set(err, -errno, "poll: %s", strerror(errno))
                   : 0;
    }
    int count = epoll_wait(hub->epoll_fd, event, ARRAY_LEN(event), timeout_ms);
    if (count < 0 && errno != EINTR)
        return err_set(err, -errno, "epoll: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        if (event[i].data.ptr == &hub->options.listen_fd)
            client_accept(hub);
        else if (event[i].data.ptr != &hub->options.stop_fd &&
                 event[i].data.ptr != &hub->options.intake)
            client_read(hub, event[i].data.ptr);
    }
    while (more && rc == 0) {
        uint64_t stored = stored_findings(hub);
        batch_run(hub, &more);
        if (stored_findings(hub) > stored)
            rc = show(hub, err);
    }
    return rc;
}

int hub_finish(struct hub *hub, struct err *err)
{
    int rc = hub_turn(hub, 0, err);

    return rc < 0 ? rc : save_cursor(hub, err);
}

const struct hub_counts *hub_counts(const struct hub *hub)
{
    return &hub->counts;
}
