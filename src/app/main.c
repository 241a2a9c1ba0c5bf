/* app/main.c - the command line: one row a subcommand. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/cmd_check.h"
#include "app/cmd_test.h"
#include "app/commands.h"
#include "app/exit_code.h"
#include "base/attr.h"
#include "base/sv.h"

#ifndef TIERCEL_VERSION
#error "the build sets TIERCEL_VERSION"
#endif

static const struct command {
    const char *name, *args, *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", "[-c FILE] [-r RULES]... [--cgroup DIR] [--json]",
     "watch this machine: sensor and hub under one supervisor", cmd_run},
    {"sensor", "[-c FILE] [-r RULES]...", "the sensor alone: a node of a cluster", cmd_sensor},
    {"hub", "[-c FILE]", "the hub alone: takes findings, stores and shows them", cmd_hub},
    {"check", "PATH... [--json] [--strict] [--explain-plan RULE]",
     "check rule files; guardrail findings too", cmd_check},
    {"test", "PATH... [-r RULES]... [--json]", "rule tests: events in, findings expected",
     cmd_test},
    {"record", "-o FILE.scap [--cgroup DIR] [--condition C] [--seconds N] [--ring SIZE]",
     "what happens here as a capture for sysdig, Stratoshark, Falco and replay", cmd_record},
    {"replay", "FILE.scap... [-r RULES]... [--json] [--rule-matching first|all]",
     "captures through the rules: what they find, in order", cmd_replay},
    {"dump", "FILE.scap [--fields F,...] [--json|--csv] [-p FORMAT] [CONDITION]",
     "the events of a capture", cmd_dump},
    {"query", "[CONDITION] [--since T] [--source NAME] [--by FIELD] [--count] [--json]",
     "search the audit records and cloud trails that a hub has stored", cmd_query},
    {"stats", "[rules] [--json] [-c FILE]",
     "what the running sensor has counted; what its rules cost", cmd_stats},
    {"reload", "[--json] [-c FILE]", "have the running sensor read its rules again", cmd_reload},
    {"fields", "[--source SOURCE] [--json]", "every field a condition may name", cmd_fields},
};

static void usage(FILE *to)
{
    (void)fprintf(to, "usage: tiercel COMMAND [argument...]\n\n");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        (void)fprintf(to, "  %-7s %s\n          %s\n", commands[i].name, commands[i].summary,
                      commands[i].args);
    (void)fprintf(
        to, "\n'tiercel COMMAND --help' tells more; 'tiercel --version' says which this is.\n");
}

static int unknown(const char *name)
{
    struct sv names[ARRAY_LEN(commands)];

    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        names[i] = sv(commands[i].name);
    long near = sv_nearest(sv(name), (struct sv_list){names, ARRAY_LEN(commands)});
    (void)fprintf(stderr, "tiercel: no command '%s'%s%s%s\n", name,
                  near < 0 ? "" : "; did you mean '", near < 0 ? "" : commands[near].name,
                  near < 0 ? "" : "'?");
    return EXIT_USAGE;
}

/* Started with a standard stream closed: without this, the first file opened takes its number, and
 * what is meant for the stream is written into that file. */
static int fill_standard_streams(void)
{
    int fd = 0;

    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDWR); /* stays open in every child: no O_CLOEXEC */
    return fd < 0 ? -1 : close(fd);
}

int main(int argc, char **argv)
{
    if (fill_standard_streams() != 0)
        return EXIT_ENVIRONMENT;
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return EXIT_FINE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("tiercel %s\n", TIERCEL_VERSION);
        return EXIT_FINE;
    }
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    return unknown(argv[1]);
}
