/* tests/bench/bench_sensor.c - what the sensor costs the watched, and how soon a finding is safe.
 *
 *     bench_sensor TIERCEL RULES SHARED [--json]
 *
 * With the shipped rules, and the upstream ones of SHARED where that is to be had. Rounds
 * alternate: without tiercel, with it. A worker inside the watched cgroup times itself. The latency
 * runs from the event's time stamp in the kernel to the commit, as the hub logs it; its limit is a
 * bare append and fdatasync of a finding's size on the same file system. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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
    ROUNDS = 5,
    STORM = 1000000, /* opens and closes */
    PIECE = 64,      /* bytes of a read and a write */
    LATENCY_FINDINGS = 300,
    LATENCY_PAUSE_US = 3000,
    FINDING_BYTES = 4096,
    PATH_SIZE = 1024,
};

/* ---------------------------------------------------------------------------------- workloads */

static void work_getppid(void)
{
    (void)syscall(SYS_getppid);
}

static void work_open(void)
{
    int fd = open("/usr/include/stdio.h", O_RDONLY | O_CLOEXEC);

    if (fd >= 0)
        (void)close(fd);
}

/* Of a pipe that the worker made. */
static void work_read_write(void)
{
    char piece[PIECE] = {0};

    if (write(STDOUT_FILENO, piece, sizeof(piece)) != sizeof(piece) ||
        read(STDIN_FILENO, piece, sizeof(piece)) != sizeof(piece))
        _exit(1);
}

/* A connection to ourselves: connect, accept, a byte there, close. */
static void work_tcp(void)
{
    static const char byte = 'x';
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    char got = 0;
    int listener = 3; /* the worker's */

    if (getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        _exit(1);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(client, (const struct sockaddr *)&address, size) != 0)
        _exit(1);
    int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (send(client, &byte, 1, 0) != 1 || recv(server, &got, 1, 0) != 1)
        _exit(1);
    (void)close(client);
    (void)close(server);
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
    {"read+write of 64 bytes", work_read_write, 300000},
    {"open+close of what no rule names", work_open, 200000},
    {"TCP connection to ourselves", work_tcp, 6000},
    {"fork+exec+wait /bin/true", work_exec, 400},
};

enum { WORK_OPEN = 2, WORK_EXEC = 4 };

/* ------------------------------------------------------------------------------------- worker */

/* The worker runs workload N for each byte N it reads, and answers with ns an operation. */
struct worker {
    pid_t pid;
    int ask, answer;
};

/* Descriptors that workloads use: 0 and 1 are a pipe, 3 is a socket that listens. */
static void worker_prepare(int *ask, int *answer)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int ends[2];

    *ask = fcntl(*ask, F_DUPFD_CLOEXEC, 16);
    *answer = fcntl(*answer, F_DUPFD_CLOEXEC, 16);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (const struct sockaddr *)&any, sizeof(any)) != 0 ||
        listen(listener, 8) != 0 || dup3(listener, 3, O_CLOEXEC) != 3 || pipe(ends) != 0 ||
        dup2(ends[0], STDIN_FILENO) != 0 || dup2(ends[1], STDOUT_FILENO) != 1)
        _exit(1);
}

static void worker_loop(int ask, int answer)
{
    unsigned char which = 0;

    worker_prepare(&ask, &answer);
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

struct cost_rows {
    struct report_row *work[ARRAY_LEN(workloads)], *open_cpu, *exec_cpu, *sensor, *hub, *start;
};

static void add_cost_rows(struct cost_rows *rows, struct report *report, const char *rules)
{
    for (size_t i = 0; i < ARRAY_LEN(workloads); i++)
        rows->work[i] = report_add(report, workloads[i].name, "ns", rules, "no sensor");
    rows->open_cpu = report_add(report, "our own CPU, an open+close", "ns", rules, NULL);
    rows->exec_cpu = report_add(report, "our own CPU, a fork+exec+wait", "ns", rules, NULL);
    rows->sensor = report_add(report, "RSS of the sensor", "MB", "after the workloads", NULL);
    rows->hub = report_add(report, "RSS of the hub", "MB", "after the workloads", NULL);
    rows->start = report_add(report, "start", "ms", "until it watches, rules loaded", NULL);
}

static void measure_with(struct scene *scene, const struct worker *worker,
                         const struct cost_rows *rows)
{
    uint64_t from = clock_mono_ns();

    scene_start(scene);
    report_ours(rows->start, (double)(clock_mono_ns() - from) / 1e6);
    for (size_t i = 0; i < ARRAY_LEN(workloads); i++) {
        double times = workloads[i].times * 1.1; /* it warms up */
        uint64_t cpu = scene_cpu_ns(scene, "sensor");
        report_ours(rows->work[i], worker_ask(worker, i));
        cpu = scene_cpu_ns(scene, "sensor") - cpu;
        if (i == WORK_OPEN)
            report_ours(rows->open_cpu, (double)cpu / times);
        if (i == WORK_EXEC)
            report_ours(rows->exec_cpu, (double)cpu / times);
    }
    report_ours(rows->sensor, (double)scene_rss_kib(scene, "sensor") / 1024);
    report_ours(rows->hub, (double)scene_rss_kib(scene, "hub") / 1024);
    scene_stop(scene);
}

static void measure_cost(struct scene *scene, const char *rules, struct report *report)
{
    struct worker worker = worker_start(scene);
    struct cost_rows rows;

    add_cost_rows(&rows, report, rules);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < ARRAY_LEN(workloads); i++)
            report_limit(rows.work[i], worker_ask(&worker, i));
        measure_with(scene, &worker, &rows);
    }
    worker_stop(&worker);
}

/* ---------------------------------------------------------------------------------- what is sent
 */

/* A number that the sensor logs when it stops. */
static double logged(const struct scene *scene, const char *name)
{
    scoped(free) char *text = scene_log(scene);
    const char *line = strstr(text, "\"sensor stopped\"");
    char key[64];

    (void)snprintf(key, sizeof(key), "\"%s\":", name);
    const char *at = line == NULL ? NULL : strstr(line, key);
    if (at == NULL) {
        (void)fprintf(stderr, "bench: the sensor did not log '%s'\n", name);
        exit(1);
    }
    return strtod(at + strlen(key), NULL);
}

static const char mixed[] =
    "for i in 1 2 3 4 5; do\n"
    "  printf 'int main(void){return %d;}' $i > main.c && cc -O1 -o main main.c && ./main\n"
    "  tar cf copy.tar /usr/include/linux 2>/dev/null; tar xf copy.tar; rm -rf usr copy.tar\n"
    "  grep -rc define /usr/include/linux >/dev/null; find /usr/share/doc -name x\n"
    "  for k in 1 2 3 4 5 6 7 8; do ls -l /usr/bin >/dev/null; cat main.c | sort >/dev/null; done\n"
    "  mv main.c other.c; chmod 600 other.c; rm other.c main\n"
    "done\n";

static void run_mixed(const struct scene *scene)
{
    pid_t pid = fork();

    if (pid != 0) {
        (void)waitpid(pid, NULL, 0);
        return;
    }
    scene_enter(scene, getpid());
    if (chdir(scene->dir) == 0)
        (void)execl("/bin/sh", "sh", "-c", mixed, (char *)NULL);
    _exit(1);
}

static void run_storm(const struct scene *scene)
{
    pid_t pid = fork();

    if (pid != 0) {
        (void)waitpid(pid, NULL, 0);
        return;
    }
    scene_enter(scene, getpid());
    for (int i = 0; i < STORM; i++)
        work_open();
    _exit(0);
}

static void measure_sent(struct scene *scene, const char *rules, struct report *report)
{
    scene_start(scene);
    run_storm(scene);
    scene_stop(scene);
    report_ours(report_add(report, "lost of a million opens", "", rules, NULL),
                logged(scene, "dropped"));
    scene_start(scene);
    run_mixed(scene);
    scene_stop(scene);
    double sent = logged(scene, "sent_calls");
    double filtered = logged(scene, "filtered");
    report_ours(report_add(report, "calls sent, mixed load", "%", rules, NULL),
                100 * sent / (sent + filtered));
    report_ours(report_add(report, "calls seen, mixed load", "", rules, NULL), sent + filtered);
    report_ours(report_add(report, "lost, mixed load", "", rules, NULL), logged(scene, "dropped"));
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

/* Upstream's rules besides ours, where they are to be had; what the rows say of the rules. */
static const char *add_upstream(struct scene *scene, const char *shared, char room[3][PATH_SIZE])
{
    static const char *const files[] = {"falco_rules.yaml", "falco-incubating_rules.yaml",
                                        "falco-sandbox_rules.yaml"};

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        (void)snprintf(room[i], PATH_SIZE, "%s/data/rules/falco/%s", shared, files[i]);
        if (access(room[i], R_OK) != 0) {
            (void)fprintf(stderr, "bench: no upstream rules at %s\n", room[i]);
            return "watched, shipped rules";
        }
        scene->more_rules[i] = room[i];
    }
    return "watched, all rules";
}

int main(int argc, char **argv)
{
    bool json = argc > 4 && strcmp(argv[4], "--json") == 0;
    struct report report = {0};
    char upstream[3][PATH_SIZE];
    struct scene scene;

    if (argc < 4) {
        (void)fprintf(stderr, "usage: bench_sensor TIERCEL RULES SHARED [--json]\n");
        return 2;
    }
    scene_init(&scene, argv[1], argv[2]);
    const char *rules = add_upstream(&scene, argv[3], upstream);
    measure_cost(&scene, rules, &report);
    measure_sent(&scene, rules, &report);
    measure_latency(&scene, &report);
    scene_done(&scene);
    report_print(&report, json);
    return 0;
}
