/* What goes wrong around the sensor: it stays up, holds nobody up, counts what it loses, and goes
 * on.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/unit/capture/uring.h"
#include "tests/unit/capture/watch.h"
#include "tests/unit/test.h"

enum {
    STORM = 30000,   /* opens: many times what the ring holds */
    FORKS = 3000,    /* of the bomb */
    BOMB_MOST = 64,  /* processes at a time */
    STALL_MS = 8000, /* more than a storm may take on a busy machine */
};

static struct watch watch;

static const char *const fields[] = {"proc.name", "proc.cmdline", "fd.name", "proc.exepath", NULL};

static int setup(void **state)
{
    watch_clear(&watch);
    return 0;
}

static uint64_t lost(enum wire_kind kind)
{
    struct kernel_ring_counts counts;

    kernel_ring_counts(watch.sensor.ring, &counts);
    return counts.lost[kind];
}

static int open_marker(void)
{
    char path[PATH_MAX];

    sensor_path(&watch.sensor, "marker", path);
    return open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0644) >= 0 ? 0 : 1;
}

static int body_marker(void *ctx)
{
    return open_marker();
}

/* Everything is seen again: the test of each recovery. */
static void check_alive(void)
{
    watch_clear(&watch);
    (void)watch_run(&watch, body_marker, NULL);
    CHECK(watch_field(&watch, "openat", "marker", 0, "fd.name") != NULL ||
          watch_field(&watch, "open", "marker", 0, "fd.name") != NULL);
}

/* ---- a consumer that does not come ---- */

static int body_storm(void *ctx)
{
    uint64_t *took_ns = ctx;
    uint64_t from = clock_mono_ns();

    for (int i = 0; i < STORM; i++) {
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        if (fd < 0)
            return 1;
        (void)close(fd);
    }
    *took_ns = clock_mono_ns() - from;
    return 0;
}

static void nobody_reads(void **state)
{
    uint64_t *took_ns =
        mmap(NULL, sizeof(*took_ns), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct kernel_ring_counts before, after;

    CHECK(took_ns != MAP_FAILED);
    kernel_ring_counts(watch.sensor.ring, &before);

    pid_t pid = sensor_start(&watch.sensor, NULL, body_storm, took_ns);

    sensor_wait(pid, 0);
    kernel_ring_counts(watch.sensor.ring, &after);
    CHECK(*took_ns < STALL_MS * 1000000ull);
    /* Each open was sent or counted as lost, nothing in between. */
    CHECK(after.lost[WIRE_OPEN] > before.lost[WIRE_OPEN]);
    CHECK(after.sent[WIRE_OPEN] - before.sent[WIRE_OPEN] + after.lost[WIRE_OPEN] -
              before.lost[WIRE_OPEN] >=
          STORM);
    watch_drain(&watch);
    check_alive();
    CHECK_INT(munmap(took_ns, sizeof(*took_ns)), 0);
}

/* ---- a fork bomb in a cgroup that limits it ---- */

struct bomb {
    uint64_t made, refused;
    char group[PATH_MAX]; /* of the controller pids, version 1 */
};

/* Into a group of its own that takes no more processes than that; where there is none, the bomb
 * limits itself. */
static void limit_processes(const char *group)
{
    static const char *const files[] = {"pids.max", "cgroup.procs"};

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        char path[PATH_MAX], text[16];
        int len = snprintf(text, sizeof(text), "%d", i == 0 ? BOMB_MOST : (int)getpid());

        if (snprintf(path, sizeof(path), "%s/%s", group, files[i]) >= PATH_MAX)
            return;
        scoped(fd_close) int fd = open(path, O_WRONLY | O_CLOEXEC);

        if (fd < 0 || write(fd, text, (size_t)len) != len)
            return;
    }
}

static int body_bomb(void *ctx)
{
    struct bomb *bomb = ctx;
    int running = 0;

    limit_processes(bomb->group);
    while (bomb->made < FORKS) {
        pid_t pid = running < BOMB_MOST ? fork() : -1;

        if (pid == 0)
            _exit(0);
        if (pid > 0) {
            bomb->made++;
            running++;
            continue;
        }
        bomb->refused++;
        if (running == 0 || waitpid(-1, NULL, 0) <= 0)
            return 1;
        running--;
    }
    while (waitpid(-1, NULL, 0) > 0)
        continue;
    return 0;
}

static void a_fork_bomb(void **state)
{
    struct bomb *bomb =
        mmap(NULL, sizeof(*bomb), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct kernel_ring_counts before, after;

    kernel_ring_counts(watch.sensor.ring, &before);

    CHECK(bomb != MAP_FAILED);
    (void)snprintf(bomb->group, sizeof(bomb->group), "/sys/fs/cgroup/pids/tiercel-bomb-%d",
                   (int)getpid());
    (void)mkdir(bomb->group, 0755);

    pid_t pid = sensor_start(&watch.sensor, NULL, body_bomb, bomb);

    sensor_wait(pid, 0);
    watch_drain(&watch);
    kernel_ring_counts(watch.sensor.ring, &after);

    uint64_t made = after.sent[WIRE_FORK] - before.sent[WIRE_FORK] + after.lost[WIRE_FORK] -
                    before.lost[WIRE_FORK];

    CHECK_INT(made, FORKS);
    CHECK(bomb->refused > 0);
    (void)rmdir(bomb->group);
    CHECK_INT(munmap(bomb, sizeof(*bomb)), 0);
    CHECK_INT(after.malformed, before.malformed);
    check_alive();
}

/* ---- a table that is full ---- */

/* More requests of io_uring under way than the table holds: opens of a fifo that nobody writes. */
static int body_full_table(void *ctx)
{
    const int *most = ctx;
    struct uring uring;
    char name[PATH_MAX];
    int rc = 0;

    sensor_path(&watch.sensor, "fifo", name);
    for (int k = 0; k < *most / 64 && rc >= 0; k++) {
        rc = uring_open(&uring, 64, NULL);
        for (int i = 0; rc >= 0 && i < 64; i++)
            uring_next(&uring, IORING_OP_OPENAT, AT_FDCWD, name, 0, 0)->flags |=
                IOSQE_ASYNC | IOSQE_IO_DRAIN;
        if (rc >= 0 && uring_submit(&uring, 0) < 0)
            rc = -1;
    }
    return rc >= 0 ? open_marker() : 66;
}

static void a_full_table(void **state)
{
    int status = -1, most = 4096 + 256;
    char name[PATH_MAX];

    sensor_path(&watch.sensor, "fifo", name);
    CHECK_INT(mkfifo(name, 0600), 0);

    pid_t pid = sensor_start(&watch.sensor, NULL, body_full_table, &most);

    CHECK_INT(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 66)
        print_message("no io_uring for that many requests here\n");
    else
        CHECK_INT(status, 0);
    watch_drain(&watch);
    check_alive();
}

/* ---- rights that go away ---- */

static int body_revoked(void *ctx)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    struct kernel_ring_counts counts;
    struct wire_calls calls = {{0}};
    struct err err = {0};

    if (syscall(SYS_capset, &header, none) != 0)
        return 1;
    /* What is attached stays so, and can be read; new programs are refused with words. */
    kernel_ring_counts(watch.sensor.ring, &counts);
    if (kernel_ring_consume(watch.sensor.ring, 0, sensor_keep, &watch.sensor, &err) < 0)
        return 2;
    return kernel_ring_set_calls(watch.sensor.ring, &calls, &err) == 0 ? 0 : 3;
}

/* In a child that is a copy of the reader. */
static void capabilities_revoked(void **state)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0)
        _exit(body_revoked(NULL));
    sensor_wait(pid, 0);

    struct wire_calls all = wire_calls_all();

    CHECK_INT(kernel_ring_set_calls(watch.sensor.ring, &all, NULL), 0);
    check_alive();
}

/* ---- names made to do harm ---- */

/* Random bytes, the same in each run; no NUL and no slash. */
static void noise(char *out, size_t len, uint32_t *seed)
{
    for (size_t i = 0; i < len; i++) {
        *seed = *seed * 1664525u + 1013904223u;

        unsigned char byte = (unsigned char)(*seed >> 24);

        out[i] = (char)(byte == 0 || byte == '/' ? '%' : byte);
    }
    out[len] = '\0';
}

static int body_noise(void *ctx)
{
    uint32_t seed = *(const uint32_t *)ctx;
    char name[256], comm[16], args[2048];
    const char *const argv[] = {args, name, "", args, NULL};

    noise(name, seed % 250 + 1, &seed);
    noise(comm, seed % 15 + 1, &seed);
    noise(args, seed % 2000 + 1, &seed);
    if (chdir(watch.sensor.dir) != 0 || prctl(PR_SET_NAME, comm, 0, 0, 0) != 0)
        return 1;

    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 || unlink(name) != 0)
        return 2;
    (void)syscall(SYS_execve, watch.sensor.helper, argv, argv + 4);
    return 3;
}

static void hostile_names(void **state)
{
    struct kernel_ring_counts before, after;

    kernel_ring_counts(watch.sensor.ring, &before);
    for (uint32_t seed = 1; seed <= 60; seed++) {
        char cgroup[PATH_MAX], name[64];
        uint32_t mixed = seed * 2654435761u;

        noise(name, seed % 60 + 1, &mixed);
        if (strchr(name, '\n') != NULL || name[0] == '.')
            name[0] = '%';
        for (char *at = name; *at != '\0'; at++)
            if (*at == '\n')
                *at = '\t'; /* the kernel takes no newline in the name of a cgroup */
        sensor_make_cgroup(&watch.sensor, name, cgroup);

        pid_t pid = sensor_start(&watch.sensor, cgroup, body_noise, &seed);

        sensor_wait(pid, 0);
        watch_drain(&watch);
        for (int i = 0; i < 100 && rmdir(cgroup) != 0; i++)
            (void)poll(NULL, 0, 10);
    }
    kernel_ring_counts(watch.sensor.ring, &after);
    CHECK_INT(after.malformed, before.malformed);
    for (size_t i = 0; i < 60; i++) {
        const char *line = watch_field(&watch, "execve", NULL, i, "proc.cmdline");

        CHECK(line != NULL && line[0] == '"');
    }
    CHECK(watch_field(&watch, "execve", NULL, 60, "proc.cmdline") == NULL);
    check_alive();
}

/* ---- how long a start takes ---- */

static void start_is_quick(void **state)
{
    struct kernel_ring_options options = {.cgroup = watch.sensor.cgroup, .calls = wire_calls_all()};
    struct kernel_ring *second = NULL;
    struct err err = {0};
    uint64_t from = clock_mono_ns();

    if (kernel_ring_open(&options, &second, &err) < 0)
        TEST_FAIL("%s", err_text(&err, 0));

    uint64_t took_ms = (clock_mono_ns() - from) / 1000000;

    kernel_ring_close(second);
    print_message("loaded and attached in %u ms; the aim is 200\n", (unsigned)took_ms);
    CHECK(took_ms < 10000);
    CHECK_INT(lost(WIRE_TASK), 0);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nobody_reads, setup),
        cmocka_unit_test_setup(a_fork_bomb, setup),
        cmocka_unit_test_setup(a_full_table, setup),
        cmocka_unit_test_setup(capabilities_revoked, setup),
        cmocka_unit_test_setup(hostile_names, setup),
        cmocka_unit_test_setup(start_is_quick, setup),
    };

    watch_begin(&watch, argv[argc - 1], fields, KERNEL_RING_BYTES_MIN);

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    watch_end(&watch);
    return failed;
}
