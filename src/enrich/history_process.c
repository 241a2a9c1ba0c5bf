/* Events that make, change and end threads. Parameters by their place in event/event_table.c. */
#include <errno.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "enrich/history_turn.h"
#include "enrich/programs.h"
#include "enrich/text.h"
#include "event/event_flags.h"

enum { /* of clone and exec alike */
       TASK_EXE = 1,
       TASK_ARGS,
       TASK_TID,
       TASK_PID,
       TASK_PTID,
       TASK_CWD,
       TASK_FDLIMIT,
       TASK_FAULTS_MAJOR,
       TASK_FAULTS_MINOR,
       TASK_VM_SIZE,
       TASK_VM_RSS,
       TASK_VM_SWAP,
       TASK_COMM,
       TASK_CGROUPS,
       CLONE_FLAGS,
       CLONE_UID,
       CLONE_GID,
       CLONE_VTID,
       CLONE_VPID,
       CLONE_PIDNS_START,
       EXEC_ENV = CLONE_FLAGS,
       EXEC_TTY,
       EXEC_VPGID,
       EXEC_LOGIN_UID,
       EXEC_FLAGS,
       EXEC_CAP_INHERITABLE,
       EXEC_CAP_PERMITTED,
       EXEC_CAP_EFFECTIVE,
       EXEC_INO,
       EXEC_CTIME,
       EXEC_MTIME,
       EXEC_UID,
       EXEC_PATH,
       EXEC_PGID,
       EXEC_GID,
       EXEC_FILENAME,
};

enum { EXIT_REAPER = 4, RLIMIT_FILES = 7, PR_SET_SUBREAPER = 36, PR_GET_SUBREAPER = 37 };

#define STALE_NS (2 * CLOCK_NS)
#define ALL_CAPABILITIES ((1ULL << 41) - 1)

/* ------------------------------------------------------------------------------------ programs */

/* argv as programs.h wants it: the first word and the others have parameters of their own. */
static char *join_args(const struct turn *turn, struct sv *out)
{
    struct sv exe = turn_text(turn, TASK_EXE);
    struct sv args = turn_text(turn, TASK_ARGS);
    char *joined = xmalloc(exe.len + 1 + args.len + 1);

    if (exe.len > 0)
        memcpy(joined, exe.ptr, exe.len);
    joined[exe.len] = '\0';
    if (args.len > 0)
        memcpy(joined + exe.len + 1, args.ptr, args.len);
    *out = (struct sv){joined, args.len > 0 ? exe.len + 1 + args.len : exe.len};
    return joined;
}

static struct sv comm_of(const struct turn *turn)
{
    return turn_has(turn, TASK_COMM) ? turn_text(turn, TASK_COMM) : turn_text(turn, TASK_EXE);
}

static void set_image(struct thread *thread, struct program_image *image)
{
    if (thread->image != NULL)
        (void)program_image_unref(thread->image);
    thread->image = image;
}

static bool same_program(const struct program_image *image, const struct turn *turn)
{
    struct sv args = turn_text(turn, TASK_ARGS);
    struct sv own = image->view.args;

    if (args.len > 0 && args.ptr[args.len - 1] == '\0')
        args.len--;
    if (own.len > 0)
        own.len--;
    return sv_eq(image->view.exe, turn_text(turn, TASK_EXE)) && sv_eq(own, args) &&
           sv_starts(image->view.command_line, comm_of(turn)) &&
           (image->view.command_line.len == comm_of(turn).len + (args.len > 0 ? 1 + args.len : 0));
}

/* A child runs its parent's program under the name and arguments that the event has. */
static void inherit_program(struct turn *turn, struct thread *child, const struct thread *parent)
{
    struct change_program program = {.path = {NULL, 0}};

    if (parent != NULL && parent->image != NULL && same_program(parent->image, turn)) {
        set_image(child, program_image_ref(parent->image));
        return;
    }
    if (parent != NULL && parent->image != NULL) {
        const struct program *has = &parent->image->view;
        program = (struct change_program){
            .path = has->path,
            .env = has->env,
            .ino = has->ino,
            .ctime_wall_ns = has->ctime_wall_ns,
            .mtime_wall_ns = has->mtime_wall_ns,
            .process_start_ns = has->process_start_ns,
            .from_memfd = has->from_memfd,
            .upper_layer = has->upper_layer,
            .lower_layer = has->lower_layer,
            .writable = has->writable,
        };
    }
    scoped(free) char *argv = join_args(turn, &program.args);
    set_image(child, program_image_new(&program, comm_of(turn)));
}

static void set_resources(struct turn *turn, struct thread *thread)
{
    thread->fd_limit = turn_i64(turn, TASK_FDLIMIT);
    if (!turn_has(turn, TASK_VM_SWAP))
        return;
    thread->faults_major = (uint64_t)turn_i64(turn, TASK_FAULTS_MAJOR);
    thread->faults_minor = (uint64_t)turn_i64(turn, TASK_FAULTS_MINOR);
    thread->vm_size_kib = (uint64_t)turn_i64(turn, TASK_VM_SIZE);
    thread->vm_rss_kib = (uint64_t)turn_i64(turn, TASK_VM_RSS);
    thread->vm_swap_kib = (uint64_t)turn_i64(turn, TASK_VM_SWAP);
}

/* --------------------------------------------------------------------------------------- clone */

/* What a child has of whom it comes from: the maker, or where that is not known, parent or first
 * thread. */
static void inherit(struct thread *child, struct thread *from)
{
    child->sid = from->sid;
    child->vpgid = from->vpgid;
    child->pgid = from->pgid;
    child->tty = from->tty;
    child->login_uid = from->login_uid;
    child->cap_permitted = from->cap_permitted;
    child->cap_inheritable = from->cap_inheritable;
    child->cap_effective = from->cap_effective;
    if ((child->flags & THREAD_OF_GROUP) != 0)
        return;
    struct descriptors **files = history_files(from);
    if (files != NULL) {
        descriptors_unref(child->files);
        child->files = descriptors_share(*files);
    }
    text_set(&child->cwd, history_cwd(from));
}

static void set_child(struct turn *turn, struct thread *child)
{
    struct history *history = turn->history;

    text_set(&child->comm, comm_of(turn));
    set_resources(turn, child);
    child->uid = (uint32_t)turn_i64(turn, CLONE_UID);
    child->gid = (uint32_t)turn_i64(turn, CLONE_GID);
    if (turn_has(turn, TASK_CGROUPS))
        text_set(&child->cgroups, turn_text(turn, TASK_CGROUPS));
    child->made_ns = turn->event->time_ns;
    child->pidns_start_ns = history->boot_wall_ns;
}

/* Where the event of the maker had to tell of a thread that is known by its tid alone. */
static void complete_from_event(struct turn *turn, struct thread *thread)
{
    thread->pid = turn_i64(turn, TASK_PID);
    thread->ptid = turn_i64(turn, TASK_PTID);
    thread->vtid = turn_has(turn, CLONE_VPID) ? turn_i64(turn, CLONE_VTID) : thread->tid;
    thread->vpid = turn_has(turn, CLONE_VPID) ? turn_i64(turn, CLONE_VPID) : -1;
    threads_tie(&turn->history->threads, thread);
}

/* Is the child's own event the one to make it? In a pid namespace the result is no tid of the host;
 * after vfork the child may have ended by now. */
static bool leave_to_child(const struct turn *turn, const struct thread *maker, uint32_t flags,
                           int64_t child_tid)
{
    struct history *history = turn->history;
    static const struct sv vfork_name = {"vfork", 5};

    if ((flags & (THREAD_IN_PIDNS | THREAD_NEW_PIDNS | THREAD_OF_PARENT)) != 0 ||
        maker->tid != maker->vtid)
        return true;
    if ((flags & THREAD_AS_VFORK) != 0 ||
        sv_eq(sv(event_type_info(turn->event->type)->name), vfork_name))
        return true;
    if (threads_ended_lately(&history->threads, child_tid, maker->tid, turn->event->time_ns))
        return true;
    const struct thread *there = threads_find(&history->threads, child_tid);
    return there != NULL && (there->flags & THREAD_INVERTED) != 0;
}

static void clone_maker(struct turn *turn, int64_t child_tid)
{
    struct threads *threads = &turn->history->threads;
    struct thread *maker = threads_get(threads, turn->event->tid);
    uint32_t flags = (uint32_t)turn_i64(turn, CLONE_FLAGS);

    turn->thread = maker;
    if (maker == NULL)
        return;
    bool known = threads_is_known(maker);
    if (!known)
        complete_from_event(turn, maker);
    if (leave_to_child(turn, maker, flags, child_tid))
        return;
    threads_remove(threads, child_tid, turn->event->time_ns); /* its end was missed */
    struct thread *child = threads_new(child_tid);
    child->flags = flags;
    if ((flags & THREAD_OF_GROUP) != 0) {
        child->flags |= THREAD_SHARES_FILES;
        child->pid = maker->pid;
        child->ptid = maker->ptid;
    } else {
        child->pid = child_tid;
        child->ptid = maker->tid;
    }
    child->vtid = child->tid;
    child->vpid = child->pid;
    if (known)
        inherit(child, maker);
    set_child(turn, child);
    inherit_program(turn, child, known ? maker : NULL);
    if (!known) {
        text_set(&maker->comm, text_sv(child->comm));
        inherit_program(turn, maker, NULL);
    }
    if (threads_add(threads, child))
        threads_tie(threads, child);
}

/* The thread that the child's program, directory and so on are taken from. */
static struct thread *source_of(struct turn *turn, const struct thread *child, bool *known)
{
    bool of_group = (child->flags & THREAD_OF_GROUP) != 0;
    struct threads *threads = &turn->history->threads;
    struct thread *from = threads_get(threads, of_group ? child->pid : child->ptid);

    *known = from != NULL && threads_is_known(from);
    if (from == NULL || *known || !of_group)
        return from;
    from->pid = child->pid;
    from->ptid = child->ptid;
    from->vpid = from->vtid = child->vpid;
    threads_tie(threads, from);
    return from;
}

static void clone_child(struct turn *turn)
{
    struct history *history = turn->history;
    struct thread *child = turn->thread;
    bool known = false;

    if (child != NULL && child->made_ns != 0) {
        if (turn->event->time_ns - child->made_ns < STALE_NS)
            return; /* its maker's event made it */
        threads_remove(&history->threads, child->tid, turn->event->time_ns);
        turn->thread = NULL;
    }
    child = threads_new(turn->event->tid);
    child->pid = turn_i64(turn, TASK_PID);
    child->ptid = turn_i64(turn, TASK_PTID);
    child->vtid = turn_has(turn, CLONE_VPID) ? turn_i64(turn, CLONE_VTID) : child->tid;
    child->vpid = turn_has(turn, CLONE_VPID) ? turn_i64(turn, CLONE_VPID) : -1;
    child->flags = (uint32_t)turn_i64(turn, CLONE_FLAGS) | THREAD_INVERTED;
    if ((child->flags & THREAD_OF_GROUP) != 0)
        child->flags |= THREAD_SHARES_FILES;
    struct thread *from = source_of(turn, child, &known);
    if (from != NULL && known)
        inherit(child, from);
    set_child(turn, child);
    if ((child->flags & (THREAD_IN_PIDNS | THREAD_NEW_PIDNS)) != 0 || child->tid != child->vtid)
        child->pidns_start_ns = (uint64_t)turn_i64(turn, CLONE_PIDNS_START) + history->boot_wall_ns;
    inherit_program(turn, child, known ? from : NULL);
    if (from != NULL && !known && (child->flags & THREAD_OF_GROUP) != 0) {
        text_set(&from->comm, text_sv(child->comm));
        inherit_program(turn, from, NULL);
    }
    turn->thread = NULL;
    if (!threads_add(&history->threads, child))
        return;
    threads_tie(&history->threads, child);
    turn->thread = child;
}

void effect_clone(struct turn *turn)
{
    if (!turn->event->has_result || turn->event->result < 0)
        return;
    if (turn->event->result == 0)
        clone_child(turn);
    else
        clone_maker(turn, turn->event->result);
    if (turn->thread != NULL) {
        history_container_of(turn->history, turn->thread);
        threads_touch(&turn->history->threads);
    }
}

/* ---------------------------------------------------------------------------------------- exec */

/* Where the event does not say which file was started, what was asked for has to do. */
static struct sv exec_path(struct turn *turn)
{
    struct sv filename = turn_text(turn, EXEC_FILENAME);

    if (turn_has(turn, EXEC_PATH))
        return turn_text(turn, EXEC_PATH);
    if (filename.len == 0 || sv_eq(filename, SV("<NA>")))
        return SV("<NA>");
    return history_join(turn, history_cwd(turn->thread), filename);
}

static void set_program(struct turn *turn)
{
    struct thread *thread = turn->thread;
    const struct program *old = thread->image == NULL ? NULL : &thread->image->view;
    uint64_t flags = (uint64_t)turn_i64(turn, EXEC_FLAGS);
    struct change_program program = {
        .path = exec_path(turn),
        .filename = turn_text(turn, EXEC_FILENAME),
        .env = turn_text(turn, EXEC_ENV),
        .ino = (uint64_t)turn_i64(turn, EXEC_INO),
        .ctime_wall_ns = (uint64_t)turn_i64(turn, EXEC_CTIME),
        .mtime_wall_ns = (uint64_t)turn_i64(turn, EXEC_MTIME),
        .process_start_ns = thread->made_ns,
        .writable = (flags & EVENT_EXE_WRITABLE) != 0,
        .upper_layer = (flags & EVENT_EXE_UPPER_LAYER) != 0,
        .from_memfd = (flags & EVENT_EXE_FROM_MEMFD) != 0,
        .lower_layer = (flags & EVENT_EXE_LOWER_LAYER) != 0,
    };

    if (!turn_has(turn, EXEC_ENV) && old != NULL)
        program.env = old->env;
    scoped(free) char *argv = join_args(turn, &program.args);
    set_image(thread, program_image_new(&program, comm_of(turn)));
    text_set(&thread->comm, comm_of(turn));
}

static void set_identity(struct turn *turn)
{
    struct thread *thread = turn->thread;

    if (turn_has(turn, EXEC_TTY))
        thread->tty = (uint32_t)turn_i64(turn, EXEC_TTY);
    if (turn_has(turn, EXEC_VPGID))
        thread->vpgid = turn_i64(turn, EXEC_VPGID);
    if (turn_has(turn, EXEC_LOGIN_UID))
        thread->login_uid = (uint32_t)turn_i64(turn, EXEC_LOGIN_UID);
    if (turn_has(turn, EXEC_CAP_EFFECTIVE)) {
        thread->cap_inheritable = (uint64_t)turn_i64(turn, EXEC_CAP_INHERITABLE);
        thread->cap_permitted = (uint64_t)turn_i64(turn, EXEC_CAP_PERMITTED);
        thread->cap_effective = (uint64_t)turn_i64(turn, EXEC_CAP_EFFECTIVE);
    }
    if (turn_has(turn, EXEC_UID))
        thread->uid = (uint32_t)turn_i64(turn, EXEC_UID);
    if (turn_has(turn, EXEC_GID))
        thread->gid = (uint32_t)turn_i64(turn, EXEC_GID);
    thread->pgid = turn_has(turn, EXEC_PGID) ? turn_i64(turn, EXEC_PGID) : -1;
}

void effect_exec(struct turn *turn)
{
    struct thread *thread = turn->thread;
    struct threads *threads = &turn->history->threads;

    if (turn_failed(turn) || thread == NULL)
        return;
    if ((thread->flags & THREAD_ENDED) != 0) { /* another thread of the group became the first */
        thread->flags &= ~(uint32_t)THREAD_ENDED;
        if (thread->group != NULL)
            thread->group->alive++;
    }
    thread->pid = turn_i64(turn, TASK_PID);
    if (!threads_is_known(thread)) {
        thread->ptid = turn_i64(turn, TASK_PTID);
        if ((thread->flags & THREAD_IN_PIDNS) == 0) {
            thread->vtid = thread->tid;
            thread->vpid = thread->pid;
        }
        threads_tie(threads, thread);
    }
    set_program(turn);
    set_resources(turn, thread);
    set_identity(turn);
    if (turn_has(turn, TASK_CGROUPS))
        text_set(&thread->cgroups, turn_text(turn, TASK_CGROUPS));
    struct descriptors **files = history_files(thread);
    if (files != NULL)
        descriptors_exec(files);
    thread->flags &= THREAD_IS_FIRST | THREAD_INVERTED;
    threads_keep_only(threads, thread);
    history_container_of(turn->history, thread);
    threads_touch(threads);
}

/* ---------------------------------------------------------------------------------------- exit */

void effect_exit(struct turn *turn)
{
    struct thread *thread = turn->thread;

    if (thread == NULL)
        return;
    if (thread->group != NULL && (thread->flags & THREAD_ENDED) == 0)
        thread->group->alive--;
    thread->flags |= THREAD_ENDED;
    turn->history->ending_tid = thread->tid;
    if (thread->child_first != NULL)
        thread->reaper = turn_has(turn, EXIT_REAPER) ? turn_i64(turn, EXIT_REAPER) : -1;
    threads_touch(&turn->history->threads);
}

/* ------------------------------------------------------------------------------------ the rest */

static void set_cwd(struct turn *turn, struct sv path)
{
    struct thread *first = threads_first(turn->thread);

    if (first == NULL)
        return;
    history_set_cwd(first, history_join(turn, text_sv(turn->thread->cwd), path));
    threads_touch(&turn->history->threads);
}

void effect_chdir(struct turn *turn)
{
    if (turn->thread != NULL && !turn_failed(turn))
        set_cwd(turn, turn_text(turn, 1));
}

void effect_fchdir(struct turn *turn)
{
    if (turn->thread != NULL && !turn_failed(turn) && turn->fd != NULL)
        set_cwd(turn, text_sv(turn->fd->name));
}

static void set_uid(struct turn *turn, uint32_t index)
{
    if (turn->thread == NULL || turn->event->result != 0 || !turn_has(turn, index))
        return;
    turn->thread->uid = (uint32_t)turn_i64(turn, index);
    threads_touch(&turn->history->threads);
}

static void set_gid(struct turn *turn, uint32_t index)
{
    if (turn->thread == NULL || turn->event->result != 0 || !turn_has(turn, index))
        return;
    turn->thread->gid = (uint32_t)turn_i64(turn, index);
    threads_touch(&turn->history->threads);
}

void effect_setuid(struct turn *turn)
{
    set_uid(turn, 1);
}

void effect_setresuid(struct turn *turn)
{
    set_uid(turn, 2);
}

void effect_setgid(struct turn *turn)
{
    set_gid(turn, 1);
}

void effect_setresgid(struct turn *turn)
{
    set_gid(turn, 2);
}

void effect_setsid(struct turn *turn)
{
    if (turn->thread == NULL || turn_failed(turn))
        return;
    turn->thread->sid = turn->event->result;
    threads_touch(&turn->history->threads);
}

void effect_capset(struct turn *turn)
{
    struct thread *thread = turn->thread;

    if (thread == NULL || turn_failed(turn))
        return;
    thread->cap_inheritable = (uint64_t)turn_i64(turn, 1);
    thread->cap_permitted = (uint64_t)turn_i64(turn, 2);
    thread->cap_effective = (uint64_t)turn_i64(turn, 3);
    threads_touch(&turn->history->threads);
}

/* In a user namespace of its own a thread has all capabilities. */
static void enter_namespaces(struct turn *turn, uint32_t flags_index)
{
    struct thread *thread = turn->thread;

    if (thread == NULL || turn_failed(turn) ||
        (turn_i64(turn, flags_index) & THREAD_NEW_USERNS) == 0)
        return;
    thread->cap_inheritable = thread->cap_permitted = thread->cap_effective = ALL_CAPABILITIES;
    threads_touch(&turn->history->threads);
}

void effect_unshare(struct turn *turn)
{
    enter_namespaces(turn, 1);
}

void effect_setns(struct turn *turn)
{
    enter_namespaces(turn, 2);
}

void effect_prctl(struct turn *turn)
{
    int64_t option = turn_i64(turn, 1);

    if (turn->thread == NULL || turn->thread->group == NULL || turn_failed(turn))
        return;
    if (option == PR_SET_SUBREAPER || option == PR_GET_SUBREAPER)
        turn->thread->group->reaper = turn_i64(turn, 3) != 0;
}

void effect_chroot(struct turn *turn)
{
    if (turn->thread == NULL || turn->event->result != 0)
        return;
    history_container_of(turn->history, turn->thread);
    threads_touch(&turn->history->threads);
}

static void set_fd_limit(struct thread *thread, int64_t limit)
{
    struct thread *first = limit == -1 || thread == NULL ? NULL : threads_first(thread);

    if (first != NULL)
        first->fd_limit = limit;
}

void effect_rlimit(struct turn *turn)
{
    if (!turn_failed(turn) && turn_i64(turn, 3) == RLIMIT_FILES)
        set_fd_limit(turn->thread, turn_i64(turn, 1));
}

void effect_prlimit(struct turn *turn)
{
    int64_t tid = turn_i64(turn, 5);
    struct thread *other = tid == 0 ? turn->thread : threads_find(&turn->history->threads, tid);

    if (turn->event->result == 0 && turn_i64(turn, 6) == RLIMIT_FILES)
        set_fd_limit(other, turn_i64(turn, 1));
}

void effect_memory(struct turn *turn)
{
    struct thread *thread = turn->thread;

    if (thread == NULL || !turn_has(turn, 3))
        return;
    thread->vm_size_kib = (uint64_t)turn_i64(turn, 1);
    thread->vm_rss_kib = (uint64_t)turn_i64(turn, 2);
    thread->vm_swap_kib = (uint64_t)turn_i64(turn, 3);
}

void effect_switch(struct turn *turn)
{
    struct thread *thread = turn->thread;
    struct thread *first = thread == NULL || !turn_has(turn, 5) ? NULL : threads_first(thread);

    if (first == NULL)
        return;
    thread->faults_major = (uint64_t)turn_i64(turn, 1);
    thread->faults_minor = (uint64_t)turn_i64(turn, 2);
    first->vm_size_kib = (uint64_t)turn_i64(turn, 3);
    first->vm_rss_kib = (uint64_t)turn_i64(turn, 4);
    first->vm_swap_kib = (uint64_t)turn_i64(turn, 5);
}

/* ------------------------------------------------------------------------- users and containers
 *
 * Falco takes from a recording the users of the host only: those of containers it would look up in
 * the container. Rules that ask whether a user is known go by that, so it is the same here. */

static bool removes(const struct turn *turn)
{
    return sv_ends(sv(event_type_info(turn->event->type)->name), SV("deleted"));
}

void effect_user(struct turn *turn)
{
    struct history *history = turn->history;
    struct recorded_user user = {
        .uid = (uint32_t)turn_i64(turn, 0),
        .gid = (uint32_t)turn_i64(turn, 1),
        .name = turn_text(turn, 2),
        .home = turn_text(turn, 3),
        .shell = turn_text(turn, 4),
    };

    if (turn_text(turn, 5).len > 0)
        return; /* a container's: see below */
    if (removes(turn))
        recorded_users_remove(&history->users, (struct sv){NULL, 0}, false, user.uid);
    else
        recorded_users_put(&history->users, (struct sv){NULL, 0}, &user);
    threads_touch(&history->threads);
}

void effect_group(struct turn *turn)
{
    struct history *history = turn->history;
    struct recorded_user group = {
        .is_group = true, .gid = (uint32_t)turn_i64(turn, 0), .name = turn_text(turn, 1)};

    if (turn_text(turn, 2).len > 0)
        return;
    if (removes(turn))
        recorded_users_remove(&history->users, (struct sv){NULL, 0}, true, group.gid);
    else
        recorded_users_put(&history->users, (struct sv){NULL, 0}, &group);
    threads_touch(&history->threads);
}

/* What does not make sense is passed over: it is the recording's to say it right. */
static void tell(struct turn *turn, struct sv json)
{
    if (recorded_containers_tell(&turn->history->containers, json, NULL) == 0)
        threads_touch(&turn->history->threads);
}

void effect_container(struct turn *turn)
{
    tell(turn, turn_raw(turn, 0));
}

void effect_async(struct turn *turn)
{
    if (sv_eq(turn_text(turn, 1), SV("container")))
        tell(turn, turn_raw(turn, 2));
}
