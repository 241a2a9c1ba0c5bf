/* tests/unit/event/fields_fixture.h - a process with relatives in a container, and rows that say
 * what the fields of an event with it are. */
#pragma once

#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "event/field.h"
#include "tests/unit/test.h"

#define BOOT_NS 5000000000ULL            /* of the event */
#define WALL_NS (1795526080521821111ULL) /* of the event: 2026-11-24 13:14:40.521821111 UTC */
#define AT_WALL(boot) (WALL_NS - BOOT_NS + (boot)) /* when it was `boot` */

struct fixture {
    struct arena *arena;
    struct program init_program, shell_program, program;
    struct process init, shell, process;
    struct user user, login;
    struct group group;
    struct container container, joined;
    struct container_mount mount[2];
    struct label label[2], annotation;
    struct pod pod;
    struct event event;
};

/* init(1) -> bash(100) -> cat(200), the last two in a container. */
static inline void fixture_init(struct fixture *f)
{
    *f = (struct fixture){.arena = arena_new(4096)};
    f->init_program = (struct program){
        .exe = SV("/sbin/init"),
        .path = SV("/usr/lib/systemd/systemd"),
        .command_line = SV("systemd"),
        .exe_line = SV("/sbin/init"),
    };
    f->shell_program = (struct program){
        .exe = SV("-bash"),
        .path = SV("/bin/bash"),
        .args = SV("-l\0"),
        .args_line = SV("-l"),
        .command_line = SV("bash -l"),
        .exe_line = SV("-bash -l"),
        .env = SV("HOME=/root\0ONLY=shell\0"),
        .arg_count = 1,
    };
    f->program = (struct program){
        .exe = SV("cat"),
        .path = SV("/usr/bin/cat"),
        .filename = SV("/bin/cat"),
        .args = SV("-n\0/etc/shadow\0\0"),
        .args_line = SV("-n /etc/shadow "),
        .command_line = SV("cat -n /etc/shadow "),
        .exe_line = SV("cat -n /etc/shadow "),
        .env = SV("HOME=/home/a\0EMPTY=\0PATH=/bin\0"),
        .arg_count = 3,
        .ino = 77,
        .ctime_wall_ns = AT_WALL(2500000000ULL),
        .mtime_wall_ns = AT_WALL(1000000000ULL),
        .upper_layer = true,
        .writable = true,
    };
    f->init = (struct process){
        .pid = 1,
        .vpid = 1,
        .pgid = 1,
        .sid = 1,
        .vpgid = 1,
        .vsid = 1,
        .start_ns = 10,
        .name = SV("systemd"),
        .program = &f->init_program,
    };
    f->shell = (struct process){
        .pid = 100,
        .ppid = 1,
        .vpid = 5,
        .pgid = 100,
        .sid = 100,
        .vpgid = 5,
        .vsid = 5,
        .start_ns = 2000000000ULL,
        .name = SV("bash"),
        .program = &f->shell_program,
        .parent = &f->init,
    };
    f->user = (struct user){1000, SV("app"), SV("/home/app"), SV("/bin/sh")};
    f->login = (struct user){1001, SV("carol"), SV("/home/carol"), SV("/bin/bash")};
    f->group = (struct group){50, SV("staff")};
    f->mount[0] =
        (struct container_mount){SV("/host/data"), SV("/data"), SV("rbind"), SV("rprivate"), true};
    f->mount[1] = (struct container_mount){SV("/var/run/docker.sock"), SV("/run/docker.sock"),
                                           SV("ro"), SV("rslave"), false};
    f->label[0] = (struct label){SV("app"), SV("shop")};
    f->label[1] = (struct label){SV("app.kubernetes.io/name"), SV("")};
    f->container = (struct container){
        .id = SV("5db3f43aeb87"),
        .full_id = SV("5db3f43aeb87a68e"),
        .name = SV("web"),
        .runtime = SV("containerd"),
        .image = SV("docker.io/library/nginx:1.25"),
        .image_repository = SV("docker.io/library/nginx"),
        .image_tag = SV("1.25"),
        .image_digest = SV("sha256:abc"),
        .image_id = SV("def"),
        .pod_name = SV("web-0"),
        .pod_uid = SV("3e41dc6b-08a8-44db-bc2a-3724b18ab19a"),
        .namespace_name = SV("billing"),
        .sandbox_id = SV("63060edc2d3aa803"),
        .label = f->label,
        .label_count = 2,
        .mount = f->mount,
        .mount_count = 2,
        .privileged = true,
        .host_pid = true,
        .has_spec = true,
        .start_ns = 1500000000ULL,
        .probe = {[PROBE_HEALTH] = SV("/bin/sh\0-c\0true\0"),
                  [PROBE_LIVENESS] = SV("cat\0/alive\0"),
                  [PROBE_READINESS] = SV("ready\0")},
    };
    f->annotation = (struct label){SV("contact"), SV("blue@example.org")};
    f->pod = (struct pod){
        .ip = SV("10.1.2.3"),
        .service_account = SV("shop"),
        .owner_kind = SV("ReplicaSet"),
        .owner_name = SV("web-5d4f"),
        .workload_kind = SV("Deployment"),
        .workload_name = SV("web"),
        .workload_uid = SV("1c4e"),
        .label = f->label,
        .label_count = 2,
        .annotation = &f->annotation,
        .annotation_count = 1,
    };
    f->container.pod = &f->pod;
    f->joined = (struct container){
        .id = SV("98bd7cfc43b8"),
        .name = SV("db"),
        .image = SV("postgres:16"),
        .namespace_name = SV("data"),
        .pod_name = SV("db-0"),
    };
    f->process = (struct process){
        .pid = 200,
        .ppid = 100,
        .vpid = 12,
        .vppid = 5,
        .pgid = 200,
        .sid = 100,
        .vpgid = 12,
        .vsid = 5,
        .tty = 34816,
        .threads = 3,
        .start_ns = 3000000000ULL,
        .pidns_start_ns = 1500000000ULL,
        .name = SV("cat"),
        .cwd = SV("/root"),
        .creds = {.uid = 1,
                  .euid = 1000,
                  .gid = 2,
                  .egid = 50,
                  .login_uid = 1001,
                  .cap_permitted = (1u << 12) | (1u << 21),
                  .cap_effective = 1ULL << 40,
                  .cap_inheritable = 1ULL << 63},
        .program = &f->program,
        .parent = &f->shell,
        .container = &f->container,
        .joined = &f->joined,
        .entered = ENTERED_BY_RUNTIME,
        .is_entry = true,
        .probe = PROBE_LIVENESS,
        .user = &f->user,
        .login_user = &f->login,
        .group = &f->group,
        .session_leader = &f->shell,
        .group_leader = &f->process,
        .cgroup = SV("/pod/c"),
    };
    f->event = (struct event){
        .type = EVENT_OPENAT,
        .num = 42,
        .time_ns = WALL_NS,
        .boot_ns = BOOT_NS,
        .cpu = 3,
        .tid = 200,
        .process = &f->process,
        .scratch = f->arena,
    };
    (void)setenv("TZ", "UTC", 1);
    tzset();
}

static inline void fixture_done(struct fixture *f)
{
    arena_free(f->arena);
}

/* A field and what it is in JSON. */
struct field_row {
    const char *field;
    const char *json;
};

static inline void check_field(const struct event *event, const char *field, const char *json)
{
    struct field_ref ref = {0};
    scoped(buf_done) struct buf out = {0};
    struct json_writer w = json_writer_on(&out);

    test_row(field);
    CHECK_INT(field_ref_parse(sv(field), &ref), FIELD_REF_FINE);
    field_json(&w, event, &ref);
    CHECK_STR(buf_cstr(&out), json);
}

static inline void check_fields(const struct event *event, const struct field_row *row,
                                size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_field(event, row[i].field, row[i].json);
}

/* Every field whose name begins with `prefix`, and that can have a value, is in the rows. */
static inline void check_all_listed(const char *prefix, const struct field_row *row, size_t count)
{
    for (uint32_t i = 0; i < field_count(); i++) {
        const struct field *field = field_at(i);
        struct field_ref ref = {0};
        bool listed = false;

        if (!sv_starts(sv(field->name), sv(prefix)) || (field->flags & FIELD_NO_VALUE) != 0)
            continue;
        for (size_t j = 0; j < count && !listed; j++)
            listed =
                field_ref_parse(sv(row[j].field), &ref) == FIELD_REF_FINE && ref.field == field;
        test_row(field->name);
        CHECK(listed);
    }
}
