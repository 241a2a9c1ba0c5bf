#include "capture/scap_stream.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/err.h"

/* Twice its own buffer asked for, zlib reads what is not packed straight into the window. */
enum { WINDOW = 1 << 18, ZLIB_BUFFER = 1 << 15 };

struct scap_stream {
    char *path;
    gzFile file; /* reads plain files too */
    uint64_t size;
    char *window;
    size_t room, from, to; /* bytes [from, to) of the window lie ahead */
    uint64_t offset;       /* of window[from] */
    bool ended;
    int failure; /* after the bytes that are there: 0, or what the file ends with */
};

static int open_file(const char *path, uint64_t *size, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return err_set(err, -errno, "cannot open '%s': %s", path, strerror(errno));
    if (fstat(fd, &st) != 0 || S_ISDIR(st.st_mode)) {
        (void)close(fd);
        return err_set(err, -EISDIR, "'%s' is a directory", path);
    }
    *size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    return fd;
}

int scap_stream_open(const char *path, struct scap_stream **out, struct err *err)
{
    uint64_t size = 0;
    int fd = open_file(path, &size, err);

    if (fd < 0)
        return fd;
    gzFile file = gzdopen(fd, "rb");
    if (file == NULL) {
        (void)close(fd);
        return err_set(err, -ENOMEM, "no memory to unpack '%s'", path);
    }
    (void)gzbuffer(file, ZLIB_BUFFER);
    struct scap_stream *stream = xcalloc(1, sizeof(*stream));
    stream->path = xstrdup_sv(sv(path));
    stream->file = file;
    stream->size = size;
    stream->window = xmalloc(WINDOW);
    stream->room = WINDOW;
    *out = stream;
    return 0;
}

void scap_stream_close(struct scap_stream *stream)
{
    if (stream == NULL)
        return;
    (void)gzclose(stream->file);
    free(stream->window);
    free(stream->path);
    free(stream);
}

/* Make room for `want` bytes from stream->from on. */
static int make_room(struct scap_stream *stream, size_t want, struct err *err)
{
    if (stream->room - stream->from >= want)
        return 0;
    memmove(stream->window, stream->window + stream->from, stream->to - stream->from);
    stream->to -= stream->from;
    stream->from = 0;
    if (stream->room >= want)
        return 0;
    char *window = realloc(stream->window, want);
    if (window == NULL)
        return err_set(err, -ENOMEM, "'%s': a block of %zu bytes", stream->path, want);
    stream->window = window;
    stream->room = want;
    return 0;
}

static void read_more(struct scap_stream *stream)
{
    int got =
        gzread(stream->file, stream->window + stream->to, (unsigned)(stream->room - stream->to));
    int code = Z_OK;

    if (got > 0) {
        stream->to += (size_t)got;
        return;
    }
    stream->ended = true;
    (void)gzerror(stream->file, &code);
    if (code == Z_BUF_ERROR)
        stream->failure = -ENODATA;
    else if (code == Z_ERRNO)
        stream->failure = -EIO;
    else if (code != Z_OK && code != Z_STREAM_END)
        stream->failure = -EINVAL;
}

int scap_stream_peek(struct scap_stream *stream, size_t want, struct sv *out, struct err *err)
{
    if (stream->to - stream->from < want) {
        int rc = make_room(stream, want, err);
        if (rc < 0)
            return rc;
        while (!stream->ended && stream->to - stream->from < want)
            read_more(stream);
    }
    size_t len = stream->to - stream->from;
    if (len < want && stream->failure != 0)
        return err_set(err, stream->failure, "'%s': %s at byte %llu (unpacked)", stream->path,
                       stream->failure == -EINVAL    ? "the packing is damaged"
                       : stream->failure == -ENODATA ? "the file is cut off"
                                                     : "cannot read on",
                       (unsigned long long)stream->offset + len);
    *out = (struct sv){stream->window + stream->from, len < want ? len : want};
    return 0;
}

void scap_stream_take(struct scap_stream *stream, size_t len)
{
    assert(stream->to - stream->from >= len);
    stream->from += len;
    stream->offset += len;
}

const char *scap_stream_path(const struct scap_stream *stream)
{
    return stream->path;
}

uint64_t scap_stream_offset(const struct scap_stream *stream)
{
    return stream->offset;
}

uint64_t scap_stream_packed(const struct scap_stream *stream)
{
    z_off_t offset = gzoffset(stream->file);

    return offset < 0 ? 0 : (uint64_t)offset;
}

uint64_t scap_stream_size(const struct scap_stream *stream)
{
    return stream->size;
}
