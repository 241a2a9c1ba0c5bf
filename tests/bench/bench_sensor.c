/* tests/bench/bench_sensor.c - what the sensor costs the watched, and how soon a finding is safe.
 *
 *     bench_sensor TIERCEL RULES [--json]
 *
 * Rounds alternate: without tiercel, with it. A worker inside the watched cgroup times itself. The
 * latency runs from the event's time stamp in the kernel to the commit, as the hub logs it; its
 * limit is a bare append and fdatasync of a finding's size on the same file system. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/sv.h"
#include "report.h"
#include "scene.h"

enum {
    ROUNDS = 7,
    LATENCY_FINDINGS = 300,
    LATENCY_PAUSE_US = 3000,
    FINDING_BYTES = 4096,
};

/* ---------------------------------------------------------------------------------- workloads */

static void work_getppid(void)
{
    (void)syscall(SYS_getppid);
}

static void work_open(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (fd >= 0)
        (void)close(fd);
}

static void work_exec(void)
{
    pid_t pid = vfork();

    if (pid == 0) {
        (void)execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }
    (void)waitpid(pid, NULL, 0);
}

static const struct {
    const char *name;
    void (*run)(void);
    unsigned times;
} workloads[] = {
    {"getppid", work_getppid, 2000000},
    {"open+close", work_open, 200000},
    {"fork+exec+wait /bin/true", work_exec, 400},
};

/* ------------------------------------------------------------------------------------- worker */

/* The worker runs workload N for each byte N it reads, and answers with ns an operation. */
struct worker {
    pid_t pid;
    int ask, answer;
};

static void worker_loop(int ask, int answer)
{
    unsigned char which = 0;

    while (read(ask, &which, 1) == 1) {
        for (unsigned i = 0; i < workloads[which].times / 10; i++)
            workloads[which].run();
        uint64_t from = clock_mono_ns();
        for (unsigned i = 0; i < workloads[which].times; i++)
            workloads[which].run();
        double ns = (double)(clock_mono_ns() - from) / workloads[which].times;
        if (write(answer, &ns, sizeof(ns)) != sizeof(ns))
            break;
    }
    _exit(0);
}

static struct worker worker_start(const struct scene *scene)
{
    int ask[2], answer[2];

    if (pipe(ask) != 0 || pipe(answer) != 0)
        exit(1);
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(ask[1]);
        (void)close(answer[0]);
        worker_loop(ask[0], answer[1]);
    }
    (void)close(ask[0]);
    (void)close(answer[1]);
    scene_enter(scene, pid);
    return (struct worker){pid, ask[1], answer[0]};
}

static double worker_ask(const struct worker *worker, size_t workload)
{
    unsigned char which = (unsigned char)workload;
    double ns = 0;

    if (write(worker->ask, &which, 1) != 1 || read(worker->answer, &ns, sizeof(ns)) != sizeof(ns))
        exit(1);
    return ns;
}

static void worker_stop(const struct worker *worker)
{
    (void)close(worker->ask);
    (void)close(worker->answer);
    (void)waitpid(worker->pid, NULL, 0);
}

/* --------------------------------------------------------------------------------------- cost */

static void measure_cost(struct scene *scene, struct report *report)
{
    struct report_row *row[ARRAY_LEN(workloads)];
    struct report_row *sensor = NULL, *hub = NULL;
    struct worker worker = worker_start(scene);

    for (size_t i = 0; i < ARRAY_LEN(workloads); i++)
        row[i] = report_add(report, workloads[i].name, "ns", "watched, shipped rules", "no sensor");
    sensor = report_add(report, "RSS of the sensor", "MB", "after the workloads", NULL);
    hub = report_add(report, "RSS of the hub", "MB", "after the workloads", NULL);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < ARRAY_LEN(workloads); i++)
            report_limit(row[i], worker_ask(&worker, i));
        scene_start(scene);
        for (size_t i = 0; i < ARRAY_LEN(workloads); i++)
            report_ours(row[i], worker_ask(&worker, i));
        report_ours(sensor, (double)scene_rss_kib(scene, "sensor") / 1024);
        report_ours(hub, (double)scene_rss_kib(scene, "hub") / 1024);
        scene_stop(scene);
    }
    worker_stop(&worker);
}

/* ------------------------------------------------------------------------------------ latency */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double at_share(const double *sorted, size_t count, double share)
{
    size_t at = (size_t)(share * (double)count);

    return count == 0 ? 0 : sorted[at >= count ? count - 1 : at];
}

static void trigger_findings(const struct scene *scene)
{
    char marker[128];
    pid_t pid = fork();

    if (pid != 0) {
        (void)waitpid(pid, NULL, 0);
        return;
    }
    (void)snprintf(marker, sizeof(marker), "%s/marker", scene->dir);
    scene_enter(scene, getpid());
    for (int i = 0; i < LATENCY_FINDINGS; i++) {
        int fd = open(marker, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (fd >= 0)
            (void)close(fd);
        (void)usleep(LATENCY_PAUSE_US);
    }
    _exit(0);
}

static size_t read_latencies(const struct scene *scene, double *us)
{
    char *text = scene_log(scene);
    size_t count = 0;

    for (const char *at = strstr(text, "\"latency_us\":"); at != NULL && count < LATENCY_FINDINGS;
         at = strstr(at + 1, "\"latency_us\":"))
        us[count++] = strtod(at + strlen("\"latency_us\":"), NULL);
    free(text);
    return count;
}

/* What the disk alone takes to make as many bytes durable. */
static size_t measure_sync(const struct scene *scene, double *us)
{
    char path[128];
    char block[FINDING_BYTES];

    memset(block, 'x', sizeof(block));
    (void)snprintf(path, sizeof(path), "%s/sync", scene->dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    for (size_t i = 0; i < LATENCY_FINDINGS; i++) {
        uint64_t from = clock_mono_ns();
        if (write(fd, block, sizeof(block)) != sizeof(block) || fdatasync(fd) != 0)
            exit(1);
        us[i] = (double)(clock_mono_ns() - from) / 1000;
        (void)usleep(LATENCY_PAUSE_US);
    }
    (void)close(fd);
    return LATENCY_FINDINGS;
}

static void measure_latency(struct scene *scene, struct report *report)
{
    double ours[LATENCY_FINDINGS], limit[LATENCY_FINDINGS];
    char rule[512];

    (void)snprintf(rule, sizeof(rule),
                   "- rule: Marker opened\n  desc: measures latency\n"
                   "  condition: evt.type in (open, openat, creat) and fd.name = %s/marker\n"
                   "  output: marker (file=%%fd.name)\n  priority: NOTICE\n",
                   scene->dir);
    scene->extra_rules = rule;
    scene_start(scene);
    trigger_findings(scene);
    size_t our_count = 0;
    for (int tries = 0; tries < 100 && our_count < LATENCY_FINDINGS; tries++) {
        (void)usleep(100000);
        our_count = read_latencies(scene, ours);
    }
    size_t limit_count = measure_sync(scene, limit);
    scene_stop(scene);
    scene->extra_rules = NULL;
    if (our_count != LATENCY_FINDINGS) {
        (void)fprintf(stderr, "bench: %zu of %d findings became durable\n", our_count,
                      LATENCY_FINDINGS);
        exit(1);
    }
    qsort(ours, our_count, sizeof(*ours), compare);
    qsort(limit, limit_count, sizeof(*limit), compare);
    struct report_row *half = report_add(report, "system call to durable, p50", "us",
                                         "one finding at a time", "append + fdatasync");
    struct report_row *most = report_add(report, "system call to durable, p99", "us",
                                         "one finding at a time", "append + fdatasync");
    report_ours(half, at_share(ours, our_count, 0.50));
    report_limit(half, at_share(limit, limit_count, 0.50));
    report_ours(most, at_share(ours, our_count, 0.99));
    report_limit(most, at_share(limit, limit_count, 0.99));
}

int main(int argc, char **argv)
{
    bool json = argc > 3 && strcmp(argv[3], "--json") == 0;
    struct report report = {0};
    struct scene scene;

    if (argc < 3) {
        (void)fprintf(stderr, "usage: bench_sensor TIERCEL RULES [--json]\n");
        return 2;
    }
    scene_init(&scene, argv[1], argv[2]);
    measure_cost(&scene, &report);
    measure_latency(&scene, &report);
    scene_done(&scene);
    report_print(&report, json);
    return 0;
}
