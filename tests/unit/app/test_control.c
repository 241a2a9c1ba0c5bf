/* The control socket and who asks it, over a real socket: the role answers on a thread. */
#include "../test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/ask.h"
#include "app/control.h"
#include "app/unix_socket.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"

struct role {
    char dir[64], path[80];
    struct control *control;
    pthread_t thread;
    atomic_bool stop;
};

static void answer(void *ctx, struct sv request, struct buf *out)
{
    (void)ctx;
    if (sv_eq(request, SV("large"))) {
        for (int i = 0; i < 400000; i++)
            buf_str(out, "0123456789");
        return;
    }
    buf_printf(out, "{\"asked\":\"%.*s\"}", SV_ARG(request));
}

static void *serve(void *ctx)
{
    struct role *role = ctx;

    while (!atomic_load(&role->stop)) {
        struct pollfd wait = {.fd = control_fd(role->control), .events = POLLIN};
        (void)poll(&wait, 1, 20);
        control_turn(role->control);
    }
    return NULL;
}

static int setup(void **state)
{
    struct role *role = calloc(1, sizeof(*role));
    struct err err = {0};

    (void)snprintf(role->dir, sizeof(role->dir), "/tmp/tiercel-control-XXXXXX");
    assert_non_null(mkdtemp(role->dir));
    (void)snprintf(role->path, sizeof(role->path), "%s/c.sock", role->dir);
    assert_int_equal(control_open(role->path, "role", answer, role, &role->control, &err), 0);
    assert_int_equal(pthread_create(&role->thread, NULL, serve, role), 0);
    *state = role;
    return 0;
}

static int teardown(void **state)
{
    struct role *role = *state;
    struct stat st;

    atomic_store(&role->stop, true);
    (void)pthread_join(role->thread, NULL);
    control_close(role->control);
    assert_int_equal(stat(role->path, &st), -1); /* its path goes with it */
    assert_int_equal(rmdir(role->dir), 0);
    free(role);
    return 0;
}

static void answers(void **state)
{
    const struct role *role = *state;
    scoped(buf_done) struct buf out = {0};
    struct err err = {0};
    struct stat st;

    CHECK_INT(stat(role->path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_INT(ask(role->path, SV("stats rules"), &out, &err), 0);
    CHECK_SV(buf_view(&out), SV("{\"asked\":\"stats rules\"}\n"));
    buf_reset(&out);
    CHECK_INT(ask(role->path, SV(""), &out, &err), 0);
    CHECK_SV(buf_view(&out), SV("{\"asked\":\"\"}\n"));
    buf_reset(&out);
    CHECK_INT(ask(role->path, SV("large"), &out, &err), 0);
    CHECK_INT(out.len, 4000001);
}

static int connected(const struct role *role)
{
    int fd = -1;

    assert_int_equal(unix_socket_connect(role->path, &fd, NULL), 0);
    return fd;
}

/* 0 when the peer hung up within a second, without a byte. */
static ssize_t hung_up(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    char byte;

    return poll(&wait, 1, 2000) == 1 ? recv(fd, &byte, 1, 0) : -2;
}

static void drops_what_is_no_request(void **state)
{
    const struct role *role = *state;
    char line[CONTROL_REQUEST_MAX + 1];
    scoped(buf_done) struct buf out = {0};
    struct err err = {0};

    memset(line, 'x', sizeof(line));
    scoped(fd_close) int fd = connected(role);
    CHECK_INT(send(fd, line, CONTROL_REQUEST_MAX, MSG_NOSIGNAL), CONTROL_REQUEST_MAX);
    CHECK(hung_up(fd) <= 0);
    /* Ends before the newline. */
    scoped(fd_close) int half = connected(role);
    CHECK_INT(send(half, "sta", 3, MSG_NOSIGNAL), 3);
    CHECK_INT(shutdown(half, SHUT_WR), 0);
    CHECK_INT(hung_up(half), 0);
    CHECK_INT(ask(role->path, SV("after"), &out, &err), 0);
}

/* Those who connect and say nothing take the places for CONTROL_SECONDS, and no longer. */
static void has_few_places(void **state)
{
    const struct role *role = *state;
    int fd[CONTROL_CLIENTS_MAX];
    scoped(buf_done) struct buf out = {0};
    struct err err = {0};

    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        fd[i] = connected(role);
    CHECK(ask(role->path, SV("x"), &out, &err) < 0);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        (void)close(fd[i]);
    for (int tries = 0; tries < 100 && ask(role->path, SV("x"), &out, &err) < 0; tries++)
        (void)usleep(10000);
    CHECK_SV(buf_view(&out), SV("{\"asked\":\"x\"}\n"));
}

static void asking_nobody_fails(void **state)
{
    static const struct {
        const char *row, *path;
        int rc;
        const char *words;
    } rows[] = {
        {"nothing there", "/tmp/tiercel-no-such.sock", -ENOENT, "/tmp/tiercel-no-such.sock"},
        {"empty", "", -EINVAL, "from 1 to 107 bytes"},
        {"no socket", "/etc/passwd", -ECONNREFUSED, "/etc/passwd"},
    };
    const struct role *role = *state;
    struct control *second = NULL;
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf out = {0};
        test_row(rows[i].row);
        CHECK_INT(ask(rows[i].path, SV("x"), &out, &err), rows[i].rc);
        CHECK_HAS(err.text, rows[i].words);
    }
    CHECK_INT(control_open(role->path, "role", answer, NULL, &second, &err), -EBUSY);
    CHECK_HAS(err.text, "another role listens");
    CHECK_INT(control_fd(NULL), -1);
    control_turn(NULL);
}

/* What an earlier process left is replaced; what is no socket is not. */
static void replaces_only_sockets(void **state)
{
    const struct role *role = *state;
    char stale[96], file[96];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct control *control = NULL;
    struct err err = {0};

    (void)snprintf(stale, sizeof(stale), "%s/stale", role->dir);
    (void)snprintf(file, sizeof(file), "%s/file", role->dir);
    memcpy(address.sun_path, stale, strlen(stale));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    CHECK_INT(close(fd), 0);
    CHECK_INT(control_open(stale, "role", answer, NULL, &control, &err), 0);
    control_close(control);
    fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    CHECK_INT(close(fd), 0);
    CHECK_INT(control_open(file, "role", answer, NULL, &control, &err), -EEXIST);
    CHECK_INT(unlink(file), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers, setup, teardown),
        cmocka_unit_test_setup_teardown(drops_what_is_no_request, setup, teardown),
        cmocka_unit_test_setup_teardown(has_few_places, setup, teardown),
        cmocka_unit_test_setup_teardown(asking_nobody_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(replaces_only_sockets, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
