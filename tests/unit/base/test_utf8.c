#include "base/utf8.h"

#include "base/buf.h"
#include "tests/unit/test.h"

static void first_character(void **state)
{
    static const struct {
        const char *row, *text;
        uint32_t code, width;
    } rows[] = {
        {"ASCII", "a", 0x61, 1},
        {"two bytes, least", "\xc2\x80", 0x80, 2},
        {"two bytes, most", "\xdf\xbf", 0x7ff, 2},
        {"three bytes, least", "\xe0\xa0\x80", 0x800, 3},
        {"before the surrogates", "\xed\x9f\xbf", 0xd7ff, 3},
        {"after the surrogates", "\xee\x80\x80", 0xe000, 3},
        {"four bytes, least", "\xf0\x90\x80\x80", 0x10000, 4},
        {"last of all", "\xf4\x8f\xbf\xbf", 0x10ffff, 4},
        {"followed by more", "\xc3\xa9xyz", 0xe9, 2},
        {"lone continuation", "\x80", 0x80, 0},
        {"overlong slash, two", "\xc0\xaf", 0xc0, 0},
        {"overlong, two, most", "\xc1\xbf", 0xc1, 0},
        {"overlong slash, three", "\xe0\x80\xaf", 0xe0, 0},
        {"overlong slash, four", "\xf0\x80\x80\xaf", 0xf0, 0},
        {"surrogate, first", "\xed\xa0\x80", 0xed, 0},
        {"surrogate, last", "\xed\xbf\xbf", 0xed, 0},
        {"above all", "\xf4\x90\x80\x80", 0xf4, 0},
        {"lead of five", "\xf8\x88\x80\x80", 0xf8, 0},
        {"0xff", "\xff", 0xff, 0},
        {"cut after one of two", "\xc3", 0xc3, 0},
        {"cut after two of three", "\xe2\x82", 0xe2, 0},
        {"cut after three of four", "\xf0\x9f\x98", 0xf0, 0},
        {"second byte is ASCII", "\xe2(\xa1", 0xe2, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct utf8_char c = utf8_first(sv(rows[i].text));

        test_row(rows[i].row);
        CHECK_INT(c.code, rows[i].code);
        CHECK_INT(c.width, rows[i].width);
    }
}

static void visible(void **state)
{
    static const struct {
        const char *row;
        struct sv text;
        const char *shown;
    } rows[] = {
        {"plain", SV("a \"b\" \\c"), "a \"b\" \\c"},
        {"letters", SV("caf\xc3\xa9 \xe2\x9c\x93"), "caf\xc3\xa9 \xe2\x9c\x93"},
        {"line ends and tab", SV("a\r\n\tb"), "a\\r\\n\\tb"},
        {"escape sequence", SV("\x1b[31mred"), "\\x1b[31mred"},
        {"NUL and bell", SV("a\0b\a"), "a\\x00b\\x07"},
        {"DEL", SV("\x7f"), "\\x7f"},
        {"C1 control sequence",
         {"\xc2\x9b"
          "31m",
          5},
         "\\u009b31m"},
        {"C1 as a bare byte",
         {"\x9b"
          "31m",
          4},
         "\\x9b31m"},
        {"right-to-left",
         {"a\xe2\x80\xae"
          "b",
          5},
         "a\\u202eb"},
        {"isolate", SV("\xe2\x81\xa6"), "\\u2066"},
        {"line separator", SV("\xe2\x80\xa8"), "\\u2028"},
        {"cut character", SV("ab\xe2\x82"), "ab\\xe2\\x82"},
        {"empty", {NULL, 0}, ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf out = {0};

        test_row(rows[i].row);
        utf8_put_visible(&out, rows[i].text);
        CHECK_STR(buf_cstr(&out), rows[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_character),
        cmocka_unit_test(visible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
