/* base/log.h - the program's own log: leveled, structured, one line a record.
 *
 * On a terminal a line is "time LEVEL who: message key=value", in local time; elsewhere it is one
 * JSON object with time, level, who, message and the fields. Messages and values may hold anything:
 * what a terminal would obey is escaped, values of more than 4096 bytes are cut and end in "...". A
 * log is made once by app/ and passed down; log_emit() may be called by any thread (a line is one
 * write). A line that cannot be written is lost. Only the place that decides what happens next
 * logs. The names clash with <syslog.h>: no file includes both. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

enum log_level {
    LOG_DEBUG,
    LOG_INFO,
    LOG_WARN,
    LOG_ERROR,
};

struct log {
    int fd;
    enum log_level level; /* records below it are dropped */
    bool json;
    bool colour;
    const char *who; /* "sensor", "hub", "supervisor", or NULL */
};

struct log_field {
    const char *key;
    enum { LOG_FIELD_TEXT, LOG_FIELD_U64, LOG_FIELD_I64 } kind;
    struct sv text;
    uint64_t number;
};

/* For `fd`: JSON unless it is a terminal; colour on a terminal unless NO_COLOR is set or TERM is
 * dumb. */
struct log log_make(int fd, enum log_level level, const char *who);

/* -1 when `name` is not debug, info, warn or error. */
int log_level_from(struct sv name);

static inline struct log_field log_sv(const char *key, struct sv text)
{
    return (struct log_field){.key = key, .kind = LOG_FIELD_TEXT, .text = text};
}
static inline struct log_field log_str(const char *key, const char *text)
{
    return log_sv(key, sv(text));
}
static inline struct log_field log_u64(const char *key, uint64_t number)
{
    return (struct log_field){.key = key, .kind = LOG_FIELD_U64, .number = number};
}
static inline struct log_field log_i64(const char *key, int64_t number)
{
    return (struct log_field){.key = key, .kind = LOG_FIELD_I64, .number = (uint64_t)number};
}

void log_emit(const struct log *log, enum log_level level, const char *message,
              const struct log_field *fields, size_t count);

#define log_at(log, level, message, ...)                                                           \
    log_emit((log), (level), (message), (const struct log_field[]){{0}, ##__VA_ARGS__} + 1,        \
             ARRAY_LEN(((const struct log_field[]){{0}, ##__VA_ARGS__})) - 1)
#define log_debug(log, message, ...) log_at(log, LOG_DEBUG, message, ##__VA_ARGS__)
#define log_info(log, message, ...) log_at(log, LOG_INFO, message, ##__VA_ARGS__)
#define log_warn(log, message, ...) log_at(log, LOG_WARN, message, ##__VA_ARGS__)
#define log_error(log, message, ...) log_at(log, LOG_ERROR, message, ##__VA_ARGS__)
