/* tests/bench/bench_store.c - what the store takes in and how fast it answers.
 *
 *     bench_store [RECORDS] [--json]
 *
 * Records are like alerts of a runtime sensor: 610 bytes of JSON, thirty days, sixty namespaces,
 * five thousand pods of which some are busy, three hundred users. Both sides of the first rows
 * write the same bytes in batches of a thousand: the store durably, the limit as append and
 * fdatasync. Then the store is filled with RECORDS (default five million) and asked. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "report.h"
#include "store/store.h"
#include "tests/differential/random.h"

enum {
    BATCH = 1000,
    ROUNDS = 5,
    ROUND_RECORDS = 100000,
    ROUND_FINDINGS = 20000,
    FILL_DEFAULT = 5000000,
    QUESTIONS = 200,
    PODS = 5000,
    DAYS = 30,
};

#define START_NS (1800000000ULL * CLOCK_NS)
#define DAY_NS (86400ULL * CLOCK_NS)

struct maker {
    struct random random;
    uint64_t n, step_ns;
    struct buf text;
    char id[32];
};

static unsigned pod_of(struct random *random)
{
    return random_chance(random, 50) ? random_below(random, PODS / 50) : random_below(random, PODS);
}

static struct store_evidence make(struct maker *maker)
{
    struct random *random = &maker->random;
    uint64_t n = maker->n++;
    unsigned pod = pod_of(random);
    uint64_t time_ns = START_NS + n * maker->step_ns;

    buf_reset(&maker->text);
    buf_printf(&maker->text,
               "{\"hostname\":\"node-%u\",\"priority\":\"%s\",\"rule\":\"rule number %u\","
               "\"source\":\"syscall\",\"time\":%llu,\"output_fields\":{\"container.id\":"
               "\"%012llx\",\"container.image.repository\":\"registry.example/team-%u/app-%u\","
               "\"k8s.ns.name\":\"namespace-%u\",\"k8s.pod.name\":\"pod-%u\",\"proc.cmdline\":"
               "\"sh -c curl -s http://10.%u.%u.%u:8080/job/%llx | tee /tmp/out-%x\","
               "\"proc.name\":\"sh\",\"proc.pname\":\"runc\",\"user.name\":\"user-%u\","
               "\"fd.name\":\"10.0.%u.%u:%u->10.1.0.1:443\",\"evt.type\":\"execve\"},\"tags\":["
               "\"container\",\"shell\",\"mitre_execution\",\"T1059\"]",
               pod % 50, pod % 3 == 0 ? "Warning" : "Notice", random_below(random, 40),
               (unsigned long long)time_ns, (unsigned long long)pod * 0x9e3779b1, pod % 60, pod % 7,
               pod % 60, pod, random_below(random, 256), random_below(random, 256),
               random_below(random, 256), (unsigned long long)random_next(random),
               random_below(random, 1 << 30), random_below(random, 300), pod % 256,
               random_below(random, 256), 1024 + random_below(random, 60000));
    while (maker->text.len < 608)
        buf_char(&maker->text, ' ');
    buf_char(&maker->text, '}');
    (void)snprintf(maker->id, sizeof(maker->id), "%016llx", (unsigned long long)n);
    return (struct store_evidence){
        .time_ns = time_ns,
        .arrival_ns = time_ns,
        .source = 1,
        .id = sv(maker->id),
        .json = buf_view(&maker->text),
    };
}

_Noreturn static void fail(const struct err *err)
{
    (void)fprintf(stderr, "bench_store: %s\n", err->text);
    exit(1);
}

static double seconds_since(uint64_t start_ns)
{
    return (double)(clock_mono_ns() - start_ns) / (double)CLOCK_NS;
}

/* --- taking in ------------------------------------------------------------------------------- */

static void fill(struct store *store, struct maker *maker, uint64_t count, bool progress)
{
    struct err err;

    for (uint64_t i = 0; i < count; i++) {
        struct store_evidence evidence = make(maker);
        if (store_append_evidence(store, &evidence, &err) < 0 ||
            (i % BATCH == BATCH - 1 && store_commit(store, &err) < 0))
            fail(&err);
        if (progress && isatty(STDERR_FILENO) && i % 100000 == 0)
            (void)fprintf(stderr, "\rfilling: %llu of %llu ", (unsigned long long)i,
                          (unsigned long long)count);
    }
    if (store_commit(store, &err) < 0)
        fail(&err);
}

/* Records a second, what the making of them costs taken off. */
static double rate_of(uint64_t count, double seconds, double making)
{
    return (double)count / (seconds > making ? seconds - making : seconds);
}

static double making_seconds(uint64_t count)
{
    struct maker maker = {.random = {1}, .step_ns = 1000};
    uint64_t start = clock_mono_ns();

    for (uint64_t i = 0; i < count; i++)
        (void)make(&maker);
    buf_done(&maker.text);
    return seconds_since(start);
}

static double append_and_sync(const char *dir, uint64_t count)
{
    struct maker maker = {.random = {1}, .step_ns = 1000};
    scoped(buf_done) struct buf path = {0};
    scoped(buf_done) struct buf batch = {0};
    struct err err;

    buf_printf(&path, "%s/raw", dir);
    scoped(fd_close) int fd = open(buf_cstr(&path), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    uint64_t start = clock_mono_ns();
    for (uint64_t i = 0; i < count; i++) {
        buf_sv(&batch, make(&maker).json);
        if (i % BATCH != BATCH - 1)
            continue;
        if (fd < 0 || file_write_all(fd, buf_view(&batch), &err) < 0 || fdatasync(fd) != 0)
            exit(1);
        buf_reset(&batch);
    }
    double seconds = seconds_since(start);
    (void)unlink(buf_cstr(&path));
    buf_done(&maker.text);
    return seconds;
}

static double append_findings(struct store *store, struct maker *maker, uint64_t count)
{
    struct err err;
    uint64_t start = clock_mono_ns();

    for (uint64_t i = 0; i < count; i++) {
        struct store_evidence evidence = make(maker);
        struct store_finding finding = {
            .id = evidence.id,
            .time_ns = evidence.time_ns,
            .priority = 4,
            .rule = SV("a rule"),
            .source = SV("syscall"),
            .namespace_name = SV("namespace-1"),
            .pod_name = SV("pod-1"),
            .json = evidence.json,
        };
        if (store_append(store, &finding, &err) < 0 ||
            (i % BATCH == BATCH - 1 && store_commit(store, &err) < 0))
            fail(&err);
    }
    return seconds_since(start);
}

static void measure_intake(struct report *report, const char *dir)
{
    struct report_row *evidence =
        report_add(report, "evidence, 1000 a commit", "records/s", "store", "append+fdatasync");
    struct report_row *findings =
        report_add(report, "findings, 1000 a commit", "records/s", "store", "append+fdatasync");

    for (int round = 0; round < ROUNDS; round++) {
        scoped(buf_done) struct buf path = {0};
        scoped(store_close) struct store *store = NULL;
        struct maker maker = {.random = {1}, .step_ns = 1000};
        struct err err;
        double making = making_seconds(ROUND_RECORDS);

        buf_printf(&path, "%s/round-%d.db", dir, round);
        if (store_open(buf_cstr(&path), &store, &err) < 0)
            fail(&err);
        report_limit(evidence, rate_of(ROUND_RECORDS, append_and_sync(dir, ROUND_RECORDS), making));
        uint64_t start = clock_mono_ns();
        fill(store, &maker, ROUND_RECORDS, false);
        report_ours(evidence, rate_of(ROUND_RECORDS, seconds_since(start), making));

        making = making_seconds(ROUND_FINDINGS);
        report_limit(findings,
                     rate_of(ROUND_FINDINGS, append_and_sync(dir, ROUND_FINDINGS), making));
        report_ours(findings, rate_of(ROUND_FINDINGS,
                                      append_findings(store, &maker, ROUND_FINDINGS), making));
        buf_done(&maker.text);
    }
}

/* --- answering ------------------------------------------------------------------------------- */

struct answer {
    struct sv needle;
    uint64_t found, limit;
};

static int look_for(void *ctx, const struct store_evidence *evidence)
{
    struct answer *answer = ctx;

    answer->found += sv_find(evidence->json, answer->needle, 0) != SIZE_MAX;
    return answer->limit > 0 && answer->found == answer->limit;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

enum question { POD, USER, RARE, SUBSTRING };

/* Milliseconds of one question, at random. */
static double ask(struct store *store, struct random *random, enum question question,
                  uint64_t end_ns)
{
    char needle[64];
    struct answer answer = {0};
    uint64_t at = START_NS + random_next(random) % (end_ns - START_NS);
    struct store_evidence_query query = {.newest_first = true};
    struct err err;

    switch (question) {
    case POD:
        (void)snprintf(needle, sizeof(needle), "\"k8s.pod.name\":\"pod-%u\"", pod_of(random));
        query.from_ns = at - 900 * CLOCK_NS;
        query.to_ns = at + 900 * CLOCK_NS;
        break;
    case USER:
        (void)snprintf(needle, sizeof(needle), "\"user.name\":\"user-%u\"",
                       random_below(random, 300));
        query.from_ns = at - DAY_NS;
        query.to_ns = at;
        answer.limit = 100;
        break;
    case RARE:
        (void)snprintf(needle, sizeof(needle), "out-%x", random_below(random, 1 << 30));
        break;
    case SUBSTRING:
        (void)snprintf(needle, sizeof(needle), "zz%x", random_below(random, 1 << 30));
    }
    answer.needle = sv(needle);
    query.text = &answer.needle;
    query.text_count = question == SUBSTRING ? 0 : 1;
    uint64_t start = clock_mono_ns();
    if (store_read_evidence(store, &query, look_for, &answer, &err) < 0)
        fail(&err);
    return seconds_since(start) * 1000;
}

static void measure_answers(struct report *report, struct store *store, uint64_t end_ns)
{
    static const struct {
        const char *p50, *p99;
        enum question question;
        int times;
    } rows[] = {
        {"pod, 30 minutes, p50", "pod, 30 minutes, p99", POD, QUESTIONS},
        {"user, 24 h, newest 100, p50", "user, 24 h, newest 100, p99", USER, QUESTIONS},
        {"rare word, all, p50", "rare word, all, p99", RARE, QUESTIONS},
        {"substring, all, p50", "substring, all, p99", SUBSTRING, 3},
    };
    struct random random = {7};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double ms[QUESTIONS];
        for (int k = 0; k < rows[i].times; k++)
            ms[k] = ask(store, &random, rows[i].question, end_ns);
        qsort(ms, (size_t)rows[i].times, sizeof(*ms), by_size);
        report_ours(report_add(report, rows[i].p50, "ms", "store", NULL), ms[rows[i].times / 2]);
        report_ours(report_add(report, rows[i].p99, "ms", "store", NULL),
                    ms[rows[i].times * 99 / 100]);
    }
}

static void measure_full(struct report *report, const char *dir, uint64_t count)
{
    scoped(buf_done) struct buf path = {0};
    scoped(store_close) struct store *store = NULL;
    struct maker maker = {.random = {3}, .step_ns = DAYS * DAY_NS / count};
    struct store_evidence_counts counts;
    struct err err;

    buf_printf(&path, "%s/full.db", dir);
    if (store_open(buf_cstr(&path), &store, &err) < 0)
        fail(&err);
    uint64_t start = clock_mono_ns();
    fill(store, &maker, count, true);
    report_ours(report_add(report, "filling", "records/s", "store", NULL),
                (double)count / seconds_since(start));
    if (store_count_evidence(store, &counts, &err) < 0)
        fail(&err);
    report_ours(report_add(report, "on disk", "bytes/record", "store", NULL),
                (double)counts.bytes / (double)counts.records);
    measure_answers(report, store, START_NS + DAYS * DAY_NS);
    buf_done(&maker.text);
}

static void remove_dir(const char *dir)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    scoped(buf_done) struct buf path = {0};

    for (int round = -1; round < ROUNDS; round++) {
        for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
            buf_reset(&path);
            if (round < 0)
                buf_printf(&path, "%s/full.db%s", dir, ends[i]);
            else
                buf_printf(&path, "%s/round-%d.db%s", dir, round, ends[i]);
            (void)unlink(buf_cstr(&path));
        }
    }
    (void)rmdir(dir);
}

int main(int argc, char **argv)
{
    char dir[] = "bench-store-XXXXXX";
    struct report report = {0};
    uint64_t count = FILL_DEFAULT;
    bool json = false;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = true;
        else if (!sv_to_u64(sv(argv[i]), &count) || count == 0)
            return 2;
    }
    if (mkdtemp(dir) == NULL)
        return 1;
    measure_intake(&report, dir);
    measure_full(&report, dir, count);
    report_print(&report, json);
    remove_dir(dir);
    return 0;
}
