/* enrich/containers.h - the containers that processes are in, with what their runtime says of them.
 *
 * A container is made when its cgroup is, or when the first process is seen in there. Its bundle is
 * looked for when the cgroup is new (awaited.h says how often) and, while it is missing, on execs a
 * few times, ever more seldom. It goes when no process has been in it for CONTAINER_GRACE_NS. One
 * thread. */
#pragma once

#include "base/attr.h"
#include "base/hash.h"
#include "enrich/cgroups.h"
#include "enrich/pods.h"
#include "event/process.h"

struct arena;
struct cri;
struct cri_container;
struct cri_pod;
struct pod_line;
struct specs;
struct told;
struct users;

#define CONTAINER_TRIES_EARLY 8u          /* looks for one bundle at every exec, then */
#define CONTAINER_TRIES_MAX 13u           /* ... with growing pauses up to as many */
#define CONTAINER_GRACE_NS 60000000000ULL /* an empty container is remembered as long */
#define CONTAINER_SHORT_ID 12u            /* characters of container.id */

struct container_entry {
    struct container view;
    struct users *users;
    struct arena *spec;   /* texts that the runtime's files gave */
    struct arena *extra;  /* ... and that others said, until the next look */
    struct arena *answer; /* what its runtime said over CRI */
    struct container answer_view;
    struct pod_entry *pod;            /* held */
    bool asked;                       /* over CRI */
    struct sv root;                   /* its root file system in the host's root; or empty */
    struct sv path_runtime, path_pod; /* what the cgroup's layout said */
    bool guessed;
    bool again;              /* it was empty in between: look for the bundle anew */
    bool missing;            /* looked for and not found */
    uint32_t refs;           /* processes */
    uint32_t mntns_inum;     /* its mount namespace; 0: not known, or the host's */
    uint64_t first_start_ns; /* of its first process; 0: not known */
    uint32_t tries;
    uint64_t try_next_ns;
    uint64_t empty_ns;                       /* since when refs is 0 */
    struct container_entry *previous, *next; /* while empty */
    char text[];
};

struct containers {
    struct map by_id;         /* full id */
    struct nmap by_mntns;     /* those that processes are in */
    uint32_t host_mntns_inum; /* 0: not known, and no namespace is learnt */
    struct container_entry *empty_first, *empty_last;
    struct specs *specs;
    const struct told *told; /* what counts instead of files; or NULL */
    struct cri *cri;         /* or NULL; the owner's */
    struct pods pods;
    uint64_t count, limit;
    uint64_t without_spec;    /* of those held, looked for and not found */
    uint64_t looks;           /* at files */
    uint64_t changes;         /* looks after which views of processes may be others */
    uint64_t entries_changed; /* something that entered.c judges by */
    uint64_t over_limit;      /* made although the limit was reached and none was empty */
};

void containers_init(struct containers *table, uint64_t limit, struct specs *specs);
void containers_done(struct containers *table);

/* The container of a process that is in these cgroups (either may be NULL), or NULL for the host's.
 * `may_look`: the process runs the container's program by now (an exec), so files are worth
 * reading.
 *
 * Whichever path names containers counts, version 2's first. Where containers are nested, it is the
 * outermost one whose bundle is on this host, so that nobody leaves a pod by making a cgroup below
 * it; without any bundle, the innermost. */
must_check struct container_entry *containers_find(struct containers *table, struct cgroup *v2,
                                                   struct cgroup *v1, bool may_look,
                                                   uint64_t now_ns);

/* The cgroup is new: make its container and look for the files. True when there is no more to find:
 * they are there, or the cgroup lies inside a container whose files are. */
bool containers_expect(struct containers *table, struct cgroup *cgroup, uint64_t now_ns);

/* Would containers_expect() find nothing to do? */
bool containers_known(const struct containers *table, const struct cgroup *cgroup);

/* The cgroup was removed: a container of its name is another one from now on. */
void containers_gone(struct containers *table, const struct cgroup *cgroup);

void containers_hold(struct containers *table, struct container_entry *entry); /* NULL is fine */
void containers_release(struct containers *table, struct container_entry *entry, uint64_t now_ns);

/* A program that was put into the container runs in this mount namespace: when it is not the
 * host's it is the container's, the first one counts. */
void containers_learn_mntns(struct containers *table, struct container_entry *entry, uint32_t inum);
/* The process came from outside: it may be the one that the container began with. */
void containers_learn_start(struct containers *table, struct container_entry *entry,
                            const struct process *process);
must_check struct container_entry *containers_of_mntns(const struct containers *table,
                                                       uint32_t inum);

/* Something new was told of a container, or of its users. */
void containers_retell(struct containers *table, struct sv full_id);
/* A runtime has answered; either may be NULL. */
void containers_answered(struct containers *table, const struct cri_container *container,
                         const struct cri_pod *pod);
/* What the cluster says of its pods. */
void containers_pod_line(struct containers *table, const struct pod_line *line);

/* Drop what has been empty for long. */
void containers_settle(struct containers *table, uint64_t now_ns);
