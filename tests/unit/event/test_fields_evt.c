/* evt.* and syscall.type */
#include <errno.h>
#include <fcntl.h>

#include "event/event_flags.h"
#include "tests/unit/event/fields_fixture.h"

static void set_open(struct fixture *f)
{
    f->event.type = EVENT_OPENAT;
    f->event.has_result = true;
    f->event.result = 3;
    f->event.open_flags = O_WRONLY | O_CREAT;
    f->event.mode = 0755;
    f->event.path = SV("/etc/x");
    f->event.fd = (struct event_fd){.known = true, .num = 3, .type = 'f', .name = SV("/etc/x")};
    f->event.arg[0] = value_i64(3);
    f->event.arg[1] = value_i64(AT_FDCWD);
    f->event.arg[2] = value_sv(SV("/etc/x"));
    f->event.arg[3] = value_u64(EVENT_O_WRONLY | EVENT_O_CREAT | EVENT_O_CREATED);
    f->event.arg[4] = value_u64(0755);
    f->event.arg[5] = value_u64(0x1b);
    f->event.arg_count = 6; /* no ino */
}

static const struct field_row an_open[] = {
    {"evt.abspath", "\"/etc/x\""},
    {"evt.abspath.src", "\"/etc/x\""},
    {"evt.abspath.dst", "null"},
    {"evt.arg.fd", "\"<f>/etc/x\""},
    {"evt.arg[fd]", "\"<f>/etc/x\""},
    {"evt.arg[0]", "\"<f>/etc/x\""},
    {"evt.arg[6]", "null"},
    {"evt.arg[7]", "null"},
    {"evt.arg.flags", "\"O_CREAT|O_WRONLY|O_F_CREATED\""},
    {"evt.arg.res", "null"}, /* a parameter of other types */
    {"evt.args", "\"fd=3(<f>/etc/x) dirfd=-100(AT_FDCWD) name=/etc/x "
                 "flags=16390(O_CREAT|O_WRONLY|O_F_CREATED) mode=0755 dev=1B ino=<NA>\""},
    {"evt.around[1795526080521821111]", "0"},
    {"evt.around[1795526079521821111]", "1000"},
    {"evt.around[1795526081521821111]", "1000"},
    {"evt.category", "\"file\""},
    {"evt.count", "1"},
    {"evt.count.error", "0"},
    {"evt.count.error.file", "0"},
    {"evt.count.error.memory", "null"},
    {"evt.count.error.net", "null"},
    {"evt.count.error.other", "null"},
    {"evt.count.exit", "1"},
    {"evt.cpu", "3"},
    {"evt.datetime", "1795526080521821111"},
    {"evt.datetime.s", "1795526080521821111"},
    {"evt.dir", "\"<\""},
    {"evt.failed", "false"},
    {"evt.hostname", "\"testhost\""},
    {"evt.info", "\"fd=3(<f>/etc/x) dirfd=-100(AT_FDCWD) name=/etc/x "
                 "flags=16390(O_CREAT|O_WRONLY|O_F_CREATED) mode=0755 dev=1B ino=<NA>\""},
    {"evt.io_dir", "null"},
    {"evt.is_async", "false"},
    {"evt.is_io", "false"},
    {"evt.is_io_read", "false"},
    {"evt.is_io_write", "false"},
    {"evt.is_io_uring", "false"},
    {"evt.is_name_cut", "false"},
    {"evt.is_name_unsure", "false"},
    {"evt.is_open_create", "true"},
    {"evt.is_open_exec", "true"},
    {"evt.is_open_read", "false"},
    {"evt.is_open_write", "true"},
    {"evt.is_syslog", "false"},
    {"evt.is_wait", "false"},
    {"evt.num", "42"},
    {"evt.rawarg.flags", "16390"},
    {"evt.rawarg.fd", "3"},
    {"evt.rawarg.name", "\"/etc/x\""},
    {"evt.rawarg.ino", "null"},
    {"evt.rawres", "3"},
    {"evt.rawtime", "1795526080521821111"},
    {"evt.rawtime.ns", "521821111"},
    {"evt.rawtime.s", "1795526080"},
    {"evt.res", "\"SUCCESS\""},
    {"evt.source", "\"syscall\""},
    {"evt.time", "1795526080521821111"},
    {"evt.time.iso8601", "1795526080521821111"},
    {"evt.time.s", "1795526080521821111"},
    {"evt.type", "\"openat\""},
    {"evt.type.is[openat]", "1"},
    {"evt.type.is.open", "0"},
    {"syscall.type", "\"openat\""},
};

static void fields_of_an_open(void **state)
{
    struct fixture f;

    (void)setenv("FALCO_HOSTNAME", "testhost", 1);
    fixture_init(&f);
    set_open(&f);
    check_fields(&f.event, an_open, ARRAY_LEN(an_open));
    check_all_listed("evt.", an_open, ARRAY_LEN(an_open));
    fixture_done(&f);
}

static void times_are_text_in_outputs(void **state)
{
    static const struct field_row rows[] = {
        {"evt.time", "13:14:40.521821111"},
        {"evt.time.s", "13:14:40"},
        {"evt.time.iso8601", "2026-11-24T13:14:40.521821111+0000"},
        {"evt.datetime", "2026-11-24 13:14:40.521821111"},
        {"evt.datetime.s", "2026-11-24 13:14:40"},
        {"evt.rawtime", "1795526080521821111"},
    };
    struct fixture f;

    fixture_init(&f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf out = {0};
        struct field_ref ref = {0};

        test_row(rows[i].field);
        CHECK_INT(field_ref_parse(sv(rows[i].field), &ref), FIELD_REF_FINE);
        field_print(&out, &f.event, &ref);
        CHECK_STR(buf_cstr(&out), rows[i].json);
    }
    fixture_done(&f);
}

static void a_call_that_failed(void **state)
{
    static const struct field_row rows[] = {
        {"evt.res", "\"EACCES\""},     {"evt.rawres", "-13"},
        {"evt.failed", "true"},        {"evt.count.error", "1"},
        {"evt.count.error.file", "1"}, {"evt.count.error.net", "null"},
        {"evt.is_open_write", "true"}, {"evt.is_open_create", "false"},
    };
    struct fixture f;

    fixture_init(&f);
    set_open(&f);
    f.event.result = -EACCES;
    f.event.arg[3] = value_u64(EVENT_O_WRONLY | EVENT_O_CREAT);
    check_fields(&f.event, rows, ARRAY_LEN(rows));
    fixture_done(&f);
}

static void an_event_without_a_result(void **state)
{
    static const struct field_row rows[] = {
        {"evt.res", "null"},
        {"evt.rawres", "null"},
        {"evt.failed", "null"},
        {"evt.abspath", "null"},
        {"evt.category", "\"process\""},
        {"evt.count.error.other", "0"},
        {"evt.is_open_read", "false"},
        {"evt.is_open_write", "false"},
        {"evt.is_open_exec", "false"},
        {"evt.is_open_create", "false"},
        {"evt.rawarg.status", "null"},
        {"evt.args", "\"status=<NA> ret=<NA> sig=<NA> core=<NA> reaper_tid=<NA>\""},
        {"syscall.type", "null"},
    };
    struct fixture f;

    fixture_init(&f);
    f.event.type = EVENT_PROCEXIT;
    check_fields(&f.event, rows, ARRAY_LEN(rows));
    fixture_done(&f);
}

static void how_files_are_opened(void **state)
{
    static const struct {
        const char *row;
        enum event_type type;
        int flags;
        uint32_t mode;
        bool read, write, exec;
    } rows[] = {
        {"read", EVENT_OPEN, O_RDONLY, 0, true, false, false},
        {"write", EVENT_OPENAT, O_WRONLY, 0, false, true, false},
        {"both", EVENT_OPENAT2, O_RDWR, 0, true, true, false},
        {"exec mode without O_CREAT", EVENT_OPEN, O_RDONLY, 0755, true, false, false},
        {"exec mode", EVENT_OPEN, O_WRONLY | O_CREAT, 0100, false, true, true},
        {"no exec mode", EVENT_OPEN, O_WRONLY | O_CREAT, 0644, false, true, false},
        {"temporary file", EVENT_OPEN, O_WRONLY | O_TMPFILE, 0700, false, true, true},
        {"directory is no temporary file", EVENT_OPEN, O_DIRECTORY, 0700, true, false, false},
        {"creat", EVENT_CREAT, O_WRONLY | O_CREAT | O_TRUNC, 0755, false, false, true},
        {"no open", EVENT_UNLINK, O_RDWR | O_CREAT, 0755, false, false, false},
    };
    struct fixture f;

    fixture_init(&f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        f.event.type = rows[i].type;
        f.event.open_flags = (uint32_t)rows[i].flags;
        f.event.mode = rows[i].mode;
        check_field(&f.event, "evt.is_open_read", rows[i].read ? "true" : "false");
        check_field(&f.event, "evt.is_open_write", rows[i].write ? "true" : "false");
        check_field(&f.event, "evt.is_open_exec", rows[i].exec ? "true" : "false");
    }
    fixture_done(&f);
}

static void events_that_read_and_write(void **state)
{
    static const struct {
        const char *type;
        char fd_type;
        const char *category, *io, *read, *write, *dir;
    } rows[] = {
        {"read", 'f', "\"file\"", "true", "true", "false", "\"r\""},
        {"recvmsg", 'u', "\"ipc\"", "true", "true", "false", "\"r\""},
        {"write", '4', "\"net\"", "true", "false", "true", "\"w\""},
        {"sendto", 'n', "\"unknown\"", "true", "false", "true", "\"w\""},
        {"close", 'p', "\"ipc\"", "false", "false", "false", "null"},
        {"mkdir", 'f', "\"file\"", "false", "false", "false", "null"},
    };
    struct fixture f;

    fixture_init(&f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        f.event.type = event_type_from(sv(rows[i].type));
        f.event.fd = (struct event_fd){
            .known = true, .type = rows[i].fd_type, .name = SV("/run/systemd/journal/dev/log")};
        check_field(&f.event, "evt.category", rows[i].category);
        check_field(&f.event, "evt.is_io", rows[i].io);
        check_field(&f.event, "evt.is_io_read", rows[i].read);
        check_field(&f.event, "evt.is_io_write", rows[i].write);
        check_field(&f.event, "evt.io_dir", rows[i].dir);
        check_field(&f.event, "evt.is_syslog", rows[i].write);
    }
    f.event.type = event_type_from(SV("poll"));
    check_field(&f.event, "evt.is_wait", "true");
    fixture_done(&f);
}

static void two_paths(void **state)
{
    struct fixture f;

    fixture_init(&f);
    f.event.path_source = SV("/from");
    f.event.path_target = SV("/to");
    f.event.type = EVENT_RENAMEAT2;
    check_field(&f.event, "evt.abspath", "\"/from\"");
    check_field(&f.event, "evt.abspath.src", "\"/from\"");
    check_field(&f.event, "evt.abspath.dst", "\"/to\"");
    f.event.type = EVENT_RENAME; /* takes no directory */
    check_field(&f.event, "evt.abspath", "null");
    fixture_done(&f);
}

static void events_of_other_sources(void **state)
{
    static const struct field_row rows[] = {
        {"evt.source", "\"aws_cloudtrail\""},
        {"evt.num", "42"},
        {"evt.type", "\"pluginevent\""},
        {"syscall.type", "null"},
        {"ct.name", "null"},
        {"json.value[/eventName]", "null"},
    };
    struct fixture f;

    fixture_init(&f);
    f.event.source = SOURCE_AWS_CLOUDTRAIL;
    f.event.type = EVENT_PLUGIN;
    check_fields(&f.event, rows, ARRAY_LEN(rows));
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_an_open),
        cmocka_unit_test(times_are_text_in_outputs),
        cmocka_unit_test(a_call_that_failed),
        cmocka_unit_test(an_event_without_a_result),
        cmocka_unit_test(how_files_are_opened),
        cmocka_unit_test(events_that_read_and_write),
        cmocka_unit_test(two_paths),
        cmocka_unit_test(events_of_other_sources),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
