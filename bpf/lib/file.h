/* bpf/lib/file.h - open files: from the descriptor, and what kind they are. */
#pragma once

#include "bpf/lib/path.h"

/* The file that the current task's descriptor `fd` names now, or NULL. */
static __always_inline struct file *file_of(__s32 fd)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct fdtable *table = BPF_CORE_READ(task, files, fdt);
    struct file *file = NULL;

    if (fd < 0 || (__u32)fd >= BPF_CORE_READ(table, max_fds))
        return NULL;
    bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + fd);
    return file;
}

/* Which layer of an overlay holds the file: `upper`, `lower`, or 0 when it is no overlay. The
 * upper dentry lies right behind the inode in struct ovl_inode, in every kernel and also where the
 * module's own types are not in the kernel's BTF. */
static __always_inline __u32 file_layer(const struct inode *inode, __u32 upper, __u32 lower)
{
    struct dentry *above = NULL;

    if (BPF_CORE_READ(inode, i_sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
        return 0;
    bpf_probe_read_kernel(&above, sizeof(above),
                          (const char *)inode + bpf_core_type_size(struct inode));
    return above ? upper : lower;
}

static __always_inline bool file_is_memfd(const struct file *file)
{
    struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
    struct dentry_link link = {0};
    char start[sizeof(MEMFD_PREFIX)] = {0};

    if (!dentry_is_pseudo(dentry, BPF_CORE_READ(file, f_path.mnt, mnt_root), &link))
        return false;
    bpf_probe_read_kernel(start, sizeof(MEMFD_PREFIX) - 1, link.name.name);
    for (unsigned int i = 0; i < sizeof(MEMFD_PREFIX) - 1; i++)
        if (start[i] != MEMFD_PREFIX[i])
            return false;
    return true;
}

static __always_inline __u64 capabilities(const kernel_cap_t *set)
{
    __u64 bits = 0;

    bpf_probe_read_kernel(&bits, sizeof(bits), set);
    return bits;
}

/* Whether the process's ids let it write the file; ACLs and idmapped mounts are not looked at. */
static __always_inline bool file_is_writable(const struct file *file, const struct inode *inode)
{
    struct task_struct *task = bpf_get_current_task_btf();
    const struct cred *cred = task->cred;
    umode_t mode = BPF_CORE_READ(inode, i_mode);

    if (BPF_CORE_READ(inode, i_sb, s_flags) & SB_RDONLY)
        return false;
    if (BPF_CORE_READ(inode, i_flags) & S_IMMUTABLE)
        return false;
    if (BPF_CORE_READ(file, f_path.mnt, mnt_flags) & MNT_READONLY)
        return false;
    if (capabilities(&cred->cap_effective) & 1ull << CAP_DAC_OVERRIDE)
        return true;
    if (cred->fsuid.val == BPF_CORE_READ(inode, i_uid.val))
        return mode & 0200;
    if (cred->fsgid.val == BPF_CORE_READ(inode, i_gid.val))
        return mode & 0020;
    return mode & 0002;
}

static __always_inline __u64 time_of(const struct timespec64 *time)
{
    return time->tv_sec * 1000000000ull + time->tv_nsec;
}

static __always_inline __u64 inode_mtime_ns(const struct inode *inode)
{
    const struct inode___6_10 *middle = (const void *)inode;
    const struct inode___6_6 *old = (const void *)inode;
    struct timespec64 time = {0};

    if (bpf_core_field_exists(inode->i_mtime_sec))
        return BPF_CORE_READ(inode, i_mtime_sec) * 1000000000ull +
               BPF_CORE_READ(inode, i_mtime_nsec);
    if (bpf_core_field_exists(middle->__i_mtime))
        bpf_core_read(&time, sizeof(time), &middle->__i_mtime);
    else
        bpf_core_read(&time, sizeof(time), &old->i_mtime);
    return time_of(&time);
}

static __always_inline __u64 inode_ctime_ns(const struct inode *inode)
{
    const struct inode___6_10 *middle = (const void *)inode;
    const struct inode___6_6 *old = (const void *)inode;
    struct timespec64 time = {0};

    if (bpf_core_field_exists(inode->i_ctime_sec))
        return BPF_CORE_READ(inode, i_ctime_sec) * 1000000000ull +
               (BPF_CORE_READ(inode, i_ctime_nsec) & ~I_CTIME_QUERIED);
    if (bpf_core_field_exists(middle->__i_ctime))
        bpf_core_read(&time, sizeof(time), &middle->__i_ctime);
    else
        bpf_core_read(&time, sizeof(time), &old->i_ctime);
    return time_of(&time);
}
