#include "decode/flags.h"

#include <fcntl.h>
#include <sched.h>

#include "base/attr.h"
#include "event/event_flags.h"

enum { KERNEL_O_LARGEFILE = 0100000 }; /* the library's is 0 where files are always large */

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
