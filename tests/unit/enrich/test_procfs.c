#include <unistd.h>

#include "base/arena.h"
#include "enrich/procfs.h"
#include "tests/unit/enrich/tree.h"
#include "tests/unit/test.h"

#define TICK 10000000ULL
#define REST " R 16504 16505 13206 34817 -1 4194304 100 0 0 0 0 0 0 0 20 0 3 0 106934 3133440 408"

static void stat_lines(void **state)
{
    static const struct {
        const char *row, *text;
        bool good;
        const char *name;
    } rows[] = {
        {"plain", "1 (cat)" REST "\n", true, "cat"},
        {"spaces", "1 (tmux: server)" REST, true, "tmux: server"},
        {"parentheses", "1 (a) R 1 (b))" REST, true, "a) R 1 (b)"},
        {"newline", "1 (a\nb)" REST, true, "a\nb"},
        {"empty name", "1 ()" REST, true, ""},
        {"negative group", "1 (k) S 2 -1 -1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0", true, "k"},
        {"nothing", "", false, ""},
        {"no parentheses", "1 cat" REST, false, ""},
        {"turned around", "1 )cat(" REST, false, ""},
        {"cut short", "1 (cat) R 16504 16505", false, ""},
        {"no start", "1 (cat) R 1 2 3 0 -1 4194304 100 0 0 0 0 0 0 0 20 0 3 0", false, ""},
        {"words", "1 (cat) R a b c d e f g h i j k l m n o p q r s t", false, ""},
        {"start too large",
         "1 (cat) R 1 2 3 0 -1 4194304 100 0 0 0 0 0 0 0 20 0 3 0 18446744073709551615 0 0", false,
         ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct procfs_stat stat = {0};

        test_row(rows[i].row);
        CHECK_INT(procfs_parse_stat(sv(rows[i].text), &stat), rows[i].good);
        CHECK_SV(stat.name, sv(rows[i].name));
    }

    struct procfs_stat stat;
    test_row("all fields");
    CHECK(procfs_parse_stat(sv("1 (cat)" REST), &stat));
    CHECK_INT(stat.ppid, 16504);
    CHECK_INT(stat.pgid, 16505);
    CHECK_INT(stat.sid, 13206);
    CHECK_INT(stat.tty, 34817);
    CHECK_INT(stat.threads, 3);
    CHECK_INT(stat.start_ns, 106934 * TICK);
}

static void status_texts(void **state)
{
    static const struct {
        const char *row, *text;
        bool good;
    } rows[] = {
        {"least", "Tgid:\t5\n", true},
        {"no tgid", "Name:\tx\n", false},
        {"nothing", "", false},
        {"uid words", "Tgid:\t5\nUid:\ta\tb\tc\td\n", false},
        {"uid short", "Tgid:\t5\nUid:\t0\t0\n", false},
        {"caps not hex", "Tgid:\t5\nCapEff:\txyz\n", false},
        {"caps too long", "Tgid:\t5\nCapEff:\t00000000000000001\n", false},
        {"no namespaces", "Tgid:\t5\nNStgid:\t\n", false},
        {"too deep",
         "Tgid:\t5\nNStgid:\t1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
         false},
        {"odd lines pass", "Tgid:\t5\n:::\nGarbage\n\nGroups:\t1 2 3 \n", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct procfs_status status;

        test_row(rows[i].row);
        CHECK_INT(procfs_parse_status(sv(rows[i].text), &status), rows[i].good);
    }

    struct procfs_status status;
    test_row("all fields");
    CHECK(procfs_parse_status(
        sv("Name:\tcat\nTgid:\t700\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nNStgid:\t700\t12\t1\n"
           "NSpid:\t700\t12\t1\nNSpgid:\t699\t11\t0\nNSsid:\t698\t10\t0\n"
           "CapInh:\t0000000000000001\nCapPrm:\t000001fffeffffff\nCapEff:\t0000000000000002\n"
           "CapBnd:\t000001ffffffffff\n"),
        &status));
    CHECK_INT(status.tgid, 700);
    CHECK_INT(status.creds.uid, 1);
    CHECK_INT(status.creds.euid, 2);
    CHECK_INT(status.creds.suid, 3);
    CHECK_INT(status.creds.fsuid, 4);
    CHECK_INT(status.creds.gid, 5);
    CHECK_INT(status.creds.egid, 6);
    CHECK_INT(status.creds.sgid, 7);
    CHECK_INT(status.creds.fsgid, 8);
    CHECK_INT(status.depth, 3);
    CHECK_INT(status.ns_tgid[2], 1);
    CHECK_INT(status.ns_pgid[1], 11);
    CHECK_INT(status.ns_sid[0], 698);
    CHECK_INT(status.creds.cap_inheritable, 1);
    CHECK_INT(status.creds.cap_permitted, 0x1fffeffffff);
    CHECK_INT(status.creds.cap_effective, 2);
    CHECK_INT(status.cap_bounding, 0x1ffffffffff);
}

static void cgroup_texts(void **state)
{
    static const struct {
        const char *row, *text, *v1, *v2;
    } rows[] = {
        {"unified", "0::/user.slice\n", "", "/user.slice"},
        {"hybrid", "8:pids:/p\n4:memory:/m\n1:name=systemd:/s\n0::/\n", "/m", "/"},
        {"joint controllers", "3:cpu,memory,cpuacct:/m\n", "/m", ""},
        {"pids without memory", "8:pids:/p\n0::/u\n", "/p", "/u"},
        {"memory first whatever the order", "4:memory:/m\n8:pids:/p\n", "/m", ""},
        {"colons in the path", "0::/a:b:c\n", "", "/a:b:c"},
        {"named hierarchies do not count", "1:name=memory:/x\n2:freezer:/y\n", "", ""},
        {"removed", "0::/docker/x (deleted)\n", "", "/docker/x"},
        {"nothing", "", "", ""},
        {"garbage", "abc\n::\n0:\n0::relative\n", "", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv v1;
        struct sv v2;

        test_row(rows[i].row);
        procfs_parse_cgroup(sv(rows[i].text), &v1, &v2);
        CHECK_SV(v1, sv(rows[i].v1));
        CHECK_SV(v2, sv(rows[i].v2));
    }
}

static void made_up(void **state)
{
    struct tree tree;
    struct procfs_process found;
    scoped(arena_free) struct arena *arena = arena_new(65536);

    tree_make(&tree);
    tree_process(&tree, &(struct tree_process){
                            .pid = 50,
                            .ppid = 1,
                            .start_ticks = 1234,
                            .name = "ng (x) inx",
                            .cmdline = SV("nginx: worker\0\0\0\0"),
                            .exe = "/usr/sbin/nginx (deleted)",
                            .cwd = "/srv",
                            .cgroup = "4:memory:/m\n0::/u\n",
                            .uid = 33,
                        });
    test_row("all there");
    CHECK_INT(procfs_read(tree.root, 50, arena, &found), PROCFS_FOUND);
    CHECK_INT(found.task.pid, 50);
    CHECK_INT(found.task.ppid, 1);
    CHECK_INT(found.task.vpid, 50);
    CHECK_INT(found.task.vppid, 1);
    CHECK_INT(found.task.start_ns, 1234 * TICK);
    CHECK_INT(found.task.tty, 34816);
    CHECK_INT(found.task.creds.euid, 33);
    CHECK_INT(found.task.creds.login_uid, PROCESS_NO_UID);
    CHECK_INT(found.task.creds.session_id, 7);
    CHECK_INT(found.task.pidns_inum, 4026531836);
    CHECK_INT(found.task.mntns_inum, 4026531841);
    CHECK_SV(found.task.name, sv("ng (x) inx"));
    CHECK_SV(found.program.args, SV("nginx: worker\0"));
    CHECK_SV(found.program.env, SV("PATH=/bin\0HOME=/root"));
    CHECK_SV(found.program.path, sv("/usr/sbin/nginx"));
    CHECK_SV(found.program.cwd, sv("/srv"));
    CHECK(found.program.deleted && !found.program.from_memfd);
    CHECK_SV(found.cgroup_v1, sv("/m"));
    CHECK_SV(found.cgroup_v2, sv("/u"));

    test_row("memfd");
    tree_link(&tree, "50/exe", "/memfd:payload (deleted)");
    CHECK_INT(procfs_read(tree.root, 50, arena, &found), PROCFS_FOUND);
    CHECK(found.program.deleted && found.program.from_memfd);

    test_row("hostile sizes");
    static char big[100000];
    memset(big, 'a', sizeof(big));
    tree_file(&tree, "50/cmdline", (struct sv){big, sizeof(big)});
    tree_file(&tree, "50/environ", (struct sv){big, sizeof(big)});
    CHECK_INT(procfs_read(tree.root, 50, arena, &found), PROCFS_FOUND);
    CHECK_INT(found.program.args.len, PROCFS_ARGS_MAX);
    CHECK_INT(found.program.env.len, PROCFS_ENV_MAX);
    CHECK(found.program.args_cut && found.program.env_cut);
    tree_file(&tree, "50/stat", (struct sv){big, sizeof(big)});
    CHECK_INT(procfs_read(tree.root, 50, arena, &found), PROCFS_GONE);

    test_row("start compared");
    struct change_program program;
    tree_process(&tree,
                 &(struct tree_process){
                     .pid = 50, .ppid = 1, .start_ticks = 1234, .name = "x", .cmdline = SV("x\0")});
    CHECK_INT(procfs_read_program(tree.root, 50, 1234 * TICK + 77, arena, &program), PROCFS_FOUND);
    CHECK_INT(procfs_read_program(tree.root, 50, 1235 * TICK, arena, &program), PROCFS_GONE);
    CHECK(procfs_alive(tree.root, 50, 1234 * TICK + TICK - 1));
    CHECK(!procfs_alive(tree.root, 50, 1233 * TICK));
    CHECK(!procfs_alive(tree.root, 51, 0));
    CHECK_INT(procfs_cap_bounding(tree.root, 50), 0x1ffffffffff);
    CHECK_INT(procfs_cap_bounding(tree.root, 51), 0);

    test_row("nobody");
    CHECK_INT(procfs_read(tree.root, 51, arena, &found), PROCFS_GONE);

    test_row("a thread's id");
    tree_text(&tree, "50/status", "Tgid:\t49\n");
    CHECK_INT(procfs_read(tree.root, 50, arena, &found), PROCFS_GONE);
    tree_remove(&tree);
}

static void nested_namespace(void **state)
{
    struct tree tree;
    struct procfs_process found;
    scoped(arena_free) struct arena *arena = arena_new(65536);

    tree_make(&tree);
    tree_process(&tree, &(struct tree_process){.pid = 60, .ppid = 1, .name = "a"});
    tree_process(&tree, &(struct tree_process){.pid = 61, .ppid = 60, .name = "b"});
    tree_text(&tree, "60/status", "Tgid:\t60\nNStgid:\t60\t1\nNSpgid:\t60\t1\nNSsid:\t60\t1\n");
    tree_text(&tree, "61/status", "Tgid:\t61\nNStgid:\t61\t7\nNSpgid:\t60\t1\nNSsid:\t60\t1\n");
    test_row("parent in the same namespace");
    CHECK_INT(procfs_read(tree.root, 61, arena, &found), PROCFS_FOUND);
    CHECK_INT(found.task.vpid, 7);
    CHECK_INT(found.task.vppid, 1);
    CHECK_INT(found.task.vpgid, 1);
    test_row("parent outside");
    tree_text(&tree, "60/status", "Tgid:\t60\nNStgid:\t60\n");
    CHECK_INT(procfs_read(tree.root, 61, arena, &found), PROCFS_FOUND);
    CHECK_INT(found.task.vppid, 0);
    tree_remove(&tree);
}

static void myself(void **state)
{
    struct procfs_process found;
    scoped(arena_free) struct arena *arena = arena_new(65536);

    CHECK_INT(procfs_read("/proc", (uint32_t)getpid(), arena, &found), PROCFS_FOUND);
    CHECK_INT(found.task.pid, getpid());
    CHECK_INT(found.task.ppid, getppid());
    CHECK_INT(found.task.creds.uid, getuid());
    CHECK_INT(found.task.sid, getsid(0));
    CHECK(found.task.start_ns > 0);
    CHECK(found.program.args.len > 0 && found.program.path.len > 0 && found.program.ino != 0);
    CHECK(procfs_alive("/proc", (uint32_t)getpid(), found.task.start_ns));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stat_lines),       cmocka_unit_test(status_texts),
        cmocka_unit_test(cgroup_texts),     cmocka_unit_test(made_up),
        cmocka_unit_test(nested_namespace), cmocka_unit_test(myself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
