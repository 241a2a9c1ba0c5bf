/* Who came into a container, and how, as records tell the tables. */
#include "enrich/tables.h"
#include "tests/unit/enrich/tree.h"
#include "tests/unit/test.h"

#define ID "1f04600dc6949359da68eee5fe7c4069706a567c07d1ef89fe3bbfdeac7a6dca"
#define ID2 "98bd7cfc43b8ef0ff130465e3d5427c0771002c2f35a6a9b62cb2d04602bed0a"
#define SECOND 1000000000ULL
#define DOCKER "var/lib/docker/containers/"

#define HOST_NS 4026531841u /* as tree.c makes it for everybody */

enum { ONE_NS = 201, TWO_NS = 202, HOST_GROUP = 1, ONE_GROUP = 51, TWO_GROUP = 52 };

struct world {
    struct tree proc, host;
    struct tables *tables;
    uint64_t now;
};

static void cgroup(struct world *w, uint64_t id, const char *path)
{
    struct change change = {
        .kind = CHANGE_CGROUP, .time_ns = ++w->now, .cgroup_id = id, .cgroup_path = sv(path)};

    tables_apply(w->tables, &change);
}

static void world_init(struct world *w)
{
    tree_make(&w->proc);
    tree_make(&w->host);
    tree_dir(&w->proc, "1/ns");
    tree_link(&w->proc, "1/ns/mnt", "mnt:[4026531841]");
    tree_text(&w->host, DOCKER ID "/config.v2.json",
              "{\"Name\":\"/web\",\"Config\":{\"Image\":\"nginx\",\"Healthcheck\":{\"Test\":"
              "[\"CMD-SHELL\",\"curl -f localhost\"]}}}");
    tree_text(&w->host, "run/containerd/io.containerd.runtime.v2.task/moby/" ID "/config.json",
              "{}");
    w->tables =
        tables_new(&(struct tables_options){.proc_root = w->proc.root, .host_root = w->host.root});
    w->now = 1000 * SECOND;
    cgroup(w, HOST_GROUP, "/system.slice");
    cgroup(w, ONE_GROUP, "/docker/" ID);
    cgroup(w, TWO_GROUP, "/docker/" ID2);
}

static void world_done(struct world *w)
{
    tables_free(w->tables);
    tree_remove(&w->proc);
    tree_remove(&w->host);
}

struct one {
    enum change_kind kind;
    uint32_t pid, ppid, vpid, mntns;
    uint64_t group;
    struct sv args;
};

/* A process is named after its pid, and was made that many seconds after the machine's start. */
static void apply(struct world *w, const struct one *one)
{
    struct change change = {
        .kind = one->kind,
        .time_ns = ++w->now,
        .task = {.pid = one->pid,
                 .ppid = one->ppid,
                 .vpid = one->vpid == 0 ? one->pid : one->vpid,
                 .start_ns = one->pid * SECOND,
                 .mntns_inum = one->mntns,
                 .cgroup_v2 = one->group,
                 .creds.login_uid = PROCESS_NO_UID,
                 .name = SV("x")},
        .program = {.args = one->args, .path = SV("/bin/x")},
    };

    tables_apply(w->tables, &change);
    tables_settle(w->tables);
}

static void apply_all(struct world *w, const struct one *one, size_t count)
{
    for (size_t i = 0; i < count; i++)
        apply(w, &one[i]);
}

static void check(struct world *w, const char *row, uint32_t pid, const char *how, uint32_t entry)
{
    const struct process *process = tables_find(w->tables, pid, 0);

    test_row(row);
    CHECK(process != NULL);
    CHECK_SV(process_entered_name(process->entered), sv(how));
    CHECK_INT(process->is_entry, entry == pid);
    const struct process *found = process_entry_of(process);
    CHECK_INT(found == NULL ? 0 : found->pid, entry);
}

/* What runc does, with its helper in the cgroup and on the host's files for a while. */
static const struct one started[] = {
    {CHANGE_EXEC, 10, 0, 0, HOST_NS, HOST_GROUP, SV("shim\0")},
    {CHANGE_FORK, 20, 10, 0, HOST_NS, HOST_GROUP, {0}},
    {CHANGE_EXEC, 20, 10, 0, HOST_NS, HOST_GROUP, SV("runc\0init\0")},
    {CHANGE_FORK, 21, 20, 0, HOST_NS, ONE_GROUP, {0}},
    {CHANGE_EXEC, 21, 20, 0, HOST_NS, ONE_GROUP, SV("runc\0init\0")},
    {CHANGE_FORK, 30, 21, 1, ONE_NS, ONE_GROUP, {0}},
    {CHANGE_EXEC, 30, 21, 1, ONE_NS, ONE_GROUP, SV("nginx\0")},
    {CHANGE_FORK, 31, 30, 7, ONE_NS, ONE_GROUP, {0}},
};

static void its_own(void **state)
{
    struct world w;

    world_init(&w);
    apply_all(&w, started, ARRAY_LEN(started));
    check(&w, "the shim", 10, "", 0);
    check(&w, "runc", 20, "", 0);
    check(&w, "its helper is not inside", 21, "", 0);
    check(&w, "the container's init", 30, "start", 30);
    check(&w, "its child", 31, "start", 30);
    world_done(&w);
}

static void by_the_runtime(void **state)
{
    static const struct one more[] = {
        {CHANGE_FORK, 40, 10, 0, HOST_NS, HOST_GROUP, {0}},
        {CHANGE_EXEC, 40, 10, 0, HOST_NS, HOST_GROUP, SV("runc\0exec\0")},
        {CHANGE_FORK, 41, 40, 9, ONE_NS, ONE_GROUP, {0}},
        {CHANGE_EXEC, 41, 40, 9, ONE_NS, ONE_GROUP, SV("sh\0")},
        {CHANGE_FORK, 42, 41, 10, ONE_NS, ONE_GROUP, {0}},
        {CHANGE_EXEC, 42, 41, 10, ONE_NS, ONE_GROUP, SV("id\0")},
        {CHANGE_FORK, 45, 10, 0, HOST_NS, HOST_GROUP, {0}},
        {CHANGE_FORK, 46, 45, 11, ONE_NS, ONE_GROUP, {0}},
        {CHANGE_EXEC, 46, 45, 11, ONE_NS, ONE_GROUP, SV("/bin/sh\0-c\0curl -f localhost\0")},
        {CHANGE_FORK, 47, 46, 12, ONE_NS, ONE_GROUP, {0}},
        {CHANGE_EXEC, 47, 46, 12, ONE_NS, ONE_GROUP, SV("curl\0-f\0localhost\0")},
        {CHANGE_FORK, 48, 31, 13, ONE_NS, ONE_GROUP, {0}},
        {CHANGE_EXEC, 48, 31, 13, ONE_NS, ONE_GROUP, SV("/bin/sh\0-c\0curl -f localhost\0")},
    };
    struct world w;

    world_init(&w);
    apply_all(&w, started, ARRAY_LEN(started));
    apply_all(&w, more, ARRAY_LEN(more));
    check(&w, "a shell put inside", 41, "exec", 41);
    check(&w, "what it starts", 42, "exec", 41);
    CHECK_INT(tables_find(w.tables, 42, 0)->probe, PROBE_NONE);
    check(&w, "the health check", 46, "exec", 46);
    CHECK_INT(tables_find(w.tables, 46, 0)->probe, PROBE_HEALTH);
    CHECK_INT(tables_find(w.tables, 47, 0)->probe, PROBE_HEALTH);
    check(&w, "the same command by one of its own", 48, "start", 30);
    CHECK_INT(tables_find(w.tables, 48, 0)->probe, PROBE_NONE);
    world_done(&w);
}

static void by_namespaces(void **state)
{
    static const struct one more[] = {
        {CHANGE_FORK, 50, 10, 0, HOST_NS, HOST_GROUP, {0}},
        {CHANGE_EXEC, 50, 10, 0, HOST_NS, HOST_GROUP, SV("nsenter\0")},
        {CHANGE_FORK, 51, 50, 14, ONE_NS, HOST_GROUP, {0}},
        {CHANGE_EXEC, 51, 50, 14, ONE_NS, HOST_GROUP, SV("sh\0")},
        {CHANGE_FORK, 52, 51, 15, ONE_NS, HOST_GROUP, {0}},
        {CHANGE_FORK, 55, 10, 0, 300, HOST_GROUP, {0}},
        {CHANGE_EXEC, 55, 10, 0, 300, HOST_GROUP, SV("service with its own /tmp\0")},
        {CHANGE_FORK, 60, 31, 0, TWO_NS, ONE_GROUP, {0}},
        {CHANGE_EXEC, 60, 31, 0, TWO_NS, ONE_GROUP, SV("from one into two\0")},
    };
    static const struct one second[] = {
        {CHANGE_FORK, 35, 10, 1, TWO_NS, TWO_GROUP, {0}},
        {CHANGE_EXEC, 35, 10, 1, TWO_NS, TWO_GROUP, SV("two\0")},
    };
    struct world w;

    world_init(&w);
    apply_all(&w, started, ARRAY_LEN(started));
    apply_all(&w, second, ARRAY_LEN(second));
    apply_all(&w, more, ARRAY_LEN(more));
    check(&w, "nsenter before it joins", 50, "", 0);
    check(&w, "what it starts", 51, "namespaces", 51);
    check(&w, "... and that", 52, "namespaces", 51);
    const struct process *process = tables_find(w.tables, 52, 0);
    CHECK(process->container == NULL);
    CHECK(process->joined != NULL);
    CHECK_SV(process->joined->name, sv("web"));
    check(&w, "a private mount namespace is no container", 55, "", 0);
    check(&w, "from one container into another", 60, "namespaces", 60);
    process = tables_find(w.tables, 60, 0);
    CHECK_SV(process->container->full_id, sv(ID));
    CHECK_SV(process->joined->full_id, sv(ID2));
    world_done(&w);
}

static void in_proc(struct world *w, const struct one *one)
{
    const char *path = one->group == ONE_GROUP ? "0::/docker/" ID "\n" : "0::/system.slice\n";

    tree_process(&w->proc, &(struct tree_process){.pid = one->pid,
                                                  .ppid = one->ppid,
                                                  .start_ticks = one->pid * 100,
                                                  .name = "x",
                                                  .cgroup = path});
}

/* Tasks that were there at start come in any order; parents that are not known yet are in /proc. */
static void in_any_order(void **state)
{
    static const struct one tasks[] = {
        {CHANGE_TASK, 52, 51, 15, ONE_NS, HOST_GROUP, {0}},
        {CHANGE_TASK, 51, 50, 14, ONE_NS, HOST_GROUP, {0}},
        {CHANGE_TASK, 41, 40, 9, ONE_NS, ONE_GROUP, {0}},
        {CHANGE_TASK, 31, 30, 7, ONE_NS, ONE_GROUP, {0}},
        {CHANGE_TASK, 50, 10, 0, HOST_NS, HOST_GROUP, {0}},
        {CHANGE_TASK, 40, 10, 0, HOST_NS, HOST_GROUP, {0}},
        {CHANGE_TASK, 30, 10, 1, ONE_NS, ONE_GROUP, {0}},
        {CHANGE_TASK, 10, 0, 0, HOST_NS, HOST_GROUP, {0}},
    };
    static const struct {
        const char *row, *how;
        uint32_t pid, entry;
    } rows[] = {
        {"own", "start", 30, 30},        {"child", "start", 31, 30},
        {"put inside", "exec", 41, 41},  {"joined", "namespaces", 51, 51},
        {"below", "namespaces", 52, 51}, {"outside", "", 40, 0},
    };
    struct world w;

    for (size_t turn = 0; turn < ARRAY_LEN(tasks); turn++) {
        world_init(&w);
        for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
            in_proc(&w, &tasks[i]);
        for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
            apply(&w, &tasks[(i + turn) % ARRAY_LEN(tasks)]);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
            check(&w, rows[i].row, rows[i].pid, rows[i].how, rows[i].entry);
        world_done(&w);
    }
}

/* The kernel gives a namespace's number to another when the container is gone. */
static void the_number_is_used_again(void **state)
{
    static const struct one service = {CHANGE_EXEC, 70, 10, 0, ONE_NS, HOST_GROUP, SV("service\0")};
    struct world w;

    world_init(&w);
    apply_all(&w, started, ARRAY_LEN(started));
    for (uint32_t pid = 30; pid <= 31; pid++)
        apply(&w, &(struct one){.kind = CHANGE_EXIT, .pid = pid});
    apply(&w, &(struct one){.kind = CHANGE_EXIT, .pid = 21});
    apply(&w, &service);
    check(&w, "a service", 70, "", 0);
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_own),
        cmocka_unit_test(by_the_runtime),
        cmocka_unit_test(by_namespaces),
        cmocka_unit_test(in_any_order),
        cmocka_unit_test(the_number_is_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
