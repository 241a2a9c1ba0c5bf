/* event/field.h - the table of fields: what conditions and outputs may name.
 *
 * A new field is one row. Rows live in src/event/fields_*.c, one file a class; field.c lists the
 * files. Extractors are pure: they read the event and its entities, may make text in event->scratch
 * and never fail; no value means absent. Any thread for the table, the event's thread to extract.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"
#include "event/event.h"
#include "event/value.h"

struct buf;
struct json_writer;

#define FIELDS_MAX 1024      /* rows of all tables together */
#define FIELD_VALUES_MAX 128 /* values a list field gives at most; more are cut */

enum field_arg {
    FIELD_ARG_NONE,  /* takes none */
    FIELD_ARG_INDEX, /* [2], required */
    FIELD_ARG_INDEX_OR_NONE,
    FIELD_ARG_KEY, /* [name], required */
    FIELD_ARG_KEY_OR_NONE,
    FIELD_ARG_ANY, /* [2] or [name], required */
    FIELD_ARG_ANY_OR_NONE,
};

struct field;

/* A field as used in one place: with its argument. */
struct field_ref {
    const struct field *field;
    struct sv key; /* text of the argument; empty without one */
    int64_t index; /* the argument as a number, -1 when it is none */
    bool has_arg;
};

/* Write up to FIELD_VALUES_MAX values; returns how many, 0 for absent. */
typedef uint32_t (*field_extract_fn)(const struct event *event, const struct field_ref *ref,
                                     struct value *out);

/* What the values are made from, and nothing else, where that is easier to get at than they are. */
typedef struct sv (*field_made_of_fn)(const struct event *event);

enum field_flag {
    FIELD_LIST = 1u << 0,       /* gives a list even without an argument's absence */
    FIELD_DEPRECATED = 1u << 1, /* accepted, no longer recommended */
    FIELD_NO_VALUE = 1u << 2,   /* declared so that rules compile; always absent here */
    FIELD_PROCESS = 1u << 3,    /* depends on the process alone: may be cached with it */
    FIELD_TIME_TEXT = 1u << 4,  /* a text form of the event's time: a number of ns in JSON */
    FIELD_FD_NAME = 1u << 5,    /* depends on fd.known, fd.type and fd.name of the event alone */
};

struct field {
    const char *name;
    enum value_type type;
    enum field_arg arg;
    uint32_t sources;    /* bit (1 << enum event_source) */
    uint32_t flags;      /* enum field_flag */
    const char *meaning; /* one line for `tiercel fields` */
    field_extract_fn extract;
    /* Of a value in a JSON record: the names on the way to it, ended by NULL; see
     * event/json_field.h. NULL for all others. */
    const char *const *path;
    field_made_of_fn made_of; /* NULL for most */
};

uint32_t field_count(void);
const struct field *field_at(uint32_t index);  /* in the order of the listing: class by class */
const char *field_class_title(uint32_t index); /* of the class that field_at(index) is in */

/* By name, without argument; NULL when there is none. */
const struct field *field_find(struct sv name);
/* The field with the longest name that `text` starts with, its argument written with a dot or in
 * brackets or not at all: "evt.arg.flags", "proc.aname[2]", "proc.name". *rest gets what follows
 * the name: ".flags", "[2]", "". NULL when there is none. */
const struct field *field_find_prefix(struct sv text, struct sv *rest);
/* The nearest name for "did you mean", or NULL. */
const char *field_nearest(struct sv name);

enum field_ref_problem {
    FIELD_REF_FINE,
    FIELD_REF_UNKNOWN,      /* no such field */
    FIELD_REF_ARG_MISSING,  /* needs an argument */
    FIELD_REF_ARG_UNWANTED, /* takes none */
    FIELD_REF_ARG_BAD,      /* is not a number, or not a parameter that any event has */
};
/* A use of `field` with the text between the brackets; *out is written when FIELD_REF_FINE. */
must_check enum field_ref_problem field_ref_make(const struct field *field, bool has_arg,
                                                 struct sv arg, struct field_ref *out);
/* The same from one text: "proc.aname[2]", "evt.arg.flags", "container.mount[\"/etc\"]". */
must_check enum field_ref_problem field_ref_parse(struct sv text, struct field_ref *out);
/* The type of its values: the field's own, or the parameter's for evt.rawarg. */
enum value_type field_ref_type(const struct field_ref *ref);

/* Extract, honouring values given by hand. `out` has room for FIELD_VALUES_MAX. */
uint32_t field_extract(const struct event *event, const struct field_ref *ref, struct value *out);

/* "proc.aname[2]" */
void field_ref_print(struct buf *out, const struct field_ref *ref);

/* Append the value as an output shows it: <NA> when absent, "(a,b)" for a list, the ancestors of
 * proc.aname and the like joined by spaces. */
void field_print(struct buf *out, const struct event *event, const struct field_ref *ref);
/* Write it as a member of output_fields: null when absent, numbers bare, texts as printed. */
void field_json(struct json_writer *w, const struct event *event, const struct field_ref *ref);
