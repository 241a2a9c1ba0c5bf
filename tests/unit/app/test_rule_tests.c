#include "app/rule_tests.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "lang/diag.h"
#include "tests/unit/test.h"

#define TEST_ITEM "- test: a\n  event: "
#define EXPECT "\n  expect: []\n"

struct fixture {
    struct arena *arena;
    struct diags diags;
    struct rule_tests tests;
    char path[64];
};

static void scoped_fixture_done(struct fixture *f)
{
    (void)unlink(f->path);
    arena_free(f->arena);
}

static int read_text(struct fixture *f, const char *text)
{
    *f = (struct fixture){.arena = arena_new(4096), .path = "/tmp/tiercel-rule-tests-XXXXXX"};
    int fd = mkstemp(f->path);

    assert_true(fd >= 0);
    assert_int_equal(file_write_all(fd, sv(text), NULL), 0);
    (void)close(fd);
    diags_init(&f->diags, f->arena);
    return rule_tests_read(f->path, f->arena, &f->diags, &f->tests);
}

static void test_reads(void **state)
{
    static const char text[] = "- rules: [a.yaml, /b/c.yaml]\n"
                               "- test: first\n"
                               "  event:\n"
                               "    type: execve\n"
                               "    fields:\n"
                               "      proc.name: 007\n"
                               "      proc.pid: 0x10\n"
                               "      \"proc.aname[2]\": bash\n"
                               "      evt.is_open_read: true\n"
                               "      proc.exe:\n"
                               "      proc.aname: [bash, sshd]\n"
                               "      proc.acmdline: []\n"
                               "  expect: [Rule A, Rule B]\n"
                               "- test: second\n"
                               "  events:\n"
                               "  - {type: open}\n"
                               "  - {source: k8s_audit}\n"
                               "  expect: []\n";
    scoped(fixture_done) struct fixture f;

    int rc = read_text(&f, text);
    CHECK(f.diags.count == 0 || (print_error("%s\n", f.diags.item[0].message), false));
    CHECK_INT(rc, 0);
    CHECK_INT(f.tests.rules_count, 2);
    CHECK_STR(f.tests.rules[0], "/tmp/a.yaml");
    CHECK_STR(f.tests.rules[1], "/b/c.yaml");
    CHECK_INT(f.tests.count, 2);
    const struct rule_test *test = &f.tests.test[0];
    CHECK_SV(test->name.text, SV("first"));
    CHECK_INT(test->name.at.line, 2);
    CHECK_INT(test->expect_count, 2);
    CHECK_SV(test->expect[1].text, SV("Rule B"));
    CHECK_INT(test->event_count, 1);
    CHECK_INT(test->event[0].type, EVENT_EXECVE);
    CHECK_INT(test->event[0].given_count, 8);
    const struct event_given *given = test->event[0].given;
    CHECK_SV(given[0].field, SV("proc.name"));
    CHECK_SV(given[0].value.text, SV("007"));
    CHECK_INT(given[1].value.i64, 16);
    CHECK_SV(given[2].field, SV("proc.aname[2]"));
    CHECK_SV(given[2].value.text, SV("bash"));
    CHECK(given[3].value.truth);
    CHECK_SV(given[4].field, SV("proc.exe"));
    CHECK_INT(given[4].value.kind, VALUE_ABSENT);
    CHECK_SV(given[5].field, SV("proc.aname"));
    CHECK_SV(given[6].value.text, SV("sshd"));
    CHECK_INT(given[7].value.kind, VALUE_ABSENT);
    test = &f.tests.test[1];
    CHECK_INT(test->event_count, 2);
    CHECK_INT(test->event[0].type, EVENT_OPEN);
    CHECK_INT(test->event[0].source, SOURCE_SYSCALL);
    CHECK_INT(test->event[1].type, EVENT_PLUGIN);
    CHECK_INT(test->event[1].source, SOURCE_K8S_AUDIT);
    CHECK_INT(test->expect_count, 0);
}

static void test_complaints(void **state)
{
    static const struct {
        const char *row, *text;
        uint32_t line, column;
        const char *words, *mend;
    } rows[] = {
        {"empty", "", 1, 1, "empty", NULL},
        {"not YAML", "- test: [\n", 2, 1, "", NULL},
        {"two documents", "- test: a\n---\n- test: b\n", 1, 1, "one document", NULL},
        {"a mapping", "test: a\n", 1, 1, "is a list", NULL},
        {"no tests", "- rules: [a]\n", 1, 1, "no tests", NULL},
        {"text item", "- a\n", 1, 3, "a test is a mapping", NULL},
        {"no name", "- event: {type: open}\n  expect: []\n", 1, 3, "has a name", NULL},
        {"name is null", "- test:\n  expect: []\n", 1, 3, "has a name", NULL},
        {"unknown key", "- test: a\n  evnt: {}\n", 2, 3, "a test has no key 'evnt'",
         "did you mean 'event'?"},
        {"no event", "- test: a\n  expect: []\n", 1, 3, "either 'event' or 'events'", NULL},
        {"both",
         "- test: a\n  event: {type: open}\n"
         "  events: []\n  expect: []\n",
         1, 3, "either 'event' or 'events'", NULL},
        {"no events", "- test: a\n  events: []\n  expect: []\n", 2, 11, "a list of events", NULL},
        {"no expect", TEST_ITEM "{type: open}\n", 1, 3, "says what it expects",
         "write 'expect: []' when nothing may match"},
        {"expect text", TEST_ITEM "{type: open}\n  expect: A\n", 3, 11, "'expect' is a list", NULL},
        {"expect twice", TEST_ITEM "{type: open}\n  expect: [A, A]\n", 3, 15,
         "'A' is in the list already", NULL},
        {"event text", TEST_ITEM "open" EXPECT, 2, 10, "an event is a mapping", NULL},
        {"no type", TEST_ITEM "{fields: {}}" EXPECT, 2, 10, "has a type", NULL},
        {"unknown type", TEST_ITEM "{type: opeat}" EXPECT, 2, 17, "no event type 'opeat'",
         "did you mean 'openat'?"},
        {"type is a list", TEST_ITEM "{type: [open]}" EXPECT, 2, 17, "no event type", NULL},
        {"foreign type", TEST_ITEM "{type: pluginevent}" EXPECT, 2, 17, "has no events of type",
         NULL},
        {"unknown source", TEST_ITEM "{source: syscal}" EXPECT, 2, 19, "no source 'syscal'",
         "did you mean 'syscall'?"},
        {"unknown field", TEST_ITEM "{type: open, fields: {proc.nmae: a}}" EXPECT, 2, 32,
         "no field 'proc.nmae'", "did you mean 'proc.name'?"},
        {"argument missing", TEST_ITEM "{type: open, fields: {proc.acmdline.x: a}}" EXPECT, 2, 32,
         "", NULL},
        {"argument unasked", TEST_ITEM "{type: open, fields: {\"proc.pid[1]\": 1}}" EXPECT, 2, 32,
         "takes no argument", NULL},
        {"argument bad", TEST_ITEM "{type: open, fields: {\"proc.aname[x]\": a}}" EXPECT, 2, 32,
         "does not take this argument", NULL},
        {"other source", TEST_ITEM "{source: k8s_audit, fields: {proc.name: a}}" EXPECT, 2, 39,
         "source 'k8s_audit' have no field 'proc.name'", NULL},
        {"bad value", TEST_ITEM "{type: open, fields: {proc.pid: one}}" EXPECT, 2, 42,
         "'one' is no value of type INT64", NULL},
        {"bad truth", TEST_ITEM "{type: open, fields: {evt.is_open_read: yep}}" EXPECT, 2, 50,
         "'yep' is no value of type BOOL", NULL},
        {"value is a map", TEST_ITEM "{type: open, fields: {proc.name: {a: b}}}" EXPECT, 2, 43,
         "a value is a text", NULL},
        {"list for one", TEST_ITEM "{type: open, fields: {proc.name: [a]}}" EXPECT, 2, 43,
         "has one value", NULL},
        {"type as field", TEST_ITEM "{type: open, fields: {evt.type: open}}" EXPECT, 2, 32,
         "its key 'type'", NULL},
        {"fields is a list", TEST_ITEM "{type: open, fields: [a]}" EXPECT, 2, 31,
         "'fields' is a mapping", NULL},
        {"rules is text", "- rules: a.yaml\n- test: a\n  event: {type: open}\n  expect: []\n", 1,
         10, "'rules' is a list", NULL},
        {"rules not first", TEST_ITEM "{type: open}" EXPECT "- rules: [a]\n", 4, 3,
         "a test has no key 'rules'", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(fixture_done) struct fixture f;
        test_row(rows[i].row);
        CHECK(read_text(&f, rows[i].text) < 0);
        CHECK(f.diags.count > 0);
        const struct diag *diag = &f.diags.item[0];
        CHECK_HAS(diag->message, rows[i].words);
        CHECK_INT(diag->place.line, rows[i].line);
        CHECK_INT(diag->place.column, rows[i].column);
        CHECK_STR(diag->place.file, f.path);
        if (rows[i].mend != NULL)
            CHECK_STR(diag->mend, rows[i].mend);
    }
}

static void test_all_are_reported(void **state)
{
    scoped(fixture_done) struct fixture f;

    CHECK_INT(read_text(&f,
                        TEST_ITEM "{type: opn}" EXPECT TEST_ITEM "{type: clse, fields: {x.y: 1}}"
                                  "\n- tst: a\n"),
              -EINVAL);
    CHECK_INT(f.diags.errors, 5);
}

static void test_missing_file(void **state)
{
    scoped(fixture_done) struct fixture f = {.arena = arena_new(4096)};

    diags_init(&f.diags, f.arena);
    CHECK_INT(rule_tests_read("/nonexistent/t.yaml", f.arena, &f.diags, &f.tests), -ENOENT);
    CHECK_INT(f.diags.count, 1);
    CHECK_INT(f.diags.item[0].code, DIAG_ERR_FILE_READ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_complaints),
        cmocka_unit_test(test_all_are_reported),
        cmocka_unit_test(test_missing_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
