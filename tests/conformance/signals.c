/* Real audit logs and cloud trails: every file decodes, as many records as are known to be in it;
 * and Falco's own traces of Kubernetes audit events raise what Falco's tests expect of its rules.
 *
 *     signals SHARED_DIR HERE     exit 0, 1 a difference (printed), 77 the data are not there
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "capture/documents.h"
#include "decode/signals.h"
#include "match/engine.h"

enum { EXIT_SKIPPED = 77, FILE_MAX = 64 << 20, RULES_MAX = 64 };

struct reading {
    struct engine *engine; /* or NULL: only decode */
    uint64_t events, no_time;
    const char *matched[RULES_MAX]; /* in order; the names are the rules' */
    size_t matches;
};

static void on_match(void *ctx, const struct rule *rule, const struct event *event)
{
    struct reading *reading = ctx;

    if (reading->matches < RULES_MAX)
        reading->matched[reading->matches] = rule->name;
    reading->matches++;
}

static void on_event(void *ctx, const struct event *event)
{
    struct reading *reading = ctx;

    reading->events++;
    reading->no_time += event->time_ns == 1;
    if (reading->engine != NULL)
        (void)engine_run(reading->engine, event, on_match, reading);
}

static int read_file(const char *path, enum event_source source, struct reading *reading,
                     struct signals_counts *counts)
{
    scoped(signals_free) struct signals *signals =
        signals_new(&(struct signals_options){.source = source});
    scoped(documents_close) struct documents *documents = NULL;
    struct sv text;
    struct err err;
    uint64_t line;
    int rc = documents_open(path, &documents, &err);

    while (rc == 0 && (rc = documents_next(documents, &text, &line, &err)) == 0) {
        rc = signals_document(signals, text, 1, on_event, reading, &err);
        if (rc < 0) {
            printf("%s: line %llu: %s\n", path, (unsigned long long)line, err_text(&err, rc));
            return rc;
        }
    }
    if (rc < 0)
        printf("%s\n", err_text(&err, rc));
    *counts = *signals_counts(signals);
    return rc < 0 ? rc : 0;
}

/* --- every file ------------------------------------------------------------------------------ */

static const struct {
    const char *dir;
    enum event_source source;
    uint64_t events; /* at least so many in all files together */
} sets[] = {
    {"cloudtrail/invictus", SOURCE_AWS_CLOUDTRAIL, 1605},
    {"cloudtrail/stratus", SOURCE_AWS_CLOUDTRAIL, 151},
    {"cloudtrail/c7n-eventbridge", SOURCE_AWS_CLOUDTRAIL, 13},
    {"cloudtrail/trailscraper", SOURCE_AWS_CLOUDTRAIL, 7},
    {"cloudtrail/plaso", SOURCE_AWS_CLOUDTRAIL, 6},
    {"cloudtrail/falco-traces", SOURCE_AWS_CLOUDTRAIL, 2},
    {"k8s-audit/audit2rbac", SOURCE_K8S_AUDIT, 37},
    {"k8s-audit/aks-eventhub", SOURCE_K8S_AUDIT, 10},
    {"gcp-audit/security-analytics", SOURCE_GCP_AUDITLOG, 6},
    {"gcp-audit/c7n", SOURCE_GCP_AUDITLOG, 24},
    {"gcp-audit/plaso", SOURCE_GCP_AUDITLOG, 9},
};

static int read_set(const char *shared, size_t set)
{
    static const char *const suffixes[] = {".json", ".jsonl", ".gz", ".log", NULL};
    scoped(arena_free) struct arena *arena = arena_new(1 << 16);
    struct signals_counts all = {0};
    struct reading reading = {0};
    struct file_list files;
    struct err err;
    char dir[4096];

    (void)snprintf(dir, sizeof(dir), "%s/data/signals/%s", shared, sets[set].dir);
    if (access(dir, R_OK) != 0)
        return 0;
    if (file_list(dir, suffixes, arena, &files, &err) < 0) {
        printf("%s\n", err.text);
        return 1;
    }
    for (size_t i = 0; i < files.count; i++) {
        struct signals_counts counts;
        if (read_file(files.path[i].ptr, sets[set].source, &reading, &counts) < 0)
            return 1;
        all.foreign += counts.foreign;
        all.bad += counts.bad;
        all.untimed += counts.untimed;
    }
    printf("%s: %zu files, %llu events, %llu of other kinds, %llu without a time, %llu bad\n",
           sets[set].dir, files.count, (unsigned long long)reading.events,
           (unsigned long long)all.foreign, (unsigned long long)all.untimed,
           (unsigned long long)all.bad);
    if (reading.events < sets[set].events) {
        printf("... but at least %llu events were expected\n",
               (unsigned long long)sets[set].events);
        return 1;
    }
    return 0;
}

/* --- what Falco's tests expect --------------------------------------------------------------- */

/* Rule files as the expectations name them, by where they are in the data. */
static bool rule_path(char *out, size_t size, const char *shared, struct sv name)
{
    size_t slash = sv_rfind_char(name, '/');
    struct sv base = slash == SIZE_MAX ? name : sv_sub(name, slash + 1, name.len);
    bool own = sv_starts(name, SV("./rules/k8s_audit/"));
    struct sv rest = own ? sv_sub(name, sizeof("./rules/k8s_audit/") - 1, name.len) : base;

    (void)snprintf(out, size, "%s/data/rules/falco/%s%.*s", shared,
                   own ? "upstream-test-rules/k8s_audit/" : "", SV_ARG(rest));
    return access(out, R_OK) == 0;
}

static int load_rules(struct ruleset *set, const char *shared, const struct json_doc *doc,
                      const struct json_node *names)
{
    char path[4096];
    const struct json_node *name =
        names != NULL && names->kind == JSON_ARRAY ? json_first(doc, names) : names;

    for (; name != NULL; name = names->kind == JSON_ARRAY ? json_next(doc, names, name) : NULL) {
        if (!rule_path(path, sizeof(path), shared, name->text)) {
            printf("no rule file for '%.*s'\n", SV_ARG(name->text));
            return -ENOENT;
        }
        int rc = ruleset_load_file(set, path);
        if (rc < 0)
            return rc;
    }
    return ruleset_compile(set);
}

static size_t times_matched(const struct reading *reading, struct sv rule)
{
    size_t times = 0;

    for (size_t i = 0; i < reading->matches && i < RULES_MAX; i++)
        times += sv_eq(sv(reading->matched[i]), rule);
    return times;
}

static bool as_expected(const struct reading *reading, const struct json_doc *doc,
                        const struct json_node *expected)
{
    const struct json_node *detect = json_get(doc, expected, SV("detect"));
    const struct json_node *counts = json_get(doc, expected, SV("detect_counts"));
    bool fine = (detect != NULL && detect->kind == JSON_TRUE) == (reading->matches > 0);

    if (counts == NULL || counts->kind != JSON_ARRAY)
        return fine;
    for (const struct json_node *count = json_first(doc, counts); count != NULL;
         count = json_next(doc, counts, count)) {
        const struct json_node *rule = json_first(doc, count);
        const struct json_node *times = json_next(doc, count, rule);
        fine &= times_matched(reading, rule->text) == (size_t)times->i64;
    }
    return fine;
}

#define V4_WHY "old rules: 'contains' of a list, which Falco refuses now"
#define TRUST_WHY "appends to a list that today's rules do not have; Falco refuses it"

/* Cases that end otherwise with today's rules, and why. */
static const struct {
    const char *name, *why;
} differences[] = {
    {"compat_engine_v4_create_privileged_pod", V4_WHY},
    {"compat_engine_v4_create_privileged_trusted_pod", V4_WHY},
    {"create_privileged_trusted_pod", TRUST_WHY},
    {"create_unsensitive_mount_trusted_pod", TRUST_WHY},
    {"create_nohostnetwork_trusted_pod", TRUST_WHY},
    {"create_clusterrolebinding", "the rule is called 'K8s ClusterRoleBinding Created' now"},
    {NULL, NULL},
};

static const char *difference(struct sv name)
{
    for (size_t i = 0; differences[i].name != NULL; i++) {
        if (sv_eq(sv(differences[i].name), name))
            return differences[i].why;
    }
    return NULL;
}

static int run_case(const char *shared, const struct json_doc *doc, struct sv name,
                    const struct json_node *expected)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    struct reading reading = {0};
    struct signals_counts counts;
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/data/signals/%.*s", shared,
                   SV_ARG(json_get_sv(doc, expected, SV("trace"))));
    const char *why = difference(name);
    if (load_rules(set, shared, doc, json_get(doc, expected, SV("rules_file"))) < 0) {
        printf("%.*s: its rules do not load: %s\n", SV_ARG(name), why == NULL ? "why?" : why);
        return why == NULL;
    }
    scoped(engine_free) struct engine *engine = engine_new(
        set, &(struct engine_options){.source = SOURCE_K8S_AUDIT, .priority_max = PRIORITY_DEBUG});
    reading.engine = engine;
    if (read_file(path, SOURCE_K8S_AUDIT, &reading, &counts) < 0)
        return 1;

    bool fine = as_expected(&reading, doc, expected);
    if (fine != (why == NULL)) {
        printf("%.*s: %s; %llu events, matched:", SV_ARG(name),
               fine ? "as expected, but listed as different" : "not as expected",
               (unsigned long long)reading.events);
        for (size_t i = 0; i < reading.matches && i < RULES_MAX; i++)
            printf(" '%s'", reading.matched[i]);
        printf("\n");
        return 1;
    }
    if (why != NULL)
        printf("%.*s: differs: %s\n", SV_ARG(name), why);
    return 0;
}

static int run_expectations(const char *shared)
{
    scoped(arena_free) struct arena *arena = arena_new(1 << 16);
    scoped(buf_done) struct buf text = {0};
    struct json_doc doc;
    struct err err;
    char path[4096];
    int failed = 0;
    uint32_t cases = 0;

    (void)snprintf(path, sizeof(path), "%s/data/signals/k8s-audit/falco-traces/expected.json",
                   shared);
    if (file_read(path, FILE_MAX, &text, &err) < 0 ||
        json_parse(buf_view(&text), arena, &doc, &err) < 0) {
        printf("%s: %s\n", path, err.text);
        return 1;
    }
    for (const struct json_node *name = json_first(&doc, doc.node); name != NULL; cases++) {
        const struct json_node *expected = json_next(&doc, doc.node, name);
        failed += run_case(shared, &doc, name->text, expected);
        name = json_next(&doc, doc.node, expected);
    }
    printf("Falco's traces: %u cases, %d not as expected\n", cases, failed);
    return failed;
}

int main(int argc, char **argv)
{
    char dir[4096];
    int failed = 0;

    (void)snprintf(dir, sizeof(dir), "%s/data/signals", argc > 1 ? argv[1] : "");
    if (access(dir, R_OK) != 0) {
        printf("skipped: no %s\n", dir);
        return EXIT_SKIPPED;
    }
    for (size_t i = 0; i < ARRAY_LEN(sets); i++)
        failed += read_set(argv[1], i);
    failed += run_expectations(argv[1]);
    return failed == 0 ? 0 : 1;
}
