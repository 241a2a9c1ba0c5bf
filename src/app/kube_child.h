/* app/kube_child.h - the process that watches the cluster's pods for the sensor.
 *
 * It is forked before the sensor opens anything, and has nothing but its end of a socket pair:
 * another user, no capabilities, its own system call filter, which, unlike the sensor's, has the
 * network. It ends with the sensor; when it crashes it is started again by a guard between the two.
 */
#pragma once

#include <sys/types.h>

#include "base/attr.h"

struct err;
struct log;
struct settings;

/* *fd gets the sensor's end, which does not block, and is the caller's; *pid the guard. -1 and 0
 * when the settings name no server and this is no pod of a cluster. Errors: -errno of fork and the
 * like. */
must_check int kube_child_start(const struct settings *settings, const struct log *log, int *fd,
                                pid_t *pid, struct err *err);
