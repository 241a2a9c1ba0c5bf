#include "event/event_type.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <time.h>

#include "base/buf.h"
#include "event/event.h"
#include "event/event_flags.h"
#include "tests/unit/test.h"

static void named_types_have_their_names(void **state)
{
    static const struct {
        enum event_type type;
        const char *name;
        uint32_t params;
        bool captured;
    } rows[] = {
        {EVENT_OPEN, "open", 6, true},         {EVENT_OPENAT, "openat", 7, true},
        {EVENT_OPENAT2, "openat2", 8, true},   {EVENT_CREAT, "creat", 6, true},
        {EVENT_CONNECT, "connect", 4, true},   {EVENT_UNLINK, "unlink", 2, true},
        {EVENT_UNLINKAT, "unlinkat", 4, true}, {EVENT_RENAME, "rename", 3, true},
        {EVENT_RENAMEAT, "renameat", 5, true}, {EVENT_RENAMEAT2, "renameat2", 6, true},
        {EVENT_CHMOD, "chmod", 3, true},       {EVENT_FCHMOD, "fchmod", 3, true},
        {EVENT_FCHMODAT, "fchmodat", 4, true}, {EVENT_FCHMODAT2, "fchmodat2", 5, true},
        {EVENT_CLONE, "clone", 21, true},      {EVENT_CLONE3, "clone3", 21, true},
        {EVENT_FORK, "fork", 21, true},        {EVENT_VFORK, "vfork", 21, true},
        {EVENT_EXECVE, "execve", 31, true},    {EVENT_EXECVEAT, "execveat", 30, true},
        {EVENT_PROCEXIT, "procexit", 5, true}, {EVENT_PLUGIN, "pluginevent", 2, false},
    };

    CHECK_INT(ARRAY_LEN(rows), EVENT_PLUGIN); /* behind it: test_call.c of decode knows the names */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct event_type_info *info = event_type_info(rows[i].type);

        test_row(rows[i].name);
        CHECK(strcmp(info->name, rows[i].name) == 0);
        CHECK_INT(event_type_from(sv(rows[i].name)), rows[i].type);
        CHECK_INT(info->param_count, rows[i].params);
        CHECK_INT(info->captured, rows[i].captured);
    }
}

static void every_name_is_found(void **state)
{
    for (enum event_type type = EVENT_NONE + 1; type < event_type_count(); type++) {
        const struct event_type_info *info = event_type_info(type);

        test_row(info->name);
        CHECK_INT(event_type_from(sv(info->name)), type);
        CHECK(info->category[0] != '\0');
        CHECK(info->param_count <= EVENT_ARGS_MAX);
        CHECK_INT(info->captured, type < EVENT_TYPE_NAMED && type != EVENT_PLUGIN);
        for (uint32_t i = 0; i < info->param_count; i++) {
            bool words = info->param[i].form == FORM_FLAGS || info->param[i].form == FORM_ENUM ||
                         info->param[i].form == FORM_MODE;
            CHECK_INT(event_param_index(type, sv(info->param[i].name)), i);
            CHECK_INT(info->param[i].flag != NULL, words);
        }
    }
    CHECK_INT(event_type_count(), 452);
}

static void other_names_are_not(void **state)
{
    static const char *const names[] = {"", "Open", "openat3", "zzz", "open ", "_", "execv"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        test_row(names[i]);
        CHECK_INT(event_type_from(sv(names[i])), EVENT_NONE);
    }
    CHECK_INT(event_type_from((struct sv){NULL, 0}), EVENT_NONE);
    CHECK_INT(event_param_index(EVENT_OPEN, SV("dirfd")), -1);
    CHECK_INT(event_param_index(EVENT_NONE, SV("fd")), -1);
    CHECK(event_param_find(SV("nothing")) == NULL);
    CHECK_STR(event_param_find(SV("linkpath"))->type, "FSPATH");
}

static const struct user root = {.uid = 0, .name = {"root", 4}};
static const struct group staff = {.gid = 50, .name = {"staff", 5}};
static const struct program program;
static const struct process parent = {.pid = 7, .name = {"bash", 4}, .program = &program};
static const struct process process = {
    .pid = 9,
    .name = {"cat", 3},
    .program = &program,
    .parent = &parent,
    .user = &root,
    .group = &staff,
};

static const struct event_fd file = {
    .known = true, .num = 3, .type = 'f', .name = {"/etc/passwd", 11}};
static const struct event_fd tcp = {
    .known = true, .num = 3, .type = '4', .l4_protocol = IPPROTO_TCP, .name = {"a->b", 4}};

#define U64(n)                                                                                     \
    {                                                                                              \
        .kind = VALUE_UNSIGNED, .u64 = (n)                                                         \
    }
#define I64(n)                                                                                     \
    {                                                                                              \
        .kind = VALUE_SIGNED, .i64 = (n)                                                           \
    }
#define TEXT(t)                                                                                    \
    {                                                                                              \
        .kind = VALUE_TEXT, .text = { t, sizeof(t) - 1 }                                           \
    }
#define ABSENT                                                                                     \
    {                                                                                              \
        .kind = VALUE_ABSENT                                                                       \
    }

/* How a value of a parameter shows in evt.args, and alone in evt.arg. */
static const struct {
    const char *row;
    const char *type, *param;
    const struct event_fd *fd;
    struct value value;
    const char *printed, *text; /* text NULL: absent */
} rows[] = {
    {"open flags", "openat", "flags", NULL, U64(69633), "69633(O_RDONLY|O_CLOEXEC|FD_LOWER_LAYER)",
     "O_RDONLY|O_CLOEXEC|FD_LOWER_LAYER"},
    {"read and write is one word", "openat", "flags", NULL, U64(67), "67(O_NONBLOCK|O_RDWR)",
     "O_NONBLOCK|O_RDWR"},
    {"no flags have a word", "openat", "flags", NULL, U64(0), "0(O_NONE)", "O_NONE"},
    {"no flags have none", "unlinkat", "flags", NULL, U64(0), "0", "0"},
    {"unknown flag", "unlinkat", "flags", NULL, U64(1), "1", "1"},
    {"one flag", "unlinkat", "flags", NULL, U64(512), "512(AT_REMOVEDIR)", "AT_REMOVEDIR"},
    {"two names of a value", "socket", "domain", NULL, U64(1), "1(AF_LOCAL|AF_UNIX)",
     "AF_LOCAL|AF_UNIX"},
    {"an enumeration is no set", "lseek", "whence", NULL, U64(1), "1(SEEK_CUR)", "SEEK_CUR"},
    {"its zero", "lseek", "whence", NULL, U64(0), "0(SEEK_SET)", "SEEK_SET"},
    {"mode", "chmod", "mode", NULL, U64(04711),
     "04711(S_IXOTH|S_IXGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID)",
     "S_IXOTH|S_IXGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID"},
    {"no mode", "chmod", "mode", NULL, U64(0), "0", "0"},
    {"octal", "openat", "mode", NULL, U64(0644), "0644", "0644"},
    {"octal zero", "openat", "mode", NULL, U64(0), "0", "0"},
    {"hex", "openat", "dev", NULL, U64(0x1b), "1B", "1B"},
    {"capabilities", "execve", "cap_permitted", NULL, U64(0x1ffffffffff), "1FFFFFFFFFF",
     "1FFFFFFFFFF"},
    {"file", "openat", "fd", &file, I64(3), "3(<f>/etc/passwd)", "<f>/etc/passwd"},
    {"another descriptor", "openat", "fd", &file, I64(4), "4", "4"},
    {"connection", "connect", "fd", &tcp, I64(3), "3(<4t>a->b)", "<4t>a->b"},
    {"no descriptor", "openat", "fd", NULL, I64(-ENOENT), "-2(ENOENT)", "ENOENT"},
    {"current directory", "openat", "dirfd", NULL, I64(AT_FDCWD), "-100(AT_FDCWD)", "AT_FDCWD"},
    {"result", "unlink", "res", NULL, I64(0), "0", "0"},
    {"error", "unlink", "res", NULL, I64(-EEXIST), "-17(EEXIST)", "EEXIST"},
    {"error with two names", "unlink", "res", NULL, I64(-EOPNOTSUPP), "-95(EOPNOTSUPP)",
     "EOPNOTSUPP"},
    {"error of the kernel's own", "unlink", "res", NULL, I64(-514), "-514(ERESTARTNOHAND)",
     "ERESTARTNOHAND"},
    {"no error at all", "unlink", "res", NULL, I64(-99999), "-99999", "-99999"},
    {"least number", "unlink", "res", NULL, I64(INT64_MIN), "-9223372036854775808",
     "-9223372036854775808"},
    {"own pid", "execve", "pid", NULL, I64(9), "9(cat)", "cat"},
    {"pid of the parent", "execve", "ptid", NULL, I64(7), "7(bash)", "bash"},
    {"another pid", "execve", "pid", NULL, I64(8), "8", "8"},
    {"failed clone", "clone", "res", NULL, I64(-EAGAIN), "-11(EAGAIN)", "EAGAIN"},
    {"user", "execve", "uid", NULL, U64(0), "0(root)", "root"},
    {"user without a name", "execve", "uid", NULL, U64(1000), "1000(<NA>)", "<NA>"},
    {"no user", "execve", "loginuid", NULL, U64(UINT32_MAX), "-1(<NONE>)", "<NONE>"},
    {"group", "execve", "gid", NULL, U64(50), "50(staff)", "staff"},
    {"signal", "procexit", "sig", NULL, U64(11), "11(SIGSEGV)", "SIGSEGV"},
    {"no signal", "procexit", "sig", NULL, U64(0), "0", "0"},
    {"impossible signal", "procexit", "sig", NULL, U64(200), "200", "200"},
    {"arguments", "execve", "args", NULL, TEXT("-c\0id; ls\0"), "-c.id; ls.", "-c.id; ls."},
    {"hostile arguments", "execve", "args", NULL, TEXT("\x1b[2J\xff\n"), ".[2J..", ".[2J.."},
    {"no arguments", "execve", "args", NULL, ABSENT, "NULL", NULL},
    {"no connection", "connect", "tuple", NULL, ABSENT, "NULL", NULL},
    {"no text", "execve", "cwd", NULL, ABSENT, "<NA>", NULL},
    {"no number", "execve", "fdlimit", NULL, ABSENT, "<NA>", NULL},
    {"text", "execve", "exe", NULL, TEXT("/bin/sh"), "/bin/sh", "/bin/sh"},
    {"absolute path", "openat", "name", NULL, TEXT("/etc/../etc/x"), "/etc/../etc/x",
     "/etc/../etc/x"},
    {"relative path", "openat", "name", NULL, TEXT("x"), "x(/one/path)", "/one/path"},
    {"relative path, from", "renameat", "oldpath", NULL, TEXT("x"), "x(/from)", "/from"},
    {"relative path, to", "renameat", "newpath", NULL, TEXT("x"), "x(/to)", "/to"},
    {"time", "execve", "exe_ino_mtime", NULL, U64(1795526080521821111),
     "2026-11-24 13:14:40.521821111", "2026-11-24 13:14:40.521821111"},
    {"duration", "ppoll", "timeout", NULL, U64(1500000000), "1500000000(1.5s)", "1.5s"},
    {"text where a number belongs", "openat", "flags", NULL, TEXT("odd"), "odd", "odd"},
};

static void parameters_are_printed(void **state)
{
    (void)setenv("TZ", "UTC", 1);
    tzset();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct event event = {
            .type = event_type_from(sv(rows[i].type)),
            .process = &process,
            .path = SV("/one/path"),
            .path_source = SV("/from"),
            .path_target = SV("/to"),
        };
        scoped(buf_done) struct buf out = {0};

        test_row(rows[i].row);
        int index = event_param_index(event.type, sv(rows[i].param));
        CHECK(index >= 0);
        if (rows[i].fd != NULL)
            event.fd = *rows[i].fd;
        event.arg[index] = rows[i].value;
        event.arg_count = (uint32_t)index + 1;
        event_param_print(&out, &event, (uint32_t)index);
        CHECK_STR(buf_cstr(&out), rows[i].printed);
        buf_reset(&out);
        CHECK_INT(event_param_text(&out, &event, (uint32_t)index), rows[i].text != NULL);
        CHECK_STR(buf_cstr(&out), rows[i].text == NULL ? "" : rows[i].text);
    }
}

static void parameters_past_the_last_are_absent(void **state)
{
    struct event event = {.type = EVENT_OPENAT, .arg_count = 0};
    scoped(buf_done) struct buf out = {0};

    event_param_print(&out, &event, 0);
    CHECK_STR(buf_cstr(&out), "<NA>");
    CHECK(!event_param_text(&out, &event, 6));
}

static void without_a_process_ids_have_no_words(void **state)
{
    struct event event = {.type = EVENT_EXECVE, .arg_count = 4, .arg = {[3] = I64(9)}};
    scoped(buf_done) struct buf out = {0};

    event_param_print(&out, &event, 3);
    CHECK_STR(buf_cstr(&out), "9");
}

static void flag_tables_agree_with_the_bits(void **state)
{
    static const struct {
        const struct event_flag *table;
        const char *name;
        uint64_t value;
    } bits[] = {
        {event_flag_open, "O_RDWR", EVENT_O_RDWR},
        {event_flag_open, "O_CREAT", EVENT_O_CREAT},
        {event_flag_open, "O_CLOEXEC", EVENT_O_CLOEXEC},
        {event_flag_open, "O_TMPFILE", EVENT_O_TMPFILE},
        {event_flag_open, "O_F_CREATED", EVENT_O_CREATED},
        {event_flag_open, "FD_UPPER_LAYER", EVENT_O_UPPER_LAYER},
        {event_flag_open, "FD_LOWER_LAYER", EVENT_O_LOWER_LAYER},
        {event_flag_creat, "FD_UPPER_LAYER_CREAT", EVENT_CREAT_UPPER_LAYER},
        {event_flag_execve, "EXE_WRITABLE", EVENT_EXE_WRITABLE},
        {event_flag_execve, "EXE_FROM_MEMFD", EVENT_EXE_FROM_MEMFD},
        {event_flag_execve, "EXE_LOWER_LAYER", EVENT_EXE_LOWER_LAYER},
    };

    for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
        const struct event_flag *flag = bits[i].table;

        test_row(bits[i].name);
        while (flag->name != NULL && strcmp(flag->name, bits[i].name) != 0)
            flag++;
        CHECK(flag->name != NULL);
        CHECK_INT(flag->value, bits[i].value);
    }
}

static void sets(void **state)
{
    struct event_set set = {0};
    enum event_type last = event_type_count() - 1;

    event_set_add(&set, EVENT_EXECVE);
    event_set_add(&set, last);
    CHECK(event_set_has(&set, EVENT_EXECVE));
    CHECK(event_set_has(&set, last));
    CHECK(!event_set_has(&set, EVENT_EXECVEAT));
}

static void sources(void **state)
{
    for (int i = 0; i < SOURCE_COUNT; i++)
        CHECK_INT(event_source_from(sv(event_source_name(i))), i);
    CHECK_INT(event_source_from(SV("syscalls")), -1);
    CHECK_INT(event_source_from(SV("")), -1);
}

static void devices(void **state)
{
    CHECK_INT(event_dev(24), 24);
    CHECK_INT(event_dev((8u << 20) | 1), 0x801);
    CHECK_INT(event_dev((253u << 20) | 0x123), 0x10fd23);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_types_have_their_names),
        cmocka_unit_test(every_name_is_found),
        cmocka_unit_test(other_names_are_not),
        cmocka_unit_test(parameters_are_printed),
        cmocka_unit_test(parameters_past_the_last_are_absent),
        cmocka_unit_test(without_a_process_ids_have_no_words),
        cmocka_unit_test(flag_tables_agree_with_the_bits),
        cmocka_unit_test(sets),
        cmocka_unit_test(sources),
        cmocka_unit_test(devices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
