/* Records of every kind to events and changes. The records are built in exact heap blocks, so that
 * a byte read past the end is seen. */
#include "decode/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "capture/wire_check.h"
#include "event/field.h"
#include "tests/unit/test.h"

#define OFFSET_NS 1000000000000LL

struct decoded {
    struct wire_decoder decoder;
    struct arena *arena;
    struct wire_header *record;
    struct event event;
    struct change change;
    enum wire_outcome outcome;
};

static void decoded_init(struct decoded *d)
{
    *d = (struct decoded){.decoder = {.boot_offset_ns = OFFSET_NS}, .arena = arena_new(4096)};
}

static void decoded_done(struct decoded *d)
{
    arena_free(d->arena);
    free(d->record);
}

/* Put a record together from its fixed part and the text behind it, and decode it. */
static void decode(struct decoded *d, const void *fixed, size_t fixed_size, struct sv text)
{
    size_t size = (fixed_size + text.len + 7) / 8 * 8;

    free(d->record);
    d->record = xcalloc(1, size);
    memcpy(d->record, fixed, fixed_size);
    if (text.len > 0)
        memcpy((char *)d->record + fixed_size, text.ptr, text.len);
    d->record->size = (uint32_t)size;
    CHECK(wire_check(d->record, size));
    arena_reset(d->arena);
    struct wire_decoder passing = d->decoder;
    struct change change;
    enum wire_outcome outcome = wire_pass(&passing, d->record, &change);
    d->outcome = wire_decode(&d->decoder, d->record, d->arena, &d->event, &d->change);
    /* Who only passes the record on counts the same and knows the same change. */
    CHECK_INT(outcome, d->outcome);
    CHECK_INT(passing.num, d->decoder.num);
    CHECK_INT(change.kind, d->change.kind);
}

static struct wire_header header(enum wire_kind kind)
{
    return (struct wire_header){
        .time_ns = 5000,
        .kind = kind,
        .cpu = 1,
        .pid = 200,
        .tid = 200,
        .start_ns = 3000,
    };
}

static void check(const struct decoded *d, const char *field, const char *json)
{
    struct field_ref ref = {0};
    scoped(buf_done) struct buf out = {0};
    struct json_writer w = json_writer_on(&out);

    test_row(field);
    CHECK_INT(field_ref_parse(sv(field), &ref), FIELD_REF_FINE);
    field_json(&w, &d->event, &ref);
    CHECK_STR(buf_cstr(&out), json);
}

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
                                   .file_flags = WIRE_FILE_UPPER | WIRE_FILE_CREATED},
                "/tmp/x", "/tmp/x", "");
    CHECK_INT(d.event.arg_count, 8);
    check(&d, "evt.args",
          "\"fd=4(<f>/tmp/x) dirfd=7 name=/tmp/x "
          "flags=49414(O_TRUNC|O_CREAT|O_WRONLY|O_F_CREATED|FD_UPPER_LAYER) mode=0755 "
          "resolve=<NA> dev=0 ino=0\"");
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

static struct wire_connect a_connect(uint16_t family, int64_t result)
{
    return (struct wire_connect){
        .hdr = header(WIRE_CONNECT),
        .result = result,
        .fd = 4,
        .family = family,
        .type = SOCK_STREAM,
        .local_port = 40000,
        .remote_port = 443,
        .ino = 99,
    };
}

static void connections(void **state)
{
    struct wire_connect four = a_connect(AF_INET, 0);
    struct wire_connect six = a_connect(AF_INET6, -EINPROGRESS);
    struct decoded d;

    decoded_init(&d);
    memcpy(four.local, (uint8_t[]){10, 0, 0, 5}, 4);
    memcpy(four.remote, (uint8_t[]){93, 184, 216, 34}, 4);
    decode(&d, &four, sizeof(four), SV(""));
    check(&d, "evt.args",
          "\"res=0 tuple=10.0.0.5:40000->93.184.216.34:443 "
          "fd=4(<4t>10.0.0.5:40000->93.184.216.34:443) addr=93.184.216.34:443\"");
    check(&d, "fd.type", "\"ipv4\"");
    check(&d, "fd.l4proto", "\"tcp\"");
    check(&d, "fd.cip", "\"10.0.0.5\"");
    check(&d, "fd.sport", "443");
    check(&d, "fd.is_server", "false");
    check(&d, "fd.ino", "99");

    four.result = -ECONNREFUSED;
    four.type = SOCK_DGRAM;
    decode(&d, &four, sizeof(four), SV(""));
    check(&d, "evt.arg.tuple", "null");
    check(&d, "evt.arg.addr", "\"93.184.216.34:443\"");
    check(&d, "fd.l4proto", "\"udp\"");
    check(&d, "fd.sip", "\"93.184.216.34\""); /* what it tried is known */
    check(&d, "evt.res", "\"ECONNREFUSED\"");

    six.local[15] = 1;
    six.remote[15] = 1;
    six.type = SOCK_RAW;
    decode(&d, &six, sizeof(six), SV(""));
    check(&d, "fd.type", "\"ipv6\"");
    check(&d, "fd.name", "\"::1:40000->::1:443\"");
    check(&d, "fd.l4proto", "\"raw\"");
    check(&d, "evt.arg.tuple", "\"::1:40000->::1:443\"");

    memcpy(six.local, (uint8_t[16]){[10] = 0xff, [11] = 0xff, 127, 0, 0, 1}, 16);
    memcpy(six.remote, (uint8_t[16]){[10] = 0xff, [11] = 0xff, 127, 0, 0, 2}, 16);
    six.protocol = IPPROTO_TCP;
    decode(&d, &six, sizeof(six), SV(""));
    check(&d, "fd.type", "\"ipv4\""); /* mapped into IPv6 */
    check(&d, "fd.name", "\"127.0.0.1:40000->127.0.0.2:443\"");
    check(&d, "fd.l4proto", "\"tcp\"");
    memset(six.local, 0, sizeof(six.local));
    decode(&d, &six, sizeof(six), SV(""));
    check(&d, "fd.name", "\"0.0.0.0:40000->127.0.0.2:443\"");
    decoded_done(&d);
}

static void sockets_with_names(void **state)
{
    static const struct {
        struct sv name;
        const char *json;
    } rows[] = {
        {SV("/run/docker.sock"), "\"/run/docker.sock\""},
        {SV("\0abstract"), "\"@abstract\""},
        {SV("\0"), "\"@\""},
        {SV(""), "\"\""},
    };
    struct wire_connect local = a_connect(AF_UNIX, 0);
    struct decoded d;

    decoded_init(&d);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        local.unix_len = (uint16_t)rows[i].name.len;
        decode(&d, &local, sizeof(local), rows[i].name);
        check(&d, "fd.name", rows[i].json);
        check(&d, "fd.type", "\"unix\"");
        check(&d, "fd.cip", "null");
        check(&d, "fd.sockfamily", "\"unix\"");
        check(&d, "fd.l4proto", "\"<NA>\"");
    }
    decoded_done(&d);
}

static void decode_path(struct decoded *d, struct wire_path path, const char *name,
                        const char *new_name, const char *base, const char *new_base)
{
    char text[256];

    path.hdr = header(WIRE_PATH);
    path.name_len = (uint16_t)strlen(name);
    path.new_name_len = (uint16_t)strlen(new_name);
    path.base_len = (uint16_t)strlen(base);
    path.new_base_len = (uint16_t)strlen(new_base);
    (void)snprintf(text, sizeof(text), "%s%s%s%s", name, new_name, base, new_base);
    decode(d, &path, sizeof(path), sv(text));
}

static void removals(void **state)
{
    struct decoded d;

    decoded_init(&d);
    decode_path(&d, (struct wire_path){.call = WIRE_CALL_UNLINK, .dirfd = AT_FDCWD}, "./a", "",
                "/tmp", "");
    check(&d, "evt.args", "\"res=0 path=./a(/tmp/a)\"");
    check(&d, "fs.path.name", "\"/tmp/a\"");
    check(&d, "fs.path.nameraw", "\"./a\"");
    check(&d, "fd.num", "null");

    decode_path(&d,
                (struct wire_path){.call = WIRE_CALL_UNLINKAT, .dirfd = 7, .flags = AT_REMOVEDIR},
                "a", "", "/srv", "");
    check(&d, "evt.args", "\"res=0 dirfd=7(<d>/srv) name=a(/srv/a) flags=512(AT_REMOVEDIR)\"");
    check(&d, "fs.path.name", "\"/srv/a\"");
    check(&d, "fd.name", "\"/srv\"");

    decode_path(&d, (struct wire_path){.call = WIRE_CALL_UNLINKAT, .dirfd = AT_FDCWD}, "a", "",
                "/srv", "");
    check(&d, "evt.args", "\"res=0 dirfd=-100(AT_FDCWD) name=a(/srv/a) flags=0\"");
    check(&d, "fd.num", "-100");
    check(&d, "fd.name", "\"\"");
    check(&d, "fd.type", "null");

    decode_path(&d, (struct wire_path){.call = WIRE_CALL_UNLINK, .result = -EACCES}, "/a", "", "",
                "");
    check(&d, "fs.path.name", "null");
    check(&d, "evt.arg.path", "\"/a\"");
    check(&d, "evt.res", "\"EACCES\"");
    decoded_done(&d);
}

static void renames(void **state)
{
    struct decoded d;

    decoded_init(&d);
    decode_path(&d, (struct wire_path){.call = WIRE_CALL_RENAME}, "a", "../b", "/tmp", "/var/tmp");
    check(&d, "evt.args", "\"res=0 oldpath=a(/tmp/a) newpath=../b(/var/b)\"");
    check(&d, "fs.path.source", "\"/tmp/a\"");
    check(&d, "fs.path.target", "\"/var/b\"");
    check(&d, "fs.path.sourceraw", "\"a\"");
    check(&d, "fs.path.targetraw", "\"../b\"");
    check(&d, "fs.path.name", "null");

    decode_path(&d, (struct wire_path){.call = WIRE_CALL_RENAMEAT, .dirfd = 3, .new_dirfd = 4}, "a",
                "/b", "/tmp", "");
    check(&d, "evt.args", "\"res=0 olddirfd=3 oldpath=a(/tmp/a) newdirfd=4 newpath=/b\"");
    decode_path(&d,
                (struct wire_path){.call = WIRE_CALL_RENAMEAT2,
                                   .dirfd = AT_FDCWD,
                                   .new_dirfd = AT_FDCWD,
                                   .flags = 1,
                                   .result = -EEXIST},
                "/a", "/b", "", "");
    check(&d, "evt.args",
          "\"res=-17(EEXIST) olddirfd=-100(AT_FDCWD) oldpath=/a "
          "newdirfd=-100(AT_FDCWD) newpath=/b flags=1(RENAME_NOREPLACE)\"");
    check(&d, "fs.path.source", "null");
    decoded_done(&d);
}

static void changes_of_mode(void **state)
{
    struct decoded d;

    decoded_init(&d);
    decode_path(&d, (struct wire_path){.call = WIRE_CALL_CHMOD, .mode = S_IFREG | 04755}, "a", "",
                "/tmp", "");
    check(&d, "evt.args",
          "\"res=0 filename=a(/tmp/a) mode=04755(S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|"
          "S_IRUSR|S_ISUID)\"");
    check(&d, "fs.path.name", "\"/tmp/a\"");

    decode_path(&d, (struct wire_path){.call = WIRE_CALL_FCHMOD, .dirfd = 3, .mode = 0600}, "", "",
                "/tmp/a", "");
    check(&d, "evt.args", "\"res=0 fd=3(<f>/tmp/a) mode=0600(S_IWUSR|S_IRUSR)\"");
    check(&d, "fs.path.name", "\"/tmp/a\"");
    check(&d, "fd.name", "\"/tmp/a\"");

    decode_path(&d, (struct wire_path){.call = WIRE_CALL_FCHMODAT, .dirfd = 5, .mode = 0100}, "b",
                "", "/tmp", "");
    check(&d, "evt.args", "\"res=0 dirfd=5(<d>/tmp) filename=b(/tmp/b) mode=0100(S_IXUSR)\"");

    decode_path(&d,
                (struct wire_path){.call = WIRE_CALL_FCHMODAT2,
                                   .dirfd = AT_FDCWD,
                                   .mode = 0100,
                                   .flags = AT_SYMLINK_NOFOLLOW},
                "/b", "", "", "");
    check(&d, "evt.type", "\"fchmodat2\"");
    check(&d, "evt.args",
          "\"res=0 dirfd=-100(AT_FDCWD) filename=/b mode=0100(S_IXUSR) "
          "flags=256(AT_SYMLINK_NOFOLLOW)\"");
    decoded_done(&d);
}

static void calls(void **state)
{
    static const struct {
        enum wire_call call;
        int64_t result;
        uint64_t flags;
        const char *text;
        const char *type, *res, *args_flags, *filename;
    } rows[] = {
        {WIRE_CALL_CLONE, 300, 0x1200011, "", "\"clone\"", "\"SUCCESS\"",
         "\"CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID\"", "null"},
        {WIRE_CALL_CLONE3, -EPERM, 0x10000000, "", "\"clone3\"", "\"EPERM\"", "\"CLONE_NEWUSER\"",
         "null"},
        {WIRE_CALL_FORK, 0, 0xffff, "", "\"fork\"", "\"SUCCESS\"", "\"0\"", "null"},
        {WIRE_CALL_VFORK, 301, 0xffff, "", "\"vfork\"", "\"SUCCESS\"", "\"0\"", "null"},
        {WIRE_CALL_EXECVE, -ENOENT, 0, "/usr/bin/nmap", "\"execve\"", "\"ENOENT\"", "null",
         "\"/usr/bin/nmap\""},
        {WIRE_CALL_EXECVEAT, -EACCES, 0, "x", "\"execveat\"", "\"EACCES\"", "null", "null"},
    };
    struct decoded d;

    decoded_init(&d);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wire_call_record record = {
            .hdr = header(WIRE_CALL),
            .result = rows[i].result,
            .arg = {rows[i].flags},
            .call = rows[i].call,
            .text_len = (uint16_t)strlen(rows[i].text),
        };

        decode(&d, &record, sizeof(record), sv(rows[i].text));
        CHECK_INT(d.outcome, WIRE_EVENT);
        CHECK_INT(d.change.kind, CHANGE_NONE);
        check(&d, "evt.type", rows[i].type);
        check(&d, "evt.res", rows[i].res);
        check(&d, "evt.arg.flags", rows[i].args_flags);
        check(&d, "evt.arg.filename", rows[i].filename);
        check(&d, "evt.rawarg.tid", "200");
    }
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

static void calls_and_types(void **state)
{
    struct event_set types = {0};

    CHECK_INT(wire_call_type(WIRE_CALL_FCHMODAT2), EVENT_FCHMODAT2);
    CHECK_INT(wire_call_type(WIRE_CALL_COUNT), EVENT_NONE);
    CHECK_INT(wire_calls_of(&types), 0);
    event_set_add(&types, EVENT_OPEN);
    event_set_add(&types, EVENT_EXECVEAT);
    event_set_add(&types, EVENT_PROCEXIT); /* no call */
    CHECK_INT(wire_calls_of(&types), (1u << WIRE_CALL_OPEN) | (1u << WIRE_CALL_EXECVEAT));
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
        cmocka_unit_test(connections),
        cmocka_unit_test(sockets_with_names),
        cmocka_unit_test(removals),
        cmocka_unit_test(renames),
        cmocka_unit_test(changes_of_mode),
        cmocka_unit_test(calls),
        cmocka_unit_test(records_that_lie),
        cmocka_unit_test(calls_and_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
