/* app/sandbox.h - giving up what a role does not need. Call on the main thread, before others. */
#pragma once

#include <sys/types.h>

#include "base/attr.h"

struct err;
struct log;

struct sandbox_user {
    uid_t uid;
    gid_t gid;
    const char *name; /* static or the caller's */
};

/* Who the hub becomes: `name`, or nobody where there is no such user. Not root: who we are. */
must_check int sandbox_find_user(const char *name, struct sandbox_user *out, struct err *err);

/* The hub: become `user` (when root), drop every capability, allow writing below `writable_dir`
 * alone, reading there and below `readable_dirs` (ended by NULL; Landlock, where the kernel has it)
 * and only the system calls a hub makes (seccomp). */
must_check int sandbox_hub(const struct sandbox_user *user, const char *writable_dir,
                           const char *const *readable_dirs, const struct log *log,
                           struct err *err);

/* The watcher of pods: become `user` (when root), drop every capability; system calls as the hub's,
 * with the network and threads for libcurl, without whatever changes files. */
must_check int sandbox_kube(const struct sandbox_user *user, struct err *err);

/* The sensor: keep only the capabilities it uses after its programs are loaded (BPF, PERFMON,
 * SYS_PTRACE, DAC_READ_SEARCH), and refuse system calls that it never makes, sockets of the network
 * among them. */
must_check int sandbox_sensor(const struct log *log, struct err *err);
