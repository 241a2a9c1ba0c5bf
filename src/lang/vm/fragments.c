/* Wu and Manber's way: of each fragment only the first bytes count, as many as the shortest has.
 * Two bytes of the text, where such a beginning would end, tell how far the next place is at which
 * one may end; where that is here, the longest fragment that the text has there is looked up as a
 * prefix is. Since short fragments make for short steps, they get a pass of their own. */
#include "lang/vm/fragments.h"

#include "base/arena.h"
#include "base/hash.h"
#include "lang/vm/affixes.h"

enum {
    PAIR = 2, /* bytes */
    LONG_MIN = 4,
    WINDOW_MAX = 16,
    BUCKET_BITS_MIN = 8,
    BUCKET_BITS_MAX = 14,
    BUCKETS_A_PAIR = 8, /* at least, up to the largest table */
};

/* A pass over the text, for fragments of some lengths. */
struct pass {
    size_t window; /* bytes that count, PAIR or more */
    uint32_t bits;
    uint8_t *step; /* by bucket */
    struct affixes *beginning;
};

struct fragment {
    struct fragment *next;
    struct sv text;
    const uint64_t *bits;
};

struct fragments {
    struct pass *longer, *shorter; /* NULL without */
    struct fragment *single;       /* of one byte */
};

static uint32_t bucket_of(const struct pass *pass, const char *at)
{
    uint16_t pair;

    memcpy(&pair, at, sizeof(pair));
    return (pair * 0x9e3779b1u) >> (32 - pass->bits);
}

static uint32_t bits_for(size_t pairs)
{
    uint32_t bits = BUCKET_BITS_MIN;

    while (bits < BUCKET_BITS_MAX && (1u << bits) < pairs * BUCKETS_A_PAIR)
        bits++;
    return bits;
}

static void add_steps(struct pass *pass, struct sv text)
{
    for (size_t end = PAIR; end <= pass->window; end++) {
        uint8_t *step = &pass->step[bucket_of(pass, text.ptr + end - PAIR)];
        if (pass->window - end < *step)
            *step = (uint8_t)(pass->window - end);
    }
}

/* For the texts of min to max bytes. */
static struct pass *pass_new(struct arena *arena, const struct map *texts, uint32_t words,
                             size_t min, size_t max)
{
    struct map chosen = {0};
    size_t window = WINDOW_MAX;
    size_t at = 0;

    for (const struct map_slot *slot = map_next(texts, &at); slot != NULL;
         slot = map_next(texts, &at)) {
        if (slot->key.len < min || slot->key.len > max)
            continue;
        window = slot->key.len < window ? slot->key.len : window;
        (void)map_put(&chosen, slot->key, slot->value);
    }
    struct pass *pass = chosen.count == 0 ? NULL : arena_one(arena, struct pass);
    if (pass == NULL)
        return NULL;
    pass->window = window;
    pass->bits = bits_for(chosen.count * window);
    pass->step = arena_alloc(arena, 1u << pass->bits);
    memset(pass->step, (int)(window - PAIR + 1), 1u << pass->bits);
    at = 0;
    for (const struct map_slot *slot = map_next(&chosen, &at); slot != NULL;
         slot = map_next(&chosen, &at))
        add_steps(pass, slot->key);
    pass->beginning = affixes_new(arena, &chosen, words, false);
    map_done(&chosen);
    return pass;
}

static struct fragment *single_new(struct arena *arena, const struct map *texts)
{
    struct fragment *first = NULL;
    size_t at = 0;

    for (const struct map_slot *slot = map_next(texts, &at); slot != NULL;
         slot = map_next(texts, &at)) {
        if (slot->key.len > 1)
            continue;
        struct fragment *fragment = arena_one(arena, struct fragment);
        *fragment = (struct fragment){first, slot->key, slot->value};
        first = fragment;
    }
    return first;
}

struct fragments *fragments_new(struct arena *arena, const struct map *texts, uint32_t words)
{
    if (texts->count == 0)
        return NULL;
    struct fragments *fragments = arena_one(arena, struct fragments);
    fragments->longer = pass_new(arena, texts, words, LONG_MIN, SIZE_MAX);
    fragments->shorter = pass_new(arena, texts, words, PAIR, LONG_MIN - 1);
    fragments->single = single_new(arena, texts);
    return fragments;
}

static void mark(const uint64_t *bits, uint64_t *words, uint32_t count)
{
    for (uint32_t i = 0; bits != NULL && i < count; i++)
        words[i] |= bits[i];
}

static void run_pass(const struct pass *pass, struct sv text, uint64_t *words, uint32_t count)
{
    for (size_t end = pass->window; end <= text.len;) {
        uint8_t step = pass->step[bucket_of(pass, text.ptr + end - PAIR)];
        if (step == 0) {
            struct sv rest = {text.ptr + end - pass->window, text.len - end + pass->window};
            mark(affixes_find(pass->beginning, rest), words, count);
        }
        end += step == 0 ? 1 : step;
    }
}

void fragments_find(const struct fragments *fragments, struct sv text, uint64_t *words,
                    uint32_t count)
{
    for (const struct fragment *f = fragments->single; f != NULL; f = f->next) {
        if (sv_find(text, f->text, 0) != SIZE_MAX)
            mark(f->bits, words, count);
    }
    if (fragments->shorter != NULL)
        run_pass(fragments->shorter, text, words, count);
    if (fragments->longer != NULL)
        run_pass(fragments->longer, text, words, count);
}
