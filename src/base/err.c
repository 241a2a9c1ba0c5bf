#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct words {
    char text[ERR_TEXT_MAX];
};

static void format(struct words *words, const char *fmt, va_list args) printf_like(2, 0);
static void format(struct words *words, const char *fmt, va_list args)
{
    if (vsnprintf(words->text, sizeof(words->text), fmt, args) < 0)
        words->text[0] = '\0';
}

static void append(struct words *words, const char *text)
{
    size_t used = strlen(words->text);
    size_t len = strnlen(text, sizeof(words->text) - 1 - used);

    memcpy(words->text + used, text, len);
    words->text[used + len] = '\0';
}

/* The arguments may point into err->text, so the new words are made beside it. */
int err_set(struct err *err, int code, const char *fmt, ...)
{
    struct words words;
    va_list args;

    if (err == NULL)
        return code;
    va_start(args, fmt);
    format(&words, fmt, args);
    va_end(args);
    err->code = code;
    memcpy(err->text, words.text, sizeof(err->text));
    return code;
}

int err_wrap(struct err *err, int code, const char *fmt, ...)
{
    struct words words;
    va_list args;

    if (err == NULL)
        return code;
    va_start(args, fmt);
    format(&words, fmt, args);
    va_end(args);
    append(&words, ": ");
    append(&words, err_text(err, code));
    err->code = code;
    memcpy(err->text, words.text, sizeof(err->text));
    return code;
}

const char *err_text(const struct err *err, int code)
{
    if (err != NULL && err->code != 0 && err->text[0] != '\0')
        return err->text;
    return strerror(code < 0 ? -code : code);
}
