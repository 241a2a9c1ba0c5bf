#include "base/err.h"

#include <errno.h>

#include "tests/unit/test.h"

static void set_gives_the_code_back(void **state)
{
    struct err err = {0};

    CHECK_INT(err_set(&err, -EINVAL, "line %d: no field", 7), -EINVAL);
    CHECK_INT(err.code, -EINVAL);
    CHECK_STR(err_text(&err, -EINVAL), "line 7: no field");
    CHECK_INT(err_set(NULL, -ENOENT, "%s", "ignored"), -ENOENT);
}

static void wrap_puts_context_in_front(void **state)
{
    struct err err = {0};
    int rc = err_set(&err, -EINVAL, "line 7: no field");

    rc = err_wrap(&err, rc, "rules '%s'", "base.yaml");
    CHECK_INT(rc, -EINVAL);
    CHECK_STR(err.text, "rules 'base.yaml': line 7: no field");
    CHECK_INT(err_wrap(&err, -EPERM, "start"), -EPERM);
    CHECK_INT(err.code, -EPERM);
    CHECK_STR(err.text, "start: rules 'base.yaml': line 7: no field");
    CHECK_INT(err_wrap(NULL, -EPERM, "start"), -EPERM);
}

static void without_words_the_errno_speaks(void **state)
{
    struct err err = {0};

    CHECK_STR(err_text(&err, -ENOENT), "No such file or directory");
    CHECK_STR(err_text(NULL, -ENOENT), "No such file or directory");
    CHECK_STR(err_text(NULL, ENOENT), "No such file or directory");
    (void)err_wrap(&err, -ENOENT, "open 'x'");
    CHECK_STR(err.text, "open 'x': No such file or directory");
}

static void words_are_cut_at_the_end(void **state)
{
    static const struct {
        const char *row;
        int before, words, left;
    } rows[] = {
        {"fits", 100, 100, 202},
        {"exactly", 100, 409, ERR_TEXT_MAX - 1},
        {"words cut", 100, 500, ERR_TEXT_MAX - 1},
        {"context fills it", 511, 500, ERR_TEXT_MAX - 1},
        {"room for the colon only", 510, 500, ERR_TEXT_MAX - 1},
        {"context alone is too long", 900, 5, ERR_TEXT_MAX - 1},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};

        test_row(rows[i].row);
        (void)err_set(&err, -EIO, "%0*d", rows[i].words, 0);
        (void)err_wrap(&err, -EIO, "%0*d", rows[i].before, 1);
        CHECK_INT(strlen(err.text), rows[i].left);
    }
}

static void arguments_may_be_the_old_words(void **state)
{
    struct err err = {0};

    (void)err_set(&err, -EIO, "disk");
    (void)err_set(&err, -EIO, "%s and %s", err.text, err.text);
    CHECK_STR(err.text, "disk and disk");
    (void)err_wrap(&err, -EIO, "<%s>", err.text);
    CHECK_STR(err.text, "<disk and disk>: disk and disk");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_gives_the_code_back),
        cmocka_unit_test(wrap_puts_context_in_front),
        cmocka_unit_test(without_words_the_errno_speaks),
        cmocka_unit_test(words_are_cut_at_the_end),
        cmocka_unit_test(arguments_may_be_the_old_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
