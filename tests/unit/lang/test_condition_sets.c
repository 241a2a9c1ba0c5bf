#include "tests/unit/test.h"

#include <errno.h>
#include <fnmatch.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lang/vm/glob.h"
#include "lang/vm/paths.h"
#include "lang/vm/regex.h"
#include "lang/vm/set.h"

/* The C library is the measure, with the flags that Falco gives it. */
static void globs_as_fnmatch_does(void **state)
{
    static const char *const patterns[] = {
        "",
        "*",
        "?",
        "a",
        "a*",
        "*a",
        "*a*",
        "a?c",
        "a*c",
        "**",
        "*?",
        "?*",
        "a**b",
        "*/*",
        "/home/*/.ssh/*",
        "[abc]",
        "[!abc]",
        "[^abc]",
        "[a-c]x",
        "[c-a]",
        "[]a]",
        "[!]a]",
        "[a-]",
        "[-a]",
        "[",
        "[a",
        "a[",
        "[]",
        "[!]",
        "[[:digit:]]",
        "[[:alpha:]-]",
        "[![:space:]]*",
        "[[:upper:]]",
        "\\*",
        "a\\",
        "\\a",
        "[\\]]",
        "[\\]a]",
        "[a\\-c]",
        "*.[ch]",
        "*[0-9]*",
        "a*b*c*d",
        "*a*a*a*",
        "[/]",
        "x[a-z]*y",
        "[[a]",
        "[a]]",
        "[]-a]",
    };
    static const char *const texts[] = {
        "",
        "a",
        "b",
        "c",
        "A",
        "abc",
        "ac",
        "aXc",
        "a/c",
        "/",
        "/home/x/.ssh/id",
        "/home/x/y/.ssh/id",
        ".hidden",
        "]",
        "-",
        "[",
        "\\",
        "*",
        "a*",
        "5",
        "x5y",
        " ",
        "file.c",
        "file.h",
        "file.o",
        "abcd",
        "aabbccdd",
        "aaaa",
        "aa",
        "[a",
        "a]",
        "[]",
        "ax",
        "bx",
        "xay",
        "_",
        "^",
        "!",
    };

    for (size_t p = 0; p < ARRAY_LEN(patterns); p++) {
        for (size_t t = 0; t < ARRAY_LEN(texts); t++) {
            char row[64];

            (void)snprintf(row, sizeof(row), "%s on %s", patterns[p], texts[t]);
            test_row(row);
            CHECK_INT(glob_match(sv(patterns[p]), sv(texts[t]), false),
                      fnmatch(patterns[p], texts[t], 0) == 0);
            CHECK_INT(glob_match(sv(patterns[p]), sv(texts[t]), true),
                      fnmatch(patterns[p], texts[t], FNM_CASEFOLD) == 0);
        }
    }
}

static void globs_without_explosion(void **state)
{
    scoped(buf_done) struct buf pattern = {0};
    scoped(buf_done) struct buf text = {0};

    for (int i = 0; i < 200; i++)
        buf_str(&pattern, "a*");
    buf_char(&pattern, 'b');
    for (int i = 0; i < 20000; i++)
        buf_char(&text, 'a');
    CHECK(!glob_match(buf_view(&pattern), buf_view(&text), false));
    buf_char(&text, 'b');
    CHECK(glob_match(buf_view(&pattern), buf_view(&text), false));
}

static void sets_hold_texts(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    const struct sv item[] = {SV("a"), SV("bc"), SV("a"), {NULL, 0}, SV("x\0y")};
    struct set set;

    CHECK_INT(set_build(arena, item, ARRAY_LEN(item), &set), 0);
    CHECK_INT(set.count, 4);
    CHECK(set_has(&set, SV("a")));
    CHECK(set_has(&set, SV("bc")));
    CHECK(set_has(&set, SV("")));
    CHECK(set_has(&set, (struct sv){NULL, 0}));
    CHECK(set_has(&set, SV("x\0y")));
    CHECK(!set_has(&set, SV("x")));
    CHECK(!set_has(&set, SV("abcd")));
    CHECK_INT(set_build(arena, NULL, 0, &set), 0);
    CHECK(!set_has(&set, SV("")));
    arena_limit(arena, arena_used(arena));
    CHECK_INT(set_build(arena, item, ARRAY_LEN(item), &set), -E2BIG);
}

static struct value net(const char *text)
{
    struct value value = {0};

    CHECK(value_parse(VALUE_IPNET, sv(text), &value));
    return value;
}

static void sets_hold_nets(void **state)
{
    static const struct {
        const char *address;
        bool in;
    } rows[] = {
        {"10.0.0.0", true},      {"10.255.255.255", true}, {"11.0.0.0", false},
        {"192.168.3.128", true}, {"192.168.3.127", false}, {"1.2.3.4", true},
        {"1.2.3.5", false},      {"fe80::1", true},        {"fec0::1", false},
        {"2001:db8::5", true},   {"2001:db8::6", false},   {"::", false},
        {"::a00:1", false},
    };
    scoped(arena_free) struct arena *arena = arena_new(4096);
    const struct value nets[] = {net("10.9.9.9/8"), net("192.168.3.128/25"), net("1.2.3.4/32"),
                                 net("fe80::/10"), net("2001:db8::5")};
    struct net_set set;

    CHECK_INT(net_set_build(arena, nets, ARRAY_LEN(nets), &set), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct value address;

        test_row(rows[i].address);
        CHECK(value_parse(VALUE_IPADDR, sv(rows[i].address), &address));
        CHECK_INT(net_set_has(&set, &address.ip), rows[i].in);
    }
}

static void path_sets_match_prefixes(void **state)
{
    static const struct {
        const char *row, *members, *path;
        bool matches;
    } rows[] = {
        {"the member", "/etc:/usr/lib", "/usr/lib", true},
        {"below", "/etc:/usr/lib", "/usr/lib/x/y", true},
        {"above", "/etc:/usr/lib", "/usr", false},
        {"beside", "/etc:/usr/lib", "/usr/libexec", false},
        {"longer member after a shorter", "/usr:/usr/lib", "/usr/share", true},
        {"shorter member after a longer", "/usr/lib:/usr", "/usr/share", true},
        {"slashes do not count", "/etc/", "etc//passwd", true},
        {"root takes all", "/", "/x", true},
        {"root takes nothing too", "/", "", true},
        {"pattern component", "/home/*/.ssh", "/home/me/.ssh/id", true},
        {"pattern is one component", "/home/*/.ssh", "/home/a/b/.ssh", false},
        {"plain fails, pattern holds", "/home/me/x:/home/*/.ssh", "/home/me/.ssh", true},
        {"second pattern holds", "/a*/x:/*b/y", "/ab/y", true},
        {"pattern at the end", "/proc/[0-9]*", "/proc/12/mem", true},
        {"pattern at the end fails", "/proc/[0-9]*", "/proc/self/mem", false},
        {"empty path", "/etc", "", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct sv rest = sv(rows[i].members);
        struct sv member[4];
        size_t count = 0;
        struct path_set *set = NULL;

        test_row(rows[i].row);
        while (rest.len > 0)
            member[count++] = sv_split(&rest, ':');
        CHECK_INT(path_set_build(arena, member, count, &set), 0);
        CHECK_INT(path_set_has(set, sv(rows[i].path)), rows[i].matches);
    }
}

static void path_sets_are_bounded(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf deep = {0};
    struct path_set *set = NULL;
    struct sv member;

    for (int i = 0; i < PATH_SET_DEPTH_MAX; i++)
        buf_str(&deep, "/a");
    member = buf_view(&deep);
    CHECK_INT(path_set_build(arena, &member, 1, &set), 0);
    CHECK(path_set_has(set, buf_view(&deep)));
    buf_str(&deep, "/a");
    member = buf_view(&deep);
    CHECK_INT(path_set_build(arena, &member, 1, &set), -E2BIG);
}

static void regexes_match_whole_texts(void **state)
{
    static const struct {
        const char *row, *pattern;
        struct sv text;
        enum regex_result result;
    } rows[] = {
        {"all of it", "abc", {"abc", 3}, REGEX_YES},
        {"beginning only", "abc", {"abcd", 4}, REGEX_NO},
        {"end only", "abc", {"xabc", 4}, REGEX_NO},
        {"alternatives are tried for the whole", "a|ab|abc", {"abc", 3}, REGEX_YES},
        {"nothing", "", {NULL, 0}, REGEX_YES},
        {"nothing against something", "", {"a", 1}, REGEX_NO},
        {"a final line feed counts", "a$", {"a\n", 2}, REGEX_NO},
        {"a dot is no line feed", ".", {"\n", 1}, REGEX_NO},
        {"a dot is one character", ".", {"\xe2\x82\xac", 3}, REGEX_YES},
        {"a dot is one bad byte", "...", {"\xff\xfe\xe2", 3}, REGEX_YES},
        {"bad bytes hide nothing",
         ".*evil.*",
         {"\xff"
          "evil\xc3",
          6},
         REGEX_YES},
        {"NUL is a character", "a.b", {"a\0b", 3}, REGEX_YES},
        {"explodes", "(a+)+b", {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaacb", 34}, REGEX_LIMIT},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct regex *regex = NULL;
        char words[100];

        test_row(rows[i].row);
        CHECK_INT(regex_compile(sv(rows[i].pattern), 10000, &regex, words, sizeof(words)), 0);
        CHECK_INT(regex_match(regex, rows[i].text, arena), rows[i].result);
        arena_limit(arena, 0);
        CHECK_INT(regex_match(regex, rows[i].text, arena), REGEX_LIMIT);
        regex_free(regex);
    }
}

static void regexes_are_refused(void **state)
{
    static const struct {
        const char *row;
        struct sv pattern;
        const char *words;
    } rows[] = {
        {"open group", {"(", 1}, "missing closing parenthesis"},
        {"open class", {"[a", 2}, "missing terminating ]"},
        {"nothing to repeat", {"*", 1}, "quantifier does not follow"},
        {"single bytes", {"\\C", 2}, "\\C"},
        {"not UTF-8", {"\xff", 1}, "UTF-8"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct regex *regex = NULL;
        char words[100] = "";

        test_row(rows[i].row);
        CHECK_INT(regex_compile(rows[i].pattern, 10000, &regex, words, sizeof(words)), -EINVAL);
        CHECK(regex == NULL);
        CHECK_HAS(words, rows[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs_as_fnmatch_does),     cmocka_unit_test(globs_without_explosion),
        cmocka_unit_test(sets_hold_texts),           cmocka_unit_test(sets_hold_nets),
        cmocka_unit_test(path_sets_match_prefixes),  cmocka_unit_test(path_sets_are_bounded),
        cmocka_unit_test(regexes_match_whole_texts), cmocka_unit_test(regexes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
