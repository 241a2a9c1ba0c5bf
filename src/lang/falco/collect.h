/* lang/falco/collect.h - defines, appends and replaces items in the order in which they are read.
 *
 * An item that could not be read leaves its name behind as broken, so that changes to it are not
 * told as errors too. Problems are told to items->diags; -EINVAL or -E2BIG after an error. */
#pragma once

#include "lang/falco/items.h"

/* Keys of a rule that another item may change. */
enum rule_key {
    RULE_KEY_CONDITION,
    RULE_KEY_OUTPUT,
    RULE_KEY_DESC,
    RULE_KEY_TAGS,
    RULE_KEY_EXCEPTIONS,
    RULE_KEY_PRIORITY,
    RULE_KEY_ENABLED,
    RULE_KEY_CAPTURE,
    RULE_KEY_CAPTURE_DURATION,
    RULE_KEY_WARN_EVTTYPES,
    RULE_KEY_SKIP,
    RULE_KEY_COUNT,
};
#define RULE_KEY_BIT(key) (1u << (key))

/* What `tiercel:` says; each is merged alone. */
struct rule_ours {
    struct sv owner, playbook;
    enum rule_confidence confidence;
    bool has_owner, has_playbook, has_confidence;
};

/* A change to a rule that exists: the members named by `keys` count. */
struct rule_change {
    struct rule_info info;
    uint32_t keys;
    struct rule_ours ours;
};

must_check int collect_list(struct items *items, struct list_info *info, bool append);
must_check int collect_macro(struct items *items, struct macro_info *info, bool append);
must_check int collect_rule(struct items *items, struct rule_info *info);
must_check int collect_rule_append(struct items *items, struct rule_change *change);
must_check int collect_rule_replace(struct items *items, const struct rule_change *change);
/* `enabled:` alone, and `tiercel:` alone. */
must_check int collect_rule_enable(struct items *items, const struct rule_change *change);

void collect_ours(struct rule_info *rule, const struct rule_ours *ours);

/* The item of that name could not be read. */
void collect_broken(struct items *items, enum item_kind kind, const struct spot *spot);
