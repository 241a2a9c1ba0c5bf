#include "app/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/err.h"

static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};

int signals_open(int *fd, struct err *err)
{
    return signals_open_with(0, fd, err);
}

int signals_open_with(int more, int *fd, struct err *err)
{
    sigset_t set;

    /* Whoever ignores SIGCHLD never learns that a child has ended, and an exec passes that on. */
    (void)signal(SIGCHLD, SIG_DFL);
    (void)sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_LEN(watched); i++) {
        struct sigaction action;
        if (sigaction(watched[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            (void)sigaddset(&set, watched[i]);
    }
    if (more != 0)
        (void)sigaddset(&set, more);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return err_set(err, -errno, "block signals: %s", strerror(errno));
    *fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (*fd < 0)
        return err_set(err, -errno, "signalfd: %s", strerror(errno));
    (void)signal(SIGPIPE, SIG_IGN);
    return 0;
}

int signals_read(int fd)
{
    struct signalfd_siginfo info;

    return read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}
