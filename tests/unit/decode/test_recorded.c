/* Changes and records as items, and back; then the items cut and bent. */
#include "decode/recorded.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "tests/unit/test.h"

static struct change a_task(void)
{
    return (struct change){
        .kind = CHANGE_TASK,
        .task = {.pid = 10,
                 .ppid = 9,
                 .vpid = 2,
                 .vppid = 1,
                 .pgid = 8,
                 .sid = 7,
                 .tty = 34816,
                 .threads = 3,
                 .start_ns = 1000,
                 .parent_start_ns = 900,
                 .exec_ns = 2000,
                 .cgroup_v2 = 55,
                 .creds = {.uid = 1, .euid = 2, .login_uid = 1000, .cap_effective = 0xff},
                 .name = SV("renamed")},
        .program = {.name = SV("sh"),
                    .path = SV("/bin/sh"),
                    .filename = SV("sh"),
                    .cwd = SV("/tmp"),
                    .args = SV("sh\0-c\0true"),
                    .env = SV("A=b\0"),
                    .ino = 77,
                    .args_cut = true,
                    .upper_layer = true},
    };
}

static void test_task(void **state)
{
    const struct change task = a_task();
    struct recorded_reader *reader = xcalloc(1, sizeof(*reader));
    scoped(buf_done) struct buf out = {0};
    struct recorded_item item;

    (void)state;
    scap_extra_begin(&out);
    recorded_put_change(&out, &task);
    CHECK(recorded_open(reader, buf_view(&out)));
    CHECK(recorded_next(reader, &item));
    CHECK_INT(item.kind, RECORDED_CHANGE);
    CHECK_INT(item.change.kind, CHANGE_TASK);
    CHECK_INT(item.change.time_ns, 0);
    CHECK_INT(item.change.task.exec_ns, 2000);
    CHECK_INT(item.change.task.parent_start_ns, 900);
    CHECK_INT(item.change.task.cgroup_v2, 55);
    CHECK_INT(item.change.task.creds.euid, 2);
    CHECK_INT(item.change.task.creds.login_uid, 1000);
    CHECK_SV(item.change.task.name, SV("renamed"));
    CHECK_SV(item.change.program.name, SV("sh"));
    CHECK_SV(item.change.program.path, SV("/bin/sh"));
    CHECK_SV(item.change.program.cwd, SV("/tmp"));
    CHECK_SV(item.change.program.args, task.program.args);
    CHECK_SV(item.change.program.env, task.program.env);
    CHECK(item.change.program.args_cut && item.change.program.upper_layer);
    CHECK(!item.change.program.env_cut && !item.change.program.deleted);
    CHECK(!recorded_next(reader, &item));
    CHECK_INT(reader->odd, 0);
    free(reader);
}

static void test_others(void **state)
{
    const struct change cgroup = {
        .kind = CHANGE_CGROUP, .cgroup_id = 5, .cgroup_is_v1 = true, .cgroup_path = SV("/a/b")};
    const struct change ended = {
        .kind = CHANGE_EXIT, .time_ns = 50, .task = {.pid = 10, .start_ns = 1000}};
    const struct wire_exit exit = {
        .hdr = {.time_ns = 60, .size = sizeof(exit), .kind = WIRE_EXIT, .pid = 11, .tid = 11}};
    const struct scap_extra_clock clock = {.num = 3, .boot_offset_ns = -4};
    const struct user user = {.uid = 3, .name = SV("ann"), .home = SV("/home/ann")};
    const struct group group = {.gid = 4, .name = SV("staff")};
    const struct recorded_place place = {SV("host"), SV("node"), SV(""), SV("https://hub")};
    struct recorded_reader *reader = xcalloc(1, sizeof(*reader));
    scoped(buf_done) struct buf out = {0};
    struct recorded_item item;

    (void)state;
    scap_extra_begin(&out);
    recorded_put_place(&out, &place);
    recorded_put_change(&out, &cgroup);
    recorded_put_change(&out, &ended);
    recorded_put_record(&out, &clock, &exit.hdr);
    recorded_put_user(&out, &user, SV("abcdef"));
    recorded_put_group(&out, &group, SV(""));
    CHECK(recorded_open(reader, buf_view(&out)));
    CHECK(recorded_next(reader, &item));
    CHECK_INT(item.kind, RECORDED_PLACE);
    CHECK_SV(item.place.hostname, SV("host"));
    CHECK_SV(item.place.cluster, SV(""));
    CHECK_SV(item.place.link, SV("https://hub"));
    CHECK(recorded_next(reader, &item));
    CHECK_INT(item.change.kind, CHANGE_CGROUP);
    CHECK(item.change.cgroup_is_v1 && item.change.cgroup_id == 5);
    CHECK_SV(item.change.cgroup_path, SV("/a/b"));
    CHECK(recorded_next(reader, &item));
    CHECK_INT(item.change.kind, CHANGE_EXIT);
    CHECK_INT(item.change.time_ns, 50);
    CHECK(recorded_next(reader, &item));
    CHECK_INT(item.kind, RECORDED_RECORD);
    CHECK_INT(item.clock.num, 3);
    CHECK_INT(item.clock.boot_offset_ns, -4);
    CHECK_INT(item.record->pid, 11);
    CHECK(recorded_next(reader, &item));
    CHECK_INT(item.kind, RECORDED_USER);
    CHECK_SV(item.user.home, SV("/home/ann"));
    CHECK_SV(item.container, SV("abcdef"));
    CHECK(recorded_next(reader, &item));
    CHECK_INT(item.kind, RECORDED_GROUP);
    CHECK_SV(item.group.name, SV("staff"));
    CHECK(!recorded_next(reader, &item));
    free(reader);
}

/* One byte changed at a time: whatever comes of it is checked, and nothing is read past the end. */
static void test_bent(void **state)
{
    const struct change task = a_task();
    struct recorded_reader *reader = xcalloc(1, sizeof(*reader));
    scoped(buf_done) struct buf out = {0};
    size_t odd = 0;

    (void)state;
    scap_extra_begin(&out);
    recorded_put_change(&out, &task);
    recorded_put_user(&out, &(struct user){.uid = 3, .name = SV("ann")}, SV(""));
    for (size_t at = 0; at < out.len; at++) {
        scoped(free) char *copy = xmalloc(out.len);
        struct recorded_item item;
        memcpy(copy, out.ptr, out.len);
        copy[at] = (char)(copy[at] ^ 0x81);
        if (!recorded_open(reader, (struct sv){copy, out.len}))
            continue;
        while (recorded_next(reader, &item))
            CHECK(item.kind == RECORDED_CHANGE || item.kind == RECORDED_USER ||
                  item.kind != RECORDED_RECORD);
        odd += reader->odd;
        reader->odd = 0;
    }
    CHECK(odd > 0);
    free(reader);
}

static void test_other_version(void **state)
{
    const struct change task = a_task();
    struct recorded_reader *reader = xcalloc(1, sizeof(*reader));
    scoped(buf_done) struct buf out = {0};
    struct recorded_item item;

    (void)state;
    scap_extra_begin(&out);
    recorded_put_change(&out, &task);
    recorded_put_group(&out, &(struct group){.gid = 3, .name = SV("g")}, SV(""));
    out.ptr[6] ^= 1; /* the version of the records */
    CHECK(recorded_open(reader, buf_view(&out)));
    CHECK(!reader->records);
    CHECK(recorded_next(reader, &item));
    CHECK_INT(item.kind, RECORDED_GROUP);
    CHECK_INT(reader->odd, 1);
    free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_task),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_bent),
        cmocka_unit_test(test_other_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
