/* base/yaml_words.h - libyaml's errors in our own words. Used by yaml.c only. */
#pragma once

#include <stdbool.h>

#include "base/sv.h"

struct yaml_parser_s;

enum yaml_words_place {
    YAML_WORDS_HERE,  /* where the scanner stopped */
    YAML_WORDS_BEGUN, /* there too; the words are followed by the place where the thing began */
    YAML_WORDS_START, /* where the thing began */
};

struct yaml_words {
    enum yaml_words_place place;
    char text[160];
};

/* For a parser that failed in its scanner or parser; `rest` is the text from where it stopped. */
void yaml_words_scan(const struct yaml_parser_s *parser, struct sv rest, struct yaml_words *out);
/* For a parser that failed in its reader. */
void yaml_words_read(const struct yaml_parser_s *parser, struct yaml_words *out);
