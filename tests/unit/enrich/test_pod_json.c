#include "enrich/pod_json.h"

#include <errno.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "tests/unit/test.h"

static const char whole[] =
    "{\"metadata\":{\"name\":\"web-5d4f-x\",\"namespace\":\"billing\",\"uid\":\"u1\","
    "\"labels\":{\"app\":\"shop\",\"tier\":\"\"},\"annotations\":{\"contact\":\"blue\",\"n\":7},"
    "\"ownerReferences\":[{\"kind\":\"Other\",\"name\":\"no\",\"uid\":\"o0\"},{\"kind\":"
    "\"ReplicaSet\",\"name\":\"web-5d4f\",\"uid\":\"o1\",\"controller\":true}]},"
    "\"spec\":{\"serviceAccountName\":\"shop\",\"containers\":[{\"name\":\"web\",\"image\":"
    "\"nginx:1.25\",\"livenessProbe\":{\"exec\":{\"command\":[\"cat\",\"/alive\"]}},"
    "\"readinessProbe\":{\"httpGet\":{\"port\":80}}},{\"name\":\"side\",\"image\":\"envoy\"}],"
    "\"initContainers\":[{\"name\":\"first\",\"image\":\"busybox\"}]},"
    "\"status\":{\"podIP\":\"10.1.2.3\",\"containerStatuses\":[{\"name\":\"side\",\"containerID\":"
    "\"containerd://c2\",\"imageID\":\"docker.io/envoy@sha256:e\"},{\"name\":\"web\","
    "\"containerID\":\"containerd://c1\",\"imageID\":\"docker-pullable://nginx@sha256:a\"}]}}";

static int read_text(const char *json, struct arena *arena, struct pod_said *said, struct err *err)
{
    struct json_doc doc;

    CHECK_INT(json_parse(sv(json), arena, &doc, NULL), 0);
    return pod_json_read(&doc, &doc.node[0], arena, said, err);
}

static void everything(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct pod_said said;

    CHECK_INT(read_text(whole, arena, &said, NULL), 0);
    CHECK_SV(said.key, sv("u1"));
    CHECK_SV(said.pod.name, sv("web-5d4f-x"));
    CHECK_SV(said.pod.namespace_name, sv("billing"));
    CHECK_SV(said.pod.service_account, sv("shop"));
    CHECK_SV(said.pod.ip, sv("10.1.2.3"));
    CHECK_SV(said.pod.owner_kind, sv("ReplicaSet"));
    CHECK_SV(said.pod.workload_name, sv("web-5d4f"));
    CHECK_SV(said.pod.owner_uid, sv("o1"));
    CHECK_INT(said.pod.label_count, 2);
    CHECK_INT(said.pod.annotation_count, 1); /* texts only */
    CHECK_INT(said.container_count, 3);
    CHECK_SV(said.container[0].name, sv("web"));
    CHECK_SV(said.container[0].id, sv("c1"));
    CHECK_SV(said.container[0].image_id, sv("nginx@sha256:a"));
    CHECK_SV(said.container[0].probe[PROBE_LIVENESS], SV("cat\0/alive\0"));
    CHECK_INT(said.container[0].probe[PROBE_READINESS].len, 0);
    CHECK_SV(said.container[1].id, sv("c2"));
    CHECK_SV(said.container[2].name, sv("first"));
    CHECK_INT(said.container[2].id.len, 0);
}

static void odd_ones(void **state)
{
    static const struct {
        const char *row, *json;
        int rc;
        const char *key, *workload;
    } rows[] = {
        {"alone", "{\"metadata\":{\"uid\":\"u\",\"name\":\"p\"}}", 0, "u", "p"},
        {"static",
         "{\"metadata\":{\"uid\":\"u\",\"name\":\"p\",\"annotations\":{\"kubernetes.io/"
         "config.mirror\":\"h\"}}}",
         0, "h", "p"},
        {"other types",
         "{\"metadata\":{\"uid\":\"u\",\"labels\":[],\"ownerReferences\":{}},\"spec\":7,\"status\":"
         "[]}",
         0, "u", ""},
        {"no uid", "{\"metadata\":{\"name\":\"p\"}}", -EINVAL, NULL, NULL},
        {"no metadata", "{}", -EINVAL, NULL, NULL},
        {"no object", "[1]", -EINVAL, NULL, NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct pod_said said;
        struct err err = {0};

        test_row(rows[i].row);
        CHECK_INT(read_text(rows[i].json, arena, &said, &err), rows[i].rc);
        if (rows[i].rc < 0) {
            CHECK_HAS(err.text, "uid");
            continue;
        }
        CHECK_SV(said.key, sv(rows[i].key));
        CHECK_SV(said.pod.workload_name, sv(rows[i].workload));
    }
}

static void probes_of_an_annotation(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct sv probe[PROBE_COUNT] = {{0}};

    pod_json_probes(sv(whole), sv("side"), arena, probe);
    CHECK_INT(probe[PROBE_LIVENESS].len, 0);
    pod_json_probes(sv("no json"), sv("web"), arena, probe);
    pod_json_probes(sv("[]"), sv("web"), arena, probe);
    CHECK_INT(probe[PROBE_LIVENESS].len, 0);
    pod_json_probes(sv(whole), sv("web"), arena, probe);
    CHECK_SV(probe[PROBE_LIVENESS], SV("cat\0/alive\0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything),
        cmocka_unit_test(odd_ones),
        cmocka_unit_test(probes_of_an_annotation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
