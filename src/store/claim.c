#include "store/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/sv.h"

enum { HOLDER_MAX = 32 };

static int say_busy(int fd, struct err *err)
{
    char text[HOLDER_MAX];
    uint64_t pid = 0;
    ssize_t got = pread(fd, text, sizeof(text), 0);
    struct sv holder = sv_trim((struct sv){text, got > 0 ? (size_t)got : 0});

    if (!sv_to_u64(holder, &pid))
        return err_set(err, -EBUSY, "in use by another process");
    return err_set(err, -EBUSY, "in use by process %llu", (unsigned long long)pid);
}

/* Only for the words of the next who tries; that it cannot be written does not matter. */
static void say_holder(int fd)
{
    if (ftruncate(fd, 0) == 0)
        (void)dprintf(fd, "%d\n", (int)getpid());
}

int claim_take(const char *path, int *fd, struct err *err)
{
    scoped(fd_close) int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (lock < 0)
        return err_set(err, -errno, "open '%s': %s", path, strerror(errno));
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return say_busy(lock, err);
        return err_set(err, -errno, "lock '%s': %s", path, strerror(errno));
    }
    say_holder(lock);
    *fd = lock;
    lock = -1;
    return 0;
}
