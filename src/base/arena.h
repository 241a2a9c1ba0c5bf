/* base/arena.h - memory with one end of life: an event, a rule set, a request.
 *
 * Allocations are aligned to 16 bytes, never freed one by one and never moved. One thread.
 * arena_alloc() aborts only when the machine has no memory for a bounded request; pass sizes that
 * input chooses through arena_array(), which returns NULL past the arena's limit. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct arena;

#define ARENA_LIMIT_DEFAULT ((size_t)1 << 30) /* bytes one arena may hold */

struct arena *arena_new(size_t block_bytes); /* the usual size of a block; aborts without memory */
void arena_free(struct arena *arena);        /* NULL is fine */
DEFINE_SCOPED(struct arena *, arena_free)

/* Forget everything but keep the first block for reuse. */
void arena_reset(struct arena *arena);
void arena_limit(struct arena *arena, size_t bytes);
size_t arena_used(const struct arena *arena); /* bytes handed out */

/* Zeroed memory, or NULL past the limit. */
must_check void *arena_try(struct arena *arena, size_t bytes);
/* Zeroed memory for a size the program chose; aborts past the limit. */
must_check void *arena_alloc(struct arena *arena, size_t bytes);
/* As arena_try(), for count x size with overflow checked. */
must_check void *arena_array_size(struct arena *arena, size_t size, size_t count);

#define arena_array(arena, type, count) ((type *)arena_array_size((arena), sizeof(type), (count)))
#define arena_one(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

/* A copy that ends in NUL (not counted in len). Aborts past the limit: for bounded text. */
struct sv arena_sv(struct arena *arena, struct sv text);
struct sv arena_printf(struct arena *arena, const char *fmt, ...) printf_like(2, 3);
