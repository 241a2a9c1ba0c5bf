/* Applies changes to the tables: which entities a change touches, and in which order.
 *
 * A new entry is added before its relatives are looked for, and everything touched is pinned until
 * tables_settle(), so that the limit never takes away what is being worked on. */
#include "enrich/tables.h"

#include <dirent.h>
#include <errno.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "enrich/attach.h"
#include "enrich/entered.h"
#include "enrich/processes.h"
#include "enrich/procfs.h"
#include "enrich/programs.h"
#include "enrich/tell.h"
#include "enrich/told.h"
#include "enrich/users.h"

enum {
    SWEEP_ENTRIES = 64,
    TURN_LOOKS = 32, /* at containers' files, when the events leave time */
};

#define SWEEP_PAUSE_NS 1000000000ULL /* between rounds of looking for lost exits */
#define SWEEP_IDLE_NS 60000000000ULL /* processes unseen for as long are looked at */

struct tables {
    struct processes processes;
    struct attach attach;
    uint64_t unknown_process, from_proc;
    uint64_t container_events, container_events_complete;
    uint64_t sweep_next_ns;
    bool untold;          /* of a process, see tables_tell_new() */
    uint64_t shared_seen; /* changes of what processes share, see shared_changes() */
};

static void release_process(struct process_entry *entry, void *context)
{
    struct tables *tables = context;

    attach_release(&tables->attach, entry);
}

struct tables *tables_new(const struct tables_options *options)
{
    struct tables *tables = xcalloc(1, sizeof(*tables));
    struct attach_limits limits = {TABLES_CGROUPS_MAX, TABLES_CONTAINERS_MAX};

    attach_init(&tables->attach, options->proc_root, options->host_root, options->log, limits);
    tables->attach.containers.cri = options->cri;
    processes_init(&tables->processes, TABLES_PROCESSES_MAX, release_process, tables);
    return tables;
}

void tables_free(struct tables *tables)
{
    if (tables == NULL)
        return;
    processes_done(&tables->processes);
    attach_done(&tables->attach);
    free(tables);
}

/* Relatives */

static void set_leader(struct tables *tables, struct process_entry *entry, enum process_tie tie,
                       uint32_t pid)
{
    struct process_entry *leader = NULL;

    if (pid == entry->view.pid)
        leader = entry;
    else if (pid != 0)
        leader = processes_find(&tables->processes, pid, 0, false);
    (void)processes_tie(entry, tie, leader);
}

static void set_leaders(struct tables *tables, struct process_entry *entry)
{
    set_leader(tables, entry, TIE_SESSION, entry->view.sid);
    set_leader(tables, entry, TIE_GROUP, entry->view.pgid);
}

static struct process_entry *read_process(struct tables *tables, uint32_t pid, uint64_t start_ns);

/* Tie to whoever has or had the parent's pid and is old enough; NULL when that is nobody. */
static struct process_entry *tie_parent(struct tables *tables, struct process_entry *entry,
                                        uint64_t start_ns)
{
    uint32_t pid = entry->view.ppid;
    struct process_entry *parent = processes_find(&tables->processes, pid, start_ns, false);

    if (parent == NULL)
        parent = read_process(tables, pid, start_ns);
    while (parent != NULL && !processes_tie(entry, TIE_PARENT, parent))
        parent = start_ns != 0 ? NULL : parent->older;
    if (parent != NULL)
        processes_pin(&tables->processes, parent);
    return parent;
}

/* Ancestors that are not known are read from /proc, up to the first that is. */
static void find_ancestors(struct tables *tables, struct process_entry *entry,
                           uint64_t parent_start_ns)
{
    for (int level = 0; level < PROCESS_ANCESTORS_MAX; level++) {
        if (entry == NULL || entry->to[TIE_PARENT] != NULL || entry->view.ppid == 0)
            return;
        entry = tie_parent(tables, entry, parent_start_ns);
        parent_start_ns = 0;
    }
}

/* Processes */

/* ppid stays that of the maker, even when the record was written after it had gone. */
static void set_task(struct process_entry *entry, const struct change_task *task)
{
    struct process *view = &entry->view;

    if (entry->coarse && task->start_ns != 0 && task->start_ns % PROCESS_TICK_NS != 0) {
        view->start_ns = task->start_ns;
        entry->coarse = false;
    }
    if (view->ppid == 0) {
        view->ppid = task->ppid;
        view->vppid = task->vppid;
    }
    view->vpid = task->vpid;
    view->pgid = task->pgid;
    view->sid = task->sid;
    view->vpgid = task->vpgid;
    view->vsid = task->vsid;
    view->tty = task->tty;
    view->pidns_inum = task->pidns_inum;
    view->mntns_inum = task->mntns_inum;
    view->threads = task->threads;
    view->pidns_start_ns = task->pidns_start_ns;
    view->creds = task->creds;
    if (task->name.len > 0)
        processes_name(entry, task->name);
}

static struct process_entry *add_process(struct tables *tables, const struct change_task *task,
                                         bool coarse)
{
    struct process_entry *entry =
        processes_add(&tables->processes, task->pid, task->start_ns, coarse, tables->attach.now_ns);

    if (entry != NULL)
        set_task(entry, task);
    return entry;
}

/* Add a process from /proc, without its ancestors; NULL when it is not there, or is another. */
static struct process_entry *read_process(struct tables *tables, uint32_t pid, uint64_t start_ns)
{
    struct processes *processes = &tables->processes;
    struct procfs_process found;
    struct process_entry *entry;

    arena_reset(tables->attach.scratch);
    if (tables->attach.proc_root == NULL || pid == 0 ||
        procfs_read(tables->attach.proc_root, pid, tables->attach.scratch, &found) == PROCFS_GONE)
        return NULL;
    if (start_ns != 0 && start_ns / PROCESS_TICK_NS != found.task.start_ns / PROCESS_TICK_NS)
        return NULL;
    entry = processes_find(processes, pid, found.task.start_ns, true);
    if (entry != NULL)
        return entry;
    if (start_ns != 0)
        found.task.start_ns = start_ns;
    entry = add_process(tables, &found.task, start_ns == 0);
    if (entry == NULL)
        return NULL;
    entry->untold = tables->untold = true;
    attach_program(&tables->attach, entry, &found.program);
    attach_cgroups_of_proc(&tables->attach, entry, &found);
    attach_container(&tables->attach, entry, true);
    attach_users(&tables->attach, entry, true);
    set_leaders(tables, entry);
    entered_set(&tables->attach, entry, true);
    processes_touch(entry);
    return entry;
}

/* A recording tells of processes that /proc had told of; the kernel's own times are not so even. */
static bool is_tick(uint64_t start_ns)
{
    return start_ns != 0 && start_ns % PROCESS_TICK_NS == 0;
}

/* What the processes of one record share: the entry, known or new, with the record's words. */
static struct process_entry *take_task(struct tables *tables, const struct change_task *task,
                                       bool *is_new)
{
    struct process_entry *entry =
        processes_find(&tables->processes, task->pid, task->start_ns, false);

    *is_new = entry == NULL;
    if (entry == NULL)
        return add_process(tables, task, is_tick(task->start_ns));
    processes_pin(&tables->processes, entry);
    entry->seen_ns = tables->attach.now_ns;
    set_task(entry, task);
    return entry;
}

/* What /proc says is not in the record: a recording has to be told. */
static void read_program(struct tables *tables, struct process_entry *entry)
{
    attach_program_of_proc(&tables->attach, entry);
    entry->untold = tables->untold = true;
}

static void apply_fork(struct tables *tables, const struct change_task *task)
{
    bool is_new;
    struct process_entry *entry = take_task(tables, task, &is_new);

    if (entry == NULL)
        return;
    find_ancestors(tables, entry, task->parent_start_ns);
    const struct process_entry *parent = entry->to[TIE_PARENT];
    if (is_new && parent != NULL) {
        attach_inherited(&tables->attach, entry, parent);
    } else if (entry->image == NULL) {
        read_program(tables, entry);
    }
    attach_cgroups(&tables->attach, entry, task);
    attach_container(&tables->attach, entry, false);
    attach_users(&tables->attach, entry, false);
    set_leaders(tables, entry);
    entered_set(&tables->attach, entry, false);
    processes_touch(entry);
}

static void apply_exec(struct tables *tables, const struct change *change)
{
    bool is_new;
    struct process_entry *entry = take_task(tables, &change->task, &is_new);

    if (entry == NULL)
        return;
    tables->processes.own = entry;
    attach_program(&tables->attach, entry, &change->program);
    entry->view.exec_ns = change->time_ns;
    find_ancestors(tables, entry, change->task.parent_start_ns);
    attach_cgroups(&tables->attach, entry, &change->task);
    attach_container(&tables->attach, entry, true);
    attach_users(&tables->attach, entry, true);
    set_leaders(tables, entry);
    entered_set(&tables->attach, entry, true);
    processes_touch(entry);
}

static void apply_task(struct tables *tables, const struct change *change)
{
    const struct change_task *task = &change->task;
    bool told = change->program.args.len > 0 || change->program.path.len > 0;
    bool is_new;
    struct process_entry *entry = take_task(tables, task, &is_new);

    if (entry == NULL)
        return;
    if (told)
        attach_program(&tables->attach, entry, &change->program);
    else if (entry->image == NULL || !entry->image->known)
        read_program(tables, entry);
    if (task->exec_ns != 0)
        entry->view.exec_ns = task->exec_ns;
    find_ancestors(tables, entry, task->parent_start_ns);
    attach_cgroups(&tables->attach, entry, task);
    attach_container(&tables->attach, entry, true);
    attach_users(&tables->attach, entry, true);
    set_leaders(tables, entry);
    entered_set(&tables->attach, entry, true);
    processes_touch(entry);
}

/* A process that is not known yet is read from /proc when it is asked for, and is up to date. */
static struct process_entry *changed_process(struct tables *tables, const struct change_task *task)
{
    struct process_entry *entry =
        processes_find(&tables->processes, task->pid, task->start_ns, false);

    if (entry == NULL)
        return NULL;
    processes_pin(&tables->processes, entry);
    entry->seen_ns = tables->attach.now_ns;
    return entry;
}

static void apply_update(struct tables *tables, const struct change *change)
{
    struct process_entry *entry = changed_process(tables, &change->task);

    if (entry == NULL)
        return;
    tables->processes.own = entry;
    set_task(entry, &change->task);
    if (change->task.name.len > 0)
        attach_renamed(&tables->attach, entry);
    if (change->program.cwd.len > 0)
        attach_cwd(&tables->attach, entry, change->program.cwd);
    attach_users(&tables->attach, entry, true);
    set_leaders(tables, entry);
    processes_touch(entry);
}

static void apply_cwd(struct tables *tables, const struct change *change)
{
    struct process_entry *entry = changed_process(tables, &change->task);

    if (entry == NULL)
        return;
    tables->processes.own = entry;
    attach_cwd(&tables->attach, entry, change->program.cwd);
    processes_touch(entry);
}

/* Who leads a group has its number, in the caller's namespace as in ours. */
static void apply_group(struct tables *tables, const struct change *change)
{
    struct process_entry *caller = changed_process(tables, &change->task);
    struct process_entry *child = NULL, *leader = NULL;

    if (caller == NULL)
        return;
    for (struct process_entry *at = caller->first[TIE_PARENT]; at != NULL;
         at = at->after[TIE_PARENT]) {
        if (at->state != PROCESS_LIVE)
            continue;
        if (at->view.vpid == change->task.vpid)
            child = at;
        if (at->view.vpid == change->task.vpgid)
            leader = at;
    }
    if (child == NULL)
        return;
    if (leader == NULL && caller->view.vpgid == change->task.vpgid)
        leader = caller->to[TIE_GROUP];
    child->view.vpgid = change->task.vpgid;
    child->view.pgid = leader == NULL ? 0 : leader->view.pid;
    (void)processes_tie(child, TIE_GROUP, leader);
    processes_touch(child);
}

static void apply_exit(struct tables *tables, const struct change *change)
{
    struct process_entry *entry =
        processes_find(&tables->processes, change->task.pid, change->task.start_ns, false);

    if (entry != NULL)
        processes_end(&tables->processes, entry, change->time_ns);
}

static void apply_cgroup(struct tables *tables, const struct change *change)
{
    struct cgroup *cgroup =
        cgroups_put(&tables->attach.cgroups, change->cgroup_is_v1 ? CGROUP_V1 : CGROUP_V2,
                    change->cgroup_id, change->cgroup_path);

    if (change->cgroup_what == CHANGE_CGROUP_GONE) {
        attach_cgroup_gone(&tables->attach, cgroup);
        return;
    }
    if (change->cgroup_what == CHANGE_CGROUP_MADE)
        attach_cgroup_made(&tables->attach, cgroup);
    cgroup->probes = 0; /* said anew: the same path may be another cgroup */
    cgroup->probe_next_ns = 0;
}

void tables_apply(struct tables *tables, const struct change *change)
{
    processes_unpin(&tables->processes);
    tables->processes.own = NULL;
    if (change->time_ns > tables->attach.now_ns)
        tables->attach.now_ns = change->time_ns;
    switch (change->kind) {
    case CHANGE_NONE:
        break;
    case CHANGE_TASK:
        apply_task(tables, change);
        break;
    case CHANGE_FORK:
        apply_fork(tables, &change->task);
        break;
    case CHANGE_EXEC:
        apply_exec(tables, change);
        break;
    case CHANGE_EXIT:
        apply_exit(tables, change);
        break;
    case CHANGE_CGROUP:
        apply_cgroup(tables, change);
        break;
    case CHANGE_UPDATE:
        apply_update(tables, change);
        break;
    case CHANGE_CWD:
        apply_cwd(tables, change);
        break;
    case CHANGE_GROUP:
        apply_group(tables, change);
        break;
    }
}

/* Containers and users are many processes': when one changed, so did every view. */
static uint64_t shared_changes(const struct tables *tables)
{
    return tables->attach.containers.changes + tables->attach.users_changed;
}

static void renew_all(struct tables *tables)
{
    if (tables->shared_seen == shared_changes(tables))
        return;
    tables->shared_seen = shared_changes(tables);
    processes_touch_all(&tables->processes);
}

static void renew(struct tables *tables, struct process_entry *entry)
{
    renew_all(tables);
    struct process_entry *changed = entered_renew(&tables->attach, entry);
    if (changed != NULL)
        processes_touch(changed);
    processes_renew(entry);
}

/* A runtime's helper, which is in the cgroup and still among the host's files, is not counted: what
 * it starts is not described yet. */
static void count_container(struct tables *tables, const struct process *process)
{
    const struct container *container = process->container;
    uint32_t host = tables->attach.containers.host_mntns_inum;

    if (container == NULL || (host != 0 && process->mntns_inum == host))
        return;
    tables->container_events++;
    tables->container_events_complete +=
        container->name.len > 0 && container->image.len > 0 &&
        (container->pod_uid.len == 0 || container->pod_name.len > 0);
}

const struct process *tables_find(struct tables *tables, uint32_t pid, uint64_t start_ns)
{
    struct process_entry *entry = processes_find(&tables->processes, pid, start_ns, false);

    if (entry == NULL) {
        tables->unknown_process++;
        entry = read_process(tables, pid, start_ns);
        if (entry == NULL)
            return NULL;
        tables->from_proc++;
        find_ancestors(tables, entry, 0);
    }
    processes_pin(&tables->processes, entry);
    entry->seen_ns = tables->attach.now_ns;
    /* Leaders may have become known since. */
    if (entry->to[TIE_SESSION] == NULL && entry->view.sid != 0)
        set_leader(tables, entry, TIE_SESSION, entry->view.sid);
    if (entry->to[TIE_GROUP] == NULL && entry->view.pgid != 0)
        set_leader(tables, entry, TIE_GROUP, entry->view.pgid);
    renew(tables, entry);
    count_container(tables, &entry->view);
    return &entry->view;
}

/* Exits whose record was lost would leave entries for good: ask /proc for a few idle ones. */
static void sweep(struct tables *tables)
{
    if (tables->attach.proc_root == NULL || tables->attach.now_ns < tables->sweep_next_ns)
        return;
    tables->sweep_next_ns = tables->attach.now_ns + SWEEP_PAUSE_NS;
    for (int i = 0; i < SWEEP_ENTRIES; i++) {
        struct process_entry *entry = processes_next_live(&tables->processes);
        if (entry == NULL)
            return;
        if (tables->attach.now_ns < entry->seen_ns + SWEEP_IDLE_NS)
            continue;
        if (procfs_alive(tables->attach.proc_root, entry->view.pid, entry->view.start_ns))
            entry->seen_ns = tables->attach.now_ns;
        else
            processes_end(&tables->processes, entry, tables->attach.now_ns);
    }
}

void tables_settle(struct tables *tables)
{
    sweep(tables);
    processes_settle(&tables->processes);
    containers_settle(&tables->attach.containers, tables->attach.now_ns);
    attach_turn(&tables->attach, 1); /* one file's time at most is between two events */
    renew_all(tables);
}

void tables_turn(struct tables *tables, uint64_t now_ns)
{
    if (now_ns > tables->attach.now_ns)
        tables->attach.now_ns = now_ns;
    attach_turn(&tables->attach, TURN_LOOKS);
    attach_refresh_users(&tables->attach);
    renew_all(tables);
}

void tables_told(struct tables *tables, uint32_t pid, uint64_t start_ns)
{
    struct process_entry *entry = processes_find(&tables->processes, pid, start_ns, false);

    if (entry != NULL)
        entry->told = true;
}

uint64_t tables_stale(const struct tables *tables)
{
    return tables->processes.stale;
}

uint64_t tables_next_ns(const struct tables *tables)
{
    return awaited_next_ns(&tables->attach.awaited);
}

void tables_answered(struct tables *tables, const struct cri_container *container,
                     const struct cri_pod *pod)
{
    containers_answered(&tables->attach.containers, container, pod);
}

void tables_pod_line(struct tables *tables, const struct pod_line *line)
{
    containers_pod_line(&tables->attach.containers, line);
}

static void scoped_dir_close(DIR **dir)
{
    if (*dir != NULL)
        (void)closedir(*dir);
}

int tables_scan_proc(struct tables *tables, struct err *err)
{
    scoped(dir_close) DIR *dir =
        tables->attach.proc_root == NULL ? NULL : opendir(tables->attach.proc_root);
    uint64_t pid;

    if (tables->attach.proc_root == NULL)
        return err_set(err, -ENOENT, "there is no /proc to read processes from");
    if (dir == NULL)
        return err_set(err, -errno, "open '%s': %s", tables->attach.proc_root, strerror(errno));
    for (struct dirent *item = readdir(dir); item != NULL; item = readdir(dir)) {
        if (!sv_to_u64(sv(item->d_name), &pid) || pid == 0 || pid > UINT32_MAX)
            continue;
        if (processes_find(&tables->processes, (uint32_t)pid, 0, false) == NULL)
            find_ancestors(tables, read_process(tables, (uint32_t)pid, 0), 0);
        processes_unpin(&tables->processes);
    }
    return 0;
}

void tables_counts(const struct tables *tables, struct tables_counts *out)
{
    *out = (struct tables_counts){
        .processes = tables->processes.count,
        .containers = tables->attach.containers.count,
        .cgroups = tables->attach.cgroups.count,
        .programs = tables->attach.programs,
        .unknown_process = tables->unknown_process,
        .from_proc = tables->from_proc,
        .container_without_spec = tables->attach.containers.without_spec,
        .forgotten = tables->processes.forgotten,
        .containers_over_limit = tables->attach.containers.over_limit,
        .container_events = tables->container_events,
        .container_events_complete = tables->container_events_complete,
        .containers_ahead = tables->attach.awaited.described,
        .containers_waiting = tables->attach.awaited.count,
        .containers_refused = tables->attach.awaited.refused,
        .container_looks = tables->attach.containers.looks,
        .pods = tables->attach.containers.pods.count,
    };
}

void tables_tell(const struct tables *tables, tell_change_fn fn, void *ctx)
{
    tell_processes(&tables->processes, fn, ctx);
}

void tables_tell_new(struct tables *tables, tell_change_fn fn, void *ctx)
{
    if (!tables->untold)
        return;
    tables->untold = false;
    tell_new_processes(&tables->processes, fn, ctx);
}

void tables_each(const struct tables *tables, tables_process_fn fn, void *ctx)
{
    const struct process_entry *entry = tables->processes.list[PROCESS_LIVE].first;

    for (; entry != NULL; entry = entry->next)
        fn(ctx, &entry->view);
}

void tables_told_host(struct tables *tables, uint32_t mntns_inum)
{
    tables->attach.containers.host_mntns_inum = mntns_inum;
}

uint32_t tables_host_mntns(const struct tables *tables)
{
    return tables->attach.containers.host_mntns_inum;
}

int tables_told_container(struct tables *tables, struct sv json)
{
    struct sv full_id;
    int rc =
        tables->attach.told == NULL ? -EINVAL : told_container(tables->attach.told, json, &full_id);

    if (rc == 0)
        containers_retell(&tables->attach.containers, full_id);
    return rc;
}

static void retell_users(struct tables *tables, struct sv container_id)
{
    tables->attach.users_changed++;
    if (container_id.len == 0)
        users_retell(tables->attach.host_users);
    else
        containers_retell(&tables->attach.containers, container_id);
}

void tables_told_user(struct tables *tables, struct sv container_id, const struct user *user)
{
    if (tables->attach.told == NULL)
        return;
    told_user(tables->attach.told, container_id, user);
    retell_users(tables, container_id);
}

void tables_told_group(struct tables *tables, struct sv container_id, const struct group *group)
{
    if (tables->attach.told == NULL)
        return;
    told_group(tables->attach.told, container_id, group);
    retell_users(tables, container_id);
}
