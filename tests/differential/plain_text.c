#include "plain_text.h"

#include <assert.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"

enum { INSTRUCTIONS_MAX = 4096, RANGES_MAX = 24, REPLACEMENT = 0xfffd };

struct range {
    uint32_t low, high;
};

struct instruction {
    enum { ONE, SPLIT, JUMP } kind;
    int first, second; /* SPLIT, JUMP: where to, from here */
    bool negate;
    unsigned count;
    struct range range[RANGES_MAX]; /* ONE */
};

struct machine {
    struct instruction code[INSTRUCTIONS_MAX];
    int count;
    struct sv pattern;
    size_t at;
};

static void alternatives(struct machine *m);

static char peek(const struct machine *m)
{
    return m->at < m->pattern.len ? m->pattern.ptr[m->at] : '\0';
}

static uint32_t take_code(struct machine *m)
{
    struct utf8_char c = utf8_first(sv_sub(m->pattern, m->at, 4));

    assert(c.width > 0);
    m->at += c.width;
    return c.code;
}

static struct instruction *add(struct machine *m, struct instruction instruction)
{
    assert(m->count < INSTRUCTIONS_MAX);
    m->code[m->count] = instruction;
    return &m->code[m->count++];
}

/* Make room for one instruction at `at`: targets are relative, so what moves stays right. */
static void insert(struct machine *m, int at, struct instruction instruction)
{
    assert(m->count < INSTRUCTIONS_MAX);
    for (int i = m->count; i > at; i--)
        m->code[i] = m->code[i - 1];
    m->code[at] = instruction;
    m->count++;
}

static void add_range(struct instruction *set, uint32_t low, uint32_t high)
{
    assert(set->count < RANGES_MAX);
    set->range[set->count++] = (struct range){low, high};
}

static void add_escape(struct machine *m, struct instruction *set)
{
    uint32_t c = take_code(m);

    switch (c) {
    case 'd':
        add_range(set, '0', '9');
        break;
    case 'w':
        add_range(set, '0', '9');
        add_range(set, 'a', 'z');
        add_range(set, 'A', 'Z');
        add_range(set, '_', '_');
        break;
    case 's':
        add_range(set, '\t', '\r');
        add_range(set, ' ', ' ');
        break;
    default:
        add_range(set, c, c);
    }
}

static void set(struct machine *m)
{
    struct instruction *set = add(m, (struct instruction){.kind = ONE});

    if (peek(m) == '^') {
        set->negate = true;
        m->at++;
    }
    while (peek(m) != ']') {
        uint32_t low = take_code(m);
        uint32_t high = low;
        if (peek(m) == '-' && m->pattern.ptr[m->at + 1] != ']') {
            m->at++;
            high = take_code(m);
        }
        add_range(set, low, high);
    }
    m->at++;
}

static void atom(struct machine *m)
{
    char c = peek(m);

    if (c == '(') {
        m->at++;
        alternatives(m);
        assert(peek(m) == ')');
        m->at++;
    } else if (c == '[') {
        m->at++;
        set(m);
    } else if (c == '.') {
        m->at++;
        struct instruction *any = add(m, (struct instruction){.kind = ONE, .negate = true});
        add_range(any, '\n', '\n');
    } else if (c == '\\') {
        m->at++;
        add_escape(m, add(m, (struct instruction){.kind = ONE}));
    } else {
        uint32_t code = take_code(m);
        add_range(add(m, (struct instruction){.kind = ONE}), code, code);
    }
}

static void repeated(struct machine *m)
{
    int from = m->count;

    atom(m);
    for (;; m->at++) {
        int len = m->count - from;
        switch (peek(m)) {
        case '*':
            insert(m, from, (struct instruction){.kind = SPLIT, .first = 1, .second = len + 2});
            add(m, (struct instruction){.kind = JUMP, .first = -len - 1});
            continue;
        case '+':
            add(m, (struct instruction){.kind = SPLIT, .first = -len, .second = 1});
            continue;
        case '?':
            insert(m, from, (struct instruction){.kind = SPLIT, .first = 1, .second = len + 1});
            continue;
        default:
            return;
        }
    }
}

static void sequence(struct machine *m)
{
    while (m->at < m->pattern.len && peek(m) != '|' && peek(m) != ')')
        repeated(m);
}

static void alternatives(struct machine *m)
{
    int from = m->count;

    sequence(m);
    if (peek(m) != '|' || m->at >= m->pattern.len)
        return;
    m->at++;
    int len = m->count - from;
    insert(m, from, (struct instruction){.kind = SPLIT, .first = 1, .second = len + 2});
    int jump = m->count;
    add(m, (struct instruction){.kind = JUMP});
    alternatives(m);
    m->code[jump].first = m->count - jump;
}

static void enter(const struct machine *m, bool *state, int at)
{
    if (state[at])
        return;
    state[at] = true;
    if (at == m->count || m->code[at].kind == ONE)
        return;
    enter(m, state, at + m->code[at].first);
    if (m->code[at].kind == SPLIT)
        enter(m, state, at + m->code[at].second);
}

static bool takes(const struct instruction *one, uint32_t code)
{
    bool found = false;

    for (unsigned i = 0; i < one->count; i++)
        found = found || (one->range[i].low <= code && code <= one->range[i].high);
    return found != one->negate;
}

bool plain_regex(struct sv pattern, struct sv text)
{
    struct machine *m = calloc(1, sizeof(*m));
    bool *now = calloc(2, INSTRUCTIONS_MAX + 1);

    assert(m != NULL && now != NULL);
    bool *next = now + INSTRUCTIONS_MAX + 1;
    m->pattern = pattern;
    alternatives(m);
    assert(m->at == pattern.len);
    enter(m, now, 0);
    while (text.len > 0) {
        struct utf8_char c = utf8_first(text);
        uint32_t code = c.width == 0 ? REPLACEMENT : c.code;
        text = sv_sub(text, c.width == 0 ? 1 : c.width, text.len);
        memset(next, 0, (size_t)m->count + 1);
        for (int i = 0; i < m->count; i++) {
            if (now[i] && m->code[i].kind == ONE && takes(&m->code[i], code))
                enter(m, next, i + 1);
        }
        memcpy(now, next, (size_t)m->count + 1);
    }
    bool matches = now[m->count];
    free(now < next ? now : next);
    free(m);
    return matches;
}

unsigned plain_regex_repeats(struct sv pattern)
{
    return (unsigned)(sv_count(pattern, '*') + sv_count(pattern, '+') + sv_count(pattern, '?'));
}

static char *terminated(struct sv text)
{
    char *copy = malloc(text.len + 1);

    assert(copy != NULL);
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return copy;
}

bool plain_glob(struct sv pattern, struct sv text, bool ignore_case)
{
    scoped(free) char *p = terminated(pattern);
    scoped(free) char *t = terminated(text);

    return fnmatch(p, t, ignore_case ? FNM_CASEFOLD : 0) == 0;
}

static struct sv component(struct sv *path)
{
    struct sv part = {NULL, 0};

    while (path->len > 0 && part.len == 0)
        part = sv_split(path, '/');
    return part;
}

bool plain_path_below(struct sv prefix, struct sv text)
{
    for (;;) {
        struct sv want = component(&prefix);
        struct sv have = component(&text);
        if (want.len == 0)
            return true;
        if (have.len == 0)
            return false;
        bool pattern = sv_count(want, '*') + sv_count(want, '?') + sv_count(want, '[') > 0;
        if (pattern ? !plain_glob(want, have, false) : !sv_eq(want, have))
            return false;
    }
}
