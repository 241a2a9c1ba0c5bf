/* enrich/procfs.h - one process as /proc tells it, in the words of event/change.h.
 *
 * Used for what ran before the sensor and for records that were lost. All reads go through one
 * descriptor of /proc/PID, so a pid reused meanwhile gives nothing instead of a mixture. Start
 * times are to the clock tick. Texts are the process's to choose: every one is bounded, odd files
 * count as missing. Any thread. */
#pragma once

#include "base/attr.h"
#include "event/change.h"

struct arena;

#define PROCFS_STAT_MAX ((size_t)4096)    /* bytes of /proc/PID/stat, loginuid ... */
#define PROCFS_STATUS_MAX ((size_t)65536) /* ... of status and cgroup: groups make it long */
#define PROCFS_ARGS_MAX ((size_t)8192)    /* bytes kept of the command line */
#define PROCFS_ENV_MAX ((size_t)4096)     /* bytes kept of the environment */
#define PROCFS_NESTING_MAX 32u            /* pid namespaces around a process */

enum procfs_outcome {
    PROCFS_FOUND,
    PROCFS_GONE, /* no such process, or the pid is a thread's */
};

struct procfs_process {
    struct change_task task;        /* start_ns: beginning of the tick; cgroup ids are 0 */
    struct change_program program;  /* as it is now: the process may have rewritten its arguments */
    struct sv cgroup_v1, cgroup_v2; /* paths; v1 in the memory hierarchy, else pids */
};

/* Texts of *out live in `arena`. */
must_check enum procfs_outcome procfs_read(const char *proc_root, uint32_t pid, struct arena *arena,
                                           struct procfs_process *out);

/* The program and working directory only, for a process known otherwise; start_ns is compared. */
must_check enum procfs_outcome procfs_read_program(const char *proc_root, uint32_t pid,
                                                   uint64_t start_ns, struct arena *arena,
                                                   struct change_program *out);

/* Is that process still there? */
bool procfs_alive(const char *proc_root, uint32_t pid, uint64_t start_ns);

/* The parsers. false when the text is not what the kernel writes. */
struct procfs_stat {
    struct sv name;
    uint32_t ppid, pgid, sid, tty, threads;
    uint64_t start_ns;
};
must_check bool procfs_parse_stat(struct sv text, struct procfs_stat *out);

struct procfs_status {
    uint32_t tgid;
    uint32_t ns_tgid[PROCFS_NESTING_MAX]; /* from the outermost namespace inwards */
    uint32_t ns_pgid[PROCFS_NESTING_MAX], ns_sid[PROCFS_NESTING_MAX];
    uint32_t depth;     /* entries of ns_tgid */
    struct creds creds; /* all but login_uid and session_id */
    uint64_t cap_bounding;
};
must_check bool procfs_parse_status(struct sv text, struct procfs_status *out);

/* Bounding capabilities of a process, 0 when not readable. */
uint64_t procfs_cap_bounding(const char *proc_root, uint32_t pid);

/* Number of the host's mount namespace, 0 when not readable: init's, or else that of this process,
 * which is the host's unless it runs in a container (and may then look at init). */
uint32_t procfs_host_mntns(const char *proc_root);

void procfs_parse_cgroup(struct sv text, struct sv *v1, struct sv *v2);
