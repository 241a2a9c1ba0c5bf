/* Opening: what may be at the path, and who else may be there. */
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/unit/store/sample.h"

static int try_open(const char *path, struct err *err)
{
    scoped(store_close) struct store *store = NULL;

    *err = (struct err){0};
    int rc = sqlite_open(path, NULL, &store, err);
    if (rc < 0)
        CHECK(store == NULL);
    return rc;
}

/* With what SQLite itself opens: to make and to change files behind the store's back. */
static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *words = NULL;

    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &words) != SQLITE_OK)
        TEST_FAIL("%s: %s", sql, words);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void write_bytes(const char *path, struct sv bytes, off_t at)
{
    scoped(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    CHECK_INT(pwrite(fd, bytes.ptr, bytes.len, at), bytes.len);
}

static void make_store(const char *path, uint64_t findings)
{
    scoped(store_close) struct store *store = NULL;
    struct sample s;

    CHECK_INT(sqlite_open(path, NULL, &store, NULL), 0);
    for (uint64_t n = 0; n < findings; n++)
        CHECK_INT(store_append(store, sample_make(&s, n, 500), NULL), 0);
    CHECK_INT(store_commit(store, NULL), 0);
}

static void make_nothing(const char *path)
{
    (void)path;
}

static void make_empty(const char *path)
{
    write_bytes(path, SV(""), 0);
}

static void make_empty_sqlite(const char *path)
{
    run_sql(path, "PRAGMA journal_mode = WAL; CREATE TABLE t (a); DROP TABLE t");
}

static void make_text(const char *path)
{
    write_bytes(path, SV("rules: [a, b]\n"), 0);
}

static void make_long_text(const char *path)
{
    for (off_t at = 0; at < 9000; at += 8)
        write_bytes(path, SV("textfile"), at);
}

static void make_foreign(const char *path)
{
    run_sql(path, "CREATE TABLE notes (a); INSERT INTO notes VALUES (1)");
}

static void make_foreign_id(const char *path)
{
    run_sql(path, "PRAGMA application_id = 252006675; CREATE TABLE notes (a)");
}

static void make_newer(const char *path)
{
    make_store(path, 1);
    run_sql(path, "PRAGMA user_version = 99");
}

static void make_negative(const char *path)
{
    make_store(path, 1);
    run_sql(path, "PRAGMA user_version = -1");
}

static void make_old_store(const char *path)
{
    make_store(path, 3);
}

static void make_bad_schema(const char *path)
{
    static char junk[4000];

    make_store(path, 3);
    memset(junk, 0x5a, sizeof(junk));
    write_bytes(path, (struct sv){junk, sizeof(junk)}, 100);
}

static void make_truncated(const char *path)
{
    make_store(path, 100);
    CHECK_INT(truncate(path, 4096), 0);
}

static void make_directory(const char *path)
{
    CHECK_INT(mkdir(path, 0700), 0);
}

static void make_fifo(const char *path)
{
    CHECK_INT(mkfifo(path, 0600), 0);
}

static void make_dangling(const char *path)
{
    CHECK_INT(symlink("nowhere/at-all.db", path), 0);
}

static void test_what_is_there(void **state)
{
    static const struct {
        const char *row;
        void (*make)(const char *path);
        int rc;
        const char *words;
        bool no_lock; /* nothing is put beside it */
    } rows[] = {
        {"nothing", make_nothing, 0, "", false},
        {"an empty file", make_empty, 0, "", false},
        {"an empty database", make_empty_sqlite, 0, "", false},
        {"a store", make_old_store, 0, "", false},
        {"a short text", make_text, -EINVAL, "no tiercel store, nor any SQLite", true},
        {"a long text", make_long_text, -EINVAL, "no tiercel store, nor any SQLite", true},
        {"another's database", make_foreign, -EINVAL, "SQLite file of another program", true},
        {"another's, with an id", make_foreign_id, -EINVAL, "SQLite file of another program", true},
        {"made by a newer one", make_newer, -EPROTO, "newer tiercel (schema 99, this one", false},
        {"a version below zero", make_negative, -EBADMSG, "damaged (schema -1)", false},
        {"damaged first page", make_bad_schema, -EBADMSG, "the file is damaged", false},
        {"cut after a page", make_truncated, -EBADMSG, "the file is damaged", false},
        {"a directory", make_directory, -EINVAL, "not a regular file", true},
        {"a named pipe", make_fifo, -EINVAL, "not a regular file", true},
        {"a link to nowhere", make_dangling, -ENOENT, "look at the file", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(place_remove) struct place place = place_make();
        scoped(buf_done) struct buf lock = {0};
        struct err err;

        test_row(rows[i].row);
        rows[i].make(place.path);
        CHECK_INT(try_open(place.path, &err), rows[i].rc);
        CHECK_HAS(err.text, rows[i].words);
        if (rows[i].rc < 0)
            CHECK_HAS(err.text, place.path);
        buf_printf(&lock, "%s.lock", place.path);
        CHECK(!rows[i].no_lock || access(buf_cstr(&lock), F_OK) != 0);
        (void)rmdir(place.path);
    }
}

static void test_newer_is_left_alone(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(buf_done) struct buf before = {0};
    scoped(buf_done) struct buf after = {0};
    struct err err;

    make_newer(place.path);
    CHECK_INT(file_read(place.path, 1 << 20, &before, NULL), 0);
    CHECK_INT(try_open(place.path, &err), -EPROTO);
    CHECK_INT(file_read(place.path, 1 << 20, &after, NULL), 0);
    CHECK(sv_eq(buf_view(&before), buf_view(&after)));
}

static void test_bad_paths(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(buf_done) struct buf missing = {0};
    scoped(buf_done) struct buf below_file = {0};
    struct err err;

    make_store(place.path, 1);
    buf_printf(&missing, "%s/no/findings.db", place.dir);
    buf_printf(&below_file, "%s/findings.db", place.path);
    const struct {
        const char *row, *path;
        int rc;
        const char *words;
    } rows[] = {
        {"empty", "", -EINVAL, "no path"},
        {"no directory", buf_cstr(&missing), -ENOENT, "directory does not exist"},
        {"below a file", buf_cstr(&below_file), -ENOTDIR, "Not a directory"},
        {"not ours to make", "/proc/findings.db", -ENOENT, "store '/proc/findings.db'"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        CHECK_INT(try_open(rows[i].path, &err), rows[i].rc);
        CHECK_HAS(err.text, rows[i].words);
    }
}

/* SQLite's own special names are plain names here: nothing is kept in memory only. */
static void test_special_names(void **state)
{
    static const char *const names[] = {":memory:", "file::memory:?cache=shared", "a b%20c"};
    scoped(place_remove) struct place place = place_make();
    scoped(fd_close) int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    CHECK_INT(chdir(place.dir), 0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        test_row(names[i]);
        make_store(names[i], 1);
        CHECK_INT(access(names[i], F_OK), 0);
    }
    CHECK_INT(fchdir(before), 0);
}

static void test_two_openers(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = NULL;
    scoped(buf_done) struct buf link = {0};
    scoped(buf_done) struct buf words = {0};
    struct sample s;
    struct err err;
    int status = 0;

    buf_printf(&link, "%s/other-name.db", place.dir);
    buf_printf(&words, "in use by process %d", (int)getpid());
    CHECK_INT(sqlite_open(place.path, NULL, &store, NULL), 0);
    test_row("in this process");
    CHECK_INT(try_open(place.path, &err), -EBUSY);
    CHECK_HAS(err.text, buf_cstr(&words));
    test_row("by another name");
    CHECK_INT(symlink("findings.db", buf_cstr(&link)), 0);
    CHECK_INT(try_open(buf_cstr(&link), &err), -EBUSY);
    test_row("in another process");
    pid_t child = fork();
    if (child == 0)
        _exit(try_open(place.path, &err) == -EBUSY ? 0 : 1);
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    test_row("the first one goes on");
    CHECK_INT(store_append(store, sample_make(&s, 1, 1), NULL), 0);
    CHECK_INT(store_commit(store, NULL), 0);
    test_row("free again");
    store_close(take(store));
    CHECK_INT(try_open(place.path, &err), 0);
}

/* A person may look with sqlite3 while the hub runs; what they leave is not the hub's trouble. */
static void test_looked_into(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = NULL;
    sqlite3 *db = NULL;
    struct sample s;

    CHECK_INT(sqlite_open(place.path, NULL, &store, NULL), 0);
    CHECK_INT(store_append(store, sample_make(&s, 1, 1), NULL), 0);
    CHECK_INT(sqlite3_open_v2(place.path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, "BEGIN; SELECT * FROM finding", NULL, NULL, NULL), SQLITE_OK);
    CHECK_INT(store_commit(store, NULL), 0);
    CHECK_INT(store_append(store, sample_make(&s, 2, 1), NULL), 0);
    CHECK_INT(store_commit(store, NULL), 0);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static int count_row(void *ctx, uint64_t sequence, const struct store_finding *finding)
{
    ++*(uint32_t *)ctx;
    return 0;
}

static void test_damaged_page(void **state)
{
    static char junk[4096];
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = NULL;
    struct err err = {0};
    struct stat st;
    uint32_t rows = 0;

    make_store(place.path, 200);
    memset(junk, 0xa5, sizeof(junk));
    CHECK_INT(stat(place.path, &st), 0);
    /* past the roots of all tables */
    for (off_t at = 16 * 4096; at < st.st_size; at += (off_t)sizeof(junk))
        write_bytes(place.path, (struct sv){junk, sizeof(junk)}, at);
    CHECK_INT(sqlite_open(place.path, NULL, &store, NULL), 0);
    CHECK_INT(store_read(store, &(struct store_query){0}, count_row, &rows, &err), -EBADMSG);
    CHECK_HAS(err.text, "read findings: the file is damaged");
    CHECK_HAS(err.text, place.path);
}

/* A failure after which SQLite itself would keep the transaction open. */
static void test_failure_undoes_the_batch(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = NULL;
    struct sample s;
    struct err err = {0};
    uint64_t count = 9;

    make_store(place.path, 0);
    run_sql(place.path, "CREATE TRIGGER t BEFORE INSERT ON finding WHEN new.priority = 3 "
                        "BEGIN SELECT RAISE(ABORT, 'not today'); END");
    CHECK_INT(sqlite_open(place.path, NULL, &store, NULL), 0);
    CHECK_INT(store_append(store, sample_make(&s, 1, 1), NULL), 0);
    CHECK_INT(store_append(store, sample_make(&s, 3, 1), &err), -EIO);
    CHECK_HAS(err.text, "append: not today");
    CHECK_INT(store_commit(store, NULL), 0);
    CHECK_INT(store_count(store, &count, NULL), 0);
    CHECK_INT(count, 0);
    test_row("the same again, without it");
    CHECK_INT(store_append(store, sample_make(&s, 1, 1), NULL), 0);
    CHECK_INT(store_commit(store, NULL), 0);
    CHECK_INT(store_count(store, &count, NULL), 0);
    CHECK_INT(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_there), cmocka_unit_test(test_newer_is_left_alone),
        cmocka_unit_test(test_bad_paths),     cmocka_unit_test(test_special_names),
        cmocka_unit_test(test_two_openers),   cmocka_unit_test(test_looked_into),
        cmocka_unit_test(test_damaged_page),  cmocka_unit_test(test_failure_undoes_the_batch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
