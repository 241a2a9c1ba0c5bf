/* tests/unit/capture/watch.h - the sensor as rules see it: its records decoded, with the processes
 * they belong to, as values of fields.
 *
 * Fields are read while their event lasts and kept as JSON. One thread. */
#pragma once

#include <stdint.h>

#include "tests/unit/capture/sensor.h"

struct arena;
struct tables;
struct watched_event;

struct watch {
    struct sensor sensor;
    struct tables *tables;
    struct arena *scratch;
    char helper[PATH_MAX];     /* from the root */
    const char *const *fields; /* ended by NULL */
    struct watched_event *events;
    size_t count, size;
    uint64_t num;
};

/* As sensor_begin(). `fields` are those that watch_field() gives; NULL-ended, borrowed. A ring of
 * `ring_bytes`, 0: the usual. */
void watch_begin(struct watch *watch, const char *helper, const char *const *fields,
                 uint32_t ring_bytes);
void watch_end(struct watch *watch);
void watch_clear(struct watch *watch); /* the events; processes are remembered */

/* Take in who runs in the cgroup now. */
void watch_snapshot(struct watch *watch);

/* Collect what has happened. */
void watch_drain(struct watch *watch);
/* sensor_run() and then watch_drain(). */
pid_t watch_run(struct watch *watch, sensor_body_fn body, void *ctx);

/* A field, as JSON, of the nth (from 0) event of type `type` for which `part` is in the text of
 * fd.name, proc.cmdline or fs.path.name (NULL: of any). NULL when there is no such event. */
const char *watch_field(const struct watch *watch, const char *type, const char *part, size_t nth,
                        const char *field);
