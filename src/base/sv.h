/* base/sv.h - string views: a pointer and a length into bytes that somebody else owns.
 *
 * A view need not end in NUL and may hold any byte. {NULL, 0} is the empty view. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"

struct sv {
    const char *ptr;
    size_t len;
};

#define SV(literal) ((struct sv){("" literal), sizeof(literal) - 1})
#define SV_ARG(view) ((int)(view).len), ((view).ptr) /* for "%.*s" */

static inline struct sv sv(const char *text)
{
    return text == NULL ? (struct sv){NULL, 0} : (struct sv){text, strlen(text)};
}

static inline bool sv_eq(struct sv a, struct sv b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool sv_eq_nocase(struct sv a, struct sv b); /* ASCII */
bool sv_starts(struct sv text, struct sv prefix);
bool sv_ends(struct sv text, struct sv suffix);
int sv_cmp(struct sv a, struct sv b); /* bytewise, shorter first; <0, 0, >0 */

/* The place of the first `needle` at or after `from`, or SIZE_MAX. */
size_t sv_find(struct sv text, struct sv needle, size_t from);
size_t sv_rfind_char(struct sv text, char c); /* SIZE_MAX when absent */
size_t sv_count(struct sv text, char c);

/* A part; `from` and `len` are clamped to the view. */
static inline struct sv sv_sub(struct sv text, size_t from, size_t len)
{
    if (from >= text.len)
        return (struct sv){NULL, 0};
    if (len > text.len - from)
        len = text.len - from;
    return (struct sv){text.ptr + from, len};
}

struct sv sv_trim(struct sv text); /* ASCII white space at both ends */

/* Take what stands before the first `sep` off the front of *text, and drop the separator;
 * without one, all of it, leaving *text empty with a NULL pointer. */
struct sv sv_split(struct sv *text, char sep);

/* Whole-view numbers: decimal, or hex after 0x. false on anything else or on overflow. */
must_check bool sv_to_u64(struct sv text, uint64_t *out);
must_check bool sv_to_i64(struct sv text, int64_t *out);

/* Edits needed to get from a to b, at most `max` + 1 (used for "did you mean"). */
size_t sv_distance(struct sv a, struct sv b, size_t max);

/* The candidate nearest to `text` within a third of its length, or -1. */
struct sv_list {
    const struct sv *item;
    size_t count;
};
long sv_nearest(struct sv text, struct sv_list candidates);
