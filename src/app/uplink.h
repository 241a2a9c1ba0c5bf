/* app/uplink.h - the sensor's end of the link to the hub.
 *
 * Sends what the spool holds, reconnects by itself, and tells the spool what the hub has made
 * durable. Never blocks. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct log;
struct spool;
struct uplink;

#define UPLINK_IN_FLIGHT_MAX 4096 /* findings sent and not yet acknowledged */
#define UPLINK_RETRY_NS (100 * 1000000ULL)
#define UPLINK_PATIENCE_NS (2000 * 1000000ULL) /* a hub away for less is not worth a word */

/* All arguments are borrowed and outlive the uplink. */
struct uplink *uplink_new(const char *socket_path, const char *node, struct spool *spool,
                          const struct log *log);
void uplink_free(struct uplink *uplink);
DEFINE_SCOPED(struct uplink *, uplink_free)

int uplink_fd(const struct uplink *uplink); /* for poll(2); -1 while there is no connection */
short uplink_events(const struct uplink *uplink);

/* Do what can be done now: connect, read acknowledgements, send. Call after poll() and after
 * every append to the spool. */
void uplink_turn(struct uplink *uplink);
