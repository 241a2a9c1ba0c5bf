/* A document ends where its brackets are all closed. What cannot become a document any more (a
 * bracket that opens where no value may stand, or closes what is not open, a string over two lines,
 * the end of the file) is given away as its first line alone, and reading goes on with the second:
 * one bad line of a log does not hide those after it. */
#include "capture/documents.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"

enum { READ_BYTES = 1 << 17, SKIPPING_LIMIT = 2 };

struct documents {
    char *path;
    gzFile file;
    struct buf buf; /* what is read and not handed over begins at `at` */
    size_t at;
    uint64_t line; /* of buf.ptr[at] */
    bool ended;
};

int documents_open(const char *path, struct documents **out, struct err *err)
{
    bool input = strcmp(path, "-") == 0;
    int fd = input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return err_set(err, -errno, "%s: %s", path, strerror(errno));
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        (void)close(fd);
        return err_set(err, -EISDIR, "%s: is a directory", path);
    }
    struct documents *documents = xcalloc(1, sizeof(*documents));
    documents->file = gzdopen(fd, "rb");
    if (documents->file == NULL) {
        (void)close(fd);
        free(documents);
        return err_set(err, -ENOMEM, "%s: no memory", path);
    }
    (void)gzbuffer(documents->file, READ_BYTES);
    documents->path = xstrdup_sv(sv(input ? "standard input" : path));
    documents->line = 1;
    buf_init(&documents->buf, SKIPPING_LIMIT * DOCUMENTS_BYTES_MAX);
    *out = documents;
    return 0;
}

void documents_close(struct documents *documents)
{
    if (documents == NULL)
        return;
    (void)gzclose(documents->file);
    buf_done(&documents->buf);
    free(documents->path);
    free(documents);
}

uint64_t documents_offset(const struct documents *documents)
{
    z_off_t offset = gzoffset(documents->file);

    return offset < 0 ? 0 : (uint64_t)offset;
}

static int read_more(struct documents *documents, struct err *err)
{
    struct buf *buf = &documents->buf;

    if (documents->at > 0 && documents->at >= buf->len / 2) {
        buf_drop(buf, documents->at);
        documents->at = 0;
    }
    char *room = buf_room(buf, READ_BYTES);
    if (room == NULL)
        return err_set(err, -ENOMEM, "%s: no memory", documents->path);
    int got = gzread(documents->file, room, READ_BYTES);
    int number = Z_OK;
    const char *words = got <= 0 ? gzerror(documents->file, &number) : "";
    documents->ended = got <= 0;
    if (got < 0 || number != Z_OK)
        return err_set(err, -EIO, "%s: %s", documents->path,
                       number == Z_ERRNO ? strerror(errno) : words);
    buf->len += (size_t)got;
    return 0;
}

/* Where reading of a document has come to. */
struct scan {
    size_t len; /* bytes looked at */
    unsigned depth;
    char before;       /* the last character outside of strings that is no space */
    bool text, escape; /* inside a string; after its backslash */
    size_t line_end;   /* of the first line, newline included; 0: not seen */
    bool done, broken;
};

static void scan_open(struct scan *scan)
{
    if (scan->depth > 0 && scan->before != ':' && scan->before != ',' && scan->before != '[')
        scan->broken = true;
    scan->depth++;
}

static void scan_close(struct scan *scan)
{
    if (scan->depth == 0)
        scan->broken = true;
    else
        scan->done = --scan->depth == 0;
}

static void scan_char(struct scan *scan, char c)
{
    if (scan->text) {
        scan->broken |= c == '\n';
        scan->text = scan->escape || c != '"';
        scan->escape = !scan->escape && c == '\\';
        return;
    }
    if (c == '"')
        scan->text = true;
    else if (c == '{' || c == '[')
        scan_open(scan);
    else if (c == '}' || c == ']')
        scan_close(scan);
    if (!isspace((unsigned char)c))
        scan->before = c;
}

/* Look at more of `text`; true when it is known where the document ends: scan->len. */
static bool scan_on(struct scan *scan, struct sv text)
{
    while (scan->len < text.len && !scan->done) {
        char c = text.ptr[scan->len++];
        scan_char(scan, c);
        if (c == '\n' && scan->line_end == 0)
            scan->line_end = scan->len;
        if (scan->line_end > 0 && !scan->done && (scan->broken || scan->depth == 0)) {
            scan->len = scan->line_end;
            return true;
        }
    }
    return scan->done;
}

static struct sv rest_of(const struct documents *documents)
{
    return sv_sub(buf_view(&documents->buf), documents->at, documents->buf.len);
}

static void advance(struct documents *documents, size_t len)
{
    documents->line += sv_count(sv_sub(rest_of(documents), 0, len), '\n');
    documents->at += len;
}

static int skip_space(struct documents *documents, struct err *err)
{
    for (;;) {
        struct sv rest = rest_of(documents);
        size_t len = 0;
        while (len < rest.len && isspace((unsigned char)rest.ptr[len]))
            len++;
        advance(documents, len);
        if (len < rest.len)
            return 0;
        if (documents->ended)
            return DOCUMENTS_END;
        int rc = read_more(documents, err);
        if (rc < 0)
            return rc;
    }
}

int documents_next(struct documents *documents, struct sv *text, uint64_t *line, struct err *err)
{
    struct scan scan = {0};

    int rc = skip_space(documents, err);
    if (rc != 0)
        return rc;
    *line = documents->line;
    while (!scan_on(&scan, rest_of(documents))) {
        if (documents->ended) {
            scan.len = scan.line_end > 0 ? scan.line_end : scan.len;
            break;
        }
        if (scan.len > DOCUMENTS_BYTES_MAX) {
            advance(documents, scan.line_end > 0 ? scan.line_end : scan.len);
            return err_set(err, -E2BIG, "%s: line %llu: a document of more than %zu MiB",
                           documents->path, (unsigned long long)*line, DOCUMENTS_BYTES_MAX >> 20);
        }
        rc = read_more(documents, err);
        if (rc < 0)
            return rc;
    }
    *text = sv_trim(sv_sub(rest_of(documents), 0, scan.len));
    advance(documents, scan.len);
    return 0;
}
