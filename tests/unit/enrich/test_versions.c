/* Whatever is said to depend on the process alone must not change while its version stays: random
 * changes to a few processes, and after each a look at all such fields of every process. And the
 * other way round: an event without a change leaves versions as they are. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "enrich/tables.h"
#include "event/field.h"
#include "tests/unit/enrich/tree.h"
#include "tests/unit/test.h"

enum { PIDS = 24, STEPS = 1500, REFS_MAX = 512, LOOKS_MAX = STEPS * PIDS * 3, MANY = 400 };

#define ID "1f04600dc6949359da68eee5fe7c4069706a567c07d1ef89fe3bbfdeac7a6dca"
#define BUNDLE "run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID
#define SCOPE "/system.slice/docker-" ID ".scope"
#define POD "/kubepods/pod1/" ID
#define SECOND 1000000000ULL

struct world {
    struct tree host;
    struct tables *tables;
    uint64_t seed, now;
    uint64_t start[PIDS]; /* 0: not there */
    struct arena *scratch;
    struct buf text;
    struct field_ref ref[REFS_MAX];
    uint32_t refs;
    struct nmap seen; /* version to place in look[], plus 1 */
    uint64_t look[LOOKS_MAX];
    uint32_t looks;
    uint64_t same; /* looks at a version that was seen before */
};

static struct world world;

static uint32_t dice(uint32_t sides)
{
    world.seed ^= world.seed << 13;
    world.seed ^= world.seed >> 7;
    world.seed ^= world.seed << 17;
    return (uint32_t)(world.seed >> 32) % sides;
}

static void add_ref(const struct field *field, bool has_arg, const char *arg)
{
    if (world.refs < REFS_MAX &&
        field_ref_make(field, has_arg, sv(arg), &world.ref[world.refs]) == FIELD_REF_FINE)
        world.refs++;
}

static void add_refs(void)
{
    for (uint32_t i = 0; i < field_count(); i++) {
        const struct field *field = field_at(i);
        if ((field->flags & FIELD_PROCESS) == 0)
            continue;
        add_ref(field, false, "");
        for (const char *const *arg = (const char *const[]){"0", "1", "2", "4", "HOME", NULL};
             *arg != NULL && field->arg != FIELD_ARG_NONE; arg++)
            add_ref(field, true, *arg);
    }
}

static uint64_t look_of(const struct process *process)
{
    /* Times of the event are others at every look: nothing may depend on them. */
    struct event event = {.source = SOURCE_SYSCALL,
                          .type = EVENT_OPENAT,
                          .num = 1 + dice(1000),
                          .time_ns = world.now * 3 + dice(1000),
                          .boot_ns = world.now + dice(1000),
                          .tid = dice(1000),
                          .process = process,
                          .scratch = world.scratch};

    buf_reset(&world.text);
    for (uint32_t i = 0; i < world.refs; i++) {
        field_print(&world.text, &event, &world.ref[i]);
        buf_char(&world.text, '\n');
    }
    arena_reset(world.scratch);
    CHECK_INT(world.text.error, 0);
    return hash_sv(buf_view(&world.text));
}

static void check_one(uint32_t pid)
{
    const struct process *process = tables_find(world.tables, pid, 0);

    if (process == NULL)
        return;
    CHECK(process->version != 0);
    uint64_t look = look_of(process);
    uintptr_t place = (uintptr_t)nmap_find(&world.seen, process->version);
    if (place != 0) {
        world.same++;
        if (world.look[place - 1] != look)
            TEST_FAIL("process %u has changed, its version %llu has not", pid,
                      (unsigned long long)process->version);
        return;
    }
    if (world.looks == LOOKS_MAX)
        return;
    world.look[world.looks++] = look;
    (void)nmap_put(&world.seen, process->version, (void *)(uintptr_t)world.looks);
}

static void check_all(void)
{
    for (uint32_t pid = 1; pid < PIDS; pid++)
        check_one(pid);
}

static struct change_task task_of(uint32_t pid)
{
    static const char *const names[] = {"sh", "cat", "nginx"};

    return (struct change_task){
        .pid = pid,
        .ppid = 1 + dice(PIDS - 1),
        .vpid = pid,
        .pgid = 1 + dice(3),
        .sid = 1 + dice(3),
        .vsid = 1 + dice(3),
        .tty = dice(2),
        .threads = 1 + dice(2),
        .start_ns = world.start[pid],
        .cgroup_v2 = 1 + dice(3),
        .creds = {.euid = dice(2) * 1000, .login_uid = dice(2) == 0 ? PROCESS_NO_UID : 1000},
        .name = sv(names[dice(3)]),
    };
}

static void apply(struct change *change)
{
    change->time_ns = world.now;
    tables_apply(world.tables, change);
    check_all();
    tables_settle(world.tables);
    check_all();
}

static void name_cgroups(void)
{
    static const char *const paths[] = {"/user.slice", SCOPE, POD};

    for (uint32_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct change change = {
            .kind = CHANGE_CGROUP, .cgroup_id = 1 + i, .cgroup_path = sv(paths[i])};
        apply(&change);
    }
}

/* Files of the host that views are made of. */
static void change_host(void)
{
    char text[256];

    (void)snprintf(text, sizeof(text),
                   "root:x:0:0::/root:/bin/sh\nme%u:x:1000:1000::/home:/bin/sh\n", dice(1000));
    tree_text(&world.host, "etc/passwd", text);
    if (dice(3) > 0)
        return;
    (void)snprintf(text, sizeof(text),
                   "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"app%u\"}}",
                   dice(1000));
    tree_text(&world.host, BUNDLE "/config.json", text);
}

static void step(void)
{
    static const struct sv args[] = {SV("sh\0-c\0x\0"), SV("cat\0/etc/passwd\0"), SV("x\0")};
    uint32_t pid = 1 + dice(PIDS - 1);
    struct change change = {.kind = CHANGE_TASK};

    world.now += dice(4) == 0 ? SECOND : 1000;
    if (dice(20) == 0)
        change_host();
    if (world.start[pid] == 0 || dice(12) == 0) {
        world.start[pid] = world.now;
        change.kind = CHANGE_FORK;
    } else {
        static const enum change_kind kinds[] = {CHANGE_EXEC, CHANGE_EXEC, CHANGE_TASK,
                                                 CHANGE_EXIT};
        change.kind = kinds[dice(4)];
    }
    change.task = task_of(pid);
    if (change.kind == CHANGE_EXEC)
        change.program = (struct change_program){.args = args[dice(3)],
                                                 .path = SV("/bin/x"),
                                                 .cwd = SV("/"),
                                                 .env = SV("HOME=/root\0"),
                                                 .upper_layer = dice(2) == 0};
    if (change.kind == CHANGE_EXIT)
        world.start[pid] = 0;
    apply(&change);
}

static void start(void)
{
    world = (struct world){.seed = 7, .now = 100 * SECOND};
    tree_make(&world.host);
    tree_text(&world.host, "etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    world.tables = tables_new(&(struct tables_options){.host_root = world.host.root});
    world.scratch = arena_new(65536);
    buf_init(&world.text, 1 << 22);
    add_refs();
}

static void end(void)
{
    tables_free(world.tables);
    tree_remove(&world.host);
    arena_free(world.scratch);
    buf_done(&world.text);
    nmap_done(&world.seen);
}

static void test_never_stale(void **state)
{
    (void)state;
    start();
    CHECK(world.refs > 50);
    name_cgroups();
    for (int i = 0; i < STEPS; i++)
        step();
    CHECK(world.same > STEPS * PIDS / 4);
    end();
}

/* Children of a process with more of them than are renewed one by one see its new name, too. */
static void test_many_children(void **state)
{
    struct change change = {.kind = CHANGE_FORK, .task = {.pid = 1, .start_ns = 1}};
    uint64_t before[MANY];

    (void)state;
    start();
    apply(&change);
    change.kind = CHANGE_EXEC; /* reads what is shared */
    apply(&change);
    change.kind = CHANGE_FORK;
    for (uint32_t i = 0; i < MANY; i++) {
        change.task = (struct change_task){.pid = 100 + i, .ppid = 1, .start_ns = 1000 + i};
        tables_apply(world.tables, &change);
    }
    for (uint32_t i = 0; i < MANY; i++)
        before[i] = tables_find(world.tables, 100 + i, 0)->version;
    for (uint32_t i = 0; i < MANY; i++)
        CHECK_INT(tables_find(world.tables, 100 + i, 0)->version, before[i]);
    change = (struct change){.kind = CHANGE_EXEC,
                             .task = {.pid = 1, .start_ns = 1, .name = SV("new")},
                             .program.args = SV("new\0")};
    tables_apply(world.tables, &change);
    for (uint32_t i = 0; i < MANY; i++)
        CHECK(tables_find(world.tables, 100 + i, 0)->version != before[i]);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_stale),
        cmocka_unit_test(test_many_children),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
