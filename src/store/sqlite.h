/* store/sqlite.h - the embedded store: one SQLite file.
 *
 * For store.c; tests open through it to put a VFS that fails below the store. */
#pragma once

#include "base/attr.h"

struct err;
struct store;

/* As store_open(), through the SQLite VFS of that name; NULL is SQLite's own. */
must_check int sqlite_open(const char *path, const char *vfs, struct store **out, struct err *err);
/* As store_open_to_read(). */
must_check int sqlite_open_to_read(const char *path, struct store **out, struct err *err);
