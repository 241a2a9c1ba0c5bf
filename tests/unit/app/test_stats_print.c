/* Documents of a control socket as people read them. */
#include "../test.h"

#include "app/stats_print.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

static struct json_doc parse(struct arena *arena, const char *text)
{
    struct json_doc doc;

    assert_int_equal(json_parse(sv(text), arena, &doc, NULL), 0);
    return doc;
}

static void counters(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf out = {0};
    struct json_doc doc = parse(arena, "{\"node\":\"a\\u001b[31m\",\"events\":5,\"kernel\":"
                                       "{\"lost\":{\"open\":3},\"sent\":{}},\"x\":null,"
                                       "\"y\":true,\"z\":18446744073709551615}");

    (void)state;
    stats_print(&doc, &out);
    CHECK_STR(buf_cstr(&out), "node                             a\\x1b[31m\n"
                              "events                           5\n"
                              "kernel lost open                 3\n"
                              "x                                -\n"
                              "y                                yes\n"
                              "z                                18446744073709551615\n");
}

#define RULE_JSON(name, matches, samples, mean)                                                    \
    "{\"rule\":\"" name "\",\"matches\":" #matches ",\"evaluations\":9,\"regex_limits\":0,"        \
    "\"samples\":" #samples ",\"mean_ns\":" #mean "}"
#define COMPARISON_JSON(text, made, mean)                                                          \
    "{\"comparison\":\"" text "\",\"rules\":2,\"made\":" #made ",\"held\":1,\"samples\":1,"        \
    "\"mean_ns\":" #mean "}"

static size_t place_of(const struct buf *out, const char *words)
{
    size_t at = sv_find(buf_view(out), sv(words), 0);

    if (at == SIZE_MAX)
        TEST_FAIL("\"%s\" lacks \"%s\"", buf_cstr(out), words);
    return at;
}

static void tables_are_sorted(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf out = {0};
    struct json_doc doc = parse(
        arena,
        "{\"since\":\"then\",\"engine\":{\"rules\":3,\"events\":77,\"samples\":4,"
        "\"mean_ns\":99},\"rules\":[" RULE_JSON("cheap", 1, 2, 10) "," RULE_JSON(
            "dear", 2, 2,
            500) "," RULE_JSON("unknown", 0, 0,
                               null) "],\"comparisons\":"
                                     "[" COMPARISON_JSON("seldom", 1, 100) "," COMPARISON_JSON(
                                         "often", 90, 2) "]}");

    (void)state;
    stats_print_rules(&doc, &out);
    CHECK_HAS(buf_cstr(&out), "77 events, 3 rules, since then; all rules together 99 ns an event "
                              "(4 measured)\n");
    CHECK(place_of(&out, "dear\n") < place_of(&out, "cheap\n"));
    CHECK(place_of(&out, "cheap\n") < place_of(&out, "unknown\n"));
    CHECK(place_of(&out, "often\n") < place_of(&out, "seldom\n"));
    CHECK_HAS(buf_cstr(&out), "         0           9         -         0       0  unknown\n");
    CHECK_HAS(buf_cstr(&out), "         2           9       500         2       0  dear\n");
    CHECK_HAS(buf_cstr(&out), "        90           1         2      2  often\n");
}

static void comparisons_are_cut(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf out = {0};
    scoped(buf_done) struct buf text = {0};

    (void)state;
    buf_str(&text, "{\"rules\":[],\"comparisons\":[");
    for (uint32_t i = 0; i < STATS_COMPARISONS_SHOWN + 2; i++)
        buf_printf(&text, "%s{\"comparison\":\"c%u\"}", i > 0 ? "," : "", i);
    buf_str(&text, "]}");
    struct json_doc doc = parse(arena, buf_cstr(&text));
    stats_print_rules(&doc, &out);
    CHECK_HAS(buf_cstr(&out), "... and 2 more: --json\n");
    CHECK_INT(sv_find(buf_view(&out), SV("c41"), 0), SIZE_MAX);
}

static void reloads(void **state)
{
    static const struct {
        const char *row, *json;
        bool fine;
        const char *text;
    } rows[] = {
        {"done", "{\"reloaded\":true,\"rules\":7}", true, "reloaded: 7 rules are on\n"},
        {"faulty",
         "{\"reloaded\":false,\"error\":\"1 error in the rules\",\"errors\":[{\"line\":3,"
         "\"column\":5,\"message\":\"no field\",\"mend\":\"try this\",\"context\":{\"locations\":"
         "[{\"position\":{\"name\":\"a.yaml\"}}]}}]}",
         false,
         "a.yaml:3:5: error: no field\n    help: try this\n"
         "not reloaded, the old rules go on: 1 error in the rules\n"},
        {"no file", "{\"reloaded\":false,\"error\":\"no such file\",\"errors\":null}", false,
         "not reloaded, the old rules go on: no such file\n"},
        {"nothing at all", "{}", false, "not reloaded, the old rules go on: \n"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf out = {0};
        struct json_doc doc = parse(arena, rows[i].json);

        test_row(rows[i].row);
        stats_print_reload(&doc, rows[i].fine, &out);
        CHECK_STR(buf_cstr(&out), rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters),
        cmocka_unit_test(tables_are_sorted),
        cmocka_unit_test(comparisons_are_cut),
        cmocka_unit_test(reloads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
