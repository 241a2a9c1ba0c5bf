/* tests/bench/bench_workers.c - what more threads do for the engine.
 *
 *     bench_workers RECORDING RULES [SHARED] [--json]
 *
 * Replays the recording of bench_rules through one lane on this thread, and through crews of 1, 2
 * and 4 (app/crew.h), with the upstream rules of SHARED where they are to be had and the shipped
 * ones else. They take turns in each round. Findings must be the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/crew.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "enrich/tables.h"
#include "lang/falco/ruleset.h"
#include "match/engine.h"
#include "match/finding.h"
#include "recording.h"
#include "report.h"

enum { ROUNDS = 3, PATH_SIZE = 4096, WAYS = 4 };

static const uint32_t ways[WAYS] = {0, 1, 2, 4}; /* 0: a lane without a thread */
static const struct finding_place place = {
    .hostname = "bench", .node = "bench", .cluster = "", .link = ""};

struct team {
    struct tables *tables[CREW_WORKERS_MAX];
    struct engine *engine[CREW_WORKERS_MAX];
    struct lane_parts parts[CREW_WORKERS_MAX];
    uint32_t count;
};

struct found {
    uint64_t findings, digest;
};

struct pass {
    double wall_ns, cpu_ns; /* an event */
    struct found found;
    uint64_t events;
};

static _Noreturn void fail(const char *what)
{
    (void)fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static struct ruleset *load(const char *shipped, const char *shared)
{
    static const char *const upstream[] = {"falco_rules.yaml", "falco-incubating_rules.yaml",
                                           "falco-sandbox_rules.yaml"};
    struct ruleset *set = ruleset_new();
    char path[PATH_SIZE];
    struct err err = {0};

    for (size_t i = 0; shared != NULL && i < ARRAY_LEN(upstream); i++) {
        (void)snprintf(path, sizeof(path), "%s/data/rules/falco/%s", shared, upstream[i]);
        if (access(path, R_OK) != 0)
            shared = NULL;
        else if (ruleset_load_file(set, path) < 0)
            fail(path);
    }
    if (shared == NULL && ruleset_load_path(set, shipped, &err) < 0)
        fail(err.text);
    if (ruleset_compile(set) < 0)
        fail("the rules are faulty");
    return set;
}

static void team_make(struct team *team, const struct ruleset *set, uint32_t count)
{
    const struct engine_options options = {
        .source = SOURCE_SYSCALL, .matching = MATCH_FIRST, .priority_max = PRIORITY_DEBUG};
    const struct tables_options tables = {.proc_root = NULL, .host_root = ""};

    *team = (struct team){.count = count};
    for (uint32_t i = 0; i < count; i++) {
        team->tables[i] = tables_new(&tables);
        team->engine[i] = engine_new(set, &options);
        team->parts[i] = (struct lane_parts){.tables = team->tables[i],
                                             .engine = team->engine[i],
                                             .place = &place,
                                             .share = i,
                                             .shares = count};
    }
}

static void team_done(struct team *team)
{
    for (uint32_t i = 0; i < team->count; i++) {
        engine_free(team->engine[i]);
        tables_free(team->tables[i]);
    }
}

static void on_found(void *ctx, const struct rule *rule, struct sv json)
{
    struct found *found = ctx;

    (void)rule;
    found->findings++;
    found->digest = hash_seed(json, found->digest);
}

static double cpu_seconds(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static uint64_t feed_lane(const struct recording *recording, struct lane *lane)
{
    const char *at = recording->first;
    const struct wire_header *record = NULL;

    while ((record = recording_next(recording, &at)) != NULL)
        lane_record(lane, record);
    return lane_counts(lane).events;
}

static uint64_t feed_crew(const struct recording *recording, struct crew *crew, uint32_t count)
{
    const char *at = recording->first;
    const struct wire_header *record = NULL;
    uint64_t events = 0;

    while ((record = recording_next(recording, &at)) != NULL)
        crew_record(crew, record);
    crew_flush(crew);
    for (uint32_t i = 0; i < count; i++)
        events += lane_counts(crew_lane(crew, i)).events;
    return events;
}

static struct pass run(const struct recording *recording, const struct ruleset *set,
                       uint32_t workers)
{
    struct pass pass = {0};
    struct crew *crew = NULL;
    struct lane *lane = NULL;
    struct team team;
    struct err err = {0};

    team_make(&team, set, workers == 0 ? 1 : workers);
    if (workers == 0)
        lane = lane_new(team.parts, on_found, &pass.found);
    else if (crew_new(team.parts, workers, on_found, &pass.found, &crew, &err) < 0)
        fail(err.text);
    double cpu = cpu_seconds();
    uint64_t from = clock_mono_ns();
    pass.events = workers == 0 ? feed_lane(recording, lane) : feed_crew(recording, crew, workers);
    pass.wall_ns = (double)(clock_mono_ns() - from) / (double)pass.events;
    pass.cpu_ns = (cpu_seconds() - cpu) * 1e9 / (double)pass.events;
    lane_free(lane);
    crew_free(crew);
    team_done(&team);
    return pass;
}

int main(int argc, char **argv)
{
    static const char *const names[WAYS][2] = {
        {"no thread, wall time", "no thread, processor time"},
        {"1 worker, wall time", "1 worker, processor time"},
        {"2 workers, wall time", "2 workers, processor time"},
        {"4 workers, wall time", "4 workers, processor time"},
    };
    bool json = argc > 3 && strcmp(argv[argc - 1], "--json") == 0;
    struct report_row *row[WAYS][2];
    struct report report = {.count = 0};
    struct recording recording;
    struct found first = {0};

    if (argc - json < 3)
        fail("usage: bench_workers RECORDING RULES [SHARED] [--json]");
    struct ruleset *set = load(argv[2], argc - json > 3 ? argv[3] : NULL);
    recording_make(argv[1]);
    recording_open(&recording, argv[1]);
    for (int way = 0; way < WAYS; way++) {
        for (int time = 0; time < 2; time++)
            row[way][time] =
                report_add(&report, names[way][time], "ns", "an event, whole way", "no thread");
    }
    for (int round = 0; round < ROUNDS; round++) {
        struct pass alone = {0};
        for (int way = 0; way < WAYS; way++) {
            struct pass pass = run(&recording, set, ways[way]);
            if (way == 0)
                alone = pass;
            if (round == 0 && way == 0)
                first = pass.found;
            if (memcmp(&pass.found, &first, sizeof(first)) != 0)
                fail("findings differ");
            report_ours(row[way][0], pass.wall_ns);
            report_ours(row[way][1], pass.cpu_ns);
            report_limit(row[way][0], alone.wall_ns);
            report_limit(row[way][1], alone.cpu_ns);
        }
    }
    report_print(&report, json);
    (void)fprintf(stderr, "bench: %ld processors, %llu findings in every run, the same\n",
                  sysconf(_SC_NPROCESSORS_ONLN), (unsigned long long)first.findings);
    recording_close(&recording);
    ruleset_free(set);
    return 0;
}
