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

static void separate(struct json_writer *w)
{
    if (!w->first && !w->after_key)
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

static void put_quoted(struct buf *out, struct sv text)
{
    buf_char(out, '"');
    json_escape(out, text);
    buf_char(out, '"');
}

void json_key_sv(struct json_writer *w, struct sv key)
{
    assert(!w->after_key);
    separate(w);
    put_quoted(w->out, key);
    buf_char(w->out, ':');
    w->after_key = true;
}

void json_key(struct json_writer *w, const char *key)
{
    json_key_sv(w, sv(key));
}

void json_sv(struct json_writer *w, struct sv text)
{
    separate(w);
    put_quoted(w->out, text);
}

void json_str(struct json_writer *w, const char *text)
{
    json_sv(w, sv(text));
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

static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
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
        while (run < text.len && is_plain(text.ptr[run]))
            run++;
        if (run > at)
            buf_bytes(out, text.ptr + at, run - at);
        at = run;
        if (at < text.len)
            at += put_special(out, sv_sub(text, at, text.len));
    }
}
