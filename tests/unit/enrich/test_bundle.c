#include <errno.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "enrich/bundle.h"
#include "tests/unit/test.h"

static void annotations(void **state)
{
    static const struct {
        const char *row, *json;
        const char *name, *image, *image_id, *pod, *uid, *ns, *sandbox;
        uint32_t labels;
    } rows[] = {
        {"containerd",
         "{\"annotations\":{\"io.kubernetes.cri.container-type\":\"container\","
         "\"io.kubernetes.cri.container-name\":\"app\",\"io.kubernetes.cri.image-name\":\"nginx:1\","
         "\"io.kubernetes.cri.sandbox-id\":\"s1\",\"io.kubernetes.cri.sandbox-name\":\"pod-1\","
         "\"io.kubernetes.cri.sandbox-namespace\":\"billing\","
         "\"io.kubernetes.cri.sandbox-uid\":\"u-1\"}}",
         "app", "nginx:1", "", "pod-1", "u-1", "billing", "s1", 0},
        {"containerd sandbox",
         "{\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\","
         "\"io.kubernetes.cri.sandbox-name\":\"pod-1\","
         "\"io.kubernetes.cri.sandbox-namespace\":\"billing\"}}",
         "pod-1", "", "", "pod-1", "", "billing", "", 0},
        {"CRI-O",
         "{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"container\","
         "\"io.kubernetes.container.name\":\"redis\",\"io.kubernetes.pod.name\":\"pod-2\","
         "\"io.kubernetes.pod.namespace\":\"shop\",\"io.kubernetes.pod.uid\":\"u-2\","
         "\"io.kubernetes.cri-o.ImageName\":\"quay.io/crio/redis:alpine\","
         "\"io.kubernetes.cri-o.Image\":\"98bd\",\"io.kubernetes.cri-o.ImageRef\":\"98bd7\","
         "\"io.kubernetes.cri-o.SandboxID\":\"s2\",\"tier\":\"backend\","
         "\"io.kubernetes.cri-o.Labels\":\"{\\\"run\\\":\\\"redis\\\",\\\"tier\\\":\\\"x\\\"}\"}}",
         "redis", "quay.io/crio/redis:alpine", "98bd7", "pod-2", "u-2", "shop", "s2", 2},
        {"CRI-O, its own names only",
         "{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"container\","
         "\"io.kubernetes.cri-o.KubeName\":\"pod-3\",\"io.kubernetes.cri-o.Namespace\":\"shop\","
         "\"io.kubernetes.cri-o.Metadata\":\"{\\\"name\\\":\\\"web\\\",\\\"attempt\\\":0}\"}}",
         "web", "", "", "pod-3", "", "shop", "", 0},
        {"CRI-O sandbox",
         "{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"sandbox\","
         "\"io.kubernetes.container.name\":\"POD\",\"io.kubernetes.cri-o.KubeName\":\"pod-4\"}}",
         "pod-4", "", "", "pod-4", "", "", "", 0},
        {"labels", "{\"annotations\":{\"team\":\"a\",\"io.x\":\"no\",\"n\":5,\"\":\"no\"}}", "", "",
         "", "", "", "", "", 1},
        {"odd kinds",
         "{\"annotations\":{\"io.kubernetes.cri.image-name\":7,"
         "\"io.kubernetes.cri-o.Labels\":\"[1\"},\"mounts\":{},\"linux\":[],"
         "\"process\":null,\"root\":\"x\"}",
         "", "", "", "", "", "", "", 0},
        {"annotations are a list", "{\"annotations\":[\"a\"]}", "", "", "", "", "", "", "", 0},
        {"empty", "{}", "", "", "", "", "", "", "", 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(free) struct bundle *b = xcalloc(1, sizeof(*b));

        test_row(rows[i].row);
        CHECK_INT(bundle_parse_config(sv(rows[i].json), arena, b, NULL), 0);
        CHECK_SV(b->name, sv(rows[i].name));
        CHECK_SV(b->image, sv(rows[i].image));
        CHECK_SV(b->image_id, sv(rows[i].image_id));
        CHECK_SV(b->pod_name, sv(rows[i].pod));
        CHECK_SV(b->pod_uid, sv(rows[i].uid));
        CHECK_SV(b->namespace_name, sv(rows[i].ns));
        CHECK_SV(b->sandbox_id, sv(rows[i].sandbox));
        CHECK_INT(b->label_count, rows[i].labels);
    }
}

static void rest_of_config(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(free) struct bundle *b = xcalloc(1, sizeof(*b));

    test_row("mounts");
    CHECK_INT(
        bundle_parse_config(
            sv("{\"root\":{\"path\":\"rootfs\"},\"mounts\":["
               "{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
               "{\"destination\":\"/etc/x\",\"type\":\"bind\",\"source\":\"/srv/x\","
               "\"options\":[\"rbind\",\"rprivate\",\"ro\"]},"
               "{\"destination\":\"/host\",\"source\":\"/\",\"options\":[\"rbind\",\"rshared\"]},"
               "7,{\"destination\":\"/w\",\"type\":\"bind\",\"source\":\"/w\","
               "\"options\":[\"rw\",3]}],"
               "\"process\":{\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_SYS_ADMIN\","
               "\"CAP_NONE\",\"cap_kill\",4],\"effective\":[\"CAP_BPF\"]}},"
               "\"linux\":{\"maskedPaths\":[\"/proc/kcore\"],\"namespaces\":[{\"type\":\"pid\"},"
               "{\"type\":\"network\",\"path\":\"/proc/1/ns/net\"},{\"type\":\"mount\"},3]}}"),
            arena, b, NULL),
        0);
    CHECK_SV(b->root, sv("rootfs"));
    CHECK_INT(b->mount_count, 3);
    CHECK_SV(b->mount[0].source, sv("/srv/x"));
    CHECK_SV(b->mount[0].destination, sv("/etc/x"));
    CHECK_SV(b->mount[0].mode, sv("ro"));
    CHECK_SV(b->mount[0].propagation, sv("rprivate"));
    CHECK(!b->mount[0].writable);
    CHECK(b->mount[1].writable);
    CHECK_SV(b->mount[1].propagation, sv("rshared"));
    CHECK_SV(b->mount[2].mode, sv("rw"));
    test_row("capabilities");
    CHECK_INT(b->capabilities, 1ULL << 0 | 1ULL << 21 | 1ULL << 5);
    test_row("namespaces");
    CHECK(b->has_namespaces && b->masks_paths);
    CHECK(b->ns[BUNDLE_PID].own);
    CHECK_INT(b->ns[BUNDLE_PID].path.len, 0);
    CHECK_SV(b->ns[BUNDLE_NETWORK].path, sv("/proc/1/ns/net"));
    CHECK(!b->ns[BUNDLE_IPC].own);
}

static void limits(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(65536);
    scoped(free) struct bundle *b = xcalloc(1, sizeof(*b));
    scoped(buf_done) struct buf json = {0};

    test_row("no more labels and mounts than fit");
    buf_str(&json, "{\"annotations\":{\"x\":\"y\"");
    for (uint32_t i = 0; i < BUNDLE_LABELS_MAX + 10; i++)
        buf_printf(&json, ",\"k%u\":\"v\"", i);
    buf_str(&json, "},\"mounts\":[1");
    for (uint32_t i = 0; i < BUNDLE_MOUNTS_MAX + 10; i++)
        buf_printf(&json, ",{\"type\":\"bind\",\"source\":\"/%u\"}", i);
    buf_str(&json, "]}");
    CHECK_INT(bundle_parse_config(buf_view(&json), arena, b, NULL), 0);
    CHECK_INT(b->label_count, BUNDLE_LABELS_MAX);
    CHECK_INT(b->mount_count, BUNDLE_MOUNTS_MAX);

    test_row("texts are cut");
    buf_reset(&json);
    buf_str(&json, "{\"annotations\":{\"io.kubernetes.cri.image-name\":\"");
    for (uint32_t i = 0; i < BUNDLE_TEXT_MAX + 10; i++)
        buf_char(&json, 'i');
    buf_str(&json, "\"}}");
    CHECK_INT(bundle_parse_config(buf_view(&json), arena, b, NULL), 0);
    CHECK_INT(b->image.len, BUNDLE_TEXT_MAX);

    test_row("too deep");
    buf_reset(&json);
    buf_str(&json, "{\"a\":");
    for (int i = 0; i < 200; i++)
        buf_char(&json, '[');
    CHECK(bundle_parse_config(buf_view(&json), arena, b, NULL) < 0);
}

static void refused(void **state)
{
    static const struct {
        const char *row, *json;
    } rows[] = {
        {"nothing", ""},
        {"not JSON", "hello"},
        {"list", "[]"},
        {"number", "5"},
        {"cut", "{\"mounts\":[{"},
        {"trailing", "{}}"},
        {"bad UTF-8", "{\"a\":\"\xff\"}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(free) struct bundle *b = xcalloc(1, sizeof(*b));
        struct err err = {0};
        struct sv dir;

        test_row(rows[i].row);
        CHECK_INT(bundle_parse_config(sv(rows[i].json), arena, b, &err), -EINVAL);
        CHECK_HAS(err_text(&err, -EINVAL), "config.json");
        CHECK_INT(bundle_parse_docker(sv(rows[i].json), arena, b, NULL), -EINVAL);
        CHECK_INT(bundle_parse_docker_host(sv(rows[i].json), arena, b, NULL), -EINVAL);
        CHECK_INT(bundle_parse_state(sv(rows[i].json), arena, &dir, NULL), -EINVAL);
        if (strcmp(rows[i].json, "[]") != 0)
            CHECK_INT(bundle_parse_storage(sv(rows[i].json), sv("x"), arena, b, NULL), -EINVAL);
    }
}

static void other_files(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(free) struct bundle *b = xcalloc(1, sizeof(*b));
    struct sv dir;

    test_row("docker");
    CHECK_INT(bundle_parse_docker(
                  sv("{\"Name\":\"/web\",\"Image\":\"sha256:98\",\"Config\":{\"Image\":\"nginx:1\","
                     "\"Labels\":{\"team\":\"a\",\"io.kubernetes.pod.name\":\"p\","
                     "\"io.kubernetes.pod.namespace\":\"n\"}}}"),
                  arena, b, NULL),
              0);
    CHECK_SV(b->name, sv("web"));
    CHECK_SV(b->image, sv("nginx:1"));
    CHECK_SV(b->image_id, sv("sha256:98"));
    CHECK_SV(b->pod_name, sv("p"));
    CHECK_SV(b->namespace_name, sv("n"));
    CHECK_INT(b->label_count, 3);
    test_row("docker, privileged");
    CHECK_INT(bundle_parse_docker_host(sv("{\"Privileged\":false}"), arena, b, NULL), 0);
    CHECK(!b->said_privileged);
    CHECK_INT(bundle_parse_docker_host(sv("{\"Privileged\":true}"), arena, b, NULL), 0);
    CHECK(b->said_privileged);

    scoped(free) struct bundle *p = xcalloc(1, sizeof(*p));
    test_row("podman, privileged");
    CHECK_INT(bundle_parse_config(sv("{\"annotations\":{\"io.container.manager\":\"libpod\","
                                     "\"io.podman.annotations.privileged\":\"TRUE\"}}"),
                                  arena, p, NULL),
              0);
    CHECK(p->said_privileged);
    CHECK_SV(p->manager, sv("libpod"));
    test_row("podman, name and image");
    CHECK_INT(bundle_parse_storage(
                  sv("[{\"id\":\"other\",\"names\":[\"x\"]},7,{\"id\":\"c1\",\"names\":[\"db\"],"
                     "\"image\":\"98bd\",\"metadata\":\"{\\\"image-name\\\":\\\"docker.io/library/"
                     "postgres:16\\\"}\"}]"),
                  sv("c1"), arena, p, NULL),
              0);
    CHECK_SV(p->name, sv("db"));
    CHECK_SV(p->image, sv("docker.io/library/postgres:16"));
    CHECK_SV(p->image_id, sv("98bd"));

    test_row("runc state");
    CHECK_INT(bundle_parse_state(sv("{\"id\":\"x\",\"config\":{\"labels\":[\"a=b\",5,"
                                    "\"bundle=/srv/b\"]}}"),
                                 arena, &dir, NULL),
              0);
    CHECK_SV(dir, sv("/srv/b"));
    test_row("crun status");
    CHECK_INT(bundle_parse_state(sv("{\"pid\":5,\"bundle\":\"/srv/c\"}"), arena, &dir, NULL), 0);
    CHECK_SV(dir, sv("/srv/c"));
    test_row("no bundle in the state");
    CHECK_INT(bundle_parse_state(sv("{}"), arena, &dir, NULL), 0);
    CHECK_INT(dir.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(annotations), cmocka_unit_test(rest_of_config), cmocka_unit_test(limits),
        cmocka_unit_test(refused),     cmocka_unit_test(other_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
