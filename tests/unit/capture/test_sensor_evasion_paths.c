/* Detours to a file: fd.name says where it is, as the process's root sees it. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/capture/watch.h"
#include "tests/unit/test.h"

#define ODD "new\nline \xff\xc3(\x1b[31m"

static struct watch watch;

static const char *const fields[] = {"fd.name",        "fd.filename",     "evt.res", "evt.args",
                                     "fs.path.source", "evt.is_name_cut", NULL};

static int setup(void **state)
{
    watch_clear(&watch);
    return 0;
}

static void below(const char *name, char *path)
{
    sensor_path(&watch.sensor, name, path);
}

static void make_file(const char *name)
{
    char path[PATH_MAX];

    below(name, path);

    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    CHECK(fd >= 0);
    (void)close(fd);
}

static void make_dir(const char *name)
{
    char path[PATH_MAX];

    below(name, path);
    CHECK_INT(mkdir(path, 0755), 0);
}

/* The text of a JSON string that has nothing to escape. */
static void check_text(const char *json, const char *text)
{
    char expected[PATH_MAX + 2];

    CHECK(json != NULL);
    CHECK(snprintf(expected, sizeof(expected), "\"%s\"", text) < (int)sizeof(expected));
    CHECK_STR(json, expected);
}

/* ---- ways to one file ---- */

static int open_here(const char *name)
{
    return open(name, O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 9;
}

static int body_links(void *ctx)
{
    return open_here("hop1/hop2");
}

static int body_proc_root(void *ctx)
{
    char name[PATH_MAX];

    return snprintf(name, sizeof(name), "/proc/self/root%s/secret/file", watch.sensor.dir) <
                   PATH_MAX
               ? open_here(name)
               : 1;
}

static int body_proc_cwd(void *ctx)
{
    return chdir("secret") != 0 ? 1 : open_here("/proc/thread-self/cwd/./file");
}

static int body_proc_fd(void *ctx)
{
    char name[64];
    int fd = open("secret", O_PATH | O_CLOEXEC);

    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d/file", fd);
    return open_here(name);
}

static int body_reopen(void *ctx)
{
    char name[64];
    int fd = open("secret/file", O_PATH | O_CLOEXEC);

    watch_clear(&watch);
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    return open_here(name);
}

static int body_dots(void *ctx)
{
    return open_here("secret/../secret//./x/../file");
}

static int body_dirfd(void *ctx)
{
    int fd = open("secret/x", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 && openat(fd, "../file", O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 9;
}

static int body_moved(void *ctx)
{
    int fd = open("moving", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 && rename("moving", "secret/moved") == 0 &&
                   openat(fd, "../file", O_RDONLY | O_CLOEXEC) >= 0
               ? 0
               : 9;
}

static int body_hard_link(void *ctx)
{
    return link("secret/file", "other-name") == 0 ? open_here("other-name") : 1;
}

/* A mount namespace of its own, so that mounts stay private. */
static int own_mounts(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ? 0
                                                                                               : 1;
}

static int body_bind(void *ctx)
{
    if (own_mounts() != 0 || mount("secret", "mnt", NULL, MS_BIND, NULL) != 0)
        return 1;
    return open_here("mnt/file");
}

static int body_bind_file(void *ctx)
{
    if (own_mounts() != 0 || mount("secret/file", "plain", NULL, MS_BIND, NULL) != 0)
        return 1;
    return open_here("plain");
}

static int body_tmpfs_over(void *ctx)
{
    if (own_mounts() != 0 || mount("none", "mnt", "tmpfs", 0, NULL) != 0 ||
        mkdir("mnt/in", 0755) != 0)
        return 1;
    return open("mnt/in/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600) >= 0 ? 0 : 9;
}

static int body_chroot(void *ctx)
{
    return chroot("secret") == 0 && chdir("/") == 0 ? open_here("../../x/../file") : 1;
}

/* Out of a chroot by a directory that was opened before: named from the root of its mount. */
static int body_out_of_chroot(void *ctx)
{
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char name[PATH_MAX];

    if (snprintf(name, sizeof(name), "%s/secret/file", watch.sensor.dir + 1) >= PATH_MAX ||
        fd < 0 || chroot("mnt") != 0 || chdir("/") != 0)
        return 1;
    return openat(fd, name, O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 9;
}

static const struct {
    const char *row;
    sensor_body_fn body;
    const char *path; /* '@' is the test's directory */
} ways[] = {
    {"symbolic links", body_links, "@/secret/file"},
    {"/proc/self/root", body_proc_root, "@/secret/file"},
    {"/proc/thread-self/cwd", body_proc_cwd, "@/secret/file"},
    {"/proc/self/fd of a directory", body_proc_fd, "@/secret/file"},
    {"reopened by its descriptor", body_reopen, "@/secret/file"},
    {"dots", body_dots, "@/secret/file"},
    {"from a descriptor", body_dirfd, "@/secret/file"},
    {"from a directory that moved", body_moved, "@/secret/file"},
    {"another hard link", body_hard_link, "@/other-name"},
    {"bind mount", body_bind, "@/mnt/file"},
    {"bind mount of the file", body_bind_file, "@/plain"},
    {"tmpfs mounted over", body_tmpfs_over, "@/mnt/in/file"},
    {"chroot", body_chroot, "/file"},
    {"out of a chroot", body_out_of_chroot, "@/secret/file"},
};

static int body_way(void *ctx)
{
    const sensor_body_fn *body = ctx;

    return chdir(watch.sensor.dir) != 0 ? 1 : (*body)(NULL);
}

static const char *last_open_field(const char *field)
{
    const char *last = NULL, *next;

    for (size_t i = 0; (next = watch_field(&watch, "openat", NULL, i, field)) != NULL; i++)
        last = next;
    return last == NULL ? "" : last;
}

static void every_way_leads_to_the_file(void **state)
{
    char path[PATH_MAX];

    make_dir("secret");
    make_dir("secret/x");
    make_dir("mnt");
    make_dir("moving");
    make_file("secret/file");
    make_file("plain");
    below("hop1", path);
    CHECK_INT(symlink("secret", path), 0);
    below("secret/hop2", path);
    CHECK_INT(symlink("../hop1/file", path), 0);
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        sensor_body_fn body = ways[i].body;

        test_row(ways[i].row);
        watch_clear(&watch);
        (void)watch_run(&watch, body_way, &body);
        if (ways[i].path[0] == '@')
            below(ways[i].path + 2, path);
        else
            (void)snprintf(path, sizeof(path), "%s", ways[i].path);
        check_text(last_open_field("fd.name"), path);
        CHECK_STR(last_open_field("evt.res"), "\"SUCCESS\"");
        CHECK_STR(last_open_field("evt.is_name_cut"), "false");
    }
}

/* ---- names that are hard to write ---- */

static int body_odd(void *ctx)
{
    int fd = open(ODD, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    return fd >= 0 && rename(ODD, "plain") == 0 && unlinkat(AT_FDCWD, "plain", 0) == 0 ? 0 : 1;
}

static void odd_bytes(void **state)
{
    sensor_body_fn body = body_odd;

    (void)watch_run(&watch, body_way, &body);

    const char *opened = last_open_field("fd.filename");
    const char *source = watch_field(&watch, "rename", NULL, 0, "fs.path.source");

    if (source == NULL)
        source = "";
    /* No raw control byte, and nothing lost before or behind the odd ones. */
    CHECK(strchr(opened, '\n') == NULL && strchr(opened, '\x1b') == NULL);
    CHECK_HAS(opened, "\"new");
    CHECK_HAS(opened, "[31m\"");
    CHECK(strchr(source, '\n') == NULL);
    CHECK_HAS(source, "[31m\"");
}

/* ---- paths longer than any call takes ---- */

static int body_long(void *ctx)
{
    char name[251];

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (int i = 0; i < 20; i++)
        if ((mkdir(name, 0755) != 0 && errno != EEXIST) || chdir(name) != 0)
            return 1;
    return open("leaf", O_RDWR | O_CREAT | O_CLOEXEC, 0600) >= 0 ? 0 : 2;
}

static void longer_than_a_path(void **state)
{
    sensor_body_fn body = body_long;

    (void)watch_run(&watch, body_way, &body);

    const char *name = last_open_field("fd.name");

    CHECK(strlen(name) > 3000);
    CHECK_HAS(name, "nnn/leaf\"");
    CHECK(strncmp(name, "\"/", 2) != 0);
    CHECK_STR(last_open_field("evt.is_name_cut"), "true");
    CHECK_STR(last_open_field("fd.filename"), "\"leaf\"");
}

/* ---- what fails says where it would have been ---- */

static int body_failed(void *ctx)
{
    int fd = open("secret", O_PATH | O_CLOEXEC);

    if (openat(fd, "none", O_RDONLY | O_CLOEXEC) >= 0 || errno != ENOENT)
        return 1;
    if (unlinkat(fd, "../none", 0) == 0 || renameat(fd, "a", AT_FDCWD, "b") == 0)
        return 2;
    return 0;
}

static void failures_have_their_path(void **state)
{
    char path[PATH_MAX];
    sensor_body_fn body = body_failed;

    (void)watch_run(&watch, body_way, &body);
    below("secret/none", path);
    check_text(last_open_field("fd.name"), path);
    CHECK_STR(last_open_field("evt.res"), "\"ENOENT\"");
    below("none", path);
    CHECK_HAS(watch_field(&watch, "unlinkat", NULL, 0, "evt.args"), path);
    below("secret/a", path);
    CHECK_HAS(watch_field(&watch, "renameat", NULL, 0, "evt.args"), path);
    below("b", path);
    CHECK_HAS(watch_field(&watch, "renameat", NULL, 0, "evt.args"), path);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_way_leads_to_the_file, setup),
        cmocka_unit_test_setup(odd_bytes, setup),
        cmocka_unit_test_setup(longer_than_a_path, setup),
        cmocka_unit_test_setup(failures_have_their_path, setup),
    };

    watch_begin(&watch, argv[argc - 1], fields, 0);

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    watch_end(&watch);
    return failed;
}
