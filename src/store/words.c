/* Each word is hashed while it is read: a multiplication a byte, and one more to mix at its end. */
#include "store/words.h"

#include <stdbool.h>

#define HASH_START 0x9e3779b97f4a7c15ULL
#define HASH_PRIME 0xff51afd7ed558ccdULL

enum { UTF16_HIGH = 0xd800, UTF16_LOW = 0xdc00, UTF16_END = 0xe000 };

struct reader {
    words_fn word;
    void *ctx;
    uint64_t hash;
    bool inside;
};

/* What a byte is in a word: itself, in lower case; 0: it ends words. */
static const uint8_t folded[256] = {
#define SAME(c) [c] = (c)
    SAME('0'),  SAME('1'),  SAME('2'),  SAME('3'),  SAME('4'),  SAME('5'),  SAME('6'),  SAME('7'),
    SAME('8'),  SAME('9'),  SAME('_'),  SAME('a'),  SAME('b'),  SAME('c'),  SAME('d'),  SAME('e'),
    SAME('f'),  SAME('g'),  SAME('h'),  SAME('i'),  SAME('j'),  SAME('k'),  SAME('l'),  SAME('m'),
    SAME('n'),  SAME('o'),  SAME('p'),  SAME('q'),  SAME('r'),  SAME('s'),  SAME('t'),  SAME('u'),
    SAME('v'),  SAME('w'),  SAME('x'),  SAME('y'),  SAME('z'),
#define LOWER(c) [c] = (c) + 0x20
    LOWER('A'), LOWER('B'), LOWER('C'), LOWER('D'), LOWER('E'), LOWER('F'), LOWER('G'), LOWER('H'),
    LOWER('I'), LOWER('J'), LOWER('K'), LOWER('L'), LOWER('M'), LOWER('N'), LOWER('O'), LOWER('P'),
    LOWER('Q'), LOWER('R'), LOWER('S'), LOWER('T'), LOWER('U'), LOWER('V'), LOWER('W'), LOWER('X'),
    LOWER('Y'), LOWER('Z'),
};

static void end_word(struct reader *reader)
{
    if (!reader->inside)
        return;
    reader->word(reader->ctx, (reader->hash ^ reader->hash >> 32) * HASH_PRIME);
    reader->hash = HASH_START;
    reader->inside = false;
}

static inline void byte(struct reader *reader, uint8_t c)
{
    uint8_t in_word = c >= 0x80 ? c : folded[c];

    if (in_word == 0) {
        end_word(reader);
        return;
    }
    reader->hash = (reader->hash ^ in_word) * HASH_PRIME;
    reader->hash ^= reader->hash >> 29;
    reader->inside = true;
}

void words_of_text(struct sv text, words_fn word, void *ctx)
{
    struct reader reader = {word, ctx, HASH_START, false};

    for (size_t i = 0; i < text.len; i++)
        byte(&reader, (uint8_t)text.ptr[i]);
    end_word(&reader);
}

/* The four digits at `at` of \uXXXX, or -1. */
static long unit_at(struct sv json, size_t at)
{
    long unit = 0;

    if (at + 4 > json.len)
        return -1;
    for (size_t i = at; i < at + 4; i++) {
        char c = json.ptr[i];
        char lower = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            unit = unit * 16 + (c - '0');
        else if (lower >= 'a' && lower <= 'f')
            unit = unit * 16 + (lower - 'a' + 10);
        else
            return -1;
    }
    return unit;
}

static void character(struct reader *reader, uint32_t c)
{
    if (c < 0x80) {
        byte(reader, (uint8_t)c);
    } else if (c < 0x800) {
        byte(reader, (uint8_t)(0xc0 | c >> 6));
        byte(reader, (uint8_t)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        byte(reader, (uint8_t)(0xe0 | c >> 12));
        byte(reader, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        byte(reader, (uint8_t)(0x80 | (c & 0x3f)));
    } else {
        byte(reader, (uint8_t)(0xf0 | c >> 18));
        byte(reader, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        byte(reader, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        byte(reader, (uint8_t)(0x80 | (c & 0x3f)));
    }
}

/* The escape whose backslash is at `at`; returns where what follows it begins. */
static size_t escape(struct reader *reader, struct sv json, size_t at)
{
    long unit = at + 1 < json.len && json.ptr[at + 1] == 'u' ? unit_at(json, at + 2) : -1;

    if (unit < 0) { /* \n and the like: none is part of a word */
        end_word(reader);
        return at + 2;
    }
    at += 6;
    if (unit >= UTF16_HIGH && unit < UTF16_LOW && at + 1 < json.len && json.ptr[at] == '\\' &&
        json.ptr[at + 1] == 'u') {
        long low = unit_at(json, at + 2);
        if (low >= UTF16_LOW && low < UTF16_END) {
            character(reader, 0x10000u + ((uint32_t)(unit - UTF16_HIGH) << 10) +
                                  (uint32_t)(low - UTF16_LOW));
            return at + 6;
        }
    }
    character(reader, (uint32_t)unit);
    return at;
}

void words_of_json(struct sv json, words_fn word, void *ctx)
{
    struct reader reader = {word, ctx, HASH_START, false};

    for (size_t i = 0; i < json.len;) {
        if (json.ptr[i] == '\\')
            i = escape(&reader, json, i);
        else
            byte(&reader, (uint8_t)json.ptr[i++]);
    }
    end_word(&reader);
}
