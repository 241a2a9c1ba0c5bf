/* app/cmd_record.c - `tiercel record`: the sensor's events as a capture file. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/capture_ring.h"
#include "app/capture_start.h"
#include "app/commands.h"
#include "app/daemon.h"
#include "app/exit_code.h"
#include "app/filter.h"
#include "app/recorder.h"
#include "app/settings.h"
#include "app/signals.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "capture/kernel_ring.h"
#include "capture/scap_writer.h"
#include "decode/wire.h"
#include "enrich/tables.h"
#include "match/finding.h"

enum {
    TURN_MS = 200,
    CONSUME_MAX = 4096,
    SCRATCH_BLOCK = 1 << 17,
    START_MAX = 1 << 30, /* bytes before the events */
    SECONDS_MAX = 366 * 24 * 3600,
};

#define RING_MAX (64ULL << 30) /* bytes */

struct options {
    const char *settings_file, *output, *condition;
    uint64_t seconds, ring_bytes, limit_bytes;
    bool gzip;
};

struct record {
    const struct options *options;
    const struct settings *settings;
    struct log log;
    struct filter *filter; /* NULL: everything */
    struct kernel_ring *ring;
    struct tables *tables;
    struct recorder *recorder;
    struct scap_writer *writer;  /* one of the two */
    struct capture_ring *memory; /* with --ring */
    uint32_t saved;              /* files written from it */
    struct finding_place place;
    struct wire_decoder decoder;
    struct arena *scratch;
    struct event event;
    struct change change;
    bool full;
    int failed; /* of the writer */
    struct err err;
    uint64_t shown_ns; /* when the line on the terminal was last written */
    int signal_fd;
};

static void scoped_record_done(struct record *record)
{
    recorder_free(record->recorder);
    kernel_ring_close(record->ring);
    scap_writer_close(record->writer);
    capture_ring_free(record->memory);
    tables_free(record->tables);
    filter_free(record->filter);
    arena_free(record->scratch);
    if (record->signal_fd >= 0)
        (void)close(record->signal_fd);
}

/* --------------------------------------------------------------------------------------- events */

static void put_blocks(void *ctx, struct sv blocks)
{
    struct record *record = ctx;

    if (record->memory != NULL) {
        capture_ring_put(record->memory, blocks);
        return;
    }
    if (record->full || record->failed != 0)
        return;
    int rc = scap_writer_append(record->writer, blocks, NULL, &record->err);
    record->full = rc == SCAP_FULL;
    record->failed = rc < 0 ? rc : 0;
}

/* Decode and take in; the record's event when it made one. */
static const struct event *take_in(struct record *record, const struct wire_header *hdr)
{
    enum wire_outcome outcome =
        wire_decode(&record->decoder, hdr, record->scratch, &record->event, &record->change);

    if (record->change.kind != CHANGE_NONE)
        tables_apply(record->tables, &record->change);
    if (outcome != WIRE_EVENT)
        return NULL;
    record->event.process = tables_find(record->tables, hdr->pid, hdr->start_ns);
    return &record->event;
}

/* What changes processes is kept whatever the condition says: later events need it. */
static bool wanted(const struct record *record, const struct event *event)
{
    return event == NULL || record->filter == NULL || record->change.kind != CHANGE_NONE ||
           filter_holds(record->filter, event);
}

static void on_record(void *ctx, const struct wire_header *hdr)
{
    struct record *record = ctx;
    const struct event *event = take_in(record, hdr);

    if (wanted(record, event))
        recorder_take(record->recorder, hdr, event);
    tables_settle(record->tables);
    arena_reset(record->scratch);
}

/* What was there before the first event is in the file's beginning. */
static void on_task(void *ctx, const struct wire_header *hdr)
{
    struct record *record = ctx;

    (void)take_in(record, hdr);
    tables_settle(record->tables);
    arena_reset(record->scratch);
}

/* --------------------------------------------------------------------------------- from memory */

/* FILE.scap, then FILE-2.scap and so on. */
static struct sv next_path(const struct record *record, struct arena *arena)
{
    static const char *const ends[] = {".scap.gz", ".scap", ".gz"};
    struct sv path = sv(record->options->output);
    struct sv end = {"", 0};

    if (record->saved == 0)
        return arena_sv(arena, path);
    for (size_t i = 0; i < ARRAY_LEN(ends) && end.len == 0; i++) {
        if (sv_ends(path, sv(ends[i])))
            end = sv(ends[i]);
    }
    path.len -= end.len;
    return arena_printf(arena, "%.*s-%u%.*s", SV_ARG(path), record->saved + 1, SV_ARG(end));
}

static int save(struct record *record, struct err *err)
{
    struct capture_ring_counts counts;

    recorder_flush(record->recorder);
    counts = capture_ring_counts(record->memory);
    struct sv path = next_path(record, record->scratch);
    int rc = capture_ring_save(record->memory, path.ptr, record->options->gzip, err);

    if (rc == 0) {
        (void)fprintf(stderr, "tiercel record: %s: the last %llu bytes of events\n", path.ptr,
                      (unsigned long long)counts.held_bytes);
        record->saved++;
    }
    arena_reset(record->scratch);
    return rc;
}

/* --------------------------------------------------------------------------------------- begin */

static int open_ring(struct record *record, struct err *err)
{
    const struct kernel_ring_options options = {
        .cgroup = record->settings->cgroup,
        .ring_bytes = (uint32_t)(record->settings->ring_mib << 20),
        .environment = record->settings->environment,
        .skip_pid = {(uint32_t)getpid()},
        .calls = wire_calls_all(),
    };

    return kernel_ring_open(&options, &record->ring, err);
}

static int take_snapshot(struct record *record, struct err *err)
{
    int rc = kernel_ring_snapshot(record->ring, on_task, record, err);

    return rc == -ENOSYS ? tables_scan_proc(record->tables, err) : rc;
}

static void nothing(void *ctx, const struct change *change)
{
    (void)ctx;
    (void)change;
}

static int write_start(struct record *record, struct err *err)
{
    const struct capture_start start = {.tables = record->tables,
                                        .place = &record->place,
                                        .host_root = record->settings->host_root};
    scoped(buf_done) struct buf blocks = {0};

    buf_init(&blocks, START_MAX);
    capture_start_put(&start, &blocks);
    tables_tell_new(record->tables, nothing, NULL); /* all were told */
    if (blocks.error != 0)
        return err_set(err, blocks.error, "the list of processes is too long");
    int rc = scap_writer_append(record->writer, buf_view(&blocks), NULL, err);
    if (rc == SCAP_FULL)
        return err_set(err, -ENOSPC, "the limit is too small for the list of processes: %zu bytes",
                       blocks.len);
    return rc;
}

static void look_at_clock(struct record *record)
{
    record->decoder.boot_offset_ns = clock_boot_offset_ns();
    record->place.boot_offset_ns = record->decoder.boot_offset_ns;
}

/* A name that cannot be had is told of at once, also when it is needed only at the end. */
static int open_output(struct record *record, struct err *err)
{
    const struct options *options = record->options;
    const struct scap_writer_options writer = {.limit_bytes = options->limit_bytes,
                                               .gzip = options->gzip};
    int rc = scap_writer_open(options->output, &writer, &record->writer, err);

    if (rc < 0 || options->ring_bytes == 0)
        return rc;
    scap_writer_close(record->writer);
    record->writer = NULL;
    (void)unlink(options->output);
    return 0;
}

static int begin(struct record *record, struct err *err)
{
    const struct options *options = record->options;
    const struct settings *settings = record->settings;
    const struct tables_options tables = {
        .proc_root = "/proc", .host_root = settings->host_root, .log = &record->log};
    int rc = 0;

    if (options->condition != NULL)
        rc = filter_new(sv(options->condition), &record->filter, err);
    if (rc == 0)
        rc = open_ring(record, err);
    if (rc == 0)
        rc = open_output(record, err);
    if (rc < 0)
        return rc;
    record->scratch = arena_new(SCRATCH_BLOCK);
    record->place = (struct finding_place){.hostname = settings->node,
                                           .node = settings->node,
                                           .cluster = settings->cluster,
                                           .link = settings->link};
    record->tables = tables_new(&tables);
    record->recorder = recorder_new(&(struct recorder_parts){
        .tables = record->tables, .place = &record->place, .put = put_blocks, .ctx = record});
    look_at_clock(record);
    rc = take_snapshot(record, err);
    if (rc == 0 && options->ring_bytes == 0)
        rc = write_start(record, err);
    else if (rc == 0)
        record->memory = capture_ring_new(options->ring_bytes, record->tables, &record->place,
                                          settings->host_root);
    if (rc < 0 && record->writer != NULL)
        (void)unlink(options->output); /* nothing is in it yet */
    return rc;
}

/* ---------------------------------------------------------------------------------------- loop */

/* A line that is written over, on a terminal. */
static void show(struct record *record, bool last)
{
    struct recorder_counts counts = recorder_counts(record->recorder);

    if (isatty(STDERR_FILENO) == 0)
        return;
    uint64_t bytes = record->memory != NULL ? capture_ring_counts(record->memory).held_bytes
                                            : scap_writer_bytes(record->writer);
    (void)fprintf(stderr, "\r%llu events, %llu KiB%s", (unsigned long long)counts.events,
                  (unsigned long long)(bytes >> 10), last ? "\n" : "  ");
}

/* Once a second: what was recorded so far survives the end of this process. */
static int tick(struct record *record, struct err *err)
{
    uint64_t now = clock_mono_ns();

    if (now < record->shown_ns + CLOCK_NS)
        return 0;
    record->shown_ns = now;
    look_at_clock(record);
    show(record, false);
    recorder_flush(record->recorder);
    return record->memory != NULL ? 0 : scap_writer_flush(record->writer, err);
}

static int turn(struct record *record, int timeout_ms, struct err *err)
{
    struct pollfd wait[] = {
        {.fd = kernel_ring_fd(record->ring), .events = POLLIN},
        {.fd = record->signal_fd, .events = POLLIN},
    };

    if (poll(wait, ARRAY_LEN(wait), timeout_ms) < 0 && errno != EINTR)
        return err_set(err, -errno, "poll: %s", strerror(errno));
    int rc = kernel_ring_consume(record->ring, CONSUME_MAX, on_record, record, err);
    if (rc < 0)
        return rc;
    tables_turn(record->tables, clock_boot_ns());
    if (record->failed != 0) {
        *err = record->err;
        return record->failed;
    }
    return tick(record, err);
}

static int loop(struct record *record, struct err *err)
{
    uint64_t seconds = record->options->seconds;
    uint64_t end_ns = seconds == 0 ? UINT64_MAX : clock_mono_ns() + seconds * CLOCK_NS;

    for (;;) {
        uint64_t now = clock_mono_ns();
        uint64_t left_ms = now >= end_ns ? 0 : (end_ns - now) / 1000000 + 1;
        if (now >= end_ns || record->full)
            return 0;
        int rc = turn(record, left_ms < TURN_MS ? (int)left_ms : TURN_MS, err);
        if (rc < 0)
            return rc;
        int number = signals_read(record->signal_fd);
        if (number == SIGINT || number == SIGTERM || number == SIGHUP)
            return 0;
        if (number == SIGUSR1 && record->memory != NULL)
            rc = save(record, err);
        if (rc < 0)
            return rc;
    }
}

/* What waits in the ring still belongs to the recording. */
static int end(struct record *record, struct err *err)
{
    int rc = kernel_ring_set_calls(record->ring, &(struct wire_calls){{0}}, err);
    if (rc == 0)
        rc = kernel_ring_consume(record->ring, 0, on_record, record, err);
    recorder_flush(record->recorder);
    if (rc >= 0 && record->failed != 0) {
        *err = record->err;
        rc = record->failed;
    }
    if (rc < 0)
        return rc;
    return record->memory != NULL ? save(record, err) : scap_writer_finish(record->writer, err);
}

static void report(const struct record *record)
{
    struct recorder_counts counts = recorder_counts(record->recorder);
    struct kernel_ring_counts ring;
    uint64_t lost = 0;

    kernel_ring_counts(record->ring, &ring);
    for (int kind = 0; kind < WIRE_KIND_COUNT; kind++)
        lost += ring.lost[kind];
    if (record->writer != NULL)
        (void)fprintf(stderr, "tiercel record: %s: %llu events, %llu bytes%s\n",
                      record->options->output, (unsigned long long)counts.events,
                      (unsigned long long)scap_writer_bytes(record->writer),
                      record->full ? "; ended at its limit" : "");
    if (lost > 0)
        (void)fprintf(stderr,
                      "tiercel record: %llu events were dropped, the ring was full; a larger"
                      " sensor.ring_mib helps\n",
                      (unsigned long long)lost);
}

static int run(const struct options *options, const struct settings *settings, struct err *err)
{
    scoped(record_done) struct record record = {
        .options = options, .settings = settings, .signal_fd = -1};

    record.log = log_make(STDERR_FILENO, settings->log_level, "record");
    int rc = signals_open_with(SIGUSR1, &record.signal_fd, err);
    if (rc == 0)
        rc = begin(&record, err);
    if (rc < 0)
        return rc;
    rc = loop(&record, err);
    if (rc == 0)
        rc = end(&record, err);
    show(&record, true);
    report(&record);
    return rc;
}

/* ------------------------------------------------------------------------------------- command */

static int usage(FILE *to, int code)
{
    (void)fprintf(
        to,
        "usage: tiercel record -o FILE.scap [option...]\n\n"
        "Records system calls as a capture that sysdig, Stratoshark, Falco and 'tiercel replay'\n"
        "read, until Ctrl-C. An existing file is never overwritten.\n\n"
        "  -o, --output FILE   the capture; compressed when it ends in .gz\n"
        "  --gzip              compress it whatever its name\n"
        "  --cgroup DIR        watch only this cgroup v2 directory and those below it\n"
        "  --condition C       keep only events for which the condition holds; what changes\n"
        "                      processes is always kept\n"
        "  --seconds N         end after as many seconds\n"
        "  --limit SIZE        end before the file is larger\n"
        "  --ring SIZE         keep the last SIZE in memory; write it at the end, and on SIGUSR1\n"
        "  -c, --config FILE   settings (node, cluster, sensor.*); default " SETTINGS_FILE "\n\n"
        "SIZE is in bytes, or with K, M or G behind it.\n");
    return code;
}

static bool parse_size(const char *text, uint64_t *out)
{
    static const struct {
        char letter;
        unsigned shift;
    } units[] = {{'K', 10}, {'M', 20}, {'G', 30}};
    struct sv number = sv(text);
    unsigned shift = 0;

    for (size_t i = 0; i < ARRAY_LEN(units) && number.len > 0; i++) {
        if (number.ptr[number.len - 1] == units[i].letter) {
            shift = units[i].shift;
            number.len--;
            break;
        }
    }
    if (!sv_to_u64(number, out) || *out == 0 || *out > UINT64_MAX >> shift)
        return false;
    *out <<= shift;
    return true;
}

static int wrong(const char *option, const char *value)
{
    (void)fprintf(stderr, "tiercel record: %s does not take '%s'\n", option, value);
    return EXIT_USAGE;
}

enum letter {
    LETTER_CGROUP = 256,
    LETTER_CONDITION,
    LETTER_SECONDS,
    LETTER_LIMIT,
    LETTER_RING,
    LETTER_GZIP,
    LETTER_HELP,
};

/* 0, or the exit code to end with plus one. */
static int take_option(int letter, struct options *options, const char **cgroup)
{
    switch (letter) {
    case 'o':
        options->output = optarg;
        return 0;
    case 'c':
        options->settings_file = optarg;
        return 0;
    case LETTER_CGROUP:
        *cgroup = optarg;
        return 0;
    case LETTER_CONDITION:
        options->condition = optarg;
        return 0;
    case LETTER_GZIP:
        options->gzip = true;
        return 0;
    case LETTER_SECONDS:
        if (sv_to_u64(sv(optarg), &options->seconds) && options->seconds > 0 &&
            options->seconds <= SECONDS_MAX)
            return 0;
        return 1 + wrong("--seconds", optarg);
    case LETTER_LIMIT:
        return parse_size(optarg, &options->limit_bytes) ? 0 : 1 + wrong("--limit", optarg);
    case LETTER_RING:
        if (parse_size(optarg, &options->ring_bytes) && options->ring_bytes >= CAPTURE_RING_MIN &&
            options->ring_bytes <= RING_MAX)
            return 0;
        return 1 + wrong("--ring", optarg);
    case LETTER_HELP:
        return 1 + usage(stdout, EXIT_FINE);
    default:
        return 1 + usage(stderr, EXIT_USAGE);
    }
}

static int read_options(int argc, char **argv, struct options *options, const char **cgroup)
{
    static const struct option names[] = {{"output", required_argument, NULL, 'o'},
                                          {"config", required_argument, NULL, 'c'},
                                          {"cgroup", required_argument, NULL, LETTER_CGROUP},
                                          {"condition", required_argument, NULL, LETTER_CONDITION},
                                          {"seconds", required_argument, NULL, LETTER_SECONDS},
                                          {"limit", required_argument, NULL, LETTER_LIMIT},
                                          {"ring", required_argument, NULL, LETTER_RING},
                                          {"gzip", no_argument, NULL, LETTER_GZIP},
                                          {"help", no_argument, NULL, LETTER_HELP},
                                          {0}};
    int letter;

    while ((letter = getopt_long(argc, argv, "o:c:h", names, NULL)) != -1) {
        int rc = take_option(letter == 'h' ? LETTER_HELP : letter, options, cgroup);
        if (rc != 0)
            return rc;
    }
    if (optind < argc || options->output == NULL)
        return 1 + usage(stderr, EXIT_USAGE);
    if (options->ring_bytes != 0 && options->limit_bytes != 0) {
        (void)fprintf(stderr, "tiercel record: --ring and --limit exclude each other\n");
        return 1 + EXIT_USAGE;
    }
    options->gzip = options->gzip || sv_ends(sv(options->output), SV(".gz"));
    return 0;
}

int cmd_record(int argc, char **argv)
{
    scoped(arena_free) struct arena *arena = arena_new(16384);
    struct options options = {0};
    struct settings settings;
    const char *cgroup = NULL;
    struct err err = {0};
    int rc = read_options(argc, argv, &options, &cgroup);

    if (rc != 0)
        return rc - 1;
    settings_default(&settings, arena);
    if (options.settings_file != NULL)
        rc = settings_read(&settings, options.settings_file, arena, &err);
    else if (access(SETTINGS_FILE, R_OK) == 0)
        rc = settings_read(&settings, SETTINGS_FILE, arena, &err);
    if (cgroup != NULL)
        settings.cgroup = cgroup;
    if (rc == 0)
        rc = run(&options, &settings, &err);
    if (rc == 0)
        return EXIT_FINE;
    (void)fprintf(stderr, "tiercel record: %s\n", err_text(&err, rc));
    return daemon_exit_code(rc);
}
