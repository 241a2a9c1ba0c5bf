#include "enrich/tell.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hash.h"
#include "enrich/cgroups.h"
#include "enrich/processes.h"
#include "enrich/programs.h"

#define MADE_ID (1ULL << 63) /* marks ids of cgroups that are known by their path only */

static uint64_t id_of(const struct cgroup *cgroup)
{
    if (cgroup == NULL)
        return 0;
    return cgroup->id != 0 ? cgroup->id : hash_sv(cgroup->path) | MADE_ID;
}

static void tell_cgroup(const struct cgroup *cgroup, tell_change_fn fn, void *ctx)
{
    if (cgroup == NULL)
        return;
    fn(ctx, &(struct change){.kind = CHANGE_CGROUP,
                             .cgroup_id = id_of(cgroup),
                             .cgroup_is_v1 = cgroup->version == CGROUP_V1,
                             .cgroup_path = cgroup->path});
}

static void fill_task(struct change_task *task, const struct process_entry *entry)
{
    const struct process *view = &entry->view;

    *task = (struct change_task){
        .pid = view->pid,
        .ppid = view->ppid,
        .vpid = view->vpid,
        .vppid = view->vppid,
        .pgid = view->pgid,
        .sid = view->sid,
        .vpgid = view->vpgid,
        .vsid = view->vsid,
        .tty = view->tty,
        .pidns_inum = view->pidns_inum,
        .mntns_inum = view->mntns_inum,
        .threads = view->threads,
        .start_ns = view->start_ns,
        .parent_start_ns = view->parent == NULL ? 0 : view->parent->start_ns,
        .exec_ns = view->exec_ns,
        .pidns_start_ns = view->pidns_start_ns,
        .cgroup_v2 = id_of(entry->cgroup_v2),
        .cgroup_v1 = id_of(entry->cgroup_v1),
        .creds = view->creds,
        .name = view->name,
    };
}

/* argv as it was: argv[0], then the others. */
static struct sv join_args(const struct program *program, struct buf *out)
{
    buf_sv(out, program->exe);
    buf_char(out, '\0');
    buf_sv(out, program->args);
    return buf_view(out);
}

/* The name that the command line begins with. */
static struct sv first_name(const struct program *program)
{
    size_t rest = program->args.len > 0 ? 1 + program->args_line.len : 0;

    return sv_sub(program->command_line, 0, program->command_line.len - rest);
}

static void fill_program(struct change_program *out, const struct process_entry *entry,
                         struct buf *args)
{
    const struct process *view = &entry->view;
    const struct program *program = view->program;

    if (entry->image == NULL || !entry->image->known)
        return;
    *out = (struct change_program){
        .name = first_name(program),
        .path = program->path,
        .filename = program->filename,
        .cwd = view->cwd,
        .args = join_args(program, args),
        .env = program->env,
        .ino = program->ino,
        .ctime_wall_ns = program->ctime_wall_ns,
        .mtime_wall_ns = program->mtime_wall_ns,
        .dev = program->dev,
        .args_cut = program->args_cut,
        .env_cut = program->env_cut,
        .from_memfd = program->from_memfd,
        .upper_layer = program->upper_layer,
        .lower_layer = program->lower_layer,
        .deleted = program->deleted,
        .writable = program->writable,
    };
}

static void tell_task(const struct process_entry *entry, tell_change_fn fn, void *ctx)
{
    scoped(buf_done) struct buf args = {0};
    struct change change = {.kind = CHANGE_TASK};

    fill_task(&change.task, entry);
    fill_program(&change.program, entry, &args);
    fn(ctx, &change);
}

static int by_start(const void *a, const void *b)
{
    const struct process_entry *left = *(struct process_entry *const *)a;
    const struct process_entry *right = *(struct process_entry *const *)b;

    if (left->view.start_ns != right->view.start_ns)
        return left->view.start_ns < right->view.start_ns ? -1 : 1;
    return left->view.pid < right->view.pid ? -1 : left->view.pid > right->view.pid;
}

/* The oldest first; all, or those that are not told. */
static struct process_entry **sorted(const struct processes *processes, bool untold, size_t *count)
{
    struct process_entry **list = xmalloc((processes->count + 1) * sizeof(struct process_entry *));

    *count = 0;
    for (int state = 0; state < PROCESS_STATE_COUNT; state++) {
        struct process_entry *entry = processes->list[state].first;
        for (; entry != NULL; entry = entry->next) {
            if (!untold || entry->untold)
                list[(*count)++] = entry;
        }
    }
    qsort(list, *count, sizeof(struct process_entry *), by_start);
    return list;
}

static void tell_list(struct process_entry *const *list, size_t count, tell_change_fn fn, void *ctx)
{
    for (size_t i = 0; i < count; i++) {
        tell_cgroup(list[i]->cgroup_v1, fn, ctx);
        tell_cgroup(list[i]->cgroup_v2, fn, ctx);
    }
    for (size_t i = 0; i < count; i++)
        tell_task(list[i], fn, ctx);
    for (size_t i = 0; i < count; i++) {
        if (list[i]->state == PROCESS_LIVE)
            continue;
        fn(ctx, &(struct change){
                    .kind = CHANGE_EXIT,
                    .time_ns = list[i]->view.end_ns,
                    .task = {.pid = list[i]->view.pid, .start_ns = list[i]->view.start_ns}});
    }
}

void tell_processes(const struct processes *processes, tell_change_fn fn, void *ctx)
{
    size_t count;
    scoped(free) struct process_entry **list = sorted(processes, false, &count);

    tell_list(list, count, fn, ctx);
}

void tell_new_processes(struct processes *processes, tell_change_fn fn, void *ctx)
{
    size_t count;
    scoped(free) struct process_entry **list = sorted(processes, true, &count);

    for (size_t i = 0; i < count; i++)
        list[i]->untold = false;
    tell_list(list, count, fn, ctx);
}
