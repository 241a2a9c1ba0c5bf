/* Who made whom: also when parents have gone, ids come again, or nobody looked at the time. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/capture/watch.h"
#include "tests/unit/test.h"

static struct watch watch;

static const char *const fields[] = {"proc.name",       "proc.pname",       "proc.aname[2]",
                                     "proc.aname[3]",   "proc.cmdline",     "proc.exepath",
                                     "proc.pid",        "proc.ppid",        "proc.vpid",
                                     "proc.pvpid",      "proc.apid[2]",     "evt.arg.fd",
                                     "proc.sname",      "proc.pexepath",    "proc.is_sid_leader",
                                     "proc.cmdlenargs", "proc.acmdline[2]", NULL};

static int setup(void **state)
{
    watch_clear(&watch);
    return 0;
}

/* Copies of the helper, to tell programs apart by their names. */
static void make_program(const char *name)
{
    static char bytes[4 << 20];
    char path[PATH_MAX];

    sensor_path(&watch.sensor, name, path);

    int in = open(watch.sensor.helper, O_RDONLY | O_CLOEXEC);
    int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    ssize_t len = read(in, bytes, sizeof(bytes));

    CHECK(in >= 0 && out >= 0 && len > 0 && len < (ssize_t)sizeof(bytes));
    CHECK_INT(write(out, bytes, (size_t)len), len);
    (void)close(in);
    (void)close(out);
}

static void check_name(const char *json, const char *name)
{
    char expected[64];

    CHECK(json != NULL);
    (void)snprintf(expected, sizeof(expected), "\"%s\"", name);
    CHECK_STR(json, expected);
}

/* ---- parents that have gone ---- */

/* dropper -> (orphaned) stage2 -> (orphaned) miner, which opens a file. */
static int body_double_fork(void *ctx)
{
    static const char *const args[] = {"dropper", "orphan", "./stage2", "orphan",
                                       "./miner", "open",   "marker",   NULL};

    if (chdir(watch.sensor.dir) != 0)
        return 1;
    (void)syscall(SYS_execve, "./dropper", args, args + 7);
    return 2;
}

static int body_under_subreaper(void *ctx)
{
    pid_t pid;
    int status = -1;

    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return 1;
    pid = fork();
    if (pid == 0)
        _exit(body_double_fork(NULL));
    if (waitpid(pid, &status, 0) != pid || status != 0)
        return 2;
    while (wait(NULL) > 0 || errno == EINTR)
        continue;
    return 0;
}

static void wait_for_marker(void)
{
    for (int i = 0; i < 200 && watch_field(&watch, "open", "marker", 0, "proc.name") == NULL &&
                    watch_field(&watch, "openat", "marker", 0, "proc.name") == NULL;
         i++)
        watch_drain(&watch);
}

static const char *at_marker(const char *field)
{
    const char *value = watch_field(&watch, "openat", "marker", 0, field);

    return value != NULL ? value : watch_field(&watch, "open", "marker", 0, field);
}

static void ancestors_that_have_gone(void **state)
{
    static const struct {
        const char *row;
        sensor_body_fn body;
    } rows[] = {
        {"double fork, twice", body_double_fork},
        {"under a subreaper", body_under_subreaper},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        watch_clear(&watch);
        (void)watch_run(&watch, rows[i].body, NULL);
        wait_for_marker();
        check_name(at_marker("proc.name"), "miner");
        check_name(at_marker("proc.pname"), "stage2");
        check_name(at_marker("proc.aname[2]"), "dropper");
        CHECK_HAS(at_marker("proc.acmdline[2]"), "orphan ./stage2");
    }
}

/* The usual daemon: fork, a session of its own, fork again, all parents gone. */
static int daemonize(void)
{
    static const char *const args[] = {"miner", "open", "marker", NULL};
    pid_t self = getpid();

    if (chdir(watch.sensor.dir) != 0)
        return 1;
    if (fork() != 0)
        return 0;
    if (setsid() < 0)
        return 2;
    if (fork() != 0)
        return 0;
    while (kill(self, 0) == 0)
        (void)poll(NULL, 0, 1);
    (void)syscall(SYS_execve, "./miner", args, args + 3);
    return 3;
}

static int body_daemon(void *ctx)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(daemonize());
    return waitpid(pid, &status, 0) == pid ? status : 4;
}

static void a_daemon(void **state)
{
    char pid[16];

    (void)watch_run(&watch, body_daemon, NULL);
    wait_for_marker();
    CHECK(sensor_find(&watch.sensor, WIRE_FORK, 0, 0) != NULL);
    (void)snprintf(pid, sizeof(pid), "%u", sensor_find(&watch.sensor, WIRE_FORK, 0, 0)->pid);
    check_name(at_marker("proc.name"), "miner");
    CHECK_STR(at_marker("proc.apid[2]"), pid);
}

/* ---- the same id again ---- */

/* In a pid namespace whose next ids are chosen: two lives of one id. */
static int life(const char *program, pid_t id)
{
    const char *const args[] = {program, "open", "marker", NULL};
    char text[16];
    int status = -1;
    int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
    int len = snprintf(text, sizeof(text), "%d", (int)id - 1);

    if (fd < 0 || write(fd, text, (size_t)len) != len)
        return 66;
    (void)close(fd);

    pid_t pid = fork();

    if (pid == 0) {
        (void)syscall(SYS_execve, program, args, args + 3);
        _exit(127);
    }
    return pid == id && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 5;
}

static int init_of_namespace(void)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("proc", "/proc", "proc", 0, NULL) != 0)
        return 66;

    int rc = life("./first", 300);

    return rc != 0 ? rc : life("./second", 300);
}

static int body_reuse(void *ctx)
{
    int status = -1;

    if (chdir(watch.sensor.dir) != 0 || unshare(CLONE_NEWPID | CLONE_NEWNS) != 0)
        return 1;

    pid_t pid = fork();

    if (pid == 0)
        _exit(init_of_namespace());
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 4;
}

static void ids_that_come_again(void **state)
{
    int status = -1;
    pid_t pid = sensor_start(&watch.sensor, NULL, body_reuse, NULL);

    CHECK_INT(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 66) {
        print_message("the next id cannot be chosen here\n");
        return;
    }
    CHECK_INT(status, 0);
    watch_drain(&watch);

    static const char *const names[] = {"first", "second"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *type =
            watch_field(&watch, "openat", "marker", i, "proc.name") != NULL ? "openat" : "open";

        check_name(watch_field(&watch, type, "marker", i, "proc.name"), names[i]);
        CHECK_STR(watch_field(&watch, type, "marker", i, "proc.vpid"), "300");
        CHECK_STR(watch_field(&watch, type, "marker", i, "proc.pvpid"), "1");
    }
}

/* ---- who was there before ---- */

static int body_before(void *ctx)
{
    int *gate = ctx;
    static const char *const args[] = {"late", "open", "marker", NULL};
    char go;
    int status = -1;

    if (chdir(watch.sensor.dir) != 0 || prctl(PR_SET_NAME, "early", 0, 0, 0) != 0 ||
        write(gate[1], "", 1) != 1 || read(gate[2], &go, 1) != 1)
        return 1;

    pid_t pid = fork();

    if (pid == 0) {
        (void)syscall(SYS_execve, "./late", args, args + 3);
        _exit(127);
    }
    return waitpid(pid, &status, 0) == pid ? status : 2;
}

/* Another sensor, younger than the process. */
static void programs_from_before(void **state)
{
    struct kernel_ring_options options = {.cgroup = watch.sensor.cgroup, .calls = wire_calls_all()};
    struct kernel_ring *older = watch.sensor.ring;
    struct err err = {0};
    int gate[4];
    char ready, own[17] = "";

    CHECK_INT(pipe(gate), 0);
    CHECK_INT(pipe(gate + 2), 0);

    pid_t pid = sensor_start(&watch.sensor, NULL, body_before, gate);

    CHECK_INT(read(gate[0], &ready, 1), 1);
    if (kernel_ring_open(&options, &watch.sensor.ring, &err) < 0)
        TEST_FAIL("%s", err_text(&err, 0));
    watch_snapshot(&watch);
    CHECK_INT(write(gate[3], "", 1), 1);
    sensor_wait(pid, 0);
    watch_drain(&watch);
    kernel_ring_close(watch.sensor.ring);
    watch.sensor.ring = older;
    sensor_drain(&watch.sensor); /* the same, seen by the older one */
    check_name(at_marker("proc.name"), "late");
    check_name(at_marker("proc.pname"), "early");
    /* The rest of the ancestry is from /proc: this test. */
    CHECK_INT(prctl(PR_GET_NAME, own, 0, 0, 0), 0);
    check_name(at_marker("proc.aname[2]"), own);
    for (int i = 0; i < 4; i++)
        (void)close(gate[i]);
}

/* ---- long command lines ---- */

static int body_long(void *ctx)
{
    char *text = xcalloc(1, 60001);
    const char *const args[] = {"miner", "first", text, "last", NULL};

    memset(text, 'x', 60000);
    if (chdir(watch.sensor.dir) != 0)
        return 1;
    (void)syscall(SYS_execve, "./miner", args, args + 4);
    return 2;
}

static void long_command_lines(void **state)
{
    (void)watch_run(&watch, body_long, NULL);

    const char *line = watch_field(&watch, "execve", "first", 0, "proc.cmdline");

    if (line == NULL)
        line = "";
    CHECK(strlen(line) > WIRE_ARGS_MAX - 64 && strlen(line) <= WIRE_ARGS_MAX + 64);
    CHECK((sensor_find(&watch.sensor, WIRE_EXEC, 0, 0)->flags & WIRE_ARGS_CUT) != 0);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(ancestors_that_have_gone, setup),
        cmocka_unit_test_setup(a_daemon, setup),
        cmocka_unit_test_setup(ids_that_come_again, setup),
        cmocka_unit_test_setup(programs_from_before, setup),
        cmocka_unit_test_setup(long_command_lines, setup),
    };
    static const char *const programs[] = {"dropper", "stage2", "miner", "first", "second", "late"};
    char marker[PATH_MAX];

    watch_begin(&watch, argv[argc - 1], fields, 0);
    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        make_program(programs[i]);
    sensor_path(&watch.sensor, "marker", marker);
    (void)close(open(marker, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    watch_end(&watch);
    return failed;
}
