/* The program as the kernel side runs it, in plain C. */
#include "lang/kernel/filter.h"

static const struct filter_text *text_of(const struct filter_facts *facts, uint32_t subject)
{
    return &facts->text[subject - FILTER_FD_NAME];
}

static bool contains(const struct filter_match *match, const char *text, uint32_t len)
{
    if (len > FILTER_SCAN_MAX)
        return true;
    for (uint32_t at = 0; at + match->len <= len; at++) {
        uint64_t word = 0;
        memcpy(&word, text + at, len - at < sizeof(word) ? len - at : sizeof(word));
        if ((word & match->mask[0]) == match->value[0])
            return true;
    }
    return false;
}

static bool text_holds(const struct filter_match *match, const struct filter_text *text,
                       const char *texts)
{
    bool end = match->kind == FILTER_ENDS_IN || match->kind == FILTER_FILE;
    __u64 word[FILTER_WORDS];

    if (!filter_length_fits(match, text))
        return false;
    if (match->kind == FILTER_CONTAINS)
        return contains(match, texts + text->at, text->len);
    memcpy(word, texts + (end ? text->at + text->len - FILTER_ENDS : text->at), sizeof(word));
    return filter_words_fit(match, word) != 0;
}

static bool holds(const struct filter_match *match, const struct filter_facts *facts,
                  const char *texts)
{
    if (filter_is_text(match->subject))
        return text_holds(match, text_of(facts, match->subject), texts);
    if (match->subject >= FILTER_NUMBERS)
        return filter_ip_holds(match, facts->family, facts->ip[match->subject - FILTER_NUMBERS]) !=
               0;
    return filter_number_holds(match, facts->number[match->subject]) != 0;
}

bool kernel_filter_passes(const struct filter_program *program, const struct filter_facts *facts,
                          const char *texts, uint64_t cases)
{
    uint32_t at = 0;

    if (program->active == 0)
        return true;
    cases &= program->cases;
    while (at < program->count && cases != 0) {
        const struct filter_match *match = &program->match[at];
        bool known = true;
        bool held = false;

        for (; at < match->next && !held; at++) {
            bool knows = (facts->known >> program->match[at].subject & 1) != 0;
            known = known && knows;
            held = knows && holds(&program->match[at], facts, texts);
        }
        at = match->next;
        if (held)
            cases &= match->on_true;
        else if (known)
            cases &= match->on_false;
    }
    return cases != 0;
}
