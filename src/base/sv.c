#include "base/sv.h"

enum { DISTANCE_MAX_LEN = 128 }; /* longer names get no suggestion */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool sv_eq_nocase(struct sv a, struct sv b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    }
    return true;
}

bool sv_starts(struct sv text, struct sv prefix)
{
    return text.len >= prefix.len &&
           (prefix.len == 0 || memcmp(text.ptr, prefix.ptr, prefix.len) == 0);
}

bool sv_ends(struct sv text, struct sv suffix)
{
    if (text.len < suffix.len)
        return false;
    return sv_eq(sv_sub(text, text.len - suffix.len, suffix.len), suffix);
}

int sv_cmp(struct sv a, struct sv b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);

    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

size_t sv_find(struct sv text, struct sv needle, size_t from)
{
    if (from > text.len || needle.len > text.len - from)
        return SIZE_MAX;
    if (needle.len == 0)
        return from;
    const char *hit = memmem(text.ptr + from, text.len - from, needle.ptr, needle.len);
    return hit == NULL ? SIZE_MAX : (size_t)(hit - text.ptr);
}

size_t sv_rfind_char(struct sv text, char c)
{
    const char *hit = text.len == 0 ? NULL : memrchr(text.ptr, c, text.len);

    return hit == NULL ? SIZE_MAX : (size_t)(hit - text.ptr);
}

size_t sv_count(struct sv text, char c)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == c;
    return count;
}

struct sv sv_trim(struct sv text)
{
    while (text.len > 0 && is_space(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

struct sv sv_split(struct sv *text, char sep)
{
    struct sv all = *text;
    const char *hit = all.len == 0 ? NULL : memchr(all.ptr, sep, all.len);

    if (hit == NULL) {
        *text = (struct sv){NULL, 0};
        return all;
    }
    size_t len = (size_t)(hit - all.ptr);
    *text = (struct sv){hit + 1, all.len - len - 1};
    return (struct sv){all.ptr, len};
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

bool sv_to_u64(struct sv text, uint64_t *out)
{
    uint64_t base = 10;
    uint64_t sum = 0;

    if (text.len > 2 && text.ptr[0] == '0' && lower(text.ptr[1]) == 'x') {
        base = 16;
        text = sv_sub(text, 2, text.len);
    }
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint64_t d = (uint64_t)digit(text.ptr[i]);
        if (d >= base || __builtin_mul_overflow(sum, base, &sum) ||
            __builtin_add_overflow(sum, d, &sum))
            return false;
    }
    *out = sum;
    return true;
}

bool sv_to_i64(struct sv text, int64_t *out)
{
    bool minus = text.len > 0 && text.ptr[0] == '-';
    uint64_t size = 0;

    if (!sv_to_u64(minus ? sv_sub(text, 1, text.len) : text, &size))
        return false;
    if (size > (uint64_t)INT64_MAX + (minus ? 1 : 0))
        return false;
    *out = minus ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

size_t sv_distance(struct sv a, struct sv b, size_t max)
{
    size_t row[DISTANCE_MAX_LEN + 1];

    if (a.len > DISTANCE_MAX_LEN || b.len > DISTANCE_MAX_LEN)
        return max + 1;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t up = row[j];
            size_t best = corner + (lower(a.ptr[i - 1]) != lower(b.ptr[j - 1]));
            if (up + 1 < best)
                best = up + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            corner = up;
            row[j] = best;
        }
    }
    return row[b.len] > max ? max + 1 : row[b.len];
}

long sv_nearest(struct sv text, struct sv_list candidates)
{
    size_t best = text.len / 3 + 1;
    long found = -1;

    for (size_t i = 0; i < candidates.count; i++) {
        size_t d = sv_distance(text, candidates.item[i], best);
        if (d < best) {
            best = d;
            found = (long)i;
        }
    }
    return found;
}
