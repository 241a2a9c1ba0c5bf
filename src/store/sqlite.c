/* The embedded store: one SQLite file in WAL mode with synchronous=FULL, so that a commit returns
 * only after its pages are on the disk.
 *
 * Two connections. The writer holds the open batch: one transaction, begun by the first append and
 * ended by commit. The reader sees what is committed and nothing else; SQLite shows a transaction
 * to other connections only after its log is synced, so what can be read is durable. SQLite's own
 * locks keep the file sound; that no second hub works on it is the claim on <file>.lock, which
 * programs that only read (sqlite3 -readonly) do not need.
 *
 * After any failure of the writer the batch is rolled back, so that a later commit never makes half
 * of one durable. */
#include "store/sqlite.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "store/claim.h"
#include "store/sqlite_db.h"
#include "store/sqlite_evidence.h"
#include "store/sqlite_read.h"
#include "store/sqlite_schema.h"
#include "store/store_ops.h"

enum { BUSY_WAIT_MS = 5000 };

enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    INSERT,
    SET,
    GET,
    COUNT,
    STATEMENT_COUNT,
};

struct sqlite_store {
    struct store base;
    const char *path; /* the writer's: absolute, without symbolic links */
    sqlite3 *writer;
    sqlite3 *reader;
    sqlite3_stmt *statement[STATEMENT_COUNT];
    struct sqlite_evidence *evidence;
    bool undone; /* a rollback failed: what the transaction holds must not be committed */
    int claim;
};

static const struct {
    bool reads;
    struct sv sql;
} statements[STATEMENT_COUNT] = {
    [BEGIN] = {false, SV("BEGIN IMMEDIATE")},
    [COMMIT] = {false, SV("COMMIT")},
    [ROLLBACK] = {false, SV("ROLLBACK")},
    [INSERT] = {false, SV("INSERT INTO finding (id, time_ns, stored_ns, priority, rule, source,"
                          " namespace_name, pod_name, container_id, owner, json)"
                          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING")},
    [SET] = {false, SV("INSERT INTO state (key, value) VALUES (?, ?)"
                       " ON CONFLICT (key) DO UPDATE SET value = excluded.value")},
    [GET] = {true, SV("SELECT value FROM state WHERE key = ?")},
    [COUNT] = {true, SV("SELECT count(*) FROM finding")},
};

static struct sqlite_store *self(struct store *store)
{
    return (struct sqlite_store *)store;
}

static int with_path(const struct sqlite_store *s, int rc, struct err *err)
{
    return rc < 0 ? err_wrap(err, rc, "store '%s'", s->path) : rc;
}

/* Run a statement of the writer that gives no rows. */
static int run(struct sqlite_store *s, enum statement which, const char *what, struct err *err)
{
    int code = sqlite3_step(s->statement[which]);
    int rc = code == SQLITE_DONE ? 0 : sqlite_db_error(s->writer, code, what, err);

    (void)sqlite3_reset(s->statement[which]);
    return rc;
}

static int undo(struct sqlite_store *s, struct err *err)
{
    int rc = sqlite3_get_autocommit(s->writer) ? 0 : run(s, ROLLBACK, "roll back", err);

    s->undone = !sqlite3_get_autocommit(s->writer);
    if (s->evidence != NULL)
        sqlite_evidence_undone(s->evidence);
    return rc;
}

static int begin(struct sqlite_store *s, struct err *err)
{
    int rc = s->undone ? undo(s, err) : 0;

    if (rc < 0 || !sqlite3_get_autocommit(s->writer))
        return rc;
    return run(s, BEGIN, "begin", err);
}

/* Part of the batch: a failure undoes all of it, and is what the caller hears of. */
static int run_in_batch(struct sqlite_store *s, enum statement which, const char *what,
                        struct err *err)
{
    int rc = run(s, which, what, err);

    if (rc < 0)
        (void)undo(s, NULL);
    return with_path(s, rc, err);
}

static int append(struct store *store, const struct store_finding *finding, struct err *err)
{
    struct sqlite_store *s = self(store);
    sqlite3_stmt *insert = s->statement[INSERT];
    int rc = begin(s, err);

    if (rc < 0)
        return with_path(s, rc, err);
    sqlite_db_bind_text(insert, 1, finding->id);
    sqlite_db_bind_number(insert, 2, (int64_t)finding->time_ns);
    sqlite_db_bind_number(insert, 3, (int64_t)clock_wall_ns());
    sqlite_db_bind_number(insert, 4, finding->priority);
    sqlite_db_bind_text(insert, 5, finding->rule);
    sqlite_db_bind_text(insert, 6, finding->source);
    sqlite_db_bind_text(insert, 7, finding->namespace_name);
    sqlite_db_bind_text(insert, 8, finding->pod_name);
    sqlite_db_bind_text(insert, 9, finding->container_id);
    sqlite_db_bind_text(insert, 10, finding->owner);
    sqlite_db_bind_text(insert, 11, finding->json);
    rc = run_in_batch(s, INSERT, "append", err);
    if (rc < 0)
        return rc;
    return sqlite3_changes(s->writer) == 0 ? STORE_DUPLICATE : 0;
}

static int set(struct store *store, struct sv key, struct sv value, struct err *err)
{
    struct sqlite_store *s = self(store);
    int rc = begin(s, err);

    if (rc < 0)
        return with_path(s, rc, err);
    sqlite_db_bind_text(s->statement[SET], 1, key);
    sqlite_db_bind_blob(s->statement[SET], 2, value);
    return run_in_batch(s, SET, "set", err);
}

static int append_evidence(struct store *store, const struct store_evidence *evidence,
                           struct err *err)
{
    struct sqlite_store *s = self(store);
    int rc = begin(s, err);

    if (rc == 0) {
        rc = sqlite_evidence_append(s->evidence, evidence, err);
        if (rc < 0)
            (void)undo(s, NULL);
    }
    return with_path(s, rc, err);
}

static int trim_evidence(struct store *store, uint64_t sources, uint64_t before_ns, struct err *err)
{
    struct sqlite_store *s = self(store);
    int rc = begin(s, err);

    if (rc == 0) {
        rc = sqlite_evidence_trim(s->evidence, sources, before_ns, err);
        if (rc < 0)
            (void)undo(s, NULL);
    }
    return with_path(s, rc, err);
}

static int read_evidence(struct store *store, const struct store_evidence_query *query,
                         store_evidence_fn row, void *ctx, struct err *err)
{
    struct sqlite_store *s = self(store);
    struct err words = {0};
    int rc = sqlite_evidence_read(s->evidence, query, row, ctx, &words);

    /* A negative result without words is the callback's, not ours to explain. */
    if (rc < 0 && words.code != 0)
        return err_set(err, rc, "store '%s': %s", s->path, words.text);
    return rc;
}

static int count_evidence(struct store *store, struct store_evidence_counts *out, struct err *err)
{
    struct sqlite_store *s = self(store);

    return with_path(s, sqlite_evidence_count(s->evidence, out, err), err);
}

static int commit(struct store *store, struct err *err)
{
    struct sqlite_store *s = self(store);

    if (s->undone)
        return with_path(s, undo(s, err), err);
    if (sqlite3_get_autocommit(s->writer))
        return 0;
    int rc = sqlite_evidence_flush(s->evidence, err);
    if (rc < 0) {
        (void)undo(s, NULL);
        return with_path(s, rc, err);
    }
    rc = run_in_batch(s, COMMIT, "commit", err);
    if (rc == 0)
        sqlite_evidence_committed(s->evidence);
    return rc;
}

static int read_findings(struct store *store, const struct store_query *query, store_row_fn row,
                         void *ctx, struct err *err)
{
    struct sqlite_store *s = self(store);
    struct err words = {0};
    int rc = sqlite_read(s->reader, query, row, ctx, &words);

    /* A negative result without words is the callback's, not ours to explain. */
    if (rc < 0 && words.code != 0)
        return err_set(err, rc, "store '%s': %s", s->path, words.text);
    return rc;
}

static int count_findings(struct store *store, uint64_t *count, struct err *err)
{
    struct sqlite_store *s = self(store);
    sqlite3_stmt *statement = s->statement[COUNT];
    int code = sqlite3_step(statement);
    int rc = 0;

    if (code == SQLITE_ROW)
        *count = (uint64_t)sqlite3_column_int64(statement, 0);
    else
        rc = sqlite_db_error(s->reader, code, "count", err);
    (void)sqlite3_reset(statement);
    return with_path(s, rc, err);
}

static int get(struct store *store, struct sv key, struct buf *out, struct err *err)
{
    struct sqlite_store *s = self(store);
    sqlite3_stmt *statement = s->statement[GET];
    int rc = 0;

    sqlite_db_bind_text(statement, 1, key);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        buf_sv(out, sqlite_db_column(statement, 0));
        if (out->error != 0)
            rc = err_set(err, out->error, "get: no room for the value");
    } else if (code == SQLITE_DONE) {
        rc = STORE_ABSENT;
    } else {
        rc = sqlite_db_error(s->reader, code, "get", err);
    }
    (void)sqlite3_reset(statement);
    return with_path(s, rc, err);
}

static void close_connection(sqlite3 *db)
{
    int code = sqlite3_close(db);

    assert(code == SQLITE_OK);
    (void)code;
}

/* The writer goes last: the last connection moves the log into the file. */
static void close_store(struct store *store)
{
    struct sqlite_store *s = self(store);

    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite_db_finalize(s->statement[i]);
    sqlite_evidence_close(s->evidence);
    close_connection(s->reader);
    close_connection(s->writer);
    if (s->claim >= 0)
        (void)close(s->claim);
    free(s);
}

static const struct store_ops sqlite_ops = {
    .append = append,
    .append_evidence = append_evidence,
    .commit = commit,
    .read = read_findings,
    .read_evidence = read_evidence,
    .count_evidence = count_evidence,
    .trim_evidence = trim_evidence,
    .count = count_findings,
    .set = set,
    .get = get,
    .close = close_store,
};

static int refuse(struct err *err)
{
    return err_set(err, -EROFS, "the store is open for reading");
}

static int refuse_append(struct store *store, const struct store_finding *finding, struct err *err)
{
    return refuse(err);
}

static int refuse_evidence(struct store *store, const struct store_evidence *evidence,
                           struct err *err)
{
    return refuse(err);
}

static int refuse_commit(struct store *store, struct err *err)
{
    return refuse(err);
}

static int refuse_trim(struct store *store, uint64_t sources, uint64_t before_ns, struct err *err)
{
    return refuse(err);
}

static int refuse_set(struct store *store, struct sv key, struct sv value, struct err *err)
{
    return refuse(err);
}

static const struct store_ops reading_ops = {
    .append = refuse_append,
    .append_evidence = refuse_evidence,
    .commit = refuse_commit,
    .read = read_findings,
    .read_evidence = read_evidence,
    .count_evidence = count_evidence,
    .trim_evidence = refuse_trim,
    .count = count_findings,
    .set = refuse_set,
    .get = get,
    .close = close_store,
};

/* SQLite would make the file readable for everybody; findings hold command lines. The log files
 * take its mode. */
static int make_file(const char *path, struct err *err)
{
    struct stat st;
    scoped(fd_close) int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0)
        return 0;
    if (errno == ENOENT)
        return err_set(err, -ENOENT, "its directory does not exist");
    if (errno != EEXIST)
        return err_set(err, -errno, "make the file: %s", strerror(errno));
    if (stat(path, &st) != 0)
        return err_set(err, -errno, "look at the file: %s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(err, -EINVAL, "not a regular file");
    return 0;
}

static int open_connection(const char *path, const char *vfs, int flags, sqlite3 **db,
                           struct err *err)
{
    int code = sqlite3_open_v2(path, db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);

    if (*db == NULL)
        return err_set(err, -ENOMEM, "no memory to open it");
    if (code != SQLITE_OK)
        return sqlite_db_error(*db, code, "open", err);
    (void)sqlite3_busy_timeout(*db, BUSY_WAIT_MS);
    (void)sqlite3_db_config(*db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return 0;
}

static int open_writer(struct sqlite_store *s, const char *path, const char *vfs, struct err *err)
{
    int rc = make_file(path, err);

    if (rc == 0)
        rc = open_connection(path, vfs, SQLITE_OPEN_READWRITE, &s->writer, err);
    if (rc < 0)
        return rc;
    s->path = sqlite3_db_filename(s->writer, "main");
    if (sqlite3_db_readonly(s->writer, "main"))
        return err_set(err, -EACCES, "no permission to write to it");
    return 0;
}

/* The first look keeps a lock file from appearing beside what is no store of ours; the second is
 * the one that counts. */
static int claim_store(struct sqlite_store *s, struct err *err)
{
    scoped(buf_done) struct buf lock = {0};

    int rc = sqlite_schema_check(s->writer, &sqlite_schema, err);
    if (rc < 0)
        return rc;
    buf_printf(&lock, "%s.lock", s->path);
    rc = claim_take(buf_cstr(&lock), &s->claim, err);
    return rc < 0 ? rc : sqlite_schema_check(s->writer, &sqlite_schema, err);
}

static int set_wal(sqlite3 *db, struct err *err)
{
    scoped(sqlite_db_finalize) sqlite3_stmt *statement = NULL;

    int rc = sqlite_db_prepare(db, SV("PRAGMA journal_mode = WAL"), &statement, err);
    if (rc < 0)
        return rc;
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW)
        return sqlite_db_error(db, code, "switch to WAL", err);
    if (!sv_eq(sqlite_db_column(statement, 0), SV("wal")))
        return err_set(err, -EIO, "WAL does not work on this file system; use a local one");
    return 0;
}

/* journal_size_limit: what a burst leaves of the log, in bytes. */
static int configure(struct sqlite_store *s, struct err *err)
{
    int rc = set_wal(s->writer, err);

    return rc < 0 ? rc
                  : sqlite_db_exec(s->writer,
                                   "PRAGMA synchronous = FULL;"
                                   "PRAGMA foreign_keys = ON;"
                                   "PRAGMA cell_size_check = ON;"
                                   "PRAGMA temp_store = MEMORY;"
                                   "PRAGMA journal_size_limit = 67108864",
                                   err);
}

/* The names of new files survive a power cut too. */
static int sync_directory(const char *path, struct err *err)
{
    scoped(free) char *dir = xstrdup_sv(sv_sub(sv(path), 0, sv_rfind_char(sv(path), '/') + 1));
    scoped(fd_close) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0)
        return err_set(err, -errno, "sync directory '%s': %s", dir, strerror(errno));
    return 0;
}

static int prepare(struct sqlite_store *s, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; i < STATEMENT_COUNT && rc == 0; i++) {
        sqlite3 *db = statements[i].reads ? s->reader : s->writer;
        if (db != NULL)
            rc = sqlite_db_prepare(db, statements[i].sql, &s->statement[i], err);
    }
    if (rc == 0)
        rc = sqlite_evidence_open(s->writer, s->reader, &s->evidence, err);
    return rc;
}

static int open_steps(struct sqlite_store *s, const char *path, const char *vfs, struct err *err)
{
    int rc = open_writer(s, path, vfs, err);

    if (rc == 0)
        rc = claim_store(s, err);
    if (rc == 0)
        rc = configure(s, err);
    if (rc == 0)
        rc = sqlite_schema_migrate(s->writer, &sqlite_schema, err);
    if (rc == 0)
        rc = sync_directory(s->path, err);
    if (rc == 0)
        rc = open_connection(s->path, vfs, SQLITE_OPEN_READONLY, &s->reader, err);
    return rc == 0 ? prepare(s, err) : rc;
}

static int open_to_read(struct sqlite_store *s, const char *path, struct err *err)
{
    struct stat st;
    int64_t version = 0;

    if (stat(path, &st) != 0)
        return err_set(err, -errno, "%s", strerror(errno));
    int rc = open_connection(path, NULL, SQLITE_OPEN_READONLY, &s->reader, err);
    if (rc < 0)
        return rc;
    s->path = sqlite3_db_filename(s->reader, "main");
    rc = sqlite_schema_check(s->reader, &sqlite_schema, err);
    if (rc == 0) /* a third of the time; not in a hub, which a bad disk must not kill by a signal */
        rc = sqlite_db_exec(s->reader, "PRAGMA mmap_size = 1073741824", err);
    if (rc == 0)
        rc = sqlite_db_number(s->reader, "PRAGMA user_version", &version, err);
    if (rc == 0 && version < (int64_t)sqlite_schema.count)
        rc = err_set(err, -EPROTO, "made by an older tiercel; start the hub once");
    return rc == 0 ? prepare(s, err) : rc;
}

static int open_store(const char *path, const char *vfs, const struct store_ops *ops,
                      struct store **out, struct err *err)
{
    scoped(store_close) struct store *store = xcalloc(1, sizeof(struct sqlite_store));
    scoped(buf_done) struct buf plain = {0};

    *self(store) = (struct sqlite_store){.base.ops = ops, .claim = -1};
    if (path[0] == '\0')
        return err_set(err, -EINVAL, "the store has no path");
    /* "./" keeps SQLite from seeing one of its special names, such as ":memory:". */
    buf_printf(&plain, "%s%s", path[0] == '/' ? "" : "./", path);
    int rc = ops == &reading_ops ? open_to_read(self(store), buf_cstr(&plain), err)
                                 : open_steps(self(store), buf_cstr(&plain), vfs, err);
    if (rc < 0)
        return err_wrap(err, rc, "store '%s'", path);
    *out = take(store);
    return 0;
}

int sqlite_open(const char *path, const char *vfs, struct store **out, struct err *err)
{
    return open_store(path, vfs, &sqlite_ops, out, err);
}

int sqlite_open_to_read(const char *path, struct store **out, struct err *err)
{
    return open_store(path, NULL, &reading_ops, out, err);
}
