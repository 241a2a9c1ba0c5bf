#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/unit/capture/sensor.h"
#include "tests/unit/test.h"

#define UID 4321
#define GID 8765

static struct sensor sensor;

static const char *const no_env[] = {NULL};

/* The two calls, with the const that they do not write through. */
static void run(const char *path, const char *const args[], const char *const env[])
{
    (void)syscall(SYS_execve, path, args, env);
}

static void run_at(int dirfd, const char *path, const char *const args[], const char *const env[],
                   int flags)
{
    (void)syscall(SYS_execveat, dirfd, path, args, env, flags);
}

/* An exec with its text taken apart. */
struct exec {
    const struct wire_exec *record;
    struct sv path, filename, cwd, args, env;
};

static struct exec exec_of(uint32_t pid)
{
    struct exec exec = {
        .record = (const struct wire_exec *)sensor_find(&sensor, WIRE_EXEC, pid, 0),
    };

    CHECK(exec.record != NULL);
    CHECK(sensor_find(&sensor, WIRE_EXEC, pid, 1) == NULL);

    const char *at = exec.record->data;

    exec.path = sensor_text(&at, exec.record->path_len);
    exec.filename = sensor_text(&at, exec.record->filename_len);
    exec.cwd = sensor_text(&at, exec.record->cwd_len);
    exec.args = sensor_text(&at, exec.record->args_len);
    exec.env = sensor_text(&at, exec.record->env_len);
    return exec;
}

static void copy_helper(const char *to)
{
    static char bytes[4 << 20];
    int in = open(sensor.helper, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    ssize_t len = read(in, bytes, sizeof(bytes));

    CHECK(in >= 0 && out >= 0 && len > 0 && len < (ssize_t)sizeof(bytes));
    CHECK_INT(write(out, bytes, (size_t)len), len);
    (void)close(in);
    (void)close(out);
}

static int setup(void **state)
{
    (void)state;
    sensor_clear(&sensor);
    return 0;
}

static int body_exec(void *ctx)
{
    const char *const args[] = {"helper", "a b", "", "\x01\xff\n\"", NULL};

    if (chdir(sensor.dir) != 0)
        return 1;
    run(sensor.helper, args, no_env);
    return 2;
}

static void exec_says_what_runs(void **state)
{
    static const char args[] = "helper\0a b\0\0\x01\xff\n\"";
    pid_t pid = sensor_run(&sensor, body_exec, NULL);
    struct exec exec = exec_of((uint32_t)pid);
    const struct wire_task *task = &exec.record->task;
    struct stat st;

    CHECK_INT(stat(sensor.helper, &st), 0);
    CHECK_STR(sensor.helper, sensor.helper);
    CHECK_SV(exec.path, sv(sensor.helper));
    CHECK_SV(exec.filename, sv(sensor.helper));
    CHECK_SV(exec.cwd, sv(sensor.dir));
    CHECK_SV(exec.args, ((struct sv){args, sizeof(args)}));
    CHECK_SV(exec.env, SV(""));
    CHECK_INT(exec.record->call, WIRE_CALL_EXECVE);
    CHECK_INT(exec.record->hdr.flags & ~(uint32_t)(WIRE_EXE_UPPER | WIRE_EXE_LOWER),
              WIRE_EXE_WRITABLE);
    CHECK_INT(exec.record->exe_ino, st.st_ino);
    CHECK_INT(exec.record->exe_mtime_ns, st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec);
    CHECK_INT(exec.record->exe_ctime_ns, st.st_ctim.tv_sec * 1000000000ll + st.st_ctim.tv_nsec);
    CHECK_INT(exec.record->hdr.pid, pid);
    CHECK_INT(exec.record->hdr.tid, pid);
    CHECK_INT(exec.record->hdr.start_ns, task->start_ns);
    CHECK_INT(task->pid, pid);
    CHECK_INT(task->ppid, getpid());
    CHECK_INT(task->pgid, getpgrp());
    CHECK_INT(task->sid, getsid(0));
    CHECK_INT(task->creds.uid, getuid());
    CHECK_INT(task->cgroup_v2, sensor.cgroup_id);
    CHECK_INT(task->threads, 1);
    CHECK(task->start_ns > task->parent_start_ns && task->parent_start_ns > 0);
    CHECK(exec.record->hdr.time_ns >= task->start_ns);
    CHECK(strncmp(task->comm, "sensor_helper", sizeof(task->comm)) == 0);
}

static int body_exec_long(void *ctx)
{
    char *text = xcalloc(1, 20001);
    const char *const args[] = {"helper", text, NULL};
    const char *const env[] = {"A=1", text, NULL};

    memset(text, 'x', 20000);
    run(sensor.helper, args, env);
    return 2;
}

static void long_arguments_are_cut_and_marked(void **state)
{
    pid_t pid = sensor_run(&sensor, body_exec_long, NULL);
    struct exec exec = exec_of((uint32_t)pid);

    CHECK_INT(exec.args.len, WIRE_ARGS_MAX);
    CHECK(memcmp(exec.args.ptr, "helper\0xxxx", 11) == 0);
    CHECK_INT(exec.args.ptr[WIRE_ARGS_MAX - 1], 'x');
    CHECK((exec.record->hdr.flags & WIRE_ARGS_CUT) != 0);
    CHECK((exec.record->hdr.flags & WIRE_ENV_CUT) == 0);
    CHECK_INT(exec.env.len, 0);
}

static int body_exec_relative(void *ctx)
{
    const char *const args[] = {"other name", NULL};

    if (chdir(sensor.dir) != 0)
        return 1;
    run("./link", args, no_env);
    return 2;
}

static void relative_name_and_symbolic_link(void **state)
{
    char copy[PATH_MAX], link[PATH_MAX];

    sensor_path(&sensor, "real", copy);
    sensor_path(&sensor, "link", link);
    copy_helper(copy);
    CHECK_INT(symlink("real", link), 0);

    struct exec exec = exec_of((uint32_t)sensor_run(&sensor, body_exec_relative, NULL));

    CHECK_SV(exec.path, sv(copy));
    CHECK_SV(exec.filename, SV("./link"));
    CHECK_SV(exec.args, ((struct sv){"other name", 11}));
    CHECK_INT(unlink(link), 0);
    CHECK_INT(unlink(copy), 0);
}

static int body_exec_script(void *ctx)
{
    const char *const args[] = {"script", "x", NULL};

    run(ctx, args, no_env);
    return 2;
}

static void script_shows_its_interpreter(void **state)
{
    char script[PATH_MAX], text[PATH_MAX + 8];

    sensor_path(&sensor, "script", script);

    int len = snprintf(text, sizeof(text), "#!%s\n", sensor.helper);
    int fd = open(script, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

    CHECK_INT(write(fd, text, (size_t)len), len);
    (void)close(fd);

    struct exec exec = exec_of((uint32_t)sensor_run(&sensor, body_exec_script, script));

    CHECK_SV(exec.path, sv(sensor.helper));
    CHECK_SV(exec.filename, sv(script));
    CHECK(sv_starts(exec.args, sv(sensor.helper)));
    CHECK_INT(unlink(script), 0);
}

static int body_exec_deleted(void *ctx)
{
    const char *const args[] = {"gone", NULL};
    char copy[PATH_MAX];

    sensor_path(&sensor, "gone", copy);

    int fd = open(copy, O_RDONLY | O_CLOEXEC);

    if (unlink(copy) != 0)
        return 1;
    run_at(fd, "", args, no_env, AT_EMPTY_PATH);
    return 2;
}

static void execveat_of_a_deleted_file(void **state)
{
    char copy[PATH_MAX];

    sensor_path(&sensor, "gone", copy);
    copy_helper(copy);

    struct exec exec = exec_of((uint32_t)sensor_run(&sensor, body_exec_deleted, NULL));

    CHECK_INT(exec.record->call, WIRE_CALL_EXECVEAT);
    CHECK((exec.record->hdr.flags & WIRE_EXE_DELETED) != 0);
    CHECK_SV(exec.path, sv(copy));
    CHECK(sv_starts(exec.filename, SV("/dev/fd/")));
}

static int body_exec_memfd(void *ctx)
{
    static char bytes[4 << 20];
    const char *const args[] = {"m", NULL};
    int in = open(sensor.helper, O_RDONLY | O_CLOEXEC);
    int fd = memfd_create("payload", MFD_CLOEXEC);
    ssize_t len = read(in, bytes, sizeof(bytes));

    if (fd < 0 || len <= 0 || write(fd, bytes, (size_t)len) != len)
        return 1;
    run_at(fd, "", args, no_env, AT_EMPTY_PATH);
    return 2;
}

static void exec_from_a_memfd(void **state)
{
    struct exec exec = exec_of((uint32_t)sensor_run(&sensor, body_exec_memfd, NULL));

    CHECK((exec.record->hdr.flags & WIRE_EXE_MEMFD) != 0);
    CHECK((exec.record->hdr.flags & WIRE_EXE_DELETED) == 0);
    CHECK_SV(exec.path, SV("/memfd:payload"));
}

static int body_exec_fails(void *ctx)
{
    const char *const args[] = {"x", NULL};

    if (chdir("/") != 0)
        return 1;
    run("no/such\nprogram", args, no_env);
    run_at(77, "y", args, no_env, 0);
    return errno == EBADF ? 0 : 3;
}

static void failed_execs_are_calls(void **state)
{
    uint32_t pid = (uint32_t)sensor_run(&sensor, body_exec_fails, NULL);
    const struct wire_call_record *first = sensor_call(&sensor, WIRE_CALL_EXECVE, pid, 0);
    const struct wire_call_record *second = sensor_call(&sensor, WIRE_CALL_EXECVEAT, pid, 0);

    CHECK(first != NULL && second != NULL);
    CHECK(sensor_find(&sensor, WIRE_EXEC, pid, 0) == NULL);
    CHECK_INT(first->result, -ENOENT);
    CHECK_SV(sensor_part(first, WIRE_PART_STRING), SV("no/such\nprogram"));
    CHECK_INT(second->result, -EBADF);
    CHECK_INT(second->arg[0], 77);
    CHECK_SV(sensor_part(second, WIRE_PART_STRING), SV("y"));
}

static void *thread_exec(void *ctx)
{
    const char *const args[] = {"t", NULL};

    run(sensor.helper, args, no_env);
    return NULL;
}

static int body_exec_from_thread(void *ctx)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, thread_exec, NULL) != 0)
        return 1;
    (void)pthread_join(thread, NULL);
    return 2;
}

static void exec_from_another_thread(void **state)
{
    pid_t pid = sensor_run(&sensor, body_exec_from_thread, NULL);
    struct exec exec = exec_of((uint32_t)pid);

    CHECK((exec.record->hdr.flags & WIRE_THREAD) != 0);
    CHECK_INT(exec.record->hdr.tid, pid);
    CHECK_INT(exec.record->task.threads, 1);
    CHECK(sensor_find(&sensor, WIRE_EXIT, (uint32_t)pid, 0) != NULL);
    CHECK(sensor_find(&sensor, WIRE_EXIT, (uint32_t)pid, 1) == NULL);
    CHECK(sensor_find(&sensor, WIRE_FORK, 0, 0) == NULL);
}

static int body_exec_as_user(void *ctx)
{
    const char *const args[] = {"u", NULL};
    char copy[PATH_MAX];

    sensor_path(&sensor, "as-user", copy);
    if (chmod(sensor.dir, 0755) != 0 || setsid() < 0 || syscall(SYS_setgroups, 0, NULL) != 0 ||
        setresgid(GID, GID + 1, GID + 2) != 0 || setresuid(UID, UID + 1, UID + 2) != 0)
        return 1;
    run(copy, args, no_env);
    return 2;
}

static void credentials_and_session(void **state)
{
    char copy[PATH_MAX];

    sensor_path(&sensor, "as-user", copy);
    copy_helper(copy);

    pid_t pid = sensor_run(&sensor, body_exec_as_user, NULL);
    struct exec exec = exec_of((uint32_t)pid);
    const struct wire_creds *creds = &exec.record->task.creds;

    CHECK_INT(creds->uid, UID);
    CHECK_INT(creds->euid, UID + 1);
    CHECK_INT(creds->suid, UID + 1); /* an exec copies the effective one */
    CHECK_INT(creds->fsuid, UID + 1);
    CHECK_INT(creds->gid, GID);
    CHECK_INT(creds->egid, GID + 1);
    CHECK_INT(creds->fsgid, GID + 1);
    CHECK_INT(creds->cap_effective, 0);
    CHECK_INT(creds->cap_permitted, 0);
    CHECK_INT(exec.record->task.sid, pid);
    CHECK_INT(exec.record->task.pgid, pid);
    CHECK_INT(exec.record->task.tty, 0);
    CHECK((exec.record->hdr.flags & WIRE_EXE_WRITABLE) == 0);
    CHECK_INT(unlink(copy), 0);
}

static int body_forks(void *ctx)
{
    pid_t exits = fork();

    if (exits == 0)
        _exit(7);

    pid_t killed = fork();

    if (killed == 0) {
        (void)kill(getpid(), SIGKILL);
        _exit(1);
    }
    (void)waitpid(exits, NULL, 0);
    (void)waitpid(killed, NULL, 0);
    return 0;
}

static void forks_and_exits(void **state)
{
    pid_t pid = sensor_run(&sensor, body_forks, NULL);
    static const int status[] = {7 << 8, SIGKILL};

    for (size_t i = 0; i < ARRAY_LEN(status); i++) {
        const struct wire_task_record *made =
            (const struct wire_task_record *)sensor_find(&sensor, WIRE_FORK, 0, i);

        CHECK(made != NULL);

        const struct wire_exit *ended =
            (const struct wire_exit *)sensor_find(&sensor, WIRE_EXIT, made->hdr.pid, 0);

        CHECK(ended != NULL);
        CHECK_INT(made->task.pid, made->hdr.pid);
        CHECK_INT(made->task.ppid, pid);
        CHECK_INT(made->task.start_ns, made->hdr.start_ns);
        CHECK_INT(made->task.cgroup_v2, sensor.cgroup_id);
        CHECK_INT(ended->exit_code, status[i]);
        CHECK_INT(ended->hdr.start_ns, made->hdr.start_ns);
        CHECK_INT(ended->hdr.flags, 0);
        CHECK(ended->reaper_pid != 0);
    }
    CHECK(sensor_find(&sensor, WIRE_FORK, 0, 2) == NULL);

    const struct wire_exit *own =
        (const struct wire_exit *)sensor_find(&sensor, WIRE_EXIT, (uint32_t)pid, 0);

    CHECK(own != NULL);
    CHECK_INT(own->exit_code, 0);
}

static int body_subreaper(void *ctx)
{
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return 1;

    pid_t child = fork();

    if (child == 0) {
        if (fork() == 0) {
            (void)poll(NULL, 0, 20); /* outlives its parent */
            _exit(0);
        }
        _exit(0);
    }
    while (wait(NULL) > 0)
        continue;
    return 0;
}

static void exit_names_the_subreaper(void **state)
{
    pid_t pid = sensor_run(&sensor, body_subreaper, NULL);
    const struct wire_header *child = sensor_find(&sensor, WIRE_FORK, 0, 0);

    CHECK(child != NULL);

    const struct wire_exit *ended =
        (const struct wire_exit *)sensor_find(&sensor, WIRE_EXIT, child->pid, 0);

    CHECK(ended != NULL);
    CHECK_INT(ended->reaper_pid, pid);
}

static void *thread_ends_last(void *ctx)
{
    (void)poll(NULL, 0, 20);
    return NULL;
}

static int body_leader_ends_first(void *ctx)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, thread_ends_last, NULL) != 0)
        return 1;
    return (int)syscall(SYS_exit, 0); /* of this thread only */
}

static void leader_may_end_first(void **state)
{
    uint32_t pid = (uint32_t)sensor_run(&sensor, body_leader_ends_first, NULL);
    const struct wire_header *ended = sensor_find(&sensor, WIRE_EXIT, pid, 0);

    CHECK(ended != NULL);
    CHECK(sensor_find(&sensor, WIRE_EXIT, pid, 1) == NULL);
    CHECK((ended->flags & WIRE_THREAD) != 0);
    CHECK(ended->tid != pid);
}

enum { THREADS = 8, GROUPS = 50 };

static void *thread_idle(void *ctx)
{
    (void)pthread_barrier_wait(ctx);
    return NULL;
}

/* Many processes whose threads all end at the same moment. */
static int body_threads_end_together(void *ctx)
{
    for (int i = 0; i < GROUPS; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            pthread_t thread[THREADS];
            pthread_barrier_t barrier;

            (void)pthread_barrier_init(&barrier, NULL, THREADS + 1);
            for (int t = 0; t < THREADS; t++)
                if (pthread_create(&thread[t], NULL, thread_idle, &barrier) != 0)
                    _exit(1);
            (void)pthread_barrier_wait(&barrier);
            return (int)syscall(SYS_exit, 0); /* of this thread only */
        }
        if (waitpid(pid, NULL, 0) != pid)
            return 1;
    }
    return 0;
}

static void a_process_ends_once(void **state)
{
    (void)sensor_run(&sensor, body_threads_end_together, NULL);
    for (size_t i = 0; i < GROUPS; i++) {
        const struct wire_header *made = sensor_find(&sensor, WIRE_FORK, 0, i);

        CHECK(made != NULL);
        CHECK(sensor_find(&sensor, WIRE_EXIT, made->pid, 0) != NULL);
        CHECK(sensor_find(&sensor, WIRE_EXIT, made->pid, 1) == NULL);
    }
}

static int body_clones(void *ctx)
{
    struct clone_args args = {.flags = CLONE_FS, .exit_signal = SIGCHLD};
    long pid = syscall(SYS_clone3, &args, sizeof(args));

    if (pid == 0)
        _exit(0);
    if (waitpid((pid_t)pid, NULL, 0) != pid)
        return 1;
    pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    if (waitpid((pid_t)pid, NULL, 0) != pid)
        return 2;
    return syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0) == -1 && errno == EINVAL ? 0 : 3;
}

static void clone_family(void **state)
{
    uint32_t pid = (uint32_t)sensor_run(&sensor, body_clones, NULL);
    static const struct {
        enum wire_call call;
        size_t nth;
        uint64_t flags;
        bool fails;
    } rows[] = {
        {WIRE_CALL_CLONE3, 0, CLONE_FS, false},
        {WIRE_CALL_CLONE, 0, SIGCHLD, false},
        {WIRE_CALL_CLONE, 1, CLONE_THREAD, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct wire_call_record *caller =
            sensor_call(&sensor, rows[i].call, pid, rows[i].nth);

        CHECK(caller != NULL);
        if (rows[i].call == WIRE_CALL_CLONE)
            CHECK_INT(caller->arg[0], rows[i].flags);
        else
            CHECK_SV(sensor_part(caller, WIRE_PART_STRUCT),
                     ((struct sv){(const char *)&rows[i].flags, sizeof(rows[i].flags)}));
        if (rows[i].fails) {
            CHECK_INT(caller->result, -EINVAL);
            continue;
        }

        const struct wire_call_record *child =
            sensor_call(&sensor, rows[i].call, (uint32_t)caller->result, 0);

        CHECK(child != NULL);
        CHECK_INT(child->result, 0);
        CHECK(sensor_find(&sensor, WIRE_FORK, (uint32_t)caller->result, 0) != NULL);
    }
}

static int body_pid_namespace(void *ctx)
{
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0)
        return 1;

    pid_t pid = fork();

    if (pid == 0)
        return body_exec(NULL);
    return waitpid(pid, NULL, 0) == pid ? 0 : 2;
}

static void ids_in_a_pid_namespace(void **state)
{
    (void)sensor_run(&sensor, body_pid_namespace, NULL);

    const struct wire_task_record *made =
        (const struct wire_task_record *)sensor_find(&sensor, WIRE_FORK, 0, 0);
    struct stat pidns, mntns;

    CHECK(made != NULL);
    CHECK_INT(stat("/proc/self/ns/pid", &pidns), 0);
    CHECK_INT(stat("/proc/self/ns/mnt", &mntns), 0);

    struct exec exec = exec_of(made->hdr.pid);
    const struct wire_task *task = &exec.record->task;

    CHECK_INT(task->pid, made->hdr.pid);
    CHECK_INT(task->vpid, 1);
    CHECK_INT(task->vppid, 0);
    CHECK_INT(task->vpgid, 0); /* its group is outside */
    CHECK(task->pgid != 0);
    CHECK(task->pidns_inum != pidns.st_ino && task->pidns_inum != 0);
    CHECK(task->mntns_inum != mntns.st_ino && task->mntns_inum != 0);
    CHECK_INT(task->pidns_start_ns, task->start_ns);
    CHECK_INT(made->task.vpid, 1);
}

static int body_overlay(void *ctx)
{
    static const char *const dirs[] = {"lower", "upper", "work", "merged"};
    char path[PATH_MAX], options[4 * PATH_MAX];
    const char *const args[] = {"o", NULL};

    for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
        sensor_path(&sensor, dirs[i], path);
        if (mkdir(path, 0755) != 0)
            return 1;
    }
    sensor_path(&sensor, "lower/program", path);
    copy_helper(path);
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return 1;
    /* The temporary directory may itself be an overlay: upper and work need their own. */
    (void)snprintf(options, sizeof(options), "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work",
                   sensor.dir, sensor.dir, sensor.dir);
    sensor_path(&sensor, "merged", path);
    if (mount("overlay", path, "overlay", 0, options) != 0)
        return 77;
    sensor_path(&sensor, "merged/new", path);
    copy_helper(path);

    pid_t lower = fork();

    if (lower == 0) {
        sensor_path(&sensor, "merged/program", path);
        run(path, args, no_env);
        _exit(1);
    }
    if (waitpid(lower, NULL, 0) != lower)
        return 2;
    run(path, args, no_env);
    return 3;
}

static void layers_of_an_overlay(void **state)
{
    pid_t pid = sensor_start(&sensor, NULL, body_overlay, NULL);
    int status;

    CHECK_INT(waitpid(pid, &status, 0), pid);
    if (status == 77 << 8) {
        print_message("no overlay can be mounted here\n");
        return;
    }
    CHECK_INT(status, 0);
    sensor_drain(&sensor);

    const struct wire_header *made = sensor_find(&sensor, WIRE_FORK, 0, 0);

    CHECK(made != NULL);

    struct exec lower = exec_of(made->pid), upper = exec_of((uint32_t)pid);

    CHECK(sv_ends(lower.path, SV("/merged/program")));
    CHECK_INT(lower.record->hdr.flags & (WIRE_EXE_LOWER | WIRE_EXE_UPPER), WIRE_EXE_LOWER);
    CHECK(sv_ends(upper.path, SV("/merged/new")));
    CHECK_INT(upper.record->hdr.flags & (WIRE_EXE_LOWER | WIRE_EXE_UPPER), WIRE_EXE_UPPER);
}

static int body_wait(void *ctx)
{
    (void)poll(NULL, 0, 60000);
    return 0;
}

static void snapshot_lists_who_is_there(void **state)
{
    struct sensor other = {0};
    struct err *err = NULL;
    pid_t inside = sensor_start(&sensor, NULL, body_wait, NULL);
    pid_t outside = sensor_start(&sensor, "", body_wait, NULL);

    for (int round = 0; round < 2; round++) {
        CHECK_INT(kernel_ring_snapshot(sensor.ring, sensor_keep, &other, err), 0);

        const struct wire_task_record *task =
            (const struct wire_task_record *)sensor_find(&other, WIRE_TASK, (uint32_t)inside, 0);

        CHECK(task != NULL);
        CHECK_INT(task->task.pid, inside);
        CHECK_INT(task->task.ppid, getpid());
        CHECK_INT(task->task.cgroup_v2, sensor.cgroup_id);
        CHECK_INT(other.record[0]->kind, WIRE_CGROUP);
        CHECK_INT(((const struct wire_cgroup *)other.record[0])->id, sensor.cgroup_id);
        CHECK(sensor_find(&other, WIRE_TASK, (uint32_t)inside, 1) == NULL);
        CHECK(sensor_find(&other, WIRE_TASK, (uint32_t)outside, 0) == NULL);
        sensor_clear(&other);
    }
    free(other.record);
    CHECK_INT(kill(inside, SIGKILL), 0);
    CHECK_INT(kill(outside, SIGKILL), 0);
    sensor_wait(inside, SIGKILL);
    sensor_wait(outside, SIGKILL);
}

static int body_changes(void *ctx)
{
    (void)prctl(PR_SET_KEEPCAPS, 1); /* changes nothing that is kept */
    (void)prctl(PR_SET_NAME, "changed");
    (void)syscall(SYS_setsid);
    if (chdir(sensor.dir) != 0 || chdir("/no/such/directory") == 0)
        return 1;
    (void)syscall(SYS_kill, 0, 0);
    return syscall(SYS_setresuid, 65534, 65534, 65534) == 0 ? 0 : 2;
}

static struct wire_task task_in(const struct wire_call_record *record)
{
    struct sv part = sensor_part(record, WIRE_PART_TASK);
    struct wire_task task;

    CHECK_INT(part.len, sizeof(task));
    memcpy(&task, part.ptr, sizeof(task));
    return task;
}

static void changes_are_told_whoever_asks(void **state)
{
    struct wire_calls none = {{0}}, all = wire_calls_all();
    const struct wire_call_record *name, *session, *cwd, *user;
    uint32_t pid;

    CHECK_INT(kernel_ring_set_calls(sensor.ring, &none, NULL), 0);
    pid = (uint32_t)sensor_run(&sensor, body_changes, NULL);
    CHECK_INT(kernel_ring_set_calls(sensor.ring, &all, NULL), 0);
    name = sensor_call(&sensor, WIRE_CALL_PRCTL, pid, 0);
    session = sensor_call(&sensor, WIRE_CALL_SETSID, pid, 0);
    cwd = sensor_call(&sensor, WIRE_CALL_CHDIR, pid, 0);
    user = sensor_call(&sensor, WIRE_CALL_SETRESUID, pid, 0);
    CHECK(name != NULL && session != NULL && cwd != NULL && user != NULL);
    CHECK_STR(task_in(name).comm, "changed");
    CHECK_INT(task_in(session).sid, pid);
    CHECK_SV(sensor_part(cwd, WIRE_PART_CWD), sv(sensor.dir));
    CHECK_INT(task_in(user).creds.euid, 65534);
    CHECK_INT(task_in(user).creds.cap_effective, 0);
    /* What changed nothing, or failed, is nobody's. */
    CHECK(sensor_call(&sensor, WIRE_CALL_PRCTL, pid, 1) == NULL);
    CHECK(sensor_call(&sensor, WIRE_CALL_CHDIR, pid, 1) == NULL);
    CHECK(sensor_call(&sensor, WIRE_CALL_KILL, pid, 0) == NULL);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(exec_says_what_runs, setup),
        cmocka_unit_test_setup(long_arguments_are_cut_and_marked, setup),
        cmocka_unit_test_setup(relative_name_and_symbolic_link, setup),
        cmocka_unit_test_setup(script_shows_its_interpreter, setup),
        cmocka_unit_test_setup(execveat_of_a_deleted_file, setup),
        cmocka_unit_test_setup(exec_from_a_memfd, setup),
        cmocka_unit_test_setup(failed_execs_are_calls, setup),
        cmocka_unit_test_setup(exec_from_another_thread, setup),
        cmocka_unit_test_setup(credentials_and_session, setup),
        cmocka_unit_test_setup(forks_and_exits, setup),
        cmocka_unit_test_setup(exit_names_the_subreaper, setup),
        cmocka_unit_test_setup(leader_may_end_first, setup),
        cmocka_unit_test_setup(a_process_ends_once, setup),
        cmocka_unit_test_setup(clone_family, setup),
        cmocka_unit_test_setup(changes_are_told_whoever_asks, setup),
        cmocka_unit_test_setup(ids_in_a_pid_namespace, setup),
        cmocka_unit_test_setup(layers_of_an_overlay, setup),
        cmocka_unit_test_setup(snapshot_lists_who_is_there, setup),
    };
    char helper[PATH_MAX];

    if (argc != 2 || realpath(argv[1], helper) == NULL)
        return 2;
    sensor_begin(&sensor, helper, NULL);

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    sensor_end(&sensor);
    return failed;
}
