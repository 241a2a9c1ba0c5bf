#include "../test.h"

#include <errno.h>

#include "app/settings.h"
#include "app/settings_append.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/yaml.h"
#include "event/event.h"

static int read_text(const char *text, struct settings *settings, struct arena *arena,
                     struct err *err)
{
    struct yaml_file yaml;

    *settings = (struct settings){.file = "t.yaml"};
    assert_int_equal(yaml_parse(sv(text), arena, &yaml, NULL, err), 0);
    return settings_append_read(settings, yaml.document[0], arena, err);
}

static void test_read(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct settings settings;
    struct err err = {0};

    (void)state;
    int rc = read_text("- match:\n"
                       "    source: k8s_audit\n"
                       "    tags: [a, b]\n"
                       "    rule: A rule\n"
                       "  extra_output: on %evt.hostname\n"
                       "  extra_fields:\n"
                       "    - home: /root\n"
                       "    - evt.num\n"
                       "- suggested_output: true\n"
                       "- match:\n",
                       &settings, arena, &err);
    if (rc < 0)
        TEST_FAIL("%s", err_text(&err, rc));
    CHECK_INT(settings.append_output_count, 3);
    const struct output_append *append = settings.append_output;
    CHECK_INT(append[0].source, SOURCE_K8S_AUDIT);
    CHECK_STR(append[0].rule, "A rule");
    CHECK_INT(append[0].tag_count, 2);
    CHECK_STR(append[0].tag[1], "b");
    CHECK_STR(append[0].text, "on %evt.hostname");
    CHECK_INT(append[0].field_count, 2);
    CHECK_STR(append[0].field[0].name, "home");
    CHECK_STR(append[0].field[0].format, "/root");
    CHECK_STR(append[0].field[1].name, "evt.num");
    CHECK(append[0].field[1].format == NULL);
    CHECK(!append[0].suggested);
    CHECK_STR(append[0].file, "t.yaml");
    CHECK_INT(append[0].at.line, 1);
    CHECK(append[1].suggested);
    CHECK_INT(append[1].source, OUTPUT_APPEND_ANY_SOURCE);
    CHECK(append[1].text == NULL && append[1].rule == NULL);
    CHECK_INT(append[1].at.line, 9);
    CHECK_INT(append[2].source, OUTPUT_APPEND_ANY_SOURCE);
}

static void test_refused(void **state)
{
    static const struct {
        const char *row, *text, *words;
    } rows[] = {
        {"no list", "a: b\n", "line 1, column 1: the value of append_output must be a list"},
        {"no mapping", "- x\n", "an entry of append_output must be a mapping"},
        {"misspelt", "- extra_ouput: x\n",
         "line 1, column 3: append_output has no key 'extra_ouput'; did you mean 'extra_output'?"},
        {"misspelt match", "- match: {tag: [a]}\n", "no key 'tag'; did you mean 'tags'?"},
        {"match is text", "- match: x\n", "the match of append_output must be a mapping"},
        {"no such source", "- match: {source: sysc}\n", "the name of an event source"},
        {"tags no list", "- match: {tags: a}\n", "must be a list of tags"},
        {"a tag in a tag", "- match: {tags: [[a]]}\n", "a tag of append_output must be a text"},
        {"rule no text", "- match: {rule: [a]}\n", "must be the name of a rule"},
        {"text no text", "- extra_output: [a]\n", "extra_output of append_output must be a text"},
        {"empty text", "- extra_output: ''\n", "extra_output of append_output must be a text"},
        {"NUL in it", "- extra_output: \"a\\0b\"\n", "must be a text"},
        {"no truth", "- suggested_output: 7\n", "must be true or false"},
        {"fields no list", "- extra_fields: x\n", "extra_fields of append_output must be a list"},
        {"two in one", "- extra_fields: [{a: b, c: d}]\n", "must be a field, or NAME: FORMAT"},
        {"no format", "- extra_fields: [{a: []}]\n", "the format of an extra field"},
        {"twice", "- extra_fields:\n  - a: b\n  - a\n",
         "line 3, column 5: an extra field of "
         "append_output must be named once"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct settings settings;
        struct err err = {0};

        test_row(rows[i].row);
        CHECK_INT(read_text(rows[i].text, &settings, arena, &err), -EINVAL);
        CHECK_HAS(err.text, rows[i].words);
        CHECK_INT(settings.append_output_count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
