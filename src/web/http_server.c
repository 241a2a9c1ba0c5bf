/* A request is made by the library's thread when its head has come, filled by it, put into the
 * queue and taken by the owner; the owner puts the answer into it and wakes the connection, whose
 * thread sends the answer and frees the request. So at any time it belongs to one of the two. What
 * both touch (queue, counts, bytes held) is under one lock. */
#include "web/http_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"

enum {
    BACKLOG = 512,
    RETRY_S = 1,
    CLOSE_WAIT_S = 2,
    CLIENT_NAME_MAX = 256,
    UNZIP_STEP = 1 << 16,
    GZIP_WINDOW = 15 + 16,
};

struct http_request {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct http_request *next; /* in the queue */
    char *method, *path;
    struct buf body;
    uint64_t start_ns;
    unsigned refused; /* status, 0: to be handed over */
    bool complete;    /* the owner has or had it */
    char client[CLIENT_NAME_MAX];
    struct MHD_Response *response; /* the answer */
    unsigned status;
};

struct http_server {
    struct http_options options;
    struct MHD_Daemon *daemon;
    int ready_fd;
    pthread_mutex_t lock;
    struct http_request *first, **last;
    size_t held_bytes;
    struct http_counts counts;
    unsigned unsent; /* handed over, and the answer not yet sent */
    pthread_cond_t sent;
    bool closing;
};

/* --- answers --------------------------------------------------------------------------------- */

static struct MHD_Response *response_of(const struct http_answer *answer)
{
    const char *type = answer->content_type == NULL ? "text/plain" : answer->content_type;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->body.len, (void *)(uintptr_t)answer->body.ptr, MHD_RESPMEM_MUST_COPY);
    char seconds[16];

    if (response == NULL)
        return NULL;
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (answer->allow != NULL)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, answer->allow);
    if (answer->retry_after_s > 0) {
        (void)snprintf(seconds, sizeof(seconds), "%u", answer->retry_after_s);
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    return response;
}

static enum MHD_Result refuse(struct http_request *request)
{
    static const struct {
        unsigned status;
        struct sv text;
    } words[] = {
        {MHD_HTTP_CONTENT_TOO_LARGE, SV("the body is larger than this listener takes\n")},
        {MHD_HTTP_TOO_MANY_REQUESTS, SV("too much waits to be stored; come again\n")},
        {MHD_HTTP_BAD_REQUEST, SV("the body cannot be unzipped\n")},
        {MHD_HTTP_SERVICE_UNAVAILABLE, SV("shutting down\n")},
    };
    struct http_answer answer = {
        .status = request->refused,
        .retry_after_s = request->refused == MHD_HTTP_TOO_MANY_REQUESTS ||
                                 request->refused == MHD_HTTP_SERVICE_UNAVAILABLE
                             ? RETRY_S
                             : 0,
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (words[i].status == request->refused)
            answer.body = words[i].text;
    }
    struct MHD_Response *response = response_of(&answer);
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result rc = MHD_queue_response(request->connection, request->refused, response);
    MHD_destroy_response(response);
    return rc;
}

/* --- the library's thread -------------------------------------------------------------------- */

/* The common name of the certificate that the client showed; the library has checked it. */
static void find_client(struct http_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    gnutls_x509_crt_t certificate;
    size_t size = sizeof(request->client) - 1;
    unsigned count = 0;
    unsigned status = 1;

    if (info == NULL || request->server->options.client_ca == NULL)
        return;
    gnutls_session_t session = info->tls_session;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    if (chain == NULL || count == 0 || gnutls_certificate_verify_peers2(session, &status) != 0 ||
        status != 0 || gnutls_x509_crt_init(&certificate) != 0)
        return;
    if (gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) != 0 ||
        gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0,
                                      request->client, &size) != 0)
        request->client[0] = '\0';
    gnutls_x509_crt_deinit(certificate);
}

/* Take `bytes` more into account; false when that is too much. */
static bool hold(struct http_server *server, size_t bytes)
{
    (void)pthread_mutex_lock(&server->lock);
    bool fits = bytes <= server->options.waiting_max - server->held_bytes && !server->closing;
    if (fits)
        server->held_bytes += bytes;
    (void)pthread_mutex_unlock(&server->lock);
    return fits;
}

static void release(struct http_server *server, size_t bytes)
{
    (void)pthread_mutex_lock(&server->lock);
    server->held_bytes -= bytes;
    (void)pthread_mutex_unlock(&server->lock);
}

static void count_refusal(struct http_request *request, unsigned status)
{
    struct http_counts *counts = &request->server->counts;

    request->refused = status;
    (void)pthread_mutex_lock(&request->server->lock);
    if (status == MHD_HTTP_CONTENT_TOO_LARGE)
        counts->too_large++;
    else if (status == MHD_HTTP_BAD_REQUEST)
        counts->malformed++;
    else
        counts->too_many++;
    (void)pthread_mutex_unlock(&request->server->lock);
}

static void drop_body(struct http_request *request)
{
    release(request->server, request->body.len);
    buf_done(&request->body);
    buf_init(&request->body, request->server->options.body_max);
}

static void take_part(struct http_request *request, struct sv part)
{
    if (request->refused != 0)
        return; /* what still comes is thrown away */
    if (part.len > request->server->options.body_max - request->body.len) {
        count_refusal(request, MHD_HTTP_CONTENT_TOO_LARGE);
        drop_body(request);
    } else if (!hold(request->server, part.len)) {
        count_refusal(request, MHD_HTTP_TOO_MANY_REQUESTS);
        drop_body(request);
    } else {
        size_t before = request->body.len;
        buf_sv(&request->body, part);
        if (request->body.error != 0) {
            release(request->server, part.len);
            request->body.len = before;
            count_refusal(request, MHD_HTTP_TOO_MANY_REQUESTS);
            drop_body(request);
        }
    }
}

static int inflate_all(z_stream *stream, struct buf *out)
{
    int rc = Z_OK;

    while (rc == Z_OK) {
        char *room = buf_room(out, UNZIP_STEP);
        if (room == NULL)
            return Z_MEM_ERROR;
        stream->next_out = (Bytef *)room;
        stream->avail_out = UNZIP_STEP;
        rc = inflate(stream, Z_NO_FLUSH);
        out->len += UNZIP_STEP - stream->avail_out;
        if (rc == Z_STREAM_END && stream->avail_in > 0)
            rc = inflateReset(stream); /* another member follows */
    }
    return rc;
}

/* Replace the body by what is in it. */
static void unzip(struct http_request *request)
{
    size_t limit = request->server->options.body_max;
    z_stream stream = {.next_in = (Bytef *)request->body.ptr, .avail_in = (uInt)request->body.len};
    scoped(buf_done) struct buf out = {.limit = limit + UNZIP_STEP};

    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK) {
        count_refusal(request, MHD_HTTP_TOO_MANY_REQUESTS);
        drop_body(request);
        return;
    }
    int rc = inflate_all(&stream, &out);
    (void)inflateEnd(&stream);
    drop_body(request);
    if (out.error == -E2BIG || out.len > limit)
        count_refusal(request, MHD_HTTP_CONTENT_TOO_LARGE);
    else if (rc != Z_STREAM_END)
        count_refusal(request, MHD_HTTP_BAD_REQUEST);
    else
        take_part(request, buf_view(&out));
}

static enum MHD_Result hand_over(struct http_request *request)
{
    struct http_server *server = request->server;
    uint64_t one = 1;

    if (sv_eq_nocase(http_request_header(request, "Content-Encoding"), SV("gzip")) &&
        request->refused == 0)
        unzip(request);
    if (request->refused != 0)
        return refuse(request);
    find_client(request);
    (void)pthread_mutex_lock(&server->lock);
    bool closing = server->closing;
    if (!closing) {
        request->complete = true;
        server->unsent++;
        MHD_suspend_connection(request->connection);
        *server->last = request;
        server->last = &request->next;
        server->counts.requests++;
    }
    (void)pthread_mutex_unlock(&server->lock);
    if (closing) {
        request->refused = MHD_HTTP_SERVICE_UNAVAILABLE;
        return refuse(request);
    }
    (void)!write(server->ready_fd, &one, sizeof(one));
    return MHD_YES;
}

static struct http_request *begin(struct http_server *server, struct MHD_Connection *connection,
                                  const char *path, const char *method)
{
    struct http_request *request = xcalloc(1, sizeof(*request));
    uint64_t length = 0;

    *request = (struct http_request){
        .server = server,
        .connection = connection,
        .method = xstrdup_sv(sv(method)),
        .path = xstrdup_sv(sv(path)),
        .start_ns = clock_mono_ns(),
    };
    buf_init(&request->body, server->options.body_max);
    if (sv_to_u64(http_request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH), &length) &&
        length > server->options.body_max)
        count_refusal(request, MHD_HTTP_CONTENT_TOO_LARGE);
    return request;
}

static enum MHD_Result on_access(void *ctx, struct MHD_Connection *connection, const char *path,
                                 const char *method, const char *version, const char *data,
                                 size_t *data_size, void **state)
{
    struct http_server *server = ctx;
    struct http_request *request = *state;

    if (request == NULL) {
        *state = request = begin(server, connection, path, method);
        return request->refused != 0 ? refuse(request) : MHD_YES;
    }
    if (request->complete) /* awake again */
        return request->response == NULL
                   ? MHD_NO
                   : MHD_queue_response(connection, request->status, request->response);
    if (*data_size == 0)
        return hand_over(request);
    if (clock_mono_ns() - request->start_ns > HTTP_REQUEST_S * CLOCK_NS) {
        (void)pthread_mutex_lock(&server->lock);
        server->counts.too_slow++;
        (void)pthread_mutex_unlock(&server->lock);
        return MHD_NO;
    }
    take_part(request, (struct sv){data, *data_size});
    *data_size = 0;
    return MHD_YES;
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    struct http_request *request = *state;

    if (request == NULL)
        return;
    if (request->complete) {
        (void)pthread_mutex_lock(&request->server->lock);
        request->server->unsent--;
        (void)pthread_cond_signal(&request->server->sent);
        (void)pthread_mutex_unlock(&request->server->lock);
    }
    release(request->server, request->body.len);
    buf_done(&request->body);
    if (request->response != NULL)
        MHD_destroy_response(request->response);
    free(request->method);
    free(request->path);
    free(request);
    *state = NULL;
}

/* --- the owner ------------------------------------------------------------------------------- */

static struct MHD_Daemon *start(struct http_server *server)
{
    const struct http_options *options = &server->options;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem more[8];
    size_t count = 0;

    if (options->certificate != NULL) {
        flags |= MHD_USE_TLS;
        more[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0,
                                                (void *)(uintptr_t)options->certificate};
        more[count++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)options->key};
    }
    if (options->client_ca != NULL)
        more[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0,
                                                (void *)(uintptr_t)options->client_ca};
    more[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    return MHD_start_daemon(flags, 0, NULL, NULL, on_access, server, MHD_OPTION_LISTEN_SOCKET,
                            options->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
                            (unsigned)HTTP_IDLE_S, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
                            MHD_OPTION_ARRAY, more, MHD_OPTION_END);
}

int http_server_open(const struct http_options *options, struct http_server **out, struct err *err)
{
    struct http_server *server = xcalloc(1, sizeof(*server));

    server->options = *options;
    server->last = &server->first;
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_cond_init(&server->sent, NULL);
    server->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->daemon = server->ready_fd < 0 ? NULL : start(server);
    if (server->daemon == NULL) {
        (void)close(options->listen_fd);
        if (server->ready_fd >= 0)
            (void)close(server->ready_fd);
        (void)pthread_cond_destroy(&server->sent);
        (void)pthread_mutex_destroy(&server->lock);
        free(server);
        return err_set(err, -EINVAL, "the HTTP listener cannot start%s",
                       options->certificate == NULL ? "" : ": are certificate and key a pair?");
    }
    *out = server;
    return 0;
}

/* Stopping the library cuts off what it has not sent; whoever does not read is not waited for. */
static void wait_for_sending(struct http_server *server)
{
    struct timespec until;
    int rc = 0;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CLOSE_WAIT_S;
    (void)pthread_mutex_lock(&server->lock);
    while (server->unsent > 0 && rc == 0)
        rc = pthread_cond_timedwait(&server->sent, &server->lock, &until);
    (void)pthread_mutex_unlock(&server->lock);
}

void http_server_close(struct http_server *server)
{
    struct http_request *request;

    if (server == NULL)
        return;
    (void)pthread_mutex_lock(&server->lock);
    server->closing = true;
    (void)pthread_mutex_unlock(&server->lock);
    while ((request = http_server_next(server)) != NULL)
        http_request_answer(request, &(struct http_answer){
                                         .status = MHD_HTTP_SERVICE_UNAVAILABLE,
                                         .retry_after_s = RETRY_S,
                                         .body = SV("shutting down\n"),
                                     });
    wait_for_sending(server);
    MHD_stop_daemon(server->daemon); /* closes the listening socket */
    (void)close(server->ready_fd);
    (void)pthread_cond_destroy(&server->sent);
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
}

int http_server_fd(const struct http_server *server)
{
    return server->ready_fd;
}

struct http_request *http_server_next(struct http_server *server)
{
    uint64_t ready;

    (void)pthread_mutex_lock(&server->lock);
    struct http_request *request = server->first;
    if (request != NULL) {
        server->first = request->next;
        if (server->first == NULL)
            server->last = &server->first;
    } else {
        (void)!read(server->ready_fd, &ready, sizeof(ready));
    }
    (void)pthread_mutex_unlock(&server->lock);
    return request;
}

void http_server_counts(struct http_server *server, struct http_counts *out)
{
    (void)pthread_mutex_lock(&server->lock);
    *out = server->counts;
    (void)pthread_mutex_unlock(&server->lock);
}

struct sv http_request_method(const struct http_request *request)
{
    return sv(request->method);
}

struct sv http_request_path(const struct http_request *request)
{
    return sv(request->path);
}

struct sv http_request_body(const struct http_request *request)
{
    return buf_view(&request->body);
}

struct sv http_request_header(const struct http_request *request, const char *name)
{
    return sv(MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name));
}

struct sv http_request_client(const struct http_request *request)
{
    return sv(request->client);
}

void http_request_answer(struct http_request *request, const struct http_answer *answer)
{
    request->response = response_of(answer);
    request->status = answer->status;
    MHD_resume_connection(request->connection);
}

/* --- listening ------------------------------------------------------------------------------- */

static int listen_on(const struct addrinfo *info, int *out)
{
    int yes = 1;
    scoped(fd_close) int fd =
        socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0)
        return -errno;
    *out = fd;
    fd = -1;
    return 0;
}

int http_listen(const char *address, int *out, struct err *err)
{
    struct sv text = sv(address);
    size_t colon = sv_rfind_char(text, ':');
    struct sv host = sv_sub(text, 0, colon == SIZE_MAX ? 0 : colon);
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *info = NULL;
    uint64_t port;

    if (colon == SIZE_MAX || !sv_to_u64(sv_sub(text, colon + 1, text.len), &port) ||
        port > UINT16_MAX)
        return err_set(err, -EINVAL, "listen on '%s': expected ADDRESS:PORT", address);
    if (host.len > 1 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = sv_sub(host, 1, host.len - 2);
    scoped(free) char *name = xstrdup_sv(host);
    if (getaddrinfo(host.len == 0 ? NULL : name, address + colon + 1, &hints, &info) != 0)
        return err_set(err, -EINVAL, "listen on '%s': '%s' is no numeric address", address, name);
    int rc = listen_on(info, out);
    freeaddrinfo(info);
    return rc < 0 ? err_set(err, rc, "listen on '%s': %s", address, strerror(-rc)) : 0;
}
