/* A word of a condition is a constant when it stands behind a comparison and is no keyword; those
 * of evt.* stay, as do names with an underscore (lists), numbers, addresses and <NA>. The others
 * get a number behind them, or before the last character when that is a quote. */
#include "variants.h"

#include "base/buf.h"
#include "lang/ast.h"
#include "lang/falco/ruleset.h"

struct rewrite {
    struct buf *out;
    uint32_t number;
    bool constants; /* behind a comparison */
    bool of_event;  /* ... of evt.* */
};

static bool ends_word(char c)
{
    return strchr(" \t\r\n(),", c) != NULL;
}

static bool is_constant(const struct rewrite *r, struct sv word)
{
    if (!r->constants || r->of_event || word.len < 3)
        return false;
    char first = word.ptr[word.ptr[0] == '"' || word.ptr[0] == '\''];
    if (first >= '0' && first <= '9')
        return false;
    return memchr(word.ptr, '_', word.len) == NULL && memchr(word.ptr, '<', word.len) == NULL &&
           memchr(word.ptr, '[', word.len) == NULL && memchr(word.ptr, ':', word.len) == NULL &&
           !sv_eq(word, SV("true")) && !sv_eq(word, SV("false"));
}

static void put_word(struct rewrite *r, struct sv word)
{
    char last = word.ptr[word.len - 1];
    bool quoted = last == '"' || last == '\'';

    if (sv_eq(word, SV("and")) || sv_eq(word, SV("or")) || sv_eq(word, SV("not")))
        r->constants = false;
    if (is_constant(r, word)) {
        buf_sv(r->out, sv_sub(word, 0, word.len - quoted));
        buf_u64(r->out, r->number);
        buf_sv(r->out, sv_sub(word, word.len - quoted, quoted));
        return;
    }
    if (ast_op_from(word) >= 0)
        r->constants = ast_op_from(word) != OP_EXISTS && ast_op_from(word) != OP_REGEX;
    else if (!r->constants)
        r->of_event = sv_starts(word, SV("evt."));
    buf_sv(r->out, word);
}

/* A comparison written without blanks, as proc.name=x: cut where it stands. */
static void put_words(struct rewrite *r, struct sv word)
{
    static const char *const marks[] = {"!=", "<=", ">=", "=", "<", ">"};

    for (size_t i = 0; !r->constants && i < ARRAY_LEN(marks); i++) {
        size_t at = sv_find(word, sv(marks[i]), 0);
        size_t len = strlen(marks[i]);
        if (at == SIZE_MAX)
            continue;
        if (at > 0)
            put_word(r, sv_sub(word, 0, at));
        put_word(r, sv(marks[i]));
        if (at + len < word.len)
            put_word(r, sv_sub(word, at + len, word.len));
        return;
    }
    put_word(r, word);
}

static void rewrite(struct rewrite *r, struct sv text)
{
    while (text.len > 0) {
        size_t len = 0;
        char quote = '\0';

        while (len < text.len && (quote != '\0' || !ends_word(text.ptr[len]))) {
            char c = text.ptr[len++];
            if (quote == '\0' && (c == '"' || c == '\''))
                quote = c;
            else if (c == quote)
                quote = '\0';
        }
        if (len > 0) {
            put_words(r, sv_sub(text, 0, len));
        } else {
            char c = text.ptr[len++];
            buf_char(r->out, c == '\n' || c == '\r' ? ' ' : c);
        }
        text = sv_sub(text, len, text.len);
    }
}

void variants_write(struct buf *yaml, const struct ruleset *set, uint32_t count)
{
    uint32_t total = ruleset_count(set);

    for (uint32_t i = 0; i < count; i++) {
        const struct rule *rule = ruleset_rule(set, i % total);
        struct rewrite r = {.out = yaml, .number = i / total + 1};

        buf_printf(yaml,
                   "- rule: %s variant %u\n  desc: x\n  output: x\n  priority: %s\n"
                   "  condition: |-\n    ",
                   rule->name, r.number, rule_priority_name(rule->priority));
        rewrite(&r, sv(rule->condition_text));
        buf_str(yaml, "\n");
    }
}
