/* lang/falco/read.h - from YAML to items.h: checks keys and kinds, appends, replaces.
 *
 * Every problem is told to items->diags; a function returns 0, or -EINVAL (-E2BIG) once it has told
 * an error and given up the item. One thread. */
#pragma once

#include "lang/falco/items.h"

struct read_key;

/* Read every document of a file into `items`; goes on after a faulty item. */
must_check int read_file(struct items *items, struct rule_file *file);

/* One item of a file. */
struct read {
    struct items *items;
    const struct yaml_node *map;
    struct spot spot; /* of the item; its name once that is known */
};

must_check int read_rule(struct read *read);
must_check int read_exceptions(struct read *read, struct exceptions *out, bool append);

/* Spot of a value in the item, "value for" its key. */
struct spot read_spot(const struct read *read, const struct yaml_node *node, const char *type,
                      const char *name);

/* Text of a key that must be there, or may: `given` (may be NULL) tells. `out` is a copy. */
must_check int read_text(struct read *read, const char *key, struct sv *out);
must_check int read_optional_text(struct read *read, const char *key, struct sv *out, bool *given);
must_check int read_bool(struct read *read, const char *key, bool *out);
must_check int read_optional_bool(struct read *read, const char *key, bool *out);
/* Text that stays traceable to its place; one part is added to `out`. */
must_check int read_part(struct read *read, const char *key, const char *type, struct parts *out);
/* A sequence of text, each copied; `out` is any struct with item, count, room of struct sv. */
must_check int read_seq(struct read *read, const char *key, struct tags *out);
must_check int parts_append(struct items *items, struct parts *parts, const struct parts *more,
                            const struct spot *spot);

/* Warn of keys that `known` (NULL-terminated) lacks. */
int read_unknown_keys(struct items *items, const struct yaml_node *map, const struct spot *spot,
                      const char *const *known);
/* "did you mean 'x'?" in `out`, NULL when nothing is near. */
struct mend {
    char text[160];
};
const char *mend_nearest(struct mend *out, struct sv word, const char *const *candidates);

/* override: {key: append|replace} */
enum read_override {
    OVERRIDE_APPEND = 1,
    OVERRIDE_REPLACE = 2,
};
struct read_key {
    const char *name;
    unsigned allowed; /* bits of enum read_override */
};
/* What is asked for each key of `keys`, in `asked` (one bit a key): returns whether any. */
must_check int read_overrides(struct read *read, const struct read_key *keys, uint32_t *append,
                              uint32_t *replace);
