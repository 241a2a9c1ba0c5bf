#include "web/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/unit/test.h"

enum { BODY_MAX = 10000, WAITING_MAX = 25000, WAIT_MS = 5000 };

struct place {
    struct http_server *server;
    struct sockaddr_in address;
};

static struct place place_open(void)
{
    struct place place = {0};
    socklen_t len = sizeof(place.address);
    int fd = -1;

    assert_int_equal(http_listen("127.0.0.1:0", &fd, NULL), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&place.address, &len), 0);
    assert_int_equal(http_server_open(&(struct http_options){.listen_fd = fd,
                                                             .body_max = BODY_MAX,
                                                             .waiting_max = WAITING_MAX},
                                      &place.server, NULL),
                     0);
    return place;
}

static int connect_to(const struct place *place)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)&place->address, sizeof(place->address)),
                     0);
    return fd;
}

/* A request, sent whole; what came back is read later with answer_of(). */
static int post(const struct place *place, const char *path, const char *headers, struct sv body)
{
    scoped(buf_done) struct buf text = {0};
    int fd = connect_to(place);

    buf_printf(&text, "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s", path, headers);
    buf_printf(&text, "Content-Length: %zu\r\n\r\n", body.len);
    buf_sv(&text, body);
    int rc = file_write_all(fd, buf_view(&text), NULL);
    assert_true(rc == 0 || rc == -ECONNRESET || rc == -EPIPE); /* refused before all was read */
    return fd;
}

static void answer_of(int fd, struct buf *out)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    ssize_t got = 1;

    while (got > 0 && poll(&ready, 1, WAIT_MS) == 1) {
        char *room = buf_room(out, 4096);
        got = recv(fd, room, 4096, 0);
        out->len += got > 0 ? (size_t)got : 0;
    }
    (void)close(fd);
}

static struct http_request *take_one(struct place *place)
{
    struct pollfd ready = {.fd = http_server_fd(place->server), .events = POLLIN};
    struct http_request *request = http_server_next(place->server);

    while (request == NULL && poll(&ready, 1, WAIT_MS) == 1)
        request = http_server_next(place->server);
    assert_non_null(request);
    return request;
}

static void say(struct http_request *request, unsigned status, const char *text)
{
    http_request_answer(request, &(struct http_answer){
                                     .status = status, .content_type = "text/x", .body = sv(text)});
}

static void zip(struct sv text, struct buf *out)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)text.ptr, .avail_in = (uInt)text.len};
    uLong bound = compressBound(text.len) + 100;

    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_out = (Bytef *)buf_room(out, bound);
    stream.avail_out = (uInt)bound;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out->len += bound - stream.avail_out;
    (void)deflateEnd(&stream);
}

static void a_request_is_answered_by_its_owner(void **state)
{
    struct place place = place_open();
    scoped(buf_done) struct buf answer = {0};
    int fd = post(&place, "/a/b?c=d", "X-Token: secret\r\n", SV("hello"));
    struct http_request *request = take_one(&place);

    CHECK_SV(http_request_method(request), SV("POST"));
    CHECK_SV(http_request_path(request), SV("/a/b"));
    CHECK_SV(http_request_body(request), SV("hello"));
    CHECK_SV(http_request_header(request, "x-token"), SV("secret"));
    CHECK_SV(http_request_header(request, "absent"), SV(""));
    CHECK_SV(http_request_client(request), SV(""));
    CHECK(http_server_next(place.server) == NULL);
    say(request, 202, "taken");
    answer_of(fd, &answer);
    CHECK_HAS(buf_cstr(&answer), "HTTP/1.1 202 ");
    CHECK_HAS(buf_cstr(&answer), "Content-Type: text/x");
    CHECK_HAS(buf_cstr(&answer), "\r\n\r\ntaken");
    http_server_close(place.server);
}

static void bodies_come_out_of_gzip(void **state)
{
    static char many[BODY_MAX * 3];
    struct place place = place_open();
    scoped(buf_done) struct buf zipped = {0};
    scoped(buf_done) struct buf bomb = {0};
    scoped(buf_done) struct buf answer = {0};
    const char *gzip = "Content-Encoding: gzip\r\n";

    zip(SV("{\"a\":1}"), &zipped);
    zip((struct sv){many, sizeof(many)}, &bomb);
    test_row("one member");
    int fd = post(&place, "/", gzip, buf_view(&zipped));
    struct http_request *request = take_one(&place);
    CHECK_SV(http_request_body(request), SV("{\"a\":1}"));
    say(request, 200, "");
    answer_of(fd, &answer);
    test_row("larger than may be");
    buf_reset(&answer);
    answer_of(post(&place, "/", gzip, buf_view(&bomb)), &answer);
    CHECK_HAS(buf_cstr(&answer), "HTTP/1.1 413 ");
    test_row("no gzip");
    buf_reset(&answer);
    answer_of(post(&place, "/", gzip, SV("plain")), &answer);
    CHECK_HAS(buf_cstr(&answer), "HTTP/1.1 400 ");
    test_row("cut");
    buf_reset(&answer);
    answer_of(post(&place, "/", gzip, sv_sub(buf_view(&zipped), 0, zipped.len - 9)), &answer);
    CHECK_HAS(buf_cstr(&answer), "HTTP/1.1 400 ");
    http_server_close(place.server);
}

static void limits_are_kept_and_counted(void **state)
{
    static char large[BODY_MAX + 1];
    struct place place = place_open();
    scoped(buf_done) struct buf answer = {0};
    struct http_counts counts;
    int fd[3];

    test_row("one body");
    answer_of(post(&place, "/", "", (struct sv){large, sizeof(large)}), &answer);
    CHECK_HAS(buf_cstr(&answer), "HTTP/1.1 413 ");

    test_row("all bodies");
    fd[0] = post(&place, "/", "", (struct sv){large, BODY_MAX});
    struct http_request *first = take_one(&place);
    fd[1] = post(&place, "/", "", (struct sv){large, BODY_MAX});
    struct http_request *second = take_one(&place);
    buf_reset(&answer);
    answer_of(post(&place, "/", "", (struct sv){large, BODY_MAX}), &answer);
    CHECK_HAS(buf_cstr(&answer), "HTTP/1.1 429 ");
    CHECK_HAS(buf_cstr(&answer), "Retry-After: 1");
    say(first, 200, "");
    say(second, 200, "");
    for (int i = 0; i < 2; i++) {
        buf_reset(&answer);
        answer_of(fd[i], &answer);
        CHECK_HAS(buf_cstr(&answer), "HTTP/1.1 200 ");
    }
    test_row("room again");
    fd[2] = post(&place, "/", "", (struct sv){large, BODY_MAX});
    say(take_one(&place), 200, "");
    buf_reset(&answer);
    answer_of(fd[2], &answer);
    CHECK_HAS(buf_cstr(&answer), "HTTP/1.1 200 ");
    http_server_counts(place.server, &counts);
    CHECK_INT(counts.requests, 3);
    CHECK_INT(counts.too_large, 1);
    CHECK_INT(counts.too_many, 1);
    http_server_close(place.server);
}

/* A connection is used again, and a body may come in chunks. */
static void two_requests_on_one_connection(void **state)
{
    struct place place = place_open();
    scoped(buf_done) struct buf answer = {0};
    int fd = connect_to(&place);

    CHECK_INT(file_write_all(fd,
                             SV("POST /1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
                             NULL),
              0);
    struct http_request *request = take_one(&place);
    CHECK_SV(http_request_body(request), SV("abcde"));
    say(request, 200, "one");
    CHECK_INT(
        file_write_all(fd, SV("GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), NULL), 0);
    request = take_one(&place);
    CHECK_SV(http_request_method(request), SV("GET"));
    CHECK_SV(http_request_path(request), SV("/2"));
    say(request, 200, "two");
    answer_of(fd, &answer);
    CHECK_HAS(buf_cstr(&answer), "one");
    CHECK_HAS(buf_cstr(&answer), "two");
    http_server_close(place.server);
}

static void closing_answers_who_waits(void **state)
{
    struct place place = place_open();
    scoped(buf_done) struct buf answer = {0};
    int half = connect_to(&place);
    int fd = post(&place, "/", "", SV("x"));
    struct pollfd ready = {.fd = http_server_fd(place.server), .events = POLLIN};

    CHECK_INT(file_write_all(half, SV("POST / HTTP/1.1\r\nContent-Le"), NULL), 0);
    CHECK_INT(poll(&ready, 1, WAIT_MS), 1);
    http_server_close(place.server);
    answer_of(fd, &answer);
    CHECK_HAS(buf_cstr(&answer), "HTTP/1.1 503 ");
    buf_reset(&answer);
    answer_of(half, &answer);
    http_server_close(NULL);
}

static void a_client_that_goes_is_no_trouble(void **state)
{
    struct place place = place_open();

    for (int i = 0; i < 20; i++) {
        int fd = post(&place, "/", "", SV("x"));
        struct http_request *request = take_one(&place);
        (void)close(fd);
        say(request, 200, "nobody reads this");
    }
    http_server_close(place.server);
}

static void addresses(void **state)
{
    static const struct {
        const char *address;
        int rc;
    } rows[] = {
        {"127.0.0.1:0", 0},          {"[::1]:0", 0},          {":0", 0},
        {"127.0.0.1", -EINVAL},      {"127.0.0.1:", -EINVAL}, {"127.0.0.1:70000", -EINVAL},
        {"127.0.0.1:http", -EINVAL}, {"host:80", -EINVAL},    {"", -EINVAL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        int fd = -1;

        test_row(rows[i].address);
        CHECK_INT(http_listen(rows[i].address, &fd, &err), rows[i].rc);
        if (rows[i].rc == 0)
            (void)close(fd);
        else
            CHECK_HAS(err.text, "listen on");
    }
}

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_answered_by_its_owner),
        cmocka_unit_test(bodies_come_out_of_gzip),
        cmocka_unit_test(limits_are_kept_and_counted),
        cmocka_unit_test(two_requests_on_one_connection),
        cmocka_unit_test(closing_answers_who_waits),
        cmocka_unit_test(a_client_that_goes_is_no_trouble),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
