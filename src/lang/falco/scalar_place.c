/* YAML changes nothing but white space, quotes and escapes between the file and a value, so the
 * two are walked side by side: each byte of the value that is not white space is the next such byte
 * of the file, unless an escape stands there. */
#include "lang/falco/scalar_place.h"

struct walk {
    struct sv file;
    size_t at;  /* in the file */
    char style; /* '"', '\'', '|' (or '>'), 0 for plain */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char here(const struct walk *walk)
{
    return walk->at < walk->file.len ? walk->file.ptr[walk->at] : '\0';
}

static bool at_end(const struct walk *walk)
{
    return walk->at >= walk->file.len;
}

static void skip_spaces(struct walk *walk)
{
    while (!at_end(walk) && is_space(here(walk)))
        walk->at++;
}

static void skip_line(struct walk *walk)
{
    while (!at_end(walk) && here(walk) != '\n')
        walk->at++;
}

/* Go past anchor, tag and the mark of the style, to the first byte of the value. */
static void enter(struct walk *walk)
{
    while (here(walk) == '&' || here(walk) == '!') {
        while (!at_end(walk) && !is_space(here(walk)))
            walk->at++;
        skip_spaces(walk);
    }
    switch (here(walk)) {
    case '"':
    case '\'':
        walk->style = here(walk);
        walk->at++;
        break;
    case '|':
    case '>':
        walk->style = '|';
        skip_line(walk);
        break;
    default:
        break;
    }
}

/* Bytes that an escape takes in the file, by the letter after the backslash. */
static size_t escape_length(char letter)
{
    switch (letter) {
    case 'x':
        return 4;
    case 'u':
        return 6;
    case 'U':
        return 10;
    default:
        return 2;
    }
}

/* One character of a double-quoted scalar is written as an escape. */
static bool at_escape(const struct walk *walk)
{
    return walk->style == '"' && here(walk) == '\\';
}

/* Escapes that stand for white space or for nothing (a line's end). */
static bool at_blank_escape(const struct walk *walk)
{
    char letter = walk->at + 1 < walk->file.len ? walk->file.ptr[walk->at + 1] : '\0';

    return at_escape(walk) && (letter == 'n' || letter == 't' || letter == 'r' || is_space(letter));
}

static void skip_blank(struct walk *walk)
{
    for (;;) {
        skip_spaces(walk);
        if (!at_blank_escape(walk))
            return;
        walk->at += 2;
    }
}

static size_t character_width(unsigned char first)
{
    if (first >= 0xf0)
        return 4;
    if (first >= 0xe0)
        return 3;
    return first >= 0xc0 ? 2 : 1;
}

/* Go past the file's form of the character at value[i]; returns its width in the value. */
static size_t pass_character(struct walk *walk, struct sv value, size_t i)
{
    size_t width = character_width((unsigned char)value.ptr[i]);

    if (at_escape(walk)) {
        walk->at += escape_length(walk->at + 1 < walk->file.len ? walk->file.ptr[walk->at + 1] : 0);
        return width;
    }
    if (walk->style == '\'' && here(walk) == '\'')
        walk->at++;
    walk->at += width;
    return width;
}

static struct yaml_mark mark_at(struct sv file, struct yaml_mark at, size_t byte)
{
    if (byte > file.len)
        byte = file.len;
    for (size_t i = at.offset; i < byte; i++) {
        unsigned char c = (unsigned char)file.ptr[i];
        if (c == '\n') {
            at.line++;
            at.column = 1;
        } else if ((c & 0xc0) != 0x80) {
            at.column++;
        }
    }
    at.offset = (uint32_t)byte;
    return at;
}

struct yaml_mark scalar_place(struct sv file, struct yaml_mark at, struct sv value, size_t offset)
{
    struct walk walk = {.file = file, .at = at.offset};
    size_t i = 0;

    enter(&walk);
    if (offset > value.len)
        offset = value.len;
    while (i < offset) {
        if (is_space(value.ptr[i])) {
            i++;
            continue;
        }
        skip_blank(&walk);
        i += pass_character(&walk, value, i);
    }
    if (offset < value.len && !is_space(value.ptr[offset]))
        skip_blank(&walk);
    return mark_at(file, at, walk.at);
}
