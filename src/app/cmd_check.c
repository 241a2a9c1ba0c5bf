#include "app/cmd_check.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "app/exit_code.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "lang/falco/ruleset.h"
#include "lang/kernel/filter.h"
#include "lang/vm/plan.h"
#include "match/engine.h"
#include "match/rule_plan.h"

static const char usage[] =
    "usage: tiercel check [--json] [--strict] [--explain-plan RULE] PATH...\n"
    "\n"
    "Read rule files as one set, in the order given, and say what is wrong with them and\n"
    "how to mend it. PATH is a file, or a directory whose *.yaml and *.yml are read in\n"
    "order of name.\n"
    "\n"
    "  --json    print the shape of Falco's validation results, with our own members\n"
    "  --strict  guardrail findings (a rule without owner or playbook, or one that runs\n"
    "            for every event) count as errors\n"
    "  --explain-plan RULE\n"
    "            when there are no errors, tell what this rule has become beside all others\n"
    "            that are enabled: its form for each event type, the comparisons and who\n"
    "            shares them, and what it costs\n"
    "  --help    print this\n"
    "\n"
    "exit: 0 fine, 1 errors were found, 2 wrong usage\n";

struct check {
    bool json, strict, help;
    const char *explain; /* name of a rule, NULL: none */
    struct ruleset *set;
};

static int read_options(struct check *check, int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},
        {"strict", no_argument, NULL, 's'},
        {"explain-plan", required_argument, NULL, 'e'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    optind = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'j':
            check->json = true;
            break;
        case 's':
            check->strict = true;
            break;
        case 'e':
            check->explain = optarg;
            break;
        case 'h':
            check->help = true;
            break;
        default:
            return -EINVAL;
        }
    }
    return 0;
}

static bool wants_colour(void)
{
    const char *no_color = getenv("NO_COLOR");

    return isatty(STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0');
}

static void put_count(struct buf *out, uint32_t count, const char *one, const char *many)
{
    buf_printf(out, "%u %s", count, count == 1 ? one : many);
}

static void put_summary(struct buf *out, const struct check *check)
{
    struct ruleset_totals totals = ruleset_totals(check->set);
    const struct diags *diags = ruleset_diags(check->set);

    put_count(out, totals.files, "file, ", "files, ");
    put_count(out, totals.rules, "rule, ", "rules, ");
    put_count(out, totals.macros, "macro, ", "macros, ");
    put_count(out, totals.lists, "list: ", "lists: ");
    put_count(out, diags->errors, "error, ", "errors, ");
    put_count(out, diags->warnings, "warning, ", "warnings, ");
    put_count(out, diags->guardrails, "guardrail finding\n", "guardrail findings\n");
}

static void put_text(struct buf *out, const struct check *check)
{
    const struct diags *diags = ruleset_diags(check->set);
    bool colour = wants_colour();

    for (uint32_t i = 0; i < diags->count; i++)
        diag_print(out, &diags->item[i], colour);
    uint32_t left_out = diags->errors + diags->warnings + diags->guardrails - diags->count;
    if (left_out > 0)
        buf_printf(out, "... and %u more\n", left_out);
    put_summary(out, check);
}

static uint32_t put_level(struct json_writer *w, const struct check *check, const char *file,
                          const char *key, enum diag_level level)
{
    const struct diags *diags = ruleset_diags(check->set);
    uint32_t count = 0;

    json_key(w, key);
    json_array_begin(w);
    for (uint32_t i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->item[i];
        if (diag->level != level || strcmp(diag->place.file, file) != 0)
            continue;
        diag_json(w, diag);
        count++;
    }
    json_array_end(w);
    return count;
}

static void put_file(struct json_writer *w, const struct check *check, const char *file)
{
    json_object_begin(w);
    json_key(w, "name");
    json_str(w, file);
    uint32_t errors = put_level(w, check, file, "errors", DIAG_ERROR);
    (void)put_level(w, check, file, "warnings", DIAG_WARNING);
    (void)put_level(w, check, file, "guardrails", DIAG_GUARDRAIL);
    json_key(w, "successful");
    json_bool(w, errors == 0);
    json_object_end(w);
}

static bool named_before(const struct check *check, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (strcmp(ruleset_file(check->set, i), ruleset_file(check->set, index)) == 0)
            return true;
    }
    return false;
}

static void put_number(struct json_writer *w, const char *key, uint32_t number)
{
    json_key(w, key);
    json_u64(w, number);
}

static void put_json(struct buf *out, const struct check *check)
{
    struct json_writer w = json_writer_on(out);
    struct ruleset_totals totals = ruleset_totals(check->set);
    const struct diags *diags = ruleset_diags(check->set);

    json_object_begin(&w);
    json_key(&w, "falco_load_results");
    json_array_begin(&w);
    for (uint32_t i = 0; i < totals.files; i++) {
        if (!named_before(check, i))
            put_file(&w, check, ruleset_file(check->set, i));
    }
    json_array_end(&w);
    json_key(&w, "summary");
    json_object_begin(&w);
    put_number(&w, "files", totals.files);
    put_number(&w, "rules", totals.rules);
    put_number(&w, "macros", totals.macros);
    put_number(&w, "lists", totals.lists);
    put_number(&w, "errors", diags->errors);
    put_number(&w, "warnings", diags->warnings);
    put_number(&w, "guardrails", diags->guardrails);
    json_object_end(&w);
    json_object_end(&w);
    buf_char(out, '\n');
}

/* Load every path, then compile unless something could not be read. */
static int check_paths(struct check *check, int count, char **paths)
{
    int rc = 0;

    for (int i = 0; i < count; i++) {
        struct err err = {0};
        int one = ruleset_load_path(check->set, paths[i], &err);
        rc = one < 0 ? one : rc;
    }
    return rc < 0 ? rc : ruleset_compile(check->set);
}

static int write_out(const struct buf *out)
{
    struct err err = {0};

    int rc = out->error < 0 ? out->error : file_write_all(STDOUT_FILENO, buf_view(out), &err);
    if (rc < 0)
        (void)fprintf(stderr, "tiercel check: cannot write: %s\n", err_text(&err, rc));
    return rc;
}

static int verdict(const struct check *check, int rc)
{
    const struct diags *diags = ruleset_diags(check->set);

    if (ruleset_totals(check->set).files == 0) {
        (void)fprintf(stderr, "tiercel check: no rule files (*.yaml, *.yml) there\n");
        return EXIT_ERRORS;
    }
    if (rc < 0 || diags->errors > 0)
        return EXIT_ERRORS;
    return check->strict && diags->guardrails > 0 ? EXIT_ERRORS : EXIT_FINE;
}

/* ---------------------------------------------------------------------------------- explaining */

static const struct rule *rule_named(const struct ruleset *set, struct sv name)
{
    for (uint32_t i = 0; i < ruleset_count(set); i++) {
        if (sv_eq(sv(ruleset_rule(set, i)->name), name))
            return ruleset_rule(set, i);
    }
    return NULL;
}

static int no_such_rule(const struct check *check)
{
    uint32_t count = ruleset_count(check->set);
    struct sv *names = xcalloc(count, sizeof(*names));

    for (uint32_t i = 0; i < count; i++)
        names[i] = sv(ruleset_rule(check->set, i)->name);
    long near = sv_nearest(sv(check->explain), (struct sv_list){names, count});
    (void)fprintf(stderr, "tiercel check: no rule '%s'%s%s%s\n", check->explain,
                  near < 0 ? "" : "; did you mean '", near < 0 ? "" : names[near].ptr,
                  near < 0 ? "" : "'?");
    free(names);
    return EXIT_ERRORS;
}

/* The rule beside all that run with it: it is taken in even when it is not enabled itself. */
/* Who decides what of the rule, once for event types of which that is the same: the kernel, which
 * drops what fails its part, or user space. */
static void explain_kernel(const struct rule *rule, struct buf *out)
{
    scoped(plan_free) struct plan *plan = plan_new(rule->source);
    scoped(buf_done) struct buf before = {0};
    uint32_t root = plan_add(plan, rule->condition);

    for (uint32_t type = EVENT_NONE + 1; type < event_type_count(); type++) {
        scoped(buf_done) struct buf parts = {0};
        uint32_t node = plan_fold(plan, root, (enum event_type)type);

        if (node == PLAN_FALSE || !event_type_info((enum event_type)type)->captured)
            continue;
        kernel_filter_explain(plan, (enum event_type)type, node, &parts);
        if (sv_eq(buf_view(&parts), buf_view(&before)))
            continue;
        buf_reset(&before);
        buf_sv(&before, buf_view(&parts));
        buf_printf(out, "\nwho decides, %s:\n", event_type_info((enum event_type)type)->name);
        for (struct sv rest = buf_view(&parts); rest.len > 0;) {
            struct sv line = sv_split(&rest, '\n');
            buf_printf(out, "  %.*s\n", SV_ARG(line));
        }
    }
}

static int explain(const struct check *check, struct buf *out)
{
    const struct rule *rule = rule_named(check->set, sv(check->explain));
    struct rule_selection all_of_it = {true, false, sv(check->explain)};

    if (rule == NULL)
        return no_such_rule(check);
    (void)ruleset_select(check->set, &all_of_it);
    struct engine_options options = {
        .source = rule->source, .matching = MATCH_ALL, .priority_max = PRIORITY_DEBUG};
    scoped(engine_free) struct engine *engine = engine_new(check->set, &options);
    uint32_t index = rule_plan_find(engine, sv(rule->name));
    if (check->json) {
        struct json_writer w = json_writer_on(out);
        rule_plan_json(engine, index, &w);
        buf_char(out, '\n');
    } else {
        rule_plan_print(engine, index, out);
        if (rule->source == SOURCE_SYSCALL)
            explain_kernel(rule, out);
    }
    return EXIT_FINE;
}

int cmd_check(int argc, char **argv)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    scoped(buf_done) struct buf out = {0};
    struct check check = {.set = set};

    if (read_options(&check, argc, argv) < 0 || (!check.help && optind >= argc)) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (check.help)
        return fputs(usage, stdout) < 0 ? EXIT_ERRORS : EXIT_FINE;
    int rc = check_paths(&check, argc - optind, argv + optind);
    int code = verdict(&check, rc);
    if (check.explain != NULL && ruleset_diags(set)->errors == 0 && rc == 0)
        code = explain(&check, &out);
    else if (check.json)
        put_json(&out, &check);
    else
        put_text(&out, &check);
    if (write_out(&out) < 0)
        return EXIT_ERRORS;
    return code;
}
