/* event/event_flags.h - names of flag bits and of enumerated values in event parameters.
 *
 * Each table ends with a NULL name. Order is that in which set bits are written; an entry of
 * several bits stands before the entries of its parts. The values are those of Falco's event
 * schema, which are not always the kernel's: open, creat, clone and execve flags have numbers of
 * their own. */
#pragma once

#include "event/event_type.h"

/* Bits of event_flag_open, event_flag_creat and event_flag_execve that decoders set. */
enum event_open_bit {
    EVENT_O_RDONLY = 1 << 0,
    EVENT_O_WRONLY = 1 << 1,
    EVENT_O_RDWR = EVENT_O_RDONLY | EVENT_O_WRONLY,
    EVENT_O_CREAT = 1 << 2,
    EVENT_O_APPEND = 1 << 3,
    EVENT_O_DSYNC = 1 << 4,
    EVENT_O_EXCL = 1 << 5,
    EVENT_O_NONBLOCK = 1 << 6,
    EVENT_O_SYNC = 1 << 7,
    EVENT_O_TRUNC = 1 << 8,
    EVENT_O_DIRECT = 1 << 9,
    EVENT_O_DIRECTORY = 1 << 10,
    EVENT_O_LARGEFILE = 1 << 11,
    EVENT_O_CLOEXEC = 1 << 12,
    EVENT_O_TMPFILE = 1 << 13,
    EVENT_O_CREATED = 1 << 14, /* this call made the file */
    EVENT_O_UPPER_LAYER = 1 << 15,
    EVENT_O_LOWER_LAYER = 1 << 16,
};
enum event_creat_bit {
    EVENT_CREAT_UPPER_LAYER = 1 << 0,
    EVENT_CREAT_LOWER_LAYER = 1 << 1,
};
enum event_exe_bit {
    EVENT_EXE_WRITABLE = 1 << 0,
    EVENT_EXE_UPPER_LAYER = 1 << 1,
    EVENT_EXE_FROM_MEMFD = 1 << 2,
    EVENT_EXE_LOWER_LAYER = 1 << 3,
};

extern const struct event_flag event_flag_socket_families[];
extern const struct event_flag event_flag_open[];
extern const struct event_flag event_flag_creat[];
extern const struct event_flag event_flag_flock[];
extern const struct event_flag event_flag_clone[];
extern const struct event_flag event_flag_futex_operations[];
extern const struct event_flag event_flag_mount[];
extern const struct event_flag event_flag_umount[];
extern const struct event_flag event_flag_lseek_whence[];
extern const struct event_flag event_flag_shutdown_how[];
extern const struct event_flag event_flag_rlimit_resources[];
extern const struct event_flag event_flag_fcntl_commands[];
extern const struct event_flag event_flag_sockopt_levels[];
extern const struct event_flag event_flag_sockopt_options[];
extern const struct event_flag event_flag_ptrace_requests[];
extern const struct event_flag event_flag_prot[];
extern const struct event_flag event_flag_mmap[];
extern const struct event_flag event_flag_splice[];
extern const struct event_flag event_flag_quotactl_dqi[];
extern const struct event_flag event_flag_quotactl_cmds[];
extern const struct event_flag event_flag_quotactl_types[];
extern const struct event_flag event_flag_quotactl_quota_fmts[];
extern const struct event_flag event_flag_semop[];
extern const struct event_flag event_flag_semget[];
extern const struct event_flag event_flag_semctl_commands[];
extern const struct event_flag event_flag_access[];
extern const struct event_flag event_flag_pf[];
extern const struct event_flag event_flag_unlinkat[];
extern const struct event_flag event_flag_linkat[];
extern const struct event_flag event_flag_newfstatat[];
extern const struct event_flag event_flag_chmod_mode[];
extern const struct event_flag event_flag_fchownat[];
extern const struct event_flag event_flag_renameat2[];
extern const struct event_flag event_flag_openat2[];
extern const struct event_flag event_flag_execve[];
extern const struct event_flag event_flag_io_uring_setup[];
extern const struct event_flag event_flag_io_uring_setup_feats[];
extern const struct event_flag event_flag_io_uring_enter[];
extern const struct event_flag event_flag_io_uring_register_opcodes[];
extern const struct event_flag event_flag_mlockall[];
extern const struct event_flag event_flag_mlock2[];
extern const struct event_flag event_flag_fsconfig_cmds[];
extern const struct event_flag event_flag_epoll_create1[];
extern const struct event_flag event_flag_prctl_options[];
extern const struct event_flag event_flag_keyctl_operations[];
extern const struct event_flag event_flag_memfd_create[];
extern const struct event_flag event_flag_pidfd_open[];
extern const struct event_flag event_flag_mknod_mode[];
extern const struct event_flag event_flag_bpf_commands[];
extern const struct event_flag event_flag_delete_module[];
extern const struct event_flag event_flag_close_range[];
extern const struct event_flag event_flag_finit_module[];
