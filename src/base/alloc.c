#include "base/alloc.h"

static void *checked(void *place)
{
    if (unlikely(place == NULL))
        abort();
    return place;
}

void *xmalloc(size_t bytes)
{
    return checked(malloc(bytes == 0 ? 1 : bytes));
}

void *xcalloc(size_t count, size_t size)
{
    return checked(calloc(count == 0 ? 1 : count, size == 0 ? 1 : size));
}

void *xrealloc(void *old, size_t bytes)
{
    return checked(realloc(old, bytes == 0 ? 1 : bytes));
}

char *xstrdup_sv(struct sv text)
{
    char *copy = xmalloc(text.len + 1);

    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return copy;
}
