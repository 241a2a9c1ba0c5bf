/* Falco's regular expressions: what RE2 in POSIX mode takes and means, as RE2 itself said. */
#include "../test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "lang/vm/regex.h"
#include "lang/vm/regex_syntax.h"

static void means_what_it_means_to_falco(void **state)
{
    static const struct {
        const char *pattern, *text;
        enum regex_result result;
    } rows[] = {
        {"a+?b", "b", REGEX_YES},
        {"a+?b", "aab", REGEX_YES},
        {"a*+ab", "aaab", REGEX_YES},
        {"a{2}+", "aaaa", REGEX_YES},
        {"a{2}+", "aaa", REGEX_NO},
        {"a??", "a", REGEX_YES},
        {"a**", "aaa", REGEX_YES},
        {"x{2}{3}", "xxxxxx", REGEX_YES},
        {"x{2}{3}", "xxxxx", REGEX_NO},
        {"x*{2}", "xx", REGEX_YES},
        {"(a|b)+?c", "c", REGEX_YES},
        {"((a|b)+?c)*+d", "abcacd", REGEX_YES},
        {"[a-c]+?d", "d", REGEX_YES},
        {"[]a]+?d", "]ad", REGEX_YES},
        {"\\++?a", "a", REGEX_YES},
        {"\xc3\xa9+?a", "a", REGEX_YES},
        {"^a$\n^b$", "a\nb", REGEX_YES},
        {"a$\nb", "a\nb", REGEX_YES},
        {"^a$", "a\n", REGEX_NO},
        {".*", "a\nb", REGEX_NO},
        {"[^a]", "\n", REGEX_YES},
        {"a{,3}", "a{,3}", REGEX_YES},
        {"a{", "a{", REGEX_YES},
        {"\\x41\\101\\x{41}", "AAA", REGEX_YES},
        {"\\/\\_\\-\\n", "/_-\n", REGEX_YES},
        {"\\t\\v\\f\\r\\a", "\t\v\f\r\a", REGEX_YES},
        {"\\v", "\n", REGEX_NO},
        {"\\<a", "<a", REGEX_YES},
        {"[[:word:]][[:alpha:]]", "_a", REGEX_YES},
        {"[[:alpha:]+?]+?b", "b", REGEX_YES},
        {"[a-\\x7a]", "c", REGEX_YES},
        {"[a-z&&b]", "&", REGEX_YES},
        {"(a|ab)(c|bcd)", "abcd", REGEX_YES},
        {"a||b", "", REGEX_YES},
        {"()", "", REGEX_YES},
        {"a#b c", "a#b c", REGEX_YES},
        {"\xc3\xa9.", "\xc3\xa9x", REGEX_YES},
        {"", "", REGEX_YES},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *scratch = arena_new(4096);
        scoped(regex_free) struct regex *regex = NULL;
        char words[128] = "";

        test_row(rows[i].pattern);
        CHECK(regex_syntax_of(sv(rows[i].pattern)).falcos);
        if (regex_compile(sv(rows[i].pattern), 10000, &regex, words, sizeof(words)) < 0)
            TEST_FAIL("%s", words);
        CHECK_INT(regex_match(regex, sv(rows[i].text), scratch), rows[i].result);
    }
}

/* What RE2 refuses and PCRE2 takes; it means what it means to PCRE2. */
static void strangers(void **state)
{
    static const struct {
        const char *pattern, *stranger, *text;
        enum regex_result result;
    } rows[] = {
        {"\\d", "\\d", "1", REGEX_YES},        {"a\\bx?", "\\b", "a", REGEX_YES},
        {"(?:x)", "(?", "x", REGEX_YES},       {"(?i)x", "(?", "X", REGEX_YES},
        {"\\w+", "\\w", "x_1", REGEX_YES},     {"\\Ax\\z", "\\A", "x", REGEX_YES},
        {"(x)\\1", "\\1", "xx", REGEX_YES},    {"\\pL", "\\p", "e", REGEX_YES},
        {"[\\d]", "[\\d]", "1", REGEX_YES},    {"x[^\\s]", "[^\\s]", "xy", REGEX_YES},
        {"(?:a)+?b", "(?", "b", REGEX_NO},     {"(?=a)^a$", "(?", "a\n", REGEX_NO},
        {"\\e", "\\e", "\x1b", REGEX_YES},     {"a{0,1001}", "{0,1001}", "aa", REGEX_YES},
        {"a{1001}", "{1001}", "aa", REGEX_NO},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *scratch = arena_new(4096);
        scoped(regex_free) struct regex *regex = NULL;
        char words[128] = "";

        test_row(rows[i].pattern);
        struct regex_syntax syntax = regex_syntax_of(sv(rows[i].pattern));
        CHECK(!syntax.falcos);
        CHECK_SV(syntax.stranger, sv(rows[i].stranger));
        if (regex_compile(sv(rows[i].pattern), 10000, &regex, words, sizeof(words)) < 0)
            TEST_FAIL("%s", words);
        CHECK_INT(regex_match(regex, sv(rows[i].text), scratch), rows[i].result);
    }
}

/* Both refuse these. */
static void refused(void **state)
{
    static const char *const patterns[] = {
        "*a", "a|*", "a(", "a)", "[a", "\\", "a\\", "[[:nope:]]", "\\C", "(*a)", "a{2,1}",
    };

    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        scoped(regex_free) struct regex *regex = NULL;
        char words[128] = "";

        test_row(patterns[i]);
        CHECK(regex_compile(sv(patterns[i]), 10000, &regex, words, sizeof(words)) < 0);
        CHECK(words[0] != '\0');
    }
}

static void writes(void **state)
{
    static const struct {
        const char *pattern, *written;
    } rows[] = {
        {"plain (a|b)[c]*", "plain (a|b)[c]*"},
        {"a+?", "(?:a+)?"},
        {"ab+?c", "a(?:b+)?c"},
        {"(a+?)*?", "(?:((?:a+)?)*)?"},
        {"a***", "(?:(?:a*)*)*"},
        {"\\v", "\\x0b"},
        {"a{1,2}?", "(?:a{1,2})?"},
        {"[+?]+?", "(?:[+?]+)?"},
        {"\\", "\\"},
        {"\\x{41", "\\x{41"},
        {"[", "["},
        {")+?", "(?:)+)?"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf out = {0};

        test_row(rows[i].pattern);
        regex_syntax_write(sv(rows[i].pattern), &out);
        CHECK_SV(buf_view(&out), sv(rows[i].written));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_what_it_means_to_falco),
        cmocka_unit_test(strangers),
        cmocka_unit_test(refused),
        cmocka_unit_test(writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
