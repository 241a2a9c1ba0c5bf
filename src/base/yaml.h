/* base/yaml.h - YAML text as a tree whose nodes know their line and column.
 *
 * libyaml does the scanning; this module adds positions, limits and errors in our own words.
 * Every scalar stays text: who reads a number or a truth value converts it with yaml_bool() and the
 * like, and names the place in its error. Keys are always scalars. Tags are ignored, except that
 * !!str and ! make a scalar quoted. Aliases are shared nodes, never copies, but depth and number of
 * nodes are limited as if they were copies: who walks a tree may recurse. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct arena;
struct err;

#define YAML_FILE_MAX ((size_t)32 << 20) /* bytes of text */
#define YAML_DEPTH_MAX 64                /* lists and mappings inside one another */
#define YAML_NODES_MAX 4000000u
#define YAML_ALIASES_MAX 10000u
#define YAML_TAG_LINES_MAX 1000u /* %TAG anywhere in the text */

struct yaml_mark {
    uint32_t line;   /* from 1 */
    uint32_t column; /* in characters, from 1 */
    uint32_t offset; /* in bytes, from 0 */
};

enum yaml_kind {
    YAML_SCALAR,
    YAML_SEQUENCE,
    YAML_MAPPING,
};

struct yaml_node {
    enum yaml_kind kind;
    bool quoted;             /* scalar: '...', "...", |, > or tagged !!str */
    bool block;              /* scalar: | or > */
    struct yaml_mark at;     /* where the node begins */
    struct sv text;          /* scalar: its value; ends in NUL */
    struct yaml_node **item; /* sequence: items; mapping: keys and values alternate */
    uint32_t count;          /* sequence: items; mapping: pairs */
};

struct yaml_file {
    struct yaml_node **document; /* NULL for a document that holds nothing */
    uint32_t count;
};

/* What was wrong and where; for the caller to print with a snippet. */
struct yaml_problem {
    struct yaml_mark at;
};

/* Parse every document of `text`, which is UTF-8. Nodes live in `arena`, `text` may go. Duplicate
 * keys in one mapping are an error, and so is an alias inside of what it names. On failure
 * `problem` (may be NULL) says where, and the words begin with "line 3, column 5: ".
 * Errors: -EINVAL, -E2BIG (a limit above, named in the words, or the arena's), -ENOMEM. */
must_check int yaml_parse(struct sv text, struct arena *arena, struct yaml_file *out,
                          struct yaml_problem *problem, struct err *err);

/* Value of `key` in a mapping, NULL when absent or when `map` is no mapping. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
static inline struct yaml_node *yaml_key_at(const struct yaml_node *map, uint32_t pair)
{
    return map->item[2 * pair];
}
static inline struct yaml_node *yaml_value_at(const struct yaml_node *map, uint32_t pair)
{
    return map->item[2 * pair + 1];
}

/* NULL, plain null, ~ or nothing at all. */
bool yaml_is_null(const struct yaml_node *node);
/* true/false, yes/no, on/off, y/n in YAML 1.1's spellings, unquoted or quoted; false when it is
 * none of them. */
must_check bool yaml_bool(const struct yaml_node *node, bool *out);
