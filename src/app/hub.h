/* app/hub.h - the hub's server: takes findings over the UNIX socket and what is posted to it, makes
 * it durable, shows findings.
 *
 * One thread. A turn reads what has come from all sensors and posts, commits it once, and only then
 * acknowledges and shows. What is shown is a cursor over the store: after a crash the end of the
 * last batch is shown again rather than left out. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/histogram.h"
#include "base/attr.h"

struct err;
struct hub;
struct intake;
struct log;
struct store;

#define HUB_CLIENTS_MAX 1024

struct hub_options {
    int listen_fd; /* bound and listening; the hub closes it */
    int stop_fd;   /* readable when a signal waits */
    int out_fd;    /* findings are shown here */
    bool json;     /* JSON lines; otherwise lines for people */
    bool colour;
    struct store *store;
    struct intake *intake; /* or NULL: nothing can be posted */
    const struct log *log;
};

struct hub_counts {
    uint64_t stored, duplicates, refused, shown;
    struct histogram latency_us; /* from the event to the commit */
};

enum hub_outcome {
    HUB_NO_READER = 1, /* nobody reads out_fd any more */
};

/* Positions the cursor: errors of the store. */
must_check int hub_new(const struct hub_options *options, struct hub **out, struct err *err);
void hub_free(struct hub *hub);
DEFINE_SCOPED(struct hub *, hub_free)

/* Wait for something and deal with it. 0, HUB_NO_READER, or an error that ends the hub. */
must_check int hub_turn(struct hub *hub, int timeout_ms, struct err *err);

/* Take what has come already and leave the cursor where it is true. */
must_check int hub_finish(struct hub *hub, struct err *err);

const struct hub_counts *hub_counts(const struct hub *hub);
