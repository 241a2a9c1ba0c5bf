/* What a recording tells of containers and users, alone and in tables without a machine; and tables
 * that are made again from what others told. */
#include "enrich/told.h"

#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "enrich/tables.h"
#include "tests/unit/test.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct label labels[] = {{SV("app"), SV("web")}, {SV("empty"), {NULL, 0}}};
static const struct container_mount mounts[] = {
    {.source = SV("/data"), .destination = SV("/d"), .mode = SV("rw"), .writable = true}};

static const struct pod pod = {.name = SV("web-0"),
                               .ip = SV("10.0.0.7"),
                               .workload_kind = SV("Deployment"),
                               .annotation = labels,
                               .annotation_count = 1};

static struct container a_container(void)
{
    return (struct container){.full_id = SV(ID),
                              .name = SV("web"),
                              .runtime = SV("containerd"),
                              .image = SV("docker.io/library/nginx:1"),
                              .pod_name = SV("web-0"),
                              .pod = &pod,
                              .label = labels,
                              .label_count = 2,
                              .mount = mounts,
                              .mount_count = 1,
                              .probe = {[PROBE_HEALTH] = SV("curl\0-f\0")},
                              .privileged = true,
                              .has_spec = true,
                              .capabilities = UINT64_MAX};
}

static void test_container(void **state)
{
    const struct container container = a_container();
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf json = {0};
    struct container back;

    (void)state;
    told_write_container(&json, &container);
    CHECK_INT(told_parse_container(buf_view(&json), arena, &back), 0);
    CHECK_SV(back.full_id, container.full_id);
    CHECK_SV(back.image, container.image);
    CHECK_SV(back.image_tag, container.image_tag);
    CHECK_SV(back.probe[PROBE_HEALTH], container.probe[PROBE_HEALTH]);
    CHECK(back.privileged && back.has_spec && !back.host_pid);
    CHECK(back.capabilities == UINT64_MAX);
    CHECK_INT(back.label_count, 2);
    CHECK_SV(back.label[0].value, SV("web"));
    CHECK_SV(back.label[1].key, SV("empty"));
    CHECK(back.pod != NULL);
    CHECK_SV(back.pod->ip, SV("10.0.0.7"));
    CHECK_SV(back.pod->workload_kind, SV("Deployment"));
    CHECK_INT(back.pod->annotation_count, 1);
    CHECK_INT(back.pod->label_count, 0);
    CHECK_INT(back.mount_count, 1);
    CHECK_SV(back.mount[0].destination, SV("/d"));
    CHECK(back.mount[0].writable);
}

static void test_container_odd(void **state)
{
    static const struct {
        const char *row, *json;
        int rc;
        uint32_t labels, mounts;
    } rows[] = {
        {"not JSON", "{", -EINVAL, 0, 0},
        {"no object", "[]", -EINVAL, 0, 0},
        {"no id", "{\"name\":\"a\"}", -EINVAL, 0, 0},
        {"id is a number", "{\"full_id\":1}", -EINVAL, 0, 0},
        {"labels that are none", "{\"full_id\":\"a\",\"labels\":7}", 0, 0, 0},
        {"a key without value", "{\"full_id\":\"a\",\"labels\":[\"x\",\"y\",\"z\"]}", 0, 1, 0},
        {"a label of a number", "{\"full_id\":\"a\",\"labels\":[\"x\",1,\"z\",\"y\"]}", 0, 0, 0},
        {"mounts that are none", "{\"full_id\":\"a\",\"mounts\":[{},1,{}]}", 0, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct container back;
        test_row(rows[i].row);
        int rc = told_parse_container(sv(rows[i].json), arena, &back);
        CHECK_INT(rc, rows[i].rc);
        if (rc < 0)
            continue;
        CHECK_INT(back.label_count, rows[i].labels);
        CHECK_INT(back.mount_count, rows[i].mounts);
    }
}

static void test_users(void **state)
{
    const struct user ann = {.uid = 1000, .name = SV("ann"), .home = SV("/home/ann")};
    const struct user bob = {.uid = 1000, .name = SV("bob")};
    const struct group staff = {.gid = 50, .name = SV("staff")};
    scoped(told_free) struct told *told = told_new();

    (void)state;
    told_user(told, SV(""), &ann);
    told_group(told, SV("c"), &staff);
    CHECK_SV(told_find_user(told, SV(""), 1000)->home, SV("/home/ann"));
    CHECK(told_find_user(told, SV("c"), 1000) == NULL);
    CHECK(told_find_user(told, SV(""), 1001) == NULL);
    CHECK(told_find_group(told, SV(""), 50) == NULL);
    CHECK_SV(told_find_group(told, SV("c"), 50)->name, SV("staff"));
    told_user(told, SV(""), &bob);
    CHECK_SV(told_find_user(told, SV(""), 1000)->name, SV("bob")); /* the last word */
}

/* --- tables ---------------------------------------------------------------------------------- */

static void apply_task(struct tables *tables, uint32_t pid, uint32_t ppid)
{
    const struct change change = {
        .kind = CHANGE_TASK,
        .task = {.pid = pid,
                 .ppid = ppid,
                 .vpid = pid,
                 .sid = 10,
                 .start_ns = 1000 * pid,
                 .parent_start_ns = 1000 * ppid,
                 .exec_ns = 5,
                 .cgroup_v2 = 7,
                 .creds = {.euid = 1000, .egid = 50, .login_uid = PROCESS_NO_UID},
                 .name = SV("renamed")},
        .program = {.name = SV("sh"), .path = SV("/bin/sh"), .args = SV("/bin/sh\0-c\0")},
    };

    tables_apply(tables, &change);
}

static void tell(struct tables *tables, const struct container *container)
{
    scoped(buf_done) struct buf json = {0};

    told_write_container(&json, container);
    CHECK_INT(tables_told_container(tables, buf_view(&json)), 0);
}

static void test_tables(void **state)
{
    const struct change cgroup = {.kind = CHANGE_CGROUP,
                                  .cgroup_id = 7,
                                  .cgroup_path = SV("/kubepods/cri-containerd-" ID ".scope")};
    const struct user ann = {.uid = 1000, .name = SV("ann")};
    struct container container = a_container();
    scoped(tables_free) struct tables *tables = tables_new(&(struct tables_options){0});

    (void)state;
    tell(tables, &container);
    tables_apply(tables, &cgroup);
    apply_task(tables, 10, 1);
    const struct process *process = tables_find(tables, 10, 10000);
    CHECK(process != NULL);
    CHECK_SV(process->name, SV("renamed"));
    CHECK_SV(process->program->command_line, SV("sh -c")); /* as when it began */
    CHECK_INT(process->exec_ns, 5);
    CHECK(process->container != NULL);
    CHECK_SV(process->container->image, SV("docker.io/library/nginx:1"));
    CHECK(process->user == NULL || process->user->name.len == 0);
    uint64_t version = process->version;
    tables_told_user(tables, SV(ID), &ann);
    process = tables_find(tables, 10, 10000);
    CHECK_SV(process->user->name, SV("ann"));
    CHECK(process->version != version);
    container.image = SV("other");
    tell(tables, &container);
    process = tables_find(tables, 10, 10000);
    CHECK_SV(process->container->image, SV("other"));
    CHECK_SV(process->container->id, SV("0123456789ab"));
    CHECK(tables_find(tables, 11, 0) == NULL); /* no /proc is asked */
}

static void apply(void *ctx, const struct change *change)
{
    tables_apply(ctx, change);
}

static void count(void *ctx, const struct change *change)
{
    (void)change;
    ++*(int *)ctx;
}

static void test_told_again(void **state)
{
    const struct change cgroup = {
        .kind = CHANGE_CGROUP, .cgroup_id = 7, .cgroup_path = SV("/plain")};
    const struct change ended = {
        .kind = CHANGE_EXIT, .time_ns = 99000, .task = {.pid = 10, .start_ns = 10000}};
    scoped(tables_free) struct tables *tables = tables_new(&(struct tables_options){0});
    scoped(tables_free) struct tables *copy = tables_new(&(struct tables_options){0});
    int news = 0;

    (void)state;
    tables_apply(tables, &cgroup);
    apply_task(tables, 10, 1);
    apply_task(tables, 12, 10);
    apply_task(tables, 11, 12); /* older than its parent, which cannot be */
    tables_apply(tables, &ended);
    tables_settle(tables);
    tables_tell(tables, apply, copy);
    tables_settle(copy);
    const struct process *child = tables_find(copy, 12, 12000);
    CHECK(child != NULL && child->parent != NULL);
    CHECK_INT(child->parent->pid, 10);
    CHECK_INT(child->parent->end_ns, 99000);
    CHECK_SV(child->cgroup, SV("/plain"));
    CHECK_SV(child->program->command_line, SV("sh -c"));
    CHECK(tables_find(copy, 10, 10000)->end_ns != 0);
    tables_tell_new(tables, count, &news);
    CHECK_INT(news, 0); /* nothing came from /proc */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_container),  cmocka_unit_test(test_container_odd),
        cmocka_unit_test(test_users),      cmocka_unit_test(test_tables),
        cmocka_unit_test(test_told_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
