/* store/sqlite_read.h - findings out of the SQLite store. For sqlite.c. */
#pragma once

#include "store/store.h"

struct sqlite3;

/* As store_read(), over a connection of its own. */
must_check int sqlite_read(struct sqlite3 *db, const struct store_query *query, store_row_fn row,
                           void *ctx, struct err *err);
