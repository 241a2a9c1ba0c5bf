#include "app/uplink.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/frame.h"
#include "app/spool.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"

enum { SEND_AHEAD = 1 << 18, READ_CHUNK = 4096 }; /* bytes */

struct uplink {
    const char *socket_path, *node;
    struct spool *spool;
    const struct log *log;
    int fd;
    uint64_t retry_at_ns;
    uint64_t away_since_ns; /* 0 while connected */
    bool said_away;         /* the log knows that the hub is away */
    uint64_t sent, acked;   /* sequences */
    struct buf out, in, record;
};

struct uplink *uplink_new(const char *socket_path, const char *node, struct spool *spool,
                          const struct log *log)
{
    struct uplink *uplink = xcalloc(1, sizeof(*uplink));

    uplink->socket_path = socket_path;
    uplink->node = node;
    uplink->spool = spool;
    uplink->log = log;
    uplink->fd = -1;
    return uplink;
}

void uplink_free(struct uplink *uplink)
{
    if (uplink == NULL)
        return;
    if (uplink->fd >= 0)
        (void)close(uplink->fd);
    buf_done(&uplink->out);
    buf_done(&uplink->in);
    buf_done(&uplink->record);
    free(uplink);
}

static void drop(struct uplink *uplink, const char *why)
{
    if (uplink->fd >= 0)
        (void)close(uplink->fd);
    uplink->fd = -1;
    uplink->retry_at_ns = clock_mono_ns() + UPLINK_RETRY_NS;
    if (uplink->away_since_ns == 0)
        uplink->away_since_ns = clock_mono_ns();
    if (!uplink->said_away && clock_mono_ns() - uplink->away_since_ns >= UPLINK_PATIENCE_NS) {
        log_warn(uplink->log, "the hub is away; findings wait in the spool", log_str("why", why),
                 log_str("socket", uplink->socket_path));
        uplink->said_away = true;
    }
}

/* Findings go to, and are forgotten for, root or our own user alone: where others may write the
 * socket's directory, one of them could listen in the hub's place. */
static bool is_ours(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

static void connect_now(struct uplink *uplink)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct sv path = sv(uplink->socket_path);

    if (path.len >= sizeof(address.sun_path)) {
        drop(uplink, "the socket's path is too long");
        return;
    }
    memcpy(address.sun_path, path.ptr, path.len);
    uplink->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (uplink->fd < 0 || connect(uplink->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        drop(uplink, strerror(errno));
        return;
    }
    if (!is_ours(uplink->fd)) {
        drop(uplink, "another user listens there");
        return;
    }
    if (uplink->said_away)
        log_info(uplink->log, "the hub is back", log_u64("waiting", spool_waiting(uplink->spool)));
    uplink->said_away = false;
    uplink->away_since_ns = 0;
    buf_reset(&uplink->out);
    buf_reset(&uplink->in);
    spool_rewind(uplink->spool);
    uplink->sent = uplink->acked;
    frame_put(&uplink->out, FRAME_HELLO, 0, sv(uplink->node));
}

static void read_acks(struct uplink *uplink)
{
    struct frame frame;
    size_t used = 0;
    int rc = 0;

    for (;;) {
        char *room = buf_room(&uplink->in, READ_CHUNK);
        ssize_t got = room == NULL ? -1 : recv(uplink->fd, room, READ_CHUNK, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (got <= 0) {
            drop(uplink, got == 0 ? "it closed the connection" : strerror(errno));
            return;
        }
        uplink->in.len += (size_t)got;
    }
    while ((rc = frame_get(&uplink->in, 0, &frame, &used)) == 0) {
        if (frame.type == FRAME_ACK && frame.sequence > uplink->acked) {
            uplink->acked = frame.sequence;
            spool_ack(uplink->spool, frame.sequence);
        }
        buf_drop(&uplink->in, used);
    }
    if (rc < 0)
        drop(uplink, "it does not speak our protocol");
}

static void fill(struct uplink *uplink)
{
    struct err err = {0};
    uint64_t sequence = 0;

    while (uplink->out.len < SEND_AHEAD && uplink->sent < uplink->acked + UPLINK_IN_FLIGHT_MAX) {
        int rc = spool_next(uplink->spool, &uplink->record, &sequence, &err);
        if (rc < 0)
            log_error(uplink->log, "cannot read the spool", log_str("why", err_text(&err, rc)));
        if (rc != 0)
            return;
        frame_put(&uplink->out, FRAME_FINDING, sequence, buf_view(&uplink->record));
        uplink->sent = sequence;
    }
}

static void flush(struct uplink *uplink)
{
    while (uplink->fd >= 0 && uplink->out.len > 0) {
        ssize_t put = send(uplink->fd, uplink->out.ptr, uplink->out.len, MSG_NOSIGNAL);
        if (put < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (put < 0) {
            drop(uplink, strerror(errno));
            return;
        }
        buf_drop(&uplink->out, (size_t)put);
    }
}

int uplink_fd(const struct uplink *uplink)
{
    return uplink->fd;
}

short uplink_events(const struct uplink *uplink)
{
    return (short)(POLLIN | (uplink->out.len > 0 ? POLLOUT : 0));
}

void uplink_turn(struct uplink *uplink)
{
    if (uplink->fd < 0 && clock_mono_ns() < uplink->retry_at_ns)
        return;
    if (uplink->fd < 0)
        connect_now(uplink);
    if (uplink->fd >= 0)
        read_acks(uplink);
    if (uplink->fd >= 0)
        fill(uplink);
    flush(uplink);
}
