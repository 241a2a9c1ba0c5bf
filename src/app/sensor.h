/* app/sensor.h - the sensor role's state, shared by its loop (cmd_sensor.c) and by what answers on
 * its control socket (sensor_control.c). Main thread. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "app/crew.h"
#include "app/loss.h"
#include "base/err.h"
#include "capture/kernel_ring.h"
#include "match/finding.h"

struct arena;
struct buf;
struct control;
struct log;
struct metadata;
struct pipeline;
struct rules;
struct settings;
struct spool;
struct tables;
struct uplink;

struct sensor {
    const struct settings *settings;
    const struct log *log;
    struct arena *arena;
    struct rules *rules;
    uint64_t stamp_seen, stamp_tried; /* of the rule files: at the last look, the last reload */
    uint64_t reloads, reloads_failed;
    uint64_t regex_limits;               /* hit under rules that were replaced since */
    struct err reload_failure;           /* of the last one that failed */
    uint64_t started_ns, rules_since_ns; /* wall */
    struct kernel_ring *ring;
    struct tables *tables[CREW_WORKERS_MAX];   /* one a worker */
    struct tables *told[CREW_WORKERS_MAX + 1]; /* the same, and those of the captures */
    struct metadata *metadata;
    struct spool *spool;
    struct uplink *uplink;
    struct pipeline *pipeline;
    struct captures *captures; /* NULL: no rule wants any */
    struct control *control;   /* NULL: none */
    struct finding_place place;
    struct kernel_features features;
    struct loss loss;
    int signal_fd;
    int pods_fd;    /* from the watcher of pods, until `metadata` has it; -1: none */
    pid_t kube_pid; /* its guard; 0: none */
};

/* Load the rules anew. Faulty ones change nothing: the old ones go on, and the failure is logged
 * and counted; their errors become a JSON array in *told unless that is NULL. */
must_check int sensor_reload(struct sensor *sensor, struct buf *told, struct err *err);

/* A control_fn; `ctx` is the sensor. Requests: "stats", "stats rules", "reload". */
void sensor_answer(void *ctx, struct sv request, struct buf *answer);
