#include "base/alloc.h"
#include "enrich/programs.h"
#include "tests/unit/test.h"

#define LIST(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

static void lines(void **state)
{
    static const struct {
        const char *row;
        struct sv args;
        const char *name, *exe, *args_line, *command_line, *exe_line;
        uint32_t count;
        struct sv kept; /* args */
    } rows[] = {
        {"plain", LIST("ls\0-l\0/tmp\0"), "ls", "ls", "-l /tmp", "ls -l /tmp", "ls -l /tmp", 2,
         LIST("-l\0/tmp\0")},
        {"path as argv[0]", LIST("/bin/ls\0-l\0"), "ls", "/bin/ls", "-l", "ls -l", "/bin/ls -l", 1,
         LIST("-l\0")},
        {"another name", LIST("/bin/busybox\0sh\0"), "sh", "/bin/busybox", "sh", "sh sh",
         "/bin/busybox sh", 1, LIST("sh\0")},
        {"login shell", LIST("-bash\0"), "bash", "-bash", "", "bash", "-bash", 0, {NULL, 0}},
        {"no arguments", LIST("sh\0"), "sh", "sh", "", "sh", "sh", 0, {NULL, 0}},
        {"cut off", LIST("cat\0/etc/pas"), "cat", "cat", "/etc/pas", "cat /etc/pas", "cat /etc/pas",
         1, LIST("/etc/pas\0")},
        {"argv[0] cut off", LIST("verylong"), "x", "verylong", "", "x", "verylong", 0, {NULL, 0}},
        {"empty arguments", LIST("a\0\0\0b\0"), "a", "a", "  b", "a   b", "a   b", 3,
         LIST("\0\0b\0")},
        {"only an empty one", LIST("a\0\0"), "a", "a", "", "a ", "a ", 1, LIST("\0")},
        {"empty argv[0]", LIST("\0-x\0"), "p", "", "-x", "p -x", " -x", 1, LIST("-x\0")},
        {"spaces stay", LIST("sh\0-c\0echo  hi\n\0"), "sh", "sh", "-c echo  hi\n",
         "sh -c echo  hi\n", "sh -c echo  hi\n", 2, LIST("-c\0echo  hi\n\0")},
        {"kernel thread",
         {NULL, 0},
         "kworker/0:1",
         "kworker/0:1",
         "",
         "kworker/0:1",
         "kworker/0:1",
         0,
         {NULL, 0}},
        {"nothing at all", {NULL, 0}, "", "", "", "", "", 0, {NULL, 0}},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct change_program program = {.args = rows[i].args};

        test_row(rows[i].row);
        struct program_image *image = program_image_new(&program, sv(rows[i].name));
        CHECK_SV(image->view.exe, sv(rows[i].exe));
        CHECK_SV(image->view.args, rows[i].kept);
        CHECK_SV(image->view.args_line, sv(rows[i].args_line));
        CHECK_SV(image->view.command_line, sv(rows[i].command_line));
        CHECK_SV(image->view.exe_line, sv(rows[i].exe_line));
        CHECK_INT(image->view.arg_count, rows[i].count);
        CHECK(program_image_unref(image));
    }
}

static void texts(void **state)
{
    struct change_program program = {
        .path = SV("/usr/bin/x"),
        .filename = SV("./x"),
        .cwd = SV("/home"),
        .args = SV("x\0"),
        .env = SV("A=1\0B=2"),
        .ino = 5,
        .dev = 6,
        .ctime_wall_ns = 7,
        .mtime_wall_ns = 8,
        .from_memfd = true,
        .upper_layer = true,
        .deleted = true,
        .writable = true,
    };
    struct program_image *image = program_image_new(&program, sv("x"));

    test_row("copied");
    CHECK(image->view.path.ptr != program.path.ptr);
    CHECK_SV(image->view.path, sv("/usr/bin/x"));
    CHECK_SV(image->view.filename, sv("./x"));
    CHECK_SV(image->cwd, sv("/home"));
    CHECK_SV(image->view.env, SV("A=1\0B=2\0"));
    CHECK_INT(image->view.ino, 5);
    CHECK_INT(image->view.dev, 6);
    CHECK_INT(image->view.ctime_wall_ns, 7);
    CHECK_INT(image->view.mtime_wall_ns, 8);
    CHECK(image->view.from_memfd && image->view.upper_layer && image->view.deleted &&
          image->view.writable && !image->view.lower_layer);
    CHECK(image->known);

    test_row("shared");
    CHECK(program_image_ref(image) == image);
    CHECK(!program_image_unref(image));
    CHECK(program_image_unref(image));
}

static void cut(void **state)
{
    size_t big = PROGRAM_ARGS_MAX + 1000;
    scoped(free) char *text = xmalloc(big);

    memset(text, 'a', big);
    text[10] = '\0';
    struct change_program program = {.args = {text, big}, .env = {text, big}, .path = {text, big}};
    struct program_image *image = program_image_new(&program, sv("n"));
    test_row("kept up to the limit, and marked");
    CHECK(image->view.args_cut && image->view.env_cut);
    CHECK_INT(image->view.exe.len + 1 + image->view.args.len, PROGRAM_ARGS_MAX + 1);
    CHECK_INT(image->view.env.len, PROGRAM_ENV_MAX + 1);
    CHECK_INT(image->view.path.len, PROGRAM_PATH_MAX);
    CHECK_INT(image->view.args_line.len, image->view.args.len - 1);
    CHECK(program_image_unref(image));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(texts),
        cmocka_unit_test(cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
