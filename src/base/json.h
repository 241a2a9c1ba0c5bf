/* base/json.h - writing JSON into a buf, and reading it into a flat tape.
 *
 * The writer puts commas and escapes by itself. Bytes that are not UTF-8 become U+FFFD, so the
 * output is always valid; control characters and overrides of the writing direction are written as
 * \uXXXX, so it is also safe to show. Nesting past JSON_DEPTH_MAX sets -E2BIG in the buf. The
 * reader wraps simdjson: strict RFC 8259, UTF-8 checked, integers of 64 bits. One thread per writer
 * or document; the reader keeps some memory per thread for its next document. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct arena;
struct buf;
struct err;

#define JSON_DEPTH_MAX 64 /* nesting, both ways */

struct json_writer {
    struct buf *out;
    unsigned depth;
    bool first; /* nothing written yet in this object or array */
    bool after_key;
};

struct json_writer json_writer_on(struct buf *out);
void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key_sv(struct json_writer *w, struct sv key);
static inline void json_key(struct json_writer *w, const char *key)
{
    json_key_sv(w, sv(key));
}
/* A key that needs no escapes, made beforehand: json_key_made(w, JSON_KEY("pid")). */
#define JSON_KEY(literal) SV("\"" literal "\":")
void json_key_made(struct json_writer *w, struct sv key);
void json_sv(struct json_writer *w, struct sv text);
static inline void json_str(struct json_writer *w, const char *text)
{
    json_sv(w, sv(text));
}
void json_u64(struct json_writer *w, uint64_t number);
void json_i64(struct json_writer *w, int64_t number);
void json_double(struct json_writer *w, double number); /* null when not finite */
void json_bool(struct json_writer *w, bool value);
void json_null(struct json_writer *w);
void json_raw(struct json_writer *w, struct sv json); /* a value that is JSON already */

/* Append `text` escaped, without the quotes. */
void json_escape(struct buf *out, struct sv text);

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_I64,
    JSON_U64, /* only numbers above INT64_MAX */
    JSON_DOUBLE,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

/* One value of the tape. Containers are followed by their contents; `next` is the index just past
 * the value, so a sibling is reached in one step. In an object, keys and values alternate; a key is
 * a JSON_STRING. */
struct json_node {
    uint8_t kind; /* enum json_kind */
    uint32_t next;
    uint32_t count; /* elements, or members, of a container */
    union {
        struct sv text; /* unescaped; may hold NUL bytes; ends in one more */
        int64_t i64;
        uint64_t u64;
        double number;
    };
};

struct json_doc {
    const struct json_node *node; /* node[0] is the root */
    uint32_t count;
};

/* Parse one document; nodes and texts live in `arena`, `text` may go. The words say what is wrong,
 * with line and column (in bytes) except for lone surrogates and numbers beyond a double.
 * Errors: -EINVAL, -E2BIG (depth, or past the arena's limit), -ENOMEM. */
must_check int json_parse(struct sv text, struct arena *arena, struct json_doc *out,
                          struct err *err);

/* Member `key` of the object at `node` (the first one when repeated), or NULL. */
const struct json_node *json_get(const struct json_doc *doc, const struct json_node *object,
                                 struct sv key);
/* Text of a string member, the empty view when absent or not a string. */
struct sv json_get_sv(const struct json_doc *doc, const struct json_node *object, struct sv key);
/* First child of a container, NULL when empty; json_next() gives NULL after the last. Children of
 * an object are its keys and values in turn. */
const struct json_node *json_first(const struct json_doc *doc, const struct json_node *container);
const struct json_node *json_next(const struct json_doc *doc, const struct json_node *container,
                                  const struct json_node *child);
/* Write the value at `node`, as short as it goes. */
void json_node_write(struct json_writer *w, const struct json_doc *doc,
                     const struct json_node *node);
