#include "tests/unit/store/fault_vfs.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

struct fault_file {
    sqlite3_file base;
    struct fault_vfs *fault;
    const char *path; /* SQLite keeps it while the file is open; NULL for a temporary one */
    _Alignas(8) char below[];
};

enum { PATH_SIZE = 4096 };

static struct fault_vfs *fault_of(sqlite3_vfs *vfs)
{
    return vfs->pAppData;
}

static struct fault_file *self(sqlite3_file *file)
{
    return (struct fault_file *)file;
}

static sqlite3_file *below(sqlite3_file *file)
{
    return (sqlite3_file *)self(file)->below;
}

static bool fails(struct fault_vfs *fault)
{
    uint64_t now = ++fault->operations;

    return fault->fail_at != 0 &&
           (now == fault->fail_at || (fault->fail_after && now > fault->fail_at));
}

static int result(const struct fault_vfs *fault, int eio)
{
    return fault->kind == FAULT_EIO ? eio : SQLITE_FULL;
}

static void copy_aside(const char *path)
{
    char aside[PATH_SIZE];
    struct stat st;

    (void)snprintf(aside, sizeof(aside), "%s.synced", path);
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert(from >= 0 && to >= 0 && fstat(from, &st) == 0);
    off_t at = 0;
    while (at < st.st_size) {
        ssize_t put = sendfile(to, from, &at, (size_t)(st.st_size - at));
        assert(put > 0);
    }
    (void)close(to);
    /* Closing `from` would drop this process's locks on the file, which SQLite holds; in a test
     * with one process nobody else is there to miss them. */
    (void)close(from);
}

static int file_close(sqlite3_file *file)
{
    return below(file)->pMethods->xClose(below(file));
}

static int file_read(sqlite3_file *file, void *to, int amount, sqlite3_int64 offset)
{
    return below(file)->pMethods->xRead(below(file), to, amount, offset);
}

static int file_write(sqlite3_file *file, const void *from, int amount, sqlite3_int64 offset)
{
    struct fault_vfs *fault = self(file)->fault;
    sqlite3_file *real = below(file);
    sqlite3_int64 size = 0;

    if (fault->full && real->pMethods->xFileSize(real, &size) == SQLITE_OK &&
        offset + amount > size)
        return SQLITE_FULL;
    if (!fails(fault))
        return real->pMethods->xWrite(real, from, amount, offset);
    if (fault->kind == FAULT_SHORT)
        (void)real->pMethods->xWrite(real, from, amount / 2, offset);
    return result(fault, SQLITE_IOERR_WRITE);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (fails(self(file)->fault))
        return SQLITE_IOERR_TRUNCATE;
    return below(file)->pMethods->xTruncate(below(file), size);
}

/* In a test that keeps synced copies, those are the disk; in the others no power is cut. */
static int file_sync(sqlite3_file *file, int flags)
{
    struct fault_vfs *fault = self(file)->fault;

    (void)flags;
    if (fails(fault))
        return result(fault, SQLITE_IOERR_FSYNC);
    if (fault->keep_synced && self(file)->path != NULL)
        copy_aside(self(file)->path);
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return below(file)->pMethods->xFileSize(below(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
    return below(file)->pMethods->xLock(below(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return below(file)->pMethods->xUnlock(below(file), level);
}

static int file_check_lock(sqlite3_file *file, int *held)
{
    return below(file)->pMethods->xCheckReservedLock(below(file), held);
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
    return below(file)->pMethods->xFileControl(below(file), op, arg);
}

static int file_sector_size(sqlite3_file *file)
{
    return below(file)->pMethods->xSectorSize(below(file));
}

static int file_characteristics(sqlite3_file *file)
{
    return below(file)->pMethods->xDeviceCharacteristics(below(file));
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return below(file)->pMethods->xShmMap(below(file), page, size, extend, out);
}

static int file_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return below(file)->pMethods->xShmLock(below(file), offset, n, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    below(file)->pMethods->xShmBarrier(below(file));
}

static int file_shm_unmap(sqlite3_file *file, int remove)
{
    return below(file)->pMethods->xShmUnmap(below(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                    int *out_flags)
{
    struct fault_vfs *fault = fault_of(vfs);

    *self(file) = (struct fault_file){.fault = fault, .path = path};
    if ((flags & SQLITE_OPEN_CREATE) != 0 && fails(fault))
        return result(fault, SQLITE_CANTOPEN);
    int code = fault->below->xOpen(fault->below, path, below(file), flags, out_flags);
    if (code == SQLITE_OK)
        file->pMethods = &methods;
    return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_dir)
{
    struct fault_vfs *fault = fault_of(vfs);
    char aside[PATH_SIZE];

    if (fails(fault))
        return SQLITE_IOERR_DELETE;
    if (fault->keep_synced) {
        (void)snprintf(aside, sizeof(aside), "%s.synced", path);
        (void)unlink(aside);
    }
    return fault->below->xDelete(fault->below, path, sync_dir);
}

void fault_vfs_init(struct fault_vfs *fault)
{
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);

    *fault = (struct fault_vfs){.vfs = *real, .below = real};
    fault->vfs.zName = "tiercel-fault";
    fault->vfs.pNext = NULL;
    fault->vfs.pAppData = fault;
    fault->vfs.szOsFile = (int)sizeof(struct fault_file) + real->szOsFile;
    fault->vfs.xOpen = vfs_open;
    fault->vfs.xDelete = vfs_delete;
    int code = sqlite3_vfs_register(&fault->vfs, 0);
    assert(code == SQLITE_OK);
    (void)code;
}

void fault_vfs_done(struct fault_vfs *fault)
{
    (void)sqlite3_vfs_unregister(&fault->vfs);
}
