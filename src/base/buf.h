/* base/buf.h - a growing byte buffer with a sticky error: append freely, check once.
 *
 * After a failure (limit passed, no memory) appends are ignored until buf_reset(). One thread. */
#pragma once

#include <stdarg.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct buf {
    char *ptr; /* always followed by a NUL that len does not count; NULL while empty */
    size_t len;
    size_t size;
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

void buf_char(struct buf *buf, char c);
void buf_sv(struct buf *buf, struct sv text);
void buf_bytes(struct buf *buf, const void *bytes, size_t len);
void buf_str(struct buf *buf, const char *text); /* ends in NUL */
void buf_u64(struct buf *buf, uint64_t number);
void buf_i64(struct buf *buf, int64_t number);
void buf_printf(struct buf *buf, const char *fmt, ...) printf_like(2, 3);

/* Room for `len` more bytes, or NULL; the caller adds what it used to buf->len. */
must_check char *buf_room(struct buf *buf, size_t len);
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
