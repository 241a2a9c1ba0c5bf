/* Events to raw parameters, read back by name with the table of the file's codes. */
#include "decode/scap_encode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/arena.h"
#include "event/event_flags.h"
#include "tests/unit/test.h"

struct world {
    struct scap_encoder *encoder;
    struct arena *scratch;
    struct program program;
    struct process process;
    struct event event;
    struct scap_encoded out;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    w->encoder = scap_encoder_new();
    w->scratch = arena_new(4096);
    w->program = (struct program){
        .exe = SV("sh"), .path = SV("/bin/sh"), .args = SV("-c\0true\0"), .env = SV("A=b\0")};
    w->process = (struct process){.pid = 10,
                                  .ppid = 9,
                                  .vpid = 1,
                                  .name = SV("sh"),
                                  .cwd = SV("/tmp"),
                                  .cgroup = SV("/a"),
                                  .creds = {.euid = 1000, .egid = 100, .login_uid = UINT32_MAX},
                                  .program = &w->program};
    w->event = (struct event){
        .time_ns = 77, .cpu = 3, .tid = 10, .scratch = w->scratch, .process = &w->process};
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    scap_encoder_free(w->encoder);
    arena_free(w->scratch);
    free(w);
    return 0;
}

static void encode(struct world *w, enum event_type type, const struct value *arg, uint32_t count)
{
    w->event.type = type;
    w->event.arg_count = count;
    memset(w->event.arg, 0, sizeof(w->event.arg));
    if (count > 0)
        memcpy(w->event.arg, arg, count * sizeof(*arg));
    CHECK(scap_encode(w->encoder, &w->event, &w->out));
    CHECK_INT(w->out.exit.time_ns, 77);
    CHECK_INT(w->out.exit.tid, 10);
    CHECK_INT(w->out.exit.cpu, 3);
}

static struct sv param(const struct scap_raw *raw, const char *name)
{
    const struct scap_event_info *info = scap_event_info(raw->code);

    for (uint32_t i = 0; i < raw->param_count; i++) {
        if (strcmp(info->param[i].name, name) == 0)
            return raw->param[i];
    }
    TEST_FAIL("no parameter '%s' of %s", name, info->name);
    return (struct sv){NULL, 0};
}

static void check_number(const struct scap_raw *raw, const char *name, size_t size, int64_t value)
{
    struct sv bytes = param(raw, name);
    uint64_t got = 0, expected = (uint64_t)value;

    CHECK_INT(bytes.len, size);
    memcpy(&got, bytes.ptr, size);
    CHECK(memcmp(&got, &expected, size) == 0);
}

static void test_open(void **state)
{
    struct world *w = *state;
    const struct value arg[] = {
        value_i64(3), value_i64(AT_FDCWD), value_sv(SV("a")), value_u64(EVENT_O_RDONLY),
        value_u64(0), value_u64(0xfe00),   value_u64(99)};

    encode(w, EVENT_OPENAT, arg, ARRAY_LEN(arg));
    CHECK_INT(w->out.exit.code, 307);
    CHECK(!w->out.has_enter); /* sysdig 0.29 has it all from the end */
    check_number(&w->out.exit, "fd", 8, 3);
    check_number(&w->out.exit, "dirfd", 8, -100);
    check_number(&w->out.exit, "dev", 4, 0xfe00);
    CHECK_SV(param(&w->out.exit, "name"), ((struct sv){"a", 2}));
}

/* What is absent has its bytes all the same: older readers look at them. */
static void test_absent(void **state)
{
    struct world *w = *state;
    const struct value arg[] = {value_i64(-2)};

    encode(w, EVENT_OPENAT, arg, ARRAY_LEN(arg));
    check_number(&w->out.exit, "fd", 8, -2);
    check_number(&w->out.exit, "dirfd", 8, AT_FDCWD);
    check_number(&w->out.exit, "ino", 8, 0);
    CHECK_SV(param(&w->out.exit, "name"), ((struct sv){"", 1}));
}

static void test_exec(void **state)
{
    struct world *w = *state;
    struct value arg[EVENT_ARGS_MAX] = {value_i64(0), value_sv(SV("cat"))};
    int filename = event_param_index(EVENT_EXECVE, SV("filename"));

    CHECK(filename > 0);
    arg[filename] = value_sv(SV("/bin/cat"));
    encode(w, EVENT_EXECVE, arg, EVENT_ARGS_MAX);
    CHECK_INT(w->out.exit.code, 293);
    CHECK(w->out.has_enter);
    CHECK_INT(w->out.enter.code, 292);
    CHECK_SV(param(&w->out.enter, "filename"), ((struct sv){"/bin/cat", 9}));
    CHECK_SV(param(&w->out.exit, "exe"), ((struct sv){"cat", 4}));
    CHECK_SV(param(&w->out.exit, "args"), w->program.args); /* asked of the process */
    CHECK_SV(param(&w->out.exit, "comm"), ((struct sv){"sh", 3}));
    CHECK(sv_starts(param(&w->out.exit, "cgroups"), SV("cpuset=/a\0cpu=/a\0")));
    check_number(&w->out.exit, "ptid", 8, 9);
    check_number(&w->out.exit, "loginuid", 4, -1);
    check_number(&w->out.exit, "uid", 4, 1000);
    check_number(&w->out.exit, "vm_rss", 4, 0);
}

static void test_clone(void **state)
{
    struct world *w = *state;
    const struct value arg[] = {value_i64(0)};

    encode(w, EVENT_CLONE, arg, ARRAY_LEN(arg));
    CHECK_INT(w->out.exit.code, 223);
    check_number(&w->out.exit, "tid", 8, 10);
    check_number(&w->out.exit, "vtid", 8, 1); /* not the tid: in a pid namespace */
    check_number(&w->out.exit, "vpid", 8, 1);
    CHECK_SV(param(&w->out.exit, "cwd"), ((struct sv){"/tmp", 5}));
    w->event.process = NULL;
    encode(w, EVENT_CLONE, arg, ARRAY_LEN(arg));
    CHECK_SV(param(&w->out.exit, "exe"), ((struct sv){"", 1}));
}

static void test_addresses(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *row, *tuple, *addr;
        char type;
        struct sv tuple_bytes, addr_bytes;
    } rows[] = {
        {"version 4",
         "1.2.3.4:80->5.6.7.8:443",
         "5.6.7.8:443",
         '4',
         {"\2\1\2\3\4\x50\0\5\6\7\x8\xbb\1", 13},
         {"\2\5\6\7\x8\xbb\1", 7}},
        {"version 6",
         "::1:80->::2:443",
         "::2:443",
         '6',
         {"\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\xbb\1", 37},
         {"\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\xbb\1", 19}},
        {"unix",
         "/run/s",
         "/run/s",
         'u',
         {"\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0/run/s", 24},
         {"\1/run/s", 8}},
        {"a path like an address",
         "1.2.3.4:80",
         "1.2.3.4:80",
         'u',
         {"\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0001.2.3.4:80", 28},
         {"\0011.2.3.4:80", 12}},
        {"none", "", "", '4', {NULL, 0}, {NULL, 0}},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct value arg[] = {value_i64(0), value_sv(sv(rows[i].tuple)), value_i64(4),
                              value_sv(sv(rows[i].addr))};
        test_row(rows[i].row);
        w->event.fd = (struct event_fd){.known = true, .num = 4, .type = rows[i].type};
        encode(w, EVENT_CONNECT, arg, ARRAY_LEN(arg));
        CHECK_SV(param(&w->out.exit, "tuple"), rows[i].tuple_bytes);
        CHECK_SV(param(&w->out.exit, "addr"), rows[i].addr_bytes);
        CHECK(w->out.has_enter);
        check_number(&w->out.enter, "fd", 8, 4);
        CHECK_SV(param(&w->out.enter, "addr"), rows[i].addr_bytes);
    }
}

/* Codes that sysdig 0.29 knows are taken where current readers turn them into the newest. */
static void test_codes(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *name;
        uint16_t code;
        bool enter;
    } rows[] = {
        {"accept4", 249, true}, {"dup2", 125, true},      {"dup3", 125, true},
        {"close", 5, true},     {"unlinkat", 303, false}, {"procexit", 186, false},
        {"chown", 379, false},  {"mkdir", 277, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].name);
        encode(w, event_type_from(sv(rows[i].name)), NULL, 0);
        CHECK_INT(w->out.exit.code, rows[i].code);
        CHECK_INT(w->out.has_enter, rows[i].enter);
    }
}

/* Every type that our table knows has a place in the file, with parameters that fit the file's. */
static void test_every_type(void **state)
{
    struct world *w = *state;
    uint32_t without = 0;

    for (enum event_type type = EVENT_NONE + 1; type < event_type_count(); type++) {
        const struct event_type_info *info = event_type_info(type);
        test_row(info->name);
        w->event.type = type;
        w->event.arg_count = 0;
        if (!scap_encode(w->encoder, &w->event, &w->out)) {
            CHECK(!info->captured);
            without++;
            continue;
        }
        const struct scap_event_info *file = scap_event_info(w->out.exit.code);
        CHECK(file != NULL);
        CHECK_INT(w->out.exit.param_count, file->param_count);
        for (uint32_t i = 0; i < file->param_count; i++) {
            size_t size = scap_type_size(file->param[i].type);
            CHECK(size == 0 || w->out.exit.param[i].len == size);
        }
    }
    CHECK(without < event_type_count() / 10);
}

static void test_call_without_code(void **state)
{
    struct world *w = *state;
    uint32_t number = scap_call_number(SV("sync"));

    encode(w, event_type_from(SV("sync")), NULL, 0);
    CHECK_INT(w->out.exit.code, 1);
    check_number(&w->out.exit, "ID", 2, number);
}

static void test_dynamic(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *row, *event, *param;
        struct value value;
        struct sv bytes;
    } rows[] = {
        {"number of a socket",
         "setsockopt",
         "val",
         {.kind = VALUE_UNSIGNED, .u64 = 5},
         {"\3\5\0\0\0\0\0\0\0", 9}},
        {"bytes of a socket",
         "setsockopt",
         "val",
         {.kind = VALUE_TEXT, .text = {"ab", 2}},
         {"\0ab", 3}},
        {"none of a socket", "getsockopt", "val", {.kind = VALUE_ABSENT}, {"\0", 1}},
        {"number",
         "keyctl",
         "arg2",
         {.kind = VALUE_SIGNED, .i64 = -1},
         {"\0\xff\xff\xff\xff\xff\xff\xff\xff", 9}},
        {"text", "keyctl", "arg2", {.kind = VALUE_TEXT, .text = {"ab", 2}}, {"\1ab", 4}},
        {"none", "ptrace", "addr", {.kind = VALUE_ABSENT}, {"\0\0\0\0\0\0\0\0\0", 9}},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum event_type type = event_type_from(sv(rows[i].event));
        struct value arg[EVENT_ARGS_MAX] = {{0}};
        int index = event_param_index(type, sv(rows[i].param));
        test_row(rows[i].row);
        CHECK(index >= 0);
        arg[index] = rows[i].value;
        encode(w, type, arg, EVENT_ARGS_MAX);
        CHECK_SV(param(&w->out.exit, rows[i].param), rows[i].bytes);
    }
}

static void test_process(void **state)
{
    struct world *w = *state;
    struct scap_process out;

    scap_encode_process(&w->process, w->scratch, &out);
    CHECK_INT(out.tid, 10);
    CHECK_INT(out.vpid, 1);
    CHECK_INT(out.uid, 1000);
    CHECK_SV(out.exe, SV("sh"));
    CHECK_SV(out.args, w->program.args);
    CHECK(sv_ends(out.cgroups, SV("memory=/a\0")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exec, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_codes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_type, setup, teardown),
        cmocka_unit_test_setup_teardown(test_call_without_code, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dynamic, setup, teardown),
        cmocka_unit_test_setup_teardown(test_process, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
