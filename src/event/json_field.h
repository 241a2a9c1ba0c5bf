/* event/json_field.h - values of a record that came as JSON.
 *
 * A path is the names on the way to a value, ended by NULL: {"spec", "containers", EACH, "image",
 * NULL}. EACH stands for every element of an array; an index given with the field picks one of the
 * first array on the way. null is taken for a value that is not there. Views point into the
 * document; texts that are made live in event->scratch. Thread: the event's. */
#pragma once

#include "base/json.h"
#include "event/field.h"

#define JSON_EACH ""
#define JSON_PATH(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The value at the end of a path without EACH, NULL when it is not there. */
const struct json_node *event_json_at(const struct event *event, const char *const *path);
/* Text of a string there; the empty view when it is none. */
struct sv event_json_text(const struct event *event, const char *const *path);

/* The value as fields give it: a string as it is, anything else as JSON text. Returns 1, or 0 for
 * NULL, null, and when memory ends. */
uint32_t event_json_value(const struct event *event, const struct json_node *node,
                          struct value *out);

/* Each value at the end of `path`, as fields give it, at most FIELD_VALUES_MAX; see field.h. */
uint32_t event_json_values(const struct event *event, const struct field_ref *ref,
                           const char *const *path, struct value *out);
/* The same for what `each` makes of a value: it writes up to `room` values, returns how many. */
typedef uint32_t (*event_json_fn)(const struct event *event, const struct json_node *node,
                                  struct value *out, uint32_t room);
uint32_t event_json_each(const struct event *event, const struct field_ref *ref,
                         const char *const *path, event_json_fn each, struct value *out);

/* A field_extract_fn: event_json_values() of the field's own path. */
uint32_t field_json_path(const struct event *event, const struct field_ref *ref, struct value *out);
