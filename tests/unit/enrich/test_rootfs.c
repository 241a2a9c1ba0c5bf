#include <errno.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "enrich/rootfs.h"
#include "tests/unit/enrich/tree.h"
#include "tests/unit/test.h"

static void stays_inside(void **state)
{
    struct tree tree;
    struct rootfs_stamp stamp;

    tree_make(&tree);
    tree_text(&tree, "etc/passwd", "inside");
    tree_text(&tree, "outside", "no");
    tree_dir(&tree, "root/etc");
    tree_text(&tree, "root/data/file", "yes");
    tree_link(&tree, "root/etc/absolute", "/data/file");
    tree_link(&tree, "root/etc/upward", "../../../../../outside");
    tree_link(&tree, "root/etc/loop", "loop");
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/root", tree.root);
    scoped(fd_close) int root = rootfs_open(path);
    CHECK(root >= 0);

    static const struct {
        const char *row, *path;
        int rc;
    } rows[] = {
        {"plain", "data/file", 0},
        {"absolute link", "etc/absolute", 0},
        {"link upward", "etc/upward", -ENOENT},
        {"dots upward", "../outside", -ENOENT},
        {"loop", "etc/loop", -ELOOP},
        {"directory", "etc", -EINVAL},
        {"missing", "etc/none", -ENOENT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        CHECK_INT(rootfs_stat(root, rows[i].path, &stamp), rows[i].rc);
    }

    test_row("no root");
    CHECK_INT(rootfs_open("/nonexistent/root"), -ENOENT);
    test_row("a root inside the root");
    scoped(fd_close) int inner = rootfs_open_in(root, "/data");
    CHECK(inner >= 0);
    CHECK_INT(rootfs_stat(inner, "file", &stamp), 0);
    CHECK_INT(rootfs_open_in(root, "data/file"), -ENOTDIR);
    tree_remove(&tree);
}

static void stamps(void **state)
{
    struct tree tree;
    struct rootfs_stamp a;
    struct rootfs_stamp b;

    tree_make(&tree);
    tree_text(&tree, "f", "1");
    scoped(fd_close) int root = rootfs_open(tree.root);
    CHECK_INT(rootfs_stat(root, "f", &a), 0);
    test_row("untouched");
    CHECK_INT(rootfs_stat(root, "f", &b), 0);
    CHECK(rootfs_same(&a, &b));
    test_row("longer");
    tree_text(&tree, "f", "12");
    CHECK_INT(rootfs_stat(root, "f", &b), 0);
    CHECK(!rootfs_same(&a, &b));
    tree_remove(&tree);
}

static void lists(void **state)
{
    struct tree tree;
    struct rootfs_names names;
    scoped(arena_free) struct arena *arena = arena_new(4096);

    tree_make(&tree);
    tree_dir(&tree, "d/one");
    tree_dir(&tree, "d/two");
    tree_dir(&tree, "d/.hidden");
    scoped(fd_close) int root = rootfs_open(tree.root);
    rootfs_list(root, "d", arena, &names);
    CHECK_INT(names.count, 2);
    rootfs_list(root, "none", arena, &names);
    CHECK_INT(names.count, 0);

    test_row("no more than the limit");
    for (uint32_t i = 0; i < ROOTFS_NAMES_MAX + 5; i++) {
        char path[32];
        (void)snprintf(path, sizeof(path), "many/%u", i);
        tree_dir(&tree, path);
    }
    rootfs_list(root, "many", arena, &names);
    CHECK_INT(names.count, ROOTFS_NAMES_MAX);
    tree_remove(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stays_inside),
        cmocka_unit_test(stamps),
        cmocka_unit_test(lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
