/* lang/vm/operand.h - a side of a comparison, checked and prepared: a field or a transformer.
 *
 * Lives in the arena it was compiled into, then immutable: any thread may ask for values, each
 * with its own event. Text that a transformer makes is in the event's scratch arena. */
#pragma once

#include "base/attr.h"
#include "event/event.h"
#include "event/field.h"
#include "lang/ast.h"

struct arena;
struct parse_problem;
struct getopt_spec;

#define OPERAND_ABSENT (-1)
#define OPERAND_NO_SLOT UINT32_MAX

struct operand {
    enum ast_operand_kind kind;
    enum value_type type;
    struct sv text;       /* canonical, as ast_print_operand() writes it */
    bool is_list;         /* `in` wants all its values, `intersects` one */
    struct field_ref ref; /* OPERAND_FIELD */
    enum ast_transform transform;
    const struct operand *const *part;
    uint32_t part_count;
    struct value literal;
    const struct getopt_spec *getopt; /* TRANSFORM_GETOPT */
    uint32_t uses;                    /* in one condition */
    uint32_t slot; /* where a condition keeps its value while it runs; OPERAND_NO_SLOT */
};

/* Problems' offsets are `offset` when that is not NULL, else the operand's own. Errors: -EINVAL
 * (no such field, a type the transformer does not take), -E2BIG. */
must_check int operand_compile(const struct ast_operand *ast, enum event_source source,
                               const uint32_t *offset, struct arena *arena, struct operand **out,
                               struct parse_problem *problem);

/* Write the values into `out`, which has room for FIELD_VALUES_MAX: how many, or OPERAND_ABSENT. */
int operand_values(const struct operand *operand, const struct event *event, struct value *out);

/* The field it reads, the first one of a transformer; NULL for constants alone. */
const struct field_ref *operand_field(const struct operand *operand);
