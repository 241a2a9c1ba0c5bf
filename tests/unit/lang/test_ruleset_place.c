/* From a byte of a condition back to line and column of the file. */
#include "tests/unit/test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/yaml.h"
#include "lang/falco/scalar_place.h"

/* The character '^' of `text` is taken out and marks the place; 'Z' marks the byte of the value. */
static const struct {
    const char *row, *text;
} rows[] = {
    {"plain", "k: ab ^Zcd"},
    {"plain, first", "k: ^Zab"},
    {"plain over lines", "k: ab\n  cd\n  ef ^Zgh\n"},
    {"plain, blank line between", "k: ab\n\n  ^Zcd\n"},
    {"folded", "k: >\n  ab cd\n  ^Zef\n"},
    {"folded, kept indentation", "k: >\n  ab\n     cd ^Zef\n  gh\n"},
    {"folded, stripped", "k: >-\n  ab\n  ^Zcd\n"},
    {"folded, comment on the first line", "k: > # a cd\n  ab\n  ^Zcd\n"},
    {"literal", "k: |\n  ab\n  c ^Zd\n"},
    {"literal with an indentation given", "k: |2\n   ab\n  ^Zcd\n"},
    {"single quotes", "k: 'ab ^Zcd'"},
    {"single quotes with a quote", "k: 'a''b ^Zcd'"},
    {"single quotes, the quote itself", "k: 'a^Z''b cd'"},
    {"double quotes", "k: \"ab ^Zcd\""},
    {"double quotes over lines", "k: \"ab\n  ^Zcd\""},
    {"escaped quote", "k: \"a\\\"b ^Zcd\""},
    {"escaped line end", "k: \"ab\\nc ^Zd\""},
    {"escaped tab", "k: \"ab\\tc ^Zd\""},
    {"hex escape", "k: \"\\x41b ^Zcd\""},
    {"u escape", "k: \"\\u00e9b ^Zcd\""},
    {"line continued", "k: \"ab \\\n  ^Zcd\""},
    {"more than one byte", "k: \xc3\xa9\xc3\xa9 ^Zcd"},
    {"anchor", "k: &anchor ab ^Zcd"},
    {"tag and anchor", "k: !!str &anchor >\n  ab\n  ^Zcd\n"},
    {"indented item", "- a: 1\n  k: >\n    ab\n    ^Zcd\n"},
};

/* The value of the last key. */
static const struct yaml_node *last_value(const struct yaml_file *file)
{
    const struct yaml_node *node = file->document[0];

    if (node->kind == YAML_SEQUENCE)
        node = node->item[0];
    return yaml_value_at(node, node->count - 1);
}

static void places(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf file = {0}, marked = {0};
        struct yaml_file plain = {0}, with_mark = {0};
        struct sv text = sv(rows[i].text);
        size_t caret = sv_find(text, SV("^"), 0);
        uint32_t line = 1, column = 1;

        test_row(rows[i].row);
        for (size_t k = 0; k < text.len; k++) {
            if (text.ptr[k] != '^')
                buf_char(&marked, text.ptr[k]);
            if (text.ptr[k] != '^' && text.ptr[k] != 'Z')
                buf_char(&file, text.ptr[k]);
            if (k < caret && text.ptr[k] == '\n') {
                line++;
                column = 1;
            } else if (k < caret && ((unsigned char)text.ptr[k] & 0xc0) != 0x80) {
                column++;
            }
        }
        CHECK_INT(yaml_parse(buf_view(&file), arena, &plain, NULL, NULL), 0);
        CHECK_INT(yaml_parse(buf_view(&marked), arena, &with_mark, NULL, NULL), 0);
        const struct yaml_node *value = last_value(&plain);
        size_t offset = sv_find(last_value(&with_mark)->text, SV("Z"), 0);
        struct yaml_mark at = scalar_place(buf_view(&file), value->at, value->text, offset);
        CHECK_INT(at.line, line);
        CHECK_INT(at.column, column);
        CHECK_INT(at.offset, caret);
    }
}

static void past_the_end(void **state)
{
    struct sv file = SV("k: abc\nl: 1\n");
    struct yaml_mark at = {1, 4, 3};

    CHECK_INT(scalar_place(file, at, SV("abc"), 3).column, 7);
    CHECK_INT(scalar_place(file, at, SV("abc"), 99).column, 7);
    /* A value that the file does not hold leads nowhere, but not out of the file. */
    CHECK_INT(scalar_place(file, at, SV("abcdefghijklmnopqrstuvwxyz"), 26).offset, file.len);
    CHECK_INT(scalar_place((struct sv){NULL, 0}, at, SV("abc"), 1).offset, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),
        cmocka_unit_test(past_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
