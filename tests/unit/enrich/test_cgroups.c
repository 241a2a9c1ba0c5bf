#include "enrich/cgroups.h"
#include "tests/unit/test.h"

static void ids_and_paths(void **state)
{
    struct cgroups table;

    cgroups_init(&table, 100);
    test_row("found by id and by path");
    struct cgroup *a = cgroups_put(&table, CGROUP_V2, 10, sv("/a"));
    CHECK(cgroups_find(&table, CGROUP_V2, 10) == a);
    CHECK(cgroups_put(&table, CGROUP_V2, 0, sv("/a")) == a);
    CHECK_SV(a->path, sv("/a"));

    test_row("versions are apart");
    CHECK(cgroups_find(&table, CGROUP_V1, 10) == NULL);
    CHECK(cgroups_put(&table, CGROUP_V1, 10, sv("/a")) != a);
    CHECK(cgroups_find(&table, CGROUP_V2, 10) == a);

    test_row("made again: a new id for the path");
    CHECK(cgroups_put(&table, CGROUP_V2, 11, sv("/a")) == a);
    CHECK(cgroups_find(&table, CGROUP_V2, 10) == NULL);
    CHECK(cgroups_find(&table, CGROUP_V2, 11) == a);

    test_row("id used again for another path");
    struct cgroup *b = cgroups_put(&table, CGROUP_V2, 11, sv("/b"));
    CHECK(cgroups_find(&table, CGROUP_V2, 11) == b);
    CHECK_INT(a->id, 0);
    CHECK(cgroups_put(&table, CGROUP_V2, 12, sv("/a")) == a);
    CHECK(cgroups_find(&table, CGROUP_V2, 11) == b);

    test_row("0 is no id");
    CHECK(cgroups_find(&table, CGROUP_V2, 0) == NULL);
    CHECK_INT(table.count, 3);
    cgroups_done(&table);
}

static void limit(void **state)
{
    struct cgroups table;
    char path[32];

    cgroups_init(&table, 4);
    struct cgroup *held = cgroups_put(&table, CGROUP_V2, 1, sv("/held"));
    cgroups_hold(&table, held);
    for (uint64_t i = 2; i < 50; i++) {
        (void)snprintf(path, sizeof(path), "/%llu", (unsigned long long)i);
        CHECK(cgroups_put(&table, CGROUP_V2, i, sv(path)) != NULL);
        CHECK(table.count <= 4);
    }
    test_row("the held one stays, the latest too");
    CHECK(cgroups_find(&table, CGROUP_V2, 1) == held);
    CHECK(cgroups_find(&table, CGROUP_V2, 49) != NULL);
    CHECK(cgroups_find(&table, CGROUP_V2, 2) == NULL);
    cgroups_release(&table, held);
    cgroups_hold(&table, NULL);
    cgroups_release(&table, NULL);

    test_row("a path longer than any");
    static char long_path[CGROUP_PATH_MAX + 100];
    memset(long_path, 'x', sizeof(long_path));
    struct cgroup *cut =
        cgroups_put(&table, CGROUP_V1, 7, (struct sv){long_path, sizeof(long_path)});
    CHECK_INT(cut->path.len, CGROUP_PATH_MAX);
    cgroups_done(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_and_paths),
        cmocka_unit_test(limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
