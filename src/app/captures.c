#include "app/captures.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/capture_ring.h"
#include "app/recorder.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "decode/wire.h"
#include "enrich/tables.h"
#include "match/finding.h"

enum {
    SCRATCH_BLOCK = 1 << 17,
    PATH_BYTES = 4096,
    MS_NS = 1000000,
};

struct wanted {
    char id[FINDING_ID_LEN + 1];
    uint64_t due_ns; /* monotonic */
};

struct captures {
    struct captures_options options;
    struct tables *tables; /* own ones, or borrowed */
    bool own;
    struct recorder *recorder; /* NULL before captures_begin() */
    struct capture_ring *ring;
    struct wire_decoder decoder;
    struct arena *scratch;
    struct event event;
    struct change change;
    struct wanted wanted[CAPTURES_PENDING_MAX];
    uint32_t wanted_count;
    uint64_t files;
    struct captures_counts counts;
};

/* -ENOENT and the like: there is no such directory yet. */
static uint64_t count_files(const char *directory)
{
    DIR *dir = opendir(directory);
    uint64_t count = 0;

    if (dir == NULL)
        return 0;
    for (const struct dirent *item = readdir(dir); item != NULL; item = readdir(dir))
        count += item->d_name[0] != '.';
    (void)closedir(dir);
    return count;
}

int captures_new(const struct captures_options *options, struct captures **out, struct err *err)
{
    const struct tables_options tables = {
        .proc_root = "/proc", .host_root = options->host_root, .log = NULL};
    scoped(captures_free) struct captures *captures = NULL;
    int rc = file_make_dirs(options->directory, 0700, err);

    if (rc < 0)
        return err_wrap(err, rc, "captures");
    captures = xcalloc(1, sizeof(*captures));
    captures->options = *options;
    captures->files = count_files(options->directory);
    captures->decoder.num = options->events;
    captures->scratch = arena_new(SCRATCH_BLOCK);
    captures->own = options->tables == NULL;
    captures->tables = captures->own ? tables_new(&tables) : options->tables;
    *out = take(captures);
    return 0;
}

void captures_free(struct captures *captures)
{
    if (captures == NULL)
        return;
    recorder_free(captures->recorder);
    capture_ring_free(captures->ring);
    if (captures->own)
        tables_free(captures->tables);
    arena_free(captures->scratch);
    free(captures);
}

static void nothing(void *ctx, const struct change *change)
{
    (void)ctx;
    (void)change;
}

void captures_begin(struct captures *captures)
{
    tables_tell_new(captures->tables, nothing, NULL); /* all is told at the beginning */
    captures->ring = capture_ring_new(captures->options.ring_bytes, captures->tables,
                                      captures->options.place, captures->options.host_root);
    captures->recorder = recorder_new(&(struct recorder_parts){.tables = captures->tables,
                                                               .place = captures->options.place,
                                                               .put = capture_ring_put,
                                                               .ctx = captures->ring});
}

void captures_seen(void *ctx, const struct wire_header *record, const struct event *event)
{
    struct captures *captures = ctx;

    if (captures->recorder != NULL)
        recorder_take(captures->recorder, record, event);
}

void captures_record(void *ctx, const struct wire_header *record)
{
    struct captures *captures = ctx;
    const struct event *event = NULL;
    enum wire_outcome outcome;

    captures->decoder.boot_offset_ns = captures->options.place->boot_offset_ns;
    outcome = wire_decode(&captures->decoder, record, captures->scratch, &captures->event,
                          &captures->change);
    if (captures->change.kind != CHANGE_NONE)
        tables_apply(captures->tables, &captures->change);
    if (outcome == WIRE_EVENT) {
        event = &captures->event;
        captures->event.process = tables_find(captures->tables, record->pid, record->start_ns);
    }
    captures_seen(captures, record, event);
    tables_settle(captures->tables);
    arena_reset(captures->scratch);
}

static void refuse(struct captures *captures, struct sv id, const char *why)
{
    captures->counts.refused++;
    log_error(captures->options.log, "no capture is taken", log_sv("finding", id),
              log_str("why", why), log_u64("refused", captures->counts.refused));
}

void captures_want(struct captures *captures, struct sv id, uint32_t duration_ms)
{
    uint64_t ms = duration_ms == 0 ? captures->options.duration_ms : duration_ms;
    struct wanted *wanted;

    if (captures->wanted_count == CAPTURES_PENDING_MAX) {
        refuse(captures, id, "too many are awaited");
        return;
    }
    if (captures->files + captures->wanted_count >= captures->options.files_max) {
        refuse(captures, id, "capture.files_max is reached");
        return;
    }
    wanted = &captures->wanted[captures->wanted_count++];
    (void)snprintf(wanted->id, sizeof(wanted->id), "%.*s", SV_ARG(id));
    wanted->due_ns = clock_mono_ns() + ms * MS_NS;
}

static void make_path(const struct captures *captures, const struct wanted *wanted,
                      char path[PATH_BYTES])
{
    (void)snprintf(path, PATH_BYTES, "%s/%s.scap", captures->options.directory, wanted->id);
}

/* The same bytes under one more name, when something was written just now. */
static bool link_to(const char *first, const char *path)
{
    return first[0] != '\0' && link(first, path) == 0;
}

static bool write_one(struct captures *captures, const char *path)
{
    struct err err = {0};
    int rc = capture_ring_save(captures->ring, path, false, &err);

    if (rc >= 0)
        return true;
    log_error(captures->options.log, "a capture could not be written",
              log_str("why", err_text(&err, rc)));
    return false;
}

static void write_due(struct captures *captures, uint64_t now_ns)
{
    char first[PATH_BYTES] = "", path[PATH_BYTES];
    uint32_t left = 0;

    if (captures->ring == NULL)
        return;
    recorder_flush(captures->recorder);
    for (uint32_t i = 0; i < captures->wanted_count; i++) {
        const struct wanted *wanted = &captures->wanted[i];
        if (wanted->due_ns > now_ns) {
            captures->wanted[left++] = *wanted;
            continue;
        }
        make_path(captures, wanted, path);
        if (!link_to(first, path) && !write_one(captures, path)) {
            captures->counts.failed++;
            continue;
        }
        captures->files++;
        captures->counts.written++;
        memcpy(first, path, sizeof(first));
    }
    captures->wanted_count = left;
}

void captures_turn(struct captures *captures)
{
    if (captures->own)
        tables_turn(captures->tables, clock_boot_ns());
    if (captures->wanted_count > 0)
        write_due(captures, clock_mono_ns());
}

void captures_finish(struct captures *captures)
{
    write_due(captures, UINT64_MAX);
}

struct tables *captures_tables(const struct captures *captures)
{
    return captures->own ? captures->tables : NULL;
}

struct captures_counts captures_counts(const struct captures *captures)
{
    return captures->counts;
}
