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
    POOL = 20000,
    RECORD_BYTES = 610,
};

#define JOB_DIGITS "JJJJJJJJJJJJJJJJ"
#define OUT_DIGITS "OOOOOOOO"
#define OUT_MASK 0x3fffffffu

#define START_NS (1800000000ULL * CLOCK_NS)
#define DAY_NS (86400ULL * CLOCK_NS)

/* Records are made beforehand; what must differ in each is written over when one is taken. */
struct template
{
    struct sv text;
    size_t job_at, out_at; /* sixteen and eight hexadecimal digits */
};

struct pool {
    struct template record[POOL];
    struct buf text;
};

struct maker {
    struct pool *pool;
    struct random random;
    uint64_t n, step_ns;
    char id[17];
};

static unsigned pod_of(struct random *random)
{
    return random_chance(random, 50) ? random_below(random, PODS / 50) : random_below(random, PODS);
}

static void put_hex(char *out, uint64_t number, int digits)
{
    static const char digit[] = "0123456789abcdef";

    for (int i = digits - 1; i >= 0; i--, number >>= 4)
        out[i] = digit[number & 15];
}

static void write_record(struct buf *out, struct random *random, unsigned pod)
{
    size_t start = out->len;

    buf_printf(out,
               "{\"hostname\":\"node-%u\",\"priority\":\"%s\",\"rule\":\"rule number %u\","
               "\"source\":\"syscall\",\"output_fields\":{\"container.id\":"
               "\"%012llx\",\"container.image.repository\":\"registry.example/team-%u/app-%u\","
               "\"k8s.ns.name\":\"namespace-%u\",\"k8s.pod.name\":\"pod-%u\",\"proc.cmdline\":"
               "\"sh -c curl -s http://10.%u.%u.%u:8080/job/%s | tee /tmp/out-%s\","
               "\"proc.name\":\"sh\",\"proc.pname\":\"runc\",\"user.name\":\"user-%u\","
               "\"fd.name\":\"10.0.%u.%u:%u->10.1.0.1:443\",\"evt.type\":\"execve\"},\"tags\":["
               "\"container\",\"shell\",\"mitre_execution\",\"T1059\"]",
               pod % 50, pod % 3 == 0 ? "Warning" : "Notice", random_below(random, 40),
               (unsigned long long)pod * 0x9e3779b1, pod % 7, pod % 60, pod % 60, pod,
               random_below(random, 256), random_below(random, 256), random_below(random, 256),
               JOB_DIGITS, OUT_DIGITS, random_below(random, 300), pod % 256,
               random_below(random, 256), 1024 + random_below(random, 60000));
    while (out->len - start < RECORD_BYTES - 1)
        buf_char(out, ' ');
    buf_char(out, '}');
}

static struct pool *pool_new(void)
{
    struct pool *pool = xcalloc(1, sizeof(*pool));
    struct random random = {1};
    size_t start[POOL + 1];

    for (int i = 0; i < POOL; i++) {
        start[i] = pool->text.len;
        write_record(&pool->text, &random, pod_of(&random));
    }
    start[POOL] = pool->text.len;
    for (int i = 0; i < POOL; i++) {
        struct sv text = sv_sub(buf_view(&pool->text), start[i], start[i + 1] - start[i]);
        pool->record[i] = (struct template){
            .text = text,
            .job_at = sv_find(text, SV(JOB_DIGITS), 0),
            .out_at = sv_find(text, SV(OUT_DIGITS), 0),
        };
    }
    return pool;
}

static void pool_free(struct pool *pool)
{
    buf_done(&pool->text);
    free(pool);
}

static struct store_evidence make(struct maker *maker)
{
    const struct template *record = &maker->pool->record[random_below(&maker->random, POOL)];
    char *text = (char *)(uintptr_t)record->text.ptr;
    uint64_t n = maker->n++;
    uint64_t number = random_next(&maker->random);

    put_hex(text + record->job_at, number, sizeof(JOB_DIGITS) - 1);
    put_hex(text + record->out_at, number >> 7 & OUT_MASK, sizeof(OUT_DIGITS) - 1);
    put_hex(maker->id, n, sizeof(maker->id) - 1);
    return (struct store_evidence){
        .time_ns = START_NS + n * maker->step_ns,
        .arrival_ns = START_NS + n * maker->step_ns,
        .source = 1,
        .id = {maker->id, sizeof(maker->id) - 1},
        .json = record->text,
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

static double append_and_sync(struct pool *pool, const char *dir, uint64_t count)
{
    struct maker maker = {.pool = pool, .random = {1}, .step_ns = 1000};
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

static void measure_intake(struct report *report, struct pool *pool, const char *dir)
{
    struct report_row *evidence =
        report_add(report, "evidence, 1000 a commit", "records/s", "store", "append+fdatasync");
    struct report_row *findings =
        report_add(report, "findings, 1000 a commit", "records/s", "store", "append+fdatasync");

    for (int round = 0; round < ROUNDS; round++) {
        scoped(buf_done) struct buf path = {0};
        scoped(store_close) struct store *store = NULL;
        struct maker maker = {.pool = pool, .random = {1}, .step_ns = 1000};
        struct err err;

        buf_printf(&path, "%s/round-%d.db", dir, round);
        if (store_open(buf_cstr(&path), &store, &err) < 0)
            fail(&err);
        report_limit(evidence, ROUND_RECORDS / append_and_sync(pool, dir, ROUND_RECORDS));
        uint64_t start = clock_mono_ns();
        fill(store, &maker, ROUND_RECORDS, false);
        report_ours(evidence, ROUND_RECORDS / seconds_since(start));
        report_limit(findings, ROUND_FINDINGS / append_and_sync(pool, dir, ROUND_FINDINGS));
        report_ours(findings, ROUND_FINDINGS / append_findings(store, &maker, ROUND_FINDINGS));
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
        (void)snprintf(needle, sizeof(needle), "out-%08x", random_below(random, 1 << 30));
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

static void measure_full(struct report *report, struct pool *pool, const char *dir, uint64_t count)
{
    scoped(buf_done) struct buf path = {0};
    scoped(store_close) struct store *store = NULL;
    struct maker maker = {.pool = pool, .random = {3}, .step_ns = DAYS * DAY_NS / count};
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
    store_close(take(store));
    if (store_open_to_read(buf_cstr(&path), &store, &err) < 0) /* as tiercel query does */
        fail(&err);
    measure_answers(report, store, START_NS + DAYS * DAY_NS);
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
    struct pool *pool = pool_new();
    measure_intake(&report, pool, dir);
    measure_full(&report, pool, dir, count);
    pool_free(pool);
    report_print(&report, json);
    remove_dir(dir);
    return 0;
}
