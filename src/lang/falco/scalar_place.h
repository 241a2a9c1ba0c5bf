/* lang/falco/scalar_place.h - from a byte of a YAML scalar's value back to its place in the file.
 *
 * Any thread. */
#pragma once

#include "base/sv.h"
#include "base/yaml.h"

/* `file` is the whole text, `at` where the scalar begins in it, `value` what it says. Folding,
 * indentation, quotes and escapes are undone; an offset past the end gives the place after it. */
struct yaml_mark scalar_place(struct sv file, struct yaml_mark at, struct sv value, size_t offset);
