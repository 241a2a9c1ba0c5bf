#include "../test.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/frame.h"
#include "app/spool.h"
#include "app/uplink.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"

#define STRANGER 65534

struct fixture {
    char dir[32], spool_dir[64], socket[64];
    struct log log;
    struct spool *spool;
    struct uplink *uplink;
    int listen_fd, fd;
    struct buf in;
};

/* A hub of our own that says nothing by itself. `user` is who calls listen(2). */
static void listen_as(struct fixture *f, uid_t user)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uid_t self = geteuid();

    memcpy(address.sun_path, f->socket, strlen(f->socket));
    f->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CHECK_INT(bind(f->listen_fd, (struct sockaddr *)&address, sizeof(address)), 0);
    CHECK_INT(seteuid(user), 0);
    CHECK_INT(listen(f->listen_fd, 1), 0);
    CHECK_INT(seteuid(self), 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    (void)snprintf(f->dir, sizeof(f->dir), "uplink-test-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->spool_dir, sizeof(f->spool_dir), "%s/spool", f->dir);
    (void)snprintf(f->socket, sizeof(f->socket), "%s/hub.sock", f->dir);
    f->log = log_make(STDERR_FILENO, LOG_ERROR, "test");
    f->fd = f->listen_fd = -1;
    assert_int_equal(spool_open(f->spool_dir, 1 << 30, &f->spool, NULL), 0);
    f->uplink = uplink_new(f->socket, "node-1", f->spool, &f->log);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct file_list list = {0};

    uplink_free(f->uplink);
    spool_close(f->spool);
    (void)close(f->listen_fd);
    (void)close(f->fd);
    assert_int_equal(file_list(f->spool_dir, NULL, arena, &list, NULL), 0);
    for (size_t i = 0; i < list.count; i++)
        (void)unlink(list.path[i].ptr);
    (void)rmdir(f->spool_dir);
    (void)unlink(f->socket);
    (void)rmdir(f->dir);
    buf_done(&f->in);
    free(f);
    return 0;
}

static void put(struct fixture *f, uint64_t count)
{
    uint64_t sequence = 0;

    while (count-- > 0)
        CHECK_INT(spool_append(f->spool, SV("{}"), &sequence, NULL), 0);
}

/* Let the uplink connect, past its pause after a failure, and take its hello. */
static void meet(struct fixture *f)
{
    for (int i = 0; i < 100 && uplink_fd(f->uplink) < 0; i++) {
        uplink_turn(f->uplink);
        (void)poll(NULL, 0, 10);
    }
    (void)close(f->fd);
    f->fd = accept4(f->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    CHECK(f->fd >= 0);
    buf_reset(&f->in);
}

/* Read what has come: numbers without a gap after `last`. Returns the last one. */
static uint64_t read_findings(struct fixture *f, uint64_t last)
{
    struct frame frame;
    size_t used = 0;
    ssize_t got = 1;

    while (got > 0) {
        char *room = buf_room(&f->in, 65536);
        got = recv(f->fd, room, 65536, 0);
        f->in.len += got > 0 ? (size_t)got : 0;
    }
    while (frame_get(&f->in, 0, &frame, &used) == 0) {
        if (frame.type == FRAME_HELLO)
            CHECK_SV(frame.payload, SV("node-1"));
        else
            CHECK_INT(frame.sequence, ++last);
        buf_drop(&f->in, used);
    }
    return last;
}

static void ack(struct fixture *f, uint64_t sequence)
{
    scoped(buf_done) struct buf out = {0};

    frame_put(&out, FRAME_ACK, sequence, (struct sv){NULL, 0});
    CHECK_INT(send(f->fd, out.ptr, out.len, MSG_NOSIGNAL), out.len);
}

static void test_window_at_large_numbers(void **state)
{
    enum { FIRST = 0xf4240, COUNT = 2 * UPLINK_IN_FLIGHT_MAX + 1 };
    struct fixture *f = *state;
    uint64_t acked = FIRST - 1;
    uint64_t last = FIRST - 1;
    char path[96];

    spool_close(f->spool);
    (void)snprintf(path, sizeof(path), "%s/%016x.spool", f->spool_dir, FIRST);
    (void)close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    CHECK_INT(spool_open(f->spool_dir, 1 << 30, &f->spool, NULL), 0);
    uplink_free(f->uplink);
    f->uplink = uplink_new(f->socket, "node-1", f->spool, &f->log);
    put(f, COUNT);
    listen_as(f, geteuid());
    meet(f);
    for (int i = 0; i < 10000 && spool_waiting(f->spool) > 0; i++) {
        uplink_turn(f->uplink);
        last = read_findings(f, last);
        CHECK(last - acked <= UPLINK_IN_FLIGHT_MAX);
        if (i % 3 == 0 && last > acked)
            ack(f, acked = last);
    }
    CHECK_INT(spool_waiting(f->spool), 0);
    CHECK_INT(last, FIRST + COUNT - 1);
}

static void test_sent_again(void **state)
{
    struct fixture *f = *state;

    put(f, 10);
    listen_as(f, geteuid());
    meet(f);
    uplink_turn(f->uplink);
    CHECK_INT(read_findings(f, 0), 10);
    ack(f, 4);
    uplink_turn(f->uplink);
    CHECK_INT(spool_waiting(f->spool), 6);
    (void)shutdown(f->fd, SHUT_RDWR);
    uplink_turn(f->uplink);
    CHECK_INT(uplink_fd(f->uplink), -1);
    put(f, 1);
    meet(f);
    uplink_turn(f->uplink);
    CHECK_INT(read_findings(f, 4), 11);
}

static void test_another_users_socket(void **state)
{
    struct fixture *f = *state;

    if (geteuid() != 0)
        skip();
    put(f, 1);
    listen_as(f, STRANGER);
    uplink_turn(f->uplink);
    CHECK_INT(uplink_fd(f->uplink), -1);
    CHECK_INT(spool_waiting(f->spool), 1);
    (void)close(f->listen_fd);
    (void)unlink(f->socket);
    listen_as(f, 0);
    meet(f);
    CHECK(uplink_fd(f->uplink) >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_window_at_large_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sent_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_users_socket, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
