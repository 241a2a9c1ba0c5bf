/* lang/vm/compare.h - one value against one constant. Any thread. */
#pragma once

#include "event/value.h"
#include "lang/ast.h"

enum { NUMBER_KEY_BYTES = 17 };

/* Operators but exists, in, intersects, pmatch, regex. Values that cannot be compared are unequal;
 * a net equals an address in it. */
bool compare_values(enum ast_op op, const struct value *left, const struct value *right);

/* The same number gives the same bytes, whether held signed, unsigned or as a truth value; false
 * when it is no whole number. */
bool number_key(const struct value *value, char key[NUMBER_KEY_BYTES]);
