/* The command as a whole: files in a directory, what it prints and how it exits. */
#include "app/cmd_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "tests/unit/test.h"

#define RULES                                                                                       \
    "- rule: Shell\n"                                                                               \
    "  desc: a shell\n"                                                                             \
    "  condition: evt.type = execve and proc.name in (sh, bash) and container.id != host\n"         \
    "  output: shell %proc.name\n"                                                                  \
    "  priority: WARNING\n"                                                                         \
    "- rule: Deep shell\n"                                                                          \
    "  desc: a shell below sshd\n"                                                                  \
    "  condition: evt.type = execve and proc.name = sh and proc.aname[2] = sshd\n"                  \
    "  output: shell %proc.name\n"                                                                  \
    "  priority: DEBUG\n"                                                                           \
    "- rule: Read\n"                                                                                \
    "  desc: a file\n"                                                                              \
    "  condition: evt.type in (open, openat) and fd.name = /etc/shadow and evt.is_open_read=true\n" \
    "  output: read %fd.name\n"                                                                     \
    "  priority: ERROR\n"                                                                           \
    "- rule: Tmux\n"                                                                                \
    "  desc: below tmux\n"                                                                          \
    "  condition: evt.type = open and proc.aname in (tmux, screen)\n"                               \
    "  output: tmux\n"                                                                              \
    "  priority: INFO\n"                                                                            \
    "- rule: Off\n"                                                                                 \
    "  desc: not enabled\n"                                                                         \
    "  condition: evt.type = execve\n"                                                              \
    "  output: off\n"                                                                               \
    "  priority: ERROR\n"                                                                           \
    "  enabled: false\n"

#define SHELL_EVENT                                                                                \
    "{type: execve, fields: {proc.name: sh, container.id: abc, \"proc.aname[2]\": sshd}}"
#define SHELL_FIRST "- test: shell\n  event: " SHELL_EVENT "\n"

struct place {
    char dir[64];
    char out[80], err[80]; /* where the command's output goes */
    struct buf text;       /* standard output, then standard error */
};

static struct place place_make(void)
{
    struct place place = {.dir = "/tmp/tiercel-cmd-test-XXXXXX"};

    assert_non_null(mkdtemp(place.dir));
    (void)snprintf(place.out, sizeof(place.out), "%s/.out", place.dir);
    (void)snprintf(place.err, sizeof(place.err), "%s/.err", place.dir);
    return place;
}

static void scoped_place_done(struct place *place)
{
    DIR *dir = opendir(place->dir);

    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    (void)closedir(dir);
    (void)rmdir(place->dir);
    buf_done(&place->text);
}

static void put_file(const struct place *place, const char *name, const char *text)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", place->dir, name);
    scoped(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(file_write_all(fd, sv(text), NULL), 0);
}

static int redirect(int fd, const char *path)
{
    int kept = dup(fd);
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(kept >= 0 && to >= 0 && dup2(to, fd) == fd);
    (void)close(to);
    return kept;
}

static void restore(int fd, int kept)
{
    assert_int_equal(dup2(kept, fd), fd);
    (void)close(kept);
}

/* `words` are split at blanks; the command runs in the place's directory. */
static int run(struct place *place, const char *words)
{
    char line[256];
    char name[] = "test";
    char *argv[16] = {name};
    int argc = 1;
    scoped(fd_close) int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct sv rest = sv(words);
    size_t used = 0;

    while (rest.len > 0) {
        struct sv word = sv_split(&rest, ' ');
        argv[argc++] = &line[used];
        used += (size_t)snprintf(&line[used], sizeof(line) - used, "%.*s", SV_ARG(word)) + 1;
    }
    (void)fflush(NULL);
    assert_int_equal(chdir(place->dir), 0);
    int out = redirect(STDOUT_FILENO, place->out);
    int err = redirect(STDERR_FILENO, place->err);
    int code = cmd_test(argc, argv);
    (void)fflush(NULL);
    restore(STDOUT_FILENO, out);
    restore(STDERR_FILENO, err);
    assert_int_equal(fchdir(before), 0);
    buf_reset(&place->text);
    assert_int_equal(file_read(place->out, 1 << 20, &place->text, NULL), 0);
    assert_int_equal(file_read(place->err, 1 << 20, &place->text, NULL), 0);
    return code;
}

static void test_outcomes(void **state)
{
    static const struct {
        const char *row, *text;
        int code;
        const char *out;
    } rows[] = {
        {"as expected", SHELL_FIRST "  expect: [Shell, Deep shell]\n", 0, "1 passed, 0 failed\n"},
        {"in any order", SHELL_FIRST "  expect: [Deep shell, Shell]\n", 0, "1 passed, 0 failed\n"},
        {"one missing", SHELL_FIRST "  expect: [Shell, Read]\n", 1,
         "FAIL t.yaml:1: shell: expected [Shell, Read], got [Shell, Deep shell]\n0 passed, 1 failed\n"},
        {"one too many", SHELL_FIRST "  expect: [Shell]\n", 1,
         "FAIL t.yaml:1: shell: expected [Shell], got [Shell, Deep shell]\n"},
        {"nothing expected", SHELL_FIRST "  expect: []\n", 1,
         "expected [], got [Shell, Deep shell]\n"},
        {"nothing matches",
         "- test: host\n  event: {type: execve, fields: {proc.name: sh, container.id: host}}\n"
         "  expect: []\n",
         0, "1 passed, 0 failed\n"},
        {"another type",
         "- test: close\n  event: {type: close, fields: {proc.name: sh, container.id: a}}\n"
         "  expect: []\n",
         0, "1 passed, 0 failed\n"},
        {"several events",
         "- test: steps\n  events:\n  - " SHELL_EVENT "\n  - " SHELL_EVENT "\n"
         "  - {type: openat, fields: {fd.name: /etc/shadow, evt.is_open_read: true}}\n"
         "  expect: [Shell, Deep shell, Read]\n",
         0, "1 passed, 0 failed\n"},
        {"all ancestors",
         "- test: a\n  event: {type: open, fields: {proc.aname: [a, tmux]}}\n  expect: [Tmux]\n", 0,
         "1 passed, 0 failed\n"},
        {"null is absent",
         "- test: a\n  event: {type: execve, fields: {proc.name: sh, container.id: null}}\n  expect: []\n",
         0, "1 passed, 0 failed\n"},
        {"two tests", SHELL_FIRST "  expect: []\n" SHELL_FIRST "  expect: [Shell, Deep shell]\n", 1,
         "1 passed, 1 failed\n"},
        {"a rule that is not", SHELL_FIRST "  expect: [Shel]\n", 1,
         "t.yaml:3:12: error: no enabled rule 'Shel' is loaded"},
        {"its mend", SHELL_FIRST "  expect: [Shel]\n", 1, "did you mean 'Shell'?"},
        {"a disabled rule", SHELL_FIRST "  expect: [Off]\n", 1, "no enabled rule 'Off' is loaded"},
        {"counts errors", SHELL_FIRST "  expect: [Off]\n", 1, "0 passed, 0 failed, 1 error\n"},
        {"a faulty file", "- test: a\n  event: {type: opn}\n  expect: []\n", 1,
         "t.yaml:2:17: error: no event type 'opn'"},
        {"hostile name", "- test: \"a\\e[31m\"\n  event: " SHELL_EVENT "\n  expect: []\n", 1,
         ": a\\x1b[31m: expected"},
    };
    scoped(place_done) struct place place = place_make();

    put_file(&place, "rules.yaml", RULES);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        put_file(&place, "t.yaml", rows[i].text);
        int code = run(&place, "-r rules.yaml t.yaml");
        CHECK_HAS(buf_cstr(&place.text), rows[i].out);
        CHECK_INT(code, rows[i].code);
    }
}

static void test_ways_to_give_rules(void **state)
{
    static const struct {
        const char *row, *args;
        int code;
        const char *out;
    } rows[] = {
        {"in the file", "with.yaml", 0, "1 passed, 0 failed"},
        {"both", "-r rules.yml with.yaml", 0, "1 passed, 0 failed"},
        {"by option", "without.yaml --rules rules.yml", 0, "1 passed, 0 failed"},
        {"none", "without.yaml", 1, "no rules to test"},
        {"several files", "with.yaml with.yaml", 0, "2 passed, 0 failed"},
        {"rules missing", "-r no.yaml without.yaml", 1, "no.yaml"},
        {"rules faulty", "-r broken.txt without.yaml", 1, "broken.txt:"},
        {"no such test file", "no.yaml", 1, "no.yaml: error:"},
        {"usage", "", 2, "usage: tiercel test"},
        {"unknown option", "--jsn", 2, "usage: tiercel test"},
        {"help", "--help", 0, "usage: tiercel test"},
    };
    scoped(place_done) struct place place = place_make();

    put_file(&place, "rules.yml", RULES);
    put_file(&place, "broken.txt", "- rule: X\n  condition: nope nope\n");
    put_file(&place, "without.yaml", SHELL_FIRST "  expect: [Shell, Deep shell]\n");
    put_file(&place, "with.yaml",
             "- rules: [rules.yml]\n" SHELL_FIRST "  expect: [Shell, Deep shell]\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        int code = run(&place, rows[i].args);
        CHECK_HAS(buf_cstr(&place.text), rows[i].out);
        CHECK_INT(code, rows[i].code);
    }
}

static void test_directory(void **state)
{
    scoped(place_done) struct place place = place_make();

    put_file(&place, "rules.txt", RULES);
    test_row("empty");
    CHECK_INT(run(&place, "-r rules.txt ."), 1);
    CHECK_HAS(buf_cstr(&place.text), "no test files");
    put_file(&place, "a.yaml", SHELL_FIRST "  expect: [Shell]\n");
    put_file(&place, "b.yml", SHELL_FIRST "  expect: [Shell, Deep shell]\n");
    test_row("two files");
    CHECK_INT(run(&place, "-r rules.txt ."), 1);
    CHECK_HAS(buf_cstr(&place.text), "FAIL ./a.yaml:1: shell");
    CHECK_HAS(buf_cstr(&place.text), "1 passed, 1 failed\n");
}

static void test_json(void **state)
{
    scoped(place_done) struct place place = place_make();

    put_file(&place, "rules.txt", RULES);
    put_file(&place, "a.yaml", SHELL_FIRST "  expect: [Shell]\n");
    put_file(&place, "b.yaml", "- test: a\n");
    CHECK_INT(run(&place, "-r rules.txt --json a.yaml b.yaml"), 1);
    CHECK_HAS(buf_cstr(&place.text), "{\"passed\":0,\"failed\":1,\"errors\":[{");
    CHECK_HAS(buf_cstr(&place.text),
              "\"tests\":[{\"file\":\"a.yaml\",\"line\":1,\"test\":\"shell\",\"passed\":false,"
              "\"expected\":[\"Shell\"],\"got\":[\"Shell\",\"Deep shell\"]}]}\n");
    test_row("all well");
    put_file(&place, "a.yaml", SHELL_FIRST "  expect: [Shell, Deep shell]\n");
    CHECK_INT(run(&place, "-r rules.txt --json a.yaml"), 0);
    CHECK_HAS(buf_cstr(&place.text), "{\"passed\":1,\"failed\":0,\"errors\":[],\"tests\":[{");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_ways_to_give_rules),
        cmocka_unit_test(test_directory),
        cmocka_unit_test(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
