#include "../test.h"

#include <errno.h>
#include <unistd.h>

#include "app/settings.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"

static int read_text(const char *text, struct settings *settings, struct arena *arena,
                     struct err *err)
{
    char path[] = "settings-test-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(file_write_all(fd, sv(text), NULL), 0);
    (void)close(fd);
    settings_default(settings, arena);
    int rc = settings_read(settings, path, arena, err);
    (void)unlink(path);
    return rc;
}

static void test_defaults(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct settings settings;

    (void)state;
    settings_default(&settings, arena);
    CHECK(settings.node[0] != '\0');
    CHECK(settings.rules[0] == NULL);
    CHECK(settings.cgroup == NULL);
    CHECK_STR(settings.state, "/var/lib/tiercel");
    CHECK_INT(settings.ring_mib, 8);
    CHECK_INT(settings.priority, PRIORITY_DEBUG);
    CHECK_INT(settings.matching, MATCH_FIRST);
    CHECK(settings.environment);
    CHECK_SV(settings_store_path(&settings, arena), SV("/var/lib/tiercel/hub/tiercel.db"));
}

static void test_file(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct settings settings;
    struct err err = {0};

    (void)state;
    int rc = read_text("node: n1\n"
                       "rules: [a.yaml, /b]\n"
                       "matching: all\n"
                       "priority: Warning\n"
                       "sensor:\n"
                       "  ring_mib: 32\n"
                       "  environment: no\n"
                       "  cgroup: /sys/fs/cgroup/x\n"
                       "log: {level: debug}\n"
                       "select: {disable_rules: ['a*', b], enable_tags: [t]}\n",
                       &settings, arena, &err);
    if (rc < 0)
        TEST_FAIL("%s", err_text(&err, rc));
    CHECK_STR(settings.node, "n1");
    CHECK_STR(settings.rules[0], "a.yaml");
    CHECK_STR(settings.rules[1], "/b");
    CHECK(settings.rules[2] == NULL);
    CHECK_INT(settings.matching, MATCH_ALL);
    CHECK_INT(settings.priority, PRIORITY_WARNING);
    CHECK_INT(settings.ring_mib, 32);
    CHECK(!settings.environment);
    CHECK_STR(settings.cgroup, "/sys/fs/cgroup/x");
    CHECK_INT(settings.log_level, LOG_DEBUG);
    CHECK_STR(settings.disable_rules[0], "a*");
    CHECK_STR(settings.disable_rules[1], "b");
    CHECK(settings.disable_rules[2] == NULL);
    CHECK_STR(settings.enable_tags[0], "t");
}

static void test_refused(void **state)
{
    static const struct {
        const char *row, *text, *words;
    } rows[] = {
        {"misspelt", "cluter: x\n",
         "line 1, column 1: no setting 'cluter'; did you mean 'cluster'?"},
        {"misspelt inside", "sensor:\n  ring_mb: 3\n",
         "line 2, column 3: no setting 'sensor.ring_mb'; did you mean 'sensor.ring_mib'?"},
        {"no number", "sensor: {ring_mib: lots}\n",
         "'sensor.ring_mib' must be a number from 1 to 512"},
        {"too large", "sensor: {ring_mib: 513}\n", "must be a number from 1 to 512, not '513'"},
        {"more files than may be open", "sensor: {spool_mib: 65536}\n", "from 1 to 4096"},
        {"no truth", "sensor: {environment: maybe}\n", "must be true or false"},
        {"no choice", "matching: some\n", "'matching' must be one of first, all, not 'some'"},
        {"list for one", "node: [a]\n", "line 1, column 7: 'node' must be a single value"},
        {"map for paths", "rules: {a: b}\n", "'rules' must be a single value"},
        {"no mapping", "- node\n", "settings must be a mapping"},
        {"no YAML", "node: [\n", "line 2"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct settings settings;
        struct err err = {0};

        test_row(rows[i].row);
        CHECK_INT(read_text(rows[i].text, &settings, arena, &err), -EINVAL);
        CHECK_HAS(err.text, rows[i].words);
    }
}

static void test_arguments(void **state)
{
    static const struct {
        const char *row;
        const char *argv[6];
        int rc;
        const char *words;
    } rows[] = {
        {"none", {"run"}, 0, NULL},
        {"rules", {"run", "-r", "x.yaml", "--rules", "y"}, 0, NULL},
        {"unknown", {"run", "--nonsense"}, SETTINGS_USAGE, "--nonsense"},
        {"missing", {"run", "-r"}, SETTINGS_USAGE, "missing argument"},
        {"stray", {"run", "x"}, SETTINGS_USAGE, "unexpected argument: 'x'"},
        {"bad value", {"run", "--ring-mib", "0"}, SETTINGS_USAGE, "option --ring-mib"},
        {"no file", {"run", "-c", "does-not-exist.yaml"}, -ENOENT, "does-not-exist.yaml"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct settings settings;
        struct err err = {0};
        char *argv[7] = {0};
        int argc = 0;

        test_row(rows[i].row);
        while (argc < 6 && rows[i].argv[argc] != NULL) {
            argv[argc] = strdup(rows[i].argv[argc]);
            argc++;
        }
        CHECK_INT(settings_from_args(&settings, "run", argc, argv, arena, &err), rows[i].rc);
        if (rows[i].words != NULL)
            CHECK_HAS(err.text, rows[i].words);
        if (i == 1) {
            CHECK_STR(settings.rules[0], "x.yaml");
            CHECK_STR(settings.rules[1], "y");
        }
        while (argc > 0)
            free(argv[--argc]);
    }
}

static void test_described(void **state)
{
    scoped(buf_done) struct buf out = {0};

    (void)state;
    settings_describe(&out);
    CHECK_HAS(buf_cstr(&out), "| `sensor.ring_mib` | `--ring-mib` | 8 |");
    CHECK_HAS(buf_cstr(&out), "| `rules` | `-r`, `--rules` |");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),  cmocka_unit_test(test_file),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_described),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
