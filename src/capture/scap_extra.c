#include "capture/scap_extra.h"

#include "base/buf.h"
#include "bpf/include/wire.h"

enum { VERSION = 1 };

static const char magic[4] = {'t', 'r', 'c', 'l'};

struct head {
    char magic[4];
    uint16_t version, wire_version;
};
_Static_assert(sizeof(struct head) == 8, "file layout");

struct item_head {
    uint16_t kind, zero;
    uint32_t len;
};
_Static_assert(sizeof(struct item_head) == 8, "file layout");

static size_t padded(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

void scap_extra_begin(struct buf *out)
{
    struct head head = {.version = VERSION, .wire_version = WIRE_VERSION};

    memcpy(head.magic, magic, sizeof(magic));
    buf_bytes(out, &head, sizeof(head));
}

void scap_extra_item(struct buf *out, enum scap_extra_kind kind, struct sv bytes)
{
    static const char zeros[4];
    const struct item_head head = {.kind = (uint16_t)kind, .len = (uint32_t)bytes.len};

    buf_bytes(out, &head, sizeof(head));
    buf_sv(out, bytes);
    buf_bytes(out, zeros, padded(bytes.len) - bytes.len);
}

bool scap_extra_open(struct sv bytes, struct sv *items, uint16_t *wire_version)
{
    struct head head;

    if (bytes.len < sizeof(head))
        return false;
    memcpy(&head, bytes.ptr, sizeof(head));
    if (memcmp(head.magic, magic, sizeof(magic)) != 0 || head.version != VERSION)
        return false;
    *items = sv_sub(bytes, sizeof(head), bytes.len);
    *wire_version = head.wire_version;
    return true;
}

bool scap_extra_next(struct sv *items, struct scap_extra_item *out)
{
    struct item_head head;

    if (items->len < sizeof(head))
        return false;
    memcpy(&head, items->ptr, sizeof(head));
    if (head.kind == 0 || head.len > items->len - sizeof(head))
        return false;
    *out = (struct scap_extra_item){head.kind, sv_sub(*items, sizeof(head), head.len)};
    *items = sv_sub(*items, sizeof(head) + padded(head.len), items->len);
    return true;
}
