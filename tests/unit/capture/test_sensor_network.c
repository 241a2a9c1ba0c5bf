#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/capture/sensor.h"
#include "tests/unit/test.h"

static struct sensor sensor;

static int setup(void **state)
{
    sensor_clear(&sensor);
    return 0;
}

/* What a child connects to, and what it saw of it. Shared with the child. */
struct target {
    int family, type;
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    } address;
    socklen_t len;
    int result;          /* 0 or errno */
    uint16_t local_port; /* host order, after the call */
    uint64_t ino;
    bool nonblocking;
};

static struct target *target;

static int body_connect(void *ctx)
{
    int fd = socket(target->family, target->type | (target->nonblocking ? SOCK_NONBLOCK : 0), 0);
    struct sockaddr_in6 local = {0};
    socklen_t len = sizeof(local);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return 1;
    target->ino = st.st_ino;
    target->result = connect(fd, &target->address.any, target->len) == 0 ? 0 : errno;
    if (target->family != AF_UNIX && getsockname(fd, (struct sockaddr *)&local, &len) == 0)
        target->local_port = ntohs(local.sin6_port); /* the same place in both families */
    return 0;
}

static const struct wire_call_record *connect_record(sensor_body_fn body)
{
    uint32_t pid = (uint32_t)sensor_run(&sensor, body, NULL);
    const struct wire_call_record *record = sensor_call(&sensor, WIRE_CALL_CONNECT, pid, 0);

    CHECK(record != NULL);
    CHECK(sensor_call(&sensor, WIRE_CALL_CONNECT, pid, 1) == NULL);
    return record;
}

/* A socket that listens (or, for datagrams, is bound) on loopback; its address goes to *target. */
static int listen_on(int family, int type)
{
    int fd = socket(family, type | SOCK_CLOEXEC, 0);

    memset(target, 0, sizeof(*target));
    target->family = family;
    target->type = type;
    if (family == AF_INET) {
        target->address.in =
            (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        target->len = sizeof(struct sockaddr_in);
    } else {
        target->address.in6 =
            (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
        target->len = sizeof(struct sockaddr_in6);
    }
    if (fd < 0 || bind(fd, &target->address.any, target->len) != 0)
        return -1;
    CHECK(type != SOCK_STREAM || listen(fd, 4) == 0);
    CHECK_INT(getsockname(fd, &target->address.any, &target->len), 0);
    return fd;
}

static uint16_t target_port(void)
{
    return ntohs(target->address.in6.sin6_port);
}

static void check_inet(const struct wire_call_record *record, int protocol, int result)
{
    const void *remote = target->family == AF_INET ? (const void *)&target->address.in.sin_addr
                                                   : (const void *)&target->address.in6.sin6_addr;
    size_t bytes = target->family == AF_INET ? 4 : 16;
    struct wire_socket socket = sensor_socket(record);

    CHECK_INT(target->result, -result);
    CHECK_INT(record->result, result);
    CHECK_INT(socket.family, target->family);
    CHECK_INT(socket.type, target->type);
    CHECK_INT(socket.protocol, protocol);
    CHECK_INT(socket.remote_port, target_port());
    CHECK_INT(memcmp(socket.remote, remote, bytes), 0);
    CHECK_INT(record->fd.ino, target->ino);
    CHECK_INT(record->len[WIRE_PART_UNIX], 0);
    CHECK(record->fd.num >= 0);
}

static void connections_over_loopback(void **state)
{
    static const struct {
        const char *row;
        int family, type, protocol;
        bool refused, nonblocking;
        int result;
    } rows[] = {
        {"tcp", AF_INET, SOCK_STREAM, IPPROTO_TCP, false, false, 0},
        {"tcp refused", AF_INET, SOCK_STREAM, IPPROTO_TCP, true, false, -ECONNREFUSED},
        {"tcp under way", AF_INET, SOCK_STREAM, IPPROTO_TCP, false, true, -EINPROGRESS},
        {"udp", AF_INET, SOCK_DGRAM, IPPROTO_UDP, false, false, 0},
        {"tcp6", AF_INET6, SOCK_STREAM, IPPROTO_TCP, false, false, 0},
        {"tcp6 refused", AF_INET6, SOCK_STREAM, IPPROTO_TCP, true, false, -ECONNREFUSED},
        {"udp6", AF_INET6, SOCK_DGRAM, IPPROTO_UDP, false, false, 0},
    };
    static const uint8_t loopback[] = {127, 0, 0, 1};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        sensor_clear(&sensor);

        int fd = listen_on(rows[i].family, rows[i].type);

        if (fd < 0 && rows[i].family == AF_INET6) {
            print_message("no IPv6 here\n");
            continue;
        }
        CHECK(fd >= 0);
        target->nonblocking = rows[i].nonblocking;
        if (rows[i].refused)
            (void)close(fd);

        const struct wire_call_record *record = connect_record(body_connect);

        struct wire_socket socket = sensor_socket(record);

        check_inet(record, rows[i].protocol, rows[i].result);
        if (!rows[i].refused) {
            CHECK_INT(socket.local_port, target->local_port);
            if (rows[i].family == AF_INET)
                CHECK_INT(memcmp(socket.local, loopback, 4), 0);
            (void)close(fd);
        }
    }
}

/* An address of family AF_UNIX; `name` of `len` bytes may begin with a NUL. */
static void aim_at_unix(const char *name, size_t len, bool counted_exactly)
{
    memset(target, 0, sizeof(*target));
    target->family = AF_UNIX;
    target->type = SOCK_STREAM;
    target->address.un.sun_family = AF_UNIX;
    memcpy(target->address.un.sun_path, name, len);
    target->len = counted_exactly ? (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)
                                  : (socklen_t)sizeof(struct sockaddr_un);
}

static void unix_sockets(void **state)
{
    static const char abstract[] = "\0tiercel\0test";
    char longest[WIRE_UNIX_PATH_MAX];
    static const struct {
        const char *row;
        const char *name;
        size_t len;
        bool listens, exact;
        int result;
    } rows[] = {
        {"a file", "s1", 2, true, false, 0},
        {"a file, counted", "s1", 2, true, true, 0},
        {"abstract", abstract, sizeof(abstract) - 1, true, true, 0},
        {"no such file", "s2", 2, false, false, -ENOENT},
        {"no such abstract name", "\0none", 5, false, true, -ECONNREFUSED},
        {"108 bytes", NULL, WIRE_UNIX_PATH_MAX, false, true, -ENOENT},
    };

    CHECK_INT(chdir(sensor.dir), 0);
    memset(longest, 'l', sizeof(longest));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *name = rows[i].name == NULL ? longest : rows[i].name;
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        test_row(rows[i].row);
        sensor_clear(&sensor);
        aim_at_unix(name, rows[i].len, rows[i].exact);
        if (rows[i].listens) {
            CHECK_INT(bind(fd, &target->address.any, target->len), 0);
            CHECK_INT(listen(fd, 4), 0);
        }

        const struct wire_call_record *record = connect_record(body_connect);
        struct wire_socket socket = sensor_socket(record);

        CHECK_INT(socket.family, AF_UNIX);
        CHECK_INT(socket.type, SOCK_STREAM);
        CHECK_INT(record->result, rows[i].result);
        CHECK_INT(record->fd.ino, target->ino);
        CHECK_SV(sensor_part(record, WIRE_PART_UNIX), ((struct sv){name, rows[i].len}));
        (void)close(fd);
        if (rows[i].listens && name[0] != '\0')
            CHECK_INT(unlink(name), 0);
    }
    CHECK_INT(chdir("/"), 0);
}

static int body_bad_descriptor(void *ctx)
{
    target->result = connect(99, &target->address.any, target->len) == 0 ? 0 : errno;
    return 0;
}

static void what_is_no_socket(void **state)
{
    int fd = listen_on(AF_INET, SOCK_STREAM);
    const struct wire_call_record *record = connect_record(body_bad_descriptor);
    struct wire_socket socket = sensor_socket(record);

    CHECK_INT(record->result, -EBADF);
    CHECK_INT(record->fd.num, 99);
    CHECK_INT(socket.family, AF_INET);
    CHECK_INT(socket.type, 0);
    CHECK_INT(socket.remote_port, target_port());
    CHECK_INT(record->fd.ino, 0);
    (void)close(fd);
}

static int body_bad_pointer(void *ctx)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    target->result = syscall(SYS_connect, fd, 8, 16) == 0 ? 0 : errno;
    return 0;
}

static void address_that_cannot_be_read(void **state)
{
    const struct wire_call_record *record = connect_record(body_bad_pointer);
    struct wire_socket socket = sensor_socket(record);

    CHECK_INT(record->result, -EFAULT);
    CHECK((record->hdr.flags & WIRE_TEXT_MISSING) != 0);
    CHECK_INT(socket.family, AF_INET);
    CHECK_INT(socket.remote_port, 0);
}

#ifdef __x86_64__
/* socketcall(2) of the 32-bit entry, whose arguments lie in memory below 4 GiB. */
static int body_socketcall(void *ctx)
{
    uint32_t *low =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    long result;

    if (low == MAP_FAILED || fd < 0)
        return 1;
    memcpy(low + 16, &target->address, target->len);
    low[0] = (uint32_t)fd;
    low[1] = (uint32_t)(uintptr_t)(low + 16);
    low[2] = target->len;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(102), "b"(3), "c"(low)
                     : "memory", "r8", "r9", "r10", "r11");
    target->result = (int)-result;
    return result == -ENOSYS ? 77 : 0;
}

static void connect_by_socketcall(void **state)
{
    int fd = listen_on(AF_INET, SOCK_STREAM), status;
    pid_t pid = sensor_start(&sensor, NULL, body_socketcall, NULL);

    CHECK_INT(waitpid(pid, &status, 0), pid);
    (void)close(fd);
    if (status == 77 << 8) {
        print_message("no 32-bit calls here\n");
        return;
    }
    CHECK_INT(status, 0);
    sensor_drain(&sensor);

    const struct wire_call_record *record =
        sensor_call(&sensor, WIRE_CALL_CONNECT, (uint32_t)pid, 0);

    CHECK(record != NULL);

    struct wire_socket socket = sensor_socket(record);

    CHECK_INT(record->result, 0);
    CHECK_INT(record->hdr.flags, WIRE_COMPAT);
    CHECK_INT(socket.family, AF_INET);
    CHECK_INT(socket.remote_port, target_port());
}
#else
static void connect_by_socketcall(void **state)
{
    print_message("no such entry on this machine\n");
}
#endif

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(connections_over_loopback, setup),
        cmocka_unit_test_setup(unix_sockets, setup),
        cmocka_unit_test_setup(what_is_no_socket, setup),
        cmocka_unit_test_setup(address_that_cannot_be_read, setup),
        cmocka_unit_test_setup(connect_by_socketcall, setup),
    };

    target = mmap(NULL, sizeof(*target), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (target == MAP_FAILED)
        return 2;
    sensor_begin(&sensor, argv[argc - 1], NULL);

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    sensor_end(&sensor);
    return failed;
}
