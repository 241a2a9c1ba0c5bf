#include "app/frame.h"

#include <errno.h>

struct header {
    uint32_t size; /* of the payload */
    uint16_t type;
    uint16_t version;
    uint64_t sequence;
};
_Static_assert(sizeof(struct header) == FRAME_HEADER_BYTES, "frame layout");

void frame_put(struct buf *out, enum frame_type type, uint64_t sequence, struct sv payload)
{
    struct header header = {
        .size = (uint32_t)payload.len,
        .type = (uint16_t)type,
        .version = FRAME_VERSION,
        .sequence = sequence,
    };

    buf_bytes(out, &header, sizeof(header));
    buf_sv(out, payload);
}

int frame_get(const struct buf *in, size_t offset, struct frame *out, size_t *used)
{
    struct header header;

    if (in->len - offset < sizeof(header))
        return FRAME_INCOMPLETE;
    memcpy(&header, in->ptr + offset, sizeof(header));
    if (header.version != FRAME_VERSION || header.size > FRAME_PAYLOAD_MAX ||
        header.type < FRAME_HELLO || header.type > FRAME_ACK)
        return -EPROTO;
    if (in->len - offset - sizeof(header) < header.size)
        return FRAME_INCOMPLETE;
    *out = (struct frame){
        .type = (enum frame_type)header.type,
        .sequence = header.sequence,
        .payload = {in->ptr + offset + sizeof(header), header.size},
    };
    *used = sizeof(header) + header.size;
    return 0;
}
