#include "app/kube_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/sandbox.h"
#include "app/settings.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "enrich/kube.h"

enum { SERVER_BYTES = 512, CRASH_PAUSE_S = 5 };

/* Where a pod finds its cluster. */
#define ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount/"

/* false: no cluster. */
static bool find_server(const struct settings *settings, char server[SERVER_BYTES])
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST");
    const char *port = getenv("KUBERNETES_SERVICE_PORT");
    bool named = settings->kube_server[0] != '\0';
    int len;

    if (named && strcmp(settings->kube_server, "none") == 0)
        return false;
    if (named)
        len = snprintf(server, SERVER_BYTES, "%s", settings->kube_server);
    else if (host != NULL && port != NULL)
        len = snprintf(server, SERVER_BYTES,
                       strchr(host, ':') != NULL ? "https://[%s]:%s" : "https://%s:%s", host, port);
    else
        return false;
    return len > 0 && len < SERVER_BYTES;
}

static const char *file_or_null(const char *path)
{
    return path[0] == '\0' || access(path, F_OK) != 0 ? NULL : path;
}

/* Dies with whoever forked it, and listens to signals that the sensor reads from a descriptor. */
static void become_child(pid_t parent)
{
    sigset_t none;

    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
}

static _Noreturn void work(const struct settings *settings, const char *server,
                           const struct log *log, int fd)
{
    struct kube_options options = {
        .server = server,
        .node = settings->node,
        .token_file = file_or_null(settings->kube_token_file),
        .ca_file = file_or_null(settings->kube_ca_file),
        .log = log,
    };
    struct sandbox_user user;
    struct err err = {0};

    int rc = sandbox_find_user(settings->hub_user, &user, &err);
    if (rc == 0)
        rc = sandbox_kube(&user, &err);
    if (rc == 0)
        rc = kube_run(&options, fd, &err);
    if (rc != -EPIPE)
        log_error(log, "the cluster's pods cannot be watched", log_str("why", err_text(&err, rc)));
    _exit(rc == -EPIPE ? 0 : 1);
}

/* Starts the watcher, again when a signal has ended it. */
static _Noreturn void guard(const struct settings *settings, const char *server,
                            const struct log *log, int fd)
{
    for (;;) {
        pid_t self = getpid();
        pid_t pid = fork();
        int status = 0;

        if (pid == 0) {
            become_child(self);
            work(settings, server, log, fd);
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || WIFEXITED(status))
            _exit(0);
        log_error(log, "the process that watches the cluster crashed",
                  log_u64("signal", (uint64_t)WTERMSIG(status)));
        (void)sleep(CRASH_PAUSE_S);
    }
}

int kube_child_start(const struct settings *settings, const struct log *log, int *fd, pid_t *pid,
                     struct err *err)
{
    char server[SERVER_BYTES];
    pid_t self = getpid();
    int pair[2];

    *fd = -1;
    *pid = 0;
    if (!find_server(settings, server))
        return 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return err_set(err, -errno, "socket pair: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        become_child(self);
        (void)close(pair[0]);
        guard(settings, server, log, pair[1]);
    }
    (void)close(pair[1]);
    if (child < 0 || fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0) {
        int rc = -errno;

        (void)close(pair[0]);
        return err_set(err, rc, "start the watcher of pods: %s", strerror(-rc));
    }
    *fd = pair[0];
    *pid = child;
    return 0;
}
