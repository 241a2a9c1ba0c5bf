#include "lang/falco/composed.h"

#include <assert.h>
#include <errno.h>

#include "base/buf.h"
#include "lang/falco/scalar_place.h"
#include "lang/parse.h"

int composed_make(struct items *items, const struct parts *parts, uint32_t in_parens,
                  struct composed *out)
{
    scoped(buf_done) struct buf text = {.limit = (size_t)64 << 20};
    uint32_t *from = arena_array(items->arena, uint32_t, parts->count);

    assert(parts->count > 0);
    if (from == NULL)
        return items_full(items, &parts->item[0].spot);
    for (uint32_t i = 0; i < parts->count; i++) {
        buf_str(&text, i > 0 ? " " : in_parens > 0 ? "(" : "");
        from[i] = (uint32_t)text.len;
        buf_sv(&text, parts->item[i].text);
        if (i + 1 == in_parens)
            buf_char(&text, ')');
    }
    out->parts = parts;
    out->from = from;
    if (text.error < 0 || !items_text(items, buf_view(&text), &out->text))
        return items_full(items, &parts->item[0].spot);
    return 0;
}

struct spot composed_spot(const struct composed *composed, size_t offset)
{
    const struct parts *parts = composed->parts;
    uint32_t i = parts->count - 1;

    while (i > 0 && composed->from[i] > offset)
        i--;
    const struct part *part = &parts->item[i];
    struct spot spot = part->spot;
    if (part->scalar.len == 0)
        return spot;
    size_t inside = offset > composed->from[i] ? offset - composed->from[i] : 0;
    if (inside > part->text.len)
        inside = part->text.len;
    size_t base = (size_t)(part->text.ptr - part->scalar.ptr);
    spot.at = scalar_place(spot.file->text, spot.at, part->scalar, base + inside);
    return spot;
}
