/* app/rule_tests.h - files of rule tests, read: which events, and which rules they should match.
 *
 * The file is a YAML list, described in docs/reference/rule-tests.md. One thread; everything read
 * lives in the arena given. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"
#include "base/yaml.h"
#include "event/event.h"

struct arena;
struct diags;

#define RULE_TEST_FILE_MAX ((size_t)8 << 20) /* bytes */
#define RULE_TEST_NAMES_MAX 1000             /* of one list */

/* A name in the file, with its place. */
struct rule_test_name {
    struct sv text;
    struct yaml_mark at;
};

struct rule_test {
    struct rule_test_name name;
    const struct event *event; /* in order; scratch is NULL: who runs them sets it in a copy */
    uint32_t event_count;
    const struct rule_test_name *expect; /* rules, no duplicates */
    uint32_t expect_count;
};

struct rule_tests {
    const char *file;
    struct sv text;           /* of the whole file, for snippets */
    const char *const *rules; /* paths of the rules it asks for, relative ones made to the file's */
    uint32_t rules_count;
    const struct rule_test *test;
    uint32_t count;
};

/* Read one file. What is wrong goes to `diags`, each with its place; negative when anything was.
 * `path` outlives *out. */
must_check int rule_tests_read(const char *path, struct arena *arena, struct diags *diags,
                               struct rule_tests *out);

/* Add to `diags` that something at `at` in the file is wrong. */
void rule_tests_complain(struct diags *diags, const struct rule_tests *tests, struct yaml_mark at,
                         const char *mend, const char *fmt, ...) printf_like(5, 6);
