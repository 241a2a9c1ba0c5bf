/* Wu and Manber's way: of each fragment only the first bytes count, as many as the shortest has.
 * Two bytes of the text, where such a beginning would end, tell how far the next place is at which
 * one may end; where that is here, the fragments with these two bytes are compared. Fragments too
 * short to gain by it are searched for one by one. */
#include "lang/vm/fragments.h"

#include "base/arena.h"
#include "base/hash.h"

enum {
    SHORTEST = 4,
    WINDOW_MAX = 16,
    BUCKET_BITS_MIN = 8,
    BUCKET_BITS_MAX = 14,
    BUCKETS_A_PAIR = 8, /* at least, up to the largest table */
};

struct fragment {
    struct fragment *next;
    struct sv text;
    const uint64_t *bits;
};

struct fragments {
    size_t window; /* bytes that count, 0: none is long enough */
    uint32_t bits;
    uint8_t *step;
    struct fragment **ending; /* by the last two bytes that count */
    struct fragment *few;     /* the short ones */
};

static uint32_t bucket_of(const struct fragments *fragments, const char *at)
{
    uint16_t pair;

    memcpy(&pair, at, sizeof(pair));
    return (pair * 0x9e3779b1u) >> (32 - fragments->bits);
}

static void add(struct fragments *fragments, struct fragment *fragment)
{
    size_t window = fragments->window;
    struct fragment **list = &fragments->few;

    if (fragment->text.len >= SHORTEST) {
        for (size_t end = 2; end <= window; end++) {
            uint8_t *step = &fragments->step[bucket_of(fragments, fragment->text.ptr + end - 2)];
            if (window - end < *step)
                *step = (uint8_t)(window - end);
        }
        list = &fragments->ending[bucket_of(fragments, fragment->text.ptr + window - 2)];
    }
    fragment->next = *list;
    *list = fragment;
}

static size_t window_of(const struct map *texts)
{
    size_t window = WINDOW_MAX;
    size_t at = 0;
    bool any = false;

    for (const struct map_slot *slot = map_next(texts, &at); slot != NULL;
         slot = map_next(texts, &at)) {
        if (slot->key.len < SHORTEST)
            continue;
        any = true;
        window = slot->key.len < window ? slot->key.len : window;
    }
    return any ? window : 0;
}

static uint32_t bits_for(size_t pairs)
{
    uint32_t bits = BUCKET_BITS_MIN;

    while (bits < BUCKET_BITS_MAX && (1u << bits) < pairs * BUCKETS_A_PAIR)
        bits++;
    return bits;
}

struct fragments *fragments_new(struct arena *arena, const struct map *texts)
{
    size_t at = 0;

    if (texts->count == 0)
        return NULL;
    struct fragments *fragments = arena_one(arena, struct fragments);
    fragments->window = window_of(texts);
    fragments->bits = bits_for(texts->count * fragments->window);
    fragments->step = arena_alloc(arena, 1u << fragments->bits);
    fragments->ending = arena_alloc(arena, sizeof(struct fragment *) << fragments->bits);
    if (fragments->window > 0)
        memset(fragments->step, (int)fragments->window - 1, 1u << fragments->bits);
    for (const struct map_slot *slot = map_next(texts, &at); slot != NULL;
         slot = map_next(texts, &at)) {
        struct fragment *fragment = arena_one(arena, struct fragment);
        *fragment = (struct fragment){.text = slot->key, .bits = slot->value};
        add(fragments, fragment);
    }
    return fragments;
}

static void mark(const struct fragment *fragment, uint64_t *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        words[i] |= fragment->bits[i];
}

static bool is_at(const struct fragment *fragment, struct sv text, size_t at)
{
    return text.len - at >= fragment->text.len &&
           memcmp(text.ptr + at, fragment->text.ptr, fragment->text.len) == 0;
}

void fragments_find(const struct fragments *fragments, struct sv text, uint64_t *words,
                    uint32_t count)
{
    size_t window = fragments->window;

    for (const struct fragment *f = fragments->few; f != NULL; f = f->next) {
        if (sv_find(text, f->text, 0) != SIZE_MAX)
            mark(f, words, count);
    }
    for (size_t end = window; window > 0 && end <= text.len;) {
        uint32_t bucket = bucket_of(fragments, text.ptr + end - 2);
        uint8_t step = fragments->step[bucket];
        if (step > 0) {
            end += step;
            continue;
        }
        for (const struct fragment *f = fragments->ending[bucket]; f != NULL; f = f->next) {
            if (is_at(f, text, end - window))
                mark(f, words, count);
        }
        end++;
    }
}
