/* app/exit_code.h - how the program ends, the same for every command. */
#pragma once

enum exit_code {
    EXIT_FINE = 0,
    EXIT_ERRORS = 1,      /* errors, failed checks */
    EXIT_USAGE = 2,       /* the command line was wrong */
    EXIT_ENVIRONMENT = 3, /* the machine cannot: no BPF, no permission */
};
