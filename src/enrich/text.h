/* enrich/text.h - text that several entities share, freed with the last of them. One thread. */
#pragma once

#include "base/attr.h"
#include "base/sv.h"

#define TEXT_LEN_MAX 4096u /* bytes kept; longer ones are cut */

struct text {
    uint32_t refs;
    uint32_t len;
    char bytes[];
};

/* With one reference; NULL for an empty text, which all functions take for one. */
must_check struct text *text_new(struct sv bytes);
must_check struct text *text_ref(struct text *text);
void text_unref(struct text *text);
/* Put another text in a place that holds a reference. */
void text_set(struct text **place, struct sv bytes);

static inline struct sv text_sv(const struct text *text)
{
    return text == NULL ? (struct sv){NULL, 0} : (struct sv){text->bytes, text->len};
}
