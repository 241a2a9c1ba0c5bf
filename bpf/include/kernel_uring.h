/* bpf/include/kernel_uring.h - the fields of io_uring that the programs read; as in kernel.h.
 *
 * The operation's own structures lie at the start of the request. */
#pragma once

#include "bpf/include/kernel.h"

#define URING_FLAG_FIXED_FILE 1u     /* REQ_F_FIXED_FILE: the flags of a submission come first */
#define URING_FLAG_QUIET (1u << 6)   /* REQ_F_CQE_SKIP: success is not told to user space */
#define URING_FLAG_UNDONE (1u << 13) /* REQ_F_NEED_CLEANUP: the names are not given back yet */
#define URING_SLOT_ANY 0xffffffffu   /* IORING_FILE_INDEX_ALLOC */
#define URING_SLOT_MASK (~7ul)       /* what is a pointer in a slot of the file table */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Members that we use; the values are those of the user interface. */
enum uring_op {
    URING_OP_SENDMSG = 9,
    URING_OP_RECVMSG = 10,
    URING_OP_ACCEPT = 13,
    URING_OP_CONNECT = 16,
    URING_OP_OPENAT = 18,
    URING_OP_SEND = 26,
    URING_OP_RECV = 27,
    URING_OP_OPENAT2 = 28,
    URING_OP_RENAMEAT = 35,
    URING_OP_UNLINKAT = 36,
    URING_OP_MKDIRAT = 37,
    URING_OP_SYMLINKAT = 38,
    URING_OP_LINKAT = 39,
    URING_OP_SOCKET = 45,
    URING_OP_SEND_ZC = 47,
    URING_OP_SENDMSG_ZC = 48,
    URING_OP_BIND = 56,
    URING_OP_LISTEN = 57,
    URING_OP_COUNT = 64,
};

struct io_cqe {
    __u64 user_data;
    __s32 res;
    int fd; /* until there is a result */
};

struct io_rsrc_node {
    unsigned long file_ptr;
};

struct io_rsrc_data {
    unsigned int nr;
    struct io_rsrc_node **nodes;
};

struct io_file_table {
    struct io_rsrc_data data;
};

struct io_fixed_file {
    unsigned long file_ptr;
};

struct io_file_table___6_12 { /* up to 6.12 */
    struct io_fixed_file *files;
};

struct io_ring_ctx {
    struct io_file_table file_table;
};

struct io_kiocb {
    struct file *file;
    __u8 opcode;
    unsigned int flags; /* the lower half where it has 64 bits */
    struct io_cqe cqe;
    struct io_ring_ctx *ctx;
    void *async_data;
};

struct filename {
    const char *name;
};

struct open_how {
    __u64 flags, mode, resolve;
};

struct io_open {
    int dfd;
    __u32 file_slot;
    struct filename *filename;
    struct open_how how;
};

struct io_rename {
    int old_dfd, new_dfd;
    struct filename *oldpath, *newpath;
    int flags;
};

struct io_unlink {
    int dfd;
    int flags;
    struct filename *filename;
};

struct io_mkdir {
    int dfd;
    umode_t mode;
    struct filename *filename;
};

struct io_link {
    int old_dfd, new_dfd;
    struct filename *oldpath, *newpath;
    int flags;
};

struct io_accept {
    int flags;
    __u32 file_slot;
};

struct io_socket {
    int domain, type, protocol;
    __u32 file_slot;
};

struct io_bind {
    int addr_len;
};

struct io_listen {
    int backlog;
};

struct io_sr_msg {
    int len;
};

struct io_connect {
    void *addr; /* in user memory */
    int addr_len;
};

struct __kernel_sockaddr_storage {
    __u16 ss_family;
};

struct io_async_msghdr { /* of a connect since 6.10 */
    struct __kernel_sockaddr_storage addr;
};

#pragma clang attribute pop
