/* fd.* and fs.path.* */
#include <errno.h>
#include <netinet/in.h>

#include "tests/unit/event/fields_fixture.h"

static void set_file(struct fixture *f)
{
    f->event.fd = (struct event_fd){
        .known = true,
        .num = 3,
        .type = 'f',
        .name = SV("/etc/pam.d/su"),
        .name_raw = SV("../etc/pam.d/su"),
        .ino = 99,
        .dev = (8u << 20) | 1,
        .upper_layer = true,
    };
    f->event.path = SV("/etc/pam.d/su");
    f->event.path_raw = SV("../etc/pam.d/su");
}

static void set_connection(struct fixture *f)
{
    f->event.type = EVENT_CONNECT;
    f->event.has_result = true;
    f->event.fd = (struct event_fd){
        .known = true,
        .num = 4,
        .type = '4',
        .name = SV("10.0.0.5:40000->93.184.216.34:443"),
        .l4_protocol = IPPROTO_TCP,
        .has_addresses = true,
        .local = {4, 32, {10, 0, 0, 5}},
        .remote = {4, 32, {93, 184, 216, 34}},
        .local_port = 40000,
        .remote_port = 443,
    };
}

static const struct field_row a_file[] = {
    {"fd.connected", "null"},
    {"fd.containerdirectory", "\"5db3f43aeb87:/etc/pam.d\""},
    {"fd.containername", "\"5db3f43aeb87:/etc/pam.d/su\""},
    {"fd.cip", "null"},
    {"fd.cnet", "null"},
    {"fd.cport", "null"},
    {"fd.cproto", "null"},
    {"fd.dev", "2049"},
    {"fd.dev.major", "8"},
    {"fd.dev.minor", "1"},
    {"fd.directory", "\"/etc/pam.d\""},
    {"fd.filename", "\"su\""},
    {"fd.ino", "99"},
    {"fd.ip", "null"},
    {"fd.is_lower_layer", "false"},
    {"fd.is_server", "null"},
    {"fd.is_upper_layer", "true"},
    {"fd.l4proto", "\"<NA>\""},
    {"fd.lip", "null"},
    {"fd.lnet", "null"},
    {"fd.lport", "null"},
    {"fd.lproto", "null"},
    {"fd.name", "\"/etc/pam.d/su\""},
    {"fd.name_changed", "false"},
    {"fd.nameraw", "\"../etc/pam.d/su\""},
    {"fd.net", "null"},
    {"fd.num", "3"},
    {"fd.port", "null"},
    {"fd.proto", "null"},
    {"fd.rip", "null"},
    {"fd.rnet", "null"},
    {"fd.rport", "null"},
    {"fd.rproto", "null"},
    {"fd.sip", "null"},
    {"fd.snet", "null"},
    {"fd.sockfamily", "null"},
    {"fd.sport", "null"},
    {"fd.sproto", "null"},
    {"fd.type", "\"file\""},
    {"fd.typechar", "\"f\""},
    {"fd.uid", "\"2003\""},
};

static void fields_of_a_file(void **state)
{
    struct fixture f;

    fixture_init(&f);
    set_file(&f);
    check_fields(&f.event, a_file, ARRAY_LEN(a_file));
    check_all_listed("fd.", a_file, ARRAY_LEN(a_file));
    f.process.container = NULL;
    check_field(&f.event, "fd.containername", "\"host:/etc/pam.d/su\"");
    fixture_done(&f);
}

static void without_a_descriptor_all_are_absent(void **state)
{
    struct fixture f;

    fixture_init(&f);
    for (size_t i = 0; i < ARRAY_LEN(a_file); i++)
        check_field(&f.event, a_file[i].field, "null");
    fixture_done(&f);
}

static void fields_of_a_connection(void **state)
{
    static const struct field_row rows[] = {
        {"fd.num", "4"},
        {"fd.type", "\"ipv4\""},
        {"fd.typechar", "\"4\""},
        {"fd.name", "\"10.0.0.5:40000->93.184.216.34:443\""},
        {"fd.nameraw", "\"\""},
        {"fd.directory", "null"},
        {"fd.filename", "null"},
        {"fd.cip", "\"10.0.0.5\""},
        {"fd.sip", "\"93.184.216.34\""},
        {"fd.lip", "\"10.0.0.5\""},
        {"fd.rip", "\"93.184.216.34\""},
        {"fd.ip", "\"10.0.0.5 93.184.216.34\""},
        {"fd.cnet", "\"10.0.0.5\""},
        {"fd.snet", "\"93.184.216.34\""},
        {"fd.lnet", "\"10.0.0.5\""},
        {"fd.rnet", "\"93.184.216.34\""},
        {"fd.net", "\"10.0.0.5 93.184.216.34\""},
        {"fd.cport", "40000"},
        {"fd.sport", "443"},
        {"fd.lport", "40000"},
        {"fd.rport", "443"},
        {"fd.port", "\"40000 443\""},
        {"fd.proto", "\"40000 443\""},
        {"fd.cproto", "\"40000\""},
        {"fd.sproto", "\"https\""},
        {"fd.lproto", "\"40000\""},
        {"fd.rproto", "\"https\""},
        {"fd.l4proto", "\"tcp\""},
        {"fd.sockfamily", "\"ip\""},
        {"fd.is_server", "false"},
        {"fd.connected", "true"},
        {"fd.name_changed", "true"},
        {"fd.containername", "\"5db3f43aeb87:10.0.0.5:40000->93.184.216.34:443\""},
        {"fd.containerdirectory", "null"},
    };
    struct fixture f;

    fixture_init(&f);
    set_connection(&f);
    check_fields(&f.event, rows, ARRAY_LEN(rows));
    f.event.result = -ECONNREFUSED;
    check_field(&f.event, "fd.connected", "false");
    f.event.fd.server = true; /* the other way round */
    check_field(&f.event, "fd.cip", "\"93.184.216.34\"");
    check_field(&f.event, "fd.sport", "40000");
    check_field(&f.event, "fd.lip", "\"10.0.0.5\"");
    check_field(&f.event, "fd.is_server", "true");
    fixture_done(&f);
}

static void nets_hold_the_addresses(void **state)
{
    struct fixture f;
    struct field_ref ref;
    struct value value[FIELD_VALUES_MAX];
    struct value net;

    fixture_init(&f);
    set_connection(&f);
    CHECK(value_parse(VALUE_IPNET, SV("10.0.0.0/8"), &net));
    CHECK_INT(field_ref_parse(SV("fd.net"), &ref), FIELD_REF_FINE);
    CHECK_INT(field_extract(&f.event, &ref, value), 2);
    CHECK(value_equal(&value[0], &net));
    CHECK(!value_equal(&value[1], &net));
    fixture_done(&f);
}

static void an_end_that_is_not_known_is_absent(void **state)
{
    struct fixture f;

    fixture_init(&f);
    set_connection(&f);
    f.event.fd.local = (struct value_ip){.family = 4, .prefix = 32};
    f.event.fd.local_port = 0;
    check_field(&f.event, "fd.cip", "null");
    check_field(&f.event, "fd.cport", "null");
    check_field(&f.event, "fd.ip", "\"93.184.216.34\"");
    f.event.fd.has_addresses = false;
    check_field(&f.event, "fd.sip", "null");
    fixture_done(&f);
}

static void types_of_descriptors(void **state)
{
    static const struct {
        char type;
        const char *json, *directory, *filename;
    } rows[] = {
        {'d', "\"directory\"", "\"/a/b\"", "null"},
        {'6', "\"ipv6\"", "null", "null"},
        {'u', "\"unix\"", "null", "null"},
        {'p', "\"pipe\"", "null", "null"},
        {'e', "\"event\"", "null", "null"},
        {'s', "\"signalfd\"", "null", "null"},
        {'l', "\"eventpoll\"", "null", "null"},
        {'i', "\"inotify\"", "null", "null"},
        {'t', "\"timerfd\"", "null", "null"},
        {'n', "\"netlink\"", "null", "null"},
        {'b', "\"bpf\"", "null", "null"},
        {'m', "\"memfd\"", "null", "null"},
        {'P', "\"pidfd\"", "null", "null"},
        {'r', "\"io_uring\"", "null", "null"},
        {'U', "\"userfaultfd\"", "null", "null"},
        {'o', "\"<NA>\"", "null", "null"},
        {0, "null", "\"/a\"", "null"}, /* of an open that failed */
        {'?', "null", "null", "null"},
    };
    struct fixture f;

    fixture_init(&f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        f.event.fd = (struct event_fd){.known = true, .type = rows[i].type, .name = SV("/a/b")};
        check_field(&f.event, "fd.type", rows[i].json);
        check_field(&f.event, "fd.directory", rows[i].directory);
        check_field(&f.event, "fd.filename", rows[i].filename);
    }
    fixture_done(&f);
}

static void directories_of_odd_names(void **state)
{
    static const struct {
        const char *name, *directory, *filename;
    } rows[] = {
        {"/x", "\"/\"", "\"x\""},
        {"/", "\"/\"", "\"/\""},
        {"memfd:x", "\"/\"", "\"/\""},
        {"", "\"/\"", "\"/\""},
        {"/a/b/", "\"/a/b/\"", "\"/a/b/\""},
    };
    struct fixture f;

    fixture_init(&f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        f.event.fd = (struct event_fd){.known = true, .type = 'f', .name = sv(rows[i].name)};
        check_field(&f.event, "fd.directory", rows[i].directory);
        check_field(&f.event, "fd.filename", rows[i].filename);
    }
    fixture_done(&f);
}

static void protocols(void **state)
{
    static const struct {
        uint8_t number;
        const char *json;
    } rows[] = {
        {IPPROTO_UDP, "\"udp\""},
        {IPPROTO_ICMP, "\"icmp\""},
        {IPPROTO_RAW, "\"raw\""},
        {IPPROTO_SCTP, "\"<NA>\""},
    };
    struct fixture f;

    fixture_init(&f);
    set_connection(&f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        f.event.fd.l4_protocol = rows[i].number;
        check_field(&f.event, "fd.l4proto", rows[i].json);
    }
    f.event.fd.type = 'u';
    check_field(&f.event, "fd.sockfamily", "\"unix\"");
    fixture_done(&f);
}

static const struct field_row paths[] = {
    {"fs.path.name", "\"/one\""},    {"fs.path.nameraw", "\"one\""},
    {"fs.path.source", "\"/from\""}, {"fs.path.sourceraw", "\"from\""},
    {"fs.path.target", "\"/to\""},   {"fs.path.targetraw", "\"to\""},
};

static void set_paths(struct fixture *f)
{
    f->event.has_result = true;
    f->event.path = SV("/one");
    f->event.path_raw = SV("one");
    f->event.path_source = SV("/from");
    f->event.path_source_raw = SV("from");
    f->event.path_target = SV("/to");
    f->event.path_target_raw = SV("to");
}

static void paths_of_calls(void **state)
{
    struct fixture f;

    fixture_init(&f);
    set_paths(&f);
    f.event.type = EVENT_RENAME;
    check_fields(&f.event, paths, ARRAY_LEN(paths));
    check_all_listed("fs.", paths, ARRAY_LEN(paths));
    f.event.result = -ENOENT; /* nothing was renamed */
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        check_field(&f.event, paths[i].field, "null");
    f.event.type = EVENT_OPENAT; /* but what an open tried is known */
    check_fields(&f.event, paths, ARRAY_LEN(paths));
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_a_file),
        cmocka_unit_test(without_a_descriptor_all_are_absent),
        cmocka_unit_test(fields_of_a_connection),
        cmocka_unit_test(nets_hold_the_addresses),
        cmocka_unit_test(an_end_that_is_not_known_is_absent),
        cmocka_unit_test(types_of_descriptors),
        cmocka_unit_test(directories_of_odd_names),
        cmocka_unit_test(protocols),
        cmocka_unit_test(paths_of_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
