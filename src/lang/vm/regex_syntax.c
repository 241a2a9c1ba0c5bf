/* A scanner of the few things that matter: what is one atom, and what repeats it. It does not check
 * the rest: PCRE2 does. */
#include "lang/vm/regex_syntax.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

enum {
    GROUPS_MAX = 128,       /* more than may be nested */
    REPETITIONS_MAX = 1000, /* that RE2 takes in {} */
};

struct token {
    enum {
        TOKEN_ATOM,
        TOKEN_OPEN,
        TOKEN_CLOSE,
        TOKEN_BAR,
        TOKEN_REPEAT,
    } kind;
    size_t len;
    bool stranger;
};

/* Letters and digits behind a backslash that RE2's POSIX mode knows. */
static bool known_escape(struct sv rest)
{
    char c = rest.ptr[1];

    if (strchr("afnrtvx", c) != NULL)
        return true;
    if (c >= '1' && c <= '7') /* octal, not a back reference */
        return rest.len > 2 && rest.ptr[2] >= '0' && rest.ptr[2] <= '7';
    if (c == '0')
        return true;
    return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '8' || c == '9');
}

static struct token escape(struct sv rest)
{
    struct token token = {TOKEN_ATOM, rest.len < 2 ? rest.len : 2, false};

    if (rest.len < 2)
        return token;
    token.stranger = rest.ptr[1] == '\0' || !known_escape(rest);
    if (rest.ptr[1] == 'x') {
        bool braced = rest.len > 2 && rest.ptr[2] == '{';
        size_t end = braced ? sv_find(rest, SV("}"), 2) : 3;
        token.len = end == SIZE_MAX ? rest.len : end + 1;
    }
    while (rest.ptr[1] >= '0' && rest.ptr[1] <= '7' && token.len < 4 && token.len < rest.len &&
           rest.ptr[token.len] >= '0' && rest.ptr[token.len] <= '7')
        token.len++;
    token.len = token.len < rest.len ? token.len : rest.len;
    return token;
}

/* From the bracket on. */
static struct token class_of(struct sv rest)
{
    struct token token = {TOKEN_ATOM, 1, false};

    if (token.len < rest.len && rest.ptr[token.len] == '^')
        token.len++;
    if (token.len < rest.len && rest.ptr[token.len] == ']')
        token.len++;
    while (token.len < rest.len && rest.ptr[token.len] != ']') {
        struct sv inside = sv_sub(rest, token.len, rest.len);
        size_t named = sv_starts(inside, SV("[:")) ? sv_find(inside, SV(":]"), 2) : SIZE_MAX;
        if (named != SIZE_MAX) {
            token.len += named + 2;
        } else if (inside.ptr[0] == '\\') {
            struct token one = escape(inside);
            token.stranger |= one.stranger;
            token.len += one.len;
        } else {
            token.len++;
        }
    }
    token.len += token.len < rest.len;
    return token;
}

static size_t digits(struct sv text, size_t at)
{
    while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9')
        at++;
    return at;
}

/* Bytes of {n}, {n,} or {n,m}; 0 for a brace that is only itself. */
static size_t counted(struct sv rest)
{
    size_t at = digits(rest, 1);

    if (at == 1)
        return 0;
    if (at < rest.len && rest.ptr[at] == ',')
        at = digits(rest, at + 1);
    return at < rest.len && rest.ptr[at] == '}' ? at + 1 : 0;
}

static bool is_over(struct sv number)
{
    uint64_t count = 0;

    return number.len > 0 && (!sv_to_u64(number, &count) || count > REPETITIONS_MAX);
}

static bool too_often(struct sv rest)
{
    struct sv counts = sv_sub(rest, 1, counted(rest) - 2);
    struct sv least = sv_split(&counts, ',');

    return is_over(least) || is_over(counts);
}

static struct token next(struct sv rest)
{
    switch (rest.ptr[0]) {
    case '\\':
        return escape(rest);
    case '[':
        return class_of(rest);
    case '(':
        /* (?...) and (*VERB) */
        return (struct token){TOKEN_OPEN, 1,
                              rest.len > 1 && (rest.ptr[1] == '?' || rest.ptr[1] == '*')};
    case ')':
        return (struct token){TOKEN_CLOSE, 1, false};
    case '|':
        return (struct token){TOKEN_BAR, 1, false};
    case '*':
    case '+':
    case '?':
        return (struct token){TOKEN_REPEAT, 1, false};
    case '{':
        if (counted(rest) > 0)
            return (struct token){TOKEN_REPEAT, counted(rest), too_often(rest)};
        break;
    default:
        break;
    }
    /* A character with the bytes that continue it. */
    size_t len = 1;
    while (len < rest.len && ((unsigned char)rest.ptr[len] & 0xc0) == 0x80)
        len++;
    return (struct token){TOKEN_ATOM, len, false};
}

struct regex_syntax regex_syntax_of(struct sv pattern)
{
    for (struct sv rest = pattern; rest.len > 0;) {
        struct token token = next(rest);
        if (token.stranger)
            return (struct regex_syntax){false, sv_sub(rest, 0, token.len + (rest.ptr[0] == '('))};
        rest = sv_sub(rest, token.len, rest.len);
    }
    return (struct regex_syntax){.falcos = true};
}

/* Where groups are to be put around atoms: how many begin before each byte. The repetition before
 * which one ends is where it was seen. */
struct wrapper {
    uint32_t *begin;
    bool *end;
    size_t group[GROUPS_MAX]; /* where those that are open begin */
    uint32_t depth;
    size_t atom;   /* where the last one begins */
    bool repeated; /* ... and it has a repetition already */
};

static void step(struct wrapper *w, const struct token *token, size_t at)
{
    switch (token->kind) {
    case TOKEN_OPEN:
        if (w->depth < GROUPS_MAX)
            w->group[w->depth] = at;
        w->depth++;
        w->repeated = false;
        break;
    case TOKEN_CLOSE:
        w->depth -= w->depth > 0;
        w->atom = w->depth < GROUPS_MAX ? w->group[w->depth] : at;
        w->repeated = false;
        break;
    case TOKEN_REPEAT:
        if (w->repeated) {
            w->begin[w->atom]++;
            w->end[at] = true;
        }
        w->repeated = true;
        break;
    default:
        w->atom = at;
        w->repeated = false;
        break;
    }
}

void regex_syntax_write(struct sv pattern, struct buf *out)
{
    struct wrapper w = {.begin = xcalloc(pattern.len, sizeof(uint32_t)),
                        .end = xcalloc(pattern.len, sizeof(bool))};
    size_t at = 0;

    while (at < pattern.len) {
        struct token token = next(sv_sub(pattern, at, pattern.len));
        step(&w, &token, at);
        at += token.len;
    }
    for (at = 0; at < pattern.len;) {
        struct token token = next(sv_sub(pattern, at, pattern.len));
        struct sv text = sv_sub(pattern, at, token.len);
        if (w.end[at])
            buf_char(out, ')');
        for (uint32_t i = 0; i < w.begin[at]; i++)
            buf_str(out, "(?:");
        buf_sv(out, sv_eq(text, SV("\\v")) ? SV("\\x0b") : text);
        at += token.len;
    }
    free(w.begin);
    free(w.end);
}
