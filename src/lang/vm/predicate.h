/* lang/vm/predicate.h - one comparison, checked and prepared: the leaf of every condition.
 *
 * It has no state of its own: whether it holds depends on the event alone, so conditions may share
 * it and its outcome. Lives in the arena it was compiled into, holds PCRE2 code besides
 * (predicate_done()). Immutable but for the count of regex limits: any thread may test. */
#pragma once

#include "base/attr.h"
#include "event/event.h"
#include "lang/ast.h"
#include "lang/vm/operand.h"
#include "lang/vm/set.h"

struct arena;
struct parse_problem;
struct path_set;
struct regex;

struct predicate {
    uint32_t id;    /* place in its condition's table */
    uint32_t uses;  /* in one condition */
    struct sv text; /* canonical, as ast_print() writes it */
    enum ast_op op;
    enum ast_modifier modifier;
    struct operand *left;
    struct operand *right;       /* NULL: `literal` */
    const struct value *literal; /* of the left side's type; text for DYNAMIC, too */
    uint32_t literal_count;
    bool in_set;    /* ask `set` or `nets` instead of comparing one by one */
    struct set set; /* texts, or numbers as number_key() writes them */
    struct net_set nets;
    struct path_set *paths; /* OP_PMATCH */
    struct regex **regex;   /* OP_REGEX, one a literal */
    bool on_type;           /* evt.type =, != or in: `types` is what it names */
    struct event_set types;
    uint64_t *regex_limits; /* counter, atomic */
};

struct predicate_input {
    enum event_source source;
    const struct ast_node *check;
    uint32_t regex_steps_max;
    struct arena *arena;
};

/* Compile `input->check`, whose operands are done, into *predicate, where left, right and text are
 * set. Errors: -EINVAL (operator or value that the type does not take), -E2BIG. */
must_check int predicate_compile(const struct predicate_input *input, struct predicate *predicate,
                                 struct parse_problem *problem);
void predicate_done(struct predicate *predicate);

/* Does it hold for these values of the left side? `count` may be OPERAND_ABSENT: it never does.
 * *decisive, if not NULL, gets the index of the value that decided, -1 when none in particular. */
bool predicate_test(const struct predicate *predicate, const struct event *event,
                    const struct value *left, int count, int *decisive);
