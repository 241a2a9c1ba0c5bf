#include "base/base64.h"

#include "base/arena.h"
#include "tests/unit/test.h"

static void texts_and_what_is_none(void **state)
{
    static const struct {
        const char *text;
        bool fine;
        const char *bytes;
    } rows[] = {
        {"", true, ""},       {"QQ==", true, "A"},   {"QQ", true, "A"},
        {"QUI=", true, "AB"}, {"QUJD", true, "ABC"}, {"+/+/", true, "\xfb\xff\xbf"},
        {"QR==", false}, /* bits that mean nothing */
        {"Q", false},         {"QUJDR", false},      {"Q===", false},
        {"QU-D", false},      {"QU\nJD", false},     {"=QQ=", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(256);
        struct sv out = SV("untouched");

        test_row(rows[i].text);
        CHECK_INT(base64_decode(sv(rows[i].text), arena, &out), rows[i].fine);
        CHECK_SV(out, rows[i].fine ? sv(rows[i].bytes) : SV("untouched"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts_and_what_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
