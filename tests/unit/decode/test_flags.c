#include "decode/flags.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "event/event.h"
#include "tests/unit/test.h"

/* What the numbers mean is seen by printing them. */
static void check_words(enum event_type type, uint32_t number, const char *words)
{
    struct event event = {.type = type};
    int index = event_param_index(type, SV("flags"));
    scoped(buf_done) struct buf out = {0};

    CHECK(index >= 0);
    event.arg_count = (uint32_t)index + 1;
    event.arg[index] = value_u64(number);
    CHECK(event_param_text(&out, &event, (uint32_t)index));
    CHECK_STR(buf_cstr(&out), words);
}

static void open_flags(void **state)
{
    static const struct {
        uint32_t flags;
        uint32_t number;
        const char *words;
    } rows[] = {
        {O_RDONLY, 1, "O_RDONLY"},
        {O_WRONLY, 2, "O_WRONLY"},
        {O_RDWR, 3, "O_RDWR"},
        {O_ACCMODE, 3, "O_RDWR"},
        {O_RDONLY | O_CLOEXEC, 4097, "O_RDONLY|O_CLOEXEC"},
        {O_WRONLY | O_CREAT | O_TRUNC, 262, "O_TRUNC|O_CREAT|O_WRONLY"},
        {O_RDONLY | O_DIRECTORY, 1025, "O_DIRECTORY|O_RDONLY"},
        {O_RDWR | O_TMPFILE, 9219, "O_DIRECTORY|O_RDWR|O_TMPFILE"},
        {O_WRONLY | O_APPEND | O_EXCL | O_NONBLOCK, 106, "O_NONBLOCK|O_EXCL|O_APPEND|O_WRONLY"},
        {O_RDONLY | O_DSYNC, 17, "O_DSYNC|O_RDONLY"},
        {O_RDONLY | O_SYNC, 145, "O_SYNC|O_DSYNC|O_RDONLY"},
        {O_RDONLY | O_DIRECT | 0100000, 2561, "O_LARGEFILE|O_DIRECT|O_RDONLY"},
        {UINT32_MAX, 0x3fff,
         "O_LARGEFILE|O_DIRECTORY|O_DIRECT|O_TRUNC|O_SYNC|O_NONBLOCK|O_EXCL|"
         "O_DSYNC|O_APPEND|O_CREAT|O_RDWR|O_CLOEXEC|O_TMPFILE"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].words);
        CHECK_INT(flags_open(rows[i].flags), rows[i].number);
        check_words(EVENT_OPENAT, rows[i].number, rows[i].words);
    }
}

static void clone_flags(void **state)
{
    static const struct {
        uint64_t flags;
        const char *words;
    } rows[] = {
        {CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | 17, "CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID"},
        {CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP,
         "CLONE_NEWNET|CLONE_NEWNS|CLONE_NEWPID|CLONE_NEWUSER|CLONE_NEWCGROUP"},
        {CLONE_VM | CLONE_VFORK, "CLONE_VM|CLONE_VFORK"},
        {CLONE_NEWIPC | CLONE_NEWUTS | CLONE_PTRACE, "CLONE_NEWIPC|CLONE_NEWUTS|CLONE_PTRACE"},
        {CLONE_FILES | CLONE_FS | CLONE_PARENT_SETTID | CLONE_SIGHAND | CLONE_SYSVSEM |
             CLONE_THREAD | CLONE_VM | CLONE_CHILD_CLEARTID | CLONE_SETTLS,
         "CLONE_FILES|CLONE_FS|CLONE_PARENT_SETTID|CLONE_SIGHAND|CLONE_SYSVSEM|CLONE_THREAD|"
         "CLONE_VM|CLONE_CHILD_CLEARTID|CLONE_SETTLS"},
        {0, "0"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].words);
        check_words(EVENT_CLONE, flags_clone(rows[i].flags), rows[i].words);
    }
    CHECK_INT(flags_clone(CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID), 25165824);
    CHECK_INT(flags_clone(1ULL << 60), 0);
}

static void numbers_of_the_schema(void **state)
{
    static const struct {
        const char *row;
        uint32_t expected;
    } rows[] = {
        {"file flags have no access mode", 0},
        {"file flags", 4096 + 64},
        {"resolve", 1 + 8},
        {"resolve, all", 63},
        {"chown", 1024},
        {"mount without its old magic", 14},
        {"mount", 4096},
        {"pidfd", 1},
        {"delete_module", 3},
        {"ring", 2 + 8},
        {"fcntl", 3},
        {"fcntl unknown", 0},
        {"ptrace", 20},
        {"ptrace unknown", 0},
        {"quota command", 1},
        {"quota format", 4},
        {"no quota format", 1},
        {"socket level", 1},
        {"tcp level", 2},
        {"other level", 0},
        {"socket option", 8},
        {"option of another level", 0},
        {"unknown option", 0},
    };
    const uint32_t got[] = {
        flags_file(O_RDWR),
        flags_file(O_CLOEXEC | O_NONBLOCK),
        flags_resolve(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS),
        flags_resolve(UINT64_MAX),
        flags_chown(AT_SYMLINK_NOFOLLOW),
        flags_mount(0xc0ed000e),
        flags_mount(0x1000),
        flags_pidfd(O_NONBLOCK),
        flags_delete_module(O_NONBLOCK | O_TRUNC),
        flags_ring(IORING_SETUP_SQPOLL | IORING_SETUP_SQ_AFF),
        flags_fcntl(F_SETFD),
        flags_fcntl(9999),
        flags_ptrace(PTRACE_SEIZE),
        flags_ptrace(UINT64_MAX),
        flags_quota_command(0x800002),
        flags_quota_format(2),
        flags_quota_format(99),
        flags_socket_level(SOL_SOCKET),
        flags_socket_level(IPPROTO_TCP),
        flags_socket_level(-1),
        flags_socket_option(SOL_SOCKET, SO_RCVBUF),
        flags_socket_option(IPPROTO_TCP, SO_RCVBUF),
        flags_socket_option(SOL_SOCKET, 4242),
    };

    _Static_assert(ARRAY_LEN(rows) == ARRAY_LEN(got), "one a row");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        CHECK_INT(got[i], rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_flags),
        cmocka_unit_test(clone_flags),
        cmocka_unit_test(numbers_of_the_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
