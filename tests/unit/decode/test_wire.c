/* Records of every kind to events and changes. The records are built in exact heap blocks, so that
 * a byte read past the end is seen. */
#include "decode/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/unit/decode/decoded.h"
#include "tests/unit/test.h"

static struct wire_task a_task(void)
{
    return (struct wire_task){
        .creds = {.uid = 1,
                  .gid = 2,
                  .euid = 3,
                  .egid = 4,
                  .suid = 5,
                  .sgid = 6,
                  .fsuid = 7,
                  .fsgid = 8,
                  .login_uid = UINT32_MAX,
                  .session_id = 9,
                  .cap_inheritable = 10,
                  .cap_permitted = 0x1ffffffffff,
                  .cap_effective = 12},
        .start_ns = 3000,
        .parent_start_ns = 2000,
        .cgroup_v2 = 13,
        .cgroup_v1 = 14,
        .pid = 200,
        .ppid = 100,
        .vpid = 12,
        .vppid = 5,
        .pgid = 201,
        .sid = 202,
        .vpgid = 15,
        .vsid = 16,
        .tty = 34816,
        .pidns_inum = 17,
        .mntns_inum = 18,
        .threads = 1,
        .pidns_start_ns = 1000,
        .comm = "sixteen bytes...", /* no NUL */
    };
}

static void check_task(const struct change_task *task)
{
    CHECK_INT(task->pid, 200);
    CHECK_INT(task->ppid, 100);
    CHECK_INT(task->vpid, 12);
    CHECK_INT(task->vppid, 5);
    CHECK_INT(task->pgid, 201);
    CHECK_INT(task->sid, 202);
    CHECK_INT(task->vpgid, 15);
    CHECK_INT(task->vsid, 16);
    CHECK_INT(task->tty, 34816);
    CHECK_INT(task->pidns_inum, 17);
    CHECK_INT(task->mntns_inum, 18);
    CHECK_INT(task->threads, 1);
    CHECK_INT(task->start_ns, 3000);
    CHECK_INT(task->parent_start_ns, 2000);
    CHECK_INT(task->pidns_start_ns, 1000);
    CHECK_INT(task->cgroup_v2, 13);
    CHECK_INT(task->cgroup_v1, 14);
    CHECK_SV(task->name, SV("sixteen bytes..."));
    CHECK_INT(task->creds.uid, 1);
    CHECK_INT(task->creds.gid, 2);
    CHECK_INT(task->creds.euid, 3);
    CHECK_INT(task->creds.egid, 4);
    CHECK_INT(task->creds.suid, 5);
    CHECK_INT(task->creds.sgid, 6);
    CHECK_INT(task->creds.fsuid, 7);
    CHECK_INT(task->creds.fsgid, 8);
    CHECK_INT(task->creds.login_uid, UINT32_MAX);
    CHECK_INT(task->creds.session_id, 9);
    CHECK_INT(task->creds.cap_inheritable, 10);
    CHECK_INT(task->creds.cap_permitted, 0x1ffffffffff);
    CHECK_INT(task->creds.cap_effective, 12);
}

static void tasks_and_forks_are_changes_only(void **state)
{
    static const struct {
        enum wire_kind kind;
        enum change_kind change;
    } rows[] = {{WIRE_FORK, CHANGE_FORK}, {WIRE_TASK, CHANGE_TASK}};
    struct decoded d;

    decoded_init(&d);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wire_task_record record = {.hdr = header(rows[i].kind), .task = a_task()};

        decode(&d, &record, sizeof(record), SV(""));
        CHECK_INT(d.outcome, WIRE_CHANGE_ONLY);
        CHECK_INT(d.change.kind, rows[i].change);
        CHECK_INT(d.change.time_ns, 5000);
        check_task(&d.change.task);
        CHECK_INT(d.event.type, EVENT_NONE);
        CHECK_INT(d.decoder.num, 0); /* only events are counted */
    }
    decoded_done(&d);
}

static void cgroups_are_changes_only(void **state)
{
    struct wire_cgroup record = {.hdr = header(WIRE_CGROUP), .id = 77, .path_len = 9};
    struct decoded d;

    decoded_init(&d);
    decode(&d, &record, sizeof(record), SV("/pod/cont"));
    CHECK_INT(d.outcome, WIRE_CHANGE_ONLY);
    CHECK_INT(d.change.kind, CHANGE_CGROUP);
    CHECK_INT(d.change.cgroup_id, 77);
    CHECK_INT(d.change.cgroup_is_v1, false);
    CHECK_SV(d.change.cgroup_path, SV("/pod/cont"));
    record.hierarchy = WIRE_CGROUP_V1;
    decode(&d, &record, sizeof(record), SV("/pod/cont"));
    CHECK_INT(d.change.cgroup_is_v1, true);
    CHECK_INT(d.change.cgroup_what, CHANGE_CGROUP_SEEN);
    record.what = WIRE_CGROUP_MADE;
    decode(&d, &record, sizeof(record), SV("/pod/cont"));
    CHECK_INT(d.change.cgroup_what, CHANGE_CGROUP_MADE);
    record.what = WIRE_CGROUP_GONE;
    decode(&d, &record, sizeof(record), SV("/pod/cont"));
    CHECK_INT(d.change.cgroup_what, CHANGE_CGROUP_GONE);
    decoded_done(&d);
}

static void an_exec_is_an_event_and_a_change(void **state)
{
    struct wire_exec record = {
        .hdr = header(WIRE_EXEC),
        .task = a_task(),
        .exe_ino = 55,
        .exe_ctime_ns = 1795526080521821111ULL,
        .exe_mtime_ns = 1795526080000000000ULL,
        .exe_dev = 24,
        .call = WIRE_CALL_EXECVE,
        .path_len = 12,
        .filename_len = 3,
        .cwd_len = 5,
        .args_len = 10,
        .env_len = 6,
    };
    struct sv text = SV("/bin/busybox"
                        "./x"
                        "/root"
                        "sh\0-c\0id;\0"
                        "A=1\0B="); /* the environment was cut */
    struct decoded d;

    setenv("TZ", "UTC", 1);
    tzset();
    decoded_init(&d);
    record.hdr.flags = WIRE_ENV_CUT | WIRE_EXE_UPPER | WIRE_EXE_WRITABLE;
    decode(&d, &record, sizeof(record), text);
    CHECK_INT(d.outcome, WIRE_EVENT);
    CHECK_INT(d.change.kind, CHANGE_EXEC);
    check_task(&d.change.task);
    CHECK_SV(d.change.program.path, SV("/bin/busybox"));
    CHECK_SV(d.change.program.filename, SV("./x"));
    CHECK_SV(d.change.program.cwd, SV("/root"));
    CHECK_SV(d.change.program.args, SV("sh\0-c\0id;\0"));
    CHECK_SV(d.change.program.env, SV("A=1\0B="));
    CHECK_INT(d.change.program.ino, 55);
    CHECK_INT(d.change.program.dev, 24);
    CHECK_INT(d.change.program.ctime_wall_ns, 1795526080521821111ULL);
    CHECK_INT(d.change.program.mtime_wall_ns, 1795526080000000000ULL);
    CHECK_INT(d.change.program.env_cut, true);
    CHECK_INT(d.change.program.args_cut, false);
    CHECK_INT(d.change.program.upper_layer, true);
    CHECK_INT(d.change.program.lower_layer, false);
    CHECK_INT(d.change.program.writable, true);
    CHECK_INT(d.change.program.from_memfd, false);
    CHECK_INT(d.change.program.deleted, false);

    CHECK_INT(d.event.type, EVENT_EXECVE);
    CHECK_INT(d.event.source, SOURCE_SYSCALL);
    CHECK_INT(d.event.num, 1);
    CHECK_INT(d.event.boot_ns, 5000);
    CHECK_INT(d.event.time_ns, 5000 + OFFSET_NS);
    CHECK_INT(d.event.cpu, 1);
    CHECK_INT(d.event.tid, 200);
    CHECK_INT(d.event.vtid, 12);
    CHECK_INT(d.event.arg_count, 31);
    check(&d, "evt.args",
          "\"res=0 exe=sh args=-c.id;. tid=200 pid=200 ptid=100 cwd=/root fdlimit=<NA> "
          "pgft_maj=<NA> pgft_min=<NA> vm_size=<NA> vm_rss=<NA> vm_swap=<NA> "
          "comm=sixteen bytes... cgroups=NULL env=A=1.B= tty=34816 vpgid=15 loginuid=-1(<NONE>) "
          "flags=3(EXE_WRITABLE|EXE_UPPER_LAYER) cap_inheritable=A cap_permitted=1FFFFFFFFFF "
          "cap_effective=C exe_ino=55 exe_ino_ctime=2026-11-24 13:14:40.521821111 "
          "exe_ino_mtime=2026-11-24 13:14:40.000000000 uid=3(<NA>) trusted_exepath=/bin/busybox "
          "pgid=201 gid=4(<NA>) filename=./x\"");
    check(&d, "evt.res", "\"SUCCESS\"");
    check(&d, "fd.name", "null");
    check(&d, "fs.path.name", "null");

    record.call = WIRE_CALL_EXECVEAT;
    record.hdr.flags = WIRE_EXE_MEMFD | WIRE_EXE_LOWER | WIRE_EXE_DELETED | WIRE_ARGS_CUT;
    record.hdr.tid = 201;
    decode(&d, &record, sizeof(record), text);
    CHECK_INT(d.event.type, EVENT_EXECVEAT);
    CHECK_INT(d.event.num, 2);
    CHECK_INT(d.event.vtid, 0); /* of another thread: not known */
    CHECK_INT(d.event.arg_count, 30);
    CHECK_INT(d.change.program.args_cut, true);
    CHECK_INT(d.change.program.from_memfd, true);
    CHECK_INT(d.change.program.lower_layer, true);
    CHECK_INT(d.change.program.deleted, true);
    check(&d, "evt.arg.flags", "\"EXE_FROM_MEMFD|EXE_LOWER_LAYER\"");
    decoded_done(&d);
}

static void an_exec_without_any_text(void **state)
{
    struct wire_exec record = {.hdr = header(WIRE_EXEC), .task = a_task()};
    struct decoded d;

    record.call = WIRE_CALL_EXECVE;
    decoded_init(&d);
    decode(&d, &record, sizeof(record), SV(""));
    CHECK_INT(d.outcome, WIRE_EVENT);
    check(&d, "evt.arg.exe", "null");
    check(&d, "evt.arg.args", "null");
    check(&d, "evt.arg.filename", "null");
    CHECK_INT(d.change.program.args.len, 0);
    decoded_done(&d);
}

static void exits(void **state)
{
    static const struct {
        const char *row;
        int32_t code;
        const char *args;
    } rows[] = {
        {"fine", 0, "\"status=0 ret=0 sig=0 core=0 reaper_tid=1\""},
        {"code", 32512, "\"status=32512 ret=127 sig=0 core=0 reaper_tid=1\""},
        {"signal", 15, "\"status=15 ret=0 sig=15(SIGTERM) core=0 reaper_tid=1\""},
        {"core", 0x8b, "\"status=139 ret=0 sig=11(SIGSEGV) core=1 reaper_tid=1\""},
    };
    struct decoded d;

    decoded_init(&d);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wire_exit record = {
            .hdr = header(WIRE_EXIT), .exit_code = rows[i].code, .reaper_pid = 1};

        decode(&d, &record, sizeof(record), SV(""));
        CHECK_INT(d.outcome, WIRE_EVENT);
        CHECK_INT(d.event.type, EVENT_PROCEXIT);
        CHECK_INT(d.change.kind, CHANGE_EXIT);
        CHECK_INT(d.change.task.pid, 200);
        CHECK_INT(d.change.task.start_ns, 3000);
        check(&d, "evt.args", rows[i].args);
        check(&d, "evt.res", "null");
    }
    decoded_done(&d);
}

static void decode_open(struct decoded *d, struct wire_open open, const char *path, const char *raw,
                        const char *base)
{
    char text[256];

    open.hdr = header(WIRE_OPEN);
    open.hdr.flags = open.file_flags; /* in these tests only: saves a parameter */
    open.file_flags = 0;
    open.path_len = (uint16_t)strlen(path);
    open.raw_len = (uint16_t)strlen(raw);
    open.base_len = (uint16_t)strlen(base);
    (void)snprintf(text, sizeof(text), "%s%s%s", path, raw, base);
    decode(d, &open, offsetof(struct wire_open, data), sv(text));
}

static void opens(void **state)
{
    struct decoded d;

    decoded_init(&d);
    decode_open(&d,
                (struct wire_open){.result = 3,
                                   .ino = 45,
                                   .dev = 24,
                                   .flags = O_RDONLY | O_CLOEXEC,
                                   .mode = 0xffff,
                                   .file_mode = S_IFREG | 0644,
                                   .dirfd = AT_FDCWD,
                                   .call = WIRE_CALL_OPENAT,
                                   .file_flags = WIRE_FILE_LOWER},
                "/etc/passwd", "../etc/passwd", "");
    CHECK_INT(d.outcome, WIRE_EVENT);
    CHECK_INT(d.change.kind, CHANGE_NONE);
    CHECK_INT(d.event.arg_count, 7);
    check(&d, "evt.type", "\"openat\"");
    check(&d, "evt.args",
          "\"fd=3(<f>/etc/passwd) dirfd=-100(AT_FDCWD) "
          "name=../etc/passwd(/etc/passwd) "
          "flags=69633(O_RDONLY|O_CLOEXEC|FD_LOWER_LAYER) mode=0 dev=18 ino=45\"");
    check(&d, "fd.name", "\"/etc/passwd\"");
    check(&d, "fd.nameraw", "\"../etc/passwd\"");
    check(&d, "fd.num", "3");
    check(&d, "fd.type", "\"file\"");
    check(&d, "fd.ino", "45");
    check(&d, "fd.dev", "24");
    check(&d, "fd.is_lower_layer", "true");
    check(&d, "fd.is_upper_layer", "false");
    check(&d, "fs.path.name", "\"/etc/passwd\"");
    check(&d, "fs.path.nameraw", "\"../etc/passwd\"");
    check(&d, "evt.is_open_read", "true");
    check(&d, "evt.is_open_write", "false");
    check(&d, "evt.rawres", "3");
    check(&d, "evt.is_io_uring", "false");
    check(&d, "evt.is_name_unsure", "false");

    decode_open(&d,
                (struct wire_open){.result = 3,
                                   .call = WIRE_CALL_OPENAT,
                                   .file_flags = WIRE_URING | WIRE_NAME_UNSURE | WIRE_PATH_CUT},
                "/etc/passwd", "p", "");
    check(&d, "evt.type", "\"openat\"");
    check(&d, "evt.is_io_uring", "true");
    check(&d, "evt.is_name_unsure", "true");
    check(&d, "evt.is_name_cut", "true");

    decode_open(&d,
                (struct wire_open){.result = 4,
                                   .flags = O_WRONLY | O_CREAT | O_TRUNC,
                                   .mode = 0755,
                                   .file_mode = S_IFREG | 0755,
                                   .dirfd = 7,
                                   .call = WIRE_CALL_OPENAT2,
                                   .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
                                   .file_flags = WIRE_FILE_UPPER | WIRE_FILE_CREATED},
                "/tmp/x", "/tmp/x", "");
    CHECK_INT(d.event.arg_count, 8);
    check(&d, "evt.args",
          "\"fd=4(<f>/tmp/x) dirfd=7 name=/tmp/x "
          "flags=49414(O_TRUNC|O_CREAT|O_WRONLY|O_F_CREATED|FD_UPPER_LAYER) mode=0755 "
          "resolve=9(RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS) dev=0 ino=0\"");
    check(&d, "evt.is_open_write", "true");
    check(&d, "evt.is_open_create", "true");
    check(&d, "evt.is_open_exec", "true");
    check(&d, "fd.is_upper_layer", "true");

    decode_open(&d,
                (struct wire_open){.result = 5,
                                   .flags = O_RDONLY | O_DIRECTORY,
                                   .file_mode = S_IFDIR | 0755,
                                   .call = WIRE_CALL_OPEN},
                "/tmp", "/tmp/", "");
    CHECK_INT(d.event.arg_count, 6);
    check(&d, "evt.args",
          "\"fd=5(<d>/tmp) name=/tmp/ flags=1025(O_DIRECTORY|O_RDONLY) mode=0 dev=0 ino=0\"");
    check(&d, "fd.type", "\"directory\"");
    check(&d, "fd.directory", "\"/tmp\"");

    decode_open(&d,
                (struct wire_open){.result = 6,
                                   .mode = 0644,
                                   .file_mode = S_IFREG | 0644,
                                   .call = WIRE_CALL_CREAT,
                                   .file_flags = WIRE_FILE_UPPER},
                "/tmp/c", "c", "");
    CHECK_INT(d.event.arg_count, 6);
    check(&d, "evt.args",
          "\"fd=6(<f>/tmp/c) name=c(/tmp/c) mode=0644 dev=0 ino=0 "
          "creat_flags=1(FD_UPPER_LAYER_CREAT)\"");
    check(&d, "evt.is_open_write", "false"); /* as Falco has it */
    check(&d, "evt.is_open_create", "true");
    decoded_done(&d);
}

static void opens_that_failed(void **state)
{
    static const struct {
        const char *row, *raw, *base, *path;
    } rows[] = {
        {"absolute", "/no/such", "", "\"/no/such\""},
        {"relative", "../x", "/var/tmp", "\"/var/x\""},
        {"base not known", "x", "", "\"x\""},
        {"nothing known", "", "", "null"},
        {"name not readable", "", "/var/tmp", "null"},
    };
    struct decoded d;

    decoded_init(&d);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        decode_open(
            &d,
            (struct wire_open){
                .result = -ENOENT, .flags = O_RDWR, .dirfd = AT_FDCWD, .call = WIRE_CALL_OPENAT},
            "", rows[i].raw, rows[i].base);
        check(&d, "fs.path.name", rows[i].path);
        check(&d, "fd.num", "-1");
        check(&d, "fd.type", "null");
        check(&d, "fd.ino", "null");
        check(&d, "evt.res", "\"ENOENT\"");
        check(&d, "evt.failed", "true");
        check(&d, "evt.arg.fd", "\"ENOENT\"");
        check(&d, "evt.is_open_write", "true");
    }
    decoded_done(&d);
}

/* The argument may be rewritten while the call runs; what was opened counts. */
static void the_opened_file_wins_over_the_argument(void **state)
{
    struct decoded d;

    decoded_init(&d);
    decode_open(&d,
                (struct wire_open){
                    .result = 3, .file_mode = S_IFREG, .dirfd = AT_FDCWD, .call = WIRE_CALL_OPENAT},
                "/etc/shadow", "/tmp/harmless", "");
    check(&d, "fd.name", "\"/etc/shadow\"");
    check(&d, "fs.path.name", "\"/etc/shadow\"");
    check(&d, "fd.nameraw", "\"/tmp/harmless\"");
    decoded_done(&d);
}

/* Records that capture/ would have refused: nothing is read past their end. */
static void records_that_lie(void **state)
{
    struct decoded d;

    decoded_init(&d);
    for (int kind = 0; kind <= WIRE_KIND_COUNT + 1; kind++) {
        for (uint32_t size = sizeof(struct wire_header); size <= 512; size += 8) {
            struct wire_header *record = xmalloc(size);

            memset(record, 0xff, size); /* every length is the largest */
            record->kind = (uint16_t)kind;
            record->size = size;
            arena_reset(d.arena);
            (void)wire_decode(&d.decoder, record, d.arena, &d.event, &d.change);
            for (uint32_t i = 0; i < field_count(); i++) {
                struct field_ref ref;
                struct value value[FIELD_VALUES_MAX];
                if (field_ref_make(field_at(i), false, SV(""), &ref) == FIELD_REF_FINE)
                    (void)field_extract(&d.event, &ref, value);
            }
            free(record);
        }
    }
    decoded_done(&d);
}

/* Whether these two calls, and no others, make events of the types. */
static bool wire_calls_are(const struct event_set *types, int one, int other)
{
    struct wire_calls calls = wire_calls_of(types);

    for (int call = 0; call < WIRE_CALL_COUNT; call++) {
        if (wire_calls_has(&calls, (uint32_t)call) != (call == one || call == other))
            return false;
    }
    return true;
}

static void calls_and_types(void **state)
{
    struct event_set types = {0};

    CHECK_INT(wire_call_type(WIRE_CALL_FCHMODAT2), EVENT_FCHMODAT2);
    CHECK_INT(wire_call_type(WIRE_CALL_COUNT), EVENT_NONE);
    CHECK(wire_calls_are(&types, WIRE_CALL_COUNT, WIRE_CALL_COUNT));
    event_set_add(&types, EVENT_OPEN);
    event_set_add(&types, EVENT_EXECVEAT);
    event_set_add(&types, EVENT_PROCEXIT); /* no call */
    CHECK(wire_calls_are(&types, WIRE_CALL_OPEN, WIRE_CALL_EXECVEAT));
    for (int call = 0; call < WIRE_CALL_COUNT; call++) {
        CHECK(wire_call_type(call) != EVENT_NONE);
        CHECK(event_type_info(wire_call_type(call))->captured);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_and_forks_are_changes_only),
        cmocka_unit_test(cgroups_are_changes_only),
        cmocka_unit_test(an_exec_is_an_event_and_a_change),
        cmocka_unit_test(an_exec_without_any_text),
        cmocka_unit_test(exits),
        cmocka_unit_test(opens),
        cmocka_unit_test(opens_that_failed),
        cmocka_unit_test(the_opened_file_wins_over_the_argument),
        cmocka_unit_test(records_that_lie),
        cmocka_unit_test(calls_and_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
