/* Records made of requests, with a /proc of the test's own. */
#include "capture/kernel_uring_late.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdalign.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "capture/wire_check.h"
#include "tests/unit/test.h"

enum { PID = 77 };

static char proc[] = "/tmp/tiercel-late-XXXXXX";
static alignas(8) char record[WIRE_RECORD_MAX];

static void link_in_proc(const char *name, const char *to)
{
    char path[PATH_MAX];

    (void)snprintf(path, sizeof(path), "%s/%d/%s", proc, PID, name);
    CHECK_INT(symlink(to, path), 0);
}

static int make_proc(void **state)
{
    char path[PATH_MAX];

    CHECK(mkdtemp(proc) != NULL);
    (void)snprintf(path, sizeof(path), "%s/%d", proc, PID);
    CHECK_INT(mkdir(path, 0755), 0);
    (void)snprintf(path, sizeof(path), "%s/%d/fd", proc, PID);
    CHECK_INT(mkdir(path, 0755), 0);
    link_in_proc("cwd", "/jail/home");
    link_in_proc("root", "/jail");
    link_in_proc("fd/3", "/jail/etc/shadow");
    link_in_proc("fd/4", "/jail/var");
    link_in_proc("fd/5", "/dev/null");
    link_in_proc("fd/6", "/jailbird");
    return 0;
}

static int remove_proc(void **state)
{
    char *dirs[] = {proc, NULL};
    FTS *tree = fts_open(dirs, FTS_PHYSICAL, NULL);
    FTSENT *entry;

    while (tree != NULL && (entry = fts_read(tree)) != NULL)
        if (entry->fts_info != FTS_D)
            (void)remove(entry->fts_accpath);
    if (tree != NULL)
        (void)fts_close(tree);
    return 0;
}

static struct uring_request *request_of(enum wire_call call, const char *name, const char *new_name)
{
    struct uring_request *request = xcalloc(1, sizeof(*request));

    request->pid = PID;
    request->tid = PID + 1;
    request->call = (uint16_t)call;
    request->fd = AT_FDCWD;
    request->new_fd = AT_FDCWD;
    request->wire_flags = WIRE_URING;
    request->time_ns = 12345;
    request->start_ns = 678;
    request->name_len = (uint16_t)strlen(name);
    memcpy(request->name, name, request->name_len);
    request->new_name_len = (uint16_t)strlen(new_name);
    memcpy(request->new_name, new_name, request->new_name_len);
    return request;
}

static void make(const struct uring_request *request)
{
    const struct wire_header *hdr = (const struct wire_header *)record;

    memset(record, 0x5a, sizeof(record));
    CHECK(wire_check(record, kernel_uring_late_record(request, proc, record)));
    CHECK_INT(hdr->pid, PID);
    CHECK_INT(hdr->tid, PID + 1);
    CHECK_INT(hdr->time_ns, 12345);
    CHECK_INT(hdr->start_ns, 678);
    CHECK_INT(hdr->flags, WIRE_URING | WIRE_NAME_UNSURE);
}

static struct sv part_of(const struct wire_call_record *call, enum wire_part part)
{
    const char *at = call->data;

    for (size_t i = 0; i < part; i++)
        at += call->len[i];
    return (struct sv){at, call->len[part]};
}

static struct wire_socket socket_of(const struct wire_call_record *call)
{
    struct wire_socket socket;

    CHECK_INT(call->len[WIRE_PART_SOCKET], sizeof(socket));
    memcpy(&socket, call->data, sizeof(socket));
    return socket;
}

static struct sv next_text(const char **at, size_t len)
{
    struct sv text = {*at, len};

    *at += len;
    return text;
}

static void opens(void **state)
{
    static const struct {
        const char *row;
        int fd;
        uint32_t slot;
        int64_t result;
        const char *name, *path, *base;
    } rows[] = {
        {"descriptor, root taken off", AT_FDCWD, 0, 3, "x", "/etc/shadow", ""},
        {"outside the root", AT_FDCWD, 0, 6, "x", "/jailbird", ""},
        {"descriptor gone", AT_FDCWD, 0, 9, "x", "", "/home"},
        {"failed", 4, 0, -ENOENT, "x", "", "/var"},
        {"failed, absolute", 4, 0, -ENOENT, "/x", "", ""},
        {"in a slot", 4, 2, 0, "x", "", "/var"},
        {"no such directory", 99, 0, -EBADF, "x", "", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(free) struct uring_request *request =
            request_of(WIRE_CALL_OPENAT2, rows[i].name, "");
        const struct wire_open *open = (const struct wire_open *)record;
        const char *at = open->data;

        test_row(rows[i].row);
        request->fd = rows[i].fd;
        request->slot = rows[i].slot;
        request->result = rows[i].result;
        make(request);
        CHECK_INT(open->call, WIRE_CALL_OPENAT2);
        CHECK_INT(open->result, rows[i].result);
        CHECK_SV(next_text(&at, open->path_len), sv(rows[i].path));
        CHECK_SV(next_text(&at, open->raw_len), sv(rows[i].name));
        CHECK_SV(next_text(&at, open->base_len), sv(rows[i].base));
    }
}

static void opened_file_is_described(void **state)
{
    scoped(free) struct uring_request *request = request_of(WIRE_CALL_OPENAT, "x", "");
    const struct wire_open *open = (const struct wire_open *)record;
    struct stat st;

    request->result = 5;
    make(request);
    CHECK_INT(stat("/dev/null", &st), 0);
    CHECK_INT(open->ino, st.st_ino);
    CHECK_INT(open->file_mode, st.st_mode);
}

static void paths(void **state)
{
    scoped(free) struct uring_request *request = request_of(WIRE_CALL_RENAMEAT2, "a", "/b");
    const struct wire_call_record *path = (const struct wire_call_record *)record;

    request->fd = 4;
    request->arg[0] = 4;
    request->arg[4] = 1;
    make(request);
    CHECK_SV(part_of(path, WIRE_PART_NAME), SV("a"));
    CHECK_SV(part_of(path, WIRE_PART_NEW_NAME), SV("/b"));
    CHECK_SV(part_of(path, WIRE_PART_BASE), SV("/var"));
    CHECK_SV(part_of(path, WIRE_PART_NEW_BASE), SV(""));
    CHECK_INT(path->arg[0], 4);
    CHECK_INT(path->arg[4], 1);
}

static void connections(void **state)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(443)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/run/x"};
    struct sockaddr_un abstract = {.sun_family = AF_UNIX, .sun_path = "\0y"};
    const struct {
        const char *row;
        const void *address;
        size_t len;
        uint16_t family, port;
        struct sv path;
    } rows[] = {
        {"version 4", &in, sizeof(in), AF_INET, 443, SV("")},
        {"version 6", &in6, sizeof(in6), AF_INET6, 80, SV("")},
        {"version 4, too short", &in, 6, AF_INET, 0, SV("")},
        {"unix", &un, sizeof(un), AF_UNIX, 0, SV("/run/x")},
        {"unix, abstract", &abstract, 4, AF_UNIX, 0, SV("\0y")},
        {"unix, without a name", &un, 2, AF_UNIX, 0, SV("")},
        {"nothing", &un, 0, 0, 0, SV("")},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(free) struct uring_request *request = request_of(WIRE_CALL_CONNECT, "", "");
        const struct wire_call_record *connect = (const struct wire_call_record *)record;

        test_row(rows[i].row);
        request->address_len = (uint16_t)rows[i].len;
        memcpy(request->address, rows[i].address, rows[i].len);
        make(request);
        CHECK_INT(socket_of(connect).family, rows[i].family);
        CHECK_INT(socket_of(connect).remote_port, rows[i].port);
        CHECK_SV(part_of(connect, WIRE_PART_UNIX), rows[i].path);
    }
}

static void longest_names_fit(void **state)
{
    scoped(free) struct uring_request *request = request_of(WIRE_CALL_RENAMEAT, "", "");

    request->name_len = request->new_name_len = WIRE_PATH_MAX;
    memset(request->name, 'a', WIRE_PATH_MAX);
    memset(request->new_name, 'b', WIRE_PATH_MAX);
    make(request);
    CHECK_INT(((const struct wire_call_record *)record)->len[WIRE_PART_NEW_NAME], WIRE_PATH_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens),
        cmocka_unit_test(opened_file_is_described),
        cmocka_unit_test(paths),
        cmocka_unit_test(connections),
        cmocka_unit_test(longest_names_fit),
    };

    return cmocka_run_group_tests(tests, make_proc, remove_proc);
}
