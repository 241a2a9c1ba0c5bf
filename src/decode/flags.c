#include "decode/flags.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "event/event_flags.h"

enum {
    KERNEL_O_LARGEFILE = 0100000, /* the library's is 0 where files are always large */
    QUOTA_FORMAT_NONE = 1,
    SCHEMA_SOL_SOCKET = 1,
    SCHEMA_SOL_TCP = 2,
};

#define MOUNT_MAGIC 0xc0ed0000u
#define MOUNT_MAGIC_MASK 0xffff0000u

struct bits {
    uint64_t kernel;
    uint32_t event;
};

static const struct bits open_bits[] = {
    {O_CREAT, EVENT_O_CREAT},         {O_APPEND, EVENT_O_APPEND},
    {O_DSYNC, EVENT_O_DSYNC},         {O_EXCL, EVENT_O_EXCL},
    {O_NONBLOCK, EVENT_O_NONBLOCK},   {O_SYNC, EVENT_O_SYNC},
    {O_TRUNC, EVENT_O_TRUNC},         {O_DIRECT, EVENT_O_DIRECT},
    {O_DIRECTORY, EVENT_O_DIRECTORY}, {KERNEL_O_LARGEFILE, EVENT_O_LARGEFILE},
    {O_CLOEXEC, EVENT_O_CLOEXEC},     {O_TMPFILE, EVENT_O_TMPFILE},
};

static const struct bits clone_bits[] = {
    {CLONE_FILES, 1u << 0},         {CLONE_FS, 1u << 1},       {CLONE_IO, 1u << 2},
    {CLONE_NEWIPC, 1u << 3},        {CLONE_NEWNET, 1u << 4},   {CLONE_NEWNS, 1u << 5},
    {CLONE_NEWPID, 1u << 6},        {CLONE_NEWUTS, 1u << 7},   {CLONE_PARENT, 1u << 8},
    {CLONE_PARENT_SETTID, 1u << 9}, {CLONE_PTRACE, 1u << 10},  {CLONE_SIGHAND, 1u << 11},
    {CLONE_SYSVSEM, 1u << 12},      {CLONE_THREAD, 1u << 13},  {CLONE_UNTRACED, 1u << 14},
    {CLONE_VM, 1u << 15},           {CLONE_NEWUSER, 1u << 20}, {CLONE_CHILD_CLEARTID, 1u << 23},
    {CLONE_CHILD_SETTID, 1u << 24}, {CLONE_SETTLS, 1u << 25},  {CLONE_VFORK, 1u << 27},
    {CLONE_NEWCGROUP, 1u << 28},
};

static const struct bits resolve_bits[] = {
    {RESOLVE_BENEATH, 1},     {RESOLVE_IN_ROOT, 2},  {RESOLVE_NO_MAGICLINKS, 4},
    {RESOLVE_NO_SYMLINKS, 8}, {RESOLVE_NO_XDEV, 16}, {RESOLVE_CACHED, 32},
};

static const struct bits chown_bits[] = {{AT_SYMLINK_NOFOLLOW, 1024}, {AT_EMPTY_PATH, 0x1000}};
static const struct bits delete_module_bits[] = {{O_TRUNC, 1}, {O_NONBLOCK, 2}};
static const struct bits pidfd_bits[] = {{O_NONBLOCK, 1}};

static const struct bits ring_bits[] = {
    {IORING_SETUP_IOPOLL, 1},       {IORING_SETUP_SQPOLL, 2}, {IORING_SETUP_SQ_AFF, 8},
    {IORING_SETUP_CQSIZE, 16},      {IORING_SETUP_CLAMP, 32}, {IORING_SETUP_ATTACH_WQ, 64},
    {IORING_SETUP_R_DISABLED, 128},
};

/* Kernel's numbers to the schema's: not bits. */
static const struct bits fcntl_commands[] = {
    {F_DUPFD, 1},      {F_GETFD, 2},       {F_SETFD, 3},
    {F_GETFL, 4},      {F_SETFL, 5},       {F_GETLK, 6},
    {F_SETLK, 8},      {F_SETLKW, 9},      {F_SETOWN, 10},
    {F_GETOWN, 12},    {F_SETSIG, 13},     {F_GETSIG, 15},
    {12, 17},          {13, 18},           {14, 19},
    {F_SETOWN_EX, 21}, {F_GETOWN_EX, 22},  {F_SETLEASE, 23},
    {F_GETLEASE, 24},  {1029, 25},         {F_DUPFD_CLOEXEC, 26},
    {F_NOTIFY, 27},    {F_SETPIPE_SZ, 28}, {F_GETPIPE_SZ, 29},
    {F_OFD_GETLK, 30}, {F_OFD_SETLK, 31},  {F_OFD_SETLKW, 32},
};

static const struct bits ptrace_requests[] = {
    {PTRACE_TRACEME, 1},
    {PTRACE_PEEKTEXT, 2},
    {PTRACE_PEEKDATA, 3},
    {PTRACE_PEEKUSER, 4},
    {PTRACE_POKETEXT, 5},
    {PTRACE_POKEDATA, 6},
    {PTRACE_POKEUSER, 7},
    {PTRACE_CONT, 8},
    {PTRACE_KILL, 9},
    {PTRACE_SINGLESTEP, 10},
    {PTRACE_ATTACH, 11},
    {PTRACE_DETACH, 12},
    {PTRACE_SYSCALL, 13},
    {PTRACE_SETOPTIONS, 14},
    {PTRACE_GETEVENTMSG, 15},
    {PTRACE_GETSIGINFO, 16},
    {PTRACE_SETSIGINFO, 17},
    {PTRACE_GETREGSET, 18},
    {PTRACE_SETREGSET, 19},
    {PTRACE_SEIZE, 20},
    {PTRACE_INTERRUPT, 21},
    {PTRACE_LISTEN, 22},
    {PTRACE_PEEKSIGINFO, 23},
    {PTRACE_GETSIGMASK, 24},
    {PTRACE_SETSIGMASK, 25},
    {12, 26}, /* x86: GETREGS ... */
    {13, 27},
    {14, 28},
    {15, 29},
    {18, 30},
    {19, 31},
    {21, 32},
    {25, 33},
    {26, 34},
    {30, 35},
    {31, 36},
    {32, 37},
    {33, 38},
};

static const struct bits quota_commands[] = {
    {0x800002, 1},  {0x800003, 2},  {0x800004, 4},    {0x800005, 8},    {0x800006, 16},
    {0x800007, 32}, {0x800008, 64}, {0x800001, 128},  {0x5801, 256},    {0x5802, 512},
    {0x5803, 1024}, {0x5804, 2048}, {0x5805, 0x1000}, {0x5806, 0x2000}, {0x5807, 0x4000},
};

static const struct bits quota_formats[] = {{1, 2}, {2, 4}, {4, 8}};

static uint32_t translate(const struct bits *bits, size_t count, uint64_t flags)
{
    uint32_t out = 0;

    for (size_t i = 0; i < count; i++) {
        if ((flags & bits[i].kernel) == bits[i].kernel)
            out |= bits[i].event;
    }
    return out;
}

uint32_t flags_open(uint32_t flags)
{
    uint32_t out = translate(open_bits, ARRAY_LEN(open_bits), flags);

    switch (flags & O_ACCMODE) {
    case O_RDONLY:
        return out | EVENT_O_RDONLY;
    case O_WRONLY:
        return out | EVENT_O_WRONLY;
    default:
        return out | EVENT_O_RDWR;
    }
}

uint32_t flags_clone(uint64_t flags)
{
    return translate(clone_bits, ARRAY_LEN(clone_bits), flags);
}

static uint32_t number_of(const struct bits *numbers, size_t count, uint64_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (numbers[i].kernel == number)
            return numbers[i].event;
    }
    return 0;
}

uint32_t flags_file(uint32_t flags)
{
    return translate(open_bits, ARRAY_LEN(open_bits), flags);
}

uint32_t flags_resolve(uint64_t flags)
{
    return translate(resolve_bits, ARRAY_LEN(resolve_bits), flags);
}

uint32_t flags_chown(uint32_t flags)
{
    return translate(chown_bits, ARRAY_LEN(chown_bits), flags);
}

/* Old programs put a magic number into the upper half. */
uint32_t flags_mount(uint64_t flags)
{
    if ((flags & MOUNT_MAGIC_MASK) == MOUNT_MAGIC)
        flags &= ~(uint64_t)MOUNT_MAGIC_MASK;
    return (uint32_t)flags;
}

uint32_t flags_pidfd(uint32_t flags)
{
    return translate(pidfd_bits, ARRAY_LEN(pidfd_bits), flags);
}

uint32_t flags_delete_module(uint32_t flags)
{
    return translate(delete_module_bits, ARRAY_LEN(delete_module_bits), flags);
}

uint32_t flags_ring(uint32_t flags)
{
    return translate(ring_bits, ARRAY_LEN(ring_bits), flags);
}

uint32_t flags_fcntl(uint32_t command)
{
    return number_of(fcntl_commands, ARRAY_LEN(fcntl_commands), command);
}

uint32_t flags_ptrace(uint64_t request)
{
    return number_of(ptrace_requests, ARRAY_LEN(ptrace_requests), request);
}

uint32_t flags_quota_command(uint32_t command)
{
    return number_of(quota_commands, ARRAY_LEN(quota_commands), command);
}

uint32_t flags_quota_format(uint32_t format)
{
    uint32_t found = number_of(quota_formats, ARRAY_LEN(quota_formats), format);

    return found == 0 ? QUOTA_FORMAT_NONE : found;
}

uint32_t flags_socket_level(int32_t level)
{
    if (level == SOL_SOCKET)
        return SCHEMA_SOL_SOCKET;
    return level == IPPROTO_TCP ? SCHEMA_SOL_TCP : 0;
}

uint32_t flags_socket_option(int32_t level, uint32_t option)
{
    const struct event_flag *flag = event_flag_sockopt_options;

    for (; level == SOL_SOCKET && flag->name != NULL; flag++) {
        if (flag->value == option)
            return option;
    }
    return 0;
}
