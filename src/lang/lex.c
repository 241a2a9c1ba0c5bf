#include "lang/lex.h"

#include <errno.h>

#include "base/arena.h"
#include "lang/parse.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c) || c == '_';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\b';
}

/* The byte `ahead` of the cursor; NUL past the end, which no word holds. */
static char peek(const struct lex *lex, size_t ahead)
{
    size_t place = lex->at + ahead;

    return place < lex->text.len ? lex->text.ptr[place] : '\0';
}

static bool take_len(struct lex *lex, size_t len)
{
    if (len == 0)
        return false;
    lex->last = (struct sv){lex->text.ptr + lex->at, len};
    lex->at += len;
    return true;
}

bool lex_blank(struct lex *lex)
{
    size_t from = lex->at;

    while (lex->at < lex->text.len && is_blank(lex->text.ptr[lex->at]))
        lex->at++;
    return lex->at > from;
}

static bool ahead_is(const struct lex *lex, struct sv word)
{
    return sv_eq(sv_sub(lex->text, lex->at, word.len), word);
}

bool lex_text(struct lex *lex, const char *word)
{
    struct sv want = sv(word);

    return ahead_is(lex, want) && take_len(lex, want.len);
}

bool lex_word(struct lex *lex, const char *word)
{
    struct sv want = sv(word);
    char after = peek(lex, want.len);

    return ahead_is(lex, want) && !is_word(after) && after != '.' && take_len(lex, want.len);
}

static size_t identifier_len(const struct lex *lex, size_t from)
{
    size_t len = 0;

    if (!is_letter(peek(lex, from)))
        return 0;
    while (is_word(peek(lex, from + len)))
        len++;
    return len;
}

bool lex_identifier(struct lex *lex)
{
    return take_len(lex, identifier_len(lex, 0));
}

bool lex_field_name(struct lex *lex)
{
    size_t first = identifier_len(lex, 0);
    size_t len = first;

    while (len > 0 && peek(lex, len) == '.') {
        size_t part = identifier_len(lex, len + 1);
        if (part == 0)
            break;
        len += 1 + part;
    }
    return len > first && take_len(lex, len);
}

static bool ends_bare(char c, const char *marks)
{
    return c == '\0' || (c != '\b' && is_blank(c)) || c == '\v' || c == '\f' ||
           strchr(marks, c) != NULL;
}

static size_t bare_len(const struct lex *lex, const char *marks)
{
    size_t len = 0;

    while (!ends_bare(peek(lex, len), marks))
        len++;
    return len;
}

bool lex_bare_arg(struct lex *lex)
{
    return take_len(lex, bare_len(lex, "[]\"'"));
}

bool lex_bare(struct lex *lex)
{
    return take_len(lex, bare_len(lex, "()\"'=,"));
}

static size_t digits_len(const struct lex *lex, size_t from)
{
    size_t len = 0;

    while (is_digit(peek(lex, from + len)))
        len++;
    return len;
}

static size_t hex_len(const struct lex *lex)
{
    size_t len = 2;

    if (peek(lex, 0) != '0' || (peek(lex, 1) != 'x' && peek(lex, 1) != 'X'))
        return 0;
    while (is_digit(peek(lex, len)) || (peek(lex, len) >= 'a' && peek(lex, len) <= 'f') ||
           (peek(lex, len) >= 'A' && peek(lex, len) <= 'F'))
        len++;
    return len > 2 ? len : 0;
}

static size_t decimal_len(const struct lex *lex)
{
    size_t sign = peek(lex, 0) == '+' || peek(lex, 0) == '-';
    size_t len = sign + digits_len(lex, sign);

    if (len == sign)
        return 0;
    if (peek(lex, len) == '.')
        len += 1 + digits_len(lex, len + 1);
    if ((peek(lex, len) == 'e' || peek(lex, len) == 'E') &&
        (peek(lex, len + 1) == '+' || peek(lex, len + 1) == '-') && is_digit(peek(lex, len + 2)))
        len += 2 + digits_len(lex, len + 2);
    return len;
}

bool lex_number(struct lex *lex)
{
    return take_len(lex, hex_len(lex)) || take_len(lex, decimal_len(lex));
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

struct unescape {
    struct sv body; /* between the quotes */
    char quote;
    size_t at;
    char *out;
    size_t len;
};

static int unescape_hex(struct lex *lex, struct unescape *u)
{
    size_t place = lex->at + 1 + u->at - 1; /* of the backslash */

    if (u->body.len - u->at < 3)
        return parse_problem_set(lex->problem, -EINVAL, place,
                                 "truncated hex char escape sequence");
    int high = hex_digit(u->body.ptr[u->at + 1]);
    int low = hex_digit(u->body.ptr[u->at + 2]);
    if (high < 0 || low < 0)
        return parse_problem_set(lex->problem, -EINVAL, place,
                                 "invalid hex char escape sequence: %.2s", u->body.ptr + u->at + 1);
    u->out[u->len++] = (char)(high * 16 + low);
    u->at += 3;
    return 0;
}

/* The byte after a backslash. A blank stands for the backslash itself, as in Falco. */
static int unescape_one(struct lex *lex, struct unescape *u)
{
    static const char pairs[] = "b\bf\fn\nr\rt\t \\\\\\//";
    char c = u->body.ptr[u->at];
    size_t place = lex->at + 1 + u->at - 1;

    if (c == 'x')
        return unescape_hex(lex, u);
    if (c == '"' || c == '\'') {
        if (c != u->quote)
            return parse_problem_set(lex->problem, -EINVAL, place,
                                     "invalid \\%c escape in %c-quoted string", c, u->quote);
        u->out[u->len++] = c;
        u->at++;
        return 0;
    }
    for (size_t i = 0; i + 1 < sizeof(pairs); i += 2) {
        if (c == pairs[i]) {
            u->out[u->len++] = pairs[i + 1];
            u->at++;
            return 0;
        }
    }
    return parse_problem_set(lex->problem, -EINVAL, place,
                             "unsupported string escape sequence: \\%c", c);
}

static int unescape(struct lex *lex, struct sv body, char quote, struct sv *out)
{
    struct unescape u = {.body = body, .quote = quote};

    if (body.len == 0 || memchr(body.ptr, '\\', body.len) == NULL) {
        *out = body;
        return 0;
    }
    u.out = arena_array(lex->arena, char, body.len);
    if (u.out == NULL)
        return parse_problem_set(lex->problem, -E2BIG, lex->at, "the condition is too big");
    while (u.at < body.len) {
        char c = body.ptr[u.at++];
        if (c != '\\') {
            u.out[u.len++] = c;
            continue;
        }
        int rc = unescape_one(lex, &u);
        if (rc < 0)
            return rc;
    }
    *out = (struct sv){u.out, u.len};
    return 0;
}

int lex_quoted(struct lex *lex)
{
    char quote = peek(lex, 0);
    size_t end = 1;

    if (quote != '"' && quote != '\'')
        return LEX_NONE;
    /* As in Falco, a quote after any backslash goes on, even if that one was escaped itself. */
    while (peek(lex, end) != '\0' && (peek(lex, end) != quote || peek(lex, end - 1) == '\\'))
        end++;
    if (peek(lex, end) != quote)
        return LEX_NONE;
    struct sv body = {lex->text.ptr + lex->at + 1, end - 1};
    struct sv text;
    int rc = unescape(lex, body, quote, &text);
    if (rc < 0)
        return rc;
    lex->last = text;
    lex->at += end + 1;
    return LEX_TAKEN;
}

struct sv lex_peek(const struct lex *lex)
{
    size_t len = 0;

    while (lex->at + len < lex->text.len && !ends_bare(peek(lex, len), "()"))
        len++;
    return sv_sub(lex->text, lex->at, len);
}
