/* bpf/include/calls.h - the system calls that become records, by the name of the event they make.
 *
 * A new call is a row here, its numbers (bpf/include/syscalls_x86.h), its shape (bpf/lib/shape.h)
 * and its parameters (src/decode/calls.c). Included by both sides. */
#pragma once

#ifndef __bpf__
#include <linux/types.h>
#endif

/* clang-format off */
#define WIRE_CALLS(X) \
    /* the open family */ \
    X(OPEN) X(OPENAT) X(OPENAT2) X(CREAT) X(OPEN_BY_HANDLE_AT) \
    /* names and modes */ \
    X(UNLINK) X(UNLINKAT) X(RMDIR) X(RENAME) X(RENAMEAT) X(RENAMEAT2) X(LINK) X(LINKAT) \
    X(SYMLINK) X(SYMLINKAT) X(MKDIR) X(MKDIRAT) X(MKNOD) X(MKNODAT) X(CHMOD) X(FCHMOD) \
    X(FCHMODAT) X(FCHMODAT2) X(CHOWN) X(LCHOWN) X(FCHOWN) X(FCHOWNAT) X(TRUNCATE) X(FTRUNCATE) \
    /* processes */ \
    X(CLONE) X(CLONE3) X(FORK) X(VFORK) X(EXECVE) X(EXECVEAT) X(PRCTL) X(SETSID) X(SETPGID) \
    X(SETRLIMIT) X(PRLIMIT) X(CHDIR) X(FCHDIR) X(CHROOT) \
    /* descriptors */ \
    X(CLOSE) X(CLOSE_RANGE) X(DUP) X(DUP2) X(DUP3) X(PIPE) X(PIPE2) X(FCNTL) X(IOCTL) X(FLOCK) \
    X(SPLICE) X(SENDFILE) X(COPY_FILE_RANGE) X(MEMFD_CREATE) X(USERFAULTFD) X(INOTIFY_INIT) \
    X(INOTIFY_INIT1) X(INOTIFY_ADD_WATCH) X(FANOTIFY_INIT) X(FANOTIFY_MARK) X(PIDFD_OPEN) \
    X(PIDFD_GETFD) \
    /* data */ \
    X(READ) X(WRITE) X(PREAD) X(PWRITE) X(READV) X(WRITEV) X(PREADV) X(PWRITEV) \
    /* mounts and quotas */ \
    X(MOUNT) X(UMOUNT) X(UMOUNT2) X(PIVOT_ROOT) X(MOVE_MOUNT) X(OPEN_TREE) X(FSOPEN) X(FSMOUNT) \
    X(QUOTACTL) \
    /* sockets */ \
    X(SOCKET) X(SOCKETPAIR) X(BIND) X(LISTEN) X(CONNECT) X(ACCEPT) X(ACCEPT4) X(SEND) X(SENDTO) \
    X(SENDMSG) X(SENDMMSG) X(RECV) X(RECVFROM) X(RECVMSG) X(RECVMMSG) X(SHUTDOWN) X(SETSOCKOPT) \
    X(GETSOCKOPT) \
    /* identity and privilege */ \
    X(SETUID) X(SETGID) X(SETREUID) X(SETREGID) X(SETRESUID) X(SETRESGID) X(SETFSUID) \
    X(SETFSGID) X(SETGROUPS) X(SETNS) X(UNSHARE) X(CAPSET) X(PTRACE) X(PROCESS_VM_READV) \
    X(PROCESS_VM_WRITEV) X(SECCOMP) X(KEYCTL) \
    /* the kernel itself */ \
    X(BPF) X(INIT_MODULE) X(FINIT_MODULE) X(DELETE_MODULE) X(KEXEC_LOAD) X(KEXEC_FILE_LOAD) \
    X(PERF_EVENT_OPEN) X(IO_URING_SETUP) X(IO_URING_ENTER) X(IO_URING_REGISTER) X(REBOOT) \
    X(SWAPON) X(SWAPOFF) \
    /* signals */ \
    X(KILL) X(TKILL) X(TGKILL) X(PIDFD_SEND_SIGNAL) X(RT_SIGQUEUEINFO) X(RT_TGSIGQUEUEINFO)
/* clang-format on */

enum wire_call {
#define WIRE_CALL_ROW(name) WIRE_CALL_##name,
    WIRE_CALLS(WIRE_CALL_ROW)
#undef WIRE_CALL_ROW
        WIRE_CALL_COUNT,
};

/* A set of calls. */
struct wire_calls {
    __u64 bit[(WIRE_CALL_COUNT + 63) / 64];
};

static inline void wire_calls_add(struct wire_calls *set, __u32 call)
{
    set->bit[call / 64] |= 1ull << call % 64;
}

static inline int wire_calls_has(const struct wire_calls *set, __u32 call)
{
    return set->bit[call / 64] >> call % 64 & 1;
}

static inline struct wire_calls wire_calls_all(void)
{
    struct wire_calls all = {{0}};

    for (__u32 call = 0; call < WIRE_CALL_COUNT; call++)
        wire_calls_add(&all, call);
    return all;
}

/* Whether the call changes what user space keeps of a process: its names, ids, credentials,
 * capabilities, namespaces, working directory. */
static inline int wire_call_changes(__u32 call)
{
    switch (call) {
    case WIRE_CALL_PRCTL:
    case WIRE_CALL_SETSID:
    case WIRE_CALL_SETPGID:
    case WIRE_CALL_CHDIR:
    case WIRE_CALL_FCHDIR:
    case WIRE_CALL_CHROOT:
    case WIRE_CALL_PIVOT_ROOT:
    case WIRE_CALL_SETUID:
    case WIRE_CALL_SETGID:
    case WIRE_CALL_SETREUID:
    case WIRE_CALL_SETREGID:
    case WIRE_CALL_SETRESUID:
    case WIRE_CALL_SETRESGID:
    case WIRE_CALL_SETFSUID:
    case WIRE_CALL_SETFSGID:
    case WIRE_CALL_CAPSET:
    case WIRE_CALL_SETNS:
    case WIRE_CALL_UNSHARE:
        return 1;
    default:
        return 0;
    }
}
