#include "store/words.h"

#include "tests/unit/test.h"

enum { WORDS_MAX = 64 };

struct list {
    uint64_t word[WORDS_MAX];
    size_t count;
};

static void add(void *ctx, uint64_t word)
{
    struct list *list = ctx;

    assert_true(list->count < WORDS_MAX);
    list->word[list->count++] = word;
}

static bool has(const struct list *list, uint64_t word)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->word[i] == word)
            return true;
    }
    return false;
}

/* Each text, whose words are those of the row's list, in order. */
static void texts(void **state)
{
    static const struct {
        const char *row, *text, *json;
        size_t count;
    } rows[] = {
        {"nothing", "", "{}", 0},
        {"one", "abc", "\"abc\"", 1},
        {"case", "aBc DEF", "[\"Abc\",\"def\"]", 2},
        {"separators", "kube-system/web.7f9c:80", "{\"kube\":\"system web\", \"7f9c\":80}", 5},
        {"underscore", "a_b", "\"a_b\"", 1},
        {"control characters", "a\nb\tc", "\"a\\nb\\tc\"", 3},
        {"quotes and backslashes", "a\"b\\c", "\"a\\\"b\\\\c\"", 3},
        {"solidus", "a/b", "\"a\\/b\"", 2},
        {"escaped letters", "abc", "\"\\u0061b\\u0063\"", 1},
        {"two bytes", "caf\xc3\xa9", "\"caf\\u00e9\"", 1},
        {"three bytes", "\xe2\x82\xac uro", "\"\\u20AC uro\"", 2},
        {"a pair", "\xf0\x9f\x98\x80", "\"\\ud83d\\ude00\"", 1},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct list text = {0};
        struct list json = {0};

        test_row(rows[i].row);
        words_of_text(sv(rows[i].text), add, &text);
        words_of_json(sv(rows[i].json), add, &json);
        CHECK_INT(text.count, rows[i].count);
        for (size_t k = 0; k < text.count; k++)
            CHECK(has(&json, text.word[k]));
        CHECK_INT(json.count, rows[i].count);
    }
}

static void odd_escapes_end_words(void **state)
{
    static const char *const texts[] = {
        "\\", "\\u", "\\u12", "\\uxyz1", "\\ud83d", "\\ud83d\\u0041", "a\\"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct list list = {0};

        test_row(texts[i]);
        words_of_json(sv(texts[i]), add, &list); /* reads no byte past the end: ASan looks */
        CHECK(list.count <= 2);
    }
}

static void words_differ(void **state)
{
    static const char text[] = "a b ab ba aa bb abc 1 10 100 0 00";
    struct list list = {0};

    words_of_text(sv(text), add, &list);
    CHECK_INT(list.count, 12);
    for (size_t i = 0; i < list.count; i++) {
        for (size_t k = 0; k < i; k++)
            CHECK(list.word[i] != list.word[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(odd_escapes_end_words),
        cmocka_unit_test(words_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
