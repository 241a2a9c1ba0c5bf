/* app/cmd_run.c - the supervisor: starts the sensor and the hub, starts again what crashes, and
 * stops them in the order in which nothing is lost: the sensor first, then the hub.
 *
 * A role that ends by itself (a configuration that cannot work, nobody reading the findings) ends
 * the whole; one that is killed or aborts is started again after a growing pause. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/daemon.h"
#include "app/exit_code.h"
#include "app/ready.h"
#include "app/signals.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"

#define PAUSE_FIRST_NS (250 * 1000000ULL)
#define PAUSE_MAX_NS (30 * CLOCK_NS)
#define HEALTHY_NS (60 * CLOCK_NS) /* running this long forgets earlier crashes */
#define STOP_NS (10 * CLOCK_NS)    /* then SIGKILL */
#define START_MS 60000

enum { SENSOR, HUB, ROLES };

struct role {
    const char *name;
    pid_t pid;
    uint64_t started_ns, start_at_ns, pause_ns;
};

struct supervisor {
    char exe[4096];
    pid_t pid;
    int argc;
    char **argv;
    const struct log *log;
    int signal_fd;
    struct role role[ROLES];
    bool stopping;
    int code; /* of the role that ended the whole */
};

/* -------------------------------------------------------------------------------------- children
 */

static void child_exec(const struct supervisor *up, const struct role *role, int ready_fd)
{
    char **argv = xcalloc((size_t)up->argc + 2, sizeof(*argv));
    char number[16];
    sigset_t none;

    argv[0] = (char *)(uintptr_t)up->exe;
    argv[1] = (char *)(uintptr_t)role->name;
    for (int i = 1; i < up->argc; i++)
        argv[i + 1] = up->argv[i];
    (void)snprintf(number, sizeof(number), "%d", ready_fd);
    (void)setenv(READY_VARIABLE, number, 1);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != up->pid)
        _exit(127); /* the supervisor has gone already */
    (void)signal(SIGINT,
                 SIG_IGN); /* Ctrl-C goes to the whole group: the supervisor orders the end */
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)execv(up->exe, argv);
    (void)fprintf(stderr, "tiercel run: start '%s': %s\n", up->exe, strerror(errno));
    _exit(127);
}

/* Wait until the child says that it has started, or a signal wants something else. A child that
 * closes its end without a word is ending: wait for that, so that reap() finds it. */
static void wait_ready(const struct supervisor *up, const struct role *role, int fd)
{
    struct pollfd ready[] = {{.fd = fd, .events = POLLIN}, {.fd = up->signal_fd, .events = POLLIN}};
    siginfo_t ended;
    char word = 0;

    while (poll(ready, ARRAY_LEN(ready), START_MS) < 0 && errno == EINTR)
        ;
    if (ready[0].revents != 0 && read(fd, &word, 1) == 0)
        (void)waitid(P_PID, (id_t)role->pid, &ended, WEXITED | WNOWAIT);
}

static int role_start(struct supervisor *up, struct role *role, struct err *err)
{
    int ready[2];

    if (pipe(ready) != 0)
        return err_set(err, -errno, "pipe: %s", strerror(errno));
    (void)fcntl(ready[0], F_SETFD, FD_CLOEXEC);
    (void)fflush(NULL);
    role->pid = fork();
    if (role->pid < 0)
        return err_set(err, -errno, "fork: %s", strerror(errno));
    if (role->pid == 0)
        child_exec(up, role, ready[1]);
    (void)close(ready[1]);
    role->started_ns = clock_mono_ns();
    wait_ready(up, role, ready[0]);
    (void)close(ready[0]);
    return 0;
}

static void role_crashed(struct supervisor *up, struct role *role, int status)
{
    uint64_t now = clock_mono_ns();

    if (role->pause_ns == 0 || now - role->started_ns > HEALTHY_NS)
        role->pause_ns = PAUSE_FIRST_NS;
    else if (role->pause_ns < PAUSE_MAX_NS)
        role->pause_ns *= 2;
    role->start_at_ns = now + role->pause_ns;
    log_error(up->log, "a role crashed and is started again", log_str("role", role->name),
              log_i64("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
              log_u64("pause_ms", role->pause_ns / 1000000));
}

/* While stopping: an end by our SIGTERM, before the role could take it, is what was asked for. */
static void note_end(struct supervisor *up, int status)
{
    if (up->code != 0 || status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM))
        return;
    up->code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_ERRORS;
}

static void reap(struct supervisor *up)
{
    int status = 0;
    pid_t pid = 0;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (int i = 0; i < ROLES; i++) {
            struct role *role = &up->role[i];
            if (role->pid != pid)
                continue;
            role->pid = 0;
            if (up->stopping) {
                note_end(up, status);
                continue;
            }
            if (WIFSIGNALED(status)) {
                role_crashed(up, role, status);
                continue;
            }
            up->stopping = true; /* it ended by itself, and has said why */
            up->code = WEXITSTATUS(status);
        }
    }
}

static void role_stop(struct supervisor *up, struct role *role)
{
    uint64_t until = clock_mono_ns() + STOP_NS;

    up->stopping = true;
    if (role->pid > 0)
        (void)kill(role->pid, SIGTERM);
    while (role->pid > 0) {
        struct pollfd wait = {.fd = up->signal_fd, .events = POLLIN};
        (void)poll(&wait, 1, 100);
        while (signals_read(up->signal_fd) != 0)
            ; /* further Ctrl-C change nothing: the end is bounded */
        if (clock_mono_ns() > until && role->pid > 0) {
            log_error(up->log, "a role does not stop and is killed", log_str("role", role->name));
            (void)kill(role->pid, SIGKILL);
            until = UINT64_MAX;
        }
        reap(up);
    }
}

/* ------------------------------------------------------------------------------------------ loop
 */

/* A daemon is told to read its rules again; at a terminal, a hangup is the end. */
static void reload(const struct supervisor *up)
{
    if (up->role[SENSOR].pid > 0)
        (void)kill(up->role[SENSOR].pid, SIGHUP);
}

static void take_signals(struct supervisor *up)
{
    int number = 0;

    while ((number = signals_read(up->signal_fd)) != 0) {
        if (number == SIGHUP && isatty(STDERR_FILENO) != 1)
            reload(up);
        else
            up->stopping |= number != SIGCHLD;
    }
    if (!up->stopping)
        reap(up);
}

static int start_due(struct supervisor *up, struct err *err)
{
    for (int i = 0; i < ROLES && !up->stopping; i++) {
        struct role *role = &up->role[i];
        if (role->pid != 0 || clock_mono_ns() < role->start_at_ns)
            continue;
        int rc = role_start(up, role, err);
        if (rc < 0)
            return rc;
        take_signals(up); /* a sensor that cannot work ends the whole before the hub is started */
    }
    return 0;
}

static int supervise(struct supervisor *up, struct err *err)
{
    int rc = 0;

    while (!up->stopping && rc == 0) {
        struct pollfd wait = {.fd = up->signal_fd, .events = POLLIN};
        rc = start_due(up, err);
        if (up->stopping || rc < 0)
            break;
        if (poll(&wait, 1, 200) < 0 && errno != EINTR)
            rc = err_set(err, -errno, "poll: %s", strerror(errno));
        take_signals(up);
    }
    role_stop(up, &up->role[SENSOR]);
    role_stop(up, &up->role[HUB]);
    return rc;
}

int cmd_run(int argc, char **argv)
{
    scoped(arena_free) struct arena *arena = arena_new(16384);
    struct supervisor up = {
        .pid = getpid(),
        .argc = argc,
        .argv = argv,
        .signal_fd = -1,
        .role = {{.name = "sensor"}, {.name = "hub"}},
    };
    struct settings settings;
    struct err err = {0};

    int rc = settings_from_args(&settings, argv[0], argc, argv, arena, &err);
    if (rc == SETTINGS_HELP)
        return 0;
    struct log log = log_make(STDERR_FILENO, settings.log_level, "supervisor");
    up.log = &log;
    ssize_t len = readlink("/proc/self/exe", up.exe, sizeof(up.exe) - 1);
    if (rc == 0 && len < 0)
        rc = err_set(&err, -errno, "find this program: %s", strerror(errno));
    if (rc == 0)
        rc = signals_open(&up.signal_fd, &err);
    if (rc == 0)
        rc = supervise(&up, &err);
    if (rc != 0)
        (void)fprintf(stderr, "tiercel run: %s\n", err_text(&err, rc));
    if (rc != 0)
        return rc == SETTINGS_USAGE ? EXIT_USAGE : EXIT_ERRORS;
    return up.code;
}
