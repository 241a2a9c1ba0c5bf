/* The command as a whole: files in a directory, what it prints and how it exits. */
#include "app/cmd_check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "tests/unit/test.h"

#define RULE(name, condition)                                                                      \
    "- rule: " name "\n  desc: d\n  output: o\n  priority: INFO\n  condition: " condition "\n"     \
    "  tiercel: {owner: a, playbook: b}\n"
#define BARE                                                                                       \
    "- rule: Bare\n  desc: d\n  output: o\n  priority: INFO\n  condition: evt.type = open\n"

struct place {
    char dir[64], a[80], b[80], out[80], err[80];
    struct buf text; /* standard output, then standard error */
};

static void scoped_place_done(struct place *place)
{
    (void)unlink(place->a);
    (void)unlink(place->b);
    (void)unlink(place->out);
    (void)unlink(place->err);
    (void)rmdir(place->dir);
    buf_done(&place->text);
}

static struct place place_make(void)
{
    struct place place = {.dir = "/tmp/tiercel-cmd-check-XXXXXX"};

    assert_non_null(mkdtemp(place.dir));
    (void)snprintf(place.a, sizeof(place.a), "%s/a.yaml", place.dir);
    (void)snprintf(place.b, sizeof(place.b), "%s/b.yaml", place.dir);
    (void)snprintf(place.out, sizeof(place.out), "%s/.out", place.dir);
    (void)snprintf(place.err, sizeof(place.err), "%s/.err", place.dir);
    return place;
}

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(file_write_all(fd, sv(text), NULL), 0);
    assert_int_equal(close(fd), 0);
}

/* Point a standard stream at a file; returns the stream it was. */
static int redirect(int stream, const char *path)
{
    int was = dup(stream);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(was >= 0 && fd >= 0);
    assert_true(dup2(fd, stream) == stream);
    assert_int_equal(close(fd), 0);
    return was;
}

static void restore(int stream, int was)
{
    assert_true(dup2(was, stream) == stream);
    assert_int_equal(close(was), 0);
}

/* Run with the words of `line`, where A, B and DIR stand for the place's paths. */
static int run(struct place *place, const char *line)
{
    char *argv[16] = {NULL};
    char words[512];
    char *rest = words;
    int argc = 0;

    (void)snprintf(words, sizeof(words), "%s", line);
    for (char *word = strsep(&rest, " "); word != NULL && argc < 15; word = strsep(&rest, " ")) {
        char *path = strcmp(word, "A") == 0     ? place->a
                     : strcmp(word, "B") == 0   ? place->b
                     : strcmp(word, "DIR") == 0 ? place->dir
                                                : word;
        argv[argc++] = path;
    }
    (void)fflush(NULL);
    int out = redirect(STDOUT_FILENO, place->out);
    int err = redirect(STDERR_FILENO, place->err);
    int code = cmd_check(argc, argv);
    (void)fflush(NULL);
    restore(STDOUT_FILENO, out);
    restore(STDERR_FILENO, err);
    buf_reset(&place->text);
    assert_int_equal(file_read(place->out, 1 << 20, &place->text, NULL), 0);
    assert_int_equal(file_read(place->err, 1 << 20, &place->text, NULL), 0);
    return code;
}

static void exits_and_words(void **state)
{
    static const struct {
        const char *row, *a, *b, *line;
        int code;
        const char *words;
    } rows[] = {
        {"fine", RULE("r", "evt.type = open"), NULL, "check A", 0,
         "1 file, 1 rule, 0 macros, 0 lists: 0 errors, 0 warnings, 0 guardrail findings\n"},
        {"two files", "- macro: m\n  condition: evt.type = open\n", RULE("r", "m"), "check A B", 0,
         "2 files, 1 rule, 1 macro, 0 lists: 0 errors, 0 warnings"},
        {"a directory", "- macro: m\n  condition: evt.type = open\n", RULE("r", "m"), "check DIR",
         0, "2 files, 1 rule, 1 macro"},
        {"order is the order given", RULE("r", "evt.type = open"),
         "- rule: r\n  tags: [a]\n  override: {tags: append}\n", "check B A", 1,
         "no rule by that name already exists"},
        {"error", RULE("r", "evt.type = open and proc.nmae = a"), NULL, "check A", 1,
         "a.yaml:5:34: error: "},
        {"error with its mend", RULE("r", "evt.type = open and proc.nmae = a"), NULL, "check A", 1,
         "help: did you mean 'proc.name'?"},
        {"warning", RULE("r", "proc.name = a") "  enabled: false\n", NULL, "check A", 0,
         "[LOAD_NO_EVTTYPE]"},
        {"warning does not count with --strict", RULE("r", "proc.name = a") "  enabled: false\n",
         NULL, "check --strict A", 0, "1 warning"},
        {"guardrail", BARE, NULL, "check A", 0, "2 guardrail findings"},
        {"guardrail with --strict", BARE, NULL, "check A --strict", 1, "guardrail: "},
        {"missing file", NULL, NULL, "check /nonexistent.yaml", 1, "No such file"},
        {"missing file beside a good one", RULE("r", "evt.type = open"), NULL,
         "check A /nonexistent.yaml", 1, "2 files, 1 rule"},
        {"empty directory", NULL, NULL, "check DIR", 1, "no rule files"},
        {"no path", NULL, NULL, "check", 2, "usage: tiercel check"},
        {"unknown option", NULL, NULL, "check --nope A", 2, "usage: tiercel check"},
        {"help", NULL, NULL, "check --help", 0, "usage: tiercel check"},
        {"a rule explained", RULE("r", "evt.type = open and fd.name = /x"), NULL,
         "check --explain-plan r A", 0, "for 1 event type: open\n  form: fd.name = /x\n"},
        {"a disabled one, too", RULE("r", "evt.type = open") "  enabled: false\n", NULL,
         "check --explain-plan r A", 0, "for 1 event type: open\n  form: true\n"},
        {"what it shares", RULE("r", "evt.type = open and fd.name = /x"),
         RULE("s", "evt.type = close and fd.name = /x"), "check A B --explain-plan r", 0,
         "           1  name      fd.name = /x\n"},
        {"explained as JSON", RULE("r", "evt.type = open"), NULL, "check --json A --explain-plan r",
         0, "\"forms\":[{\"types\":[\"open\"],\"condition\":\"true\""},
        {"no such rule to explain", RULE("red", "evt.type = open"), NULL,
         "check --explain-plan rad A", 1, "no rule 'rad'; did you mean 'red'?"},
        {"errors come first", RULE("r", "evt.type = open and proc.nmae = a"), NULL,
         "check --explain-plan r A", 1, "a.yaml:5:34: error: "},
        {"nothing to explain", RULE("r", "evt.type = open"), NULL, "check A --explain-plan", 2,
         "usage: tiercel check"},
        {"not a terminal, so no colour", BARE, NULL, "check A", 0, "guardrail: The rule has no"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(place_done) struct place place = place_make();

        test_row(rows[i].row);
        if (rows[i].a != NULL)
            write_text(place.a, rows[i].a);
        if (rows[i].b != NULL)
            write_text(place.b, rows[i].b);
        CHECK_INT(run(&place, rows[i].line), rows[i].code);
        CHECK_HAS(buf_cstr(&place.text), rows[i].words);
    }
}

static void json_is_falcos_shape_and_more(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(place_done) struct place place = place_make();
    struct json_doc doc = {0};

    write_text(place.a, BARE);
    write_text(place.b, RULE("r", "evt.type = open and proc.nmae = a"));
    CHECK_INT(run(&place, "check --json A B A"), 1);
    CHECK_INT(json_parse(buf_view(&place.text), arena, &doc, NULL), 0);
    const struct json_node *root = &doc.node[0];
    const struct json_node *results = json_get(&doc, root, SV("falco_load_results"));
    CHECK_INT(results->count, 2);
    const struct json_node *a = json_first(&doc, results);
    const struct json_node *b = json_next(&doc, results, a);
    CHECK_SV(json_get_sv(&doc, a, SV("name")), sv(place.a));
    CHECK_INT(json_get(&doc, a, SV("successful"))->kind, JSON_TRUE);
    CHECK_INT(json_get(&doc, a, SV("guardrails"))->count, 2);
    CHECK_INT(json_get(&doc, b, SV("successful"))->kind, JSON_FALSE);
    const struct json_node *error = json_first(&doc, json_get(&doc, b, SV("errors")));
    CHECK_SV(json_get_sv(&doc, error, SV("code")), SV("LOAD_ERR_COMPILE_CONDITION"));
    CHECK_SV(json_get_sv(&doc, error, SV("mend")), SV("did you mean 'proc.name'?"));
    const struct json_node *summary = json_get(&doc, root, SV("summary"));
    CHECK_INT(json_get(&doc, summary, SV("errors"))->i64, 1);
    CHECK_INT(json_get(&doc, summary, SV("files"))->i64, 3);
}

static void more_than_can_be_kept_is_said(void **state)
{
    scoped(place_done) struct place place = place_make();
    scoped(buf_done) struct buf text = {0};

    for (int i = 0; i < 1200; i++)
        buf_printf(&text, "- list: l%d\n", i);
    write_text(place.a, buf_cstr(&text));
    CHECK_INT(run(&place, "check A"), 1);
    CHECK_HAS(buf_cstr(&place.text), "... and 200 more\n");
    CHECK_HAS(buf_cstr(&place.text), "1200 errors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exits_and_words),
        cmocka_unit_test(json_is_falcos_shape_and_more),
        cmocka_unit_test(more_than_can_be_kept_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
