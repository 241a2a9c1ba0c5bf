#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/capture/sensor.h"
#include "tests/unit/test.h"

#define BAD_POINTER ((const char *)8)
#define ODD "odd \xff\n\"name"
#define NR_FCHMODAT2 452

static struct sensor sensor;

/* The wire's device number of st_dev. */
static uint32_t kernel_dev(dev_t dev)
{
    return (uint32_t)major(dev) << 20 | (uint32_t)minor(dev);
}

/* In a child: 0 when its call ended as it should. */
static int ends_as(const char *row, int result, int expected)
{
    if (result == expected)
        return 0;
    print_error("row '%s': the call gave %d, expected %d\n", row, result, expected);
    return 1;
}

static int setup(void **state)
{
    sensor_clear(&sensor);
    return 0;
}

/* ---- the open family ---- */

enum dir { NOT_A_DIR = 999, DIR_FD, CWD };

struct open_row {
    const char *row;
    enum wire_call call;
    enum dir dir;
    const char *raw;
    int flags;
    mode_t mode;
    int result; /* 0: a descriptor */
    const char *path, *base;
    uint32_t wire_flags;
};

/* A part of a path that is below the test's directory begins with '@'. */
static const struct open_row open_rows[] = {
    {"open", WIRE_CALL_OPEN, CWD, "@/file", O_RDONLY, 0, 0, "@/file", "", 0},
    {"openat", WIRE_CALL_OPENAT, CWD, "@/file", O_RDWR | O_APPEND, 0, 0, "@/file", "", 0},
    {"relative to cwd", WIRE_CALL_OPENAT, CWD, "file", O_RDONLY, 0, 0, "@/file", "", 0},
    {"relative to a descriptor", WIRE_CALL_OPENAT, DIR_FD, "below", O_RDONLY, 0, 0, "@/sub/below",
     "", 0},
    {"dots", WIRE_CALL_OPENAT, DIR_FD, ".././sub//below", O_RDONLY, 0, 0, "@/sub/below", "", 0},
    {"symbolic link", WIRE_CALL_OPEN, CWD, "link", O_RDONLY, 0, 0, "@/sub/below", "", 0},
    {"link itself", WIRE_CALL_OPEN, CWD, "link", O_PATH | O_NOFOLLOW, 0, 0, "@/link", "", 0},
    {"a directory", WIRE_CALL_OPENAT, CWD, "sub/", O_RDONLY | O_RDONLY | O_DIRECTORY, 0, 0, "@/sub",
     "", 0},
    {"the root", WIRE_CALL_OPENAT, CWD, "/", O_RDONLY, 0, 0, "/", "", 0},
    {"another mount", WIRE_CALL_OPENAT, CWD, "/proc/self/../uptime", O_RDONLY, 0, 0, "/proc/uptime",
     "", 0},
    {"odd bytes", WIRE_CALL_OPENAT, CWD, ODD, O_RDONLY, 0, 0, "@/" ODD, "", 0},
    {"created", WIRE_CALL_OPENAT, CWD, "new1", O_WRONLY | O_CREAT | O_EXCL, 0640, 0, "@/new1", "",
     WIRE_FILE_CREATED},
    {"not created", WIRE_CALL_OPENAT, CWD, "new1", O_WRONLY | O_CREAT, 0640, 0, "@/new1", "", 0},
    {"creat", WIRE_CALL_CREAT, CWD, "new2", O_CREAT | O_WRONLY | O_TRUNC, 0600, 0, "@/new2", "",
     WIRE_FILE_CREATED},
    {"openat2", WIRE_CALL_OPENAT2, DIR_FD, "below", O_RDWR, 0, 0, "@/sub/below", "", 0},
    {"openat2 creates", WIRE_CALL_OPENAT2, CWD, "new3", O_RDWR | O_CREAT, 0604, 0, "@/new3", "",
     WIRE_FILE_CREATED},
    {"no such file", WIRE_CALL_OPENAT, CWD, "none", O_RDONLY, 0, -ENOENT, "", "@", 0},
    {"no such file, absolute", WIRE_CALL_OPENAT, DIR_FD, "/none", O_RDONLY, 0, -ENOENT, "", "", 0},
    {"no such file, descriptor", WIRE_CALL_OPENAT, DIR_FD, "none", O_RDONLY, 0, -ENOENT, "",
     "@/sub", 0},
    {"no such descriptor", WIRE_CALL_OPENAT, NOT_A_DIR, "none", O_RDONLY, 0, -EBADF, "", "", 0},
    {"empty name", WIRE_CALL_OPENAT, CWD, "", O_RDONLY, 0, -ENOENT, "", "@", 0},
    {"bad pointer", WIRE_CALL_OPENAT, CWD, BAD_POINTER, O_RDONLY, 0, -EFAULT, "", "@",
     WIRE_TEXT_MISSING},
    {"openat2 too strict", WIRE_CALL_OPENAT2, CWD, "file", O_RDONLY | O_CREAT, 07777777, -EINVAL,
     "", "@", 0},
};

static const char *expand(const char *text, char *out)
{
    if (text == BAD_POINTER)
        return text;
    if (text[0] == '@')
        CHECK(snprintf(out, PATH_MAX, "%s%s", sensor.dir, text + 1) < PATH_MAX);
    else
        CHECK(snprintf(out, PATH_MAX, "%s", text) < PATH_MAX);
    return out;
}

static long call_open(const struct open_row *row, int dirfd)
{
    struct open_how how = {.flags = (uint64_t)row->flags, .mode = row->mode};
    char buffer[PATH_MAX];
    const char *path = expand(row->raw, buffer);

    switch (row->call) {
    case WIRE_CALL_OPEN:
        return syscall(SYS_open, path, row->flags, row->mode);
    case WIRE_CALL_CREAT:
        return syscall(SYS_creat, path, row->mode);
    case WIRE_CALL_OPENAT2:
        return syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
    default:
        return syscall(SYS_openat, dirfd, path, row->flags, row->mode);
    }
}

static int dirfd_of(enum dir dir)
{
    switch (dir) {
    case CWD:
        return AT_FDCWD;
    case DIR_FD:
        return DIR_FD;
    default:
        return NOT_A_DIR;
    }
}

static int body_open(void *ctx)
{
    const struct open_row *row = ctx;

    if (chdir(sensor.dir) != 0 || dup2(open("sub", O_PATH | O_DIRECTORY), DIR_FD) != DIR_FD)
        return 1;

    long result = call_open(row, dirfd_of(row->dir));

    return ends_as(row->row, result == -1 ? -errno : 0, row->result);
}

static const struct wire_open *last_open(uint32_t pid)
{
    const struct wire_header *last = NULL;

    for (size_t i = 0;; i++) {
        const struct wire_header *next = sensor_find(&sensor, WIRE_OPEN, pid, i);

        if (next == NULL)
            break;
        last = next;
    }
    CHECK(last != NULL);
    return (const struct wire_open *)last;
}

static void check_open(const struct open_row *row, const struct wire_open *open)
{
    char path[PATH_MAX], raw[PATH_MAX], base[PATH_MAX];
    const char *at = open->data;
    struct stat st;

    (void)expand(row->path, path);
    (void)expand(row->base, base);
    CHECK_SV(sensor_text(&at, open->path_len), sv(path));
    CHECK_SV(sensor_text(&at, open->raw_len),
             row->raw == BAD_POINTER ? SV("") : sv(expand(row->raw, raw)));
    CHECK_SV(sensor_text(&at, open->base_len), sv(base));
    CHECK_INT(open->call, row->call);
    CHECK_INT(open->dirfd, row->call == WIRE_CALL_OPEN || row->call == WIRE_CALL_CREAT
                               ? AT_FDCWD
                               : dirfd_of(row->dir));
    CHECK_INT(open->flags, row->flags);
    CHECK_INT(open->mode, row->mode);
    CHECK_INT(open->hdr.flags & ~(uint32_t)(WIRE_FILE_UPPER | WIRE_FILE_LOWER), row->wire_flags);
    if (row->result < 0) {
        CHECK_INT(open->result, row->result);
        CHECK_INT(open->file_mode, 0);
        CHECK_INT(open->ino, 0);
        return;
    }
    CHECK(open->result >= 0);
    CHECK_INT(lstat(path, &st), 0);
    CHECK_INT(open->ino, st.st_ino);
    CHECK_INT(open->file_mode, st.st_mode);
    CHECK_INT(open->dev, kernel_dev(st.st_dev));
    CHECK_INT(open->file_flags & O_ACCMODE, row->flags & O_PATH ? 0 : row->flags & O_ACCMODE);
}

static void make_file(const char *name)
{
    char path[PATH_MAX];
    int fd;

    sensor_path(&sensor, name, path);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    CHECK(fd >= 0);
    (void)close(fd);
}

static void opens(void **state)
{
    char path[PATH_MAX];

    sensor_path(&sensor, "sub", path);
    CHECK_INT(mkdir(path, 0755), 0);
    make_file("file");
    make_file("sub/below");
    make_file(ODD);
    sensor_path(&sensor, "link", path);
    CHECK_INT(symlink("sub/below", path), 0);
    for (size_t i = 0; i < ARRAY_LEN(open_rows); i++) {
        struct open_row row = open_rows[i];

        test_row(row.row);
        sensor_clear(&sensor);
        check_open(&row, last_open((uint32_t)sensor_run(&sensor, body_open, &row)));
    }
}

/* What a body opens last, described by itself. */
struct expected_open {
    char path[PATH_MAX];
    bool cut;
};

static int enter_deep(const char *name, int levels)
{
    for (int i = 0; i < levels; i++)
        if ((mkdir(name, 0755) != 0 && errno != EEXIST) || chdir(name) != 0)
            return 1;
    return open("leaf", O_RDWR | O_CREAT | O_CLOEXEC, 0600) >= 0 ? 0 : 2;
}

static int body_deep_parts(void *ctx)
{
    return chdir(sensor.dir) != 0 ? 1 : enter_deep("d", 400);
}

static int body_deep_bytes(void *ctx)
{
    char name[251];

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    return chdir(sensor.dir) != 0 ? 1 : enter_deep(name, 30);
}

static int body_deep_enough(void *ctx)
{
    return chdir(sensor.dir) != 0 ? 1 : enter_deep("e", 200);
}

static void deep_paths(void **state)
{
    static const struct {
        const char *row;
        sensor_body_fn body;
        bool cut;
        const char *end;
    } rows[] = {
        {"200 parts", body_deep_enough, false, "/e/e/leaf"},
        {"400 parts", body_deep_parts, true, "/d/d/leaf"},
        {"7500 bytes", body_deep_bytes, true, "nnn/leaf"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        sensor_clear(&sensor);

        const struct wire_open *open = last_open((uint32_t)sensor_run(&sensor, rows[i].body, NULL));
        struct sv path = {open->data, open->path_len};

        CHECK_INT((open->hdr.flags & WIRE_PATH_CUT) != 0, rows[i].cut);
        CHECK_INT(path.ptr[0] != '/', rows[i].cut);
        CHECK(sv_ends(path, sv(rows[i].end)));
        CHECK(path.len > 400 && path.len <= WIRE_PATH_MAX);
        CHECK(rows[i].cut || sv_starts(path, sv(sensor.dir)));
    }
}

static int body_chroot(void *ctx)
{
    if (chroot(sensor.dir) != 0 || chdir("/") != 0)
        return 1;
    return open("sub/below", O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 2;
}

static void path_as_the_process_sees_it(void **state)
{
    const struct wire_open *open = last_open((uint32_t)sensor_run(&sensor, body_chroot, NULL));

    CHECK_SV(((struct sv){open->data, open->path_len}), SV("/sub/below"));
}

static int body_bind_mount(void *ctx)
{
    char path[PATH_MAX], file[PATH_MAX];

    sensor_path(&sensor, "bound", path);
    sensor_path(&sensor, "sub", file);
    if (mkdir(path, 0755) != 0 || unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(file, path, NULL, MS_BIND, NULL) != 0)
        return 1;
    sensor_path(&sensor, "bound/below", path);
    return open(path, O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 2;
}

static void path_over_mounts(void **state)
{
    char path[PATH_MAX];
    const struct wire_open *open = last_open((uint32_t)sensor_run(&sensor, body_bind_mount, NULL));

    sensor_path(&sensor, "bound/below", path);
    CHECK_SV(((struct sv){open->data, open->path_len}), sv(path));
}

static int body_pipe(void *ctx)
{
    char path[64];
    int ends[2];

    if (pipe(ends) != 0)
        return 1;
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
    return open(path, O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 2;
}

static void files_without_a_place(void **state)
{
    char name[64];
    const struct wire_open *open = last_open((uint32_t)sensor_run(&sensor, body_pipe, NULL));

    (void)snprintf(name, sizeof(name), "pipe:[%llu]", (unsigned long long)open->ino);
    CHECK_SV(((struct sv){open->data, open->path_len}), sv(name));
}

static int body_closes_at_once(void *ctx)
{
    int fd = open(ctx, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    return fd >= 0 || errno == EOPNOTSUPP ? 0 : 1;
}

static void unnamed_file(void **state)
{
    const struct wire_open *open =
        last_open((uint32_t)sensor_run(&sensor, body_closes_at_once, sensor.dir));

    if (open->result == -EOPNOTSUPP)
        return;

    struct sv path = {open->data, open->path_len};

    CHECK(sv_starts(path, sv(sensor.dir)));
    CHECK(sv_find(path, SV("/#"), 0) != SIZE_MAX);
}

/* ---- calls that change names and modes ---- */

struct path_row {
    const char *row;
    enum wire_call call;
    enum dir dir;
    const char *name;
    enum dir new_dir;
    const char *new_name; /* NULL: none */
    uint32_t flags;
    mode_t mode;
    int result;
    const char *base, *new_base;
};

static const struct path_row path_rows[] = {
    {"no such descriptor", WIRE_CALL_UNLINKAT, NOT_A_DIR, "x", CWD, NULL, 0, 0, -EBADF, "", ""},
    {"chmod", WIRE_CALL_CHMOD, CWD, "file", CWD, NULL, 0, 04755, 0, "@", ""},
    {"fchmodat", WIRE_CALL_FCHMODAT, DIR_FD, "below", CWD, NULL, 0, 0600, 0, "@/sub", ""},
    {"fchmodat absolute", WIRE_CALL_FCHMODAT, DIR_FD, "@/file", CWD, NULL, 0, 0600, 0, "", ""},
    {"fchmod", WIRE_CALL_FCHMOD, DIR_FD, "", CWD, NULL, 0, 0711, 0, "@/sub", ""},
    {"rename", WIRE_CALL_RENAME, CWD, "file", CWD, "@/moved", 0, 0, 0, "@", ""},
    {"renameat", WIRE_CALL_RENAMEAT, CWD, "moved", DIR_FD, "m2", 0, 0, 0, "@", "@/sub"},
    {"renameat2", WIRE_CALL_RENAMEAT2, DIR_FD, "m2", CWD, "file", RENAME_NOREPLACE, 0, 0, "@/sub",
     "@"},
    {"rename fails", WIRE_CALL_RENAME, CWD, "none", CWD, "n2", 0, 0, -ENOENT, "@", "@"},
    {"unlink", WIRE_CALL_UNLINK, CWD, "file", CWD, NULL, 0, 0, 0, "@", ""},
    {"unlink fails", WIRE_CALL_UNLINK, CWD, "file", CWD, NULL, 0, 0, -ENOENT, "@", ""},
    {"unlinkat", WIRE_CALL_UNLINKAT, DIR_FD, "below", CWD, NULL, 0, 0, 0, "@/sub", ""},
    {"unlinkat of a directory", WIRE_CALL_UNLINKAT, CWD, "@/sub", CWD, NULL, AT_REMOVEDIR, 0, 0, "",
     ""},
};

static long call_path(const struct path_row *row)
{
    char buffer[PATH_MAX], new_buffer[PATH_MAX];
    const char *name = expand(row->name, buffer);
    const char *new_name = row->new_name == NULL ? NULL : expand(row->new_name, new_buffer);
    int dirfd = dirfd_of(row->dir), new_dirfd = dirfd_of(row->new_dir);

    switch (row->call) {
    case WIRE_CALL_CHMOD:
        return syscall(SYS_chmod, name, row->mode);
    case WIRE_CALL_FCHMOD:
        return syscall(SYS_fchmod, dirfd, row->mode);
    case WIRE_CALL_FCHMODAT:
        return syscall(SYS_fchmodat, dirfd, name, row->mode);
    case WIRE_CALL_RENAME:
        return syscall(SYS_rename, name, new_name);
    case WIRE_CALL_RENAMEAT:
        return syscall(SYS_renameat, dirfd, name, new_dirfd, new_name);
    case WIRE_CALL_RENAMEAT2:
        return syscall(SYS_renameat2, dirfd, name, new_dirfd, new_name, row->flags);
    case WIRE_CALL_UNLINK:
        return syscall(SYS_unlink, name);
    default:
        return syscall(SYS_unlinkat, dirfd, name, row->flags);
    }
}

static int body_path(void *ctx)
{
    const struct path_row *row = ctx;

    if (chdir(sensor.dir) != 0 || dup2(open("sub", O_RDONLY | O_DIRECTORY), DIR_FD) != DIR_FD)
        return 1;

    long result = call_path(row);

    return ends_as(row->row, result == -1 ? -errno : 0, row->result);
}

/* Where the row's numbers are among the arguments. */
static void check_path_numbers(const struct path_row *row, const struct wire_call_record *call)
{
    switch (row->call) {
    case WIRE_CALL_CHMOD:
    case WIRE_CALL_FCHMOD:
        CHECK_INT(call->arg[1], row->mode);
        break;
    case WIRE_CALL_FCHMODAT:
        CHECK_INT(call->arg[2], row->mode);
        break;
    case WIRE_CALL_RENAMEAT2:
        CHECK_INT(call->arg[4], row->flags);
        break;
    case WIRE_CALL_UNLINKAT:
        CHECK_INT(call->arg[2], row->flags);
        break;
    default:
        break;
    }
}

static void changes_of_names_and_modes(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(path_rows); i++) {
        struct path_row row = path_rows[i];
        char buffer[PATH_MAX];

        test_row(row.row);
        sensor_clear(&sensor);

        uint32_t pid = (uint32_t)sensor_run(&sensor, body_path, &row);
        const struct wire_call_record *call = sensor_call(&sensor, row.call, pid, 0);

        CHECK(call != NULL);
        CHECK_INT(call->result, row.result);
        check_path_numbers(&row, call);
        CHECK_SV(sensor_part(call, WIRE_PART_NAME), sv(expand(row.name, buffer)));
        CHECK_SV(sensor_part(call, WIRE_PART_NEW_NAME),
                 row.new_name == NULL ? SV("") : sv(expand(row.new_name, buffer)));
        CHECK_SV(sensor_part(call, row.call == WIRE_CALL_FCHMOD ? WIRE_PART_FD : WIRE_PART_BASE),
                 sv(expand(row.base, buffer)));
        CHECK_SV(sensor_part(call, WIRE_PART_NEW_BASE), sv(expand(row.new_base, buffer)));
        CHECK_INT(call->hdr.flags & ~(uint32_t)(WIRE_FILE_UPPER | WIRE_FILE_LOWER), 0);
    }
}

static int body_fchmodat2(void *ctx)
{
    if (chdir(sensor.dir) != 0)
        return 1;
    if (syscall(NR_FCHMODAT2, AT_FDCWD, "f2", 0640, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    return errno == ENOSYS ? 77 : 2;
}

static void fchmodat2_where_it_exists(void **state)
{
    int status;

    make_file("f2");

    pid_t pid = sensor_start(&sensor, NULL, body_fchmodat2, NULL);

    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK(status == 0 || status == 77 << 8);
    sensor_drain(&sensor);

    const struct wire_call_record *call =
        sensor_call(&sensor, WIRE_CALL_FCHMODAT2, (uint32_t)pid, 0);

    CHECK(call != NULL); /* a failed call is a record as well */
    CHECK_INT(call->arg[2], 0640);
    CHECK_INT(call->arg[3], AT_SYMLINK_NOFOLLOW);
    CHECK_INT(call->result, status == 0 ? 0 : -ENOSYS);
}

#ifdef __x86_64__
/* A call through the 32-bit entry; pointers must lie below 4 GiB. */
static long call32(long number, long a, long b, long c, long d)
{
    long result;

    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d)
                     : "memory", "r8", "r9", "r10", "r11");
    return result;
}

static int body_compat(void *ctx)
{
    char *low =
        mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

    if (low == MAP_FAILED || chdir(sensor.dir) != 0)
        return 1;
    (void)snprintf(low, 4096, "compat");
    (void)snprintf(low + 4096, 4096, "compat2");

    long fd = call32(5, (long)low, O_RDWR | O_CREAT, 0604, 0);

    if (fd == -ENOSYS)
        return 77;
    if (fd < 0 || call32(38, (long)low, (long)low + 4096, 0, 0) != 0)
        return 2;
    return call32(301, AT_FDCWD, (long)low, 0, 0) == -ENOENT ? 0 : 3;
}

static void calls_through_the_32_bit_entry(void **state)
{
    char name[PATH_MAX];
    int status;
    pid_t pid = sensor_start(&sensor, NULL, body_compat, NULL);

    CHECK_INT(waitpid(pid, &status, 0), pid);
    if (status == 77 << 8) {
        print_message("no 32-bit calls here\n");
        return;
    }
    CHECK_INT(status, 0);
    sensor_drain(&sensor);

    const struct wire_open *open = last_open((uint32_t)pid);
    const struct wire_call_record *renamed =
        sensor_call(&sensor, WIRE_CALL_RENAME, (uint32_t)pid, 0);
    const struct wire_call_record *unlinked =
        sensor_call(&sensor, WIRE_CALL_UNLINKAT, (uint32_t)pid, 0);

    CHECK(renamed != NULL && unlinked != NULL);
    sensor_path(&sensor, "compat", name);
    CHECK_INT(open->call, WIRE_CALL_OPEN);
    CHECK_INT(open->hdr.flags, WIRE_COMPAT | WIRE_FILE_CREATED);
    CHECK_INT(open->flags, O_RDWR | O_CREAT);
    CHECK_INT(open->mode, 0604);
    CHECK_SV(((struct sv){open->data, open->path_len}), sv(name));
    CHECK_INT(renamed->hdr.flags, WIRE_COMPAT);
    CHECK_SV(sensor_part(renamed, WIRE_PART_NAME), SV("compat"));
    CHECK_INT(unlinked->result, -ENOENT);
    CHECK_INT((int32_t)unlinked->arg[0], AT_FDCWD);
}
#else
static void calls_through_the_32_bit_entry(void **state)
{
    print_message("no such entry on this machine\n");
}
#endif

static int body_set_calls(void *ctx)
{
    (void)open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)unlink("/no/such/file");
    return 0;
}

static void only_wanted_calls_are_sent(void **state)
{
    struct wire_calls calls = sensor_one_call(WIRE_CALL_UNLINK);
    uint32_t pid;

    CHECK_INT(kernel_ring_set_calls(sensor.ring, &calls, NULL), 0);
    pid = (uint32_t)sensor_run(&sensor, body_set_calls, NULL);
    CHECK(sensor_find(&sensor, WIRE_OPEN, pid, 0) == NULL);
    CHECK(sensor_call(&sensor, WIRE_CALL_UNLINK, pid, 0) != NULL);
    sensor_clear(&sensor);
    calls = sensor_one_call(WIRE_CALL_OPENAT);
    CHECK_INT(kernel_ring_set_calls(sensor.ring, &calls, NULL), 0);
    pid = (uint32_t)sensor_run(&sensor, body_set_calls, NULL);
    CHECK(sensor_find(&sensor, WIRE_OPEN, pid, 0) != NULL);
    CHECK(sensor_find(&sensor, WIRE_CALL, pid, 0) == NULL);
    calls = wire_calls_all();
    CHECK_INT(kernel_ring_set_calls(sensor.ring, &calls, NULL), 0);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(opens, setup),
        cmocka_unit_test_setup(deep_paths, setup),
        cmocka_unit_test_setup(path_as_the_process_sees_it, setup),
        cmocka_unit_test_setup(path_over_mounts, setup),
        cmocka_unit_test_setup(files_without_a_place, setup),
        cmocka_unit_test_setup(unnamed_file, setup),
        cmocka_unit_test_setup(changes_of_names_and_modes, setup),
        cmocka_unit_test_setup(fchmodat2_where_it_exists, setup),
        cmocka_unit_test_setup(calls_through_the_32_bit_entry, setup),
        cmocka_unit_test_setup(only_wanted_calls_are_sent, setup),
    };

    sensor_begin(&sensor, argv[argc - 1], NULL);

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    sensor_end(&sensor);
    return failed;
}
