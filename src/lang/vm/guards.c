/* Guards of a condition are chosen from the inside out: of `and` one part suffices, the one whose
 * comparisons are likely the rarest; of `or` each part needs its own; a negation guards nothing.
 *
 * What a condition excepts (`and not` a comparison that is looked up) bars it: such texts are
 * looked up with the guards where these look at the same operand. A row of bits has the conditions
 * that a text opens, then those that it bars. A condition that is nothing but guards and
 * exceptions, all of them looked up, is settled by that: where it is open it holds. */
#include "lang/vm/guards.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/hash.h"
#include "lang/vm/affixes.h"
#include "lang/vm/fragments.h"
#include "lang/vm/plan_nodes.h"
#include "lang/vm/program.h"

enum {
    WORD = 64,
    BITS_BLOCK = 16384,
    FILTER_WORDS = 8,
    PLAIN_COST_MAX = 60, /* dearer ones had better wait for what else the condition asks */
    /* How much a guard is worth avoiding. */
    WEIGHT_EQUAL = 1,
    WEIGHT_PART = 8,         /* prefix, suffix, fragment */
    WEIGHT_PLAIN = 40,       /* has to be tested by itself */
    WEIGHT_COMMON = 1 << 16, /* one that many values pass */
    WEIGHT_NONE = 1 << 24,   /* guards nothing */
};

/* Texts whose equals are looked for, behind a filter by length and last byte. */
struct equals {
    struct map bits;
    uint64_t filter[FILTER_WORDS];
};

/* Guards that look at one operand's text. */
struct watched {
    uint32_t operand;
    struct affixes *prefixes, *suffixes; /* NULL without */
    struct fragments *fragments;
    struct equals equals;
    struct map prefix, suffix, contained; /* text to bits, while building */
};

/* A guard that is tested as it stands. */
struct plain {
    uint32_t node;
    uint64_t *bits;
};

struct guards {
    struct arena *arena;
    uint32_t words;          /* half a row */
    uint64_t *always, *open; /* rows */
    uint64_t *settled;
    struct watched *watched;
    struct plain *plain;
    uint32_t watched_count, plain_count;
};

/* Choosing */

/* How a comparison with constants is looked up. */
enum look {
    LOOK_NONE, /* it is not */
    LOOK_EQUAL,
    LOOK_PREFIX,
    LOOK_SUFFIX,
    LOOK_CONTAINED,
};

/* The part of a pattern before its first special character. */
static struct sv fixed_start(struct sv pattern)
{
    size_t len = 0;

    while (len < pattern.len && memchr("*?[]\\", pattern.ptr[len], 5) == NULL)
        len++;
    return sv_sub(pattern, 0, len);
}

static enum look look_of(const struct plan_leaf *leaf)
{
    const struct predicate *predicate = leaf->predicate;

    if (predicate->left->is_list || predicate->left->type != VALUE_CHARBUF ||
        predicate->right != NULL)
        return LOOK_NONE;
    switch (leaf->test) {
    case PLAN_TEST_TEXT_EQ:
    case PLAN_TEST_TEXT_SET:
        return LOOK_EQUAL;
    case PLAN_TEST_TEXT_STARTS:
        return LOOK_PREFIX;
    case PLAN_TEST_TEXT_ENDS:
        return LOOK_SUFFIX;
    case PLAN_TEST_ANY:
        if (predicate->modifier != MODIFIER_NONE || predicate->literal_count != 1)
            return LOOK_NONE;
        if (predicate->op == OP_GLOB)
            return LOOK_PREFIX;
        return predicate->op == OP_CONTAINS ? LOOK_CONTAINED : LOOK_NONE;
    default:
        return LOOK_NONE;
    }
}

/* The text looked up for a constant. */
static struct sv key_of(const struct predicate *predicate, uint32_t index)
{
    struct sv text = predicate->literal[index].text;

    return predicate->op == OP_GLOB ? fixed_start(text) : text;
}

static bool has_few_values(const struct operand *operand)
{
    static const char *const names[] = {"fd.typechar",   "fd.type",      "fd.l4proto",
                                        "fd.sockfamily", "evt.category", "container.type"};

    for (size_t i = 0; operand->kind == OPERAND_FIELD && i < ARRAY_LEN(names); i++) {
        if (sv_eq(sv(operand->ref.field->name), sv(names[i])))
            return true;
    }
    return false;
}

static uint32_t leaf_weight(const struct plan *plan, const struct plan_leaf *leaf)
{
    const struct predicate *predicate = leaf->predicate;
    enum look look = look_of(leaf);

    if (leaf->test == PLAN_TEST_EXISTS || predicate->op == OP_NE)
        return WEIGHT_NONE;
    if (look == LOOK_NONE)
        return plan->node[leaf->node].cost > PLAIN_COST_MAX ? WEIGHT_NONE : WEIGHT_PLAIN;
    if (has_few_values(predicate->left))
        return WEIGHT_COMMON;
    for (uint32_t i = 0; i < predicate->literal_count; i++) {
        if (key_of(predicate, i).len < 2 && look != LOOK_EQUAL)
            return WEIGHT_COMMON;
    }
    return look == LOOK_EQUAL ? WEIGHT_EQUAL : WEIGHT_PART;
}

static uint32_t weight_of(const struct plan *plan, uint32_t index)
{
    const struct plan_node *node = &plan->node[index];
    const uint32_t *child = &plan->child[node->first];
    uint32_t weight = node->kind == PLAN_KIND_AND ? WEIGHT_NONE : 0;

    switch ((enum plan_kind)node->kind) {
    case PLAN_KIND_LEAF:
        return leaf_weight(plan, &plan->leaf[node->first]);
    case PLAN_KIND_AND:
        for (uint32_t i = 0; i < node->count; i++) {
            uint32_t part = weight_of(plan, child[i]);
            weight = part < weight ? part : weight;
        }
        return weight;
    case PLAN_KIND_OR:
        for (uint32_t i = 0; i < node->count && weight < WEIGHT_NONE; i++)
            weight += weight_of(plan, child[i]);
        return weight < WEIGHT_NONE ? weight : WEIGHT_NONE;
    default:
        return WEIGHT_NONE;
    }
}

/* Building */

struct builder {
    const struct plan *plan;
    struct guards *guards;
    uint32_t watched_room, plain_room;
};

static void *more(void *array, size_t size, uint32_t count, uint32_t *room)
{
    if (count < *room)
        return array;
    *room = *room == 0 ? 8 : *room * 2;
    return xrealloc(array, size * *room);
}

static void set_bit(uint64_t *bits, uint32_t index)
{
    bits[index / WORD] |= 1ULL << (index % WORD);
}

static uint64_t *new_bits(struct guards *guards)
{
    return arena_alloc(guards->arena, 2 * guards->words * sizeof(uint64_t));
}

static struct watched *find_watched(struct guards *guards, uint32_t operand)
{
    for (uint32_t i = 0; i < guards->watched_count; i++) {
        if (guards->watched[i].operand == operand)
            return &guards->watched[i];
    }
    return NULL;
}

static struct watched *watch(struct builder *b, uint32_t operand)
{
    struct guards *guards = b->guards;
    struct watched *known = find_watched(guards, operand);

    if (known != NULL)
        return known;
    guards->watched =
        more(guards->watched, sizeof(*guards->watched), guards->watched_count, &b->watched_room);
    struct watched *watched = &guards->watched[guards->watched_count++];
    *watched = (struct watched){.operand = operand};
    return watched;
}

static void add_text(struct guards *guards, struct map *map, struct sv text, uint32_t index)
{
    uint64_t *bits = map_find(map, text);

    if (bits == NULL) {
        bits = new_bits(guards);
        (void)map_put(map, text, bits);
    }
    set_bit(bits, index);
}

static void add_plain(struct builder *b, uint32_t node, uint32_t index)
{
    struct guards *guards = b->guards;
    uint32_t at = 0;

    while (at < guards->plain_count && guards->plain[at].node != node)
        at++;
    if (at == guards->plain_count) {
        guards->plain =
            more(guards->plain, sizeof(*guards->plain), guards->plain_count, &b->plain_room);
        guards->plain[guards->plain_count++] = (struct plain){node, new_bits(guards)};
    }
    set_bit(guards->plain[at].bits, index);
}

static struct map *map_for(struct watched *watched, enum look look)
{
    if (look == LOOK_PREFIX)
        return &watched->prefix;
    if (look == LOOK_SUFFIX)
        return &watched->suffix;
    return look == LOOK_CONTAINED ? &watched->contained : &watched->equals.bits;
}

/* These return whether being open comes to the same as the node being true. */
static bool add_leaf(struct builder *b, const struct plan_leaf *leaf, uint32_t index)
{
    bool exact = leaf->predicate->op != OP_GLOB;
    const struct predicate *predicate = leaf->predicate;
    enum look look = look_of(leaf);

    if (look == LOOK_NONE) {
        add_plain(b, leaf->node, index);
        return true;
    }
    struct watched *watched = watch(b, leaf->left);
    for (uint32_t i = 0; i < predicate->literal_count; i++) {
        struct sv key = key_of(predicate, i); /* every text begins with the empty one */
        add_text(b->guards, map_for(watched, key.len == 0 ? LOOK_PREFIX : look), key, index);
        exact = exact && key.len > 0;
    }
    return exact;
}

/* The part of an `and` that guards it best. */
static uint32_t best_part(const struct plan *plan, const struct plan_node *node)
{
    const uint32_t *child = &plan->child[node->first];
    uint32_t best = 0;

    for (uint32_t i = 1; i < node->count; i++) {
        if (weight_of(plan, child[i]) < weight_of(plan, child[best]))
            best = i;
    }
    return child[best];
}

/* Add the guards of a node that has some. */
static bool add_guards(struct builder *b, uint32_t index, uint32_t condition)
{
    const struct plan_node *node = &b->plan->node[index];
    bool exact = true;

    if (node->kind == PLAN_KIND_LEAF)
        return add_leaf(b, &b->plan->leaf[node->first], condition);
    if (node->kind == PLAN_KIND_AND) {
        (void)add_guards(b, best_part(b->plan, node), condition);
        return false;
    }
    for (uint32_t i = 0; i < node->count; i++)
        exact &= add_guards(b, b->plan->child[node->first + i], condition);
    return exact;
}

/* Add the texts that bar a condition, which this node being true makes false. */
static bool add_bars(struct builder *b, uint32_t index, uint32_t condition)
{
    const struct plan_node *node = &b->plan->node[index];
    const struct plan_leaf *leaf = &b->plan->leaf[node->first];
    bool exact = true;

    for (uint32_t i = 0; node->kind == PLAN_KIND_OR && i < node->count; i++)
        exact &= add_bars(b, b->plan->child[node->first + i], condition);
    if (node->kind == PLAN_KIND_OR)
        return exact;
    if (node->kind != PLAN_KIND_LEAF || look_of(leaf) == LOOK_NONE ||
        leaf->predicate->op == OP_GLOB)
        return false;
    struct watched *watched = find_watched(b->guards, leaf->left);
    for (uint32_t i = 0; watched != NULL && i < leaf->predicate->literal_count; i++) {
        struct sv key = key_of(leaf->predicate, i);
        if (key.len > 0)
            add_text(b->guards, map_for(watched, look_of(leaf)), key,
                     b->guards->words * WORD + condition);
        exact = exact && key.len > 0;
    }
    return exact && watched != NULL;
}

/* The whole of a condition: first all guards, then what is barred where these look. */
static void add_condition(struct builder *b, uint32_t node, uint32_t condition)
{
    const struct plan_node *of = &b->plan->node[node];
    uint32_t guard = of->kind == PLAN_KIND_AND ? best_part(b->plan, of) : node;
    bool exact = true;

    if (weight_of(b->plan, guard) < WEIGHT_NONE)
        exact = add_guards(b, guard, condition);
    else
        set_bit(b->guards->always, condition);
    if (exact)
        set_bit(b->guards->settled, condition);
}

static void add_exceptions(struct builder *b, uint32_t node, uint32_t condition)
{
    const struct plan_node *of = &b->plan->node[node];
    const uint32_t *part = of->kind == PLAN_KIND_AND ? &b->plan->child[of->first] : &node;
    uint32_t count = of->kind == PLAN_KIND_AND ? of->count : 1;
    uint32_t guard = of->kind == PLAN_KIND_AND ? best_part(b->plan, of) : node;
    bool exact = true;

    for (uint32_t i = 0; i < count; i++) {
        const struct plan_node *of_part = &b->plan->node[part[i]];
        bool guards = part[i] == guard && weight_of(b->plan, guard) < WEIGHT_NONE;
        if (of_part->kind == PLAN_KIND_NOT)
            exact &= add_bars(b, of_part->first, condition);
        else
            exact &= guards;
    }
    if (!exact)
        b->guards->settled[condition / WORD] &= ~(1ULL << (condition % WORD));
}

static uint32_t filter_place(struct sv text)
{
    uint32_t last = text.len == 0 ? 0 : (unsigned char)text.ptr[text.len - 1];

    return (uint32_t)(text.len * 31 + last * 7) % (FILTER_WORDS * WORD);
}

static void finish(struct guards *guards, struct watched *watched)
{
    size_t at = 0;

    watched->prefixes = affixes_new(guards->arena, &watched->prefix, 2 * guards->words, false);
    watched->suffixes = affixes_new(guards->arena, &watched->suffix, 2 * guards->words, true);
    watched->fragments = fragments_new(guards->arena, &watched->contained, 2 * guards->words);
    map_done(&watched->prefix);
    map_done(&watched->suffix);
    map_done(&watched->contained);
    for (const struct map_slot *slot = map_next(&watched->equals.bits, &at); slot != NULL;
         slot = map_next(&watched->equals.bits, &at))
        set_bit(watched->equals.filter, filter_place(slot->key));
}

/* The whole */

struct guards *guards_new(const struct plan *plan, const uint32_t *node, uint32_t count)
{
    struct guards *guards = xcalloc(1, sizeof(*guards));
    struct builder builder = {.plan = plan, .guards = guards};

    guards->arena = arena_new(BITS_BLOCK);
    guards->words = (count + WORD - 1) / WORD;
    guards->always = new_bits(guards);
    guards->open = new_bits(guards);
    guards->settled = new_bits(guards);
    for (uint32_t i = 0; i < count; i++)
        add_condition(&builder, node[i], i);
    for (uint32_t i = 0; i < count; i++)
        add_exceptions(&builder, node[i], i);
    for (uint32_t i = 0; i < guards->watched_count; i++)
        finish(guards, &guards->watched[i]);
    return guards;
}

void guards_free(struct guards *guards)
{
    if (guards == NULL)
        return;
    for (uint32_t i = 0; i < guards->watched_count; i++)
        map_done(&guards->watched[i].equals.bits);
    free(guards->watched);
    free(guards->plain);
    arena_free(guards->arena);
    free(guards);
}

static void admit(struct guards *guards, const uint64_t *bits)
{
    for (uint32_t i = 0; bits != NULL && i < 2 * guards->words; i++)
        guards->open[i] |= bits[i];
}

static const uint64_t *equal_to(const struct equals *equals, struct sv text)
{
    uint32_t place = filter_place(text);

    if (((equals->filter[place / WORD] >> (place % WORD)) & 1) == 0)
        return NULL;
    return map_find(&equals->bits, text);
}

static void look_up(struct guards *guards, const struct watched *watched, struct sv text)
{
    admit(guards, equal_to(&watched->equals, text));
    if (watched->prefixes != NULL)
        admit(guards, affixes_find(watched->prefixes, text));
    if (watched->suffixes != NULL)
        admit(guards, affixes_find(watched->suffixes, text));
    if (watched->fragments != NULL)
        fragments_find(watched->fragments, text, guards->open, 2 * guards->words);
}

const uint64_t *guards_open(struct guards *guards, struct plan_run *run)
{
    memcpy(guards->open, guards->always, 2 * guards->words * sizeof(*guards->open));
    for (uint32_t i = 0; i < guards->watched_count; i++) {
        const struct watched *watched = &guards->watched[i];
        const struct value *value = NULL;
        int count = plan_run_values(run, watched->operand, &value);
        for (int k = 0; k < count; k++) {
            if (value[k].kind == VALUE_TEXT)
                look_up(guards, watched, value[k].text);
        }
    }
    for (uint32_t i = 0; i < guards->plain_count; i++) {
        if (plan_run_holds(run, guards->plain[i].node))
            admit(guards, guards->plain[i].bits);
    }
    for (uint32_t i = 0; i < guards->words; i++)
        guards->open[i] &= ~guards->open[guards->words + i];
    return guards->open;
}

const uint64_t *guards_settled(const struct guards *guards)
{
    return guards->settled;
}
