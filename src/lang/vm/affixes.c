/* Prefixes are sorted as texts. The longest one that a text begins with is the last one not behind
 * the text, or one of those that this one begins with in turn: each prefix knows the longest other
 * that it begins with, and has its bits too. Suffixes are the same, read from the end.
 *
 * Most texts begin with none of them, which a filter of the first few bytes tells. */
#include "lang/vm/affixes.h"

#include "base/arena.h"
#include "base/hash.h"

enum { FILTER_BITS = 10, FILTER_BYTES = 4 /* looked at, where all are as long */ };

struct affix {
    struct sv text;
    uint64_t *bits;
    const struct affix *inner; /* the longest that this one begins with */
};

struct affixes {
    struct affix *item;
    size_t count;
    bool from_end;
    size_t filter_bytes;
    uint64_t filter[(1 << FILTER_BITS) / 64];
};

static int order_reversed(struct sv a, struct sv b)
{
    size_t len = a.len < b.len ? a.len : b.len;

    for (size_t i = 1; i <= len; i++) {
        unsigned char x = (unsigned char)a.ptr[a.len - i];
        unsigned char y = (unsigned char)b.ptr[b.len - i];
        if (x != y)
            return x < y ? -1 : 1;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

static int order(const struct affixes *affixes, struct sv a, struct sv b)
{
    return affixes->from_end ? order_reversed(a, b) : sv_cmp(a, b);
}

static int by_text(const void *left, const void *right, void *affixes)
{
    return order(affixes, ((const struct affix *)left)->text, ((const struct affix *)right)->text);
}

static bool has_affix(const struct affixes *affixes, struct sv text, struct sv affix)
{
    return affixes->from_end ? sv_ends(text, affix) : sv_starts(text, affix);
}

/* The place in the filter; `text` has as many bytes as it looks at. */
static uint32_t filter_place(const struct affixes *affixes, struct sv text)
{
    if (affixes->filter_bytes == 0)
        return 0;
    const char *from = text.ptr + (affixes->from_end ? text.len - affixes->filter_bytes : 0);
    uint32_t bytes = 0;

    if (affixes->filter_bytes == FILTER_BYTES)
        memcpy(&bytes, from, FILTER_BYTES);
    else
        for (size_t i = 0; i < affixes->filter_bytes; i++)
            bytes = bytes << 8 | (unsigned char)from[i];
    return (bytes * 0x9e3779b1u) >> (32 - FILTER_BITS);
}

static void make_filter(struct affixes *affixes)
{
    affixes->filter_bytes = FILTER_BYTES;
    for (size_t i = 0; i < affixes->count; i++) {
        if (affixes->item[i].text.len < affixes->filter_bytes)
            affixes->filter_bytes = affixes->item[i].text.len;
    }
    for (size_t i = 0; i < affixes->count; i++) {
        uint32_t place = filter_place(affixes, affixes->item[i].text);
        affixes->filter[place / 64] |= 1ULL << (place % 64);
    }
}

/* Tie each, in order, to the longest inside it. */
static void tie(struct affixes *affixes, uint32_t words)
{
    for (size_t i = 1; i < affixes->count; i++) {
        struct affix *affix = &affixes->item[i];
        const struct affix *inner = affix - 1;

        while (inner != NULL && !has_affix(affixes, affix->text, inner->text))
            inner = inner->inner;
        affix->inner = inner;
        for (uint32_t k = 0; inner != NULL && k < words; k++)
            affix->bits[k] |= inner->bits[k];
    }
}

struct affixes *affixes_new(struct arena *arena, const struct map *texts, uint32_t words,
                            bool from_end)
{
    size_t at = 0;

    if (texts->count == 0)
        return NULL;
    struct affixes *affixes = arena_one(arena, struct affixes);
    affixes->from_end = from_end;
    affixes->item = arena_alloc(arena, texts->count * sizeof(*affixes->item));
    for (const struct map_slot *slot = map_next(texts, &at); slot != NULL;
         slot = map_next(texts, &at))
        affixes->item[affixes->count++] = (struct affix){.text = slot->key, .bits = slot->value};
    qsort_r(affixes->item, affixes->count, sizeof(*affixes->item), by_text, affixes);
    tie(affixes, words);
    make_filter(affixes);
    return affixes;
}

const uint64_t *affixes_find(const struct affixes *affixes, struct sv text)
{
    size_t from = 0;
    size_t to = affixes->count;

    if (text.len < affixes->filter_bytes)
        return NULL;
    uint32_t place = filter_place(affixes, text);
    if (((affixes->filter[place / 64] >> (place % 64)) & 1) == 0)
        return NULL;
    while (from < to) { /* the first one behind the text */
        size_t middle = from + (to - from) / 2;
        if (order(affixes, affixes->item[middle].text, text) <= 0)
            from = middle + 1;
        else
            to = middle;
    }
    const struct affix *affix = from == 0 ? NULL : &affixes->item[from - 1];
    while (affix != NULL && !has_affix(affixes, text, affix->text))
        affix = affix->inner;
    return affix == NULL ? NULL : affix->bits;
}
