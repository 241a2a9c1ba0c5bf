/* bpf/include/uring.h - a request of io_uring from its submission to its end.
 *
 * Included by the BPF programs and by user space, which looks at the table of requests for those
 * whose end no program sees. Addresses are the kernel's and mean nothing to user space. */
#pragma once

#include "bpf/include/wire.h"

#define URING_REQUESTS_MAX 4096 /* under way at once; memory is taken as they come */
#define URING_OVERDUE_NS (100ull * 1000 * 1000) /* an end not seen for so long will not be */
#define URING_ADDRESS_MAX 110 /* bytes of struct sockaddr_un, the longest that is kept */

enum uring_state {
    URING_WAITING,
    URING_TAKEN, /* whoever set this makes the record */
};

struct uring_request {
    __u64 ring, request;
    __u64 base, new_base; /* where relative names started when it was submitted */
    __u64 start_ns, time_ns;
    __s64 result;
    __u32 pid, tid;
    __u64 arg[6];     /* as the call that does the same has them */
    __s32 fd, new_fd; /* descriptors, or directories of names; AT_FDCWD where there is none */
    __u32 slot;       /* of the ring's file table: 1 + index, URING_SLOT_ANY, 0: none */
    __u32 flags, mode;
    __u32 wire_flags;
    __u32 state; /* enum uring_state */
    __u16 call, opcode;
    __u16 name_len, new_name_len;
    __u16 address_len;
    __u16 resolve; /* of an openat2 */
    __u8 quiet;    /* success is not told to user space */
    __u8 about;    /* the record is about descriptor `fd` */
    char address[URING_ADDRESS_MAX];
    char name[WIRE_PATH_MAX], new_name[WIRE_PATH_MAX];
};
_Static_assert(__builtin_offsetof(struct uring_request, address) % 2 == 0, "addresses are aligned");
