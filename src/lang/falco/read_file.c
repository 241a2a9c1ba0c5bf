/* A rule file: documents, their items, and the items that are not rules. */
#include <errno.h>

#include "base/err.h"
#include "lang/falco/collect.h"
#include "lang/falco/read.h"

static const char *const item_keys[] = {
    "rule", "macro", "list", "required_engine_version", "required_plugin_versions", NULL,
};
static const struct read_key list_override[] = {{"items", OVERRIDE_APPEND | OVERRIDE_REPLACE},
                                                {NULL, 0}};
static const struct read_key macro_override[] = {{"condition", OVERRIDE_APPEND | OVERRIDE_REPLACE},
                                                 {NULL, 0}};

struct version {
    uint64_t part[3];
};

/* "1.2.3", with a suffix after - or + or without. */
static bool version_from(struct sv text, struct version *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '-' || text.ptr[i] == '+')
            text.len = i;
    }
    if (sv_count(text, '.') != 2)
        return false;
    for (int i = 0; i < 3; i++) {
        struct sv part = sv_split(&text, '.');
        if (part.len == 0 || part.ptr[0] < '0' || part.ptr[0] > '9' || sv_starts(part, SV("0x")) ||
            !sv_to_u64(part, &out->part[i]))
            return false;
    }
    return true;
}

/* A new major version is another language; within one, what is newer can read what is older. */
static bool version_serves(const struct version *have, const struct version *wanted)
{
    if (have->part[0] != wanted->part[0])
        return false;
    if (have->part[1] != wanted->part[1])
        return have->part[1] > wanted->part[1];
    return have->part[2] >= wanted->part[2];
}

static int read_engine_version(struct read *read)
{
    static const char *const known[] = {"required_engine_version", NULL};
    struct version have = {0}, wanted = {0};
    struct sv text = {0};
    uint64_t number = 0;

    read->spot.type = "required_engine_version";
    (void)read_unknown_keys(read->items, read->map, &read->spot, known);
    int rc = read_text(read, "required_engine_version", &text);
    if (rc < 0)
        return rc;
    if (sv_to_u64(text, &number) && number <= UINT32_MAX)
        wanted.part[1] = number;
    else if (!version_from(text, &wanted))
        return items_report(
            read->items, DIAG_ERR_YAML_VALIDATE, &read->spot, NULL,
            "Unable to parse engine version '%s' as a semver string. Expected \"x.y.z\".",
            text.ptr);
    if (!version_from(sv(RULE_ENGINE_VERSION), &have) || !version_serves(&have, &wanted))
        return items_report(read->items, DIAG_ERR_VALIDATE, &read->spot, NULL,
                            "Rules require engine version %llu.%llu.%llu, but engine version is %s",
                            (unsigned long long)wanted.part[0], (unsigned long long)wanted.part[1],
                            (unsigned long long)wanted.part[2], RULE_ENGINE_VERSION);
    return 0;
}

static int read_requirement(struct read *parent, const struct yaml_node *node, const char *type,
                            struct sv *name)
{
    struct read read = {
        .items = parent->items, .map = node, .spot = read_spot(parent, node, type, "")};
    struct version version;
    struct sv text = {0};

    if (node->kind != YAML_MAPPING)
        return items_report(read.items, DIAG_ERR_YAML_VALIDATE, &read.spot, NULL,
                            "Plugin version must be a mapping");
    int rc = read_text(&read, "name", name);
    if (rc < 0)
        return rc;
    read.spot.name = *name;
    rc = read_text(&read, "version", &text);
    if (rc < 0 || version_from(text, &version))
        return rc;
    return items_report(read.items, DIAG_ERR_VALIDATE, &read.spot, NULL,
                        "Invalid required version '%s' for plugin '%s'", text.ptr, name->ptr);
}

/* What plugins do elsewhere is built in here, so every well-formed requirement is met. */
static int read_plugin(struct read *read, const struct yaml_node *node)
{
    struct sv name[32] = {{0}};
    size_t count = 0;

    int rc = read_requirement(read, node, "required plugin versions entry", &name[count++]);
    if (rc < 0)
        return rc;
    const struct yaml_node *others = yaml_get(node, "alternatives");
    if (others == NULL)
        return 0;
    struct spot spot = read_spot(read, others, "required plugin versions alternative", "");
    if (others->kind != YAML_SEQUENCE || others->count >= ARRAY_LEN(name))
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &spot, NULL,
                            "Value of plugin version alternatives must be a sequence of fewer than "
                            "%zu",
                            ARRAY_LEN(name));
    for (uint32_t i = 0; i < others->count && rc == 0; i++) {
        rc = read_requirement(read, others->item[i], spot.type, &name[count]);
        for (size_t k = 0; k < count && rc == 0; k++) {
            if (sv_eq(name[k], name[count]))
                rc = items_report(
                    read->items, DIAG_ERR_VALIDATE, &spot, NULL,
                    "Defined multiple alternative version requirements for plugin '%s'",
                    name[k].ptr);
        }
        count++;
    }
    return rc;
}

static int read_plugin_versions(struct read *read)
{
    const struct yaml_node *plugins = yaml_get(read->map, "required_plugin_versions");
    int rc = 0;

    read->spot.type = "required plugin versions";
    if (plugins->kind != YAML_SEQUENCE)
        return items_report(read->items, DIAG_ERR_YAML_VALIDATE, &read->spot, NULL,
                            "Value of required_plugin_versions must be a sequence");
    for (uint32_t i = 0; i < plugins->count && rc == 0; i++)
        rc = read_plugin(read, plugins->item[i]);
    return rc;
}

/* Does a list or macro ask to be appended, in either way? */
static int wants_append(struct read *read, const struct read_key *keys, bool *append)
{
    uint32_t appended = 0, replaced = 0;

    int rc = read_optional_bool(read, "append", append);
    if (rc < 0)
        return rc;
    if (*append)
        (void)items_report(read->items, DIAG_DEPRECATED_ITEM, &read->spot,
                           "add an entry, such as 'condition: append', under 'override' instead",
                           "The key 'append' is deprecated");
    rc = read_overrides(read, keys, &appended, &replaced);
    if (rc == 0 && *append && (appended | replaced) != 0)
        rc = items_report(read->items, DIAG_ERR_YAML_VALIDATE, &read->spot, "drop 'append: true'",
                          "Keys 'override' and 'append: true' cannot be used together");
    *append |= appended != 0;
    return rc;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_macro_name(struct sv name)
{
    bool good = name.len > 0 && is_letter(name.ptr[0]);

    for (size_t i = 0; i < name.len; i++)
        good &= is_letter(name.ptr[i]) || (name.ptr[i] >= '0' && name.ptr[i] <= '9') ||
                name.ptr[i] == '_';
    return good;
}

static bool is_list_name(struct sv name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (strchr("()\"' \t\r\n\v\f=,", name.ptr[i]) != NULL)
            return false;
    }
    return true;
}

static int read_list_body(struct read *read)
{
    static const char *const known[] = {"list", "items", "append", "override", NULL};
    struct list_info info = {.name = read->spot.name, .spot = read->spot};
    struct tags values = {0};
    bool append = false;

    (void)read_unknown_keys(read->items, read->map, &read->spot, known);
    if (!is_list_name(info.name))
        (void)items_report(read->items, DIAG_INVALID_LIST_NAME, &read->spot, NULL,
                           "List has an invalid name: no spaces, quotes, commas, '=' or "
                           "parentheses, please");
    int rc = read_seq(read, "items", &values);
    if (rc == 0)
        rc = wants_append(read, list_override, &append);
    if (rc < 0)
        return rc;
    info.item = values.item;
    info.count = values.count;
    info.room = values.room;
    return collect_list(read->items, &info, append);
}

static int read_list(struct read *read)
{
    read->spot.type = "list";
    int rc = read_text(read, "list", &read->spot.name);
    if (rc < 0)
        return rc;
    rc = read_list_body(read);
    if (rc < 0)
        collect_broken(read->items, ITEM_LIST, &read->spot);
    return rc;
}

static int read_macro_body(struct read *read)
{
    static const char *const known[] = {"macro", "condition", "append", "override", NULL};
    struct macro_info info = {.name = read->spot.name, .spot = read->spot};
    bool append = false;

    (void)read_unknown_keys(read->items, read->map, &read->spot, known);
    if (!is_macro_name(info.name))
        (void)items_report(read->items, DIAG_INVALID_MACRO_NAME, &read->spot, NULL,
                           "Macro has an invalid name: a letter, then letters, digits and '_', "
                           "please");
    int rc = read_part(read, "condition", "macro condition", &info.condition);
    if (rc == 0)
        rc = wants_append(read, macro_override, &append);
    return rc < 0 ? rc : collect_macro(read->items, &info, append);
}

static int read_macro(struct read *read)
{
    read->spot.type = "macro";
    int rc = read_text(read, "macro", &read->spot.name);
    if (rc < 0)
        return rc;
    rc = read_macro_body(read);
    if (rc < 0)
        collect_broken(read->items, ITEM_MACRO, &read->spot);
    return rc;
}

static int unknown_item(struct read *read)
{
    struct sv first = read->map->count > 0 ? yaml_key_at(read->map, 0)->text : (struct sv){0};
    struct mend mend;

    return items_report(read->items, DIAG_UNKNOWN_ITEM, &read->spot,
                        mend_nearest(&mend, first, item_keys), "Unknown top level item%s%s",
                        first.len > 0 ? " " : "", first.len > 0 ? first.ptr : "");
}

static int read_item(struct items *items, struct rule_file *file, const struct yaml_node *node)
{
    struct read read = {
        .items = items,
        .map = node,
        .spot = {.file = file, .at = node->at, .type = "rules content item", .name = SV("")},
    };

    if (node->kind != YAML_MAPPING)
        return items_report(items, DIAG_ERR_YAML_VALIDATE, &read.spot, NULL,
                            "Unexpected element type. Each element should be a mapping.");
    if (yaml_get(node, "required_engine_version") != NULL)
        return read_engine_version(&read);
    if (yaml_get(node, "required_plugin_versions") != NULL)
        return read_plugin_versions(&read);
    if (yaml_get(node, "list") != NULL)
        return read_list(&read);
    if (yaml_get(node, "macro") != NULL)
        return read_macro(&read);
    if (yaml_get(node, "rule") == NULL)
        return unknown_item(&read);
    read.spot.type = "rule";
    file->has_rules = true;
    return read_rule(&read);
}

static int read_document(struct items *items, struct rule_file *file,
                         const struct yaml_node *document)
{
    int rc = 0;

    if (yaml_is_null(document))
        return 0;
    struct spot spot = {.file = file, .at = document->at, .type = "rules content", .name = SV("")};
    if (document->kind == YAML_SCALAR)
        return items_report(items, DIAG_ERR_YAML_VALIDATE, &spot, NULL,
                            "Rules content is text, not a sequence of rules, macros and lists");
    if (document->kind == YAML_MAPPING)
        return items_report(items, DIAG_ERR_YAML_VALIDATE, &spot, "begin each item with '- '",
                            "Rules content is a mapping, not a sequence of rules, macros and "
                            "lists");
    for (uint32_t i = 0; i < document->count; i++) {
        int one = yaml_is_null(document->item[i]) ? 0 : read_item(items, file, document->item[i]);
        rc = one < 0 ? one : rc;
        if (one == -E2BIG)
            break;
    }
    return rc;
}

/* The words of err without the "line 1, column 2: " that the place says already. */
static const char *bare_words(const struct err *err, int rc)
{
    const char *words = err_text(err, rc);
    size_t colon = sv_find(sv(words), SV(": "), 0);

    return sv_starts(sv(words), SV("line ")) && colon != SIZE_MAX ? words + colon + 2 : words;
}

int read_file(struct items *items, struct rule_file *file)
{
    scoped(arena_free) struct arena *arena = arena_new((size_t)64 << 10);
    struct yaml_file yaml = {0};
    struct yaml_problem problem = {.at = {1, 1, 0}};
    struct err err = {0};

    int rc = yaml_parse(file->text, arena, &yaml, &problem, &err);
    if (rc < 0) {
        struct spot spot = {
            .file = file, .at = problem.at, .type = "rules content", .name = SV("")};
        return items_report(items, DIAG_ERR_YAML_PARSE, &spot, NULL, "%s", bare_words(&err, rc));
    }
    for (uint32_t i = 0; i < yaml.count && rc != -E2BIG; i++) {
        int one = read_document(items, file, yaml.document[i]);
        rc = one < 0 ? one : rc;
    }
    return rc;
}
