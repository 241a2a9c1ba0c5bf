/* lang/vm/set.h - constant sets that conditions test values against.
 *
 * Built once in an arena, then immutable: any thread may ask. Keys are views of what the builder
 * was given, which must live as long. Building returns -E2BIG past the arena's limit. */
#pragma once

#include "base/attr.h"
#include "base/sv.h"
#include "event/value.h"

struct arena;

/* Byte strings, by hash. */
struct set {
    const struct sv *slot; /* ptr NULL: empty */
    size_t mask;           /* slots - 1 */
    size_t count;
    size_t len_min, len_max;
};

must_check int set_build(struct arena *arena, const struct sv *item, size_t count, struct set *out);
bool set_has(const struct set *set, struct sv text);

/* Addresses and nets: one set of masked addresses for each family and length of prefix. */
struct net_group {
    uint8_t family, prefix;
    struct set masked;
};
struct net_set {
    const struct net_group *group;
    uint32_t count;
};

/* `item` are addresses (kind VALUE_ADDRESS) or nets. */
must_check int net_set_build(struct arena *arena, const struct value *item, size_t count,
                             struct net_set *out);
bool net_set_has(const struct net_set *set, const struct value_ip *ip);
