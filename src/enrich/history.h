/* enrich/history.h - what a recorded machine was like at each of its events.
 *
 * Starts from the state that the recording begins with, and follows the events as Falco's library
 * does, so that rules see in a recording what Falco lets them see: processes, descriptors,
 * directories, users, containers. Nothing of the machine it runs on is looked at. One thread. */
#pragma once

#include "base/attr.h"
#include "event/recorded.h"

struct history;

struct history *history_new(void);
void history_free(struct history *history);
DEFINE_SCOPED(struct history *, history_free)

/* A recording begins: forget all. */
void history_begin(struct history *history);
/* What it says of its beginning, before the first event. */
void history_machine(struct history *history, const struct recorded_machine *machine);
void history_interface(struct history *history, const struct recorded_interface *interface);
void history_thread(struct history *history, const struct recorded_thread *recorded);
void history_descriptor(struct history *history, const struct recorded_descriptor *recorded);
void history_user(struct history *history, const struct recorded_user *user);

/* Take in an event and fill what it lacks: process, descriptor, paths, names. `args` are those of
 * decode/scap.h. false: the event only completes the state at the beginning and is not for the
 * rules. Valid until history_settle(), which is called after each event. */
bool history_apply(struct history *history, struct event *event, const struct recorded_args *args);
void history_settle(struct history *history);

struct history_counts {
    uint64_t threads, containers; /* held now */
    uint64_t threads_dropped;     /* the table was full */
    uint64_t unknown_thread;      /* events of threads that nothing told of before */
};
struct history_counts history_counts(const struct history *history);
struct sv history_hostname(const struct history *history);
