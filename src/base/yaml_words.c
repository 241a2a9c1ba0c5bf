#include "base/yaml_words.h"

#include <stdio.h>
#include <yaml.h>

#define TAB_WORDS "a tab cannot indent; use spaces"

/* Rows of two lines: clang-format would set them as columns 170 wide. */
/* clang-format off */
static const struct {
    const char *problem;
    const char *context; /* NULL: any */
    enum yaml_words_place place;
    const char *words;
} table[] = {
    {"mapping values are not allowed in this context", NULL, YAML_WORDS_HERE,
     "mapping values are not allowed here"},
    {"block sequence entries are not allowed in this context", NULL, YAML_WORDS_HERE,
     "a list item is not allowed here"},
    {"mapping keys are not allowed in this context", NULL, YAML_WORDS_HERE,
     "a mapping key is not allowed here"},
    {"could not find expected ':'", NULL, YAML_WORDS_START,
     "a ':' is missing after this key"},
    {"did not find expected key", NULL, YAML_WORDS_BEGUN,
     "expected a key in line with the mapping"},
    {"did not find expected '-' indicator", NULL, YAML_WORDS_BEGUN,
     "expected '-' in line with the list"},
    {"did not find expected ',' or ']'", NULL, YAML_WORDS_BEGUN,
     "expected ',' or ']' in the list"},
    {"did not find expected ',' or '}'", NULL, YAML_WORDS_BEGUN,
     "expected ',' or '}' in the mapping"},
    {"did not find expected node content", NULL, YAML_WORDS_HERE,
     "a value is missing here"},
    {"found unexpected end of stream", NULL, YAML_WORDS_START,
     "this quote is never closed"},
    {"found unexpected document indicator", NULL, YAML_WORDS_START,
     "this quote is not closed before the document ends"},
    {"found unknown escape character", NULL, YAML_WORDS_HERE,
     "no such escape in double quotes; write \\\\ for a backslash"},
    {"did not find expected hexdecimal number", NULL, YAML_WORDS_HERE,
     "this escape lacks hexadecimal digits"},
    {"found invalid Unicode character escape code", NULL, YAML_WORDS_HERE,
     "this escape is no Unicode character"},
    {"found a tab character where an indentation space is expected", NULL, YAML_WORDS_HERE,
     TAB_WORDS},
    {"found a tab character that violates indentation", NULL, YAML_WORDS_HERE,
     TAB_WORDS},
    {"found an indentation indicator equal to 0", NULL, YAML_WORDS_HERE,
     "an indentation indicator is from 1 to 9"},
    {"did not find expected comment or line break", NULL, YAML_WORDS_HERE,
     "only a comment may follow on this line"},
    {"did not find expected alphabetic or numeric character", "while scanning an alias",
     YAML_WORDS_START, "'*' begins an alias and needs a name; quote it when it is text"},
    {"did not find expected alphabetic or numeric character", "while scanning an anchor",
     YAML_WORDS_START, "'&' begins an anchor and needs a name; quote it when it is text"},
    {"did not find expected whitespace or line break", NULL, YAML_WORDS_HERE,
     "a space is missing here"},
    {"found undefined tag handle", NULL, YAML_WORDS_HERE,
     "this tag is not declared by a %TAG line"},
    {"did not find expected <document start>", NULL, YAML_WORDS_HERE,
     "expected the end of the document, or '---'"},
    {"found incompatible YAML document", NULL, YAML_WORDS_HERE,
     "only YAML 1.1 and 1.2 are read"},
    {"found duplicate %TAG directive", NULL, YAML_WORDS_HERE,
     "this %TAG prefix is declared already"},
    {"found duplicate %YAML directive", NULL, YAML_WORDS_HERE,
     "the version is declared already"},
    {"found unknown directive name", NULL, YAML_WORDS_START,
     "only %YAML and %TAG may stand here"},
    {"found unexpected ':'", NULL, YAML_WORDS_HERE,
     "':' cannot stand here; quote the text"},
};
/* clang-format on */

static void scan_start(struct sv rest, struct yaml_words *out)
{
    out->place = YAML_WORDS_HERE;
    if (sv_starts(rest, SV("\t")))
        (void)snprintf(out->text, sizeof(out->text), "%s", TAB_WORDS);
    else
        (void)snprintf(out->text, sizeof(out->text), "no value begins with '%.*s'; quote it",
                       rest.len > 0 ? 1 : 0, rest.ptr);
}

void yaml_words_scan(const struct yaml_parser_s *parser, struct sv rest, struct yaml_words *out)
{
    struct sv problem = sv(parser->problem);
    struct sv context = sv(parser->context);

    if (sv_eq(problem, SV("found character that cannot start any token"))) {
        scan_start(rest, out);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (!sv_eq(problem, sv(table[i].problem)) ||
            (table[i].context != NULL && !sv_eq(context, sv(table[i].context))))
            continue;
        out->place = table[i].place;
        (void)snprintf(out->text, sizeof(out->text), "%s", table[i].words);
        return;
    }
    out->place = YAML_WORDS_HERE;
    (void)snprintf(out->text, sizeof(out->text), "%.*s%s%.*s", SV_ARG(problem),
                   context.len > 0 ? " " : "", SV_ARG(context));
}

void yaml_words_read(const struct yaml_parser_s *parser, struct yaml_words *out)
{
    unsigned value = parser->problem_value < 0 ? 0 : (unsigned)parser->problem_value;

    out->place = YAML_WORDS_HERE;
    if (sv_eq(sv(parser->problem), SV("control characters are not allowed")))
        (void)snprintf(out->text, sizeof(out->text), "character U+%04X is not allowed", value);
    else
        (void)snprintf(out->text, sizeof(out->text), "this is not UTF-8 (byte 0x%02x)",
                       value & 0xff);
}
