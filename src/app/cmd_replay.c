/* app/cmd_replay.c - `tiercel replay`: capture files and logs through the rules; findings on
 * standard output, in the order of the events. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/progress.h"
#include "app/recording.h"
#include "app/replay_log.h"
#include "app/rules.h"
#include "app/settings.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "match/engine.h"
#include "match/finding.h"

enum {
    STEP_ITEMS = 4096,
    OUT_FLUSH = 1 << 16, /* bytes of findings that are held back at most */
    LINE_BLOCK = 1 << 16,
    LETTER_MATCHING = 256,
    LETTER_DISABLED,
    LETTER_JSON,
    LETTER_PLAIN,
    LETTER_SOURCE,
};

static const char usage_text[] =
    "usage: tiercel replay FILE... [-r RULES]... [option...]\n"
    "\n"
    "Run rules over captures of sysdig, Falco, Stratoshark or `tiercel record`, and over audit\n"
    "logs and cloud trails (JSON, also gzip; - is standard input), and print what they find,\n"
    "in order. Outputs have Falco's suggested fields at the end, as Falco's have.\n"
    "\n"
    "  -r, --rules PATH           rules: a file or a directory; may be repeated\n"
    "  -c, --config FILE          settings, such as append_output\n"
    "  --json                     a finding a line, with Falco's members and ours\n"
    "  --rule-matching first|all  stop at the first rule that matches an event (as Falco\n"
    "                             does), or go on\n"
    "  --enable-disabled          also the rules that their files disable\n"
    "  -p, --priority PRIORITY    leave out rules that are less urgent\n"
    "  --plain-output             outputs as the rules have them\n"
    "  --source NAME              the files are logs of this source: k8s_audit,\n"
    "                             aws_cloudtrail, gcp_auditlog, okta, github; else what the\n"
    "                             first record looks like\n"
    "  --help                     print this\n"
    "\n"
    "exit: 0 fine, 1 a file or the rules have errors, 2 wrong usage\n";

struct replay {
    struct settings settings;
    struct arena *arena, *line;
    struct rules *rules;
    struct recording *recording;
    struct buf out, json;
    struct finding_place place; /* of findings about logs */
    struct progress progress;
    int source; /* of logs; -1: to be guessed */
    bool as_json, colour;
    bool failed; /* to write */
    uint64_t findings;
};

static void scoped_replay_done(struct replay *replay)
{
    recording_close(replay->recording);
    rules_close(replay->rules);
    arena_free(replay->arena);
    arena_free(replay->line);
    buf_done(&replay->out);
    buf_done(&replay->json);
}

static int usage(FILE *to, int code)
{
    (void)fputs(usage_text, to);
    return code;
}

/* ------------------------------------------------------------------------------------ findings */

static void flush(struct replay *replay)
{
    if (replay->out.len > 0 && file_write_all(STDOUT_FILENO, buf_view(&replay->out), NULL) < 0)
        replay->failed = true;
    buf_reset(&replay->out);
}

static void on_match(void *ctx, const struct rule *rule, const struct event *event)
{
    struct replay *replay = ctx;

    buf_reset(&replay->json);
    const struct finding_place *place =
        replay->recording == NULL ? &replay->place : recording_place(replay->recording);
    if (finding_make(&replay->json, place, rule, event) < 0) {
        replay->failed = true;
        return;
    }
    replay->findings++;
    if (replay->as_json) {
        buf_sv(&replay->out, buf_view(&replay->json));
    } else {
        if (finding_line(buf_view(&replay->json), replay->line, replay->colour, &replay->out) < 0)
            replay->failed = true;
        arena_reset(replay->line);
    }
    buf_char(&replay->out, '\n');
    if (replay->out.len >= OUT_FLUSH)
        flush(replay);
}

static void on_event(void *ctx, const struct event *event)
{
    struct replay *replay = ctx;

    (void)engine_run(replay->rules->engine[0], event, on_match, replay);
}

/* --------------------------------------------------------------------------------------- files */

static void tell_counts(const char *path, const struct recording_counts *counts)
{
    if (counts->events_unknown > 0)
        (void)fprintf(stderr, "tiercel replay: '%s': %llu events of unknown types skipped\n", path,
                      (unsigned long long)counts->events_unknown);
    if (counts->events_odd > 0)
        (void)fprintf(stderr, "tiercel replay: '%s': %llu damaged events skipped\n", path,
                      (unsigned long long)counts->events_odd);
}

static void show_progress(void *ctx, uint64_t done_bytes)
{
    struct replay *replay = ctx;

    if (isatty(STDOUT_FILENO))
        flush(replay);
    progress_show(&replay->progress, done_bytes, 0, replay->findings);
}

static int replay_one_log(struct replay *replay, const char *path, struct err *err)
{
    struct replay_log_options options = {
        .rules = replay->rules->set,
        .matching = replay->settings.matching,
        .priority_max = replay->settings.priority,
        .quirks = replay->settings.falco_quirks,
        .source = replay->source,
        .on_match = on_match,
        .ctx = replay,
        .on_part = show_progress,
    };
    struct signals_counts counts;
    uint64_t bad = 0;

    progress_begin(&replay->progress, "replay");
    int rc = replay_log(path, &options, &counts, &bad, err);
    progress_end(&replay->progress);
    flush(replay);
    if (bad > 1)
        (void)fprintf(stderr, "tiercel replay: '%s': %llu documents skipped; the first:\n", path,
                      (unsigned long long)bad);
    if (counts.bad > 0)
        (void)fprintf(stderr, "tiercel replay: '%s': %llu records that are no JSON skipped\n", path,
                      (unsigned long long)counts.bad);
    return rc;
}

static int replay_file(struct replay *replay, const char *path, struct err *err)
{
    struct progress *progress = &replay->progress;

    if (replay->source >= 0 || strcmp(path, "-") == 0 || replay_log_is_one(path))
        return replay_one_log(replay, path, err);
    int rc = recording_open(path, on_event, replay, &replay->recording, err);
    if (rc < 0)
        return rc;
    progress_begin(progress, "replay");
    do {
        rc = recording_step(replay->recording, STEP_ITEMS, err);
        if (isatty(STDOUT_FILENO))
            flush(replay);
        progress_show(progress, recording_done_bytes(replay->recording),
                      recording_size_bytes(replay->recording),
                      recording_counts(replay->recording).events);
    } while (rc == RECORDING_MORE && !replay->failed);
    progress_end(progress);
    flush(replay);
    struct recording_counts counts = recording_counts(replay->recording);
    tell_counts(path, &counts);
    recording_close(replay->recording);
    replay->recording = NULL;
    return rc < 0 ? rc : 0;
}

/* ------------------------------------------------------------------------------------- options */

static void add_item(const char **list, const char *item)
{
    uint32_t count = 0;

    while (count < SETTINGS_LIST_MAX && list[count] != NULL)
        count++;
    if (count < SETTINGS_LIST_MAX)
        list[count] = item;
}

/* 0, or 1 + an exit code. */
static int take_option(struct replay *replay, int letter)
{
    struct settings *settings = &replay->settings;
    int priority = 0;
    struct err err = {0};

    switch (letter) {
    case 'r':
        add_item(settings->rules, optarg);
        return 0;
    case 'c':
        if (settings_read(settings, optarg, replay->arena, &err) < 0) {
            (void)fprintf(stderr, "tiercel replay: %s\n", err.text);
            return 1 + EXIT_ERRORS;
        }
        return 0;
    case 'p':
        priority = rule_priority_from(sv(optarg));
        if (priority < 0)
            (void)fprintf(stderr, "tiercel replay: no priority '%s'\n", optarg);
        settings->priority = (enum rule_priority)priority;
        return priority < 0 ? 1 + EXIT_USAGE : 0;
    case LETTER_MATCHING:
        settings->matching = strcmp(optarg, "all") == 0 ? MATCH_ALL : MATCH_FIRST;
        if (strcmp(optarg, "all") == 0 || strcmp(optarg, "first") == 0)
            return 0;
        (void)fprintf(stderr, "tiercel replay: --rule-matching takes 'first' or 'all'\n");
        return 1 + EXIT_USAGE;
    case LETTER_DISABLED:
        add_item(settings->enable_rules, "*");
        return 0;
    case LETTER_JSON:
        replay->as_json = true;
        return 0;
    case LETTER_SOURCE:
        replay->source = event_source_from(sv(optarg));
        if (replay->source > SOURCE_SYSCALL)
            return 0;
        (void)fprintf(stderr, "tiercel replay: '%s' is no source of logs\n", optarg);
        return 1 + EXIT_USAGE;
    case LETTER_PLAIN:
        settings->append_output_count = 0;
        return 0;
    case 'h':
        return 1 + usage(stdout, EXIT_FINE);
    default:
        return 1 + usage(stderr, EXIT_USAGE);
    }
}

static int read_options(struct replay *replay, int argc, char **argv)
{
    static const struct option names[] = {
        {"rules", required_argument, NULL, 'r'},
        {"config", required_argument, NULL, 'c'},
        {"priority", required_argument, NULL, 'p'},
        {"rule-matching", required_argument, NULL, LETTER_MATCHING},
        {"enable-disabled", no_argument, NULL, LETTER_DISABLED},
        {"json", no_argument, NULL, LETTER_JSON},
        {"plain-output", no_argument, NULL, LETTER_PLAIN},
        {"source", required_argument, NULL, LETTER_SOURCE},
        {"help", no_argument, NULL, 'h'},
        {0}};
    int letter;

    while ((letter = getopt_long(argc, argv, "r:c:p:h", names, NULL)) != -1) {
        int rc = take_option(replay, letter);
        if (rc != 0)
            return rc;
    }
    if (optind < argc)
        return 0;
    return 1 + usage(stderr, EXIT_USAGE);
}

static bool wants_colour(void)
{
    const char *no_color = getenv("NO_COLOR");

    return isatty(STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0');
}

static int fail(const struct err *err, int rc)
{
    (void)fprintf(stderr, "tiercel replay: %s\n", err_text(err, rc));
    return EXIT_ERRORS;
}

int cmd_replay(int argc, char **argv)
{
    static const struct output_append suggested = {.suggested = true, .file = "replay"};
    scoped(replay_done) struct replay replay = {.colour = wants_colour(), .source = -1};
    struct log log = log_make(STDERR_FILENO, LOG_ERROR, NULL);
    struct err err = {0};
    int code = EXIT_FINE;

    replay.arena = arena_new(LINE_BLOCK);
    replay.line = arena_new(LINE_BLOCK);
    settings_default(&replay.settings, replay.arena);
    replay.settings.priority = PRIORITY_DEBUG;
    replay.settings.append_output = &suggested;
    replay.settings.append_output_count = 1;
    int rc = read_options(&replay, argc, argv);
    if (rc != 0)
        return rc - 1;
    replay.place = (struct finding_place){.hostname = replay.settings.node,
                                          .node = "",
                                          .cluster = replay.settings.cluster,
                                          .link = replay.settings.link};
    rc = rules_open(&replay.settings, &log, &replay.rules, &err);
    if (rc < 0)
        return fail(&err, rc);
    for (int i = optind; i < argc && !replay.failed; i++) {
        rc = replay_file(&replay, argv[i], &err);
        if (rc < 0)
            code = fail(&err, rc);
    }
    return replay.failed ? EXIT_ERRORS : code;
}
