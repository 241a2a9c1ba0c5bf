/* enrich/tell.h - the tables as the changes that would make them again: for a capture's beginning.
 * One thread. */
#pragma once

#include "event/change.h"

struct processes;

/* Called for one change; its views point into the tables. */
typedef void (*tell_change_fn)(void *ctx, const struct change *change);

/* First the cgroups, then the processes, parents before children (CHANGE_TASK, with their
 * programs), then those that have ended and are remembered (CHANGE_EXIT). */
void tell_processes(const struct processes *processes, tell_change_fn fn, void *ctx);

/* The processes that were read from /proc since the last call, likewise. */
void tell_new_processes(struct processes *processes, tell_change_fn fn, void *ctx);
