#include "enrich/containers.h"
#include "enrich/specs.h"
#include "tests/unit/enrich/tree.h"
#include "tests/unit/test.h"

#define ID "1f04600dc6949359da68eee5fe7c4069706a567c07d1ef89fe3bbfdeac7a6dca"
#define ID2 "98bd7cfc43b8ef0ff130465e3d5427c0771002c2f35a6a9b62cb2d04602bed0a"
#define UID "aaaa2b4a-f398-41c0-928b-049e1cc4ec40"
#define CONFIG_OF(id) "run/containerd/io.containerd.runtime.v2.task/k8s.io/" id "/config.json"
#define NAMED(name) "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"" name "\"}}"
#define SECOND 1000000000ULL

struct world {
    struct tree host;
    struct specs *specs;
    struct cgroups cgroups;
    struct containers table;
};

static void world_init(struct world *w, uint64_t limit)
{
    tree_make(&w->host);
    w->specs = specs_new(w->host.root, NULL);
    cgroups_init(&w->cgroups, 100);
    containers_init(&w->table, limit, w->specs);
}

static void world_done(struct world *w)
{
    containers_done(&w->table);
    cgroups_done(&w->cgroups);
    specs_free(w->specs);
    tree_remove(&w->host);
}

static struct cgroup *v1(struct world *w, const char *path)
{
    return cgroups_put(&w->cgroups, CGROUP_V1, 0, sv(path));
}

static struct cgroup *v2(struct world *w, const char *path)
{
    return cgroups_put(&w->cgroups, CGROUP_V2, 0, sv(path));
}

static void which_path(void **state)
{
    struct world w;

    world_init(&w, 100);
    test_row("version 1 where 2 is at the root");
    struct container_entry *c =
        containers_find(&w.table, v2(&w, "/"), v1(&w, "/kubepods/pod" UID "/" ID), false, 1);
    CHECK(c != NULL);
    CHECK_SV(c->view.full_id, sv(ID));
    CHECK_SV(c->view.id, sv("1f04600dc694"));
    CHECK_SV(c->view.pod_uid, sv(UID));
    CHECK_SV(c->view.runtime, sv("containerd"));
    CHECK_SV(c->view.cgroup, sv("/kubepods/pod" UID "/" ID));
    CHECK(!c->view.has_spec);
    test_row("version 2 first");
    CHECK(containers_find(&w.table, v2(&w, "/docker/" ID), v1(&w, "/docker/" ID2), false, 1) == c);
    test_row("one of them only");
    CHECK(containers_find(&w.table, v2(&w, "/docker/" ID), NULL, false, 1) == c);
    CHECK(containers_find(&w.table, NULL, v1(&w, "/docker/" ID), false, 1) == c);
    test_row("the host");
    CHECK(containers_find(&w.table, v2(&w, "/"), v1(&w, "/user.slice"), true, 1) == NULL);
    CHECK(containers_find(&w.table, NULL, NULL, true, 1) == NULL);
    CHECK_INT(w.table.count, 1);
    world_done(&w);
}

static void late_bundle(void **state)
{
    struct world w;

    world_init(&w, 100);
    struct cgroup *cgroup = v2(&w, "/kubepods/pod" UID "/" ID);
    struct container_entry *c = containers_find(&w.table, cgroup, NULL, true, SECOND);
    containers_hold(&w.table, c);
    CHECK(!c->view.has_spec);
    CHECK_INT(w.table.without_spec, 1);

    test_row("asked again by every exec at first");
    for (uint32_t i = 1; i <= CONTAINER_TRIES_EARLY; i++)
        CHECK(containers_find(&w.table, cgroup, NULL, true, SECOND + i) == c);
    CHECK_INT(c->tries, CONTAINER_TRIES_EARLY + 1);
    tree_text(&w.host, CONFIG_OF(ID), NAMED("app"));
    test_row("then with pauses");
    CHECK(containers_find(&w.table, cgroup, NULL, true, SECOND + 1000) == c);
    CHECK(!c->view.has_spec);
    test_row("nor by a fork");
    CHECK(containers_find(&w.table, cgroup, NULL, false, 2 * SECOND) == c);
    CHECK(!c->view.has_spec);
    test_row("but by a later exec");
    CHECK(containers_find(&w.table, cgroup, NULL, true, 2 * SECOND) == c);
    CHECK(c->view.has_spec);
    CHECK_SV(c->view.name, sv("app"));
    CHECK_SV(c->view.pod_uid, sv(UID));
    CHECK_SV(c->view.full_id, sv(ID));
    CHECK_INT(w.table.without_spec, 0);
    test_row("and never more, once it is there");
    tree_text(&w.host, CONFIG_OF(ID), NAMED("other"));
    CHECK(containers_find(&w.table, cgroup, NULL, true, 20 * SECOND) == c);
    CHECK_SV(c->view.name, sv("app"));
    containers_release(&w.table, c, 20 * SECOND);

    test_row("given up after some tries");
    struct cgroup *other = v2(&w, "/docker/" ID2);
    for (uint64_t i = 0; i < 20; i++)
        c = containers_find(&w.table, other, NULL, true, (100 + i * 20) * SECOND);
    CHECK_INT(c->tries, CONTAINER_TRIES_MAX);
    CHECK_INT(w.table.without_spec, 1);
    world_done(&w);
}

/* The cgroup comes first, then the bundle, then the first process. */
static void described_before_anybody_is_in(void **state)
{
    struct world w;

    world_init(&w, 100);
    struct cgroup *cgroup = v2(&w, "/kubepods/pod" UID "/" ID);
    test_row("the bundle is not there yet");
    CHECK(!containers_expect(&w.table, cgroup, SECOND));
    CHECK(!containers_known(&w.table, cgroup));
    CHECK_INT(w.table.count, 1);
    tree_text(&w.host, CONFIG_OF(ID), NAMED("app"));
    test_row("it is");
    CHECK(containers_expect(&w.table, cgroup, SECOND));
    CHECK(containers_known(&w.table, cgroup));
    CHECK_INT(w.table.changes, 0); /* nobody has seen it without */
    CHECK_INT(w.table.looks, 2);

    test_row("the first process: no look");
    struct container_entry *c = containers_find(&w.table, cgroup, NULL, true, SECOND);
    CHECK(c->view.has_spec);
    CHECK_SV(c->view.name, sv("app"));
    CHECK_INT(w.table.looks, 2);
    containers_hold(&w.table, c);

    test_row("a cgroup made inside");
    CHECK(containers_known(&w.table, v2(&w, "/kubepods/pod" UID "/" ID "/" ID2)));
    CHECK(containers_expect(&w.table, v2(&w, "/kubepods/pod" UID "/" ID "/" ID2), SECOND));
    CHECK_INT(w.table.looks, 2);

    test_row("removed inside: still the same container");
    containers_gone(&w.table, v2(&w, "/kubepods/pod" UID "/" ID "/" ID2));
    CHECK(containers_known(&w.table, cgroup));
    test_row("removed and made again: another one");
    containers_release(&w.table, c, 2 * SECOND);
    containers_gone(&w.table, cgroup);
    CHECK(!containers_known(&w.table, cgroup));
    tree_text(&w.host, CONFIG_OF(ID), NAMED("second"));
    CHECK(containers_expect(&w.table, cgroup, 3 * SECOND));
    CHECK_SV(c->view.name, sv("second"));

    test_row("a name without layout");
    tree_text(&w.host, "run/runc/job7/state.json",
              "{\"config\":{\"labels\":[\"bundle=/srv/job7\"]}}");
    tree_text(&w.host, "srv/job7/config.json", "{\"annotations\":{\"team\":\"blue\"}}");
    CHECK(!containers_expect(&w.table, v2(&w, "/system.slice/cron.service"), 3 * SECOND));
    CHECK(containers_expect(&w.table, v2(&w, "/job7"), 3 * SECOND));
    CHECK_INT(w.table.count, 2);
    world_done(&w);
}

static void goes_when_empty(void **state)
{
    struct world w;

    world_init(&w, 100);
    tree_text(&w.host, CONFIG_OF(ID), NAMED("first"));
    struct cgroup *cgroup = v2(&w, "/docker/" ID);
    struct container_entry *c = containers_find(&w.table, cgroup, NULL, true, SECOND);
    containers_hold(&w.table, c);
    containers_settle(&w.table, 1000 * SECOND);
    test_row("held");
    CHECK_INT(w.table.count, 1);
    containers_release(&w.table, c, 1000 * SECOND);
    containers_settle(&w.table, 1000 * SECOND + CONTAINER_GRACE_NS - 1);
    test_row("within the grace");
    CHECK_INT(w.table.count, 1);
    test_row("used again under the same name: the bundle is read anew");
    tree_text(&w.host, CONFIG_OF(ID), NAMED("second"));
    CHECK(containers_find(&w.table, cgroup, NULL, true, 1001 * SECOND) == c);
    CHECK_SV(c->view.name, sv("second"));
    containers_hold(&w.table, c);
    containers_release(&w.table, c, 1002 * SECOND);
    test_row("after the grace");
    containers_settle(&w.table, 1002 * SECOND + CONTAINER_GRACE_NS);
    CHECK_INT(w.table.count, 0);
    world_done(&w);
}

static void limit(void **state)
{
    struct world w;
    char path[128];

    world_init(&w, 2);
    struct container_entry *held[3];
    for (int i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof(path), "/docker/%064x", i);
        held[i] = containers_find(&w.table, v2(&w, path), NULL, false, 1);
        containers_hold(&w.table, held[i]);
    }
    test_row("never without one, but counted");
    CHECK_INT(w.table.count, 3);
    CHECK_INT(w.table.over_limit, 1);
    test_row("an empty one makes room");
    containers_release(&w.table, held[0], 1);
    containers_release(&w.table, held[1], 1);
    CHECK(containers_find(&w.table, v2(&w, "/docker/" ID), NULL, false, 1) != NULL);
    CHECK_INT(w.table.count, 3);
    containers_release(&w.table, held[2], 1);
    world_done(&w);
}

static void nested(void **state)
{
    struct world w;

    world_init(&w, 100);
    struct cgroup *cgroup = v2(&w, "/docker/" ID "/docker/" ID2);
    test_row("no bundle at all: the innermost");
    CHECK_SV(containers_find(&w.table, cgroup, NULL, true, SECOND)->view.full_id, sv(ID2));
    test_row("the inner one's (a node in a container)");
    tree_text(&w.host, CONFIG_OF(ID2), NAMED("inner"));
    CHECK_SV(containers_find(&w.table, cgroup, NULL, true, 5 * SECOND)->view.full_id, sv(ID2));
    test_row("both: nobody leaves a container by a cgroup below it");
    tree_text(&w.host, CONFIG_OF(ID), NAMED("outer"));
    CHECK_SV(containers_find(&w.table, cgroup, NULL, true, 50 * SECOND)->view.name, sv("outer"));
    world_done(&w);
}

static void without_layout(void **state)
{
    struct world w;

    world_init(&w, 100);
    struct cgroup *cgroup = v1(&w, "/process_api/f28672ab181b6d1d15ba4a6f1ce37c38/web");
    test_row("before the runtime wrote its state");
    CHECK(containers_find(&w.table, v2(&w, "/web"), cgroup, true, SECOND) == NULL);
    tree_text(&w.host, "run/runc/web/state.json",
              "{\"config\":{\"labels\":[\"bundle=/srv/web\"]}}");
    tree_text(&w.host, "srv/web/config.json", NAMED("app"));
    test_row("a fork does not look");
    CHECK(containers_find(&w.table, NULL, cgroup, false, 2 * SECOND) == NULL);
    test_row("an exec does");
    struct container_entry *c = containers_find(&w.table, NULL, cgroup, true, 2 * SECOND);
    CHECK(c != NULL);
    CHECK_SV(c->view.full_id, sv("web"));
    CHECK_SV(c->view.id, sv("web"));
    CHECK_SV(c->view.runtime, sv("runc"));
    CHECK_SV(c->view.name, sv("app"));
    CHECK_SV(c->view.cgroup, sv("/process_api/f28672ab181b6d1d15ba4a6f1ce37c38/web"));
    test_row("then a fork knows too");
    CHECK(containers_find(&w.table, NULL, cgroup, false, 2 * SECOND) == c);
    test_row("and a cgroup below it");
    struct cgroup *below = v2(&w, "/web/init.scope");
    CHECK(containers_find(&w.table, below, NULL, true, 3 * SECOND) == c);
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_path),
        cmocka_unit_test(late_bundle),
        cmocka_unit_test(described_before_anybody_is_in),
        cmocka_unit_test(goes_when_empty),
        cmocka_unit_test(limit),
        cmocka_unit_test(nested),
        cmocka_unit_test(without_layout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
