#include "app/ask.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/unix_socket.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"

#define READ_CHUNK ((size_t)1 << 16)

static int read_some(int fd, struct buf *answer, struct err *err)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    char *room = buf_room(answer, READ_CHUNK);

    if (room == NULL)
        return err_set(err, -E2BIG, "the answer is too large");
    int ready = poll(&wait, 1, ASK_SECONDS * 1000);
    if (ready == 0)
        return err_set(err, -ETIMEDOUT, "no answer within %d seconds", ASK_SECONDS);
    ssize_t got = ready < 0 ? -1 : recv(fd, room, READ_CHUNK, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return 1;
    if (got < 0)
        return err_set(err, -errno, "read the answer: %s", strerror(errno));
    answer->len += (size_t)got;
    return got > 0;
}

int ask(const char *path, struct sv request, struct buf *answer, struct err *err)
{
    scoped(fd_close) int fd = -1;
    scoped(buf_done) struct buf line = {0};
    size_t before = answer->len;

    buf_sv(&line, request);
    buf_char(&line, '\n');
    int rc = unix_socket_connect(path, &fd, err);
    if (rc == 0 && send(fd, line.ptr, line.len, MSG_NOSIGNAL) != (ssize_t)line.len)
        rc = err_set(err, -EPIPE, "send to '%s': %s", path, strerror(errno));
    if (rc < 0)
        return rc;
    do
        rc = read_some(fd, answer, err);
    while (rc > 0);
    if (rc == 0 && answer->len == before)
        rc = err_set(err, -EPIPE, "'%s' hung up without an answer", path);
    return rc;
}
