/* The C library's functions under other names, which glibc offers for this. */
#include "allocations.h"

#include <stddef.h>
#include <stdlib.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *place, size_t bytes);

static uint64_t count; /* atomic: there is no other place for it below malloc() */

uint64_t allocations_count(void)
{
    return __atomic_load_n(&count, __ATOMIC_RELAXED);
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the header's are reserved */
void *malloc(size_t bytes)
{
    (void)__atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
    return __libc_malloc(bytes);
}

void *calloc(size_t items, size_t bytes)
{
    (void)__atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
    return __libc_calloc(items, bytes);
}

void *realloc(void *place, size_t bytes)
{
    (void)__atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
    return __libc_realloc(place, bytes);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
