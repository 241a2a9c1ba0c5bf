/* store/sqlite_schema.h - the schema of the SQLite store and the steps that lead to it.
 *
 * The file's application_id says that it is ours, its user_version how many steps were made. */
#pragma once

#include <stdint.h>

#include "base/attr.h"

struct err;
struct sqlite3;

#define SQLITE_SCHEMA_ID 0x5452434c /* application_id: "TRCL" */

struct sqlite_schema {
    const char *const *step; /* step[n] leads from version n to n + 1: SQL, in one transaction */
    int64_t count;
};

extern const struct sqlite_schema sqlite_schema;

/* Is this a store, of a version up to schema->count, or a new and empty file? Reads only.
 * Errors: -EINVAL (something else), -EPROTO (a newer version), -EBADMSG, -EIO. */
must_check int sqlite_schema_check(struct sqlite3 *db, const struct sqlite_schema *schema,
                                   struct err *err);

/* Make the steps that are missing, each in its own transaction: a step that fails leaves the store
 * as the one before left it. */
must_check int sqlite_schema_migrate(struct sqlite3 *db, const struct sqlite_schema *schema,
                                     struct err *err);
