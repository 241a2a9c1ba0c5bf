/* lang/vm/literal.h - the constants of a comparison, read as its left side's type. Any thread. */
#pragma once

#include "base/attr.h"
#include "event/value.h"
#include "lang/ast.h"

/* Read one constant. On failure `words` says why, in Falco's words where it has some. Addresses may
 * be ports by name (/etc/services), unsigned numbers may be written negative, as Falco takes them.
 * Errors: -EINVAL. */
must_check int literal_read(enum value_type type, struct sv text, struct value *out, char *words,
                            size_t words_size);

/* Undo hex: "cafe" is two bytes. `to` has room for half of text.len. false when it is not hex. */
must_check bool literal_unhex(struct sv text, char *to);

/* Does the type take the operator? Else `words` says so. */
must_check bool literal_op_fits(enum value_type type, bool is_list, enum ast_op op, char *words,
                                size_t words_size);
