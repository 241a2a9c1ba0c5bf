/* The kernel filter in the kernel: it does what the reference says, for calls that children make;
 * and what is known of a process is believed as long as the process is what it was. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "capture/kernel_gate.h"
#include "decode/wire.h"
#include "lang/falco/ruleset.h"
#include "lang/kernel/filter.h"
#include "match/engine.h"
#include "tests/differential/filter_facts.h"
#include "tests/unit/capture/sensor.h"
#include "tests/unit/test.h"

enum { SCRATCH_BYTES = 1 << 17, ROUNDS = 40 };

static const char *helper;
static struct sensor sensor;
static struct ruleset *set;
static struct engine *engine;

#define RULE(name, condition)                                                                      \
    "- rule: " name "\n  desc: x\n  output: x\n  priority: NOTICE\n  condition: " condition "\n"

static const char rules[] = RULE(
    "a", "evt.is_open_read = true and fd.name startswith /etc/ and not fd.name = /etc/passwd")
    RULE("b", "evt.is_open_write = true and fd.filename in (one, two) and fd.num >= 0")
        RULE("c", "evt.type in (open, openat, openat2, creat) and fd.directory = /dev") RULE(
            "d", "evt.type in (open, openat) and fd.nameraw contains ../ and fd.typechar = f")
            RULE("e", "evt.type in (open, openat) and fd.name glob /tmp/*/deep/*file") RULE(
                "f", "evt.type in (unlink, unlinkat, mkdir, rmdir) and "
                     "(evt.arg.path endswith one or evt.arg.name endswith deep/two)")
                RULE("g", "evt.type in (rename, renameat2) and evt.arg.newpath contains deep") RULE(
                    "h", "evt.type in (chmod, fchmodat) and evt.arg.mode contains S_ISUID")
                    RULE(
                        "i",
                        "evt.type = connect and fd.sip in (127.0.0.1) and fd.sport != 9 and fd.l4proto = udp")
                        RULE("j", "evt.type = connect and fd.sockfamily = unix and evt.failed = true") RULE(
                            "k",
                            "evt.type = openat and evt.res = ENOENT and fd.name endswith never")
                            RULE(
                                "l",
                                "evt.type in (fchmod, setuid) and evt.rawres >= 0 and proc.name = nobody")
                                RULE("m", "evt.type = connect and fd.typechar = n") RULE(
                                    "n", "evt.type = connect and fd.typechar = o and fd.num > 0")
                                    RULE(
                                        "o",
                                        "evt.type in (open, openat) and evt.arg.name startswith '<' and fd.num > 0")
                                        RULE(
                                            "p",
                                            "evt.type in (mkdir, rmdir) and not evt.arg.path startswith / and evt.rawres = 0");

static void load(const char *text)
{
    const struct engine_options options = {.source = SOURCE_SYSCALL,
                                           .matching = MATCH_ALL,
                                           .priority_max = PRIORITY_DEBUG,
                                           .kernel_filters = true};

    set = ruleset_new();
    CHECK_INT(ruleset_load_text(set, "rules.yaml", sv(text)), 0);
    CHECK_INT(ruleset_compile(set), 0);
    engine = engine_new(set, &options);
}

static void unload(void)
{
    engine_free(engine);
    ruleset_free(set);
}

static void set_filters(void)
{
    const struct filter_program *program[ENGINE_FILTERS_MAX];
    uint8_t of_call[WIRE_CALL_COUNT] = {0};
    struct err err = {0};

    for (uint32_t i = 0; i < engine_filter_count(engine); i++)
        program[i] = &engine_filter(engine, i)->program;
    for (uint32_t call = 0; call < WIRE_CALL_COUNT; call++) {
        uint32_t index = engine_filter_of(engine, wire_call_type((enum wire_call)call));
        of_call[call] = index == ENGINE_NO_FILTER ? 0 : (uint8_t)(index + 1);
    }
    CHECK_INT(kernel_gate_set(kernel_ring_gate(sensor.ring), program, engine_filter_count(engine),
                              of_call, &err),
              0);
}

/* --------------------------------------------------------------------------------- what is done */

static void touch(const char *path, int flags)
{
    int fd = open(path, flags, 0644);

    if (fd >= 0)
        (void)close(fd);
}

static void connect_to(const char *address, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    (void)inet_pton(AF_INET, address, &to.sin_addr);
    (void)connect(fd, (const struct sockaddr *)&to, sizeof(to));
    (void)close(fd);
}

static void connect_unix(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(to.sun_path, path, strlen(path));
    (void)connect(fd, (const struct sockaddr *)&to, sizeof(to));
    (void)close(fd);
}

static void connect_family(int family, int type)
{
    const struct sockaddr to = {.sa_family = (sa_family_t)family};
    int fd = socket(family, type | SOCK_CLOEXEC, 0);

    (void)connect(fd, &to, sizeof(to));
    (void)close(fd);
}

static void do_files(void)
{
    static const int flags[] = {O_RDONLY, O_WRONLY | O_CREAT, O_RDWR | O_CREAT | O_TRUNC,
                                O_RDONLY | O_DIRECTORY};
    static const char *const paths[] = {
        "one",           "two",         "deep",      "deep/one",    "deep/a-file",
        "./deep/two",    "deep/../one", "deep//two", "/etc/passwd", "/etc/hostname",
        "/etc",          "/dev/null",   "/dev",      "/",           "/proc/self/stat",
        "nothing/never", "../never",    "deep/.one"};

    (void)mkdir("deep", 0755);
    (void)mkdir("<deep", 0755);
    (void)rmdir("<deep");
    touch("<one", O_RDONLY | O_CREAT);
    (void)unlink("<one");
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        for (size_t k = 0; k < ARRAY_LEN(flags); k++) {
            if (paths[i][0] != '/' || k == 0 || k == 3)
                touch(paths[i], flags[k]);
        }
        (void)chmod(paths[i][0] == '/' ? "deep/one" : paths[i], i % 2 == 0 ? 04755 : 0755);
    }
    (void)syscall(SYS_creat, "deep/two", 0600);
    (void)rename("one", "three");
    (void)rename("three", "deep/four");
    (void)syscall(SYS_renameat2, AT_FDCWD, "deep/four", AT_FDCWD, "five", 0);
    (void)unlink("deep/one");
    (void)unlinkat(AT_FDCWD, "deep/two", 0);
    int dir = open("deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)mkdirat(dir, "two", 0755);
    (void)unlinkat(dir, "two", AT_REMOVEDIR);
    (void)syscall(SYS_fchmodat, dir, "a-file", 02755);
    (void)unlinkat(dir, "a-file", 0);
    (void)unlinkat(dir, ".one", 0);
    (void)close(dir);
    (void)unlink("five");
    (void)unlink("two");
    (void)rmdir("deep");
}

static int body_everything(void *ctx)
{
    if (chdir(sensor.dir) != 0)
        return 1;
    do_files();
    connect_to("127.0.0.1", 53);
    connect_to("127.0.0.1", 9);
    connect_to("127.0.0.2", 53);
    connect_unix("/nowhere");
    connect_family(AF_NETLINK, SOCK_RAW);
    connect_family(AF_ALG, SOCK_SEQPACKET);
    return 0;
}

/* ---------------------------------------------------------------------------------- what is sent
 */

struct seen {
    struct wire_decoder decoder;
    struct arena *scratch;
    char *texts;
    uint32_t events, marked, matched;
};

static void count_match(void *ctx, const struct rule *rule, const struct event *event)
{
    (void)ctx;
    (void)rule;
    (void)event;
}

static void check_record(struct seen *seen, const struct wire_header *record)
{
    struct filter_facts facts;
    struct change change;
    struct event event;
    bool marked = (record->flags & WIRE_FILTERED) != 0;

    arena_reset(seen->scratch);
    if (wire_decode(&seen->decoder, record, seen->scratch, &event, &change) != WIRE_EVENT ||
        !filter_facts_of(record, &facts, seen->texts))
        return;
    uint32_t matches = engine_run(engine, &event, count_match, NULL);
    uint32_t index = engine_filter_of(engine, event.type);
    seen->events++;
    seen->marked += marked;
    seen->matched += matches > 0;
    test_row(event_type_info(event.type)->name);
    if (marked)
        CHECK_INT(matches, 0);
    if (change.kind != CHANGE_NONE)
        CHECK(!marked);
    else if (index != ENGINE_NO_FILTER)
        CHECK_INT(!marked, kernel_filter_passes(&engine_filter(engine, index)->program, &facts,
                                                seen->texts, UINT64_MAX));
}

static void as_the_reference(void **state)
{
    const struct kernel_ring_options options = {.calls = wire_calls_all(), .audit = true};
    struct seen seen = {.scratch = arena_new(SCRATCH_BYTES),
                        .texts = xcalloc(1, FILTER_TEXTS_BYTES)};

    (void)state;
    sensor_begin(&sensor, helper, &options);
    load(rules);
    set_filters();
    (void)sensor_run(&sensor, body_everything, NULL);
    for (size_t i = 0; i < sensor.count; i++)
        check_record(&seen, sensor.record[i]);
    CHECK(seen.events > 100);
    CHECK(seen.marked > 50);
    CHECK(seen.matched > 10);
    unload();
    arena_free(seen.scratch);
    free(seen.texts);
    sensor_end(&sensor);
}

/* --------------------------------------------------------------------------------- of a process */

struct talk {
    int ask[2], answer[2];
};

/* Does what it is asked: 'o' opens, 'n' takes another name, 'f' makes a child. */
static int body_asked(void *ctx)
{
    struct talk *talk = ctx;
    char what = 0;

    (void)close(talk->ask[1]); /* else its end would never be seen */
    while (read(talk->ask[0], &what, 1) == 1) {
        if (what == 'o')
            touch("/etc/hostname", O_RDONLY);
        if (what == 'n')
            (void)prctl(PR_SET_NAME, "another");
        if (what == 'f') {
            pid_t child = fork();
            if (child == 0)
                _exit(0);
            (void)waitpid(child, NULL, 0);
        }
        if (write(talk->answer[1], &what, 1) != 1)
            return 1;
    }
    return 0;
}

static void ask(struct talk *talk, char what)
{
    sensor_clear(&sensor);
    CHECK_INT(write(talk->ask[1], &what, 1), 1);
    CHECK_INT(read(talk->answer[0], &what, 1), 1);
    sensor_drain(&sensor);
}

static const struct wire_header *opened(pid_t pid)
{
    return sensor_find(&sensor, WIRE_OPEN, (uint32_t)pid, 0);
}

/* Say of the process of this record that no rule matches its opens. */
static void tell(const struct wire_header *record)
{
    static const uint64_t nothing[ENGINE_FILTERS_MAX];
    struct kernel_gate *gate = kernel_ring_gate(sensor.ring);

    CHECK(record != NULL);
    CHECK(kernel_gate_asks(gate, record));
    kernel_gate_tell(gate, record, nothing);
    CHECK(!kernel_gate_asks(gate, record));
}

static void believed_while_true(void **state)
{
    static const struct {
        const char *row;
        char change; /* what the process does, 'g': we forget */
        bool sent;   /* is its next open? */
    } rows[] = {
        {"nothing", 'x', false},  {"made a child", 'f', false},  {"renamed", 'n', true},
        {"we forget", 'g', true}, {"nothing again", 'x', false},
    };
    const struct kernel_ring_options options = {.calls = wire_calls_all()};
    struct kernel_ring_counts counts;
    struct talk talk;

    (void)state;
    CHECK_INT(pipe(talk.ask) | pipe(talk.answer), 0);
    sensor_begin(&sensor, helper, &options);
    load(RULE("a", "evt.type in (open, openat) and fd.name = /etc/hostname and proc.name != x"));
    set_filters();
    pid_t pid = sensor_start(&sensor, NULL, body_asked, &talk);
    (void)close(talk.ask[0]);
    (void)close(talk.answer[1]);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        kernel_gate_forget(kernel_ring_gate(sensor.ring));
        ask(&talk, 'o');
        tell(opened(pid));
        ask(&talk, 'o');
        CHECK(opened(pid) == NULL);
        if (rows[i].change == 'g')
            kernel_gate_forget(kernel_ring_gate(sensor.ring));
        else
            ask(&talk, rows[i].change);
        ask(&talk, 'o');
        CHECK((opened(pid) != NULL) == rows[i].sent);
    }
    kernel_ring_counts(sensor.ring, &counts);
    CHECK(counts.filtered[WIRE_CALL_OPENAT] >= 8);
    (void)close(talk.ask[1]);
    sensor_wait(pid, 0);
    (void)close(talk.answer[0]);
    unload();
    sensor_end(&sensor);
}

/* A record that was made before the change cannot make a verdict that holds after it. */
static void late_words(void **state)
{
    const struct kernel_ring_options options = {.calls = wire_calls_all()};
    static const uint64_t nothing[ENGINE_FILTERS_MAX];
    struct wire_header before;
    struct talk talk;

    (void)state;
    CHECK_INT(pipe(talk.ask) | pipe(talk.answer), 0);
    sensor_begin(&sensor, helper, &options);
    load(RULE("a", "evt.type in (open, openat) and fd.name = /etc/hostname and proc.name != x"));
    set_filters();
    pid_t pid = sensor_start(&sensor, NULL, body_asked, &talk);
    (void)close(talk.ask[0]);
    (void)close(talk.answer[1]);
    for (int i = 0; i < ROUNDS; i++) {
        ask(&talk, 'o');
        CHECK(opened(pid) != NULL);
        before = *opened(pid);
        ask(&talk, 'n');
        kernel_gate_tell(kernel_ring_gate(sensor.ring), &before, nothing);
        ask(&talk, 'o');
        CHECK(opened(pid) != NULL);
    }
    (void)close(talk.ask[1]);
    sensor_wait(pid, 0);
    (void)close(talk.answer[0]);
    unload();
    sensor_end(&sensor);
}

/* Two children of one process: the second is in the group of the first. */
struct pair {
    struct talk talk[2];
    pid_t *pid; /* shared */
};

static int body_group(void *ctx)
{
    struct pair *pair = ctx;
    int status = 0;

    (void)close(pair->talk[0].ask[1]);
    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(setpgid(0, i == 0 ? 0 : pair->pid[0]) == 0 ? body_asked(&pair->talk[i]) : 1);
        pair->pid[i] = child;
        (void)setpgid(child, pair->pid[0]);
    }
    (void)close(pair->talk[1].ask[1]);
    for (int i = 0; i < 2; i++)
        (void)wait(&status);
    return WEXITSTATUS(status);
}

/* Rules read names of the leader of a group, who need not have made the others of it. */
static void of_who_leads(void **state)
{
    const struct kernel_ring_options options = {.calls = wire_calls_all()};
    struct pair pair;

    (void)state;
    pair.pid =
        mmap(NULL, 2 * sizeof(pid_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(pair.pid != MAP_FAILED);
    for (int i = 0; i < 2; i++)
        CHECK_INT(pipe(pair.talk[i].ask) | pipe(pair.talk[i].answer), 0);
    sensor_begin(&sensor, helper, &options);
    load(RULE("a",
              "evt.type in (open, openat) and fd.name = /etc/hostname and proc.pgid.name != x"));
    set_filters();
    pid_t pid = sensor_start(&sensor, NULL, body_group, &pair);
    ask(&pair.talk[0], 'x');
    ask(&pair.talk[1], 'o');
    tell(opened(pair.pid[1]));
    ask(&pair.talk[1], 'o');
    CHECK(opened(pair.pid[1]) == NULL);
    ask(&pair.talk[0], 'n');
    ask(&pair.talk[1], 'o');
    CHECK(opened(pair.pid[1]) != NULL);
    for (int i = 0; i < 2; i++)
        (void)close(pair.talk[i].ask[1]);
    sensor_wait(pid, 0);
    for (int i = 0; i < 2; i++) {
        (void)close(pair.talk[i].ask[0]);
        (void)close(pair.talk[i].answer[0]);
        (void)close(pair.talk[i].answer[1]);
    }
    (void)munmap(pair.pid, 2 * sizeof(pid_t));
    unload();
    sensor_end(&sensor);
}

/* A process that has ended leaves its place to others. */
static void gives_its_place_back(void **state)
{
    const struct kernel_ring_options options = {.calls = wire_calls_all()};
    struct wire_header record;
    struct talk talk;

    (void)state;
    CHECK_INT(pipe(talk.ask) | pipe(talk.answer), 0);
    sensor_begin(&sensor, helper, &options);
    load(RULE("a", "evt.type in (open, openat) and fd.name = /etc/hostname and proc.name != x"));
    set_filters();
    pid_t pid = sensor_start(&sensor, NULL, body_asked, &talk);
    (void)close(talk.ask[0]);
    (void)close(talk.answer[1]);
    ask(&talk, 'o');
    CHECK(opened(pid) != NULL);
    record = *opened(pid);
    CHECK(kernel_gate_asks(kernel_ring_gate(sensor.ring), &record));
    (void)close(talk.ask[1]);
    sensor_wait(pid, 0);
    CHECK(!kernel_gate_asks(kernel_ring_gate(sensor.ring), &record));
    (void)close(talk.answer[0]);
    unload();
    sensor_end(&sensor);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_reference),     cmocka_unit_test(believed_while_true),
        cmocka_unit_test(late_words),           cmocka_unit_test(of_who_leads),
        cmocka_unit_test(gives_its_place_back),
    };

    helper = argc > 1 ? argv[1] : "";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
