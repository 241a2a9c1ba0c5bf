/* Programs that leave no file, or another one than it seems: what ran is told. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/capture/watch.h"
#include "tests/unit/test.h"

static struct watch watch;

static const char *const fields[] = {"proc.exepath",
                                     "proc.name",
                                     "proc.cmdline",
                                     "proc.is_exe_from_memfd",
                                     "proc.is_exe_writable",
                                     "proc.is_exe_upper_layer",
                                     "proc.is_exe_lower_layer",
                                     "evt.res",
                                     "evt.arg.filename",
                                     "proc.exe",
                                     "proc.args",
                                     "thread.tid",
                                     "proc.pid",
                                     "evt.arg.flags",
                                     NULL};

static const char *const no_env[] = {NULL};

static int setup(void **state)
{
    watch_clear(&watch);
    return 0;
}

static void run(const char *path, const char *const args[])
{
    (void)syscall(SYS_execve, path, args, no_env);
}

static void run_at(int dirfd, const char *path, const char *const args[], int flags)
{
    (void)syscall(SYS_execveat, dirfd, path, args, no_env, flags);
}

static int copy_to(int out)
{
    static char bytes[4 << 20];
    int in = open(watch.sensor.helper, O_RDONLY | O_CLOEXEC);
    ssize_t len = read(in, bytes, sizeof(bytes));

    (void)close(in);
    return out >= 0 && len > 0 && len < (ssize_t)sizeof(bytes) &&
                   write(out, bytes, (size_t)len) == len
               ? 0
               : -1;
}

static int copy_as(const char *name)
{
    int out = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    int rc = copy_to(out);

    (void)close(out);
    return rc;
}

static const char *const args[] = {"[kworker/0:1]", "secret", NULL};

/* ---- no file at all ---- */

static int body_memfd_at(void *ctx)
{
    int fd = memfd_create("x", MFD_CLOEXEC);

    if (copy_to(fd) != 0)
        return 1;
    run_at(fd, "", args, AT_EMPTY_PATH);
    return 2;
}

static int body_memfd_proc(void *ctx)
{
    char name[64];
    int fd = memfd_create("y", 0);

    if (copy_to(fd) != 0)
        return 1;
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    fd = open(name, O_RDONLY | O_CLOEXEC);
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    (void)close(fd - 1); /* nobody may be writing to it */
    run(name, args);
    return 2;
}

/* In a mount namespace of its own. */
static int body_memfd_mounted(void *ctx)
{
    char name[64];
    int fd = memfd_create("z", 0);

    if (copy_to(fd) != 0 || unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return 1;
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    fd = open(name, O_RDONLY | O_CLOEXEC);
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    (void)close(fd - 1);
    run(name, args);
    return 2;
}

static int body_unnamed(void *ctx)
{
    char name[64];
    int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0755);

    if (copy_to(fd) != 0)
        return 1;
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    fd = open(name, O_RDONLY | O_CLOEXEC);
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    (void)close(fd - 1);
    run(name, args);
    return 2;
}

static int body_deleted(void *ctx)
{
    int fd;

    if (copy_as("gone") != 0)
        return 1;
    fd = open("gone", O_RDONLY | O_CLOEXEC);
    if (unlink("gone") != 0)
        return 2;
    run_at(fd, "", args, AT_EMPTY_PATH);
    return 3;
}

/* ---- another file than it seems ---- */

static int body_renamed(void *ctx)
{
    return copy_as("payload") != 0 || rename("payload", "ls") != 0 || symlink("ls", "innocent") != 0
               ? 1
               : (run("innocent", args), 2);
}

static int write_text(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    ssize_t len = (ssize_t)strlen(text);
    int rc = write(fd, text, (size_t)len) == len ? 0 : -1;

    (void)close(fd);
    return rc;
}

static int body_script(void *ctx)
{
    char text[PATH_MAX + 16];

    (void)snprintf(text, sizeof(text), "#!%s -o\n", watch.sensor.helper);
    if (write_text("script", text) != 0)
        return 1;
    run("./script", args);
    return 2;
}

/* A script whose interpreter is a script. */
static int body_script_of_script(void *ctx)
{
    char text[PATH_MAX + 16];

    (void)snprintf(text, sizeof(text), "#!%s/script\n", watch.sensor.dir);
    if (write_text("outer", text) != 0)
        return 1;
    run("./outer", args);
    return 2;
}

static void *thread_run(void *ctx)
{
    run(watch.sensor.helper, args);
    return ctx;
}

static int body_thread(void *ctx)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, thread_run, NULL) == 0)
        (void)pthread_join(thread, NULL);
    return 2;
}

static const struct {
    const char *row;
    sensor_body_fn body;
    const char *type, *exepath, *name; /* '@': the test's directory, '$': the helper */
    const char *from_memfd;
} runs[] = {
    {"memfd by execveat", body_memfd_at, "execveat", "/memfd:x", NULL, "true"},
    {"memfd by /proc/self/fd", body_memfd_proc, "execve", "/memfd:y", NULL, "true"},
    {"memfd in a mount namespace", body_memfd_mounted, "execve", "/memfd:z", NULL, "true"},
    {"file without a name", body_unnamed, "execve", NULL, NULL, "false"},
    {"deleted file", body_deleted, "execveat", "@/gone", NULL, "false"},
    {"other name, link", body_renamed, "execve", "@/ls", "innocent", "false"},
    {"script", body_script, "execve", "$", "script", "false"},
    {"script of a script", body_script_of_script, "execve", "$", "outer", "false"},
    {"from a thread", body_thread, "execve", "$", "sensor_helper", "false"},
};

static int body_run(void *ctx)
{
    const sensor_body_fn *body = ctx;

    return chdir(watch.sensor.dir) != 0 ? 1 : (*body)(NULL);
}

static void check_path(const char *json, const char *path)
{
    char expected[PATH_MAX + 2];

    CHECK(json != NULL);
    (void)snprintf(expected, sizeof(expected), "\"%s%s\"",
                   path[0] == '@'   ? watch.sensor.dir
                   : path[0] == '$' ? watch.sensor.helper
                                    : "",
                   path[0] == '@' || path[0] == '$' ? path + 1 : path);
    CHECK_STR(json, expected);
}

static void every_program_is_told(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
        sensor_body_fn body = runs[i].body;
        const char *type = runs[i].type;
        char pid_text[16];

        test_row(runs[i].row);
        watch_clear(&watch);

        pid_t pid = watch_run(&watch, body_run, &body);

        CHECK_STR(watch_field(&watch, type, NULL, 0, "proc.is_exe_from_memfd"), runs[i].from_memfd);
        if (runs[i].exepath != NULL)
            check_path(watch_field(&watch, type, NULL, 0, "proc.exepath"), runs[i].exepath);
        if (runs[i].name != NULL)
            check_path(watch_field(&watch, type, NULL, 0, "proc.name"), runs[i].name);
        CHECK_HAS(watch_field(&watch, type, NULL, 0, "proc.cmdline"), "secret");
        (void)snprintf(pid_text, sizeof(pid_text), "%d", (int)pid);
        CHECK_STR(watch_field(&watch, type, NULL, 0, "proc.pid"), pid_text);
        CHECK_STR(watch_field(&watch, type, NULL, 0, "evt.res"), "\"SUCCESS\"");
        CHECK(watch_field(&watch, type, NULL, 1, "proc.name") == NULL);
    }
}

/* ---- what does not start ---- */

static int body_busy(void *ctx)
{
    int fd = open("busy", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

    if (copy_to(fd) != 0)
        return 1;
    run("./busy", args);
    return errno == ETXTBSY ? 0 : 2;
}

static int body_denied(void *ctx)
{
    if (write_text("denied", "x") != 0 || chmod("denied", 0644) != 0)
        return 1;
    run("./denied", args);
    return errno == EACCES ? 0 : 2;
}

static int body_no_format(void *ctx)
{
    if (write_text("noise", "\x01\x02\x03") != 0)
        return 1;
    run("./noise", args);
    return errno == ENOEXEC ? 0 : 2;
}

static int body_directory(void *ctx)
{
    run(".", args);
    return errno == EACCES ? 0 : 2;
}

static void failures_are_told(void **state)
{
    static const struct {
        const char *row;
        sensor_body_fn body;
        const char *res, *filename;
    } rows[] = {
        {"text file busy", body_busy, "\"ETXTBSY\"", "./busy"},
        {"not executable", body_denied, "\"EACCES\"", "./denied"},
        {"not a program", body_no_format, "\"ENOEXEC\"", "./noise"},
        {"a directory", body_directory, "\"EACCES\"", "."},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        sensor_body_fn body = rows[i].body;

        test_row(rows[i].row);
        watch_clear(&watch);
        (void)watch_run(&watch, body_run, &body);
        CHECK_STR(watch_field(&watch, "execve", NULL, 0, "evt.res"), rows[i].res);
        check_path(watch_field(&watch, "execve", NULL, 0, "evt.arg.filename"), rows[i].filename);
        CHECK(watch_field(&watch, "execve", NULL, 1, "evt.res") == NULL);
    }
}

/* ---- overlay ---- */

static int body_overlay(void *ctx)
{
    const bool *upper = ctx;
    int status = -1;

    if (chdir(watch.sensor.dir) != 0 || unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        (mkdir("layers", 0755) != 0 && errno != EEXIST) ||
        mount("none", "layers", "tmpfs", 0, NULL) != 0 || chdir("layers") != 0 ||
        mkdir("lower", 0755) != 0 || mkdir("upper", 0755) != 0 || mkdir("work", 0755) != 0 ||
        mkdir("all", 0755) != 0 || copy_as("lower/below") != 0)
        return 1;
    if (mount("overlay", "all", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work") != 0)
        return 66;
    if (copy_as("all/dropped") != 0)
        return 2;

    pid_t pid = fork();

    if (pid == 0) {
        run(*upper ? "all/dropped" : "all/below", args);
        _exit(3);
    }
    return waitpid(pid, &status, 0) == pid ? status : 4;
}

static void layers_of_an_overlay(void **state)
{
    for (int i = 0; i < 2; i++) {
        bool upper = i == 1;
        int status = -1;

        test_row(upper ? "upper" : "lower");
        watch_clear(&watch);

        pid_t pid = sensor_start(&watch.sensor, NULL, body_overlay, &upper);

        CHECK_INT(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 66) {
            print_message("no overlay here\n");
            return;
        }
        CHECK_INT(status, 0);
        watch_drain(&watch);
        CHECK_STR(watch_field(&watch, "execve", "secret", 0, "proc.is_exe_upper_layer"),
                  upper ? "true" : "false");
        CHECK_STR(watch_field(&watch, "execve", "secret", 0, "proc.is_exe_lower_layer"),
                  upper ? "false" : "true");
    }
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_program_is_told, setup),
        cmocka_unit_test_setup(failures_are_told, setup),
        cmocka_unit_test_setup(layers_of_an_overlay, setup),
    };

    watch_begin(&watch, argv[argc - 1], fields, 0);

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    watch_end(&watch);
    return failed;
}
