/* Sets of four places: a value's hash chooses the set, and the high half of it is kept as a tag, so
 * that a look touches the tags of the set and the one place that is meant. A text gets a place
 * when it is asked for the second time (the set keeps a few tags of those that were not there);
 * when a set is full, the next place that was not asked for since it was last passed over is taken.
 * So texts that are seen once, however many, neither cost a place nor push out those that come
 * again. Apart from the sets there is a place for the absent value and the spare one. */
#include "match/verdicts.h"

#include "base/alloc.h"
#include "base/hash.h"

enum {
    WAYS = 4,
    SETS_MIN = 4,
};

struct set {
    uint32_t tag[WAYS];
    bool asked[WAYS];
    uint32_t seen[WAYS]; /* tags of texts that were not there */
    uint8_t hand;        /* the next place to be looked at for taking */
};

struct place {
    uint64_t key; /* hash of a text, or the number */
    uint32_t length;
    uint16_t kind; /* enum value_kind, a tag above it; 0: empty */
    uint64_t bits[];
};

struct verdicts {
    uint32_t words;
    uint32_t text_max; /* bytes */
    uint32_t mask;     /* sets - 1 */
    size_t stride;
    struct set *set;
    char *places; /* WAYS a set */
    struct place *absent, *spare;
};

static struct place *place_new(uint32_t words)
{
    return xcalloc(1, sizeof(struct place) + 2 * words * sizeof(uint64_t));
}

struct verdicts *verdicts_new(uint32_t words, enum value_type type, uint32_t text_max,
                              uint32_t places)
{
    struct verdicts *table = xcalloc(1, sizeof(*table));
    bool text = value_type_kind(type) == VALUE_TEXT || type == VALUE_DYNAMIC;
    uint32_t sets = SETS_MIN;

    table->words = words;
    table->text_max = text_max;
    table->stride = sizeof(struct place) + 2 * words * sizeof(uint64_t);
    table->stride += text ? text_max : 0;
    while (2 * sets * WAYS <= places && 2 * sets * WAYS * table->stride <= VERDICTS_BYTES_MAX)
        sets *= 2;
    table->mask = sets - 1;
    table->set = xcalloc(sets, sizeof(*table->set));
    table->places = xcalloc(sets * WAYS, table->stride);
    table->absent = place_new(words);
    table->spare = place_new(words);
    return table;
}

void verdicts_free(struct verdicts *table)
{
    if (table == NULL)
        return;
    free(table->set);
    free(table->places);
    free(table->absent);
    free(table->spare);
    free(table);
}

static struct verdict verdict_of(const struct verdicts *table, struct place *place)
{
    return (struct verdict){place->bits, place->bits + table->words};
}

static void forget(const struct verdicts *table, struct place *place)
{
    memset(place->bits, 0, 2 * table->words * sizeof(*place->bits));
}

struct verdict verdicts_spare(struct verdicts *table)
{
    forget(table, table->spare);
    return verdict_of(table, table->spare);
}

/* What a place is looked for by. */
struct wanted {
    uint64_t hash, key;
    struct sv text; /* empty for numbers */
    uint16_t kind;
};

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32) | 1;
}

static struct place *place_at(const struct verdicts *table, uint64_t set, uint32_t way)
{
    return (struct place *)(table->places + (set * WAYS + way) * table->stride);
}

static char *text_of(const struct verdicts *table, struct place *place)
{
    return (char *)(place->bits + 2 * table->words);
}

static bool is_for(const struct verdicts *table, struct place *place, const struct wanted *wanted)
{
    return place->key == wanted->key && place->kind == wanted->kind &&
           place->length == wanted->text.len &&
           (wanted->text.len == 0 ||
            memcmp(text_of(table, place), wanted->text.ptr, wanted->text.len) == 0);
}

static uint32_t way_to_take(struct set *set)
{
    while (set->asked[set->hand % WAYS]) {
        set->asked[set->hand % WAYS] = false;
        set->hand++;
    }
    return set->hand++ % WAYS;
}

static struct place *take_place(struct verdicts *table, const struct wanted *wanted)
{
    uint64_t index = wanted->hash & table->mask;
    uint32_t way = way_to_take(&table->set[index]);
    struct place *place = place_at(table, index, way);

    table->set[index].tag[way] = tag_of(wanted->hash);
    place->key = wanted->key;
    place->kind = wanted->kind;
    place->length = (uint32_t)wanted->text.len;
    if (wanted->text.len > 0)
        memcpy(text_of(table, place), wanted->text.ptr, wanted->text.len);
    forget(table, place);
    return place;
}

static struct verdict find(struct verdicts *table, const struct wanted *wanted)
{
    uint64_t index = wanted->hash & table->mask;
    struct set *set = &table->set[index];
    uint32_t tag = tag_of(wanted->hash);

    for (uint32_t way = 0; way < WAYS; way++) {
        if (set->tag[way] != tag)
            continue;
        struct place *place = place_at(table, index, way);
        if (!is_for(table, place, wanted))
            continue;
        set->asked[way] = true;
        return verdict_of(table, place);
    }
    uint32_t *seen = &set->seen[(wanted->hash >> 16) % WAYS];
    if (wanted->text.len > 0 && *seen != tag) {
        *seen = tag;
        return verdicts_spare(table);
    }
    return verdict_of(table, take_place(table, wanted));
}

struct verdict verdicts_of_text(struct verdicts *table, struct sv text, uint8_t tag)
{
    if (text.len > table->text_max)
        return verdicts_spare(table);
    uint64_t hash = hash_sv(text);
    struct wanted wanted = {hash, hash, text, (uint16_t)(VALUE_TEXT | tag << 8)};
    return find(table, &wanted);
}

static struct verdict of_number(struct verdicts *table, enum value_kind kind, uint64_t number)
{
    struct wanted wanted = {hash_u64(number), number, {NULL, 0}, (uint16_t)kind};

    return find(table, &wanted);
}

struct verdict verdicts_of(struct verdicts *table, const struct value *value)
{
    if (value == NULL)
        return verdict_of(table, table->absent);
    switch ((enum value_kind)value->kind) {
    case VALUE_TEXT:
        return verdicts_of_text(table, value->text, 0);
    case VALUE_UNSIGNED:
    case VALUE_SIGNED:
        return of_number(table, (enum value_kind)value->kind, value->u64);
    case VALUE_TRUTH:
        return of_number(table, VALUE_TRUTH, value->truth);
    default:
        return verdicts_spare(table);
    }
}
