#include "app/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "app/exit_code.h"
#include "base/arena.h"

int daemon_exit_code(int rc)
{
    switch (rc) {
    case 0:
        return EXIT_FINE;
    case -EPERM:
    case -EACCES:
    case -ENOSYS:
        return EXIT_ENVIRONMENT;
    default:
        return EXIT_ERRORS;
    }
}

int daemon_command(int argc, char **argv,
                   int (*body)(const struct settings *settings, const struct log *log,
                               struct arena *arena, struct err *err))
{
    scoped(arena_free) struct arena *arena = arena_new(16384);
    struct settings settings;
    struct err err = {0};

    int rc = settings_from_args(&settings, argv[0], argc, argv, arena, &err);
    if (rc == SETTINGS_HELP)
        return EXIT_FINE;
    if (rc == 0) {
        struct log log = log_make(STDERR_FILENO, settings.log_level, argv[0]);
        rc = body(&settings, &log, arena, &err);
    }
    if (rc != 0 && err.code != 0)
        (void)fprintf(stderr, "tiercel %s: %s\n", argv[0], err_text(&err, rc));
    if (rc > 0)
        return rc == SETTINGS_USAGE ? EXIT_USAGE : rc;
    return daemon_exit_code(rc);
}
