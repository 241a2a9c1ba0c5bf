/* bpf/lib/path.h - where a file is, as its process sees it, from the kernel's own objects.
 *
 * Up from the dentry over mounts to the process's root, noting the names on the way, then down the
 * notes into the record. What the kernel calls d_path() is not open to tracing programs. Nothing
 * that user memory holds takes part, so nobody can rewrite the answer. A rename during the walk can
 * mix old and new names, as it can for readers of /proc.
 *
 * A path that is too long keeps its end, begins without '/' and is marked WIRE_PATH_CUT. A file
 * outside the process's root is named from the root of its mount tree. */
#pragma once

#include "bpf/lib/emit.h"

#define PATH_ROUNDS_MAX (PATH_PARTS_MAX + 64) /* names, and mounts crossed */
#define MEMFD_PREFIX "memfd:"

struct path_context {
    struct scratch *scratch;
};

/* d_parent and d_name of one dentry; one read where the kernel keeps them together, as all do. */
struct dentry_link {
    struct dentry *parent;
    struct qstr name;
};

static __always_inline void dentry_read(const struct dentry *dentry, struct dentry_link *out)
{
    if (bpf_core_field_offset(dentry->d_name) ==
        bpf_core_field_offset(dentry->d_parent) + sizeof(void *)) {
        bpf_probe_read_kernel(out, sizeof(*out), &dentry->d_parent);
        return;
    }
    out->parent = BPF_CORE_READ(dentry, d_parent);
    bpf_core_read(&out->name, sizeof(out->name), &dentry->d_name);
}

static __always_inline struct mount *mount_of(const struct vfsmount *mnt)
{
    return (struct mount *)((char *)mnt - bpf_core_field_offset(struct mount, mnt));
}

static long path_up(__u32 round, struct path_context *ctx)
{
    struct path_walk *walk = &ctx->scratch->walk;
    struct dentry *dentry = walk->dentry;
    struct mount *mount = walk->mount;

    if (dentry == walk->root && mount == walk->root_mount)
        return 1;
    if (dentry == walk->mount_root) {
        struct mount *above = BPF_CORE_READ(mount, mnt_parent);

        if (above == mount)
            return 1;
        walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
        walk->mount = above;
        walk->mount_root = BPF_CORE_READ(above, mnt.mnt_root);
        return 0;
    }

    struct dentry_link link = {0};

    dentry_read(dentry, &link);
    if (link.parent == dentry)
        return 1;

    __u64 len = link.name.hash_len >> 32;
    __u32 parts = walk->parts;

    if (len > NAME_MAX)
        len = NAME_MAX;
    if (parts >= PATH_PARTS_MAX || walk->bytes + len + 1 > WIRE_PATH_MAX) {
        walk->flags |= WIRE_PATH_CUT;
        return 1;
    }
    ctx->scratch->part[parts].name = link.name.name;
    ctx->scratch->part[parts].len = len;
    walk->parts = parts + 1;
    walk->bytes += len + 1;
    walk->dentry = link.parent;
    return 0;
}

static long path_down(__u32 round, struct path_context *ctx)
{
    struct scratch *scratch = ctx->scratch;
    struct path_walk *walk = &scratch->walk;
    __u32 part = walk->parts - 1;
    __u32 at = walk->at;

    if (part >= PATH_PARTS_MAX || at >= SCRATCH_RECORD - NAME_MAX - 1)
        return 1;

    __u64 len = scratch->part[part].len;

    if (len > NAME_MAX)
        return 1;
    if (!(round == 0 && walk->flags & WIRE_PATH_CUT))
        scratch->record[at++] = '/';
    bpf_probe_read_kernel(scratch->record + at, len, scratch->part[part].name);
    walk->at = at + len;
    walk->parts = part;
    return 0;
}

/* A file that hangs in no tree: a memfd ("/memfd:NAME"), or a pipe reopened through /proc. */
static __always_inline __u32 path_of_pseudo(struct scratch *scratch, __u32 at,
                                            const struct dentry *dentry, __u64 hash_len,
                                            const unsigned char *name)
{
    __u64 len = hash_len >> 32;

    opaque(at);
    if (at > SCRATCH_RECORD - NAME_MAX - 2)
        return 0;
    if (len == 0) {
        long written = BPF_SNPRINTF(scratch->record + at, 32, "pipe:[%lu]",
                                    BPF_CORE_READ(dentry, d_inode, i_ino));

        return written > 1 && written <= 32 ? written - 1 : 0;
    }
    if (len > NAME_MAX)
        len = NAME_MAX;
    scratch->record[at] = '/';
    bpf_probe_read_kernel(scratch->record + at + 1, len, name);
    return len + 1;
}

static __always_inline bool dentry_is_pseudo(const struct dentry *dentry, const struct dentry *root,
                                             struct dentry_link *link)
{
    dentry_read(dentry, link);
    return link->parent == dentry && dentry != root;
}

/* Append the path of (mnt, dentry) as the current task sees it; returns its bytes. */
static __noinline __u32 put_path(struct scratch *scratch, __u32 at, struct vfsmount *mnt,
                                 struct dentry *dentry, __u32 *flags)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct path_walk *walk = &scratch->walk;
    struct path_context ctx = {scratch};
    struct fs_struct *fs = BPF_CORE_READ(task, fs);
    struct dentry_link link = {0};

    opaque(at);
    if (!mnt || !dentry || at > SCRATCH_RECORD - WIRE_PATH_MAX)
        return 0;
    walk->dentry = dentry;
    walk->mount = mount_of(mnt);
    walk->mount_root = BPF_CORE_READ(mnt, mnt_root);
    walk->root = BPF_CORE_READ(fs, root.dentry);
    walk->root_mount = mount_of(BPF_CORE_READ(fs, root.mnt));
    walk->parts = 0;
    walk->bytes = 0;
    walk->flags = 0;
    walk->at = at;
    if (dentry_is_pseudo(dentry, walk->mount_root, &link))
        return path_of_pseudo(scratch, at, dentry, link.name.hash_len, link.name.name);

    bpf_loop(PATH_ROUNDS_MAX, path_up, &ctx, 0);

    __u32 parts = walk->parts;

    if (parts == 0) {
        scratch->record[at] = '/';
        return 1;
    }
    bpf_loop(parts, path_down, &ctx, 0);
    *flags |= walk->flags;

    __u32 len = walk->at - at;

    return len > WIRE_PATH_MAX ? 0 : len;
}

static __always_inline __u32 put_path_of_file(struct scratch *scratch, __u32 at,
                                              const struct file *file, __u32 *flags)
{
    struct path path = {0};

    if (!file)
        return 0;
    bpf_core_read(&path, sizeof(path), &file->f_path);
    return put_path(scratch, at, path.mnt, path.dentry, flags);
}

/* Read like any other path, so that the verifier need not tell the two apart. */
static __always_inline struct path cwd_path(void)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct fs_struct *fs = BPF_CORE_READ(task, fs);
    struct path path = {0};

    bpf_core_read(&path, sizeof(path), &fs->pwd);
    return path;
}

static __always_inline __u32 put_cwd(struct scratch *scratch, __u32 at, __u32 *flags)
{
    struct path path = cwd_path();

    return put_path(scratch, at, path.mnt, path.dentry, flags);
}
