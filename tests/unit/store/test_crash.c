/* What was committed survives: the process killed at any moment, each write to the disk failing in
 * turn, a full disk, and the power cut with nothing on the disk but what was synced. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "store/sqlite.h"
#include "tests/unit/store/fault_vfs.h"
#include "tests/unit/store/sample.h"

enum {
    BATCH = 3,
    KILLS = 50,
    KILL_MAX_US = 12000,
    SEEN_MAX = 1 << 20,
};

/* Which findings a store holds. */
struct found {
    bool *has; /* SEEN_MAX */
    uint64_t count;
    size_t padding;
};

static int find_one(void *ctx, uint64_t sequence, const struct store_finding *finding)
{
    struct found *found = ctx;
    uint64_t n = sample_number(finding);

    if (n >= SEEN_MAX || found->has[n] || !sample_is_whole(finding, found->padding))
        TEST_FAIL("finding %llu is damaged or twice there", (unsigned long long)sequence);
    found->has[n] = true;
    found->count++;
    return 0;
}

/* Check that batches [0, committed) are there, and that later ones are whole or absent. Returns the
 * number of findings. */
static uint64_t check_store(struct store *store, uint64_t committed, size_t padding)
{
    scoped(free) bool *has = calloc(SEEN_MAX, sizeof(*has));
    struct found found = {.has = has, .padding = padding};
    struct err err = {0};

    assert_non_null(has);
    if (store_read(store, &(struct store_query){0}, find_one, &found, &err) != 0)
        TEST_FAIL("read: %s", err.text);
    for (uint64_t n = 0; n < committed * BATCH; n++) {
        if (!has[n])
            TEST_FAIL("finding %llu was committed and is lost", (unsigned long long)n);
    }
    for (uint64_t n = 0; n + BATCH <= SEEN_MAX && n < found.count + BATCH; n += BATCH) {
        for (uint64_t k = 1; k < BATCH; k++) {
            if (has[n] != has[n + k])
                TEST_FAIL("the batch at %llu is there in part", (unsigned long long)n);
        }
    }
    return found.count;
}

static int append_batch(struct store *store, uint64_t batch, size_t padding, struct err *err)
{
    struct sample s;
    int rc = 0;

    for (uint64_t k = 0; k < BATCH && rc >= 0; k++)
        rc = store_append(store, sample_make(&s, batch * BATCH + k, padding), err);
    if (rc >= 0)
        rc = store_set(store, SV("batch"), SV("some cursor"), err);
    if (rc >= 0)
        rc = store_commit(store, err);
    return rc;
}

static void check_file(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;

    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL), SQLITE_OK);
    CHECK_INT(sqlite3_step(statement), SQLITE_ROW);
    CHECK_STR((const char *)sqlite3_column_text(statement, 0), "ok");
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(db);
}

/* The child: commits batches and says so, until it is killed. */
_Noreturn static void commit_forever(const char *path, uint64_t batch, int shown)
{
    struct store *store = NULL;

    if (store_open(path, &store, NULL) < 0)
        _exit(2);
    for (;; batch++) {
        if (append_batch(store, batch, 100, NULL) < 0 ||
            write(shown, &batch, sizeof(batch)) != (ssize_t)sizeof(batch))
            _exit(3);
    }
}

static void sleep_us(uint32_t us)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = (long)us * 1000}, NULL);
}

/* Returns the batch after the last that was shown, or `batch`. */
static uint64_t run_and_kill(const char *path, uint64_t batch)
{
    uint32_t random = 0;
    uint64_t shown = 0;
    int status = 0;
    int pipes[2];

    CHECK_INT(pipe2(pipes, O_CLOEXEC), 0);
    CHECK_INT(getrandom(&random, sizeof(random), 0), sizeof(random));
    pid_t child = fork();
    if (child == 0)
        commit_forever(path, batch, pipes[1]);
    (void)close(pipes[1]);
    sleep_us(random % KILL_MAX_US);
    CHECK_INT(kill(child, SIGKILL), 0);
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status));
    while (read(pipes[0], &shown, sizeof(shown)) == (ssize_t)sizeof(shown))
        batch = shown + 1;
    (void)close(pipes[0]);
    return batch;
}

static void test_killed(void **state)
{
    scoped(place_remove) struct place place = place_make();
    uint64_t batch = 0;

    for (uint32_t i = 0; i < KILLS; i++) {
        scoped(store_close) struct store *store = NULL;
        struct err err = {0};
        uint64_t shown = run_and_kill(place.path, batch);

        if (store_open(place.path, &store, &err) < 0)
            TEST_FAIL("kill %u: %s", i, err.text);
        uint64_t count = check_store(store, shown, 100);
        CHECK(count == shown * BATCH || count == (shown + 1) * BATCH);
        batch = count / BATCH;
    }
    CHECK(batch > 0);
    check_file(place.path);
}

/* Open, commit three batches with the next one's cursor, close. After a failure that passes, doing
 * it again works; after one that stays, nothing does. */
struct tried {
    uint64_t committed;
    uint32_t failures;
};

static struct store *open_twice(const struct place *place, struct fault_vfs *fault,
                                struct tried *tried)
{
    struct store *store = NULL;
    struct err err = {0};

    for (int i = 0; i < 2; i++) {
        if (sqlite_open(place->path, fault->vfs.zName, &store, &err) == 0)
            return store;
        tried->failures++;
        CHECK(err.text[0] != '\0');
    }
    if (!fault->fail_after)
        TEST_FAIL("failing once, open fails twice: %s", err.text);
    return NULL;
}

static void check_words(const struct fault_vfs *fault, int rc, const struct err *err)
{
    if (fault->kind == FAULT_EIO && rc != -EIO)
        TEST_FAIL("%d, expected -EIO: %s", rc, err->text);
    CHECK(rc == -EIO || rc == -ENOSPC);
    CHECK_HAS(err->text, "store '");
}

static struct tried try_work(const struct place *place, struct fault_vfs *fault)
{
    struct tried tried = {0};
    scoped(store_close) struct store *store = open_twice(place, fault, &tried);

    for (uint64_t batch = 0; store != NULL && batch < 3; batch++) {
        struct err err = {0};
        int rc = append_batch(store, batch, 300, &err);
        if (rc < 0) {
            tried.failures++;
            check_words(fault, rc, &err);
            rc = append_batch(store, batch, 300, &err);
        }
        if (rc < 0 && !fault->fail_after)
            TEST_FAIL("failing once, commit fails twice: %s", err.text);
        if (rc < 0)
            break;
        tried.committed++;
    }
    return tried;
}

static void check_each_write(struct fault_vfs *fault)
{
    scoped(place_remove) struct place place = place_make();
    uint64_t failed = 0;
    bool done = false;

    for (uint64_t at = 1; !done; at++) {
        char row[64];
        (void)snprintf(row, sizeof(row), "kind %d, operation %llu%s", (int)fault->kind,
                       (unsigned long long)at, fault->fail_after ? " and after" : "");
        test_row(row);
        fault->operations = 0;
        fault->fail_at = at;
        struct tried tried = try_work(&place, fault);
        failed += tried.failures > 0;
        done = fault->operations < at;
        fault->fail_at = 0;

        scoped(store_close) struct store *store = NULL;
        struct err err = {0};
        if (sqlite_open(place.path, fault->vfs.zName, &store, &err) < 0)
            TEST_FAIL("opening after it: %s", err.text);
        uint64_t count = check_store(store, tried.committed, 300);
        CHECK_INT(append_batch(store, count / BATCH, 300, NULL), 0);
        if (!fault->fail_after)
            CHECK_INT(tried.committed, 3);
        store_close(take(store));
        check_file(place.path);
        place_empty(&place);
    }
    test_row("failures were seen");
    CHECK(failed > 20);
}

static void test_each_write_fails(void **state)
{
    static const enum fault_kind kinds[] = {FAULT_EIO, FAULT_FULL, FAULT_SHORT};
    struct fault_vfs fault;

    for (size_t i = 0; i < 2 * ARRAY_LEN(kinds); i++) {
        fault_vfs_init(&fault);
        fault.kind = kinds[i / 2];
        fault.fail_after = i % 2 == 1;
        check_each_write(&fault);
        fault_vfs_done(&fault);
    }
}

static void test_disk_full(void **state)
{
    scoped(place_remove) struct place place = place_make();
    struct fault_vfs fault;
    struct store *store = NULL;
    struct err err = {0};
    uint64_t batch = 0;
    int rc = 0;

    fault_vfs_init(&fault);
    CHECK_INT(sqlite_open(place.path, fault.vfs.zName, &store, &err), 0);
    for (; batch < 3; batch++)
        CHECK_INT(append_batch(store, batch, 20000, &err), 0);
    fault.full = true;
    while ((rc = append_batch(store, batch, 20000, &err)) == 0)
        batch++;
    CHECK_INT(rc, -ENOSPC);
    CHECK_HAS(err.text, "full");
    test_row("the batch is undone, reading works");
    CHECK_INT(check_store(store, batch, 20000), batch * BATCH);
    test_row("it stays full");
    CHECK_INT(append_batch(store, batch, 20000, &err), -ENOSPC);
    test_row("an empty commit is no lie");
    CHECK_INT(store_commit(store, &err), 0);
    CHECK_INT(check_store(store, batch, 20000), batch * BATCH);
    test_row("room again");
    fault.full = false;
    CHECK_INT(append_batch(store, batch, 20000, &err), 0);
    CHECK_INT(check_store(store, batch + 1, 20000), (batch + 1) * BATCH);
    store_close(store);
    fault_vfs_done(&fault);
    check_file(place.path);
}

static void copy_file(const char *from, const char *to)
{
    scoped(buf_done) struct buf bytes = {0};
    scoped(fd_close) int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    CHECK_INT(file_read(from, 1 << 26, &bytes, NULL), 0);
    CHECK_INT(file_write_all(fd, buf_view(&bytes), NULL), 0);
}

/* The machine comes up with what was synced, and the store holds every batch committed. */
static void check_after_power_cut(const struct place *place, uint64_t committed, size_t padding)
{
    static const char *const names[] = {"", "-wal", "-journal"};
    scoped(place_remove) struct place after = place_make();
    scoped(store_close) struct store *store = NULL;
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char from[256];
        char to[256];
        (void)snprintf(from, sizeof(from), "%s%s.synced", place->path, names[i]);
        (void)snprintf(to, sizeof(to), "%s%s", after.path, names[i]);
        if (access(from, F_OK) == 0)
            copy_file(from, to);
    }
    if (store_open(after.path, &store, &err) < 0)
        TEST_FAIL("open: %s", err.text);
    CHECK_INT(check_store(store, committed, padding), committed * BATCH);
}

/* 20 kB a finding: the log passes its 1000 pages and is moved into the file on the way. */
static void test_power_cut(void **state)
{
    scoped(place_remove) struct place place = place_make();
    struct fault_vfs fault;
    struct store *store = NULL;
    struct err err = {0};

    fault_vfs_init(&fault);
    fault.keep_synced = true;
    CHECK_INT(sqlite_open(place.path, fault.vfs.zName, &store, &err), 0);
    for (uint64_t batch = 0; batch < 90; batch++) {
        CHECK_INT(append_batch(store, batch, 20000, &err), 0);
        if (batch < 5 || batch % 5 == 0)
            check_after_power_cut(&place, batch + 1, 20000);
    }
    store_close(store);
    fault_vfs_done(&fault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_each_write_fails),
        cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_power_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
