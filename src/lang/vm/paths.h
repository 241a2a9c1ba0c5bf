/* lang/vm/paths.h - a set of path prefixes: what `pmatch` asks.
 *
 * A path matches when some member's components are its first components, compared one by one; a
 * component with ?, * or [ is a pattern for one component. Empty components do not count, so
 * "/etc/" and "etc" are the same member. Built once in an arena, then immutable. */
#pragma once

#include "base/attr.h"
#include "base/sv.h"

struct arena;
struct path_set;

#define PATH_SET_DEPTH_MAX 512 /* components of one member */

/* -E2BIG past PATH_SET_DEPTH_MAX or the arena's limit. Members are views kept. */
must_check int path_set_build(struct arena *arena, const struct sv *item, size_t count,
                              struct path_set **out);
bool path_set_has(const struct path_set *set, struct sv path);
