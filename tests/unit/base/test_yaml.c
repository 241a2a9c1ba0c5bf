#include "base/yaml.h"

#include <errno.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "tests/unit/test.h"

/* The tree in one line: plain, 'quoted', |block; [a, b]; {k: v}; documents end in ';'. */
static void put_node(struct buf *out, const struct yaml_node *node)
{
    uint32_t count = node->kind == YAML_MAPPING ? 2 * node->count : node->count;

    switch (node->kind) {
    case YAML_SCALAR:
        CHECK_INT(node->text.ptr[node->text.len], 0);
        CHECK(node->quoted || !node->block);
        buf_str(out, node->block ? "|" : node->quoted ? "'" : "");
        buf_sv(out, node->text);
        buf_str(out, node->quoted && !node->block ? "'" : "");
        break;
    case YAML_SEQUENCE:
    case YAML_MAPPING:
        buf_char(out, node->kind == YAML_MAPPING ? '{' : '[');
        for (uint32_t i = 0; i < count; i++) {
            if (i > 0)
                buf_str(out, node->kind == YAML_MAPPING && i % 2 == 1 ? ": " : ", ");
            put_node(out, node->item[i]);
        }
        buf_char(out, node->kind == YAML_MAPPING ? '}' : ']');
        break;
    }
}

static void put_file(struct buf *out, const struct yaml_file *file)
{
    for (uint32_t i = 0; i < file->count; i++) {
        if (file->document[i] != NULL)
            put_node(out, file->document[i]);
        buf_char(out, ';');
    }
}

static void trees(void **state)
{
    /* clang-format off */
    static const struct {
        const char *row, *text, *tree;
    } rows[] = {
        {"nothing", "", ""},
        {"comments only", "# a\n\n# b\n", ""},
        {"word", "word", "word;"},
        {"plain stays text", "[1, 0x1f, true, ~, 2026-11-24]", "[1, 0x1f, true, ~, 2026-11-24];"},
        {"single quotes", "'it''s'", "'it's';"},
        {"double quotes", "\"a\\tb\\u00e9\\x41\"", "'a\tb\xc3\xa9" "A';"},
        {"quoted over lines", "\"a\n  b\n\n  c\"", "'a b\nc';"},
        {"literal", "|\n  a\n   b\n", "|a\n b\n;"},
        {"literal, stripped", "|-\n  a\n", "|a;"},
        {"folded", ">\n  a\n  b\n\n  c\n", "|a b\nc\n;"},
        {"folded, kept", ">+\n  a\n\n", "|a\n\n;"},
        {"plain over lines", "a\n b\n\n c", "a b\nc;"},
        {"text tag quotes", "[!!str 1, ! 2, !!int 3, !own 4]", "['1', '2', 3, 4];"},
        {"list", "- a\n- - b\n  - c\n-\n", "[a, [b, c], ];"},
        {"mapping", "a: 1\nb:\n  c: 2\nd:\n- e\n", "{a: 1, b: {c: 2}, d: [e]};"},
        {"flow", "{a: [1, {b: c}], d: }", "{a: [1, {b: c}], d: };"},
        {"flow over lines", "[a,\n  b,\n]\n", "[a, b];"},
        {"pair in a list", "[a: 1]", "[{a: 1}];"},
        {"empty containers", "[[], {}]", "[[], {}];"},
        {"empty key", "?\n: a", "{: a};"},
        {"long key", "? a\n: b", "{a: b};"},
        {"merge keys are keys", "<<: a", "{<<: a};"},
        {"alias", "- &x [1]\n- *x\n", "[[1], [1]];"},
        {"alias as a key", "&k a: *k\n", "{a: a};"},
        {"anchor named again", "[&x 1, *x, &x 2, *x]", "[1, 1, 2, 2];"},
        {"anchor named again inside", "[&x [&x 1, *x], *x]", "[[1, 1], 1];"},
        {"two documents", "a\n---\nb\n", "a;b;"},
        {"a document that holds nothing", "---\n---\na\n---\n", ";a;;"},
        {"nothing after the end", "a\n...\n", "a;"},
        {"a quoted nothing is something", "--- ''\n", "'';"},
        {"null is something", "--- ~\n", "~;"},
        {"version", "%YAML 1.1\n---\na\n", "a;"},
        {"byte order mark", "\xef\xbb\xbf" "a: b", "{a: b};"},
        {"carriage returns", "a: 1\r\nb: 2\r\n", "{a: 1, b: 2};"},
        {"letters", "\xc3\xa9: \xf0\x9f\x98\x80", "{\xc3\xa9: \xf0\x9f\x98\x80};"},
        {"quoted key equals no other", "{a: 1, 'b': 2}", "{a: 1, 'b': 2};"},
    };
    /* clang-format on */

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf out = {0};
        struct yaml_file file = {0};
        struct err err = {0};

        test_row(rows[i].row);
        if (yaml_parse(sv(rows[i].text), arena, &file, NULL, &err) != 0)
            TEST_FAIL("%s", err.text);
        put_file(&out, &file);
        CHECK_SV(buf_view(&out), sv(rows[i].tree));
    }
}

static void nul_in_a_text(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct yaml_file file;

    CHECK_INT(yaml_parse(SV("\"a\\0b\""), arena, &file, NULL, NULL), 0);
    CHECK_SV(file.document[0]->text, SV("a\0b"));
}

static void aliases_are_shared_nodes(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct yaml_file file;

    CHECK_INT(yaml_parse(SV("- &x {a: b}\n- *x\n- {a: b}\n"), arena, &file, NULL, NULL), 0);
    CHECK(file.document[0]->item[0] == file.document[0]->item[1]);
    CHECK(file.document[0]->item[0] != file.document[0]->item[2]);
}

static void errors_say_where(void **state)
{
    /* clang-format off */
    static const struct {
        const char *row;
        struct sv text;
        uint32_t line, column, offset;
        const char *words;
    } rows[] = {
        {"two values", SV("a: b: c"), 1, 5, 4, "mapping values are not allowed here"},
        {"after letters", SV("\xc3\xa9: b: c"), 1, 5, 5, "mapping values are not allowed here"},
        {"after a byte order mark", SV("\xef\xbb\xbf" "a: b: c"), 1, 5, 7,
         "mapping values are not allowed here"},
        {"after carriage return", SV("x: 1\r\na: b: c"), 2, 5, 10, "not allowed here"},
        {"value under a value", SV("a: b\n c: d"), 2, 3, 7, "mapping values are not allowed here"},
        {"list item after text", SV("a: - b"), 1, 4, 3, "a list item is not allowed here"},
        {"long key after text", SV("a: ? b"), 1, 4, 3, "a mapping key is not allowed here"},
        {"key without colon", SV("a: 1\nb\nc: 2"), 2, 1, 5, "a ':' is missing after this key"},
        {"list among keys", SV("a: b\n- c"), 2, 1, 5,
         "expected a key in line with the mapping that begins at line 1, column 1"},
        {"key among items", SV("- a\nb: c"), 2, 1, 4,
         "expected '-' in line with the list that begins at line 1, column 1"},
        {"text after a quote", SV("a: 'b' c"), 1, 8, 7, "expected a key in line with the mapping"},
        {"open list", SV("a: [1, 2\nb: 3"), 2, 2, 10,
         "expected ',' or ']' in the list that begins at line 1, column 4"},
        {"open mapping", SV("a: {x: 1\n"), 2, 1, 9,
         "expected ',' or '}' in the mapping that begins at line 1, column 4"},
        {"closed twice", SV("a: [b]]"), 1, 7, 6, "expected a key"},
        {"only a bracket", SV("]"), 1, 1, 0, "a value is missing here"},
        {"open quote", SV("a: \"b\nc: d\n"), 1, 4, 3, "this quote is never closed"},
        {"open single quote", SV("a: 'b"), 1, 4, 3, "this quote is never closed"},
        {"quote over documents", SV("a: 'b\n---\n'"), 1, 4, 3, "not closed before the document"},
        {"unknown escape", SV("a: \"\\q\""), 1, 5, 4, "no such escape"},
        {"short escape", SV("\"\\x1\""), 1, 4, 3, "lacks hexadecimal digits"},
        {"surrogate escape", SV("\"\\ud800\""), 1, 4, 3, "no Unicode character"},
        {"tab indents", SV("a:\n\tb: c"), 2, 1, 3, "a tab cannot indent; use spaces"},
        {"tab in a block", SV("a: |\n\tb"), 2, 1, 5, "a tab cannot indent; use spaces"},
        {"tab in a list", SV("a:\n  - b\n\t- c"), 3, 1, 9, "a tab cannot indent; use spaces"},
        {"at sign", SV("a: @b"), 1, 4, 3, "no value begins with '@'; quote it"},
        {"backtick", SV("a: `b`"), 1, 4, 3, "no value begins with '`'; quote it"},
        {"percent", SV("a: %b"), 1, 4, 3, "no value begins with '%'; quote it"},
        {"star", SV("- *.log"), 1, 3, 2, "'*' begins an alias and needs a name"},
        {"ampersand", SV("- &&"), 1, 3, 2, "'&' begins an anchor and needs a name"},
        {"unknown anchor", SV("[a, *b]"), 1, 5, 4, "no anchor '&b' before this alias"},
        {"anchor of another document", SV("&a x\n--- *a"), 2, 5, 9, "no anchor '&a'"},
        {"alias inside itself", SV("&a [*a]"), 1, 5, 4, "alias '*a' stands inside what it names"},
        {"alias far inside itself", SV("&a {b: {c: [*a]}}"), 1, 13, 12, "stands inside"},
        {"block indent 0", SV("a: |0\n b"), 1, 5, 4, "an indentation indicator is from 1 to 9"},
        {"text after |", SV("a: |x\n"), 1, 5, 4, "only a comment may follow"},
        {"tag without prefix", SV("a: !x!y z"), 1, 4, 3, "not declared by a %TAG line"},
        {"text after a document", SV("%YAML 1.1\na"), 2, 1, 10, "'---'"},
        {"other version", SV("%YAML 2.0\n---\na"), 1, 1, 0, "only YAML 1.1 and 1.2"},
        {"tag declared twice", SV("%TAG !a! b\n%TAG !a! c\n---\nd"), 2, 1, 11, "declared already"},
        {"version declared twice", SV("%YAML 1.1\n%YAML 1.1\n---\nd"), 2, 1, 10, "declared already"},
        {"other directive", SV("%FOO\n---\na"), 1, 1, 0, "only %YAML and %TAG"},
        {"key is a list", SV("[a]: b"), 1, 1, 0, "a key must be text"},
        {"key is a mapping", SV("{{ x }}: b"), 1, 2, 1, "a key must be text"},
        {"key is an alias to a list", SV("- &x [a]\n- *x : b"), 2, 3, 11, "a key must be text"},
        {"key again", SV("a: 1\nb: 2\na: 3"), 3, 1, 10,
         "key 'a' stands in this mapping already, at line 1, column 1"},
        {"key again, quoted", SV("{a: 1, 'a': 2}"), 1, 8, 7, "key 'a' stands in this mapping"},
        {"key again of many", SV("{a: , b: , c: , d: , e: , f: , g: , h: , i: , d: }"), 1, 47, 46,
         "key 'd' stands in this mapping already, at line 1, column 17"},
        {"key again below", SV("x:\n  y: {z: 1, z: 2}"), 2, 13, 15, "key 'z'"},
        {"key with an escape sequence", SV("{\"\\e[2J\": 1, \"\\e[2J\": 2}"), 1, 14, 13,
         "key '\\x1b[2J'"},
        {"control character", SV("a: \x01"), 1, 4, 3, "character U+0001 is not allowed"},
        {"control after letters", SV("\xc3\xa9\n\xc3\xa9: \x02"), 2, 4, 7, "U+0002"},
        {"NUL", SV("a: \0"), 1, 4, 3, "U+0000 is not allowed"},
        {"not UTF-8", SV("a: b\nc: \xff"), 2, 4, 8, "this is not UTF-8 (byte 0xff)"},
        {"latin 1", SV("a: caf\xe9\n"), 1, 7, 6, "this is not UTF-8"},
        {"cut character", SV("a: \xe2\x82"), 1, 4, 3, "this is not UTF-8"},
        {"overlong", SV("a: \xc0\xaf"), 1, 4, 3, "this is not UTF-8"},
        {"UTF-16", SV("\xff\xfe" "a\0"), 1, 1, 0, "this is UTF-16"},
        {"UTF-16, big end first", SV("\xfe\xff\0a"), 1, 1, 0, "this is UTF-16"},
    };
    /* clang-format on */

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct yaml_file file = {.count = 77};
        struct yaml_problem problem = {0};
        struct err err = {0};
        char place[64];

        test_row(rows[i].row);
        CHECK_INT(yaml_parse(rows[i].text, arena, &file, &problem, &err), -EINVAL);
        (void)snprintf(place, sizeof(place), "line %u, column %u: ", rows[i].line, rows[i].column);
        CHECK_HAS(err.text, place);
        CHECK_HAS(err.text, rows[i].words);
        CHECK_INT(problem.at.line, rows[i].line);
        CHECK_INT(problem.at.column, rows[i].column);
        CHECK_INT(problem.at.offset, rows[i].offset);
        CHECK_INT(file.count, 77);
    }
}

static void nodes_know_their_place(void **state)
{
    static const struct {
        uint32_t line, column, offset;
    } at[] = {
        {2, 1, 5},  /* the mapping */
        {2, 1, 5},  /* key */
        {2, 6, 11}, /* quoted: at its quote */
        {3, 1, 20}, /* list */
        {4, 3, 28}, /* the list itself: at its first dash */
        {4, 5, 30}, /* item with letters */
        {5, 5, 41}, /* anchored item: at the anchor */
        {6, 1, 46}, /* none */
        {6, 6, 51}, /* nothing: just after the colon */
        {7, 1, 52}, /* last */
        {7, 7, 58}, /* block: at its bar */
    };
    struct sv text = SV("# \xc3\xa9\n"
                        "k\xc3\xa9y: 'quoted'\n"
                        "list:\n"
                        "  - \xf0\x9f\x98\x80 x\n"
                        "  - &n b\n"
                        "none:\n"
                        "last: |\n"
                        "  text\n");
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct yaml_file file;

    CHECK_INT(yaml_parse(text, arena, &file, NULL, NULL), 0);
    const struct yaml_node *map = file.document[0];
    const struct yaml_node *list = yaml_get(map, "list");
    const struct yaml_node *nodes[] = {
        map,
        yaml_key_at(map, 0),
        yaml_value_at(map, 0),
        yaml_key_at(map, 1),
        list,
        list->item[0],
        list->item[1],
        yaml_key_at(map, 2),
        yaml_value_at(map, 2),
        yaml_key_at(map, 3),
        yaml_value_at(map, 3),
    };
    for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
        char row[32];

        (void)snprintf(row, sizeof(row), "node %zu", i);
        test_row(row);
        CHECK_INT(nodes[i]->at.line, at[i].line);
        CHECK_INT(nodes[i]->at.column, at[i].column);
        CHECK_INT(nodes[i]->at.offset, at[i].offset);
    }
}

static void depth_is_limited(void **state)
{
    static const struct {
        const char *row, *open, *close;
        int depth, rc;
    } rows[] = {
        {"lists at the limit", "[", "]", YAML_DEPTH_MAX, 0},
        {"lists past it", "[", "]", YAML_DEPTH_MAX + 1, -E2BIG},
        {"mappings at the limit", "{a: ", "}", YAML_DEPTH_MAX, 0},
        {"mappings past it", "{a: ", "}", YAML_DEPTH_MAX + 1, -E2BIG},
        {"block lists past it", "- ", "", YAML_DEPTH_MAX + 1, -E2BIG},
        {"never closed", "[", "", 20000, -E2BIG},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf text = {0};
        struct yaml_file file;
        struct err err = {0};

        test_row(rows[i].row);
        for (int j = 0; j < rows[i].depth; j++)
            buf_str(&text, rows[i].open);
        for (int j = 0; j < rows[i].depth; j++)
            buf_str(&text, rows[i].close);
        CHECK_INT(yaml_parse(buf_view(&text), arena, &file, NULL, &err), rows[i].rc);
        if (rows[i].rc < 0)
            CHECK_HAS(err.text, ": nested deeper than 64");
    }
}

static void depth_counts_through_aliases(void **state)
{
    for (int lines = YAML_DEPTH_MAX - 1; lines <= YAML_DEPTH_MAX; lines++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf text = {0};
        struct yaml_file file;
        struct err err = {0};

        buf_str(&text, "- &a0 [x]\n");
        for (int i = 1; i < lines; i++)
            buf_printf(&text, "- &a%d [*a%d]\n", i, i - 1);
        int rc = yaml_parse(buf_view(&text), arena, &file, NULL, &err);
        CHECK_INT(rc, lines < YAML_DEPTH_MAX ? 0 : -E2BIG);
        if (rc < 0)
            CHECK_HAS(err.text, "line 64, column 9: nested deeper than 64");
    }
}

static void nodes_count_through_aliases(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf text = {0};
    struct yaml_file file;
    struct err err = {0};

    buf_str(&text, "- &a0 [x, x]\n");
    for (int i = 1; i < 40; i++)
        buf_printf(&text, "- &a%d [*a%d, *a%d]\n", i, i - 1, i - 1);
    CHECK_INT(yaml_parse(buf_view(&text), arena, &file, NULL, &err), -E2BIG);
    CHECK_HAS(err.text, "more than 4000000 values, aliases counted as what they stand for");
    CHECK(arena_used(arena) < 100000);
}

static void nodes_are_limited(void **state)
{
    for (uint32_t extra = 0; extra <= 1; extra++) {
        scoped(arena_free) struct arena *arena = arena_new(1 << 20);
        scoped(buf_done) struct buf text = {0};
        struct yaml_file file;
        struct err err = {0};

        buf_str(&text, "[");
        for (uint32_t i = 0; i < YAML_NODES_MAX - 1 + extra; i++)
            buf_str(&text, "x,");
        buf_str(&text, "]");
        CHECK_INT(yaml_parse(buf_view(&text), arena, &file, NULL, &err), extra == 0 ? 0 : -E2BIG);
        if (extra == 0)
            CHECK_INT(file.document[0]->count, YAML_NODES_MAX - 1);
        else
            CHECK_HAS(err.text, "more than 4000000 values");
    }
}

static void aliases_are_limited(void **state)
{
    for (uint32_t extra = 0; extra <= 1; extra++) {
        scoped(arena_free) struct arena *arena = arena_new(1 << 20);
        scoped(buf_done) struct buf text = {0};
        struct yaml_file file;
        struct err err = {0};

        buf_str(&text, "- &a x\n");
        for (uint32_t i = 0; i < YAML_ALIASES_MAX + extra; i++)
            buf_str(&text, "- *a\n");
        CHECK_INT(yaml_parse(buf_view(&text), arena, &file, NULL, &err), extra == 0 ? 0 : -E2BIG);
        if (extra == 1)
            CHECK_HAS(err.text, "line 10002, column 3: more than 10000 aliases");
    }
}

static void text_is_limited(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(free) char *text = malloc(YAML_FILE_MAX + 1);
    struct yaml_file file;
    struct err err = {0};

    memset(text, '\n', YAML_FILE_MAX + 1);
    CHECK_INT(yaml_parse((struct sv){text, YAML_FILE_MAX}, arena, &file, NULL, &err), 0);
    CHECK_INT(yaml_parse((struct sv){text, YAML_FILE_MAX + 1}, arena, &file, NULL, &err), -E2BIG);
    CHECK_HAS(err.text, "larger than 33554432 bytes");
}

static void tag_lines_are_limited(void **state)
{
    for (uint32_t lines = YAML_TAG_LINES_MAX; lines <= YAML_TAG_LINES_MAX + 1; lines++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf text = {0};
        struct yaml_file file;
        struct err err = {0};

        buf_str(&text, "# tags\n");
        for (uint32_t i = 0; i < lines; i++)
            buf_printf(&text, "%%TAG !a%u! b\n", i);
        buf_str(&text, "---\nc\n");
        int rc = yaml_parse(buf_view(&text), arena, &file, NULL, &err);
        CHECK_INT(rc, lines == YAML_TAG_LINES_MAX ? 0 : -E2BIG);
        if (rc < 0)
            CHECK_HAS(err.text, "line 1002, column 1: more than 1000 %TAG lines");
    }
}

static void documents_are_limited(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf text = {0};
    struct yaml_file file;
    struct err err = {0};

    for (uint32_t i = 0; i <= YAML_NODES_MAX; i++)
        buf_str(&text, "---\n");
    CHECK_INT(yaml_parse(buf_view(&text), arena, &file, NULL, &err), -E2BIG);
    CHECK_HAS(err.text, "more than 4000000 values");
}

static void arena_limit_is_an_error_at_every_size(void **state)
{
    struct sv text = SV("a: &x [b, 'c']\nd: *x\ne:\n  f: |\n    g\n---\nh\n");
    bool fitted = false;

    for (size_t limit = 0; limit < 4096; limit += 16) {
        scoped(arena_free) struct arena *arena = arena_new(64);
        struct yaml_file file;
        struct err err = {0};

        arena_limit(arena, limit);
        int rc = yaml_parse(text, arena, &file, NULL, &err);
        CHECK(rc == 0 || rc == -E2BIG);
        CHECK(rc == 0 || !fitted);
        fitted = rc == 0;
        if (rc < 0)
            CHECK_HAS(err.text, "fits in memory");
    }
    CHECK(fitted);
}

static void get_finds_values_of_mappings(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct yaml_file file;

    CHECK_INT(yaml_parse(SV("{a: 1, b: [2], '': 3}"), arena, &file, NULL, NULL), 0);
    const struct yaml_node *map = file.document[0];
    CHECK_SV(yaml_get(map, "a")->text, SV("1"));
    CHECK_INT(yaml_get(map, "b")->kind, YAML_SEQUENCE);
    CHECK_SV(yaml_get(map, "")->text, SV("3"));
    CHECK(yaml_get(map, "c") == NULL);
    CHECK(yaml_get(map, "1") == NULL);
    CHECK(yaml_get(yaml_get(map, "b"), "a") == NULL);
    CHECK(yaml_get(yaml_get(map, "a"), "a") == NULL);
    CHECK(yaml_get(NULL, "a") == NULL);
}

static void null_and_truth(void **state)
{
    static const struct {
        const char *text;
        bool null, boolean, value;
    } rows[] = {
        {"[]", false, false, false},    {"{}", false, false, false},
        {"~", true, false, false},      {"null", true, false, false},
        {"Null", true, false, false},   {"NULL", true, false, false},
        {"nULL", false, false, false},  {"'~'", false, false, false},
        {"''", false, false, false},    {"!!str", false, false, false},
        {"true", false, true, true},    {"True", false, true, true},
        {"TRUE", false, true, true},    {"tRUE", false, false, false},
        {"'true'", false, true, true},  {"yes", false, true, true},
        {"on", false, true, true},      {"y", false, true, true},
        {"false", false, true, false},  {"No", false, true, false},
        {"OFF", false, true, false},    {"n", false, true, false},
        {"1", false, false, false},     {"0", false, false, false},
        {"truee", false, false, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct yaml_file file;
        bool value = false;

        test_row(rows[i].text);
        CHECK_INT(yaml_parse(sv(rows[i].text), arena, &file, NULL, NULL), 0);
        CHECK_INT(yaml_is_null(file.document[0]), rows[i].null);
        CHECK_INT(yaml_bool(file.document[0], &value), rows[i].boolean);
        CHECK_INT(value, rows[i].value);
    }
    bool untouched = true;
    CHECK(yaml_is_null(NULL));
    CHECK(!yaml_bool(NULL, &untouched));
    CHECK(untouched);
}

static void value_of_a_bare_key_is_null(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct yaml_file file;

    CHECK_INT(yaml_parse(SV("a:\nb: ''\n"), arena, &file, NULL, NULL), 0);
    CHECK(yaml_is_null(yaml_get(file.document[0], "a")));
    CHECK(!yaml_is_null(yaml_get(file.document[0], "b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees),
        cmocka_unit_test(nul_in_a_text),
        cmocka_unit_test(aliases_are_shared_nodes),
        cmocka_unit_test(errors_say_where),
        cmocka_unit_test(nodes_know_their_place),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(depth_counts_through_aliases),
        cmocka_unit_test(nodes_count_through_aliases),
        cmocka_unit_test(nodes_are_limited),
        cmocka_unit_test(aliases_are_limited),
        cmocka_unit_test(text_is_limited),
        cmocka_unit_test(tag_lines_are_limited),
        cmocka_unit_test(documents_are_limited),
        cmocka_unit_test(arena_limit_is_an_error_at_every_size),
        cmocka_unit_test(get_finds_values_of_mappings),
        cmocka_unit_test(null_and_truth),
        cmocka_unit_test(value_of_a_bare_key_is_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
