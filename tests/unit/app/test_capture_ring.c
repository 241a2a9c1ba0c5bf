/* Recorder, ring and rerun on records made up here; what the kernel's are is in
 * test_sensor_rerun.c.
 */
#include "app/capture_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/filter.h"
#include "app/recorder.h"
#include "app/rerun.h"
#include "app/teller.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "capture/scap_blocks.h"
#include "decode/recorded.h"
#include "decode/wire.h"
#include "enrich/tables.h"
#include "match/finding.h"
#include "tests/unit/test.h"

enum { SCRATCH_BLOCK = 65536, FILE_MAX = 1 << 24 };

struct world {
    struct tables *tables;
    struct recorder *recorder;
    struct capture_ring *ring;
    struct finding_place place;
    struct wire_decoder decoder;
    struct arena *scratch;
    struct event event;
    struct change change;
    char path[64];
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    w->place = (struct finding_place){.hostname = "host", .node = "n", .cluster = "", .link = ""};
    w->tables = tables_new(&(struct tables_options){0});
    w->ring = capture_ring_new(1, w->tables, &w->place, "/nonexistent");
    w->recorder = recorder_new(&(struct recorder_parts){
        .tables = w->tables, .place = &w->place, .put = capture_ring_put, .ctx = w->ring});
    w->scratch = arena_new(SCRATCH_BLOCK);
    (void)snprintf(w->path, sizeof(w->path), "/tmp/test-capture-ring-%d.scap", (int)getpid());
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    (void)unlink(w->path);
    recorder_free(w->recorder);
    capture_ring_free(w->ring);
    tables_free(w->tables);
    arena_free(w->scratch);
    free(w);
    return 0;
}

static void take_in(struct world *w, const struct wire_header *record)
{
    enum wire_outcome outcome = wire_decode(&w->decoder, record, w->scratch, &w->event, &w->change);

    if (w->change.kind != CHANGE_NONE)
        tables_apply(w->tables, &w->change);
    if (outcome == WIRE_EVENT)
        w->event.process = tables_find(w->tables, record->pid, record->start_ns);
    recorder_take(w->recorder, record, outcome == WIRE_EVENT ? &w->event : NULL);
    tables_settle(w->tables);
    arena_reset(w->scratch);
}

static void do_fork(struct world *w, uint32_t pid, uint32_t ppid)
{
    const struct wire_task_record fork = {
        .hdr = {.time_ns = 1000 * pid + 1,
                .size = sizeof(fork),
                .kind = WIRE_FORK,
                .pid = pid,
                .tid = pid,
                .start_ns = 1000 * pid + 1},
        .task = {.pid = pid, .ppid = ppid, .start_ns = 1000 * pid + 1, .comm = "made"}};

    take_in(w, &fork.hdr);
}

static void do_exit(struct world *w, uint32_t pid)
{
    const struct wire_exit exit = {.hdr = {.time_ns = 1000 * pid + 500,
                                           .size = sizeof(exit),
                                           .kind = WIRE_EXIT,
                                           .pid = pid,
                                           .tid = pid,
                                           .start_ns = 1000 * pid + 1}};

    take_in(w, &exit.hdr);
}

struct seen {
    uint64_t count, first, last; /* evt.num */
    bool all_known;
};

static void on_event(void *ctx, const struct event *event)
{
    struct seen *seen = ctx;

    if (seen->count++ == 0)
        seen->first = event->num;
    else
        seen->all_known = seen->all_known && event->num == seen->last + 1;
    seen->last = event->num;
    seen->all_known =
        seen->all_known && event->process != NULL && sv_eq(event->process->name, SV("made"));
}

static struct seen run_again(struct world *w)
{
    scoped(buf_done) struct buf file = {0};
    struct seen seen = {.all_known = true};
    scoped(rerun_free) struct rerun *rerun =
        rerun_new(&(struct rerun_parts){.on_event = on_event, .ctx = &seen});
    struct sv body;
    uint32_t type;

    buf_init(&file, FILE_MAX);
    CHECK_INT(file_read(w->path, FILE_MAX, &file, NULL), 0);
    struct sv blocks = buf_view(&file);
    while (scap_block_next(&blocks, &type, &body)) {
        if (type == SCAP_BLOCK_OURS)
            CHECK(rerun_take(rerun, body));
        if (type == SCAP_BLOCK_EVENT)
            (void)rerun_take(rerun, scap_carried(body));
    }
    CHECK_INT(blocks.len, 0);
    CHECK_INT(rerun_counts(rerun).odd, 0);
    CHECK_STR(rerun_place(rerun)->node, "n");
    return seen;
}

static void test_all_of_it(void **state)
{
    struct world *w = *state;

    do_fork(w, 10, 1);
    do_exit(w, 10);
    recorder_flush(w->recorder);
    CHECK_INT(capture_ring_save(w->ring, w->path, false, NULL), 0);
    struct seen seen = run_again(w);
    CHECK_INT(seen.count, 1);
    CHECK_INT(seen.first, 1);
    CHECK(seen.all_known);
}

/* Much more than fits: the end is there, every number once, and who ended in it was made before. */
static void test_round_and_round(void **state)
{
    struct world *w = *state;

    for (uint32_t pid = 10; pid < 2010; pid++) {
        do_fork(w, pid + 100000, 1);
        do_fork(w, pid, 1);
        if (pid >= 60)
            do_exit(w, pid - 50);
    }
    recorder_flush(w->recorder);
    struct capture_ring_counts counts = capture_ring_counts(w->ring);
    CHECK(counts.evicted > 0);
    CHECK(counts.held_bytes <= CAPTURE_RING_MIN);
    CHECK_INT(counts.too_large, 0);
    CHECK_INT(capture_ring_save(w->ring, w->path, false, NULL), 0);
    struct seen seen = run_again(w);
    CHECK(seen.count > 10 && seen.count < 1950);
    CHECK_INT(seen.last, 1950);
    CHECK_INT(seen.last - seen.first + 1, seen.count);
    CHECK(seen.all_known);
}

static void test_save_fails(void **state)
{
    struct world *w = *state;
    struct err err = {0};

    CHECK_INT(capture_ring_save(w->ring, w->path, false, &err), 0);
    CHECK_INT(capture_ring_save(w->ring, w->path, false, &err), -EEXIST);
    CHECK_INT(capture_ring_save(w->ring, "/nonexistent/a.scap", false, &err), -ENOENT);
    CHECK_HAS(err.text, "/nonexistent/a.scap");
}

/* A put larger than the ring is not kept, and what it changed is. */
static void test_too_large(void **state)
{
    struct world *w = *state;
    scoped(buf_done) struct buf blocks = {0};
    static char zeros[60000];

    for (int i = 0; i < 2; i++) {
        size_t at = scap_block_begin(&blocks, SCAP_BLOCK_EVENT);
        buf_bytes(&blocks, zeros, sizeof(zeros));
        scap_block_end(&blocks, at);
    }
    do_fork(w, 10, 1);
    recorder_flush(w->recorder);
    capture_ring_put(w->ring, buf_view(&blocks));
    CHECK_INT(capture_ring_counts(w->ring).too_large, 1);
    CHECK_INT(capture_ring_counts(w->ring).held, 0);
    do_exit(w, 10);
    recorder_flush(w->recorder);
    CHECK_INT(capture_ring_save(w->ring, w->path, false, NULL), 0);
    CHECK(run_again(w).all_known);
}

/* Each once, and again when it changes. */
static void test_teller(void **state)
{
    scoped(teller_free) struct teller *teller = teller_new();
    scoped(buf_done) struct buf items = {0};
    struct user user = {.uid = 1000, .name = SV("ann")};
    const struct group nameless = {.gid = 7};
    struct container container = {.full_id = SV("abc"), .image = SV("one")};
    struct process process = {
        .version = 1, .pid = 10, .user = &user, .group = &nameless, .container = &container};

    (void)state;
    teller_process(teller, &process, &items);
    size_t both = items.len;
    CHECK(both > 0);
    teller_process(teller, &process, &items);
    CHECK_INT(items.len, both);
    process.version = 2;
    teller_process(teller, &process, &items);
    CHECK_INT(items.len, both);
    process.version = 3;
    user.name = SV("bob");
    teller_process(teller, &process, &items);
    CHECK(items.len > both && items.len < 2 * both);
}

static void test_filter(void **state)
{
    static const struct {
        const char *text;
        int rc;
        bool holds;
        const char *words;
    } rows[] = {
        {"proc.name = made", 0, true, NULL},
        {"not proc.name = made", 0, false, NULL},
        {"proc.nam = made", -EINVAL, false, "proc.name"},
        {"proc.name = ", -EINVAL, false, "column"},
        {"spawned_process", -EINVAL, false, "column"},
    };
    struct world *w = *state;
    const struct program program = {.exe = SV("made")};
    const struct process process = {.name = SV("made"), .program = &program};
    const struct event event = {.type = EVENT_OPEN, .process = &process, .scratch = w->scratch};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(filter_free) struct filter *filter = NULL;
        struct err err = {0};
        test_row(rows[i].text);
        CHECK_INT(filter_new(sv(rows[i].text), &filter, &err), rows[i].rc);
        if (rows[i].words != NULL)
            CHECK_HAS(err.text, rows[i].words);
        if (rows[i].rc == 0)
            CHECK_INT(filter_holds(filter, &event), rows[i].holds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_of_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_round_and_round, setup, teardown),
        cmocka_unit_test_setup_teardown(test_save_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
        cmocka_unit_test(test_teller),
        cmocka_unit_test_setup_teardown(test_filter, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
