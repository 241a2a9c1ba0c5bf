/* A recording run again says, of every event, in every field and every finding, what the sensor
 * said at the time: byte for byte. The recorder runs beside the rules, on the records of this
 * kernel. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/capture_ring.h"
#include "app/capture_start.h"
#include "app/recorder.h"
#include "app/rerun.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "capture/scap_blocks.h"
#include "decode/wire.h"
#include "enrich/tables.h"
#include "event/field.h"
#include "match/engine.h"
#include "match/finding.h"
#include "tests/unit/capture/sensor.h"
#include "tests/unit/test.h"

enum { SCRATCH_BLOCK = 65536, QUIET_MS = 60, TEXT_MAX = 256 << 20 };

static struct sensor sensor;
static const char *rules_path;

/* What was said of the events, one after the other. */
struct said {
    struct buf text;
    struct engine *engine;
    const struct finding_place *place;
    size_t events, findings;
};

struct live {
    struct wire_decoder decoder;
    struct tables *tables;
    struct recorder *recorder;
    struct capture_ring *ring;
    struct finding_place place;
    struct arena *scratch;
    struct event event;
    struct change change;
    struct buf file;
    struct said said;
};

static void on_match(void *ctx, const struct rule *rule, const struct event *event)
{
    struct said *said = ctx;
    scoped(buf_done) struct buf json = {0};

    CHECK_INT(finding_make(&json, said->place, rule, event), 0);
    buf_sv(&said->text, buf_view(&json));
    buf_char(&said->text, '\n');
    said->findings++;
}

/* Every field that takes no argument, then the findings. */
static void say(struct said *said, const struct event *event)
{
    struct json_writer w = json_writer_on(&said->text);

    json_object_begin(&w);
    for (uint32_t i = 0; i < field_count(); i++) {
        struct field_ref ref = {.field = field_at(i), .index = -1};
        if ((ref.field->sources & (1u << SOURCE_SYSCALL)) == 0 ||
            (ref.field->arg != FIELD_ARG_NONE && ref.field->arg != FIELD_ARG_INDEX_OR_NONE &&
             ref.field->arg != FIELD_ARG_KEY_OR_NONE && ref.field->arg != FIELD_ARG_ANY_OR_NONE))
            continue;
        json_key(&w, ref.field->name);
        field_json(&w, event, &ref);
    }
    json_object_end(&w);
    buf_char(&said->text, '\n');
    said->events++;
    (void)engine_run(said->engine, event, on_match, said);
}

static void on_blocks(void *ctx, struct sv blocks)
{
    struct live *live = ctx;

    buf_sv(&live->file, blocks);
    capture_ring_put(live->ring, blocks);
}

static void on_record(void *ctx, const struct wire_header *record)
{
    struct live *live = ctx;
    const struct event *event = NULL;
    enum wire_outcome outcome =
        wire_decode(&live->decoder, record, live->scratch, &live->event, &live->change);

    if (live->change.kind != CHANGE_NONE)
        tables_apply(live->tables, &live->change);
    if (outcome == WIRE_EVENT) {
        live->event.process = tables_find(live->tables, record->pid, record->start_ns);
        event = &live->event;
        say(&live->said, event);
    }
    if (live->recorder != NULL)
        recorder_take(live->recorder, record, event);
    tables_settle(live->tables);
    arena_reset(live->scratch);
}

static void drain(struct live *live)
{
    struct pollfd ready = {.fd = kernel_ring_fd(sensor.ring), .events = POLLIN};

    while (poll(&ready, 1, QUIET_MS) > 0)
        CHECK(kernel_ring_consume(sensor.ring, 0, on_record, live, NULL) >= 0);
}

static void live_init(struct live *live, struct engine *engine)
{
    const struct tables_options options = {.proc_root = "/proc", .host_root = ""};

    *live = (struct live){.place = {.hostname = "host", .node = "node", .cluster = "c", .link = ""},
                          .scratch = arena_new(SCRATCH_BLOCK),
                          .said = {.engine = engine}};
    live->decoder.boot_offset_ns = live->place.boot_offset_ns = clock_boot_offset_ns();
    live->said.place = &live->place;
    live->tables = tables_new(&options);
    buf_init(&live->file, TEXT_MAX);
    buf_init(&live->said.text, TEXT_MAX);
}

static void start_recording(struct live *live)
{
    const struct capture_start start = {
        .tables = live->tables, .place = &live->place, .host_root = ""};

    capture_start_put(&start, &live->file);
    live->ring = capture_ring_new(CAPTURE_RING_MIN, live->tables, &live->place, "");
    live->recorder = recorder_new(&(struct recorder_parts){
        .tables = live->tables, .place = &live->place, .put = on_blocks, .ctx = live});
}

static void live_done(struct live *live)
{
    recorder_free(live->recorder);
    capture_ring_free(live->ring);
    tables_free(live->tables);
    arena_free(live->scratch);
    buf_done(&live->file);
    buf_done(&live->said.text);
}

/* --- running again ---------------------------------------------------------------------------- */

static void on_event(void *ctx, const struct event *event)
{
    say(ctx, event);
}

static void run_again(struct sv file, struct said *said)
{
    struct rerun *rerun = rerun_new(&(struct rerun_parts){.on_event = on_event, .ctx = said});
    size_t ours = 0;
    uint32_t type;
    struct sv body;

    said->place = rerun_place(rerun);
    while (scap_block_next(&file, &type, &body)) {
        if (type == SCAP_BLOCK_OURS)
            ours += rerun_take(rerun, body);
        if (type == SCAP_BLOCK_EVENT)
            (void)rerun_take(rerun, scap_carried(body));
    }
    CHECK_INT(file.len, 0);
    CHECK_INT(ours, 1);
    CHECK_INT(rerun_counts(rerun).odd, 0);
    rerun_free(rerun);
}

/* The first line that differs, for a person. */
static void check_same(struct sv live, struct sv again)
{
    size_t line = 1;

    while (live.len > 0 || again.len > 0) {
        struct sv one = sv_split(&live, '\n');
        struct sv other = sv_split(&again, '\n');
        if (sv_eq(one, other)) {
            line++;
            continue;
        }
        size_t at = 0;
        while (at < one.len && at < other.len && one.ptr[at] == other.ptr[at])
            at++;
        size_t from = at < 80 ? 0 : at - 80;
        TEST_FAIL("line %zu differs:\n  live  ...%.*s\n  again ...%.*s", line,
                  SV_ARG(sv_sub(one, from, 200)), SV_ARG(sv_sub(other, from, 200)));
    }
}

/* --- what happens ----------------------------------------------------------------------------- */

static int do_things(void *ctx)
{
    const struct sockaddr_in nobody = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    char path[PATH_MAX], other[PATH_MAX];
    int status = 0;

    sensor_path(&sensor, "a", path);
    sensor_path(&sensor, "b", other);
    int fd = open(path, O_CREAT | O_WRONLY, 0640);
    (void)fchmod(fd, 0600);
    (void)close(fd);
    (void)rename(path, other);
    (void)unlink(other);
    (void)open("/nonexistent", O_RDONLY);
    if (chdir(sensor.dir) != 0)
        return 1;
    (void)open("c", O_CREAT | O_WRONLY, 0600);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    (void)connect(fd, (const struct sockaddr *)&nobody, sizeof(nobody));
    for (int i = 0; i < 3; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            const char *const args[] = {"sh", "-c",
                                        "cat /etc/hostname /etc/shadow; (true; ls /) & wait", NULL};
            const char *const env[] = {"PATH=/usr/bin:/bin", "A=b", NULL};
            int null = open("/dev/null", O_WRONLY);
            (void)dup2(null, 1);
            (void)dup2(null, 2);
            (void)syscall(SYS_execve, "/bin/sh", args, env);
            _exit(1);
        }
        (void)waitpid(pid, &status, 0);
    }
    (void)unlink("c");
    return 0;
}

/* The ring holds the end of it, and the processes as they were when that began. */
static void check_ring(struct live *live, struct engine *engine)
{
    scoped(buf_done) struct buf file = {0};
    struct sv all = buf_view(&live->said.text);
    struct said again = {.engine = engine};
    char path[PATH_MAX];

    sensor_path(&sensor, "ring.scap", path);
    CHECK_INT(capture_ring_save(live->ring, path, false, NULL), 0);
    CHECK_INT(capture_ring_save(live->ring, path, false, NULL), -EEXIST);
    CHECK_INT(file_read(path, TEXT_MAX, &file, NULL), 0);
    CHECK_INT(unlink(path), 0);
    CHECK(capture_ring_counts(live->ring).evicted > 0);
    CHECK(capture_ring_counts(live->ring).held_bytes <= CAPTURE_RING_MIN);
    buf_init(&again.text, TEXT_MAX);
    run_again(buf_view(&file), &again);
    print_message("the ring: %zu events, %zu findings\n", again.events, again.findings);
    CHECK(again.events > 10 && again.events < live->said.events);
    check_same(sv_sub(all, all.len - again.text.len, all.len), buf_view(&again.text));
    buf_done(&again.text);
}

static const char rules_text[] =
    "- rule: Everything\n"
    "  desc: of the test\n"
    "  condition: evt.num > 0\n"
    "  output: \"%evt.num %evt.args %proc.aname[2] %proc.env[A] %evt.arg.flags\"\n"
    "  priority: DEBUG\n"
    "- rule: Opened\n"
    "  desc: of the test\n"
    "  condition: fd.name startswith /etc and user.name != x\n"
    "  output: \"%proc.pcmdline %user.name %group.name %proc.cwd\"\n"
    "  priority: ERROR\n";

static void test_same(void **state)
{
    const struct engine_options options = {
        .source = SOURCE_SYSCALL, .matching = MATCH_ALL, .priority_max = PRIORITY_DEBUG};
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    struct live live;
    struct said again = {0};

    (void)state;
    CHECK_INT(ruleset_load_path(set, rules_path, NULL), 0);
    CHECK_INT(ruleset_load_text(set, "test", sv(rules_text)), 0);
    CHECK_INT(ruleset_compile(set), 0);
    scoped(engine_free) struct engine *engine = engine_new(set, &options);
    scoped(engine_free) struct engine *other = engine_new(set, &options);

    live_init(&live, engine);
    CHECK_INT(kernel_ring_snapshot(sensor.ring, on_record, &live, NULL), 0);
    start_recording(&live);
    for (int round = 0; round < 3; round++) {
        pid_t pid = sensor_start(&sensor, NULL, do_things, NULL);
        drain(&live);
        sensor_wait(pid, 0);
        drain(&live);
    }
    recorder_flush(live.recorder);
    again.engine = other;
    buf_init(&again.text, TEXT_MAX);
    run_again(buf_view(&live.file), &again);
    print_message("%zu events, %zu findings, %zu bytes of capture\n", live.said.events,
                  live.said.findings, live.file.len);
    CHECK(live.said.events > 50);
    CHECK(live.said.findings > live.said.events);
    check_same(buf_view(&live.said.text), buf_view(&again.text));
    CHECK_INT(again.findings, live.said.findings);
    buf_done(&again.text);
    check_ring(&live, other);
    live_done(&live);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same)};

    if (argc < 3)
        return 2;
    rules_path = argv[2];
    sensor_begin(&sensor, argv[1], NULL);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    sensor_end(&sensor);
    return rc;
}
