/* app/frame.h - what sensor and hub say to each other over their UNIX socket.
 *
 * A frame is a header and a payload. The sensor says HELLO, then FINDING frames with growing
 * sequence numbers; the hub answers ACK n once everything up to n is durable. A sensor that
 * reconnects sends again what was not acknowledged: the finding's id makes that harmless.
 * Both ends run on one machine, so numbers are in host order. One thread per buffer. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/sv.h"

#define FRAME_VERSION 1
#define FRAME_HEADER_BYTES 16
#define FRAME_PAYLOAD_MAX ((size_t)16 << 20) /* bytes */
#define FRAME_MAX (FRAME_HEADER_BYTES + FRAME_PAYLOAD_MAX)

enum frame_type {
    FRAME_HELLO = 1, /* payload: the node's name */
    FRAME_FINDING,   /* payload: the finding's JSON */
    FRAME_ACK,       /* no payload */
};

struct frame {
    enum frame_type type;
    uint64_t sequence;
    struct sv payload; /* a view into the buffer it was read from */
};

enum frame_outcome {
    FRAME_INCOMPLETE = 1, /* wait for more bytes */
};

void frame_put(struct buf *out, enum frame_type type, uint64_t sequence, struct sv payload);

/* Read the frame at `offset` of `in`; *used gets its bytes. FRAME_INCOMPLETE, or -EPROTO when this
 * is no frame of this version, or larger than FRAME_PAYLOAD_MAX. */
must_check int frame_get(const struct buf *in, size_t offset, struct frame *out, size_t *used);
