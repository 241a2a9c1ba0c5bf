#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "tests/unit/test.h"

/* A directory for one test, left and removed by teardown:
 *   secret            "outside"
 *   root/hello        "hello\n"
 *   root/dir/inner    "inner"
 *   root/empty        ""
 *   root/to-hello -> hello, root/to-abs -> /hello, root/to-out -> ../secret,
 *   root/to-out-abs -> <directory>/secret, root/loop -> loop, root/fifo */
struct world {
    char path[64];
    int dir_fd;
    int root_fd;
};

static void put_file(int dir_fd, const char *name, const char *text)
{
    scoped(fd_close) int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(file_write_all(fd, sv(text), NULL), 0);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    char secret[96];

    assert_non_null(w);
    (void)snprintf(w->path, sizeof(w->path), "/tmp/test-file-XXXXXX");
    assert_non_null(mkdtemp(w->path));
    w->dir_fd = open(w->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(w->dir_fd, "root", 0700), 0);
    w->root_fd = openat(w->dir_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(w->root_fd, "dir", 0700), 0);
    put_file(w->dir_fd, "secret", "outside");
    put_file(w->root_fd, "hello", "hello\n");
    put_file(w->root_fd, "dir/inner", "inner");
    put_file(w->root_fd, "empty", "");
    (void)snprintf(secret, sizeof(secret), "%s/secret", w->path);
    assert_int_equal(symlinkat("hello", w->root_fd, "to-hello"), 0);
    assert_int_equal(symlinkat("/hello", w->root_fd, "to-abs"), 0);
    assert_int_equal(symlinkat("../secret", w->root_fd, "to-out"), 0);
    assert_int_equal(symlinkat(secret, w->root_fd, "to-out-abs"), 0);
    assert_int_equal(symlinkat("loop", w->root_fd, "loop"), 0);
    assert_int_equal(mkfifoat(w->root_fd, "fifo", 0600), 0);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {
        "root/hello",  "root/dir/inner", "root/empty",      "root/to-abs", "root/to-hello",
        "root/to-out", "root/loop",      "root/to-out-abs", "root/fifo",   "secret"};
    static const char *const dirs[] = {"made/a/b", "made/a", "made", "root/dir", "root"};
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        (void)unlinkat(w->dir_fd, names[i], 0);
    for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
        (void)unlinkat(w->dir_fd, dirs[i], AT_REMOVEDIR);
    (void)close(w->root_fd);
    (void)close(w->dir_fd);
    int rc = rmdir(w->path);
    free(w);
    return rc;
}

static void read_whole_files(void **state)
{
    static const struct {
        const char *row, *name;
        size_t limit;
        int rc;
        const char *text;
    } rows[] = {
        {"file", "root/hello", 100, 0, "hello\n"},
        {"exactly limit", "root/hello", 6, 0, "hello\n"},
        {"one past limit", "root/hello", 5, -E2BIG, ""},
        {"empty", "root/empty", 0, 0, ""},
        {"follows links", "root/to-out", 100, 0, "outside"},
        {"missing", "root/none", 100, -ENOENT, ""},
        {"directory", "root/dir", 100, -EISDIR, ""},
        {"loop", "root/loop", 100, -ELOOP, ""},
    };
    const struct world *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf out = {0};
        struct err err = {0};
        char path[128];

        test_row(rows[i].row);
        (void)snprintf(path, sizeof(path), "%s/%s", w->path, rows[i].name);
        buf_str(&out, "before:");
        CHECK_INT(file_read(path, rows[i].limit, &out, &err), rows[i].rc);
        CHECK(sv_starts(buf_view(&out), SV("before:")));
        CHECK_SV(sv_sub(buf_view(&out), 7, out.len), sv(rows[i].text));
        if (rows[i].rc < 0)
            CHECK_HAS(err.text, path);
    }
}

static void read_needs_no_more_room_than_the_file(void **state)
{
    const struct world *w = *state;
    scoped(buf_done) struct buf small = {.limit = 6};
    scoped(buf_done) struct buf smaller = {.limit = 5};
    struct err err = {0};
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/root/hello", w->path);
    CHECK_INT(file_read(path, 100, &small, &err), 0);
    CHECK_STR(buf_cstr(&small), "hello\n");
    CHECK_INT(file_read(path, 100, &smaller, &err), -E2BIG);
    CHECK_STR(buf_cstr(&smaller), "");
}

static void read_larger_than_one_chunk(void **state)
{
    const struct world *w = *state;
    scoped(buf_done) struct buf text = {0};
    scoped(buf_done) struct buf out = {0};
    char path[128];

    for (int i = 0; i < 20000; i++)
        buf_printf(&text, "%d\n", i);
    (void)unlinkat(w->root_fd, "empty", 0);
    put_file(w->root_fd, "empty", buf_cstr(&text));
    (void)snprintf(path, sizeof(path), "%s/root/empty", w->path);
    CHECK_INT(file_read(path, text.len, &out, NULL), 0);
    CHECK(sv_eq(buf_view(&out), buf_view(&text)));
    buf_reset(&out);
    CHECK_INT(file_read(path, text.len - 1, &out, NULL), -E2BIG);
    CHECK_INT(out.len, 0);
}

static void read_proc_without_a_size(void **state)
{
    scoped(buf_done) struct buf out = {0};

    CHECK_INT(file_read("/proc/self/status", 1 << 16, &out, NULL), 0);
    CHECK_HAS(buf_cstr(&out), "Name:\ttest_base_file");
}

static void read_in_root_stays_inside(void **state)
{
    static const struct {
        const char *row, *path;
        int rc;
        const char *text;
    } rows[] = {
        {"plain", "hello", 0, "hello\n"},
        {"leading slash", "/hello", 0, "hello\n"},
        {"directory", "dir/inner", 0, "inner"},
        {"dots within", "dir/../hello", 0, "hello\n"},
        {"dots past the root", "../../../hello", 0, "hello\n"},
        {"dots to the outside", "../secret", -ENOENT, ""},
        {"link within", "to-hello", 0, "hello\n"},
        {"absolute link", "to-abs", 0, "hello\n"},
        {"link to the outside", "to-out", -ENOENT, ""},
        {"absolute to the outside", "to-out-abs", -ENOENT, ""},
        {"loop", "loop", -ELOOP, ""},
        {"missing", "none", -ENOENT, ""},
        {"FIFO does not block", "fifo", -EINVAL, ""},
        {"a directory", "dir", -EINVAL, ""},
        {"the root", ".", -EINVAL, ""},
        {"file as a directory", "hello/x", -ENOTDIR, ""},
    };
    const struct world *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf out = {0};
        struct err err = {0};

        test_row(rows[i].row);
        CHECK_INT(file_read_in_root(w->root_fd, rows[i].path, 100, &out, &err), rows[i].rc);
        CHECK_STR(buf_cstr(&out), rows[i].text);
        if (rows[i].rc < 0)
            CHECK_HAS(err.text, rows[i].path);
    }
    scoped(buf_done) struct buf out = {0};
    CHECK_INT(file_read_in_root(w->root_fd, "hello", 5, &out, NULL), -E2BIG);
}

static void read_in_root_refuses_magic_links(void **state)
{
    scoped(fd_close) int proc = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
    scoped(buf_done) struct buf out = {0};

    CHECK(proc >= 0);
    CHECK_INT(file_read_in_root(proc, "exe", 1 << 20, &out, NULL), -ELOOP);
    CHECK_INT(file_read_in_root(proc, "root/etc/passwd", 1 << 20, &out, NULL), -ELOOP);
    CHECK_INT(file_read_in_root(proc, "comm", 100, &out, NULL), 0);
}

static void list_is_sorted_and_filtered(void **state)
{
    static const char *const none[] = {NULL};
    static const char *const two[] = {"lo", "er", NULL};
    const struct world *w = *state;
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct file_list list = {0};
    struct err err = {0};
    char root[128];
    char want[160];

    (void)snprintf(root, sizeof(root), "%s/root", w->path);
    put_file(w->root_fd, "dir/.hidden", "");
    CHECK_INT(file_list(root, NULL, arena, &list, &err), 0);
    CHECK_INT(list.count, 9);
    for (size_t i = 1; i < list.count; i++)
        CHECK(sv_cmp(list.path[i - 1], list.path[i]) < 0);

    CHECK_INT(file_list(root, two, arena, &list, &err), 0);
    CHECK_INT(list.count, 2);
    (void)snprintf(want, sizeof(want), "%s/hello", root);
    CHECK_STR(list.path[0].ptr, want);
    (void)snprintf(want, sizeof(want), "%s/to-hello", root);
    CHECK_STR(list.path[1].ptr, want);

    CHECK_INT(file_list(root, none, arena, &list, &err), 0);
    CHECK_INT(list.count, 0);

    (void)snprintf(root, sizeof(root), "%s/root/dir", w->path);
    CHECK_INT(file_list(root, NULL, arena, &list, &err), 0);
    CHECK_INT(list.count, 1);
    (void)unlinkat(w->root_fd, "dir/.hidden", 0);

    CHECK_INT(file_list("/nowhere-at-all", NULL, arena, &list, &err), -ENOENT);
    CHECK_HAS(err.text, "/nowhere-at-all");
    CHECK_INT(list.count, 1);
}

static void make_dirs_makes_what_lacks(void **state)
{
    static const struct {
        const char *row, *path;
        int rc;
    } rows[] = {
        {"three at once", "made/a/b", 0},
        {"all there", "made/a/b", 0},
        {"trailing slash", "made/a/b/", 0},
        {"double slash", "made//a", 0},
        {"file in the way", "root/hello/x", -ENOTDIR},
        {"file is the last", "root/hello", -ENOTDIR},
    };
    const struct world *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        struct stat st;
        char path[128];

        test_row(rows[i].row);
        (void)snprintf(path, sizeof(path), "%s/%s", w->path, rows[i].path);
        CHECK_INT(file_make_dirs(path, 0700, &err), rows[i].rc);
        if (rows[i].rc == 0)
            CHECK(stat(path, &st) == 0 && S_ISDIR(st.st_mode));
        else
            CHECK_HAS(err.text, "root/hello");
    }
    CHECK_INT(file_make_dirs("/", 0700, NULL), 0);
}

static void write_all_writes_or_says_why(void **state)
{
    struct err err = {0};
    int ends[2];
    char got[16] = {0};

    CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
    CHECK_INT(file_write_all(ends[1], SV("abc"), &err), 0);
    CHECK_INT(file_write_all(ends[1], (struct sv){NULL, 0}, &err), 0);
    CHECK_INT(read(ends[0], got, sizeof(got)), 3);
    CHECK_STR(got, "abc");
    CHECK_INT(file_write_all(ends[0], SV("abc"), &err), -EBADF);
    CHECK_HAS(err.text, "Bad file descriptor");
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* A descriptor that does not block, full, and a reader that takes its time. */
static void write_all_waits_for_room(void **state)
{
    enum { BYTES = 1 << 20 };
    static const char bytes[BYTES];
    char got[4096];
    ssize_t more = 1;
    size_t sum = 0;
    int status = 0;
    int ends[2];

    (void)state;
    CHECK_INT(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    pid_t writer = fork();
    CHECK(writer >= 0);
    if (writer == 0)
        _exit(file_write_all(ends[1], (struct sv){bytes, BYTES}, NULL) == 0 ? 0 : 1);
    (void)close(ends[1]);
    CHECK_INT(fcntl(ends[0], F_SETFL, 0), 0);
    for (; more > 0; sum += (size_t)more)
        more = read(ends[0], got, sizeof(got));
    (void)close(ends[0]);
    CHECK_INT(waitpid(writer, &status, 0), writer);
    CHECK_INT(status, 0);
    CHECK_INT(sum, BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(read_whole_files, setup, teardown),
        cmocka_unit_test_setup_teardown(read_needs_no_more_room_than_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(read_larger_than_one_chunk, setup, teardown),
        cmocka_unit_test(read_proc_without_a_size),
        cmocka_unit_test_setup_teardown(read_in_root_stays_inside, setup, teardown),
        cmocka_unit_test(read_in_root_refuses_magic_links),
        cmocka_unit_test_setup_teardown(list_is_sorted_and_filtered, setup, teardown),
        cmocka_unit_test_setup_teardown(make_dirs_makes_what_lacks, setup, teardown),
        cmocka_unit_test(write_all_writes_or_says_why),
        cmocka_unit_test(write_all_waits_for_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
