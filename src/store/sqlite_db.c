#include "store/sqlite_db.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <string.h>

#include "base/err.h"

enum { PRIMARY_CODE = 0xff };

static int code_errno(int code, int system)
{
    if (system == ENOSPC || system == EDQUOT)
        return -ENOSPC;
    switch (code & PRIMARY_CODE) {
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
        return -EACCES;
    case SQLITE_CORRUPT:
        return -EBADMSG;
    case SQLITE_NOTADB:
        return -EINVAL;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_TOOBIG:
        return -E2BIG;
    case SQLITE_CANTOPEN:
        return system > 0 ? -system : -EIO;
    default:
        return -EIO;
    }
}

/* The system's errno stays from whatever failed last: it belongs to this code only here. */
static int code_system(sqlite3 *db, int code)
{
    int primary = code & PRIMARY_CODE;

    return primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN ? sqlite3_system_errno(db) : 0;
}

int sqlite_db_error(sqlite3 *db, int code, const char *what, struct err *err)
{
    int system = code_system(db, code);
    int rc = code_errno(code, system);
    const char *words =
        sqlite3_extended_errcode(db) == code ? sqlite3_errmsg(db) : sqlite3_errstr(code);

    if (rc == -EBADMSG)
        return err_set(err, rc, "%s: the file is damaged (%s)", what, words);
    if (system > 0)
        return err_set(err, rc, "%s: %s: %s", what, words, strerror(system));
    return err_set(err, rc, "%s: %s", what, words);
}

int sqlite_db_exec(sqlite3 *db, const char *sql, struct err *err)
{
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : sqlite_db_error(db, code, sql, err);
}

int sqlite_db_number(sqlite3 *db, const char *sql, int64_t *out, struct err *err)
{
    scoped(sqlite_db_finalize) sqlite3_stmt *statement = NULL;
    int rc = sqlite_db_prepare(db, sv(sql), &statement, err);

    if (rc < 0)
        return rc;
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW)
        return sqlite_db_error(db, code, sql, err);
    *out = sqlite3_column_int64(statement, 0);
    return 0;
}

int sqlite_db_prepare(sqlite3 *db, struct sv sql, sqlite3_stmt **out, struct err *err)
{
    int code = sqlite3_prepare_v3(db, sql.ptr, (int)sql.len, SQLITE_PREPARE_PERSISTENT, out, NULL);

    return code == SQLITE_OK ? 0 : sqlite_db_error(db, code, "prepare", err);
}

void sqlite_db_finalize(sqlite3_stmt *statement)
{
    (void)sqlite3_finalize(statement);
}

static void bind_done(int code)
{
    assert(code == SQLITE_OK);
    (void)code;
}

void sqlite_db_bind_text(sqlite3_stmt *statement, int parameter, struct sv text)
{
    bind_done(sqlite3_bind_text(statement, parameter, text.len == 0 ? "" : text.ptr, (int)text.len,
                                SQLITE_STATIC));
}

void sqlite_db_bind_blob(sqlite3_stmt *statement, int parameter, struct sv bytes)
{
    bind_done(sqlite3_bind_blob(statement, parameter, bytes.len == 0 ? "" : bytes.ptr,
                                (int)bytes.len, SQLITE_STATIC));
}

void sqlite_db_bind_number(sqlite3_stmt *statement, int parameter, int64_t number)
{
    bind_done(sqlite3_bind_int64(statement, parameter, number));
}

struct sv sqlite_db_column(sqlite3_stmt *statement, int column)
{
    const char *bytes = sqlite3_column_blob(statement, column);

    return (struct sv){bytes, (size_t)sqlite3_column_bytes(statement, column)};
}
