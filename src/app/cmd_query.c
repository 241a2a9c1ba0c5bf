/* app/cmd_query.c - search the evidence of a hub's store. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/query.h"
#include "app/settings.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "event/field.h"
#include "lang/output.h"
#include "store/store.h"

enum { STOPPED = 1, FLUSH_BYTES = 1 << 16 };

static const char usage_text[] =
    "usage: tiercel query [CONDITION] [option...]\n"
    "\n"
    "Search the audit records and cloud trails that a hub has stored, the newest first. The\n"
    "condition is in the language of rules, with fields as 'tiercel fields' lists them:\n"
    "\n"
    "    tiercel query 'ka.target.resource = secrets and ka.verb = get' --since 2h\n"
    "    tiercel query 'ct.error exists' --since 1d --by ct.user\n"
    "\n"
    "      --source NAME     records of this source only: k8s_audit, aws_cloudtrail, ...\n"
    "      --since T, --until T\n"
    "                        by the records' own time: 90s, 15m, 2h, 7d ago, or a time as\n"
    "                        2026-11-24T13:30:00Z\n"
    "      --limit N         stop after N matches\n"
    "      --oldest          the oldest first\n"
    "      --count           print only how many match\n"
    "      --by FIELD        count matches by the field's value, the most frequent first\n"
    "      --json            the records as they are, one a line; counts as objects\n"
    "      --store PATH      the store; default: where the settings say\n"
    "  -c, --config FILE     settings of the hub\n"
    "\n"
    "exit: 0 searched, 1 the search failed, 2 wrong usage or condition, 3 no store\n";

static const char k8s_audit_line[] =
    "%ka.user.name %ka.verb %ka.target.resource/%ka.target.subresource "
    "%ka.target.namespace/%ka.target.name (%ka.response.code)";

/* A line for people, by source. */
static const char *const lines[SOURCE_COUNT] = {
    [SOURCE_K8S_AUDIT] = k8s_audit_line,
    [SOURCE_AWS_CLOUDTRAIL] = "%ct.info %ct.error",
    [SOURCE_GCP_AUDITLOG] = "%gcp.user %gcp.methodName %gcp.resourceName",
    [SOURCE_OKTA] = "%okta.actor.alternateid %okta.evt.type %okta.result",
    [SOURCE_GITHUB] = "%github.user %github.type %github.action %github.repo.name",
};

struct search {
    struct query_options options;
    uint64_t limit;
    bool count, json;
    const char *store, *settings;
    struct arena *arena;
    struct output *line[SOURCE_COUNT];
    struct buf out;
    struct buf text;
    uint64_t shown;
};

/* --- the command line ------------------------------------------------------------------------ */

/* "2h": so long ago; or a time. */
static bool read_time(const char *text, uint64_t *out)
{
    static const struct {
        char unit;
        uint64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    struct sv all = sv(text);
    uint64_t number;

    if (clock_read_rfc3339(all, out))
        return true;
    if (all.len < 2 || !sv_to_u64(sv_sub(all, 0, all.len - 1), &number))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        uint64_t now = clock_wall_ns();
        if (units[i].unit != all.ptr[all.len - 1] || number > now / CLOCK_NS / units[i].seconds)
            continue;
        *out = now - number * units[i].seconds * CLOCK_NS;
        return true;
    }
    return false;
}

static int usage_error(const char *what, const char *given)
{
    (void)fprintf(stderr, "tiercel query: %s%s%s%s\n", what, given == NULL ? "" : " '",
                  given == NULL ? "" : given, given == NULL ? "" : "'");
    return EXIT_USAGE;
}

enum letter {
    OPTION_SOURCE = 256,
    OPTION_SINCE,
    OPTION_UNTIL,
    OPTION_LIMIT,
    OPTION_OLDEST,
    OPTION_COUNT,
    OPTION_BY,
    OPTION_JSON,
    OPTION_STORE,
    OPTION_HELP,
};

static const struct option options[] = {
    {"source", required_argument, NULL, OPTION_SOURCE},
    {"since", required_argument, NULL, OPTION_SINCE},
    {"until", required_argument, NULL, OPTION_UNTIL},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"oldest", no_argument, NULL, OPTION_OLDEST},
    {"count", no_argument, NULL, OPTION_COUNT},
    {"by", required_argument, NULL, OPTION_BY},
    {"json", no_argument, NULL, OPTION_JSON},
    {"store", required_argument, NULL, OPTION_STORE},
    {"config", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

static int take_option(struct search *search, int letter, const char *value)
{
    int source;

    switch (letter) {
    case OPTION_SOURCE:
        source = event_source_from(sv(value));
        if (source <= SOURCE_SYSCALL)
            return usage_error("no source of evidence", value);
        search->options.has_source = true;
        search->options.source = (enum event_source)source;
        return 0;
    case OPTION_SINCE:
        return read_time(value, &search->options.from_ns) ? 0 : usage_error("no time", value);
    case OPTION_UNTIL:
        return read_time(value, &search->options.to_ns) ? 0 : usage_error("no time", value);
    case OPTION_LIMIT:
        return sv_to_u64(sv(value), &search->limit) && search->limit > 0
                   ? 0
                   : usage_error("no number of matches", value);
    case OPTION_OLDEST:
        search->options.oldest_first = true;
        return 0;
    case OPTION_COUNT:
        search->count = true;
        return 0;
    case OPTION_BY:
        search->options.by = value;
        return 0;
    case OPTION_JSON:
        search->json = true;
        return 0;
    case OPTION_STORE:
        search->store = value;
        return 0;
    case 'c':
        search->settings = value;
        return 0;
    default:
        return EXIT_USAGE;
    }
}

static int read_args(struct search *search, int argc, char **argv)
{
    int letter;
    int code = 0;

    optind = 1;
    while (code == 0 && (letter = getopt_long(argc, argv, "c:", options, NULL)) != -1)
        code = take_option(search, letter, optarg);
    if (code != 0)
        return code;
    if (optind < argc)
        search->options.condition = sv(argv[optind++]);
    return optind < argc ? usage_error("one condition, please; what is", argv[optind]) : 0;
}

static int find_store(struct search *search, struct sv *path, struct err *err)
{
    struct settings settings;
    int rc = 0;

    if (search->store != NULL) {
        *path = sv(search->store);
        return 0;
    }
    settings_default(&settings, search->arena);
    if (search->settings != NULL || access(SETTINGS_FILE, F_OK) == 0)
        rc = settings_read(&settings, search->settings == NULL ? SETTINGS_FILE : search->settings,
                           search->arena, err);
    *path = settings_store_path(&settings, search->arena);
    search->options.quirks = settings.falco_quirks;
    return rc;
}

/* --- what is printed ------------------------------------------------------------------------- */

static int flush(struct search *search, bool all)
{
    if (search->out.len == 0 || (!all && search->out.len < FLUSH_BYTES))
        return 0;
    int rc = file_write_all(STDOUT_FILENO, buf_view(&search->out), NULL);
    buf_reset(&search->out);
    return rc;
}

static void print_line(struct search *search, const struct event *event)
{
    clock_iso8601(&search->out, event->time_ns);
    buf_printf(&search->out, " %s ", event_source_name(event->source));
    buf_reset(&search->text);
    output_render(search->line[event->source], event, &search->text);
    json_escape(&search->out, buf_view(&search->text)); /* values are whatever somebody sent */
    buf_char(&search->out, '\n');
}

static int on_match(void *ctx, const struct event *event, struct sv record)
{
    struct search *search = ctx;

    search->shown++;
    if (!search->count && search->json) {
        buf_sv(&search->out, record);
        buf_char(&search->out, '\n');
    } else if (!search->count) {
        print_line(search, event);
    }
    int rc = flush(search, isatty(STDOUT_FILENO) == 1);
    if (rc < 0)
        return rc;
    return search->shown == search->limit ? STOPPED : 0;
}

static void print_count(struct search *search, uint64_t count)
{
    buf_printf(&search->out, search->json ? "{\"count\":%llu}\n" : "%llu\n",
               (unsigned long long)count);
}

static void print_groups(struct search *search, struct query *query)
{
    const struct query_group *group;
    uint32_t count = query_groups(query, &group);
    struct json_writer w;

    for (uint32_t i = 0; i < count && (search->limit == 0 || i < search->limit); i++) {
        if (search->json) {
            w = json_writer_on(&search->out);
            json_object_begin(&w);
            json_key(&w, search->options.by);
            json_sv(&w, group[i].text);
            json_key(&w, "count");
            json_u64(&w, group[i].count);
            json_object_end(&w);
        } else {
            buf_printf(&search->out, "%10llu ", (unsigned long long)group[i].count);
            json_escape(&search->out, group[i].text);
        }
        buf_char(&search->out, '\n');
    }
    if (query_totals(query).others > 0)
        (void)fprintf(stderr, "tiercel query: %llu more, of values past the first %d\n",
                      (unsigned long long)query_totals(query).others, QUERY_GROUPS_MAX);
}

static int compile_lines(struct search *search, struct err *err)
{
    int rc = 0;

    for (int i = 0; i < SOURCE_COUNT && rc == 0; i++) {
        struct parse_problem problem = {0};
        if (lines[i] == NULL)
            continue;
        rc = output_compile(sv(lines[i]), (enum event_source)i, search->arena, &search->line[i],
                            &problem);
        if (rc < 0)
            (void)err_set(err, rc, "%s", problem.message);
    }
    return rc;
}

static int fail(const struct err *err, int rc, int code)
{
    (void)fprintf(stderr, "tiercel query: %s\n", err_text(err, rc));
    return code;
}

static int run(struct search *search)
{
    scoped(store_close) struct store *store = NULL;
    scoped(query_free) struct query *query = NULL;
    struct sv path;
    struct err err = {0};

    int rc = find_store(search, &path, &err);
    if (rc < 0)
        return fail(&err, rc, EXIT_ERRORS);
    rc = query_new(&search->options, &query, &err);
    if (rc < 0)
        return fail(&err, rc, EXIT_USAGE);
    rc = store_open_to_read(path.ptr, &store, &err);
    if (rc < 0)
        return fail(&err, rc, EXIT_ENVIRONMENT);
    rc = compile_lines(search, &err);
    if (rc == 0)
        rc = query_run(query, store, on_match, search, &err);
    if (rc >= 0 && search->options.by != NULL)
        print_groups(search, query);
    else if (rc >= 0 && search->count)
        print_count(search, search->shown);
    if (rc >= 0)
        rc = flush(search, true);
    if (rc == -EPIPE)
        return EXIT_FINE; /* whoever reads has seen enough */
    return rc < 0 ? fail(&err, rc, EXIT_ERRORS) : EXIT_FINE;
}

int cmd_query(int argc, char **argv)
{
    scoped(arena_free) struct arena *arena = arena_new(1 << 14);
    struct search search = {.arena = arena};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return fputs(usage_text, stdout) < 0 ? EXIT_ERRORS : EXIT_FINE;
    }
    int code = read_args(&search, argc, argv);
    if (code == 0)
        code = run(&search);
    buf_done(&search.out);
    buf_done(&search.text);
    return code;
}
