/* store/sqlite_db.h - a SQLite connection in the manner of this program: errno and words.
 *
 * One thread per connection. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct err;
struct sqlite3;
struct sqlite3_stmt;

/* Say in words what SQLite's result code `code` means for `what` was tried, and return the errno:
 * -ENOSPC, -EBUSY, -EACCES, -EBADMSG (damaged), -EINVAL (no database), -ENOMEM, -E2BIG, else -EIO.
 * Call it before anything else touches the connection. */
int sqlite_db_error(struct sqlite3 *db, int code, const char *what, struct err *err);

/* Run statements that give no rows. */
must_check int sqlite_db_exec(struct sqlite3 *db, const char *sql, struct err *err);
/* The first column of the first row, as a number. */
must_check int sqlite_db_number(struct sqlite3 *db, const char *sql, int64_t *out, struct err *err);
must_check int sqlite_db_prepare(struct sqlite3 *db, struct sv sql, struct sqlite3_stmt **out,
                                 struct err *err);
void sqlite_db_finalize(struct sqlite3_stmt *statement); /* NULL is fine */
DEFINE_SCOPED(struct sqlite3_stmt *, sqlite_db_finalize)

/* Bind a view that outlives the statement's next reset; the empty view is '', not NULL. Binding to
 * a parameter that exists cannot fail. */
void sqlite_db_bind_text(struct sqlite3_stmt *statement, int parameter, struct sv text);
void sqlite_db_bind_blob(struct sqlite3_stmt *statement, int parameter, struct sv bytes);
void sqlite_db_bind_number(struct sqlite3_stmt *statement, int parameter, int64_t number);
/* Valid until the statement's next step. */
struct sv sqlite_db_column(struct sqlite3_stmt *statement, int column);
