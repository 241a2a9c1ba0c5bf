#include "tests/unit/enrich/fake_cri.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nghttp2/nghttp2.h>

#include "base/alloc.h"
#include "base/json.h"
#include "enrich/protobuf.h"
#include "tests/unit/test.h"

struct server {
    const struct fake_cri_answer *answer;
    size_t count;
    int fd;
    char path[128];
    struct buf request, response;
    size_t sent;
    uint32_t status;
};

static ssize_t on_send(nghttp2_session *session, const uint8_t *data, size_t len, int flags,
                       void *ctx)
{
    const struct server *server = ctx;
    ssize_t sent = send(server->fd, data, len, MSG_NOSIGNAL);

    return sent < 0 ? NGHTTP2_ERR_CALLBACK_FAILURE : sent;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *ctx)
{
    struct server *server = ctx;

    if (sv_eq((struct sv){(const char *)name, name_len}, SV(":path")))
        (void)snprintf(server->path, sizeof(server->path), "%.*s", (int)value_len,
                       (const char *)value);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t len, void *ctx)
{
    struct server *server = ctx;

    buf_bytes(&server->request, data, len);
    return 0;
}

static nghttp2_nv header(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
                        strlen(value), NGHTTP2_NV_FLAG_NONE};
}

static ssize_t read_response(nghttp2_session *session, int32_t stream, uint8_t *room, size_t len,
                             uint32_t *flags, nghttp2_data_source *source, void *ctx)
{
    struct server *server = ctx;
    size_t left = server->response.len - server->sent;
    size_t part = left < len ? left : len;
    char status[16];

    if (part > 0)
        memcpy(room, server->response.ptr + server->sent, part);
    server->sent += part;
    if (part == left) {
        (void)snprintf(status, sizeof(status), "%u", server->status);
        const nghttp2_nv trailer = header("grpc-status", status);
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        (void)nghttp2_submit_trailer(session, stream, &trailer, 1);
    }
    return (ssize_t)part;
}

static void choose(struct server *server)
{
    struct sv request = sv_sub(buf_view(&server->request), 5, server->request.len);
    uint32_t len = 0;

    buf_reset(&server->response);
    server->status = 5;
    for (size_t i = 0; i < server->count; i++) {
        const struct fake_cri_answer *answer = &server->answer[i];
        if (strcmp(answer->path, server->path) != 0 ||
            (answer->request.len > 0 && !sv_eq(answer->request, request)))
            continue;
        server->status = answer->status;
        if (answer->status != 0)
            break;
        len = (uint32_t)answer->message.len;
        const char prefix[] = {0, (char)(len >> 24), (char)(len >> 16), (char)(len >> 8),
                               (char)len};
        buf_bytes(&server->response, prefix, sizeof(prefix));
        buf_sv(&server->response, answer->message);
        break;
    }
    server->sent = 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *ctx)
{
    const nghttp2_nv headers[] = {header(":status", "200"),
                                  header("content-type", "application/grpc")};
    const nghttp2_data_provider body = {.read_callback = read_response};
    struct server *server = ctx;

    if (frame->hd.type != NGHTTP2_DATA || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
        return 0;
    choose(server);
    buf_reset(&server->request);
    return nghttp2_submit_response(session, frame->hd.stream_id, headers, ARRAY_LEN(headers),
                                   &body);
}

static void serve(struct server *server)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_session *session = NULL;
    uint8_t bytes[4096];
    ssize_t got;

    CHECK_INT(nghttp2_session_callbacks_new(&callbacks), 0);
    nghttp2_session_callbacks_set_send_callback(callbacks, on_send);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    CHECK_INT(nghttp2_session_server_new(&session, callbacks, server), 0);
    nghttp2_session_callbacks_del(callbacks);
    CHECK_INT(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, NULL, 0), 0);
    while (nghttp2_session_send(session) == 0 &&
           (got = recv(server->fd, bytes, sizeof(bytes), 0)) > 0) {
        if (nghttp2_session_mem_recv(session, bytes, (size_t)got) < 0)
            break;
    }
    nghttp2_session_del(session);
}

static void run(int listener, enum fake_cri_way way, const struct fake_cri_answer *answer,
                size_t count)
{
    for (;;) {
        struct server server = {.answer = answer, .count = count};
        char byte;

        server.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (server.fd < 0)
            _exit(1);
        if (way == FAKE_CRI_ANSWERS)
            serve(&server);
        else if (way == FAKE_CRI_NOISE)
            (void)send(server.fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL);
        while (way == FAKE_CRI_SILENT && recv(server.fd, &byte, 1, 0) > 0)
            continue;
        (void)close(server.fd);
        buf_done(&server.request);
        buf_done(&server.response);
    }
}

void fake_cri_start(struct fake_cri *fake, const char *socket_path, enum fake_cri_way way,
                    const struct fake_cri_answer *answer, size_t count)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(fake->socket, sizeof(fake->socket), "%s", socket_path);
    memcpy(address.sun_path, fake->socket, sizeof(fake->socket));
    CHECK_INT(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
    CHECK_INT(listen(listener, 8), 0);
    (void)fflush(NULL);
    fake->pid = fork();
    CHECK(fake->pid >= 0);
    if (fake->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        run(listener, way, answer, count);
    }
    (void)close(listener);
}

void fake_cri_stop(struct fake_cri *fake)
{
    (void)kill(fake->pid, SIGKILL);
    (void)waitpid(fake->pid, NULL, 0);
    (void)unlink(fake->socket);
}

/* ------------------------------------------------------------------------------------- messages */

static void put_pair(struct buf *out, uint32_t number, const char *key, const char *value)
{
    scoped(buf_done) struct buf entry = {0};

    protobuf_put_bytes(&entry, 1, sv(key));
    protobuf_put_bytes(&entry, 2, sv(value));
    protobuf_put_bytes(out, number, buf_view(&entry));
}

static void put_inner(struct buf *out, uint32_t number, uint32_t inner, const char *text)
{
    scoped(buf_done) struct buf message = {0};

    protobuf_put_bytes(&message, inner, sv(text));
    protobuf_put_bytes(out, number, buf_view(&message));
}

static void put_mount(struct buf *out)
{
    scoped(buf_done) struct buf mount = {0};

    protobuf_put_bytes(&mount, 1, sv("/data"));
    protobuf_put_bytes(&mount, 2, sv("/srv/data"));
    protobuf_put_number(&mount, 3, 1);
    protobuf_put_number(&mount, 5, 1);
    protobuf_put_bytes(out, 14, buf_view(&mount));
}

void fake_cri_container(struct buf *out, const char *id, const char *name, const char *sandbox_id)
{
    scoped(buf_done) struct buf status = {0};
    char info[512];

    protobuf_put_bytes(&status, 1, sv(id));
    put_inner(&status, 2, 1, name);
    protobuf_put_number(&status, 3, 1);
    protobuf_put_number(&status, 4, 1700000000000000000);
    put_inner(&status, 8, 1, "docker.io/library/nginx:1.25");
    protobuf_put_bytes(&status, 9,
                       sv("docker.io/library/nginx@sha256:"
                          "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
    put_pair(&status, 12, "io.kubernetes.container.name", name);
    put_pair(&status, 12, "team", "blue");
    put_pair(&status, 13, "io.kubernetes.container.restartCount", "0");
    put_mount(&status);
    protobuf_put_bytes(out, 1, buf_view(&status));
    (void)snprintf(info, sizeof(info),
                   "{\"sandboxID\":\"%s\",\"pid\":77,\"config\":{\"linux\":{\"security_context\":"
                   "{\"privileged\":true}}}}",
                   sandbox_id);
    put_pair(out, 2, "info", info);
}

void fake_cri_pod(struct buf *out, const char *sandbox_id, const char *name)
{
    scoped(buf_done) struct buf status = {0};
    scoped(buf_done) struct buf metadata = {0};

    protobuf_put_bytes(&status, 1, sv(sandbox_id));
    protobuf_put_bytes(&metadata, 1, sv(name));
    protobuf_put_bytes(&metadata, 2, sv("aaaa2b4a-f398-41c0-928b-049e1cc4ec40"));
    protobuf_put_bytes(&metadata, 3, sv("billing"));
    protobuf_put_bytes(&status, 2, buf_view(&metadata));
    put_inner(&status, 5, 1, "10.1.2.3");
    put_pair(&status, 7, "app", "shop");
    put_pair(&status, 8, "owner", "team-blue@example.org");
    protobuf_put_bytes(out, 1, buf_view(&status));
}

void fake_cri_list(struct buf *out, const char *const *id, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        scoped(buf_done) struct buf container = {0};

        protobuf_put_bytes(&container, 1, sv(id[i]));
        protobuf_put_bytes(out, 1, buf_view(&container));
    }
}
