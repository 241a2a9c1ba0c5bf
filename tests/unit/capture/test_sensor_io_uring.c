/* What is done through io_uring is seen as the calls that do the same. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/capture/sensor.h"
#include "tests/unit/capture/uring.h"
#include "tests/unit/test.h"

static struct sensor sensor;

static void want(struct wire_calls calls)
{
    CHECK_INT(kernel_ring_set_calls(sensor.ring, &calls, NULL), 0);
}

enum { DIR_FD = 700, NOT_A_FD = 999, CANNOT = 66 };

static int setup(void **state)
{
    sensor_clear(&sensor);
    return 0;
}

static const char *expand(const char *text, char *out)
{
    if (text[0] == '@')
        CHECK(snprintf(out, PATH_MAX, "%s%s", sensor.dir, text + 1) < PATH_MAX);
    else
        CHECK(snprintf(out, PATH_MAX, "%s", text) < PATH_MAX);
    return out;
}

static void make_file(const char *name)
{
    char path[PATH_MAX];

    sensor_path(&sensor, name, path);

    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    CHECK(fd >= 0);
    (void)close(fd);
}

/* How a ring is set up and a request made. */
enum way { PLAIN, WORKER, POLLER, DEFERRED, FIXED_SLOT, ANY_SLOT };

static int open_ring(struct uring *uring, enum way way)
{
    struct io_uring_params params = {0};
    int rc;

    if (way == POLLER) {
        params.flags = IORING_SETUP_SQPOLL;
        params.sq_thread_idle = 50;
    }
    if (way == DEFERRED)
        params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    rc = uring_open(uring, 8, &params);
    if (rc < 0 || (way != FIXED_SLOT && way != ANY_SLOT))
        return rc;

    int slots[4] = {-1, -1, -1, -1};

    return (int)syscall(SYS_io_uring_register, uring->fd, IORING_REGISTER_FILES, slots, 4);
}

static void set_way(struct io_uring_sqe *sqe, enum way way)
{
    if (way == WORKER)
        sqe->flags |= IOSQE_ASYNC;
    if (way == FIXED_SLOT)
        sqe->file_index = 3;
    if (way == ANY_SLOT)
        sqe->file_index = IORING_FILE_INDEX_ALLOC;
}

/* ---- opens ---- */

struct open_case {
    const char *row;
    enum way way;
    enum wire_call call;
    int dirfd;
    const char *raw;
    int flags;
    mode_t mode;
    int result; /* 0: done */
    const char *path, *base;
    uint32_t wire_flags;
};

static const struct open_case open_cases[] = {
    {"openat", PLAIN, WIRE_CALL_OPENAT, AT_FDCWD, "@/file", O_RDWR, 0, 0, "@/file", "", 0},
    {"relative", PLAIN, WIRE_CALL_OPENAT, AT_FDCWD, "sub/../file", O_RDONLY, 0, 0, "@/file", "", 0},
    {"descriptor", PLAIN, WIRE_CALL_OPENAT, DIR_FD, "below", O_RDONLY, 0, 0, "@/sub/below", "", 0},
    {"symbolic link", PLAIN, WIRE_CALL_OPENAT, AT_FDCWD, "@/link", O_RDONLY, 0, 0, "@/sub/below",
     "", 0},
    {"created", PLAIN, WIRE_CALL_OPENAT, AT_FDCWD, "new1", O_WRONLY | O_CREAT, 0600, 0, "@/new1",
     "", WIRE_FILE_CREATED},
    {"openat2", PLAIN, WIRE_CALL_OPENAT2, DIR_FD, "below", O_RDWR, 0, 0, "@/sub/below", "", 0},
    {"worker", WORKER, WIRE_CALL_OPENAT, AT_FDCWD, "link", O_RDONLY, 0, 0, "@/sub/below", "", 0},
    {"poller", POLLER, WIRE_CALL_OPENAT, AT_FDCWD, "link", O_RDONLY, 0, 0, "@/sub/below", "", 0},
    {"deferred", DEFERRED, WIRE_CALL_OPENAT, AT_FDCWD, "link", O_RDONLY, 0, 0, "@/sub/below", "",
     0},
    {"fixed slot", FIXED_SLOT, WIRE_CALL_OPENAT, AT_FDCWD, "link", O_RDONLY, 0, 0, "@/sub/below",
     "", 0},
    {"any slot", ANY_SLOT, WIRE_CALL_OPENAT2, AT_FDCWD, "link", O_RDONLY, 0, 0, "@/sub/below", "",
     0},
    {"no such file", PLAIN, WIRE_CALL_OPENAT, AT_FDCWD, "none", O_RDONLY, 0, -ENOENT, "", "@", 0},
    {"no such file, worker", WORKER, WIRE_CALL_OPENAT, DIR_FD, "none", O_RDONLY, 0, -ENOENT, "",
     "@/sub", 0},
    {"no such file, poller", POLLER, WIRE_CALL_OPENAT, DIR_FD, "none", O_RDONLY, 0, -ENOENT, "",
     "@/sub", 0},
    {"no such descriptor", PLAIN, WIRE_CALL_OPENAT, NOT_A_FD, "none", O_RDONLY, 0, -EBADF, "", "",
     0},
    {"absolute", PLAIN, WIRE_CALL_OPENAT, DIR_FD, "/none/x", O_RDONLY, 0, -ENOENT, "", "", 0},
};

static int body_open(void *ctx)
{
    const struct open_case *row = ctx;
    struct open_how how = {.flags = (uint64_t)row->flags, .mode = row->mode};
    bool second = row->call == WIRE_CALL_OPENAT2;
    struct uring uring;
    char path[PATH_MAX];

    if (chdir(sensor.dir) != 0 || dup2(open("sub", O_PATH | O_DIRECTORY), DIR_FD) != DIR_FD)
        return 1;

    int rc = open_ring(&uring, row->way);

    if (rc < 0)
        return rc == -EINVAL ? CANNOT : 2;

    struct io_uring_sqe *sqe = uring_next(
        &uring, second ? IORING_OP_OPENAT2 : IORING_OP_OPENAT, row->dirfd, expand(row->raw, path),
        second ? sizeof(how) : row->mode, second ? (uint64_t)(uintptr_t)&how : 0);

    if (!second)
        sqe->open_flags = (uint32_t)row->flags;
    set_way(sqe, row->way);
    rc = uring_do(&uring);
    if (row->result < 0 ? rc == row->result : rc >= 0)
        return 0;
    print_error("row '%s': the request gave %d, expected %d\n", row->row, rc, row->result);
    return 3;
}

/* Run in the cgroup; 0 when this kernel cannot do it so. */
static uint32_t run(sensor_body_fn body, void *ctx)
{
    int status = -1;
    pid_t pid = sensor_start(&sensor, NULL, body, ctx);

    CHECK_INT(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT) {
        print_message("not on this kernel\n");
        return 0;
    }
    CHECK_INT(status, 0);
    sensor_drain(&sensor);
    return (uint32_t)pid;
}

static const struct wire_open *find_open(uint32_t pid, size_t nth)
{
    for (size_t i = 0;; i++) {
        const struct wire_header *hdr = sensor_find(&sensor, WIRE_OPEN, pid, i);

        CHECK(hdr != NULL);
        if ((hdr->flags & WIRE_URING) != 0 && nth-- == 0)
            return (const struct wire_open *)hdr;
    }
}

static size_t count_uring(enum wire_kind kind, uint32_t pid)
{
    size_t count = 0;
    const struct wire_header *hdr;

    for (size_t i = 0; (hdr = sensor_find(&sensor, kind, pid, i)) != NULL; i++)
        count += (hdr->flags & WIRE_URING) != 0;
    return count;
}

static void opens(void **state)
{
    char path[PATH_MAX];

    sensor_path(&sensor, "sub", path);
    CHECK_INT(mkdir(path, 0755), 0);
    make_file("file");
    make_file("sub/below");
    sensor_path(&sensor, "link", path);
    CHECK_INT(symlink("sub/below", path), 0);
    for (size_t i = 0; i < ARRAY_LEN(open_cases); i++) {
        struct open_case row = open_cases[i];
        char raw[PATH_MAX], base[PATH_MAX];
        struct stat st;

        test_row(row.row);
        sensor_clear(&sensor);

        uint32_t pid = run(body_open, &row);

        if (pid == 0)
            continue;

        const struct wire_open *open = find_open(pid, 0);
        const char *at = open->data;

        CHECK_INT(count_uring(WIRE_OPEN, pid), 1);
        CHECK_SV(sensor_text(&at, open->path_len), sv(expand(row.path, path)));
        CHECK_SV(sensor_text(&at, open->raw_len), sv(expand(row.raw, raw)));
        CHECK_SV(sensor_text(&at, open->base_len), sv(expand(row.base, base)));
        CHECK_INT(open->call, row.call);
        CHECK_INT(open->dirfd, row.dirfd);
        CHECK_INT(open->flags, row.flags);
        CHECK_INT(open->mode, row.mode);
        CHECK_INT(open->hdr.flags & ~(uint32_t)(WIRE_FILE_UPPER | WIRE_FILE_LOWER),
                  row.wire_flags | WIRE_URING);
        CHECK_INT(open->hdr.tid == pid, row.way != POLLER);
        if (row.result < 0) {
            CHECK_INT(open->result, row.result);
            continue;
        }
        CHECK(open->result >= 0);
        CHECK_INT(lstat(path, &st), 0);
        CHECK_INT(open->ino, st.st_ino);
        CHECK_INT(open->file_mode, st.st_mode);
    }
}

/* ---- names removed and changed ---- */

struct path_case {
    const char *row;
    enum way way;
    int opcode, fd;
    const char *name;
    int new_fd;
    const char *new_name;
    unsigned flags;
    int result;
    enum wire_call call;
    const char *base, *new_base;
};

static const struct path_case path_cases[] = {
    {"unlinkat", PLAIN, IORING_OP_UNLINKAT, AT_FDCWD, "@/gone", 0, NULL, 0, 0, WIRE_CALL_UNLINKAT,
     "", ""},
    {"directory", PLAIN, IORING_OP_UNLINKAT, AT_FDCWD, "gone-dir", 0, NULL, AT_REMOVEDIR, 0,
     WIRE_CALL_UNLINKAT, "@", ""},
    {"descriptor", WORKER, IORING_OP_UNLINKAT, DIR_FD, "gone", 0, NULL, 0, 0, WIRE_CALL_UNLINKAT,
     "@/sub", ""},
    {"no such file", POLLER, IORING_OP_UNLINKAT, DIR_FD, "none", 0, NULL, 0, -ENOENT,
     WIRE_CALL_UNLINKAT, "@/sub", ""},
    {"renameat", PLAIN, IORING_OP_RENAMEAT, AT_FDCWD, "@/a", DIR_FD, "b", 0, 0, WIRE_CALL_RENAMEAT,
     "", "@/sub"},
    {"renameat2", WORKER, IORING_OP_RENAMEAT, DIR_FD, "b", AT_FDCWD, "a", 1, 0, WIRE_CALL_RENAMEAT2,
     "@/sub", "@"},
    {"linkat", PLAIN, IORING_OP_LINKAT, AT_FDCWD, "a", DIR_FD, "hard", 0, 0, WIRE_CALL_LINKAT, "@",
     "@/sub"},
    {"mkdirat", PLAIN, IORING_OP_MKDIRAT, DIR_FD, "made", 0750, NULL, 0, 0, WIRE_CALL_MKDIRAT,
     "@/sub", ""},
    {"mkdirat, there already", WORKER, IORING_OP_MKDIRAT, DIR_FD, "made", 0750, NULL, 0, -EEXIST,
     WIRE_CALL_MKDIRAT, "@/sub", ""},
};

static int body_path(void *ctx)
{
    const struct path_case *row = ctx;
    struct uring uring;
    char name[PATH_MAX], new_name[PATH_MAX];
    const char *other = row->new_name == NULL ? NULL : expand(row->new_name, new_name);

    if (chdir(sensor.dir) != 0 || dup2(open("sub", O_PATH | O_DIRECTORY), DIR_FD) != DIR_FD ||
        open_ring(&uring, row->way) < 0)
        return 1;

    struct io_uring_sqe *sqe = uring_next(&uring, row->opcode, row->fd, expand(row->name, name),
                                          (unsigned)row->new_fd, (uint64_t)(uintptr_t)other);

    sqe->rename_flags = row->flags;
    set_way(sqe, row->way);

    int rc = uring_do(&uring);

    if (rc == row->result)
        return 0;
    print_error("row '%s': the request gave %d, expected %d\n", row->row, rc, row->result);
    return 3;
}

static void paths(void **state)
{
    char name[PATH_MAX];

    sensor_path(&sensor, "gone-dir", name);
    CHECK_INT(mkdir(name, 0755), 0);
    make_file("gone");
    make_file("sub/gone");
    make_file("a");
    for (size_t i = 0; i < ARRAY_LEN(path_cases); i++) {
        struct path_case row = path_cases[i];
        char other[PATH_MAX];

        test_row(row.row);
        sensor_clear(&sensor);

        uint32_t pid = run(body_path, &row);
        const struct wire_call_record *call = sensor_call(&sensor, row.call, pid, 0);

        CHECK(call != NULL);
        CHECK_SV(sensor_part(call, WIRE_PART_NAME), sv(expand(row.name, name)));
        CHECK_SV(sensor_part(call, WIRE_PART_NEW_NAME),
                 row.new_name == NULL ? SV("") : sv(expand(row.new_name, other)));
        CHECK_SV(sensor_part(call, WIRE_PART_BASE), sv(expand(row.base, name)));
        CHECK_SV(sensor_part(call, WIRE_PART_NEW_BASE), sv(expand(row.new_base, other)));
        CHECK_INT(call->result, row.result);
        if (row.opcode == IORING_OP_MKDIRAT)
            CHECK_INT(call->arg[2], row.new_fd);
        else
            CHECK_INT(call->arg[row.new_name == NULL ? 2 : 4], row.flags);
        CHECK_INT((int32_t)call->arg[0], row.fd);
        CHECK_INT(call->hdr.flags, WIRE_URING);
        CHECK(sensor_call(&sensor, row.call, pid, 1) == NULL);
    }
}

/* The link's own name is the one in a directory; its target is a text. */
static int body_symlink(void *ctx)
{
    struct uring uring;

    if (chdir(sensor.dir) != 0 || dup2(open("sub", O_PATH | O_DIRECTORY), DIR_FD) != DIR_FD ||
        open_ring(&uring, PLAIN) < 0)
        return 1;
    uring_next(&uring, IORING_OP_SYMLINKAT, DIR_FD, "/etc/shadow", 0, (uint64_t)(uintptr_t) "sym");
    return uring_do(&uring) == 0 ? 0 : 2;
}

static void symbolic_links(void **state)
{
    char path[PATH_MAX];
    uint32_t pid = run(body_symlink, NULL);
    const struct wire_call_record *call = sensor_call(&sensor, WIRE_CALL_SYMLINKAT, pid, 0);

    CHECK(call != NULL);
    sensor_path(&sensor, "sub", path);
    CHECK_SV(sensor_part(call, WIRE_PART_NAME), SV("sym"));
    CHECK_SV(sensor_part(call, WIRE_PART_BASE), sv(path));
    CHECK_SV(sensor_part(call, WIRE_PART_STRING), SV("/etc/shadow"));
    CHECK_INT(call->arg[1], DIR_FD);
    CHECK_INT(call->result, 0);
}

/* ---- connections ---- */

struct connect_case {
    const char *row;
    enum way way;
    int family, type;
    bool listens;
    int result;
};

static const struct connect_case connect_cases[] = {
    {"tcp", PLAIN, AF_INET, SOCK_STREAM, true, 0},
    {"tcp, by a worker", WORKER, AF_INET, SOCK_STREAM, true, 0},
    {"tcp, by the poller", POLLER, AF_INET, SOCK_STREAM, true, 0},
    {"tcp, registered socket", FIXED_SLOT, AF_INET, SOCK_STREAM, true, 0},
    {"tcp, version 6", PLAIN, AF_INET6, SOCK_STREAM, true, 0},
    {"tcp, refused", PLAIN, AF_INET, SOCK_STREAM, false, -ECONNREFUSED},
    {"udp", PLAIN, AF_INET, SOCK_DGRAM, true, 0},
    {"unix", PLAIN, AF_UNIX, SOCK_STREAM, true, 0},
    {"unix, nobody", PLAIN, AF_UNIX, SOCK_STREAM, false, -ECONNREFUSED},
    {"unix, nobody there", WORKER, AF_UNIX, SOCK_STREAM, false, -ECONNREFUSED},
};

struct endpoint {
    struct connect_case row;
    struct sockaddr_storage address;
    socklen_t len;
};

static int body_connect(void *ctx)
{
    const struct endpoint *end = ctx;
    struct uring uring;
    int slots[4] = {-1, -1, -1, -1};
    int fd = socket(end->row.family, end->row.type | SOCK_CLOEXEC, 0);

    if (fd < 0 || open_ring(&uring, end->row.way == FIXED_SLOT ? PLAIN : end->row.way) < 0)
        return 1;

    struct io_uring_sqe *sqe =
        uring_next(&uring, IORING_OP_CONNECT, fd, &end->address, 0, end->len);

    if (end->row.way == FIXED_SLOT) {
        slots[2] = fd;
        if (syscall(SYS_io_uring_register, uring.fd, IORING_REGISTER_FILES, slots, 4) != 0)
            return 2;
        (void)close(fd); /* only the ring has it now */
        sqe->fd = 2;
        sqe->flags |= IOSQE_FIXED_FILE;
    } else {
        set_way(sqe, end->row.way);
    }

    int rc = uring_do(&uring);

    if (rc == end->row.result)
        return 0;
    print_error("row '%s': the request gave %d, expected %d\n", end->row.row, rc, end->row.result);
    return 3;
}

/* A socket for the row to connect to, listening or not. */
static int make_end(struct endpoint *end)
{
    int fd = socket(end->row.family, end->row.type | SOCK_CLOEXEC, 0);
    struct sockaddr_in *in = (struct sockaddr_in *)&end->address;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&end->address;
    struct sockaddr_un *un = (struct sockaddr_un *)&end->address;

    CHECK(fd >= 0);
    end->address.ss_family = (sa_family_t)end->row.family;
    if (end->row.family == AF_INET) {
        in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        end->len = sizeof(*in);
    } else if (end->row.family == AF_INET6) {
        in6->sin6_addr = in6addr_loopback;
        end->len = sizeof(*in6);
    } else {
        CHECK(snprintf(un->sun_path, sizeof(un->sun_path), "%s/socket", sensor.dir) <
              (int)sizeof(un->sun_path));
        (void)unlink(un->sun_path);
        end->len = sizeof(*un);
    }
    CHECK_INT(bind(fd, (struct sockaddr *)&end->address, end->len), 0);
    CHECK_INT(getsockname(fd, (struct sockaddr *)&end->address, &end->len), 0);
    if (end->row.listens && end->row.type == SOCK_STREAM)
        CHECK_INT(listen(fd, 8), 0);
    return fd;
}

static void connect_is_to(const struct endpoint *end, const struct wire_call_record *connect)
{
    struct wire_socket socket = sensor_socket(connect);
    const struct sockaddr_in *in = (const struct sockaddr_in *)&end->address;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&end->address;
    const struct sockaddr_un *un = (const struct sockaddr_un *)&end->address;

    CHECK_INT(socket.family, end->row.family);
    if (end->row.family == AF_UNIX) {
        CHECK_SV(sensor_part(connect, WIRE_PART_UNIX), sv(un->sun_path));
        return;
    }
    CHECK_INT(socket.remote_port, ntohs(in->sin_port));
    if (end->row.family == AF_INET)
        CHECK_INT(memcmp(socket.remote, &in->sin_addr, 4), 0);
    else
        CHECK_INT(memcmp(socket.remote, &in6->sin6_addr, 16), 0);
}

static void connections(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(connect_cases); i++) {
        struct endpoint end = {.row = connect_cases[i]};

        test_row(end.row.row);
        sensor_clear(&sensor);

        scoped(fd_close) int fd = make_end(&end);
        uint32_t pid = run(body_connect, &end);
        const struct wire_call_record *connect = sensor_call(&sensor, WIRE_CALL_CONNECT, pid, 0);

        CHECK(connect != NULL);
        CHECK_INT(connect->result, end.row.result);
        CHECK_INT(connect->hdr.flags, WIRE_URING);
        CHECK_INT(connect->hdr.tid == pid, end.row.way != POLLER);
        CHECK_INT(sensor_socket(connect).type, end.row.type);
        connect_is_to(&end, connect);
        CHECK(sensor_call(&sensor, WIRE_CALL_CONNECT, pid, 1) == NULL);
    }
}

/* A whole server without a system call of its own, as far as this kernel goes. */
static int body_server(void *ctx)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    struct uring uring;
    char byte = 'x';

    if (open_ring(&uring, PLAIN) < 0)
        return 1;
    uring_next(&uring, IORING_OP_SOCKET, AF_INET, NULL, 0, SOCK_STREAM);

    int fd = uring_do(&uring);

    if (fd < 0)
        return CANNOT;
    uring_next(&uring, 56, fd, &address, 0, sizeof(address)); /* IORING_OP_BIND */
    if (uring_do(&uring) != 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        return 2;
    uring_next(&uring, 57, fd, NULL, 3, 0); /* IORING_OP_LISTEN */
    if (uring_do(&uring) != 0 && listen(fd, 3) != 0)
        return 3;

    int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0 ||
        connect(other, (struct sockaddr *)&address, len) != 0)
        return 4;
    uring_next(&uring, IORING_OP_ACCEPT, fd, NULL, 0, 0);

    int peer = uring_do(&uring);

    if (peer < 0)
        return 5;
    uring_next(&uring, IORING_OP_SEND, peer, &byte, 1, 0);
    if (uring_do(&uring) != 1)
        return 6;
    uring_next(&uring, IORING_OP_RECV, other, &byte, 1, 0);
    return uring_do(&uring) == 1 ? 0 : 7;
}

static const struct wire_call_record *uring_record(enum wire_call call, uint32_t pid)
{
    const struct wire_call_record *record = NULL;

    for (size_t i = 0; (record = sensor_call(&sensor, call, pid, i)) != NULL; i++)
        if ((record->hdr.flags & WIRE_URING) != 0)
            break;
    return record;
}

static void servers(void **state)
{
    static const struct {
        const char *row;
        enum wire_call call;
        bool newer, connected;
    } rows[] = {
        {"socket", WIRE_CALL_SOCKET, false, false}, {"bind", WIRE_CALL_BIND, true, false},
        {"listen", WIRE_CALL_LISTEN, true, false},  {"accept", WIRE_CALL_ACCEPT4, false, true},
        {"send", WIRE_CALL_SENDTO, false, true},    {"recv", WIRE_CALL_RECVFROM, false, true},
    };
    uint32_t pid = run(body_server, NULL);

    for (size_t i = 0; pid != 0 && i < ARRAY_LEN(rows); i++) {
        const struct wire_call_record *call = uring_record(rows[i].call, pid);

        test_row(rows[i].row);
        if (rows[i].newer && (call == NULL || call->result == -EINVAL))
            continue; /* since 6.11 */
        CHECK(call != NULL);
        CHECK(call->result >= 0);
        CHECK(call->fd.has != 0 && call->fd.num > 2);
        CHECK_INT(sensor_socket(call).family, AF_INET);
        CHECK_INT(sensor_socket(call).type, SOCK_STREAM);
        CHECK_INT(sensor_socket(call).remote_port != 0, rows[i].connected);
        if (rows[i].call != WIRE_CALL_SOCKET)
            CHECK(sensor_socket(call).local_port != 0);
    }
}

/* ---- tricks ---- */

/* A directory is opened and, in the same chain, a file below it, when its descriptor is still to
 * come. */
static int body_linked(void *ctx)
{
    struct uring uring;
    struct io_uring_cqe cqe;
    int next = dup(0);

    if (chdir(sensor.dir) != 0 || open_ring(&uring, PLAIN) < 0)
        return 1;
    (void)close(next); /* the number that the directory will get */
    uring_next(&uring, IORING_OP_OPENAT, AT_FDCWD, "sub", 0, 0)->flags |= IOSQE_IO_LINK;
    uring_next(&uring, IORING_OP_OPENAT, next, "below", 0, 0)->flags |= IOSQE_IO_LINK;
    uring_next(&uring, IORING_OP_UNLINKAT, next, "none", 0, 0);
    if (uring_submit(&uring, 3) != 3)
        return 2;
    if (uring_result(&uring, &cqe) != 0 || cqe.res != next || uring_result(&uring, &cqe) != 0 ||
        cqe.res < 0 || uring_result(&uring, &cqe) != 0 || cqe.res != -ENOENT)
        return 3;
    return 0;
}

static void linked_requests(void **state)
{
    char path[PATH_MAX];
    uint32_t pid = run(body_linked, NULL);
    const struct wire_open *open = find_open(pid, 1);
    const struct wire_call_record *unlink = sensor_call(&sensor, WIRE_CALL_UNLINKAT, pid, 0);

    sensor_path(&sensor, "sub/below", path);
    CHECK_SV(((struct sv){open->data, open->path_len}), sv(path));
    CHECK_INT(open->hdr.flags & WIRE_NAME_UNSURE, 0);
    CHECK(unlink != NULL);
    sensor_path(&sensor, "sub", path);
    CHECK_SV(sensor_part(unlink, WIRE_PART_BASE), sv(path));
    CHECK_INT(unlink->result, -ENOENT);
    /* It was asked for when its directory was not there yet. */
    CHECK((unlink->hdr.flags & WIRE_NAME_UNSURE) != 0);
}

/* The name is rewritten while the request waits for its turn: the kernel has its own copy. */
static int body_rewritten(void *ctx)
{
    struct uring uring;
    char name[PATH_MAX];
    struct io_uring_cqe cqe;

    sensor_path(&sensor, "file", name);
    if (open_ring(&uring, PLAIN) < 0)
        return 1;
    uring_next(&uring, IORING_OP_UNLINKAT, AT_FDCWD, name, 0, 0)->flags |= IOSQE_ASYNC;
    if (uring_submit(&uring, 0) != 1)
        return 2;
    memset(name, 'x', strlen(name));
    return uring_result(&uring, &cqe) == 0 && cqe.res == 0 ? 0 : 3;
}

static void names_rewritten_after_submission(void **state)
{
    char path[PATH_MAX];
    uint32_t pid = run(body_rewritten, NULL);
    const struct wire_call_record *unlink = sensor_call(&sensor, WIRE_CALL_UNLINKAT, pid, 0);

    sensor_path(&sensor, "file", path);
    CHECK(unlink != NULL);
    CHECK_SV(sensor_part(unlink, WIRE_PART_NAME), sv(path));
    make_file("file");
}

/* A ring made in the child before it came under the sensor's eyes, and submitted to by its fork. */
static int body_inherited(void *ctx)
{
    struct uring uring;
    int status = -1;

    if (open_ring(&uring, PLAIN) < 0)
        return 1;

    pid_t pid = fork();

    if (pid == 0) {
        char name[PATH_MAX];

        sensor_path(&sensor, "sub/below", name);
        uring_next(&uring, IORING_OP_OPENAT, AT_FDCWD, name, 0, 0);
        _exit(uring_do(&uring) >= 0 ? 0 : 2);
    }
    return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 3;
}

static void inherited_ring(void **state)
{
    char path[PATH_MAX];
    uint32_t pid = run(body_inherited, NULL);
    const struct wire_open *open = find_open(0, 0);

    sensor_path(&sensor, "sub/below", path);
    CHECK_SV(((struct sv){open->data, open->path_len}), sv(path));
    CHECK(open->hdr.pid != pid); /* the child that submitted, not the one that made the ring */
}

/* A thread does the work of the ring: the process is the same, the thread is told. */
static void *thread_open(void *ctx)
{
    struct uring uring;
    char name[PATH_MAX];

    sensor_path(&sensor, "sub/below", name);
    if (open_ring(&uring, WORKER) < 0)
        return NULL;
    set_way(uring_next(&uring, IORING_OP_OPENAT, AT_FDCWD, name, 0, 0), WORKER);
    return uring_do(&uring) >= 0 ? ctx : NULL;
}

static int body_thread(void *ctx)
{
    pthread_t thread;
    void *done = NULL;

    return pthread_create(&thread, NULL, thread_open, ctx) == 0 &&
                   pthread_join(thread, &done) == 0 && done != NULL
               ? 0
               : 1;
}

static void threads(void **state)
{
    uint32_t pid = run(body_thread, &sensor);
    const struct wire_open *open = find_open(pid, 0);

    CHECK_INT(open->hdr.pid, pid);
    CHECK(open->hdr.tid != pid);
    CHECK(open->path_len > 0);
}

/* Made and waiting before the programs are there: an open of a fifo without a writer. */
static int body_waiting(void *ctx)
{
    const int *gate = ctx;
    struct uring uring;
    struct io_uring_cqe cqe;
    char name[PATH_MAX], go;

    sensor_path(&sensor, "fifo", name);
    if (open_ring(&uring, PLAIN) < 0)
        return 1;
    uring_next(&uring, IORING_OP_OPENAT, AT_FDCWD, name, 0, 0)->flags |= IOSQE_ASYNC;
    if (uring_submit(&uring, 0) != 1 || write(gate[1], "", 1) != 1 || read(gate[2], &go, 1) != 1)
        return 2;

    int fd = open(name, O_WRONLY | O_CLOEXEC);

    return fd >= 0 && uring_result(&uring, &cqe) == 0 && cqe.res >= 0 ? 0 : 3;
}

static void ring_from_before(void **state)
{
    int gate[4];
    char name[PATH_MAX], ready;

    sensor_path(&sensor, "fifo", name);
    CHECK_INT(mkfifo(name, 0600), 0);
    CHECK_INT(pipe(gate), 0);
    CHECK_INT(pipe(gate + 2), 0);
    want((struct wire_calls){{0}});

    pid_t pid = sensor_start(&sensor, NULL, body_waiting, gate);

    CHECK_INT(read(gate[0], &ready, 1), 1);
    want(wire_calls_all());
    CHECK_INT(write(gate[3], "", 1), 1);
    sensor_wait(pid, 0);
    sensor_drain(&sensor);

    const struct wire_open *open = find_open((uint32_t)pid, 0);

    CHECK_SV(((struct sv){open->data, open->path_len}), sv(name));
    CHECK((open->hdr.flags & WIRE_TEXT_MISSING) != 0);
    CHECK_INT(open->raw_len, 0);
    for (int i = 0; i < 4; i++)
        (void)close(gate[i]);
}

/* ---- ends that no program sees ---- */

/* Success is not told to user space; nobody takes a result. */
static int body_quiet(void *ctx)
{
    const enum way *way = ctx;
    struct uring uring;
    char name[PATH_MAX];

    sensor_path(&sensor, "link", name);
    if (chdir(sensor.dir) != 0 || open_ring(&uring, *way) < 0)
        return 1;

    struct io_uring_sqe *sqe = uring_next(&uring, IORING_OP_OPENAT, AT_FDCWD, name, 0, 0);

    set_way(sqe, *way);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    if (uring_submit(&uring, 0) != 1 || mkdir("quiet", 0755) != 0)
        return 2;
    sqe = uring_next(&uring, IORING_OP_UNLINKAT, AT_FDCWD, "quiet", 0, 0);
    sqe->unlink_flags = AT_REMOVEDIR;
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    if (uring_submit(&uring, 0) != 1)
        return 3;
    for (int i = 0; i < 1000 && access("quiet", F_OK) == 0; i++)
        (void)usleep(1000);
    (void)usleep(200000); /* stays a little, as whoever has opened something does */
    return access("quiet", F_OK) != 0 ? 0 : 4;
}

static void check_quiet(uint32_t pid)
{
    char path[PATH_MAX], link[PATH_MAX];
    const struct wire_open *open = find_open(pid, 0);
    const struct wire_call_record *unlink = sensor_call(&sensor, WIRE_CALL_UNLINKAT, pid, 0);
    const char *at = open->data;
    struct stat st;

    sensor_path(&sensor, "sub/below", path);
    sensor_path(&sensor, "link", link);
    CHECK_SV(sensor_text(&at, open->path_len), sv(path));
    CHECK_SV(sensor_text(&at, open->raw_len), sv(link));
    CHECK(open->result >= 0);
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(open->ino, st.st_ino);
    CHECK_INT(open->file_mode, st.st_mode);
    CHECK_INT(open->dev, (uint32_t)major(st.st_dev) << 20 | (uint32_t)minor(st.st_dev));
    CHECK(unlink != NULL);
    CHECK_SV(sensor_part(unlink, WIRE_PART_NAME), SV("quiet"));
    CHECK_SV(sensor_part(unlink, WIRE_PART_BASE), sv(sensor.dir));
    CHECK_INT(unlink->result, 0);
    CHECK_INT(unlink->hdr.flags, WIRE_URING | WIRE_NAME_UNSURE);
    CHECK_INT(count_uring(WIRE_OPEN, pid), 1);
}

static uint32_t run_while_reading(sensor_body_fn body, void *ctx)
{
    pid_t pid = sensor_start(&sensor, NULL, body, ctx);

    for (int i = 0; i < 8; i++)
        sensor_drain(&sensor);
    sensor_wait(pid, 0);
    sensor_drain(&sensor);
    return (uint32_t)pid;
}

static void quiet_requests(void **state)
{
    static enum way ways[] = {PLAIN, WORKER, POLLER};

    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        test_row(i == 0 ? "plain" : i == 1 ? "worker" : "poller");
        sensor_clear(&sensor);
        check_quiet(run_while_reading(body_quiet, &ways[i]));
    }
}

/* A quiet connection. */
static int body_quiet_connect(void *ctx)
{
    const struct endpoint *end = ctx;
    struct uring uring;
    int fd = socket(end->row.family, end->row.type | SOCK_CLOEXEC, 0);

    if (fd < 0 || open_ring(&uring, PLAIN) < 0)
        return 1;
    uring_next(&uring, IORING_OP_CONNECT, fd, &end->address, 0, end->len)->flags |=
        IOSQE_CQE_SKIP_SUCCESS;
    if (uring_submit(&uring, 0) != 1)
        return 2;
    (void)usleep(200000);
    return 0;
}

static void quiet_connections(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(connect_cases); i++) {
        struct endpoint end = {.row = connect_cases[i]};

        if (end.row.way != PLAIN || !end.row.listens)
            continue;
        test_row(end.row.row);
        sensor_clear(&sensor);

        scoped(fd_close) int fd = make_end(&end);
        uint32_t pid = run_while_reading(body_quiet_connect, &end);
        const struct wire_call_record *connect = sensor_call(&sensor, WIRE_CALL_CONNECT, pid, 0);

        CHECK(connect != NULL);
        CHECK_INT(connect->result, 0);
        connect_is_to(&end, connect);
        CHECK(sensor_call(&sensor, WIRE_CALL_CONNECT, pid, 1) == NULL);
    }
}

/* Many quiet ones in a row use the same memory again and again. */
static int body_quiet_many(void *ctx)
{
    struct uring uring;
    char name[PATH_MAX];

    sensor_path(&sensor, "sub/below", name);
    if (open_ring(&uring, PLAIN) < 0)
        return 1;
    for (int i = 0; i < 100; i++) {
        struct io_uring_sqe *sqe = uring_next(&uring, IORING_OP_OPENAT, AT_FDCWD, name, 0, 0);

        sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
        if (uring_submit(&uring, 0) != 1)
            return 2;
    }
    (void)usleep(200000);
    return 0;
}

static void many_quiet_requests(void **state)
{
    uint32_t pid = run_while_reading(body_quiet_many, NULL);

    CHECK_INT(count_uring(WIRE_OPEN, pid), 100);
    for (size_t i = 0; i < 100; i++)
        CHECK(find_open(pid, i)->result >= 0);
}

/* Results that have no room: the ring holds four, nobody takes them. */
static int body_overflow(void *ctx)
{
    struct io_uring_params params = {.flags = IORING_SETUP_CQSIZE, .cq_entries = 4};
    struct uring uring;
    char name[PATH_MAX];

    sensor_path(&sensor, "sub/below", name);
    if (uring_open(&uring, 2, &params) < 0)
        return 1;
    for (int i = 0; i < 10; i++) {
        uring_next(&uring, IORING_OP_OPENAT, AT_FDCWD, name, 0, 0);
        if (uring_submit(&uring, 0) != 1)
            return 2;
    }
    (void)usleep(400000);
    return 0;
}

static void results_without_room(void **state)
{
    uint32_t pid = run_while_reading(body_overflow, NULL);

    CHECK_INT(count_uring(WIRE_OPEN, pid), 10);
}

static int body_unwanted(void *ctx)
{
    struct uring uring;

    if (open_ring(&uring, PLAIN) < 0)
        return 1;
    uring_next(&uring, IORING_OP_OPENAT, AT_FDCWD, "/", 0, 0);
    return uring_do(&uring) >= 0 ? 0 : 2;
}

static void only_what_is_wanted(void **state)
{
    want(sensor_one_call(WIRE_CALL_UNLINKAT));

    uint32_t pid = run(body_unwanted, NULL);

    CHECK(sensor_find(&sensor, WIRE_OPEN, pid, 0) == NULL);
    want(wire_calls_all());
    pid = run(body_unwanted, NULL);
    CHECK_INT(count_uring(WIRE_OPEN, pid), 1);
}

static void not_outside_the_scope(void **state)
{
    pid_t pid = sensor_start(&sensor, "", body_unwanted, NULL);

    sensor_wait(pid, 0);
    sensor_drain(&sensor);
    CHECK(sensor_find(&sensor, WIRE_OPEN, (uint32_t)pid, 0) == NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(opens, setup),
        cmocka_unit_test_setup(paths, setup),
        cmocka_unit_test_setup(symbolic_links, setup),
        cmocka_unit_test_setup(connections, setup),
        cmocka_unit_test_setup(servers, setup),
        cmocka_unit_test_setup(linked_requests, setup),
        cmocka_unit_test_setup(names_rewritten_after_submission, setup),
        cmocka_unit_test_setup(inherited_ring, setup),
        cmocka_unit_test_setup(threads, setup),
        cmocka_unit_test_setup(ring_from_before, setup),
        cmocka_unit_test_setup(quiet_requests, setup),
        cmocka_unit_test_setup(quiet_connections, setup),
        cmocka_unit_test_setup(many_quiet_requests, setup),
        cmocka_unit_test_setup(results_without_room, setup),
        cmocka_unit_test_setup(only_what_is_wanted, setup),
        cmocka_unit_test_setup(not_outside_the_scope, setup),
    };
    struct uring probe;

    if (uring_open(&probe, 1, NULL) < 0) {
        printf("cannot run here: no io_uring\n");
        return 77;
    }
    (void)close(probe.fd);
    (void)signal(SIGPIPE, SIG_IGN);
    sensor_begin(&sensor, argv[1], NULL);

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    sensor_end(&sensor);
    return failed;
}
