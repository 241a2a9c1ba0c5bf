/* tools/reference.c - prints the parts of docs/reference that the code's own tables know.
 *
 *     reference fields|settings|diagnostics */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/settings.h"
#include "base/buf.h"
#include "base/file.h"
#include "event/event_type.h"
#include "event/field.h"
#include "lang/diag.h"

static void heading(struct buf *out, const char *title, const char *words)
{
    buf_printf(out, "# %s\n\n%s\nPrinted by `./dev docs` from the tables in the code.\n", title,
               words);
}

static const char *argument(enum field_arg arg)
{
    switch (arg) {
    case FIELD_ARG_NONE:
        return "";
    case FIELD_ARG_INDEX:
        return "[n]";
    case FIELD_ARG_INDEX_OR_NONE:
        return "[n]?";
    case FIELD_ARG_KEY:
        return "[key]";
    case FIELD_ARG_KEY_OR_NONE:
        return "[key]?";
    case FIELD_ARG_ANY:
        return "[n or key]";
    case FIELD_ARG_ANY_OR_NONE:
        return "[n or key]?";
    }
    return "";
}

/* Words inside a cell of a table. */
static void put_words(struct buf *out, const char *words)
{
    for (; *words != '\0'; words++) {
        if (*words == '|')
            buf_char(out, '\\');
        buf_char(out, *words);
    }
}

static void put_field(struct buf *out, const struct field *field)
{
    buf_printf(out, "| `%s`%s%s%s | %s%s |", field->name, field->arg == FIELD_ARG_NONE ? "" : " `",
               argument(field->arg), field->arg == FIELD_ARG_NONE ? "" : "`",
               value_type_name(field->type), (field->flags & FIELD_LIST) != 0 ? ", list" : "");
    for (int source = 0; source < SOURCE_COUNT; source++) {
        if ((field->sources >> source & 1) != 0)
            buf_printf(out, " %s", event_source_name((enum event_source)source));
    }
    buf_str(out, " | ");
    put_words(out, field->meaning);
    buf_printf(out, "%s%s |\n", (field->flags & FIELD_DEPRECATED) != 0 ? " (deprecated)" : "",
               (field->flags & FIELD_NO_VALUE) != 0 ? " (no value yet)" : "");
}

static void fields(struct buf *out)
{
    struct sv before = {NULL, 0};

    heading(
        out, "Fields",
        "What a condition or an output may name. A `?` marks an argument that may be left out.");
    for (uint32_t i = 0; i < field_count(); i++) {
        struct sv name = sv(field_at(i)->name);
        struct sv class = sv_split(&name, '.');
        if (!sv_eq(class, before))
            buf_printf(out, "\n## %.*s\n| field | type | sources | meaning |\n|---|---|---|---|\n",
                       SV_ARG(class));
        before = class;
        put_field(out, field_at(i));
    }
}

static void settings(struct buf *out)
{
    heading(out, "Settings",
            "Keys of `tiercel.yaml` (dots are nesting) and the options that stand over them.\n"
            "Unknown keys are errors. Without `-c`, `" SETTINGS_FILE "` is read when it is there.");
    buf_char(out, '\n');
    settings_describe(out);
}

static void diagnostics(struct buf *out)
{
    heading(out, "Diagnostics",
            "Codes of `tiercel check`; those that begin with LOAD are Falco's.");
    buf_str(out, "\n| code | meaning |\n|---|---|\n");
    for (int code = 0; code < DIAG_CODE_COUNT; code++)
        buf_printf(out, "| `%s` | %s |\n", diag_code_name((enum diag_code)code),
                   diag_code_meaning((enum diag_code)code));
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*print)(struct buf *out);
    } pages[] = {{"fields", fields}, {"settings", settings}, {"diagnostics", diagnostics}};
    scoped(buf_done) struct buf out = {0};

    for (size_t i = 0; argc == 2 && i < ARRAY_LEN(pages); i++) {
        if (strcmp(argv[1], pages[i].name) != 0)
            continue;
        pages[i].print(&out);
        return file_write_all(STDOUT_FILENO, buf_view(&out), NULL) < 0;
    }
    (void)fprintf(stderr, "usage: reference fields|settings|diagnostics\n");
    return 2;
}
