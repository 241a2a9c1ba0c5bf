#include "enrich/protobuf.h"

#include <errno.h>

enum { VARINT_BYTES_MAX = 10, NUMBER_MAX = (1 << 29) - 1 };

/* Seven bits a byte, the lowest first; the top bit says that more follow. */
static bool take_varint(struct sv *message, uint64_t *out)
{
    uint64_t value = 0;

    for (size_t i = 0; i < message->len && i < VARINT_BYTES_MAX; i++) {
        uint8_t byte = (uint8_t)message->ptr[i];

        if (i == VARINT_BYTES_MAX - 1 && byte > 1)
            return false; /* more than 64 bits */
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0) {
            *out = value;
            *message = sv_sub(*message, i + 1, message->len);
            return true;
        }
    }
    return false;
}

static bool take_bytes(struct sv *message, uint64_t len, struct sv *out)
{
    if (len > message->len)
        return false;
    *out = sv_sub(*message, 0, (size_t)len);
    *message = sv_sub(*message, (size_t)len, message->len);
    return true;
}

static bool take_fixed(struct sv *message, size_t len, uint64_t *out)
{
    struct sv bytes;

    if (!take_bytes(message, len, &bytes))
        return false;
    *out = 0;
    for (size_t i = 0; i < len; i++)
        *out |= (uint64_t)(uint8_t)bytes.ptr[i] << (8 * i);
    return true;
}

int protobuf_next(struct sv *message, struct protobuf_field *out)
{
    struct protobuf_field field = {0};
    uint64_t tag;
    uint64_t len;
    bool good = false;

    if (message->len == 0)
        return 0;
    if (!take_varint(message, &tag) || tag >> 3 == 0 || tag >> 3 > NUMBER_MAX)
        return -EPROTO;
    field.number = (uint32_t)(tag >> 3);
    field.type = (enum protobuf_type)(tag & 7);
    switch (field.type) {
    case PROTOBUF_VARINT:
        good = take_varint(message, &field.value);
        break;
    case PROTOBUF_FIXED64:
        good = take_fixed(message, 8, &field.value);
        break;
    case PROTOBUF_FIXED32:
        good = take_fixed(message, 4, &field.value);
        break;
    case PROTOBUF_BYTES:
        good = take_varint(message, &len) && take_bytes(message, len, &field.bytes);
        break;
    }
    if (!good)
        return -EPROTO;
    *out = field;
    return 1;
}

static void put_varint(struct buf *out, uint64_t value)
{
    while (value > 0x7f) {
        buf_char(out, (char)(value | 0x80));
        value >>= 7;
    }
    buf_char(out, (char)value);
}

void protobuf_put_bytes(struct buf *out, uint32_t number, struct sv bytes)
{
    put_varint(out, (uint64_t)number << 3 | PROTOBUF_BYTES);
    put_varint(out, bytes.len);
    buf_sv(out, bytes);
}

void protobuf_put_number(struct buf *out, uint32_t number, uint64_t value)
{
    put_varint(out, (uint64_t)number << 3 | PROTOBUF_VARINT);
    put_varint(out, value);
}
