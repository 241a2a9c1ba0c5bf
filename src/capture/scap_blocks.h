/* capture/scap_blocks.h - the blocks of a .scap file as bytes: what goes before the events, and the
 * events.
 *
 * Everything is appended to a buffer, whose sticky error says when it did not fit. A block is
 * begun, filled and ended; scap_put_event() writes a whole one. Texts longer than other tools take
 * are cut. Numbers are little-endian. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sv.h"
#include "capture/scap_table.h"

struct buf;

/* The newest form of each block, which is also the one that sysdig 0.29 knows. */
enum scap_block {
    SCAP_BLOCK_MACHINE = 0x201,
    SCAP_BLOCK_PROCESSES = 0x215,
    SCAP_BLOCK_EVENT = 0x216,
    SCAP_BLOCK_FDS = 0x218,
    SCAP_BLOCK_INTERFACES = 0x219,
    SCAP_BLOCK_USERS = 0x220,
    SCAP_BLOCK_EVENT_LARGE = 0x221,
};
#define SCAP_BLOCK_SECTION 0x0a0d0d0au
#define SCAP_BLOCK_OURS 0x8074636cu /* capture/scap_extra.h; others skip what they do not know */

/* Others refuse a file with more; longer texts are cut. */
#define SCAP_PATH_MAX 1024
#define SCAP_LIST_TEXT_MAX 4096    /* arguments, environment, cgroups of a listed process */
#define SCAP_EVENT_BYTES_MAX 65000 /* of a block that is not LARGE */
/* An event that has items of ours as its one parameter: others skip codes they do not know. */
#define SCAP_CODE_OURS 0x7fff
#define SCAP_CARRIED_MAX 60000 /* bytes of that parameter */

size_t scap_block_begin(struct buf *out, uint32_t type); /* the place to give to _end() */
void scap_block_end(struct buf *out, size_t at);

void scap_put_section(struct buf *out); /* the first block of a file */

struct scap_machine {
    uint32_t cpus;
    uint64_t memory_bytes, pid_max;
    uint64_t boot_wall_ns;
    struct sv hostname;
};
void scap_put_machine(struct buf *out, const struct scap_machine *machine);

/* Entries of SCAP_BLOCK_INTERFACES; those of version 4 come first. */
struct scap_interface {
    struct sv name;
    bool six;
    uint8_t address[16], netmask[16], broadcast[16]; /* network order */
};
void scap_put_interface(struct buf *out, const struct scap_interface *interface);

/* Entries of SCAP_BLOCK_USERS. */
struct scap_user {
    uint32_t uid, gid;
    struct sv name, home, shell;
};
void scap_put_user(struct buf *out, const struct scap_user *user);
void scap_put_group(struct buf *out, uint32_t gid, struct sv name);

/* An entry of SCAP_BLOCK_PROCESSES. */
struct scap_process {
    uint64_t tid, pid, ptid, sid, vpgid;
    uint64_t vtid, vpid;
    struct sv comm, exe, exe_path;
    struct sv args; /* without argv[0], each ended by NUL */
    struct sv cwd, env, cgroups, root;
    uint32_t uid, gid, login_uid;
    uint32_t flags; /* as of clone */
    uint64_t cap_inheritable, cap_permitted, cap_effective;
    bool exe_writable;
};
void scap_put_process(struct buf *out, const struct scap_process *process);

/* SCAP_BLOCK_FDS begins with the tid it is of, scap_put_fds_of(); then come its entries. */
enum scap_fd_type {
    SCAP_FD_FILE = 1,
    SCAP_FD_DIRECTORY = 2,
    SCAP_FD_IPV4 = 3,
    SCAP_FD_IPV6 = 4,
    SCAP_FD_IPV4_LISTEN = 5,
    SCAP_FD_IPV6_LISTEN = 6,
    SCAP_FD_FIFO = 7,
    SCAP_FD_UNIX = 8,
    SCAP_FD_EVENT = 9,
    SCAP_FD_OTHER = 10,
    SCAP_FD_SIGNAL = 11,
    SCAP_FD_EPOLL = 12,
    SCAP_FD_INOTIFY = 13,
    SCAP_FD_TIMER = 14,
    SCAP_FD_NETLINK = 15,
    SCAP_FD_FILE_V2 = 16, /* a file with its flags and device */
};
struct scap_fd {
    int64_t num;
    uint64_t ino;
    enum scap_fd_type type;
    struct sv name;      /* all but the IP types */
    uint32_t open_flags; /* FILE_V2: of the event schema */
    uint32_t dev;        /* FILE_V2: the kernel's dev_t */
    uint8_t local[16], remote[16];
    uint16_t local_port, remote_port;
    uint8_t l4;                   /* 1 none, 2 TCP, 3 UDP, 4 ICMP, 5 raw */
    uint64_t source, destination; /* UNIX: socket and its peer, numbers of the kernel */
};
void scap_put_fds_of(struct buf *out, uint64_t tid);
void scap_put_fd(struct buf *out, const struct scap_fd *fd);

/* Take the first of blocks that this module made off their front; false at the end. */
bool scap_block_next(struct sv *blocks, uint32_t *type, struct sv *body);
/* The items that the body of an event's block carries; empty for an event of others. */
struct sv scap_carried(struct sv body);

/* An event as the file has it. */
struct scap_raw {
    uint64_t time_ns; /* wall */
    uint64_t tid;
    uint16_t code, cpu;
    uint32_t param_count;
    struct sv param[SCAP_PARAMS_MAX];
};
/* The block of an event; LARGE when the table says so of its code. Others take no other one of more
 * than SCAP_EVENT_BYTES_MAX: the caller sees to that. */
void scap_put_event(struct buf *out, const struct scap_raw *event);
