/* tests/unit/test.h - cmocka with names for table rows, so that a failure says which row. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/sv.h"

static const char *test_row_name = "";

static inline void test_row(const char *name)
{
    test_row_name = name;
}

#define TEST_FAIL(...)                                                                             \
    do {                                                                                           \
        print_error("%s:%d: row '%s': ", __FILE__, __LINE__, test_row_name);                       \
        print_error(__VA_ARGS__);                                                                  \
        print_error("\n");                                                                         \
        fail();                                                                                    \
    } while (0)

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            TEST_FAIL("not true: %s", #condition);                                                 \
    } while (0)

#define CHECK_INT(actual, expected)                                                                \
    do {                                                                                           \
        long long actual_ = (long long)(actual);                                                   \
        long long expected_ = (long long)(expected);                                               \
        if (actual_ != expected_)                                                                  \
            TEST_FAIL("%s is %lld, expected %lld", #actual, actual_, expected_);                   \
    } while (0)

#define CHECK_SV(actual, expected)                                                                 \
    do {                                                                                           \
        struct sv actual_ = (actual);                                                              \
        struct sv expected_ = (expected);                                                          \
        if (!sv_eq(actual_, expected_))                                                            \
            TEST_FAIL("%s is \"%.*s\", expected \"%.*s\"", #actual, SV_ARG(actual_),               \
                      SV_ARG(expected_));                                                          \
    } while (0)

#define CHECK_STR(actual, expected) CHECK_SV(sv(actual), sv(expected))
#define CHECK_HAS(text, part)                                                                      \
    do {                                                                                           \
        struct sv text_ = sv(text);                                                                \
        if (sv_find(text_, sv(part), 0) == SIZE_MAX)                                               \
            TEST_FAIL("\"%.*s\" lacks \"%s\"", SV_ARG(text_), (part));                             \
    } while (0)
