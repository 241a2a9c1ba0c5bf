/* app/cmd_check.h - `tiercel check PATH...`: what is wrong with rule files. */
#pragma once

/* argv[0] is "check". Returns the exit code: 0 fine, 1 errors (guardrail findings with --strict),
 * 2 usage. */
int cmd_check(int argc, char **argv);
