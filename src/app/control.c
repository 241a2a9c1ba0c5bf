#include "app/control.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/unix_socket.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"

struct client {
    int fd; /* -1: a free place */
    char request[CONTROL_REQUEST_MAX];
    size_t len;
    struct buf answer;
    size_t sent;
    bool answered;
    uint64_t until_ns;
};

struct control {
    char *path;
    control_fn answer;
    void *ctx;
    int listen_fd, epoll_fd;
    struct client client[CONTROL_CLIENTS_MAX];
};

static int watch(const struct control *control, int fd, uint32_t events, int op)
{
    struct epoll_event event = {.events = events};

    return epoll_ctl(control->epoll_fd, op, fd, &event);
}

int control_open(const char *path, const char *who, control_fn answer, void *ctx,
                 struct control **out, struct err *err)
{
    scoped(control_close) struct control *control = xcalloc(1, sizeof(*control));

    control->answer = answer;
    control->ctx = ctx;
    control->listen_fd = -1;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        control->client[i].fd = -1;
    control->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (control->epoll_fd < 0)
        return err_set(err, -errno, "epoll: %s", strerror(errno));
    int rc = unix_socket_listen(path, who, &control->listen_fd, err);
    if (rc < 0)
        return rc;
    control->path = xstrdup_sv(sv(path));
    if (watch(control, control->listen_fd, EPOLLIN, EPOLL_CTL_ADD) != 0)
        return err_set(err, -errno, "epoll: %s", strerror(errno));
    *out = take(control);
    return 0;
}

static void client_drop(struct client *client)
{
    (void)close(client->fd);
    client->fd = -1;
    buf_done(&client->answer);
}

void control_close(struct control *control)
{
    if (control == NULL)
        return;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (control->client[i].fd >= 0)
            client_drop(&control->client[i]);
    }
    scoped_fd_close(&control->listen_fd);
    scoped_fd_close(&control->epoll_fd);
    if (control->path != NULL)
        (void)unlink(control->path); /* may be in a directory that is no longer ours to write */
    free(control->path);
    free(control);
}

int control_fd(const struct control *control)
{
    return control == NULL ? -1 : control->epoll_fd;
}

static bool may_ask(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

static bool client_accept(struct control *control)
{
    int fd = accept4(control->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    size_t place = 0;

    if (fd < 0)
        return false;
    while (place < CONTROL_CLIENTS_MAX && control->client[place].fd >= 0)
        place++;
    if (place == CONTROL_CLIENTS_MAX || !may_ask(fd) ||
        watch(control, fd, EPOLLIN, EPOLL_CTL_ADD) != 0) {
        (void)close(fd);
        return true;
    }
    control->client[place] =
        (struct client){.fd = fd, .until_ns = clock_mono_ns() + CONTROL_SECONDS * CLOCK_NS};
    buf_init(&control->client[place].answer, CONTROL_ANSWER_MAX);
    return true;
}

static void client_answer(struct control *control, struct client *client, size_t len)
{
    control->answer(control->ctx, (struct sv){client->request, len}, &client->answer);
    buf_char(&client->answer, '\n');
    client->answered = true;
    if (client->answer.error != 0 || watch(control, client->fd, EPOLLOUT, EPOLL_CTL_MOD) != 0)
        client_drop(client);
}

static void client_read(struct control *control, struct client *client)
{
    ssize_t got =
        recv(client->fd, client->request + client->len, sizeof(client->request) - client->len, 0);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        client_drop(client);
        return;
    }
    client->len += (size_t)got;
    const char *end = memchr(client->request, '\n', client->len);
    if (end != NULL)
        client_answer(control, client, (size_t)(end - client->request));
    else if (client->len == sizeof(client->request))
        client_drop(client);
}

static void client_write(struct client *client)
{
    while (client->sent < client->answer.len) {
        ssize_t put = send(client->fd, client->answer.ptr + client->sent,
                           client->answer.len - client->sent, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EAGAIN)
            return;
        if (put < 0)
            break;
        client->sent += (size_t)put;
    }
    client_drop(client);
}

void control_turn(struct control *control)
{
    if (control == NULL)
        return;
    while (client_accept(control))
        ;
    uint64_t now = clock_mono_ns();
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct client *client = &control->client[i];
        if (client->fd >= 0 && now > client->until_ns)
            client_drop(client);
        if (client->fd >= 0 && !client->answered)
            client_read(control, client);
        if (client->fd >= 0 && client->answered)
            client_write(client);
    }
}
