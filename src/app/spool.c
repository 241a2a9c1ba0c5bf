/* app/spool.c - the sensor's queue on disk.
 *
 * A segment is a file named after its first sequence number (16 hex digits, ".spool"); it is a run
 * of records, each a header and the payload. Sequence numbers grow by one. The checksum covers
 * number and payload, so that what a crash left half-written is recognised. A segment is deleted
 * when its last record is acknowledged. */
#include "app/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"

struct header {
    uint32_t size;
    uint32_t check;
    uint64_t sequence;
};

struct segment {
    uint64_t first, count;
    uint64_t bytes;
    int fd;
    char *path;
};

struct spool {
    char *dir;
    int lock_fd;
    uint64_t limit_bytes, bytes;
    uint64_t next;  /* sequence of the next record */
    uint64_t acked; /* all up to here */
    struct segment *segment;
    size_t count;
    size_t at;       /* the cursor: segment, */
    uint64_t offset; /* and bytes into it */
};

static uint32_t checksum(uint64_t sequence, struct sv payload)
{
    return (uint32_t)hash_seed(payload, sequence);
}

/* ------------------------------------------------------------------------------------- segments */

static int segment_add(struct spool *spool, uint64_t first, struct err *err)
{
    scoped(buf_done) struct buf path = {0};

    buf_printf(&path, "%s/%016llx.spool", spool->dir, (unsigned long long)first);
    int fd = open(buf_cstr(&path), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, -errno, "open '%s': %s", buf_cstr(&path), strerror(errno));
    spool->segment = xrealloc(spool->segment, (spool->count + 1) * sizeof(*spool->segment));
    spool->segment[spool->count++] =
        (struct segment){.first = first, .fd = fd, .path = xstrdup_sv(buf_view(&path))};
    return 0;
}

static void segment_drop_first(struct spool *spool)
{
    struct segment *first = &spool->segment[0];

    spool->bytes -= first->bytes;
    (void)unlink(first->path);
    (void)close(first->fd);
    free(first->path);
    spool->count--;
    memmove(spool->segment, spool->segment + 1, spool->count * sizeof(*spool->segment));
    if (spool->at > 0)
        spool->at--;
    else
        spool->offset = 0;
}

/* Read one record at an offset. Positive: there is none (the end, or a torn one). */
static int record_at(const struct segment *segment, uint64_t offset, struct buf *payload,
                     struct header *header, struct err *err)
{
    ssize_t got = pread(segment->fd, header, sizeof(*header), (off_t)offset);

    if (got < 0)
        return err_set(err, -errno, "read '%s': %s", segment->path, strerror(errno));
    if (got < (ssize_t)sizeof(*header) || header->size > SPOOL_RECORD_MAX)
        return SPOOL_EMPTY;
    buf_reset(payload);
    char *room = buf_room(payload, header->size);
    if (room == NULL)
        return err_set(err, payload->error, "record of %u bytes", header->size);
    got = pread(segment->fd, room, header->size, (off_t)(offset + sizeof(*header)));
    if (got < 0)
        return err_set(err, -errno, "read '%s': %s", segment->path, strerror(errno));
    if (got < (ssize_t)header->size)
        return SPOOL_EMPTY;
    payload->len = header->size;
    if (header->check != checksum(header->sequence, buf_view(payload)))
        return SPOOL_EMPTY;
    return 0;
}

/* Count what is whole in a segment found on disk, and cut off the rest. */
static int segment_scan(struct spool *spool, struct segment *segment, struct err *err)
{
    scoped(buf_done) struct buf payload = {0};
    struct header header;
    uint64_t offset = 0;

    for (;;) {
        int rc = record_at(segment, offset, &payload, &header, err);
        if (rc < 0)
            return rc;
        if (rc > 0 || header.sequence != segment->first + segment->count)
            break;
        segment->count++;
        offset += sizeof(header) + header.size;
    }
    if (ftruncate(segment->fd, (off_t)offset) != 0)
        return err_set(err, -errno, "truncate '%s': %s", segment->path, strerror(errno));
    segment->bytes = offset;
    spool->bytes += offset;
    spool->next = segment->first + segment->count;
    return 0;
}

/* ------------------------------------------------------------------------------- open and close */

static int take_lock(struct spool *spool, struct err *err)
{
    scoped(buf_done) struct buf path = {0};

    buf_printf(&path, "%s/lock", spool->dir);
    spool->lock_fd = open(buf_cstr(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (spool->lock_fd < 0)
        return err_set(err, -errno, "open '%s': %s", buf_cstr(&path), strerror(errno));
    if (flock(spool->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return err_set(err, -EBUSY, "spool '%s' is used by another sensor", spool->dir);
    return 0;
}

static int find_segments(struct spool *spool, struct err *err)
{
    static const char *const suffixes[] = {".spool", NULL};
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct file_list list;

    int rc = file_list(spool->dir, suffixes, arena, &list, err);
    for (size_t i = 0; rc == 0 && i < list.count; i++) {
        struct sv name = sv_sub(list.path[i], strlen(spool->dir) + 1, 16);
        uint64_t first = 0;
        if (!sv_to_u64(arena_printf(arena, "0x%.*s", SV_ARG(name)), &first))
            continue;
        rc = segment_add(spool, first, err);
        if (rc == 0)
            rc = segment_scan(spool, &spool->segment[spool->count - 1], err);
    }
    if (rc == 0 && spool->count > 0)
        spool->acked = spool->segment[0].first - 1;
    return rc;
}

int spool_open(const char *dir, uint64_t limit_bytes, struct spool **out, struct err *err)
{
    scoped(spool_close) struct spool *spool = xcalloc(1, sizeof(*spool));

    spool->lock_fd = -1;
    spool->dir = xstrdup_sv(sv(dir));
    spool->limit_bytes = limit_bytes;
    spool->next = 1;
    int rc = file_make_dirs(dir, 0700, err);
    if (rc == 0)
        rc = take_lock(spool, err);
    if (rc == 0)
        rc = find_segments(spool, err);
    if (rc < 0)
        return rc;
    *out = take(spool);
    return 0;
}

void spool_close(struct spool *spool)
{
    if (spool == NULL)
        return;
    for (size_t i = 0; i < spool->count; i++) {
        if (spool_waiting(spool) == 0)
            (void)unlink(spool->segment[i].path);
        (void)close(spool->segment[i].fd);
        free(spool->segment[i].path);
    }
    if (spool->lock_fd >= 0)
        (void)close(spool->lock_fd);
    free(spool->segment);
    free(spool->dir);
    free(spool);
}

/* --------------------------------------------------------------------------------- append, read */

/* Write header and payload, or nothing: what a failure left behind is cut off again. */
static int write_record(struct segment *segment, const struct header *header, struct sv record,
                        struct err *err)
{
    scoped(buf_done) struct buf whole = {0};

    buf_bytes(&whole, header, sizeof(*header));
    buf_sv(&whole, record);
    int rc = file_write_all(segment->fd, buf_view(&whole), err);
    if (rc < 0 && ftruncate(segment->fd, (off_t)segment->bytes) != 0)
        return err_wrap(err, rc, "spool '%s' (and what was written stays)", segment->path);
    return rc < 0 ? err_wrap(err, rc, "spool '%s'", segment->path) : 0;
}

int spool_append(struct spool *spool, struct sv record, uint64_t *sequence, struct err *err)
{
    struct header header = {.size = (uint32_t)record.len, .sequence = spool->next};
    uint64_t size = sizeof(header) + record.len;
    int rc = 0;

    if (record.len > SPOOL_RECORD_MAX)
        return err_set(err, -E2BIG, "record of %zu bytes; at most %zu", record.len,
                       SPOOL_RECORD_MAX);
    while (spool->bytes + size > spool->limit_bytes && spool->count > 0 &&
           spool_waiting(spool) == 0)
        segment_drop_first(spool); /* kept by spool_ack() for use, and in the way now */
    if (spool->bytes + size > spool->limit_bytes)
        return SPOOL_FULL;
    header.check = checksum(header.sequence, record);
    if (spool->count == 0 || spool->segment[spool->count - 1].bytes >= SPOOL_SEGMENT_BYTES)
        rc = segment_add(spool, spool->next, err);
    if (rc < 0)
        return rc;
    struct segment *last = &spool->segment[spool->count - 1];
    rc = write_record(last, &header, record, err);
    if (rc < 0)
        return rc;
    last->bytes += size;
    last->count++;
    spool->bytes += size;
    *sequence = spool->next++;
    return 0;
}

int spool_next(struct spool *spool, struct buf *record, uint64_t *sequence, struct err *err)
{
    struct header header;

    while (spool->at < spool->count && spool->offset >= spool->segment[spool->at].bytes) {
        if (spool->at + 1 == spool->count)
            return SPOOL_EMPTY;
        spool->at++;
        spool->offset = 0;
    }
    if (spool->at >= spool->count)
        return SPOOL_EMPTY;
    const struct segment *segment = &spool->segment[spool->at];
    int rc = record_at(segment, spool->offset, record, &header, err);
    if (rc > 0)
        return err_set(err, -EIO, "'%s': damaged at byte %llu", segment->path,
                       (unsigned long long)spool->offset);
    if (rc < 0)
        return rc;
    spool->offset += sizeof(header) + header.size;
    *sequence = header.sequence;
    return 0;
}

void spool_ack(struct spool *spool, uint64_t sequence)
{
    if (sequence <= spool->acked || sequence >= spool->next)
        return;
    spool->acked = sequence;
    while (spool->count > 0 && spool->segment[0].first + spool->segment[0].count - 1 <= sequence) {
        const struct segment *first = &spool->segment[0];
        if (spool->count == 1 && first->bytes < SPOOL_SEGMENT_BYTES / 8)
            break; /* small and in use: making a file for every finding costs more */
        segment_drop_first(spool);
    }
}

void spool_rewind(struct spool *spool)
{
    scoped(buf_done) struct buf payload = {0};
    struct header header;

    spool->at = 0;
    spool->offset = 0;
    while (spool->at < spool->count) {
        const struct segment *segment = &spool->segment[spool->at];
        if (segment->first + segment->count - 1 <= spool->acked && spool->at + 1 < spool->count) {
            spool->at++;
            continue;
        }
        if (record_at(segment, spool->offset, &payload, &header, NULL) != 0 ||
            header.sequence > spool->acked)
            return;
        spool->offset += sizeof(header) + header.size;
    }
}

uint64_t spool_waiting(const struct spool *spool)
{
    return spool->next - 1 - spool->acked;
}

uint64_t spool_bytes(const struct spool *spool)
{
    return spool->bytes;
}
