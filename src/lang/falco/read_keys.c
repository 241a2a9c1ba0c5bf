/* The values of an item's keys. */
#include <errno.h>
#include <stdio.h>

#include "lang/falco/read.h"

struct spot read_spot(const struct read *read, const struct yaml_node *node, const char *type,
                      const char *name)
{
    return (struct spot){
        .file = read->spot.file,
        .at = node->at,
        .type = type,
        .name = sv(name),
        .within = &read->spot,
    };
}

const char *mend_nearest(struct mend *out, struct sv word, const char *const *candidates)
{
    struct sv all[32];
    struct sv_list list = {.item = all};

    while (candidates[list.count] != NULL && list.count < ARRAY_LEN(all)) {
        all[list.count] = sv(candidates[list.count]);
        list.count++;
    }
    long best = sv_nearest(word, list);
    if (best < 0)
        return NULL;
    (void)snprintf(out->text, sizeof(out->text), "did you mean '%s'?", candidates[best]);
    return out->text;
}

/* Find a key whose value is text. *out stays NULL when it is optional and absent. */
static int find_text(struct read *read, const char *key, bool optional,
                     const struct yaml_node **out)
{
    const struct yaml_node *value = yaml_get(read->map, key);

    *out = NULL;
    if (value == NULL)
        return optional ? 0
                        : items_report(read->items, DIAG_ERR_YAML_VALIDATE, &read->spot, NULL,
                                       "Item has no mapping for key '%s'", key);
    struct spot spot = read_spot(read, value, "value for", key);
    if (yaml_is_null(value))
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &spot, NULL,
                            "Mapping for key '%s' is empty", key);
    if (value->kind != YAML_SCALAR)
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &spot, NULL,
                            "Value for '%s' must be text, not a list or a mapping", key);
    if (value->text.len == 0)
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &spot, NULL,
                            "Value for '%s' must not be empty", key);
    *out = value;
    return 0;
}

static int copy_text(struct read *read, const struct yaml_node *value, struct sv *out)
{
    return items_text(read->items, value->text, out) ? 0 : items_full(read->items, &read->spot);
}

int read_text(struct read *read, const char *key, struct sv *out)
{
    const struct yaml_node *value = NULL;

    int rc = find_text(read, key, false, &value);
    return rc < 0 ? rc : copy_text(read, value, out);
}

int read_optional_text(struct read *read, const char *key, struct sv *out, bool *given)
{
    const struct yaml_node *value = NULL;

    int rc = find_text(read, key, true, &value);
    if (given != NULL)
        *given = value != NULL;
    return rc < 0 || value == NULL ? rc : copy_text(read, value, out);
}

static int read_truth(struct read *read, const char *key, bool optional, bool *out)
{
    const struct yaml_node *value = NULL;

    int rc = find_text(read, key, optional, &value);
    if (rc < 0 || value == NULL || yaml_bool(value, out))
        return rc;
    struct spot spot = read_spot(read, value, "value for", key);
    return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &spot, "write true or false",
                        "Value for '%s' is neither true nor false", key);
}

int read_bool(struct read *read, const char *key, bool *out)
{
    return read_truth(read, key, false, out);
}

int read_optional_bool(struct read *read, const char *key, bool *out)
{
    return read_truth(read, key, true, out);
}

int read_part(struct read *read, const char *key, const char *type, struct parts *out)
{
    const struct yaml_node *value = NULL;
    struct part part = {0};

    int rc = find_text(read, key, false, &value);
    if (rc == 0)
        rc = copy_text(read, value, &part.scalar);
    if (rc < 0)
        return rc;
    if (!items_room(read->items, out))
        return items_full(read->items, &read->spot);
    part.text = part.scalar;
    part.spot = read_spot(read, value, type, "");
    /* The item's own spot lives as long as the parts do. */
    struct spot *within = arena_try(read->items->arena, sizeof(*within));
    if (within == NULL)
        return items_full(read->items, &read->spot);
    *within = read->spot;
    part.spot.within = within;
    out->item[out->count++] = part;
    return 0;
}

int parts_append(struct items *items, struct parts *parts, const struct parts *more,
                 const struct spot *spot)
{
    for (uint32_t i = 0; i < more->count; i++) {
        if (!items_room(items, parts))
            return items_full(items, spot);
        parts->item[parts->count++] = more->item[i];
    }
    return 0;
}

int read_seq(struct read *read, const char *key, struct tags *out)
{
    const struct yaml_node *seq = yaml_get(read->map, key);

    if (seq == NULL)
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &read->spot, NULL,
                            "Item has no mapping for key '%s'", key);
    struct spot spot = read_spot(read, seq, "value for", key);
    if (seq->kind != YAML_SEQUENCE)
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &spot,
                            "write the values between [ and ], or one a line after '- '",
                            "Value for '%s' is not a sequence", key);
    for (uint32_t i = 0; i < seq->count; i++) {
        const struct yaml_node *value = seq->item[i];
        spot = read_spot(read, value, "list item", "");
        if (value->kind != YAML_SCALAR || yaml_is_null(value))
            return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &spot, NULL,
                                "Value %u of '%s' is not text", i + 1, key);
        if (!items_room(read->items, out) ||
            !items_text(read->items, value->text, &out->item[out->count]))
            return items_full(read->items, &read->spot);
        out->count++;
    }
    return 0;
}

static bool is_known(struct sv key, const char *const *known)
{
    for (uint32_t i = 0; known[i] != NULL; i++) {
        if (sv_eq(key, sv(known[i])))
            return true;
    }
    return false;
}

int read_unknown_keys(struct items *items, const struct yaml_node *map, const struct spot *spot,
                      const char *const *known)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const struct yaml_node *key = yaml_key_at(map, i);
        if (is_known(key->text, known))
            continue;
        struct spot at = *spot;
        struct mend mend;
        at.at = key->at;
        at.type = "key";
        at.name = key->text;
        at.within = spot;
        (void)items_report(items, DIAG_UNKNOWN_KEY, &at, mend_nearest(&mend, key->text, known),
                           "Unknown key '%s' in a %s; it is ignored", key->text.ptr, spot->type);
    }
    return 0;
}

static int override_refused(struct read *read, const struct spot *spot, const struct read_key *key,
                            struct sv operation)
{
    bool append = key != NULL && (key->allowed & OVERRIDE_APPEND) != 0;
    bool replace = key != NULL && (key->allowed & OVERRIDE_REPLACE) != 0;

    if (sv_eq(operation, SV("append")))
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, spot, NULL,
                            "Key '%s' cannot be appended to%s", spot->name.ptr,
                            replace ? ", use 'replace' instead" : "");
    if (sv_eq(operation, SV("replace")))
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, spot, NULL,
                            "Key '%s' cannot be replaced", spot->name.ptr);
    return items_report(read->items, DIAG_ERR_YAML_VALIDATE, spot, NULL,
                        "Invalid override operation for key '%s': '%s'. Allowed values are:%s%s",
                        spot->name.ptr, operation.ptr, append ? " append" : "",
                        replace ? " replace" : "");
}

static int read_override(struct read *read, const struct read_key *keys,
                         const struct yaml_node *key, const struct yaml_node *value, uint32_t *bits)
{
    struct spot spot = read_spot(read, key, "overrides", key->text.ptr);
    uint32_t i = 0;

    if (value->kind != YAML_SCALAR)
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &spot, NULL,
                            "Override of '%s' must be 'append' or 'replace'", key->text.ptr);
    while (keys[i].name != NULL && !sv_eq(key->text, sv(keys[i].name)))
        i++;
    const struct read_key *found = keys[i].name == NULL ? NULL : &keys[i];
    unsigned asked = sv_eq(value->text, SV("append"))    ? OVERRIDE_APPEND
                     : sv_eq(value->text, SV("replace")) ? OVERRIDE_REPLACE
                                                         : 0;
    if (asked == 0 || found == NULL || (found->allowed & asked) == 0)
        return override_refused(read, &spot, found, value->text);
    bits[asked == OVERRIDE_REPLACE] |= 1u << i;
    return 0;
}

int read_overrides(struct read *read, const struct read_key *keys, uint32_t *append,
                   uint32_t *replace)
{
    const struct yaml_node *map = yaml_get(read->map, "override");
    uint32_t bits[2] = {0, 0};

    *append = *replace = 0;
    if (map == NULL || yaml_is_null(map))
        return 0;
    struct spot spot = read_spot(read, map, "overrides", "");
    if (map->kind != YAML_MAPPING)
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &spot, "write 'key: append'",
                            "Value for 'override' must be a mapping");
    for (uint32_t i = 0; i < map->count; i++) {
        int rc = read_override(read, keys, yaml_key_at(map, i), yaml_value_at(map, i), bits);
        if (rc < 0)
            return rc;
    }
    *append = bits[0];
    *replace = bits[1];
    return 0;
}
