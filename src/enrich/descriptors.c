/* Small numbers are places of an array; the rare large ones are in a map, so that one high number
 * does not cost memory. */
#include "enrich/descriptors.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "enrich/text.h"
#include "event/event_flags.h"

enum { SMALL_FIRST = 8, SMALL_MAX = 4096 };

struct descriptors {
    uint32_t refs;
    uint32_t count;
    struct descriptor **small; /* by number */
    uint32_t small_size;
    struct nmap large; /* numbers from SMALL_MAX on */
};

static void descriptor_unref(struct descriptor *descriptor)
{
    if (descriptor == NULL || --descriptor->refs > 0)
        return;
    text_unref(descriptor->name);
    text_unref(descriptor->name_raw);
    free(descriptor);
}

static struct descriptor *descriptor_clone(const struct descriptor *from)
{
    struct descriptor *copy = xmalloc(sizeof(*copy));

    *copy = *from;
    copy->refs = 1;
    copy->name = text_ref(from->name);
    copy->name_raw = text_ref(from->name_raw);
    return copy;
}

struct descriptors *descriptors_new(void)
{
    struct descriptors *table = xcalloc(1, sizeof(*table));

    table->refs = 1;
    return table;
}

struct descriptors *descriptors_share(struct descriptors *table)
{
    table->refs++;
    return table;
}

void descriptors_unref(struct descriptors *table)
{
    struct nmap_slot *slot;
    size_t at = 0;

    if (table == NULL || --table->refs > 0)
        return;
    for (uint32_t i = 0; i < table->small_size; i++)
        descriptor_unref(table->small[i]);
    while ((slot = nmap_next(&table->large, &at)) != NULL)
        descriptor_unref(slot->value);
    nmap_done(&table->large);
    free(table->small);
    free(table);
}

/* The table for its owner alone. */
static struct descriptors *own(struct descriptors **place)
{
    struct descriptors *from = *place;
    struct nmap_slot *slot;
    size_t at = 0;

    if (from->refs == 1)
        return from;
    struct descriptors *table = descriptors_new();
    table->count = from->count;
    table->small_size = from->small_size;
    table->small = xmalloc(from->small_size * sizeof(struct descriptor *));
    for (uint32_t i = 0; i < from->small_size; i++) {
        table->small[i] = from->small[i];
        if (table->small[i] != NULL)
            table->small[i]->refs++;
    }
    while ((slot = nmap_next(&from->large, &at)) != NULL) {
        ((struct descriptor *)slot->value)->refs++;
        (void)nmap_put(&table->large, slot->key, slot->value);
    }
    from->refs--;
    *place = table;
    return table;
}

static struct descriptor *find(const struct descriptors *table, int64_t num)
{
    if (num < 0)
        return NULL;
    if (num < SMALL_MAX)
        return num < table->small_size ? table->small[num] : NULL;
    return nmap_find(&table->large, (uint64_t)num);
}

const struct descriptor *descriptors_find(const struct descriptors *table, int64_t num)
{
    return find(table, num);
}

uint32_t descriptors_count(const struct descriptors *table)
{
    return table->count;
}

static void grow_small(struct descriptors *table, uint32_t want)
{
    uint32_t size = table->small_size == 0 ? SMALL_FIRST : table->small_size;

    if (want <= table->small_size)
        return;
    while (size < want)
        size *= 2;
    table->small = xrealloc(table->small, size * sizeof(struct descriptor *));
    memset(table->small + table->small_size, 0,
           (size - table->small_size) * sizeof(struct descriptor *));
    table->small_size = size;
}

/* Put `descriptor` (a reference is taken over) or nothing, when NULL, in a number's place. */
static void set(struct descriptors *table, int64_t num, struct descriptor *descriptor)
{
    struct descriptor *before = find(table, num);

    if (num < SMALL_MAX) {
        if (descriptor != NULL)
            grow_small(table, (uint32_t)num + 1);
        if (num < table->small_size)
            table->small[num] = descriptor;
    } else if (descriptor != NULL) {
        (void)nmap_put(&table->large, (uint64_t)num, descriptor);
    } else {
        (void)nmap_remove(&table->large, (uint64_t)num);
    }
    table->count += (descriptor != NULL) - (before != NULL);
    descriptor_unref(before);
}

static bool may_hold(const struct descriptors *table, int64_t num)
{
    return num >= 0 && (table->count < DESCRIPTORS_MAX || find(table, num) != NULL);
}

struct descriptor *descriptors_put(struct descriptors **table, int64_t num)
{
    if (!may_hold(*table, num))
        return NULL;
    struct descriptor *descriptor = xcalloc(1, sizeof(*descriptor));
    descriptor->refs = 1;
    set(own(table), num, descriptor);
    return descriptor;
}

struct descriptor *descriptors_copy(struct descriptors **table, int64_t num,
                                    const struct descriptor *from)
{
    if (!may_hold(*table, num))
        return NULL;
    struct descriptor *copy = descriptor_clone(from);
    set(own(table), num, copy);
    return copy;
}

struct descriptor *descriptors_edit(struct descriptors **table, int64_t num)
{
    struct descriptor *descriptor = find(*table, num);

    if (descriptor == NULL)
        return NULL;
    struct descriptors *owned = own(table);
    if (descriptor->refs > 1) {
        descriptor = descriptor_clone(descriptor);
        set(owned, num, descriptor);
    }
    return descriptor;
}

void descriptors_remove(struct descriptors **table, int64_t num)
{
    if (find(*table, num) != NULL)
        set(own(table), num, NULL);
}

const struct descriptor *descriptors_next(const struct descriptors *table, uint64_t *at,
                                          int64_t *num)
{
    for (; *at < table->small_size; ++*at) {
        if (table->small[*at] != NULL) {
            *num = (int64_t)*at;
            return table->small[(*at)++];
        }
    }
    size_t slot = (size_t)(*at - table->small_size);
    const struct nmap_slot *found = nmap_next(&table->large, &slot);
    *at = table->small_size + slot;
    if (found == NULL)
        return NULL;
    *num = (int64_t)found->key;
    return found->value;
}

/* Numbers in [first, last] for which `want` says so, none but the first `max`. */
typedef bool (*want_fn)(const struct descriptor *descriptor);

static bool want_any(const struct descriptor *descriptor)
{
    return true;
}

static bool want_exec(const struct descriptor *descriptor)
{
    return (descriptor->flags & EVENT_O_CLOEXEC) != 0;
}

static uint32_t collect(const struct descriptors *table, uint64_t first, uint64_t last,
                        want_fn want, int64_t *out)
{
    const struct descriptor *descriptor;
    uint64_t at = 0;
    uint32_t count = 0;
    int64_t num = 0;

    while ((descriptor = descriptors_next(table, &at, &num)) != NULL) {
        if ((uint64_t)num >= first && (uint64_t)num <= last && want(descriptor))
            out[count++] = num;
    }
    return count;
}

static void remove_wanted(struct descriptors **table, uint64_t first, uint64_t last, want_fn want)
{
    scoped(free) int64_t *num = xmalloc((*table)->count * sizeof(*num) + 1);
    uint32_t count = collect(*table, first, last, want, num);

    for (uint32_t i = 0; i < count; i++)
        descriptors_remove(table, num[i]);
}

void descriptors_remove_range(struct descriptors **table, uint32_t first, uint32_t last)
{
    remove_wanted(table, first, last, want_any);
}

void descriptors_exec(struct descriptors **table)
{
    remove_wanted(table, 0, UINT64_MAX, want_exec);
}

void descriptors_flag_range(struct descriptors **table, uint32_t first, uint32_t last,
                            uint32_t flag)
{
    scoped(free) int64_t *num = xmalloc((*table)->count * sizeof(*num) + 1);
    uint32_t count = collect(*table, first, last, want_any, num);

    for (uint32_t i = 0; i < count; i++)
        descriptors_edit(table, num[i])->flags |= flag;
}
