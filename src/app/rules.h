/* app/rules.h - the rule files that a daemon was told to load, or the usual ones. */
#pragma once

#include "lang/falco/ruleset.h"

struct arena;
struct err;
struct log;
struct settings;

/* Load and compile. Warnings are logged, errors too (each with its place); a negative return means
 * that the set must not be used. *where gets the paths that were read, for people. */
must_check int rules_load(const struct settings *settings, const struct log *log,
                          struct arena *arena, struct ruleset **out, struct sv *where,
                          struct err *err);
