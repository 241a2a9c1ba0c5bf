#include "app/settings_append.h"

#include <errno.h>
#include <string.h>

#include "app/settings.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/yaml.h"
#include "event/event.h"

enum { ENTRY_FIELDS_MAX = 1000, ENTRY_TAGS_MAX = 1000 }; /* of one entry */

struct reader {
    struct arena *arena;
    struct err *err;
};

/* A key of a mapping and who reads its value. */
struct key {
    struct sv name;
    int (*read)(struct reader *r, const struct yaml_node *node, struct output_append *out);
};

/* Returns -EINVAL. */
static int wrong(const struct reader *r, const struct yaml_node *node, const char *what,
                 const char *must)
{
    return err_set(r->err, -EINVAL, "line %u, column %u: %s of append_output must be %s",
                   node->at.line, node->at.column, what, must);
}

static int read_keys(struct reader *r, const struct yaml_node *map, const struct key *key,
                     struct output_append *out)
{
    struct sv names[8];
    size_t count = 0;

    while (key[count].read != NULL) {
        names[count] = key[count].name;
        count++;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        const struct yaml_node *name = yaml_key_at(map, i);
        size_t at = 0;
        while (at < count && !sv_eq(names[at], name->text))
            at++;
        if (at == count) {
            long near = sv_nearest(name->text, (struct sv_list){names, count});
            return err_set(r->err, -EINVAL,
                           "line %u, column %u: append_output has no key '%.*s'%s%s%s",
                           name->at.line, name->at.column, SV_ARG(name->text),
                           near < 0 ? "" : "; did you mean '", near < 0 ? "" : names[near].ptr,
                           near < 0 ? "" : "'?");
        }
        int rc = key[at].read(r, yaml_value_at(map, i), out);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static bool is_text(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && !yaml_is_null(node) && node->text.len > 0 &&
           strlen(node->text.ptr) == node->text.len;
}

static const char *keep(const struct reader *r, const struct yaml_node *node)
{
    return arena_sv(r->arena, node->text).ptr;
}

/* ------------------------------------------------------------------------------------ the match */

static int read_source(struct reader *r, const struct yaml_node *node, struct output_append *out)
{
    out->source = node->kind == YAML_SCALAR ? event_source_from(node->text) : -1;
    return out->source < 0 ? wrong(r, node, "the source", "the name of an event source") : 0;
}

static int read_rule(struct reader *r, const struct yaml_node *node, struct output_append *out)
{
    if (!is_text(node))
        return wrong(r, node, "the rule", "the name of a rule");
    out->rule = keep(r, node);
    return 0;
}

static int read_tags(struct reader *r, const struct yaml_node *node, struct output_append *out)
{
    if (node->kind != YAML_SEQUENCE || node->count > ENTRY_TAGS_MAX)
        return wrong(r, node, "the tags", "a list of tags");
    const char **tag = arena_array(r->arena, const char *, node->count);
    if (tag == NULL)
        return -E2BIG;
    for (uint32_t i = 0; i < node->count; i++) {
        if (!is_text(node->item[i]))
            return wrong(r, node->item[i], "a tag", "a text");
        tag[i] = keep(r, node->item[i]);
    }
    out->tag = tag;
    out->tag_count = node->count;
    return 0;
}

static const struct key match_keys[] = {
    {SV("source"), read_source}, {SV("tags"), read_tags}, {SV("rule"), read_rule}, {SV(""), NULL}};

static int read_match(struct reader *r, const struct yaml_node *node, struct output_append *out)
{
    if (yaml_is_null(node))
        return 0;
    if (node->kind != YAML_MAPPING)
        return wrong(r, node, "the match", "a mapping of source, tags and rule");
    return read_keys(r, node, match_keys, out);
}

/* ----------------------------------------------------------------------------------- what to add
 */

static int read_text(struct reader *r, const struct yaml_node *node, struct output_append *out)
{
    if (!is_text(node))
        return wrong(r, node, "extra_output", "a text");
    out->text = keep(r, node);
    return 0;
}

static int read_suggested(struct reader *r, const struct yaml_node *node, struct output_append *out)
{
    return yaml_bool(node, &out->suggested) ? 0
                                            : wrong(r, node, "suggested_output", "true or false");
}

/* `name`, or `name: format`. */
static int read_field(struct reader *r, const struct yaml_node *node,
                      struct output_append_field *out)
{
    const struct yaml_node *name = node;

    if (node->kind == YAML_MAPPING && node->count == 1) {
        name = yaml_key_at(node, 0);
        if (!is_text(yaml_value_at(node, 0)))
            return wrong(r, node, "the format of an extra field", "a text");
        out->format = keep(r, yaml_value_at(node, 0));
    }
    if (!is_text(name))
        return wrong(r, node, "an extra field", "a field, or NAME: FORMAT");
    out->name = keep(r, name);
    return 0;
}

static int read_fields(struct reader *r, const struct yaml_node *node, struct output_append *out)
{
    if (node->kind != YAML_SEQUENCE || node->count > ENTRY_FIELDS_MAX)
        return wrong(r, node, "extra_fields", "a list");
    struct output_append_field *field =
        arena_array(r->arena, struct output_append_field, node->count);
    if (field == NULL)
        return -E2BIG;
    for (uint32_t i = 0; i < node->count; i++) {
        int rc = read_field(r, node->item[i], &field[i]);
        for (uint32_t k = 0; k < i && rc == 0; k++) {
            if (strcmp(field[k].name, field[i].name) == 0)
                rc = wrong(r, node->item[i], "an extra field", "named once");
        }
        if (rc < 0)
            return rc;
    }
    out->field = field;
    out->field_count = node->count;
    return 0;
}

static const struct key entry_keys[] = {{SV("match"), read_match},
                                        {SV("extra_output"), read_text},
                                        {SV("extra_fields"), read_fields},
                                        {SV("suggested_output"), read_suggested},
                                        {SV(""), NULL}};

int settings_append_read(struct settings *settings, const struct yaml_node *node,
                         struct arena *arena, struct err *err)
{
    struct reader r = {arena, err};

    if (node->kind != YAML_SEQUENCE || node->count > SETTINGS_APPENDS_MAX)
        return wrong(&r, node, "the value", "a list of entries");
    struct output_append *append = arena_array(arena, struct output_append, node->count);
    if (append == NULL)
        return err_set(err, -E2BIG, "append_output is too large");
    for (uint32_t i = 0; i < node->count; i++) {
        const struct yaml_node *item = node->item[i];
        append[i].source = OUTPUT_APPEND_ANY_SOURCE;
        append[i].file = settings->file;
        append[i].at = item->at;
        if (item->kind != YAML_MAPPING)
            return wrong(&r, item, "an entry", "a mapping");
        int rc = read_keys(&r, item, entry_keys, &append[i]);
        if (rc < 0)
            return rc;
    }
    settings->append_output = append;
    settings->append_output_count = node->count;
    return 0;
}
