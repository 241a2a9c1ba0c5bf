#include "capture/wire_check.h"

#include "bpf/include/wire.h"
#include "tests/unit/test.h"

/* Room for any record; rows fill in what they need. */
union record {
    struct wire_header hdr;
    struct wire_exec exec;
    struct wire_exit exit;
    struct wire_cgroup cgroup;
    struct wire_open open;
    struct wire_call_record call;
    struct wire_task_record task;
    char bytes[WIRE_RECORD_MAX + 8];
};

static union record record;

static size_t padded(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

static void make(uint16_t kind, size_t bytes)
{
    memset(&record, 0, sizeof(record));
    record.hdr.kind = kind;
    record.hdr.size = (uint32_t)padded(bytes);
}

static bool good(void)
{
    return wire_check(&record, record.hdr.size);
}

static void fixed_kinds(void **state)
{
    static const struct {
        uint16_t kind;
        size_t size;
        bool good;
    } rows[] = {
        {WIRE_FORK, sizeof(struct wire_task_record), true},
        {WIRE_TASK, sizeof(struct wire_task_record), true},
        {WIRE_EXIT, sizeof(struct wire_exit), true},
        {WIRE_FORK, sizeof(struct wire_task_record) - 8, false},
        {WIRE_FORK, sizeof(struct wire_task_record) + 8, false},
        {WIRE_EXIT, sizeof(struct wire_header), false},
        {0, sizeof(struct wire_header), false},
        {WIRE_KIND_COUNT, sizeof(struct wire_header), false},
        {0xffff, sizeof(struct wire_header), false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        make(rows[i].kind, rows[i].size);
        CHECK_INT(good(), rows[i].good);
    }
}

static void sizes(void **state)
{
    make(WIRE_EXIT, sizeof(struct wire_exit));
    CHECK(!wire_check(&record, 0));
    CHECK(!wire_check(&record, sizeof(struct wire_header) - 1));
    CHECK(!wire_check(&record, sizeof(struct wire_exit) + 8)); /* the header says less */
    record.hdr.size = 0xffffffff;
    CHECK(!wire_check(&record, sizeof(struct wire_exit)));
    make(WIRE_EXIT, sizeof(struct wire_exit));
    record.hdr.size += 4;
    CHECK(!wire_check(&record, record.hdr.size));
    make(WIRE_CALL, WIRE_RECORD_MAX + 8);
    CHECK(!good());
}

/* Text of every kind that has some: full, one byte too long for its limit, too long for the size.
 */
static void texts(void **state)
{
    static const struct {
        const char *row;
        uint16_t kind;
        size_t fixed;
        uint16_t *call, valid, other;
        uint16_t *len;
        size_t max;
    } rows[] = {
        {"exec path", WIRE_EXEC, sizeof(struct wire_exec), &record.exec.call, WIRE_CALL_EXECVE,
         WIRE_CALL_OPEN, &record.exec.path_len, WIRE_PATH_MAX},
        {"exec filename", WIRE_EXEC, sizeof(struct wire_exec), &record.exec.call,
         WIRE_CALL_EXECVEAT, WIRE_CALL_CLONE, &record.exec.filename_len, WIRE_PATH_MAX},
        {"exec cwd", WIRE_EXEC, sizeof(struct wire_exec), &record.exec.call, WIRE_CALL_EXECVE,
         0xffff, &record.exec.cwd_len, WIRE_PATH_MAX},
        {"exec args", WIRE_EXEC, sizeof(struct wire_exec), &record.exec.call, WIRE_CALL_EXECVE,
         WIRE_CALL_COUNT, &record.exec.args_len, WIRE_ARGS_MAX},
        {"exec env", WIRE_EXEC, sizeof(struct wire_exec), &record.exec.call, WIRE_CALL_EXECVE, 64,
         &record.exec.env_len, WIRE_ENV_MAX},
        {"open path", WIRE_OPEN, offsetof(struct wire_open, data), &record.open.call,
         WIRE_CALL_OPENAT2, WIRE_CALL_UNLINK, &record.open.path_len, WIRE_PATH_MAX},
        {"open raw", WIRE_OPEN, offsetof(struct wire_open, data), &record.open.call,
         WIRE_CALL_CREAT, WIRE_CALL_CONNECT, &record.open.raw_len, WIRE_PATH_MAX},
        {"open base", WIRE_OPEN, offsetof(struct wire_open, data), &record.open.call,
         WIRE_CALL_OPEN, WIRE_CALL_EXECVE, &record.open.base_len, WIRE_PATH_MAX},
        {"cgroup path", WIRE_CGROUP, sizeof(struct wire_cgroup), &record.cgroup.hierarchy,
         WIRE_CGROUP_V1, 2, &record.cgroup.path_len, WIRE_PATH_MAX},
        {"cgroup event", WIRE_CGROUP, sizeof(struct wire_cgroup), &record.cgroup.what,
         WIRE_CGROUP_GONE, 3, &record.cgroup.path_len, WIRE_PATH_MAX},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        for (size_t j = 0; j < 3; j++) {
            size_t len = (const size_t[]){1, 9, rows[i].max}[j];

            make(rows[i].kind, rows[i].fixed + len);
            *rows[i].call = rows[i].valid;
            *rows[i].len = (uint16_t)len;
            CHECK(good());
            *rows[i].len = (uint16_t)(len + 8); /* past the record */
            CHECK(!good());
            *rows[i].len = (uint16_t)len;
            record.hdr.size += 8; /* the record goes on behind its text */
            CHECK(!good());
            record.hdr.size -= 8;
            *rows[i].call = rows[i].other;
            CHECK(!good());
        }
        make(rows[i].kind, rows[i].fixed + rows[i].max + 1);
        *rows[i].call = rows[i].valid;
        *rows[i].len = (uint16_t)(rows[i].max + 1);
        CHECK(!good());
    }
}

/* Every part of a call: up to its limit, beyond it, not announced. */
static void parts_of_calls(void **state)
{
    static const struct {
        enum wire_part part;
        size_t max;
        bool whole; /* shorter ones are wrong */
    } rows[] = {
        {WIRE_PART_SOCKET, sizeof(struct wire_socket), true},
        {WIRE_PART_TASK, sizeof(struct wire_task), true},
        {WIRE_PART_NAME, WIRE_PATH_MAX, false},
        {WIRE_PART_NEW_NAME, WIRE_PATH_MAX, false},
        {WIRE_PART_BASE, WIRE_PATH_MAX, false},
        {WIRE_PART_NEW_BASE, WIRE_PATH_MAX, false},
        {WIRE_PART_FD, WIRE_PATH_MAX, false},
        {WIRE_PART_CWD, WIRE_PATH_MAX, false},
        {WIRE_PART_STRING, WIRE_PATH_MAX, false},
        {WIRE_PART_UNIX, WIRE_UNIX_PATH_MAX, false},
        {WIRE_PART_DATA, WIRE_DATA_MAX, false},
        {WIRE_PART_STRUCT, WIRE_STRUCT_MAX, false},
        {WIRE_PART_STRUCT2, WIRE_STRUCT_MAX, false},
    };

    CHECK_INT(ARRAY_LEN(rows), WIRE_PART_COUNT);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum wire_part part = rows[i].part;

        for (size_t len = 0; len <= rows[i].max + 8; len += rows[i].max / 8) {
            make(WIRE_CALL, sizeof(struct wire_call_record) + len);
            record.call.call = WIRE_CALL_KILL;
            record.call.len[part] = (uint16_t)len;
            CHECK_INT(good(), len == 0); /* not announced */
            record.call.parts = (uint16_t)(1u << part);
            CHECK_INT(good(), rows[i].whole ? len == 0 || len == rows[i].max : len <= rows[i].max);
            record.hdr.size += 8; /* the record goes on behind its text */
            CHECK(!good());
            record.hdr.size -= 8;
            record.call.call = WIRE_CALL_OPENAT; /* has a record of its own */
            CHECK(!good());
            record.call.call = WIRE_CALL_COUNT;
            CHECK(!good());
        }
    }
    make(WIRE_CALL, sizeof(struct wire_call_record));
    record.call.call = WIRE_CALL_KILL;
    record.call.parts = (1u << WIRE_PART_COUNT) - 1; /* all given, all empty */
    CHECK(good());
    record.call.parts = 1u << WIRE_PART_COUNT; /* no such part */
    CHECK(!good());
}

/* Lengths that only together are too long for their record, or overflow 16 bits. */
static void sums(void **state)
{
    make(WIRE_OPEN, offsetof(struct wire_open, data) + 24);
    record.open.call = WIRE_CALL_OPENAT;
    record.open.path_len = 8;
    record.open.raw_len = 8;
    record.open.base_len = 8;
    CHECK(good());
    record.open.base_len = 9;
    CHECK(!good());
    make(WIRE_CALL, sizeof(struct wire_call_record) + 24);
    record.call.call = WIRE_CALL_RENAME;
    record.call.parts = 1u << WIRE_PART_NAME | 1u << WIRE_PART_NEW_NAME | 1u << WIRE_PART_BASE;
    record.call.len[WIRE_PART_NAME] = 8;
    record.call.len[WIRE_PART_NEW_NAME] = 8;
    record.call.len[WIRE_PART_BASE] = 8;
    CHECK(good());
    record.call.len[WIRE_PART_BASE] = 9;
    CHECK(!good());
    make(WIRE_EXEC, sizeof(struct wire_exec) + 3 * WIRE_PATH_MAX + WIRE_ARGS_MAX + WIRE_ENV_MAX);
    record.exec.call = WIRE_CALL_EXECVE;
    record.exec.path_len = record.exec.filename_len = record.exec.cwd_len = WIRE_PATH_MAX;
    record.exec.args_len = WIRE_ARGS_MAX;
    record.exec.env_len = WIRE_ENV_MAX;
    CHECK(good());
    make(WIRE_OPEN, offsetof(struct wire_open, data));
    record.open.call = WIRE_CALL_OPENAT;
    record.open.path_len = 0xffff;
    record.open.raw_len = 1;
    CHECK(!good());
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_kinds),    cmocka_unit_test(sizes), cmocka_unit_test(texts),
        cmocka_unit_test(parts_of_calls), cmocka_unit_test(sums),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
