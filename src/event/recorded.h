/* event/recorded.h - the machine as it was when a recording began: what a capture file holds before
 * its events.
 *
 * capture/ reads it, enrich/history.h starts from it. Views are valid until the reader is asked for
 * more. An id of -1 is not known. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"
#include "event/event.h"

#define RECORDED_HOSTNAME_MAX 128

struct recorded_machine {
    uint32_t cpus;
    uint64_t memory_bytes, boot_wall_ns;
    struct sv hostname;
};

struct recorded_interface {
    struct sv name;
    struct value_ip address, mask;
};

/* A thread; a process is the one whose tid is its pid. */
struct recorded_thread {
    int64_t tid, pid, ptid, vtid, vpid, sid, pgid, vpgid;
    struct sv comm, exe, exe_path, cwd, root;
    struct sv args, env, cgroups; /* parts ended by NUL, the last one maybe not; args without exe */
    int64_t fd_limit;
    uint32_t flags; /* as of event_flag_clone */
    uint32_t uid, gid, login_uid, tty;
    uint32_t vm_size_kib, vm_rss_kib, vm_swap_kib;
    uint64_t faults_major, faults_minor;
    uint64_t cap_inheritable, cap_permitted, cap_effective;
    uint64_t exe_ino, exe_ctime_wall_ns, exe_mtime_wall_ns;
    uint64_t pidns_start_wall_ns;
    bool exe_writable, exe_upper_layer, exe_lower_layer, exe_from_memfd;
};

/* A descriptor of the process `pid`. */
struct recorded_descriptor {
    int64_t pid, num;
    uint64_t ino;
    char type;      /* as event_fd.type */
    bool listening; /* type 4 or 6: bound to `from`, without another end */
    uint8_t l4_protocol;
    uint32_t flags; /* as of event_flag_open */
    uint32_t dev;   /* as fd.dev shows it */
    struct value_ip from, to;
    uint16_t from_port, to_port;
    uint64_t socket, peer; /* type u: addresses in the kernel */
    struct sv name;        /* empty for addresses */
};

struct recorded_user {
    bool is_group;
    uint32_t uid, gid;
    struct sv name, home, shell;
};

/* Parameters as they lie in a recording, in the order of event_type_info()->param; those that it
 * does not have have no pointer. */
struct recorded_args {
    struct sv at[EVENT_ARGS_MAX];
};
