/* tests/unit/store/fault_vfs.h - a disk below SQLite that fails on request and forgets what was not
 * synced.
 *
 * A VFS over SQLite's own. It counts the operations that change the disk and fails the one asked
 * for. One thread; the struct must outlive every connection made through it. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

enum fault_kind {
    FAULT_EIO,
    FAULT_FULL,  /* no room: nothing is written */
    FAULT_SHORT, /* half is written, then no room */
};

struct fault_vfs {
    sqlite3_vfs vfs; /* vfs.zName is what to open with */
    sqlite3_vfs *below;
    uint64_t operations; /* writes, syncs, truncations, deletions and creations so far */
    uint64_t fail_at;    /* the operation that fails, from 1; 0: none */
    bool fail_after;     /* and all after it */
    enum fault_kind kind;
    bool full;        /* files cannot grow */
    bool keep_synced; /* a file is copied to <file>.synced whenever it is synced */
};

void fault_vfs_init(struct fault_vfs *fault); /* registers it; all switches off */
void fault_vfs_done(struct fault_vfs *fault);
static inline void scoped_fault_vfs_done(struct fault_vfs *fault)
{
    fault_vfs_done(fault);
}
