/* Capture files on disk.
 *
 * Blocks are padded to four bytes by who makes them; here they are bytes that must not be torn.
 * They wait in `pending` until it is large or somebody flushes. A write that fails half-way, on a
 * full disk most of all, leaves part of a block: a plain file is cut back to the last whole one, a
 * packed one stays as it is, as it unpacks up to where it breaks off. */
#include "capture/scap_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "capture/scap_blocks.h"

enum {
    PENDING_BYTES = 256 << 10, /* unpacked, written when there are more */
    GZIP_WINDOW = 15 + 16,     /* the largest window, gzip's frame */
    GZIP_MEMORY = 8,
    GZIP_END_BYTES = 32, /* last block, checksum and length of a gzip file; generous */
};

struct scap_writer {
    int fd;
    char *path;
    struct scap_writer_options options;
    uint64_t unpacked; /* bytes appended */
    uint64_t written;  /* bytes of the file, complete */
    struct buf pending;
    struct buf packed;
    z_stream stream;
    bool has_stream;
    int failed; /* the error that ended it */
};

int scap_writer_open(const char *path, const struct scap_writer_options *options,
                     struct scap_writer **out, struct err *err)
{
    scoped(scap_writer_close) struct scap_writer *writer = xcalloc(1, sizeof(*writer));

    writer->options = *options;
    writer->path = xstrdup_sv(sv(path));
    writer->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (writer->fd < 0)
        return err_set(err, -errno, "capture '%s': %s", path,
                       errno == EEXIST ? "it exists, and is not overwritten" : strerror(errno));
    if (options->gzip) {
        if (deflateInit2(&writer->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW,
                         GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
            return err_set(err, -ENOMEM, "capture '%s': no memory to compress it", path);
        writer->has_stream = true;
    }
    *out = take(writer);
    return 0;
}

static int fail(struct scap_writer *writer, int rc, struct err *err)
{
    writer->failed = rc;
    return err_set(err, rc, "capture '%s' ends after %llu bytes: %s", writer->path,
                   (unsigned long long)writer->written, strerror(-rc));
}

/* Bytes of the whole blocks among the first `len` ones. */
static size_t whole_blocks(struct sv blocks, size_t len)
{
    struct sv rest = sv_sub(blocks, 0, len);
    struct sv body;
    uint32_t type;

    while (scap_block_next(&rest, &type, &body))
        continue;
    return len - rest.len;
}

/* Only part of `bytes` was written. */
static void keep_whole(struct scap_writer *writer, struct sv bytes)
{
    off_t end = lseek(writer->fd, 0, SEEK_CUR);
    size_t got = end > (off_t)writer->written ? (size_t)(end - (off_t)writer->written) : 0;

    if (writer->options.gzip) {
        writer->written += got;
        return;
    }
    writer->written += whole_blocks(bytes, got < bytes.len ? got : bytes.len);
    if (ftruncate(writer->fd, (off_t)writer->written) != 0)
        return; /* a reader says where the file is torn */
    (void)lseek(writer->fd, (off_t)writer->written, SEEK_SET);
}

/* Pack what is pending into `packed`; `how` is one of zlib's flush values. */
static int pack(struct scap_writer *writer, int how, struct err *err)
{
    z_stream *stream = &writer->stream;
    int rc;

    stream->next_in = (Bytef *)writer->pending.ptr;
    stream->avail_in = (uInt)writer->pending.len;
    do {
        size_t room = deflateBound(stream, stream->avail_in) + GZIP_END_BYTES;
        char *at = buf_room(&writer->packed, room);

        if (at == NULL)
            return fail(writer, -ENOMEM, err);
        stream->next_out = (Bytef *)at;
        stream->avail_out = (uInt)room;
        rc = deflate(stream, how);
        writer->packed.len += room - stream->avail_out;
    } while (rc == Z_OK && stream->avail_out == 0);
    buf_reset(&writer->pending);
    return 0;
}

static int write_out(struct scap_writer *writer, struct buf *bytes, struct err *err)
{
    struct err why = {0};
    int rc = file_write_all(writer->fd, buf_view(bytes), &why);

    if (rc < 0) {
        keep_whole(writer, buf_view(bytes));
        return fail(writer, rc, err);
    }
    writer->written += bytes->len;
    buf_reset(bytes);
    return 0;
}

static int drain(struct scap_writer *writer, int how, struct err *err)
{
    if (writer->failed != 0)
        return err_set(err, writer->failed, "capture '%s' had ended: %s", writer->path,
                       strerror(-writer->failed));
    if (!writer->options.gzip)
        return writer->pending.len == 0 ? 0 : write_out(writer, &writer->pending, err);
    if (writer->pending.len == 0 && how != Z_FINISH)
        return 0;

    int rc = pack(writer, how, err);

    return rc < 0 ? rc : write_out(writer, &writer->packed, err);
}

/* Bytes that the file may reach with what is pending and `more`; packing makes incompressible bytes
 * a little longer. */
static uint64_t most(struct scap_writer *writer, size_t more)
{
    uint64_t waiting = writer->pending.len + more;

    if (writer->options.gzip)
        waiting = deflateBound(&writer->stream, waiting) + GZIP_END_BYTES;
    return writer->written + waiting;
}

int scap_writer_append(struct scap_writer *writer, struct sv blocks, uint64_t *offset,
                       struct err *err)
{
    uint64_t limit = writer->options.limit_bytes;
    int rc = 0;

    if (limit != 0 && most(writer, blocks.len) > limit) {
        rc = drain(writer, Z_SYNC_FLUSH, err); /* a packed file may turn out to be smaller */
        if (rc < 0)
            return rc;
        if (most(writer, blocks.len) > limit)
            return SCAP_FULL;
    }
    if (writer->failed != 0)
        return drain(writer, Z_NO_FLUSH, err);
    if (offset != NULL)
        *offset = writer->unpacked;
    buf_sv(&writer->pending, blocks);
    if (writer->pending.error != 0)
        return fail(writer, writer->pending.error, err);
    writer->unpacked += blocks.len;
    return writer->pending.len < PENDING_BYTES ? 0 : drain(writer, Z_SYNC_FLUSH, err);
}

int scap_writer_flush(struct scap_writer *writer, struct err *err)
{
    return drain(writer, Z_SYNC_FLUSH, err);
}

static int sync_file(struct scap_writer *writer, struct err *err)
{
    return fdatasync(writer->fd) == 0 ? 0 : fail(writer, -errno, err);
}

int scap_writer_sync(struct scap_writer *writer, struct err *err)
{
    int rc = drain(writer, Z_SYNC_FLUSH, err);

    return rc < 0 ? rc : sync_file(writer, err);
}

uint64_t scap_writer_bytes(const struct scap_writer *writer)
{
    return writer->written;
}

int scap_writer_finish(struct scap_writer *writer, struct err *err)
{
    int rc = drain(writer, Z_FINISH, err);

    return rc < 0 ? rc : sync_file(writer, err);
}

void scap_writer_close(struct scap_writer *writer)
{
    if (writer == NULL)
        return;
    if (writer->fd >= 0)
        (void)close(writer->fd);
    if (writer->has_stream)
        (void)deflateEnd(&writer->stream);
    buf_done(&writer->pending);
    buf_done(&writer->packed);
    free(writer->path);
    free(writer);
}
