/* event/change.h - what a record says about processes and cgroups, in words of no particular
 * source.
 *
 * decode/ makes it, enrich/ applies it to its tables. Views point into the record. Times are
 * boot-clock nanoseconds unless the name says wall. */
#pragma once

#include "base/sv.h"
#include "event/process.h"

enum change_kind {
    CHANGE_NONE,
    CHANGE_TASK,   /* `task` was there at start */
    CHANGE_FORK,   /* `task` was made by task.ppid */
    CHANGE_EXEC,   /* `task` runs `program` now */
    CHANGE_EXIT,   /* pid/start_ns ended */
    CHANGE_CGROUP, /* cgroup id has this path, or had it: see cgroup_what */
    CHANGE_UPDATE, /* `task` is another now: ids, credentials, name (empty: as before), and where
                    * there is one program.cwd */
    CHANGE_CWD,    /* pid/start_ns works in program.cwd */
    CHANGE_GROUP,  /* of the children of pid/start_ns, that with task.vpid is in group task.vpgid */
};

enum change_cgroup {
    CHANGE_CGROUP_SEEN,
    CHANGE_CGROUP_MADE, /* just now */
    CHANGE_CGROUP_GONE, /* removed */
};

struct change_task {
    uint32_t pid, ppid, vpid, vppid;
    uint32_t pgid, sid, vpgid, vsid;
    uint32_t tty, pidns_inum, mntns_inum, threads;
    uint64_t start_ns, parent_start_ns, pidns_start_ns;
    uint64_t exec_ns;              /* TASK: last exec, 0: not seen */
    uint64_t cgroup_v2, cgroup_v1; /* ids; 0: none */
    struct creds creds;
    struct sv name;
};

struct change_program {
    struct sv name; /* of the process when it began, empty: the task's */
    struct sv path, filename, cwd;
    struct sv args; /* argv with NULs, argv[0] first */
    struct sv env;
    uint64_t ino, ctime_wall_ns, mtime_wall_ns;
    uint64_t process_start_ns; /* of the one that began it; 0: not known */
    uint32_t dev;
    bool args_cut, env_cut;
    bool from_memfd, upper_layer, lower_layer, deleted, writable;
};

struct change {
    enum change_kind kind;
    uint64_t time_ns;
    struct change_task task; /* EXIT, CWD, GROUP: pid and start_ns, and what is named there */
    struct change_program program;
    uint64_t cgroup_id;
    bool cgroup_is_v1;
    enum change_cgroup cgroup_what;
    struct sv cgroup_path;
};
