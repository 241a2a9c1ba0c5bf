#include "tests/unit/test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "lang/diag.h"

static struct diag at(uint32_t line, uint32_t column, uint32_t offset)
{
    return (struct diag){
        .level = DIAG_ERROR,
        .code = DIAG_ERR_VALIDATE,
        .place = {"f.yaml", line, column, offset, "rule", "My rule"},
        .message = "wrong",
    };
}

static void codes_have_names_and_meanings(void **state)
{
    for (int i = 0; i < DIAG_CODE_COUNT; i++) {
        struct sv name = sv(diag_code_name((enum diag_code)i));
        enum diag_level level = diag_code_level((enum diag_code)i);

        test_row(name.ptr);
        CHECK(strlen(diag_code_meaning((enum diag_code)i)) > 10);
        CHECK_INT(sv_starts(name, SV("LOAD_ERR_")), level == DIAG_ERROR);
        CHECK_INT(sv_starts(name, SV("TIERCEL_")),
                  level == DIAG_GUARDRAIL || i == DIAG_FALCO_REFUSES);
        for (int k = 0; k < i; k++)
            CHECK(!sv_eq(name, sv(diag_code_name((enum diag_code)k))));
    }
    CHECK_STR(diag_code_name(DIAG_UNKNOWN_KEY), "LOAD_UNKNOWN_KEY");
    CHECK_STR(diag_level_name(DIAG_GUARDRAIL), "guardrail");
}

static void snippets(void **state)
{
    static const struct {
        const char *row, *text;
        uint32_t offset;
        const char *snippet;
    } rows[] = {
        {"first line", "abc\ndef\n", 1, "abc\n ^\n"},
        {"second line", "abc\ndef\n", 4, "def\n^\n"},
        {"at the line's end", "abc\ndef\n", 3, "abc\n   ^\n"},
        {"end of the text", "abc", 3, "abc\n   ^\n"},
        {"past the end", "abc", 30, "abc\n   ^\n"},
        {"after the last line end", "abc\n", 4, "\n^\n"},
        {"carriage return", "abc\r\ndef", 2, "abc\n  ^\n"},
        {"tab is one blank", "\tab", 1, " ab\n ^\n"},
        {"characters, not bytes", "\xc3\xa9\xc3\xa9x", 4, "\xc3\xa9\xc3\xa9x\n  ^\n"},
        {"escape sequence", "\x1b[31mx", 5, "\\x1b[31mx\n        ^\n"},
        {"not UTF-8", "\xff\xfex", 2, "\\xff\\xfex\n        ^\n"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct diags diags;
        struct diag diag = at(1, 1, rows[i].offset);

        test_row(rows[i].row);
        diags_init(&diags, arena);
        CHECK_STR(diags_add(&diags, &diag, sv(rows[i].text))->snippet, rows[i].snippet);
    }
}

static void long_lines_are_shown_in_part(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    char line[10000];
    struct diags diags;
    struct diag diag = at(1, 1, 5000);

    memset(line, 'a', sizeof(line));
    line[5000] = 'B';
    diags_init(&diags, arena);
    struct sv snippet = sv(diags_add(&diags, &diag, (struct sv){line, sizeof(line)})->snippet);
    struct sv first = sv_split(&snippet, '\n');
    CHECK_INT(first.len, DIAG_SNIPPET_WIDTH + 6);
    CHECK(sv_starts(first, SV("...a")) && sv_ends(first, SV("a...")));
    CHECK_INT(sv_find(snippet, SV("^"), 0), sv_find(first, SV("B"), 0));
}

static void no_snippet_without_text_or_place(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct diags diags;
    struct diag diag = at(1, 1, 0);

    diags_init(&diags, arena);
    CHECK(diags_add(&diags, &diag, (struct sv){NULL, 0})->snippet == NULL);
    diag.place.line = 0;
    CHECK(diags_add(&diags, &diag, SV("abc"))->snippet == NULL);
}

static void texts_are_copied_and_cut(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    char message[3 * DIAG_TEXT_MAX];
    struct diags diags;
    struct diag diag = at(1, 1, 0);

    memset(message, 'm', sizeof(message) - 1);
    message[sizeof(message) - 1] = '\0';
    diag.message = message;
    diags_init(&diags, arena);
    const struct diag *kept = diags_add(&diags, &diag, SV("abc"));
    message[0] = 'x';
    CHECK_INT(strlen(kept->message), DIAG_TEXT_MAX);
    CHECK_INT(kept->message[0], 'm');
    CHECK(kept->mend == NULL);
}

static void more_than_the_maximum_is_counted(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct diags diags;
    struct diag diag = at(1, 1, 0);

    diags_init(&diags, arena);
    for (int i = 0; i < DIAG_MAX; i++)
        CHECK(diags_add(&diags, &diag, SV("abc")) != NULL);
    diag.level = DIAG_WARNING;
    CHECK(diags_add(&diags, &diag, SV("abc")) == NULL);
    diag.level = DIAG_GUARDRAIL;
    CHECK(diags_add(&diags, &diag, SV("abc")) == NULL);
    CHECK_INT(diags.count, DIAG_MAX);
    CHECK_INT(diags.errors, DIAG_MAX);
    CHECK_INT(diags.warnings, 1);
    CHECK_INT(diags.guardrails, 1);
}

static void printed_for_people(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf out = {0};
    struct diags diags;
    struct diag diag = at(2, 3, 6);

    diag.message = "no \033]0;x field";
    diag.mend = "did you mean 'b'?";
    diags_init(&diags, arena);
    const struct diag *kept = diags_add(&diags, &diag, SV("abc\n  xyz\n"));
    diag_print(&out, kept, false);
    CHECK_STR(buf_cstr(&out), "f.yaml:2:3: error: no \\x1b]0;x field [LOAD_ERR_VALIDATE]\n"
                              "    in rule 'My rule'\n"
                              "      xyz\n"
                              "      ^\n"
                              "    help: did you mean 'b'?\n");
    buf_reset(&out);
    diag_print(&out, kept, true);
    CHECK_HAS(buf_cstr(&out), "\033[1;31merror:\033[0m no \\x1b]");
}

static void a_part_names_its_item(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf out = {0};
    struct diags diags;
    struct diag diag = at(2, 3, 6);

    diag.place.item_type = "exception";
    diag.place.item_name = "e";
    diag.within = (struct diag_place){"f.yaml", 1, 1, 0, "rule", "Whole"};
    diags_init(&diags, arena);
    diag_print(&out, diags_add(&diags, &diag, (struct sv){NULL, 0}), false);
    CHECK_HAS(buf_cstr(&out), "in rule 'Whole'");
}

static void a_file_without_a_place(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf out = {0};
    struct diags diags;
    struct diag diag = {.level = DIAG_ERROR, .code = DIAG_ERR_FILE_READ, .message = "gone"};

    diag.place.file = "x.yaml";
    diags_init(&diags, arena);
    diag_print(&out, diags_add(&diags, &diag, (struct sv){NULL, 0}), false);
    CHECK_STR(buf_cstr(&out), "x.yaml: error: gone [LOAD_ERR_FILE_READ]\n");
}

static void written_as_falco_does(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf out = {0};
    struct json_writer w = json_writer_on(&out);
    struct json_doc doc = {0};
    struct diags diags;
    struct diag diag = at(2, 3, 6);

    diags_init(&diags, arena);
    diag_json(&w, diags_add(&diags, &diag, SV("abc\n  xyz\n")));
    CHECK_INT(json_parse(buf_view(&out), arena, &doc, NULL), 0);
    const struct json_node *root = &doc.node[0];
    CHECK_SV(json_get_sv(&doc, root, SV("code")), SV("LOAD_ERR_VALIDATE"));
    CHECK_SV(json_get_sv(&doc, root, SV("message")), SV("wrong"));
    CHECK_SV(json_get_sv(&doc, root, SV("level")), SV("error"));
    CHECK_INT(json_get(&doc, root, SV("line"))->i64, 2);
    CHECK_INT(json_get(&doc, root, SV("mend"))->kind, JSON_NULL);
    const struct json_node *context = json_get(&doc, root, SV("context"));
    CHECK_SV(json_get_sv(&doc, context, SV("snippet")), SV("  xyz\n  ^\n"));
    const struct json_node *locations = json_get(&doc, context, SV("locations"));
    const struct json_node *first = json_first(&doc, locations);
    const struct json_node *last = json_next(&doc, locations, first);
    CHECK_SV(json_get_sv(&doc, first, SV("item_type")), SV("rules content"));
    CHECK_SV(json_get_sv(&doc, last, SV("item_name")), SV("My rule"));
    const struct json_node *position = json_get(&doc, last, SV("position"));
    CHECK_INT(json_get(&doc, position, SV("line"))->i64, 1);
    CHECK_INT(json_get(&doc, position, SV("column"))->i64, 2);
    CHECK_INT(json_get(&doc, position, SV("offset"))->i64, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_have_names_and_meanings),
        cmocka_unit_test(snippets),
        cmocka_unit_test(long_lines_are_shown_in_part),
        cmocka_unit_test(no_snippet_without_text_or_place),
        cmocka_unit_test(texts_are_copied_and_cut),
        cmocka_unit_test(more_than_the_maximum_is_counted),
        cmocka_unit_test(printed_for_people),
        cmocka_unit_test(a_part_names_its_item),
        cmocka_unit_test(a_file_without_a_place),
        cmocka_unit_test(written_as_falco_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
