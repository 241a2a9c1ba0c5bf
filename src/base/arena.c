#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"

enum { ALIGN = 16 };

struct block {
    struct block *next; /* the one before it in time */
    size_t size;
    size_t used;
    _Alignas(ALIGN) char data[];
};

struct arena {
    struct block *top;
    struct block *first;
    size_t block_bytes;
    size_t limit;
    size_t used;
};

static struct block *block_new(struct arena *arena, size_t size)
{
    struct block *block = xmalloc(sizeof(*block) + size);

    block->next = arena->top;
    block->size = size;
    block->used = 0;
    arena->top = block;
    return block;
}

struct arena *arena_new(size_t block_bytes)
{
    struct arena *arena = xcalloc(1, sizeof(*arena));

    arena->block_bytes = (block_bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    arena->limit = ARENA_LIMIT_DEFAULT;
    arena->first = block_new(arena, arena->block_bytes);
    return arena;
}

static void free_after(struct arena *arena, const struct block *keep)
{
    while (arena->top != keep) {
        struct block *next = arena->top->next;
        free(arena->top);
        arena->top = next;
    }
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    free_after(arena, NULL);
    free(arena);
}

void arena_reset(struct arena *arena)
{
    free_after(arena, arena->first);
    arena->first->used = 0;
    arena->used = 0;
}

void arena_limit(struct arena *arena, size_t bytes)
{
    arena->limit = bytes;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}

void *arena_try(struct arena *arena, size_t bytes)
{
    struct block *block = arena->top;

    if (bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (bytes > arena->limit || arena->used > arena->limit - bytes)
        return NULL;
    if (block->size - block->used < bytes)
        block = block_new(arena, bytes > arena->block_bytes ? bytes : arena->block_bytes);
    void *place = block->data + block->used;
    block->used += bytes;
    arena->used += bytes;
    memset(place, 0, bytes);
    return place;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    void *place = arena_try(arena, bytes);

    assert(place != NULL);
    return place;
}

void *arena_array_size(struct arena *arena, size_t size, size_t count)
{
    size_t bytes = 0;

    if (__builtin_mul_overflow(size, count, &bytes))
        return NULL;
    return arena_try(arena, bytes);
}

struct sv arena_sv(struct arena *arena, struct sv text)
{
    char *copy = arena_alloc(arena, text.len + 1);

    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    return (struct sv){copy, text.len};
}

struct sv arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    assert(len >= 0);
    char *text = arena_alloc(arena, (size_t)len + 1);
    va_start(args, fmt);
    (void)vsnprintf(text, (size_t)len + 1, fmt, args);
    va_end(args);
    return (struct sv){text, (size_t)len};
}
