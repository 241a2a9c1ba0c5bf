/* app/settings.h - what the daemons were told: defaults, then the file, then the command line.
 *
 * Every setting is one row of a table in settings.c: its key in tiercel.yaml, its type, its default
 * and its meaning; docs/reference/settings.md is printed from it. Texts live in the arena given. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/log.h"
#include "lang/falco/output_append.h"
#include "lang/falco/ruleset.h"
#include "match/engine.h"

struct arena;
struct buf;
struct err;

#define SETTINGS_FILE "/etc/tiercel/tiercel.yaml"
#define SETTINGS_FILE_MAX ((size_t)1 << 20)
#define SETTINGS_LIST_MAX 64     /* items of one list */
#define SETTINGS_APPENDS_MAX 256 /* entries of append_output */

#define LISTEN_DEFAULT "127.0.0.1:2801" /* falcosidekick's port */
#define LISTEN_NONE "none"

enum settings_format {
    FORMAT_AUTO, /* lines on a terminal, JSON elsewhere */
    FORMAT_TEXT,
    FORMAT_JSON,
};

struct settings {
    const char *file; /* that was read, NULL: none */
    const char *node, *cluster, *link;
    /* Lists end in NULL. */
    const char *rules[SETTINGS_LIST_MAX + 1]; /* none: the shipped ones */
    const char *disable_rules[SETTINGS_LIST_MAX + 1], *disable_tags[SETTINGS_LIST_MAX + 1];
    const char *enable_rules[SETTINGS_LIST_MAX + 1], *enable_tags[SETTINGS_LIST_MAX + 1];
    const struct output_append *append_output;
    uint32_t append_output_count;
    const char *state;   /* directory for the store and the spool */
    const char *socket;  /* where hub and sensor meet */
    const char *control; /* where the sensor is asked; "": beside the former, "none": nowhere */
    const char *cgroup;  /* watch this cgroup v2 subtree only; NULL: the whole machine */
    const char *host_root;
    const char *kube_server, *kube_token_file, *kube_ca_file;
    const char *cri_sockets[SETTINGS_LIST_MAX + 1]; /* none: the usual places; "none": not asked */
    const char *hub_user;
    const char *listen; /* where the hub takes posts; NULL: LISTEN_DEFAULT if it is free */
    const char *token_file, *tls_certificate, *tls_key, *tls_client_ca; /* paths, NULL: none */
    bool falco_quirks;
    const char *captures; /* directory for captures around findings; "": below the state */
    uint64_t capture_ring_mib, capture_duration_ms, capture_files;
    uint64_t evidence_days; /* 0: evidence is kept for ever */
    uint64_t ring_mib, spool_mib;
    uint64_t workers; /* threads that match */
    bool environment;
    enum engine_matching matching;
    enum rule_priority priority;
    enum settings_format format;
    enum log_level log_level;
};

void settings_default(struct settings *settings, struct arena *arena);

/* Read a file over what is set. Errors: -ENOENT, -EINVAL (place and suggestion in the words). */
must_check int settings_read(struct settings *settings, const char *path, struct arena *arena,
                             struct err *err);

enum settings_outcome {
    SETTINGS_HELP = 1, /* --help was printed */
    SETTINGS_USAGE,    /* the command line is wrong; the words say how */
};

/* Take the daemons' options from the command line: -c FILE, -r PATH, --cgroup DIR, ... Reads the
 * file first. Returns 0, a settings_outcome, or the errors of settings_read(). */
must_check int settings_from_args(struct settings *settings, const char *command, int argc,
                                  char **argv, struct arena *arena, struct err *err);

/* Paths below the state directory. */
struct sv settings_store_path(const struct settings *settings, struct arena *arena);
/* Empty: there shall be none. */
struct sv settings_control_path(const struct settings *settings, struct arena *arena);
struct sv settings_captures_path(const struct settings *settings, struct arena *arena);
struct sv settings_spool_path(const struct settings *settings, struct arena *arena);

/* The table as Markdown rows: docs/reference/settings.md. */
void settings_describe(struct buf *out);
