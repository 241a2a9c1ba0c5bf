/* gRPC over HTTP/2: a call is a POST whose body is one message behind five bytes, a zero (not
 * compressed) and the length; the answer comes likewise, and the call's status in the trailers. */
#include "enrich/cri_channel.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <nghttp2/nghttp2.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"

enum { PREFIX = 5, READ_BYTES = 65536, WINDOW = 1 << 20 };

struct cri_channel {
    int fd;
    nghttp2_session *session;
    struct buf out;  /* written by the session, not sent yet */
    struct buf body; /* of the call, with its prefix */
    size_t body_at;
    struct buf in;  /* of the answer */
    int32_t stream; /* 0: no call */
    uint32_t status;
    bool has_status, ended;
    cri_answer_fn answer;
    void *answer_ctx;
};

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t len, void *ctx)
{
    struct cri_channel *channel = ctx;

    if (stream == channel->stream)
        buf_bytes(&channel->in, data, len);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *ctx)
{
    struct cri_channel *channel = ctx;
    struct sv key = {(const char *)name, name_len};
    uint64_t number;

    if (frame->hd.stream_id != channel->stream || !sv_eq(key, SV("grpc-status")))
        return 0;
    channel->has_status = sv_to_u64((struct sv){(const char *)value, value_len}, &number);
    channel->status =
        channel->has_status && number <= UINT32_MAX ? (uint32_t)number : CRI_STATUS_UNKNOWN;
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream, uint32_t error, void *ctx)
{
    struct cri_channel *channel = ctx;

    if (stream == channel->stream)
        channel->ended = true;
    return 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *room, size_t len,
                         uint32_t *flags, nghttp2_data_source *source, void *ctx)
{
    struct cri_channel *channel = ctx;
    size_t left = channel->body.len - channel->body_at;
    size_t part = left < len ? left : len;

    memcpy(room, channel->body.ptr + channel->body_at, part);
    channel->body_at += part;
    if (part == left)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)part;
}

static int make_session(struct cri_channel *channel, struct err *err)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW},
    };
    nghttp2_session_callbacks *callbacks = NULL;
    int rc = nghttp2_session_callbacks_new(&callbacks);

    if (rc == 0) {
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
        rc = nghttp2_session_client_new(&channel->session, callbacks, channel);
    }
    nghttp2_session_callbacks_del(callbacks);
    if (rc == 0)
        rc = nghttp2_submit_settings(channel->session, NGHTTP2_FLAG_NONE, settings,
                                     ARRAY_LEN(settings));
    if (rc == 0)
        rc = nghttp2_session_set_local_window_size(channel->session, NGHTTP2_FLAG_NONE, 0, WINDOW);
    return rc == 0 ? 0 : err_set(err, -ENOMEM, "HTTP/2: %s", nghttp2_strerror(rc));
}

int cri_channel_open(const char *path, struct cri_channel **out, struct err *err)
{
    scoped(cri_channel_close) struct cri_channel *channel = xcalloc(1, sizeof(*channel));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);

    channel->in.limit = CRI_MESSAGE_MAX + PREFIX;
    channel->fd = -1;
    if (len >= sizeof(address.sun_path))
        return err_set(err, -ENAMETOOLONG, "socket '%s': the name is too long", path);
    memcpy(address.sun_path, path, len);
    channel->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (channel->fd < 0 ||
        connect(channel->fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
        return err_set(err, -errno, "socket '%s': %s", path, strerror(errno));
    int rc = make_session(channel, err);
    if (rc < 0)
        return rc;
    *out = take(channel);
    return 0;
}

void cri_channel_close(struct cri_channel *channel)
{
    if (channel == NULL)
        return;
    nghttp2_session_del(channel->session);
    scoped_fd_close(&channel->fd);
    buf_done(&channel->out);
    buf_done(&channel->body);
    buf_done(&channel->in);
    free(channel);
}

int cri_channel_fd(const struct cri_channel *channel)
{
    return channel->fd;
}

short cri_channel_events(const struct cri_channel *channel)
{
    bool writes = channel->out.len > 0 || nghttp2_session_want_write(channel->session) != 0;

    return (short)(POLLIN | (writes ? POLLOUT : 0));
}

bool cri_channel_busy(const struct cri_channel *channel)
{
    return channel->stream != 0;
}

static nghttp2_nv header(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
                        strlen(value), NGHTTP2_NV_FLAG_NONE};
}

int cri_channel_call(struct cri_channel *channel, const char *path, struct sv message,
                     cri_answer_fn answer, void *ctx, struct err *err)
{
    const nghttp2_nv headers[] = {
        header(":method", "POST"),
        header(":scheme", "http"),
        header(":path", path),
        header(":authority", "localhost"),
        header("content-type", "application/grpc"),
        header("te", "trailers"),
        header("user-agent", "tiercel"),
    };
    const nghttp2_data_provider body = {.read_callback = read_body};
    const uint32_t len = (uint32_t)message.len;
    const char prefix[PREFIX] = {0, (char)(len >> 24), (char)(len >> 16), (char)(len >> 8),
                                 (char)len};

    buf_reset(&channel->body);
    buf_reset(&channel->in);
    buf_bytes(&channel->body, prefix, sizeof(prefix));
    buf_sv(&channel->body, message);
    channel->body_at = 0;
    channel->has_status = channel->ended = false;
    channel->status = CRI_STATUS_UNKNOWN;
    channel->answer = answer;
    channel->answer_ctx = ctx;
    channel->stream =
        nghttp2_submit_request(channel->session, NULL, headers, ARRAY_LEN(headers), &body, NULL);
    if (channel->stream < 0) {
        int rc = channel->stream;

        channel->stream = 0;
        return err_set(err, -EPROTO, "HTTP/2: %s", nghttp2_strerror(rc));
    }
    return 0;
}

static int send_some(struct cri_channel *channel, struct err *err)
{
    for (;;) {
        const uint8_t *bytes;
        ssize_t len = channel->out.len > 0 ? 0 : nghttp2_session_mem_send(channel->session, &bytes);
        if (len < 0)
            return err_set(err, -EPROTO, "HTTP/2: %s", nghttp2_strerror((int)len));
        if (len > 0)
            buf_bytes(&channel->out, bytes, (size_t)len);
        if (channel->out.len == 0)
            return 0;
        ssize_t sent = send(channel->fd, channel->out.ptr, channel->out.len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return 0;
        if (sent < 0)
            return err_set(err, -errno, "send: %s", strerror(errno));
        buf_drop(&channel->out, (size_t)sent);
    }
}

/* The one message of the answer, behind its prefix. */
static bool take_message(const struct cri_channel *channel, struct sv *out)
{
    const uint8_t *p = (const uint8_t *)channel->in.ptr;
    size_t len;

    if (channel->in.len < PREFIX || p[0] != 0)
        return false;
    len = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
    *out = (struct sv){channel->in.ptr + PREFIX, channel->in.len - PREFIX};
    return out->len == len;
}

static void give_answer(struct cri_channel *channel)
{
    struct sv message = {NULL, 0};
    uint32_t status = channel->status;

    if (!channel->ended)
        return;
    channel->stream = 0;
    channel->ended = false;
    if (status == CRI_STATUS_OK && (!channel->has_status || !take_message(channel, &message)))
        status = CRI_STATUS_UNKNOWN;
    channel->answer(channel->answer_ctx, status,
                    status == CRI_STATUS_OK ? message : (struct sv){NULL, 0});
}

static int read_some(struct cri_channel *channel, struct err *err)
{
    scoped(free) uint8_t *bytes = xmalloc(READ_BYTES);

    for (;;) {
        ssize_t got = recv(channel->fd, bytes, READ_BYTES, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return 0;
        if (got < 0)
            return err_set(err, -errno, "receive: %s", strerror(errno));
        if (got == 0)
            return err_set(err, -ECONNRESET, "the other side has closed the connection");
        ssize_t used = nghttp2_session_mem_recv(channel->session, bytes, (size_t)got);
        if (used < 0)
            return err_set(err, -EPROTO, "HTTP/2: %s", nghttp2_strerror((int)used));
        if (channel->in.error != 0)
            return err_set(err, -E2BIG, "an answer of more than %zu bytes", CRI_MESSAGE_MAX);
        give_answer(channel);
    }
}

int cri_channel_turn(struct cri_channel *channel, struct err *err)
{
    int rc = send_some(channel, err);

    if (rc == 0)
        rc = read_some(channel, err);
    if (rc == 0)
        rc = send_some(channel, err); /* acknowledgements, and what an answer made us ask */
    return rc;
}
