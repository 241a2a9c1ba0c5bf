/* lang/falco/output_append.h - what is added to the outputs of many rules at once: Falco's
 * `append_output`.
 *
 * An entry names the rules it is for and what they get: text behind the output, the fields that
 * Falco suggests, members of output_fields. Text is added in the order of the entries, each after a
 * blank, and within one entry before the suggested fields. A member takes the place of one of the
 * same name. Plain data. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/yaml.h"

#define OUTPUT_APPEND_ANY_SOURCE (-1)

struct output_append_field {
    const char *name;   /* of the member; without a format, the field that is its value */
    const char *format; /* a template whose text is the value; NULL: none */
};

struct output_append {
    /* Which rules: all that is given must fit. */
    int source;             /* enum event_source, or OUTPUT_APPEND_ANY_SOURCE */
    const char *rule;       /* the name; NULL: any */
    const char *const *tag; /* the rule has all of these */
    uint32_t tag_count;
    const char *text; /* NULL: none */
    bool suggested;   /* container and pod, for rules about system calls */
    const struct output_append_field *field;
    uint32_t field_count;
    const char *file; /* where the entry was written: diagnostics point there */
    struct yaml_mark at;
};
