/* event/event_type.h - the table of event types: name, category, parameters.
 *
 * Names and parameters are those that Falco lists, so that evt.type, evt.arg.* and evt.args mean
 * the same. Every name a rule may use is here; `captured` says whether our sensor makes it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"
#include "event/value.h"

struct arena;
struct buf;
struct event;

#define EVENT_TYPE_MAX 512 /* for sets of types */

/* Types that code names; the others are only rows. The table keeps these first, in this order. */
enum event_type {
    EVENT_NONE,
    EVENT_OPEN,
    EVENT_OPENAT,
    EVENT_OPENAT2,
    EVENT_CREAT,
    EVENT_CONNECT,
    EVENT_UNLINK,
    EVENT_UNLINKAT,
    EVENT_RENAME,
    EVENT_RENAMEAT,
    EVENT_RENAMEAT2,
    EVENT_CHMOD,
    EVENT_FCHMOD,
    EVENT_FCHMODAT,
    EVENT_FCHMODAT2,
    EVENT_CLONE,
    EVENT_CLONE3,
    EVENT_FORK,
    EVENT_VFORK,
    EVENT_EXECVE,
    EVENT_EXECVEAT,
    EVENT_PROCEXIT,
    EVENT_PLUGIN, /* "pluginevent": every event of a source other than syscall */
    EVENT_OPEN_BY_HANDLE_AT,
    EVENT_RMDIR,
    EVENT_LINK,
    EVENT_LINKAT,
    EVENT_SYMLINK,
    EVENT_SYMLINKAT,
    EVENT_MKDIR,
    EVENT_MKDIRAT,
    EVENT_MKNOD,
    EVENT_MKNODAT,
    EVENT_CHOWN,
    EVENT_LCHOWN,
    EVENT_FCHOWN,
    EVENT_FCHOWNAT,
    EVENT_TRUNCATE,
    EVENT_FTRUNCATE,
    EVENT_PRCTL,
    EVENT_SETSID,
    EVENT_SETPGID,
    EVENT_SETRLIMIT,
    EVENT_PRLIMIT,
    EVENT_CHDIR,
    EVENT_FCHDIR,
    EVENT_CHROOT,
    EVENT_CLOSE,
    EVENT_CLOSE_RANGE,
    EVENT_DUP,
    EVENT_DUP2,
    EVENT_DUP3,
    EVENT_PIPE,
    EVENT_PIPE2,
    EVENT_FCNTL,
    EVENT_IOCTL,
    EVENT_FLOCK,
    EVENT_SPLICE,
    EVENT_SENDFILE,
    EVENT_COPY_FILE_RANGE,
    EVENT_MEMFD_CREATE,
    EVENT_USERFAULTFD,
    EVENT_INOTIFY_INIT,
    EVENT_INOTIFY_INIT1,
    EVENT_INOTIFY_ADD_WATCH,
    EVENT_FANOTIFY_INIT,
    EVENT_FANOTIFY_MARK,
    EVENT_PIDFD_OPEN,
    EVENT_PIDFD_GETFD,
    EVENT_READ,
    EVENT_WRITE,
    EVENT_PREAD,
    EVENT_PWRITE,
    EVENT_READV,
    EVENT_WRITEV,
    EVENT_PREADV,
    EVENT_PWRITEV,
    EVENT_MOUNT,
    EVENT_UMOUNT,
    EVENT_UMOUNT2,
    EVENT_PIVOT_ROOT,
    EVENT_MOVE_MOUNT,
    EVENT_OPEN_TREE,
    EVENT_FSOPEN,
    EVENT_FSMOUNT,
    EVENT_QUOTACTL,
    EVENT_SOCKET,
    EVENT_SOCKETPAIR,
    EVENT_BIND,
    EVENT_LISTEN,
    EVENT_ACCEPT,
    EVENT_ACCEPT4,
    EVENT_SEND,
    EVENT_SENDTO,
    EVENT_SENDMSG,
    EVENT_SENDMMSG,
    EVENT_RECV,
    EVENT_RECVFROM,
    EVENT_RECVMSG,
    EVENT_RECVMMSG,
    EVENT_SHUTDOWN,
    EVENT_SETSOCKOPT,
    EVENT_GETSOCKOPT,
    EVENT_SETUID,
    EVENT_SETGID,
    EVENT_SETREUID,
    EVENT_SETREGID,
    EVENT_SETRESUID,
    EVENT_SETRESGID,
    EVENT_SETFSUID,
    EVENT_SETFSGID,
    EVENT_SETGROUPS,
    EVENT_SETNS,
    EVENT_UNSHARE,
    EVENT_CAPSET,
    EVENT_PTRACE,
    EVENT_PROCESS_VM_READV,
    EVENT_PROCESS_VM_WRITEV,
    EVENT_SECCOMP,
    EVENT_KEYCTL,
    EVENT_BPF,
    EVENT_INIT_MODULE,
    EVENT_FINIT_MODULE,
    EVENT_DELETE_MODULE,
    EVENT_KEXEC_LOAD,
    EVENT_KEXEC_FILE_LOAD,
    EVENT_PERF_EVENT_OPEN,
    EVENT_IO_URING_SETUP,
    EVENT_IO_URING_ENTER,
    EVENT_IO_URING_REGISTER,
    EVENT_REBOOT,
    EVENT_SWAPON,
    EVENT_SWAPOFF,
    EVENT_KILL,
    EVENT_TKILL,
    EVENT_TGKILL,
    EVENT_PIDFD_SEND_SIGNAL,
    EVENT_RT_SIGQUEUEINFO,
    EVENT_RT_TGSIGQUEUEINFO,
    EVENT_TYPE_NAMED,
};

enum event_form { /* how a parameter is written */
                  FORM_TEXT,
                  FORM_PATH,
                  FORM_BYTES,  /* parts ended by NUL, or data */
                  FORM_SOCKET, /* an address or a pair of them */
                  FORM_DECIMAL,
                  FORM_HEX,
                  FORM_OCTAL,
                  FORM_FD,
                  FORM_ERRNO,
                  FORM_PID,
                  FORM_UID,
                  FORM_GID,
                  FORM_SIGNAL,
                  FORM_SIGNALS, /* a set of them */
                  FORM_FDS,     /* what a poll waits for */
                  FORM_FLAGS,   /* names of the bits that are set */
                  FORM_ENUM,    /* the names of the value */
                  FORM_MODE,    /* file mode: octal, then as FORM_FLAGS */
                  FORM_TIME,
                  FORM_DURATION,
};

struct event_param {
    const char *name;
    const char *type;              /* Falco's name: "FD", "FSRELPATH", "FLAGS32" ... */
    enum value_type value;         /* how event.arg[] holds it */
    const struct event_flag *flag; /* names of bits or values, ended by a NULL name; or NULL */
    enum event_form form;
};

struct event_flag {
    const char *name;
    uint64_t value;
};

enum event_io { /* what the event does with its descriptor */
                EVENT_IO_NONE,
                EVENT_IO_READ,
                EVENT_IO_WRITE,
                EVENT_IO_OTHER, /* neither, but its category is that of the descriptor */
};

struct event_type_info {
    const char *name;
    const char *category; /* evt.category: "file", "net", "process", "other" ...; "unknown" where
                           * the descriptor decides (io is not EVENT_IO_NONE) */
    const struct event_param *param;
    uint32_t param_count;
    enum event_io io;
    bool captured;
};

uint32_t event_type_count(void);
const struct event_type_info *event_type_info(enum event_type type);
/* The type of that name, EVENT_NONE when there is none. */
enum event_type event_type_from(struct sv name);

/* Index of a parameter by name, -1 when the type has none. */
int event_param_index(enum event_type type, struct sv name);
/* The parameter of that name in the first type that has one, or NULL: is it a name at all? */
const struct event_param *event_param_find(struct sv name);
/* Append parameter `index` as evt.args writes it: "3(<f>/etc/passwd)", "577(O_TRUNC|O_WRONLY)". */
void event_param_print(struct buf *out, const struct event *event, uint32_t index);
/* Append it as evt.arg[...] gives it: the words where there are some, "O_TRUNC|O_WRONLY" or
 * "<f>/etc/passwd", the number otherwise. false, and nothing appended, when it is absent. */
bool event_param_text(struct buf *out, const struct event *event, uint32_t index);
/* The same as a view, of a path; false for other parameters, whose text has to be made. */
bool event_param_path(const struct event *event, uint32_t index, struct sv *out);
/* Append the name of a positive errno, "ENOENT"; the number when it has none. */
void event_errno_print(struct buf *out, uint64_t number);

/* open, openat, openat2, creat, open_by_handle_at */
static inline bool event_opens(enum event_type type)
{
    return (type >= EVENT_OPEN && type <= EVENT_CREAT) || type == EVENT_OPEN_BY_HANDLE_AT;
}

/* A set of event types. */
struct event_set {
    uint64_t bit[EVENT_TYPE_MAX / 64];
};
static inline void event_set_add(struct event_set *set, enum event_type type)
{
    set->bit[type / 64] |= 1ULL << (type % 64);
}
static inline bool event_set_has(const struct event_set *set, enum event_type type)
{
    return (set->bit[type / 64] >> (type % 64)) & 1;
}
