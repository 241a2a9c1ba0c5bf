/* lang/output.h - output templates: text with %field, compiled once.
 *
 * `%proc.name`, `%proc.aname[2]`, `%tolower(proc.name)`, a width as `%20proc.name` (blanks behind
 * up to it, never cut), `%%` for a percent sign. A `*` at the very front, Falco's "even if a value
 * is absent", is taken off: that is always so here. Absent values print as <NA>. A name that is no
 * field stands for the longest field it begins with and plain text behind. Immutable after
 * compiling; lives in `arena`; any thread may render. */
#pragma once

#include "base/attr.h"
#include "event/event.h"
#include "event/field.h"
#include "lang/parse.h"

struct arena;
struct buf;
struct json_writer;
struct output;

#define OUTPUT_WIDTH_MAX 1000
#define OUTPUT_TEXT_MAX ((size_t)1 << 20) /* bytes of one template */

/* `text` must live as long as the output. Errors: -EINVAL, -E2BIG. */
must_check int output_compile(struct sv text, enum event_source source, struct arena *arena,
                              struct output **out, struct parse_problem *problem);

/* Append the text for this event: values as they are, control characters and all. */
void output_render(const struct output *output, const struct event *event, struct buf *out);

/* A member of output_fields that the template does not name. */
struct output_member {
    struct sv name;
    const struct output *value;
    bool is_text; /* the text of `value`, else the first field it names */
};
/* Add one, in place of a member of that name. All of it must live as long as the output. -E2BIG. */
must_check int output_add_member(struct output *output, const struct output_member *member,
                                 struct arena *arena);

/* Members of output_fields: the distinct fields the template names, those within transformers too,
 * in order of first use; then those that were added. */
uint32_t output_field_count(const struct output *output);
struct sv output_field_name(const struct output *output, uint32_t index); /* "proc.aname[2]" */
/* NULL when its value is a text. */
const struct field_ref *output_field_ref(const struct output *output, uint32_t index);
/* Write the member's value for this event: typed, null when absent. */
void output_field_json(const struct output *output, uint32_t index, const struct event *event,
                       struct json_writer *w);
