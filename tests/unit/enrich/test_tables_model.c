/* Random changes against a model that forgets nothing: few pids, so that they are used again at
 * once; exits that get lost; deep and wide families; moves between cgroups. */
#include "base/alloc.h"
#include "enrich/tables.h"
#include "tests/unit/test.h"

enum { PIDS = 48, STEPS = 60000, CGROUPS = 6, DEPTH_CHECKED = 60 };

#define IDS "1f04600dc6949359da68eee5fe7c4069706a567c07d1ef89fe3bbfdeac7a6dc"

/* A process of the model; never freed, so that ancestors can be compared. */
struct model {
    uint32_t pid;
    uint64_t start_ns;
    const struct model *parent;
    uint32_t program; /* number of the exec it runs */
    uint32_t cgroup;  /* index */
    uint32_t uid;
};

struct world {
    struct tables *tables;
    struct model *all;
    size_t count;
    struct model *alive[PIDS]; /* by pid */
    uint64_t now, seed;
    uint32_t execs;
};

static uint32_t dice(struct world *w, uint32_t sides)
{
    w->seed ^= w->seed << 13;
    w->seed ^= w->seed >> 7;
    w->seed ^= w->seed << 17;
    return (uint32_t)(w->seed >> 32) % sides;
}

static struct change_task task_of(const struct model *m)
{
    return (struct change_task){
        .pid = m->pid,
        .ppid = m->parent == NULL ? 0 : m->parent->pid,
        .start_ns = m->start_ns,
        .parent_start_ns = m->parent == NULL ? 0 : m->parent->start_ns,
        .pgid = 1 + m->uid % PIDS,
        .sid = 1 + m->cgroup,
        .cgroup_v2 = m->cgroup + 1,
        .creds = {.euid = m->uid, .egid = m->uid, .login_uid = PROCESS_NO_UID},
        .name = SV("p"),
    };
}

static void send(struct world *w, struct change *change)
{
    change->time_ns = w->now++;
    tables_apply(w->tables, change);
}

static void do_exec(struct world *w, struct model *m)
{
    char args[64];

    m->program = ++w->execs;
    m->cgroup = dice(w, 4) == 0 ? dice(w, CGROUPS) : m->cgroup;
    m->uid = dice(w, 4) == 0 ? dice(w, 200) : m->uid;
    int len = snprintf(args, sizeof(args), "p%c%u%c", 0, m->program, 0);
    struct change change = {
        .kind = CHANGE_EXEC, .task = task_of(m), .program.args = {args, (size_t)len}};
    send(w, &change);
}

static void do_fork(struct world *w, uint32_t pid)
{
    struct model *parent = w->alive[dice(w, PIDS)];
    struct model *m = &w->all[w->count++];

    if (parent != NULL && parent->pid == pid)
        parent = NULL; /* the pid's last owner ended unseen: it can make nobody */
    *m = (struct model){.pid = pid, .start_ns = w->now++, .parent = parent};
    if (parent != NULL) {
        m->program = parent->program;
        m->cgroup = parent->cgroup;
        m->uid = parent->uid;
    }
    w->alive[pid] = m; /* whoever had it has ended, seen or not */
    struct change change = {.kind = CHANGE_FORK, .task = task_of(m)};
    send(w, &change);
    if (parent == NULL)
        do_exec(w, m);
}

static void do_exit(struct world *w, uint32_t pid)
{
    struct model *m = w->alive[pid];
    struct change change = {.kind = CHANGE_EXIT, .task = {.pid = pid, .start_ns = m->start_ns}};

    send(w, &change);
    CHECK(tables_find(w->tables, pid, m->start_ns) != NULL);
    w->alive[pid] = NULL;
}

static void check_one(const struct model *m, const struct process *p)
{
    char number[16];

    CHECK(p != NULL);
    CHECK_INT(p->pid, m->pid);
    CHECK_INT(p->start_ns, m->start_ns);
    (void)snprintf(number, sizeof(number), "%u", m->program);
    CHECK_SV(p->program->args_line, sv(number));
    CHECK_INT(p->user->uid, m->uid);
    CHECK_INT(p->container != NULL, m->cgroup % 2);
    if (p->container != NULL)
        CHECK_INT(p->container->full_id.ptr[63], '0' + (char)m->cgroup);
    if (p->session_leader != NULL)
        CHECK_INT(p->session_leader->pid, p->sid);
    if (p->group_leader != NULL)
        CHECK_INT(p->group_leader->pid, p->pgid);
}

static void check(struct world *w, uint32_t pid)
{
    const struct model *m = w->alive[pid];

    if (m == NULL)
        return;
    const struct process *p = tables_find(w->tables, m->pid, m->start_ns);
    check_one(m, p);
    CHECK_INT(p->end_ns, 0);
    for (int level = 0; level < DEPTH_CHECKED; level++) {
        CHECK_INT(p->parent != NULL, m->parent != NULL);
        if (m->parent == NULL)
            break;
        m = m->parent;
        p = p->parent;
        CHECK_INT(p->pid, m->pid);
        CHECK_INT(p->start_ns, m->start_ns);
        CHECK_SV(p->name, sv("p"));
        CHECK(p->program != NULL && p->user != NULL);
    }
}

static void step(struct world *w)
{
    uint32_t pid = 1 + dice(w, PIDS - 1);
    uint32_t what = dice(w, 10);

    if (w->alive[pid] == NULL || what == 0)
        do_fork(w, pid);
    else if (what < 4)
        do_exec(w, w->alive[pid]);
    else if (what < 8)
        do_exit(w, pid);
    if (dice(w, 3) != 0)
        tables_settle(w->tables);
    check(w, 1 + dice(w, PIDS - 1));
}

static void random_changes(void **state)
{
    struct world w = {.seed = 88172645463325252ULL, .now = 1000000000ULL};
    struct tables_counts counts;

    w.tables = tables_new(&(struct tables_options){.proc_root = NULL, .host_root = "/nonexistent"});
    w.all = xcalloc(STEPS + 1, sizeof(*w.all));
    for (uint64_t i = 0; i < CGROUPS; i++) {
        char path[128];
        (void)snprintf(path, sizeof(path), i % 2 ? "/docker/" IDS "%llu" : "/slice/%llu",
                       (unsigned long long)i);
        struct change change = {.kind = CHANGE_CGROUP, .cgroup_id = i + 1, .cgroup_path = sv(path)};
        send(&w, &change);
    }
    for (int i = 0; i < STEPS; i++)
        step(&w);
    for (uint32_t pid = 1; pid < PIDS; pid++) {
        check(&w, pid);
        if (w.alive[pid] != NULL)
            do_exit(&w, pid);
    }
    tables_settle(w.tables);
    tables_counts(w.tables, &counts);
    test_row("nothing is left but what was never seen to end");
    CHECK_INT(counts.processes, 0);
    CHECK_INT(counts.programs, 0);
    CHECK_INT(counts.containers, CGROUPS / 2);
    CHECK_INT(counts.forgotten, 0);
    CHECK_INT(counts.unknown_process, 0);
    tables_free(w.tables);
    free(w.all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
