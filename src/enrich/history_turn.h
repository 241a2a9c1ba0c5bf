/* enrich/history_turn.h - what the files of history share; only history*.c include it. */
#pragma once

#include "enrich/descriptors.h"
#include "enrich/history.h"
#include "enrich/recorded_containers.h"
#include "enrich/recorded_users.h"
#include "enrich/threads.h"

#define HISTORY_INTERFACES_MAX 4096u

struct turn;

/* What an event does: rows in history_events.c. */
typedef void (*effect_fn)(struct turn *turn);
struct effect {
    const char *event;
    bool fd;          /* has a descriptor: uses, makes or closes one */
    int8_t fd_param;  /* which parameter is its number; -1: none before it is made */
    effect_fn apply;  /* NULL: nothing else */
    const char *path; /* parameters for fs.path.*: of name, or source and target; NULL: none */
    const char *target;
};

struct history {
    const struct effect *effect[EVENT_TYPE_MAX]; /* NULL: none */
    struct threads threads;
    struct recorded_containers containers;
    struct recorded_users users;
    struct recorded_interface *interface; /* without names */
    uint32_t interface_count;
    char hostname[RECORDED_HOSTNAME_MAX];
    struct sv hostname_view;
    uint64_t boot_wall_ns;
    bool started; /* an event has come that is more than state */
    bool settled_state;
    uint64_t unknown_thread;
    struct event_names names;
    /* To be done after the event. */
    int64_t ending_tid;  /* -1: none */
    int64_t closing_tid; /* -1: none */
    int64_t closing_num;
    uint64_t now_ns;
    const struct thread *now; /* of the event being handled */
};

/* One event being taken in. */
struct turn {
    struct history *history;
    struct event *event;
    const struct recorded_args *args;
    struct thread *thread; /* NULL: the event has none */
    int64_t fd_num;        /* that the event is about; -1: none */
    const struct descriptor *fd;
    struct sv old_name; /* of `fd` before the event; scratch */
};

/* Write the row of each type that has one. `by_type` has EVENT_TYPE_MAX places. */
void history_effects_init(const struct effect **by_type);

/* history_process.c */
void effect_clone(struct turn *turn);
void effect_exec(struct turn *turn);
void effect_exit(struct turn *turn);
void effect_chdir(struct turn *turn);
void effect_fchdir(struct turn *turn);
void effect_setuid(struct turn *turn);
void effect_setresuid(struct turn *turn);
void effect_setgid(struct turn *turn);
void effect_setresgid(struct turn *turn);
void effect_setsid(struct turn *turn);
void effect_capset(struct turn *turn);
void effect_unshare(struct turn *turn);
void effect_setns(struct turn *turn);
void effect_prctl(struct turn *turn);
void effect_chroot(struct turn *turn);
void effect_rlimit(struct turn *turn);
void effect_prlimit(struct turn *turn);
void effect_memory(struct turn *turn);
void effect_switch(struct turn *turn);
void effect_user(struct turn *turn);
void effect_group(struct turn *turn);
void effect_container(struct turn *turn);
void effect_async(struct turn *turn);

/* history_files.c */
void effect_open(struct turn *turn);
void effect_close(struct turn *turn);
void effect_close_range(struct turn *turn);
void effect_dup(struct turn *turn);
void effect_fcntl(struct turn *turn);
void effect_pipe(struct turn *turn);
void effect_eventfd(struct turn *turn);
void effect_signalfd(struct turn *turn);
void effect_timerfd(struct turn *turn);
void effect_inotify(struct turn *turn);
void effect_bpf(struct turn *turn);
void effect_userfaultfd(struct turn *turn);
void effect_io_uring(struct turn *turn);
void effect_epoll(struct turn *turn);
void effect_memfd(struct turn *turn);
void effect_pidfd_open(struct turn *turn);
void effect_pidfd_getfd(struct turn *turn);

/* history_sockets.c */
void effect_socket(struct turn *turn);
void effect_socketpair(struct turn *turn);
void effect_bind(struct turn *turn);
void effect_connect(struct turn *turn);
void effect_accept(struct turn *turn);
void effect_recv(struct turn *turn);
void effect_send(struct turn *turn);
void effect_transfer(struct turn *turn);
/* At the start: which end of a connection is which. */
void history_sockets_start(struct history *history);
/* Name of a connection, as its addresses say. */
void history_socket_name(struct descriptor *fd);
void history_socket_fill_in(const struct history *history, struct descriptor *fd);

/* history_paths.c */
/* Join as Falco does: `base` as it is, `path` after it without dots; scratch text. */
struct sv history_join(struct turn *turn, struct sv base, struct sv path);
struct sv history_base(struct turn *turn, struct sv path, int64_t dirfd);
void history_set_paths(struct turn *turn, const struct effect *effect);
void history_names_init(struct history *history);
void history_show_fd(const struct history *history, const struct thread *thread, int64_t num,
                     const struct descriptor *fd, struct event_fd *out);

/* The table of descriptors of the thread's process; NULL when its first thread is not known. */
struct descriptors **history_files(struct thread *thread);
struct sv history_cwd(struct thread *thread);
/* With a slash at the end, as it is shown. `first`: of its process. */
void history_set_cwd(struct thread *first, struct sv cwd);
struct sv history_container_id(const struct thread *thread); /* empty on the host */
void history_container_of(struct history *history, struct thread *thread);

/* A new descriptor that the event is about. NULL when there is no room: nothing to be done. */
struct descriptor *turn_put(struct turn *turn, int64_t num, char type, uint32_t flags);
/* The descriptor that the event is about, to be changed. */
struct descriptor *turn_edit(struct turn *turn);

static inline int64_t turn_i64(const struct turn *turn, uint32_t index)
{
    const struct value *value = &turn->event->arg[index];

    return index < turn->event->arg_count &&
                   (value->kind == VALUE_SIGNED || value->kind == VALUE_UNSIGNED)
               ? value->i64
               : 0;
}
static inline bool turn_has(const struct turn *turn, uint32_t index)
{
    return index < turn->event->arg_count && turn->event->arg[index].kind != VALUE_ABSENT;
}
static inline struct sv turn_text(const struct turn *turn, uint32_t index)
{
    return turn_has(turn, index) && turn->event->arg[index].kind == VALUE_TEXT
               ? turn->event->arg[index].text
               : (struct sv){NULL, 0};
}
static inline struct sv turn_raw(const struct turn *turn, uint32_t index)
{
    return index < turn->event->arg_count ? turn->args->at[index] : (struct sv){NULL, 0};
}
static inline bool turn_failed(const struct turn *turn)
{
    return turn->event->has_result && turn->event->result < 0;
}
