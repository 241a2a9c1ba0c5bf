/* Many short-lived processes, and a ring that nobody reads: nothing is lost without being counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/capture/sensor.h"
#include "tests/unit/test.h"

enum {
    WORKERS = 2,
    EACH = 1000,
    PROCESSES = WORKERS * EACH,
    PID_MAX = 1 << 22,
    STACK_BYTES = 64 << 10,
    OPENS = 20000, /* more than the smallest ring holds */
};

static struct sensor sensor;

struct made {
    uint32_t worker[WORKERS];
    uint32_t pid[WORKERS][EACH];
};

static struct made *made;

static double now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int child_exec(void *ctx)
{
    const char *const args[] = {"x", NULL}, *const env[] = {NULL};

    (void)syscall(SYS_execve, sensor.helper, args, env);
    return 1;
}

/* As posix_spawn() does, for speed: the child borrows the memory until it executes. */
static int body_many(void *ctx)
{
    static char stack[STACK_BYTES] __attribute__((aligned(16)));
    uint32_t *pids = ctx;

    for (size_t i = 0; i < EACH; i++) {
        int status,
            pid = clone(child_exec, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);

        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
            return 1;
        pids[i] = (uint32_t)pid;
    }
    return 0;
}

struct seen {
    size_t kind[WIRE_KIND_COUNT], twice, unexpected, wrong_parent;
    uint32_t *parent; /* by pid; 0: not a process of ours */
    uint16_t *kinds;  /* by pid, bits */
};

static void on_process(void *ctx, const struct wire_header *hdr)
{
    struct seen *seen = ctx;
    uint32_t parent;

    for (size_t i = 0; i < WORKERS; i++)
        if (hdr->pid == made->worker[i])
            return;
    if (hdr->kind == WIRE_CGROUP)
        return;
    seen->kind[hdr->kind]++;
    seen->twice += (seen->kinds[hdr->pid] >> hdr->kind) & 1;
    seen->kinds[hdr->pid] |= (uint16_t)(1u << hdr->kind);
    parent = seen->parent[hdr->pid];
    seen->unexpected += parent == 0;
    if (hdr->kind == WIRE_FORK)
        seen->wrong_parent += ((const struct wire_task_record *)hdr)->task.ppid != parent;
    if (hdr->kind == WIRE_EXEC)
        seen->wrong_parent += ((const struct wire_exec *)hdr)->task.ppid != parent;
}

/* Exact, but for programs that a kernel with preemptible tracepoints did not start. */
static void check_all_counted(uint64_t counted, uint64_t not_started)
{
    CHECK(counted <= PROCESSES);
    CHECK(counted + not_started >= PROCESSES);
}

static void every_process_is_seen_or_counted(void **state)
{
    struct kernel_ring_counts counts;
    struct seen seen = {
        .parent = xcalloc(PID_MAX, sizeof(uint32_t)),
        .kinds = xcalloc(PID_MAX, sizeof(uint16_t)),
    };
    double start = now();

    made = mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(made != MAP_FAILED);
    for (size_t i = 0; i < WORKERS; i++)
        made->worker[i] = (uint32_t)sensor_start(&sensor, NULL, body_many, made->pid[i]);
    for (size_t i = 0; i < WORKERS; i++)
        sensor_wait((pid_t)made->worker[i], 0);

    double seconds = now() - start;

    for (size_t i = 0; i < WORKERS; i++)
        for (size_t j = 0; j < EACH; j++)
            seen.parent[made->pid[i][j]] = made->worker[i];
    CHECK(kernel_ring_consume(sensor.ring, 0, on_process, &seen, NULL) >= 0);
    kernel_ring_counts(sensor.ring, &counts);
    print_message("%d processes in %.2f s: %zu execs seen, %llu lost; %zu parents wrong\n",
                  PROCESSES, seconds, seen.kind[WIRE_EXEC],
                  (unsigned long long)counts.lost[WIRE_EXEC], seen.wrong_parent);
    check_all_counted(seen.kind[WIRE_FORK] + counts.lost[WIRE_FORK], counts.lost[0]);
    check_all_counted(seen.kind[WIRE_EXEC] + counts.lost[WIRE_EXEC], counts.lost[0]);
    check_all_counted(seen.kind[WIRE_EXIT] + counts.lost[WIRE_EXIT], counts.lost[0]);
    CHECK_INT(seen.wrong_parent, 0);
    CHECK_INT(seen.twice, 0);
    CHECK_INT(seen.unexpected, 0);
    CHECK_INT(counts.malformed, 0);
    CHECK_INT(munmap(made, sizeof(*made)), 0);
    free(seen.parent);
    free(seen.kinds);
}

static int body_opens(void *ctx)
{
    for (int i = 0; i < OPENS; i++)
        if (syscall(SYS_openat, AT_FDCWD, "/no/such/file", O_RDONLY) != -1)
            return 1;
    return 0;
}

static void on_open(void *ctx, const struct wire_header *hdr)
{
    size_t *seen = ctx;

    *seen += hdr->kind == WIRE_OPEN;
}

static void what_finds_the_ring_full_is_counted(void **state)
{
    struct kernel_ring_options options = {
        .cgroup = sensor.cgroup,
        .ring_bytes = 1,
        .calls = sensor_one_call(WIRE_CALL_OPENAT),
    };
    struct kernel_ring_counts counts;
    struct kernel_ring *ring = NULL;
    struct err err = {0};
    size_t seen = 0;

    CHECK_INT(kernel_ring_open(&options, &ring, &err), 0);
    sensor_wait(sensor_start(&sensor, NULL, body_opens, NULL), 0);
    kernel_ring_counts(ring, &counts);
    CHECK(kernel_ring_consume(ring, 0, on_open, &seen, NULL) >= 0);
    print_message("%d opens into a full ring: %llu sent, %llu lost, %zu received\n", OPENS,
                  (unsigned long long)counts.sent[WIRE_OPEN],
                  (unsigned long long)counts.lost[WIRE_OPEN], seen);
    CHECK(counts.lost[WIRE_OPEN] > 0 && counts.sent[WIRE_OPEN] > 0);
    CHECK_INT(counts.sent[WIRE_OPEN] + counts.lost[WIRE_OPEN], OPENS);
    CHECK_INT(counts.lost_call[WIRE_CALL_OPENAT], counts.lost[WIRE_OPEN]);
    CHECK_INT(seen, counts.sent[WIRE_OPEN]);
    kernel_ring_close(ring);
}

static void a_batch_may_be_limited(void **state)
{
    struct kernel_ring_options options = {
        .cgroup = sensor.cgroup,
        .calls = sensor_one_call(WIRE_CALL_OPENAT),
    };
    struct kernel_ring *ring = NULL;
    struct kernel_ring_counts counts;
    struct err err = {0};
    size_t seen = 0;
    int rc;

    CHECK_INT(kernel_ring_open(&options, &ring, &err), 0);
    sensor_wait(sensor_start(&sensor, NULL, body_opens, NULL), 0);
    CHECK_INT(kernel_ring_consume(ring, 3, on_open, &seen, NULL), 3);
    CHECK(seen <= 3);
    while ((rc = kernel_ring_consume(ring, 1000, on_open, &seen, NULL)) > 0)
        CHECK(rc <= 1000);
    CHECK_INT(rc, 0);
    kernel_ring_counts(ring, &counts);
    CHECK_INT(seen, OPENS);
    CHECK_INT(counts.lost[WIRE_OPEN], 0);
    CHECK_INT(counts.received, counts.sent[WIRE_OPEN] + counts.sent[WIRE_EXIT]);
    kernel_ring_close(ring);
}

enum {
    WAKEUPS = 200,
    WAKEUP_GAP_US = 3000, /* long enough for the reader to find nothing and rest */
    LATENCY_MAX_MS = 100, /* the machine may be busy; a lost wakeup would take the whole poll */
};

static int body_opens_slowly(void *ctx)
{
    for (int i = 0; i < WAKEUPS; i++) {
        (void)syscall(SYS_openat, AT_FDCWD, "/no/such/file", O_RDONLY);
        (void)usleep(WAKEUP_GAP_US);
    }
    return 0;
}

struct latency {
    size_t seen;
    uint64_t ns[WAKEUPS];
};

static void on_slow_open(void *ctx, const struct wire_header *hdr)
{
    struct latency *latency = ctx;
    struct timespec time;

    if (hdr->kind != WIRE_OPEN || latency->seen == WAKEUPS)
        return;
    (void)clock_gettime(CLOCK_BOOTTIME, &time);
    latency->ns[latency->seen++] =
        (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec - hdr->time_ns;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void a_resting_reader_is_woken(void **state)
{
    struct kernel_ring_options options = {
        .cgroup = sensor.cgroup,
        .calls = sensor_one_call(WIRE_CALL_OPENAT),
    };
    struct kernel_ring *ring = NULL;
    struct latency latency = {0};
    struct err err = {0};

    CHECK_INT(kernel_ring_open(&options, &ring, &err), 0);

    pid_t pid = sensor_start(&sensor, NULL, body_opens_slowly, NULL);
    struct pollfd ready = {.fd = kernel_ring_fd(ring), .events = POLLIN};

    while (latency.seen < WAKEUPS) {
        CHECK_INT(poll(&ready, 1, 10 * LATENCY_MAX_MS), 1);
        CHECK(kernel_ring_consume(ring, 0, on_slow_open, &latency, NULL) >= 0);
    }
    sensor_wait(pid, 0);
    qsort(latency.ns, WAKEUPS, sizeof(latency.ns[0]), compare);
    print_message("from record to reader: median %llu us, 99%% %llu us\n",
                  (unsigned long long)latency.ns[WAKEUPS / 2] / 1000,
                  (unsigned long long)latency.ns[WAKEUPS * 99 / 100] / 1000);
    CHECK(latency.ns[WAKEUPS / 2] < LATENCY_MAX_MS * 1000000ull);
    kernel_ring_close(ring);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_process_is_seen_or_counted),
        cmocka_unit_test(what_finds_the_ring_full_is_counted),
        cmocka_unit_test(a_batch_may_be_limited),
        cmocka_unit_test(a_resting_reader_is_woken),
    };
    struct kernel_ring_options options = {.calls = {{0}}};
    char helper[PATH_MAX];

    if (argc != 2 || realpath(argv[1], helper) == NULL)
        return 2;
    sensor_begin(&sensor, helper, &options);

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    sensor_end(&sensor);
    return failed;
}
