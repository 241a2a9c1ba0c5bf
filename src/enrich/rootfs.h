/* enrich/rootfs.h - files below a root that is not ours: the host's, or a container's.
 *
 * Every path is resolved inside the root: `..` and absolute symbolic links cannot leave it. Reading
 * whole files is file_read_in_root() of base/file.h. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct arena;

#define ROOTFS_NAMES_MAX 256u /* names read of one directory; more are not looked at */

/* Tells whether a file was changed or replaced. */
struct rootfs_stamp {
    uint64_t dev, ino, size, mtime_ns, ctime_ns;
};

struct rootfs_names {
    struct sv *name; /* each ends in NUL */
    size_t count;
};

/* A descriptor for the functions here, close() it; -errno. `path` itself is trusted: it may be a
 * link, as /proc/PID/root is. */
must_check int rootfs_open(const char *path);
/* Likewise for a directory inside another root. */
must_check int rootfs_open_in(int root_fd, const char *path);

/* 0, or -errno; -EINVAL when it is not a regular file. */
must_check int rootfs_stat(int root_fd, const char *path, struct rootfs_stamp *out);
bool rootfs_same(const struct rootfs_stamp *a, const struct rootfs_stamp *b);

/* Names in a directory but dot files, in no order; none when it cannot be read. */
void rootfs_list(int root_fd, const char *path, struct arena *arena, struct rootfs_names *out);
