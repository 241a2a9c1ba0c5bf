/* lang/condition.h - a condition compiled for events of one source, and run over them.
 *
 * condition_compile() checks types; what it returns is immutable, lives in `arena` beside the nodes
 * it was made of (and holds PCRE2 code: condition_free()), and may be run by several threads, each
 * with its own event. A comparison with an absent value is false, so `not` of it is true. A run
 * allocates nothing but text that transformers and regex make, in event->scratch. */
#pragma once

#include "base/attr.h"
#include "event/event.h"
#include "event/field.h"
#include "lang/ast.h"
#include "lang/parse.h"

struct arena;
struct condition;

#define CONDITION_REGEX_STEPS_MAX 100000u /* PCRE2 match limit: past it no match, and counted */
#define CONDITION_TRACE_MAX 32            /* predicates kept in a trace; more are counted */

/* `node` has no macros or list names left (lang/resolve.h). Errors: -EINVAL (unknown field, wrong
 * type, bad value, operator that the type does not take, bad regex), -E2BIG. */
must_check int condition_compile(const struct ast_node *node, enum event_source source,
                                 struct arena *arena, struct condition **out,
                                 struct parse_problem *problem);
void condition_free(struct condition *condition); /* NULL is fine; before the arena */
DEFINE_SCOPED(struct condition *, condition_free)

bool condition_eval(const struct condition *condition, const struct event *event);

/* The event types it can be true for. `all` is set when nothing in it narrows the type. */
void condition_types(const struct condition *condition, struct event_set *out, bool *all);

/* Does some comparison `field != value` or `not field = value` take <NA> for an answer, in the way
 * LOAD_UNSAFE_NA_CHECK warns of? */
bool condition_unsafe_na(const struct condition *condition);

/* Why it was true for this event: the predicates that hold on the way to the verdict, with the
 * field's value(s). Nothing when it is not true. Texts live in the condition, the event and its
 * scratch arena. */
struct condition_reason {
    struct sv text; /* the predicate in canonical form: proc.name in (apt, apk) */
    bool negated;   /* stood under an odd number of `not`: it is the falsehood that counts */
    const struct field_ref *ref; /* left field, a transformer's first; NULL without one */
    struct value value;          /* the value that decided; kind VALUE_ABSENT when absent */
    enum value_type type;
};
struct condition_trace {
    struct condition_reason reason[CONDITION_TRACE_MAX];
    uint32_t count;
    uint32_t more; /* left out past the maximum */
};
void condition_explain(const struct condition *condition, const struct event *event,
                       struct condition_trace *out);

/* How often a regex of it ran into CONDITION_REGEX_STEPS_MAX. */
uint64_t condition_regex_limit_hits(const struct condition *condition);
