/* A thread rewrites the path while another opens it: what is reported must be what was opened. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/capture/sensor.h"
#include "tests/unit/test.h"

enum {
    TRIES = 100000,
    BATCH = 2000, /* opens before the reader has its turn: the ring holds them */
};

/* Shared with the child: which file each open really got. */
struct truth {
    atomic_uint goal, done; /* opens asked for, made */
    uint64_t ino[TRIES];
};

static struct sensor sensor;
static struct truth *truth;

struct flip {
    char *letter; /* "a" or "b", the last byte of the path */
    atomic_bool stop;
};

static void *thread_flip(void *ctx)
{
    struct flip *flip = ctx;

    while (!atomic_load_explicit(&flip->stop, memory_order_relaxed)) {
        __atomic_store_n(flip->letter, 'a', __ATOMIC_RELAXED);
        __atomic_store_n(flip->letter, 'b', __ATOMIC_RELAXED);
    }
    return NULL;
}

static int body_race(void *ctx)
{
    char path[PATH_MAX];
    struct flip flip = {0};
    pthread_t thread;

    sensor_path(&sensor, "a", path);
    flip.letter = path + strlen(path) - 1;
    if (pthread_create(&thread, NULL, thread_flip, &flip) != 0)
        return 1;
    for (unsigned i = 0; i < TRIES; i++) {
        struct stat st;

        while (atomic_load(&truth->goal) <= i)
            (void)usleep(100);

        int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);

        if (fd < 0 || fstat(fd, &st) != 0)
            return 2;
        truth->ino[i] = st.st_ino;
        (void)close(fd);
        atomic_store(&truth->done, i + 1);
    }
    atomic_store(&flip.stop, true);
    return pthread_join(thread, NULL) == 0 ? 0 : 3;
}

struct tally {
    unsigned seen, raw_differs, wrong;
    struct sv path[2]; /* of file a, file b */
    uint64_t ino[2];
};

static void on_record(void *ctx, const struct wire_header *hdr)
{
    struct tally *tally = ctx;
    const struct wire_open *open = (const struct wire_open *)hdr;

    if (hdr->kind != WIRE_OPEN)
        return;

    struct sv path = {open->data, open->path_len};
    struct sv raw = {open->data + open->path_len, open->raw_len};

    if (!sv_starts(raw, sv(sensor.dir)))
        return; /* the start of the thread library */
    CHECK(tally->seen < TRIES);

    uint64_t ino = truth->ino[tally->seen++];
    size_t which = ino == tally->ino[1];

    tally->raw_differs += !sv_eq(raw, tally->path[which]);
    tally->wrong += ino != tally->ino[which] || open->ino != ino ||
                    !sv_eq(path, tally->path[which]) || open->result < 0;
}

static void make_file(const char *path, uint64_t *ino)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    struct stat st;

    CHECK(fd >= 0);
    CHECK_INT(fstat(fd, &st), 0);
    (void)close(fd);
    *ino = st.st_ino;
}

static void reports_the_file_that_was_opened(void **state)
{
    char a[PATH_MAX], b[PATH_MAX];
    struct tally tally = {.path = {{0}}};

    sensor_path(&sensor, "a", a);
    sensor_path(&sensor, "b", b);
    make_file(a, &tally.ino[0]);
    make_file(b, &tally.ino[1]);
    tally.path[0] = sv(a);
    tally.path[1] = sv(b);
    truth = mmap(NULL, sizeof(*truth), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(truth != MAP_FAILED);

    pid_t pid = sensor_start(&sensor, NULL, body_race, NULL);

    for (unsigned made = 0; made < TRIES; made += BATCH) {
        atomic_store(&truth->goal, made + BATCH);
        while (atomic_load(&truth->done) < made + BATCH)
            (void)usleep(200);
        CHECK(kernel_ring_consume(sensor.ring, 0, on_record, &tally, NULL) >= 0);
    }
    sensor_wait(pid, 0);
    CHECK(kernel_ring_consume(sensor.ring, 0, on_record, &tally, NULL) >= 0);
    print_message(
        "%u tries, %u times the argument read afterwards named the other file, %u wrong\n",
        tally.seen, tally.raw_differs, tally.wrong);
    CHECK_INT(tally.seen, TRIES);
    CHECK_INT(tally.wrong, 0);
    CHECK(tally.raw_differs > 0); /* else there was no race */
    CHECK_INT(munmap(truth, sizeof(*truth)), 0);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_the_file_that_was_opened),
    };
    struct kernel_ring_options options = {.calls = sensor_one_call(WIRE_CALL_OPENAT)};

    sensor_begin(&sensor, argv[argc - 1], &options);

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    sensor_end(&sensor);
    return failed;
}
