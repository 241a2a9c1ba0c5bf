#include "base/base64.h"

#include "base/arena.h"

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

bool base64_decode(struct sv text, struct arena *arena, struct sv *out)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t len = 0;

    for (int pad = 0; pad < 2 && text.len > 0 && text.ptr[text.len - 1] == '='; pad++)
        text.len--;
    char *bytes = arena_try(arena, text.len);
    if (bytes == NULL || text.len % 4 == 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int digit = digit_of(text.ptr[i]);
        if (digit < 0)
            return false;
        bits = (bits << 6 | (uint32_t)digit) & 0xffffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[len++] = (char)(bits >> held & 0xff);
        }
    }
    if ((bits & ((1u << held) - 1)) != 0)
        return false;
    *out = (struct sv){bytes, len};
    return true;
}
