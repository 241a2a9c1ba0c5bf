/* An exception becomes condition text, so that its values are read as a condition's are: quoted
 * texts, lists in parentheses, names of lists.
 *
 *   fields: proc.name,            values: [a, b]       proc.name in (a, b)
 *   fields: [proc.name, fd.name], values: [[a, /x]]    (proc.name = a and fd.name = /x)
 *
 * A value that the grammar would cut in pieces is quoted here. */
#include "lang/falco/exceptions.h"

#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "event/event.h"
#include "event/field.h"
#include "lang/ast.h"

/* val(proc.name), tolower(proc.name): the condition's compiler looks into it. */
static bool is_transform(struct sv value)
{
    size_t paren = sv_find(value, SV("("), 0);

    if (paren == SIZE_MAX || value.ptr[value.len - 1] != ')')
        return false;
    for (int i = 0; i < TRANSFORM_COUNT; i++) {
        if (sv_eq(sv_sub(value, 0, paren), sv(ast_transform_name((enum ast_transform)i))))
            return true;
    }
    return false;
}

static int check_field(struct items *items, const struct exception_info *exception,
                       struct sv written, int source)
{
    struct sv rest = written;
    struct sv name = sv_split(&rest, '[');
    const struct field *field = field_find(name);

    if (source < 0 || is_transform(written) ||
        (field != NULL && (field->sources & (1u << source)) != 0))
        return 0;
    const char *near = field_nearest(name);
    char mend[160] = "";
    if (field != NULL)
        (void)snprintf(mend, sizeof(mend), "events of '%s' do not have it",
                       event_source_name((enum event_source)source));
    else if (near != NULL)
        (void)snprintf(mend, sizeof(mend), "did you mean '%s'?", near);
    return items_report(items, DIAG_ERR_VALIDATE, &exception->spot, mend,
                        "'%s' is not a supported filter field", written.ptr);
}

static int check_list(struct items *items, struct exception_info *exception, int source)
{
    const struct exception_entry *fields = &exception->fields;
    struct exception_entry *comps = &exception->comps;

    if (!comps->given) {
        comps->item = arena_array(items->arena, struct exception_entry, fields->count);
        if (comps->item == NULL)
            return items_full(items, &exception->spot);
        for (uint32_t i = 0; i < fields->count; i++)
            comps->item[i] = (struct exception_entry){.text = SV("="), .given = true};
        comps->count = fields->count;
        comps->given = comps->is_list = true;
    }
    if (fields->count != comps->count)
        return items_report(items, DIAG_ERR_VALIDATE, &exception->spot, NULL,
                            "Fields and comps lists must have equal length");
    for (uint32_t i = 0; i < comps->count; i++) {
        if (comps->item[i].is_list || ast_op_from(comps->item[i].text) < 0)
            return items_report(items, DIAG_ERR_VALIDATE, &exception->spot, NULL,
                                "'%s' is not a supported comparison operator",
                                comps->item[i].is_list ? "a list" : comps->item[i].text.ptr);
        if (fields->item[i].is_list)
            return items_report(items, DIAG_ERR_VALIDATE, &exception->spot, NULL,
                                "Fields must be texts, not lists");
        int rc = check_field(items, exception, fields->item[i].text, source);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static bool takes_list(struct sv comp)
{
    return sv_eq(comp, SV("in")) || sv_eq(comp, SV("pmatch")) || sv_eq(comp, SV("intersects"));
}

int exceptions_check(struct items *items, struct exception_info *exception, int source)
{
    if (exception->fields.is_list)
        return check_list(items, exception, source);
    if (!exception->comps.given)
        exception->comps = (struct exception_entry){.text = SV("in"), .given = true};
    if (exception->comps.is_list)
        return items_report(items, DIAG_ERR_VALIDATE, &exception->spot, NULL,
                            "Fields and comps must both be strings");
    if (!takes_list(exception->comps.text))
        return items_report(
            items, DIAG_ERR_VALIDATE, &exception->spot, NULL,
            "When fields is a single value, comps must be one of (in, pmatch, intersects)");
    return check_field(items, exception, exception->fields.text, source);
}

static bool has_any(struct sv text, const char *chars)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\0' && strchr(chars, text.ptr[i]) != NULL)
            return true;
    }
    return false;
}

/* Is the backslash at `at` the start of an escape that a condition knows? */
static bool is_escape(struct sv text, size_t at)
{
    return at + 1 < text.len && text.ptr[at + 1] != '\0' &&
           strchr("bfnrtx/\" ", text.ptr[at + 1]) != NULL;
}

/* Falco puts quotes around a value with a blank in it, and so makes escapes of its backslashes;
 * elsewhere they are themselves. The escape of a backslash is \x5c, as `\\"` does not end a text.
 */
static void put_quoted(struct buf *out, struct sv text)
{
    bool escapes = has_any(text, " ");

    buf_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        bool backslash = text.ptr[i] == '\\';
        if (backslash && escapes && is_escape(text, i)) {
            buf_sv(out, sv_sub(text, i++, 2));
        } else if (backslash) {
            buf_str(out, "\\x5c");
            i += escapes && i + 1 < text.len && text.ptr[i + 1] == '\\';
        } else {
            buf_str(out, text.ptr[i] == '"' ? "\\" : "");
            buf_char(out, text.ptr[i]);
        }
    }
    buf_char(out, '"');
}

static void put_value(struct buf *out, struct sv value)
{
    bool quoted = value.ptr[0] == '"' || value.ptr[0] == '\'';

    if (!quoted && !is_transform(value) && has_any(value, " \t\r\n(),'\"="))
        put_quoted(out, value);
    else
        buf_sv(out, value);
}

/* A value for an operator that takes a list: `name_of_list`, `(a, b)`, `a`. */
static void put_as_list(struct buf *out, struct sv value)
{
    if (value.ptr[0] == '(') {
        buf_sv(out, value);
        return;
    }
    buf_char(out, '(');
    if (has_any(value, ","))
        buf_sv(out, value);
    else
        put_value(out, value);
    buf_char(out, ')');
}

static int put_list(struct items *items, const struct exception_info *exception, struct buf *out,
                    const struct exception_entry *list)
{
    buf_char(out, '(');
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->item[i].is_list)
            return items_report(items, DIAG_ERR_VALIDATE, &exception->spot, NULL,
                                "A value of exception '%s' is nested too deep",
                                exception->name.ptr);
        buf_str(out, i == 0 ? "" : ", ");
        put_value(out, list->item[i].text);
    }
    buf_char(out, ')');
    return 0;
}

static bool op_takes_list(struct sv comp)
{
    int op = ast_op_from(comp);

    return op == OP_IN || op == OP_INTERSECTS || op == OP_PMATCH;
}

static int put_tuple(struct items *items, const struct exception_info *exception, struct buf *out,
                     const struct exception_entry *tuple)
{
    const struct exception_entry *fields = &exception->fields;

    if (!tuple->is_list || tuple->count != fields->count)
        return items_report(items, DIAG_ERR_VALIDATE, &exception->spot, NULL,
                            "Fields and values lists must have equal length");
    buf_char(out, '(');
    for (uint32_t i = 0; i < fields->count; i++) {
        const struct exception_entry *value = &tuple->item[i];
        struct sv comp = exception->comps.item[i].text;

        buf_str(out, i == 0 ? "" : " and ");
        buf_sv(out, fields->item[i].text);
        buf_char(out, ' ');
        buf_sv(out, comp);
        buf_char(out, ' ');
        if (value->is_list) {
            int rc = put_list(items, exception, out, value);
            if (rc < 0)
                return rc;
        } else if (op_takes_list(comp)) {
            put_as_list(out, value->text);
        } else {
            put_value(out, value->text);
        }
    }
    buf_char(out, ')');
    return 0;
}

static int put_single(struct items *items, const struct exception_info *exception, struct buf *out)
{
    buf_sv(out, exception->fields.text);
    buf_char(out, ' ');
    buf_sv(out, exception->comps.text);
    buf_str(out, " (");
    for (uint32_t i = 0; i < exception->count; i++) {
        if (exception->value[i].is_list)
            return items_report(items, DIAG_ERR_VALIDATE, &exception->spot, NULL,
                                "Expected values array to contain a list of strings");
        buf_str(out, i == 0 ? "" : ", ");
        put_value(out, exception->value[i].text);
    }
    buf_char(out, ')');
    return 0;
}

static int put_exception(struct items *items, const struct exception_info *exception,
                         struct buf *out)
{
    int rc = 0;

    if (!exception->fields.is_list)
        return put_single(items, exception, out);
    for (uint32_t i = 0; i < exception->count && rc == 0; i++) {
        buf_str(out, i == 0 ? "" : " or ");
        rc = put_tuple(items, exception, out, &exception->value[i]);
    }
    return rc;
}

int exceptions_condition(struct items *items, const struct exceptions *exceptions,
                         struct parts *parts)
{
    for (uint32_t i = 0; i < exceptions->count; i++) {
        const struct exception_info *exception = &exceptions->item[i];
        scoped(buf_done) struct buf text = {0};
        struct part part = {.spot = exception->spot};

        if (exception->count == 0)
            continue;
        buf_str(&text, "and not (");
        int rc = put_exception(items, exception, &text);
        buf_char(&text, ')');
        if (rc < 0)
            return rc;
        if (text.error < 0 || !items_room(items, parts) ||
            !items_text(items, buf_view(&text), &part.text))
            return items_full(items, &exception->spot);
        parts->item[parts->count++] = part;
    }
    return 0;
}
