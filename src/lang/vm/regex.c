#include "lang/vm/regex.h"

#include <errno.h>
#include <stdio.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "lang/vm/regex_syntax.h"

enum {
    PATTERN_MAX = 64 << 10, /* bytes */
    HEAP_MAX_KIB = 4096,    /* for backtracking, besides what is on the stack */
    NESTING_MAX = 100,
};

struct regex {
    pcre2_code *code;
    pcre2_match_context *limits;
};

static pcre2_compile_context *compile_rules(void)
{
    pcre2_compile_context *rules = pcre2_compile_context_create(NULL);

    if (rules == NULL)
        return NULL;
    (void)pcre2_set_newline(rules, PCRE2_NEWLINE_LF);
    (void)pcre2_set_parens_nest_limit(rules, NESTING_MAX);
    (void)pcre2_set_max_pattern_length(rules, PATTERN_MAX);
    return rules;
}

int regex_compile(struct sv pattern, uint32_t steps_max, struct regex **out, char *words,
                  size_t words_size)
{
    bool falcos = regex_syntax_of(pattern).falcos;
    const uint32_t options = PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED |
                             PCRE2_NEVER_BACKSLASH_C |
                             (falcos ? PCRE2_MULTILINE : PCRE2_DOLLAR_ENDONLY);
    pcre2_compile_context *rules = compile_rules();
    struct regex *regex = xcalloc(1, sizeof(*regex));
    scoped(buf_done) struct buf written = {.limit = (size_t)4 * PATTERN_MAX};
    PCRE2_SIZE place = 0;
    int code = PCRE2_ERROR_NOMEMORY;

    if (falcos && pattern.len <= PATTERN_MAX)
        regex_syntax_write(pattern, &written);
    else
        buf_sv(&written, pattern);
    if (rules != NULL && written.error == 0)
        regex->code = pcre2_compile((PCRE2_SPTR)buf_cstr(&written), written.len, options, &code,
                                    &place, rules);
    pcre2_compile_context_free(rules);
    regex->limits = pcre2_match_context_create(NULL);
    if (regex->code == NULL || regex->limits == NULL) {
        if (pcre2_get_error_message(code, (PCRE2_UCHAR *)words, words_size) < 0)
            (void)snprintf(words, words_size, "error %d", code);
        regex_free(regex);
        return -EINVAL;
    }
    (void)pcre2_set_match_limit(regex->limits, steps_max);
    (void)pcre2_set_heap_limit(regex->limits, HEAP_MAX_KIB);
    /* Where memory may not be made executable the interpreter does the same, slower. */
    (void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
    *out = regex;
    return 0;
}

void regex_free(struct regex *regex)
{
    if (regex == NULL)
        return;
    pcre2_match_context_free(regex->limits);
    pcre2_code_free(regex->code);
    free(regex);
}

static bool is_ascii(struct sv text)
{
    unsigned char all = 0;

    for (size_t i = 0; i < text.len; i++)
        all |= (unsigned char)text.ptr[i];
    return all < 0x80;
}

/* `text` itself when it is UTF-8, else a copy with U+FFFD in place of each bad byte; the view with
 * a NULL pointer without memory. */
static struct sv clean_utf8(struct sv text, struct arena *scratch)
{
    size_t bad = 0;

    for (struct sv rest = text; rest.len > 0;) {
        uint32_t width = utf8_first(rest).width;
        bad += width == 0;
        rest = sv_sub(rest, width == 0 ? 1 : width, rest.len);
    }
    if (bad == 0)
        return text;
    char *copy = arena_try(scratch, text.len + 2 * bad);
    size_t len = 0;
    if (copy == NULL)
        return (struct sv){NULL, 0};
    for (struct sv rest = text; rest.len > 0;) {
        uint32_t width = utf8_first(rest).width;
        struct sv put = width == 0 ? SV("\xef\xbf\xbd") : sv_sub(rest, 0, width);
        memcpy(copy + len, put.ptr, put.len);
        len += put.len;
        rest = sv_sub(rest, width == 0 ? 1 : width, rest.len);
    }
    return (struct sv){copy, len};
}

static void *from_arena(size_t bytes, void *arena)
{
    return arena_try(arena, bytes);
}

static void leave_in_arena(void *place, void *arena)
{
    (void)place;
    (void)arena;
}

enum regex_result regex_match(const struct regex *regex, struct sv text, struct arena *scratch)
{
    struct sv clean = is_ascii(text) ? text : clean_utf8(text, scratch);
    pcre2_general_context *memory =
        pcre2_general_context_create(from_arena, leave_in_arena, scratch);

    if (memory == NULL || (clean.ptr == NULL && text.len > 0))
        return REGEX_LIMIT;
    pcre2_match_data *data = pcre2_match_data_create(1, memory);
    if (data == NULL)
        return REGEX_LIMIT;
    PCRE2_SPTR subject = (PCRE2_SPTR)(clean.len == 0 ? "" : clean.ptr);
    int rc =
        pcre2_match(regex->code, subject, clean.len, 0, PCRE2_NO_UTF_CHECK, data, regex->limits);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
        rc = pcre2_match(regex->code, subject, clean.len, 0, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                         data, regex->limits);
    if (rc == PCRE2_ERROR_NOMATCH)
        return REGEX_NO;
    return rc >= 0 ? REGEX_YES : REGEX_LIMIT;
}
