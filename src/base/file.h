/* base/file.h - whole files and directories, read within a limit. Any thread. */
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/sv.h"

struct arena;
struct buf;
struct err;

/* Append the whole file to `out` (also /proc and pipes). -E2BIG past `limit_bytes`. On failure
 * `out` holds what it held.
 * Errors: -ENOENT, -EACCES, -EISDIR, -EIO, -E2BIG; the words name the path. */
must_check int file_read(const char *path, size_t limit_bytes, struct buf *out, struct err *err);

/* As file_read(), for a path below directory `dir_fd` that must not leave it: `..`, absolute
 * symbolic links and magic links are resolved inside (openat2, RESOLVE_IN_ROOT). Opens without
 * blocking and refuses what is not a regular file with -EINVAL. */
must_check int file_read_in_root(int dir_fd, const char *path, size_t limit_bytes, struct buf *out,
                                 struct err *err);

/* Names in a directory that end in one of `suffixes` (NULL-terminated list; NULL: all but dot
 * files), sorted bytewise; full paths, in `arena`. At most FILE_LIST_MAX, then -E2BIG. */
#define FILE_LIST_MAX 10000
struct file_list {
    struct sv *path; /* each ends in NUL */
    size_t count;
};
must_check int file_list(const char *dir, const char *const *suffixes, struct arena *arena,
                         struct file_list *out, struct err *err);

/* mkdir -p: the last directory gets `mode`, missing ones above it 0755. */
must_check int file_make_dirs(const char *path, mode_t mode, struct err *err);

/* Write everything, retrying on EINTR and short writes; waits even where `fd` does not block. */
must_check int file_write_all(int fd, struct sv bytes, struct err *err);

static inline void scoped_fd_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}
