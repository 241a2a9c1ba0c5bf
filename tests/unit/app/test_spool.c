#include "../test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/spool.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

struct fixture {
    char dir[64];
    struct arena *arena;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    (void)snprintf(fixture->dir, sizeof(fixture->dir), "spool-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->dir));
    fixture->arena = arena_new(4096);
    *state = fixture;
    return 0;
}

static struct file_list files(struct fixture *fixture)
{
    struct file_list list = {0};

    assert_int_equal(file_list(fixture->dir, NULL, fixture->arena, &list, NULL), 0);
    return list;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    struct file_list list = files(fixture);

    for (size_t i = 0; i < list.count; i++)
        (void)unlink(list.path[i].ptr);
    (void)rmdir(fixture->dir);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static struct spool *open_spool(const struct fixture *fixture, uint64_t limit)
{
    struct spool *spool = NULL;
    struct err err = {0};

    int rc = spool_open(fixture->dir, limit, &spool, &err);
    if (rc < 0)
        TEST_FAIL("open: %s", err_text(&err, rc));
    return spool;
}

static uint64_t put(struct spool *spool, const char *text)
{
    uint64_t sequence = 0;

    CHECK_INT(spool_append(spool, sv(text), &sequence, NULL), 0);
    return sequence;
}

static void expect(struct spool *spool, uint64_t sequence, const char *text)
{
    scoped(buf_done) struct buf record = {0};
    uint64_t got = 0;

    CHECK_INT(spool_next(spool, &record, &got, NULL), 0);
    CHECK_INT(got, sequence);
    CHECK_SV(buf_view(&record), sv(text));
}

static void expect_empty(struct spool *spool)
{
    scoped(buf_done) struct buf record = {0};
    uint64_t got = 0;

    CHECK_INT(spool_next(spool, &record, &got, NULL), SPOOL_EMPTY);
}

static void test_in_order(void **state)
{
    scoped(spool_close) struct spool *spool = open_spool(*state, 1 << 20);

    expect_empty(spool);
    CHECK_INT(put(spool, "one"), 1);
    CHECK_INT(put(spool, ""), 2);
    expect(spool, 1, "one");
    expect(spool, 2, "");
    expect_empty(spool);
    CHECK_INT(put(spool, "three"), 3);
    expect(spool, 3, "three");
    CHECK_INT(spool_waiting(spool), 3);
    spool_ack(spool, 2);
    CHECK_INT(spool_waiting(spool), 1);
    spool_rewind(spool);
    expect(spool, 3, "three");
    spool_ack(spool, 99); /* a number never given out */
    CHECK_INT(spool_waiting(spool), 1);
}

static void test_survives_close(void **state)
{
    struct spool *spool = open_spool(*state, 1 << 20);

    put(spool, "one");
    put(spool, "two");
    expect(spool, 1, "one");
    spool_ack(spool, 1);
    spool_close(spool);

    scoped(spool_close) struct spool *again = open_spool(*state, 1 << 20);
    expect(again, 1, "one"); /* sent twice rather than never: ids make that harmless */
    expect(again, 2, "two");
    CHECK_INT(put(again, "three"), 3);
    expect(again, 3, "three");
}

static void test_clean_end_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct spool *spool = open_spool(fixture, 1 << 20);

    put(spool, "one");
    spool_ack(spool, 1);
    spool_close(spool);
    struct file_list list = files(fixture);
    CHECK_INT(list.count, 1); /* the lock */
}

static void test_torn_record(void **state)
{
    struct fixture *fixture = *state;
    struct stat st;

    for (off_t cut = 1; cut < 16 + 3; cut++) {
        struct spool *spool = open_spool(fixture, 1 << 20);
        put(spool, "keep");
        put(spool, "cut");
        spool_close(spool);

        struct file_list list = files(fixture);
        const char *path = list.path[0].ptr;
        CHECK_INT(stat(path, &st), 0);
        CHECK_INT(truncate(path, st.st_size - cut), 0);

        spool = open_spool(fixture, 1 << 20);
        expect(spool, 1, "keep");
        expect_empty(spool);
        CHECK_INT(put(spool, "next"), 2);
        expect(spool, 2, "next");
        spool_ack(spool, 2);
        spool_close(spool);
    }
}

static void test_damaged_record(void **state)
{
    struct fixture *fixture = *state;
    struct spool *spool = open_spool(fixture, 1 << 20);

    put(spool, "keep");
    put(spool, "hurt");
    spool_close(spool);
    struct file_list list = files(fixture);
    scoped(fd_close) int fd = open(list.path[0].ptr, O_WRONLY | O_CLOEXEC);
    CHECK_INT(pwrite(fd, "X", 1, 16 + 4 + 16), 1);

    spool = open_spool(fixture, 1 << 20);
    expect(spool, 1, "keep");
    expect_empty(spool);
    spool_close(spool);
}

static void test_full(void **state)
{
    scoped(spool_close) struct spool *spool = open_spool(*state, 64);
    uint64_t sequence = 0;

    put(spool, "0123456789");
    put(spool, "0123456789");
    CHECK_INT(spool_append(spool, SV("0123456789"), &sequence, NULL), SPOOL_FULL);
    CHECK_INT(spool_waiting(spool), 2);
}

static void test_segments(void **state)
{
    struct fixture *fixture = *state;
    scoped(buf_done) struct buf record = {0};
    scoped(spool_close) struct spool *spool = open_spool(fixture, 64 << 20);
    uint64_t sequence = 0;

    for (int i = 0; i < 1 << 20; i++)
        buf_char(&record, (char)('a' + i % 26));
    for (uint64_t i = 1; i <= 20; i++)
        CHECK_INT(spool_append(spool, buf_view(&record), &sequence, NULL), 0);
    struct file_list list = files(fixture);
    CHECK_INT(list.count, 1 + 3);
    for (uint64_t i = 1; i <= 20; i++) {
        scoped(buf_done) struct buf got = {0};
        CHECK_INT(spool_next(spool, &got, &sequence, NULL), 0);
        CHECK_INT(sequence, i);
    }
    spool_ack(spool, 10);
    CHECK_INT(files(fixture).count, 1 + 2);
    spool_rewind(spool);
    CHECK_INT(spool_next(spool, &record, &sequence, NULL), 0);
    CHECK_INT(sequence, 11);
    spool_ack(spool, 20);
    CHECK_INT(files(fixture).count, 1);
    CHECK_INT(spool_bytes(spool), 0);
    expect_empty(spool);
    CHECK_INT(put(spool, "after"), 21);
    expect(spool, 21, "after");
}

/* A small limit: what is acknowledged and kept for use makes room when it is needed. */
static void test_full_of_acknowledged(void **state)
{
    struct fixture *fixture = *state;
    scoped(spool_close) struct spool *spool = open_spool(fixture, 100);
    uint64_t sequence = 0;

    CHECK_INT(put(spool, "0123456789012345678901234567890123456789"), 1);
    CHECK_INT(spool_append(spool, SV("0123456789012345678901234567890123456789"), &sequence, NULL),
              SPOOL_FULL);
    expect(spool, 1, "0123456789012345678901234567890123456789");
    spool_ack(spool, 1);
    CHECK_INT(put(spool, "0123456789012345678901234567890123456789"), 2);
    expect(spool, 2, "0123456789012345678901234567890123456789");
    expect_empty(spool);
    spool_rewind(spool);
    expect(spool, 2, "0123456789012345678901234567890123456789");
    CHECK_INT(spool_waiting(spool), 1);
}

static void test_one_owner(void **state)
{
    struct fixture *fixture = *state;
    scoped(spool_close) struct spool *spool = open_spool(fixture, 1 << 20);
    struct spool *second = NULL;
    struct err err = {0};

    CHECK_INT(spool_open(fixture->dir, 1 << 20, &second, &err), -EBUSY);
    CHECK_HAS(err.text, "used by another sensor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_survives_close, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clean_end_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_torn_record, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged_record, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_segments, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_of_acknowledged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_owner, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
