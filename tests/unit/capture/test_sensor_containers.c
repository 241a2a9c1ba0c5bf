#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "decode/wire.h"
#include "enrich/tables.h"
#include "tests/unit/capture/sensor.h"
#include "tests/unit/test.h"

enum { STORM = 3000, SCRATCH_BLOCK = 65536 };

#define TASKS "run/containerd/io.containerd.runtime.v2.task/k8s.io"
#define MS 1000000ULL

static struct sensor sensor;

static int setup(void **state)
{
    sensor_drain(&sensor); /* cgroups that the last test removed */
    sensor_clear(&sensor);
    return 0;
}

static const struct wire_cgroup *find(const char *end, uint16_t what, size_t *at)
{
    for (; *at < sensor.count; (*at)++) {
        const struct wire_cgroup *cgroup = (const struct wire_cgroup *)sensor.record[*at];

        if (cgroup->hdr.kind == WIRE_CGROUP && cgroup->what == what &&
            sv_ends((struct sv){cgroup->data, cgroup->path_len}, sv(end)))
            return cgroup;
    }
    return NULL;
}

static int body_exec(void *ctx)
{
    const char *const args[] = {"x", NULL}, *const env[] = {NULL};

    (void)syscall(SYS_execve, sensor.helper, args, env);
    return 1;
}

static void made_is_told_before_anybody_is_in_and_removed_after(void **state)
{
    char path[PATH_MAX];
    struct stat st;
    size_t at = 0;

    sensor_make_cgroup(&sensor, "made", path);
    CHECK_INT(stat(path, &st), 0);
    sensor_wait(sensor_start(&sensor, path, body_exec, NULL), 0);
    sensor_drain(&sensor);
    while (rmdir(path) != 0 && errno == EBUSY)
        (void)usleep(1000);
    sensor_drain(&sensor);

    const struct wire_cgroup *made = find("/made", WIRE_CGROUP_MADE, &at);
    CHECK(made != NULL);
    CHECK_INT(made->id, st.st_ino);
    CHECK_INT(made->hierarchy, WIRE_CGROUP_V2);
    size_t made_at = at;
    CHECK(find("/made", WIRE_CGROUP_GONE, &at) != NULL);
    for (size_t i = 0; i < sensor.count; i++)
        CHECK(sensor.record[i]->kind != WIRE_EXEC || (i > made_at && i < at));
    at = 0;
    test_row("not announced once more");
    CHECK(find("/made", WIRE_CGROUP_SEEN, &at) == NULL);
}

static int body_make_v1(void *ctx)
{
    const char *const *paths = ctx;

    for (; *paths != NULL; paths++) {
        if (mkdir(*paths, 0755) != 0 || rmdir(*paths) != 0)
            return 1;
    }
    return 0;
}

/* Of the hierarchies of version 1, only the one that task records name. */
static void one_hierarchy_of_version_1(void **state)
{
    char memory[PATH_MAX], cpu[PATH_MAX];
    const char *paths[] = {memory, cpu, NULL};
    size_t at = 0;

    (void)snprintf(memory, sizeof(memory), "/sys/fs/cgroup/memory/tiercel-v1-%d", (int)getpid());
    (void)snprintf(cpu, sizeof(cpu), "/sys/fs/cgroup/cpu/tiercel-v1-%d", (int)getpid());
    if (access("/sys/fs/cgroup/memory/cgroup.procs", F_OK) != 0 ||
        access("/sys/fs/cgroup/cpu/cgroup.procs", F_OK) != 0)
        skip();
    (void)sensor_run(&sensor, body_make_v1, paths);
    const struct wire_cgroup *made = find(strrchr(memory, '/'), WIRE_CGROUP_MADE, &at);
    CHECK(made != NULL);
    CHECK_INT(made->hierarchy, WIRE_CGROUP_V1);
    at++;
    CHECK(find(strrchr(memory, '/'), WIRE_CGROUP_MADE, &at) == NULL);

    test_row("made from outside");
    sensor_clear(&sensor);
    CHECK_INT(mkdir(memory, 0755) | rmdir(memory), 0);
    sensor_drain(&sensor);
    CHECK_INT(sensor.count, 0);
}

/* The way of the records as the sensor role has it. */
struct reader {
    struct tables *tables;
    struct wire_decoder decoder;
    struct arena *scratch;
    struct event event;
    struct change change;
    uint64_t longest_ns; /* for one record, all included */
    uint32_t execs, described;
};

static void reader_open(struct reader *r)
{
    *r = (struct reader){.scratch = arena_new(SCRATCH_BLOCK)};
    r->tables = tables_new(&(struct tables_options){.proc_root = "/proc", .host_root = sensor.dir});
}

static void reader_close(struct reader *r)
{
    tables_free(r->tables);
    arena_free(r->scratch);
}

static void on_record(void *ctx, const struct wire_header *record)
{
    struct reader *r = ctx;
    uint64_t start = clock_mono_ns();
    bool is_event =
        wire_decode(&r->decoder, record, r->scratch, &r->event, &r->change) == WIRE_EVENT;

    if (r->change.kind != CHANGE_NONE)
        tables_apply(r->tables, &r->change);
    if (is_event && record->kind == WIRE_EXEC) {
        const struct process *process = tables_find(r->tables, record->pid, record->start_ns);
        r->execs++;
        r->described += process->container != NULL && process->container->has_spec;
    }
    tables_settle(r->tables);
    arena_reset(r->scratch);
    uint64_t took = clock_mono_ns() - start;
    r->longest_ns = took > r->longest_ns ? took : r->longest_ns;
}

/* A bundle, then its cgroup, then (one in ten) a program in it, then all removed, thousands of
 * times. */
static void bundle_path(uint32_t number, char path[PATH_MAX], const char *file)
{
    (void)snprintf(path, PATH_MAX, "%s/" TASKS "/%064x%s", sensor.dir, number, file);
}

static void bundle_make(uint32_t number)
{
    static const char text[] = "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"app\"},"
                               "\"process\":{},\"linux\":{}}";
    char path[PATH_MAX];

    bundle_path(number, path, "");
    CHECK_INT(mkdir(path, 0755), 0);
    bundle_path(number, path, "/config.json");
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    CHECK_INT(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    (void)close(fd);
}

static int body_storm(void *ctx)
{
    char path[PATH_MAX + 80];

    for (uint32_t i = 1; i <= STORM; i++) {
        (void)snprintf(path, sizeof(path), "%s/kubepods/%064x", sensor.cgroup, i);
        if (mkdir(path, 0755) != 0)
            return 1;
        if (i % 10 == 0)
            sensor_wait(sensor_start(&sensor, path, body_exec, NULL), 0);
        while (rmdir(path) != 0) {
            if (errno != EBUSY)
                return 2;
        }
        (void)usleep(1500);
    }
    return 0;
}

static void make_directories(void)
{
    char path[PATH_MAX];

    sensor_path(&sensor, TASKS, path);
    for (char *slash = path + strlen(sensor.dir); slash != NULL;) {
        slash = strchr(slash + 1, '/');
        if (slash != NULL)
            *slash = '\0';
        CHECK_INT(mkdir(path, 0755), 0);
        if (slash != NULL)
            *slash = '/';
    }
    for (uint32_t i = 1; i <= STORM; i++)
        bundle_make(i);
}

static bool ended(pid_t pid, int *status)
{
    return waitpid(pid, status, WNOHANG) == pid;
}

static void a_storm_of_containers(void **state)
{
    struct reader reader;
    struct tables_counts counts;
    struct kernel_ring_counts before, after;
    char pods[PATH_MAX];
    int status = -1;
    bool over = false;

    make_directories();
    reader_open(&reader);
    sensor_make_cgroup(&sensor, "kubepods", pods);
    kernel_ring_counts(sensor.ring, &before);
    uint64_t start = clock_mono_ns();
    pid_t pid = sensor_start(&sensor, NULL, body_storm, NULL);
    do {
        over = over || ended(pid, &status);
        int got = kernel_ring_consume(sensor.ring, 256, on_record, &reader, NULL);
        CHECK(got >= 0);
        tables_turn(reader.tables, clock_boot_ns());
        tables_counts(reader.tables, &counts);
        if (got == 0)
            (void)usleep(200);
    } while ((!over || counts.containers_waiting > 0) && clock_mono_ns() < start + 60000 * MS);
    uint64_t took_ms = (clock_mono_ns() - start) / MS;
    CHECK_INT(status, 0);
    CHECK(kernel_ring_consume(sensor.ring, 0, on_record, &reader, NULL) >= 0);
    kernel_ring_counts(sensor.ring, &after);
    tables_counts(reader.tables, &counts);
    (void)printf("%d containers in %" PRIu64 " ms: %" PRIu64 " described ahead, %" PRIu64
                 " refused; of %u first execs %u had everything; longest time for one record "
                 "%" PRIu64 " us\n",
                 STORM, took_ms, counts.containers_ahead, counts.containers_refused, reader.execs,
                 reader.described, reader.longest_ns / 1000);
    CHECK_INT(after.lost[WIRE_CGROUP], before.lost[WIRE_CGROUP]);
    CHECK_INT(counts.containers_waiting, 0);
    /* An exec may be first with its own look; what was refused is counted. */
    CHECK(counts.containers_ahead + counts.containers_refused >= STORM * 95 / 100);
    CHECK_INT(reader.execs, STORM / 10);
    CHECK_INT(reader.described, reader.execs);
    CHECK(reader.longest_ns < 200 * MS);
    reader_close(&reader);
    CHECK_INT(rmdir(pods), 0);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(made_is_told_before_anybody_is_in_and_removed_after, setup),
        cmocka_unit_test_setup(one_hierarchy_of_version_1, setup),
        cmocka_unit_test_setup(a_storm_of_containers, setup),
    };
    char helper[PATH_MAX];

    if (argc != 2 || realpath(argv[1], helper) == NULL)
        return 2;
    sensor_begin(&sensor, helper, NULL);

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    sensor_end(&sensor);
    return failed;
}
