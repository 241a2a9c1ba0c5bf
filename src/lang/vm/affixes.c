/* Prefixes are sorted as texts. The longest one that a text begins with is the last one not behind
 * the text, or one of those that this one begins with in turn: each prefix knows the longest other
 * that it begins with, and has its bits too. Suffixes are the same, read from the end.
 *
 * Most texts begin with none of them, which a filter of the first few bytes tells. The bisection
 * goes by numbers made of the first eight bytes, which lie side by side. */
#include "lang/vm/affixes.h"

#include <endian.h>

#include "base/arena.h"
#include "base/hash.h"

enum {
    FILTER_BITS = 10,
    FILTER_BYTES = 4, /* looked at, where all are as long */
    KEY_BYTES = 8,
};

struct affix {
    struct sv text;
    uint64_t *bits;
    const struct affix *inner; /* the longest that this one begins with */
};

struct affixes {
    struct affix *item;
    uint64_t *key; /* key_of() each */
    size_t count;
    bool from_end;
    size_t filter_bytes;
    uint64_t filter[(1 << FILTER_BITS) / 64];
};

/* Its first bytes as a number that orders as they do, zeros for those it has not. */
static uint64_t key_of(const struct affixes *affixes, struct sv text)
{
    size_t len = text.len < KEY_BYTES ? text.len : KEY_BYTES;
    uint64_t key = 0;

    if (len == KEY_BYTES) {
        memcpy(&key, text.ptr + (affixes->from_end ? text.len - KEY_BYTES : 0), KEY_BYTES);
        return affixes->from_end ? le64toh(key) : be64toh(key);
    }
    for (size_t i = 0; i < len; i++) {
        size_t at = affixes->from_end ? text.len - 1 - i : i;
        key |= (uint64_t)(unsigned char)text.ptr[at] << (8 * (KEY_BYTES - 1 - i));
    }
    return key;
}

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
    affixes->key = arena_alloc(arena, affixes->count * sizeof(*affixes->key));
    for (size_t i = 0; i < affixes->count; i++)
        affixes->key[i] = key_of(affixes, affixes->item[i].text);
    tie(affixes, words);
    make_filter(affixes);
    return affixes;
}

/* Where the last one is that is not behind the text; SIZE_MAX: nowhere. */
static size_t last_not_behind(const struct affixes *affixes, struct sv text)
{
    uint64_t key = key_of(affixes, text);
    size_t at = 0;

    for (size_t left = affixes->count; left > 1; left -= left / 2)
        at += affixes->key[at + left / 2] <= key ? left / 2 : 0;
    if (affixes->key[at] > key)
        return SIZE_MAX;
    while (affixes->key[at] == key && order(affixes, affixes->item[at].text, text) > 0) {
        if (at == 0)
            return SIZE_MAX;
        at--;
    }
    return at;
}

const uint64_t *affixes_find(const struct affixes *affixes, struct sv text)
{
    const struct affix *affix = NULL;

    if (text.len < affixes->filter_bytes)
        return NULL;
    uint32_t place = filter_place(affixes, text);
    if (((affixes->filter[place / 64] >> (place % 64)) & 1) == 0)
        return NULL;
    size_t at = last_not_behind(affixes, text);
    if (at != SIZE_MAX)
        affix = &affixes->item[at];
    while (affix != NULL && !has_affix(affixes, text, affix->text))
        affix = affix->inner;
    return affix == NULL ? NULL : affix->bits;
}
