/* The key `exceptions` of a rule: names, fields, comps and values, as written. What they mean
 * together is checked by exceptions_check() and exceptions_condition(). */
#include <errno.h>

#include "lang/falco/read.h"

static const char *const exception_keys[] = {"name", "fields", "comps", "values", NULL};

static int read_entry(struct read *read, const struct yaml_node *node, const struct spot *spot,
                      struct exception_entry *out)
{
    out->given = true;
    if (node->kind == YAML_SCALAR && !yaml_is_null(node)) {
        if (node->text.len == 0)
            return items_report(read->items, DIAG_ERR_YAML_VALIDATE, spot, NULL,
                                "Value must not be empty");
        return items_text(read->items, node->text, &out->text) ? 0 : items_full(read->items, spot);
    }
    if (node->kind != YAML_SEQUENCE)
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, spot, NULL,
                            "Value must be text or a list of texts");
    out->is_list = true;
    out->item = arena_array(read->items->arena, struct exception_entry, node->count);
    if (out->item == NULL)
        return items_full(read->items, spot);
    for (uint32_t i = 0; i < node->count; i++) {
        struct spot inner = *spot;
        inner.at = node->item[i]->at;
        int rc = read_entry(read, node->item[i], &inner, &out->item[i]);
        if (rc < 0)
            return rc;
    }
    out->count = node->count;
    return 0;
}

static int read_key(struct read *read, const char *key, bool optional,
                    const struct exception_info *exception, struct exception_entry *out)
{
    const struct yaml_node *node = yaml_get(read->map, key);

    if (node == NULL)
        return optional ? 0
                        : items_report(read->items, DIAG_ERR_YAML_VALIDATE, &exception->spot, NULL,
                                       "Item has no mapping for key '%s'", key);
    struct spot spot = read_spot(read, node, "value for", key);
    return read_entry(read, node, &spot, out);
}

static int read_values(struct read *read, struct exception_info *exception, bool append)
{
    const struct yaml_node *values = yaml_get(read->map, "values");

    if (values == NULL)
        return append ? items_report(read->items, DIAG_APPEND_NO_VALUES, &exception->spot, NULL,
                                     "Overriding/appending exception with no values")
                      : 0;
    struct spot spot = read_spot(read, values, "exception values", "");
    if (values->kind != YAML_SEQUENCE)
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &spot, NULL,
                            "Rule exception values must be a sequence");
    exception->value = arena_array(read->items->arena, struct exception_entry, values->count);
    if (exception->value == NULL)
        return items_full(read->items, &spot);
    for (uint32_t i = 0; i < values->count; i++) {
        spot = read_spot(read, values->item[i], "exception value", "");
        int rc = read_entry(read, values->item[i], &spot, &exception->value[i]);
        if (rc < 0)
            return rc;
    }
    exception->count = exception->room = values->count;
    return 0;
}

static void warn_repeated(struct read *read, const struct exceptions *before,
                          const struct exception_info *exception)
{
    for (uint32_t i = 0; i < before->count; i++) {
        if (sv_eq(before->item[i].name, exception->name))
            (void)items_report(read->items, DIAG_EXCEPTION_NAME_NOT_UNIQUE, &exception->spot, NULL,
                               "Multiple definitions of exception '%s' in the same rule",
                               exception->name.ptr);
    }
}

static int read_exception(struct read *rule, const struct yaml_node *node, struct exceptions *out,
                          bool append)
{
    struct spot *within = arena_try(rule->items->arena, sizeof(*within));
    struct exception_info exception = {0};
    struct read read = {
        .items = rule->items,
        .map = node,
        .spot = read_spot(rule, node, "exception", ""),
    };

    if (within == NULL)
        return items_full(rule->items, &rule->spot);
    *within = rule->spot;
    read.spot.within = within;
    if (node->kind != YAML_MAPPING)
        return items_report(rule->items, DIAG_ERR_YAML_VALIDATE, &read.spot, NULL,
                            "Rule exception must be a mapping");
    int rc = read_text(&read, "name", &exception.name);
    if (rc < 0)
        return rc;
    read.spot.name = exception.name;
    exception.spot = read.spot;
    warn_repeated(rule, out, &exception);
    rc = read_unknown_keys(rule->items, node, &read.spot, exception_keys);
    if (rc == 0)
        rc = read_key(&read, "fields", append, &exception, &exception.fields);
    if (rc == 0)
        rc = read_key(&read, "comps", true, &exception, &exception.comps);
    if (rc == 0)
        rc = read_values(&read, &exception, append);
    if (rc < 0)
        return rc;
    if (!items_room(rule->items, out))
        return items_full(rule->items, &rule->spot);
    out->item[out->count++] = exception;
    return 0;
}

int read_exceptions(struct read *read, struct exceptions *out, bool append)
{
    const struct yaml_node *seq = yaml_get(read->map, "exceptions");

    if (seq == NULL || yaml_is_null(seq))
        return 0;
    struct spot spot = read_spot(read, seq, "exceptions", "");
    if (seq->kind != YAML_SEQUENCE)
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &spot, NULL,
                            "Rule exceptions must be a sequence");
    if (seq->count > RULE_EXCEPTIONS_MAX)
        return items_report(read->items, DIAG_ERR_VALIDATE, &spot, "give one exception many values",
                            "A rule has more than %u exceptions", RULE_EXCEPTIONS_MAX);
    for (uint32_t i = 0; i < seq->count; i++) {
        int rc = read_exception(read, seq->item[i], out, append);
        if (rc < 0)
            return rc;
    }
    return 0;
}
