/* app/signals.h - SIGINT, SIGTERM and SIGHUP as a descriptor for poll(2). Main thread. */
#pragma once

#include "base/attr.h"

struct err;

/* Block the signals that stop or reload a daemon and get them from a descriptor instead; the
 * caller closes it. A signal that is ignored on entry stays ignored,
 * except SIGCHLD. */
must_check int signals_open(int *fd, struct err *err);
/* The same, and one more signal. */
must_check int signals_open_with(int more, int *fd, struct err *err);
int signals_read(int fd); /* the number of a signal that waits, 0 for none */
