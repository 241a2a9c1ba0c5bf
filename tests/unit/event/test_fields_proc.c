/* proc.*, thread.*, user.* and group.* */
#include "tests/unit/event/fields_fixture.h"

static const struct field_row in_full[] = {
    {"proc.aargs", "\"-l\""},
    {"proc.aargs[0]", "\"-n /etc/shadow \""},
    {"proc.aargs[1]", "\"-l\""},
    {"proc.acmdline", "\"bash -l systemd\""},
    {"proc.acmdline[2]", "\"systemd\""},
    {"proc.aenv", "\"HOME=/root ONLY=shell\""},
    {"proc.aenv[ONLY]", "\"shell\""},
    {"proc.aenv[1]", "\"HOME=/root ONLY=shell\""},
    {"proc.aenv[0]", "\"HOME=/home/a EMPTY= PATH=/bin\""},
    {"proc.aenv[PATH]", "null"}, /* the process's own does not count */
    {"proc.aexe", "\"-bash /sbin/init\""},
    {"proc.aexe[1]", "\"-bash\""},
    {"proc.aexepath", "\"/bin/bash /usr/lib/systemd/systemd\""},
    {"proc.aexepath[2]", "\"/usr/lib/systemd/systemd\""},
    {"proc.aname", "\"bash systemd\""},
    {"proc.aname[0]", "\"cat\""},
    {"proc.aname[1]", "\"bash\""},
    {"proc.aname[2]", "\"systemd\""},
    {"proc.aname[3]", "null"},
    {"proc.aname[9223372036854775807]", "null"},
    {"proc.apid", "\"100 1\""},
    {"proc.apid[2]", "1"},
    {"proc.args", "\"-n /etc/shadow \""},
    {"proc.args[0]", "\"-n\""},
    {"proc.args[2]", "\"\""}, /* given, and empty */
    {"proc.args[3]", "null"},
    {"proc.cmdlenargs", "13"},
    {"proc.cmdline", "\"cat -n /etc/shadow \""},
    {"proc.cmdnargs", "3"},
    {"proc.cwd", "\"/root/\""},
    {"proc.duration", "2000000000"},
    {"proc.env", "\"HOME=/home/a EMPTY= PATH=/bin\""},
    {"proc.env[PATH]", "\"/bin\""},
    {"proc.env[EMPTY]", "\"\""},
    {"proc.env[PAT]", "null"},
    {"proc.exe", "\"cat\""},
    {"proc.exe_ino", "77"},
    {"proc.exe_ino.ctime", "1795526078021821111"},
    {"proc.exe_ino.ctime_duration_pidns_start", "1000000000"},
    {"proc.exe_ino.ctime_duration_proc_start", "500000000"},
    {"proc.exe_ino.mtime", "1795526076521821111"},
    {"proc.exeline", "\"cat -n /etc/shadow \""},
    {"proc.exepath", "\"/usr/bin/cat\""},
    {"proc.container_entry", "\"exec\""},
    {"proc.container_entry.by.cmdline", "\"bash -l\""},
    {"proc.container_entry.by.name", "\"bash\""},
    {"proc.container_entry.by.pid", "100"},
    {"proc.container_entry.cmdline", "\"cat -n /etc/shadow \""},
    {"proc.container_entry.name", "\"cat\""},
    {"proc.container_entry.pid", "200"},
    {"proc.is_container_entry", "true"},
    {"proc.is_container_healthcheck", "false"},
    {"proc.is_container_liveness_probe", "true"},
    {"proc.is_container_readiness_probe", "false"},
    {"proc.is_exe_from_memfd", "false"},
    {"proc.is_exe_lower_layer", "false"},
    {"proc.is_exe_upper_layer", "true"},
    {"proc.is_exe_writable", "true"},
    {"proc.is_pgid_leader", "true"},
    {"proc.is_sid_leader", "false"},
    {"proc.is_vpgid_leader", "true"},
    {"proc.loginshellid", "100"},
    {"proc.name", "\"cat\""},
    {"proc.nchilds", "2"},
    {"proc.nthreads", "3"},
    {"proc.pcmdline", "\"bash -l\""},
    {"proc.pexe", "\"-bash\""},
    {"proc.pexepath", "\"/bin/bash\""},
    {"proc.pgid", "200"},
    {"proc.pgid.exe", "\"cat\""},
    {"proc.pgid.exepath", "\"/usr/bin/cat\""},
    {"proc.pgid.name", "\"cat\""},
    {"proc.pid", "200"},
    {"proc.pid.ts", "1795526078521821111"},
    {"proc.pidns_init_start_ts", "1795526077021821111"},
    {"proc.pname", "\"bash\""},
    {"proc.ppid", "100"},
    {"proc.ppid.duration", "3000000000"},
    {"proc.ppid.ts", "1795526077521821111"},
    {"proc.pvpid", "5"},
    {"proc.sid", "5"},
    {"proc.sid.exe", "\"-bash\""},
    {"proc.sid.exepath", "\"/bin/bash\""},
    {"proc.sname", "\"bash\""},
    {"proc.tty", "34816"},
    {"proc.vpgid", "12"},
    {"proc.vpgid.exe", "\"cat\""},
    {"proc.vpgid.exepath", "\"/usr/bin/cat\""},
    {"proc.vpgid.name", "\"cat\""},
    {"proc.vpid", "12"},
    {"thread.cap_effective", "\"CAP_CHECKPOINT_RESTORE\""},
    {"thread.cap_inheritable", "\"\""},
    {"thread.cap_permitted", "\"CAP_NET_ADMIN CAP_SYS_ADMIN\""},
    {"thread.cgroup[memory]", "\"/pod/c\""},
    {"thread.cgroup.cpu", "\"/pod/c\""},
    {"thread.cgroup[nothing]", "null"},
    {"thread.cgroups", "\"cpuset=/pod/c cpu=/pod/c cpuacct=/pod/c io=/pod/c memory=/pod/c\""},
    {"thread.ismain", "true"},
    {"thread.tid", "200"},
    {"thread.vtid", "12"},
    {"user.uid", "1000"},
    {"user.name", "\"app\""},
    {"user.homedir", "\"/home/app\""},
    {"user.shell", "\"/bin/sh\""},
    {"user.loginuid", "1001"},
    {"user.loginname", "\"carol\""},
    {"group.gid", "50"},
    {"group.name", "\"staff\""},
};

static void with_everything_known(void **state)
{
    static const char *const prefixes[] = {"proc.", "thread.", "user.", "group."};
    struct fixture f;

    fixture_init(&f);
    check_fields(&f.event, in_full, ARRAY_LEN(in_full));
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        check_all_listed(prefixes[i], in_full, ARRAY_LEN(in_full));
    fixture_done(&f);
}

static void without_a_process_all_are_absent(void **state)
{
    struct fixture f;

    fixture_init(&f);
    f.event.process = NULL;
    f.event.tid = 0;
    for (size_t i = 0; i < ARRAY_LEN(in_full); i++)
        check_field(&f.event, in_full[i].field, "null");
    fixture_done(&f);
}

static void what_is_not_known_is_absent(void **state)
{
    static const struct field_row rows[] = {
        {"proc.name", "null"},
        {"proc.exe", "null"},
        {"proc.exepath", "null"},
        {"proc.args", "null"},
        {"proc.cmdline", "null"},
        {"proc.exeline", "null"},
        {"proc.env", "null"},
        {"proc.cwd", "null"},
        {"proc.cmdnargs", "0"},
        {"proc.cmdlenargs", "0"},
        {"proc.duration", "null"},
        {"proc.pid.ts", "null"},
        {"proc.pidns_init_start_ts", "null"},
        {"proc.exe_ino", "null"},
        {"proc.exe_ino.ctime", "null"},
        {"proc.exe_ino.mtime", "null"},
        {"proc.exe_ino.ctime_duration_proc_start", "null"},
        {"proc.exe_ino.ctime_duration_pidns_start", "null"},
        {"proc.nthreads", "null"},
        {"proc.nchilds", "null"},
        {"proc.aname", "null"},
        {"proc.aname[1]", "null"},
        {"proc.apid", "null"},
        {"proc.aenv", "null"},
        {"proc.pname", "null"},
        {"proc.pvpid", "null"},
        {"proc.ppid.ts", "null"},
        {"proc.ppid.duration", "null"},
        {"proc.sname", "\"\""},
        {"proc.pgid.name", "\"\""},
        {"proc.loginshellid", "null"},
        {"proc.ppid", "0"},
        {"proc.tty", "0"},
        {"thread.cgroups", "null"},
        {"thread.cgroup[memory]", "null"},
        {"thread.vtid", "null"},
        {"thread.ismain", "false"},
        {"thread.cap_effective", "\"\""},
        {"user.uid", "0"},
        {"user.name", "\"<NA>\""},
        {"user.homedir", "\"<NA>\""},
        {"user.shell", "\"<NA>\""},
        {"user.loginuid", "-1"},
        {"user.loginname", "\"<NA>\""},
        {"group.name", "\"<NA>\""},
    };
    struct fixture f;
    struct program nothing = {.arg_count = 0};

    fixture_init(&f);
    f.process =
        (struct process){.pid = 5, .program = &nothing, .creds = {.login_uid = PROCESS_NO_UID}};
    check_fields(&f.event, rows, ARRAY_LEN(rows));
    fixture_done(&f);
}

static void a_name_of_another_id_is_not_shown(void **state)
{
    struct fixture f;

    fixture_init(&f);
    f.process.creds.euid = 0; /* setuid since the name was looked up */
    f.process.creds.egid = 0;
    check_field(&f.event, "user.name", "\"<NA>\"");
    check_field(&f.event, "group.name", "\"<NA>\"");
    fixture_done(&f);
}

static void no_arguments_are_an_empty_text(void **state)
{
    struct fixture f;

    fixture_init(&f);
    f.program.args = f.program.args_line = (struct sv){NULL, 0};
    check_field(&f.event, "proc.args", "\"\"");
    check_field(&f.event, "proc.args[0]", "null");
    fixture_done(&f);
}

static void times_out_of_order_are_absent(void **state)
{
    struct fixture f;

    fixture_init(&f);
    f.program.ctime_wall_ns = AT_WALL(3500000000ULL); /* changed after the start */
    check_field(&f.event, "proc.exe_ino.ctime_duration_proc_start", "null");
    check_field(&f.event, "proc.exe_ino.ctime_duration_pidns_start", "2000000000");
    f.program.ctime_wall_ns = AT_WALL(1000000000ULL); /* part of the image */
    check_field(&f.event, "proc.exe_ino.ctime_duration_pidns_start", "null");
    f.process.start_ns = BOOT_NS + 1;
    check_field(&f.event, "proc.duration", "null");
    fixture_done(&f);
}

static void ancestors_that_go_round_end(void **state)
{
    struct fixture f;
    struct value value[FIELD_VALUES_MAX];
    struct field_ref ref;

    fixture_init(&f);
    f.init.parent = &f.shell;
    CHECK_INT(field_ref_parse(SV("proc.aname"), &ref), FIELD_REF_FINE);
    CHECK_INT(field_extract(&f.event, &ref, value), PROCESS_ANCESTORS_MAX);
    check_field(&f.event, "proc.loginshellid", "100");
    check_field(&f.event, "proc.aname[64]", "\"systemd\"");
    check_field(&f.event, "proc.aname[65]", "null");
    fixture_done(&f);
}

/* Longer than the room that short texts are made in. */
static void long_texts_are_whole(void **state)
{
    enum { LONG = 5000 };
    static char env[LONG + 1], line[LONG + 3];
    struct fixture f;

    fixture_init(&f);
    memset(env, 'x', LONG);
    env[1] = '=';
    (void)snprintf(line, sizeof(line), "\"%s\"", env);
    f.program.env = (struct sv){env, LONG + 1};
    check_field(&f.event, "proc.env", line);
    check_field(&f.event, "proc.aenv[0]", line);
    (void)snprintf(line, sizeof(line), "\"%s\"", env + 2);
    check_field(&f.event, "proc.env[x]", line);
    f.shell_program.env = f.program.env;
    check_field(&f.event, "proc.aenv[x]", line);
    check_field(&f.event, "proc.aenv[y]", "null");
    f.event.type = EVENT_EXECVE;
    f.event.arg_count = 2;
    f.event.arg[1] = value_sv((struct sv){env, LONG});
    (void)snprintf(line, sizeof(line), "\"%s\"", env);
    check_field(&f.event, "evt.arg.exe", line);
    fixture_done(&f);
}

static void hostile_texts_come_through(void **state)
{
    struct fixture f;

    fixture_init(&f);
    f.process.name = SV("\xff\x1b[2J\"");
    f.program.args = SV("a=b"); /* cut: no NUL at the end */
    f.program.env = SV("NOVALUE\0=x\0A=1=2");
    check_field(&f.event, "proc.name", "\"\xef\xbf\xbd\\u001b[2J\\\"\"");
    check_field(&f.event, "proc.args[0]", "\"a=b\"");
    check_field(&f.event, "proc.env[A]", "\"1=2\"");
    check_field(&f.event, "proc.env[NOVALUE]", "null");
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_everything_known),
        cmocka_unit_test(without_a_process_all_are_absent),
        cmocka_unit_test(what_is_not_known_is_absent),
        cmocka_unit_test(a_name_of_another_id_is_not_shown),
        cmocka_unit_test(no_arguments_are_an_empty_text),
        cmocka_unit_test(times_out_of_order_are_absent),
        cmocka_unit_test(ancestors_that_go_round_end),
        cmocka_unit_test(long_texts_are_whole),
        cmocka_unit_test(hostile_texts_come_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
