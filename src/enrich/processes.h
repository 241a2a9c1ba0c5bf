/* enrich/processes.h - the table of processes: who has which pid, who descends from whom, and how
 * long the ended are remembered.
 *
 * A process is named by pid and start time; the kernel gives the start to the nanosecond, /proc to
 * its clock tick only. An ended process stays while children refer to it, so that ancestry survives
 * double forks; session and group leaders are known only while they are held for other reasons.
 * Ties are two-way: whoever is dropped is first taken out of everybody's view. A parent is never
 * younger than its child nor descends from it, so there are no cycles. What hangs on a process
 * (program, container, users) is the owner's: see processes_release_fn. One thread. */
#pragma once

#include "base/attr.h"
#include "base/hash.h"
#include "event/process.h"

struct cgroup;
struct container_entry;
struct program_image;

#define PROCESS_NAME_MAX 16           /* bytes kept of a comm */
#define PROCESS_TICK_NS 10000000ULL   /* /proc counts start times in these (USER_HZ is 100) */
#define PROCESS_TOUCH_MAX 256u        /* views that one change renews one by one */
#define PROCESS_PARENT_WALK_MAX 4096u /* steps upward when a parent is set late */

enum process_tie {
    TIE_PARENT,
    TIE_SESSION,
    TIE_GROUP,
    TIE_COUNT,
};

enum process_state {
    PROCESS_LIVE,
    PROCESS_ENDING, /* ended since the last settle: readable in any case */
    PROCESS_ENDED,  /* remembered for its children */
    PROCESS_STATE_COUNT,
};

struct process_entry {
    struct process view;
    struct processes *table;
    struct process_entry *to[TIE_COUNT];     /* parent, session leader, group leader */
    struct process_entry *before[TIE_COUNT]; /* among those tied to the same one */
    struct process_entry *after[TIE_COUNT];
    struct process_entry *first[TIE_COUNT]; /* of those tied to this one */
    struct process_entry *older;            /* had the same pid earlier */
    struct process_entry *previous, *next;  /* in the list of its state */
    enum process_state state;
    bool pinned;
    struct process_entry *next_pin;
    bool told;   /* others keep something of this version, see processes.stale */
    bool coarse; /* start_ns is the beginning of a tick */
    bool untold; /* read from /proc, see tables_tell_new() */
    char name[PROCESS_NAME_MAX];
    uint64_t seen_ns; /* last change or look-up */
    /* The owner's. */
    struct program_image *image;
    char *cwd; /* what view.cwd shows, where it is no longer the image's */
    struct cgroup *cgroup_v1, *cgroup_v2;
    struct container_entry *container;
    struct container_entry *joined; /* and what entered.c knew when it judged */
    uint64_t entered_seen;
};

struct process_list {
    struct process_entry *first, *last;
};

/* Called before an entry is freed. */
typedef void (*processes_release_fn)(struct process_entry *entry, void *context);

struct processes {
    struct nmap by_pid; /* the newest entry of each pid */
    struct process_list list[PROCESS_STATE_COUNT];
    uint64_t count, limit;
    uint64_t versions;          /* given so far */
    uint64_t version_min;       /* views with an older one need another */
    struct process_entry *pins; /* see processes_pin() */
    uint64_t forgotten;         /* dropped while still needed, because of the limit */
    struct process_entry *own;  /* whose own change is being applied, see `stale` */
    uint64_t stale;             /* how often a version that was told of became an old one */
    processes_release_fn release;
    void *context;
};

void processes_init(struct processes *table, uint64_t limit, processes_release_fn release,
                    void *context);
void processes_done(struct processes *table);

/* By pid and start; start_ns 0 means whoever has the pid. `coarse`: start_ns is only a tick. */
must_check struct process_entry *processes_find(const struct processes *table, uint32_t pid,
                                                uint64_t start_ns, bool coarse);

/* Add a process that is not there. An earlier one of the same pid has evidently ended: it is, at
 * now_ns. Past the limit the longest ended goes, then the oldest live one that has no children.
 * The new one is pinned. NULL when a newer process already has the pid. */
must_check struct process_entry *processes_add(struct processes *table, uint32_t pid,
                                               uint64_t start_ns, bool coarse, uint64_t now_ns);

void processes_name(struct process_entry *entry, struct sv name);

/* Tie `entry` to another, or to nobody; keeps the view's pointers. false, and nothing is changed,
 * when `to` may not be the parent: it is the entry, younger, or its descendant. */
bool processes_tie(struct process_entry *entry, enum process_tie tie, struct process_entry *to);

/* What can be read of an entry has changed: give new versions to its view and to all views it can
 * be read through, those of its descendants and of those it leads. Ties do so by themselves. */
void processes_touch(struct process_entry *entry);
/* Something that many share has changed: every view needs a new version. */
void processes_touch_all(struct processes *table);
/* Before a view is handed out. */
void processes_renew(struct process_entry *entry);

void processes_end(struct processes *table, struct process_entry *entry, uint64_t end_ns);

/* Keep an entry from going for the limit while it is worked on; processes_unpin() ends that for
 * all. Pinned ones may exceed the limit. */
void processes_pin(struct processes *table, struct process_entry *entry);
void processes_unpin(struct processes *table);

/* Unpin, and drop what ended and has no children; others of it are remembered, in chains of at most
 * PROCESS_ANCESTORS_MAX that lead to one process only. */
void processes_settle(struct processes *table);

/* The live process that was not looked at for longest in a round over all; NULL without any. */
struct process_entry *processes_next_live(struct processes *table);
