/* tests/bench/bench_rules.c - what the rules cost an event.
 *
 *     bench_rules RECORDING RULES SHARED [--json | --count SET]
 *
 * Replays a recording of real events (recording.h) through decode, enrich and the engine, as
 * app/pipeline.c does, without reading /proc: with no rules, with the shipped ones, and with the
 * upstream ones of SHARED where that is to be had. Sets take turns in each round, so that a slower
 * minute of the machine meets all of them. With --count it replays the first part once, with one of
 * the sets, and prints nothing: the program runs itself that way under callgrind. Falco's figures
 * are published ones of its version 0.44.1, measured on a machine of this kind; they are no part of
 * this run. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "allocations.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "decode/wire.h"
#include "enrich/tables.h"
#include "instructions.h"
#include "lang/falco/ruleset.h"
#include "match/engine.h"
#include "match/finding.h"
#include "recording.h"
#include "report.h"
#include "variants.h"

enum {
    ROUNDS = 5,
    LOADS = 11,
    SETS_MAX = 6,
    SCRATCH = 1 << 17, /* as in app/pipeline.c */
    FINDINGS = 20000,
    FINDING_MAX = 1 << 20, /* bytes */
    MANY_RULES = 1000,
    SLOW_NS = 8000, /* an event: such a set is measured on a part of the stream */
    COUNTED_RECORDS = 400000,
    COUNTED_FINDINGS = 2000,
    PATH_SIZE = 4096,
    TEXT_SIZE = 96,
};

/* --------------------------------------------------------------------------------------- rules */

/* Names of the sets in the report. */
#define NO_RULES "no rules"
#define SHIPPED "shipped rules"
#define STABLE "25 upstream"
#define UPSTREAM "93 upstream"
#define MANY "1000 rules"

struct rules {
    const char *name;
    struct ruleset *set;
    struct engine *engine;
};

static _Noreturn void refuse(const char *name, const struct ruleset *set)
{
    scoped(buf_done) struct buf why = {0};

    for (uint32_t i = 0; i < ruleset_diags(set)->count; i++) {
        if (ruleset_diags(set)->item[i].level == DIAG_ERROR)
            diag_print(&why, &ruleset_diags(set)->item[i], false);
    }
    (void)fprintf(stderr, "bench: %s: %s\n", name, buf_cstr(&why));
    exit(1);
}

static const char *const upstream[] = {"falco_rules.yaml", "falco-incubating_rules.yaml",
                                       "falco-sandbox_rules.yaml"};

static void add_upstream(struct ruleset *set, const char *shared, size_t files)
{
    char path[PATH_SIZE];

    for (size_t i = 0; i < files; i++) {
        (void)snprintf(path, sizeof(path), "%s/data/rules/falco/%s", shared, upstream[i]);
        if (ruleset_load_file(set, path) < 0)
            refuse(path, set);
    }
}

static void finish(struct rules *rules)
{
    const struct engine_options options = {SOURCE_SYSCALL, MATCH_FIRST, PRIORITY_DEBUG};

    if (ruleset_compile(rules->set) < 0)
        refuse(rules->name, rules->set);
    rules->engine = engine_new(rules->set, &options);
}

static struct rules load_upstream(const char *shared, size_t files, const char *name)
{
    struct rules rules = {name, ruleset_new(), NULL};

    add_upstream(rules.set, shared, files);
    finish(&rules);
    return rules;
}

static struct rules load_shipped(const char *dir)
{
    struct rules rules = {SHIPPED, ruleset_new(), NULL};
    struct err err = {0};

    if (ruleset_load_path(rules.set, dir, &err) < 0)
        refuse(dir, rules.set);
    finish(&rules);
    return rules;
}

/* The upstream rules and as many variants of them as make MANY_RULES. */
static struct rules load_many(const char *shared)
{
    struct rules plain = load_upstream(shared, ARRAY_LEN(upstream), UPSTREAM);
    struct rules rules = {MANY, ruleset_new(), NULL};
    scoped(buf_done) struct buf yaml = {0};

    add_upstream(rules.set, shared, ARRAY_LEN(upstream));
    variants_write(&yaml, plain.set, MANY_RULES - engine_rule_count(plain.engine));
    if (ruleset_load_text(rules.set, "variants.yaml", buf_view(&yaml)) < 0)
        refuse("variants", rules.set);
    finish(&rules);
    engine_free(plain.engine);
    ruleset_free(plain.set);
    return rules;
}

/* By the name that the set has in the report. */
static struct rules load_set(const char *name, const char *dir, const char *shared)
{
    if (strcmp(name, SHIPPED) == 0)
        return load_shipped(dir);
    if (strcmp(name, STABLE) == 0)
        return load_upstream(shared, 1, STABLE);
    if (strcmp(name, UPSTREAM) == 0)
        return load_upstream(shared, ARRAY_LEN(upstream), UPSTREAM);
    if (strcmp(name, MANY) == 0)
        return load_many(shared);
    return (struct rules){name, NULL, NULL};
}

static void unload(struct rules *rules)
{
    engine_free(rules->engine);
    ruleset_free(rules->set);
}

/* -------------------------------------------------------------------------------------- replay */

struct way {
    struct tables *tables;
    struct wire_decoder decoder;
    struct arena *scratch;
    struct engine *engine; /* NULL: no rules */
    engine_match_fn on_match;
    void *ctx;
    uint64_t events, matches;
};

static void way_open(struct way *way, struct engine *engine)
{
    const struct tables_options options = {.proc_root = NULL, .host_root = ""};

    *way = (struct way){.engine = engine};
    way->tables = tables_new(&options);
    way->scratch = arena_new(SCRATCH);
    way->decoder.boot_offset_ns = clock_boot_offset_ns();
}

static void way_close(struct way *way)
{
    tables_free(way->tables);
    arena_free(way->scratch);
}

static void count_match(void *ctx, const struct rule *rule, const struct event *event)
{
    (void)ctx;
    (void)rule;
    (void)event;
}

/* A function of its own: its instructions are counted. */
__attribute__((noinline)) static void way_take(struct way *way, const struct wire_header *record)
{
    struct event event;
    struct change change;

    enum wire_outcome outcome = wire_decode(&way->decoder, record, way->scratch, &event, &change);
    if (change.kind != CHANGE_NONE)
        tables_apply(way->tables, &change);
    if (outcome == WIRE_EVENT) {
        event.process = tables_find(way->tables, record->pid, record->start_ns);
        way->events++;
        if (way->engine != NULL)
            way->matches += engine_run(
                way->engine, &event, way->on_match == NULL ? count_match : way->on_match, way->ctx);
    }
    tables_settle(way->tables);
    arena_reset(way->scratch);
}

struct pass {
    uint64_t events, matches, allocations;
    double ns; /* an event */
};

/* What other work takes of the machine is not in it. */
static uint64_t processor_ns(void)
{
    struct timespec spent;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (uint64_t)spent.tv_sec * CLOCK_NS + (uint64_t)spent.tv_nsec;
}

/* One pass over the first `records` of the stream. */
static struct pass replay(const struct recording *recording, struct engine *engine,
                          uint64_t records)
{
    const char *at = recording->first;
    struct way way;

    way_open(&way, engine);
    uint64_t allocated = allocations_count();
    uint64_t from = processor_ns();
    for (uint64_t i = 0; i < records; i++)
        way_take(&way, recording_next(recording, &at));
    double ns = (double)(processor_ns() - from);
    struct pass pass = {way.events, way.matches, allocations_count() - allocated,
                        ns / (double)way.events};
    way_close(&way);
    return pass;
}

/* -------------------------------------------------------------------------------------- memory */

static uint64_t resident_kib(void)
{
    scoped(buf_done) struct buf text = {0};
    uint64_t kib = 0;

    if (file_read("/proc/self/status", 1 << 16, &text, NULL) < 0)
        return 0;
    size_t at = sv_find(buf_view(&text), SV("VmRSS:"), 0);
    struct sv line = sv_trim(sv_sub(buf_view(&text), at + 6, 16));
    return sv_to_u64(sv_split(&line, ' '), &kib) ? kib : 0;
}

/* Reads the recording a record at a time, up to so many. */
static void replay_file(const char *path, struct way *way, uint64_t records)
{
    static union {
        struct wire_header header;
        char bytes[WIRE_RECORD_MAX];
    } record;
    FILE *file = fopen(path, "re");

    if (file == NULL || fseek(file, RECORDING_HEAD, SEEK_SET) != 0)
        _exit(1);
    for (uint64_t i = 0; i < records; i++) {
        if (fread(&record, sizeof(record.header), 1, file) != 1)
            break;
        if (fread(record.bytes + sizeof(record.header), record.header.size - sizeof(record.header),
                  1, file) != 1)
            _exit(1);
        way_take(way, &record.header);
    }
    (void)fclose(file);
}

static _Noreturn void answer_memory(const char *path, const char *shared, int answer)
{
    struct rules rules = load_upstream(shared, ARRAY_LEN(upstream), UPSTREAM);
    struct way way;

    way_open(&way, rules.engine);
    replay_file(path, &way, UINT64_MAX);
    uint64_t kib = resident_kib();
    _exit(write(answer, &kib, sizeof(kib)) == sizeof(kib) ? 0 : 1);
}

static void measure_memory(const char *path, const char *shared, struct report *report)
{
    uint64_t kib = 0;
    int way[2];

    if (pipe(way) != 0)
        exit(1);
    pid_t pid = fork();
    if (pid == 0)
        answer_memory(path, shared, way[1]);
    (void)close(way[1]);
    if (pid < 0 || read(way[0], &kib, sizeof(kib)) != sizeof(kib) || waitpid(pid, NULL, 0) != pid) {
        (void)fprintf(stderr, "bench: the replay for its memory failed\n");
        exit(1);
    }
    (void)close(way[0]);
    struct report_row *row =
        report_add(report, "RSS after the replay, 93 rules", "MB",
                   "the whole stream, all processes of it known", "Falco 0.44.1, published");
    report_ours(row, (double)kib / 1024);
    report_limit(row, 34);
}

/* ---------------------------------------------------------------------------------------- load */

static void measure_load(const char *shared, struct report *report)
{
    struct report_row *row = report_add(report, "load of the 93 upstream rules", "ms",
                                        "read, compile, engine", "Falco 0.44.1, published");

    for (int i = 0; i < LOADS; i++) {
        uint64_t from = processor_ns();
        struct rules rules = load_upstream(shared, ARRAY_LEN(upstream), UPSTREAM);
        report_ours(row, (double)(processor_ns() - from) / 1e6);
        unload(&rules);
    }
    report_limit(row, 100);
}

/* ------------------------------------------------------------------------------------ findings */

static const char finding_rule[] =
    "- rule: Header opened\n  desc: measures a finding\n  priority: NOTICE\n"
    "  tags: [container, filesystem, T1005]\n"
    "  condition: evt.type in (open, openat, openat2) and fd.name startswith /usr/include\n"
    "  output: Header opened (file=%fd.name command=%proc.cmdline exe=%proc.exepath name=%proc.name"
    " parent=%proc.pname gparent=%proc.aname[2] user=%user.name uid=%user.uid tty=%proc.tty"
    " type=%evt.type flags=%evt.arg.flags container=%container.id)\n";

struct finder {
    struct finding_place place;
    struct buf json;
    uint64_t wanted, made;
};

static void make_finding(void *ctx, const struct rule *rule, const struct event *event)
{
    struct finder *finder = ctx;

    if (finder->made == finder->wanted)
        return;
    buf_reset(&finder->json);
    if (finding_make(&finder->json, &finder->place, rule, event) < 0)
        exit(1);
    finder->made++;
}

static struct rules load_finding(void)
{
    struct rules rules = {"finding", ruleset_new(), NULL};

    if (ruleset_load_text(rules.set, "finding.yaml", sv(finding_rule)) < 0)
        refuse("finding", rules.set);
    finish(&rules);
    return rules;
}

static void finder_open(struct finder *finder, struct way *way, struct engine *engine,
                        uint64_t wanted)
{
    *finder = (struct finder){
        .place = {"bench", "bench", "", "", clock_boot_offset_ns()},
        .wanted = wanted,
    };
    buf_init(&finder->json, FINDING_MAX);
    way_open(way, engine);
    way->on_match = make_finding;
    way->ctx = finder;
}

static void measure_finding(const struct recording *recording, struct report *report)
{
    struct rules rules = load_finding();
    struct report_row *row = report_add(report, "a finding as JSON, 12 fields", "us",
                                        "more than the match alone", "Falco 0.44.1, published");

    for (int round = 0; round < ROUNDS; round++) {
        const char *at = recording->first;
        struct finder finder;
        struct way way;

        uint64_t taken = 0;
        finder_open(&finder, &way, rules.engine, FINDINGS);
        uint64_t from = processor_ns();
        for (; taken < recording->records && finder.made < finder.wanted; taken++)
            way_take(&way, recording_next(recording, &at));
        double ns = (double)(processor_ns() - from);
        way_close(&way);
        buf_done(&finder.json);
        struct pass without = replay(recording, rules.engine, taken);
        ns -= without.ns * (double)without.events;
        if (finder.made > 0)
            report_ours(row, ns / 1000 / (double)finder.made);
    }
    report_limit(row, 45);
    unload(&rules);
}

/* ---------------------------------------------------------------------------------------- cost */

struct measured {
    struct rules rules;
    double falco_ns; /* of its rules alone, 0: none published */
    struct report_row *all, *alone;
    char all_name[TEXT_SIZE], alone_name[TEXT_SIZE], instructions_name[TEXT_SIZE];
    char what[TEXT_SIZE];
    uint64_t records;
    struct pass last;
};

static void measured_begin(struct measured *set, const struct recording *recording,
                           struct report *report)
{
    struct pass warm = replay(recording, set->rules.engine, recording->records / 8);

    set->records = warm.ns > SLOW_NS ? recording->records / 8 : recording->records;
    (void)snprintf(set->what, sizeof(set->what), "%u enabled, %.2f M events",
                   engine_rule_count(set->rules.engine), (double)set->records / 1e6);
    (void)snprintf(set->all_name, sizeof(set->all_name), "%s, whole way", set->rules.name);
    (void)snprintf(set->alone_name, sizeof(set->alone_name), "%s, rules alone", set->rules.name);
    (void)snprintf(set->instructions_name, sizeof(set->instructions_name), "instructions, %s",
                   set->rules.name);
    set->all = report_add(report, set->all_name, "ns", set->what, "no rules");
    set->alone = report_add(report, set->alone_name, "ns", "the difference to no rules",
                            set->falco_ns > 0 ? "Falco 0.44.1, published" : NULL);
    if (set->falco_ns > 0)
        report_limit(set->alone, set->falco_ns);
}

static void measure_rules(const struct recording *recording, struct measured *set, size_t sets,
                          struct report *report)
{
    struct report_row *none = report_add(report, "no rules: decode and enrich", "ns", "an event",
                                         "Falco 0.44.1, published");
    struct report_row *made = report_add(report, "allocations, no rules", "", "an event", NULL);
    struct report_row *more =
        report_add(report, "allocations, the rules", "", "an event more, the largest set", NULL);

    report_limit(none, 387);
    (void)replay(recording, NULL, recording->records / 8);
    for (size_t i = 0; i < sets; i++)
        measured_begin(&set[i], recording, report);
    for (int round = 0; round < ROUNDS; round++) {
        struct pass bare = replay(recording, NULL, recording->records);
        report_ours(none, bare.ns);
        report_ours(made, (double)bare.allocations / (double)bare.events);
        for (size_t i = 0; i < sets; i++) {
            set[i].last = replay(recording, set[i].rules.engine, set[i].records);
            report_ours(set[i].all, set[i].last.ns);
            report_limit(set[i].all, bare.ns);
            report_ours(set[i].alone, set[i].last.ns - bare.ns);
        }
        const struct pass *last = &set[sets - 1].last;
        if (last->events == bare.events)
            report_ours(more, ((double)last->allocations - (double)bare.allocations) /
                                  (double)bare.events);
    }
    for (size_t i = 0; i < sets; i++)
        (void)snprintf(set[i].what, sizeof(set[i].what), "%u enabled, %.2f M events, %llu matches",
                       engine_rule_count(set[i].rules.engine), (double)set[i].last.events / 1e6,
                       (unsigned long long)set[i].last.matches);
}

/* -------------------------------------------------------------------------------- instructions */

#define FINDING "a finding"

/* What the program does under callgrind: the first part of the stream, once. */
static int count_set(const char *path, const char *dir, const char *shared, const char *name)
{
    bool finding = strcmp(name, FINDING) == 0;
    struct rules rules = finding ? load_finding() : load_set(name, dir, shared);
    struct finder finder;
    struct way way;

    if (finding)
        finder_open(&finder, &way, rules.engine, COUNTED_FINDINGS);
    else
        way_open(&way, rules.engine);
    replay_file(path, &way, COUNTED_RECORDS);
    way_close(&way);
    if (finding)
        buf_done(&finder.json);
    unload(&rules);
    return 0;
}

/* Instructions of `function` while the set is counted; 0 when they could not be. */
static double count(char **argv, const char *name, const char *function)
{
    const char *const args[] = {argv[0], argv[1], argv[2], argv[3], "--count", name, NULL};
    uint64_t instructions = 0;

    return instructions_count(args, function, &instructions) ? (double)instructions : 0;
}

static void measure_instructions(char **argv, const struct recording *recording,
                                 const struct measured *set, size_t sets, struct report *report)
{
    double events = (double)replay(recording, NULL, COUNTED_RECORDS).events;
    double none = count(argv, NO_RULES, "way_take*");

    if (none == 0)
        return;
    report_ours(report_add(report, "instructions, no rules", "", "an event", NULL), none / events);
    for (size_t i = 0; i < sets; i++) {
        struct report_row *row = report_add(report, set[i].instructions_name, "",
                                            "an event more than without rules", NULL);
        report_ours(row, (count(argv, set[i].rules.name, "way_take*") - none) / events);
    }
    report_ours(report_add(report, "instructions, a finding", "", "", NULL),
                count(argv, FINDING, "finding_make") / COUNTED_FINDINGS);
}

static void say_stream(const struct recording *recording)
{
    static const char *const kinds[WIRE_KIND_COUNT] = {
        [WIRE_FORK] = "fork", [WIRE_EXEC] = "exec", [WIRE_EXIT] = "exit", [WIRE_CGROUP] = "cgroup",
        [WIRE_OPEN] = "open", [WIRE_CALL] = "call", [WIRE_TASK] = "task",
    };

    (void)fprintf(stderr, "bench: %llu records, %llu lost when recording:",
                  (unsigned long long)recording->records, (unsigned long long)recording->lost);
    for (size_t i = 0; i < WIRE_KIND_COUNT; i++) {
        if (recording->of_kind[i] > 0)
            (void)fprintf(stderr, " %s %llu", kinds[i] == NULL ? "other" : kinds[i],
                          (unsigned long long)recording->of_kind[i]);
    }
    (void)fprintf(stderr, "\n");
}

int main(int argc, char **argv)
{
    bool json = argc > 4 && strcmp(argv[4], "--json") == 0;
    struct report report = {0};
    struct measured set[SETS_MAX] = {0};
    struct recording recording;
    char rules[PATH_SIZE];
    size_t sets = 0;

    if (argc < 4) {
        (void)fprintf(stderr, "usage: bench_rules RECORDING RULES SHARED [--json | --count SET]\n");
        return 2;
    }
    if (argc == 6 && strcmp(argv[4], "--count") == 0)
        return count_set(argv[1], argv[2], argv[3], argv[5]);
    (void)snprintf(rules, sizeof(rules), "%s/data/rules/falco/%s", argv[3], upstream[0]);
    bool has_upstream = access(rules, R_OK) == 0;
    if (!has_upstream)
        (void)fprintf(stderr, "bench: upstream rules skipped: %s: %s\n", rules, strerror(errno));
    recording_make(argv[1]);
    set[sets++].rules = load_set(SHIPPED, argv[2], argv[3]);
    if (has_upstream) {
        measure_memory(argv[1], argv[3], &report);
        measure_load(argv[3], &report);
        set[sets].falco_ns = 572;
        set[sets++].rules = load_set(STABLE, argv[2], argv[3]);
        set[sets].falco_ns = 2286;
        set[sets++].rules = load_set(UPSTREAM, argv[2], argv[3]);
        set[sets++].rules = load_set(MANY, argv[2], argv[3]);
    }
    recording_open(&recording, argv[1]);
    say_stream(&recording);
    measure_rules(&recording, set, sets, &report);
    measure_finding(&recording, &report);
    measure_instructions(argv, &recording, set, sets, &report);
    for (size_t i = 0; i < sets; i++)
        unload(&set[i].rules);
    recording_close(&recording);
    report_print(&report, json);
    return 0;
}
