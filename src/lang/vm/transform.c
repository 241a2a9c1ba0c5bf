#include "lang/vm/transform.h"

#include "base/arena.h"
#include "base/base64.h"
#include "event/field.h"
#include "lang/vm/operand.h"

static bool change_case(bool upper, struct value *value, struct arena *scratch)
{
    struct sv text = value->text;
    char *copy = arena_try(scratch, text.len);

    if (copy == NULL)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool change = upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
        copy[i] = change ? (char)(c ^ 0x20) : c;
    }
    value->text.ptr = copy;
    return true;
}

static void take_basename(struct value *value)
{
    size_t slash = sv_rfind_char(value->text, '/');

    if (slash != SIZE_MAX)
        value->text = sv_sub(value->text, slash + 1, value->text.len);
}

bool transform_texts(enum ast_transform transform, struct value *value, int count,
                     struct arena *scratch)
{
    for (int i = 0; i < count; i++) {
        bool fine = value[i].kind == VALUE_TEXT;

        if (fine && transform == TRANSFORM_BASENAME)
            take_basename(&value[i]);
        else if (fine && transform == TRANSFORM_B64)
            fine = base64_decode(value[i].text, scratch, &value[i].text);
        else if (fine)
            fine = change_case(transform == TRANSFORM_TOUPPER, &value[i], scratch);
        if (!fine)
            return false;
    }
    return true;
}

bool transform_join(struct sv separator, const struct value *value, int count,
                    struct arena *scratch, struct value *out)
{
    size_t len = 0;
    size_t at = 0;

    for (int i = 0; i < count; i++) {
        if (value[i].kind != VALUE_TEXT ||
            __builtin_add_overflow(len, value[i].text.len + separator.len, &len))
            return false;
    }
    char *text = arena_try(scratch, len);
    if (text == NULL)
        return false;
    for (int i = 0; i < count; i++) {
        struct sv part = value[i].text;

        if (i > 0 && separator.len > 0) {
            memcpy(text + at, separator.ptr, separator.len);
            at += separator.len;
        }
        if (part.len > 0)
            memcpy(text + at, part.ptr, part.len);
        at += part.len;
    }
    *out = value_sv((struct sv){text, at});
    return true;
}

struct getopt_spec transform_getopt_spec(struct sv options, char option)
{
    struct getopt_spec spec = {.option = option};

    for (size_t i = 0; i < options.len; i++) {
        unsigned char c = (unsigned char)options.ptr[i];

        if (c == ':')
            continue;
        spec.known[c] = true;
        spec.takes_value[c] = i + 1 < options.len && options.ptr[i + 1] == ':';
    }
    return spec;
}

struct getopt_walk {
    const struct getopt_spec *spec;
    const struct value *arg;
    int count, at;
    struct value *out;
    int made, room;
};

static void emit(struct getopt_walk *w, struct sv text)
{
    if (w->spec->option != '\0')
        w->made = 0; /* the last one counts */
    if (w->made < w->room)
        w->out[w->made++] = value_sv(text);
}

/* The value of an option whose letter stands at `i` of the current argument. */
static void emit_with_value(struct getopt_walk *w, struct sv arg, size_t i, bool wanted)
{
    struct sv name = sv_sub(arg, i, 1);
    struct sv value = sv_sub(arg, i + 1, arg.len);
    bool missing = value.len == 0 && w->at + 1 >= w->count;

    if (value.len == 0 && !missing)
        value = w->arg[++w->at].text;
    if (!wanted)
        return;
    if (missing) {
        emit(w, SV(""));
        return;
    }
    if (w->spec->option == '\0')
        emit(w, name);
    emit(w, value);
}

static void walk_cluster(struct getopt_walk *w, struct sv arg)
{
    for (size_t i = 1; i < arg.len; i++) {
        unsigned char c = (unsigned char)arg.ptr[i];
        bool wanted = w->spec->option == '\0' || w->spec->option == (char)c;

        if (c == ':' || !w->spec->known[c]) {
            if (w->spec->option == '\0')
                emit(w, SV("?"));
            continue;
        }
        if (w->spec->takes_value[c]) {
            emit_with_value(w, arg, i, wanted);
            return;
        }
        if (wanted)
            emit(w, sv_sub(arg, i, 1));
    }
}

int transform_getopt(const struct getopt_spec *spec, const struct value *arg, int count,
                     struct value *out, int room)
{
    struct getopt_walk w = {.spec = spec, .arg = arg, .count = count, .out = out, .room = room};

    for (; w.at < count; w.at++) {
        struct sv text = arg[w.at].kind == VALUE_TEXT ? arg[w.at].text : SV("");

        if (text.len < 2 || text.ptr[0] != '-' || sv_eq(text, SV("--")))
            break;
        if (text.ptr[1] == '-') /* a long option: none of ours */
            continue;
        walk_cluster(&w, text);
    }
    return spec->option != '\0' && w.made == 0 ? OPERAND_ABSENT : w.made;
}
