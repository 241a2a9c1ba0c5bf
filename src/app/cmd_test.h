/* app/cmd_test.h - `tiercel test PATH...`: rule tests, events in and findings expected. */
#pragma once

/* argv[0] is "test". Returns the exit code: 0 all passed, 1 failures or faulty files, 2 usage.
 * Main thread. */
int cmd_test(int argc, char **argv);
