/* What bundle, runtime and cluster say of a container, together. */
#include "enrich/described.h"

#include "base/arena.h"
#include "enrich/containers.h"
#include "enrich/cri_answer.h"
#include "enrich/pod_line.h"
#include "enrich/specs.h"
#include "tests/unit/enrich/fake_cri.h"
#include "tests/unit/enrich/tree.h"
#include "tests/unit/test.h"

#define ID "1f04600dc6949359da68eee5fe7c4069706a567c07d1ef89fe3bbfdeac7a6dca"
#define UID "aaaa2b4a-f398-41c0-928b-049e1cc4ec40"
#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CONFIG "run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json"
#define SECOND 1000000000ULL

struct world {
    struct tree host;
    struct specs *specs;
    struct cgroups cgroups;
    struct containers table;
    struct container_entry *entry;
    struct arena *arena;
    struct cri_container container;
    struct cri_pod pod;
};

static void world_init(struct world *w, bool with_bundle)
{
    scoped(buf_done) struct buf container = {0};
    scoped(buf_done) struct buf pod = {0};

    *w = (struct world){.arena = arena_new(4096)};
    tree_make(&w->host);
    w->specs = specs_new(w->host.root, NULL);
    cgroups_init(&w->cgroups, 100);
    containers_init(&w->table, 100, w->specs);
    if (with_bundle)
        tree_text(&w->host, CONFIG,
                  "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"web\","
                  "\"io.kubernetes.cri.image-name\":\"docker.io/library/nginx:1.25\"}}");
    w->entry = containers_find(
        &w->table, cgroups_put(&w->cgroups, CGROUP_V2, 0, sv("/kubepods/pod" UID "/" ID)), NULL,
        true, SECOND);
    containers_hold(&w->table, w->entry);
    fake_cri_container(&container, ID, "web", "s1");
    fake_cri_pod(&pod, "s1", "web-0");
    CHECK_INT(
        cri_read_container(arena_sv(w->arena, buf_view(&container)), w->arena, &w->container, NULL),
        0);
    CHECK_INT(cri_read_pod(arena_sv(w->arena, buf_view(&pod)), w->arena, &w->pod, NULL), 0);
}

static void world_done(struct world *w)
{
    containers_release(&w->table, w->entry, SECOND);
    containers_done(&w->table);
    cgroups_done(&w->cgroups);
    specs_free(w->specs);
    arena_free(w->arena);
    tree_remove(&w->host);
}

static void by_the_runtime(void **state)
{
    struct world w;
    const struct container *view;

    for (int with_bundle = 0; with_bundle < 2; with_bundle++) {
        world_init(&w, with_bundle == 1);
        test_row(with_bundle == 1 ? "with a bundle" : "without");
        view = &w.entry->view;
        CHECK_INT(view->image_digest.len, 0);
        uint64_t changes = w.table.changes;
        containers_answered(&w.table, &w.container, &w.pod);
        CHECK(w.table.changes > changes);
        CHECK_SV(view->name, sv("web"));
        CHECK_SV(view->image, sv("docker.io/library/nginx:1.25"));
        CHECK_SV(view->image_tag, sv("1.25"));
        CHECK_SV(view->image_digest, sv(DIGEST));
        CHECK_SV(view->pod_name, sv("web-0"));
        CHECK_SV(view->namespace_name, sv("billing"));
        CHECK_SV(view->sandbox_id, sv("s1"));
        CHECK_INT(view->label_count, 2);
        CHECK(view->pod != NULL);
        CHECK_SV(view->pod->ip, sv("10.1.2.3"));
        CHECK_INT(view->privileged, with_bundle == 0); /* a bundle knows for sure */
        world_done(&w);
    }
}

static void by_the_cluster(void **state)
{
    static const struct pod_container containers[] = {
        {.name = SV("other"), .image_id = SV("x@sha256:wrong")},
        {.id = SV(ID),
         .name = SV("web"),
         .image = SV("docker.io/library/nginx:1.25"),
         .image_id = SV("docker.io/library/nginx@" DIGEST),
         .probe = {[PROBE_LIVENESS] = SV("cat\0/alive\0")}},
    };
    struct pod_said said = {.source = POD_OF_CLUSTER,
                            .key = SV(UID),
                            .pod = {.name = SV("web-0"),
                                    .uid = SV(UID),
                                    .namespace_name = SV("billing"),
                                    .workload_kind = SV("Deployment")},
                            .container = containers,
                            .container_count = ARRAY_LEN(containers)};
    struct world w;

    struct pod_line line = {.kind = POD_LINE_POD, .said = said};

    world_init(&w, true);
    containers_pod_line(&w.table, &line);
    const struct container *view = &w.entry->view;
    CHECK_SV(view->image_digest, sv(DIGEST));
    CHECK_SV(view->probe[PROBE_LIVENESS], SV("cat\0/alive\0"));
    CHECK_SV(view->pod_name, sv("web-0"));
    CHECK_SV(view->pod->workload_kind, sv("Deployment"));
    test_row("changed: the texts that were copied stay good");
    line.said.pod.workload_kind = SV("StatefulSet");
    line.said.container_count = 0;
    containers_pod_line(&w.table, &line);
    CHECK_SV(view->pod->workload_kind, sv("StatefulSet"));
    CHECK_SV(view->image_digest, sv(DIGEST));
    test_row("the runtime does not overrule it");
    containers_answered(&w.table, NULL, &w.pod);
    CHECK_SV(view->pod->workload_kind, sv("StatefulSet"));
    test_row("deleted, but its container is held");
    containers_pod_line(&w.table, &(struct pod_line){.kind = POD_LINE_LIST});
    containers_pod_line(&w.table, &(struct pod_line){.kind = POD_LINE_LISTED});
    CHECK_SV(view->pod->workload_kind, sv("StatefulSet"));
    CHECK_INT(w.table.pods.count, 1);
    world_done(&w);
}

static void of_nobody(void **state)
{
    struct world w;

    world_init(&w, true);
    test_row("a container that is not known");
    w.container.id = SV("nobody");
    containers_answered(&w.table, &w.container, NULL);
    CHECK_INT(w.entry->view.image_digest.len, 0);
    CHECK(w.entry->view.pod == NULL);
    containers_answered(&w.table, NULL, NULL);
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_the_runtime),
        cmocka_unit_test(by_the_cluster),
        cmocka_unit_test(of_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
