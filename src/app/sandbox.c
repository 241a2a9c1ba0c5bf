#include "app/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <pwd.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"

/* ----------------------------------------------------------------------------------------- user */

int sandbox_find_user(const char *name, struct sandbox_user *out, struct err *err)
{
    *out = (struct sandbox_user){.uid = getuid(), .gid = getgid(), .name = "the caller"};
    if (getuid() != 0)
        return 0;
    const struct passwd *found = getpwnam(name);
    if (found == NULL) {
        name = "nobody";
        found = getpwnam(name);
    }
    if (found == NULL)
        return err_set(err, -ENOENT, "there is neither the hub's user nor 'nobody'");
    *out = (struct sandbox_user){.uid = found->pw_uid, .gid = found->pw_gid, .name = name};
    return 0;
}

/* Changing the user clears the signal that a supervisor's death would send: it is set again. */
static int become(const struct sandbox_user *user, struct err *err)
{
    pid_t supervisor = getppid();
    int death_signal = 0;

    if (getuid() != 0)
        return 0;
    (void)prctl(PR_GET_PDEATHSIG, &death_signal);
    if (setgroups(0, NULL) != 0 || setresgid(user->gid, user->gid, user->gid) != 0 ||
        setresuid(user->uid, user->uid, user->uid) != 0)
        return err_set(err, -errno, "become user '%s': %s", user->name, strerror(errno));
    (void)prctl(PR_SET_PDEATHSIG, death_signal);
    if (death_signal != 0 && getppid() != supervisor)
        return err_set(err, -ESRCH, "the supervisor has gone"); /* in between: it cannot tell us */
    return 0;
}

static int keep_capabilities(const unsigned *capability, size_t count, struct err *err)
{
    capng_clear(CAPNG_SELECT_BOTH);
    for (size_t i = 0; i < count; i++)
        (void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET,
                           capability[i]);
    /* A process that may not shrink its bounding set (not root) has nothing there to lose. */
    int rc = capng_apply(getuid() == 0 ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS);
    if (rc < 0)
        return err_set(err, -EPERM, "drop capabilities: libcap-ng says %d", rc);
    return 0;
}

/* ------------------------------------------------------------------------------------- Landlock */

#define LANDLOCK_WRITES                                                                            \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                              \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |   \
     LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK |  \
     LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SOCK)
#define LANDLOCK_READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

static int landlock_allow(int ruleset, const char *dir, uint64_t access, struct err *err)
{
    scoped(fd_close) int fd = open(dir, O_PATH | O_CLOEXEC | O_DIRECTORY);
    struct landlock_path_beneath_attr below = {.allowed_access = access, .parent_fd = fd};

    if (fd < 0 ||
        syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0) != 0)
        return err_set(err, -errno, "Landlock for '%s': %s", dir, strerror(errno));
    return 0;
}

/* Positive: this kernel has no Landlock. */
static int landlock_dirs(const char *writable_dir, const char *const *readable_dirs,
                         struct err *err)
{
    struct landlock_ruleset_attr attr = {.handled_access_fs = LANDLOCK_WRITES | LANDLOCK_READS |
                                                              LANDLOCK_ACCESS_FS_EXECUTE};
    scoped(fd_close) int ruleset =
        (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

    if (ruleset < 0 && (errno == ENOSYS || errno == EOPNOTSUPP))
        return 1;
    if (ruleset < 0)
        return err_set(err, -errno, "Landlock: %s", strerror(errno));
    int rc = landlock_allow(ruleset, writable_dir, LANDLOCK_WRITES | LANDLOCK_READS, err);
    for (; rc == 0 && *readable_dirs != NULL; readable_dirs++)
        rc = landlock_allow(ruleset, *readable_dirs, LANDLOCK_READS, err);
    if (rc == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        rc = err_set(err, -errno, "Landlock: %s", strerror(errno));
    return rc;
}

/* -------------------------------------------------------------------------------------- seccomp */

/* What SQLite, the socket loop, the HTTP listener with its thread, the allocator and the C library
 * use. Anything else fails with EPERM, so that a call nobody thought of is an error in the log and
 * not a dead hub. */
static const int allowed[] = {
    SCMP_SYS(accept4),
    SCMP_SYS(access),
    SCMP_SYS(brk),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clone),
    SCMP_SYS(clone3),
    SCMP_SYS(close),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_pwait), /* the C library's epoll_wait() where the kernel has none (arm64) */
    SCMP_SYS(epoll_wait),
    SCMP_SYS(eventfd2),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(faccessat), /* its access(), there too */
    SCMP_SYS(fallocate),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchown),
    SCMP_SYS(fcntl),
    SCMP_SYS(fdatasync),
    SCMP_SYS(flock),
    SCMP_SYS(fstat),
    SCMP_SYS(fstatfs),
    SCMP_SYS(fsync),
    SCMP_SYS(ftruncate),
    SCMP_SYS(futex),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),
    SCMP_SYS(getegid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getpeername),
    SCMP_SYS(getpid),
    SCMP_SYS(getrandom),
    SCMP_SYS(getsockname),
    SCMP_SYS(getsockopt),
    SCMP_SYS(gettid),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getuid),
    SCMP_SYS(lseek),
    SCMP_SYS(lstat),
    SCMP_SYS(madvise),
    SCMP_SYS(mmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(mremap),
    SCMP_SYS(munmap),
    SCMP_SYS(nanosleep),
    SCMP_SYS(newfstatat),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(pipe2),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(prctl),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(read),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rseq),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sendfile),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(stat),
    SCMP_SYS(statfs),
    SCMP_SYS(statx),
    SCMP_SYS(sysinfo),
    SCMP_SYS(tgkill),
    SCMP_SYS(uname),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(utimensat),
    SCMP_SYS(write),
    SCMP_SYS(writev),
};

/* What libcurl and its resolver need besides: the network, threads. */
static const int allowed_network[] = {
    SCMP_SYS(bind), /* for answers of name servers */
    SCMP_SYS(clone),      SCMP_SYS(clone3),      SCMP_SYS(connect),     SCMP_SYS(eventfd2),
    SCMP_SYS(getdents64), SCMP_SYS(getpeername), SCMP_SYS(getsockname), SCMP_SYS(ioctl),
    SCMP_SYS(pipe2),      SCMP_SYS(prlimit64),   SCMP_SYS(recvmmsg),    SCMP_SYS(recvmsg),
    SCMP_SYS(rseq),       SCMP_SYS(sendmmsg),    SCMP_SYS(sendmsg),     SCMP_SYS(set_robust_list),
    SCMP_SYS(setsockopt), SCMP_SYS(socket),      SCMP_SYS(socketpair),
};

/* What a sensor never does, and whoever took it over would. The sensor's own calls are many (BPF,
 * /proc, the spool, captures), so it is the others that are named; sockets other than AF_UNIX are
 * refused as well. */
static const int denied[] = {
    SCMP_SYS(acct),
    SCMP_SYS(add_key),
    SCMP_SYS(adjtimex),
    SCMP_SYS(chroot),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(clock_settime),
    SCMP_SYS(delete_module),
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(finit_module),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fsopen),
    SCMP_SYS(init_module),
    SCMP_SYS(io_uring_enter), /* makes calls that no filter sees */
    SCMP_SYS(io_uring_register),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(kcmp),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(kexec_load),
    SCMP_SYS(keyctl),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(mount),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(move_mount),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(open_by_handle_at), /* CAP_DAC_READ_SEARCH would open any file of a file system */
    SCMP_SYS(open_tree),
    SCMP_SYS(personality),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(pivot_root),
    SCMP_SYS(process_madvise),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(ptrace), /* CAP_SYS_PTRACE is for /proc */
    SCMP_SYS(quotactl),
    SCMP_SYS(reboot),
    SCMP_SYS(request_key),
    SCMP_SYS(setdomainname),
    SCMP_SYS(setfsgid),
    SCMP_SYS(setfsuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(sethostname),
    SCMP_SYS(setns),
    SCMP_SYS(setregid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setreuid),
    SCMP_SYS(settimeofday),
    SCMP_SYS(setuid),
    SCMP_SYS(swapoff),
    SCMP_SYS(swapon),
    SCMP_SYS(syslog),
    SCMP_SYS(umount2),
    SCMP_SYS(unshare),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(vhangup),
};

static int add_rules(scmp_filter_ctx filter, uint32_t action, const int *call, size_t count)
{
    int rc = filter == NULL ? -ENOMEM : 0;

    for (size_t i = 0; i < count && rc == 0; i++)
        rc = seccomp_rule_add(filter, action, call[i], 0);
    return rc;
}

static int load_filter(scmp_filter_ctx filter, int rc, struct err *err)
{
    if (rc == 0)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    return rc < 0 ? err_set(err, rc, "seccomp: %s", strerror(-rc)) : 0;
}

/* All that is not named fails. */
static int allow_calls(bool network, struct err *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int rc = add_rules(filter, SCMP_ACT_ALLOW, allowed, ARRAY_LEN(allowed));

    if (rc == 0 && network)
        rc = add_rules(filter, SCMP_ACT_ALLOW, allowed_network, ARRAY_LEN(allowed_network));
    return load_filter(filter, rc, err);
}

/* Sockets but those of this machine, and the kernel's list of interfaces, which captures begin
 * with. */
static int deny_network(scmp_filter_ctx filter, uint32_t action)
{
    int rc = 0;

    for (unsigned family = 0; family < AF_NETLINK && rc == 0; family++) {
        if (family != AF_UNIX)
            rc =
                seccomp_rule_add(filter, action, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, family));
    }
    if (rc == 0)
        rc =
            seccomp_rule_add(filter, action, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GT, AF_NETLINK));
    if (rc == 0)
        rc = seccomp_rule_add(filter, action, SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
                              SCMP_A2(SCMP_CMP_NE, NETLINK_ROUTE));
    return rc;
}

/* What is named fails. */
static int deny_calls(struct err *err)
{
    const uint32_t action = SCMP_ACT_ERRNO(EPERM);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int rc = add_rules(filter, action, denied, ARRAY_LEN(denied));

    if (rc == 0)
        rc = deny_network(filter, action);
    return load_filter(filter, rc, err);
}

/* ---------------------------------------------------------------------------------------- roles */

static int drop_to(const struct sandbox_user *user, struct err *err)
{
    int rc = keep_capabilities((const unsigned[]){CAP_SETUID, CAP_SETGID, CAP_SETPCAP},
                               getuid() == 0 ? 3 : 0, err);

    if (rc == 0)
        rc = become(user, err);
    if (rc == 0)
        rc = keep_capabilities(NULL, 0, err);
    return rc;
}

int sandbox_hub(const struct sandbox_user *user, const char *writable_dir,
                const char *const *readable_dirs, const struct log *log, struct err *err)
{
    tzset(); /* reads /etc/localtime while that can be read */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_set(err, -errno, "no_new_privs: %s", strerror(errno));
    int rc = drop_to(user, err);
    if (rc < 0)
        return rc;
    rc = landlock_dirs(writable_dir, readable_dirs, err);
    if (rc > 0)
        log_warn(log,
                 "this kernel has no Landlock: the hub's file access is bounded by its user alone");
    return rc < 0 ? rc : allow_calls(false, err);
}

int sandbox_kube(const struct sandbox_user *user, struct err *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_set(err, -errno, "no_new_privs: %s", strerror(errno));
    int rc = drop_to(user, err);
    return rc < 0 ? rc : allow_calls(true, err);
}

/* What the sensor may keep of `wanted`: CAP_SYS_ADMIN stands for the two that came out of it. */
static int find_held(unsigned wanted, unsigned *out, struct err *err)
{
    bool of_admin = wanted == CAP_BPF || wanted == CAP_PERFMON;

    if (capng_have_capability(CAPNG_PERMITTED, wanted) != 0)
        *out = wanted;
    else if (of_admin && capng_have_capability(CAPNG_PERMITTED, CAP_SYS_ADMIN) != 0)
        *out = CAP_SYS_ADMIN;
    else
        return err_set(err, -EPERM,
                       "the sensor lacks the capability '%s'; run it as root, or grant "
                       "bpf, perfmon, sys_ptrace and dac_read_search",
                       capng_capability_to_name(wanted));
    return 0;
}

int sandbox_sensor(const struct log *log, struct err *err)
{
    static const unsigned wanted[] = {
        CAP_BPF,             /* maps and iterators of our own programs */
        CAP_PERFMON,         /* the task iterator reads kernel memory */
        CAP_SYS_PTRACE,      /* /proc of other users' processes */
        CAP_DAC_READ_SEARCH, /* bundles of containers */
    };
    unsigned kept[ARRAY_LEN(wanted)];

    (void)capng_get_caps_process();
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        int rc = find_held(wanted[i], &kept[i], err);
        if (rc < 0)
            return rc;
    }
    log_debug(log, "capabilities dropped to BPF, PERFMON, SYS_PTRACE, DAC_READ_SEARCH");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_set(err, -errno, "no_new_privs: %s", strerror(errno));
    int rc = keep_capabilities(kept, ARRAY_LEN(kept), err);
    return rc < 0 ? rc : deny_calls(err);
}
