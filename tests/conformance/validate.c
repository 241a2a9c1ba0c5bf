/* Falco's verdict on its own loader cases against ours: refused or accepted, the code of the first
 * error, and the codes of the warnings. What differs must stand, with its reason, in
 * validate-differences.tsv; a line there that no longer differs is a failure too. Then the upstream
 * rule files, alone and together, must load and compile.
 *
 * usage: conformance_validate SHARED_DIRECTORY DIRECTORY_OF_THE_DIFFERENCES */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "lang/falco/ruleset.h"

enum { SKIP = 77, CODES_MAX = 200, DIFFERENCES_MAX = 100, CASE_BYTES_MAX = 8 << 20 };

struct codes {
    struct sv item[CODES_MAX];
    size_t count;
};

struct outcome {
    bool refused;
    struct sv error; /* the first one's code */
    struct codes warnings;
};

struct difference {
    struct sv file, what, falco, ours;
    bool met;
};

struct suite {
    struct arena *arena;
    const char *shared, *here;
    struct difference known[DIFFERENCES_MAX];
    size_t known_count;
    unsigned cases, same, different, unknown;
};

static int compare_codes(const void *a, const void *b)
{
    return sv_cmp(*(const struct sv *)a, *(const struct sv *)b);
}

static void add_code(struct codes *codes, struct sv code)
{
    if (codes->count < CODES_MAX)
        codes->item[codes->count++] = code;
}

/* "CODE:2 OTHER:1", or "-" for none. */
static struct sv codes_text(struct arena *arena, struct codes *codes)
{
    scoped(buf_done) struct buf out = {0};

    if (codes->count > 1)
        qsort(codes->item, codes->count, sizeof(codes->item[0]), compare_codes);
    for (size_t i = 0; i < codes->count;) {
        size_t next = i + 1;
        while (next < codes->count && sv_eq(codes->item[next], codes->item[i]))
            next++;
        buf_printf(&out, "%s%.*s:%zu", out.len > 0 ? " " : "", SV_ARG(codes->item[i]), next - i);
        i = next;
    }
    return arena_sv(arena, out.len == 0 ? SV("-") : buf_view(&out));
}

static void read_level(const struct json_doc *doc, const struct json_node *result, const char *key,
                       struct codes *out)
{
    const struct json_node *list = json_get(doc, result, sv(key));

    if (list == NULL)
        return;
    for (const struct json_node *item = json_first(doc, list); item != NULL;
         item = json_next(doc, list, item))
        add_code(out, json_get_sv(doc, item, SV("code")));
}

/* Falco's outcome out of its validation result. */
static void falco_outcome(const struct json_doc *doc, struct outcome *out)
{
    const struct json_node *exit_code = json_get(doc, &doc->node[0], SV("exit"));
    const struct json_node *result = json_get(doc, &doc->node[0], SV("result"));
    const struct json_node *list =
        result == NULL ? NULL : json_get(doc, result, SV("falco_load_results"));
    struct codes errors = {.count = 0};

    out->refused = exit_code != NULL && exit_code->i64 != 0;
    if (list == NULL || json_first(doc, list) == NULL)
        return;
    read_level(doc, json_first(doc, list), "errors", &errors);
    read_level(doc, json_first(doc, list), "warnings", &out->warnings);
    if (errors.count > 0)
        out->error = errors.item[0];
}

static void our_outcome(struct arena *arena, const char *path, struct outcome *out)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    const struct diags *diags = ruleset_diags(set);

    int rc = ruleset_load_file(set, path);
    if (rc == 0)
        rc = ruleset_compile(set);
    out->refused = rc < 0;
    if ((rc < 0) != (diags->errors > 0))
        out->error = SV("verdict and errors disagree");
    for (uint32_t i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->item[i];
        struct sv code = arena_sv(arena, sv(diag_code_name(diag->code)));
        if (diag->level == DIAG_ERROR && out->error.len == 0)
            out->error = code;
        if (diag->level == DIAG_WARNING)
            add_code(&out->warnings, code);
    }
}

static bool is_known(struct suite *suite, const struct difference *difference)
{
    for (size_t i = 0; i < suite->known_count; i++) {
        struct difference *known = &suite->known[i];
        if (sv_eq(known->file, difference->file) && sv_eq(known->what, difference->what) &&
            sv_eq(known->falco, difference->falco) && sv_eq(known->ours, difference->ours)) {
            known->met = true;
            return true;
        }
    }
    return false;
}

static void compare(struct suite *suite, struct sv file, const char *what, struct sv falco,
                    struct sv ours)
{
    struct difference difference = {file, sv(what), falco, ours, false};

    if (sv_eq(falco, ours)) {
        suite->same++;
        return;
    }
    suite->different++;
    bool known = is_known(suite, &difference);
    suite->unknown += !known;
    printf("%s\t%.*s\t%s\t%.*s\t%.*s\n", known ? "known" : "NEW", SV_ARG(file), what, SV_ARG(falco),
           SV_ARG(ours));
}

static struct sv or_dash(struct sv text)
{
    return text.len == 0 ? SV("-") : text;
}

static int run_case(struct suite *suite, const char *path, struct err *err)
{
    scoped(buf_done) struct buf text = {0};
    struct json_doc doc = {0};
    struct outcome falco = {0}, ours = {0};

    int rc = file_read(path, CASE_BYTES_MAX, &text, err);
    if (rc == 0)
        rc = json_parse(buf_view(&text), suite->arena, &doc, err);
    if (rc < 0)
        return err_wrap(err, rc, "%s", path);
    struct sv file = json_get_sv(&doc, &doc.node[0], SV("file"));
    falco_outcome(&doc, &falco);
    our_outcome(suite->arena,
                arena_printf(suite->arena, "%s/data/rules/falco/upstream-test-rules/%.*s",
                             suite->shared, SV_ARG(file))
                    .ptr,
                &ours);
    suite->cases++;
    compare(suite, file, "verdict", falco.refused ? SV("refused") : SV("accepted"),
            ours.refused ? SV("refused") : SV("accepted"));
    compare(suite, file, "error", or_dash(falco.error), or_dash(ours.error));
    compare(suite, file, "warnings", codes_text(suite->arena, &falco.warnings),
            codes_text(suite->arena, &ours.warnings));
    return 0;
}

/* Lines "file, what, Falco's, ours, reason" between tabs; # begins a comment. */
static int read_known(struct suite *suite, struct err *err)
{
    struct sv path = arena_printf(suite->arena, "%s/validate-differences.tsv", suite->here);
    scoped(buf_done) struct buf text = {0};

    int rc = file_read(path.ptr, CASE_BYTES_MAX, &text, err);
    if (rc < 0)
        return rc;
    struct sv rest = arena_sv(suite->arena, buf_view(&text));
    while (rest.len > 0) {
        struct sv line = sv_split(&rest, '\n');
        struct difference known = {0};
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        known.file = sv_split(&line, '\t');
        known.what = sv_split(&line, '\t');
        known.falco = sv_split(&line, '\t');
        known.ours = sv_split(&line, '\t');
        if (sv_trim(line).len == 0 || suite->known_count == DIFFERENCES_MAX)
            return err_set(err, -EINVAL, "%s: no reason for '%.*s', or too many lines", path.ptr,
                           SV_ARG(known.file));
        suite->known[suite->known_count++] = known;
    }
    return 0;
}

static unsigned report_stale(const struct suite *suite)
{
    unsigned stale = 0;

    for (size_t i = 0; i < suite->known_count; i++) {
        const struct difference *known = &suite->known[i];
        if (known->met)
            continue;
        stale++;
        printf("STALE\t%.*s\t%.*s\n", SV_ARG(known->file), SV_ARG(known->what));
    }
    return stale;
}

/* The upstream files in the order in which a user loads them; `base` must go before. */
static const struct {
    const char *file, *base;
} upstream[] = {
    {"falco_rules.yaml", NULL},
    {"falco-incubating_rules.yaml", NULL},
    {"falco-sandbox_rules.yaml", NULL},
    {"falco-deprecated_rules.yaml", NULL},
    {"k8s_audit_rules.yaml", NULL},
    {"k8s_audit_rules_gke.yaml", "k8s_audit_rules.yaml"}, /* changes the former */
    {"aws_cloudtrail_rules.yaml", NULL},
    {"gcp_auditlog_rules.yaml", NULL},
    {"okta_rules.yaml", NULL},
    {"github_rules.yaml", NULL},
};

static int load_upstream(const struct suite *suite, struct ruleset *set, const char *file)
{
    if (file == NULL)
        return 0;
    return ruleset_load_file(
        set, arena_printf(suite->arena, "%s/data/rules/falco/%s", suite->shared, file).ptr);
}

static unsigned verdict_on(const char *name, struct ruleset *set, int rc)
{
    scoped(buf_done) struct buf out = {0};
    const struct diags *diags = ruleset_diags(set);

    if (rc == 0)
        rc = ruleset_compile(set);
    for (uint32_t i = 0; i < diags->count; i++) {
        if (diags->item[i].level == DIAG_ERROR)
            diag_print(&out, &diags->item[i], false);
    }
    printf("%s%s: %u rules, %u errors, %u warnings\n", buf_cstr(&out), name, ruleset_count(set),
           diags->errors, diags->warnings);
    return rc < 0 || ruleset_count(set) == 0;
}

static unsigned run_upstream(const struct suite *suite)
{
    scoped(ruleset_free) struct ruleset *all = ruleset_new();
    unsigned failed = 0;
    int rc = 0;

    for (size_t i = 0; i < ARRAY_LEN(upstream); i++) {
        scoped(ruleset_free) struct ruleset *one = ruleset_new();
        int alone = load_upstream(suite, one, upstream[i].base);
        if (alone == 0)
            alone = load_upstream(suite, one, upstream[i].file);
        failed += verdict_on(upstream[i].file, one, alone);
        if (rc == 0)
            rc = load_upstream(suite, all, upstream[i].file);
    }
    return failed + verdict_on("all together", all, rc);
}

static int run(struct suite *suite, struct err *err)
{
    static const char *const suffixes[] = {".json", NULL};
    struct sv dir = arena_printf(suite->arena, "%s/reference/falco/validate", suite->shared);
    struct file_list files = {0};

    int rc = read_known(suite, err);
    if (rc == 0)
        rc = file_list(dir.ptr, suffixes, suite->arena, &files, err);
    for (size_t i = 0; i < files.count && rc == 0; i++)
        rc = run_case(suite, files.path[i].ptr, err);
    return rc;
}

int main(int argc, char **argv)
{
    scoped(arena_free) struct arena *arena = arena_new((size_t)1 << 20);
    struct err err = {0};
    struct stat info;

    if (argc != 3) {
        (void)fprintf(stderr, "usage: %s SHARED_DIRECTORY OWN_DIRECTORY\n", argv[0]);
        return 2;
    }
    struct suite suite = {.arena = arena, .shared = argv[1], .here = argv[2]};
    struct sv data = arena_printf(arena, "%s/reference/falco/validate", argv[1]);
    if (stat(data.ptr, &info) != 0) {
        printf("skipped: Falco's verdicts are not there (%s)\n", data.ptr);
        return SKIP;
    }
    int rc = run(&suite, &err);
    if (rc < 0) {
        (void)fprintf(stderr, "validate: %s\n", err_text(&err, rc));
        return 1;
    }
    unsigned stale = report_stale(&suite);
    unsigned failed = run_upstream(&suite);
    printf("%u cases: %u comparisons equal, %u different (%u not listed, %u listed but gone)\n",
           suite.cases, suite.same, suite.different, suite.unknown, stale);
    return suite.cases == 0 || suite.unknown + stale + failed > 0;
}
