#include "base/json.h"

#include <errno.h>
#include <float.h>
#include <math.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "tests/unit/test.h"

/* Writes the value at `node` and returns its index past the end. */
static uint32_t write_back(const struct json_doc *doc, uint32_t at, struct json_writer *w)
{
    const struct json_node *node = &doc->node[at];
    uint32_t next = at + 1;

    switch ((enum json_kind)node->kind) {
    case JSON_NULL:
        json_null(w);
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        json_bool(w, node->kind == JSON_TRUE);
        break;
    case JSON_I64:
        json_i64(w, node->i64);
        break;
    case JSON_U64:
        json_u64(w, node->u64);
        break;
    case JSON_DOUBLE:
        json_double(w, node->number);
        break;
    case JSON_STRING:
        json_sv(w, node->text);
        break;
    case JSON_ARRAY:
        json_array_begin(w);
        for (uint32_t i = 0; i < node->count; i++)
            next = write_back(doc, next, w);
        json_array_end(w);
        break;
    case JSON_OBJECT:
        json_object_begin(w);
        for (uint32_t i = 0; i < node->count; i++) {
            CHECK_INT(doc->node[next].kind, JSON_STRING);
            json_key_sv(w, doc->node[next].text);
            next = write_back(doc, next + 1, w);
        }
        json_object_end(w);
        break;
    }
    CHECK_INT(node->next, next);
    return next;
}

static void read_and_written_again(void **state)
{
    /* clang-format off */
    static const struct {
        const char *row;
        struct sv text;
        const char *again;
    } rows[] = {
        {"null", SV("null"), "null"},
        {"true", SV(" true "), "true"},
        {"false", SV("\r\n\tfalse\n"), "false"},
        {"zero", SV("0"), "0"},
        {"minus zero", SV("-0"), "0"},
        {"least integer", SV("-9223372036854775808"), "-9223372036854775808"},
        {"greatest signed", SV("9223372036854775807"), "9223372036854775807"},
        {"above signed", SV("9223372036854775808"), "9223372036854775808"},
        {"greatest unsigned", SV("18446744073709551615"), "18446744073709551615"},
        {"double", SV("0.1"), "0.1"},
        {"double that is whole", SV("1.0"), "1.0"},
        {"exponent", SV("1e3"), "1000.0"},
        {"large exponent", SV("1E+300"), "1e+300"},
        {"minus", SV("-2.5e-3"), "-0.0025"},
        {"seventeen digits", SV("0.30000000000000004"), "0.30000000000000004"},
        {"denormal", SV("5e-324"), "4.94065645841247e-324"},
        {"empty string", SV("\"\""), "\"\""},
        {"escapes", SV("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
        {"code points", SV("\"\\u0041\\u00e9\\u20ac\""), "\"A\xc3\xa9\xe2\x82\xac\""},
        {"surrogate pair", SV("\"\\ud83d\\ude00\""), "\"\xf0\x9f\x98\x80\""},
        {"NUL in a string", SV("\"a\\u0000b\""), "\"a\\u0000b\""},
        {"raw DEL", SV("\"\x7f\""), "\"\\u007f\""},
        {"raw C1", SV("\"\xc2\x9b\""), "\"\\u009b\""},
        {"direction override", SV("\"\xe2\x80\xae\""), "\"\\u202e\""},
        {"empty array", SV("[ ]"), "[]"},
        {"empty object", SV("{ }"), "{}"},
        {"array", SV("[1, \"a\", [null], {}]"), "[1,\"a\",[null],{}]"},
        {"object", SV("{\"a\": 1, \"b\": [1, 2], \"c\": {\"d\": {}}}"),
         "{\"a\":1,\"b\":[1,2],\"c\":{\"d\":{}}}"},
        {"repeated keys stay", SV("{\"a\":1,\"a\":2}"), "{\"a\":1,\"a\":2}"},
        {"empty key", SV("{\"\":1}"), "{\"\":1}"},
    };
    /* clang-format on */

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf out = {0};
        struct json_writer w = json_writer_on(&out);
        struct json_doc doc;
        struct err err = {0};

        test_row(rows[i].row);
        CHECK_INT(json_parse(rows[i].text, arena, &doc, &err), 0);
        CHECK_INT(write_back(&doc, 0, &w), doc.count);
        CHECK_INT(out.error, 0);
        CHECK_SV(buf_view(&out), sv(rows[i].again));
    }
}

static void numbers_have_the_narrowest_kind(void **state)
{
    static const struct {
        const char *text;
        enum json_kind kind;
    } rows[] = {
        {"9223372036854775807", JSON_I64},
        {"9223372036854775808", JSON_U64},
        {"-9223372036854775808", JSON_I64},
        {"1.0", JSON_DOUBLE},
        {"1e2", JSON_DOUBLE},
        {"-0.0", JSON_DOUBLE},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct json_doc doc;

        test_row(rows[i].text);
        CHECK_INT(json_parse(sv(rows[i].text), arena, &doc, NULL), 0);
        CHECK_INT(doc.node[0].kind, rows[i].kind);
    }
}

static void what_is_not_json_is_refused_with_its_place(void **state)
{
    /* clang-format off */
    static const struct {
        const char *row;
        struct sv text;
        const char *words;
    } rows[] = {
        {"nothing", SV(""), "line 1, column 1: the text ends too early"},
        {"white space only", SV(" \n "), "line 2, column 2: the text ends too early"},
        {"word", SV("nul"), "line 1, column 1: expected a value"},
        {"longer word", SV("nulls"), "line 1, column 5: something follows"},
        {"Python", SV("{'a': 1}"), "line 1, column 2: expected a key in double quotes"},
        {"bare key", SV("{a: 1}"), "line 1, column 2: expected a key in double quotes"},
        {"no colon", SV("{\"a\" 1}"), "line 1, column 6: expected ':'"},
        {"no value", SV("{\"a\":}"), "line 1, column 6: expected a value"},
        {"no comma in object", SV("{\"a\":1\n \"b\":2}"), "line 2, column 2: expected ',' or '}'"},
        {"no comma in array", SV("[1 2]"), "line 1, column 4: expected ',' or ']'"},
        {"comma at the end", SV("[1,]"), "line 1, column 4: expected a value"},
        {"comma at the end of object", SV("{\"a\":1,}"), "line 1, column 8: expected a key"},
        {"two documents", SV("1 2"), "line 1, column 3: something follows the document"},
        {"brace too many", SV("{}}"), "line 1, column 3: something follows the document"},
        {"wrong bracket", SV("[1}"), "line 1, column 3: expected ',' or ']'"},
        {"open array", SV("[1"), "line 1, column 3: the text ends too early"},
        {"open object", SV("{\"a\":"), "line 1, column 6: the text ends too early"},
        {"open string", SV("[\"a"), "line 1, column 2: this string is never closed"},
        {"escape at the end", SV("\"\\"), "line 1, column 3: no such escape"},
        {"unknown escape", SV("\"\\x\""), "line 1, column 3: no such escape"},
        {"short code point", SV("\"\\u12\""), "line 1, column 6: expected four hexadecimal digits"},
        {"newline in string", SV("\"a\nb\""), "line 1, column 3: a control character"},
        {"NUL in string", SV("\"a\0b\""), "line 1, column 3: a control character"},
        {"NUL after", SV("1\0"), "line 1, column 2: something follows"},
        {"not UTF-8", SV("\"a\xff\""), "line 1, column 3: this is not UTF-8"},
        {"overlong", SV("\"\xc0\xaf\""), "line 1, column 2: this is not UTF-8"},
        {"surrogate bytes", SV("\"\xed\xa0\x80\""), "line 1, column 2: this is not UTF-8"},
        {"lone surrogate", SV("\"\\ud800\""), "not valid JSON: "},
        {"leading zero", SV("01"), "line 1, column 2: something follows"},
        {"plus", SV("+1"), "line 1, column 1: expected a value"},
        {"no digits", SV("-"), "line 1, column 2: expected a digit"},
        {"no fraction", SV("1."), "line 1, column 3: expected a digit"},
        {"no exponent", SV("1e+"), "line 1, column 4: expected a digit"},
        {"not a number", SV("NaN"), "line 1, column 1: expected a value"},
        {"integer above 64 bits", SV("[18446744073709551616]"),
         "line 1, column 2: this integer does not fit in 64 bits"},
        {"integer below 64 bits", SV("-9223372036854775809"),
         "line 1, column 1: this integer does not fit in 64 bits"},
        {"double too large", SV("1e999"), "not valid JSON: "},
        {"comment", SV("1 // one"), "line 1, column 3: something follows"},
        {"byte order mark", SV("\xef\xbb\xbf{}"), "line 1, column 1: expected a value"},
    };
    /* clang-format on */

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct json_doc doc = {.count = 77};
        struct err err = {0};

        test_row(rows[i].row);
        CHECK_INT(json_parse(rows[i].text, arena, &doc, &err), -EINVAL);
        CHECK_HAS(err.text, "not valid JSON: ");
        CHECK_HAS(err.text, rows[i].words);
        CHECK_INT(doc.count, 77);
    }
}

static void depth_is_limited(void **state)
{
    static const struct {
        const char *row;
        const char *open, *inner, *close;
        unsigned depth;
        int rc;
    } rows[] = {
        {"arrays at the limit", "[", "1", "]", JSON_DEPTH_MAX, 0},
        {"arrays past it", "[", "1", "]", JSON_DEPTH_MAX + 1, -E2BIG},
        {"empty arrays at the limit", "[", "[]", "]", JSON_DEPTH_MAX - 1, 0},
        {"empty arrays past it", "[", "[]", "]", JSON_DEPTH_MAX, -E2BIG},
        {"objects at the limit", "{\"a\":", "1", "}", JSON_DEPTH_MAX, 0},
        {"objects past it", "{\"a\":", "1", "}", JSON_DEPTH_MAX + 1, -E2BIG},
        {"far past it", "[", "1", "]", 5000, -E2BIG},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf text = {0};
        struct json_doc doc;
        struct err err = {0};

        test_row(rows[i].row);
        for (unsigned j = 0; j < rows[i].depth; j++)
            buf_str(&text, rows[i].open);
        buf_str(&text, rows[i].inner);
        for (unsigned j = 0; j < rows[i].depth; j++)
            buf_str(&text, rows[i].close);
        CHECK_INT(json_parse(buf_view(&text), arena, &doc, &err), rows[i].rc);
        if (rows[i].rc < 0)
            CHECK_HAS(err.text, "deeper than 64");
    }
}

static void arena_limit_is_an_error(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(64);
    struct json_doc doc;
    struct err err = {0};

    arena_limit(arena, 200);
    CHECK_INT(json_parse(SV("[1,2,3]"), arena, &doc, &err), 0);
    CHECK_INT(json_parse(SV("[1,2,3,4,5,6,7,8]"), arena, &doc, &err), -E2BIG);
    CHECK_HAS(err.text, "memory");
}

static void texts_outlive_the_next_document(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf large = {0};
    struct json_doc first;
    struct json_doc second;

    CHECK_INT(json_parse(SV("{\"a\":\"first\",\"b\":1,\"c\":\"\"}"), arena, &first, NULL), 0);
    CHECK_INT(json_parse(SV("{\"a\":\"other\"}"), arena, &second, NULL), 0);
    buf_str(&large, "[");
    for (int i = 0; i < 200000; i++)
        buf_printf(&large, "\"%d\",", i);
    buf_str(&large, "{}]");
    struct json_doc third;
    CHECK(large.len > 1 << 20);
    CHECK_INT(json_parse(buf_view(&large), arena, &third, NULL), 0);
    CHECK_INT(third.node[0].count, 200001);
    CHECK_SV(third.node[200000].text, SV("199999"));
    CHECK_SV(json_get_sv(&first, first.node, SV("a")), SV("first"));
    CHECK_SV(json_get_sv(&second, second.node, SV("a")), SV("other"));
    CHECK_INT(json_get_sv(&first, first.node, SV("a")).ptr[5], 0);
}

static void input_needs_no_padding(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);

    for (size_t len = 2; len < 200; len++) {
        scoped(free) char *exact = malloc(len);
        struct json_doc doc;

        memset(exact, 'x', len);
        exact[0] = '"';
        exact[len - 1] = '"';
        CHECK_INT(json_parse((struct sv){exact, len}, arena, &doc, NULL), 0);
        CHECK_INT(doc.node[0].text.len, len - 2);
    }
}

static void members_are_found(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct json_doc doc;
    struct sv text = SV("{\"a\":[1,[2,3],{}],\"n\":null,\"s\":\"x\",\"a\":9,\"in\":{\"s\":\"y\"},"
                        "\"nul\\u0000key\":1}");

    CHECK_INT(json_parse(text, arena, &doc, NULL), 0);
    const struct json_node *array = json_get(&doc, doc.node, SV("a"));
    CHECK_INT(array->kind, JSON_ARRAY);
    CHECK_INT(json_get(&doc, doc.node, SV("n"))->kind, JSON_NULL);
    CHECK_SV(json_get_sv(&doc, doc.node, SV("s")), SV("x"));
    CHECK_SV(json_get_sv(&doc, json_get(&doc, doc.node, SV("in")), SV("s")), SV("y"));
    CHECK(json_get(&doc, doc.node, SV("nul\0key")) != NULL);
    CHECK(json_get(&doc, doc.node, SV("nul")) == NULL);
    CHECK(json_get(&doc, doc.node, SV("x")) == NULL);
    CHECK(json_get(&doc, doc.node, SV("y")) == NULL);
    CHECK(json_get(&doc, array, SV("a")) == NULL);
    CHECK(json_get(&doc, NULL, SV("a")) == NULL);
    CHECK_INT(json_get_sv(&doc, doc.node, SV("n")).len, 0);
    CHECK(json_get_sv(&doc, doc.node, SV("x")).ptr == NULL);
}

static void children_are_visited(void **state)
{
    static const enum json_kind kinds[] = {JSON_I64, JSON_ARRAY, JSON_OBJECT, JSON_STRING};
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct json_doc doc;
    size_t count = 0;

    CHECK_INT(json_parse(SV("[1,[2,3],{\"k\":[4]},\"s\"]"), arena, &doc, NULL), 0);
    for (const struct json_node *n = json_first(&doc, doc.node); n != NULL;
         n = json_next(&doc, doc.node, n)) {
        CHECK(count < ARRAY_LEN(kinds));
        CHECK_INT(n->kind, kinds[count]);
        count++;
    }
    CHECK_INT(count, ARRAY_LEN(kinds));
    CHECK_INT(json_parse(SV("[[],{},1]"), arena, &doc, NULL), 0);
    const struct json_node *empty = json_first(&doc, doc.node);
    CHECK(json_first(&doc, empty) == NULL);
    CHECK(json_first(&doc, json_next(&doc, doc.node, empty)) == NULL);
    CHECK(json_first(&doc, NULL) == NULL);
    CHECK(json_first(&doc, &doc.node[3]) == NULL);
}

static void writer_puts_commas(void **state)
{
    scoped(buf_done) struct buf out = {0};
    struct json_writer w = json_writer_on(&out);

    json_object_begin(&w);
    json_key(&w, "empty");
    json_array_begin(&w);
    json_array_end(&w);
    json_key(&w, "list");
    json_array_begin(&w);
    json_u64(&w, 1);
    json_object_begin(&w);
    json_object_end(&w);
    json_array_begin(&w);
    json_null(&w);
    json_bool(&w, true);
    json_array_end(&w);
    json_raw(&w, SV("{\"raw\":1}"));
    json_str(&w, "s");
    json_array_end(&w);
    json_key_sv(&w, SV("k\"\n"));
    json_str(&w, NULL);
    json_key(&w, "i");
    json_i64(&w, -5);
    json_object_end(&w);
    CHECK_STR(buf_cstr(&out), "{\"empty\":[],\"list\":[1,{},[null,true],{\"raw\":1},\"s\"],"
                              "\"k\\\"\\n\":\"\",\"i\":-5}");
}

static void doubles_read_back_the_same(void **state)
{
    static const struct {
        const char *text;
        double number;
    } rows[] = {
        {"0.0", 0.0},
        {"-0.0", -0.0},
        {"0.1", 0.1},
        {"0.3333333333333333", 1.0 / 3},
        {"100000.0", 1e5},
        {"null", INFINITY},
        {"null", -INFINITY},
        {"null", NAN},
        {"2.2250738585072014e-308", DBL_MIN},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf out = {0};
        struct json_writer w = json_writer_on(&out);
        struct json_doc doc;

        test_row(rows[i].text);
        json_double(&w, rows[i].number);
        CHECK_STR(buf_cstr(&out), rows[i].text);
        CHECK_INT(json_parse(buf_view(&out), arena, &doc, NULL), 0);
        if (isfinite(rows[i].number))
            CHECK(doc.node[0].kind == JSON_DOUBLE && doc.node[0].number == rows[i].number);
    }
}

static void written_text_is_always_valid(void **state)
{
    /* clang-format off */
    static const struct {
        const char *row;
        struct sv text;
        const char *escaped;
    } rows[] = {
        {"plain", SV("abc"), "abc"},
        {"quotes", SV("\"\\/"), "\\\"\\\\/"},
        {"controls", SV("\b\f\n\r\t\0\x1f\x7f"), "\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f"},
        {"letters stay", SV("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
         "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"bad byte", SV("a\xff" "b"), "a\xef\xbf\xbd" "b"},
        {"cut at the end", SV("ab\xe2\x82"), "ab\xef\xbf\xbd\xef\xbf\xbd"},
        {"surrogate", SV("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"C1 and direction", SV("\xc2\x9b\xe2\x80\xae"), "\\u009b\\u202e"},
        {"empty", SV(""), ""},
    };
    /* clang-format on */

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf out = {0};
        scoped(buf_done) struct buf value = {0};
        struct json_writer w = json_writer_on(&value);
        struct json_doc doc;

        test_row(rows[i].row);
        json_escape(&out, rows[i].text);
        CHECK_STR(buf_cstr(&out), rows[i].escaped);
        json_sv(&w, rows[i].text);
        CHECK_INT(json_parse(buf_view(&value), arena, &doc, NULL), 0);
    }
}

static void every_pair_of_bytes_reads_back(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf out = {0};

    for (unsigned pair = 0; pair < 65536; pair++) {
        char bytes[2] = {(char)(pair >> 8), (char)pair};
        struct json_writer w = json_writer_on(&out);
        struct json_doc doc;

        buf_reset(&out);
        arena_reset(arena);
        json_sv(&w, (struct sv){bytes, 2});
        CHECK_INT(json_parse(buf_view(&out), arena, &doc, NULL), 0);
        if (bytes[0] >= 0 && bytes[1] >= 0)
            CHECK_SV(doc.node[0].text, ((struct sv){bytes, 2}));
    }
}

/* Long texts are looked at in blocks: a byte that needs care must be seen wherever it is. */
static void every_byte_at_every_place_reads_back(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf out = {0};

    for (unsigned i = 0; i < 128 * 40; i++) {
        char bytes[40];
        struct sv text = {bytes, 1 + i % 40};
        struct json_writer w = json_writer_on(&out);
        struct json_doc doc;

        memset(bytes, 'x', sizeof(bytes));
        bytes[i % 40] = (char)(i / 40);
        buf_reset(&out);
        arena_reset(arena);
        json_array_begin(&w);
        json_sv(&w, text);
        json_sv(&w, (struct sv){bytes, sizeof(bytes)});
        json_array_end(&w);
        CHECK_INT(json_parse(buf_view(&out), arena, &doc, NULL), 0);
        CHECK_SV(doc.node[1].text, text);
        CHECK_SV(doc.node[2].text, ((struct sv){bytes, sizeof(bytes)}));
    }
}

static void writer_refuses_too_much_depth(void **state)
{
    scoped(buf_done) struct buf out = {0};
    struct json_writer w = json_writer_on(&out);

    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        json_array_begin(&w);
    CHECK_INT(out.error, 0);
    json_array_begin(&w);
    CHECK_INT(out.error, -E2BIG);
    for (int i = 0; i <= JSON_DEPTH_MAX; i++)
        json_array_end(&w);
    CHECK_INT(out.error, -E2BIG);
}

static void writer_passes_on_a_full_buffer(void **state)
{
    scoped(buf_done) struct buf out = {.limit = 10};
    struct json_writer w = json_writer_on(&out);

    json_object_begin(&w);
    json_key(&w, "key");
    json_str(&w, "a longer value");
    json_object_end(&w);
    CHECK_INT(out.error, -E2BIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_and_written_again),
        cmocka_unit_test(numbers_have_the_narrowest_kind),
        cmocka_unit_test(what_is_not_json_is_refused_with_its_place),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(arena_limit_is_an_error),
        cmocka_unit_test(texts_outlive_the_next_document),
        cmocka_unit_test(input_needs_no_padding),
        cmocka_unit_test(members_are_found),
        cmocka_unit_test(children_are_visited),
        cmocka_unit_test(writer_puts_commas),
        cmocka_unit_test(doubles_read_back_the_same),
        cmocka_unit_test(written_text_is_always_valid),
        cmocka_unit_test(every_pair_of_bytes_reads_back),
        cmocka_unit_test(every_byte_at_every_place_reads_back),
        cmocka_unit_test(writer_refuses_too_much_depth),
        cmocka_unit_test(writer_passes_on_a_full_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
