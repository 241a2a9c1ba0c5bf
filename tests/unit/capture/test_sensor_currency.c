/* What is known of a process follows it: an event after a change is of the changed process. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/capture/watch.h"
#include "tests/unit/test.h"

enum { ID = 4321 };

static struct watch watch;

static const char *const fields[] = {
    "proc.cwd", "proc.name", "user.uid",           "group.gid", "thread.cap_effective",
    "proc.sid", "proc.pid",  "proc.is_sid_leader", NULL};

static int setup(void **state)
{
    watch_clear(&watch);
    return 0;
}

/* The event that is looked at. */
static int mark(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 9;
}

static int change_chdir(void)
{
    return chdir("sub");
}

static int change_fchdir(void)
{
    int fd = open("sub", O_PATH | O_CLOEXEC);

    return fchdir(fd);
}

static void *thread_chdir(void *ctx)
{
    return chdir("sub") == 0 ? ctx : NULL;
}

static int in_thread(void *(*body)(void *))
{
    pthread_t thread;
    void *done = NULL;

    return pthread_create(&thread, NULL, body, &watch) == 0 && pthread_join(thread, &done) == 0 &&
                   done != NULL
               ? 0
               : -1;
}

static int change_thread_chdir(void)
{
    return in_thread(thread_chdir);
}

static int change_setuid(void)
{
    return setgroups(0, NULL) != 0 || setgid(ID) != 0 ? -1 : setuid(ID);
}

static int change_setresuid(void)
{
    return setresgid(ID, ID, ID) != 0 ? -1 : setresuid(ID, ID, ID);
}

static int change_capset(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};

    return (int)syscall(SYS_capset, &header, none);
}

static int change_name(void)
{
    return prctl(PR_SET_NAME, "renamed", 0, 0, 0);
}

static int change_session(void)
{
    return setsid() < 0 ? -1 : 0;
}

static const struct {
    const char *row;
    int (*change)(void);
    const char *field, *value; /* '@': the test's directory; NULL: the process's id */
} rows[] = {
    {"chdir", change_chdir, "proc.cwd", "\"@/sub/\""},
    {"fchdir", change_fchdir, "proc.cwd", "\"@/sub/\""},
    {"chdir by a thread", change_thread_chdir, "proc.cwd", "\"@/sub/\""},
    {"setuid", change_setuid, "user.uid", "4321"},
    {"setgid", change_setuid, "group.gid", "4321"},
    {"setresuid", change_setresuid, "user.uid", "4321"},
    {"capset", change_capset, "thread.cap_effective", "\"\""},
    {"prctl", change_name, "proc.name", "\"renamed\""},
    {"setsid", change_session, "proc.sid", NULL},
};

static int gate[2];

static int body_change(void *ctx)
{
    int (*const *change)(void) = ctx;

    char go;

    if (chdir(watch.sensor.dir) != 0 || mark() != 0 || read(gate[0], &go, 1) != 1 ||
        (*change)() != 0)
        return 1;
    return mark();
}

static void events_are_of_the_changed_process(void **state)
{
    char path[PATH_MAX];

    sensor_path(&watch.sensor, "sub", path);
    CHECK_INT(mkdir(path, 0755), 0);
    CHECK_INT(pipe(gate), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int (*change)(void) = rows[i].change;
        char expected[PATH_MAX + 64];

        test_row(rows[i].row);
        watch_clear(&watch);

        pid_t pid = sensor_start(&watch.sensor, NULL, body_change, (void *)&change);

        /* Known before it changes, as every process is that a whole machine's sensor sees. */
        while (watch_field(&watch, "openat", "/dev/null", 0, "proc.pid") == NULL)
            watch_drain(&watch);
        watch_clear(&watch);
        CHECK_INT(write(gate[1], "", 1), 1);
        sensor_wait(pid, 0);
        watch_drain(&watch);

        if (rows[i].value == NULL)
            (void)snprintf(expected, sizeof(expected), "%d", (int)pid);
        else if (strncmp(rows[i].value, "\"@", 2) == 0)
            (void)snprintf(expected, sizeof(expected), "\"%s%s", watch.sensor.dir,
                           rows[i].value + 2);
        else
            (void)snprintf(expected, sizeof(expected), "%s", rows[i].value);

        const char *value = watch_field(&watch, "openat", "/dev/null", 0, rows[i].field);

        CHECK(value != NULL);
        CHECK_STR(value, expected);
    }
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(events_are_of_the_changed_process, setup),
    };

    watch_begin(&watch, argv[argc - 1], fields, 0);

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    watch_end(&watch);
    return failed;
}
