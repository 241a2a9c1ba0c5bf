/* Events that make, copy and close descriptors, but for sockets. Parameters by their place in
 * event/event_table.c. */
#include "base/arena.h"
#include "enrich/history_turn.h"
#include "enrich/text.h"
#include "event/event_flags.h"

enum {
    FCNTL_DUPFD = 1,
    FCNTL_SETFD = 3,
    FCNTL_DUPFD_CLOEXEC = 26,
    FCNTL_CLOEXEC = 1,
    CLOSE_RANGE_CLOEXEC = 4,
    EPOLL_CLOEXEC = 1,
};

/* ---------------------------------------------------------------------------------------- open */

/* Places of an open's parameters; 0: it has none. */
struct open_form {
    uint8_t dirfd, name, flags, dev, ino, creat_flags;
};

static struct open_form form_of(enum event_type type)
{
    switch (type) {
    case EVENT_OPEN:
        return (struct open_form){.name = 1, .flags = 2, .dev = 4, .ino = 5};
    case EVENT_OPENAT:
        return (struct open_form){.dirfd = 1, .name = 2, .flags = 3, .dev = 5, .ino = 6};
    case EVENT_OPENAT2:
        return (struct open_form){.dirfd = 1, .name = 2, .flags = 3, .dev = 6, .ino = 7};
    case EVENT_CREAT:
        return (struct open_form){.name = 1, .dev = 3, .ino = 4, .creat_flags = 5};
    default: /* open_by_handle_at */
        return (struct open_form){.flags = 2, .name = 3, .dev = 4, .ino = 5};
    }
}

static struct sv opened_path(struct turn *turn, const struct open_form *form, struct sv name)
{
    struct sv base = {NULL, 0};

    if (form->dirfd != 0)
        base = turn_has(turn, form->dirfd) ? history_base(turn, name, turn_i64(turn, form->dirfd))
                                           : base;
    else if (event_opens(turn->event->type))
        base = history_cwd(turn->thread);
    return history_join(turn, base, name);
}

void effect_open(struct turn *turn)
{
    struct event *event = turn->event;
    struct open_form form = form_of(event->type);

    if (turn->thread == NULL || !event->has_result)
        return;
    struct sv name = turn_has(turn, form.name) ? turn_text(turn, form.name) : SV("<NA>");
    uint32_t flags = form.flags == 0 ? 0 : (uint32_t)turn_i64(turn, form.flags);
    struct sv path = opened_path(turn, &form, name);
    event->fd.name = path; /* also when there is no descriptor */
    event->fd.name_raw = name;
    if (event->result < 0)
        return;
    if (form.creat_flags != 0) {
        uint64_t creat = (uint64_t)turn_i64(turn, form.creat_flags);
        flags |= (creat & EVENT_CREAT_UPPER_LAYER) != 0 ? EVENT_O_UPPER_LAYER : 0u;
        flags |= (creat & EVENT_CREAT_LOWER_LAYER) != 0 ? EVENT_O_LOWER_LAYER : 0u;
    }
    char type = (flags & EVENT_O_DIRECTORY) != 0 ? 'd' : 'f';
    struct descriptor *fd = turn_put(turn, event->result, type, flags);
    if (fd == NULL)
        return;
    fd->dev = (uint32_t)turn_i64(turn, form.dev);
    fd->ino = (uint64_t)turn_i64(turn, form.ino);
    fd->name = text_new(path);
    fd->name_raw = text_new(name);
    fd->upper_layer = (flags & EVENT_O_UPPER_LAYER) != 0;
    fd->lower_layer = (flags & EVENT_O_LOWER_LAYER) != 0;
}

/* --------------------------------------------------------------------------------------- close */

/* The event still shows it: it goes after the event. */
void effect_close(struct turn *turn)
{
    if (turn_failed(turn) || turn->thread == NULL || turn->fd == NULL)
        return;
    turn->history->closing_tid = turn->thread->tid;
    turn->history->closing_num = turn->fd_num;
}

void effect_close_range(struct turn *turn)
{
    struct descriptors **files = turn->thread == NULL ? NULL : history_files(turn->thread);
    uint32_t first = (uint32_t)turn_i64(turn, 1);
    uint32_t last = (uint32_t)turn_i64(turn, 2);

    if (turn_failed(turn) || files == NULL)
        return;
    if ((turn_i64(turn, 3) & CLOSE_RANGE_CLOEXEC) != 0)
        descriptors_flag_range(files, first, last, EVENT_O_CLOEXEC);
    else
        descriptors_remove_range(files, first, last);
}

/* ---------------------------------------------------------------------------------------- copy */

/* Another number for the event's descriptor; whether an exec closes it is not copied. */
static void copy_to(struct turn *turn, int64_t num, bool close_on_exec)
{
    struct descriptors **files = history_files(turn->thread);
    struct descriptor *copy = files == NULL ? NULL : descriptors_copy(files, num, turn->fd);

    if (copy == NULL)
        return;
    copy->flags &= ~(uint32_t)EVENT_O_CLOEXEC;
    copy->flags |= close_on_exec ? EVENT_O_CLOEXEC : 0u;
    turn->fd_num = num;
    turn->fd = copy;
    turn->old_name = arena_sv(turn->event->scratch, text_sv(copy->name));
}

void effect_dup(struct turn *turn)
{
    if (turn->thread == NULL || turn_failed(turn) || turn->fd == NULL)
        return;
    copy_to(turn, turn->event->result, (turn_i64(turn, 3) & EVENT_O_CLOEXEC) != 0);
}

void effect_fcntl(struct turn *turn)
{
    int64_t command = turn_i64(turn, 2);

    if (turn->thread == NULL || turn_failed(turn) || turn->fd == NULL)
        return;
    if (command == FCNTL_SETFD) {
        struct descriptor *fd = turn_edit(turn);
        if (fd == NULL)
            return;
        fd->flags &= ~(uint32_t)EVENT_O_CLOEXEC;
        fd->flags |= (turn_i64(turn, 3) & FCNTL_CLOEXEC) != 0 ? EVENT_O_CLOEXEC : 0u;
    } else if (command == FCNTL_DUPFD || command == FCNTL_DUPFD_CLOEXEC) {
        copy_to(turn, turn->event->result, command == FCNTL_DUPFD_CLOEXEC);
    }
}

void effect_pidfd_getfd(struct turn *turn)
{
    struct threads *threads = &turn->history->threads;
    struct descriptors **files = turn->thread == NULL ? NULL : history_files(turn->thread);
    const struct descriptor *pidfd =
        files == NULL ? NULL : descriptors_find(*files, turn_i64(turn, 1));
    struct thread *other =
        pidfd == NULL || pidfd->type != 'P' ? NULL : threads_find(threads, pidfd->pid);
    struct descriptors **theirs = other == NULL ? NULL : history_files(other);

    turn->fd = theirs == NULL ? NULL : descriptors_find(*theirs, turn_i64(turn, 2));
    if (turn->fd != NULL && !turn_failed(turn))
        copy_to(turn, turn->event->result, true);
}

/* ---------------------------------------------------------------------------- the other kinds */

static struct descriptor *make(struct turn *turn, char type, uint32_t flags)
{
    if (turn->thread == NULL || turn_failed(turn))
        return NULL;
    return turn_put(turn, turn->event->result, type, flags);
}

void effect_pipe(struct turn *turn)
{
    uint32_t flags = (uint32_t)turn_i64(turn, 4);

    for (uint32_t i = 1; i <= 2 && turn->thread != NULL && !turn_failed(turn); i++) {
        struct descriptor *fd = turn_put(turn, turn_i64(turn, i), 'p', flags);
        if (fd != NULL)
            fd->ino = (uint64_t)turn_i64(turn, 3);
    }
}

static bool is_called(const struct turn *turn, const char *name)
{
    return strcmp(event_type_info(turn->event->type)->name, name) == 0;
}

void effect_eventfd(struct turn *turn)
{
    (void)make(turn, 'e', is_called(turn, "eventfd2") ? (uint32_t)turn_i64(turn, 1) : 0);
}

void effect_signalfd(struct turn *turn)
{
    (void)make(turn, 's', is_called(turn, "signalfd4") ? (uint32_t)turn_i64(turn, 1) : 0);
}

void effect_timerfd(struct turn *turn)
{
    (void)make(turn, 't', (uint32_t)turn_i64(turn, 2));
}

void effect_inotify(struct turn *turn)
{
    (void)make(turn, 'i', is_called(turn, "inotify_init1") ? (uint32_t)turn_i64(turn, 1) : 0);
}

void effect_bpf(struct turn *turn)
{
    (void)make(turn, 'b', 0);
}

void effect_userfaultfd(struct turn *turn)
{
    (void)make(turn, 'U', 0);
}

void effect_io_uring(struct turn *turn)
{
    (void)make(turn, 'r', 0);
}

void effect_epoll(struct turn *turn)
{
    bool close = is_called(turn, "epoll_create1") && (turn_i64(turn, 1) & EPOLL_CLOEXEC) != 0;

    (void)make(turn, 'l', close ? EVENT_O_CLOEXEC : 0u);
}

void effect_memfd(struct turn *turn)
{
    struct descriptor *fd = make(turn, 'm', (uint32_t)turn_i64(turn, 2));

    if (fd != NULL)
        fd->name = text_new(turn_text(turn, 1));
}

void effect_pidfd_open(struct turn *turn)
{
    struct descriptor *fd = make(turn, 'P', (uint32_t)turn_i64(turn, 2));

    if (fd == NULL)
        return;
    fd->pid = turn_i64(turn, 1);
    fd->name =
        text_new(arena_printf(turn->event->scratch, "/proc/%lld", (long long)turn_i64(turn, 1)));
}
