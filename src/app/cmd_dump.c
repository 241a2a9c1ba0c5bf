/* app/cmd_dump.c - `tiercel dump`: the events of a capture file as text, JSON lines or CSV. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/filter.h"
#include "app/progress.h"
#include "app/recording.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"
#include "event/field.h"
#include "lang/output.h"

enum {
    STEP_ITEMS = 4096,
    OUT_FLUSH = 1 << 16,
    FIELDS_SHOWN_MAX = 256,
    LETTER_FIELDS = 256,
    LETTER_JSON,
    LETTER_CSV,
};

static const char usual_format[] =
    "%evt.num %evt.time %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.args";

static const char usage_text[] =
    "usage: tiercel dump FILE.scap [--fields F,...] [--json|--csv] [-p FORMAT] [CONDITION]\n"
    "\n"
    "Print the events of a capture, one a line; with a condition only those it is true for.\n"
    "\n"
    "  --fields F,...     these fields, with blanks between them\n"
    "  -p, --print FORMAT text with %field in it, as in an output of a rule; the usual is\n"
    "                     %evt.num %evt.time %evt.cpu %proc.name (%thread.tid) %evt.dir\n"
    "                     %evt.type %evt.args\n"
    "  --json             an object a line, with the fields as members\n"
    "  --csv              the fields' names in the first line, then a line an event\n"
    "  --help             print this\n"
    "\n"
    "exit: 0 fine, 1 the file or the condition has errors, 2 wrong usage\n";

enum form {
    FORM_LINE,
    FORM_OBJECT,
    FORM_COLUMNS,
};

struct dump {
    const char *format, *fields;
    enum form form;
    struct arena *arena;
    struct output *output; /* NULL: fields */
    struct field_ref ref[FIELDS_SHOWN_MAX];
    struct sv name[FIELDS_SHOWN_MAX];
    uint32_t count;
    struct filter *filter; /* NULL: all events */
    struct recording *recording;
    struct buf out, text;
    bool failed;
};

static void scoped_dump_done(struct dump *dump)
{
    recording_close(dump->recording);
    filter_free(dump->filter);
    arena_free(dump->arena);
    buf_done(&dump->out);
    buf_done(&dump->text);
}

static int usage(FILE *to, int code)
{
    (void)fputs(usage_text, to);
    return code;
}

/* -------------------------------------------------------------------------------------- events */

static void flush(struct dump *dump)
{
    if (dump->out.len > 0 && file_write_all(STDOUT_FILENO, buf_view(&dump->out), NULL) < 0)
        dump->failed = true;
    buf_reset(&dump->out);
}

static void put_object(struct dump *dump, const struct event *event)
{
    struct json_writer w = json_writer_on(&dump->out);

    json_object_begin(&w);
    for (uint32_t i = 0; i < dump->count; i++) {
        json_key_sv(&w, dump->name[i]);
        field_json(&w, event, &dump->ref[i]);
    }
    json_object_end(&w);
}

/* In quotes where it has to be. Spreadsheets run what begins with = + - @: such text gets a ' in
 * front. */
static void put_cell(struct buf *out, struct sv text, bool number)
{
    bool formula = text.len > 0 && !number && strchr("=+-@\t\r", text.ptr[0]) != NULL;
    bool quote =
        formula || sv_find(text, SV(","), 0) != SIZE_MAX || sv_find(text, SV("\""), 0) != SIZE_MAX;

    if (!quote) {
        utf8_put_visible(out, text);
        return;
    }
    buf_str(out, formula ? "\"'" : "\"");
    while (text.len > 0) {
        size_t at = sv_find(text, SV("\""), 0);
        struct sv part = sv_sub(text, 0, at);
        utf8_put_visible(out, part);
        if (at != SIZE_MAX)
            buf_str(out, "\"\"");
        text = sv_sub(text, part.len + (at != SIZE_MAX), text.len);
    }
    buf_char(out, '"');
}

static void put_fields(struct dump *dump, const struct event *event)
{
    for (uint32_t i = 0; i < dump->count; i++) {
        buf_reset(&dump->text);
        field_print(&dump->text, event, &dump->ref[i]);
        if (i > 0)
            buf_char(&dump->out, dump->form == FORM_COLUMNS ? ',' : ' ');
        if (dump->form == FORM_COLUMNS)
            put_cell(&dump->out, buf_view(&dump->text),
                     value_type_numeric(field_ref_type(&dump->ref[i])));
        else
            utf8_put_visible(&dump->out, buf_view(&dump->text));
    }
}

static void on_event(void *ctx, const struct event *event)
{
    struct dump *dump = ctx;

    if (dump->filter != NULL && !filter_holds(dump->filter, event))
        return;
    if (dump->form == FORM_OBJECT) {
        put_object(dump, event);
    } else if (dump->output != NULL) {
        buf_reset(&dump->text);
        output_render(dump->output, event, &dump->text);
        utf8_put_visible(&dump->out, buf_view(&dump->text));
    } else {
        put_fields(dump, event);
    }
    buf_char(&dump->out, '\n');
    if (dump->out.len >= OUT_FLUSH)
        flush(dump);
}

static int read_file(struct dump *dump, const char *path, struct err *err)
{
    struct progress progress;

    int rc = recording_open(path, on_event, dump, &dump->recording, err);
    if (rc < 0)
        return rc;
    progress_begin(&progress, "dump");
    progress.wanted = progress.wanted && isatty(STDOUT_FILENO) == 0;
    do {
        rc = recording_step(dump->recording, STEP_ITEMS, err);
        progress_show(&progress, recording_done_bytes(dump->recording),
                      recording_size_bytes(dump->recording),
                      recording_counts(dump->recording).events);
    } while (rc == RECORDING_MORE && !dump->failed);
    progress_end(&progress);
    flush(dump);
    return rc < 0 ? rc : 0;
}

/* ------------------------------------------------------------------------------------- options */

static int add_field(struct dump *dump, struct sv name, struct err *err)
{
    if (dump->count == FIELDS_SHOWN_MAX)
        return err_set(err, -E2BIG, "more than %d fields", FIELDS_SHOWN_MAX);
    if (field_ref_parse(name, &dump->ref[dump->count]) != FIELD_REF_FINE) {
        const char *near = field_nearest(name);
        return err_set(err, -EINVAL, "no field '%.*s'%s%s%s", SV_ARG(name),
                       near == NULL ? "" : "; did you mean '", near == NULL ? "" : near,
                       near == NULL ? "" : "'?");
    }
    dump->name[dump->count++] = name;
    return 0;
}

static int add_fields(struct dump *dump, struct sv list, struct err *err)
{
    int rc = 0;

    while (list.len > 0 && rc == 0) {
        struct sv name = sv_trim(sv_split(&list, ','));
        rc = name.len == 0 ? 0 : add_field(dump, name, err);
    }
    return rc;
}

static int compile_format(struct dump *dump, const char *format, struct err *err)
{
    struct parse_problem problem = {0};
    int rc = output_compile(sv(format), SOURCE_SYSCALL, dump->arena, &dump->output, &problem);

    if (rc < 0)
        return err_set(err, rc, "the format, column %u: %s", problem.offset + 1, problem.message);
    for (uint32_t i = 0; i < output_field_count(dump->output) && rc == 0 && dump->count == i; i++)
        rc = add_field(dump, output_field_name(dump->output, i), err);
    return rc;
}

/* What to print: fields, or a format, of which JSON and CSV take the fields. */
static int prepare(struct dump *dump, struct err *err)
{
    int rc;

    if (dump->fields != NULL)
        return add_fields(dump, sv(dump->fields), err);
    rc = compile_format(dump, dump->format == NULL ? usual_format : dump->format, err);
    if (dump->form != FORM_LINE)
        dump->output = NULL;
    return rc;
}

static void put_head(struct dump *dump)
{
    for (uint32_t i = 0; dump->form == FORM_COLUMNS && i < dump->count; i++) {
        if (i > 0)
            buf_char(&dump->out, ',');
        put_cell(&dump->out, dump->name[i], false);
    }
    if (dump->form == FORM_COLUMNS)
        buf_char(&dump->out, '\n');
}

/* 0, or 1 + an exit code. */
static int read_options(struct dump *dump, int argc, char **argv)
{
    static const struct option names[] = {{"fields", required_argument, NULL, LETTER_FIELDS},
                                          {"print", required_argument, NULL, 'p'},
                                          {"json", no_argument, NULL, LETTER_JSON},
                                          {"csv", no_argument, NULL, LETTER_CSV},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    int letter;

    while ((letter = getopt_long(argc, argv, "p:h", names, NULL)) != -1) {
        if (letter == 'h')
            return 1 + usage(stdout, EXIT_FINE);
        if (letter == LETTER_FIELDS)
            dump->fields = optarg;
        else if (letter == 'p')
            dump->format = optarg;
        else if (letter == LETTER_JSON || letter == LETTER_CSV)
            dump->form = letter == LETTER_JSON ? FORM_OBJECT : FORM_COLUMNS;
        else
            return 1 + usage(stderr, EXIT_USAGE);
    }
    return optind + 1 == argc || optind + 2 == argc ? 0 : 1 + usage(stderr, EXIT_USAGE);
}

int cmd_dump(int argc, char **argv)
{
    scoped(dump_done) struct dump dump = {.form = FORM_LINE};
    struct err err = {0};

    dump.arena = arena_new(OUT_FLUSH);
    int rc = read_options(&dump, argc, argv);
    if (rc != 0)
        return rc - 1;
    rc = prepare(&dump, &err);
    if (rc == 0 && optind + 2 == argc)
        rc = filter_new(sv(argv[optind + 1]), &dump.filter, &err);
    if (rc == 0) {
        put_head(&dump);
        rc = read_file(&dump, argv[optind], &err);
    }
    if (rc < 0)
        (void)fprintf(stderr, "tiercel dump: %s\n", err_text(&err, rc));
    return rc < 0 || dump.failed ? EXIT_ERRORS : EXIT_FINE;
}
