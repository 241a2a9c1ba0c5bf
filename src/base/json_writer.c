#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"

struct json_writer json_writer_on(struct buf *out)
{
    return (struct json_writer){.out = out, .first = true};
}

static bool needs_comma(const struct json_writer *w)
{
    return !w->first && !w->after_key;
}

static void separate(struct json_writer *w)
{
    if (needs_comma(w))
        buf_char(w->out, ',');
    w->first = false;
    w->after_key = false;
}

static void begin(struct json_writer *w, char c)
{
    separate(w);
    if (++w->depth > JSON_DEPTH_MAX && w->out->error == 0)
        w->out->error = -E2BIG;
    buf_char(w->out, c);
    w->first = true;
}

static void end(struct json_writer *w, char c)
{
    assert(w->depth > 0 && !w->after_key);
    w->depth--;
    buf_char(w->out, c);
    w->first = false;
}

void json_object_begin(struct json_writer *w)
{
    begin(w, '{');
}

void json_object_end(struct json_writer *w)
{
    end(w, '}');
}

void json_array_begin(struct json_writer *w)
{
    begin(w, '[');
}

void json_array_end(struct json_writer *w)
{
    end(w, ']');
}

static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Are eight bytes plain? Each test of a byte leaves its answer in the byte's high bit; a borrow
 * into the next one comes only from a byte that is not plain itself. */
static bool word_is_plain(const char *at)
{
    const uint64_t ones = UINT64_MAX / 0xff;
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    uint64_t quote = word ^ ones * '"';
    uint64_t backslash = word ^ ones * '\\';
    uint64_t special = (word - ones * 0x20) | (word + ones) | word;
    special |= (quote - ones) | (backslash - ones);
    return (special & ones * 0x80) == 0;
}

static bool all_plain(struct sv text)
{
    size_t at = 0;

    if (text.len < sizeof(uint64_t)) {
        while (at < text.len && is_plain(text.ptr[at]))
            at++;
        return at == text.len;
    }
    while (at + sizeof(uint64_t) < text.len && word_is_plain(text.ptr + at))
        at += sizeof(uint64_t);
    return at + sizeof(uint64_t) >= text.len &&
           word_is_plain(text.ptr + text.len - sizeof(uint64_t));
}

/* The text in quotes, a comma before it when there has to be one, and `behind` in place of the
 * second quote: with all room made at once, since most texts are written as they are. */
static void put_text(struct json_writer *w, struct sv text, struct sv behind)
{
    struct buf *out = w->out;
    bool plain = all_plain(text);
    size_t copied = plain ? text.len : 0;
    bool comma = needs_comma(w);
    char *to = buf_room(out, comma + 1 + copied + behind.len);

    w->first = false;
    w->after_key = false;
    if (to == NULL)
        return;
    if (comma)
        *to++ = ',';
    *to++ = '"';
    if (copied > 0)
        memcpy(to, text.ptr, copied);
    out->len = (size_t)(to + copied - out->ptr);
    if (!plain)
        json_escape(out, text);
    buf_sv(out, behind);
}

void json_key_sv(struct json_writer *w, struct sv key)
{
    assert(!w->after_key);
    put_text(w, key, SV("\":"));
    w->after_key = true;
}

void json_key_made(struct json_writer *w, struct sv key)
{
    assert(!w->after_key);
    separate(w);
    buf_sv(w->out, key);
    w->after_key = true;
}

void json_sv(struct json_writer *w, struct sv text)
{
    put_text(w, text, SV("\""));
}

void json_u64(struct json_writer *w, uint64_t number)
{
    separate(w);
    buf_u64(w->out, number);
}

void json_i64(struct json_writer *w, int64_t number)
{
    separate(w);
    buf_i64(w->out, number);
}

/* The shortest of 15 to 17 digits that reads back as the same number; a double stays one. */
void json_double(struct json_writer *w, double number)
{
    char text[40];

    separate(w);
    if (!isfinite(number)) {
        buf_str(w->out, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    buf_str(w->out, text);
    if (strpbrk(text, ".e") == NULL)
        buf_str(w->out, ".0");
}

void json_bool(struct json_writer *w, bool value)
{
    separate(w);
    buf_str(w->out, value ? "true" : "false");
}

void json_null(struct json_writer *w)
{
    separate(w);
    buf_str(w->out, "null");
}

void json_raw(struct json_writer *w, struct sv json)
{
    separate(w);
    buf_sv(w->out, json);
}

static void put_ascii(struct buf *out, char c)
{
    static const char short_for[] = "\bb\ff\nn\rr\tt\"\"\\\\";

    for (size_t i = 0; i + 1 < sizeof(short_for); i += 2) {
        if (short_for[i] == c) {
            buf_char(out, '\\');
            buf_char(out, short_for[i + 1]);
            return;
        }
    }
    buf_printf(out, "\\u%04x", (unsigned char)c);
}

/* Bytes handled from the front of `text`, which is not plain. */
static size_t put_special(struct buf *out, struct sv text)
{
    struct utf8_char c = utf8_first(text);

    if (c.width == 0)
        buf_str(out, "\xef\xbf\xbd");
    else if (c.width == 1)
        put_ascii(out, text.ptr[0]);
    else if (utf8_is_hostile(c.code))
        buf_printf(out, "\\u%04x", (unsigned)c.code);
    else
        buf_bytes(out, text.ptr, c.width);
    return c.width == 0 ? 1 : c.width;
}

void json_escape(struct buf *out, struct sv text)
{
    size_t at = 0;

    while (at < text.len) {
        size_t run = at;
        while (run + sizeof(uint64_t) <= text.len && word_is_plain(text.ptr + run))
            run += sizeof(uint64_t);
        while (run < text.len && is_plain(text.ptr[run]))
            run++;
        if (run > at)
            buf_bytes(out, text.ptr + at, run - at);
        at = run;
        if (at < text.len)
            at += put_special(out, sv_sub(text, at, text.len));
    }
}
