/* A tree of components. Plain children are found through one hash table of (parent, name) for the
 * whole tree, patterns through a list at their parent. A node that ends a member needs no children:
 * whatever is below it matches already. */
#include "lang/vm/paths.h"

#include <errno.h>

#include "base/arena.h"
#include "base/hash.h"
#include "lang/vm/glob.h"

struct path_node {
    struct sv name;
    uint32_t parent;
    bool ends;              /* a member ends here */
    uint32_t first_pattern; /* child that is a pattern, 0: none */
    uint32_t next_pattern;  /* its sibling */
};

struct path_set {
    struct path_node *node; /* node[0] is the root */
    uint32_t count, room;
    uint32_t *slot; /* indexes of plain nodes, 0: empty */
    size_t mask;
};

static bool next_component(struct sv *path, struct sv *out)
{
    while (path->len > 0) {
        *out = sv_split(path, '/');
        if (out->len > 0)
            return true;
    }
    return false;
}

static bool is_pattern(struct sv name)
{
    return memchr(name.ptr, '*', name.len) != NULL || memchr(name.ptr, '?', name.len) != NULL ||
           memchr(name.ptr, '[', name.len) != NULL;
}

static uint32_t *find_slot(const struct path_set *set, uint32_t parent, struct sv name)
{
    size_t at = hash_seed(name, parent) & set->mask;

    while (set->slot[at] != 0) {
        const struct path_node *node = &set->node[set->slot[at]];
        if (node->parent == parent && sv_eq(node->name, name))
            break;
        at = (at + 1) & set->mask;
    }
    return &set->slot[at];
}

static uint32_t find_pattern(const struct path_set *set, uint32_t parent, struct sv name)
{
    uint32_t at = set->node[parent].first_pattern;

    while (at != 0 && !sv_eq(set->node[at].name, name))
        at = set->node[at].next_pattern;
    return at;
}

static uint32_t add_child(struct path_set *set, uint32_t parent, struct sv name)
{
    bool pattern = is_pattern(name);
    uint32_t *slot = pattern ? NULL : find_slot(set, parent, name);
    uint32_t at = pattern ? find_pattern(set, parent, name) : *slot;

    if (at != 0)
        return at;
    at = set->count++;
    set->node[at] = (struct path_node){.name = name, .parent = parent};
    if (pattern) {
        set->node[at].next_pattern = set->node[parent].first_pattern;
        set->node[parent].first_pattern = at;
    } else {
        *slot = at;
    }
    return at;
}

static int add_member(struct path_set *set, struct sv path)
{
    struct sv name;
    uint32_t at = 0;
    unsigned depth = 0;

    while (!set->node[at].ends && next_component(&path, &name)) {
        if (++depth > PATH_SET_DEPTH_MAX)
            return -E2BIG;
        at = add_child(set, at, name);
    }
    set->node[at].ends = true;
    return 0;
}

int path_set_build(struct arena *arena, const struct sv *item, size_t count, struct path_set **out)
{
    struct path_set *set = arena_try(arena, sizeof(*set));
    size_t room = 1;
    size_t slots = 4;

    for (size_t i = 0; i < count; i++)
        room += sv_count(item[i], '/') + 1;
    while (slots < room * 2)
        slots *= 2;
    if (set == NULL || room > UINT32_MAX / 2)
        return -E2BIG;
    set->node = arena_array(arena, struct path_node, room);
    set->slot = arena_array(arena, uint32_t, slots);
    if (set->node == NULL || set->slot == NULL)
        return -E2BIG;
    set->room = (uint32_t)room;
    set->mask = slots - 1;
    set->count = 1;
    for (size_t i = 0; i < count; i++) {
        int rc = add_member(set, item[i]);
        if (rc < 0)
            return rc;
    }
    *out = set;
    return 0;
}

/* Depth first; a node is visited at most once, since its depth decides which component it meets. */
static bool match_below(const struct path_set *set, uint32_t at, struct sv path)
{
    struct sv name;

    if (set->node[at].ends)
        return true;
    if (!next_component(&path, &name))
        return false;
    uint32_t plain = *find_slot(set, at, name);
    if (plain != 0 && match_below(set, plain, path))
        return true;
    for (uint32_t p = set->node[at].first_pattern; p != 0; p = set->node[p].next_pattern) {
        if (glob_match(set->node[p].name, name, false) && match_below(set, p, path))
            return true;
    }
    return false;
}

bool path_set_has(const struct path_set *set, struct sv path)
{
    return match_below(set, 0, path);
}
