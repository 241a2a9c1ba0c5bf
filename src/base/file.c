#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { READ_CHUNK = 16384 };

/* Returns 1 after some bytes, 0 at the end. */
static int read_some(int fd, const char *path, struct buf *out, struct err *err)
{
    char chunk[READ_CHUNK];
    ssize_t got = 0;

    do
        got = read(fd, chunk, sizeof(chunk));
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return err_set(err, -errno, "read '%s': %s", path, strerror(errno));
    buf_bytes(out, chunk, (size_t)got);
    if (out->error != 0)
        return err_set(err, out->error, "'%s': more than fits in memory here", path);
    return got > 0;
}

static int read_fd(int fd, const char *path, size_t limit_bytes, struct buf *out, struct err *err)
{
    size_t start = out->len;
    int rc = 0;

    do
        rc = read_some(fd, path, out, err);
    while (rc > 0 && out->len - start <= limit_bytes);
    if (rc > 0)
        rc = err_set(err, -E2BIG, "'%s': larger than %zu bytes", path, limit_bytes);
    if (rc < 0 && out->ptr != NULL) {
        out->len = start;
        out->ptr[start] = '\0';
    }
    return rc;
}

int file_read(const char *path, size_t limit_bytes, struct buf *out, struct err *err)
{
    scoped(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_set(err, -errno, "open '%s': %s", path, strerror(errno));
    return read_fd(fd, path, limit_bytes, out, err);
}

int file_read_in_root(int dir_fd, const char *path, size_t limit_bytes, struct buf *out,
                      struct err *err)
{
    struct open_how how = {
        .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    scoped(fd_close) int fd = (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
    struct stat st;

    if (fd < 0)
        return err_set(err, -errno, "open '%s': %s", path, strerror(errno));
    if (fstat(fd, &st) != 0)
        return err_set(err, -errno, "stat '%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(err, -EINVAL, "'%s' is not a regular file", path);
    return read_fd(fd, path, limit_bytes, out, err);
}

static bool name_wanted(struct sv name, const char *const *suffixes)
{
    if (name.len == 0 || name.ptr[0] == '.')
        return false;
    for (; suffixes != NULL; suffixes++) {
        if (*suffixes == NULL)
            return false;
        if (sv_ends(name, sv(*suffixes)))
            return true;
    }
    return true;
}

static int compare_sv(const void *a, const void *b)
{
    return sv_cmp(*(const struct sv *)a, *(const struct sv *)b);
}

static void scoped_dir_close(DIR **dir)
{
    if (*dir != NULL)
        (void)closedir(*dir);
}

int file_list(const char *dir, const char *const *suffixes, struct arena *arena,
              struct file_list *out, struct err *err)
{
    scoped(dir_close) DIR *open_dir = opendir(dir);
    scoped(free) struct sv *found = NULL;
    size_t count = 0;
    size_t room = 0;

    if (open_dir == NULL)
        return err_set(err, -errno, "open directory '%s': %s", dir, strerror(errno));
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(open_dir);
        if (entry == NULL && errno != 0)
            return err_set(err, -errno, "read directory '%s': %s", dir, strerror(errno));
        if (entry == NULL)
            break;
        if (!name_wanted(sv(entry->d_name), suffixes))
            continue;
        if (count == FILE_LIST_MAX)
            return err_set(err, -E2BIG, "'%s': more than %d files", dir, FILE_LIST_MAX);
        if (count == room) {
            room = room == 0 ? 16 : room * 2;
            found = xrealloc(found, room * sizeof(*found));
        }
        found[count++] = arena_printf(arena, "%s/%s", dir, entry->d_name);
    }
    if (count > 0)
        qsort(found, count, sizeof(*found), compare_sv);
    out->path = arena_alloc(arena, count * sizeof(*found));
    out->count = count;
    for (size_t i = 0; i < count; i++)
        out->path[i] = found[i];
    return 0;
}

static int make_dir(const char *path, mode_t mode)
{
    struct stat st;

    if (mkdir(path, mode) == 0)
        return 0;
    if (errno != EEXIST)
        return -errno;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int file_make_dirs(const char *path, mode_t mode, struct err *err)
{
    scoped(free) char *copy = xstrdup_sv(sv(path));

    for (char *at = copy + 1; copy[0] != '\0'; at++) {
        char was = *at;
        if (was != '/' && was != '\0')
            continue;
        *at = '\0';
        int rc = make_dir(copy, was == '\0' ? mode : 0755);
        if (rc < 0)
            return err_set(err, rc, "make directory '%s': %s", copy, strerror(-rc));
        *at = was;
        if (was == '\0')
            break;
    }
    return 0;
}

int file_write_all(int fd, struct sv bytes, struct err *err)
{
    while (bytes.len > 0) {
        ssize_t put = write(fd, bytes.ptr, bytes.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EAGAIN) {
            struct pollfd room = {.fd = fd, .events = POLLOUT};
            (void)poll(&room, 1, -1);
            continue;
        }
        if (put < 0)
            return err_set(err, -errno, "write: %s", strerror(errno));
        bytes = sv_sub(bytes, (size_t)put, bytes.len);
    }
    return 0;
}
