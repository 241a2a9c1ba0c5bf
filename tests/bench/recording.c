#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "capture/kernel_ring.h"
#include "capture/wire_check.h"
#include "load.h"
#include "scene.h"

enum {
    RING_BYTES = 64 << 20,
    WAIT_MS = 100,
    TEMPORARY_MAX = 4096,
};

struct head {
    char magic[8];
    uint64_t version, records, lost;
};

_Static_assert(sizeof(struct head) == RECORDING_HEAD, "layout of the file");

static const char magic[8] = "tclrec1";

static _Noreturn void give_up(const char *what)
{
    (void)fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* -------------------------------------------------------------------------------- the recorder */

struct recorder {
    FILE *file;
    uint64_t records;
};

static void keep(void *ctx, const struct wire_header *record)
{
    struct recorder *recorder = ctx;

    if (fwrite(record, record->size, 1, recorder->file) != 1)
        give_up("write the recording");
    recorder->records++;
}

/* All but those that move data: a stream of these would say little about rules. */
static struct wire_calls recorded_calls(void)
{
    static const enum wire_call left_out[] = {
        WIRE_CALL_READ,   WIRE_CALL_WRITE,  WIRE_CALL_PREAD,   WIRE_CALL_PWRITE, WIRE_CALL_READV,
        WIRE_CALL_WRITEV, WIRE_CALL_PREADV, WIRE_CALL_PWRITEV, WIRE_CALL_FCNTL,  WIRE_CALL_IOCTL,
    };
    struct wire_calls calls = {{0}};

    for (uint32_t call = 0; call < WIRE_CALL_COUNT; call++) {
        bool wanted = true;
        for (size_t i = 0; i < ARRAY_LEN(left_out); i++)
            wanted &= call != left_out[i];
        if (wanted)
            wire_calls_add(&calls, call);
    }
    return calls;
}

static struct kernel_ring *open_ring(struct scene *scene)
{
    const struct kernel_ring_options options = {.cgroup = scene->cgroup,
                                                .ring_bytes = RING_BYTES,
                                                .calls = recorded_calls(),
                                                .environment = true};
    struct kernel_ring *ring = NULL;
    struct err err = {0};

    int rc = kernel_ring_open(&options, &ring, &err);
    if (rc < 0) {
        (void)fprintf(stderr, "bench: skipped: %s\n", err_text(&err, rc));
        scene_done(scene);
        exit(77);
    }
    return ring;
}

/* Readable once somebody wants this to end: the load must not stay behind. */
static int watch_signals(sigset_t *before)
{
    sigset_t ends;

    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &ends, before);
    int fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        give_up("watch for signals");
    return fd;
}

/* false when a signal ended it. */
static bool record(struct recorder *recorder, struct kernel_ring *ring, int signals)
{
    uint64_t until = clock_mono_ns() + RECORDING_SECONDS * CLOCK_NS;
    struct pollfd waits[] = {{.fd = kernel_ring_fd(ring), .events = POLLIN},
                             {.fd = signals, .events = POLLIN}};
    struct err err = {0};

    while (recorder->records < RECORDING_RECORDS && clock_mono_ns() < until) {
        (void)poll(waits, ARRAY_LEN(waits), WAIT_MS);
        if ((waits[1].revents & POLLIN) != 0)
            return false;
        int rc = kernel_ring_consume(ring, 0, keep, recorder, &err);
        if (rc < 0) {
            (void)fprintf(stderr, "bench: read the ring: %s\n", err_text(&err, rc));
            return false;
        }
    }
    return true;
}

static uint64_t lost(const struct kernel_ring *ring)
{
    struct kernel_ring_counts counts;
    uint64_t sum = 0;

    kernel_ring_counts(ring, &counts);
    for (size_t i = 0; i < WIRE_KIND_COUNT; i++)
        sum += counts.lost[i];
    return sum + counts.malformed;
}

static bool is_there(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct head head = {.records = 0};
    bool fine = fd >= 0 && read(fd, &head, sizeof(head)) == sizeof(head) &&
                memcmp(head.magic, magic, sizeof(magic)) == 0 && head.version == WIRE_VERSION &&
                head.records >= RECORDING_ENOUGH;

    if (fd >= 0)
        (void)close(fd);
    return fine;
}

void recording_make(const char *path)
{
    struct recorder recorder = {.records = 0};
    struct head head = {.version = WIRE_VERSION};
    char temporary[TEMPORARY_MAX];
    pid_t pid[LOAD_COUNT];
    struct scene scene;
    sigset_t before;

    if (is_there(path))
        return;
    (void)fprintf(stderr, "bench: recording up to %u records, at most %u s\n", RECORDING_RECORDS,
                  RECORDING_SECONDS);
    (void)snprintf(temporary, sizeof(temporary), "%s.new", path);
    recorder.file = fopen(temporary, "we");
    if (recorder.file == NULL || fwrite(&head, sizeof(head), 1, recorder.file) != 1)
        give_up(temporary);
    scene_init(&scene, NULL, NULL);
    struct kernel_ring *ring = open_ring(&scene);
    uint64_t from = clock_mono_ns();
    int signals = watch_signals(&before);
    load_start(&scene, pid);
    bool fine = record(&recorder, ring, signals);
    load_stop(&scene, pid);
    memcpy(head.magic, magic, sizeof(magic));
    head.records = recorder.records;
    head.lost = lost(ring);
    kernel_ring_close(ring);
    scene_done(&scene);
    if (!fine) {
        (void)unlink(temporary);
        exit(1);
    }
    if (fseek(recorder.file, 0, SEEK_SET) != 0 ||
        fwrite(&head, sizeof(head), 1, recorder.file) != 1 || fclose(recorder.file) != 0 ||
        rename(temporary, path) != 0)
        give_up(path);
    (void)fprintf(
        stderr, "bench: %llu records in %llu s, %llu lost\n", (unsigned long long)head.records,
        (unsigned long long)((clock_mono_ns() - from) / CLOCK_NS), (unsigned long long)head.lost);
}

void recording_open(struct recording *recording, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat stat;

    if (fd < 0 || fstat(fd, &stat) != 0)
        give_up(path);
    *recording = (struct recording){.bytes = (size_t)stat.st_size};
    recording->base = mmap(NULL, recording->bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (recording->base == MAP_FAILED || recording->bytes < sizeof(struct head))
        give_up(path);
    (void)close(fd);
    const struct head *head = (const struct head *)(const void *)recording->base;
    recording->lost = head->lost;
    recording->first = recording->base + sizeof(*head);
    for (const char *at = recording->first; at < recording->base + recording->bytes;) {
        const struct wire_header *record = (const struct wire_header *)(const void *)at;
        size_t left = (size_t)(recording->base + recording->bytes - at);
        if (left < sizeof(*record) || record->size > left || !wire_check(record, record->size)) {
            (void)fprintf(stderr, "bench: %s is damaged; remove it\n", path);
            exit(1);
        }
        recording->of_kind[record->kind]++;
        recording->records++;
        at += record->size;
    }
}

void recording_close(struct recording *recording)
{
    (void)munmap(recording->base, recording->bytes);
}
