#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/exit_code.h"
#include "base/buf.h"
#include "base/file.h"
#include "event/event.h"
#include "event/field_list.h"

static int usage(FILE *to, int code)
{
    (void)fprintf(to, "usage: tiercel fields [--source SOURCE] [--json]\n\n"
                      "Lists every field: name, argument, type, meaning, sources.\n");
    return code;
}

int cmd_fields(int argc, char **argv)
{
    static const struct option option[] = {{"source", required_argument, NULL, 's'},
                                           {"json", no_argument, NULL, 'j'},
                                           {"help", no_argument, NULL, 'h'},
                                           {0}};
    scoped(buf_done) struct buf out = {0};
    int source = -1;
    bool json = false;
    int letter = 0;

    while ((letter = getopt_long(argc, argv, "", option, NULL)) != -1) {
        if (letter == 'h')
            return usage(stdout, EXIT_FINE);
        if (letter == '?')
            return usage(stderr, EXIT_USAGE);
        if (letter == 'j')
            json = true;
        if (letter == 's') {
            source = event_source_from(sv(optarg));
            if (source < 0) {
                (void)fprintf(stderr, "tiercel fields: no source '%s'\n", optarg);
                return EXIT_USAGE;
            }
        }
    }
    if (optind < argc)
        return usage(stderr, EXIT_USAGE);
    field_list_print(&out, source, json);
    return file_write_all(STDOUT_FILENO, buf_view(&out), NULL) < 0 ? EXIT_ERRORS : EXIT_FINE;
}
