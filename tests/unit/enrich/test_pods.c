#include "enrich/pods.h"
#include "tests/unit/test.h"

static struct pod_said said(enum pod_source source, const char *key, const char *name)
{
    return (struct pod_said){
        .source = source, .key = sv(key), .pod = {.uid = sv(key), .name = sv(name)}};
}

static struct pod_entry *put(struct pods *pods, enum pod_source source, const char *key,
                             const char *name)
{
    struct pod_said what = said(source, key, name);
    bool changed;

    return pods_put(pods, &what, &changed);
}

static void who_says_it(void **state)
{
    struct pods pods;
    char name[] = "borrowed";

    pods_init(&pods, 10);
    test_row("copied");
    struct pod_entry *entry = put(&pods, POD_OF_RUNTIME, "u1", name);
    name[0] = 'x';
    CHECK_SV(entry->view.name, sv("borrowed"));
    test_row("again");
    CHECK(put(&pods, POD_OF_RUNTIME, "u1", "new") == entry);
    CHECK_SV(entry->view.name, sv("new"));
    test_row("the cluster knows better");
    CHECK(put(&pods, POD_OF_CLUSTER, "u1", "cluster's") == entry);
    CHECK(put(&pods, POD_OF_RUNTIME, "u1", "runtime's") == entry);
    CHECK_SV(entry->view.name, sv("cluster's"));
    CHECK_INT(pods.count, 1);
    test_row("no key");
    CHECK(put(&pods, POD_OF_CLUSTER, "", "x") == NULL);
    CHECK(pods_find(&pods, (struct sv){NULL, 0}) == NULL);
    pods_done(&pods);
}

static void how_long(void **state)
{
    struct pods pods;

    pods_init(&pods, 10);
    struct pod_entry *entry = put(&pods, POD_OF_CLUSTER, "u1", "a");
    test_row("deleted, nobody has it");
    pods_delete(&pods, sv("u1"));
    CHECK(pods_find(&pods, sv("u1")) == NULL);
    pods_delete(&pods, sv("u1"));
    test_row("deleted, but held");
    entry = put(&pods, POD_OF_CLUSTER, "u1", "a");
    pods_hold(&pods, entry);
    pods_delete(&pods, sv("u1"));
    CHECK(pods_find(&pods, sv("u1")) == entry);
    CHECK_SV(entry->view.name, sv("a"));
    pods_release(&pods, entry);
    CHECK_INT(pods.count, 0);
    test_row("of a runtime: stays when let go");
    entry = put(&pods, POD_OF_RUNTIME, "u1", "a");
    pods_hold(&pods, entry);
    pods_release(&pods, entry);
    CHECK_INT(pods.count, 1);
    pods_hold(&pods, NULL);
    pods_release(&pods, NULL);
    pods_done(&pods);
}

static void limit(void **state)
{
    struct pods pods;

    pods_init(&pods, 3);
    struct pod_entry *held = put(&pods, POD_OF_RUNTIME, "held", "a");
    pods_hold(&pods, held);
    (void)put(&pods, POD_OF_CLUSTER, "cluster", "b");
    (void)put(&pods, POD_OF_RUNTIME, "free", "c");
    test_row("who is free makes room");
    CHECK(put(&pods, POD_OF_CLUSTER, "one more", "d") != NULL);
    CHECK(pods_find(&pods, sv("free")) == NULL);
    test_row("nobody is");
    CHECK(put(&pods, POD_OF_CLUSTER, "too many", "e") == NULL);
    CHECK_INT(pods.refused, 1);
    CHECK_INT(pods.count, 3);
    pods_release(&pods, held);
    CHECK(put(&pods, POD_OF_CLUSTER, "now", "f") != NULL);
    pods_done(&pods);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_says_it),
        cmocka_unit_test(how_long),
        cmocka_unit_test(limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
