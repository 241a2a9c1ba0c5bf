/* tests/unit/capture/sensor.c - see the header. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/unit/capture/sensor.h"
#include "tests/unit/test.h"

enum {
    MOUNTINFO_MAX = 1 << 20,
    MOUNT_MAX = 1024,
    QUIET_MS = 40, /* longer than any wakeup takes */
};

static _Noreturn void cannot(const char *reason)
{
    printf("cannot run here: %s\n", reason);
    (void)fflush(stdout);
    _exit(77);
}

/* The first cgroup2 mount: field 5 of a line whose type, after " - ", is cgroup2. */
static void find_cgroup2(char *path)
{
    scoped(buf_done) struct buf text = {.limit = MOUNTINFO_MAX};

    if (file_read("/proc/self/mountinfo", MOUNTINFO_MAX, &text, NULL) < 0)
        cannot("no /proc/self/mountinfo");

    struct sv rest = buf_view(&text);

    while (rest.len > 0) {
        struct sv line = sv_split(&rest, '\n');
        struct sv field = {0};

        if (sv_find(line, SV(" - cgroup2 "), 0) == SIZE_MAX)
            continue;
        for (int i = 0; i < 5; i++)
            field = sv_split(&line, ' ');
        (void)snprintf(path, MOUNT_MAX, "%.*s", SV_ARG(field));
        return;
    }
    cannot("no cgroup version 2 is mounted");
}

void sensor_begin(struct sensor *sensor, const char *helper,
                  const struct kernel_ring_options *options)
{
    struct kernel_ring_options mine = {.calls = wire_calls_all()};
    char mount[MOUNT_MAX];
    char template[] = "/tmp/tiercel-sensor-XXXXXX";
    struct err err = {0};
    struct stat st;

    *sensor = (struct sensor){.helper = helper};
    if (options != NULL)
        mine = *options;
    find_cgroup2(mount);
    (void)snprintf(sensor->cgroup, sizeof(sensor->cgroup), "%s/tiercel-sensor-%d", mount,
                   (int)getpid());
    if (mkdir(sensor->cgroup, 0755) != 0)
        cannot("no cgroup can be made (not root, or a read-only mount)");
    CHECK_INT(stat(sensor->cgroup, &st), 0);
    sensor->cgroup_id = st.st_ino;
    CHECK(mkdtemp(template) != NULL);
    CHECK(realpath(template, sensor->dir) != NULL);
    mine.cgroup = sensor->cgroup;

    int rc = kernel_ring_open(&mine, &sensor->ring, &err);

    if (rc < 0) {
        (void)rmdir(sensor->cgroup);
        (void)rmdir(sensor->dir);
    }
    if (rc == -EPERM)
        cannot(err_text(&err, rc));
    if (rc < 0)
        TEST_FAIL("%s", err_text(&err, rc));
}

/* What tests leave in the temporary directory is theirs to remove, but a failed one does not. Walks
 * by changing directory, as whole paths may be too long to use. */
static void remove_tree(char *dir)
{
    char *dirs[] = {dir, NULL};
    FTS *tree = fts_open(dirs, FTS_PHYSICAL | FTS_XDEV, NULL);
    FTSENT *entry;

    while (tree != NULL && (entry = fts_read(tree)) != NULL)
        if (entry->fts_info != FTS_D)
            (void)remove(entry->fts_accpath);
    if (tree != NULL)
        (void)fts_close(tree);
}

void sensor_end(struct sensor *sensor)
{
    kernel_ring_close(sensor->ring);
    sensor_clear(sensor);
    free(sensor->record);
    remove_tree(sensor->dir);
    for (int i = 0; i < 100 && rmdir(sensor->cgroup) != 0; i++)
        (void)poll(NULL, 0, 10); /* a process that was waited for leaves a little later */
}

void sensor_make_cgroup(const struct sensor *sensor, const char *name, char *path)
{
    CHECK(snprintf(path, PATH_MAX, "%s/%s", sensor->cgroup, name) < PATH_MAX);
    CHECK_INT(mkdir(path, 0755), 0);
}

static void move_to_cgroup(const char *cgroup, pid_t pid)
{
    char path[PATH_MAX], number[16];

    CHECK(snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup) < (int)sizeof(path));

    int len = snprintf(number, sizeof(number), "%d", (int)pid);
    scoped(fd_close) int fd = open(path, O_WRONLY | O_CLOEXEC);

    CHECK(fd >= 0);
    CHECK_INT(write(fd, number, (size_t)len), len);
}

pid_t sensor_start(const struct sensor *sensor, const char *cgroup, sensor_body_fn body, void *ctx)
{
    int gate[2];
    char go = 0;

    if (cgroup == NULL)
        cgroup = sensor->cgroup;
    CHECK_INT(pipe2(gate, O_CLOEXEC), 0);
    (void)fflush(NULL);

    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)close(gate[1]);
        _exit(read(gate[0], &go, 1) == 1 ? body(ctx) : 126);
    }
    (void)close(gate[0]);
    if (cgroup[0] != '\0')
        move_to_cgroup(cgroup, pid);
    CHECK_INT(write(gate[1], &go, 1), 1);
    (void)close(gate[1]);
    return pid;
}

void sensor_wait(pid_t pid, int status)
{
    int got = -1;

    CHECK_INT(waitpid(pid, &got, 0), pid);
    if (got != status)
        TEST_FAIL("child ended with wait status 0x%x, expected 0x%x", (unsigned)got,
                  (unsigned)status);
}

pid_t sensor_run(struct sensor *sensor, sensor_body_fn body, void *ctx)
{
    pid_t pid = sensor_start(sensor, NULL, body, ctx);

    sensor_wait(pid, 0);
    sensor_drain(sensor);
    return pid;
}

void sensor_clear(struct sensor *sensor)
{
    for (size_t i = 0; i < sensor->count; i++)
        free(sensor->record[i]);
    sensor->count = 0;
}

void sensor_keep(void *ctx, const struct wire_header *record)
{
    struct sensor *sensor = ctx;

    if (sensor->count == sensor->size) {
        sensor->size = sensor->size == 0 ? 1024 : 2 * sensor->size;
        sensor->record = xrealloc(sensor->record, sensor->size * sizeof(struct wire_header *));
    }
    sensor->record[sensor->count] = xmalloc(record->size);
    memcpy(sensor->record[sensor->count++], record, record->size);
}

void sensor_drain(struct sensor *sensor)
{
    struct pollfd ready = {.fd = kernel_ring_fd(sensor->ring), .events = POLLIN};
    struct err err = {0};

    while (poll(&ready, 1, QUIET_MS) > 0) {
        int rc = kernel_ring_consume(sensor->ring, 0, sensor_keep, sensor, &err);

        if (rc < 0)
            TEST_FAIL("%s", err_text(&err, rc));
    }
}

const struct wire_header *sensor_find(const struct sensor *sensor, enum wire_kind kind,
                                      uint32_t pid, size_t nth)
{
    for (size_t i = 0; i < sensor->count; i++) {
        const struct wire_header *hdr = sensor->record[i];

        if (hdr->kind == kind && (pid == 0 || hdr->pid == pid) && nth-- == 0)
            return hdr;
    }
    return NULL;
}

struct sv sensor_text(const char **at, size_t len)
{
    struct sv text = {*at, len};

    *at += len;
    return text;
}

void sensor_path(const struct sensor *sensor, const char *name, char *path)
{
    CHECK(snprintf(path, PATH_MAX, "%s/%s", sensor->dir, name) < PATH_MAX);
}

struct wire_calls sensor_one_call(enum wire_call call)
{
    struct wire_calls calls = {{0}};

    wire_calls_add(&calls, call);
    return calls;
}

struct sv sensor_part(const struct wire_call_record *record, enum wire_part part)
{
    const char *at = record->data;

    for (int i = 0; i < (int)part; i++)
        at += record->len[i];
    return (struct sv){at, record->len[part]};
}

const struct wire_call_record *sensor_call(const struct sensor *sensor, enum wire_call call,
                                           uint32_t pid, size_t nth)
{
    for (size_t i = 0;; i++) {
        const struct wire_call_record *record =
            (const struct wire_call_record *)sensor_find(sensor, WIRE_CALL, pid, i);

        if (record == NULL || (record->call == call && nth-- == 0))
            return record;
    }
}

struct wire_socket sensor_socket(const struct wire_call_record *record)
{
    struct sv part = sensor_part(record, WIRE_PART_SOCKET);
    struct wire_socket socket;

    CHECK_INT(part.len, sizeof(socket));
    memcpy(&socket, part.ptr, sizeof(socket));
    return socket;
}
