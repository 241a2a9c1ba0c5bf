#include "base/buf.h"

#include <errno.h>
#include <stdio.h>

enum { FIRST_SIZE = 256 };

void buf_init(struct buf *buf, size_t limit)
{
    *buf = (struct buf){.limit = limit};
}

void buf_done(struct buf *buf)
{
    free(buf->ptr);
    *buf = (struct buf){.limit = buf->limit};
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    buf->error = 0;
    if (buf->ptr != NULL)
        buf->ptr[0] = '\0';
}

static bool grow(struct buf *buf, size_t need, size_t limit)
{
    size_t size = buf->size == 0 ? FIRST_SIZE : buf->size;

    while (size <= need)
        size *= 2;
    if (size > limit)
        size = limit + 1;
    char *ptr = realloc(buf->ptr, size);
    if (ptr == NULL) {
        buf->error = -ENOMEM;
        return false;
    }
    buf->ptr = ptr;
    buf->size = size;
    return true;
}

char *buf_make_room(struct buf *buf, size_t len)
{
    size_t limit = buf->limit == 0 ? BUF_LIMIT_DEFAULT : buf->limit;

    if (buf->error != 0)
        return NULL;
    if (buf->len > limit || len > limit - buf->len || len > PTRDIFF_MAX / 4 - buf->len) {
        buf->error = -E2BIG;
        return NULL;
    }
    if (buf->len + len >= buf->size && !grow(buf, buf->len + len, limit))
        return NULL;
    return buf->ptr + buf->len;
}

void buf_u64(struct buf *buf, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buf_bytes(buf, digits + at, sizeof(digits) - at);
}

void buf_i64(struct buf *buf, int64_t number)
{
    if (number < 0)
        buf_char(buf, '-');
    buf_u64(buf, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *to = len < 0 ? NULL : buf_room(buf, (size_t)len);
    if (to == NULL)
        return;
    va_start(args, fmt);
    (void)vsnprintf(to, (size_t)len + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)len;
}

void buf_drop(struct buf *buf, size_t len)
{
    if (len >= buf->len) {
        buf->len = 0;
    } else {
        memmove(buf->ptr, buf->ptr + len, buf->len - len);
        buf->len -= len;
    }
    if (buf->ptr != NULL)
        buf->ptr[buf->len] = '\0';
}
