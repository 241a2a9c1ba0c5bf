#include "capture/scap_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/unit/test.h"

enum { BLOCK = 64, FILE_MAX = 16 << 20 };

struct world {
    char dir[64], path[96];
    char block[BLOCK];
    struct err err;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    (void)snprintf(w->dir, sizeof(w->dir), "/tmp/test-scap-writer-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    (void)snprintf(w->path, sizeof(w->path), "%s/a.scap", w->dir);
    for (size_t i = 0; i < sizeof(w->block); i++)
        w->block[i] = (char)(i * 37 + 11);
    memcpy(w->block + 4, &(uint32_t){BLOCK}, sizeof(uint32_t));
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    (void)unlink(w->path);
    (void)rmdir(w->dir);
    free(w);
    return 0;
}

static struct scap_writer *open_writer(struct world *w, uint64_t limit, bool gzip)
{
    const struct scap_writer_options options = {.limit_bytes = limit, .gzip = gzip};
    struct scap_writer *writer = NULL;

    CHECK_INT(scap_writer_open(w->path, &options, &writer, &w->err), 0);
    return writer;
}

static int append(struct world *w, struct scap_writer *writer)
{
    return scap_writer_append(writer, (struct sv){w->block, sizeof(w->block)}, NULL, &w->err);
}

static uint64_t file_size(const struct world *w)
{
    struct stat st;

    CHECK_INT(stat(w->path, &st), 0);
    return (uint64_t)st.st_size;
}

/* Bytes that the file unpacks to; a cut gzip file gives what comes before the cut. */
static size_t unpacked(const struct world *w)
{
    gzFile file = gzopen(w->path, "rb");
    char room[4096];
    size_t sum = 0;
    int got;

    assert_non_null(file);
    while ((got = gzread(file, room, sizeof(room))) > 0)
        sum += (size_t)got;
    (void)gzclose(file);
    return sum;
}

static void test_never_overwrites(void **state)
{
    struct world *w = *state;
    const struct scap_writer_options options = {0};
    scoped(scap_writer_close) struct scap_writer *first = open_writer(w, 0, false);
    struct scap_writer *second = NULL;

    CHECK_INT(scap_writer_open(w->path, &options, &second, &w->err), -EEXIST);
    CHECK_HAS(w->err.text, "not overwritten");
    CHECK_INT(scap_writer_open("/nonexistent/a.scap", &options, &second, &w->err), -ENOENT);
    CHECK(second == NULL);
}

static void test_appends(void **state)
{
    struct world *w = *state;
    static const bool kinds[] = {false, true};

    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        scoped(scap_writer_close) struct scap_writer *writer = open_writer(w, 0, kinds[k]);
        uint64_t offset = 0;
        test_row(kinds[k] ? "gzip" : "plain");
        for (int i = 0; i < 10000; i++)
            CHECK_INT(append(w, writer), 0);
        CHECK_INT(scap_writer_append(writer, (struct sv){w->block, BLOCK}, &offset, &w->err), 0);
        CHECK_INT(offset, 10000 * BLOCK);
        CHECK_INT(scap_writer_sync(writer, &w->err), 0);
        CHECK_INT(unpacked(w), 10001 * BLOCK); /* before the end: a killed writer leaves this */
        CHECK_INT(scap_writer_finish(writer, &w->err), 0);
        CHECK_INT(scap_writer_bytes(writer), file_size(w));
        CHECK_INT(unpacked(w), 10001 * BLOCK);
        (void)unlink(w->path);
    }
}

static void test_limit(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *row;
        bool gzip;
        uint64_t limit;
    } rows[] = {
        {"plain", false, 1000},
        {"plain, just so", false, 10 * BLOCK},
        {"less than a block", false, BLOCK - 1},
        {"gzip", true, 1000},
        {"gzip, large", true, 100000},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(scap_writer_close) struct scap_writer *writer =
            open_writer(w, rows[i].limit, rows[i].gzip);
        size_t count = 0;
        int rc = 0;
        test_row(rows[i].row);
        while (count < 1000000 && (rc = append(w, writer)) == 0)
            count++;
        CHECK_INT(rc, SCAP_FULL);
        CHECK_INT(scap_writer_finish(writer, &w->err), 0);
        CHECK(file_size(w) <= rows[i].limit);
        CHECK_INT(unpacked(w), count * BLOCK);
        if (!rows[i].gzip)
            CHECK_INT(count, rows[i].limit / BLOCK);
        (void)unlink(w->path);
    }
}

/* A disk that is full after some bytes: the file ends with a whole block, and says why. */
static void fill_disk(struct world *w, rlim_t size, bool each)
{
    scoped(scap_writer_close) struct scap_writer *writer = open_writer(w, 0, false);
    struct rlimit was;
    int rc = 0;

    CHECK_INT(getrlimit(RLIMIT_FSIZE, &was), 0);
    const struct rlimit small = {size, was.rlim_max};
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int n = 0; n < 1000 && rc == 0; n++) {
        rc = append(w, writer);
        if (rc == 0 && each)
            rc = scap_writer_flush(writer, &w->err);
    }
    if (rc == 0)
        rc = scap_writer_finish(writer, &w->err);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &was), 0);
    CHECK_INT(rc, -EFBIG);
    CHECK_HAS(w->err.text, w->path);
    CHECK_INT(file_size(w), size / BLOCK * BLOCK);
    CHECK_INT(scap_writer_bytes(writer), size / BLOCK * BLOCK);
    CHECK_INT(append(w, writer), -EFBIG); /* and goes on failing */
    CHECK_INT(file_size(w), size / BLOCK * BLOCK);
    (void)unlink(w->path);
}

static void test_full_disk(void **state)
{
    static const rlim_t sizes[] = {0, 1, 63, 64, 65, 1000, 5000};

    (void)signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        test_row("each block by itself");
        fill_disk(*state, sizes[i], true);
        test_row("all of them at once");
        fill_disk(*state, sizes[i], false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_never_overwrites, setup, teardown),
        cmocka_unit_test_setup_teardown(test_appends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
