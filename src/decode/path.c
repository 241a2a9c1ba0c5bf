#include "decode/path.h"

#include "base/arena.h"

/* Append the parts of `path` to `text`, which is absolute and clean; returns its new length. */
static size_t append_parts(char *text, size_t len, struct sv path)
{
    while (path.len > 0) {
        struct sv part = sv_split(&path, '/');
        if (part.len == 0 || sv_eq(part, SV(".")))
            continue;
        if (sv_eq(part, SV(".."))) {
            size_t slash = sv_rfind_char((struct sv){text, len}, '/');
            len = slash == SIZE_MAX ? 0 : slash;
            continue;
        }
        text[len++] = '/';
        memcpy(text + len, part.ptr, part.len);
        len += part.len;
    }
    return len;
}

struct sv path_join(struct arena *scratch, struct sv base, struct sv path)
{
    bool absolute = path.len > 0 && path.ptr[0] == '/';
    size_t len = 0;

    if (path.len == 0)
        return base;
    if (!absolute && (base.len == 0 || base.ptr[0] != '/'))
        return path;
    char *text = arena_array(scratch, char, base.len + path.len + 2);
    if (text == NULL)
        return path;
    if (!absolute)
        len = append_parts(text, len, base);
    len = append_parts(text, len, path);
    if (len == 0)
        text[len++] = '/';
    return (struct sv){text, len};
}
