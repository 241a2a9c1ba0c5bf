/* app/rules_loader.h - rules_open() on a thread of its own, so that events go on meanwhile.
 *
 * One thread starts and finishes a loader; the settings, the log and `told` are the loader's until
 * then. */
#pragma once

#include "base/attr.h"

struct buf;
struct err;
struct log;
struct rules;
struct rules_loader;
struct settings;

/* `told` as in rules_open_telling(). Errors: -EMFILE, -EAGAIN (no descriptor, no thread). */
must_check int rules_loader_start(const struct settings *settings, const struct log *log,
                                  struct buf *told, struct rules_loader **out, struct err *err);

int rules_loader_fd(const struct rules_loader *loader); /* for poll(2): readable when it is done */

/* Wait for it, and free it: what rules_open_telling() returned. */
must_check int rules_loader_finish(struct rules_loader *loader, struct rules **out,
                                   struct err *err);
