/* enrich/attach.h - hangs on a process what it has: its program, cgroups, container and users.
 *
 * Between processes.h, which knows of none of these, and tables.c, which knows when to call. One
 * thread. */
#pragma once

#include "enrich/awaited.h"
#include "enrich/cgroups.h"
#include "enrich/containers.h"
#include "enrich/processes.h"
#include "event/change.h"

struct arena;
struct log;
struct procfs_process;
struct specs;
struct told;
struct users;

struct attach {
    char *proc_root;       /* NULL: never read */
    const struct log *log; /* or NULL */
    struct cgroups cgroups;
    struct containers containers;
    struct awaited awaited;
    struct specs *specs;
    struct told *told; /* NULL: files are looked at */
    struct users *host_users;
    struct arena *scratch;  /* for texts of /proc; every call may reset it */
    uint64_t now_ns;        /* boot time; the owner sets it */
    uint64_t programs;      /* held now */
    uint64_t users_changed; /* how often the texts of a view of users did */
    uint64_t warn_next_ns, warnings_held;
};

struct attach_limits {
    uint64_t cgroups, containers;
};

/* Without a host_root and a proc_root nothing is read: what counts is told (enrich/told.h). */
void attach_init(struct attach *attach, const char *proc_root, const char *host_root,
                 const struct log *log, struct attach_limits limits);
/* After all entries are released. */
void attach_done(struct attach *attach);
void attach_release(struct attach *attach, struct process_entry *entry); /* all of it */

/* A program just started or read; without a working directory the entry keeps the one it has. */
void attach_program(struct attach *attach, struct process_entry *entry,
                    const struct change_program *program);
/* The program of a process that was not seen to start it, as far as /proc tells. */
void attach_program_of_proc(struct attach *attach, struct process_entry *entry);
/* The process has another name now: its command line begins with it. */
void attach_renamed(struct attach *attach, struct process_entry *entry);
void attach_cwd(struct attach *attach, struct process_entry *entry, struct sv cwd);
/* Everything that a forked process shares with its parent. */
void attach_inherited(struct attach *attach, struct process_entry *entry,
                      const struct process_entry *parent);

/* The cgroups that a record names by id, or where a path was lost, those of /proc. Nothing changes
 * when neither says anything. */
void attach_cgroups(struct attach *attach, struct process_entry *entry,
                    const struct change_task *task);
void attach_cgroups_of_proc(struct attach *attach, struct process_entry *entry,
                            const struct procfs_process *found);

/* From cgroups to container, then from container and ids to users. `may_look`: files may be read.
 */
void attach_container(struct attach *attach, struct process_entry *entry, bool may_look);
void attach_users(struct attach *attach, struct process_entry *entry, bool may_look);

/* A cgroup was made: its container's files are looked for by attach_turn(). Or it was removed. */
void attach_cgroup_made(struct attach *attach, struct cgroup *cgroup);
void attach_cgroup_gone(struct attach *attach, struct cgroup *cgroup);
/* Make looks that are due, so many at most. */
void attach_turn(struct attach *attach, uint32_t looks);

/* Users of the host as its files say now; does nothing until it is time again. */
void attach_refresh_users(struct attach *attach);
