/* tests/bench/load.h - the mixed load that is recorded: a compiler, archives and searches, shells,
 * package tools, and a web server on the loopback with who asks it, each in a loop.
 *
 * It runs inside the scene's cgroup and ends with the program that started it. One thread; a
 * failure prints why and ends the program. */
#pragma once

#include <sys/types.h>

struct scene;

#define LOAD_COUNT 5

void load_start(const struct scene *scene, pid_t pid[LOAD_COUNT]);
/* Ends everything that is in the cgroup. */
void load_stop(const struct scene *scene, const pid_t pid[LOAD_COUNT]);
