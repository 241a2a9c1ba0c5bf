/* base/attr.h - compiler attributes, scoped cleanup, and the few macros everybody needs.
 *
 * scoped(fn) frees a variable when it goes out of scope (it may be held for that alone; hence
 * `unused`); take(v) hands the value on and leaves NULL behind. A type gets its scoped form with
 * DEFINE_SCOPED next to its destructor. */
#pragma once

#include <stddef.h>
#include <stdlib.h>

#define must_check __attribute__((warn_unused_result))
#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define scoped(fn) __attribute__((cleanup(scoped_##fn), unused))
#define DEFINE_SCOPED(type, fn)                                                                    \
    static inline void scoped_##fn(type *value)                                                    \
    {                                                                                              \
        fn(*value);                                                                                \
    }
#define take(v)                                                                                    \
    ({                                                                                             \
        __typeof__(v) taken_ = (v);                                                                \
        (v) = NULL;                                                                                \
        taken_;                                                                                    \
    })

static inline void scoped_free(void *value)
{
    free(*(void **)value);
}
