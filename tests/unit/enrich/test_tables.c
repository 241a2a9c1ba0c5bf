#include <unistd.h>

#include "base/err.h"
#include "enrich/tables.h"
#include "tests/unit/enrich/tree.h"
#include "tests/unit/test.h"

#define ID "1f04600dc6949359da68eee5fe7c4069706a567c07d1ef89fe3bbfdeac7a6dca"
#define UID "aaaa2b4a-f398-41c0-928b-049e1cc4ec40"
#define TICK 10000000ULL
#define SECOND 1000000000ULL

struct world {
    struct tree proc, host;
    struct tables *tables;
    uint64_t now;
};

static void world_init(struct world *w)
{
    tree_make(&w->proc);
    tree_make(&w->host);
    tree_text(&w->host, "etc/passwd",
              "root:x:0:0::/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/sh\n");
    tree_text(&w->host, "etc/group", "root:x:0:\nusers:x:1000:\n");
    w->tables =
        tables_new(&(struct tables_options){.proc_root = w->proc.root, .host_root = w->host.root});
    w->now = 100 * SECOND;
}

static void world_done(struct world *w)
{
    tables_free(w->tables);
    tree_remove(&w->proc);
    tree_remove(&w->host);
}

static void apply(struct world *w, struct change *change)
{
    w->now += 1000;
    change->time_ns = w->now;
    tables_apply(w->tables, change);
}

static struct change_task task_of(uint32_t pid, uint32_t ppid, uint64_t start_ns)
{
    return (struct change_task){
        .pid = pid,
        .ppid = ppid,
        .vpid = pid,
        .pgid = pid,
        .sid = pid,
        .start_ns = start_ns,
        .cgroup_v2 = 1,
        .creds.login_uid = PROCESS_NO_UID,
        .name = SV("sh"),
    };
}

static void fork_one(struct world *w, uint32_t pid, uint32_t ppid, uint64_t start_ns)
{
    struct change change = {.kind = CHANGE_FORK, .task = task_of(pid, ppid, start_ns)};

    apply(w, &change);
    tables_settle(w->tables);
}

static void exec_one(struct world *w, struct change_task task, struct sv args)
{
    struct change change = {.kind = CHANGE_EXEC, .task = task, .program = {.args = args}};

    change.program.path = SV("/usr/bin/program");
    change.program.cwd = SV("/work");
    apply(w, &change);
    tables_settle(w->tables);
}

static void exit_one(struct world *w, uint32_t pid, uint64_t start_ns)
{
    struct change change = {.kind = CHANGE_EXIT, .task = {.pid = pid, .start_ns = start_ns}};

    apply(w, &change);
}

static void cgroup_one(struct world *w, uint64_t id, bool is_v1, const char *path)
{
    struct change change = {
        .kind = CHANGE_CGROUP, .cgroup_id = id, .cgroup_is_v1 = is_v1, .cgroup_path = sv(path)};

    apply(w, &change);
}

static struct tables_counts counts(const struct world *w)
{
    struct tables_counts out;

    tables_counts(w->tables, &out);
    return out;
}

static void life(void **state)
{
    struct world w;
    struct change_task task;

    world_init(&w);
    cgroup_one(&w, 1, false, "/");
    fork_one(&w, 10, 0, 10 * SECOND);
    exec_one(&w, task_of(10, 0, 10 * SECOND), SV("/bin/sh\0-c\0x\0"));
    const struct process *shell = tables_find(w.tables, 10, 10 * SECOND);
    test_row("exec");
    CHECK(shell != NULL);
    CHECK_SV(shell->program->command_line, sv("sh -c x"));
    CHECK_SV(shell->program->exe_line, sv("/bin/sh -c x"));
    CHECK_SV(shell->cwd, sv("/work"));
    CHECK_INT(shell->exec_ns, w.now);
    CHECK(shell->parent == NULL && shell->container == NULL);
    CHECK(shell->session_leader == shell && shell->group_leader == shell);
    CHECK_SV(shell->cgroup, sv("/"));

    test_row("fork shares the program");
    task = task_of(11, 10, 11 * SECOND);
    task.pgid = task.sid = 10;
    task.creds.euid = task.creds.egid = 1000;
    task.creds.login_uid = 1000;
    struct change change = {.kind = CHANGE_FORK, .task = task};
    apply(&w, &change);
    tables_settle(w.tables);
    const struct process *child = tables_find(w.tables, 11, 11 * SECOND);
    CHECK(child->program == shell->program);
    CHECK_SV(child->cwd, sv("/work"));
    CHECK_INT(child->exec_ns, 0);
    CHECK(child->parent == shell && child->session_leader == shell);
    CHECK_SV(child->user->name, sv("alice"));
    CHECK_SV(child->group->name, sv("users"));
    CHECK_SV(child->login_user->name, sv("alice"));
    CHECK_SV(shell->user->name, sv("root"));
    CHECK(shell->login_user == NULL);
    CHECK_INT(counts(&w).programs, 1);

    test_row("exec replaces the child's only, and the maker stays");
    task.ppid = 1; /* given to init meanwhile */
    task.name = SV("ls");
    exec_one(&w, task, SV("ls\0"));
    CHECK_SV(child->name, sv("ls"));
    CHECK_SV(child->program->command_line, sv("ls"));
    CHECK_SV(shell->program->command_line, sv("sh -c x"));
    CHECK_INT(child->ppid, 10);
    CHECK_INT(counts(&w).programs, 2);

    test_row("exec without a directory keeps the old one");
    struct change again = {.kind = CHANGE_EXEC, .task = task, .program = {.args = SV("ls\0")}};
    apply(&w, &again);
    CHECK_SV(child->cwd, sv("/work"));

    test_row("the parent ends first");
    exit_one(&w, 10, 10 * SECOND);
    CHECK(tables_find(w.tables, 10, 10 * SECOND) == shell);
    CHECK(shell->end_ns != 0);
    tables_settle(w.tables);
    CHECK(child->parent == shell);
    CHECK_SV(child->parent->program->command_line, sv("sh -c x"));

    test_row("then the child, and both are gone");
    exit_one(&w, 11, 11 * SECOND);
    CHECK(tables_find(w.tables, 11, 11 * SECOND) == child);
    tables_settle(w.tables);
    CHECK_INT(counts(&w).processes, 0);
    CHECK_INT(counts(&w).programs, 0);
    CHECK(tables_find(w.tables, 11, 11 * SECOND) == NULL);
    CHECK_INT(counts(&w).unknown_process, 1);
    CHECK_INT(counts(&w).from_proc, 0);
    world_done(&w);
}

static void reused_pid(void **state)
{
    struct world w;

    world_init(&w);
    cgroup_one(&w, 1, false, "/");
    fork_one(&w, 5, 0, 1 * SECOND);
    exec_one(&w, task_of(5, 0, 1 * SECOND), SV("old\0"));
    fork_one(&w, 6, 5, 2 * SECOND);
    test_row("the exit was lost");
    fork_one(&w, 5, 6, 3 * SECOND);
    exec_one(&w, task_of(5, 6, 3 * SECOND), SV("new\0"));
    CHECK_SV(tables_find(w.tables, 5, 0)->program->exe, sv("new"));
    CHECK_SV(tables_find(w.tables, 5, 3 * SECOND)->program->exe, sv("new"));
    CHECK_SV(tables_find(w.tables, 5, 1 * SECOND)->program->exe, sv("old"));
    CHECK(tables_find(w.tables, 5, 2 * SECOND) == NULL);
    test_row("descends from the one that had its own pid");
    const struct process *p = tables_find(w.tables, 5, 3 * SECOND);
    CHECK(p->parent->parent == tables_find(w.tables, 5, 1 * SECOND));
    test_row("an exit of the old one leaves the new one");
    exit_one(&w, 5, 1 * SECOND);
    tables_settle(w.tables);
    CHECK_INT(tables_find(w.tables, 5, 0)->end_ns, 0);
    test_row("a parent by start");
    struct change change = {.kind = CHANGE_FORK, .task = task_of(8, 5, 4 * SECOND)};
    change.task.parent_start_ns = 1 * SECOND;
    apply(&w, &change);
    CHECK(tables_find(w.tables, 8, 0)->parent == tables_find(w.tables, 5, 1 * SECOND));
    test_row("a parent by pid alone: the one that was there before the child");
    fork_one(&w, 9, 5, 2 * SECOND + 1);
    CHECK(tables_find(w.tables, 9, 0)->parent == tables_find(w.tables, 5, 1 * SECOND));
    world_done(&w);
}

static void unknown_parents(void **state)
{
    struct world w;

    world_init(&w);
    tree_process(&w.proc, &(struct tree_process){.pid = 1,
                                                 .start_ticks = 1,
                                                 .name = "init",
                                                 .cmdline = SV("/sbin/init\0"),
                                                 .exe = "/usr/lib/systemd/systemd",
                                                 .cwd = "/"});
    tree_process(&w.proc, &(struct tree_process){.pid = 20,
                                                 .ppid = 1,
                                                 .start_ticks = 500,
                                                 .name = "sshd",
                                                 .cmdline = SV("sshd: a\0"),
                                                 .cgroup = "0::/system.slice/ssh.service\n"});
    test_row("read from /proc, with its ancestors");
    fork_one(&w, 21, 20, 6 * SECOND);
    const struct process *p = tables_find(w.tables, 21, 6 * SECOND);
    CHECK(p->parent != NULL);
    CHECK_SV(p->parent->name, sv("sshd"));
    CHECK_SV(p->program->command_line, sv("sshd"));
    CHECK_SV(p->program->exe, sv("sshd: a"));
    CHECK_SV(p->parent->parent->program->path, sv("/usr/lib/systemd/systemd"));
    CHECK_SV(p->parent->cgroup, sv("/system.slice/ssh.service"));
    CHECK(p->parent->parent->parent == NULL);
    CHECK_INT(counts(&w).processes, 3);
    CHECK_INT(counts(&w).unknown_process, 0);

    test_row("a later record gives the exact start");
    struct change change = {.kind = CHANGE_TASK, .task = task_of(20, 1, 500 * TICK + 1234)};
    change.task.name = SV("sshd");
    apply(&w, &change);
    tables_settle(w.tables);
    CHECK_INT(p->parent->start_ns, 500 * TICK + 1234);
    CHECK_INT(counts(&w).processes, 3);

    test_row("not in /proc either");
    fork_one(&w, 31, 30, 7 * SECOND);
    p = tables_find(w.tables, 31, 7 * SECOND);
    CHECK(p->parent == NULL);
    CHECK_INT(p->ppid, 30);
    CHECK_SV(p->program->command_line, sv("sh"));

    test_row("in /proc by now somebody younger has the parent's pid");
    tree_process(&w.proc,
                 &(struct tree_process){.pid = 40, .ppid = 1, .start_ticks = 900, .name = "young"});
    fork_one(&w, 41, 40, 8 * SECOND);
    CHECK(tables_find(w.tables, 41, 8 * SECOND)->parent == NULL);

    test_row("its own parent, if /proc is to be believed");
    tree_process(&w.proc,
                 &(struct tree_process){.pid = 50, .ppid = 51, .start_ticks = 600, .name = "a"});
    tree_process(&w.proc,
                 &(struct tree_process){.pid = 51, .ppid = 50, .start_ticks = 600, .name = "b"});
    p = tables_find(w.tables, 50, 0);
    CHECK(p != NULL);
    CHECK(p->parent == NULL || p->parent->parent == NULL);

    test_row("exec of an unknown process");
    exec_one(&w, task_of(60, 20, 9 * SECOND), SV("x\0"));
    p = tables_find(w.tables, 60, 9 * SECOND);
    CHECK_SV(p->parent->name, sv("sshd"));
    test_row("exit of an unknown process");
    exit_one(&w, 999, 1);
    world_done(&w);
}

static void found_in_proc(void **state)
{
    struct world w;

    world_init(&w);
    tree_process(&w.proc, &(struct tree_process){.pid = 7,
                                                 .ppid = 0,
                                                 .start_ticks = 50,
                                                 .name = "d",
                                                 .cmdline = SV("d\0"),
                                                 .uid = 1000});
    test_row("start must match");
    CHECK(tables_find(w.tables, 7, 51 * TICK) == NULL);
    const struct process *p = tables_find(w.tables, 7, 50 * TICK + 99);
    CHECK(p != NULL);
    CHECK_INT(p->start_ns, 50 * TICK + 99);
    CHECK_SV(p->user->name, sv("alice"));
    CHECK_INT(counts(&w).unknown_process, 2);
    CHECK_INT(counts(&w).from_proc, 1);
    test_row("known from now on");
    CHECK(tables_find(w.tables, 7, 50 * TICK + 99) == p);
    CHECK_INT(counts(&w).unknown_process, 2);
    test_row("no such process");
    CHECK(tables_find(w.tables, 8, 0) == NULL);
    CHECK(tables_find(w.tables, 0, 0) == NULL);
    world_done(&w);
}

static void scan(void **state)
{
    struct world w;
    struct err err = {0};

    world_init(&w);
    tree_process(&w.proc, &(struct tree_process){.pid = 1, .start_ticks = 1, .name = "init"});
    tree_process(
        &w.proc,
        &(struct tree_process){
            .pid = 300, .ppid = 200, .start_ticks = 30, .name = "c", .cmdline = SV("c\0-x\0")});
    tree_process(&w.proc,
                 &(struct tree_process){.pid = 200, .ppid = 1, .start_ticks = 20, .name = "b"});
    tree_process(&w.proc, &(struct tree_process){
                              .pid = 400, .ppid = 1, .start_ticks = 40, .name = "broken"});
    tree_text(&w.proc, "400/stat", "garbage");
    tree_text(&w.proc, "self/stat", "x");
    tree_text(&w.proc, "0x1f/stat", "x");
    tree_text(&w.proc, "99999999999/stat", "x");
    tree_text(&w.proc, "uptime", "x");
    CHECK_INT(tables_scan_proc(w.tables, &err), 0);
    CHECK_INT(counts(&w).processes, 3);
    const struct process *p = tables_find(w.tables, 300, 0);
    CHECK_SV(p->program->command_line, sv("c -x"));
    CHECK_SV(p->parent->name, sv("b"));
    CHECK_SV(p->parent->parent->name, sv("init"));
    CHECK_INT(counts(&w).unknown_process, 0);
    test_row("twice changes nothing");
    CHECK_INT(tables_scan_proc(w.tables, &err), 0);
    CHECK_INT(counts(&w).processes, 3);
    world_done(&w);

    test_row("no /proc");
    scoped(tables_free) struct tables *none =
        tables_new(&(struct tables_options){.proc_root = "/nonexistent/proc", .host_root = ""});
    CHECK(tables_scan_proc(none, &err) < 0);
    CHECK_HAS(err.text, "/nonexistent/proc");
    scoped(tables_free) struct tables *replay =
        tables_new(&(struct tables_options){.proc_root = NULL, .host_root = ""});
    CHECK(tables_scan_proc(replay, &err) < 0);
    CHECK(tables_find(replay, (uint32_t)getpid(), 0) == NULL);
}

static void real_proc(void **state)
{
    struct err err = {0};
    scoped(tables_free) struct tables *tables =
        tables_new(&(struct tables_options){.proc_root = "/proc", .host_root = ""});

    CHECK_INT(tables_scan_proc(tables, &err), 0);
    const struct process *me = tables_find(tables, (uint32_t)getpid(), 0);
    CHECK(me != NULL);
    CHECK_INT(me->parent->pid, getppid());
    CHECK(me->program->path.len > 0);
    uint32_t levels = 0;
    for (const struct process *p = me; p != NULL; p = p->parent)
        levels++;
    CHECK(levels >= 2 && levels < PROCESS_ANCESTORS_MAX);
}

#define CONFIG                                                                                     \
    "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"app\","                              \
    "\"io.kubernetes.cri.image-name\":\"docker.io/library/nginx:1.25\","                           \
    "\"io.kubernetes.cri.sandbox-name\":\"web-0\","                                                \
    "\"io.kubernetes.cri.sandbox-namespace\":\"billing\"},\"root\":{\"path\":\"rootfs\"}}"
#define BUNDLE "run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID

static void containers(void **state)
{
    struct world w;
    struct change_task task;

    world_init(&w);
    tree_text(&w.host, BUNDLE "/config.json", CONFIG);
    tree_text(&w.proc, "101/root/etc/passwd", "app:x:1000:1000::/app:/bin/sh\n");
    tree_text(&w.proc, "101/root/etc/group", "app:x:1000:\n");
    cgroup_one(&w, 1, false, "/");
    cgroup_one(&w, 50, true, "/system.slice/containerd.service");
    cgroup_one(&w, 51, true, "/kubepods/besteffort/pod" UID "/" ID);
    test_row("the runtime's process, outside");
    task = task_of(100, 0, 10 * SECOND);
    task.cgroup_v1 = 50;
    exec_one(&w, task, SV("runc\0init\0"));
    const struct process *runc = tables_find(w.tables, 100, 0);
    CHECK(runc->container == NULL);
    CHECK_SV(runc->cgroup, sv("/system.slice/containerd.service"));

    test_row("a fork inside");
    task = task_of(101, 100, 11 * SECOND);
    task.cgroup_v1 = 51;
    task.creds.euid = task.creds.egid = 1000;
    task.creds.login_uid = 1000;
    struct change change = {.kind = CHANGE_FORK, .task = task};
    apply(&w, &change);
    tables_settle(w.tables);
    const struct process *p = tables_find(w.tables, 101, 0);
    CHECK(p->container != NULL);
    CHECK_SV(p->container->full_id, sv(ID));

    test_row("the payload: bundle and users are read");
    task.name = SV("nginx");
    exec_one(&w, task, SV("nginx\0"));
    CHECK(p->container->has_spec);
    CHECK_SV(p->container->name, sv("app"));
    CHECK_SV(p->container->pod_name, sv("web-0"));
    CHECK_SV(p->container->namespace_name, sv("billing"));
    CHECK_SV(p->container->pod_uid, sv(UID));
    CHECK_SV(p->container->image_repository, sv("docker.io/library/nginx"));
    CHECK_SV(p->container->image_tag, sv("1.25"));
    CHECK_INT(p->container->start_ns, 11 * SECOND);
    CHECK_SV(p->cgroup, sv("/kubepods/besteffort/pod" UID "/" ID));
    CHECK_SV(p->user->name, sv("app"));
    CHECK_SV(p->group->name, sv("app"));
    test_row("the login was on the host");
    CHECK_SV(p->login_user->name, sv("alice"));

    test_row("a child is in it too, and knows the names");
    task = task_of(102, 101, 12 * SECOND);
    task.cgroup_v1 = 51;
    task.creds.euid = 1000;
    change = (struct change){.kind = CHANGE_FORK, .task = task};
    apply(&w, &change);
    tables_settle(w.tables);
    const struct process *child = tables_find(w.tables, 102, 0);
    CHECK(child->container == p->container);
    CHECK_SV(child->user->name, sv("app"));
    CHECK_SV(child->group->name, sv(""));
    CHECK_INT(counts(&w).containers, 1);
    CHECK_INT(counts(&w).container_without_spec, 0);

    test_row("the container's passwd changes");
    tree_text(&w.proc, "101/root/etc/passwd", "renamed:x:1000:1000::/app:/bin/sh\n");
    w.now += 2 * SECOND;
    task = task_of(101, 100, 11 * SECOND);
    task.cgroup_v1 = 51;
    task.creds.euid = 1000;
    exec_one(&w, task, SV("nginx\0"));
    CHECK_SV(p->user->name, sv("renamed"));
    CHECK_SV(child->user->name, sv("renamed"));

    test_row("it goes with its last process, after a while");
    exit_one(&w, 101, 11 * SECOND);
    exit_one(&w, 102, 12 * SECOND);
    exit_one(&w, 100, 10 * SECOND);
    tables_settle(w.tables);
    CHECK_INT(counts(&w).processes, 0);
    CHECK_INT(counts(&w).containers, 1);
    w.now += 100 * SECOND;
    fork_one(&w, 200, 0, w.now);
    CHECK_INT(counts(&w).containers, 0);
    world_done(&w);
}

static void container_details(void **state)
{
    struct world w;
    struct change_task task;

    world_init(&w);
    cgroup_one(&w, 51, false, "/kubepods/besteffort/pod" UID "/" ID);
    test_row("no bundle yet");
    task = task_of(101, 0, 11 * SECOND);
    task.cgroup_v2 = 51;
    exec_one(&w, task, SV("nginx\0"));
    const struct process *p = tables_find(w.tables, 101, 0);
    CHECK(!p->container->has_spec);
    CHECK_SV(p->container->pod_uid, sv(UID));
    CHECK_INT(counts(&w).container_without_spec, 1);
    CHECK_INT(p->user->name.len, 0);
    test_row("late: seen by the process that was there before; users from the bundle's root");
    tree_text(&w.host, BUNDLE "/config.json", CONFIG);
    tree_text(&w.host, BUNDLE "/rootfs/etc/passwd", "root:x:0:0::/root:/bin/ash\n");
    w.now += SECOND;
    struct change_task other = task_of(102, 101, 12 * SECOND);
    other.cgroup_v2 = 51;
    exec_one(&w, other, SV("ls\0"));
    CHECK(p->container->has_spec);
    CHECK_SV(p->container->namespace_name, sv("billing"));
    CHECK_SV(p->user->name, sv("root"));
    CHECK_SV(p->user->shell, sv("/bin/ash"));
    CHECK_INT(counts(&w).container_without_spec, 0);

    test_row("a path that was lost is read from /proc, and its id is not learnt");
    tree_process(&w.proc, &(struct tree_process){.pid = 103,
                                                 .ppid = 1,
                                                 .start_ticks = 1300,
                                                 .name = "x",
                                                 .cgroup = "4:memory:/docker/" ID "\n0::/\n"});
    task = task_of(103, 0, 13 * SECOND);
    task.cgroup_v2 = 77;
    task.cgroup_v1 = 78;
    exec_one(&w, task, SV("x\0"));
    CHECK(tables_find(w.tables, 103, 0)->container == p->container);
    task = task_of(104, 0, 14 * SECOND);
    task.cgroup_v2 = 77;
    exec_one(&w, task, SV("x\0"));
    CHECK(tables_find(w.tables, 104, 0)->container == NULL);

    test_row("one path was lost, and /proc says nothing any more: the other one counts");
    cgroup_one(&w, 79, false, "/docker/" ID);
    tree_process(&w.proc,
                 &(struct tree_process){
                     .pid = 106, .ppid = 1, .start_ticks = 1600, .name = "x", .cgroup = "0::/\n"});
    task = task_of(106, 0, 16 * SECOND);
    task.cgroup_v2 = 79;
    task.cgroup_v1 = 80;
    exec_one(&w, task, SV("x\0"));
    CHECK(tables_find(w.tables, 106, 0)->container == p->container);

    test_row("moved out by an exec");
    cgroup_one(&w, 60, false, "/user.slice");
    task = task_of(102, 101, 12 * SECOND);
    task.cgroup_v2 = 60;
    exec_one(&w, task, SV("ls\0"));
    CHECK(tables_find(w.tables, 102, 0)->container == NULL);
    CHECK_SV(tables_find(w.tables, 102, 0)->user->shell, sv("/bin/bash"));

    test_row("a record without cgroups: as the parent");
    task = task_of(105, 101, 15 * SECOND);
    task.cgroup_v2 = 0;
    struct change change = {.kind = CHANGE_FORK, .task = task};
    apply(&w, &change);
    CHECK(tables_find(w.tables, 105, 0)->container == p->container);
    world_done(&w);
}

static void runc_by_name(void **state)
{
    struct world w;
    struct change_task task;

    world_init(&w);
    tree_text(&w.host, "run/runc/demo/state.json",
              "{\"config\":{\"labels\":[\"bundle=/srv/demo\"]}}");
    tree_text(&w.host, "srv/demo/config.json", CONFIG);
    cgroup_one(&w, 1, false, "/");
    cgroup_one(&w, 9, true, "/process_api/f28672ab181b6d1d15ba4a6f1ce37c38/demo");
    task = task_of(5, 0, SECOND);
    task.cgroup_v1 = 9;
    exec_one(&w, task, SV("sh\0"));
    const struct process *p = tables_find(w.tables, 5, 0);
    CHECK_SV(p->container->full_id, sv("demo"));
    CHECK_SV(p->container->runtime, sv("runc"));
    CHECK_SV(p->container->namespace_name, sv("billing"));
    CHECK_SV(p->cgroup, sv("/process_api/f28672ab181b6d1d15ba4a6f1ce37c38/demo"));

    test_row("a second one of the same name, in another namespace");
    exit_one(&w, 5, SECOND);
    tables_settle(w.tables);
    tree_text(&w.host, "srv/demo/config.json",
              "{\"annotations\":{\"io.kubernetes.cri.sandbox-namespace\":\"shop\"}}");
    cgroup_one(&w, 10, true, "/process_api/f28672ab181b6d1d15ba4a6f1ce37c38/demo");
    task = task_of(6, 0, 2 * SECOND);
    task.cgroup_v1 = 10;
    exec_one(&w, task, SV("sh\0"));
    p = tables_find(w.tables, 6, 0);
    CHECK_SV(p->container->namespace_name, sv("shop"));
    CHECK_INT(p->container->start_ns, 2 * SECOND);
    world_done(&w);
}

static void started_before(void **state)
{
    struct world w;

    world_init(&w);
    tree_process(&w.proc, &(struct tree_process){.pid = 9,
                                                 .ppid = 1,
                                                 .start_ticks = 100,
                                                 .name = "web",
                                                 .cmdline = SV("/srv/web\0-d\0"),
                                                 .exe = "/srv/web",
                                                 .cwd = "/srv",
                                                 .cgroup = "0::/docker/" ID "\n"});
    test_row("the iterator's record is completed from /proc");
    struct change change = {.kind = CHANGE_TASK, .task = task_of(9, 0, 100 * TICK + 5)};
    change.task.name = SV("web");
    change.task.cgroup_v2 = 0;
    apply(&w, &change);
    tables_settle(w.tables);
    const struct process *p = tables_find(w.tables, 9, 100 * TICK + 5);
    CHECK_SV(p->program->command_line, sv("web -d"));
    CHECK_SV(p->program->path, sv("/srv/web"));
    CHECK_SV(p->cwd, sv("/srv"));
    CHECK_SV(p->program->env, SV("PATH=/bin\0HOME=/root\0"));
    CHECK_SV(p->container->full_id, sv(ID));
    test_row("but not from another process of that pid");
    change.task = task_of(9, 0, 200 * TICK);
    change.task.name = SV("other");
    apply(&w, &change);
    tables_settle(w.tables);
    p = tables_find(w.tables, 9, 200 * TICK);
    CHECK_SV(p->program->command_line, sv("other"));
    CHECK_INT(p->program->path.len, 0);
    world_done(&w);
}

/* Exits that were lost are found out. */
static void lost_exits(void **state)
{
    struct world w;

    world_init(&w);
    cgroup_one(&w, 1, false, "/");
    tree_process(&w.proc, &(struct tree_process){.pid = 5, .start_ticks = 100, .name = "stays"});
    fork_one(&w, 5, 0, 100 * TICK);
    for (uint32_t pid = 10; pid < 40; pid++)
        fork_one(&w, pid, 0, 2 * SECOND + pid);
    CHECK_INT(counts(&w).processes, 31);
    w.now += 30 * SECOND;
    CHECK(tables_find(w.tables, 12, 0) != NULL);
    cgroup_one(&w, 1, false, "/");
    tables_settle(w.tables);
    CHECK_INT(counts(&w).processes, 31);
    CHECK(tables_find(w.tables, 12, 0) != NULL);
    w.now += 40 * SECOND;
    cgroup_one(&w, 1, false, "/");
    tables_settle(w.tables);
    test_row("the one in /proc and the one seen lately stay");
    CHECK_INT(counts(&w).processes, 2);
    CHECK(tables_find(w.tables, 5, 100 * TICK) != NULL);
    CHECK(tables_find(w.tables, 12, 0) != NULL);
    world_done(&w);
}

static void many_forks(void **state)
{
    struct world w;

    world_init(&w);
    cgroup_one(&w, 1, false, "/");
    fork_one(&w, 1, 0, 1);
    exec_one(&w, task_of(1, 0, 1), SV("init\0"));
    for (uint32_t i = 0; i < 100000; i++) {
        uint32_t pid = 2 + i % 30000;
        uint64_t start = SECOND + i;

        fork_one(&w, pid, 1, start);
        if (i % 7 == 0)
            exec_one(&w, task_of(pid, 1, start), SV("true\0"));
        if (tables_find(w.tables, pid, start)->parent == NULL)
            TEST_FAIL("fork %u has no parent", i);
        exit_one(&w, pid, start);
        tables_settle(w.tables);
    }
    CHECK_INT(counts(&w).processes, 1);
    CHECK_INT(counts(&w).programs, 1);
    CHECK_INT(counts(&w).cgroups, 1);
    CHECK_INT(counts(&w).forgotten, 0);
    CHECK_INT(counts(&w).unknown_process, 0);
    world_done(&w);
}

/* A cgroup that was just made is enough to know the container by its first exec. */
static void made_ahead(void **state)
{
    struct world w;
    struct change made = {.kind = CHANGE_CGROUP,
                          .cgroup_id = 70,
                          .cgroup_what = CHANGE_CGROUP_MADE,
                          .cgroup_path = SV("/kubepods/besteffort/pod" UID "/" ID)};

    world_init(&w);
    CHECK_INT(tables_next_ns(w.tables), UINT64_MAX);
    apply(&w, &made);
    test_row("waits for its bundle");
    tables_settle(w.tables);
    CHECK_INT(counts(&w).containers_waiting, 1);
    CHECK_INT(counts(&w).containers_ahead, 0);
    tree_text(&w.host, BUNDLE "/config.json", CONFIG);
    CHECK(tables_next_ns(w.tables) > w.now);
    test_row("found when its time has come, without an event");
    tables_turn(w.tables, tables_next_ns(w.tables));
    CHECK_INT(counts(&w).containers_ahead, 1);
    CHECK_INT(counts(&w).containers_waiting, 0);
    CHECK_INT(tables_next_ns(w.tables), UINT64_MAX);
    uint64_t looks = counts(&w).container_looks;

    test_row("the first exec needs no look");
    struct change_task task = task_of(101, 0, 110 * SECOND);
    task.cgroup_v2 = 70;
    exec_one(&w, task, SV("app\0"));
    const struct process *app = tables_find(w.tables, 101, 0);
    CHECK(app->container != NULL && app->container->has_spec);
    CHECK_INT(counts(&w).container_looks, looks);

    test_row("made again under the same name: read anew");
    exit_one(&w, 101, 110 * SECOND);
    tables_settle(w.tables);
    made.cgroup_what = CHANGE_CGROUP_GONE;
    apply(&w, &made);
    made.cgroup_what = CHANGE_CGROUP_MADE;
    made.cgroup_id = 71;
    apply(&w, &made);
    tables_settle(w.tables);
    CHECK_INT(counts(&w).containers_ahead, 2);
    CHECK_INT(counts(&w).containers, 1);

    test_row("a cgroup inside is nothing new");
    made.cgroup_id = 72;
    made.cgroup_path = SV("/kubepods/besteffort/pod" UID "/" ID "/init.scope");
    apply(&w, &made);
    CHECK_INT(counts(&w).containers_waiting, 0);
    world_done(&w);
}

static void changes_of_what_a_process_is(void **state)
{
    struct change change = {.kind = CHANGE_UPDATE, .task = task_of(11, 10, 11 * SECOND)};
    struct world w;

    world_init(&w);
    fork_one(&w, 10, 0, 10 * SECOND);
    exec_one(&w, task_of(10, 0, 10 * SECOND), SV("/bin/sh\0-c\0x\0"));
    fork_one(&w, 11, 10, 11 * SECOND);
    const struct process *shell = tables_find(w.tables, 10, 10 * SECOND);
    const struct process *child = tables_find(w.tables, 11, 11 * SECOND);
    uint64_t version = child->version;

    test_row("another user");
    change.task.creds.euid = 1000;
    change.task.sid = 10;
    change.task.cgroup_v2 = 0;
    change.task.name = (struct sv){NULL, 0}; /* a thread did it */
    apply(&w, &change);
    CHECK_SV(child->user->name, sv("alice"));
    CHECK_SV(child->name, sv("sh"));
    CHECK(child->session_leader == shell && child->program == shell->program);
    CHECK_SV(child->cwd, sv("/work"));
    CHECK(child->version > version);
    CHECK_SV(shell->user->name, sv("root"));

    test_row("another name, which the command line begins with");
    change.task.name = SV("kworker");
    change.program.cwd = SV("/proc");
    apply(&w, &change);
    CHECK_SV(child->name, sv("kworker"));
    CHECK_SV(child->program->command_line, sv("kworker -c x"));
    CHECK_SV(child->program->exe_line, sv("/bin/sh -c x"));
    CHECK_SV(child->cwd, sv("/proc"));
    CHECK_SV(shell->program->command_line, sv("sh -c x"));
    CHECK_INT(counts(&w).programs, 2);

    test_row("another directory, which a fork inherits and an exec replaces");
    struct change moved = {.kind = CHANGE_CWD, .task = {.pid = 11, .start_ns = 11 * SECOND}};
    moved.program.cwd = SV("/tmp");
    apply(&w, &moved);
    CHECK_SV(child->cwd, sv("/tmp"));
    fork_one(&w, 12, 11, 12 * SECOND);
    CHECK_SV(tables_find(w.tables, 12, 12 * SECOND)->cwd, sv("/tmp"));
    CHECK_SV(shell->cwd, sv("/work"));
    exec_one(&w, task_of(11, 10, 11 * SECOND), SV("ls\0"));
    CHECK_SV(child->cwd, sv("/work"));

    test_row("nobody we know");
    moved.task.pid = change.task.pid = 77;
    apply(&w, &moved);
    apply(&w, &change);
    CHECK_INT(counts(&w).processes, 3);
    world_done(&w);
}

static void groups_that_parents_set(void **state)
{
    struct change change = {.kind = CHANGE_GROUP,
                            .task = {.pid = 10, .start_ns = 10 * SECOND, .vpid = 11, .vpgid = 11}};
    struct world w;

    world_init(&w);
    fork_one(&w, 10, 0, 10 * SECOND);
    fork_one(&w, 11, 10, 11 * SECOND);
    fork_one(&w, 12, 10, 12 * SECOND);
    const struct process *one = tables_find(w.tables, 11, 11 * SECOND);
    const struct process *two = tables_find(w.tables, 12, 12 * SECOND);

    apply(&w, &change);
    CHECK(one->pgid == 11 && one->vpgid == 11 && one->group_leader == one);
    test_row("its brother joins it");
    change.task.vpid = 12;
    apply(&w, &change);
    CHECK(two->pgid == 11 && two->vpgid == 11 && two->group_leader == one);
    test_row("into the caller's group");
    change.task.vpgid = 0;
    change.task.vpid = 99; /* no such child */
    apply(&w, &change);
    CHECK(two->vpgid == 11);
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_of_what_a_process_is),
        cmocka_unit_test(groups_that_parents_set),
        cmocka_unit_test(life),
        cmocka_unit_test(reused_pid),
        cmocka_unit_test(unknown_parents),
        cmocka_unit_test(found_in_proc),
        cmocka_unit_test(scan),
        cmocka_unit_test(real_proc),
        cmocka_unit_test(containers),
        cmocka_unit_test(container_details),
        cmocka_unit_test(made_ahead),
        cmocka_unit_test(runc_by_name),
        cmocka_unit_test(started_before),
        cmocka_unit_test(lost_exits),
        cmocka_unit_test(many_forks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
