/* json.* and jevt.*: any member of an event that came as JSON. */
#include "event/fields.h"

#define JSON_SOURCES (FIELD_ALL_SOURCES & ~FIELD_SYSCALL)
#define ROW(name, arg, flags, meaning)                                                             \
    FIELD_ROW(JSON_SOURCES, name, CHARBUF, arg, (flags) | FIELD_NO_VALUE, NULL, meaning)

/* clang-format off */
static const struct field rows[] = {
    ROW("jevt.obj", NONE, FIELD_DEPRECATED, "the same as json.obj"),
    ROW("jevt.rawtime", NONE, FIELD_DEPRECATED, "the same as json.rawtime"),
    ROW("jevt.value", KEY, FIELD_DEPRECATED, "the same as json.value"),
    ROW("json.obj", NONE, 0, "the whole event as JSON text"),
    ROW("json.rawtime", NONE, 0, "when, in ns since the epoch"),
    ROW("json.value", KEY, 0, "the member that the JSON pointer given names: /user/username"),
};
/* clang-format on */

const struct field_table field_table_json = FIELD_TABLE("Events that come as JSON", rows);
