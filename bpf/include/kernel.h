/* bpf/include/kernel.h - the kernel fields that the programs read, and nothing else.
 *
 * Kept by hand instead of a generated vmlinux.h. Every access is relocated against the running
 * kernel's BTF when the object is loaded (CO-RE), so members need neither the kernel's order nor
 * its neighbours; names and types must be right. A suffix ___older marks the shape that a struct
 * had in an older kernel: bpf_core_field_exists() says which one runs. */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define AT_FDCWD (-100)
#define CAP_DAC_OVERRIDE 1
#define EEXIST 17
#define FMODE_CREATED 0x100000u
#define I_CTIME_QUERIED 0x80000000u /* kept in i_ctime_nsec since 6.13 */
#define MNT_READONLY 0x40
#define NAME_MAX 255
#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#define O_CREAT 0100
#define O_TMPFILE 020200000
#define O_TRUNC 01000
#define O_WRONLY 01
#define SB_RDONLY 1
#define SIGNAL_GROUP_EXIT 4
#define S_IFDIR 0040000
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IMMUTABLE 8 /* inode flag */
#define TCP_ESTABLISHED 1
#define TCP_LISTEN 10

typedef __s32 pid_t;
typedef __u16 umode_t;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
    int counter;
} atomic_t;

typedef struct {
    __u32 val;
} kuid_t;

typedef struct {
    __u32 val;
} kgid_t;

/* Eight bytes in every kernel: two words up to 6.2, one number since. Only its place is used. */
typedef struct {
} kernel_cap_t;

/* uid up to fsgid lie in this order without gaps. */
struct cred {
    kuid_t uid;
    kgid_t gid;
    kuid_t suid;
    kgid_t sgid;
    kuid_t euid;
    kgid_t egid;
    kuid_t fsuid;
    kgid_t fsgid;
    kernel_cap_t cap_inheritable;
    kernel_cap_t cap_permitted;
    kernel_cap_t cap_effective;
};

struct qstr {
    __u64 hash_len; /* length in the upper half */
    const unsigned char *name;
};

struct hlist_bl_node {
    struct hlist_bl_node *next, **pprev;
};

struct super_block {
    __u32 s_dev;
    unsigned long s_flags;
    unsigned long s_magic;
};

struct timespec64 {
    __s64 tv_sec;
    long tv_nsec;
};

struct inode {
    umode_t i_mode;
    kuid_t i_uid;
    kgid_t i_gid;
    unsigned int i_flags;
    struct super_block *i_sb;
    unsigned long i_ino;
    __s64 i_mtime_sec, i_ctime_sec;
    __u32 i_mtime_nsec, i_ctime_nsec;
};

struct inode___6_10 { /* 6.7 to 6.10 */
    struct timespec64 __i_mtime, __i_ctime;
};

struct inode___6_6 { /* up to 6.6; i_ctime was renamed in 6.6 already */
    struct timespec64 i_mtime, i_ctime;
};

struct dentry {
    struct hlist_bl_node d_hash;
    struct dentry *d_parent;
    struct qstr d_name;
    struct inode *d_inode;
};

struct vfsmount {
    struct dentry *mnt_root;
    int mnt_flags;
};

struct mount {
    struct mount *mnt_parent;
    struct dentry *mnt_mountpoint;
    struct vfsmount mnt;
};

struct path {
    struct vfsmount *mnt;
    struct dentry *dentry;
};

struct file {
    unsigned int f_mode;
    unsigned int f_flags;
    void *private_data;
    struct inode *f_inode;
    struct path f_path;
};

struct fdtable {
    unsigned int max_fds;
    struct file **fd;
};

struct files_struct {
    struct fdtable *fdt;
};

struct fs_struct {
    struct path root, pwd;
};

struct mm_struct {
    unsigned long arg_start, arg_end, env_start, env_end;
    struct file *exe_file;
};

struct linux_binprm {
    const char *filename;
};

struct ns_common {
    unsigned int inum;
};

struct task_struct;

struct pid_namespace {
    struct task_struct *child_reaper;
    struct ns_common ns;
};

struct upid {
    int nr;
    struct pid_namespace *ns;
};

enum pid_type {
    PIDTYPE_PID,
    PIDTYPE_TGID,
    PIDTYPE_PGID,
    PIDTYPE_SID,
    PIDTYPE_MAX,
};

struct hlist_node {
    struct hlist_node *next;
};

struct hlist_head {
    struct hlist_node *first;
};

struct pid {
    unsigned int level;
    struct hlist_head tasks[PIDTYPE_MAX];
    struct upid numbers[0];
};

struct mnt_namespace {
    struct ns_common ns;
};

struct nsproxy {
    struct mnt_namespace *mnt_ns;
};

struct tty_driver {
    int major, minor_start;
};

struct tty_struct {
    struct tty_driver *driver;
    int index;
};

struct signal_struct {
    atomic_t live;
    int nr_threads;
    int group_exit_code;
    unsigned int flags;
    unsigned int is_child_subreaper : 1;
    unsigned int has_child_subreaper : 1;
    struct pid *pids[PIDTYPE_MAX];
    struct tty_struct *tty;
};

struct kernfs_node {
    struct kernfs_node *__parent;
    const char *name;
    __u64 id;
};

struct kernfs_node___6_14 { /* up to 6.14 */
    struct kernfs_node *parent;
};

struct cgroup_root;

struct cgroup {
    struct kernfs_node *kn;
    struct cgroup_root *root;
};

struct cgroup_subsys_state {
    struct cgroup *cgroup;
};

enum cgroup_subsys_id {
    memory_cgrp_id = 4, /* values of a usual kernel; relocated */
    pids_cgrp_id = 11,
    CGROUP_SUBSYS_COUNT = 12,
};

struct css_set {
    struct cgroup_subsys_state *subsys[CGROUP_SUBSYS_COUNT];
    struct cgroup *dfl_cgrp;
};

struct thread_info {
    __u32 status; /* x86 */
};

struct task_struct {
    struct thread_info thread_info;
    pid_t pid, tgid;
    struct task_struct *real_parent;
    struct task_struct *group_leader;
    struct pid *thread_pid;
    __u64 start_boottime;
    const struct cred *cred;
    char comm[16];
    struct mm_struct *mm;
    struct fs_struct *fs;
    struct files_struct *files;
    struct nsproxy *nsproxy;
    struct signal_struct *signal;
    struct css_set *cgroups;
    kuid_t loginuid;
    unsigned int sessionid;
    int exit_code;
};

struct pt_regs { /* x86-64 */
    unsigned long bp, bx, cx, dx, si, di, r8, r9, r10, orig_ax;
};

struct in6_addr {
    __u8 bytes[16];
};

struct sock_common {
    __u32 skc_daddr, skc_rcv_saddr; /* network order */
    __u16 skc_dport;                /* network order */
    __u16 skc_num;
    unsigned short skc_family;
    unsigned char skc_state;
    struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

struct sock {
    struct sock_common __sk_common;
    __u32 sk_ack_backlog, sk_max_ack_backlog;
    __u16 sk_type;
    __u16 sk_protocol;
};

struct socket {
    struct sock *sk;
};

struct sockaddr_un {
    __u16 sun_family;
    char sun_path[108];
};

struct unix_address {
    int len;
    struct sockaddr_un name[0];
};

struct unix_sock {
    struct unix_address *addr;
    struct sock *peer;
};

struct seq_file;

struct bpf_iter_meta {
    struct seq_file *seq;
};

struct bpf_map;

struct bpf_iter__bpf_map_elem {
    struct bpf_iter_meta *meta;
    struct bpf_map *map;
    void *key, *value;
};

struct bpf_iter__task {
    struct bpf_iter_meta *meta;
    struct task_struct *task;
};

#pragma clang attribute pop
