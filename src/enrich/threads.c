#include "enrich/threads.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "enrich/descriptors.h"
#include "enrich/programs.h"
#include "enrich/recorded_containers.h"
#include "enrich/text.h"

enum { STEPS_MAX = 256 }; /* upward, where a loop would be endless */

#define RECENT_NS (2 * CLOCK_NS)

void threads_init(struct threads *table)
{
    *table = (struct threads){.generation = 1};
    table->recent = xcalloc(THREADS_RECENT, sizeof(*table->recent));
    table->versions = clock_mono_ns(); /* past all that an earlier table gave */
}

struct thread *threads_new(int64_t tid)
{
    struct thread *thread = xcalloc(1, sizeof(*thread));

    thread->tid = tid;
    thread->pid = thread->ptid = thread->vtid = thread->vpid = -1;
    thread->sid = thread->pgid = thread->vpgid = thread->reaper = -1;
    thread->uid = thread->gid = thread->login_uid = UINT32_MAX;
    thread->fd_limit = -1;
    thread->files = descriptors_new();
    return thread;
}

static void thread_free(struct thread *thread)
{
    if (thread->image != NULL)
        (void)program_image_unref(thread->image);
    text_unref(thread->comm);
    text_unref(thread->cwd);
    text_unref(thread->cgroups);
    descriptors_unref(thread->files);
    recorded_container_release(thread->container);
    free(thread);
}

bool threads_is_first(const struct thread *thread)
{
    return thread->tid == thread->pid || (thread->flags & THREAD_IS_FIRST) != 0;
}

bool threads_is_known(const struct thread *thread)
{
    return thread->tid >= 0 && thread->pid >= 0 && thread->ptid >= 0;
}

bool threads_in_pidns(const struct thread *thread)
{
    return (thread->flags & THREAD_IN_PIDNS) != 0 ||
           (thread->tid != thread->vtid && thread->vtid >= 0);
}

struct thread *threads_find(const struct threads *table, int64_t tid)
{
    return nmap_find(&table->by_tid, (uint64_t)tid);
}

struct thread *threads_get(struct threads *table, int64_t tid)
{
    struct thread *thread = threads_find(table, tid);

    if (thread != NULL || table->by_tid.count >= THREADS_MAX)
        return thread;
    thread = threads_new(tid);
    text_set(&thread->comm, SV("<NA>"));
    return threads_add(table, thread) ? thread : NULL;
}

struct thread *threads_first(struct thread *thread)
{
    if (threads_is_first(thread))
        return thread;
    if (thread->group == NULL || thread->group->first == NULL ||
        !threads_is_first(thread->group->first))
        return NULL;
    return thread->group->first;
}

struct thread *threads_parent(const struct threads *table, struct thread *thread)
{
    struct thread *first = threads_first(thread);
    struct thread *parent = first == NULL ? NULL : threads_find(table, first->ptid);

    return parent == NULL ? NULL : threads_first(parent);
}

/* --------------------------------------------------------------------------------------- ties */

static void child_remove(struct thread *child)
{
    struct thread *maker = child->maker;

    if (maker == NULL)
        return;
    if (child->sibling_before != NULL)
        child->sibling_before->sibling_after = child->sibling_after;
    else
        maker->child_first = child->sibling_after;
    if (child->sibling_after != NULL)
        child->sibling_after->sibling_before = child->sibling_before;
    child->maker = child->sibling_before = child->sibling_after = NULL;
}

static void child_add(struct thread *maker, struct thread *child)
{
    child_remove(child);
    child->maker = maker;
    child->ptid = maker->tid;
    child->sibling_after = maker->child_first;
    if (maker->child_first != NULL)
        maker->child_first->sibling_before = child;
    maker->child_first = child;
}

static void group_add(struct threads *table, struct thread *thread)
{
    struct thread_group *group = nmap_find(&table->groups, (uint64_t)thread->pid);

    if (group == NULL) {
        group = xcalloc(1, sizeof(*group));
        group->pid = thread->pid;
        group->reaper = thread->pid == 1 || thread->vpid == 1;
        (void)nmap_put(&table->groups, (uint64_t)thread->pid, group);
    }
    group->alive++;
    thread->group = group;
    struct thread **place = &group->first;
    if (!threads_is_first(thread)) {
        while (*place != NULL)
            place = &(*place)->group_next;
    }
    thread->group_next = *place;
    *place = thread;
}

static void group_remove(struct threads *table, struct thread *thread)
{
    struct thread_group *group = thread->group;

    if (group == NULL)
        return;
    struct thread **place = &group->first;
    while (*place != NULL && *place != thread)
        place = &(*place)->group_next;
    if (*place == thread)
        *place = thread->group_next;
    thread->group = NULL;
    thread->group_next = NULL;
    if (group->first == NULL) {
        if (nmap_find(&table->groups, (uint64_t)group->pid) == group)
            (void)nmap_remove(&table->groups, (uint64_t)group->pid);
        free(group);
    }
}

void threads_tie(struct threads *table, struct thread *thread)
{
    threads_touch(table);
    if (!threads_is_known(thread) || thread->group != NULL)
        return;
    group_add(table, thread);
    if (thread->pid == 1)
        return;
    struct thread *maker = threads_find(table, thread->ptid);
    if (maker == NULL || maker == thread || !threads_is_known(maker))
        thread->ptid = 0;
    else
        child_add(maker, thread);
}

/* Out of the table and of everybody's sight. */
static void forget(struct threads *table, struct thread *thread)
{
    while (thread->child_first != NULL) {
        thread->child_first->ptid = 0;
        child_remove(thread->child_first);
    }
    child_remove(thread);
    group_remove(table, thread);
    if (nmap_find(&table->by_tid, (uint64_t)thread->tid) == thread)
        (void)nmap_remove(&table->by_tid, (uint64_t)thread->tid);
    threads_touch(table);
    thread_free(thread);
}

bool threads_add(struct threads *table, struct thread *thread)
{
    struct thread *before = threads_find(table, thread->tid);

    if (before != NULL) {
        if (before->group != NULL && (before->flags & THREAD_ENDED) == 0)
            before->group->alive--;
        forget(table, before);
    }
    if (table->by_tid.count >= THREADS_MAX) {
        table->dropped++;
        thread_free(thread);
        return false;
    }
    (void)nmap_put(&table->by_tid, (uint64_t)thread->tid, thread);
    threads_touch(table);
    return true;
}

void threads_done(struct threads *table)
{
    struct nmap_slot *slot;
    size_t at = 0;

    while ((slot = nmap_next(&table->by_tid, &at)) != NULL) {
        struct thread *thread = slot->value;
        group_remove(table, thread);
        thread_free(thread);
    }
    nmap_done(&table->by_tid);
    nmap_done(&table->groups);
    free(table->recent);
}

/* ---------------------------------------------------------------------------------------- ends */

static struct thread *alive_in(const struct thread_group *group, const struct thread *but)
{
    struct thread *thread = group->alive == 0 ? NULL : group->first;

    while (thread != NULL && (thread == but || (thread->flags & THREAD_ENDED) != 0))
        thread = thread->group_next;
    return thread;
}

/* As the kernel does: another thread of the group, else the nearest ancestor that takes in orphans
 * and is in the same pid namespace. */
static struct thread *find_reaper(const struct threads *table, struct thread *thread)
{
    struct thread *found = alive_in(thread->group, thread);
    struct thread *at = threads_find(table, thread->ptid);

    for (int steps = 0; found == NULL && at != NULL && steps < STEPS_MAX; steps++) {
        if (at == thread || threads_in_pidns(at) != threads_in_pidns(thread))
            return NULL;
        if (at->group != NULL && at->group->reaper)
            found = alive_in(at->group, thread);
        at = threads_find(table, at->ptid);
    }
    return found;
}

static void give_children(struct threads *table, struct thread *thread)
{
    struct thread *reaper = NULL;

    if (thread->child_first == NULL)
        return;
    if (thread->reaper > 0)
        reaper = threads_get(table, thread->reaper);
    if (reaper == NULL || reaper == thread || !threads_is_known(reaper))
        reaper = find_reaper(table, thread);
    if (reaper != NULL && reaper->group != NULL && reaper->pid != thread->pid)
        reaper->group->reaper = true;
    while (thread->child_first != NULL) {
        struct thread *child = thread->child_first;
        child_remove(child);
        if (reaper == NULL || reaper == child)
            child->ptid = 0;
        else
            child_add(reaper, child);
    }
}

static void remember(struct threads *table, const struct thread *thread, uint64_t time_ns)
{
    table->recent[table->recent_next].tid = thread->tid;
    table->recent[table->recent_next].ptid = thread->ptid;
    table->recent[table->recent_next].time_ns = time_ns;
    table->recent_next = (table->recent_next + 1) % THREADS_RECENT;
}

bool threads_ended_lately(const struct threads *table, int64_t tid, int64_t ptid, uint64_t time_ns)
{
    for (uint32_t i = 1; i <= THREADS_RECENT; i++) {
        uint32_t at = (table->recent_next + THREADS_RECENT - i) % THREADS_RECENT;
        if (time_ns < table->recent[at].time_ns || time_ns - table->recent[at].time_ns >= RECENT_NS)
            break;
        if (table->recent[at].tid == tid && table->recent[at].ptid == ptid)
            return true;
    }
    return false;
}

void threads_remove(struct threads *table, int64_t tid, uint64_t time_ns)
{
    struct thread *thread = threads_find(table, tid);

    if (thread == NULL)
        return;
    remember(table, thread, time_ns);
    struct thread_group *group = thread->group;
    if (group == NULL) {
        forget(table, thread);
        return;
    }
    if ((thread->flags & THREAD_ENDED) == 0) {
        group->alive--;
        thread->flags |= THREAD_ENDED;
    }
    give_children(table, thread);
    threads_touch(table);
    struct thread *first = threads_find(table, thread->pid);
    bool is_last = group->alive == 0; /* the group goes with its last thread */
    bool is_first = threads_is_first(thread);
    if (is_last && first != NULL && first->group == group && first != thread)
        forget(table, first);
    if (is_last || !is_first)
        forget(table, thread);
}

void threads_keep_only(struct threads *table, struct thread *thread)
{
    struct thread *other = thread->group == NULL ? NULL : thread->group->first;

    while (other != NULL) {
        struct thread *next = other->group_next;
        if (other != thread && !threads_is_first(other)) {
            if ((other->flags & THREAD_ENDED) == 0)
                other->group->alive--;
            other->flags |= THREAD_ENDED;
            give_children(table, other);
            forget(table, other);
        }
        other = next;
    }
}

/* --------------------------------------------------------------------------------------- views */

static uint32_t id_of(int64_t id)
{
    return (uint32_t)id;
}

static void show(struct threads *table, struct thread *thread, struct thread *first)
{
    struct process *view = &thread->view;

    view->version = ++table->versions;
    view->pid = id_of(thread->pid);
    view->vpid = id_of(thread->vpid);
    view->pgid = id_of(thread->pgid);
    view->sid = view->vsid = id_of(thread->sid);
    view->vpgid = id_of(thread->vpgid);
    view->tty = thread->tty;
    view->threads = thread->group == NULL ? 0 : thread->group->alive;
    view->start_ns = thread->made_ns;
    view->pidns_start_ns = thread->pidns_start_ns;
    view->name = text_sv(thread->comm);
    view->cwd = first == NULL ? SV("./") : text_sv(first->cwd);
    view->creds = (struct creds){
        .uid = thread->uid,
        .gid = thread->gid,
        .euid = thread->uid,
        .egid = thread->gid,
        .login_uid = thread->login_uid,
        .cap_inheritable = thread->cap_inheritable,
        .cap_permitted = thread->cap_permitted,
        .cap_effective = thread->cap_effective,
    };
}

/* The leader by an id that the thread has: who has it for tid, else the farthest ancestor of those
 * that share it (inside a pid namespace ids are others). */
static struct thread *leader(const struct threads *table, struct thread *thread, int64_t id,
                             size_t member, bool own_ids)
{
    struct thread *found = NULL;
    struct thread *at = threads_find(table, thread->ptid);

    if (id < 0)
        return NULL;
    if (!own_ids || !threads_in_pidns(thread))
        found = threads_find(table, id);
    for (int steps = 0; found == NULL && at != NULL && steps < STEPS_MAX; steps++) {
        int64_t has = *(const int64_t *)((const char *)at + member);
        struct thread *above = threads_find(table, at->ptid);
        if (has != id)
            return NULL;
        if (above == NULL || *(const int64_t *)((const char *)above + member) != id)
            return at;
        at = above;
    }
    return found;
}

static void show_line(struct threads *table, struct thread *at, threads_fill_fn fill, void *ctx)
{
    for (int steps = 0; at != NULL && at->generation != table->generation; steps++) {
        struct thread *parent = steps >= PROCESS_ANCESTORS_MAX ? NULL : threads_parent(table, at);
        show(table, at, threads_first(at));
        fill(ctx, at);
        at->view.parent = parent == NULL || parent == at ? NULL : &parent->view;
        at->view.ppid = id_of(parent == NULL ? -1 : parent->pid);
        at->generation = table->generation;
        at = parent;
    }
}

const struct process *threads_view(struct threads *table, struct thread *thread,
                                   threads_fill_fn fill, void *ctx)
{
    show_line(table, thread, fill, ctx);
    if (thread->leaders_generation == table->generation)
        return &thread->view;
    struct thread *session = leader(table, thread, thread->sid, offsetof(struct thread, sid), true);
    struct thread *group =
        leader(table, thread, thread->pgid, offsetof(struct thread, pgid), false);
    show_line(table, session, fill, ctx);
    show_line(table, group, fill, ctx);
    thread->view.session_leader = session == NULL ? NULL : &session->view;
    thread->view.group_leader = group == NULL ? NULL : &group->view;
    thread->leaders_generation = table->generation;
    return &thread->view;
}
