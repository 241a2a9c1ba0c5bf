/* app/replay_log.h - a file of audit records or cloud trails through the rules of their source.
 * One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "decode/signals.h"
#include "match/engine.h"

struct err;
struct ruleset;

struct replay_log_options {
    const struct ruleset *rules;
    enum engine_matching matching;
    enum rule_priority priority_max;
    bool quirks;
    int source; /* enum event_source; -1: what the first document of the file looks like */
    engine_match_fn on_match;
    void *ctx;
    void (*on_part)(void *ctx, uint64_t done_bytes); /* now and then, for progress; or NULL */
};

/* Is it a log rather than a capture: does it begin, zipped or not, as JSON does? */
bool replay_log_is_one(const char *path);

/* A document that is no JSON is told in `bad` and passed over: the first one's words are in `err`,
 * and the result is -EINVAL when all is done. Other errors end it: those of documents.h; -ENOENT
 * (no source knows the records). */
must_check int replay_log(const char *path, const struct replay_log_options *options,
                          struct signals_counts *counts, uint64_t *bad, struct err *err);
