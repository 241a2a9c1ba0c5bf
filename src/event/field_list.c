#include "event/field_list.h"

#include "base/buf.h"
#include "base/json.h"
#include "event/field.h"

enum { NAME_WIDTH = 32, TYPE_WIDTH = 8, ALL_SOURCES = (1 << SOURCE_COUNT) - 1 };

static const char *arg_text(enum field_arg arg)
{
    switch (arg) {
    case FIELD_ARG_INDEX:
        return "[n]";
    case FIELD_ARG_INDEX_OR_NONE:
        return "[n]?";
    case FIELD_ARG_KEY:
        return "[key]";
    case FIELD_ARG_KEY_OR_NONE:
        return "[key]?";
    case FIELD_ARG_ANY:
        return "[n|key]";
    case FIELD_ARG_ANY_OR_NONE:
        return "[n|key]?";
    case FIELD_ARG_NONE:
        break;
    }
    return "";
}

static const char *arg_name(enum field_arg arg)
{
    switch (arg) {
    case FIELD_ARG_INDEX:
    case FIELD_ARG_INDEX_OR_NONE:
        return "index";
    case FIELD_ARG_KEY:
    case FIELD_ARG_KEY_OR_NONE:
        return "key";
    case FIELD_ARG_ANY:
    case FIELD_ARG_ANY_OR_NONE:
        return "index or key";
    case FIELD_ARG_NONE:
        break;
    }
    return "none";
}

static bool arg_required(enum field_arg arg)
{
    return arg == FIELD_ARG_INDEX || arg == FIELD_ARG_KEY || arg == FIELD_ARG_ANY;
}

static void print_sources(struct buf *out, uint32_t sources)
{
    const char *between = "";

    if (sources == ALL_SOURCES) {
        buf_str(out, "any");
        return;
    }
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if ((sources & (1u << i)) == 0)
            continue;
        buf_str(out, between);
        buf_str(out, event_source_name(i));
        between = ",";
    }
}

static void print_row(struct buf *out, const struct field *field)
{
    int name_len = (int)(strlen(field->name) + strlen(arg_text(field->arg)));
    int type_len = (int)strlen(value_type_name(field->type));

    buf_printf(out, "  %s%s%*s %s%*s %s", field->name, arg_text(field->arg),
               name_len < NAME_WIDTH ? NAME_WIDTH - name_len : 0, "", value_type_name(field->type),
               type_len < TYPE_WIDTH ? TYPE_WIDTH - type_len : 0, "", field->meaning);
    if (field->sources == ALL_SOURCES)
        buf_str(out, " (any source)");
    if ((field->flags & FIELD_LIST) != 0)
        buf_str(out, " (list)");
    if ((field->flags & FIELD_DEPRECATED) != 0)
        buf_str(out, " (deprecated)");
    if ((field->flags & FIELD_NO_VALUE) != 0)
        buf_str(out, " (no value here)");
    buf_char(out, '\n');
}

/* What most fields of a class share; those of any source say so themselves. */
static uint32_t class_sources(uint32_t index, int source)
{
    const char *class = field_class_title(index);

    for (uint32_t i = index; i < field_count() && field_class_title(i) == class; i++) {
        uint32_t sources = field_at(i)->sources;
        if (sources != ALL_SOURCES && (source < 0 || (sources & (1u << source)) != 0))
            return sources;
    }
    return ALL_SOURCES;
}

static void print_class(struct buf *out, uint32_t index, int source)
{
    buf_str(out, out->len == 0 ? "" : "\n");
    buf_str(out, field_class_title(index));
    buf_str(out, " (source: ");
    print_sources(out, class_sources(index, source));
    buf_str(out, ")\n");
}

static void json_row(struct json_writer *w, uint32_t index)
{
    const struct field *field = field_at(index);

    json_object_begin(w);
    json_key(w, "name");
    json_str(w, field->name);
    json_key(w, "class");
    json_str(w, field_class_title(index));
    json_key(w, "type");
    json_str(w, value_type_name(field->type));
    json_key(w, "argument");
    json_str(w, arg_name(field->arg));
    json_key(w, "argument_required");
    json_bool(w, arg_required(field->arg));
    json_key(w, "list");
    json_bool(w, (field->flags & FIELD_LIST) != 0);
    json_key(w, "deprecated");
    json_bool(w, (field->flags & FIELD_DEPRECATED) != 0);
    json_key(w, "has_value");
    json_bool(w, (field->flags & FIELD_NO_VALUE) == 0);
    json_key(w, "sources");
    json_array_begin(w);
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if ((field->sources & (1u << i)) != 0)
            json_str(w, event_source_name(i));
    }
    json_array_end(w);
    json_key(w, "meaning");
    json_str(w, field->meaning);
    json_object_end(w);
}

void field_list_print(struct buf *out, int source, bool json)
{
    struct json_writer w = json_writer_on(out);
    const char *class = NULL;

    if (json)
        json_array_begin(&w);
    for (uint32_t i = 0; i < field_count(); i++) {
        const struct field *field = field_at(i);
        if (source >= 0 && (field->sources & (1u << source)) == 0)
            continue;
        if (json) {
            json_row(&w, i);
            continue;
        }
        if (class != field_class_title(i))
            print_class(out, i, source);
        class = field_class_title(i);
        print_row(out, field);
    }
    if (json) {
        json_array_end(&w);
        buf_char(out, '\n');
    }
}
