/* lang/falco/items.h - what rule files said: lists, macros and rules before they are compiled.
 *
 * rule_read.c fills this, appending and replacing as later items say; rule_compile.c makes rules of
 * it. All of it lives in the set's arena, the text of the files too, as places point into it.
 * One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/sv.h"
#include "base/yaml.h"
#include "lang/diag.h"
#include "lang/falco/ruleset.h"

struct ast_node;
struct ast_value;
struct output_append;

#define ITEMS_BYTES_MAX ((size_t)512 << 20) /* all that one set may hold */
#define RULE_EXCEPTIONS_MAX 10000u          /* of one item; values are not counted */
#define ITEMS_MAX 200000u                   /* lists, macros, rules, and changes to them */

struct rule_file {
    const char *name;
    struct sv text;
    bool has_rules;
};

/* Where something stands. `within` is the item it is a part of, NULL when it is one. */
struct spot {
    const struct rule_file *file;
    struct yaml_mark at;
    const char *type; /* "rule", "rule condition" ... */
    struct sv name;
    const struct spot *within;
};

/* A piece of a condition or an output: appended ones follow. */
struct part {
    struct sv text;
    struct sv scalar; /* the whole value that `text` is a view into; empty when generated */
    struct spot spot; /* of the scalar, or of the exception that the text was made of */
};

struct parts {
    struct part *item;
    uint32_t count, room;
};

enum expansion {
    EXPANSION_NONE,
    EXPANSION_BEGUN, /* seen again now: a loop */
    EXPANSION_DONE,
};

enum item_kind {
    ITEM_LIST,
    ITEM_MACRO,
    ITEM_RULE,
    ITEM_KINDS,
};

/* What every item begins with. Items see what was defined before them: `index` is an item's place
 * in the order of first definition, `visibility` that of its last change. */
#define ITEM_MEMBERS                                                                               \
    struct sv name;                                                                                \
    struct spot spot;                                                                              \
    uint32_t index, visibility;                                                                    \
    bool broken; /* could not be read: said already */

struct item_info {
    ITEM_MEMBERS
};
#define ITEM_INFO                                                                                  \
    union {                                                                                        \
        struct item_info head;                                                                     \
        struct {                                                                                   \
            ITEM_MEMBERS                                                                           \
        };                                                                                         \
    }

struct list_info {
    ITEM_INFO;
    bool used;
    struct sv *item;
    uint32_t count, room;
    enum expansion expansion;
    struct ast_value *value; /* lists inside put in their place */
    uint32_t value_count;
};

struct macro_info {
    ITEM_INFO;
    bool used;
    struct parts condition;
    const struct ast_node *parsed, *resolved; /* resolved: no macro, no list left */
};

/* Text, or a list of entries. */
struct exception_entry {
    struct sv text;
    bool given, is_list;
    struct exception_entry *item;
    uint32_t count;
};

struct exception_info {
    struct sv name;
    struct spot spot;
    struct exception_entry fields, comps;
    struct exception_entry *value;
    uint32_t count, room;
};

struct exceptions {
    struct exception_info *item;
    uint32_t count, room;
};

struct tags {
    struct sv *item;
    uint32_t count, room;
};

struct rule_info {
    ITEM_INFO;
    struct parts condition, output, description;
    struct tags tags;
    struct exceptions exceptions;
    enum rule_priority priority;
    struct sv source_name;
    int source; /* enum event_source, -1: unknown */
    bool enabled, warn_evttypes, skip_if_unknown_filter, capture;
    uint32_t capture_duration_ms;
    struct sv owner, playbook;
    enum rule_confidence confidence;
};

/* An entry of append_output, compiled for the sources whose rules want it. */
struct append_info {
    const struct output_append *append;
    struct spot spot;
    bool tried[SOURCE_COUNT], fine[SOURCE_COUNT];
    struct output **member[SOURCE_COUNT]; /* one for each of append->field */
};

struct appends {
    struct append_info *item;
    uint32_t count, room;
};

/* The items of a kind: each is a struct list_info, macro_info or rule_info. */
struct item_table {
    struct map by_name;
    struct item_info **item; /* in order of first definition */
    uint32_t count, room;
};

struct items {
    struct arena *arena;
    struct diags *diags;
    struct item_table table[ITEM_KINDS];
    struct appends appends;
    uint32_t next_index;
};

static inline struct item_info *items_find(const struct items *items, enum item_kind kind,
                                           struct sv name)
{
    return map_find(&items->table[kind].by_name, name);
}
static inline struct list_info *items_list(const struct items *items, uint32_t index)
{
    return (struct list_info *)items->table[ITEM_LIST].item[index];
}
static inline struct macro_info *items_macro(const struct items *items, uint32_t index)
{
    return (struct macro_info *)items->table[ITEM_MACRO].item[index];
}
static inline struct rule_info *items_rule(const struct items *items, uint32_t index)
{
    return (struct rule_info *)items->table[ITEM_RULE].item[index];
}

/* Copies; NULL past ITEMS_BYTES_MAX. Text ends in NUL. */
must_check bool items_text(struct items *items, struct sv text, struct sv *out);
/* Room for one more in an array that grows: the array, perhaps moved, or NULL when full. */
must_check void *items_grow(struct items *items, void *array, uint32_t count, uint32_t *room,
                            size_t size);
#define items_room(items, list)                                                                    \
    ({                                                                                             \
        void *grown_ = items_grow((items), (list)->item, (list)->count, &(list)->room,             \
                                  sizeof(*(list)->item));                                          \
        if (grown_ != NULL)                                                                        \
            (list)->item = grown_;                                                                 \
        grown_ != NULL;                                                                            \
    })

/* Tell a problem at a spot; `mend` may be NULL. Returns -EINVAL for an error, else 0. */
int items_report(struct items *items, enum diag_code code, const struct spot *spot,
                 const char *mend, const char *fmt, ...) printf_like(5, 6);
/* There is more than ITEMS_BYTES_MAX. Returns -E2BIG. */
int items_full(struct items *items, const struct spot *spot);

void items_done(struct items *items);
