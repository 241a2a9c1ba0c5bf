/* A query becomes SQL from constant pieces: values are bound, never written into the text. */
#include "store/sqlite_read.h"

#include <errno.h>
#include <sqlite3.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/sqlite_db.h"

struct term {
    const char *sql; /* with one parameter */
    bool used;
    struct sv text; /* NULL pointer: the number */
    uint64_t number;
};

enum { TERMS_MAX = 7 };

static size_t make_terms(const struct store_query *q, struct term term[TERMS_MAX])
{
    const struct term all[TERMS_MAX] = {
        {"id = ?", q->id.len > 0, q->id, 0},
        {"rule = ?", q->rule.len > 0, q->rule, 0},
        {"namespace_name = ?", q->namespace_name.len > 0, q->namespace_name, 0},
        {"pod_name = ?", q->pod_name.len > 0, q->pod_name, 0},
        {"time_ns >= ?", q->from_ns > 0, {NULL, 0}, q->from_ns},
        {"time_ns < ?", q->to_ns > 0, {NULL, 0}, q->to_ns},
        {"sequence > ?", q->after_sequence > 0, {NULL, 0}, q->after_sequence},
    };
    size_t count = 0;

    for (size_t i = 0; i < TERMS_MAX; i++) {
        if (all[i].used)
            term[count++] = all[i];
    }
    return count;
}

static void make_sql(const struct store_query *q, const struct term *term, size_t count,
                     struct buf *sql)
{
    static const char *const order[2][2] = {
        {" ORDER BY sequence", " ORDER BY sequence DESC"},
        {" ORDER BY time_ns, sequence", " ORDER BY time_ns DESC, sequence DESC"},
    };

    buf_str(sql, "SELECT sequence, time_ns, priority, id, rule, source, namespace_name, pod_name, "
                 "container_id, owner, json FROM finding");
    for (size_t i = 0; i < count; i++) {
        buf_str(sql, i == 0 ? " WHERE " : " AND ");
        buf_str(sql, term[i].sql);
    }
    buf_str(sql, order[q->by_time][q->newest_first]);
    if (q->limit > 0)
        buf_str(sql, " LIMIT ?");
}

static void bind_terms(sqlite3_stmt *statement, const struct store_query *q,
                       const struct term *term, size_t count)
{
    int at = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t number = term[i].number < INT64_MAX ? term[i].number : INT64_MAX;
        if (term[i].text.ptr != NULL)
            sqlite_db_bind_text(statement, ++at, term[i].text);
        else
            sqlite_db_bind_number(statement, ++at, (int64_t)number);
    }
    if (q->limit > 0)
        sqlite_db_bind_number(statement, ++at, q->limit);
}

static int give_row(sqlite3_stmt *statement, store_row_fn row, void *ctx)
{
    const struct store_finding finding = {
        .time_ns = (uint64_t)sqlite3_column_int64(statement, 1),
        .priority = (uint8_t)sqlite3_column_int(statement, 2),
        .id = sqlite_db_column(statement, 3),
        .rule = sqlite_db_column(statement, 4),
        .source = sqlite_db_column(statement, 5),
        .namespace_name = sqlite_db_column(statement, 6),
        .pod_name = sqlite_db_column(statement, 7),
        .container_id = sqlite_db_column(statement, 8),
        .owner = sqlite_db_column(statement, 9),
        .json = sqlite_db_column(statement, 10),
    };

    return row(ctx, (uint64_t)sqlite3_column_int64(statement, 0), &finding);
}

int sqlite_read(sqlite3 *db, const struct store_query *query, store_row_fn row, void *ctx,
                struct err *err)
{
    scoped(sqlite_db_finalize) sqlite3_stmt *statement = NULL;
    scoped(buf_done) struct buf sql = {0};
    struct term term[TERMS_MAX];
    size_t count = make_terms(query, term);

    make_sql(query, term, count, &sql);
    if (sql.error != 0)
        return err_set(err, sql.error, "no memory to read findings");
    int rc = sqlite_db_prepare(db, buf_view(&sql), &statement, err);
    if (rc < 0)
        return rc;
    bind_terms(statement, query, term, count);

    int code = sqlite3_step(statement);
    for (; code == SQLITE_ROW && rc == 0; code = rc == 0 ? sqlite3_step(statement) : code)
        rc = give_row(statement, row, ctx);
    if (rc != 0 || code == SQLITE_DONE)
        return rc;
    return sqlite_db_error(db, code, "read findings", err);
}
