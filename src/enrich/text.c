#include "enrich/text.h"

#include <assert.h>

#include "base/alloc.h"

struct text *text_new(struct sv bytes)
{
    bytes = sv_sub(bytes, 0, TEXT_LEN_MAX);
    if (bytes.len == 0)
        return NULL;
    struct text *text = xmalloc(sizeof(*text) + bytes.len);
    text->refs = 1;
    text->len = (uint32_t)bytes.len;
    memcpy(text->bytes, bytes.ptr, bytes.len);
    return text;
}

struct text *text_ref(struct text *text)
{
    if (text != NULL)
        text->refs++;
    return text;
}

void text_unref(struct text *text)
{
    if (text == NULL)
        return;
    assert(text->refs > 0);
    if (--text->refs == 0)
        free(text);
}

void text_set(struct text **place, struct sv bytes)
{
    struct text *text = text_new(bytes);

    text_unref(*place);
    *place = text;
}
