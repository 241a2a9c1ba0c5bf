/* app/cmd_stats.c - what a running sensor counts, and reloading its rules. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/ask.h"
#include "app/commands.h"
#include "app/exit_code.h"
#include "app/settings.h"
#include "app/stats_print.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"

#define JSON_ARENA_MAX ((size_t)256 << 20)

static const char stats_usage[] =
    "usage: tiercel stats [rules] [--json] [-c FILE] [--control PATH]\n"
    "\n"
    "Ask the sensor that runs here what it has counted: events, losses, findings, limits\n"
    "that were hit. `rules`: what each rule and each comparison took since the rules were\n"
    "loaded; the dearest first, comparisons as many as fit a page.\n"
    "\n"
    "  --json          print the document as it is\n"
    "  -c, --config    settings of the sensor\n"
    "  --control PATH  its control socket, when it is not where the settings say\n"
    "  --help          print this\n"
    "\n"
    "exit: 0 fine, 2 wrong usage, 3 no sensor answers\n";

static const char reload_usage[] =
    "usage: tiercel reload [--json] [-c FILE] [--control PATH]\n"
    "\n"
    "Have the sensor that runs here read its rules again, and wait for what becomes of it.\n"
    "Faulty rules change nothing: their errors are printed, and the old rules go on.\n"
    "\n"
    "  --json          print the document as it is\n"
    "  -c, --config    settings of the sensor\n"
    "  --control PATH  its control socket, when it is not where the settings say\n"
    "  --help          print this\n"
    "\n"
    "exit: 0 reloaded, 1 the rules are faulty, 2 wrong usage, 3 no sensor answers\n";

struct command {
    const char *name, *usage;
    struct sv request;
    int (*print)(struct sv answer, const struct json_doc *doc, bool json, struct buf *out);
};

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return true;
    }
    return false;
}

static int fail(const struct command *command, const struct err *err, int rc)
{
    (void)fprintf(stderr, "tiercel %s: %s\n", command->name, err_text(err, rc));
    if (rc == SETTINGS_USAGE)
        return EXIT_USAGE;
    return rc == -EINVAL ? EXIT_ERRORS : EXIT_ENVIRONMENT;
}

static int read_answer(struct sv answer, struct arena *arena, struct json_doc *doc, struct err *err)
{
    arena_limit(arena, JSON_ARENA_MAX);
    int rc = json_parse(answer, arena, doc, err);

    return rc < 0 ? err_wrap(err, -EPROTO, "the answer is no JSON") : 0;
}

static int run(const struct command *command, int argc, char **argv)
{
    scoped(arena_free) struct arena *arena = arena_new(65536);
    scoped(buf_done) struct buf answer = {.limit = JSON_ARENA_MAX};
    scoped(buf_done) struct buf out = {.limit = JSON_ARENA_MAX};
    struct settings settings;
    struct json_doc doc = {0};
    struct err err = {0};

    if (wants_help(argc, argv))
        return fputs(command->usage, stdout) < 0 ? EXIT_ERRORS : EXIT_FINE;
    int rc = settings_from_args(&settings, command->name, argc, argv, arena, &err);
    if (rc != 0)
        return fail(command, &err, rc);
    struct sv path = settings_control_path(&settings, arena);
    if (path.len == 0)
        rc = err_set(&err, -ENOENT, "the settings say that there is no control socket");
    if (rc == 0)
        rc = ask(path.ptr, command->request, &answer, &err);
    if (rc == 0)
        rc = read_answer(buf_view(&answer), arena, &doc, &err);
    if (rc < 0)
        return fail(command, &err, rc == -EINVAL ? -EIO : rc);
    int code = command->print(buf_view(&answer), &doc, settings.format == FORMAT_JSON, &out);
    rc = out.error < 0 ? out.error : file_write_all(STDOUT_FILENO, buf_view(&out), &err);
    return rc < 0 ? fail(command, &err, rc) : code;
}

static int print_stats(struct sv answer, const struct json_doc *doc, bool json, struct buf *out)
{
    if (json)
        buf_sv(out, answer);
    else
        stats_print(doc, out);
    return EXIT_FINE;
}

static int print_rules(struct sv answer, const struct json_doc *doc, bool json, struct buf *out)
{
    if (json)
        buf_sv(out, answer);
    else
        stats_print_rules(doc, out);
    return EXIT_FINE;
}

static int print_reload(struct sv answer, const struct json_doc *doc, bool json, struct buf *out)
{
    const struct json_node *reloaded = json_get(doc, &doc->node[0], SV("reloaded"));
    bool fine = reloaded != NULL && reloaded->kind == JSON_TRUE;

    if (json)
        buf_sv(out, answer);
    else
        stats_print_reload(doc, fine, out);
    return fine ? EXIT_FINE : EXIT_ERRORS;
}

int cmd_stats(int argc, char **argv)
{
    static const struct command stats = {"stats", stats_usage, SV("stats"), print_stats};
    static const struct command rules = {"stats rules", stats_usage, SV("stats rules"),
                                         print_rules};

    if (argc > 1 && strcmp(argv[1], "rules") == 0)
        return run(&rules, argc - 1, argv + 1);
    return run(&stats, argc, argv);
}

int cmd_reload(int argc, char **argv)
{
    static const struct command reload = {"reload", reload_usage, SV("reload"), print_reload};

    return run(&reload, argc, argv);
}
