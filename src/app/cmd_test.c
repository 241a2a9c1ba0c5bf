#include "app/cmd_test.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/exit_code.h"
#include "app/rule_tests.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"
#include "lang/diag.h"
#include "lang/falco/ruleset.h"
#include "match/engine.h"

enum { ARENA_BLOCK = 65536, RULE_PATHS_MAX = 256 };

static const char usage[] =
    "usage: tiercel test [-r RULES]... [--json] PATH...\n"
    "\n"
    "Run rule tests: events are made of the fields given, and the rules that match are\n"
    "compared with those expected. PATH is a file, or a directory whose *.yaml and *.yml\n"
    "are read in order of name.\n"
    "\n"
    "  -r, --rules RULES  load these rules (file or directory) before those a test file\n"
    "                     names itself; may be repeated\n"
    "  --json             print one JSON object\n"
    "  --help             print this\n"
    "\n"
    "exit: 0 all passed, 1 tests failed or files are faulty, 2 wrong usage\n";

struct run {
    const char *rules[RULE_PATHS_MAX];
    uint32_t rules_count;
    bool json, help, colour;
    uint32_t passed, failed, errors;
    struct buf tests;  /* text, or the elements of a JSON array */
    struct buf faults; /* likewise: diagnostics */
    struct json_writer tests_json, faults_json;
};

/* What one file's tests run with. */
struct bench {
    struct run *run;
    const struct rule_tests *file;
    const struct ruleset *set;
    struct engine *engine[SOURCE_COUNT]; /* made when first wanted */
    struct arena *scratch;
};

/* The rules that matched, each once, in the order of their first match. */
struct matches {
    const struct rule **rule;
    uint32_t count;
};

static int read_options(struct run *run, int argc, char **argv)
{
    static const struct option options[] = {
        {"rules", required_argument, NULL, 'r'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    optind = 0;
    while ((option = getopt_long(argc, argv, "hr:", options, NULL)) != -1) {
        if (option == 'r' && run->rules_count == RULE_PATHS_MAX)
            return -E2BIG;
        if (option == 'r')
            run->rules[run->rules_count++] = optarg;
        else if (option == 'j')
            run->json = true;
        else if (option == 'h')
            run->help = true;
        else
            return -EINVAL;
    }
    return 0;
}

static bool wants_colour(int fd)
{
    const char *no_color = getenv("NO_COLOR");

    return isatty(fd) && (no_color == NULL || no_color[0] == '\0');
}

static void report_diags(struct run *run, const struct diags *diags)
{
    for (uint32_t i = 0; i < diags->count; i++) {
        if (diags->item[i].level != DIAG_ERROR)
            continue;
        if (run->json)
            diag_json(&run->faults_json, &diags->item[i]);
        else
            diag_print(&run->faults, &diags->item[i], run->colour);
    }
    run->errors += diags->errors;
}

/* --------------------------------------------------------------------------------- one test */

static void on_match(void *ctx, const struct rule *rule, const struct event *event)
{
    struct matches *matches = ctx;

    (void)event;
    for (uint32_t i = 0; i < matches->count; i++) {
        if (matches->rule[i] == rule)
            return;
    }
    matches->rule[matches->count++] = rule;
}

static struct engine *engine_for(struct bench *bench, enum event_source source)
{
    struct engine_options options = {
        .source = source,
        .matching = MATCH_ALL,
        .priority_max = PRIORITY_DEBUG,
    };

    if (bench->engine[source] == NULL)
        bench->engine[source] = engine_new(bench->set, &options);
    return bench->engine[source];
}

static bool has_match(const struct matches *matches, struct sv name)
{
    for (uint32_t i = 0; i < matches->count; i++) {
        if (sv_eq(sv(matches->rule[i]->name), name))
            return true;
    }
    return false;
}

static bool as_expected(const struct rule_test *test, const struct matches *matches)
{
    bool same = matches->count == test->expect_count;

    for (uint32_t i = 0; i < test->expect_count && same; i++)
        same = has_match(matches, test->expect[i].text);
    return same;
}

static void put_name(struct buf *out, uint32_t index, struct sv name)
{
    buf_str(out, index == 0 ? "" : ", ");
    utf8_put_visible(out, name);
}

static void put_text(const struct bench *bench, const struct rule_test *test,
                     const struct matches *matches)
{
    struct buf *out = &bench->run->tests;

    buf_str(out, bench->run->colour ? "\033[31mFAIL\033[0m " : "FAIL ");
    utf8_put_visible(out, sv(bench->file->file));
    buf_printf(out, ":%u: ", test->name.at.line);
    utf8_put_visible(out, test->name.text);
    buf_str(out, ": expected [");
    for (uint32_t i = 0; i < test->expect_count; i++)
        put_name(out, i, test->expect[i].text);
    buf_str(out, "], got [");
    for (uint32_t i = 0; i < matches->count; i++)
        put_name(out, i, sv(matches->rule[i]->name));
    buf_str(out, "]\n");
}

static void put_json(const struct bench *bench, const struct rule_test *test,
                     const struct matches *matches, bool passed)
{
    struct json_writer *w = &bench->run->tests_json;

    json_object_begin(w);
    json_key(w, "file");
    json_str(w, bench->file->file);
    json_key(w, "line");
    json_u64(w, test->name.at.line);
    json_key(w, "test");
    json_sv(w, test->name.text);
    json_key(w, "passed");
    json_bool(w, passed);
    json_key(w, "expected");
    json_array_begin(w);
    for (uint32_t i = 0; i < test->expect_count; i++)
        json_sv(w, test->expect[i].text);
    json_array_end(w);
    json_key(w, "got");
    json_array_begin(w);
    for (uint32_t i = 0; i < matches->count; i++)
        json_str(w, matches->rule[i]->name);
    json_array_end(w);
    json_object_end(w);
}

static void run_test(struct bench *bench, const struct rule_test *test, const struct rule **room)
{
    struct matches matches = {room, 0};

    for (uint32_t i = 0; i < test->event_count; i++) {
        struct event event = test->event[i];
        arena_reset(bench->scratch);
        event.scratch = bench->scratch;
        (void)engine_run(engine_for(bench, event.source), &event, on_match, &matches);
    }
    bool passed = as_expected(test, &matches);
    bench->run->passed += passed;
    bench->run->failed += !passed;
    if (bench->run->json)
        put_json(bench, test, &matches, passed);
    else if (!passed)
        put_text(bench, test, &matches);
}

/* --------------------------------------------------------------------------------- one file */

static void load_rules(struct ruleset *set, const char *path, const struct rule_tests *file,
                       struct diags *diags)
{
    uint32_t before = ruleset_diags(set)->errors;
    struct err err = {0};

    int rc = ruleset_load_path(set, path, &err);
    if (rc < 0 && ruleset_diags(set)->errors == before)
        rule_tests_complain(diags, file, (struct yaml_mark){0}, NULL, "%s", err_text(&err, rc));
}

/* Rules that are expected and can never match are mistakes in the test. */
static void check_expectations(const struct rule_tests *file, const struct ruleset *set,
                               struct arena *arena, struct diags *diags)
{
    uint32_t count = ruleset_count(set);
    struct sv *name = arena_array(arena, struct sv, count);

    for (uint32_t i = 0; i < count && name != NULL; i++) {
        bool enabled = ruleset_rule(set, i)->enabled;
        name[i] = enabled ? sv(ruleset_rule(set, i)->name) : SV("");
    }
    for (uint32_t i = 0; i < file->count && name != NULL; i++) {
        for (uint32_t j = 0; j < file->test[i].expect_count; j++) {
            const struct rule_test_name *expect = &file->test[i].expect[j];
            uint32_t at = 0;
            while (at < count && !sv_eq(name[at], expect->text))
                at++;
            if (at < count)
                continue;
            long near = sv_nearest(expect->text, (struct sv_list){name, count});
            struct sv mend =
                near < 0 ? SV("") : arena_printf(arena, "did you mean '%.*s'?", SV_ARG(name[near]));
            rule_tests_complain(diags, file, expect->at, mend.ptr,
                                "no enabled rule '%.*s' is loaded", SV_ARG(expect->text));
        }
    }
}

static void run_tests(struct run *run, const struct rule_tests *file, const struct ruleset *set,
                      struct arena *arena)
{
    scoped(arena_free) struct arena *scratch = arena_new(ARENA_BLOCK);
    struct bench bench = {.run = run, .file = file, .set = set, .scratch = scratch};
    const struct rule **room = arena_array(arena, const struct rule *, ruleset_count(set) + 1);

    for (uint32_t i = 0; i < file->count && room != NULL; i++)
        run_test(&bench, &file->test[i], room);
    for (int i = 0; i < SOURCE_COUNT; i++)
        engine_free(bench.engine[i]);
}

static void run_file(struct run *run, const char *path)
{
    scoped(arena_free) struct arena *arena = arena_new(ARENA_BLOCK);
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    struct rule_tests file = {0};
    struct diags diags;

    diags_init(&diags, arena);
    int rc = rule_tests_read(path, arena, &diags, &file);
    for (uint32_t i = 0; i < run->rules_count && rc == 0; i++)
        load_rules(set, run->rules[i], &file, &diags);
    for (uint32_t i = 0; i < file.rules_count && rc == 0; i++)
        load_rules(set, file.rules[i], &file, &diags);
    if (rc == 0 && run->rules_count + file.rules_count == 0)
        rule_tests_complain(&diags, &file, (struct yaml_mark){1, 1, 0},
                            "give -r RULES, or begin the file with '- rules: [PATH]'",
                            "no rules to test");
    if (rc == 0 && diags.errors == 0 && ruleset_diags(set)->errors == 0) {
        rc = ruleset_compile(set);
        if (rc == 0)
            check_expectations(&file, set, arena, &diags);
    }
    report_diags(run, &diags);
    report_diags(run, ruleset_diags(set));
    if (rc == 0 && diags.errors == 0 && ruleset_diags(set)->errors == 0)
        run_tests(run, &file, set, arena);
}

static void report_path(struct run *run, const char *path, const char *words)
{
    scoped(arena_free) struct arena *arena = arena_new(ARENA_BLOCK);
    struct rule_tests nothing = {.file = path};
    struct diags diags;

    diags_init(&diags, arena);
    rule_tests_complain(&diags, &nothing, (struct yaml_mark){0}, NULL, "%s", words);
    report_diags(run, &diags);
}

static void run_path(struct run *run, const char *path)
{
    static const char *const suffixes[] = {".yaml", ".yml", NULL};
    scoped(arena_free) struct arena *arena = arena_new(ARENA_BLOCK);
    struct file_list files = {0};
    struct err err = {0};
    struct stat st;

    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        run_file(run, path);
        return;
    }
    int rc = file_list(path, suffixes, arena, &files, &err);
    if (rc < 0)
        report_path(run, path, err_text(&err, rc));
    else if (files.count == 0)
        report_path(run, path, "no test files (*.yaml, *.yml) in it");
    for (size_t i = 0; i < files.count; i++)
        run_file(run, files.path[i].ptr);
}

/* ------------------------------------------------------------------------------- the command */

static void put_result(const struct run *run, struct buf *out)
{
    struct json_writer w = json_writer_on(out);

    if (!run->json) {
        buf_sv(out, buf_view(&run->tests));
        buf_printf(out, "%u passed, %u failed", run->passed, run->failed);
        if (run->errors > 0)
            buf_printf(out, ", %u error%s", run->errors, run->errors == 1 ? "" : "s");
        buf_char(out, '\n');
        return;
    }
    json_object_begin(&w);
    json_key(&w, "passed");
    json_u64(&w, run->passed);
    json_key(&w, "failed");
    json_u64(&w, run->failed);
    json_key(&w, "errors");
    json_raw(&w, buf_view(&run->faults));
    json_key(&w, "tests");
    json_raw(&w, buf_view(&run->tests));
    json_object_end(&w);
    buf_char(out, '\n');
}

static int write_result(const struct run *run)
{
    scoped(buf_done) struct buf out = {0};
    struct err err = {0};
    int rc = run->tests.error != 0 ? run->tests.error : run->faults.error;

    put_result(run, &out);
    if (rc == 0)
        rc = out.error;
    if (rc == 0 && !run->json)
        rc = file_write_all(STDERR_FILENO, buf_view(&run->faults), &err);
    if (rc == 0)
        rc = file_write_all(STDOUT_FILENO, buf_view(&out), &err);
    if (rc < 0)
        (void)fprintf(stderr, "tiercel test: cannot write: %s\n", err_text(&err, rc));
    return rc;
}

static int run_all(struct run *run, int count, char **paths)
{
    run->tests_json = json_writer_on(&run->tests);
    run->faults_json = json_writer_on(&run->faults);
    run->colour = !run->json && wants_colour(STDOUT_FILENO) && wants_colour(STDERR_FILENO);
    if (run->json) {
        json_array_begin(&run->tests_json);
        json_array_begin(&run->faults_json);
    }
    for (int i = 0; i < count; i++)
        run_path(run, paths[i]);
    if (run->json) {
        json_array_end(&run->tests_json);
        json_array_end(&run->faults_json);
    }
    int rc = write_result(run);
    return rc < 0 || run->failed > 0 || run->errors > 0 ? EXIT_ERRORS : EXIT_FINE;
}

int cmd_test(int argc, char **argv)
{
    struct run run = {0};

    if (read_options(&run, argc, argv) < 0 || (!run.help && optind >= argc)) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (run.help)
        return fputs(usage, stdout) < 0 ? EXIT_ERRORS : EXIT_FINE;
    int code = run_all(&run, argc - optind, argv + optind);
    buf_done(&run.tests);
    buf_done(&run.faults);
    return code;
}
