/* base/buf.h - a growing byte buffer with a sticky error: append freely, check once.
 *
 * After a failure (limit passed, no memory) appends are ignored until buf_reset(). One thread. */
#pragma once

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "base/sv.h"

struct buf {
    char *ptr; /* always followed by a NUL that len does not count; NULL while empty */
    size_t len;
    size_t size;  /* of ptr; never more than limit + 1 */
    size_t limit; /* bytes it may hold; 0: BUF_LIMIT_DEFAULT */
    int error;    /* 0, -E2BIG or -ENOMEM */
};

#define BUF_LIMIT_DEFAULT ((size_t)64 << 20)

void buf_init(struct buf *buf, size_t limit); /* limit in bytes, 0 for the default */
void buf_done(struct buf *buf);
void buf_reset(struct buf *buf); /* empty, no error, memory kept */
static inline void scoped_buf_done(struct buf *buf)
{
    buf_done(buf);
}

/* Room for `len` more bytes and a NUL, or NULL; the caller adds what it used to buf->len. */
must_check char *buf_make_room(struct buf *buf, size_t len); /* the slow part */
must_check static inline char *buf_room(struct buf *buf, size_t len)
{
    if (likely(buf->error == 0 && len < buf->size - buf->len))
        return buf->ptr + buf->len;
    return buf_make_room(buf, len);
}

static inline void buf_bytes(struct buf *buf, const void *bytes, size_t len)
{
    char *to = buf_room(buf, len);

    if (unlikely(to == NULL))
        return;
    if (len > 0)
        memcpy(to, bytes, len);
    to[len] = '\0';
    buf->len += len;
}
static inline void buf_sv(struct buf *buf, struct sv text)
{
    buf_bytes(buf, text.ptr, text.len);
}
static inline void buf_str(struct buf *buf, const char *text) /* ends in NUL */
{
    buf_bytes(buf, text, strlen(text));
}
static inline void buf_char(struct buf *buf, char c)
{
    buf_bytes(buf, &c, 1);
}
void buf_u64(struct buf *buf, uint64_t number);
void buf_i64(struct buf *buf, int64_t number);
void buf_printf(struct buf *buf, const char *fmt, ...) printf_like(2, 3);

void buf_drop(struct buf *buf, size_t len); /* remove `len` bytes from the front */

static inline struct sv buf_view(const struct buf *buf)
{
    return (struct sv){buf->ptr, buf->len};
}
/* The text as a C string, "" while empty. */
static inline const char *buf_cstr(const struct buf *buf)
{
    return buf->ptr == NULL ? "" : buf->ptr;
}
