/* The list of field tables, and all that is done with a field by its name.
 *
 * Each table is sorted by name; looking up a name is a binary search in each of the few tables. */
#include "event/field.h"

#include <assert.h>

#include "base/json.h"
#include "event/fields.h"

/* In the order of the listing. */
static const struct field_table *const tables[] = {
    &field_table_evt,       &field_table_proc,      &field_table_proc_tree, &field_table_thread,
    &field_table_user,      &field_table_container, &field_table_entry,     &field_table_fd,
    &field_table_k8s_audit, &field_table_aws,       &field_table_gcp,       &field_table_okta,
    &field_table_github,    &field_table_json,
};

enum { TEXT_ROOM = 8448 };

static const struct sv not_known = {"<NA>", 4};

uint32_t field_count(void)
{
    uint32_t count = 0;

    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        count += tables[i]->count;
    return count;
}

const struct field *field_at(uint32_t index)
{
    size_t i = 0;

    while (index >= tables[i]->count) {
        index -= tables[i++]->count;
        assert(i < ARRAY_LEN(tables));
    }
    return &tables[i]->field[index];
}

const char *field_class_title(uint32_t index)
{
    size_t i = 0;

    while (index >= tables[i]->count) {
        index -= tables[i++]->count;
        assert(i < ARRAY_LEN(tables));
    }
    return tables[i]->title;
}

static const struct field *find_in(const struct field_table *table, struct sv name)
{
    uint32_t low = 0;
    uint32_t high = table->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = sv_cmp(name, sv(table->field[middle].name));
        if (order == 0)
            return &table->field[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct field *field_find(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        const struct field *field = find_in(tables[i], name);
        if (field != NULL)
            return field;
    }
    return NULL;
}

const struct field *field_find_prefix(struct sv text, struct sv *rest)
{
    size_t bracket = sv_find(text, SV("["), 0);
    struct sv name = sv_sub(text, 0, bracket);

    while (name.len > 0) {
        const struct field *field = field_find(name);
        bool dotted = name.len < text.len && text.ptr[name.len] == '.';
        if (field != NULL && !(dotted && field->arg == FIELD_ARG_NONE)) {
            *rest = sv_sub(text, name.len, text.len);
            return field;
        }
        size_t dot = sv_rfind_char(name, '.');
        name = dot == SIZE_MAX ? (struct sv){NULL, 0} : sv_sub(name, 0, dot);
    }
    return NULL;
}

const char *field_nearest(struct sv name)
{
    struct sv names[FIELDS_MAX];
    uint32_t count = 0;

    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        for (uint32_t j = 0; j < tables[i]->count && count < FIELDS_MAX; j++)
            names[count++] = sv(tables[i]->field[j].name);
    }
    long nearest = sv_nearest(name, (struct sv_list){names, count});
    return nearest < 0 ? NULL : names[nearest].ptr;
}

static bool takes_index(const struct field *field)
{
    return field->arg == FIELD_ARG_INDEX || field->arg == FIELD_ARG_INDEX_OR_NONE;
}

static bool needs_arg(const struct field *field)
{
    return field->arg == FIELD_ARG_INDEX || field->arg == FIELD_ARG_KEY ||
           field->arg == FIELD_ARG_ANY;
}

/* Names that only certain texts can follow: parameters and types of events. */
static bool arg_is_sensible(const struct field *field, struct sv arg, int64_t index)
{
    struct sv name = sv(field->name);

    if (sv_eq(name, SV("evt.arg")))
        return index >= 0 ? index < EVENT_ARGS_MAX : event_param_find(arg) != NULL;
    if (sv_eq(name, SV("evt.rawarg")))
        return event_param_find(arg) != NULL;
    if (sv_eq(name, SV("evt.type.is")))
        return index >= 0 || event_type_from(arg) != EVENT_NONE;
    if (sv_eq(name, SV("evt.abspath")))
        return sv_eq(arg, SV("src")) || sv_eq(arg, SV("dst"));
    return true;
}

enum field_ref_problem field_ref_make(const struct field *field, bool has_arg, struct sv arg,
                                      struct field_ref *out)
{
    uint64_t number = 0;
    int64_t index = -1;

    if (!has_arg) {
        if (needs_arg(field))
            return FIELD_REF_ARG_MISSING;
        *out = (struct field_ref){.field = field, .index = -1};
        return FIELD_REF_FINE;
    }
    if (field->arg == FIELD_ARG_NONE)
        return FIELD_REF_ARG_UNWANTED;
    if (sv_to_u64(arg, &number) && number <= INT64_MAX)
        index = (int64_t)number;
    if (arg.len == 0 || (takes_index(field) && index < 0) || !arg_is_sensible(field, arg, index))
        return FIELD_REF_ARG_BAD;
    *out = (struct field_ref){.field = field, .key = arg, .index = index, .has_arg = true};
    return FIELD_REF_FINE;
}

static struct sv unquoted(struct sv text)
{
    bool quoted = text.len >= 2 && (text.ptr[0] == '"' || text.ptr[0] == '\'') &&
                  text.ptr[text.len - 1] == text.ptr[0];

    return quoted ? sv_sub(text, 1, text.len - 2) : text;
}

enum field_ref_problem field_ref_parse(struct sv text, struct field_ref *out)
{
    struct sv rest = {NULL, 0};
    const struct field *field = field_find_prefix(text, &rest);

    if (field == NULL)
        return FIELD_REF_UNKNOWN;
    if (rest.len == 0)
        return field_ref_make(field, false, rest, out);
    if (rest.ptr[0] == '.')
        return field_ref_make(field, true, sv_sub(rest, 1, rest.len), out);
    if (rest.len < 2 || rest.ptr[rest.len - 1] != ']')
        return FIELD_REF_ARG_BAD;
    return field_ref_make(field, true, unquoted(sv_sub(rest, 1, rest.len - 2)), out);
}

enum value_type field_ref_type(const struct field_ref *ref)
{
    const struct event_param *param =
        ref->field->type == VALUE_DYNAMIC ? event_param_find(ref->key) : NULL;

    return param == NULL ? ref->field->type : param->value;
}

void field_ref_print(struct buf *out, const struct field_ref *ref)
{
    buf_str(out, ref->field->name);
    if (!ref->has_arg)
        return;
    buf_char(out, '[');
    buf_sv(out, ref->key);
    buf_char(out, ']');
}

/* Is `text` how this use of a field is written, with brackets or with a dot? */
static bool is_written(const struct field_ref *ref, struct sv text)
{
    struct sv name = sv(ref->field->name);

    if (!sv_starts(text, name))
        return false;
    struct sv rest = sv_sub(text, name.len, text.len);
    if (!ref->has_arg)
        return rest.len == 0;
    if (rest.len < 2)
        return false;
    if (rest.ptr[0] == '.')
        return sv_eq(sv_sub(rest, 1, rest.len), ref->key);
    return rest.ptr[0] == '[' && rest.ptr[rest.len - 1] == ']' &&
           sv_eq(unquoted(sv_sub(rest, 1, rest.len - 2)), ref->key);
}

uint32_t field_extract(const struct event *event, const struct field_ref *ref, struct value *out)
{
    uint32_t count = 0;
    bool given = false;

    for (uint32_t i = 0; event->given != NULL && i < event->given_count; i++) {
        if (!is_written(ref, event->given[i].field))
            continue;
        given = true;
        if (event->given[i].value.kind != VALUE_ABSENT && count < FIELD_VALUES_MAX)
            out[count++] = event->given[i].value;
    }
    if (given || ref->field->extract == NULL)
        return count;
    return ref->field->extract(event, ref, out);
}

void field_print(struct buf *out, const struct event *event, const struct field_ref *ref)
{
    bool list = (ref->field->flags & FIELD_LIST) != 0;
    struct value value[FIELD_VALUES_MAX];
    uint32_t count = field_extract(event, ref, value);
    enum value_type type = field_ref_type(ref);

    if (count == 0) {
        buf_sv(out, not_known);
        return;
    }
    if (list)
        buf_char(out, '(');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(out, list ? ',' : ' ');
        value_print(out, type, &value[i]);
    }
    if (list)
        buf_char(out, ')');
}

void field_json(struct json_writer *w, const struct event *event, const struct field_ref *ref)
{
    bool list = (ref->field->flags & FIELD_LIST) != 0;
    bool time = (ref->field->flags & FIELD_TIME_TEXT) != 0;
    struct value value[FIELD_VALUES_MAX];
    uint32_t count = field_extract(event, ref, value);
    scoped(buf_done) struct buf text = {0};

    if (count > 0 && time && event->given == NULL) {
        json_u64(w, event->time_ns);
        return;
    }
    if (count == 0) {
        json_null(w);
        return;
    }
    if (count == 1 && !list) {
        value_json(w, field_ref_type(ref), &value[0]);
        return;
    }
    field_print(&text, event, ref);
    json_sv(w, buf_view(&text));
}

uint32_t field_written(const struct event *event, const struct field_ref *ref, field_write_fn write,
                       struct value *out)
{
    char room[TEXT_ROOM]; /* most texts fit: nothing is allocated on the way to a verdict */
    struct buf small = {.ptr = room, .size = sizeof(room), .limit = sizeof(room) - 1};
    const struct buf *text = &small;
    scoped(buf_done) struct buf large = {.limit = 0};

    if (!write(&small, event, ref))
        return 0;
    if (small.error != 0) {
        (void)write(&large, event, ref);
        text = &large;
    }
    char *copy = text->error != 0 ? NULL : arena_array(event->scratch, char, text->len + 1);
    if (copy == NULL)
        return 0;
    memcpy(copy, text->ptr, text->len);
    *out = value_sv((struct sv){copy, text->len});
    return 1;
}

uint32_t field_joined(const struct event *event, const struct value *value, uint32_t count,
                      const char *before, const char *after, struct value *out)
{
    size_t bytes = strlen(before) + strlen(after) + 1;

    for (uint32_t i = 0; i < count; i++)
        bytes += value[i].text.len + 1;
    char *text = count == 0 ? NULL : arena_array(event->scratch, char, bytes);
    if (text == NULL)
        return 0;

    char *at = mempcpy(text, before, strlen(before));
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            *at++ = ',';
        at = mempcpy(at, value[i].text.ptr, value[i].text.len);
    }
    at = mempcpy(at, after, strlen(after));
    *out = value_sv((struct sv){text, (size_t)(at - text)});
    return 1;
}

bool field_write_env(struct buf *out, const struct process *process, const struct field_ref *ref)
{
    struct sv left = process->program->env;
    bool first = true;

    for (; left.len > 0; first = false) {
        struct sv word = sv_split(&left, '\0');
        if (!ref->has_arg) {
            buf_str(out, first ? "" : " ");
            buf_sv(out, word);
            continue;
        }
        struct sv name = sv_split(&word, '=');
        if (sv_eq(name, ref->key) && word.ptr != NULL) {
            buf_sv(out, word);
            return true;
        }
    }
    return !ref->has_arg && !first;
}
