#include "tests/unit/enrich/tree.h"

#include <assert.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { PATH_BYTES = 1024 };

void tree_make(struct tree *tree)
{
    const char *dir = getenv("TMPDIR");
    int len =
        snprintf(tree->root, sizeof(tree->root), "%s/tiercel-XXXXXX", dir == NULL ? "/tmp" : dir);

    assert(len > 0 && (size_t)len < sizeof(tree->root));
    char *made = mkdtemp(tree->root);
    assert(made != NULL);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    return remove(path);
}

void tree_remove(struct tree *tree)
{
    int rc = nftw(tree->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);

    assert(rc == 0);
}

static void full_path(const struct tree *tree, const char *path, char out[PATH_BYTES])
{
    int len = snprintf(out, PATH_BYTES, "%s/%s", tree->root, path);

    assert(len > 0 && len < PATH_BYTES);
    char *slash = strrchr(out, '/');
    *slash = '\0';
    int rc = file_make_dirs(out, 0755, NULL);
    assert(rc == 0);
    *slash = '/';
}

void tree_file(const struct tree *tree, const char *path, struct sv text)
{
    char full[PATH_BYTES];

    full_path(tree, path, full);
    scoped(fd_close) int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert(fd >= 0);
    int rc = file_write_all(fd, text, NULL);
    assert(rc == 0);
}

void tree_text(const struct tree *tree, const char *path, const char *text)
{
    tree_file(tree, path, sv(text));
}

void tree_link(const struct tree *tree, const char *path, const char *target)
{
    char full[PATH_BYTES];

    full_path(tree, path, full);
    (void)unlink(full);
    int rc = symlink(target, full);
    assert(rc == 0);
}

void tree_dir(const struct tree *tree, const char *path)
{
    char full[PATH_BYTES];

    full_path(tree, path, full);
    int rc = file_make_dirs(full, 0755, NULL);
    assert(rc == 0);
}

void tree_delete(const struct tree *tree, const char *path)
{
    char full[PATH_BYTES];

    full_path(tree, path, full);
    int rc = nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    assert(rc == 0);
}

static void put(const struct tree *tree, uint32_t pid, const char *name, struct sv text)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%u/%s", pid, name);
    tree_file(tree, path, text);
}

static void put_link(const struct tree *tree, uint32_t pid, const char *name, const char *target)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%u/%s", pid, name);
    if (target != NULL)
        tree_link(tree, path, target);
}

void tree_process(const struct tree *tree, const struct tree_process *p)
{
    char text[1024];

    (void)snprintf(text, sizeof(text),
                   "%u (%s) S %u %u %u 34816 %u 4194304 0 0 0 0 1 2 0 0 20 0 3 0 %llu 3133440 408 "
                   "18446744073709551615 1 1 1 0 0 0\n",
                   p->pid, p->name, p->ppid, p->pid, p->pid, p->pid,
                   (unsigned long long)p->start_ticks);
    put(tree, p->pid, "stat", sv(text));
    (void)snprintf(text, sizeof(text),
                   "Name:\t%s\nTgid:\t%u\nPid:\t%u\nPPid:\t%u\nUid:\t%u\t%u\t%u\t%u\n"
                   "Gid:\t%u\t%u\t%u\t%u\nNStgid:\t%u\nNSpid:\t%u\nNSpgid:\t%u\nNSsid:\t%u\n"
                   "CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\n"
                   "CapEff:\t000001ffffffffff\nCapBnd:\t000001ffffffffff\n",
                   p->name, p->pid, p->pid, p->ppid, p->uid, p->uid, p->uid, p->uid, p->uid, p->uid,
                   p->uid, p->uid, p->pid, p->pid, p->pid, p->pid);
    put(tree, p->pid, "status", sv(text));
    put(tree, p->pid, "cmdline", p->cmdline);
    put(tree, p->pid, "loginuid", SV("4294967295\n"));
    put(tree, p->pid, "sessionid", SV("7\n"));
    put(tree, p->pid, "environ", SV("PATH=/bin\0HOME=/root"));
    put(tree, p->pid, "cgroup", sv(p->cgroup == NULL ? "0::/\n" : p->cgroup));
    put_link(tree, p->pid, "exe", p->exe);
    put_link(tree, p->pid, "cwd", p->cwd);
    put_link(tree, p->pid, "ns/pid", "pid:[4026531836]");
    put_link(tree, p->pid, "ns/mnt", "mnt:[4026531841]");
    put_link(tree, p->pid, "ns/net", "net:[4026531840]");
    put_link(tree, p->pid, "ns/ipc", "ipc:[4026531839]");
}
