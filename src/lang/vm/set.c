#include "lang/vm/set.h"

#include <assert.h>
#include <errno.h>

#include "base/arena.h"
#include "base/hash.h"

enum { PREFIX_SPAN = 256, GROUPS_MAX = 2 * PREFIX_SPAN };

static const char empty_text[1]; /* a place for the empty string, which is an item too */

static size_t find_slot(const struct sv *slot, size_t mask, struct sv text)
{
    size_t at = hash_sv(text) & mask;

    while (slot[at].ptr != NULL && !sv_eq(slot[at], text))
        at = (at + 1) & mask;
    return at;
}

int set_build(struct arena *arena, const struct sv *item, size_t count, struct set *out)
{
    struct set set = {.len_min = SIZE_MAX};
    size_t size = 4;

    while (size < count * 2)
        size *= 2;
    struct sv *slot = arena_array(arena, struct sv, size);
    if (slot == NULL)
        return -E2BIG;
    for (size_t i = 0; i < count; i++) {
        struct sv text = item[i].len == 0 ? (struct sv){empty_text, 0} : item[i];
        size_t at = find_slot(slot, size - 1, text);

        set.count += slot[at].ptr == NULL;
        slot[at] = text;
        set.len_min = text.len < set.len_min ? text.len : set.len_min;
        set.len_max = text.len > set.len_max ? text.len : set.len_max;
    }
    set.slot = slot;
    set.mask = size - 1;
    *out = set;
    return 0;
}

bool set_has(const struct set *set, struct sv text)
{
    if (set->count == 0 || text.len < set->len_min || text.len > set->len_max)
        return false;
    return set->slot[find_slot(set->slot, set->mask, text)].ptr != NULL;
}

static uint8_t prefix_of(const struct value *item)
{
    if (item->kind == VALUE_NETWORK)
        return item->ip.prefix;
    return item->ip.family == 4 ? 32 : 128;
}

/* The first `prefix` bits of the address into `to`; returns them as a view. */
static struct sv mask_ip(const struct value_ip *ip, unsigned prefix, char to[16])
{
    size_t bytes = ip->family == 4 ? 4 : 16;

    for (size_t i = 0; i < bytes; i++) {
        unsigned bits = prefix > 8 * i ? prefix - 8 * (unsigned)i : 0;
        unsigned mask = bits >= 8 ? 0xff : (0xff00u >> bits) & 0xff;
        to[i] = (char)(ip->byte[i] & mask);
    }
    return (struct sv){to, bytes};
}

static size_t group_key(const struct value *item)
{
    return (item->ip.family == 4 ? 0 : PREFIX_SPAN) + prefix_of(item);
}

int net_set_build(struct arena *arena, const struct value *item, size_t count, struct net_set *out)
{
    uint32_t *per_group = arena_array(arena, uint32_t, GROUPS_MAX);
    struct sv *key = arena_array(arena, struct sv, count);
    char(*bytes)[16] = (char(*)[16])arena_array_size(arena, sizeof(*bytes), count);
    uint32_t groups = 0;

    if (per_group == NULL || key == NULL || bytes == NULL)
        return -E2BIG;
    for (size_t i = 0; i < count; i++)
        groups += per_group[group_key(&item[i])]++ == 0;
    struct net_group *group = arena_array(arena, struct net_group, groups);
    if (group == NULL)
        return -E2BIG;
    uint32_t made = 0;
    for (size_t g = 0; g < GROUPS_MAX; g++) {
        size_t keys = 0;

        if (per_group[g] == 0)
            continue;
        for (size_t i = 0; i < count && keys < per_group[g]; i++) {
            if (group_key(&item[i]) == g) {
                key[keys] = mask_ip(&item[i].ip, prefix_of(&item[i]), bytes[i]);
                keys++;
            }
        }
        group[made].family = g < PREFIX_SPAN ? 4 : 6;
        group[made].prefix = (uint8_t)(g % PREFIX_SPAN);
        int rc = set_build(arena, key, keys, &group[made].masked);
        if (rc < 0)
            return rc;
        made++;
    }
    *out = (struct net_set){group, made};
    return 0;
}

bool net_set_has(const struct net_set *set, const struct value_ip *ip)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const struct net_group *group = &set->group[i];
        char masked[16];

        if (group->family == ip->family &&
            set_has(&group->masked, mask_ip(ip, group->prefix, masked)))
            return true;
    }
    return false;
}
