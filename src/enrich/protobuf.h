/* enrich/protobuf.h - reading and writing the wire format of protocol buffers, field by field.
 *
 * A message is a row of fields: a number, a type, a value. Nothing is copied: texts and inner
 * messages are views into the bytes given. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/sv.h"

enum protobuf_type {
    PROTOBUF_VARINT = 0,
    PROTOBUF_FIXED64 = 1,
    PROTOBUF_BYTES = 2, /* texts, inner messages, packed lists */
    PROTOBUF_FIXED32 = 5,
};

struct protobuf_field {
    uint32_t number;
    enum protobuf_type type;
    uint64_t value; /* numbers */
    struct sv bytes;
};

/* Take the next field off *message. 0: it has ended; 1: *out is filled; -EPROTO: this is no
 * message, or has groups, which nobody writes any more. */
must_check int protobuf_next(struct sv *message, struct protobuf_field *out);

/* Append one field. */
void protobuf_put_bytes(struct buf *out, uint32_t number, struct sv bytes);
void protobuf_put_number(struct buf *out, uint32_t number, uint64_t value);
