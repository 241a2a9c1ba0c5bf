/* However many lanes there are: the same findings, byte by byte, in the same order. The stream is
 * made up: processes that fork, start programs, open files and end, with children that outlive
 * their parents and events of processes that nobody has heard of. */
#include "../test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/crew.h"
#include "app/pipeline.h"
#include "app/spool.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "capture/wire_check.h"
#include "enrich/tables.h"
#include "lang/falco/ruleset.h"
#include "match/engine.h"
#include "match/finding.h"

enum { RECORDS = 8000, ALIVE_MAX = 64, WORKERS_MAX = 8 };

static const char rules[] =
    "- list: shells\n  items: [sh, bash]\n"
    "- rule: shell reads\n  desc: d\n  priority: INFO\n  tags: [a]\n"
    "  output: \"%proc.name %proc.cmdline %proc.pname %proc.aname[2] %fd.name\"\n"
    "  condition: evt.type = openat and proc.name in (shells) and fd.name startswith /etc\n"
    "- rule: below a web server\n  desc: d\n  priority: INFO\n  output: \"%proc.aname %proc.name\"\n"
    "  condition: evt.type in (openat, execve) and proc.aname = nginx and proc.name != nginx\n"
    "- rule: ends\n  desc: d\n  priority: INFO\n  output: \"%proc.name %evt.num\"\n"
    "  condition: evt.type = procexit and proc.pname = sh\n"
    "- rule: unknown\n  desc: d\n  priority: INFO\n  output: \"%evt.num\"\n"
    "  condition: evt.type = openat and not proc.name exists and fd.name = /etc/shadow\n";

static const char *const names[] = {"sh", "bash", "cat", "nginx", "make", "cc1"};
static const char *const paths[] = {"/etc/passwd", "/etc/shadow", "/tmp/x", "/usr/lib/libc.so.6"};
static const struct finding_place place = {
    .hostname = "n1", .node = "n1", .cluster = "", .link = ""};

/* ------------------------------------------------------------------------------------ the stream
 */

struct alive {
    uint32_t pid, ppid;
    uint64_t start_ns, parent_start_ns;
};

struct stream {
    struct buf bytes;
    uint64_t random, now;
    uint32_t next_pid;
    struct alive alive[ALIVE_MAX];
    uint32_t alive_count, records;
};

static uint32_t below(struct stream *s, uint32_t limit)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return (uint32_t)(s->random >> 20) % limit;
}

static void put(struct stream *s, struct wire_header *record, size_t fixed, struct sv text)
{
    static const char zeros[8];
    size_t size = (fixed + text.len + 7) / 8 * 8;

    record->size = (uint32_t)size;
    record->time_ns = s->now += 1000;
    buf_bytes(&s->bytes, record, fixed);
    buf_sv(&s->bytes, text);
    buf_bytes(&s->bytes, zeros, size - fixed - text.len);
    s->records++;
}

static struct wire_header head_of(enum wire_kind kind, const struct alive *who)
{
    return (struct wire_header){
        .kind = kind, .pid = who->pid, .tid = who->pid, .start_ns = who->start_ns};
}

static struct wire_task task_of(struct stream *s, const struct alive *who)
{
    struct wire_task task = {.start_ns = who->start_ns,
                             .parent_start_ns = who->parent_start_ns,
                             .pid = who->pid,
                             .ppid = who->ppid,
                             .vpid = who->pid,
                             .vppid = who->ppid,
                             .sid = 1,
                             .pgid = 1,
                             .threads = 1,
                             .creds = {.euid = below(s, 2), .login_uid = UINT32_MAX}};

    (void)snprintf(task.comm, sizeof(task.comm), "%s", names[below(s, ARRAY_LEN(names))]);
    return task;
}

static void fork_one(struct stream *s)
{
    if (s->alive_count == ALIVE_MAX)
        return;
    struct alive *child = &s->alive[s->alive_count];
    const struct alive *parent =
        s->alive_count == 0 ? &(struct alive){.pid = 1} : &s->alive[below(s, s->alive_count)];
    *child = (struct alive){.pid = s->next_pid++,
                            .ppid = parent->pid,
                            .start_ns = s->now,
                            .parent_start_ns = parent->start_ns};
    s->alive_count++;
    struct wire_task_record record = {.hdr = head_of(WIRE_FORK, child), .task = task_of(s, child)};
    put(s, &record.hdr, sizeof(record), SV(""));
}

static void exec_one(struct stream *s, const struct alive *who)
{
    struct wire_exec record = {.hdr = head_of(WIRE_EXEC, who), .task = task_of(s, who)};
    char text[64];
    int path = snprintf(text, sizeof(text), "/bin/%.15s", record.task.comm);
    int all =
        path + snprintf(text + path, sizeof(text) - (size_t)path, "%s%c-%u", "a", 0, below(s, 9));

    record.call = WIRE_CALL_EXECVE;
    record.path_len = (uint16_t)path;
    record.args_len = (uint16_t)(all - path + 1);
    put(s, &record.hdr, sizeof(record), (struct sv){text, (size_t)all + 1});
}

static void exit_one(struct stream *s, uint32_t index)
{
    struct wire_exit record = {.hdr = head_of(WIRE_EXIT, &s->alive[index]), .reaper_pid = 1};

    put(s, &record.hdr, sizeof(record), SV(""));
    s->alive[index] = s->alive[--s->alive_count];
}

static void open_one(struct stream *s, const struct alive *who)
{
    struct sv path = sv(paths[below(s, ARRAY_LEN(paths))]);
    struct wire_open record = {.hdr = head_of(WIRE_OPEN, who),
                               .result = 3,
                               .flags = O_RDONLY,
                               .file_mode = 0100644,
                               .dirfd = AT_FDCWD,
                               .call = WIRE_CALL_OPENAT,
                               .path_len = (uint16_t)path.len};

    put(s, &record.hdr, sizeof(record), path);
}

static void step(struct stream *s)
{
    const struct alive stranger = {.pid = 90000 + below(s, 50), .start_ns = 7};
    uint32_t choice = below(s, 100);

    if (s->alive_count < 4 || choice < 8)
        fork_one(s);
    else if (choice < 14)
        exec_one(s, &s->alive[below(s, s->alive_count)]);
    else if (choice < 21)
        exit_one(s, below(s, s->alive_count));
    else if (choice < 24)
        open_one(s, &stranger);
    else
        open_one(s, &s->alive[below(s, s->alive_count)]);
}

static struct stream stream_make(void)
{
    struct stream s = {.random = 0x9e3779b97f4a7c15, .now = 1000000, .next_pid = 100};

    buf_init(&s.bytes, 0);
    while (s.records < RECORDS)
        step(&s);
    assert_int_equal(s.bytes.error, 0);
    return s;
}

/* ----------------------------------------------------------------------------------------- lanes
 */

struct fixture {
    struct ruleset *set;
    struct stream stream;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->set = ruleset_new();
    if (ruleset_load_text(f->set, "t.yaml", sv(rules)) < 0 || ruleset_compile(f->set) < 0)
        TEST_FAIL("%s", ruleset_diags(f->set)->item[0].message);
    f->stream = stream_make();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    ruleset_free(f->set);
    buf_done(&f->stream.bytes);
    free(f);
    return 0;
}

static void on_found(void *ctx, const struct rule *rule, struct sv json)
{
    struct buf *out = ctx;

    buf_printf(out, "%s ", rule->name);
    buf_sv(out, json);
    buf_char(out, '\n');
}

struct team {
    struct tables *tables[WORKERS_MAX];
    struct engine *engine[WORKERS_MAX];
    struct lane_parts parts[WORKERS_MAX];
    uint32_t count;
};

static void team_make(struct team *team, const struct ruleset *set, uint32_t count)
{
    const struct engine_options options = {.source = SOURCE_SYSCALL,
                                           .matching = MATCH_ALL,
                                           .priority_max = PRIORITY_DEBUG,
                                           .profile = true};
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

static void feed(const struct stream *stream, void (*record)(void *ctx, const struct wire_header *),
                 void *ctx)
{
    for (size_t at = 0; at < stream->bytes.len;) {
        const struct wire_header *head =
            (const struct wire_header *)(const void *)(stream->bytes.ptr + at);
        if (at == 0)
            CHECK(wire_check(head, head->size));
        record(ctx, head);
        at += head->size;
    }
}

static void to_lane(void *ctx, const struct wire_header *record)
{
    lane_record(ctx, record);
}

/* Flushes at odd times: batches of every size. */
struct feeder {
    struct crew *crew;
    uint32_t until_flush, next;
};

static void to_crew(void *ctx, const struct wire_header *record)
{
    struct feeder *feeder = ctx;

    crew_record(feeder->crew, record);
    if (--feeder->until_flush > 0)
        return;
    crew_flush(feeder->crew);
    feeder->until_flush = feeder->next = feeder->next * 3 % 9973 + 1;
}

static void same_findings(void **state)
{
    const struct fixture *f = *state;
    static const uint32_t counts[] = {1, 2, 3, 4, 8};
    scoped(buf_done) struct buf alone = {0};
    struct team team;

    team_make(&team, f->set, 1);
    struct lane *lane = lane_new(team.parts, on_found, &alone);
    feed(&f->stream, to_lane, lane);
    struct lane_counts whole = lane_counts(lane);
    CHECK(sv_count(buf_view(&alone), '\n') > 500);
    lane_free(lane);
    team_done(&team);
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        scoped(buf_done) struct buf found = {0};
        struct feeder feeder = {.until_flush = 1, .next = 1};
        struct err err = {0};
        uint64_t events = 0;
        char row[32];

        (void)snprintf(row, sizeof(row), "%u workers", counts[i]);
        test_row(row);
        team_make(&team, f->set, counts[i]);
        assert_int_equal(crew_new(team.parts, counts[i], on_found, &found, &feeder.crew, &err), 0);
        feed(&f->stream, to_crew, &feeder);
        crew_flush(feeder.crew);
        for (uint32_t k = 0; k < counts[i]; k++) {
            struct lane_counts share = lane_counts(crew_lane(feeder.crew, k));
            CHECK(share.events > 0);
            CHECK_INT(share.changes, whole.changes);
            events += share.events;
        }
        CHECK_INT(events, whole.events);
        CHECK_INT(found.len, alone.len);
        CHECK(memcmp(found.ptr, alone.ptr, alone.len) == 0);
        crew_free(feeder.crew);
        team_done(&team);
    }
}

/* A crew that is fed nothing, and one that ends with nothing to wait for. */
static void idle(void **state)
{
    const struct fixture *f = *state;
    scoped(buf_done) struct buf found = {0};
    struct crew *crew = NULL;
    struct err err = {0};
    struct team team;

    team_make(&team, f->set, 2);
    assert_int_equal(crew_new(team.parts, 2, on_found, &found, &crew, &err), 0);
    crew_flush(crew);
    crew_flush(crew);
    CHECK_INT(found.len, 0);
    crew_free(crew);
    team_done(&team);
}

/* ---------------------------------------------------------------------------------- the pipeline
 */

static void remove_dir(const char *dir)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct file_list list = {0};

    assert_int_equal(file_list(dir, NULL, arena, &list, NULL), 0);
    for (size_t i = 0; i < list.count; i++)
        (void)unlink(list.path[i].ptr);
    (void)rmdir(dir);
}

/* What is in the spool after the stream went through, with the engines changed on the way. */
static void through_pipeline(const struct fixture *f, uint32_t workers, struct buf *out)
{
    char dir[] = "/tmp/tiercel-crew-XXXXXX";
    struct finding_place where = place;
    struct team first, second;
    struct pipeline *pipeline = NULL;
    struct spool *spool = NULL;
    scoped(buf_done) struct buf record = {0};
    struct err err = {0};
    uint64_t sequence = 0;

    assert_non_null(mkdtemp(dir));
    assert_int_equal(spool_open(dir, 64 << 20, &spool, &err), 0);
    team_make(&first, f->set, workers);
    team_make(&second, f->set, workers);
    struct pipeline_parts parts = {.workers = workers,
                                   .tables = first.tables,
                                   .engine = first.engine,
                                   .spool = spool,
                                   .place = &where};
    assert_int_equal(pipeline_new(&parts, &pipeline, &err), 0);
    feed(&f->stream, pipeline_record, pipeline);
    pipeline_set_engines(pipeline, second.engine);
    feed(&f->stream, pipeline_record, pipeline);
    pipeline_flush(pipeline);
    CHECK_INT(pipeline_counts(pipeline).lost, 0);
    CHECK_INT(pipeline_counts(pipeline).findings, spool_waiting(spool));
    while (spool_next(spool, &record, &sequence, &err) == 0) {
        struct sv json = buf_view(&record);
        size_t rule = sv_find(json, SV("\"rule\":"), 0);
        buf_sv(out, sv_sub(json, rule, 40)); /* times differ: they hang on the clock */
        size_t fields = sv_find(json, SV("\"output_fields\""), 0);
        buf_sv(out, sv_sub(json, fields, sv_find(json, SV("evt.time.iso8601"), 0) - fields));
        buf_char(out, '\n');
    }
    pipeline_free(pipeline);
    spool_ack(spool, sequence);
    spool_close(spool);
    team_done(&first);
    team_done(&second);
    remove_dir(dir);
}

static void same_spool(void **state)
{
    const struct fixture *f = *state;
    scoped(buf_done) struct buf one = {0};
    scoped(buf_done) struct buf three = {0};

    through_pipeline(f, 1, &one);
    through_pipeline(f, 3, &three);
    CHECK(sv_count(buf_view(&one), '\n') > 1000);
    CHECK_INT(one.len, three.len);
    CHECK(memcmp(one.ptr, three.ptr, one.len) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(same_findings, setup, teardown),
        cmocka_unit_test_setup_teardown(idle, setup, teardown),
        cmocka_unit_test_setup_teardown(same_spool, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
