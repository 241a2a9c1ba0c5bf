/* Calls to events: one row a call, its record in and the event's parameters out, in the words that
 * Falco prints for the same call. */
#include "decode/call.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "decode/call_table.h"
#include "event/event_type.h"
#include "tests/unit/decode/decoded.h"
#include "tests/unit/test.h"

enum { PARTS_MAX = 4, CHECKS_MAX = 8, TEXT_MAX = 512 };

#define NO_FD INT32_MIN

struct row {
    const char *row;
    enum wire_call call;
    int64_t result;
    uint64_t arg[6];
    int32_t fd; /* number, or NO_FD */
    uint16_t mode;
    const struct wire_socket *socket;
    struct {
        enum wire_part part; /* in growing order; ended by one without a text */
        struct sv text;
    } part[PARTS_MAX];
    const char *args; /* evt.args */
    struct {
        const char *field, *json;
    } check[CHECKS_MAX];
};

#define NAME(text)                                                                                 \
    {                                                                                              \
        WIRE_PART_NAME, SV(text)                                                                   \
    }
#define NEW_NAME(text)                                                                             \
    {                                                                                              \
        WIRE_PART_NEW_NAME, SV(text)                                                               \
    }
#define BASE(text)                                                                                 \
    {                                                                                              \
        WIRE_PART_BASE, SV(text)                                                                   \
    }
#define NEW_BASE(text)                                                                             \
    {                                                                                              \
        WIRE_PART_NEW_BASE, SV(text)                                                               \
    }
#define FILE_AT(text)                                                                              \
    {                                                                                              \
        WIRE_PART_FD, SV(text)                                                                     \
    }
#define STRING(text)                                                                               \
    {                                                                                              \
        WIRE_PART_STRING, SV(text)                                                                 \
    }
#define DATA(text)                                                                                 \
    {                                                                                              \
        WIRE_PART_DATA, SV(text)                                                                   \
    }
#define STRUCT(text)                                                                               \
    {                                                                                              \
        WIRE_PART_STRUCT, SV(text)                                                                 \
    }
#define STRUCT2(text)                                                                              \
    {                                                                                              \
        WIRE_PART_STRUCT2, SV(text)                                                                \
    }
#define UNIX(text)                                                                                 \
    {                                                                                              \
        WIRE_PART_UNIX, SV(text)                                                                   \
    }

#define TEN_0_0_5                                                                                  \
    {                                                                                              \
        10, 0, 0, 5                                                                                \
    }
#define WEB                                                                                        \
    {                                                                                              \
        93, 184, 216, 34                                                                           \
    }

static const struct wire_socket tcp = {.family = AF_INET,
                                       .type = SOCK_STREAM,
                                       .protocol = IPPROTO_TCP,
                                       .local = TEN_0_0_5,
                                       .local_port = 40000,
                                       .remote = WEB,
                                       .remote_port = 443};
static const struct wire_socket udp_unnumbered = {.family = AF_INET,
                                                  .type = SOCK_DGRAM,
                                                  .local = TEN_0_0_5,
                                                  .local_port = 40000,
                                                  .remote = WEB,
                                                  .remote_port = 53};
static const struct wire_socket served = {.family = AF_INET,
                                          .type = SOCK_STREAM,
                                          .protocol = IPPROTO_TCP,
                                          .local = TEN_0_0_5,
                                          .local_port = 4444,
                                          .remote = WEB,
                                          .remote_port = 50000,
                                          .queue = 1,
                                          .queue_max = 4};
static const struct wire_socket waiting = {.family = AF_INET,
                                           .type = SOCK_STREAM,
                                           .protocol = IPPROTO_TCP,
                                           .local_port = 4444,
                                           .state = WIRE_SOCKET_LISTENS};
static const struct wire_socket bound6 = {.family = AF_INET6,
                                          .type = SOCK_STREAM,
                                          .protocol = IPPROTO_TCP,
                                          .local_port = 4498,
                                          .remote = {1},
                                          .remote_port = 1};
static const struct wire_socket not_bound = {.family = AF_INET,
                                             .type = SOCK_STREAM,
                                             .protocol = IPPROTO_TCP,
                                             .remote = TEN_0_0_5,
                                             .remote_port = 22};
static const struct wire_socket raw6 = {.family = AF_INET6,
                                        .type = SOCK_RAW,
                                        .local = {[15] = 1},
                                        .local_port = 40000,
                                        .remote = {[15] = 1},
                                        .remote_port = 443};
static const struct wire_socket mapped = {.family = AF_INET6,
                                          .type = SOCK_STREAM,
                                          .protocol = IPPROTO_TCP,
                                          .local = {[10] = 0xff, [11] = 0xff, 127, 0, 0, 1},
                                          .local_port = 40000,
                                          .remote = {[10] = 0xff, [11] = 0xff, 127, 0, 0, 2},
                                          .remote_port = 443};
static const struct wire_socket fresh = {
    .family = AF_INET, .type = SOCK_STREAM, .protocol = IPPROTO_TCP};
static const struct wire_socket local = {.family = AF_UNIX, .type = SOCK_STREAM};
static const struct wire_socket netlink = {.family = AF_NETLINK, .type = SOCK_RAW};
static const struct wire_socket packet = {.family = AF_PACKET, .type = SOCK_RAW};

/* clang-format off */
static const struct row rows[] = {
    /* names and modes */
    {"unlink", WIRE_CALL_UNLINK, 0, {0}, NO_FD, 0, NULL, {NAME("./a"), BASE("/tmp")},
     "res=0 path=./a(/tmp/a)",
     {{"fs.path.name", "\"/tmp/a\""}, {"fs.path.nameraw", "\"./a\""}, {"fd.num", "null"}}},
    {"unlink fails", WIRE_CALL_UNLINK, -EACCES, {0}, NO_FD, 0, NULL, {NAME("/a")},
     "res=-13(EACCES) path=/a",
     {{"fs.path.name", "null"}, {"evt.arg.path", "\"/a\""}, {"evt.res", "\"EACCES\""}}},
    {"unlinkat", WIRE_CALL_UNLINKAT, 0, {7, 0, AT_REMOVEDIR}, 7, S_IFDIR, NULL,
     {NAME("a"), BASE("/srv")}, "res=0 dirfd=7(<d>/srv) name=a(/srv/a) flags=512(AT_REMOVEDIR)",
     {{"fs.path.name", "\"/srv/a\""}, {"fd.name", "\"/srv\""}, {"fd.nameraw", "\"/srv\""}}},
    {"unlinkat, cwd", WIRE_CALL_UNLINKAT, 0, {(uint64_t)AT_FDCWD}, AT_FDCWD, 0, NULL,
     {NAME("a"), BASE("/srv")}, "res=0 dirfd=-100(AT_FDCWD) name=a(/srv/a) flags=0",
     {{"fd.num", "-100"}, {"fd.name", "\"\""}, {"fd.type", "null"}}},
    {"rmdir", WIRE_CALL_RMDIR, -ENOTEMPTY, {0}, NO_FD, 0, NULL, {NAME("/a")},
     "res=-39(ENOTEMPTY) path=/a", {{"evt.category", "\"file\""}}},
    {"rename", WIRE_CALL_RENAME, 0, {0}, NO_FD, 0, NULL,
     {NAME("a"), NEW_NAME("../b"), BASE("/tmp"), NEW_BASE("/var/tmp")},
     "res=0 oldpath=a(/tmp/a) newpath=../b(/var/b)",
     {{"fs.path.source", "\"/tmp/a\""}, {"fs.path.target", "\"/var/b\""},
      {"fs.path.sourceraw", "\"a\""}, {"fs.path.targetraw", "\"../b\""}, {"fs.path.name", "null"}}},
    {"renameat", WIRE_CALL_RENAMEAT, 0, {3, 0, 4}, NO_FD, 0, NULL,
     {NAME("a"), NEW_NAME("/b"), BASE("/tmp")},
     "res=0 olddirfd=3 oldpath=a(/tmp/a) newdirfd=4 newpath=/b", {{0}}},
    {"renameat2", WIRE_CALL_RENAMEAT2, -EEXIST, {(uint64_t)AT_FDCWD, 0, (uint64_t)AT_FDCWD, 0, 1},
     NO_FD, 0, NULL, {NAME("/a"), NEW_NAME("/b")},
     "res=-17(EEXIST) olddirfd=-100(AT_FDCWD) oldpath=/a newdirfd=-100(AT_FDCWD) newpath=/b "
     "flags=1(RENAME_NOREPLACE)", {{"fs.path.source", "null"}}},
    {"link", WIRE_CALL_LINK, 0, {0}, NO_FD, 0, NULL, {NAME("/etc/shadow"), NEW_NAME("s"), NEW_BASE("/tmp")},
     "res=0 oldpath=/etc/shadow newpath=s(/tmp/s)",
     {{"fs.path.source", "\"/tmp/s\""}, {"fs.path.target", "\"/etc/shadow\""}}},
    {"linkat", WIRE_CALL_LINKAT, 0, {(uint64_t)AT_FDCWD, 0, 3, 0, AT_EMPTY_PATH}, NO_FD, 0, NULL,
     {NAME("out"), NEW_NAME("h3"), BASE("/var/tmp"), NEW_BASE("/srv")},
     "res=0 olddir=-100(AT_FDCWD) oldpath=out(/var/tmp/out) newdir=3 newpath=h3(/srv/h3) "
     "flags=4096(AT_EMPTY_PATH)", {{"fs.path.source", "\"/srv/h3\""}}},
    {"symlink", WIRE_CALL_SYMLINK, 0, {0}, NO_FD, 0, NULL, {NAME("link"), BASE("/var/g"), STRING("y")},
     "res=0 target=y linkpath=link(/var/g/link)",
     {{"fs.path.source", "\"/var/g/link\""}, {"fs.path.target", "\"/var/g/y\""},
      {"fs.path.targetraw", "\"y\""}}},
    {"symlinkat", WIRE_CALL_SYMLINKAT, 0, {0, 3}, 3, S_IFDIR, NULL,
     {NAME("s3"), BASE("/var/tmp"), STRING("/etc/sudoers")},
     "res=0 target=/etc/sudoers linkdirfd=3(<d>/var/tmp) linkpath=s3(/var/tmp/s3)",
     {{"fd.name", "\"/var/tmp\""}, {"fs.path.target", "\"/etc/sudoers\""}}},
    {"mkdir", WIRE_CALL_MKDIR, 0, {0, 0777}, NO_FD, 0, NULL, {NAME("x"), BASE("/boot")},
     "res=0 path=x(/boot/x) mode=1FF", {{"fs.path.name", "\"/boot/x\""}}},
    {"mkdirat", WIRE_CALL_MKDIRAT, 0, {7, 0, 0700}, 7, S_IFDIR, NULL, {NAME("ts"), BASE("/run/sudo")},
     "res=0 dirfd=7(<d>/run/sudo) path=ts(/run/sudo/ts) mode=1C0", {{"fd.directory", "\"/run/sudo\""}}},
    {"mknod", WIRE_CALL_MKNOD, 0, {0, S_IFIFO | 0600, 0}, NO_FD, 0, NULL, {NAME("/p")},
     "res=0 path=/p mode=010600(S_IWUSR|S_IRUSR|S_IFIFO) dev=0", {{"fs.path.name", "null"}}},
    {"mknodat", WIRE_CALL_MKNODAT, 0, {(uint64_t)AT_FDCWD, 0, S_IFIFO | 0644, 0}, AT_FDCWD, 0, NULL,
     {NAME("f/p"), BASE("/var")},
     "res=0 dirfd=-100(AT_FDCWD) path=f/p(/var/f/p) "
     "mode=010644(S_IROTH|S_IRGRP|S_IWUSR|S_IRUSR|S_IFIFO) dev=0", {{"evt.category", "\"other\""}}},
    {"chmod", WIRE_CALL_CHMOD, 0, {0, S_IFREG | 04755}, NO_FD, 0, NULL, {NAME("a"), BASE("/tmp")},
     "res=0 filename=a(/tmp/a) "
     "mode=04755(S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID)",
     {{"fs.path.name", "\"/tmp/a\""}}},
    {"fchmod", WIRE_CALL_FCHMOD, 0, {3, 0600}, 3, S_IFREG, NULL, {FILE_AT("/tmp/a")},
     "res=0 fd=3(<f>/tmp/a) mode=0600(S_IWUSR|S_IRUSR)",
     {{"fs.path.name", "\"/tmp/a\""}, {"fd.name", "\"/tmp/a\""}}},
    {"fchmodat", WIRE_CALL_FCHMODAT, 0, {5, 0, 0100}, 5, S_IFDIR, NULL, {NAME("b"), BASE("/tmp")},
     "res=0 dirfd=5(<d>/tmp) filename=b(/tmp/b) mode=0100(S_IXUSR)", {{0}}},
    {"fchmodat2", WIRE_CALL_FCHMODAT2, 0, {(uint64_t)AT_FDCWD, 0, 0100, AT_SYMLINK_NOFOLLOW}, AT_FDCWD,
     0, NULL, {NAME("/b")},
     "res=0 dirfd=-100(AT_FDCWD) filename=/b mode=0100(S_IXUSR) flags=256(AT_SYMLINK_NOFOLLOW)",
     {{"evt.type", "\"fchmodat2\""}}},
    {"chown", WIRE_CALL_CHOWN, 0, {0, 42, 0}, NO_FD, 0, NULL, {NAME("/var/x")},
     "res=0 path=/var/x uid=42 gid=0", {{"fs.path.name", "\"/var/x\""}}},
    {"lchown", WIRE_CALL_LCHOWN, 0, {0, UINT32_MAX, 6}, NO_FD, 0, NULL, {NAME("/var/x")},
     "res=0 path=/var/x uid=-1 gid=6", {{0}}},
    {"fchown", WIRE_CALL_FCHOWN, 0, {3, 0, 0}, 3, S_IFREG, NULL, {FILE_AT("/tmp/control")},
     "res=0 fd=3(<f>/tmp/control) uid=0 gid=0",
     {{"fs.path.name", "\"/tmp/control\""}, {"fd.nameraw", "\"/tmp/control\""}}},
    {"fchownat", WIRE_CALL_FCHOWNAT, 0, {4, 0, 1, 2, AT_SYMLINK_NOFOLLOW}, 4, S_IFDIR, NULL,
     {NAME("sudo"), BASE("/x")},
     "res=0 dirfd=4(<d>/x) pathname=sudo(/x/sudo) uid=1 gid=2 flags=1024(AT_SYMLINK_NOFOLLOW)", {{0}}},
    {"truncate", WIRE_CALL_TRUNCATE, 0, {0, 5}, NO_FD, 0, NULL, {NAME("/a")}, "",
     {{"fs.path.name", "\"/a\""}, {"evt.category", "\"other\""}}},
    {"ftruncate", WIRE_CALL_FTRUNCATE, 0, {3, 5}, 3, S_IFREG, NULL, {FILE_AT("/a")}, "",
     {{"fs.path.name", "\"/a\""}, {"fd.name", "\"/a\""}}},
    {"open_by_handle_at", WIRE_CALL_OPEN_BY_HANDLE_AT, 5, {3, 0, O_RDWR}, 5, S_IFREG, NULL,
     {FILE_AT("/host/etc/shadow")},
     "fd=5(<f>/host/etc/shadow) mountfd=3 flags=3(O_RDWR) path=/host/etc/shadow dev=0 ino=99",
     {{"evt.is_open_write", "true"}, {"fs.path.name", "\"/host/etc/shadow\""}}},

    /* processes */
    {"clone", WIRE_CALL_CLONE, 300, {0x1200011}, NO_FD, 0, NULL, {{0}}, NULL,
     {{"evt.arg.flags", "\"CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID\""}, {"evt.rawarg.tid", "200"},
      {"evt.res", "\"SUCCESS\""}}},
    {"clone3", WIRE_CALL_CLONE3, -EPERM, {1}, NO_FD, 0, NULL, {STRUCT("\0\0\0\x10\0\0\0\0")}, NULL,
     {{"evt.arg.flags", "\"CLONE_NEWUSER\""}, {"evt.res", "\"EPERM\""}}},
    {"fork", WIRE_CALL_FORK, 0, {0xffff}, NO_FD, 0, NULL, {{0}}, NULL, {{"evt.arg.flags", "\"0\""}}},
    {"vfork", WIRE_CALL_VFORK, 301, {0xffff}, NO_FD, 0, NULL, {{0}}, NULL,
     {{"evt.arg.flags", "\"0\""}}},
    {"execve fails", WIRE_CALL_EXECVE, -ENOENT, {0}, NO_FD, 0, NULL, {STRING("/usr/bin/nmap")}, NULL,
     {{"evt.arg.filename", "\"/usr/bin/nmap\""}, {"evt.res", "\"ENOENT\""}, {"evt.arg.flags", "null"}}},
    {"execveat fails", WIRE_CALL_EXECVEAT, -EACCES, {0}, NO_FD, 0, NULL, {STRING("x")}, NULL,
     {{"evt.arg.filename", "null"}, {"evt.res", "\"EACCES\""}, {"evt.rawarg.tid", "200"}}},
    {"prctl", WIRE_CALL_PRCTL, 1, {PR_CAPBSET_READ, 48}, NO_FD, 0, NULL, {{0}},
     "res=1 option=23(PR_CAPBSET_READ) arg2_str=<NA> arg2_int=48", {{"evt.category", "\"process\""}}},
    {"prctl name", WIRE_CALL_PRCTL, 0, {PR_SET_NAME, 0x7ffe}, NO_FD, 0, NULL, {STRING("kworker")},
     "res=0 option=15(PR_SET_NAME) arg2_str=kworker arg2_int=0", {{0}}},
    {"setsid", WIRE_CALL_SETSID, 210, {0}, NO_FD, 0, NULL, {{0}}, "res=210", {{"evt.rawres", "210"}}},
    {"setpgid", WIRE_CALL_SETPGID, -EPERM, {7, 8}, NO_FD, 0, NULL, {{0}}, "res=-1(EPERM) pid=7 pgid=8",
     {{"evt.failed", "true"}}},
    {"setrlimit", WIRE_CALL_SETRLIMIT, 0, {RLIMIT_NOFILE}, NO_FD, 0, NULL,
     {STRUCT("\0\x10\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff")},
     "res=0 cur=4096 max=-1 resource=7(RLIMIT_NOFILE)", {{0}}},
    {"prlimit", WIRE_CALL_PRLIMIT, 0, {0, RLIMIT_STACK}, NO_FD, 0, NULL,
     {STRUCT2("\0\0\x80\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff")},
     "res=0 newcur=0 newmax=0 oldcur=8388608 oldmax=-1 pid=0 resource=3(RLIMIT_STACK)", {{0}}},
    {"chdir", WIRE_CALL_CHDIR, 0, {0}, NO_FD, 0, NULL, {NAME("/tmp")}, "res=0 path=/tmp",
     {{"fs.path.name", "null"}}},
    {"chdir to nothing", WIRE_CALL_CHDIR, -ENOENT, {0}, NO_FD, 0, NULL, {NAME("")},
     "res=-2(ENOENT) path=", {{"evt.arg.path", "\"\""}}},
    {"fchdir", WIRE_CALL_FCHDIR, 0, {3}, 3, S_IFDIR, NULL, {FILE_AT("/tmp")}, "res=0 fd=3(<d>/tmp)",
     {{"fd.type", "\"directory\""}}},
    {"chroot", WIRE_CALL_CHROOT, 0, {0}, NO_FD, 0, NULL, {NAME("/new")}, "res=0 path=/new",
     {{"fs.path.name", "null"}}},

    /* descriptors */
    {"close", WIRE_CALL_CLOSE, 0, {3}, 3, 0, NULL, {{0}}, "res=0 fd=3",
     {{"fd.num", "3"}, {"fd.type", "null"}, {"evt.category", "\"unknown\""}}},
    {"close_range", WIRE_CALL_CLOSE_RANGE, 0, {3, UINT32_MAX, 4}, NO_FD, 0, NULL, {{0}},
     "res=0 first=3 last=-1 flags=4(CLOSE_RANGE_CLOEXEC)", {{0}}},
    {"dup", WIRE_CALL_DUP, 3, {1}, 3, S_IFREG, NULL, {FILE_AT("/out")}, "res=3(<f>/out) oldfd=1",
     {{"fd.num", "3"}, {"evt.category", "\"file\""}}},
    {"dup fails", WIRE_CALL_DUP, -EBADF, {9}, -EBADF, 0, NULL, {{0}}, "res=-9(EBADF) oldfd=9",
     {{"fd.num", "-1"}}},
    {"dup2 onto a socket", WIRE_CALL_DUP2, 0, {3, 0}, 0, S_IFSOCK, &tcp, {{0}},
     "res=0(<4t>10.0.0.5:40000->93.184.216.34:443) oldfd=3 "
     "newfd=0(<4t>10.0.0.5:40000->93.184.216.34:443)",
     {{"fd.sip", "\"93.184.216.34\""}, {"fd.num", "0"}, {"evt.category", "\"net\""}}},
    {"dup3", WIRE_CALL_DUP3, 78, {5, 78, O_CLOEXEC}, 78, S_IFIFO, NULL, {FILE_AT("pipe:[12]")},
     "res=78(<p>) oldfd=5 newfd=78(<p>) flags=4096(O_CLOEXEC)",
     {{"fd.type", "\"pipe\""}, {"fd.name", "\"\""}, {"evt.category", "\"ipc\""}}},
    {"pipe", WIRE_CALL_PIPE, 0, {1}, 4, S_IFIFO, NULL, {FILE_AT("pipe:[99]"), STRUCT("\3\0\0\0\4\0\0\0")},
     "res=0 fd1=3 fd2=4(<p>) ino=99", {{"fd.num", "4"}}},
    {"pipe2", WIRE_CALL_PIPE2, 0, {1, O_NONBLOCK}, 4, S_IFIFO, NULL,
     {FILE_AT("pipe:[99]"), STRUCT("\3\0\0\0\4\0\0\0")},
     "res=0 fd1=3 fd2=4(<p>) ino=99 flags=64(O_NONBLOCK)", {{0}}},
    {"fcntl", WIRE_CALL_FCNTL, 0, {255, F_SETFD, 1}, 255, S_IFREG, NULL, {FILE_AT("/x.sh")},
     "res=0 fd=255(<f>/x.sh) cmd=3(F_SETFD) arg=1", {{"fd.num", "255"}}},
    {"ioctl", WIRE_CALL_IOCTL, -ENOTTY, {1, 0x5401, 0x7ffd66551410}, 1, S_IFCHR, NULL,
     {FILE_AT("/dev/null")}, "res=-25(ENOTTY) fd=1(<f>/dev/null) request=5401 argument=7FFD66551410",
     {{"fd.type", "\"file\""}}},
    {"flock", WIRE_CALL_FLOCK, 0, {4, 6}, 4, S_IFREG, NULL, {FILE_AT("/db")},
     "res=0 fd=4(<f>/db) operation=6(LOCK_EX|LOCK_NB)", {{0}}},
    {"splice", WIRE_CALL_SPLICE, 4, {4, 0, 8, 0, 4, 1}, 8, S_IFIFO, NULL, {FILE_AT("pipe:[1]")},
     "res=4 fd_in=4 fd_out=8(<p>) size=4 flags=1(SPLICE_F_MOVE)", {{"fd.num", "8"}}},
    {"sendfile", WIRE_CALL_SENDFILE, 12, {5, 4, 1, 12}, 5, S_IFREG, NULL,
     {FILE_AT("/b"), STRUCT("\14\0\0\0\0\0\0\0")}, "res=12 offset=12 out_fd=5(<f>/b) in_fd=4 size=12",
     {{"evt.is_io_write", "true"}}},
    {"copy_file_range", WIRE_CALL_COPY_FILE_RANGE, 9, {3, 1, 4, 1, 9}, 4, S_IFREG, NULL,
     {FILE_AT("/b"), STRUCT("\1\0\0\0\0\0\0\0"), STRUCT2("\2\0\0\0\0\0\0\0")},
     "res=9 fdout=4(<f>/b) offout=2 fdin=3 offin=1 len=9", {{0}}},
    {"memfd_create", WIRE_CALL_MEMFD_CREATE, 3, {1, 3}, 3, S_IFREG, NULL,
     {FILE_AT("/memfd:payload"), STRING("payload")},
     "fd=3(<m>payload) name=payload flags=3(MFD_CLOEXEC|MFD_ALLOW_SEALING)",
     {{"fd.type", "\"memfd\""}, {"fd.name", "\"payload\""}}},
    {"userfaultfd", WIRE_CALL_USERFAULTFD, 3, {0x80001}, 3, 0, NULL, {FILE_AT("/[userfaultfd]")},
     "res=3 flags=524289(O_RDONLY)", {{"fd.type", "\"userfaultfd\""}, {"fd.name", "\"\""}}},
    {"inotify_init", WIRE_CALL_INOTIFY_INIT, 9, {0}, 9, 0, NULL, {FILE_AT("/inotify")},
     "res=9(<i>) flags=0", {{"fd.type", "\"inotify\""}}},
    {"inotify_init1", WIRE_CALL_INOTIFY_INIT1, 8, {O_NONBLOCK | O_CLOEXEC}, 8, 0, NULL,
     {FILE_AT("/inotify")}, "res=8(<i>) flags=4160(O_NONBLOCK|O_CLOEXEC)", {{0}}},
    {"inotify_add_watch", WIRE_CALL_INOTIFY_ADD_WATCH, 1, {9}, 9, 0, NULL, {NAME("/etc")}, "",
     {{"fs.path.name", "\"/etc\""}, {"fd.num", "9"}}},
    {"fanotify_init", WIRE_CALL_FANOTIFY_INIT, 3, {0}, 3, 0, NULL, {FILE_AT("/[fanotify]")}, "",
     {{"fd.num", "3"}}},
    {"fanotify_mark", WIRE_CALL_FANOTIFY_MARK, 0, {3, 1, 2, 0}, 3, 0, NULL, {NAME("/etc")}, "",
     {{"fs.path.name", "\"/etc\""}}},
    {"pidfd_open", WIRE_CALL_PIDFD_OPEN, 8, {308, O_NONBLOCK}, 8, 0, NULL, {FILE_AT("/[pidfd]")},
     "fd=8(<P>/proc/308) pid=308 flags=1(PIDFD_NONBLOCK)", {{"fd.type", "\"pidfd\""}}},
    {"pidfd_getfd", WIRE_CALL_PIDFD_GETFD, 7, {5, 0}, 7, S_IFCHR, NULL, {FILE_AT("/dev/null")},
     "fd=7(<f>/dev/null) pid_fd=5 target_fd=0 flags=0", {{"fd.name", "\"/dev/null\""}}},

    /* data */
    {"read", WIRE_CALL_READ, 4, {3, 1, 1024}, 3, S_IFREG, NULL, {FILE_AT("/f"), DATA("a\nb\1")},
     "res=4 data=a.b. fd=3(<f>/f) size=1024",
     {{"evt.is_io_read", "true"}, {"evt.category", "\"file\""}, {"evt.rawarg.size", "1024"}}},
    {"read nothing", WIRE_CALL_READ, 0, {3, 1, 1024}, 3, S_IFREG, NULL, {FILE_AT("/f"), DATA("")},
     "res=0 data=NULL fd=3(<f>/f) size=1024", {{0}}},
    {"write", WIRE_CALL_WRITE, 2, {1, 1, 2}, 1, S_IFIFO, NULL, {FILE_AT("pipe:[1]"), DATA("hi")},
     "res=2 data=hi fd=1(<p>) size=2", {{"evt.is_io_write", "true"}, {"evt.category", "\"ipc\""}}},
    {"pread", WIRE_CALL_PREAD, 1, {3, 1, 9, 5}, 3, S_IFREG, NULL, {FILE_AT("/f"), DATA("x")},
     "res=1 data=x fd=3(<f>/f) size=9 pos=5", {{0}}},
    {"pwrite", WIRE_CALL_PWRITE, 1, {3, 1, 9, 5}, 3, S_IFREG, NULL, {FILE_AT("/f"), DATA("x")},
     "res=1 data=x fd=3(<f>/f) size=9 pos=5", {{0}}},
    {"readv", WIRE_CALL_READV, 2, {3, 1, 99}, 3, S_IFREG, NULL, {FILE_AT("/f"), DATA("xy")},
     "res=2 size=2 data=xy fd=3(<f>/f)", {{0}}},
    {"writev", WIRE_CALL_WRITEV, -EIO, {3, 1, 99}, 3, S_IFREG, NULL, {FILE_AT("/f"), DATA("xy")},
     "res=-5(EIO) data=xy fd=3(<f>/f) size=99", {{0}}},
    {"preadv", WIRE_CALL_PREADV, 2, {3, 1, 99, 7}, 3, S_IFREG, NULL, {FILE_AT("/f"), DATA("xy")},
     "res=2 size=2 data=xy fd=3(<f>/f) pos=7", {{0}}},
    {"pwritev", WIRE_CALL_PWRITEV, 2, {3, 1, 2, 7}, 3, S_IFREG, NULL, {FILE_AT("/f"), DATA("xy")},
     "res=2 data=xy fd=3(<f>/f) size=2 pos=7", {{0}}},

    /* mounts and quotas */
    {"mount", WIRE_CALL_MOUNT, 0, {1, 1, 1, MS_BIND}, NO_FD, 0, NULL,
     {NAME("/etc"), NEW_NAME("/mnt2"), STRING("none")}, "res=0 dev=/etc dir=/mnt2 type=none flags=4096(BIND)",
     {{"fs.path.source", "\"/etc\""}, {"fs.path.target", "\"/mnt2\""}}},
    {"mount of no type, old magic", WIRE_CALL_MOUNT, 0, {1, 1, 0, 0xc0ed0000 | MS_NOSUID}, NO_FD, 0, NULL,
     {NAME("t"), NEW_NAME("/"), BASE("/tmp")}, "res=0 dev=t dir=/ type=<NA> flags=2(NOSUID)",
     {{"fs.path.source", "\"/tmp/t\""}}},
    {"umount", WIRE_CALL_UMOUNT, 0, {0}, NO_FD, 0, NULL, {NAME("/mnt")}, "res=0 name=/mnt", {{0}}},
    {"umount2", WIRE_CALL_UMOUNT2, 0, {0, MNT_DETACH}, NO_FD, 0, NULL, {NAME("."), BASE("/mnt")},
     "res=0 name=.(/mnt) flags=2(DETACH)", {{"fs.path.name", "\"/mnt\""}}},
    {"pivot_root", WIRE_CALL_PIVOT_ROOT, 0, {0}, NO_FD, 0, NULL, {NAME("."), NEW_NAME("."),
     BASE("/a"), NEW_BASE("/a")}, "", {{"fs.path.source", "\"/a\""}, {"fs.path.target", "\"/a\""}}},
    {"move_mount", WIRE_CALL_MOVE_MOUNT, 0, {3}, NO_FD, 0, NULL, {NAME(""), NEW_NAME("/m")}, "",
     {{"fs.path.target", "\"/m\""}}},
    {"open_tree", WIRE_CALL_OPEN_TREE, 3, {3}, NO_FD, 0, NULL, {NAME("/m")}, "",
     {{"fs.path.name", "\"/m\""}}},
    {"fsopen", WIRE_CALL_FSOPEN, 3, {0}, 3, 0, NULL, {FILE_AT("/[fscontext]"), STRING("ext4")}, "",
     {{"fd.num", "3"}}},
    {"fsmount", WIRE_CALL_FSMOUNT, 4, {3}, 3, 0, NULL, {FILE_AT("/[fscontext]")}, "", {{"fd.num", "3"}}},
    {"quotactl on", WIRE_CALL_QUOTACTL, -ENOENT, {0x80000200, 0, 2, 1}, NO_FD, 0, NULL,
     {NAME("/dev/sda"), STRING("/aquota")},
     "res=-2(ENOENT) special=/dev/sda quotafilepath=/aquota dqb_bhardlimit=0 dqb_bsoftlimit=0 "
     "dqb_curspace=0 dqb_ihardlimit=0 dqb_isoftlimit=0 dqb_btime=0(0s) dqb_itime=0(0s) dqi_bgrace=0(0s) "
     "dqi_igrace=0(0s) dqi_flags=0 quota_fmt_out=1(QFMT_NOT_USED) cmd=1(Q_QUOTAON) type=1(USRQUOTA) "
     "id=2 quota_fmt=4(QFMT_VFS_V0)", {{0}}},
    {"quotactl get", WIRE_CALL_QUOTACTL, 0, {0x80000701, 0, 7, 1}, NO_FD, 0, NULL,
     {NAME("/dev/sda"), STRUCT("\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0")},
     "res=0 special=/dev/sda quotafilepath=<NA> dqb_bhardlimit=1 dqb_bsoftlimit=2 dqb_curspace=3 "
     "dqb_ihardlimit=0 dqb_isoftlimit=0 dqb_btime=0(0s) dqb_itime=0(0s) dqi_bgrace=0(0s) "
     "dqi_igrace=0(0s) dqi_flags=0 quota_fmt_out=1(QFMT_NOT_USED) cmd=32(Q_GETQUOTA) type=2(GRPQUOTA) "
     "id=7 quota_fmt=1(QFMT_NOT_USED)", {{0}}},

    /* sockets */
    {"socket", WIRE_CALL_SOCKET, 3, {AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0}, 3, S_IFSOCK,
     &local, {UNIX("")},
     "fd=3(<u>) domain=1(AF_LOCAL|AF_UNIX) type=526337 proto=0 flags=4160(O_NONBLOCK|O_CLOEXEC)",
     {{"fd.type", "\"unix\""}, {"fd.name", "\"\""}, {"fd.cip", "null"}}},
    {"socket, packets", WIRE_CALL_SOCKET, 3, {AF_PACKET, SOCK_RAW, 768}, 3, S_IFSOCK, &packet, {{0}},
     "fd=3(<o>) domain=17(AF_PACKET) type=3 proto=768 flags=0(O_NONE)", {{"fd.type", "\"<NA>\""}}},
    {"socket, netlink", WIRE_CALL_SOCKET, 3, {AF_NETLINK, SOCK_RAW, 9}, 3, S_IFSOCK, &netlink, {{0}},
     "fd=3(<n>) domain=16(AF_ROUTE|AF_NETLINK) type=3 proto=9 flags=0(O_NONE)",
     {{"fd.type", "\"netlink\""}, {"fd.sockfamily", "null"}}},
    {"socket, inet", WIRE_CALL_SOCKET, 0, {AF_INET, SOCK_STREAM, 6}, 0, S_IFSOCK, &fresh, {{0}},
     "fd=0(<4t>) domain=2(AF_INET) type=1 proto=6 flags=0(O_NONE)",
     {{"fd.name", "\"\""}, {"fd.sip", "null"}, {"fd.is_server", "false"}}},
    {"socketpair", WIRE_CALL_SOCKETPAIR, 0, {AF_UNIX, SOCK_STREAM, 0, 1}, 4, S_IFSOCK, &local,
     {STRUCT("\3\0\0\0\4\0\0\0")},
     "res=0 fd1=3 fd2=4(<u>) source=<NA> peer=<NA> domain=1(AF_LOCAL|AF_UNIX) type=1 proto=0",
     {{"evt.category", "\"IPC\""}}},
    {"socketpair fails", WIRE_CALL_SOCKETPAIR, -EPROTONOSUPPORT, {AF_INET, SOCK_STREAM, 0, 1}, -1, 0, NULL,
     {STRUCT("\3\0\0\0\4\0\0\0")},
     "res=-93(EPROTONOSUPPORT) fd1=-1(EPERM) fd2=-1(EPERM) source=<NA> peer=<NA> domain=2(AF_INET) "
     "type=1 proto=0", {{"fd.num", "-1"}}},
    {"bind", WIRE_CALL_BIND, 0, {3}, 3, S_IFSOCK, &waiting, {{0}},
     "res=0 addr=0.0.0.0:4444 fd=3(<4t>0.0.0.0:4444)",
     {{"fd.sport", "4444"}, {"fd.sip", "\"0.0.0.0\""}, {"fd.cip", "null"}, {"fd.is_server", "true"}}},
    {"bind 6", WIRE_CALL_BIND, 0, {3}, 3, S_IFSOCK, &bound6, {{0}}, "res=0 addr=:::4498 fd=3(<6t>:::4498)",
     {{"fd.rport", "null"}}},
    {"bind fails", WIRE_CALL_BIND, -EACCES, {3}, 3, S_IFSOCK, &not_bound, {{0}},
     "res=-13(EACCES) addr=10.0.0.5:22 fd=3(<4t>10.0.0.5:22)", {{"fd.sport", "22"}}},
    {"bind unix", WIRE_CALL_BIND, 0, {3}, 3, S_IFSOCK, &local, {UNIX("/run/x")},
     "res=0 addr=/run/x fd=3(<u>/run/x)", {{"fd.is_server", "true"}}},
    {"listen", WIRE_CALL_LISTEN, 0, {3, 1}, 3, S_IFSOCK, &waiting, {{0}},
     "res=0 fd=3(<4t>0.0.0.0:4444) backlog=1", {{"fd.is_server", "true"}, {"fd.lport", "4444"}}},
    {"connect", WIRE_CALL_CONNECT, 0, {4}, 4, S_IFSOCK, &tcp, {{0}},
     "res=0 tuple=10.0.0.5:40000->93.184.216.34:443 fd=4(<4t>10.0.0.5:40000->93.184.216.34:443) "
     "addr=93.184.216.34:443",
     {{"fd.type", "\"ipv4\""}, {"fd.l4proto", "\"tcp\""}, {"fd.cip", "\"10.0.0.5\""}, {"fd.sport", "443"},
      {"fd.is_server", "false"}, {"fd.ino", "99"}}},
    {"connect refused", WIRE_CALL_CONNECT, -ECONNREFUSED, {4}, 4, S_IFSOCK, &udp_unnumbered, {{0}}, NULL,
     {{"evt.arg.tuple", "null"}, {"evt.arg.addr", "\"93.184.216.34:53\""}, {"fd.l4proto", "\"udp\""},
      {"fd.sip", "\"93.184.216.34\""}, {"evt.res", "\"ECONNREFUSED\""}}},
    {"connect under way, raw 6", WIRE_CALL_CONNECT, -EINPROGRESS, {4}, 4, S_IFSOCK, &raw6, {{0}}, NULL,
     {{"fd.type", "\"ipv6\""}, {"fd.name", "\"::1:40000->::1:443\""}, {"fd.l4proto", "\"raw\""},
      {"evt.arg.tuple", "\"::1:40000->::1:443\""}}},
    {"connect mapped", WIRE_CALL_CONNECT, 0, {4}, 4, S_IFSOCK, &mapped, {{0}}, NULL,
     {{"fd.type", "\"ipv4\""}, {"fd.name", "\"127.0.0.1:40000->127.0.0.2:443\""}}},
    {"connect unix", WIRE_CALL_CONNECT, 0, {4}, 4, S_IFSOCK, &local, {UNIX("/run/docker.sock")}, NULL,
     {{"fd.name", "\"/run/docker.sock\""}, {"fd.type", "\"unix\""}, {"fd.sockfamily", "\"unix\""},
      {"fd.l4proto", "\"<NA>\""}, {"evt.arg.addr", "\"/run/docker.sock\""}}},
    {"connect abstract", WIRE_CALL_CONNECT, 0, {4}, 4, S_IFSOCK, &local, {UNIX("\0abstract")}, NULL,
     {{"fd.name", "\"@abstract\""}}},
    {"connect to no socket", WIRE_CALL_CONNECT, -EBADF, {99}, 99, 0, &not_bound, {{0}}, NULL,
     {{"evt.arg.addr", "\"10.0.0.5:22\""}, {"fd.num", "99"}}},
    {"accept", WIRE_CALL_ACCEPT, 5, {3}, 5, S_IFSOCK, &served, {{0}},
     "fd=5(<4t>93.184.216.34:50000->10.0.0.5:4444) tuple=93.184.216.34:50000->10.0.0.5:4444 queuepct=25 "
     "queuelen=1 queuemax=4",
     {{"fd.cip", "\"93.184.216.34\""}, {"fd.sport", "4444"}, {"fd.lport", "4444"}, {"fd.is_server", "true"}}},
    {"accept4 fails", WIRE_CALL_ACCEPT4, -EAGAIN, {3, 0, 0, SOCK_CLOEXEC}, -EAGAIN, 0, NULL, {{0}},
     "fd=-11(EAGAIN) tuple=NULL queuepct=0 queuelen=0 queuemax=0 flags=1000", {{"fd.num", "-1"}}},
    {"send", WIRE_CALL_SEND, 1, {4, 1, 1}, 4, S_IFSOCK, &tcp, {DATA("x")},
     "res=1 data=x fd=4(<4t>10.0.0.5:40000->93.184.216.34:443) size=1 "
     "tuple=10.0.0.5:40000->93.184.216.34:443", {{"evt.category", "\"net\""}}},
    {"sendto", WIRE_CALL_SENDTO, 1, {4, 1, 1}, 4, S_IFSOCK, &udp_unnumbered, {DATA("q")},
     "res=1 data=q fd=4(<4u>10.0.0.5:40000->93.184.216.34:53) size=1 "
     "tuple=10.0.0.5:40000->93.184.216.34:53", {{"fd.l4proto", "\"udp\""}, {"fd.sport", "53"}}},
    {"sendto, netlink", WIRE_CALL_SENDTO, 1, {3, 1, 1}, 3, S_IFSOCK, &netlink, {DATA("q")},
     "res=1 data=q fd=3(<n>) size=1 tuple=NULL", {{"evt.category", "\"unknown\""}}},
    {"sendmsg", WIRE_CALL_SENDMSG, 2, {8, 1, 2}, 8, S_IFSOCK, &local, {UNIX("/x"), DATA("fd")},
     "res=2 data=fd fd=8(<u>/x) size=2 tuple=/x", {{"evt.category", "\"ipc\""}}},
    {"sendmmsg", WIRE_CALL_SENDMMSG, 1, {4, 1, 19}, 4, S_IFSOCK, &udp_unnumbered, {DATA("q")}, NULL,
     {{"evt.rawarg.size", "19"}, {"evt.arg.data", "\"q\""}}},
    {"recv", WIRE_CALL_RECV, 1, {4, 1, 9}, 4, S_IFSOCK, &served, {DATA("x")},
     "res=1 data=x fd=4(<4t>93.184.216.34:50000->10.0.0.5:4444) size=9 "
     "tuple=93.184.216.34:50000->10.0.0.5:4444", {{"fd.is_server", "true"}}},
    {"recvfrom", WIRE_CALL_RECVFROM, -EAGAIN, {4, 1, 9}, 4, S_IFSOCK, &served, {DATA("")},
     "res=-11(EAGAIN) data=NULL tuple=NULL fd=4(<4t>93.184.216.34:50000->10.0.0.5:4444) size=9",
     {{"evt.is_io_read", "true"}}},
    {"recvmsg", WIRE_CALL_RECVMSG, 1, {7, 1, 99}, 7, S_IFSOCK, &local, {UNIX(""), DATA(" ")},
     "res=1 size=1 data=  tuple=NULL msgcontrol=NULL fd=7(<u>)", {{0}}},
    {"recvmmsg", WIRE_CALL_RECVMMSG, 1, {4, 1, 2}, 4, S_IFSOCK, &udp_unnumbered, {DATA("m1")}, NULL,
     {{"evt.rawarg.size", "2"}, {"evt.arg.msgcontrol", "null"}}},
    {"shutdown", WIRE_CALL_SHUTDOWN, 0, {4, SHUT_WR}, 4, S_IFSOCK, &tcp, {{0}}, NULL,
     {{"evt.arg.how", "\"SHUT_WR\""}, {"fd.num", "4"}}},
    {"setsockopt", WIRE_CALL_SETSOCKOPT, 0, {5, SOL_SOCKET, SO_RCVBUF, 1, 4}, 5, S_IFSOCK, &local,
     {STRUCT("\0\0\x80\0")},
     "res=0 fd=5(<u>) level=1(SOL_SOCKET) optname=8(SO_RCVBUF) val=8388608 optlen=4", {{0}}},
    {"setsockopt, another level", WIRE_CALL_SETSOCKOPT, 0, {5, IPPROTO_TCP, 1, 1, 4}, 5, S_IFSOCK, &local,
     {STRUCT("a\0\0\0")}, NULL,
     {{"evt.arg.level", "\"SOL_TCP\""}, {"evt.arg.optname", "\"UNKNOWN\""}}},
    {"getsockopt", WIRE_CALL_GETSOCKOPT, 0, {4, SOL_SOCKET, SO_ERROR, 1, 1}, 4, S_IFSOCK, &packet,
     {STRUCT("\0\0\0\0")}, "res=0 fd=4(<o>) level=1(SOL_SOCKET) optname=4(SO_ERROR) val=0 optlen=4", {{0}}},

    /* identity and privilege */
    {"setuid", WIRE_CALL_SETUID, -EPERM, {65534}, NO_FD, 0, NULL, {{0}}, "res=-1(EPERM) uid=65534(<NA>)",
     {{"evt.category", "\"user\""}}},
    {"setgid", WIRE_CALL_SETGID, 0, {0}, NO_FD, 0, NULL, {{0}}, "res=0 gid=0(<NA>)", {{0}}},
    {"setreuid", WIRE_CALL_SETREUID, 0, {UINT32_MAX, 5}, NO_FD, 0, NULL, {{0}},
     "res=0 ruid=-1(<NONE>) euid=5(<NA>)", {{0}}},
    {"setregid", WIRE_CALL_SETREGID, 0, {1, 5}, NO_FD, 0, NULL, {{0}}, "res=0 rgid=1(<NA>) egid=5(<NA>)",
     {{0}}},
    {"setresuid", WIRE_CALL_SETRESUID, 0, {0, UINT32_MAX, UINT32_MAX}, NO_FD, 0, NULL, {{0}},
     "res=0 ruid=0(<NA>) euid=-1(<NONE>) suid=-1(<NONE>)", {{0}}},
    {"setresgid", WIRE_CALL_SETRESGID, 0, {UINT32_MAX, 0, 1}, NO_FD, 0, NULL, {{0}},
     "res=0 rgid=-1(<NONE>) egid=0(<NA>) sgid=1(<NA>)", {{0}}},
    {"setfsuid", WIRE_CALL_SETFSUID, 0, {0}, NO_FD, 0, NULL, {{0}}, "", {{0}}},
    {"setfsgid", WIRE_CALL_SETFSGID, 0, {0}, NO_FD, 0, NULL, {{0}}, "", {{0}}},
    {"setgroups", WIRE_CALL_SETGROUPS, 0, {0}, NO_FD, 0, NULL, {{0}}, "", {{0}}},
    {"setns", WIRE_CALL_SETNS, 0, {3, 0x4000000}, 3, S_IFREG, NULL, {FILE_AT("/proc/1/ns/uts")},
     "res=0 fd=3(<f>/proc/1/ns/uts) nstype=128(CLONE_NEWUTS)", {{"fd.name", "\"/proc/1/ns/uts\""}}},
    {"unshare", WIRE_CALL_UNSHARE, 0, {0x10020000}, NO_FD, 0, NULL, {{0}},
     "res=0 flags=1048608(CLONE_NEWNS|CLONE_NEWUSER)", {{0}}},
    {"capset fails", WIRE_CALL_CAPSET, -EPERM, {0}, NO_FD, 0, NULL, {{0}},
     "res=-1(EPERM) cap_inheritable=0 cap_permitted=0 cap_effective=0", {{0}}},
    {"ptrace", WIRE_CALL_PTRACE, 0, {PTRACE_ATTACH, 271, 0, 0}, NO_FD, 0, NULL, {{0}},
     "res=0 addr=0 data=0 request=11(PTRACE_ATTACH) pid=271", {{0}}},
    {"ptrace poke", WIRE_CALL_PTRACE, 0, {PTRACE_POKETEXT, 273, 0x7ffc486bae3c, 0x90}, NO_FD, 0, NULL, {{0}},
     "res=0 addr=7FFC486BAE3C data=90 request=5(PTRACE_POKETEXT) pid=273", {{0}}},
    {"ptrace peek", WIRE_CALL_PTRACE, 0, {PTRACE_PEEKDATA, 273, 0x7ffc, 0x7ffe}, NO_FD, 0, NULL,
     {STRUCT("\1\0\0\0\0\0\0\0")}, "res=0 addr=7FFC data=1 request=3(PTRACE_PEEKDATA) pid=273", {{0}}},
    {"process_vm_readv", WIRE_CALL_PROCESS_VM_READV, 4, {452, 1, 4}, NO_FD, 0, NULL, {DATA("root")},
     "res=4 pid=452 data=root", {{0}}},
    {"process_vm_writev", WIRE_CALL_PROCESS_VM_WRITEV, -ESRCH, {452, 1, 4}, NO_FD, 0, NULL, {DATA("x")},
     "res=-3 pid=452 data=x", {{"evt.res", "\"ESRCH\""}}},
    {"seccomp", WIRE_CALL_SECCOMP, -EFAULT, {2, 0}, NO_FD, 0, NULL, {{0}}, "res=-14(EFAULT) op=2 flags=0",
     {{0}}},
    {"keyctl", WIRE_CALL_KEYCTL, 0, {KEYCTL_LINK, 4294967292, 4294967293}, NO_FD, 0, NULL, {{0}},
     "res=0 operation=8(KEYCTL_LINK) arg2=4294967292 arg3=4294967293 arg4=0 arg5=0", {{0}}},
    {"keyctl join", WIRE_CALL_KEYCTL, 7, {KEYCTL_JOIN_SESSION_KEYRING}, NO_FD, 0, NULL, {{0}},
     "res=7 operation=1(KEYCTL_JOIN_SESSION_KEYRING) arg2=(null) arg3=0 arg4=0 arg5=0", {{0}}},
    {"keyctl join, named", WIRE_CALL_KEYCTL, 7, {KEYCTL_JOIN_SESSION_KEYRING, 1}, NO_FD, 0, NULL,
     {STRING("ring")}, NULL, {{"evt.arg.arg2", "\"ring\""}}},

    /* the kernel itself */
    {"bpf", WIRE_CALL_BPF, 3, {5}, NO_FD, 0, NULL, {{0}}, "fd=3(<b>) cmd=5(BPF_PROG_LOAD)",
     {{"fd.type", "\"bpf\""}, {"fd.name", "\"\""}}},
    {"bpf fails", WIRE_CALL_BPF, -EPERM, {0}, NO_FD, 0, NULL, {{0}}, "fd=-1(EPERM) cmd=0(BPF_MAP_CREATE)",
     {{"fd.num", "-1"}, {"fd.type", "null"}}},
    {"init_module", WIRE_CALL_INIT_MODULE, -ENOEXEC, {1, 10, 1}, NO_FD, 0, NULL,
     {STRING("arg=1"), DATA("notamodule")}, "res=-8(ENOEXEC) img=notamodule length=10 uargs=arg=1", {{0}}},
    {"finit_module", WIRE_CALL_FINIT_MODULE, 0, {3, 1, 0}, 3, S_IFREG, NULL,
     {FILE_AT("/dummy.ko"), STRING("")}, "res=0 fd=3(<f>/dummy.ko) uargs= flags=0",
     {{"fd.name", "\"/dummy.ko\""}}},
    {"delete_module", WIRE_CALL_DELETE_MODULE, -ENOENT, {1, O_NONBLOCK}, NO_FD, 0, NULL, {STRING("nosuch")},
     "res=-2(ENOENT) name=nosuch flags=2(O_NONBLOCK)", {{0}}},
    {"kexec_load", WIRE_CALL_KEXEC_LOAD, 0, {0}, NO_FD, 0, NULL, {{0}}, "", {{"evt.res", "\"SUCCESS\""}}},
    {"kexec_file_load", WIRE_CALL_KEXEC_FILE_LOAD, 0, {3}, 3, S_IFREG, NULL, {FILE_AT("/boot/k")}, "",
     {{"fd.name", "\"/boot/k\""}}},
    {"perf_event_open", WIRE_CALL_PERF_EVENT_OPEN, 3, {0}, 3, 0, NULL, {FILE_AT("/[perf_event]")}, "",
     {{"fd.num", "3"}}},
    {"io_uring_setup", WIRE_CALL_IO_URING_SETUP, 5, {8}, 5, 0, NULL,
     {FILE_AT("/[io_uring]"), STRUCT("\10\0\0\0\20\0\0\0\6\0\0\0\1\0\0\0\2\0\0\0\377\377\0\0")},
     "res=5 entries=8 sq_entries=8 cq_entries=16 flags=10(IORING_SETUP_SQPOLL|IORING_SETUP_SQ_AFF) "
     "sq_thread_cpu=1 sq_thread_idle=2 features=2047(IORING_FEAT_SINGLE_MMAP|IORING_FEAT_NODROP|"
     "IORING_FEAT_SUBMIT_STABLE|IORING_FEAT_RW_CUR_POS|IORING_FEAT_CUR_PERSONALITY|IORING_FEAT_FAST_POLL|"
     "IORING_FEAT_POLL_32BITS|IORING_FEAT_SQPOLL_NONFIXED|IORING_FEAT_ENTER_EXT_ARG|"
     "IORING_FEAT_NATIVE_WORKERS|IORING_FEAT_RSRC_TAGS)", {{"fd.type", "\"io_uring\""}}},
    {"io_uring_enter", WIRE_CALL_IO_URING_ENTER, 1, {5, 1, 1, 1}, 5, 0, NULL, {FILE_AT("/[io_uring]")},
     "res=1 fd=5(<r>) to_submit=1 min_complete=1 flags=1(IORING_ENTER_GETEVENTS) sig=", {{0}}},
    {"io_uring_register", WIRE_CALL_IO_URING_REGISTER, 0, {5, 2, 0xabc, 1}, 5, 0, NULL,
     {FILE_AT("/[io_uring]")}, "res=0 fd=5(<r>) opcode=2(IORING_REGISTER_FILES) arg=ABC nr_args=1", {{0}}},
    {"reboot", WIRE_CALL_REBOOT, -EPERM, {0}, NO_FD, 0, NULL, {{0}}, "", {{"evt.res", "\"EPERM\""}}},
    {"swapon", WIRE_CALL_SWAPON, -EPERM, {0}, NO_FD, 0, NULL, {NAME("/s")}, "", {{0}}},
    {"swapoff", WIRE_CALL_SWAPOFF, 0, {0}, NO_FD, 0, NULL, {NAME("/s")}, "", {{"fs.path.name", "\"/s\""}}},

    /* signals */
    {"kill", WIRE_CALL_KILL, 0, {241, SIGINT}, NO_FD, 0, NULL, {{0}}, "res=0 pid=241 sig=2(SIGINT)",
     {{"evt.category", "\"signal\""}}},
    {"kill a group", WIRE_CALL_KILL, -ESRCH, {(uint64_t)-5, 0}, NO_FD, 0, NULL, {{0}},
     "res=-3(ESRCH) pid=-5(EIO) sig=0", {{0}}},
    {"tkill", WIRE_CALL_TKILL, 0, {452, 0}, NO_FD, 0, NULL, {{0}}, "res=0 tid=452 sig=0", {{0}}},
    {"tgkill", WIRE_CALL_TGKILL, 0, {452, 453, SIGUSR1}, NO_FD, 0, NULL, {{0}},
     "res=0 pid=452 tid=453 sig=10(SIGUSR1)", {{0}}},
    {"pidfd_send_signal", WIRE_CALL_PIDFD_SEND_SIGNAL, 0, {3, 9}, 3, 0, NULL, {FILE_AT("/[pidfd]")}, "",
     {{"fd.type", "\"pidfd\""}}},
    {"rt_sigqueueinfo", WIRE_CALL_RT_SIGQUEUEINFO, 0, {3, 9}, NO_FD, 0, NULL, {{0}}, "", {{0}}},
    {"rt_tgsigqueueinfo", WIRE_CALL_RT_TGSIGQUEUEINFO, 0, {3, 9}, NO_FD, 0, NULL, {{0}}, "", {{0}}},
};
/* clang-format on */

static void add_part(struct wire_call_record *record, struct buf *text, enum wire_part part,
                     struct sv bytes)
{
    record->parts |= (uint16_t)(1u << part);
    record->len[part] = (uint16_t)bytes.len;
    buf_sv(text, bytes);
}

static void decode_row(struct decoded *d, const struct row *row, uint32_t flags)
{
    struct wire_call_record record = {
        .hdr = header(WIRE_CALL), .result = row->result, .call = (uint16_t)row->call};
    scoped(buf_done) struct buf text = {0};

    record.hdr.flags = flags;
    memcpy(record.arg, row->arg, sizeof(record.arg));
    if (row->fd != NO_FD)
        record.fd = (struct wire_fd){.num = row->fd, .has = 1, .mode = row->mode, .ino = 99};
    if (row->socket != NULL)
        add_part(&record, &text, WIRE_PART_SOCKET,
                 (struct sv){(const char *)row->socket, sizeof(*row->socket)});
    for (size_t i = 0; i < PARTS_MAX && row->part[i].text.ptr != NULL; i++)
        add_part(&record, &text, row->part[i].part, row->part[i].text);
    decode(d, &record, sizeof(record), buf_view(&text));
}

static void check_row(const struct decoded *d, const struct row *row)
{
    char json[TEXT_MAX * 2];

    CHECK_INT(d->outcome, WIRE_EVENT);
    CHECK_INT(d->event.type, wire_call_type(row->call));
    CHECK_INT(d->change.kind, CHANGE_NONE);
    CHECK_INT(d->event.result, row->result);
    if (row->args != NULL) {
        CHECK(snprintf(json, sizeof(json), "\"%s\"", row->args) < (int)sizeof(json));
        check(d, "evt.args", json);
        test_row(row->row);
        CHECK_INT(d->event.arg_count, event_type_info(d->event.type)->param_count);
    }
    for (size_t i = 0; i < CHECKS_MAX && row->check[i].field != NULL; i++)
        check(d, row->check[i].field, row->check[i].json);
}

static void every_call(void **state)
{
    bool seen[WIRE_CALL_COUNT] = {false};
    struct decoded d;

    decoded_init(&d);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        decode_row(&d, &rows[i], 0);
        check_row(&d, &rows[i]);
        seen[rows[i].call] = true;
    }
    decoded_done(&d);
    for (int call = 0; call < WIRE_CALL_COUNT; call++) {
        test_row(event_type_info(wire_call_type(call))->name);
        CHECK(seen[call] || (event_opens(wire_call_type(call))));
    }
}

static void decode_change(struct decoded *d, enum wire_call call, uint64_t pid, uint64_t group,
                          uint32_t tid, const struct wire_task *task, const char *cwd)
{
    struct wire_call_record record = {
        .hdr = header(WIRE_CALL), .arg = {pid, group}, .call = (uint16_t)call};
    scoped(buf_done) struct buf text = {0};

    record.hdr.tid = tid;
    if (task != NULL)
        add_part(&record, &text, WIRE_PART_TASK, (struct sv){(const char *)task, sizeof(*task)});
    if (cwd != NULL)
        add_part(&record, &text, WIRE_PART_CWD, sv(cwd));
    decode(d, &record, sizeof(record), buf_view(&text));
    CHECK_INT(d->outcome, WIRE_EVENT);
}

static void what_calls_change(void **state)
{
    const struct wire_task task = {.pid = 200, .vpid = 12, .creds = {.euid = 7}, .comm = "kworker"};
    struct decoded d;

    decoded_init(&d);
    test_row("of the process");
    decode_change(&d, WIRE_CALL_SETUID, 7, 0, 200, &task, NULL);
    CHECK_INT(d.change.kind, CHANGE_UPDATE);
    CHECK_INT(d.change.task.pid, 200);
    CHECK_INT(d.change.task.creds.euid, 7);
    CHECK_SV(d.change.task.name, SV("kworker"));
    CHECK_INT(d.change.program.cwd.len, 0);

    test_row("by a thread, which has a name of its own");
    decode_change(&d, WIRE_CALL_SETNS, 3, 0, 201, &task, "/root");
    CHECK_INT(d.change.kind, CHANGE_UPDATE);
    CHECK_INT(d.change.task.name.len, 0);
    CHECK_SV(d.change.program.cwd, SV("/root"));

    test_row("of its directory alone");
    decode_change(&d, WIRE_CALL_CHDIR, 0, 0, 200, NULL, "/tmp");
    CHECK_INT(d.change.kind, CHANGE_CWD);
    CHECK_INT(d.change.task.pid, 200);
    CHECK_INT(d.change.task.start_ns, 3000);
    CHECK_SV(d.change.program.cwd, SV("/tmp"));

    test_row("of its own group, by number or none");
    decode_change(&d, WIRE_CALL_SETPGID, 0, 0, 200, &task, NULL);
    CHECK_INT(d.change.kind, CHANGE_UPDATE);
    decode_change(&d, WIRE_CALL_SETPGID, 12, 0, 200, &task, NULL);
    CHECK_INT(d.change.kind, CHANGE_UPDATE);

    test_row("of a child's group");
    decode_change(&d, WIRE_CALL_SETPGID, 13, 0, 200, &task, NULL);
    CHECK_INT(d.change.kind, CHANGE_GROUP);
    CHECK_INT(d.change.task.pid, 200);
    CHECK_INT(d.change.task.vpid, 13);
    CHECK_INT(d.change.task.vpgid, 13);
    decode_change(&d, WIRE_CALL_SETPGID, 14, 13, 200, &task, NULL);
    CHECK_INT(d.change.task.vpgid, 13);
    decoded_done(&d);
}

static void calls_are_named_as_their_events(void **state)
{
    static const char *const names[] = {
#define WIRE_CALL_NAME(name) #name,
        WIRE_CALLS(WIRE_CALL_NAME)
#undef WIRE_CALL_NAME
    };

    for (int call = 0; call < WIRE_CALL_COUNT; call++) {
        test_row(names[call]);
        CHECK_INT(strcasecmp(names[call], event_type_info(wire_call_type(call))->name), 0);
        CHECK_INT(call_row(call)->type, wire_call_type(call));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call),
        cmocka_unit_test(what_calls_change),
        cmocka_unit_test(calls_are_named_as_their_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
