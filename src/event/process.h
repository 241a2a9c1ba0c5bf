/* event/process.h - what an event knows of processes, containers and users.
 *
 * These entities are owned by enrich/, which makes, changes and frees them on the thread that
 * handles events; everybody else reads them while handling an event and keeps no pointer. Text is
 * UTF-8 only by luck: it is whatever the process chose. Times are boot-clock nanoseconds unless the
 * name says wall. An empty view or a NULL pointer means not known. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"

#define PROCESS_NO_UID UINT32_MAX
#define PROCESS_NO_PID UINT32_MAX /* of a recorded thread of which only the tid is known */
#define PROCESS_ANCESTORS_MAX 64  /* levels followed upward */

struct user {
    uint32_t uid;
    struct sv name, home, shell;
};

struct group {
    uint32_t gid;
    struct sv name;
};

struct container_mount {
    struct sv source, destination, mode, propagation;
    bool writable;
};

struct label {
    struct sv key, value;
};

/* A pod, as a runtime tells (names, labels, address) or the cluster (everything). */
struct pod {
    struct sv name, uid, namespace_name, ip, service_account;
    struct sv owner_kind, owner_name, owner_uid;          /* what made it: ReplicaSet, Job ... */
    struct sv workload_kind, workload_name, workload_uid; /* what made that: Deployment, CronJob;
                                                           * else the owner, or the pod itself */
    const struct label *label, *annotation;
    uint32_t label_count, annotation_count;
};

/* What a runtime runs inside from time to time. */
enum container_probe {
    PROBE_NONE,
    PROBE_HEALTH, /* Docker's health check */
    PROBE_LIVENESS,
    PROBE_READINESS,
    PROBE_COUNT,
};

struct container {
    struct sv id;      /* first 12 characters */
    struct sv full_id; /* as the cgroup names it */
    struct sv name;
    struct sv runtime; /* container.type: containerd, docker, cri-o, podman, runc ... */
    struct sv image;   /* as the runtime was asked for it */
    struct sv image_repository, image_tag, image_digest, image_id;
    struct sv pod_name, pod_uid, namespace_name, sandbox_id;
    const struct pod *pod; /* NULL: nobody told of it */
    struct sv bundle;      /* directory of config.json, a path of the host */
    struct sv cgroup;      /* path in its hierarchy */
    const struct label *label;
    const struct container_mount *mount;
    struct sv probe[PROBE_COUNT]; /* its command, words ended by NUL; empty: none known */
    uint32_t label_count, mount_count;
    bool privileged, host_pid, host_network, host_ipc;
    bool has_spec;         /* config.json was found: the truth values and lists above are known */
    uint64_t capabilities; /* bounding set asked for, bit n is capability n */
    uint64_t start_ns;     /* first process seen */
};

/* A started program; shared by the processes that fork from it. */
struct program {
    struct sv exe;          /* argv[0] */
    struct sv path;         /* the file, as seen from the process's root */
    struct sv filename;     /* as given to exec */
    struct sv args;         /* argv[1..], each ended by NUL */
    struct sv env;          /* each ended by NUL */
    struct sv args_line;    /* argv[1..] joined by spaces */
    struct sv command_line; /* the name, then args_line: proc.cmdline */
    struct sv exe_line;     /* argv[0], then args_line: proc.exeline */
    uint32_t arg_count;
    uint64_t ino, ctime_wall_ns, mtime_wall_ns;
    uint64_t process_start_ns; /* of the one that began it, not of forks; 0: not known */
    uint32_t dev;
    bool args_cut, env_cut;
    bool from_memfd, upper_layer, lower_layer, deleted, writable;
};

struct creds {
    uint32_t uid, gid, euid, egid, suid, sgid, fsuid, fsgid;
    uint32_t login_uid; /* PROCESS_NO_UID: not set */
    uint32_t session_id;
    uint64_t cap_inheritable, cap_permitted, cap_effective;
};

/* How the line of descent that a process is of came into its container. */
enum process_entered {
    ENTERED_NOT,        /* outside, or not known */
    ENTERED_AT_START,   /* the container's own */
    ENTERED_BY_RUNTIME, /* put into it later: exec of docker, kubectl, runc; probes */
    ENTERED_NAMESPACES, /* joined its namespaces and stayed outside its cgroup: nsenter */
};

struct process {
    /* Names this state of it and of all that can be read through it, container times aside: another
     * one after every change, never one that was used before. 0: not kept. */
    uint64_t version;
    uint32_t pid, ppid; /* ppid: the parent that made it, even after that has gone */
    uint32_t vpid, vppid;
    uint32_t pgid, sid, vpgid, vsid;
    uint32_t tty;
    uint32_t pidns_inum, mntns_inum, threads;
    uint64_t start_ns;       /* with pid: names a process for good */
    uint64_t exec_ns;        /* last exec, 0 before the first one seen */
    uint64_t end_ns;         /* 0 while it runs */
    uint64_t pidns_start_ns; /* start of the namespace's init */
    struct sv name;          /* comm */
    struct sv cwd;
    struct creds creds;
    const struct program *program;     /* never NULL */
    const struct process *parent;      /* NULL at the top or when not known */
    const struct container *container; /* by its cgroup; NULL: on the host */
    const struct container *joined;    /* in whose mount namespace it is instead; mostly NULL */
    enum process_entered entered;
    bool is_entry;                        /* the first of its line that is inside */
    enum container_probe probe;           /* it, or the one through which it came, runs for that */
    const struct user *user, *login_user; /* of euid; of login_uid, which the host gave */
    const struct group *group;            /* of egid */
    const struct process *session_leader, *group_leader; /* NULL when gone or not known */
    struct sv cgroup;
};

/* start, exec, namespaces; empty outside. */
struct sv process_entered_name(enum process_entered entered);
/* The process, or the ancestor, through which it came into its container; NULL: not known. */
const struct process *process_entry_of(const struct process *process);
