#include "lang/diag.h"

#include <assert.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"

static const struct {
    const char *name, *meaning;
} codes[] = {
    [DIAG_ERR_FILE_READ] = {"LOAD_ERR_FILE_READ", "the file cannot be read"},
    [DIAG_ERR_YAML_PARSE] = {"LOAD_ERR_YAML_PARSE", "the file is not YAML"},
    [DIAG_ERR_YAML_VALIDATE] = {"LOAD_ERR_YAML_VALIDATE",
                                "the YAML is not built as a rule file is: a key is missing, or a "
                                "value is of the wrong kind"},
    [DIAG_ERR_COMPILE_CONDITION] = {"LOAD_ERR_COMPILE_CONDITION", "a condition is not valid"},
    [DIAG_ERR_COMPILE_OUTPUT] = {"LOAD_ERR_COMPILE_OUTPUT", "an output is not valid"},
    [DIAG_ERR_VALIDATE] =
        {"LOAD_ERR_VALIDATE",
         "a rule, macro, list or exception contradicts itself, or needs something "
         "that is not there"},
    [DIAG_UNKNOWN_SOURCE] = {"LOAD_UNKNOWN_SOURCE",
                             "a rule is for events that nothing here makes; it is skipped"},
    [DIAG_UNSAFE_NA_CHECK] = {"LOAD_UNSAFE_NA_CHECK",
                              "a field is compared with <NA>, which no present value equals; use "
                              "'exists'"},
    [DIAG_NO_EVTTYPE] = {"LOAD_NO_EVTTYPE", "a rule looks at too many types of events; name them "
                                            "with evt.type"},
    [DIAG_UNKNOWN_FILTER] =
        {"LOAD_UNKNOWN_FILTER",
         "a rule names a field or event type that does not exist and asks to be "
         "skipped then"},
    [DIAG_UNUSED_MACRO] = {"LOAD_UNUSED_MACRO", "no rule and no macro uses this macro"},
    [DIAG_UNUSED_LIST] = {"LOAD_UNUSED_LIST", "no rule, macro or list uses this list"},
    [DIAG_UNKNOWN_ITEM] = {"LOAD_UNKNOWN_ITEM", "an item is neither rule, macro nor list; it is "
                                                "ignored"},
    [DIAG_UNKNOWN_KEY] = {"LOAD_UNKNOWN_KEY",
                          "a key has no meaning where it stands; it is ignored"},
    [DIAG_DEPRECATED_ITEM] = {"LOAD_DEPRECATED_ITEM", "there is a better way to say this"},
    [DIAG_APPEND_NO_VALUES] = {"LOAD_APPEND_NO_VALUES",
                               "an exception is appended to, but no values are given"},
    [DIAG_EXCEPTION_NAME_NOT_UNIQUE] = {"LOAD_EXCEPTION_NAME_NOT_UNIQUE",
                                        "a rule has two exceptions of one name"},
    [DIAG_INVALID_MACRO_NAME] = {"LOAD_INVALID_MACRO_NAME",
                                 "no condition can use this macro's name"},
    [DIAG_INVALID_LIST_NAME] = {"LOAD_INVALID_LIST_NAME", "no condition can use this list's name"},
    [DIAG_COMPILE_CONDITION] = {"LOAD_COMPILE_CONDITION",
                                "a condition is valid, but perhaps not what was meant"},
    [DIAG_RULE_WITHOUT_OWNER] = {"TIERCEL_RULE_WITHOUT_OWNER",
                                 "nobody is named who answers this rule's findings"},
    [DIAG_RULE_WITHOUT_PLAYBOOK] = {"TIERCEL_RULE_WITHOUT_PLAYBOOK",
                                    "who gets the finding is not told what to do"},
    [DIAG_RULE_ALL_EVENTS] = {"TIERCEL_RULE_ALL_EVENTS", "the rule is run for nearly every event"},
    [DIAG_FALCO_REFUSES] = {"TIERCEL_FALCO_REFUSES",
                            "valid here, but Falco does not load a file with it"},
};
_Static_assert(ARRAY_LEN(codes) == DIAG_CODE_COUNT, "every code has a row");

static const struct {
    const char *name, *colour;
} levels[] = {
    [DIAG_ERROR] = {"error", "\033[1;31m"},
    [DIAG_WARNING] = {"warning", "\033[1;33m"},
    [DIAG_GUARDRAIL] = {"guardrail", "\033[1;36m"},
};

const char *diag_code_name(enum diag_code code)
{
    assert(code < DIAG_CODE_COUNT);
    return codes[code].name;
}

const char *diag_code_meaning(enum diag_code code)
{
    assert(code < DIAG_CODE_COUNT);
    return codes[code].meaning;
}

enum diag_level diag_code_level(enum diag_code code)
{
    if (code < DIAG_UNKNOWN_SOURCE)
        return DIAG_ERROR;
    return code < DIAG_RULE_WITHOUT_OWNER ? DIAG_WARNING : DIAG_GUARDRAIL;
}

const char *diag_level_name(enum diag_level level)
{
    assert(level < ARRAY_LEN(levels));
    return levels[level].name;
}

void diags_init(struct diags *diags, struct arena *arena)
{
    *diags = (struct diags){.arena = arena};
}

/* The start of the character at or before `at`. */
static size_t character_start(struct sv text, size_t at)
{
    while (at > 0 && at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80)
        at--;
    return at;
}

static const char *keep(struct arena *arena, const char *text)
{
    struct sv all = sv(text);

    if (text == NULL)
        return NULL;
    return arena_sv(arena, sv_sub(all, 0, character_start(all, DIAG_TEXT_MAX))).ptr;
}

/* The line around `at`, without its end. */
static struct sv line_around(struct sv text, size_t at, size_t *begin)
{
    size_t end = at;

    *begin = at;
    while (*begin > 0 && text.ptr[*begin - 1] != '\n')
        (*begin)--;
    while (end < text.len && text.ptr[end] != '\n')
        end++;
    if (end > *begin && text.ptr[end - 1] == '\r')
        end--;
    return sv_sub(text, *begin, end - *begin);
}

/* Append `text` as it may be shown: one line, tabs as single spaces. */
static void put_shown(struct buf *out, struct sv text)
{
    while (text.len > 0) {
        size_t tab = sv_find(text, SV("\t"), 0);
        size_t len = tab == SIZE_MAX ? text.len : tab;
        utf8_put_visible(out, sv_sub(text, 0, len));
        if (tab != SIZE_MAX)
            buf_char(out, ' ');
        text = sv_sub(text, tab == SIZE_MAX ? len : len + 1, text.len);
    }
}

static size_t characters(struct sv text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

/* A window of the line that holds the column, and a caret below it. */
static const char *snippet_of(struct arena *arena, struct sv text, size_t at)
{
    scoped(buf_done) struct buf out = {0};
    size_t begin = 0;

    if (at > text.len)
        at = text.len;
    struct sv line = line_around(text, at, &begin);
    size_t column = at - begin < line.len ? at - begin : line.len;
    size_t from = 0;
    if (line.len > DIAG_SNIPPET_WIDTH && column > DIAG_SNIPPET_WIDTH / 2)
        from = character_start(line, column - DIAG_SNIPPET_WIDTH / 2);
    size_t to = line.len;
    if (line.len - from > DIAG_SNIPPET_WIDTH)
        to = character_start(line, from + DIAG_SNIPPET_WIDTH);

    if (from > 0)
        buf_str(&out, "...");
    put_shown(&out, sv_sub(line, from, column - from));
    size_t caret = characters(buf_view(&out));
    put_shown(&out, sv_sub(line, column, to - column));
    if (to < line.len)
        buf_str(&out, "...");
    buf_char(&out, '\n');
    for (size_t i = 0; i < caret; i++)
        buf_char(&out, ' ');
    buf_str(&out, "^\n");
    return arena_sv(arena, buf_view(&out)).ptr;
}

static struct diag_place keep_place(struct arena *arena, struct diag_place place)
{
    place.file = keep(arena, place.file);
    place.item_type = place.item_type == NULL ? "" : keep(arena, place.item_type);
    place.item_name = place.item_name == NULL ? "" : keep(arena, place.item_name);
    return place;
}

static void count_level(struct diags *diags, enum diag_level level)
{
    diags->errors += level == DIAG_ERROR;
    diags->warnings += level == DIAG_WARNING;
    diags->guardrails += level == DIAG_GUARDRAIL;
}

struct diag *diags_add(struct diags *diags, const struct diag *diag, struct sv text)
{
    count_level(diags, diag->level);
    if (diags->count == DIAG_MAX)
        return NULL;
    if (diags->count == diags->room) {
        uint32_t room = diags->room == 0 ? 16 : diags->room * 2;
        struct diag *item = arena_array(diags->arena, struct diag, room);
        if (item == NULL)
            return NULL;
        if (diags->count > 0)
            memcpy(item, diags->item, diags->count * sizeof(struct diag));
        diags->item = item;
        diags->room = room;
    }

    struct diag *kept = &diags->item[diags->count++];
    *kept = (struct diag){
        .level = diag->level,
        .code = diag->code,
        .place = keep_place(diags->arena, diag->place),
        .within = keep_place(diags->arena, diag->within),
        .message = keep(diags->arena, diag->message == NULL ? "" : diag->message),
        .mend = keep(diags->arena, diag->mend),
    };
    if (text.len > 0 && diag->place.line > 0)
        kept->snippet = snippet_of(diags->arena, text, diag->place.offset);
    return kept;
}

static void put_safe(struct buf *out, const char *text)
{
    utf8_put_visible(out, sv(text));
}

static void put_indented(struct buf *out, const char *text)
{
    struct sv rest = sv(text);

    while (rest.len > 0) {
        buf_str(out, "    ");
        buf_sv(out, sv_split(&rest, '\n')); /* made safe by snippet_of() */
        buf_char(out, '\n');
    }
}

static void put_item(struct buf *out, const struct diag_place *place)
{
    if (place->item_type == NULL || place->item_name == NULL || place->item_name[0] == '\0')
        return;
    buf_str(out, "    in ");
    put_safe(out, place->item_type);
    buf_str(out, " '");
    put_safe(out, place->item_name);
    buf_str(out, "'\n");
}

void diag_print(struct buf *out, const struct diag *diag, bool colour)
{
    const char *plain = colour ? "\033[0m" : "";
    const struct diag_place *place = &diag->place;

    buf_str(out, colour ? "\033[1m" : "");
    put_safe(out, place->file == NULL || place->file[0] == '\0' ? "(no file)" : place->file);
    if (place->line > 0)
        buf_printf(out, ":%u:%u", place->line, place->column);
    buf_printf(out, ": %s%s%s:%s ", plain, colour ? levels[diag->level].colour : "",
               levels[diag->level].name, plain);
    put_safe(out, diag->message);
    buf_printf(out, " [%s]\n", diag_code_name(diag->code));
    put_item(out, diag->within.line > 0 ? &diag->within : place);
    if (diag->snippet != NULL)
        put_indented(out, diag->snippet);
    if (diag->mend != NULL && diag->mend[0] != '\0') {
        buf_str(out, "    help: ");
        put_safe(out, diag->mend);
        buf_char(out, '\n');
    }
}

static uint32_t from_zero(uint32_t number)
{
    return number == 0 ? 0 : number - 1;
}

static void put_location(struct json_writer *w, const char *type, const char *name,
                         const struct diag_place *place)
{
    json_object_begin(w);
    json_key(w, "item_type");
    json_str(w, type);
    json_key(w, "item_name");
    json_str(w, name);
    json_key(w, "position");
    json_object_begin(w);
    json_key(w, "name");
    json_str(w, place->file == NULL ? "" : place->file);
    json_key(w, "line");
    json_u64(w, from_zero(place->line));
    json_key(w, "column");
    json_u64(w, from_zero(place->column));
    json_key(w, "offset");
    json_u64(w, place->offset);
    json_object_end(w);
    json_object_end(w);
}

static void put_context(struct json_writer *w, const struct diag *diag)
{
    const struct diag_place whole = {.file = diag->place.file};

    json_key(w, "context");
    json_object_begin(w);
    json_key(w, "locations");
    json_array_begin(w);
    put_location(w, "rules content", "", &whole);
    if (diag->within.line > 0)
        put_location(w, diag->within.item_type, diag->within.item_name, &diag->within);
    if (diag->place.line > 0)
        put_location(w, diag->place.item_type, diag->place.item_name, &diag->place);
    json_array_end(w);
    json_key(w, "snippet");
    json_str(w, diag->snippet == NULL ? "" : diag->snippet);
    json_object_end(w);
}

void diag_json(struct json_writer *w, const struct diag *diag)
{
    json_object_begin(w);
    json_key(w, "code");
    json_str(w, diag_code_name(diag->code));
    json_key(w, "codedesc");
    json_str(w, diag_code_meaning(diag->code));
    put_context(w, diag);
    json_key(w, "message");
    json_str(w, diag->message);
    json_key(w, "level");
    json_str(w, diag_level_name(diag->level));
    json_key(w, "line");
    json_u64(w, diag->place.line);
    json_key(w, "column");
    json_u64(w, diag->place.column);
    json_key(w, "mend");
    if (diag->mend == NULL || diag->mend[0] == '\0')
        json_null(w);
    else
        json_str(w, diag->mend);
    json_object_end(w);
}
