/* Falco's replay of captures against ours: the alerts with the rules as they ship and with all of
 * them, and the fields of every event. For each directory of captures: same order, time, rule,
 * members and output fields. What differs on purpose must stand, with its reason, in
 * captures-differences.tsv.
 *
 * usage: conformance_captures SHARED_DIRECTORY DIRECTORY_OF_THE_DIFFERENCES */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "app/recording.h"
#include "app/rules.h"
#include "app/settings.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "event/field.h"
#include "match/engine.h"
#include "match/finding.h"

enum {
    EXIT_SKIPPED = 77,
    STEP_ITEMS = 4096,
    NAMES_MAX = 256,
    KNOWN_MAX = 64,
    SHOWN_MAX = 20, /* differences that are printed */
    DIRECTORIES_MAX = 64,
    LINE_MAX_BYTES = 8 << 20,
    BLOCK = 1 << 20,
};

static const char *const rule_files[] = {"falco_rules.yaml", "falco-incubating_rules.yaml",
                                         "falco-sandbox_rules.yaml", "falco-deprecated_rules.yaml"};
/* Of an alert, beside its output_fields. */
static const char *const members[] = {"hostname", "output", "priority", "rule", "source", "tags"};

struct known {
    struct sv field, types, how;
};

struct suite {
    struct arena *arena;
    const char *shared, *here;
    struct known known[KNOWN_MAX];
    size_t known_count;
    uint64_t new_differences;
};

/* A JSON object of either side. */
struct record {
    struct json_doc doc;
    struct sv time, rule, type;
    bool unprotocolled; /* an address without a protocol */
};

struct tally {
    uint64_t equal, compared, known;
};

/* ------------------------------------------------------------------------------------- values */

static void value_text(const struct json_doc *doc, const struct json_node *node, struct buf *out)
{
    struct json_writer w = json_writer_on(out);

    buf_reset(out);
    if (node == NULL)
        buf_str(out, "absent");
    else
        json_node_write(&w, doc, node);
}

/* One ? for each run of control characters, escapes and U+FFFD of a JSON text. */
static void put_plain(struct sv text, struct buf *out)
{
    bool odd = false;

    for (size_t i = 0; i < text.len; i++) {
        size_t skip = 0;
        if (text.len - i >= 6 && memcmp(text.ptr + i, "\\u", 2) == 0)
            skip = 6;
        else if (text.ptr[i] == '\\' && i + 1 < text.len && strchr("bfnrt", text.ptr[i + 1]))
            skip = 2;
        else if (text.len - i >= 3 && memcmp(text.ptr + i, "\xef\xbf\xbd", 3) == 0)
            skip = 3;
        if (skip == 0)
            buf_char(out, text.ptr[i]);
        else if (!odd)
            buf_char(out, '?');
        odd = skip != 0;
        i += skip == 0 ? 0 : skip - 1;
    }
}

static bool same_but_escapes(struct sv falco, struct sv ours)
{
    scoped(buf_done) struct buf a = {0}, b = {0};

    put_plain(falco, &a);
    put_plain(ours, &b);
    return sv_eq(buf_view(&a), buf_view(&b));
}

static bool is_known(const struct suite *suite, struct sv field, const struct record *record,
                     struct sv falco, struct sv ours)
{
    for (size_t i = 0; i < suite->known_count; i++) {
        const struct known *known = &suite->known[i];
        if (fnmatch(known->field.ptr, field.ptr, 0) != 0 ||
            fnmatch(known->types.ptr, record->type.ptr, 0) != 0)
            continue;
        if (sv_eq(known->how, SV("any")) ||
            (sv_eq(known->how, SV("address")) && record->unprotocolled) ||
            (sv_eq(known->how, SV("escaped")) && same_but_escapes(falco, ours)))
            return true;
    }
    return false;
}

static bool show(struct suite *suite)
{
    return suite->new_differences++ < SHOWN_MAX;
}

/* Compare a member of two objects; `excused`: what follows from known differences of others. */
static void compare(struct suite *suite, struct tally *tally, struct sv field,
                    const struct record *falco, const struct json_node *a,
                    const struct record *ours, const struct json_node *b, bool excused)
{
    scoped(buf_done) struct buf left = {0}, right = {0};

    value_text(&falco->doc, a, &left);
    value_text(&ours->doc, b, &right);
    tally->compared++;
    if (sv_eq(buf_view(&left), buf_view(&right))) {
        tally->equal++;
        return;
    }
    if (excused || is_known(suite, field, falco, buf_view(&left), buf_view(&right))) {
        tally->known++;
        return;
    }
    if (show(suite))
        printf("NEW\t%.*s\t%.*s\t%.*s\n  Falco   %.*s\n  tiercel %.*s\n", SV_ARG(falco->time),
               SV_ARG(falco->type), SV_ARG(field), SV_ARG(buf_view(&left)),
               SV_ARG(buf_view(&right)));
}

static void compare_objects(struct suite *suite, struct tally *tally, const struct record *falco,
                            const struct json_node *a, const struct record *ours,
                            const struct json_node *b)
{
    for (const struct json_node *key = json_first(&falco->doc, a); key != NULL;) {
        const struct json_node *value = json_next(&falco->doc, a, key);
        compare(suite, tally, key->text, falco, value, ours, json_get(&ours->doc, b, key->text),
                false);
        key = json_next(&falco->doc, a, value);
    }
    for (const struct json_node *key = json_first(&ours->doc, b); key != NULL;) {
        const struct json_node *value = json_next(&ours->doc, b, key);
        if (json_get(&falco->doc, a, key->text) == NULL)
            compare(suite, tally, key->text, falco, NULL, ours, value, false);
        key = json_next(&ours->doc, b, value);
    }
}

static int read_record(struct sv line, struct arena *arena, struct record *out)
{
    struct err err = {0};

    *out = (struct record){.type = SV("")};
    if (json_parse(line, arena, &out->doc, &err) < 0) {
        printf("not JSON: %s\n", err.text);
        return -EINVAL;
    }
    const struct json_node *root = &out->doc.node[0];
    const struct json_node *fields = json_get(&out->doc, root, SV("output_fields"));
    if (fields == NULL)
        fields = root;
    out->time = json_get_sv(&out->doc, root, SV("time"));
    out->rule = json_get_sv(&out->doc, root, SV("rule"));
    struct sv type = json_get_sv(&out->doc, fields, SV("evt.type"));
    if (type.len > 0)
        out->type = type;
    out->unprotocolled = sv_eq(json_get_sv(&out->doc, fields, SV("fd.l4proto")), SV("<NA>"));
    return 0;
}

/* ------------------------------------------------------------------------------------- alerts */

struct alerts {
    struct suite *suite;
    const struct rules *rules;
    struct recording *recording;
    struct record *item;
    size_t count, room;
};

static void add_alert(struct alerts *alerts, struct sv line)
{
    if (alerts->count == alerts->room) {
        alerts->room = alerts->room * 2 + 256;
        struct record *bigger = realloc(alerts->item, alerts->room * sizeof(*bigger));
        if (bigger == NULL)
            abort();
        alerts->item = bigger;
    }
    if (read_record(line, alerts->suite->arena, &alerts->item[alerts->count]) == 0)
        alerts->count++;
}

static void on_match(void *ctx, const struct rule *rule, const struct event *event)
{
    struct alerts *alerts = ctx;
    scoped(buf_done) struct buf json = {0};

    if (finding_make(&json, recording_place(alerts->recording), rule, event) == 0)
        add_alert(alerts, buf_view(&json));
}

static void on_event(void *ctx, const struct event *event)
{
    struct alerts *alerts = ctx;

    (void)engine_run(alerts->rules->engine[0], event, on_match, alerts);
}

static int our_alerts(struct alerts *alerts, const char *path, bool all, struct err *err)
{
    static const struct output_append suggested = {.suggested = true, .file = "captures"};
    struct log log = log_make(STDERR_FILENO, LOG_ERROR, NULL);
    struct arena *arena = alerts->suite->arena;
    struct settings settings = {0};

    settings_default(&settings, arena);
    for (size_t i = 0; i < sizeof(rule_files) / sizeof(rule_files[0]); i++)
        settings.rules[i] =
            arena_printf(arena, "%s/data/rules/falco/%s", alerts->suite->shared, rule_files[i]).ptr;
    settings.enable_rules[0] = all ? "*" : NULL;
    settings.matching = all ? MATCH_ALL : MATCH_FIRST;
    settings.priority = PRIORITY_DEBUG;
    settings.append_output = &suggested;
    settings.append_output_count = 1;
    scoped(rules_close) struct rules *rules = NULL;
    int rc = rules_open(&settings, &log, &rules, err);
    if (rc < 0)
        return rc;
    alerts->rules = rules;
    rc = recording_open(path, on_event, alerts, &alerts->recording, err);
    while (rc >= 0 && (rc = recording_step(alerts->recording, STEP_ITEMS, err)) == RECORDING_MORE)
        continue;
    recording_close(alerts->recording);
    return rc;
}

/* How many of both stand at the same time from `from` on. */
static size_t group_end(const struct alerts *alerts, size_t from)
{
    size_t end = from;

    while (end < alerts->count && sv_eq(alerts->item[end].time, alerts->item[from].time))
        end++;
    return end;
}

struct outcome {
    uint64_t equal, missing, extra, swapped;
    struct tally fields, members;
};

static void compare_alerts(struct suite *suite, struct outcome *out, const struct record *falco,
                           const struct record *ours)
{
    const struct json_node *a = &falco->doc.node[0], *b = &ours->doc.node[0];
    uint64_t known = out->fields.known;

    out->equal++;
    compare_objects(suite, &out->fields, falco, json_get(&falco->doc, a, SV("output_fields")), ours,
                    json_get(&ours->doc, b, SV("output_fields")));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        compare(suite, &out->members, sv(members[i]), falco,
                json_get(&falco->doc, a, sv(members[i])), ours,
                json_get(&ours->doc, b, sv(members[i])),
                strcmp(members[i], "output") == 0 && out->fields.known > known);
}

static void tell(struct suite *suite, const char *what, const struct record *record)
{
    if (show(suite))
        printf("NEW\t%s\t%.*s\t%.*s\n", what, SV_ARG(record->time), SV_ARG(record->rule));
}

/* The alerts of one time on both sides: by rule. */
static void compare_groups(struct suite *suite, struct outcome *out, struct record *falco,
                           size_t falco_count, struct record *ours, size_t ours_count)
{
    for (size_t i = 0; i < falco_count; i++) {
        size_t at = i;
        for (; at < ours_count && !sv_eq(ours[at].rule, falco[i].rule); at++)
            ;
        if (i >= ours_count || at == ours_count) {
            out->missing++;
            tell(suite, "missing", &falco[i]);
            continue;
        }
        struct record found = ours[at];
        out->swapped += at != i;
        memmove(&ours[i + 1], &ours[i], (at - i) * sizeof(*ours));
        ours[i] = found;
        compare_alerts(suite, out, &falco[i], &found);
    }
    for (size_t i = falco_count; i < ours_count; i++) {
        out->extra++;
        tell(suite, "extra", &ours[i]);
    }
}

static void compare_lists(struct suite *suite, struct outcome *out, const struct alerts *falco,
                          const struct alerts *ours)
{
    size_t i = 0, j = 0;

    while (i < falco->count || j < ours->count) {
        int way = i == falco->count  ? 1
                  : j == ours->count ? -1
                                     : sv_cmp(falco->item[i].time, ours->item[j].time);
        size_t i_end = way > 0 ? i : group_end(falco, i);
        size_t j_end = way < 0 ? j : group_end(ours, j);
        compare_groups(suite, out, &falco->item[i], i_end - i, &ours->item[j], j_end - j);
        i = i_end;
        j = j_end;
    }
}

static int read_lines(struct alerts *alerts, const char *path, struct err *err)
{
    scoped(buf_done) struct buf text = {0};

    buf_init(&text, 0);
    int rc = file_read(path, (size_t)1 << 30, &text, err);
    for (struct sv rest = buf_view(&text); rc == 0 && rest.len > 0;) {
        struct sv line = sv_split(&rest, '\n');
        if (line.len > 0)
            add_alert(alerts, line);
    }
    return rc;
}

static int check_alerts(struct suite *suite, const char *name, const char *oracle,
                        const char *capture, bool all)
{
    struct alerts falco = {.suite = suite}, ours = {.suite = suite};
    struct outcome out = {0};
    struct err err = {0};

    int rc = read_lines(&falco, oracle, &err);
    if (rc == 0)
        rc = our_alerts(&ours, capture, all, &err);
    if (rc < 0) {
        printf("%s: %s\n", name, err_text(&err, rc));
    } else {
        compare_lists(suite, &out, &falco, &ours);
        printf("%s, %s: alerts equal %llu, missing %llu, extra %llu; fields equal %llu of %llu; "
               "other members equal %llu of %llu; in another order %llu\n",
               name, all ? "all rules" : "rules as they ship", (unsigned long long)out.equal,
               (unsigned long long)out.missing, (unsigned long long)out.extra,
               (unsigned long long)out.fields.equal, (unsigned long long)out.fields.compared,
               (unsigned long long)out.members.equal, (unsigned long long)out.members.compared,
               (unsigned long long)out.swapped);
        /* Only rules that a wildcard enables have an order of their own. */
        suite->new_differences += all ? 0 : out.swapped;
    }
    free(falco.item);
    free(ours.item);
    return rc < 0 ? rc : 0;
}

/* ------------------------------------------------------------------------------------- events */

struct events {
    struct suite *suite;
    gzFile oracle;
    char *line;
    struct arena *arena;
    struct field_ref ref[NAMES_MAX];
    struct sv name[NAMES_MAX];
    uint32_t count;
    bool without_switches; /* the list leaves out switch and page_fault */
    bool ended;
    uint64_t compared, extra;
    struct tally fields;
};

static bool next_line(struct events *events)
{
    if (gzgets(events->oracle, events->line, LINE_MAX_BYTES) == NULL)
        return false;
    return events->line[0] != '\n';
}

/* The fields are those of the first line. */
static int take_names(struct events *events)
{
    struct record first;

    if (!next_line(events) || read_record(sv(events->line), events->suite->arena, &first) < 0)
        return -EINVAL;
    const struct json_node *root = &first.doc.node[0];
    for (const struct json_node *key = json_first(&first.doc, root); key != NULL;) {
        struct field_ref *ref = &events->ref[events->count];
        if (events->count == NAMES_MAX || field_ref_parse(key->text, ref) != FIELD_REF_FINE)
            return -EINVAL;
        events->name[events->count++] = key->text;
        key = json_next(&first.doc, root, json_next(&first.doc, root, key));
    }
    return gzrewind(events->oracle);
}

static void our_event(struct events *events, const struct event *event, struct buf *out)
{
    struct json_writer w = json_writer_on(out);

    json_object_begin(&w);
    for (uint32_t i = 0; i < events->count; i++) {
        json_key_sv(&w, events->name[i]);
        field_json(&w, event, &events->ref[i]);
    }
    json_object_end(&w);
}

static void check_event(void *ctx, const struct event *event)
{
    struct events *events = ctx;
    struct record falco, ours;
    const char *type = event_type_info(event->type)->name;

    if (events->ended || (events->without_switches &&
                          (strcmp(type, "switch") == 0 || strcmp(type, "page_fault") == 0)))
        return;
    if (!next_line(events)) {
        events->ended = true;
        events->extra++;
        return;
    }
    scoped(buf_done) struct buf json = {0};
    our_event(events, event, &json);
    arena_reset(events->arena);
    if (read_record(sv(events->line), events->arena, &falco) < 0 ||
        read_record(buf_view(&json), events->arena, &ours) < 0) {
        events->suite->new_differences++;
        return;
    }
    events->compared++;
    compare_objects(events->suite, &events->fields, &falco, &falco.doc.node[0], &ours,
                    &ours.doc.node[0]);
}

static int run_events(struct events *events, const char *capture, bool is_part, struct err *err)
{
    scoped(recording_close) struct recording *recording = NULL;
    uint64_t missing = 0;

    int rc = take_names(events);
    if (rc < 0)
        return err_set(err, rc, "fields of the first event");
    rc = recording_open(capture, check_event, events, &recording, err);
    while (rc >= 0 && !events->ended &&
           (rc = recording_step(recording, STEP_ITEMS, err)) == RECORDING_MORE)
        continue;
    if (rc < 0)
        return rc;
    while (!events->ended && next_line(events))
        missing++;
    events->extra = is_part ? 0 : events->extra;
    events->suite->new_differences += missing + events->extra;
    printf("  events compared %llu, missing %llu, extra %llu; fields equal %llu of %llu, different "
           "on purpose %llu\n",
           (unsigned long long)events->compared, (unsigned long long)missing,
           (unsigned long long)events->extra, (unsigned long long)events->fields.equal,
           (unsigned long long)events->fields.compared, (unsigned long long)events->fields.known);
    return 0;
}

static int check_events(struct suite *suite, const char *oracle, const char *capture)
{
    struct events events = {.suite = suite, .oracle = gzopen(oracle, "rb")};
    struct err err = {0};

    if (events.oracle == NULL)
        return -ENOENT;
    events.line = malloc(LINE_MAX_BYTES);
    events.arena = arena_new(BLOCK);
    events.without_switches = strstr(oracle, "no-switch") != NULL;
    printf("  %s\n", strrchr(oracle, '/') + 1);
    int rc = events.line == NULL
                 ? -ENOMEM
                 : run_events(&events, capture, strstr(oracle, "first") != NULL, &err);
    if (rc < 0)
        printf("  %s\n", err_text(&err, rc));
    free(events.line);
    arena_free(events.arena);
    (void)gzclose_r(events.oracle);
    return rc;
}

/* -------------------------------------------------------------------------------- directories */

static int is_directory_name(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && entry->d_type == DT_DIR;
}

static int is_events_name(const struct dirent *entry)
{
    return fnmatch("events*.jsonl.gz", entry->d_name, 0) == 0;
}

static int check_directory(struct suite *suite, const char *name)
{
    const char *directory =
        arena_printf(suite->arena, "%s/data/captures/%s", suite->shared, name).ptr;
    const char *capture = arena_printf(suite->arena, "%s/%s.scap", directory, name).ptr;
    const char *alerts = arena_printf(suite->arena, "%s/alerts.jsonl", directory).ptr;
    const char *all = arena_printf(suite->arena, "%s/alerts-all-rules.jsonl", directory).ptr;
    struct dirent **entry = NULL;
    int rc = 0;

    if (access(capture, R_OK) != 0)
        return 0; /* sources of scenarios and the like */
    if (access(alerts, R_OK) == 0)
        rc = check_alerts(suite, name, alerts, capture, false);
    if (rc == 0 && access(all, R_OK) == 0)
        rc = check_alerts(suite, name, all, capture, true);
    int count = scandir(directory, &entry, is_events_name, alphasort);
    for (int i = 0; i < count; i++) {
        if (rc == 0)
            rc = check_events(suite,
                              arena_printf(suite->arena, "%s/%s", directory, entry[i]->d_name).ptr,
                              capture);
        free(entry[i]);
    }
    free(entry);
    return rc;
}

/* Lines "field, types, how, reason" between tabs; # begins a comment. */
static int read_known(struct suite *suite, struct err *err)
{
    struct sv path = arena_printf(suite->arena, "%s/captures-differences.tsv", suite->here);
    scoped(buf_done) struct buf text = {0};

    int rc = file_read(path.ptr, LINE_MAX_BYTES, &text, err);
    for (struct sv rest = buf_view(&text); rc == 0 && rest.len > 0;) {
        struct sv line = sv_split(&rest, '\n');
        struct known *known = &suite->known[suite->known_count];
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        if (suite->known_count == KNOWN_MAX)
            return err_set(err, -E2BIG, "more than %d differences", KNOWN_MAX);
        known->field = arena_sv(suite->arena, sv_split(&line, '\t'));
        known->types = arena_sv(suite->arena, sv_split(&line, '\t'));
        known->how = arena_sv(suite->arena, sv_split(&line, '\t'));
        suite->known_count++;
    }
    return rc;
}

static int run(struct suite *suite)
{
    struct sv root = arena_printf(suite->arena, "%s/data/captures", suite->shared);
    struct dirent **entry = NULL;
    struct err err = {0};

    if (access(root.ptr, R_OK) != 0) {
        printf("skipped: no %s\n", root.ptr);
        return EXIT_SKIPPED;
    }
    int rc = read_known(suite, &err);
    if (rc < 0)
        printf("%s\n", err_text(&err, rc));
    int count = scandir(root.ptr, &entry, is_directory_name, alphasort);
    for (int i = 0; i < count; i++) {
        if (rc == 0)
            rc = check_directory(suite, entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
    if (suite->new_differences > 0)
        printf("%llu differences that captures-differences.tsv does not have\n",
               (unsigned long long)suite->new_differences);
    return rc < 0 || suite->new_differences > 0;
}

int main(int argc, char **argv)
{
    struct suite suite = {.arena = arena_new(BLOCK)};

    if (argc != 3) {
        (void)fputs("usage: conformance_captures SHARED_DIRECTORY DIRECTORY\n", stderr);
        return 2;
    }
    suite.shared = argv[1];
    suite.here = argv[2];
    int rc = run(&suite);
    arena_free(suite.arena);
    return rc;
}
