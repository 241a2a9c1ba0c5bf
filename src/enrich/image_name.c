#include "enrich/image_name.h"

static bool is_id(struct sv text)
{
    if (sv_starts(text, SV("sha256:")))
        text = sv_sub(text, 7, text.len);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
    }
    return text.len == 64;
}

void image_name_parse(struct sv name, struct image_name *out)
{
    *out = (struct image_name){0};
    name = sv_trim(name);
    if (is_id(name)) {
        out->id = name;
        return;
    }
    size_t at = sv_rfind_char(name, '@');
    if (at != SIZE_MAX) {
        out->digest = sv_sub(name, at + 1, name.len);
        name = sv_sub(name, 0, at);
    }
    size_t slash = sv_rfind_char(name, '/');
    size_t colon = sv_rfind_char(name, ':');
    /* A colon before the last slash is the registry's port. */
    if (colon != SIZE_MAX && (slash == SIZE_MAX || colon > slash)) {
        out->tag = sv_sub(name, colon + 1, name.len);
        name = sv_sub(name, 0, colon);
    }
    out->repository = name;
}
