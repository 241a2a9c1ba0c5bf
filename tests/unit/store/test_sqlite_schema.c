#include "store/sqlite_schema.h"

#include <errno.h>
#include <sqlite3.h>

#include "base/err.h"
#include "store/sqlite_db.h"
#include "tests/unit/test.h"

static void close_db(sqlite3 *db)
{
    (void)sqlite3_close(db);
}
DEFINE_SCOPED(sqlite3 *, close_db)

static sqlite3 *memory(void)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    return db;
}

static int64_t number(sqlite3 *db, const char *sql)
{
    int64_t out = -1;

    CHECK_INT(sqlite_db_number(db, sql, &out, NULL), 0);
    return out;
}

static void test_fresh(void **state)
{
    scoped(close_db) sqlite3 *db = memory();

    CHECK_INT(sqlite_schema_check(db, &sqlite_schema, NULL), 0);
    CHECK_INT(sqlite_schema_migrate(db, &sqlite_schema, NULL), 0);
    CHECK_INT(sqlite_schema_check(db, &sqlite_schema, NULL), 0);
    CHECK_INT(number(db, "PRAGMA application_id"), SQLITE_SCHEMA_ID);
    CHECK_INT(number(db, "PRAGMA user_version"), sqlite_schema.count);
    CHECK_INT(
        number(db, "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL"), 6);
    test_row("again");
    CHECK_INT(sqlite_schema_migrate(db, &sqlite_schema, NULL), 0);
}

/* The queries that investigations make are answered from an index, without sorting. */
static void test_plans(void **state)
{
    static const struct {
        const char *row, *sql, *index;
    } rows[] = {
        {"cursor", "SELECT json FROM finding WHERE sequence > 9 ORDER BY sequence LIMIT 5",
         "INTEGER PRIMARY KEY"},
        {"newest", "SELECT json FROM finding ORDER BY time_ns DESC, sequence DESC LIMIT 5",
         "finding_time"},
        {"rule",
         "SELECT json FROM finding WHERE rule = 'a' AND time_ns >= 1 "
         "ORDER BY time_ns DESC, sequence DESC",
         "finding_rule"},
        {"namespace",
         "SELECT json FROM finding WHERE namespace_name = 'a' "
         "ORDER BY time_ns DESC, sequence DESC",
         "finding_namespace"},
        {"pod",
         "SELECT json FROM finding WHERE pod_name = 'a' AND time_ns >= 1 "
         "AND time_ns < 9 ORDER BY time_ns DESC, sequence DESC",
         "finding_pod"},
        {"evidence in time",
         "SELECT sequence FROM evidence_block WHERE source = 1 AND to_ns >= 2 AND from_ns < 3",
         "COVERING INDEX evidence_block_time"},
        {"open evidence", "DELETE FROM evidence_block WHERE source = 1 AND is_open",
         "evidence_block_open"},
        {"id", "SELECT json FROM finding WHERE id = 'a'", "sqlite_autoindex_finding_1"},
    };
    scoped(close_db) sqlite3 *db = memory();

    CHECK_INT(sqlite_schema_migrate(db, &sqlite_schema, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(sqlite_db_finalize) sqlite3_stmt *plan = NULL;
        char sql[512];
        test_row(rows[i].row);
        (void)snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", rows[i].sql);
        CHECK_INT(sqlite_db_prepare(db, sv(sql), &plan, NULL), 0);
        CHECK_INT(sqlite3_step(plan), SQLITE_ROW);
        CHECK_HAS((const char *)sqlite3_column_text(plan, 3), rows[i].index);
        CHECK_INT(sqlite3_step(plan), SQLITE_DONE);
    }
}

static const char *const grown[] = {
    "PRAGMA application_id = 0x5452434c; CREATE TABLE a (x); INSERT INTO a VALUES (7)",
    "ALTER TABLE a ADD COLUMN y NOT NULL DEFAULT 8",
    "CREATE TABLE b (z); INSERT INTO b SELECT x + y FROM a",
};
static const char *const failing[] = {
    "PRAGMA application_id = 0x5452434c; CREATE TABLE a (x)",
    "CREATE TABLE b (y); INSERT INTO absent VALUES (1)",
    "CREATE TABLE c (z)",
};

static void test_grows_by_rows(void **state)
{
    scoped(close_db) sqlite3 *db = memory();

    for (int64_t count = 1; count <= (int64_t)ARRAY_LEN(grown); count++) {
        const struct sqlite_schema schema = {grown, count};
        CHECK_INT(sqlite_schema_check(db, &schema, NULL), 0);
        CHECK_INT(sqlite_schema_migrate(db, &schema, NULL), 0);
        CHECK_INT(number(db, "PRAGMA user_version"), count);
    }
    CHECK_INT(number(db, "SELECT z FROM b"), 15);
    test_row("an older program");
    struct err err = {0};
    CHECK_INT(sqlite_schema_check(db, &(struct sqlite_schema){grown, 2}, &err), -EPROTO);
    CHECK_HAS(err.text, "schema 3, this one knows up to 2");
}

static void test_all_at_once(void **state)
{
    scoped(close_db) sqlite3 *db = memory();

    CHECK_INT(sqlite_schema_migrate(db, &(struct sqlite_schema){grown, 3}, NULL), 0);
    CHECK_INT(number(db, "SELECT z FROM b"), 15);
}

static void test_failing_step(void **state)
{
    scoped(close_db) sqlite3 *db = memory();
    struct err err = {0};

    CHECK_INT(sqlite_schema_migrate(db, &(struct sqlite_schema){failing, 3}, &err), -EIO);
    CHECK_HAS(err.text, "migration from schema 1");
    CHECK_HAS(err.text, "no such table: absent");
    test_row("as the step before left it");
    CHECK_INT(number(db, "PRAGMA user_version"), 1);
    CHECK_INT(number(db, "SELECT count(*) FROM sqlite_schema"), 1);
    CHECK(sqlite3_get_autocommit(db));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fresh),         cmocka_unit_test(test_plans),
        cmocka_unit_test(test_grows_by_rows), cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_failing_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
