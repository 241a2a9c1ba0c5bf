/* lang/vm/transform.h - what tolower(), join(), getopt() and the others do to values.
 *
 * `value` holds `count` values and has room for FIELD_VALUES_MAX. Made text is in `scratch`;
 * without room there the values are absent. Any thread, each with its own arena. */
#pragma once

#include "base/attr.h"
#include "event/value.h"
#include "lang/ast.h"

struct arena;

/* tolower, toupper, b64, basename: each value on its own, in place. false: absent. */
must_check bool transform_texts(enum ast_transform transform, struct value *value, int count,
                                struct arena *scratch);

/* The values, `separator` between them, as one. false: absent. */
must_check bool transform_join(struct sv separator, const struct value *value, int count,
                               struct arena *scratch, struct value *out);

/* Short options as getopt(3) describes them; `option` is the one asked for, NUL for all. */
struct getopt_spec {
    bool known[256], takes_value[256];
    char option;
};
struct getopt_spec transform_getopt_spec(struct sv options, char option);
/* Option letters, each followed by its value where it takes one; for one option its last value, or
 * its letter when it takes none. Returns how many, OPERAND_ABSENT when the one is not there. */
int transform_getopt(const struct getopt_spec *spec, const struct value *arg, int count,
                     struct value *out, int room);
