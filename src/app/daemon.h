/* app/daemon.h - what the daemons' commands share: settings in, an exit code out. Main thread. */
#pragma once

#include "app/settings.h"
#include "base/err.h"

/* Run `body` with the settings of the command line and print what went wrong, as
 * "tiercel NAME: words". Returns the exit code; `body` returns 0 or a negative errno. */
int daemon_command(int argc, char **argv,
                   int (*body)(const struct settings *settings, const struct log *log,
                               struct arena *arena, struct err *err));

int daemon_exit_code(int rc); /* of 0 or a negative errno */
