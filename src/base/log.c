#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"

enum { LINE_MAX_BYTES = 1 << 20, VALUE_MAX_BYTES = 4096 };

static const struct {
    const char *name;
    const char *shown;
    const char *colour;
} levels[] = {
    [LOG_DEBUG] = {"debug", "DEBUG", "\x1b[2m"},
    [LOG_INFO] = {"info", "INFO ", "\x1b[32m"},
    [LOG_WARN] = {"warn", "WARN ", "\x1b[33m"},
    [LOG_ERROR] = {"error", "ERROR", "\x1b[1;31m"},
};

static bool wants_colour(void)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return (no_color == NULL || no_color[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0;
}

struct log log_make(int fd, enum log_level level, const char *who)
{
    bool terminal = isatty(fd) == 1;

    return (struct log){
        .fd = fd,
        .level = level,
        .json = !terminal,
        .colour = terminal && wants_colour(),
        .who = who,
    };
}

int log_level_from(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        if (sv_eq(name, sv(levels[i].name)))
            return (int)i;
    }
    return -1;
}

static bool is_plain(struct sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return text.len > 0;
}

static void put_text_value(struct buf *line, struct sv text)
{
    if (is_plain(text)) {
        buf_sv(line, text);
        return;
    }
    buf_char(line, '"');
    json_escape(line, text);
    buf_char(line, '"');
}

static void put_text_field(struct buf *line, const struct log_field *field)
{
    buf_char(line, ' ');
    buf_str(line, field->key);
    buf_char(line, '=');
    if (field->kind == LOG_FIELD_U64) {
        buf_u64(line, field->number);
    } else if (field->kind == LOG_FIELD_I64) {
        buf_i64(line, (int64_t)field->number);
    } else {
        put_text_value(line, sv_sub(field->text, 0, VALUE_MAX_BYTES));
        if (field->text.len > VALUE_MAX_BYTES)
            buf_str(line, "...");
    }
}

static void put_text(struct buf *line, const struct log *log, enum log_level level,
                     const char *message, const struct log_field *fields, size_t count)
{
    enum { CUT_DIGITS = 6 }; /* nanoseconds to milliseconds */

    clock_time_of_day(line, clock_wall_ns(), true);
    if (line->error == 0)
        line->len -= CUT_DIGITS;
    buf_char(line, ' ');
    if (log->colour)
        buf_str(line, levels[level].colour);
    buf_str(line, levels[level].shown);
    if (log->colour)
        buf_str(line, "\x1b[0m");
    buf_char(line, ' ');
    if (log->who != NULL) {
        buf_str(line, log->who);
        buf_str(line, ": ");
    }
    utf8_put_visible(line, sv(message));
    for (size_t i = 0; i < count; i++)
        put_text_field(line, &fields[i]);
}

static void put_json_text(struct json_writer *w, struct sv text)
{
    if (text.len <= VALUE_MAX_BYTES) {
        json_sv(w, text);
        return;
    }
    struct buf cut = {0};
    buf_sv(&cut, sv_sub(text, 0, VALUE_MAX_BYTES));
    buf_str(&cut, "...");
    json_sv(w, buf_view(&cut));
    buf_done(&cut);
}

static void put_json(struct buf *line, const struct log *log, enum log_level level,
                     const char *message, const struct log_field *fields, size_t count)
{
    struct json_writer w = json_writer_on(line);

    json_object_begin(&w);
    json_key(&w, "time");
    json_raw(&w, SV("\""));
    clock_iso8601(line, clock_wall_ns());
    buf_char(line, '"');
    json_key(&w, "level");
    json_str(&w, levels[level].name);
    if (log->who != NULL) {
        json_key(&w, "who");
        json_str(&w, log->who);
    }
    json_key(&w, "message");
    json_str(&w, message);
    for (size_t i = 0; i < count; i++) {
        json_key(&w, fields[i].key);
        if (fields[i].kind == LOG_FIELD_U64)
            json_u64(&w, fields[i].number);
        else if (fields[i].kind == LOG_FIELD_I64)
            json_i64(&w, (int64_t)fields[i].number);
        else
            put_json_text(&w, fields[i].text);
    }
    json_object_end(&w);
}

void log_emit(const struct log *log, enum log_level level, const char *message,
              const struct log_field *fields, size_t count)
{
    scoped(buf_done) struct buf line = {.limit = LINE_MAX_BYTES};
    ssize_t put = 0;

    if (level < log->level)
        return;
    if (log->json)
        put_json(&line, log, level, message, fields, count);
    else
        put_text(&line, log, level, message, fields, count);
    buf_char(&line, '\n');
    if (line.error != 0)
        return;
    do
        put = write(log->fd, line.ptr, line.len);
    while (put < 0 && errno == EINTR);
}
