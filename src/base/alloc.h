/* base/alloc.h - heap memory for sizes the program chooses; aborts when there is none. */
#pragma once

#include "base/attr.h"
#include "base/sv.h"

must_check void *xmalloc(size_t bytes);
must_check void *xcalloc(size_t count, size_t size);
must_check void *xrealloc(void *old, size_t bytes);
must_check char *xstrdup_sv(struct sv text); /* ends in NUL; free() */
