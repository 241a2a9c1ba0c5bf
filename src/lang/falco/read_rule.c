/* An item with the key `rule`: a rule of its own, or a change to one. */
#include <errno.h>

#include "event/event.h"
#include "lang/falco/collect.h"
#include "lang/falco/read.h"

static const char *const rule_keys[] = {
    "rule",
    "condition",
    "output",
    "desc",
    "priority",
    "source",
    "enabled",
    "tags",
    "exceptions",
    "warn_evttypes",
    "capture",
    "append",
    "override",
    "tiercel",
    "skip-if-unknown-filter",
    "capture_duration",
    NULL,
};
static const char *const tiercel_keys[] = {"owner", "playbook", "confidence", NULL};

#define OVERRIDE_BOTH (OVERRIDE_APPEND | OVERRIDE_REPLACE)
static const struct read_key overridable[] = {
    [RULE_KEY_CONDITION] = {"condition", OVERRIDE_BOTH},
    [RULE_KEY_OUTPUT] = {"output", OVERRIDE_BOTH},
    [RULE_KEY_DESC] = {"desc", OVERRIDE_BOTH},
    [RULE_KEY_TAGS] = {"tags", OVERRIDE_BOTH},
    [RULE_KEY_EXCEPTIONS] = {"exceptions", OVERRIDE_BOTH},
    [RULE_KEY_PRIORITY] = {"priority", OVERRIDE_REPLACE},
    [RULE_KEY_ENABLED] = {"enabled", OVERRIDE_REPLACE},
    [RULE_KEY_CAPTURE] = {"capture", OVERRIDE_REPLACE},
    [RULE_KEY_CAPTURE_DURATION] = {"capture_duration", OVERRIDE_REPLACE},
    [RULE_KEY_WARN_EVTTYPES] = {"warn_evttypes", OVERRIDE_REPLACE},
    [RULE_KEY_SKIP] = {"skip-if-unknown-filter", OVERRIDE_REPLACE},
    {NULL, 0},
};
_Static_assert(ARRAY_LEN(overridable) == RULE_KEY_COUNT + 1, "every key has a row");

static int read_priority(struct read *read, enum rule_priority *out)
{
    static const char *const names[] = {"EMERGENCY", "ALERT",  "CRITICAL",      "ERROR",
                                        "WARNING",   "NOTICE", "INFORMATIONAL", "INFO",
                                        "DEBUG",     NULL};
    struct sv text = {0};

    int rc = read_text(read, "priority", &text);
    if (rc < 0)
        return rc;
    int priority = rule_priority_from(text);
    if (priority < 0) {
        struct spot spot = read_spot(read, yaml_get(read->map, "priority"), "rule priority", "");
        struct mend mend;
        const char *near = mend_nearest(&mend, text, names);
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &spot,
                            near != NULL ? near
                                         : "priorities are EMERGENCY, ALERT, CRITICAL, ERROR, "
                                           "WARNING, NOTICE, INFO, DEBUG",
                            "Invalid priority '%s'", text.ptr);
    }
    *out = (enum rule_priority)priority;
    return 0;
}

static int read_duration(struct read *read, bool optional, uint32_t *out)
{
    struct sv text = {0};
    bool given = false;
    uint64_t number = 0;

    int rc = optional ? read_optional_text(read, "capture_duration", &text, &given)
                      : read_text(read, "capture_duration", &text);
    if (rc < 0 || (optional && !given))
        return rc;
    if (!sv_to_u64(text, &number) || number > UINT32_MAX) {
        struct spot spot = read_spot(read, yaml_get(read->map, "capture_duration"), "value for",
                                     "capture_duration");
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &spot, NULL,
                            "Value for 'capture_duration' is not a number of milliseconds");
    }
    *out = (uint32_t)number;
    return 0;
}

static int read_confidence(struct read *read, struct rule_ours *out)
{
    static const char *const names[] = {"low", "medium", "high", NULL};
    struct sv text = {0};

    int rc = read_optional_text(read, "confidence", &text, &out->has_confidence);
    if (rc < 0 || !out->has_confidence)
        return rc;
    for (int i = 0; names[i] != NULL; i++) {
        if (sv_eq_nocase(text, sv(names[i]))) {
            out->confidence = (enum rule_confidence)(CONFIDENCE_LOW + i);
            return 0;
        }
    }
    struct spot spot =
        read_spot(read, yaml_get(read->map, "confidence"), "value for", "confidence");
    return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &spot,
                        "confidence is low, medium or high", "Invalid confidence '%s'", text.ptr);
}

static int read_ours(struct read *rule, struct rule_ours *out)
{
    const struct yaml_node *map = yaml_get(rule->map, "tiercel");

    if (map == NULL || yaml_is_null(map))
        return 0;
    struct read read = {
        .items = rule->items,
        .map = map,
        .spot = read_spot(rule, map, "tiercel mapping", ""),
    };
    if (map->kind != YAML_MAPPING)
        return items_report(read.items, DIAG_ERR_YAML_VALIDATE, &read.spot,
                            "write tiercel: {owner: ..., playbook: ..., confidence: high}",
                            "Value for 'tiercel' must be a mapping");
    int rc = read_unknown_keys(read.items, map, &read.spot, tiercel_keys);
    if (rc == 0)
        rc = read_optional_text(&read, "owner", &out->owner, &out->has_owner);
    if (rc == 0)
        rc = read_optional_text(&read, "playbook", &out->playbook, &out->has_playbook);
    return rc < 0 ? rc : read_confidence(&read, out);
}

static int read_tags(struct read *read, struct tags *out)
{
    return yaml_get(read->map, "tags") == NULL ? 0 : read_seq(read, "tags", out);
}

/* The value of one overridable key, which is there. */
static int read_key(struct read *read, enum rule_key key, struct rule_info *out)
{
    switch (key) {
    case RULE_KEY_CONDITION:
        return read_part(read, "condition", "rule condition", &out->condition);
    case RULE_KEY_OUTPUT:
        return read_part(read, "output", "rule output", &out->output);
    case RULE_KEY_DESC:
        return read_part(read, "desc", "value for", &out->description);
    case RULE_KEY_TAGS:
        return read_tags(read, &out->tags);
    case RULE_KEY_EXCEPTIONS:
        return read_exceptions(read, &out->exceptions, true);
    case RULE_KEY_PRIORITY:
        return read_priority(read, &out->priority);
    case RULE_KEY_ENABLED:
        return read_bool(read, "enabled", &out->enabled);
    case RULE_KEY_CAPTURE:
        return read_bool(read, "capture", &out->capture);
    case RULE_KEY_CAPTURE_DURATION:
        return read_duration(read, false, &out->capture_duration_ms);
    case RULE_KEY_WARN_EVTTYPES:
        return read_bool(read, "warn_evttypes", &out->warn_evttypes);
    case RULE_KEY_SKIP:
        return read_bool(read, "skip-if-unknown-filter", &out->skip_if_unknown_filter);
    case RULE_KEY_COUNT:
        break;
    }
    return -EINVAL;
}

static int read_change(struct read *read, uint32_t keys, const char *operation,
                       struct rule_change *out)
{
    out->keys = keys;
    for (int i = 0; i < RULE_KEY_COUNT; i++) {
        if ((keys & RULE_KEY_BIT(i)) == 0)
            continue;
        if (yaml_get(read->map, overridable[i].name) == NULL)
            return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &read->spot, NULL,
                                "An %s override for '%s' was specified but '%s' is not defined",
                                operation, overridable[i].name, overridable[i].name);
        int rc = read_key(read, (enum rule_key)i, &out->info);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static struct rule_change new_change(const struct read *read, const struct rule_ours *ours)
{
    return (struct rule_change){
        .info = {.name = read->spot.name, .spot = read->spot},
        .ours = *ours,
    };
}

static int read_override_item(struct read *read, uint32_t append, uint32_t replace,
                              const struct rule_ours *ours)
{
    int rc = 0;

    if (append != 0) {
        struct rule_change change = new_change(read, ours);
        rc = read_change(read, append, "append", &change);
        if (rc == 0)
            rc = collect_rule_append(read->items, &change);
    }
    if (rc == 0 && replace != 0) {
        struct rule_change change = new_change(read, ours);
        rc = read_change(read, replace & ~append, "replace", &change);
        if (rc == 0)
            rc = collect_rule_replace(read->items, &change);
    }
    for (int i = 0; i < RULE_KEY_COUNT && rc == 0; i++) {
        const struct yaml_node *value = yaml_get(read->map, overridable[i].name);
        if (value == NULL || ((append | replace) & RULE_KEY_BIT(i)) != 0)
            continue;
        struct spot spot = read_spot(read, value, "overrides", overridable[i].name);
        rc =
            items_report(read->items, DIAG_ERR_YAML_VALIDATE, &spot, NULL,
                         "Unexpected key '%s': no corresponding entry under 'override' is defined.",
                         overridable[i].name);
    }
    return rc;
}

static int read_append_item(struct read *read, const struct rule_ours *ours)
{
    struct rule_change change = new_change(read, ours);

    for (int i = 0; i < RULE_KEY_COUNT; i++) {
        const struct yaml_node *value = yaml_get(read->map, overridable[i].name);
        if (value == NULL)
            continue;
        if (i == RULE_KEY_CONDITION || i == RULE_KEY_EXCEPTIONS) {
            change.keys |= RULE_KEY_BIT(i);
            int rc = read_key(read, (enum rule_key)i, &change.info);
            if (rc < 0)
                return rc;
            continue;
        }
        struct spot spot = read_spot(read, value, "key", overridable[i].name);
        (void)items_report(read->items, DIAG_UNKNOWN_KEY, &spot, "say what to do under 'override'",
                           "Key '%s' has no effect beside 'append: true'", overridable[i].name);
    }
    return collect_rule_append(read->items, &change);
}

/* Nothing but `enabled`, or nothing but `tiercel`. */
static int read_enable_item(struct read *read, const struct rule_ours *ours)
{
    struct rule_change change = new_change(read, ours);
    bool only_ours =
        yaml_get(read->map, "tiercel") != NULL && yaml_get(read->map, "enabled") == NULL;

    if (yaml_get(read->map, "enabled") == NULL && !only_ours)
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &read->spot,
                            "a rule has condition, output, desc and priority; a change to a rule "
                            "says under 'override' what it changes",
                            "Item has no mapping for key 'enabled'");
    if (!only_ours) {
        change.keys = RULE_KEY_BIT(RULE_KEY_ENABLED);
        int rc = read_bool(read, "enabled", &change.info.enabled);
        if (rc < 0)
            return rc;
        (void)items_report(read->items, DIAG_DEPRECATED_ITEM, &read->spot,
                           "add override: {enabled: replace}",
                           "The standalone 'enabled' key is deprecated: say 'enabled: replace' "
                           "under 'override' too");
    }
    return collect_rule_enable(read->items, &change);
}

static int read_optional_keys(struct read *read, struct rule_info *info)
{
    int rc = read_optional_text(read, "source", &info->source_name, NULL);

    if (rc == 0)
        rc = read_optional_bool(read, "enabled", &info->enabled);
    if (rc == 0)
        rc = read_optional_bool(read, "warn_evttypes", &info->warn_evttypes);
    if (rc == 0)
        rc = read_optional_bool(read, "skip-if-unknown-filter", &info->skip_if_unknown_filter);
    if (rc == 0)
        rc = read_optional_bool(read, "capture", &info->capture);
    if (rc == 0)
        rc = read_duration(read, true, &info->capture_duration_ms);
    return rc < 0 ? rc : read_tags(read, &info->tags);
}

static int read_new_rule(struct read *read, const struct rule_ours *ours)
{
    struct rule_info info = {
        .name = read->spot.name,
        .spot = read->spot,
        .source_name = sv(event_source_name(SOURCE_SYSCALL)),
        .enabled = true,
        .warn_evttypes = true,
    };

    int rc = read_part(read, "condition", "rule condition", &info.condition);
    if (rc == 0)
        rc = read_part(read, "output", "rule output", &info.output);
    if (rc == 0)
        rc = read_part(read, "desc", "value for", &info.description);
    if (rc == 0)
        rc = read_priority(read, &info.priority);
    if (rc == 0)
        rc = read_optional_keys(read, &info);
    if (rc == 0)
        rc = read_exceptions(read, &info.exceptions, false);
    if (rc < 0)
        return rc;
    collect_ours(&info, ours);
    return collect_rule(read->items, &info);
}

static bool has(const struct read *read, const char *key)
{
    return yaml_get(read->map, key) != NULL;
}

static int read_body(struct read *read)
{
    struct rule_ours ours = {0};
    bool append = false;
    uint32_t appended = 0, replaced = 0;

    int rc = read_optional_bool(read, "append", &append);
    if (rc < 0)
        return rc;
    if (append)
        (void)items_report(read->items, DIAG_DEPRECATED_ITEM, &read->spot,
                           "add an entry, such as 'condition: append', under 'override' instead",
                           "The key 'append' is deprecated");
    rc = read_overrides(read, overridable, &appended, &replaced);
    if (rc == 0 && append && (appended | replaced) != 0)
        rc = items_report(read->items, DIAG_ERR_YAML_VALIDATE, &read->spot, "drop 'append: true'",
                          "Keys 'override' and 'append: true' cannot be used together");
    if (rc == 0)
        rc = read_ours(read, &ours);
    if (rc < 0)
        return rc;
    if ((appended | replaced) != 0)
        return read_override_item(read, appended, replaced, &ours);
    if (append)
        return read_append_item(read, &ours);
    if (!has(read, "condition") && !has(read, "output") && !has(read, "desc") &&
        !has(read, "priority"))
        return read_enable_item(read, &ours);
    return read_new_rule(read, &ours);
}

int read_rule(struct read *read)
{
    int rc = read_text(read, "rule", &read->spot.name);

    if (rc < 0)
        return rc;
    (void)read_unknown_keys(read->items, read->map, &read->spot, rule_keys);
    rc = read_body(read);
    if (rc < 0)
        collect_broken(read->items, ITEM_RULE, &read->spot);
    return rc;
}
