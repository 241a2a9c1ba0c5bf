/* tests/bench/instructions.h - counts instructions under valgrind's callgrind: what does not move
 * with the load of the machine, so that two versions can be compared. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Run a program (argv[0] a path, ended by NULL) under callgrind, its output to nowhere; *out gets
 * the instructions inside of `function`, which must not be inlined, and of what it calls. False,
 * with a word on stderr, where there is no valgrind or the program fails. One thread. */
bool instructions_count(const char *const *argv, const char *function, uint64_t *out);
