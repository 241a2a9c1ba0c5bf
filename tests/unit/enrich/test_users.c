#include "base/file.h"
#include "enrich/rootfs.h"
#include "enrich/users.h"
#include "tests/unit/enrich/tree.h"
#include "tests/unit/test.h"

static void passwd_lines(void **state)
{
    static char long_name[USERS_NAME_MAX + 40];
    memset(long_name, 'n', USERS_NAME_MAX + 1);
    (void)snprintf(long_name + USERS_NAME_MAX + 1, 39, ":x:7:7::/:/bin/sh\nshort:x:7:7:::\n");
    const struct {
        const char *row;
        struct sv text;
        uint32_t uid;
        const char *name, *home, *shell; /* name NULL: not found */
    } rows[] = {
        {"plain", SV("root:x:0:0:root:/root:/bin/bash\n"), 0, "root", "/root", "/bin/bash"},
        {"second line", SV("root:x:0:0::/:/b\napp:x:1000:1000:A,,,:/home/app:/bin/sh"), 1000, "app",
         "/home/app", "/bin/sh"},
        {"first one counts", SV("a:x:5:5::/a:/a\nb:x:5:5::/b:/b\n"), 5, "a", "/a", "/a"},
        {"empty shell", SV("a:x:5:5::/a:\n"), 5, "a", "/a", ""},
        {"fields missing at the end", SV("a:x:5\n"), 5, "a", "", ""},
        {"no such uid", SV("root:x:0:0::/:/b\n"), 1, NULL, "", ""},
        {"empty file", SV(""), 0, NULL, "", ""},
        {"no colons", SV("garbage\nroot\n"), 0, NULL, "", ""},
        {"empty lines", SV("\n\n\nroot:x:0:0::/:/b\n\n"), 0, "root", "/", "/b"},
        {"comment", SV("#a:x:5:5::/:/b\nb:x:5:5::/:/b\n"), 5, "b", "/", "/b"},
        {"NIS", SV("+a:x:5:5::/:/b\n-b:x:5:5::/:/b\n+\n"), 5, NULL, "", ""},
        {"empty name", SV(":x:5:5::/:/b\n"), 5, NULL, "", ""},
        {"uid is no number", SV("a:x:five:5::/:/b\na:x::5:::\n"), 0, NULL, "", ""},
        {"hex is no uid", SV("a:x:0x5:5::/:/b\n"), 5, NULL, "", ""},
        {"signs are no uid", SV("a:x:+5:5::/:/b\na:x: 5:5:::\na:x:-5:5:::\n"), 5, NULL, "", ""},
        {"uid too large", SV("a:x:4294967301:5::/:/b\n"), 5, NULL, "", ""},
        {"uid far too large", SV("a:x:99999999999999999999999:5::/:/b\n"), 5, NULL, "", ""},
        {"NUL in the name", SV("a\0b:x:5:5::/:/b\nc:x:5:5:::\n"), 5, "c", "", ""},
        {"NUL in the shell", SV("a:x:5:5::/:/b\0\n"), 5, NULL, "", ""},
        {"name too long", sv(long_name), 7, "short", "", ""},
        {"escape sequences are kept", SV("\x1b[31m:x:5:5::/:/b\n"), 5, "\x1b[31m", "/", "/b"},
        {"only colons", SV("::::::\n:::::::::\n"), 0, NULL, "", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct user user = {0};

        test_row(rows[i].row);
        CHECK_INT(users_find_passwd(rows[i].text, rows[i].uid, &user), rows[i].name != NULL);
        if (rows[i].name == NULL)
            continue;
        CHECK_INT(user.uid, rows[i].uid);
        CHECK_SV(user.name, sv(rows[i].name));
        CHECK_SV(user.home, sv(rows[i].home));
        CHECK_SV(user.shell, sv(rows[i].shell));
    }
}

static void group_lines(void **state)
{
    static const struct {
        const char *row, *text;
        uint32_t gid;
        const char *name;
    } rows[] = {
        {"plain", "root:x:0:\nwheel:x:10:root,app\n", 10, "wheel"},
        {"no members", "a:x:3", 3, "a"},
        {"none", "a:x:3:\n", 4, NULL},
        {"odd", "a:x\n:x:4:\n+:::\n4\n", 4, NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct group group = {0};

        test_row(rows[i].row);
        CHECK_INT(users_find_group(sv(rows[i].text), rows[i].gid, &group), rows[i].name != NULL);
        CHECK_SV(group.name, sv(rows[i].name));
    }
}

#define SECOND 1000000000ULL

static void views(void **state)
{
    struct tree tree;
    scoped(users_free) struct users *users = users_new();

    tree_make(&tree);
    scoped(fd_close) int root = rootfs_open(tree.root);

    test_row("nothing read yet");
    const struct user *app = users_user(users, 1000);
    CHECK_INT(app->uid, 1000);
    CHECK_INT(app->name.len, 0);
    CHECK(users_stale(users, SECOND));

    test_row("no files");
    users_refresh(users, root, SECOND);
    CHECK_INT(app->name.len, 0);

    test_row("not looked at within the second");
    tree_text(&tree, "etc/passwd", "app:x:1000:1000::/home/app:/bin/sh\n");
    tree_text(&tree, "etc/group", "staff:x:50:\n");
    CHECK(!users_stale(users, 2 * SECOND - 1));
    users_refresh(users, root, 2 * SECOND - 1);
    CHECK_INT(app->name.len, 0);

    test_row("filled in place");
    users_refresh(users, root, 2 * SECOND);
    CHECK_SV(app->name, sv("app"));
    CHECK_SV(app->home, sv("/home/app"));
    CHECK(users_user(users, 1000) == app);
    CHECK_SV(users_group(users, 50)->name, sv("staff"));
    CHECK_INT(users_group(users, 51)->name.len, 0);

    test_row("changed");
    tree_text(&tree, "etc/passwd", "renamed:x:1000:1000::/home/app:/bin/sh\n");
    users_refresh(users, root, 3 * SECOND);
    CHECK_SV(app->name, sv("renamed"));

    test_row("gone");
    tree_delete(&tree, "etc/passwd");
    users_refresh(users, root, 4 * SECOND);
    CHECK_INT(app->name.len, 0);
    CHECK_INT(app->uid, 1000);

    test_row("not a file");
    tree_dir(&tree, "etc/passwd");
    users_refresh(users, root, 5 * SECOND);
    CHECK_INT(app->name.len, 0);

    test_row("larger than the limit");
    tree_delete(&tree, "etc/passwd");
    static char big[USERS_FILE_MAX + 1];
    memset(big, '\n', sizeof(big));
    memcpy(big, "app:x:1000:1000::/:/b", 21);
    tree_file(&tree, "etc/passwd", (struct sv){big, sizeof(big)});
    users_refresh(users, root, 6 * SECOND);
    CHECK_INT(app->name.len, 0);
    test_row("as large as the limit");
    tree_file(&tree, "etc/passwd", (struct sv){big, sizeof(big) - 1});
    users_refresh(users, root, 7 * SECOND);
    CHECK_SV(app->name, sv("app"));
    tree_remove(&tree);
}

static void ids_are_bounded(void **state)
{
    scoped(users_free) struct users *users = users_new();

    for (uint32_t i = 0; i < USERS_IDS_MAX; i++) {
        CHECK(users_user(users, i) != NULL);
        CHECK(users_group(users, i) != NULL);
    }
    CHECK(users_user(users, USERS_IDS_MAX) == NULL);
    CHECK(users_group(users, USERS_IDS_MAX) == NULL);
    CHECK(users_user(users, 3) != NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwd_lines),
        cmocka_unit_test(group_lines),
        cmocka_unit_test(views),
        cmocka_unit_test(ids_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
