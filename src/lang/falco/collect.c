#include "lang/falco/collect.h"

#include <errno.h>

#include "event/event.h"
#include "lang/falco/exceptions.h"
#include "lang/falco/read.h"

/* What differs between kinds of items before their own keys are looked at. */
static const struct kind {
    size_t size;
    const char *none_to_append; /* NULL: not said here */
} kinds[ITEM_KINDS] = {
    [ITEM_LIST] = {sizeof(struct list_info),
                   "List uses 'append' or 'override.items: append' but no list by that name "
                   "already exists"},
    [ITEM_MACRO] = {sizeof(struct macro_info),
                    "Macro uses 'append' or 'override.condition: append' but no macro by that "
                    "name already exists"},
    [ITEM_RULE] = {sizeof(struct rule_info), NULL},
};

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

/* Add a copy of an item of that kind. */
static int add(struct items *items, enum item_kind kind, const struct item_info *info)
{
    struct item_table *table = &items->table[kind];
    struct item_info **grown =
        items_grow(items, table->item, table->count, &table->room, sizeof(struct item_info *));
    struct item_info *copy = grown == NULL ? NULL : arena_try(items->arena, kinds[kind].size);

    if (copy == NULL)
        return items_full(items, &info->spot);
    memcpy(copy, info, kinds[kind].size);
    (void)map_put(&table->by_name, info->name, copy);
    table->item = grown;
    grown[table->count++] = copy;
    return 0;
}

enum define_outcome {
    DEFINE_DONE = 1, /* nothing is left to do: new and added, or broken */
};

/* The item is read: give it its place, and add it when it is the first of its name. 0: it changes
 * *before, which keeps its place. */
static int define(struct items *items, enum item_kind kind, struct item_info *info,
                  struct item_info *before)
{
    int rc = next_index(items, &info->spot, &info->visibility);

    if (rc < 0)
        return rc;
    if (before != NULL) {
        before->visibility = info->visibility;
        info->index = before->index;
        return 0;
    }
    info->index = info->visibility;
    rc = add(items, kind, info);
    return rc < 0 ? rc : DEFINE_DONE;
}

/* The same for what may append: *before is the item to change. */
static int begin(struct items *items, enum item_kind kind, struct item_info *info, bool append,
                 struct item_info **before)
{
    *before = items_find(items, kind, info->name);
    if (append && *before == NULL)
        return items_report(items, DIAG_ERR_VALIDATE, &info->spot, NULL, "%s",
                            kinds[kind].none_to_append);
    if (*before != NULL && (*before)->broken)
        return DEFINE_DONE;
    return define(items, kind, info, *before);
}

int collect_list(struct items *items, struct list_info *info, bool append)
{
    struct item_info *found = NULL;

    int rc = begin(items, ITEM_LIST, &info->head, append, &found);
    struct list_info *before = (struct list_info *)found;
    if (rc != 0)
        return rc < 0 ? rc : 0;
    if (!append) {
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
    struct item_info *found = NULL;

    int rc = begin(items, ITEM_MACRO, &info->head, append, &found);
    struct macro_info *before = (struct macro_info *)found;
    if (rc != 0)
        return rc < 0 ? rc : 0;
    if (append)
        return parts_append(items, &before->condition, &info->condition, &info->spot);
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
    struct item_info *found = items_find(items, ITEM_RULE, info->name);
    struct rule_info *before = (struct rule_info *)found;

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
        rc = define(items, ITEM_RULE, &info->head, found);
    if (rc == 0)
        *before = *info;
    return rc < 0 ? rc : 0;
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
    struct rule_info *rule = (struct rule_info *)items_find(items, ITEM_RULE, info->name);

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

void collect_broken(struct items *items, enum item_kind kind, const struct spot *spot)
{
    union {
        struct item_info head;
        struct list_info list;
        struct macro_info macro;
        struct rule_info rule;
    } info;

    if (items_find(items, kind, spot->name) != NULL)
        return;
    memset(&info, 0, sizeof(info));
    info.head = (struct item_info){.name = spot->name, .spot = *spot, .broken = true};
    (void)add(items, kind, &info.head);
}
