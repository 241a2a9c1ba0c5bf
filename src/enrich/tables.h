/* enrich/tables.h - who runs: processes, their programs, containers, users, as events change them.
 *
 * Everything is owned here and changed only by tables_apply() and tables_find(), on the thread that
 * handles events; see event/process.h for what readers may rely on. Memory is bounded: limits below
 * are counted when hit. */
#pragma once

#include "base/attr.h"
#include "enrich/tell.h"
#include "event/change.h"
#include "event/event.h"

struct cri;
struct cri_container;
struct cri_pod;
struct err;
struct log;
struct pod_line;
struct tables;

#define TABLES_PROCESSES_MAX 262144u /* live and remembered; beyond, the longest ended go first */
#define TABLES_CONTAINERS_MAX 16384u
#define TABLES_CGROUPS_MAX 65536u

struct tables_options {
    const char *proc_root; /* "/proc"; elsewhere in tests; NULL: never read (replay) */
    const char *host_root; /* "" or the host's root as mounted in our container, "/host"; NULL, and
                            * no proc_root: what is not told is not known (replay) */
    const struct log *log; /* warnings about unreadable metadata, limited in rate */
    struct cri *cri; /* asked about containers, borrowed; NULL: nobody is, or another table asks */
};

struct tables_counts {
    uint64_t processes, containers, cgroups, programs; /* held now */
    uint64_t unknown_process; /* events whose process had to be read from /proc, or was not found */
    uint64_t from_proc;       /* ... of those, found there */
    uint64_t container_without_spec; /* containers for which no config.json was found */
    uint64_t forgotten;              /* processes dropped because a limit was hit */
    uint64_t containers_over_limit;  /* made beyond TABLES_CONTAINERS_MAX, none being empty */
    uint64_t containers_ahead;       /* described because their cgroup was made */
    uint64_t containers_waiting;     /* new cgroups to be looked at */
    uint64_t containers_refused;     /* new cgroups not looked at: too many at a time */
    uint64_t container_looks;        /* at containers' files */
    uint64_t pods;
    /* Events of processes in containers; of those, with name and image of the container, and of its
     * pod when it is one's. */
    uint64_t container_events, container_events_complete;
};

struct tables *tables_new(const struct tables_options *options);
void tables_free(struct tables *tables);
DEFINE_SCOPED(struct tables *, tables_free)

/* Take in one change. CHANGE_EXIT keeps the process readable until tables_settle(). */
void tables_apply(struct tables *tables, const struct change *change);

/* The process `pid` (made at start_ns; 0: whichever has the pid). Unknown ones are read from
 * /proc, with as many ancestors as are there. NULL when it has gone without trace. */
const struct process *tables_find(struct tables *tables, uint32_t pid, uint64_t start_ns);

/* After the event: drop what ended and nobody needs. */
void tables_settle(struct tables *tables);

/* When events leave time, and at tables_next_ns() at the latest: read of new containers. */
void tables_turn(struct tables *tables, uint64_t now_ns);
/* Boot time; UINT64_MAX: nothing is due. */
uint64_t tables_next_ns(const struct tables *tables);

/* What a runtime answered (either may be NULL), and what the cluster says of its pods. */
void tables_answered(struct tables *tables, const struct cri_container *container,
                     const struct cri_pod *pod);
void tables_pod_line(struct tables *tables, const struct pod_line *line);

/* Somebody keeps something made of this version of the process. tables_stale() grows when such a
 * version becomes an old one, unless by a change of the process itself, which everybody sees. */
void tables_told(struct tables *tables, uint32_t pid, uint64_t start_ns);
uint64_t tables_stale(const struct tables *tables);

/* Read all processes from /proc (no task iterator, or none of its own permission). */
must_check int tables_scan_proc(struct tables *tables, struct err *err);

/* The changes that would make these tables, in the order of enrich/tell.h. */
void tables_tell(const struct tables *tables, tell_change_fn fn, void *ctx);
/* ... those of processes that were read from /proc since tables_tell_new() was last called. */
void tables_tell_new(struct tables *tables, tell_change_fn fn, void *ctx);

/* What a recording tells, for tables without a machine: the host's mount namespace, a container as
 * JSON (enrich/told.h), a user or group of the host (empty id) or a container. Errors: -EINVAL,
 * -E2BIG. */
void tables_told_host(struct tables *tables, uint32_t mntns_inum);
must_check int tables_told_container(struct tables *tables, struct sv json);
void tables_told_user(struct tables *tables, struct sv container_id, const struct user *user);
void tables_told_group(struct tables *tables, struct sv container_id, const struct group *group);
uint32_t tables_host_mntns(const struct tables *tables); /* 0: not known */

typedef void (*tables_process_fn)(void *ctx, const struct process *process);
void tables_each(const struct tables *tables, tables_process_fn fn, void *ctx); /* that runs */

void tables_counts(const struct tables *tables, struct tables_counts *out);
