/* enrich/threads.h - the threads of a recorded machine: who made whom, who shares what.
 *
 * A recording names threads by tid alone, and rules may ask for the thread's own name; so here a
 * thread is what enrich/processes.h has for a process. The descriptors, the working directory and
 * the environment are those of the first thread of its group (its process). A first thread that
 * ends before the others stays until the last of them goes.
 *
 * What a view shows is brought up to date when it is asked for, threads_view(): any change anywhere
 * raises `generation`, and a view made in an older one is made again. One thread. */
#pragma once

#include "base/attr.h"
#include "base/hash.h"
#include "event/process.h"

struct descriptors;
struct program_image;
struct recorded_container;
struct text;
struct thread_group;

#define THREADS_MAX 262144u
#define THREADS_RECENT 8192u /* ended threads that are remembered by their tid */

enum thread_flag { /* as of event_flag_clone */
                   THREAD_SHARES_FILES = 1 << 0,
                   THREAD_NEW_PIDNS = 1 << 6,
                   THREAD_OF_PARENT = 1 << 8,
                   THREAD_OF_GROUP = 1 << 13,
                   THREAD_INVERTED = 1 << 16, /* its own event came before its maker's */
                   THREAD_ENDED = 1 << 18,
                   THREAD_NEW_USERNS = 1 << 20,
                   THREAD_AS_VFORK = 1 << 27,
                   THREAD_IN_PIDNS = 1 << 29,
                   THREAD_IS_FIRST = 1 << 30,
};

struct thread {
    struct process view;
    uint64_t generation;         /* that the view was made in */
    uint64_t leaders_generation; /* ... its leaders of session and group */
    int64_t tid, pid, ptid, vtid, vpid, sid, pgid, vpgid, reaper;
    uint32_t flags;
    uint64_t made_ns; /* wall; 0: it was there when the recording began */
    uint64_t pidns_start_ns;
    uint32_t uid, gid, login_uid, tty;
    uint64_t cap_inheritable, cap_permitted, cap_effective;
    int64_t fd_limit;
    uint64_t vm_size_kib, vm_rss_kib, vm_swap_kib, faults_major, faults_minor;
    struct program_image *image;
    struct text *comm, *cwd, *cgroups;
    struct descriptors *files;
    struct recorded_container *container;
    struct thread_group *group; /* NULL: nothing is known but the tid */
    struct thread *group_next;  /* in the order in which they joined, the first thread first */
    struct thread *maker;       /* whose child it is */
    struct thread *child_first, *sibling_before, *sibling_after;
};

struct thread_group {
    int64_t pid;
    bool reaper;    /* takes in orphans */
    uint32_t alive; /* threads */
    struct thread *first;
};

struct threads {
    struct nmap by_tid, groups;
    uint64_t generation;
    uint64_t versions; /* given to views so far */
    struct {
        int64_t tid, ptid;
        uint64_t time_ns;
    } * recent;
    uint32_t recent_next;
    uint64_t dropped; /* not taken in: the table was full */
};

void threads_init(struct threads *table);
void threads_done(struct threads *table);

must_check struct thread *threads_find(const struct threads *table, int64_t tid);
/* The same, and where there is none, one of which nothing is known; NULL when the table is full. */
must_check struct thread *threads_get(struct threads *table, int64_t tid);

/* A thread to be filled and handed to threads_add(). Its descriptors are an empty table. */
must_check struct thread *threads_new(int64_t tid);
/* Take it in, in place of one of the same tid; false, and it is freed, when the table is full. Its
 * ties are made by threads_tie(), at once or, for a recording's first threads, after all are in. */
bool threads_add(struct threads *table, struct thread *thread);
void threads_tie(struct threads *table, struct thread *thread);
/* It ends; its children go to the reaper. */
void threads_remove(struct threads *table, int64_t tid, uint64_t time_ns);
/* Its group's other threads end, as an exec has it. */
void threads_keep_only(struct threads *table, struct thread *thread);
/* Did a child of `ptid` with that tid end in the two seconds before? */
bool threads_ended_lately(const struct threads *table, int64_t tid, int64_t ptid, uint64_t time_ns);

/* The first thread of its group, itself maybe; NULL when it is not known. */
must_check struct thread *threads_first(struct thread *thread);
/* That of the process which made it, maybe after a reaper took it in. */
must_check struct thread *threads_parent(const struct threads *table, struct thread *thread);
bool threads_is_first(const struct thread *thread);
bool threads_is_known(const struct thread *thread); /* more than the tid is */
bool threads_in_pidns(const struct thread *thread);

/* Something that views show was changed. */
static inline void threads_touch(struct threads *table)
{
    table->generation++;
}

/* Bring the view of a thread and of its ancestors up to date. `fill` is called for each that needs
 * it, to set what the owner knows: program, container, users. */
typedef void (*threads_fill_fn)(void *ctx, struct thread *thread);
const struct process *threads_view(struct threads *table, struct thread *thread,
                                   threads_fill_fn fill, void *ctx);
