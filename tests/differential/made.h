/* tests/differential/made.h - random rules and random events that have something to do with each
 * other: values of both come from the same small pools. One thread. */
#pragma once

#include "base/buf.h"
#include "event/event.h"
#include "event/field.h"
#include "random.h"

struct arena;

#define MADE_NAMED_MAX 8   /* lists, and macros, of one rule file */
#define MADE_USED_MAX 1024 /* fields remembered of the rules made */

struct made_name {
    const char *text; /* name of a list or macro */
    const char *plain;
    enum value_kind kind; /* of a list's items */
};

struct made {
    struct random *random;
    struct arena *arena;           /* everything made lives here */
    struct field_ref *ref;         /* all uses of fields there can be */
    uint32_t ref_count, ref_often; /* the first so many are taken more often */
    struct sv long_text[3];
    struct made_name list[MADE_NAMED_MAX], macro[MADE_NAMED_MAX];
    uint32_t list_count, macro_count;
    const struct field_ref *used[MADE_USED_MAX]; /* by the rules: worth giving by hand */
    uint32_t used_count;
    struct process *process;
    uint32_t process_count;
    uint64_t event_num, version;
};

void made_init(struct made *made, struct random *random, struct arena *arena);

/* Lists and macros, as text of a rule file; conditions made afterwards use them. */
void made_names(struct made *made, struct buf *yaml);

/* One condition: as it is written, and the same without names of lists and macros. */
void made_condition(struct made *made, struct buf *written, struct buf *plain);

/* Exceptions for a rule: keys of the rule's object, and what they add to its condition. */
void made_exceptions(struct made *made, struct buf *yaml, struct buf *plain);

/* Other processes, containers and users, in the places of those of before. */
void made_processes(struct made *made);

/* One event; what it points to lives in made->arena or is its process. */
void made_event(struct made *made, struct arena *scratch, struct event *out);
