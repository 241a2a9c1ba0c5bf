#include "../test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/frame.h"
#include "app/hub.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "store/store.h"

#define FINDING(last)                                                                              \
    "{\"uuid\":\"00000000-0000-8000-8000-00000000000" last                                         \
    "\",\"rule\":\"R\",\"source\":\"syscall\",\"priority\":\"Notice\","                            \
    "\"output_fields\":{\"evt.time.iso8601\":1}}"

struct fixture {
    char dir[32], path[64], socket[64];
    struct log log;
    struct store *store;
    struct hub *hub;
    int stop[2], out[2], fd;
};

static void connect_sensor(struct fixture *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memcpy(address.sun_path, f->socket, strlen(f->socket));
    f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(connect(f->fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    (void)snprintf(f->dir, sizeof(f->dir), "hub-test-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->path, sizeof(f->path), "%s/db", f->dir);
    (void)snprintf(f->socket, sizeof(f->socket), "%s/sock", f->dir);
    f->log = log_make(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_ERROR, "test");
    assert_int_equal(store_open(f->path, &f->store, NULL), 0);
    assert_int_equal(pipe2(f->stop, O_CLOEXEC), 0);
    assert_int_equal(pipe2(f->out, O_CLOEXEC | O_NONBLOCK), 0);
    memcpy(address.sun_path, f->socket, strlen(f->socket));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(hub_new(
                         &(struct hub_options){
                             .listen_fd = fd,
                             .stop_fd = f->stop[0],
                             .out_fd = f->out[1],
                             .json = true,
                             .store = f->store,
                             .log = &f->log,
                         },
                         &f->hub, NULL),
                     0);
    connect_sensor(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct file_list list = {0};

    hub_free(f->hub);
    store_close(f->store);
    assert_int_equal(file_list(f->dir, NULL, arena, &list, NULL), 0);
    for (size_t i = 0; i < list.count; i++)
        (void)unlink(list.path[i].ptr);
    (void)rmdir(f->dir);
    (void)close(f->fd);
    for (int i = 0; i < 2; i++) {
        (void)close(f->stop[i]);
        (void)close(f->out[i]);
    }
    (void)close(f->log.fd);
    free(f);
    return 0;
}

/* Send it all, giving the hub its turns. */
static void give(struct fixture *f, struct sv bytes)
{
    while (bytes.len > 0) {
        ssize_t put = send(f->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (put > 0)
            bytes = sv_sub(bytes, (size_t)put, bytes.len);
        CHECK_INT(hub_turn(f->hub, 0, NULL), 0);
    }
    for (int i = 0; i < 5; i++)
        CHECK_INT(hub_turn(f->hub, 0, NULL), 0);
}

static void give_finding(struct fixture *f, uint64_t sequence, struct sv json)
{
    scoped(buf_done) struct buf frame = {0};

    frame_put(&frame, FRAME_FINDING, sequence, json);
    give(f, buf_view(&frame));
}

/* The last number acknowledged, 0: none. */
static uint64_t acked(struct fixture *f)
{
    scoped(buf_done) struct buf in = {0};
    struct frame frame;
    uint64_t last = 0;
    size_t used = 0;
    ssize_t got = recv(f->fd, buf_room(&in, 4096), 4096, 0);

    in.len = got > 0 ? (size_t)got : 0;
    for (size_t at = 0; frame_get(&in, at, &frame, &used) == 0; at += used) {
        CHECK_INT(frame.type, FRAME_ACK);
        last = frame.sequence;
    }
    return last;
}

static uint64_t stored(struct fixture *f)
{
    uint64_t count = 0;

    CHECK_INT(store_count(f->store, &count, NULL), 0);
    return count;
}

static struct sv shown(struct fixture *f, char *text, size_t size)
{
    ssize_t got = read(f->out[0], text, size);

    return (struct sv){text, got > 0 ? (size_t)got : 0};
}

static void test_stored_shown_acknowledged(void **state)
{
    struct fixture *f = *state;
    char text[4096];

    give_finding(f, 7, SV(FINDING("1")));
    CHECK_INT(acked(f), 7);
    CHECK_INT(stored(f), 1);
    CHECK_SV(shown(f, text, sizeof(text)), SV(FINDING("1") "\n"));

    test_row("again, as after a lost acknowledgement");
    give_finding(f, 7, SV(FINDING("1")));
    CHECK_INT(acked(f), 7);
    CHECK_INT(stored(f), 1);
    CHECK_INT(shown(f, text, sizeof(text)).len, 0);
    CHECK_INT(hub_counts(f->hub)->duplicates, 1);
}

/* What is no finding is acknowledged too: sent again it would be none either. */
static void test_hostile_payloads(void **state)
{
    static const struct {
        const char *row;
        struct sv json;
    } rows[] = {
        {"empty", SV("")},
        {"no JSON", SV("{\"uuid\":")},
        {"bytes", SV("\xff\xfe\0\1")},
        {"no object", SV("[]")},
        {"no id", SV("{\"rule\":\"R\"}")},
        {"a time before all times", SV("{\"uuid\":\"00000000-0000-8000-8000-000000000001\","
                                       "\"rule\":\"R\",\"source\":\"syscall\","
                                       "\"priority\":\"Notice\","
                                       "\"output_fields\":{\"evt.time.iso8601\":-1}}")},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        give_finding(f, i + 1, rows[i].json);
        CHECK_INT(acked(f), i + 1);
        CHECK_INT(hub_counts(f->hub)->refused, i + 1);
        CHECK_INT(stored(f), 0);
    }
}

/* In two parts, so that only its last bytes lack. */
static void test_largest_frame(void **state)
{
    struct fixture *f = *state;
    scoped(free) char *bytes = calloc(1, FRAME_PAYLOAD_MAX);
    scoped(buf_done) struct buf frame = {.limit = 2 * FRAME_MAX};

    frame_put(&frame, FRAME_FINDING, 3, (struct sv){bytes, FRAME_PAYLOAD_MAX});
    CHECK_INT(frame.len, FRAME_MAX);
    give(f, sv_sub(buf_view(&frame), 0, FRAME_MAX - 1));
    CHECK_INT(acked(f), 0);
    give(f, sv_sub(buf_view(&frame), FRAME_MAX - 1, 1));
    CHECK_INT(acked(f), 3);
    give_finding(f, 4, SV(FINDING("2")));
    CHECK_INT(acked(f), 4);
    CHECK_INT(stored(f), 1);
}

/* What came whole before is kept, the connection goes, the next one is served. */
static void test_not_our_protocol(void **state)
{
    struct fixture *f = *state;
    scoped(buf_done) struct buf bytes = {0};
    char c = 0;

    frame_put(&bytes, FRAME_FINDING, 1, SV(FINDING("3")));
    buf_str(&bytes, "GET / HTTP/1.1\r\n\r\n");
    give(f, buf_view(&bytes));
    CHECK_INT(stored(f), 1);
    CHECK_INT(recv(f->fd, &c, 1, 0), 0);
    (void)close(f->fd);
    connect_sensor(f);
    give_finding(f, 1, SV(FINDING("3")));
    CHECK_INT(acked(f), 1);
    CHECK_INT(stored(f), 1);
}

static void test_nobody_reads(void **state)
{
    struct fixture *f = *state;
    scoped(buf_done) struct buf frame = {0};
    int rc = 0;

    (void)signal(SIGPIPE, SIG_IGN);
    (void)close(f->out[0]);
    f->out[0] = -1;
    frame_put(&frame, FRAME_FINDING, 1, SV(FINDING("4")));
    CHECK_INT(send(f->fd, frame.ptr, frame.len, 0), frame.len);
    for (int i = 0; i < 5 && rc == 0; i++)
        rc = hub_turn(f->hub, 0, NULL);
    CHECK_INT(rc, HUB_NO_READER);
    CHECK_INT(acked(f), 1);
    CHECK_INT(stored(f), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stored_shown_acknowledged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_payloads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_largest_frame, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_our_protocol, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nobody_reads, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
