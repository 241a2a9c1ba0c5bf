#include "app/unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

enum { LISTEN_BACKLOG = 64 };

static int address_of(const char *path, struct sockaddr_un *out, struct err *err)
{
    struct sv text = sv(path);

    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (text.len == 0 || text.len >= sizeof(out->sun_path))
        return err_set(err, -EINVAL, "socket '%s': must have from 1 to %zu bytes", path,
                       sizeof(out->sun_path) - 1);
    memcpy(out->sun_path, text.ptr, text.len);
    return 0;
}

/* A socket that nobody listens on is what an earlier process left: it is replaced. Anything else at
 * the path (a slip in the settings) is not ours to remove. */
static int remove_stale(const char *path, const struct sockaddr_un *address, const char *who,
                        struct err *err)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return errno == ENOENT ? 0 : err_set(err, -errno, "socket '%s': %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, -EEXIST, "socket '%s': something else is there", path);
    scoped(fd_close) int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* EAGAIN: it listens, and its queue is full. */
    if (probe >= 0 && (connect(probe, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
                       errno == EAGAIN))
        return err_set(err, -EBUSY, "another %s listens on '%s'", who, path);
    if (errno == ECONNREFUSED && unlink(path) != 0)
        return err_set(err, -errno, "remove '%s': %s", path, strerror(errno));
    return 0;
}

static int make_directory(const char *path, struct err *err)
{
    scoped(arena_free) struct arena *arena = arena_new(512);
    size_t slash = sv_rfind_char(sv(path), '/');
    struct sv dir = slash == SIZE_MAX ? SV(".") : arena_sv(arena, sv_sub(sv(path), 0, slash));

    return file_make_dirs(dir.ptr, 0755, err);
}

int unix_socket_listen(const char *path, const char *who, int *out, struct err *err)
{
    struct sockaddr_un address;

    int rc = address_of(path, &address, err);
    if (rc == 0)
        rc = make_directory(path, err);
    if (rc == 0)
        rc = remove_stale(path, &address, who, err);
    if (rc < 0)
        return rc;
    scoped(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t mask = umask(0177);
    rc = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&address, sizeof(address));
    (void)umask(mask);
    if (rc != 0 || listen(fd, LISTEN_BACKLOG) != 0)
        return err_set(err, -errno, "listen on '%s': %s", path, strerror(errno));
    *out = fd;
    fd = -1;
    return 0;
}

int unix_socket_connect(const char *path, int *out, struct err *err)
{
    struct sockaddr_un address;

    int rc = address_of(path, &address, err);
    if (rc < 0)
        return rc;
    scoped(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        return err_set(err, -errno, "connect to '%s': %s", path, strerror(errno));
    *out = fd;
    fd = -1;
    return 0;
}
