/* container.* and k8s.* */
#include "tests/unit/event/fields_fixture.h"

static const struct field_row in_full[] = {
    {"container.duration", "3500000000"},
    {"container.full_id", "\"5db3f43aeb87a68e\""},
    {"container.healthcheck", "\"/bin/sh -c true\""},
    {"container.host_ipc", "false"},
    {"container.host_network", "false"},
    {"container.host_pid", "true"},
    {"container.id", "\"5db3f43aeb87\""},
    {"container.image", "\"docker.io/library/nginx:1.25\""},
    {"container.image.digest", "\"sha256:abc\""},
    {"container.image.id", "\"def\""},
    {"container.image.repository", "\"docker.io/library/nginx\""},
    {"container.image.tag", "\"1.25\""},
    {"container.ip", "\"10.1.2.3\""},
    {"container.joined.id", "\"98bd7cfc43b8\""},
    {"container.joined.image", "\"postgres:16\""},
    {"container.joined.name", "\"db\""},
    {"container.joined.ns", "\"data\""},
    {"container.joined.pod", "\"db-0\""},
    {"container.label[app]", "\"shop\""},
    {"container.label.app", "\"shop\""},
    {"container.label.app.kubernetes.io/name", "\"\""},
    {"container.label[other]", "null"},
    {"container.labels", "\"app:shop,app.kubernetes.io/name:\""},
    {"container.liveness_probe", "\"cat /alive\""},
    {"container.mount[0]", "\"/host/data:/data:rbind:true:rprivate\""},
    {"container.mount[2]", "\"none\""},
    {"container.mount[/host/data]", "\"/host/data:/data:rbind:true:rprivate\""},
    {"container.mount[/data]", "\"none\""}, /* by source, not by destination */
    {"container.mount[\"/var/run/*\"]",
     "\"/var/run/docker.sock:/run/docker.sock:ro:false:rslave\""},
    {"container.mount.dest[/var/run/docker.sock]", "\"/run/docker.sock\""},
    {"container.mount.dest[/var/*/docker.sock]", "\"/run/docker.sock\""},
    {"container.mount.dest[/var/run/docker.soc?]", "\"/run/docker.sock\""},
    {"container.mount.dest[/proc*]", "null"},
    {"container.mount.mode[1]", "\"ro\""},
    {"container.mount.propagation[1]", "\"rslave\""},
    {"container.mount.rdwr[0]", "\"true\""},
    {"container.mount.rdwr[1]", "\"false\""},
    {"container.mount.source[/data]", "\"/host/data\""},
    {"container.mount.source[/host/data]", "null"},
    {"container.mounts", "\"/host/data:/data:rbind:true:rprivate "
                         "/var/run/docker.sock:/run/docker.sock:ro:false:rslave\""},
    {"container.name", "\"web\""},
    {"container.privileged", "true"},
    {"container.readiness_probe", "\"ready\""},
    {"container.start_ts", "1795526077021821111"},
    {"container.type", "\"containerd\""},
    {"k8s.ns.name", "\"billing\""},
    {"k8s.pod.annotation[contact]", "\"blue@example.org\""},
    {"k8s.pod.full_sandbox_id", "\"63060edc2d3aa803\""},
    {"k8s.pod.id", "\"3e41dc6b-08a8-44db-bc2a-3724b18ab19a\""},
    {"k8s.pod.ip", "\"10.1.2.3\""},
    {"k8s.pod.label[app]", "\"shop\""},
    {"k8s.pod.label.app", "\"shop\""},
    {"k8s.pod.labels", "\"app:shop,app.kubernetes.io/name:\""},
    {"k8s.pod.name", "\"web-0\""},
    {"k8s.pod.owner.kind", "\"ReplicaSet\""},
    {"k8s.pod.owner.name", "\"web-5d4f\""},
    {"k8s.pod.sandbox_id", "\"63060edc2d3a\""},
    {"k8s.pod.service_account", "\"shop\""},
    {"k8s.pod.uid", "\"3e41dc6b-08a8-44db-bc2a-3724b18ab19a\""},
    {"k8s.workload.kind", "\"Deployment\""},
    {"k8s.workload.name", "\"web\""},
    {"k8s.workload.uid", "\"1c4e\""},
};

static void with_everything_known(void **state)
{
    struct fixture f;

    fixture_init(&f);
    check_fields(&f.event, in_full, ARRAY_LEN(in_full));
    check_all_listed("container.", in_full, ARRAY_LEN(in_full));
    check_all_listed("k8s.", in_full, ARRAY_LEN(in_full));
    fixture_done(&f);
}

/* The host has texts of its own for these; everything else is absent there. */
static const struct field_row on_the_host[] = {
    {"container.id", "\"host\""},
    {"container.full_id", "\"host\""},
    {"container.name", "\"host\""},
    {"container.type", "\"host\""},
    {"container.image", "\"\""},
    {"container.image.id", "\"\""},
    {"container.image.repository", "\"\""},
    {"container.image.tag", "\"\""},
    {"container.image.digest", "\"\""},
};

static void processes_of_the_host(void **state)
{
    struct fixture f;

    fixture_init(&f);
    f.process.container = NULL;
    f.process.joined = NULL;
    for (size_t i = 0; i < ARRAY_LEN(in_full); i++) {
        const char *expected = "null";
        for (size_t j = 0; j < ARRAY_LEN(on_the_host); j++) {
            if (strcmp(in_full[i].field, on_the_host[j].field) == 0)
                expected = on_the_host[j].json;
        }
        check_field(&f.event, in_full[i].field, expected);
    }
    fixture_done(&f);
}

static void without_a_process_all_are_absent(void **state)
{
    struct fixture f;

    fixture_init(&f);
    f.event.process = NULL;
    for (size_t i = 0; i < ARRAY_LEN(in_full); i++)
        check_field(&f.event, in_full[i].field, "null");
    fixture_done(&f);
}

static void a_container_of_which_only_the_id_is_known(void **state)
{
    struct fixture f;

    fixture_init(&f);
    f.container = (struct container){.id = SV("5db3f43aeb87")};
    f.process.joined = NULL;
    for (size_t i = 0; i < ARRAY_LEN(in_full); i++) {
        bool id = strcmp(in_full[i].field, "container.id") == 0;
        check_field(&f.event, in_full[i].field, id ? in_full[i].json : "null");
    }
    fixture_done(&f);
}

static void patterns_of_mounts(void **state)
{
    static const struct {
        const char *pattern, *source;
        bool fits;
    } rows[] = {
        {"*", "", true},
        {"**", "/x", true},
        {"/a*c", "/abc", true},
        {"/a*c", "/abcd", false},
        {"/a*b*c", "/axbxbxc", true},
        {"?", "", false},
        {"/", "/", true},
        {"/*", "/", true},
        {"*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    };
    struct fixture f;

    fixture_init(&f);
    f.container.mount_count = 1;
    f.mount[0].destination = SV("/there");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct field_ref ref;
        struct value value[FIELD_VALUES_MAX];

        test_row(rows[i].pattern);
        f.mount[0].source = sv(rows[i].source);
        CHECK_INT(
            field_ref_make(field_find(SV("container.mount.dest")), true, sv(rows[i].pattern), &ref),
            FIELD_REF_FINE);
        CHECK_INT(field_extract(&f.event, &ref, value), rows[i].fits);
    }
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_everything_known),
        cmocka_unit_test(processes_of_the_host),
        cmocka_unit_test(without_a_process_all_are_absent),
        cmocka_unit_test(a_container_of_which_only_the_id_is_known),
        cmocka_unit_test(patterns_of_mounts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
