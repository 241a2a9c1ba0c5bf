/* app/rules.h - the rules a daemon runs: the files it was told to load, or the usual ones; loaded,
 * selected, compiled, and made anew when the files change. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/crew.h"
#include "base/attr.h"
#include "base/sv.h"

struct arena;
struct buf;
struct engine;
struct err;
struct log;
struct ruleset;
struct settings;

/* One generation; replaced as a whole. */
struct rules {
    struct arena *arena;
    struct ruleset *set;
    /* Over `set`, for system calls: one a worker, all alike. */
    struct engine *engine[CREW_WORKERS_MAX];
    uint32_t workers;
    struct sv where; /* paths that were read, for people */
    uint64_t stamp;  /* rules_stamp() before they were read */
};

/* Load, select and compile. Warnings are logged, errors too (each with its place). Errors: -EINVAL
 * (faulty rules), or those of reading. */
must_check int rules_open(const struct settings *settings, const struct log *log,
                          struct rules **out, struct err *err);
/* The same; unless `told` is NULL, the errors of the files become a JSON array there, each entry as
 * diag_json() has it. */
must_check int rules_open_telling(const struct settings *settings, const struct log *log,
                                  struct buf *told, struct rules **out, struct err *err);
bool rules_capture(const struct rules *rules); /* does one that is on want captures? */
void rules_close(struct rules *rules);         /* NULL is fine */
DEFINE_SCOPED(struct rules *, rules_close)

/* The directories that the rules are read from, ended by NULL, in `arena`. */
const char *const *rules_directories(const struct settings *settings, struct arena *arena);
/* A number that changes when a file is added, removed or written. */
uint64_t rules_stamp(const struct settings *settings);
