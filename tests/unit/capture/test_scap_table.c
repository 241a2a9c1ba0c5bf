#include "capture/scap_table.h"

#include "event/event_type.h"
#include "tests/unit/test.h"

/* What sysdig had and Falco dropped, or what only a recorder's start makes. */
static const char *const without_type[] = {
    "syscall",
    "tracer",
    "mesos",
    "k8s",
    "task",
    "task_file_pipe",
    "task_file_memfd",
    "task_file_regular",
    "task_file_directory",
    "task_file_socket_inet",
    "task_file_socket_inet6",
    "task_file_socket_unix",
    "task_file_socket_netlink",
    "task_file_anon_inode",
};

static bool has_type(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(without_type); i++) {
        if (strcmp(name, without_type[i]) == 0)
            return false;
    }
    return true;
}

static void codes_stand_for_event_types(void **state)
{
    uint32_t known = 0;

    for (uint32_t code = 0; code <= UINT16_MAX; code++) {
        const struct scap_event_info *info = scap_event_info((uint16_t)code);
        if (info == NULL)
            continue;
        test_row(info->name);
        known++;
        CHECK(!has_type(info->name) || event_type_from(sv(info->name)) != EVENT_NONE);
        CHECK_INT(info->part == SCAP_EXIT, code % 2);
        CHECK(info->param_count <= SCAP_PARAMS_MAX);
    }
    CHECK(known > 400);
}

/* What the current version of an event carries is what event/event_table.c lists. */
static void newest_codes_carry_the_listed_parameters(void **state)
{
    for (enum event_type type = EVENT_NONE + 1; type < event_type_count(); type++) {
        const struct event_type_info *event = event_type_info(type);
        struct sv name = sv(event->name);

        if (event->param_count == 0)
            continue;
        test_row(event->name);
        uint32_t code = scap_event_code(name, SCAP_EXIT, event->param_count);
        if (code == SCAP_CODE_NONE)
            code = scap_event_code(name, SCAP_WHOLE, event->param_count);
        if (code == SCAP_CODE_NONE)
            continue; /* sysdig's own, all old */
        const struct scap_event_info *info = scap_event_info((uint16_t)code);
        for (uint32_t i = 0; i < event->param_count; i++)
            CHECK_STR(info->param[i].name, event->param[i].name);
    }
}

static void some_codes(void **state)
{
    static const struct {
        const char *row;
        uint16_t code;
        const char *name; /* NULL: none */
        enum scap_part part;
        uint32_t params, flags;
    } rows[] = {
        {"first", 0, "syscall", SCAP_ENTER, 2, SCAP_OLD},
        {"open, end", 3, "open", SCAP_EXIT, 6, 0},
        {"execve of 2013", 13, "execve", SCAP_EXIT, 8, SCAP_OLD},
        {"execve of today", 293, "execve", SCAP_EXIT, 31, 0},
        {"no end", 17, NULL, SCAP_EXIT, 0, 0},
        {"whole", 186, "procexit", SCAP_WHOLE, 5, 0},
        {"large", 402, "asyncevent", SCAP_WHOLE, 3, SCAP_LARGE},
        {"last", 453, "keyctl", SCAP_EXIT, 6, 0},
        {"past the end", 454, NULL, SCAP_EXIT, 0, 0},
        {"far past the end", UINT16_MAX, NULL, SCAP_EXIT, 0, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct scap_event_info *info = scap_event_info(rows[i].code);

        test_row(rows[i].row);
        CHECK_INT(info != NULL, rows[i].name != NULL);
        if (info == NULL)
            continue;
        CHECK_STR(info->name, rows[i].name);
        CHECK_INT(info->part, rows[i].part);
        CHECK_INT(info->param_count, rows[i].params);
        CHECK_INT(info->flags, rows[i].flags);
    }
}

static void codes_by_name(void **state)
{
    static const struct {
        const char *name;
        enum scap_part part;
        uint32_t params, code;
    } rows[] = {
        {"execve", SCAP_EXIT, 31, 293},
        {"execve", SCAP_EXIT, 32, SCAP_CODE_NONE},
        {"openat", SCAP_EXIT, 7, 307},
        {"procexit", SCAP_WHOLE, 5, 186},
        {"close", SCAP_ENTER, 1, SCAP_CODE_NONE}, /* old */
        {"nothing", SCAP_EXIT, 0, SCAP_CODE_NONE},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].name);
        CHECK_INT(scap_event_code(sv(rows[i].name), rows[i].part, rows[i].params), rows[i].code);
    }
}

static void calls_by_number_and_name(void **state)
{
    CHECK(scap_call_name(0) != NULL);
    CHECK_STR(scap_call_name(2), "exit");
    CHECK_INT(scap_call_number(SV("exit")), 2);
    CHECK(scap_call_name(UINT16_MAX) == NULL);
    CHECK_INT(scap_call_number(SV("")), SCAP_CODE_NONE);
    CHECK_INT(scap_call_number(SV("nothing")), SCAP_CODE_NONE);
}

static void sizes(void **state)
{
    static const struct {
        enum scap_type type;
        size_t size;
    } rows[] = {
        {SCAP_UINT8, 1},   {SCAP_SYSCALLID, 2}, {SCAP_ENUMFLAGS32, 4}, {SCAP_FD, 8},
        {SCAP_ABSTIME, 8}, {SCAP_CHARBUF, 0},   {SCAP_IPV6ADDR, 16},   {SCAP_DYNAMIC, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_INT(scap_type_size(rows[i].type), rows[i].size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_stand_for_event_types),
        cmocka_unit_test(newest_codes_carry_the_listed_parameters),
        cmocka_unit_test(some_codes),
        cmocka_unit_test(codes_by_name),
        cmocka_unit_test(calls_by_number_and_name),
        cmocka_unit_test(sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
