#include "lang/falco/collect.h"

#include <errno.h>

#include "event/event.h"
#include "lang/falco/exceptions.h"
#include "lang/falco/read.h"

/* Another item is read: its place in the order. */
static int next_index(struct items *items, const struct spot *spot, uint32_t *out)
{
    if (items->next_index == ITEMS_MAX) {
        (void)items_report(items, DIAG_ERR_VALIDATE, spot, "split the rules over several sets",
                           "more than %u lists, macros, rules and changes to them", ITEMS_MAX);
        return -E2BIG;
    }
    *out = items->next_index++;
    return 0;
}

/* Add a copy of `info` to a list of pointers and to the map; NULL when full. */
static void *add(struct items *items, struct map *map, struct sv name, const void *info,
                 size_t size)
{
    void *copy = arena_try(items->arena, size);

    if (copy == NULL)
        return NULL;
    memcpy(copy, info, size);
    (void)map_put(map, name, copy);
    return copy;
}

static int add_list(struct items *items, const struct list_info *info)
{
    struct list_info **lists = items_grow(items, items->lists, items->list_count, &items->list_room,
                                          sizeof(struct list_info *));
    struct list_info *copy =
        lists == NULL ? NULL : add(items, &items->list, info->name, info, sizeof(*info));

    if (copy == NULL)
        return items_full(items, &info->spot);
    items->lists = lists;
    lists[items->list_count++] = copy;
    return 0;
}

static int add_macro(struct items *items, const struct macro_info *info)
{
    struct macro_info **macros = items_grow(items, items->macros, items->macro_count,
                                            &items->macro_room, sizeof(struct macro_info *));
    struct macro_info *copy =
        macros == NULL ? NULL : add(items, &items->macro, info->name, info, sizeof(*info));

    if (copy == NULL)
        return items_full(items, &info->spot);
    items->macros = macros;
    macros[items->macro_count++] = copy;
    return 0;
}

static int add_rule(struct items *items, const struct rule_info *info)
{
    struct rule_info **rules = items_grow(items, items->rules, items->rule_count, &items->rule_room,
                                          sizeof(struct rule_info *));
    struct rule_info *copy =
        rules == NULL ? NULL : add(items, &items->rule, info->name, info, sizeof(*info));

    if (copy == NULL)
        return items_full(items, &info->spot);
    items->rules = rules;
    rules[items->rule_count++] = copy;
    return 0;
}

int collect_list(struct items *items, struct list_info *info, bool append)
{
    struct list_info *before = map_find(&items->list, info->name);

    if (append && before == NULL)
        return items_report(
            items, DIAG_ERR_VALIDATE, &info->spot, NULL,
            "List uses 'append' or 'override.items: append' but no list by that name already "
            "exists");
    if (before != NULL && before->broken)
        return 0;
    int rc = next_index(items, &info->spot, &info->visibility);
    if (rc < 0)
        return rc;
    if (before == NULL) {
        info->index = info->visibility;
        return add_list(items, info);
    }
    before->visibility = info->visibility;
    if (!append) {
        info->index = before->index;
        *before = *info;
        return 0;
    }
    for (uint32_t i = 0; i < info->count; i++) {
        if (!items_room(items, before))
            return items_full(items, &info->spot);
        before->item[before->count++] = info->item[i];
    }
    return 0;
}

int collect_macro(struct items *items, struct macro_info *info, bool append)
{
    struct macro_info *before = map_find(&items->macro, info->name);

    if (append && before == NULL)
        return items_report(
            items, DIAG_ERR_VALIDATE, &info->spot, NULL,
            "Macro uses 'append' or 'override.condition: append' but no macro by that name already "
            "exists");
    if (before != NULL && before->broken)
        return 0;
    int rc = next_index(items, &info->spot, &info->visibility);
    if (rc < 0)
        return rc;
    if (before == NULL) {
        info->index = info->visibility;
        return add_macro(items, info);
    }
    before->visibility = info->visibility;
    if (append)
        return parts_append(items, &before->condition, &info->condition, &info->spot);
    info->index = before->index;
    *before = *info;
    return 0;
}

static int check_exceptions(struct items *items, struct rule_info *rule)
{
    for (uint32_t i = 0; i < rule->exceptions.count; i++) {
        struct exception_info *exception = &rule->exceptions.item[i];
        if (!exception->fields.given)
            return items_report(
                items, DIAG_ERR_VALIDATE, &exception->spot, NULL,
                "Rule exception item must have fields property with a list of fields");
        int rc = exceptions_check(items, exception, rule->source);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static void warn_source(struct items *items, const struct rule_info *info)
{
    const char *names[SOURCE_COUNT + 1] = {NULL};
    struct mend mend;

    for (int i = 0; i < SOURCE_COUNT; i++)
        names[i] = event_source_name((enum event_source)i);
    (void)items_report(items, DIAG_UNKNOWN_SOURCE, &info->spot,
                       mend_nearest(&mend, info->source_name, names), "Unknown source %s, skipping",
                       info->source_name.ptr);
}

int collect_rule(struct items *items, struct rule_info *info)
{
    struct rule_info *before = map_find(&items->rule, info->name);

    if (before != NULL && before->broken)
        return 0;
    if (before != NULL && !sv_eq(before->source_name, info->source_name))
        return items_report(items, DIAG_ERR_VALIDATE, &info->spot, NULL,
                            "Rule has been re-defined with a different source");
    info->source = event_source_from(info->source_name);
    if (info->source < 0)
        warn_source(items, info);
    int rc = check_exceptions(items, info);
    if (rc == 0)
        rc = next_index(items, &info->spot, &info->visibility);
    if (rc < 0)
        return rc;
    if (before == NULL) {
        info->index = info->visibility;
        return add_rule(items, info);
    }
    info->index = before->index;
    *before = *info;
    return 0;
}

static int append_values(struct items *items, struct exception_info *to,
                         const struct exception_info *from)
{
    uint64_t count = (uint64_t)to->count + from->count;

    if (from->count == 0)
        return 0;
    if (count > to->room) {
        uint64_t room = count * 2;
        struct exception_entry *value =
            room > UINT32_MAX ? NULL : arena_array(items->arena, struct exception_entry, room);
        if (value == NULL)
            return items_full(items, &from->spot);
        if (to->count > 0)
            memcpy(value, to->value, to->count * sizeof(*value));
        to->value = value;
        to->room = (uint32_t)room;
    }
    memcpy(to->value + to->count, from->value, from->count * sizeof(*from->value));
    to->count = (uint32_t)count;
    return 0;
}

static int add_exception(struct items *items, struct rule_info *rule,
                         struct exception_info *exception)
{
    if (!exception->fields.given)
        return items_report(items, DIAG_ERR_VALIDATE, &exception->spot, NULL,
                            "Rule exception must have fields property with a list of fields");
    if (exception->count == 0)
        return items_report(items, DIAG_ERR_VALIDATE, &exception->spot, NULL,
                            "Rule exception must have values property with a list of values");
    int rc = exceptions_check(items, exception, rule->source);
    if (rc < 0)
        return rc;
    if (!items_room(items, &rule->exceptions))
        return items_full(items, &exception->spot);
    rule->exceptions.item[rule->exceptions.count++] = *exception;
    return 0;
}

static int append_exception(struct items *items, struct rule_info *rule,
                            struct exception_info *exception)
{
    struct exception_info *before = NULL;

    for (uint32_t i = 0; i < rule->exceptions.count && before == NULL; i++) {
        if (sv_eq(rule->exceptions.item[i].name, exception->name))
            before = &rule->exceptions.item[i];
    }
    if (before == NULL)
        return add_exception(items, rule, exception);
    if (exception->fields.given || exception->comps.given)
        return items_report(items, DIAG_ERR_VALIDATE, &exception->spot, NULL,
                            "Can not append exception %s to existing exception, only values",
                            exception->fields.given ? "fields" : "comps");
    return append_values(items, before, exception);
}

static int append_tags(struct items *items, struct rule_info *rule, const struct rule_info *more)
{
    for (uint32_t i = 0; i < more->tags.count; i++) {
        if (!items_room(items, &rule->tags))
            return items_full(items, &more->spot);
        rule->tags.item[rule->tags.count++] = more->tags.item[i];
    }
    return 0;
}

/* The rule to change; NULL with rc 0 when it is broken. */
static int find_rule(struct items *items, const struct rule_info *info, const char *message,
                     struct rule_info **out)
{
    struct rule_info *rule = map_find(&items->rule, info->name);

    *out = NULL;
    if (rule == NULL)
        return items_report(items, DIAG_ERR_VALIDATE, &info->spot,
                            "files are read in the order given: name the rule's file first", "%s",
                            message);
    if (rule->broken)
        return 0;
    *out = rule;
    return 0;
}

void collect_ours(struct rule_info *rule, const struct rule_ours *ours)
{
    if (ours->has_owner)
        rule->owner = ours->owner;
    if (ours->has_playbook)
        rule->playbook = ours->playbook;
    if (ours->has_confidence)
        rule->confidence = ours->confidence;
}

int collect_rule_append(struct items *items, struct rule_change *change)
{
    struct rule_info *rule = NULL;
    struct rule_info *info = &change->info;

    int rc = find_rule(items, info,
                       "Rule uses 'append' or 'override.<key>: append' but no rule by that name "
                       "already exists",
                       &rule);
    if (rc < 0 || rule == NULL)
        return rc;
    if (change->keys == 0)
        return items_report(items, DIAG_ERR_VALIDATE, &info->spot, NULL,
                            "Appended rule must have exceptions or condition property");
    rc = parts_append(items, &rule->condition, &info->condition, &info->spot);
    if (rc == 0)
        rc = parts_append(items, &rule->output, &info->output, &info->spot);
    if (rc == 0)
        rc = parts_append(items, &rule->description, &info->description, &info->spot);
    if (rc == 0)
        rc = append_tags(items, rule, info);
    for (uint32_t i = 0; i < info->exceptions.count && rc == 0; i++)
        rc = append_exception(items, rule, &info->exceptions.item[i]);
    if (rc == 0)
        rc = next_index(items, &info->spot, &rule->visibility);
    collect_ours(rule, &change->ours);
    return rc;
}

static void replace_keys(struct rule_info *rule, const struct rule_info *info, uint32_t keys)
{
    if (keys & RULE_KEY_BIT(RULE_KEY_CONDITION))
        rule->condition = info->condition;
    if (keys & RULE_KEY_BIT(RULE_KEY_OUTPUT))
        rule->output = info->output;
    if (keys & RULE_KEY_BIT(RULE_KEY_DESC))
        rule->description = info->description;
    if (keys & RULE_KEY_BIT(RULE_KEY_TAGS))
        rule->tags = info->tags;
    if (keys & RULE_KEY_BIT(RULE_KEY_EXCEPTIONS))
        rule->exceptions = info->exceptions;
    if (keys & RULE_KEY_BIT(RULE_KEY_PRIORITY))
        rule->priority = info->priority;
    if (keys & RULE_KEY_BIT(RULE_KEY_ENABLED))
        rule->enabled = info->enabled;
    if (keys & RULE_KEY_BIT(RULE_KEY_CAPTURE))
        rule->capture = info->capture;
    if (keys & RULE_KEY_BIT(RULE_KEY_CAPTURE_DURATION))
        rule->capture_duration_ms = info->capture_duration_ms;
    if (keys & RULE_KEY_BIT(RULE_KEY_WARN_EVTTYPES))
        rule->warn_evttypes = info->warn_evttypes;
    if (keys & RULE_KEY_BIT(RULE_KEY_SKIP))
        rule->skip_if_unknown_filter = info->skip_if_unknown_filter;
}

int collect_rule_replace(struct items *items, const struct rule_change *change)
{
    struct rule_info *rule = NULL;

    int rc = find_rule(items, &change->info,
                       "An 'override.<key>: replace' to a rule was requested but no rule by that "
                       "name already exists",
                       &rule);
    if (rc < 0 || rule == NULL)
        return rc;
    replace_keys(rule, &change->info, change->keys);
    collect_ours(rule, &change->ours);
    if (change->keys & RULE_KEY_BIT(RULE_KEY_EXCEPTIONS))
        rc = check_exceptions(items, rule);
    return rc < 0 ? rc : next_index(items, &change->info.spot, &rule->visibility);
}

int collect_rule_enable(struct items *items, const struct rule_change *change)
{
    struct rule_info *rule = NULL;

    int rc = find_rule(items, &change->info,
                       change->keys == 0
                           ? "Rule has only the key 'tiercel' but no rule by that name already "
                             "exists"
                           : "Rule has 'enabled' key but no rule by that name already exists",
                       &rule);
    if (rc < 0 || rule == NULL)
        return rc;
    replace_keys(rule, &change->info, change->keys);
    collect_ours(rule, &change->ours);
    return 0;
}

void collect_broken_list(struct items *items, const struct spot *spot)
{
    struct list_info info = {.name = spot->name, .spot = *spot, .broken = true};

    if (map_find(&items->list, spot->name) == NULL)
        (void)add_list(items, &info);
}

void collect_broken_macro(struct items *items, const struct spot *spot)
{
    struct macro_info info = {.name = spot->name, .spot = *spot, .broken = true};

    if (map_find(&items->macro, spot->name) == NULL)
        (void)add_macro(items, &info);
}

void collect_broken_rule(struct items *items, const struct spot *spot)
{
    struct rule_info info = {.name = spot->name, .spot = *spot, .broken = true};

    if (map_find(&items->rule, spot->name) == NULL)
        (void)add_rule(items, &info);
}
