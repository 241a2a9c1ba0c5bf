#include "enrich/rootfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/arena.h"
#include "base/file.h"

static int open_in(int root_fd, const char *path, uint64_t flags)
{
    struct open_how how = {
        .flags = flags | O_CLOEXEC,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    int fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

    return fd < 0 ? -errno : fd;
}

int rootfs_open(const char *path)
{
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

int rootfs_open_in(int root_fd, const char *path)
{
    return open_in(root_fd, path, O_PATH | O_DIRECTORY);
}

static uint64_t stamp_ns(struct timespec at)
{
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

int rootfs_stat(int root_fd, const char *path, struct rootfs_stamp *out)
{
    scoped(fd_close) int fd = open_in(root_fd, path, O_PATH);
    struct stat st;

    if (fd < 0)
        return fd;
    if (fstat(fd, &st) != 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    *out = (struct rootfs_stamp){
        .dev = st.st_dev,
        .ino = st.st_ino,
        .size = (uint64_t)st.st_size,
        .mtime_ns = stamp_ns(st.st_mtim),
        .ctime_ns = stamp_ns(st.st_ctim),
    };
    return 0;
}

bool rootfs_same(const struct rootfs_stamp *a, const struct rootfs_stamp *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

static void scoped_dir_close(DIR **dir)
{
    if (*dir != NULL)
        (void)closedir(*dir);
}

void rootfs_list(int root_fd, const char *path, struct arena *arena, struct rootfs_names *out)
{
    int fd = open_in(root_fd, path, O_RDONLY | O_DIRECTORY);
    scoped(dir_close) DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    *out = (struct rootfs_names){0};
    if (dir == NULL) {
        scoped_fd_close(&fd);
        return;
    }
    out->name = arena_alloc(arena, ROOTFS_NAMES_MAX * sizeof(*out->name));
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] == '.' || out->count == ROOTFS_NAMES_MAX)
            continue;
        out->name[out->count++] = arena_sv(arena, sv(entry->d_name));
    }
}
