#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/unit/capture/sensor.h"
#include "tests/unit/test.h"

static struct sensor sensor;

static int setup(void **state)
{
    sensor_clear(&sensor);
    return 0;
}

/* One of everything: a fork, an exec, an exit, an open, an unlink, a failed exec. */
static int body_everything(void *ctx)
{
    const char *const args[] = {"x", NULL}, *const env[] = {NULL};
    pid_t pid = fork();

    if (pid == 0) {
        (void)syscall(SYS_execve, sensor.helper, args, env);
        _exit(1);
    }
    if (waitpid(pid, NULL, 0) != pid)
        return 1;
    (void)open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)unlink("/no/such/file");
    (void)syscall(SYS_execve, "/no/such/file", args, env);
    return 0;
}

static void run_in(const char *cgroup)
{
    pid_t pid = sensor_start(&sensor, cgroup, body_everything, NULL);

    sensor_wait(pid, 0);
    sensor_drain(&sensor);
}

static void check_everything(void)
{
    static const enum wire_kind kinds[] = {WIRE_FORK, WIRE_EXEC, WIRE_EXIT, WIRE_OPEN, WIRE_CALL};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        CHECK(sensor_find(&sensor, kinds[i], 0, 0) != NULL);
}

static void outside_gives_nothing(void **state)
{
    run_in("");
    CHECK_INT(sensor.count, 0);
}

static void a_sibling_gives_nothing(void **state)
{
    char path[PATH_MAX];

    CHECK(snprintf(path, sizeof(path), "%s-sibling", sensor.cgroup) < (int)sizeof(path));
    CHECK_INT(mkdir(path, 0755), 0);
    run_in(path);
    CHECK_INT(rmdir(path), 0);
    CHECK_INT(sensor.count, 0);
}

static void inside_gives_everything(void **state)
{
    run_in(NULL);
    check_everything();
}

static void nested_gives_everything_and_is_announced_first(void **state)
{
    char one[PATH_MAX], two[PATH_MAX];
    struct stat st;
    bool announced = false;

    sensor_make_cgroup(&sensor, "one", one);
    sensor_make_cgroup(&sensor, "one/two", two);
    CHECK_INT(stat(two, &st), 0);
    run_in(two);
    CHECK_INT(rmdir(two), 0);
    CHECK_INT(rmdir(one), 0);
    check_everything();
    for (size_t i = 0; i < sensor.count; i++) {
        const struct wire_header *hdr = sensor.record[i];

        if (hdr->kind == WIRE_CGROUP) {
            const struct wire_cgroup *cgroup = (const struct wire_cgroup *)hdr;
            struct sv path = {cgroup->data, cgroup->path_len};

            if (cgroup->hierarchy != WIRE_CGROUP_V2 || cgroup->id != st.st_ino)
                continue;
            CHECK(!announced);
            announced = true;
            CHECK_INT(path.ptr[0], '/');
            CHECK(sv_ends(path, SV("/one/two")));
            CHECK(sv_ends(sv(two), path)); /* the mount point stands before it */
        } else if (hdr->kind == WIRE_FORK || hdr->kind == WIRE_EXEC) {
            CHECK(announced);
        }
    }
    CHECK(announced);
}

/* The id in the memory hierarchy, where this machine has one of version 1. */
static void version_1_ids_are_announced_too(void **state)
{
    const struct wire_exec *exec;

    run_in(NULL);
    exec = (const struct wire_exec *)sensor_find(&sensor, WIRE_EXEC, 0, 0);
    CHECK(exec != NULL);

    struct stat st;
    bool version_1 = stat("/sys/fs/cgroup/memory/cgroup.procs", &st) == 0;

    CHECK_INT(exec->task.cgroup_v1 != 0, version_1);
}

static int body_clone_into(void *ctx)
{
    struct clone_args args = {
        .flags = CLONE_INTO_CGROUP,
        .exit_signal = SIGCHLD,
        .cgroup = (uint64_t)open(ctx, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
    };
    long pid = syscall(SYS_clone3, &args, sizeof(args));

    if (pid == 0)
        _exit(0);
    return pid > 0 && waitpid((pid_t)pid, NULL, 0) == pid ? 0 : 1;
}

static void born_inside_by_a_parent_outside(void **state)
{
    pid_t pid = sensor_start(&sensor, "", body_clone_into, sensor.cgroup);

    sensor_wait(pid, 0);
    sensor_drain(&sensor);

    const struct wire_task_record *made =
        (const struct wire_task_record *)sensor_find(&sensor, WIRE_FORK, 0, 0);

    CHECK(made != NULL);
    CHECK_INT(made->task.ppid, pid);
    CHECK_INT(made->task.cgroup_v2, sensor.cgroup_id);
    CHECK(sensor_find(&sensor, WIRE_EXIT, made->hdr.pid, 0) != NULL);
    CHECK(sensor_find(&sensor, WIRE_CALL, (uint32_t)pid, 0) == NULL);
}

static int body_skip(void *ctx)
{
    char go;

    return read(*(int *)ctx, &go, 1) == 1 ? body_everything(NULL) : 1;
}

static void our_own_processes_are_skipped(void **state)
{
    struct kernel_ring_options options = {.calls = wire_calls_all()};
    struct sensor other;
    int gate[2];

    CHECK_INT(pipe(gate), 0);

    pid_t pid = sensor_start(&sensor, NULL, body_skip, &gate[0]);
    struct err err = {0};

    options.cgroup = sensor.cgroup;
    options.skip_pid[0] = 1;
    options.skip_pid[1] = (uint32_t)pid;
    other = (struct sensor){0};
    CHECK_INT(kernel_ring_open(&options, &other.ring, &err), 0);
    CHECK_INT(write(gate[1], "g", 1), 1);
    sensor_wait(pid, 0);
    sensor_drain(&other);
    sensor_drain(&sensor);
    CHECK(sensor_find(&sensor, WIRE_OPEN, (uint32_t)pid, 0) != NULL);
    CHECK(sensor_find(&sensor, WIRE_EXIT, (uint32_t)pid, 0) != NULL);
    for (size_t i = 0; i < other.count; i++)
        CHECK(other.record[i]->kind == WIRE_CGROUP || other.record[i]->pid != (uint32_t)pid);
    CHECK(sensor_find(&other, WIRE_EXEC, 0, 0) != NULL); /* its child is not skipped */
    sensor_clear(&other);
    free(other.record);
    kernel_ring_close(other.ring);
    (void)close(gate[0]);
    (void)close(gate[1]);
}

static void bad_options(void **state)
{
    static const struct {
        const char *row, *cgroup;
        uint32_t bytes;
        int rc;
        const char *words;
    } rows[] = {
        {"no such cgroup", "/no/such/directory", 0, -ENOENT, "/no/such/directory"},
        {"a file", "/proc/self/stat", 0, -ENOENT, "/proc/self/stat"},
        {"not a cgroup", "/proc", 0, -EINVAL, "version 2"},
        {"ring too large", NULL, KERNEL_RING_BYTES_MAX + 1, -EINVAL, "536870913"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct kernel_ring_options options = {.cgroup = rows[i].cgroup,
                                              .ring_bytes = rows[i].bytes};
        struct kernel_ring *ring = NULL;
        struct err err = {0};

        test_row(rows[i].row);
        CHECK_INT(kernel_ring_open(&options, &ring, &err), rows[i].rc);
        CHECK_HAS(err.text, rows[i].words);
        CHECK(ring == NULL);
    }
}

static int body_without_permission(void *ctx)
{
    struct kernel_ring_options options = {.cgroup = sensor.cgroup};
    struct kernel_ring *ring = NULL;
    struct err err = {0};

    if (setresuid(4321, 4321, 4321) != 0)
        return 1;
    if (kernel_ring_open(&options, &ring, &err) != -EPERM)
        return 2;
    return strstr(err.text, "CAP_BPF and CAP_PERFMON are missing") != NULL ? 0 : 3;
}

static void without_permission(void **state)
{
    (void)sensor_run(&sensor, body_without_permission, NULL);
}

static void features_of_this_kernel(void **state)
{
    struct kernel_features features;

    kernel_features_probe(&features);
    CHECK(features.release[0] != '\0');
    CHECK(features.btf && features.ring_buffer && features.raw_tracepoints);
    CHECK(features.btf_tracepoints && features.task_iterator && features.bpf_loop);
}

static int body_environment(void *ctx)
{
    const char *const args[] = {"x", NULL}, *const env[] = {"A=1", "EMPTY=", "B=\xff", NULL};

    (void)syscall(SYS_execve, sensor.helper, args, env);
    return 1;
}

static void environment_when_asked_for(void **state)
{
    static const char expected[] = "A=1\0EMPTY=\0B=\xff";
    struct kernel_ring_options options = {.cgroup = sensor.cgroup, .environment = true};
    struct sensor other = {0};
    struct err err = {0};

    CHECK_INT(kernel_ring_open(&options, &other.ring, &err), 0);
    (void)sensor_run(&sensor, body_environment, NULL);
    sensor_drain(&other);

    const struct wire_exec *exec = (const struct wire_exec *)sensor_find(&other, WIRE_EXEC, 0, 0);

    CHECK(exec != NULL);

    const char *at = exec->data + exec->path_len + exec->filename_len + exec->cwd_len;

    CHECK_SV(sensor_text(&at, exec->args_len), ((struct sv){"x", 2}));
    CHECK_SV(sensor_text(&at, exec->env_len), ((struct sv){expected, sizeof(expected)}));
    CHECK_INT(exec->hdr.flags & WIRE_ENV_CUT, 0);
    sensor_clear(&other);
    free(other.record);
    kernel_ring_close(other.ring);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(outside_gives_nothing, setup),
        cmocka_unit_test_setup(a_sibling_gives_nothing, setup),
        cmocka_unit_test_setup(inside_gives_everything, setup),
        cmocka_unit_test_setup(nested_gives_everything_and_is_announced_first, setup),
        cmocka_unit_test_setup(version_1_ids_are_announced_too, setup),
        cmocka_unit_test_setup(born_inside_by_a_parent_outside, setup),
        cmocka_unit_test_setup(our_own_processes_are_skipped, setup),
        cmocka_unit_test_setup(bad_options, setup),
        cmocka_unit_test_setup(without_permission, setup),
        cmocka_unit_test_setup(features_of_this_kernel, setup),
        cmocka_unit_test_setup(environment_when_asked_for, setup),
    };
    char helper[PATH_MAX];

    if (argc != 2 || realpath(argv[1], helper) == NULL)
        return 2;
    sensor_begin(&sensor, helper, NULL);

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    sensor_end(&sensor);
    return failed;
}
