#include "store/sqlite_schema.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>

#include "base/err.h"
#include "store/sqlite_db.h"

#define TEXT_OF(number) TEXT_OF_(number)
#define TEXT_OF_(number) #number

/* A released step is never changed: a new version is one more row. */
static const char *const steps[] = {
    "PRAGMA application_id = " TEXT_OF(
        SQLITE_SCHEMA_ID) ";"
                          "CREATE TABLE finding ("
                          "  sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
                          "  id TEXT NOT NULL UNIQUE,"
                          "  time_ns INTEGER NOT NULL,"
                          "  stored_ns INTEGER NOT NULL,"
                          "  priority INTEGER NOT NULL,"
                          "  rule TEXT NOT NULL,"
                          "  source TEXT NOT NULL,"
                          "  namespace_name TEXT NOT NULL,"
                          "  pod_name TEXT NOT NULL,"
                          "  container_id TEXT NOT NULL,"
                          "  owner TEXT NOT NULL,"
                          "  json TEXT NOT NULL"
                          ") STRICT;"
                          "CREATE INDEX finding_time ON finding (time_ns);"
                          "CREATE INDEX finding_rule ON finding (rule, time_ns);"
                          "CREATE INDEX finding_namespace ON finding (namespace_name, time_ns);"
                          "CREATE INDEX finding_pod ON finding (pod_name, time_ns);"
                          "CREATE TABLE state ("
                          "  key TEXT PRIMARY KEY,"
                          "  value BLOB NOT NULL"
                          ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE evidence_block ("
    "  sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  source INTEGER NOT NULL,"
    "  from_ns INTEGER NOT NULL,"
    "  to_ns INTEGER NOT NULL,"
    "  records INTEGER NOT NULL,"
    "  is_open INTEGER NOT NULL," /* small: goes into the next full one */
    "  filter BLOB NOT NULL,"
    "  data BLOB NOT NULL"
    ") STRICT;"
    "CREATE INDEX evidence_block_time ON evidence_block (source, to_ns, from_ns);"
    "CREATE INDEX evidence_block_open ON evidence_block (source) WHERE is_open;",
};

const struct sqlite_schema sqlite_schema = {steps, ARRAY_LEN(steps)};

int sqlite_schema_check(sqlite3 *db, const struct sqlite_schema *schema, struct err *err)
{
    int64_t id = 0;
    int64_t version = 0;
    int64_t objects = 0;

    int rc = sqlite_db_number(db, "PRAGMA application_id", &id, err);
    if (rc == 0)
        rc = sqlite_db_number(db, "PRAGMA user_version", &version, err);
    if (rc == 0)
        rc = sqlite_db_number(db, "SELECT count(*) FROM sqlite_schema", &objects, err);
    if (rc == -EINVAL)
        return err_set(err, rc, "this is no tiercel store, nor any SQLite file");
    if (rc < 0)
        return rc;
    if (id == 0 && version == 0 && objects == 0)
        return 0;
    if (id != SQLITE_SCHEMA_ID)
        return err_set(err, -EINVAL, "this is a SQLite file of another program");
    if (version > schema->count)
        return err_set(err, -EPROTO,
                       "made by a newer tiercel (schema %" PRId64 ", this one knows up to %" PRId64
                       "): run that version, or name another file",
                       version, schema->count);
    if (version < 0 || objects == 0)
        return err_set(err, -EBADMSG, "the file is damaged (schema %" PRId64 ")", version);
    return 0;
}

static int make_step(sqlite3 *db, const struct sqlite_schema *schema, bool *last, struct err *err)
{
    char done[64];
    int64_t version = 0;

    int rc = sqlite_db_exec(db, "BEGIN IMMEDIATE", err);
    if (rc == 0)
        rc = sqlite_db_number(db, "PRAGMA user_version", &version, err);
    *last = version >= schema->count;
    if (rc == 0 && !*last) {
        int code = sqlite3_exec(db, schema->step[version], NULL, NULL, NULL);
        if (code != SQLITE_OK)
            rc = sqlite_db_error(db, code, "statement", err);
        (void)snprintf(done, sizeof(done), "PRAGMA user_version = %" PRId64, version + 1);
        if (rc == 0)
            rc = sqlite_db_exec(db, done, err);
    }
    if (rc == 0)
        rc = sqlite_db_exec(db, "COMMIT", err);
    if (!sqlite3_get_autocommit(db))
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return rc < 0 ? err_wrap(err, rc, "migration from schema %" PRId64, version) : 0;
}

int sqlite_schema_migrate(sqlite3 *db, const struct sqlite_schema *schema, struct err *err)
{
    bool last = false;
    int rc = 0;

    while (rc == 0 && !last)
        rc = make_step(db, schema, &last, err);
    return rc;
}
