/* The usual walk with one way back: after a mismatch only the last `*` has to take one byte more,
 * because what an earlier one could gain, the last can gain as well. */
#include "lang/vm/glob.h"

#include <ctype.h>

struct step {
    bool matches;
    size_t next; /* in the pattern */
};

static unsigned char fold(char c, bool ignore_case)
{
    return ignore_case && c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : (unsigned char)c;
}

static bool in_class(struct sv name, unsigned char c)
{
    static const struct {
        const char *name;
        int (*test)(int c);
    } classes[] = {
        {"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl},
        {"digit", isdigit}, {"graph", isgraph}, {"lower", islower}, {"print", isprint},
        {"punct", ispunct}, {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit},
    };

    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        if (sv_eq(name, sv(classes[i].name)))
            return c < 128 && classes[i].test(c) != 0;
    }
    return false;
}

/* One member of a set at *at, which is advanced: a class, or a byte as `low`. */
static void set_member(struct sv pattern, size_t *at, bool *is_class, struct sv *name, char *low)
{
    *is_class = false;
    if (pattern.ptr[*at] == '[' && *at + 1 < pattern.len && pattern.ptr[*at + 1] == ':') {
        size_t end = sv_find(pattern, SV(":]"), *at + 2);
        if (end != SIZE_MAX) {
            *name = sv_sub(pattern, *at + 2, end - *at - 2);
            *is_class = true;
            *at = end + 2;
            return;
        }
    }
    if (pattern.ptr[*at] == '\\' && *at + 1 < pattern.len)
        (*at)++;
    *low = pattern.ptr[(*at)++];
}

static bool range_has(char low, char high, char c, bool ignore_case)
{
    unsigned char byte = fold(c, ignore_case);

    return fold(low, ignore_case) <= byte && byte <= fold(high, ignore_case);
}

/* A set whose '[' stands at `from`. Without an end it is the plain byte '['. */
static struct step match_set(struct sv pattern, size_t from, char c, bool ignore_case)
{
    size_t at = from + 1;
    bool negate = at < pattern.len && (pattern.ptr[at] == '!' || pattern.ptr[at] == '^');
    bool found = false;

    at += negate;
    for (size_t first = at; at < pattern.len; first = SIZE_MAX) {
        struct sv name = {NULL, 0};
        bool is_class = false;
        char low = 0;

        if (pattern.ptr[at] == ']' && at != first)
            return (struct step){found != negate, at + 1};
        set_member(pattern, &at, &is_class, &name, &low);
        if (is_class) {
            found = found || in_class(name, (unsigned char)c);
            continue;
        }
        char high = low;
        if (at + 1 < pattern.len && pattern.ptr[at] == '-' && pattern.ptr[at + 1] != ']') {
            at++;
            set_member(pattern, &at, &is_class, &name, &high);
        }
        found = found || (!is_class && range_has(low, high, c, ignore_case));
    }
    return (struct step){c == '[', from + 1};
}

/* Does the pattern's element at `at`, not a star, match the byte? */
static struct step match_one(struct sv pattern, size_t at, char c, bool ignore_case)
{
    char p = pattern.ptr[at];

    if (p == '?')
        return (struct step){true, at + 1};
    if (p == '[')
        return match_set(pattern, at, c, ignore_case);
    if (p == '\\') {
        if (at + 1 == pattern.len)
            return (struct step){false, at + 1};
        p = pattern.ptr[++at];
    }
    return (struct step){fold(p, ignore_case) == fold(c, ignore_case), at + 1};
}

bool glob_match(struct sv pattern, struct sv text, bool ignore_case)
{
    size_t p = 0;
    size_t t = 0;
    size_t star = SIZE_MAX; /* place behind the last star, and where its text began to grow */
    size_t star_text = 0;

    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = ++p;
            star_text = t;
            continue;
        }
        struct step step = {false, 0};
        if (p < pattern.len)
            step = match_one(pattern, p, text.ptr[t], ignore_case);
        if (step.matches) {
            p = step.next;
            t++;
        } else if (star != SIZE_MAX) {
            p = star;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}
