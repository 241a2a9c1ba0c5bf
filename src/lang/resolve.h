/* lang/resolve.h - lists and macros put in place of their names.
 *
 * One thread. Results live in `arena` and share texts and list items with what they were made of.
 * Size and depth are bounded: a macro that would expand to more than RESOLVE_NODES_MAX nodes, or a
 * tree of more than AST_LEVELS_MAX levels, is an error that names the macro. */
#pragma once

#include "base/attr.h"
#include "lang/ast.h"
#include "lang/parse.h"

struct arena;

#define RESOLVE_NODES_MAX 200000u
#define RESOLVE_MACROS_MAX 64 /* macros within macros */

/* How names are looked up; `ctx` is the caller's. NULL results mean there is no such name. */
struct resolve_names {
    const struct ast_node *(*macro)(void *ctx, struct sv name);
    /* Items of a list, lists inside already expanded, quotes taken off (parse_item()). */
    bool (*list)(void *ctx, struct sv name, const struct ast_value **item, uint32_t *count);
    void *ctx;
};

/* A bare value that names a list stands for its items; in a place for one value the list must hold
 * exactly one. Offsets of a problem and of expanded nodes are those of the outermost macro use.
 * Errors: -EINVAL ("Undefined macro 'x' used in filter.", a reference loop), -E2BIG. */
must_check int resolve_condition(const struct ast_node *node, const struct resolve_names *names,
                                 struct arena *arena, struct ast_node **out,
                                 struct parse_problem *problem);
