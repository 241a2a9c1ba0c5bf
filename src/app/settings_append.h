/* app/settings_append.h - the setting append_output: entries of lang/falco/output_append.h. */
#pragma once

#include "base/attr.h"

struct arena;
struct err;
struct settings;
struct yaml_node;

/* Read the value of the key into *settings, in place of what was there; places in it are in
 * settings->file. Errors: -EINVAL (line, column and words), -E2BIG. */
must_check int settings_append_read(struct settings *settings, const struct yaml_node *node,
                                    struct arena *arena, struct err *err);
