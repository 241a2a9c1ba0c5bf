#include "enrich/history.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "enrich/history_turn.h"
#include "enrich/programs.h"
#include "enrich/text.h"

static void init(struct history *history)
{
    threads_init(&history->threads);
    history_effects_init(history->effect);
    history_names_init(history);
    history->ending_tid = history->closing_tid = -1;
}

static void done(struct history *history)
{
    threads_done(&history->threads);
    recorded_containers_done(&history->containers);
    recorded_users_done(&history->users);
    free(history->interface);
}

struct history *history_new(void)
{
    struct history *history = xcalloc(1, sizeof(*history));

    init(history);
    return history;
}

void history_free(struct history *history)
{
    if (history == NULL)
        return;
    done(history);
    free(history);
}

void history_begin(struct history *history)
{
    done(history);
    memset(history, 0, sizeof(*history));
    init(history);
}

struct history_counts history_counts(const struct history *history)
{
    return (struct history_counts){
        .threads = history->threads.by_tid.count,
        .containers = history->containers.by_id.count,
        .threads_dropped = history->threads.dropped,
        .unknown_thread = history->unknown_thread,
    };
}

struct sv history_hostname(const struct history *history)
{
    return history->hostname_view;
}

/* -------------------------------------------------------------------------------- the beginning */

void history_machine(struct history *history, const struct recorded_machine *machine)
{
    size_t len = machine->hostname.len < sizeof(history->hostname) ? machine->hostname.len
                                                                   : sizeof(history->hostname);

    if (len > 0)
        memcpy(history->hostname, machine->hostname.ptr, len);
    history->hostname_view = (struct sv){history->hostname, len};
    history->boot_wall_ns = machine->boot_wall_ns;
}

void history_interface(struct history *history, const struct recorded_interface *interface)
{
    if (history->interface_count >= HISTORY_INTERFACES_MAX)
        return;
    history->interface =
        xrealloc(history->interface, (history->interface_count + 1) * sizeof(*history->interface));
    history->interface[history->interface_count] = *interface;
    history->interface[history->interface_count++].name = (struct sv){NULL, 0};
}

void history_user(struct history *history, const struct recorded_user *user)
{
    recorded_users_put(&history->users, (struct sv){NULL, 0}, user);
}

static struct sv bounded(struct sv list)
{
    while (list.len > 0 && list.ptr[list.len - 1] == '\0')
        list.len--; /* one comes back with program_image_new() */
    return list;
}

static struct program_image *image_of(const struct recorded_thread *recorded)
{
    struct sv args = bounded(recorded->args);
    size_t len = recorded->exe.len + 1 + args.len;
    scoped(free) char *argv = xmalloc(len + 1);
    struct change_program program = {
        .path = recorded->exe_path,
        .env = recorded->env,
        .ino = recorded->exe_ino,
        .ctime_wall_ns = recorded->exe_ctime_wall_ns,
        .mtime_wall_ns = recorded->exe_mtime_wall_ns,
        .from_memfd = recorded->exe_from_memfd,
        .upper_layer = recorded->exe_upper_layer,
        .lower_layer = recorded->exe_lower_layer,
        .writable = recorded->exe_writable,
    };

    memcpy(argv, recorded->exe.ptr == NULL ? "" : recorded->exe.ptr, recorded->exe.len);
    argv[recorded->exe.len] = '\0';
    if (args.len > 0)
        memcpy(argv + recorded->exe.len + 1, args.ptr, args.len);
    program.args = (struct sv){argv, args.len > 0 ? len : recorded->exe.len};
    return program_image_new(&program, recorded->comm);
}

void history_set_cwd(struct thread *first, struct sv cwd)
{
    scoped(buf_done) struct buf text = {.limit = TEXT_LEN_MAX};

    buf_sv(&text, sv_sub(cwd, 0, TEXT_LEN_MAX - 1));
    if (!sv_ends(buf_view(&text), SV("/")))
        buf_char(&text, '/');
    text_set(&first->cwd, buf_view(&text));
}

void history_thread(struct history *history, const struct recorded_thread *recorded)
{
    struct thread *thread = threads_new(recorded->tid);

    thread->pid = recorded->pid;
    thread->ptid = recorded->ptid;
    thread->vtid = recorded->vtid;
    thread->vpid = recorded->vpid;
    thread->sid = recorded->sid;
    thread->pgid = recorded->pgid;
    thread->vpgid = recorded->vpgid;
    thread->flags = recorded->flags;
    thread->pidns_start_ns = recorded->pidns_start_wall_ns;
    thread->uid = recorded->uid;
    thread->gid = recorded->gid;
    thread->login_uid = recorded->login_uid;
    thread->tty = recorded->tty;
    thread->cap_inheritable = recorded->cap_inheritable;
    thread->cap_permitted = recorded->cap_permitted;
    thread->cap_effective = recorded->cap_effective;
    thread->fd_limit = recorded->fd_limit;
    thread->vm_size_kib = recorded->vm_size_kib;
    thread->vm_rss_kib = recorded->vm_rss_kib;
    thread->vm_swap_kib = recorded->vm_swap_kib;
    thread->faults_major = recorded->faults_major;
    thread->faults_minor = recorded->faults_minor;
    text_set(&thread->comm, recorded->comm);
    text_set(&thread->cgroups, recorded->cgroups);
    thread->image = image_of(recorded);
    if (threads_is_first(thread))
        history_set_cwd(thread, recorded->cwd);
    history_container_of(history, thread);
    (void)threads_add(&history->threads, thread);
}

void history_container_of(struct history *history, struct thread *thread)
{
    struct recorded_container *container =
        recorded_containers_of(&history->containers, text_sv(thread->cgroups));

    recorded_container_release(thread->container);
    thread->container = container;
}

static void set_socket(struct history *history, struct descriptor *fd,
                       const struct recorded_descriptor *recorded)
{
    fd->from = recorded->from;
    fd->to = recorded->to;
    fd->from_port = recorded->from_port;
    fd->to_port = recorded->to_port;
    fd->l4_protocol = recorded->l4_protocol;
    fd->listening = recorded->listening;
    history_socket_fill_in(history, fd);
}

void history_descriptor(struct history *history, const struct recorded_descriptor *recorded)
{
    struct thread *thread = threads_find(&history->threads, recorded->pid);
    struct descriptor *fd = thread == NULL ? NULL : descriptors_put(&thread->files, recorded->num);

    if (fd == NULL)
        return;
    fd->type = recorded->type;
    fd->ino = recorded->ino;
    fd->dev = recorded->dev;
    fd->flags = recorded->flags;
    fd->name = text_new(recorded->name);
    if (recorded->type == 'u') {
        fd->socket = recorded->socket;
        fd->peer = recorded->peer;
        fd->role = recorded->name.len == 0 ? DESCRIPTOR_CLIENT : DESCRIPTOR_SERVER;
    } else if (recorded->type == '4' || recorded->type == '6') {
        set_socket(history, fd, recorded);
    }
}

/* All of the state has been read: tie the threads, and see which end of a connection is which. */
static void start(struct history *history)
{
    struct nmap_slot *slot;
    size_t at = 0;

    history->settled_state = true;
    while ((slot = nmap_next(&history->threads.by_tid, &at)) != NULL)
        threads_tie(&history->threads, slot->value);
    history_sockets_start(history);
}

/* -------------------------------------------------------------------------------------- events */

struct descriptors **history_files(struct thread *thread)
{
    struct thread *owner = thread;

    if ((thread->flags & THREAD_SHARES_FILES) != 0)
        owner = threads_first(thread);
    return owner == NULL ? NULL : &owner->files;
}

struct sv history_cwd(struct thread *thread)
{
    struct thread *first = threads_first(thread);

    return first == NULL ? SV("./") : text_sv(first->cwd);
}

struct sv history_container_id(const struct thread *thread)
{
    return thread->container == NULL ? (struct sv){NULL, 0} : thread->container->view.id;
}

struct descriptor *turn_put(struct turn *turn, int64_t num, char type, uint32_t flags)
{
    struct descriptors **files = turn->thread == NULL ? NULL : history_files(turn->thread);
    struct descriptor *fd = files == NULL ? NULL : descriptors_put(files, num);

    if (fd == NULL)
        return NULL;
    fd->type = type;
    fd->flags = flags;
    turn->fd_num = num;
    turn->fd = fd;
    turn->old_name = (struct sv){NULL, 0};
    return fd;
}

struct descriptor *turn_edit(struct turn *turn)
{
    struct descriptors **files = turn->thread == NULL ? NULL : history_files(turn->thread);
    struct descriptor *fd = files == NULL ? NULL : descriptors_edit(files, turn->fd_num);

    turn->fd = fd;
    return fd;
}

static void fill_view(void *ctx, struct thread *thread)
{
    static const struct program none;
    static const struct user root = {.uid = 0, .name = {"root", 4}, .home = {"/root", 5}};
    static const struct group root_group = {.gid = 0, .name = {"root", 4}};
    struct history *history = ctx;
    struct process *view = &thread->view;
    struct sv container = history_container_id(thread);

    view->program = thread->image == NULL ? &none : &thread->image->view;
    view->container = thread->container == NULL ? NULL : &thread->container->view;
    view->user = recorded_users_user(&history->users, container, thread->uid);
    view->login_user = recorded_users_user(&history->users, container, thread->login_uid);
    view->group = recorded_users_group(&history->users, container, thread->gid);
    if (view->user == NULL && thread->uid == 0)
        view->user = &root;
    if (view->login_user == NULL && thread->login_uid == 0)
        view->login_user = &root;
    if (view->group == NULL && thread->gid == 0)
        view->group = &root_group;
}

/* Events that say something of the machine, not of a thread. */
static bool is_about_machine(enum event_type type)
{
    const char *name = event_type_info(type)->name;
    static const char *const names[] = {
        "container",   "useradded", "userdeleted", "groupadded",  "groupdeleted", "asyncevent",
        "pluginevent", "drop",      "scapevent",   "cpu_hotplug", "infra",        "notification"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* Events that come before anything else of a thread, or after all, or from the kernel alone. */
static bool expects_thread(const struct history *history, const struct event *event)
{
    const struct effect *effect = history->effect[event->type];

    if (event->whole)
        return strcmp(event_type_info(event->type)->name, "signaldeliver") == 0;
    return effect == NULL || effect->apply != effect_clone;
}

/* The thread of an event; where one is expected, it is made up when it is not known. */
static struct thread *thread_of(struct history *history, const struct event *event)
{
    bool expect = expects_thread(history, event);
    struct thread *thread = threads_find(&history->threads, event->tid);

    if (thread != NULL || !expect)
        return thread;
    history->unknown_thread++;
    return threads_get(&history->threads, event->tid);
}

static void take_in(struct turn *turn, const struct effect *effect)
{
    struct event *event = turn->event;

    if (effect == NULL)
        return;
    if (turn->thread != NULL && effect->fd && effect->fd_param >= 0 &&
        turn_has(turn, (uint32_t)effect->fd_param)) {
        struct descriptors **files = history_files(turn->thread);
        turn->fd_num = turn_i64(turn, (uint32_t)effect->fd_param);
        turn->fd = files == NULL ? NULL : descriptors_find(*files, turn->fd_num);
        if (turn->fd != NULL)
            turn->old_name = arena_sv(event->scratch, text_sv(turn->fd->name));
    }
    if (effect->apply != NULL)
        effect->apply(turn);
    history_set_paths(turn, effect);
    if (!effect->fd || turn->thread == NULL)
        return;
    event->fd.known = true;
    event->fd.num = turn->fd_num;
    if (turn->fd != NULL)
        history_show_fd(turn->history, turn->thread, turn->fd_num, turn->fd, &event->fd);
    event->fd.name_changed = turn->fd != NULL && !sv_eq(event->fd.name, turn->old_name);
}

bool history_apply(struct history *history, struct event *event, const struct recorded_args *args)
{
    const struct effect *effect = history->effect[event->type];
    bool machine = is_about_machine(event->type);
    struct turn turn = {.history = history, .event = event, .args = args, .fd_num = -1};

    if (!history->settled_state)
        start(history);
    history->now_ns = event->time_ns;
    if (!machine) {
        history->started = true;
        turn.thread = thread_of(history, event);
    }
    history->now = turn.thread;
    event->names = &history->names;
    take_in(&turn, effect);
    history->now = turn.thread;
    if (turn.thread != NULL) {
        event->vtid = (uint32_t)turn.thread->vtid;
        event->process = threads_view(&history->threads, turn.thread, fill_view, history);
    }
    return history->started;
}

void history_settle(struct history *history)
{
    if (history->ending_tid >= 0)
        threads_remove(&history->threads, history->ending_tid, history->now_ns);
    if (history->closing_tid >= 0) {
        struct thread *thread = threads_find(&history->threads, history->closing_tid);
        struct descriptors **files = thread == NULL ? NULL : history_files(thread);
        if (files != NULL)
            descriptors_remove(files, history->closing_num);
    }
    history->ending_tid = history->closing_tid = -1;
    history->now = NULL;
}
