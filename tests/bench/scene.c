#include "scene.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"

#define START_NS (30 * CLOCK_NS)

static _Noreturn void give_up(const char *what)
{
    (void)fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* Where the cgroup v2 hierarchy is mounted: the field before the type in mountinfo's line. */
static void find_cgroup_mount(char *out, size_t size)
{
    scoped(buf_done) struct buf text = {0};

    if (file_read("/proc/self/mountinfo", 1 << 20, &text, NULL) < 0)
        give_up("read mountinfo");
    struct sv rest = buf_view(&text);
    while (rest.len > 0) {
        struct sv line = sv_split(&rest, '\n');
        if (sv_find(line, SV(" - cgroup2 "), 0) == SIZE_MAX)
            continue;
        for (int i = 0; i < 4; i++)
            (void)sv_split(&line, ' ');
        struct sv mount = sv_split(&line, ' ');
        (void)snprintf(out, size, "%.*s", SV_ARG(mount));
        return;
    }
    (void)fprintf(stderr, "bench: skipped: no cgroup v2 hierarchy is mounted\n");
    exit(77);
}

static void write_file(const char *path, const char *text)
{
    scoped(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || file_write_all(fd, sv(text), NULL) < 0)
        give_up(path);
}

void scene_init(struct scene *scene, const char *tiercel, const char *rules)
{
    char mount[256];

    *scene = (struct scene){.tiercel = tiercel, .rules = rules};
    find_cgroup_mount(mount, sizeof(mount));
    (void)snprintf(scene->cgroup, sizeof(scene->cgroup), "%s/tiercel-bench-%d", mount, getpid());
    if (mkdir(scene->cgroup, 0755) != 0)
        give_up(scene->cgroup);
    (void)snprintf(scene->dir, sizeof(scene->dir), "/tmp/tiercel-bench-XXXXXX");
    if (mkdtemp(scene->dir) == NULL || chmod(scene->dir, 0755) != 0)
        give_up("make a scratch directory");
}

static void remove_tree(const char *path)
{
    pid_t pid = fork();

    if (pid == 0) {
        (void)execlp("rm", "rm", "-rf", "--", path, (char *)NULL);
        _exit(127);
    }
    (void)waitpid(pid, NULL, 0);
}

void scene_done(struct scene *scene)
{
    scene_stop(scene);
    remove_tree(scene->dir);
    for (int i = 0; i < 50 && rmdir(scene->cgroup) != 0 && errno == EBUSY; i++)
        (void)usleep(20000);
}

void scene_enter(const struct scene *scene, pid_t pid)
{
    char path[600];
    char number[32];

    (void)snprintf(path, sizeof(path), "%s/cgroup.procs", scene->cgroup);
    (void)snprintf(number, sizeof(number), "%d", pid);
    write_file(path, number);
}

static void exec_tiercel(const struct scene *scene)
{
    char state[128], socket[128], log[128], extra[128];

    (void)snprintf(state, sizeof(state), "%s/state", scene->dir);
    (void)snprintf(socket, sizeof(socket), "%s/hub.sock", scene->dir);
    (void)snprintf(log, sizeof(log), "%s/log", scene->dir);
    (void)snprintf(extra, sizeof(extra), "%s/extra.yaml", scene->dir);
    write_file(extra, scene->extra_rules == NULL ? "" : scene->extra_rules);
    int err = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    int out = open("/dev/null", O_WRONLY);
    if (err < 0 || out < 0 || dup2(err, STDERR_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
        _exit(127);

    const char *arg[32] = {"tiercel",     "run",       "--json",   "--log-level", "debug",
                           "--state",     state,       "--socket", socket,        "--cgroup",
                           scene->cgroup, "--listen",  "none",     "-r",          extra,
                           "-r",          scene->rules};
    size_t count = 0;
    while (arg[count] != NULL)
        count++;
    for (size_t i = 0; i < ARRAY_LEN(scene->more_rules) && scene->more_rules[i] != NULL; i++) {
        arg[count++] = "-r";
        arg[count++] = scene->more_rules[i];
    }
    (void)execv(scene->tiercel, (char *const *)arg);
    _exit(127);
}

char *scene_log(const struct scene *scene)
{
    scoped(buf_done) struct buf text = {0};
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/log", scene->dir);
    if (file_read(path, 256 << 20, &text, NULL) < 0)
        return xstrdup_sv((struct sv){NULL, 0});
    return xstrdup_sv(buf_view(&text));
}

static bool log_has(const struct scene *scene, const char *words)
{
    char *text = scene_log(scene);
    bool has = strstr(text, words) != NULL;

    free(text);
    return has;
}

void scene_start(struct scene *scene)
{
    char log[128];
    uint64_t until = clock_mono_ns() + START_NS;
    int status = 0;

    (void)snprintf(log, sizeof(log), "%s/log", scene->dir);
    (void)unlink(log); /* what an earlier run said must not be taken for this one */
    scene->pid = fork();
    if (scene->pid < 0)
        give_up("fork");
    if (scene->pid == 0)
        exec_tiercel(scene);
    while (!log_has(scene, "\"storing\"") || !log_has(scene, "\"watching\"")) {
        if (waitpid(scene->pid, &status, WNOHANG) == scene->pid || clock_mono_ns() > until) {
            char *text = scene_log(scene);
            (void)fprintf(stderr, "bench: tiercel did not start:\n%s", text);
            free(text);
            scene->pid = WIFEXITED(status) ? 0 : scene->pid;
            scene_done(scene);
            exit(WIFEXITED(status) && WEXITSTATUS(status) == 3 ? 77 : 1);
        }
        (void)usleep(10000);
    }
}

void scene_stop(struct scene *scene)
{
    if (scene->pid <= 0)
        return;
    (void)kill(scene->pid, SIGTERM);
    (void)waitpid(scene->pid, NULL, 0);
    scene->pid = 0;
}

static bool pid_is_role(uint32_t pid, const char *role)
{
    scoped(buf_done) struct buf text = {0};
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
    if (file_read(path, 1 << 16, &text, NULL) < 0)
        return false;
    struct sv line = buf_view(&text);
    (void)sv_split(&line, '\0');
    return sv_eq(sv_split(&line, '\0'), sv(role));
}

/* The role's process among the supervisor's children, 0 when there is none. */
static uint32_t role_pid(const struct scene *scene, const char *role)
{
    scoped(buf_done) struct buf children = {0};
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", scene->pid, scene->pid);
    if (file_read(path, 1 << 16, &children, NULL) < 0)
        give_up(path);
    struct sv rest = buf_view(&children);
    while (rest.len > 0) {
        uint64_t pid = 0;
        if (sv_to_u64(sv_split(&rest, ' '), &pid) && pid_is_role((uint32_t)pid, role))
            return (uint32_t)pid;
    }
    return 0;
}

uint64_t scene_rss_kib(const struct scene *scene, const char *role)
{
    scoped(buf_done) struct buf status = {0};
    char path[64];
    uint64_t kib = 0;

    (void)snprintf(path, sizeof(path), "/proc/%u/status", role_pid(scene, role));
    if (file_read(path, 1 << 16, &status, NULL) < 0)
        give_up(path);
    size_t at = sv_find(buf_view(&status), SV("VmRSS:"), 0);
    struct sv line = sv_trim(sv_sub(buf_view(&status), at + 6, 16));
    return sv_to_u64(sv_split(&line, ' '), &kib) ? kib : 0;
}

uint64_t scene_cpu_ns(const struct scene *scene, const char *role)
{
    scoped(buf_done) struct buf text = {0};
    char path[64];
    uint64_t ns = 0;

    (void)snprintf(path, sizeof(path), "/proc/%u/schedstat", role_pid(scene, role));
    if (file_read(path, 4096, &text, NULL) < 0)
        give_up(path);
    struct sv line = buf_view(&text);
    return sv_to_u64(sv_split(&line, ' '), &ns) ? ns : 0;
}
