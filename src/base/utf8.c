#include "base/utf8.h"

#include "base/buf.h"

static bool is_tail(struct sv text, size_t at)
{
    return at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80;
}

struct utf8_char utf8_first(struct sv text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t lead = (unsigned char)text.ptr[0];
    uint32_t width = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t code = width <= 1 ? lead : lead & (0x7fu >> width);

    if (lead > 0xf4)
        width = 0;
    for (uint32_t i = 1; i < width; i++) {
        if (!is_tail(text, i))
            return (struct utf8_char){lead, 0};
        code = code << 6 | ((unsigned char)text.ptr[i] & 0x3f);
    }
    if (width == 0 || code < least[width] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return (struct utf8_char){lead, 0};
    return (struct utf8_char){code, width};
}

bool utf8_is_hostile(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x61c || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

static void put_hostile(struct buf *out, uint32_t code)
{
    switch (code) {
    case '\n':
        buf_str(out, "\\n");
        break;
    case '\r':
        buf_str(out, "\\r");
        break;
    case '\t':
        buf_str(out, "\\t");
        break;
    default:
        buf_printf(out, code < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)code);
    }
}

void utf8_put_visible(struct buf *out, struct sv text)
{
    while (text.len > 0) {
        struct utf8_char c = utf8_first(text);
        if (c.width == 0)
            buf_printf(out, "\\x%02x", (unsigned char)text.ptr[0]);
        else if (utf8_is_hostile(c.code))
            put_hostile(out, c.code);
        else
            buf_bytes(out, text.ptr, c.width);
        text = sv_sub(text, c.width == 0 ? 1 : c.width, text.len);
    }
}
