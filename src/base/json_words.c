#include "base/json_words.h"

#include "base/json.h"
#include "base/utf8.h"

enum state {
    WANT_VALUE,
    WANT_VALUE_OR_END, /* just after '[' */
    WANT_KEY,
    WANT_KEY_OR_END, /* just after '{' */
    WANT_COLON,
    WANT_MORE, /* after a value: ',' or the end of what holds it */
};

struct scan {
    struct sv text;
    size_t at;
    enum state state;
    unsigned depth;
    bool object[JSON_DEPTH_MAX]; /* what is open: an object, or an array */
    const char *words;           /* set once: what is wrong at `at` */
};

static char peek(const struct scan *s)
{
    return s->at < s->text.len ? s->text.ptr[s->at] : '\0';
}

static void stop(struct scan *s, const char *words)
{
    s->words = words;
}

static bool take_char(struct scan *s, char c)
{
    if (s->at >= s->text.len || s->text.ptr[s->at] != c)
        return false;
    s->at++;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static size_t take_digits(struct scan *s)
{
    size_t from = s->at;

    while (is_digit(peek(s)))
        s->at++;
    return s->at - from;
}

static void scan_escape(struct scan *s)
{
    if (!take_char(s, 'u')) {
        if (peek(s) == '\0' || strchr("\"\\/bfnrt", peek(s)) == NULL)
            stop(s, "no such escape");
        else
            s->at++;
        return;
    }
    for (int i = 0; i < 4; i++) {
        if (!is_hex(peek(s))) {
            stop(s, "expected four hexadecimal digits");
            return;
        }
        s->at++;
    }
}

static void scan_string(struct scan *s)
{
    size_t start = s->at++;

    while (s->words == NULL && !take_char(s, '"')) {
        if (s->at >= s->text.len) {
            s->at = start;
            stop(s, "this string is never closed");
            return;
        }
        struct utf8_char c = utf8_first(sv_sub(s->text, s->at, s->text.len));
        if (c.width == 0)
            stop(s, "this is not UTF-8");
        else if (c.code < 0x20)
            stop(s, "a control character in a string must be escaped");
        else
            s->at += c.width;
        if (c.code == '\\')
            scan_escape(s);
    }
}

static void scan_integer(struct scan *s, size_t start)
{
    struct sv digits = sv_sub(s->text, start, s->at - start);
    uint64_t u64 = 0;
    int64_t i64 = 0;

    if (!sv_to_u64(digits, &u64) && !sv_to_i64(digits, &i64)) {
        s->at = start;
        stop(s, "this integer does not fit in 64 bits");
    }
}

static void scan_number(struct scan *s)
{
    size_t start = s->at;
    bool integer = true;

    (void)take_char(s, '-');
    if (!take_char(s, '0') && take_digits(s) == 0) {
        stop(s, "expected a digit");
        return;
    }
    if (take_char(s, '.')) {
        integer = false;
        if (take_digits(s) == 0)
            stop(s, "expected a digit");
    }
    if (s->words == NULL && (take_char(s, 'e') || take_char(s, 'E'))) {
        integer = false;
        if (!take_char(s, '-'))
            (void)take_char(s, '+');
        if (take_digits(s) == 0)
            stop(s, "expected a digit");
    }
    if (integer)
        scan_integer(s, start);
}

static void scan_word(struct scan *s)
{
    static const char *const words[] = {"true", "false", "null"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (sv_starts(sv_sub(s->text, s->at, s->text.len), sv(words[i]))) {
            s->at += strlen(words[i]);
            return;
        }
    }
    stop(s, "expected a value");
}

static void open_container(struct scan *s, bool object)
{
    if (s->depth == JSON_DEPTH_MAX) {
        stop(s, "");
        return;
    }
    s->object[s->depth++] = object;
    s->state = object ? WANT_KEY_OR_END : WANT_VALUE_OR_END;
}

static void scan_value(struct scan *s)
{
    char c = peek(s);

    s->state = WANT_MORE;
    if (c == '"')
        scan_string(s);
    else if (c == '-' || is_digit(c))
        scan_number(s);
    else if (take_char(s, '{'))
        open_container(s, true);
    else if (take_char(s, '['))
        open_container(s, false);
    else
        scan_word(s);
}

static void scan_key(struct scan *s)
{
    if (peek(s) != '"') {
        stop(s, "expected a key in double quotes");
        return;
    }
    scan_string(s);
    s->state = WANT_COLON;
}

static void scan_more(struct scan *s)
{
    bool object = s->depth > 0 && s->object[s->depth - 1];

    if (s->depth == 0)
        stop(s, "something follows the document");
    else if (take_char(s, ','))
        s->state = object ? WANT_KEY : WANT_VALUE;
    else if (take_char(s, object ? '}' : ']'))
        s->depth--;
    else
        stop(s, object ? "expected ',' or '}'" : "expected ',' or ']'");
}

static void close_empty(struct scan *s)
{
    s->depth--;
    s->state = WANT_MORE;
}

static void step(struct scan *s)
{
    switch (s->state) {
    case WANT_VALUE_OR_END:
        if (take_char(s, ']'))
            close_empty(s);
        else
            scan_value(s);
        break;
    case WANT_VALUE:
        scan_value(s);
        break;
    case WANT_KEY_OR_END:
        if (take_char(s, '}'))
            close_empty(s);
        else
            scan_key(s);
        break;
    case WANT_KEY:
        scan_key(s);
        break;
    case WANT_COLON:
        if (take_char(s, ':'))
            s->state = WANT_VALUE;
        else
            stop(s, "expected ':'");
        break;
    case WANT_MORE:
        scan_more(s);
        break;
    }
}

static void skip_space(struct scan *s)
{
    while (s->at < s->text.len && strchr(" \t\r\n", s->text.ptr[s->at]) != NULL &&
           s->text.ptr[s->at] != '\0')
        s->at++;
}

bool json_words_find(struct sv text, struct json_words *out)
{
    struct scan s = {.text = text, .state = WANT_VALUE};

    while (s.words == NULL) {
        skip_space(&s);
        if (s.at == text.len && s.depth == 0 && s.state == WANT_MORE)
            return false;
        if (s.at == text.len)
            stop(&s, "the text ends too early");
        else
            step(&s);
    }
    if (s.words[0] == '\0')
        return false;
    struct sv before = sv_sub(text, 0, s.at);
    size_t newline = sv_rfind_char(before, '\n');
    out->line = (uint32_t)sv_count(before, '\n') + 1;
    out->column = (uint32_t)(newline == SIZE_MAX ? s.at : s.at - newline - 1) + 1;
    out->words = s.words;
    return true;
}
