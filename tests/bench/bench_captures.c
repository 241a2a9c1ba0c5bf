/* tests/bench/bench_captures.c - running rules over a capture, against sysdig.
 *
 *     bench_captures TIERCEL CAPTURE RULES SHARED [--json]
 *
 * CAPTURE is recorded once by `tiercel record`, of the mixed load (load.h) with every call, and
 * kept. Rules are the upstream ones of SHARED where they are to be had, the shipped ones else.
 * sysdig has no rules, one filter only, and does not know all fields: each rule's condition, as the
 * engine has it with macros and lists put in, is offered to it, and those that it takes are joined
 * by `or`. `tiercel replay` then runs exactly these as rules, and makes a finding where sysdig
 * prints a line; it stops at the first that holds, as `or` does. The file has enter events too, as
 * sysdig wants them; upstream rules mean exits, so sysdig's filter begins with a cheap test for
 * these. Figures are processor time of the whole program, its start included; the sides take turns.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/exit_code.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "lang/falco/ruleset.h"
#include "lang/vm/plan.h"
#include "load.h"
#include "match/engine.h"
#include "report.h"
#include "scene.h"

enum {
    ROUNDS = 5,
    LENGTHS = 8,
    PATH_SIZE = 4096,
    TEXT_SIZE = 160,
    FILTER_MAX = 120 << 10, /* bytes: the kernel takes 128 KiB in one argument */
    OUTPUT_MAX = 1 << 30,
    ARGS_MAX = 16,
    COPY_BYTES = 1 << 24,
    EXIT_SKIPPED = 77,
};

#define CAPTURE_LIMIT "192M"
#define CAPTURE_SECONDS "60"
#define CAPTURE_ENOUGH ((off_t)80 << 20) /* bytes, to use a file again */
#define SYSDIG "/usr/bin/sysdig"
#define EXITS "(evt.dir=< or evt.type=procexit)"
#define NEVER "evt.cpu=4095"
/* One rule more, of ours: the load does little that upstream rules find. */
#define FOUND "(evt.type in (open, openat) and proc.name=cat and fd.name startswith /etc/)"

static const char *const upstream[] = {"falco_rules.yaml", "falco-incubating_rules.yaml",
                                       "falco-sandbox_rules.yaml", "falco-deprecated_rules.yaml"};

struct bench {
    const char *tiercel, *capture, *rules, *shared;
    char upstream[ARRAY_LEN(upstream)][PATH_SIZE]; /* "" without them */
    char same_rules[PATH_SIZE], small[PATH_SIZE], joined[PATH_SIZE];
    char output[PATH_SIZE], errors[PATH_SIZE]; /* of the programs that are run */
    struct buf filter, yaml;
    uint32_t offered, taken;
    uint64_t events;
    char name[2][TEXT_SIZE]; /* of rows */
};

struct ran {
    int status; /* the exit code */
    double seconds, mib;
    uint64_t lines;
};

static _Noreturn void give_up(const char *what)
{
    (void)fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void path_of(char *out, const char *before, const char *after)
{
    if (snprintf(out, PATH_SIZE, "%s%s", before, after) >= PATH_SIZE) {
        errno = ENAMETOOLONG;
        give_up(before);
    }
}

/* ------------------------------------------------------------------------------------ programs */

static void redirect(const char *path, int fd)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (file < 0 || dup2(file, fd) < 0)
        _exit(127);
}

static uint64_t count_lines(const char *path)
{
    scoped(buf_done) struct buf text = {0};
    uint64_t lines = 0;

    buf_init(&text, OUTPUT_MAX);
    if (file_read(path, OUTPUT_MAX, &text, NULL) < 0)
        give_up(path);
    for (struct sv rest = buf_view(&text); rest.len > 0; lines++)
        (void)sv_split(&rest, '\n');
    return lines;
}

static double seconds_of(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/* Once to its end, with its output in files. */
static struct ran run(const struct bench *bench, const char *const *args)
{
    struct rusage usage;
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        redirect(bench->output, STDOUT_FILENO);
        redirect(bench->errors, STDERR_FILENO);
        (void)execv(args[0], (char *const *)args);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
        give_up(args[0]);
    return (struct ran){
        .status = WIFEXITED(status) ? WEXITSTATUS(status) : 128,
        .seconds = seconds_of(&usage),
        .mib = (double)usage.ru_maxrss / 1024,
    };
}

static _Noreturn void refuse(const struct bench *bench, const char *program)
{
    scoped(buf_done) struct buf text = {0};

    if (file_read(bench->errors, 1 << 20, &text, NULL) == 0)
        (void)fprintf(stderr, "bench: %s failed: %s\n", program, buf_cstr(&text));
    exit(1);
}

static struct ran run_well(const struct bench *bench, const char *const *args)
{
    struct ran ran = run(bench, args);

    if (ran.status != 0)
        refuse(bench, args[0]);
    ran.lines = count_lines(bench->output);
    return ran;
}

static struct ran run_sysdig(const struct bench *bench, const char *filter)
{
    const char *const args[] = {SYSDIG, "-r", bench->capture, "-p", "%evt.num", filter, NULL};

    return run_well(bench, args);
}

static struct ran run_replay(const struct bench *bench, const char *capture, bool all)
{
    const char *args[ARGS_MAX] = {bench->tiercel, "replay", capture, "--plain-output"};
    size_t count = 4;

    for (size_t i = 0; all && bench->upstream[0][0] != '\0' && i < ARRAY_LEN(upstream); i++) {
        args[count++] = "-r";
        args[count++] = bench->upstream[i];
    }
    if (count == 4) {
        args[count++] = "-r";
        args[count++] = all ? bench->rules : bench->same_rules;
    }
    return run_well(bench, args);
}

static struct ran run_dump(const struct bench *bench, const char *condition)
{
    const char *const args[] = {bench->tiercel, "dump", bench->capture, "-p", "%evt.num",
                                condition,      NULL};

    return run_well(bench, args);
}

/* --------------------------------------------------------------------------------- the capture */

static int record(const struct bench *bench, const struct scene *scene, const char *path,
                  const sigset_t *before)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        (void)sigprocmask(SIG_SETMASK, before, NULL);
        (void)execl(bench->tiercel, "tiercel", "record", "-o", path, "--cgroup", scene->cgroup,
                    "--limit", CAPTURE_LIMIT, "--seconds", CAPTURE_SECONDS, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        give_up(bench->tiercel);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* A signal waits until the load is gone. */
static void make_capture(const struct bench *bench)
{
    char temporary[PATH_SIZE];
    pid_t pid[LOAD_COUNT];
    sigset_t ends, before;
    struct scene scene;
    struct stat stat_of;

    if (stat(bench->capture, &stat_of) == 0 && stat_of.st_size >= CAPTURE_ENOUGH)
        return;
    path_of(temporary, bench->capture, ".new");
    (void)unlink(temporary);
    (void)fprintf(stderr,
                  "bench: recording up to " CAPTURE_LIMIT ", at most " CAPTURE_SECONDS " s\n");
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &ends, &before);
    scene_init(&scene, bench->tiercel, NULL);
    load_start(&scene, pid);
    int status = record(bench, &scene, temporary, &before);
    load_stop(&scene, pid);
    scene_done(&scene);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (status == EXIT_ENVIRONMENT) {
        (void)fprintf(stderr, "bench: skipped: nothing can be recorded here\n");
        exit(EXIT_SKIPPED);
    }
    if (status != 0 || rename(temporary, bench->capture) != 0)
        give_up("record");
}

/* Its first events, to try conditions on. */
static void make_small(const struct bench *bench)
{
    const char *const args[] = {SYSDIG, "-r", bench->capture, "-n", "10", "-w", bench->small, NULL};

    (void)run_well(bench, args);
}

static void make_joined(const struct bench *bench)
{
    scoped(fd_close) int from = open(bench->capture, O_RDONLY | O_CLOEXEC);
    scoped(fd_close) int to = open(bench->joined, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    for (int i = 0; i < LENGTHS; i++) {
        ssize_t copied = 1;
        for (loff_t at = 0; copied > 0;)
            copied = copy_file_range(from, &at, to, NULL, COPY_BYTES, 0);
        if (copied < 0)
            give_up(bench->joined);
    }
}

/* --------------------------------------------------------------------------------------- rules */

static struct ruleset *load(const struct bench *bench)
{
    struct ruleset *set = ruleset_new();
    struct err err = {0};
    int rc = 0;

    if (bench->upstream[0][0] == '\0')
        rc = ruleset_load_path(set, bench->rules, &err);
    for (size_t i = 0; rc == 0 && bench->upstream[0][0] != '\0' && i < ARRAY_LEN(upstream); i++)
        rc = ruleset_load_file(set, bench->upstream[i]);
    if (rc < 0 || ruleset_compile(set) < 0) {
        (void)fprintf(stderr, "bench: the rules have errors\n");
        exit(1);
    }
    return set;
}

static bool sysdig_takes(const struct bench *bench, const char *condition)
{
    const char *const args[] = {SYSDIG, "-r", bench->small, "-n", "1", condition, NULL};

    return run(bench, args).status == 0;
}

static void join(struct bench *bench, const char *condition)
{
    buf_printf(&bench->filter, "%s%s", bench->taken == 0 ? EXITS " and (" : " or ", condition);
    buf_printf(&bench->yaml,
               "- rule: number %u\n  desc: x\n  priority: NOTICE\n  output: \"%%evt.num\"\n"
               "  condition: |-\n    %s\n",
               bench->taken++, condition);
}

static void take_rule(struct bench *bench, const struct engine *engine, uint32_t index)
{
    scoped(buf_done) struct buf condition = {0};

    plan_print(engine_plan(engine), engine_root(engine, index), &condition);
    bench->offered++;
    if (bench->filter.len + condition.len < FILTER_MAX && sysdig_takes(bench, buf_cstr(&condition)))
        join(bench, buf_cstr(&condition));
}

/* The rules are gone when it returns: what a program inherits counts as its memory. */
static void take_rules(struct bench *bench)
{
    const struct engine_options options = {SOURCE_SYSCALL, MATCH_FIRST, PRIORITY_DEBUG};
    scoped(ruleset_free) struct ruleset *set = load(bench);
    struct engine *engine = engine_new(set, &options);
    scoped(fd_close) int fd =
        open(bench->same_rules, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    for (uint32_t i = 0; i < engine_rule_count(engine); i++)
        take_rule(bench, engine, i);
    uint32_t upstream_taken = bench->taken;
    join(bench, FOUND);
    buf_char(&bench->filter, ')');
    engine_free(engine);
    if (fd < 0 || file_write_all(fd, buf_view(&bench->yaml), NULL) < 0)
        give_up(bench->same_rules);
    if (upstream_taken == 0) {
        (void)fprintf(stderr, "bench: sysdig takes none of the conditions\n");
        exit(1);
    }
    (void)fprintf(stderr,
                  "bench: sysdig takes the conditions of %u of %u enabled rules; with one of"
                  " ours, %zu bytes of filter\n",
                  upstream_taken, bench->offered, bench->filter.len);
}

/* ------------------------------------------------------------------------------------- measure */

static double speed(const struct bench *bench, double seconds)
{
    return (double)bench->events / 1000 / seconds;
}

static void measure_speed(struct bench *bench, struct report *report)
{
    (void)snprintf(bench->name[0], TEXT_SIZE, "events, the same %u rules", bench->taken);
    (void)snprintf(bench->name[1], TEXT_SIZE, "events, all %u rules", bench->offered);
    struct report_row *same =
        report_add(report, bench->name[0], "k/s", "tiercel replay", "sysdig, one filter of them");
    struct report_row *all = report_add(report, bench->name[1], "k/s", "tiercel replay",
                                        "sysdig with those that it takes");
    struct report_row *none =
        report_add(report, "events, a test that never holds", "k/s", "tiercel dump", "sysdig");
    struct report_row *lines =
        report_add(report, "found", "", "findings, first match", "lines of sysdig");
    struct report_row *memory =
        report_add(report, "peak memory, one length", "MB", "tiercel replay", "sysdig");

    for (int round = 0; round < ROUNDS; round++) {
        struct ran ours = run_replay(bench, bench->capture, false);
        struct ran theirs = run_sysdig(bench, buf_cstr(&bench->filter));
        report_ours(same, speed(bench, ours.seconds));
        report_limit(same, speed(bench, theirs.seconds));
        report_ours(lines, (double)ours.lines);
        report_limit(lines, (double)theirs.lines);
        report_ours(memory, ours.mib);
        report_limit(memory, theirs.mib);
        report_ours(all, speed(bench, run_replay(bench, bench->capture, true).seconds));
        report_limit(all, speed(bench, theirs.seconds));
        report_ours(none, speed(bench, run_dump(bench, NEVER).seconds));
        report_limit(none, speed(bench, run_sysdig(bench, NEVER).seconds));
    }
}

static void measure_memory(struct bench *bench, struct report *report)
{
    struct report_row *row = report_add(report, "peak memory, eight lengths", "MB",
                                        "tiercel replay", "tiercel replay, one length");

    make_joined(bench);
    for (int round = 0; round < 3; round++) {
        report_ours(row, run_replay(bench, bench->joined, true).mib);
        report_limit(row, run_replay(bench, bench->capture, true).mib);
    }
    (void)unlink(bench->joined);
}

static void say_capture(struct bench *bench)
{
    struct stat stat_of = {.st_size = 0};

    bench->events = run_dump(bench, "evt.num>=0").lines;
    (void)stat(bench->capture, &stat_of);
    (void)fprintf(stderr, "bench: %llu events (for sysdig, with enters, %llu), %lld MiB\n",
                  (unsigned long long)bench->events,
                  (unsigned long long)run_sysdig(bench, "evt.num>=0").lines,
                  (long long)stat_of.st_size >> 20);
}

static void name_files(struct bench *bench)
{
    path_of(bench->same_rules, bench->capture, ".rules.yaml");
    path_of(bench->small, bench->capture, ".small");
    path_of(bench->joined, bench->capture, ".joined");
    path_of(bench->output, bench->capture, ".output");
    path_of(bench->errors, bench->capture, ".errors");
    for (size_t i = 0; i < ARRAY_LEN(upstream); i++) {
        char end[TEXT_SIZE];
        (void)snprintf(end, sizeof(end), "/data/rules/falco/%s", upstream[i]);
        path_of(bench->upstream[i], bench->shared, end);
    }
    if (access(bench->upstream[0], R_OK) == 0)
        return;
    (void)fprintf(stderr, "bench: no upstream rules, the shipped ones: %s: %s\n",
                  bench->upstream[0], strerror(errno));
    bench->upstream[0][0] = '\0';
}

static void bench_done(struct bench *bench)
{
    (void)unlink(bench->same_rules);
    (void)unlink(bench->small);
    (void)unlink(bench->output);
    (void)unlink(bench->errors);
    buf_done(&bench->filter);
    buf_done(&bench->yaml);
}

int main(int argc, char **argv)
{
    bool json = argc > 5 && strcmp(argv[5], "--json") == 0;
    struct bench bench;
    struct report report = {0};

    if (argc < 5) {
        (void)fprintf(stderr, "usage: bench_captures TIERCEL CAPTURE RULES SHARED [--json]\n");
        return 2;
    }
    if (access(SYSDIG, X_OK) != 0) {
        (void)fprintf(stderr, "bench: skipped: no " SYSDIG "\n");
        return EXIT_SKIPPED;
    }
    bench =
        (struct bench){.tiercel = argv[1], .capture = argv[2], .rules = argv[3], .shared = argv[4]};
    name_files(&bench);
    make_capture(&bench);
    make_small(&bench);
    say_capture(&bench);
    take_rules(&bench);
    measure_speed(&bench, &report);
    measure_memory(&bench, &report);
    report_print(&report, json);
    bench_done(&bench);
    return 0;
}
