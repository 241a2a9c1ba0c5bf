/* Calls as this kernel ends them: each row makes one and says how its event reads.
 *
 * A row's child works in the test's directory, with the descriptors 0 to 2 only, in a network
 * namespace of its own, and makes its call last; '*' in what is expected stands for anything, '@'
 * for the directory. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/capture/watch.h"
#include "tests/unit/test.h"

#define NR_OPEN_TREE 428
#define NR_MOVE_MOUNT 429
#define NR_FSOPEN 430
#define NR_FSMOUNT 432
#define NR_PIDFD_OPEN 434
#define NR_PIDFD_GETFD 438
#define NR_PIDFD_SEND_SIGNAL 424
#define NR_CLOSE_RANGE 436

static struct watch watch;

static const char *const fields[] = {
    "evt.args",     "evt.res",      "fd.name",         "fd.type",
    "fd.is_server", "fs.path.name", "fs.path.source",  "fs.path.target",
    "proc.name",    "proc.cwd",     "user.uid",        "group.gid",
    "proc.sid",     "fd.connected", "fd.name_changed", "thread.cap_effective",
    NULL,
};

static int setup(void **state)
{
    watch_clear(&watch);
    return 0;
}

/* Every descriptor from here on is told by the rows. */
static int prepare(void)
{
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd;

    if (unshare(CLONE_NEWNET) != 0 || chdir(watch.sensor.dir) != 0)
        return -1;
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    (void)ioctl(fd, SIOCSIFFLAGS, &lo);
    return (int)syscall(NR_CLOSE_RANGE, 3, ~0U, 0);
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int listener(void) /* 3, on port 4444 */
{
    struct sockaddr_in address = loopback(4444);
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    return bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 5) == 0 ? fd
                                                                                             : -1;
}

static int client(void) /* 4, from port 40000 */
{
    struct sockaddr_in from = loopback(40000), to = loopback(4444);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)bind(fd, (struct sockaddr *)&from, sizeof(from));
    return connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ? fd : -1;
}

static void connected(void) /* 3 listens, 4 asked, 5 is the answer */
{
    (void)listener();
    (void)client();
    (void)accept(3, NULL, NULL);
}

static void datagrams(void) /* 3 on port 5353, 4 on port 40001 */
{
    struct sockaddr_in server = loopback(5353), from = loopback(40001);

    (void)bind(socket(AF_INET, SOCK_DGRAM, 0), (struct sockaddr *)&server, sizeof(server));
    (void)bind(socket(AF_INET, SOCK_DGRAM, 0), (struct sockaddr *)&from, sizeof(from));
}

static void file3(void)
{
    (void)open("file", O_RDWR);
}

/* clang-format off */

/* Names and modes */

static void do_rmdir(void) { (void)syscall(SYS_rmdir, "none"); }
static void do_link(void) { (void)syscall(SYS_link, "file", "hard"); }
static void do_linkat(void) { (void)syscall(SYS_linkat, AT_FDCWD, "file", AT_FDCWD, "hard2", 0); }
static void do_symlink(void) { (void)syscall(SYS_symlink, "/etc/shadow", "soft"); }
static void do_symlinkat(void) { (void)syscall(SYS_symlinkat, "file", open("sub", O_RDONLY), "soft"); }
static void do_mkdir(void) { (void)syscall(SYS_mkdir, "made", 0711); }
static void do_mkdirat(void) { (void)syscall(SYS_mkdirat, open("sub", O_RDONLY), "made", 0700); }
static void do_mknod(void) { (void)syscall(SYS_mknod, "fifo", S_IFIFO | 0600, 0); }
static void do_mknodat(void) { (void)syscall(SYS_mknodat, AT_FDCWD, "fifo2", S_IFIFO | 0644, 0); }
static void do_chown(void) { (void)syscall(SYS_chown, "file", 0, 0); }
static void do_lchown(void) { (void)syscall(SYS_lchown, "file", -1, 0); }
static void do_fchown(void) { file3(); (void)syscall(SYS_fchown, 3, 0, 0); }
static void do_fchownat(void)
{
    (void)syscall(SYS_fchownat, AT_FDCWD, "none", 1, 2, AT_SYMLINK_NOFOLLOW);
}
static void do_truncate(void) { (void)syscall(SYS_truncate, "file", 6); }
static void do_ftruncate(void) { file3(); (void)syscall(SYS_ftruncate, 3, 6); }
static void do_open_by_handle(void)
{
    union {
        struct file_handle handle;
        char room[sizeof(struct file_handle) + 128];
    } file = {.handle = {.handle_bytes = 128}};
    int mount, here = open(".", O_RDONLY);

    (void)syscall(SYS_name_to_handle_at, AT_FDCWD, "file", &file, &mount, 0);
    (void)syscall(SYS_open_by_handle_at, here, &file, O_RDONLY);
}

/* Processes */

static void do_prctl(void) { (void)syscall(SYS_prctl, PR_SET_NAME, "renamed", 0, 0, 0); }
static void do_prctl_number(void) { (void)syscall(SYS_prctl, PR_CAPBSET_READ, 7, 0, 0, 0); }
static void do_setsid(void) { (void)syscall(SYS_setsid); }
static void do_setpgid(void) { (void)syscall(SYS_setpgid, 0, 0); }
static void do_setrlimit(void)
{
    struct rlimit limit = {64, 128};

    (void)syscall(SYS_setrlimit, RLIMIT_NOFILE, &limit);
}
static void do_prlimit(void)
{
    struct rlimit old, limit = {64, 128};

    (void)syscall(SYS_prlimit64, 0, RLIMIT_CORE, &limit, &old);
}
static void do_chdir(void) { (void)syscall(SYS_chdir, "sub"); }
static void do_fchdir(void) { (void)syscall(SYS_fchdir, open("sub", O_RDONLY)); }
static void do_chroot(void) { (void)syscall(SYS_chroot, "."); }

/* Descriptors */

static void do_close(void) { file3(); (void)syscall(SYS_close, 3); }
static void do_close_range(void) { (void)syscall(NR_CLOSE_RANGE, 7, 9, 4); }
static void do_dup(void) { file3(); (void)syscall(SYS_dup, 3); }
static void do_dup2(void) { (void)socket(AF_INET, SOCK_STREAM, 0); (void)syscall(SYS_dup2, 3, 0); }
static void do_dup2_connected(void) { connected(); (void)syscall(SYS_dup2, 4, 0); }
static void do_dup3(void) { file3(); (void)syscall(SYS_dup3, 3, 9, O_CLOEXEC); }
static void do_pipe(void)
{
    int fd[2];

    (void)syscall(SYS_pipe, fd);
}
static void do_pipe2(void)
{
    int fd[2];

    (void)syscall(SYS_pipe2, fd, O_NONBLOCK);
}
static void do_fcntl(void) { file3(); (void)syscall(SYS_fcntl, 3, F_SETFD, 1); }
static void do_ioctl(void) { file3(); (void)syscall(SYS_ioctl, 3, 0x5401, 8); }
static void do_flock(void) { file3(); (void)syscall(SYS_flock, 3, 6); }
static void do_splice(void)
{
    int fd[2] = {-1, -1};

    file3();
    (void)syscall(SYS_pipe, fd);
    (void)syscall(SYS_splice, 3, NULL, fd[1], NULL, 4, 0);
}
static void do_sendfile(void)
{
    off_t offset = 1;

    file3();
    (void)open("out", O_RDWR | O_CREAT, 0600);
    (void)syscall(SYS_sendfile, 4, 3, &offset, 4);
}
static void do_copy(void)
{
    off_t from = 1, to = 2;

    file3();
    (void)open("out", O_RDWR | O_CREAT, 0600);
    (void)syscall(SYS_copy_file_range, 3, &from, 4, &to, 4, 0);
}
static void do_memfd(void) { (void)syscall(SYS_memfd_create, "payload", 1); }
static void do_userfaultfd(void) { (void)syscall(SYS_userfaultfd, 0x7fff); }
static void do_inotify_init(void) { (void)syscall(SYS_inotify_init); }
static void do_inotify_init1(void) { (void)syscall(SYS_inotify_init1, O_CLOEXEC); }
static void do_inotify_add(void)
{
    (void)syscall(SYS_inotify_add_watch, syscall(SYS_inotify_init), "sub", 2);
}
static void do_fanotify_init(void) { (void)syscall(SYS_fanotify_init, 0, 0); }
static void do_fanotify_mark(void) { (void)syscall(SYS_fanotify_mark, -1, 1, 2, AT_FDCWD, "sub"); }
static void do_pidfd_open(void) { (void)syscall(NR_PIDFD_OPEN, getpid(), 0); }
static void do_pidfd_getfd(void)
{
    (void)syscall(NR_PIDFD_GETFD, syscall(NR_PIDFD_OPEN, getpid(), 0), 0, 0);
}

/* Data */

static void do_read(void)
{
    char bytes[64];

    file3();
    (void)syscall(SYS_read, 3, bytes, 64);
}
static void do_write(void) { file3(); (void)syscall(SYS_write, 3, "hello", 5); }
static void do_write_long(void)
{
    char bytes[200];

    memset(bytes, 'y', sizeof(bytes));
    (void)open("out", O_RDWR | O_CREAT, 0600);
    (void)syscall(SYS_write, 3, bytes, sizeof(bytes));
}
static void do_pread(void)
{
    char bytes[64];

    file3();
    (void)syscall(SYS_pread64, 3, bytes, 64, 1);
}
static void do_pwrite(void) { file3(); (void)syscall(SYS_pwrite64, 3, "J", 1, 0); }
static void do_readv(void)
{
    char one[2], two[64];
    struct iovec vector[] = {{one, 2}, {two, 64}};

    file3();
    (void)syscall(SYS_readv, 3, vector, 2);
}
static void do_writev(void)
{
    struct iovec vector[] = {{(char *)"he", 2}, {(char *)"llo", 3}};

    file3();
    (void)syscall(SYS_writev, 3, vector, 2);
}
static void do_preadv(void)
{
    char one[2], two[64];
    struct iovec vector[] = {{one, 2}, {two, 64}};

    file3();
    (void)syscall(SYS_preadv, 3, vector, 2, 1, 0);
}
static void do_pwritev(void)
{
    struct iovec vector[] = {{(char *)"he", 2}, {(char *)"llo", 3}};

    file3();
    (void)syscall(SYS_pwritev, 3, vector, 2, 0, 0);
}

/* Mounts and quotas */

static void own_mounts(void)
{
    (void)unshare(CLONE_NEWNS);
    (void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}
static void do_mount(void)
{
    own_mounts();
    (void)syscall(SYS_mount, "t", "sub", "tmpfs", MS_NOSUID, NULL);
}
static void do_bind_mount(void)
{
    own_mounts();
    (void)syscall(SYS_mount, "sub", "sub", NULL, MS_BIND, NULL);
}
static void do_umount2(void) { (void)syscall(SYS_umount2, "sub", MNT_DETACH); }
static void do_pivot_root(void) { (void)syscall(SYS_pivot_root, "sub", "sub"); }
static void do_move_mount(void) { (void)syscall(NR_MOVE_MOUNT, AT_FDCWD, "none", AT_FDCWD, "sub", 0); }
static void do_open_tree(void) { (void)syscall(NR_OPEN_TREE, AT_FDCWD, "sub", 0); }
static void do_fsopen(void) { (void)syscall(NR_FSOPEN, "nosuchfs", 0); }
static void do_fsmount(void) { (void)syscall(NR_FSMOUNT, 99, 0, 0); }
static void do_quotactl(void) { (void)syscall(SYS_quotactl, 0x80000200, "none", 2, "quota"); }

/* Sockets */

static void do_socket(void) { (void)syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }
static void do_socket_packet(void) { (void)syscall(SYS_socket, AF_PACKET, SOCK_RAW, 768); }
static void do_socketpair(void)
{
    int fd[2];

    (void)syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fd);
}
static void do_bind(void)
{
    struct sockaddr_in address = loopback(4444);

    (void)syscall(SYS_bind, socket(AF_INET, SOCK_STREAM, 0), &address, sizeof(address));
}
static void do_bind_fails(void)
{
    struct sockaddr_in address = loopback(4444);

    address.sin_addr.s_addr = htonl(0x01020304);
    (void)syscall(SYS_bind, socket(AF_INET, SOCK_STREAM, 0), &address, sizeof(address));
}
static void do_bind_unix(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "sock"};

    (void)syscall(SYS_bind, socket(AF_UNIX, SOCK_STREAM, 0), &address, sizeof(address));
}
static void do_listen(void) { (void)listener(); (void)syscall(SYS_listen, 3, 7); }
static void do_accept(void)
{
    (void)listener();
    (void)client();
    (void)syscall(SYS_accept, 3, NULL, NULL);
}
static void do_accept4(void)
{
    (void)listener();
    (void)client();
    (void)syscall(SYS_accept4, 3, NULL, NULL, SOCK_CLOEXEC);
}
static void do_accept_fails(void)
{
    (void)socket(AF_INET, SOCK_STREAM, 0);
    (void)syscall(SYS_accept4, 3, NULL, NULL, 0);
}
static void do_sendto(void)
{
    struct sockaddr_in address = loopback(5353);

    datagrams();
    (void)syscall(SYS_sendto, 4, "query", 5, 0, &address, sizeof(address));
}
static void do_sendto_again(void)
{
    struct sockaddr_in address = loopback(5353);

    do_sendto();
    (void)syscall(SYS_sendto, 4, "query", 5, 0, &address, sizeof(address));
}
static void do_sendto_connected(void) { connected(); (void)syscall(SYS_sendto, 4, "GET", 3, 0, NULL, 0); }
static void do_sendmsg(void)
{
    struct sockaddr_in address = loopback(5353);
    struct iovec vector[] = {{(char *)"que", 3}, {(char *)"ry", 2}};
    struct msghdr message = {.msg_name = &address,
                             .msg_namelen = sizeof(address),
                             .msg_iov = vector,
                             .msg_iovlen = 2};

    datagrams();
    (void)syscall(SYS_sendmsg, 4, &message, 0);
}
static void do_sendmmsg(void)
{
    struct sockaddr_in address = loopback(5353);
    struct iovec vector[] = {{(char *)"query", 5}};
    struct mmsghdr message = {.msg_hdr = {.msg_name = &address,
                                          .msg_namelen = sizeof(address),
                                          .msg_iov = vector,
                                          .msg_iovlen = 1}};

    datagrams();
    (void)syscall(SYS_sendmmsg, 4, &message, 1, 0);
}
static void do_recvfrom(void)
{
    struct sockaddr_in to = loopback(5353), from;
    socklen_t len = sizeof(from);
    char bytes[64];

    datagrams();
    (void)sendto(4, "query", 5, 0, (struct sockaddr *)&to, sizeof(to));
    (void)syscall(SYS_recvfrom, 3, bytes, 64, 0, &from, &len);
}
static void do_recvfrom_connected(void)
{
    char bytes[64];

    connected();
    (void)send(4, "GET", 3, 0);
    (void)syscall(SYS_recvfrom, 5, bytes, 64, 0, NULL, NULL);
}
static void do_recvfrom_empty(void)
{
    char bytes[64];

    connected();
    (void)syscall(SYS_recvfrom, 5, bytes, 64, MSG_DONTWAIT, NULL, NULL);
}
static void do_recvmsg(void)
{
    struct sockaddr_in to = loopback(5353), from;
    char bytes[64];
    struct iovec vector = {bytes, 64};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof(from),
                             .msg_iov = &vector,
                             .msg_iovlen = 1};

    datagrams();
    (void)sendto(4, "query", 5, 0, (struct sockaddr *)&to, sizeof(to));
    (void)syscall(SYS_recvmsg, 3, &message, 0);
}
static void do_recvmmsg(void)
{
    struct sockaddr_in to = loopback(5353);
    char bytes[64] = "zzzzzzzzzzz";
    struct iovec vector = {bytes, 64};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &vector, .msg_iovlen = 1}};

    datagrams();
    (void)sendto(4, "query", 5, 0, (struct sockaddr *)&to, sizeof(to));
    (void)syscall(SYS_recvmmsg, 3, &message, 1, 0, NULL);
}
static void do_shutdown(void) { connected(); (void)syscall(SYS_shutdown, 4, SHUT_WR); }
static void do_setsockopt(void)
{
    int value = 4096;

    (void)syscall(SYS_setsockopt, socket(AF_INET, SOCK_STREAM, 0), SOL_SOCKET, SO_RCVBUF, &value,
                  sizeof(value));
}
static void do_getsockopt(void)
{
    int value = -1;
    socklen_t len = sizeof(value);

    (void)syscall(SYS_getsockopt, socket(AF_INET, SOCK_STREAM, 0), SOL_SOCKET, SO_ERROR, &value, &len);
}

/* Identity and privilege */

static void do_setuid(void) { (void)syscall(SYS_setuid, 65534); }
static void do_setgid(void) { (void)syscall(SYS_setgid, 65534); }
static void do_setreuid(void) { (void)syscall(SYS_setreuid, -1, 65534); }
static void do_setregid(void) { (void)syscall(SYS_setregid, -1, 65534); }
static void do_setresuid(void) { (void)syscall(SYS_setresuid, 0, 65534, 0); }
static void do_setresgid(void) { (void)syscall(SYS_setresgid, -1, -1, -1); }
static void do_setfsuid(void) { (void)syscall(SYS_setfsuid, 65534); }
static void do_setfsgid(void) { (void)syscall(SYS_setfsgid, 65534); }
static void do_setgroups(void) { (void)syscall(SYS_setgroups, 0, NULL); }
static void do_setns(void)
{
    (void)syscall(SYS_setns, open("/proc/self/ns/uts", O_RDONLY), CLONE_NEWUTS);
}
static void do_unshare(void) { (void)syscall(SYS_unshare, CLONE_NEWUTS); }
static void do_capset(void)
{
    struct {
        uint32_t version;
        int pid;
    } head = {0x20080522, 0};
    uint32_t data[6] = {1 << 10, 1 << 10, 0, 0, 0, 0};

    (void)syscall(SYS_capset, &head, data);
}
static void do_ptrace(void) { (void)syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }
static void do_ptrace_attach(void) { (void)syscall(SYS_ptrace, PTRACE_ATTACH, 1 << 22, 0, 0); }
static void do_vm_readv(void)
{
    char here[4], there[4] = "root";
    struct iovec local = {here, 4}, remote = {there, 4};

    (void)syscall(SYS_process_vm_readv, getpid(), &local, 1UL, &remote, 1UL, 0UL);
}
static void do_vm_writev(void)
{
    char here[4] = "root", there[4];
    struct iovec local = {here, 4}, remote = {there, 4};

    (void)syscall(SYS_process_vm_writev, getpid(), &local, 1UL, &remote, 1UL, 0UL);
}
static void do_seccomp(void) { (void)syscall(SYS_seccomp, 2, 0, NULL); }
static void do_keyctl(void) { (void)syscall(SYS_keyctl, KEYCTL_REVOKE, 12345678, 0, 0, 0); }
static void do_keyctl_join(void) { (void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "tiercel"); }

/* The kernel itself */

static void do_bpf(void)
{
    union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

    (void)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}
static void do_bpf_fails(void) { (void)syscall(SYS_bpf, BPF_PROG_LOAD, NULL, 0); }
/* A kernel without modules does not look at these texts, which must be in memory then. */
static void do_init_module(void)
{
    char image[] = "notamodule", options[] = "arg=1";

    (void)syscall(SYS_init_module, image, 10, options);
}
static void do_finit_module(void)
{
    char options[] = "p=1";

    file3();
    (void)syscall(SYS_finit_module, 3, options, 0);
}
static void do_delete_module(void)
{
    char name[] = "tiercel_none";

    (void)syscall(SYS_delete_module, name, O_NONBLOCK);
}
static void do_kexec_load(void) { (void)syscall(SYS_kexec_load, 0, 1 << 20, NULL, 0xffff); }
static void do_kexec_file(void) { file3(); (void)syscall(SYS_kexec_file_load, 3, -1, 1, "x", 0xffff); }
static void do_perf(void) { (void)syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0); }
static void do_uring_setup(void)
{
    struct io_uring_params params = {0};

    (void)syscall(SYS_io_uring_setup, 8, &params);
}
static void do_uring_enter(void) { file3(); (void)syscall(SYS_io_uring_enter, 3, 1, 2, 1, NULL, 0); }
static void do_uring_register(void) { file3(); (void)syscall(SYS_io_uring_register, 3, 2, 0xabc, 1); }
static void do_reboot(void) { (void)syscall(SYS_reboot, 1, 2, 3, NULL); }
static void do_swapon(void) { (void)syscall(SYS_swapon, "none", 0); }
static void do_swapoff(void) { (void)syscall(SYS_swapoff, "none"); }

/* Signals */

static void do_kill(void) { (void)syscall(SYS_kill, getpid(), 0); }
static void do_kill_nobody(void) { (void)syscall(SYS_kill, 1 << 22, SIGTERM); }
static void do_tkill(void) { (void)syscall(SYS_tkill, 1 << 22, SIGUSR1); }
static void do_tgkill(void) { (void)syscall(SYS_tgkill, 1 << 22, 1 << 22, SIGUSR1); }
static void do_pidfd_signal(void) { (void)syscall(NR_PIDFD_SEND_SIGNAL, 99, SIGTERM, NULL, 0); }
static void do_sigqueue(void) { (void)syscall(SYS_rt_sigqueueinfo, 1 << 22, SIGTERM, NULL); }
static void do_tgsigqueue(void) { (void)syscall(SYS_rt_tgsigqueueinfo, 1 << 22, 1, SIGTERM, NULL); }

/* clang-format on */

struct row {
    const char *row, *type;
    void (*run)(void);
    const char *args; /* evt.args */
    const char *field, *json;
};

#define SHADOW "/etc/shadow"
#define CLIENT "127.0.0.1:40000->127.0.0.1:4444"
#define QUERY "127.0.0.1:40001->127.0.0.1:5353"

/* clang-format off */
static const struct row rows[] = {
    {"rmdir", "rmdir", do_rmdir, "res=-2(ENOENT) path=none(@/none)", "fs.path.name", "null"},
    {"link", "link", do_link, "res=0 oldpath=file(@/file) newpath=hard(@/hard)", "fs.path.target", "\"@/file\""},
    {"linkat", "linkat", do_linkat, "res=0 olddir=-100(AT_FDCWD) oldpath=file(@/file) newdir=-100(AT_FDCWD) newpath=hard2(@/hard2) flags=0", "fs.path.source", "\"@/hard2\""},
    {"symlink", "symlink", do_symlink, "res=0 target=" SHADOW " linkpath=soft(@/soft)", "fs.path.target", "\"" SHADOW "\""},
    {"symlinkat", "symlinkat", do_symlinkat, "res=0 target=file linkdirfd=3(<d>@/sub) linkpath=soft(@/sub/soft)", "fs.path.target", "\"@/sub/file\""},
    {"mkdir", "mkdir", do_mkdir, "res=0 path=made(@/made) mode=1C9", "fs.path.name", "\"@/made\""},
    {"mkdirat", "mkdirat", do_mkdirat, "res=0 dirfd=3(<d>@/sub) path=made(@/sub/made) mode=1C0", "fd.name", "\"@/sub\""},
    {"mknod", "mknod", do_mknod, "res=0 path=fifo(@/fifo) mode=010600(S_IWUSR|S_IRUSR|S_IFIFO) dev=0", NULL, NULL},
    {"mknodat", "mknodat", do_mknodat, "res=0 dirfd=-100(AT_FDCWD) path=fifo2(@/fifo2) mode=010644(*S_IFIFO) dev=0", NULL, NULL},
    {"chown", "chown", do_chown, "res=0 path=file(@/file) uid=0 gid=0", "fs.path.name", "\"@/file\""},
    {"lchown", "lchown", do_lchown, "res=0 path=file(@/file) uid=-1 gid=0", NULL, NULL},
    {"fchown", "fchown", do_fchown, "res=0 fd=3(<f>@/file) uid=0 gid=0", "fs.path.name", "\"@/file\""},
    {"fchownat", "fchownat", do_fchownat, "res=-2(ENOENT) dirfd=-100(AT_FDCWD) pathname=none(@/none) uid=1 gid=2 flags=1024(AT_SYMLINK_NOFOLLOW)", NULL, NULL},
    {"truncate", "truncate", do_truncate, "", "fs.path.name", "\"@/file\""},
    {"ftruncate", "ftruncate", do_ftruncate, "", "fs.path.name", "\"@/file\""},
    {"open_by_handle_at", "open_by_handle_at", do_open_by_handle, "fd=* mountfd=* flags=1(O_RDONLY) path=* dev=* ino=*", NULL, NULL},

    {"prctl", "prctl", do_prctl, "res=0 option=15(PR_SET_NAME) arg2_str=renamed arg2_int=0", "proc.name", "\"renamed\""},
    {"prctl, a number", "prctl", do_prctl_number, "res=1 option=23(PR_CAPBSET_READ) arg2_str=<NA> arg2_int=7", NULL, NULL},
    {"setsid", "setsid", do_setsid, "res=*(*)", NULL, NULL},
    {"setpgid", "setpgid", do_setpgid, "res=0 pid=0 pgid=0", NULL, NULL},
    {"setrlimit", "setrlimit", do_setrlimit, "res=0 cur=64 max=128 resource=7(RLIMIT_NOFILE)", NULL, NULL},
    {"prlimit", "prlimit", do_prlimit, "res=0 newcur=64 newmax=128 oldcur=* oldmax=* pid=0 resource=4(RLIMIT_CORE)", NULL, NULL},
    {"chdir", "chdir", do_chdir, "res=0 path=sub", "proc.cwd", "\"@/sub/\""},
    {"fchdir", "fchdir", do_fchdir, "res=0 fd=3(<d>@/sub)", "proc.cwd", "\"@/sub/\""},
    {"chroot", "chroot", do_chroot, "res=0 path=.*", "proc.cwd", "\"/\""},

    {"close", "close", do_close, "res=0 fd=3", "fd.name", "\"\""},
    {"close_range", "close_range", do_close_range, "res=0 first=7 last=9 flags=4(CLOSE_RANGE_CLOEXEC)", NULL, NULL},
    {"dup", "dup", do_dup, "res=4(<f>@/file) oldfd=3", "fd.name", "\"@/file\""},
    {"dup2 of a socket", "dup2", do_dup2, "res=0(<4t>) oldfd=3 newfd=0(<4t>)", "fd.type", "\"ipv4\""},
    {"dup2 of a connection", "dup2", do_dup2_connected, "res=0(<4t>" CLIENT ") oldfd=4 newfd=0(<4t>" CLIENT ")", "fd.is_server", "false"},
    {"dup3", "dup3", do_dup3, "res=9(<f>@/file) oldfd=3 newfd=9(<f>@/file) flags=4096(O_CLOEXEC)", NULL, NULL},
    {"pipe", "pipe", do_pipe, "res=0 fd1=3 fd2=4(<p>) ino=*", "fd.type", "\"pipe\""},
    {"pipe2", "pipe2", do_pipe2, "res=0 fd1=3 fd2=4(<p>) ino=* flags=64(O_NONBLOCK)", NULL, NULL},
    {"fcntl", "fcntl", do_fcntl, "res=0 fd=3(<f>@/file) cmd=3(F_SETFD) arg=1", NULL, NULL},
    {"ioctl", "ioctl", do_ioctl, "res=-25(ENOTTY) fd=3(<f>@/file) request=5401 argument=8", NULL, NULL},
    {"flock", "flock", do_flock, "res=0 fd=3(<f>@/file) operation=6(LOCK_EX|LOCK_NB)", NULL, NULL},
    {"splice", "splice", do_splice, "res=4 fd_in=3 fd_out=5(<p>) size=4 flags=0", "fd.type", "\"pipe\""},
    {"sendfile", "sendfile", do_sendfile, "res=4 offset=5 out_fd=4(<f>@/out) in_fd=3 size=4", NULL, NULL},
    {"copy_file_range", "copy_file_range", do_copy, "res=4 fdout=4(<f>@/out) offout=6 fdin=3 offin=5 len=4", NULL, NULL},
    {"memfd_create", "memfd_create", do_memfd, "fd=3(<m>payload) name=payload flags=1(MFD_CLOEXEC)", "fd.type", "\"memfd\""},
    {"userfaultfd", "userfaultfd", do_userfaultfd, "res=-*(*) flags=32767*", NULL, NULL},
    {"inotify_init", "inotify_init", do_inotify_init, "res=3(<i>) flags=0", "fd.type", "\"inotify\""},
    {"inotify_init1", "inotify_init1", do_inotify_init1, "res=3(<i>) flags=4096(O_CLOEXEC)", NULL, NULL},
    {"inotify_add_watch", "inotify_add_watch", do_inotify_add, "", "fs.path.name", "\"@/sub\""},
    {"fanotify_init", "fanotify_init", do_fanotify_init, "", NULL, NULL},
    {"fanotify_mark", "fanotify_mark", do_fanotify_mark, "", "evt.res", "\"E*\""},
    {"pidfd_open", "pidfd_open", do_pidfd_open, "fd=3(<P>/proc/*) pid=*(*) flags=0", "fd.type", "\"pidfd\""},
    {"pidfd_getfd", "pidfd_getfd", do_pidfd_getfd, "fd=4(*) pid_fd=3 target_fd=0 flags=0", NULL, NULL},

    {"read", "read", do_read, "res=6 data=hello. fd=3(<f>@/file) size=64", "fd.name", "\"@/file\""},
    {"write", "write", do_write, "res=5 data=hello fd=3(<f>@/file) size=5", NULL, NULL},
    {"write of 200 bytes", "write", do_write_long, "res=200 data=yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy fd=3(<f>@/out) size=200", NULL, NULL},
    {"pread", "pread", do_pread, "res=5 data=ello. fd=3(<f>@/file) size=64 pos=1", NULL, NULL},
    {"pwrite", "pwrite", do_pwrite, "res=1 data=J fd=3(<f>@/file) size=1 pos=0", NULL, NULL},
    {"readv", "readv", do_readv, "res=6 size=6 data=Jello. fd=3(<f>@/file)", NULL, NULL},
    {"writev", "writev", do_writev, "res=5 data=hello fd=3(<f>@/file) size=5", NULL, NULL},
    {"preadv", "preadv", do_preadv, "res=5 size=5 data=ello. fd=3(<f>@/file) pos=1", NULL, NULL},
    {"pwritev", "pwritev", do_pwritev, "res=5 data=hello fd=3(<f>@/file) size=5 pos=0", NULL, NULL},

    {"mount", "mount", do_mount, "res=0 dev=t dir=sub(@/sub) type=tmpfs flags=2(NOSUID)", "fs.path.target", "\"@/sub\""},
    {"mount, bound", "mount", do_bind_mount, "res=0 dev=sub dir=sub(@/sub) type=<NA> flags=4096(BIND)", "fs.path.source", "\"@/sub\""},
    {"umount2", "umount2", do_umount2, "res=-22(EINVAL) name=sub(@/sub) flags=2(DETACH)", NULL, NULL},
    {"pivot_root", "pivot_root", do_pivot_root, "", "evt.res", "\"E*\""},
    {"move_mount", "move_mount", do_move_mount, "", "evt.res", "\"E*\""},
    {"open_tree", "open_tree", do_open_tree, "", "fs.path.name", "\"@/sub\""},
    {"fsopen", "fsopen", do_fsopen, "", "evt.res", "\"ENODEV\""},
    {"fsmount", "fsmount", do_fsmount, "", "evt.res", "\"E*\""},
    {"quotactl", "quotactl", do_quotactl, "res=-*(E*) special=none quotafilepath=quota dqb_bhardlimit=0 * cmd=1(Q_QUOTAON) type=1(USRQUOTA) id=2 quota_fmt=4(QFMT_VFS_V0)", NULL, NULL},

    {"socket", "socket", do_socket, "fd=3(<u>) domain=1(AF_LOCAL|AF_UNIX) type=524289 proto=0 flags=4096(O_CLOEXEC)", "fd.type", "\"unix\""},
    {"socket of packets", "socket", do_socket_packet, "fd=3(<o>) domain=17(AF_PACKET) type=3 proto=768 flags=0(O_NONE)", NULL, NULL},
    {"socketpair", "socketpair", do_socketpair, "res=0 fd1=3 fd2=4(<u>) source=<NA> peer=<NA> domain=1(AF_LOCAL|AF_UNIX) type=1 proto=0", NULL, NULL},
    {"bind", "bind", do_bind, "res=0 addr=127.0.0.1:4444 fd=3(<4t>127.0.0.1:4444)", "fd.is_server", "true"},
    {"bind fails", "bind", do_bind_fails, "res=-99(EADDRNOTAVAIL) addr=1.2.3.4:4444 fd=3(<4t>1.2.3.4:4444)", NULL, NULL},
    {"bind unix", "bind", do_bind_unix, "res=0 addr=sock fd=3(<u>sock)", NULL, NULL},
    {"listen", "listen", do_listen, "res=0 fd=3(<4t>127.0.0.1:4444) backlog=7", "fd.is_server", "true"},
    {"accept", "accept", do_accept, "fd=5(<4t>" CLIENT ") tuple=" CLIENT " queuepct=0 queuelen=0 queuemax=5", "fd.is_server", "true"},
    {"accept4", "accept4", do_accept4, "fd=5(<4t>" CLIENT ") tuple=" CLIENT " queuepct=0 queuelen=0 queuemax=5 flags=1000", "fd.name", "\"" CLIENT "\""},
    {"accept fails", "accept4", do_accept_fails, "fd=-22(EINVAL) tuple=NULL queuepct=0 queuelen=0 queuemax=0 flags=0", NULL, NULL},
    {"sendto", "sendto", do_sendto, "res=5 data=query fd=4(<4u>" QUERY ") size=5 tuple=" QUERY, "fd.name_changed", "true"},
    {"sendto again", "sendto", do_sendto_again, "res=5 data=query fd=4(<4u>" QUERY ") size=5 tuple=" QUERY, "fd.name_changed", "false"},
    {"sendto, who else", "sendto", do_sendto, "res=5 *", "fd.connected", "false"},
    {"sendto, connected", "sendto", do_sendto_connected, "res=3 data=GET fd=4(<4t>" CLIENT ") size=3 tuple=" CLIENT, "fd.connected", "true"},
    {"sendmsg", "sendmsg", do_sendmsg, "res=5 data=query fd=4(<4u>" QUERY ") size=5 tuple=" QUERY, NULL, NULL},
    {"sendmmsg", "sendmmsg", do_sendmmsg, "res=1 fd=4(<4u>" QUERY ") size=5 data=query tuple=" QUERY, NULL, NULL},
    {"recvfrom", "recvfrom", do_recvfrom, "res=5 data=query tuple=" QUERY " fd=3(<4u>" QUERY ") size=64", "fd.is_server", "true"},
    {"recvfrom, connected", "recvfrom", do_recvfrom_connected, "res=3 data=GET tuple=" CLIENT " fd=5(<4t>" CLIENT ") size=64", "fd.is_server", "true"},
    {"recvfrom, nothing there", "recvfrom", do_recvfrom_empty, "res=-11(EAGAIN) data=NULL tuple=NULL fd=5(<4t>" CLIENT ") size=64", NULL, NULL},
    {"recvmsg", "recvmsg", do_recvmsg, "res=5 size=5 data=query tuple=" QUERY " msgcontrol=NULL fd=3(<4u>" QUERY ")", NULL, NULL},
    {"recvmmsg", "recvmmsg", do_recvmmsg, "res=1 fd=3(<4u>127.0.0.1:5353) size=5 data=query tuple=127.0.0.1:5353 msgcontrol=NULL", NULL, NULL},
    {"shutdown", "shutdown", do_shutdown, "res=0 fd=4(<4t>" CLIENT ") how=1(SHUT_WR)", NULL, NULL},
    {"setsockopt", "setsockopt", do_setsockopt, "res=0 fd=3(<4t>) level=1(SOL_SOCKET) optname=8(SO_RCVBUF) val=4096 optlen=4", NULL, NULL},
    {"getsockopt", "getsockopt", do_getsockopt, "res=0 fd=3(<4t>) level=1(SOL_SOCKET) optname=4(SO_ERROR) val=0 optlen=4", NULL, NULL},

    {"setuid", "setuid", do_setuid, "res=0 uid=65534(*)", "user.uid", "65534"},
    {"setgid", "setgid", do_setgid, "res=0 gid=65534(*)", "group.gid", "65534"},
    {"setreuid", "setreuid", do_setreuid, "res=0 ruid=-1(<NONE>) euid=65534(*)", "user.uid", "65534"},
    {"setregid", "setregid", do_setregid, "res=0 rgid=-1(<NONE>) egid=65534(*)", "group.gid", "65534"},
    {"setresuid", "setresuid", do_setresuid, "res=0 ruid=0(*) euid=65534(*) suid=0(*)", "user.uid", "65534"},
    {"setresgid", "setresgid", do_setresgid, "res=0 rgid=-1(<NONE>) egid=-1(<NONE>) sgid=-1(<NONE>)", NULL, NULL},
    {"setfsuid", "setfsuid", do_setfsuid, "", NULL, NULL},
    {"setfsgid", "setfsgid", do_setfsgid, "", NULL, NULL},
    {"setgroups", "setgroups", do_setgroups, "", "evt.res", "\"SUCCESS\""},
    {"setns", "setns", do_setns, "res=0 fd=3(<f>*) nstype=128(CLONE_NEWUTS)", NULL, NULL},
    {"unshare", "unshare", do_unshare, "res=0 flags=128(CLONE_NEWUTS)", NULL, NULL},
    {"capset", "capset", do_capset, "res=0 cap_inheritable=0 cap_permitted=400 cap_effective=400", "thread.cap_effective", "\"CAP_NET_BIND_SERVICE\""},
    {"ptrace", "ptrace", do_ptrace, "res=0 addr=0 data=0 request=1(PTRACE_TRACEME) pid=0", NULL, NULL},
    {"ptrace fails", "ptrace", do_ptrace_attach, "res=-3(ESRCH) addr=0 data=0 request=11(PTRACE_ATTACH) pid=4194304", NULL, NULL},
    {"process_vm_readv", "process_vm_readv", do_vm_readv, "res=4 pid=*(*) data=root", NULL, NULL},
    {"process_vm_writev", "process_vm_writev", do_vm_writev, "res=4 pid=*(*) data=root", NULL, NULL},
    {"seccomp", "seccomp", do_seccomp, "res=-14(EFAULT) op=2 flags=0", NULL, NULL},
    {"keyctl", "keyctl", do_keyctl, "res=-*(E*) operation=3(KEYCTL_REVOKE) arg2=12345678 arg3=0 arg4=0 arg5=0", NULL, NULL},
    {"keyctl join", "keyctl", do_keyctl_join, "res=* operation=1(KEYCTL_JOIN_SESSION_KEYRING) arg2=tiercel *", NULL, NULL},

    {"bpf", "bpf", do_bpf, "fd=3(<b>) cmd=0(BPF_MAP_CREATE)", "fd.type", "\"bpf\""},
    {"bpf fails", "bpf", do_bpf_fails, "fd=-*(E*) cmd=5(BPF_PROG_LOAD)", NULL, NULL},
    {"init_module", "init_module", do_init_module, "res=-*(E*) img=notamodule length=10 uargs=arg=1", NULL, NULL},
    {"finit_module", "finit_module", do_finit_module, "res=-*(E*) fd=3(<f>@/file) uargs=p=1 flags=0", NULL, NULL},
    {"delete_module", "delete_module", do_delete_module, "res=-*(E*) name=tiercel_none flags=2(O_NONBLOCK)", NULL, NULL},
    {"kexec_load", "kexec_load", do_kexec_load, "", "evt.res", "\"E*\""},
    {"kexec_file_load", "kexec_file_load", do_kexec_file, "", "evt.res", "\"E*\""},
    {"perf_event_open", "perf_event_open", do_perf, "", "evt.res", "\"E*\""},
    {"io_uring_setup", "io_uring_setup", do_uring_setup, "res=* entries=8 sq_entries=* cq_entries=* flags=0 sq_thread_cpu=0 sq_thread_idle=0 features=*", NULL, NULL},
    {"io_uring_enter", "io_uring_enter", do_uring_enter, "res=-*(E*) fd=3(<f>@/file) to_submit=1 min_complete=2 flags=1(IORING_ENTER_GETEVENTS) sig=", NULL, NULL},
    {"io_uring_register", "io_uring_register", do_uring_register, "res=-*(E*) fd=3(<f>@/file) opcode=2(IORING_REGISTER_FILES) arg=ABC nr_args=1", NULL, NULL},
    {"reboot", "reboot", do_reboot, "", "evt.res", "\"EINVAL\""},
    {"swapon", "swapon", do_swapon, "", "evt.res", "\"E*\""},
    {"swapoff", "swapoff", do_swapoff, "", "evt.res", "\"E*\""},

    {"kill", "kill", do_kill, "res=0 pid=*(*) sig=0", NULL, NULL},
    {"kill nobody", "kill", do_kill_nobody, "res=-3(ESRCH) pid=4194304 sig=15(SIGTERM)", NULL, NULL},
    {"tkill", "tkill", do_tkill, "res=-3(ESRCH) tid=4194304 sig=10(SIGUSR1)", NULL, NULL},
    {"tgkill", "tgkill", do_tgkill, "res=-3(ESRCH) pid=4194304 tid=4194304 sig=10(SIGUSR1)", NULL, NULL},
    {"pidfd_send_signal", "pidfd_send_signal", do_pidfd_signal, "", "evt.res", "\"EBADF\""},
    {"rt_sigqueueinfo", "rt_sigqueueinfo", do_sigqueue, "", "evt.res", "\"E*\""},
    {"rt_tgsigqueueinfo", "rt_tgsigqueueinfo", do_tgsigqueue, "", "evt.res", "\"E*\""},
};
/* clang-format on */

#ifdef __x86_64__
/* Calls of 32-bit programs: other numbers, other structures, and pointers below 4 GiB. */
static char *low; /* in the child */

static long call32(long number, long a, long b, long c, long d, long e)
{
    long result;

    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                     : "memory", "r8", "r9", "r10", "r11");
    return result;
}

static long at(size_t offset)
{
    return (long)(uintptr_t)(low + offset);
}

/* clang-format off */
static void do32_setuid(void) { (void)call32(213, 65534, 0, 0, 0, 0); }
static void do32_kill(void) { (void)call32(37, 1 << 22, SIGTERM, 0, 0, 0); }
static void do32_umount(void)
{
    memcpy(low, "none", 5);
    (void)call32(22, at(0), 0, 0, 0, 0);
}
static void do32_setrlimit(void)
{
    memcpy(low, (uint32_t[]){64, UINT32_MAX}, 8);
    (void)call32(75, RLIMIT_CORE, at(0), 0, 0, 0);
}
static void do32_pread(void)
{
    file3();
    (void)call32(180, 3, at(0), 9, 1, 0);
}
static void do32_writev(void)
{
    memcpy(low + 64, "hello", 5);
    memcpy(low, (uint32_t[]){(uint32_t)at(64), 2, (uint32_t)at(66), 3}, 16);
    file3();
    (void)call32(146, 3, at(0), 2, 0, 0);
}
static void do32_socketcall(int which, const uint32_t *argument, size_t count)
{
    memcpy(low, argument, count * sizeof(*argument));
    (void)call32(102, which, at(0), 0, 0, 0);
}
static void do32_socket(void) { do32_socketcall(1, (uint32_t[]){AF_INET, SOCK_DGRAM, 0}, 3); }
static void do32_send(void)
{
    connected();
    memcpy(low + 64, "GET", 3);
    do32_socketcall(9, (uint32_t[]){4, (uint32_t)at(64), 3, 0}, 4);
}
static void do32_recv(void)
{
    connected();
    (void)send(4, "GET", 3, 0);
    do32_socketcall(10, (uint32_t[]){5, (uint32_t)at(64), 9, 0}, 4);
}
static void do32_accept(void)
{
    (void)listener();
    (void)client();
    do32_socketcall(5, (uint32_t[]){3, 0, 0}, 3);
}
static void do32_sendmsg(void)
{
    struct sockaddr_in address = loopback(5353);

    datagrams();
    memcpy(low + 64, "query", 5);
    memcpy(low + 80, (uint32_t[]){(uint32_t)at(64), 5}, 8);
    memcpy(low + 96, &address, sizeof(address));
    memcpy(low + 128, (uint32_t[]){(uint32_t)at(96), sizeof(address), (uint32_t)at(80), 1, 0, 0, 0}, 28);
    do32_socketcall(16, (uint32_t[]){4, (uint32_t)at(128), 0}, 3);
}

static const struct row rows32[] = {
    {"setuid", "setuid", do32_setuid, "res=0 uid=65534(*)", "user.uid", "65534"},
    {"kill", "kill", do32_kill, "res=-3(ESRCH) pid=4194304 sig=15(SIGTERM)", NULL, NULL},
    {"umount", "umount", do32_umount, "res=-2(ENOENT) name=none(@/none)", NULL, NULL},
    {"setrlimit", "setrlimit", do32_setrlimit, "res=0 cur=64 max=-1 resource=4(RLIMIT_CORE)", NULL, NULL},
    {"pread", "pread", do32_pread, "res=5 data=ello. fd=3(<f>@/file) size=9 pos=1", NULL, NULL},
    {"writev", "writev", do32_writev, "res=5 data=hello fd=3(<f>@/file) size=5", NULL, NULL},
    {"socket", "socket", do32_socket, "fd=3(<4u>) domain=2(AF_INET) type=2 proto=0 flags=0(O_NONE)", NULL, NULL},
    {"send", "send", do32_send, "res=3 data=GET fd=4(<4t>" CLIENT ") size=3 tuple=" CLIENT, NULL, NULL},
    {"recv", "recv", do32_recv, "res=3 data=GET fd=5(<4t>" CLIENT ") size=9 tuple=" CLIENT, "fd.is_server", "true"},
    {"accept", "accept", do32_accept, "fd=5(<4t>" CLIENT ") tuple=" CLIENT " queuepct=0 queuelen=0 queuemax=5", NULL, NULL},
    {"sendmsg", "sendmsg", do32_sendmsg, "res=5 data=query fd=4(<4u>" QUERY ") size=5 tuple=" QUERY, NULL, NULL},
};
/* clang-format on */

static bool has_32_bit_calls(void)
{
    return call32(20, 0, 0, 0, 0, 0) == getpid();
}
#endif

static int body(void *ctx)
{
    const struct row *row = ctx;

    pid_t pid = fork(); /* from here on the sensor knows the process */
    int status;

    if (pid == 0) {
        if (prepare() != 0)
            _exit(1);
#ifdef __x86_64__
        low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1,
                   0);
#endif
        row->run();
        _exit(0);
    }
    if (waitpid(pid, &status, 0) != pid)
        return 1;
    return status == 0 || WIFSTOPPED(status) ? 0 : 2;
}

static void expand(const char *pattern, const char *around, char *out, size_t size)
{
    size_t len = (size_t)snprintf(out, size, "%s", around);

    for (; *pattern != '\0'; pattern++)
        len += (size_t)snprintf(out + len, size - len, *pattern == '@' ? "%s" : "%.1s",
                                *pattern == '@' ? watch.sensor.dir : pattern);
    (void)snprintf(out + len, size - len, "%s", around);
}

static void check_value(const char *value, const char *pattern, const char *around)
{
    char expected[2048];

    CHECK(value != NULL);
    expand(pattern, around, expected, sizeof(expected));
    if (fnmatch(expected, value, FNM_NOESCAPE) != 0)
        TEST_FAIL("is %s, expected %s", value, expected);
}

/* The last event of the type, as earlier ones are preparations. */
static const char *last_field(const char *type, const char *field)
{
    const char *last = NULL, *next;

    for (size_t i = 0; (next = watch_field(&watch, type, NULL, i, field)) != NULL; i++)
        last = next;
    return last;
}

static void run_rows(const struct row *row, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct row one = row[i];

        test_row(one.row);
        watch_clear(&watch);
        (void)watch_run(&watch, body, &one);
        check_value(last_field(one.type, "evt.args"), one.args, "\"");
        if (one.field != NULL)
            check_value(last_field(one.type, one.field), one.json, "");
    }
}

static void every_call(void **state)
{
    run_rows(rows, ARRAY_LEN(rows));
}

static void calls_of_32_bit_programs(void **state)
{
#ifdef __x86_64__
    if (has_32_bit_calls()) {
        run_rows(rows32, ARRAY_LEN(rows32));
        return;
    }
#endif
    print_message("no 32-bit calls here\n");
}

static void make_files(void)
{
    char path[PATH_MAX];

    sensor_path(&watch.sensor, "sub", path);
    CHECK_INT(mkdir(path, 0755), 0);
    sensor_path(&watch.sensor, "file", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    CHECK(fd >= 0 && write(fd, "hello\n", 6) == 6);
    (void)close(fd);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_call, setup),
        cmocka_unit_test_setup(calls_of_32_bit_programs, setup),
    };

    watch_begin(&watch, argv[argc - 1], fields, 0);
    make_files();

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    watch_end(&watch);
    return failed;
}
