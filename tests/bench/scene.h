/* tests/bench/scene.h - a cgroup of our own, and `tiercel run` watching it.
 *
 * Everything made here is removed by scene_done(), and every process started is ended by its pid.
 * One thread; a failure prints why and ends the program (exit 77 where the machine lacks BPF). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct scene {
    char cgroup[512]; /* its directory */
    char dir[64];     /* scratch: state, socket, extra rules, logs */
    const char *tiercel, *rules;
    const char *more_rules[4]; /* read after `rules`, ended by NULL */
    const char *extra_rules;   /* text of one more rule file, or NULL */
    pid_t pid;                 /* of the supervisor, 0 while none runs */
};

void scene_init(struct scene *scene, const char *tiercel, const char *rules);
void scene_done(struct scene *scene);

void scene_enter(const struct scene *scene, pid_t pid); /* put a process into the cgroup */
void scene_start(struct scene *scene);                  /* returns once it watches */
void scene_stop(struct scene *scene);

/* Resident memory of a role ("sensor", "hub") in KiB. */
uint64_t scene_rss_kib(const struct scene *scene, const char *role);
/* Processor time that it has taken so far. */
uint64_t scene_cpu_ns(const struct scene *scene, const char *role);
/* Text of the daemons' log so far; free() it. */
char *scene_log(const struct scene *scene);
