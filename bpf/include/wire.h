/* bpf/include/wire.h - the records that travel from the kernel side through the ring.
 *
 * Included by the BPF programs and by user space. Every record starts with struct wire_header; its
 * `size` covers the whole record. Variable text follows the fixed part in the order of the *_len
 * members, without NULs and without padding between. User space checks kind, size and every length
 * before it believes a record. Times are CLOCK_BOOTTIME nanoseconds. Bump WIRE_VERSION on change.
 */
#pragma once

#include "bpf/include/calls.h"

#define WIRE_VERSION 2

#define WIRE_PATH_MAX 4096 /* bytes of one path */
#define WIRE_ARGS_MAX 8192 /* bytes of a command line; longer ones are cut and marked */
#define WIRE_ENV_MAX 4096  /* bytes of an environment; longer ones are cut and marked */
#define WIRE_COMM_MAX 16   /* TASK_COMM_LEN */
#define WIRE_UNIX_PATH_MAX 108
#define WIRE_DATA_MAX 80      /* bytes of what is read and written; longer ones are cut */
#define WIRE_STRUCT_MAX 128   /* bytes of a structure in user memory */
#define WIRE_RECORD_MAX 32768 /* bytes of the largest record */

enum wire_kind {
    WIRE_FORK = 1, /* a process was made (not a thread): struct wire_task_record, no text */
    WIRE_EXEC,     /* a program was started: struct wire_exec */
    WIRE_EXIT,     /* the last thread of a process ended: struct wire_exit */
    WIRE_CGROUP,   /* a cgroup not seen before, which precedes the first record that names it; or
                    * one that was made or removed: struct wire_cgroup */
    WIRE_OPEN,     /* open, openat, openat2, creat: struct wire_open */
    WIRE_CALL,     /* every other call, and execs that failed: struct wire_call_record */
    WIRE_TASK,     /* a process that was there at start: struct wire_task_record, no text */
    WIRE_KIND_COUNT,
};

enum wire_wanted { /* what makes a call a record */
                   WIRE_UNWANTED,
                   WIRE_WANTED,     /* always */
                   WIRE_FOR_CHANGE, /* when it changes what user space keeps of a process */
};

enum wire_entry { /* ways into the kernel, as bits */
                  WIRE_NATIVE = 1 << 0,
                  WIRE_32_BIT = 1 << 1,
};

/* Programs that build records of calls: places in the map of handlers. */
enum wire_program {
    WIRE_PROGRAM_OPEN, /* what opens a file by its path */
    WIRE_PROGRAM_PATH, /* what names files */
    WIRE_PROGRAM_CALL, /* what has no path of its own: descriptors, numbers, strings, structures */
    WIRE_PROGRAM_DATA, /* what moves data, and what names sockets */
    WIRE_PROGRAM_COUNT,
};

enum wire_flag {
    WIRE_COMPAT = 1u << 0,      /* made through the 32-bit entry */
    WIRE_ARGS_CUT = 1u << 1,    /* command line longer than WIRE_ARGS_MAX */
    WIRE_ENV_CUT = 1u << 2,     /* environment longer than WIRE_ENV_MAX */
    WIRE_PATH_CUT = 1u << 3,    /* a resolved path had more parts, or bytes, than the walk takes: it
                                 * keeps its end and begins without '/' */
    WIRE_EXE_MEMFD = 1u << 4,   /* the program's file lives in a memfd */
    WIRE_EXE_UPPER = 1u << 5,   /* ... in the upper layer of an overlay */
    WIRE_EXE_LOWER = 1u << 6,   /* ... in a lower layer of an overlay */
    WIRE_EXE_DELETED = 1u << 7, /* ... has no name any more */
    WIRE_EXE_WRITABLE = 1u << 8, /* ... may be written by the process's user */
    WIRE_FILE_UPPER = 1u << 9,   /* an opened file, likewise */
    WIRE_FILE_LOWER = 1u << 10,
    WIRE_FILE_CREATED = 1u << 11, /* FMODE_CREATED: this open made the file */
    WIRE_THREAD = 1u << 12,       /* exec from, or exit of, a thread other than the leader */
    WIRE_TEXT_MISSING = 1u << 13, /* a user string could not be read */
    WIRE_FILTERED = 1u << 31,     /* the kernel filter would have dropped it: kernel_ring_options */
    WIRE_URING = 1u << 24, /* asked for through io_uring: tid is the thread that submitted it */
    WIRE_NAME_UNSURE = 1u << 25, /* a name, or its directory, changed while the call lasted: what
                                  * was used may be another than what is reported */
};

struct wire_header {
    __u64 time_ns;
    __u32 size; /* bytes of the whole record, a multiple of 8 */
    __u16 kind; /* enum wire_kind */
    __u16 cpu;
    __u32 pid; /* tgid in the initial pid namespace */
    __u32 tid;
    __u64 start_ns; /* boot time at which this pid's process was made: tells reused pids apart */
    __u32 flags;    /* enum wire_flag */
    __u32 stamp;    /* filter_stamp() of the process, see bpf/include/filter.h; 0: none */
};
_Static_assert(sizeof(struct wire_header) == 40, "wire layout");

struct wire_creds {
    __u32 uid, gid, euid, egid;
    __u32 suid, sgid, fsuid, fsgid;
    __u32 login_uid; /* 0xffffffff: not set */
    __u32 session_id;
    __u64 cap_inheritable, cap_permitted, cap_effective;
};

/* What one process is. Ids are of the initial pid namespace unless they begin with v. */
struct wire_task {
    struct wire_creds creds;
    __u64 start_ns;
    __u64 parent_start_ns;
    __u64 cgroup_v2; /* id of its cgroup in the unified hierarchy */
    __u64 cgroup_v1; /* id in the memory hierarchy of version 1 (pids where there is none), or 0 */
    __u32 pid, ppid, vpid, vppid;
    __u32 pgid, sid, vpgid, vsid;
    __u32 tty; /* as in /proc/PID/stat: 0 when there is none */
    __u32 pidns_inum, mntns_inum, threads;
    __u64 pidns_start_ns; /* start of the pid namespace's init */
    char comm[WIRE_COMM_MAX];
};
_Static_assert(sizeof(struct wire_task) == 64 + 32 + 32 + 16 + 8 + 16, "wire layout");

struct wire_task_record {
    struct wire_header hdr; /* FORK: of the child; the parent is task.ppid */
    struct wire_task task;
};

struct wire_exec {
    struct wire_header hdr;
    struct wire_task task;
    __u64 exe_ino, exe_ctime_ns, exe_mtime_ns; /* wall times */
    __u32 exe_dev;
    __u16 call;         /* WIRE_CALL_EXECVE or WIRE_CALL_EXECVEAT */
    __u16 path_len;     /* the program's file, as seen from the process's root */
    __u16 filename_len; /* the path as given to exec */
    __u16 cwd_len;
    __u16 args_len; /* arguments with their NULs, argv[0] first */
    __u16 env_len;  /* variables with their NULs; 0 unless asked for */
    char data[];
};
_Static_assert(sizeof(struct wire_exec) == 40 + 168 + 24 + 16, "wire layout");

struct wire_exit {
    struct wire_header hdr;
    __s32 exit_code; /* as wait(2) gives it */
    __u32 reaper_pid;
};

enum wire_hierarchy {
    WIRE_CGROUP_V2,
    WIRE_CGROUP_V1,
};

enum wire_cgroup_what {
    WIRE_CGROUP_SEEN, /* a task was found in it */
    WIRE_CGROUP_MADE, /* just now, and empty */
    WIRE_CGROUP_GONE, /* removed */
};

struct wire_cgroup {
    struct wire_header hdr;
    __u64 id;
    __u16 hierarchy; /* enum wire_hierarchy */
    __u16 path_len;  /* from the hierarchy's root, '/' first */
    __u16 what;      /* enum wire_cgroup_what */
    __u16 pad;
    char data[];
};

struct wire_open {
    struct wire_header hdr;
    __s64 result; /* descriptor or negative errno */
    __u64 ino;
    __u32 dev;       /* kernel's dev_t: major << 20 | minor */
    __u32 flags;     /* as given */
    __u32 mode;      /* as given */
    __u16 file_mode; /* st_mode of the file, 0 when not opened */
    __u16 resolve;   /* as given to openat2 */
    __s32 dirfd;
    __u16 call;
    __u16 path_len;   /* the opened file as seen from the process's root; 0 when not opened, or
                       * when another thread closed the descriptor at once */
    __u16 raw_len;    /* the argument as given, read after the call: may have been rewritten */
    __u16 base_len;   /* directory that a relative argument starts from; only when not opened */
    __u32 file_flags; /* f_flags of the file, 0 when not opened */
    char data[];
};
_Static_assert(__builtin_offsetof(struct wire_open, data) == 40 + 8 + 8 + 32, "wire layout");

enum wire_socket_state { /* bits */
                         WIRE_SOCKET_LISTENS = 1 << 0,
                         WIRE_SOCKET_CONNECTED = 1 << 1, /* the socket has another end of its own */
                         WIRE_SOCKET_CHANGED = 1 << 2,   /* the other end is not that of the packet
                                                          * before */
};

/* The socket behind a descriptor, as the kernel has it; what it does not know of the other end is
 * taken from the address that the call was given. */
struct wire_socket {
    __u16 family;                  /* AF_INET, AF_INET6, AF_UNIX ... */
    __u16 type;                    /* SOCK_STREAM ... */
    __u16 protocol;                /* IPPROTO_TCP ... */
    __u16 state;                   /* enum wire_socket_state */
    __u16 local_port, remote_port; /* host order */
    __u32 queue, queue_max;        /* accept: connections that wait, on the listening socket */
    __u8 local[16], remote[16];    /* network order; IPv4 in the first four bytes */
    __u32 pad;
};
_Static_assert(sizeof(struct wire_socket) == 56, "wire layout");

/* The descriptor that a call is about, when the call has ended. */
struct wire_fd {
    __s32 num;  /* AT_FDCWD where a directory may be that, negative errno of a failed call */
    __u16 mode; /* st_mode, 0 when there is no such file now */
    __u16 has;  /* 0: the call is about none, and num says nothing */
    __u64 ino;
    __u32 dev;   /* kernel's dev_t: major << 20 | minor */
    __u32 flags; /* f_flags */
};

/* What follows the fixed part of a call, each with its length, 0 where the call has none. */
enum wire_part {
    WIRE_PART_SOCKET,   /* struct wire_socket */
    WIRE_PART_TASK,     /* struct wire_task: the caller, changed by this call */
    WIRE_PART_NAME,     /* the path given */
    WIRE_PART_NEW_NAME, /* the second path given */
    WIRE_PART_BASE,     /* directory that a relative name starts from */
    WIRE_PART_NEW_BASE,
    WIRE_PART_FD,     /* path of the descriptor's file; not for sockets */
    WIRE_PART_CWD,    /* working directory, changed by this call */
    WIRE_PART_STRING, /* a string that is no path, or the target of a symbolic link */
    WIRE_PART_UNIX,   /* name of a UNIX socket: the other end's, else this one's; an abstract name
                       * begins with a NUL */
    WIRE_PART_DATA,   /* the start of what was read or written */
    WIRE_PART_STRUCT, /* a structure in user memory, as it is after the call */
    WIRE_PART_STRUCT2,
    WIRE_PART_COUNT,
};

struct wire_call_record {
    struct wire_header hdr;
    __s64 result;
    __u64 arg[6]; /* as given; clone3: arg[0] is struct clone_args' flags; calls with vectors and
                   * messages: arg[2] is how many bytes they hold in all */
    struct wire_fd fd;
    __u16 call;
    __u16 parts; /* bit (1 << enum wire_part): given, if only as an empty text */
    __u16 len[WIRE_PART_COUNT];
    __u16 pad;
    char data[];
};
_Static_assert(__builtin_offsetof(struct wire_call_record, data) == 40 + 8 + 48 + 24 + 32,
               "wire layout");
_Static_assert(sizeof(struct wire_call_record) == 152, "wire layout");

/* Per-CPU counters, one entry a kind: what was submitted and what found the ring full. lost[0]:
 * calls that no program took. */
struct wire_counts {
    __u64 sent[WIRE_KIND_COUNT];
    __u64 lost[WIRE_KIND_COUNT];
    __u64 filtered[WIRE_CALL_COUNT];  /* dropped, as no rule can match them */
    __u64 lost_call[WIRE_CALL_COUNT]; /* of the kinds OPEN and CALL: which call it was */
};
