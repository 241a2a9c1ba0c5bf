/* app/cmd_sensor.c - the sensor role: kernel ring to spool to hub. It listens on no socket but the
 * one that root and its own user may ask it on. */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "app/captures.h"
#include "app/commands.h"
#include "app/control.h"
#include "app/daemon.h"
#include "app/kube_child.h"
#include "app/loss.h"
#include "app/metadata.h"
#include "app/pipeline.h"
#include "app/ready.h"
#include "app/rules.h"
#include "app/rules_loader.h"
#include "app/sandbox.h"
#include "app/sensor.h"
#include "app/settings.h"
#include "app/signals.h"
#include "app/spool.h"
#include "app/uplink.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "capture/kernel_gate.h"
#include "capture/kernel_ring.h"
#include "decode/wire.h"
#include "enrich/tables.h"
#include "lang/kernel/filter.h"
#include "match/engine.h"
#include "match/finding.h"
#include "match/rule_stats.h"

#define TURN_MS 1000 /* the loop looks around at least this often */
#define MS_NS 1000000ULL
#define TURN_AWAY_MS 100        /* ... while the hub is away */
#define DRAIN_NS (5 * CLOCK_NS) /* at the end, wait this long for the hub */
#define DRAIN_AWAY_NS                                                                              \
    (CLOCK_NS / 2)       /* ... this long when it is away: the spool keeps what waits              \
                          */
#define CONSUME_MAX 4096 /* records between two looks at the hub */

static void scoped_sensor_done(struct sensor *sensor)
{
    control_close(sensor->control);
    pipeline_free(sensor->pipeline);
    captures_free(sensor->captures);
    uplink_free(sensor->uplink);
    kernel_ring_close(sensor->ring);
    spool_close(sensor->spool);
    for (uint32_t i = 0; i < CREW_WORKERS_MAX; i++)
        tables_free(sensor->tables[i]);
    metadata_free(sensor->metadata);
    rules_close(sensor->rules);
    if (sensor->signal_fd >= 0)
        (void)close(sensor->signal_fd);
    if (sensor->pods_fd >= 0)
        (void)close(sensor->pods_fd);
}

/* --------------------------------------------------------------------------------------- start */

/* A rule for every type of event gets all but those that move data, of which there are too many to
 * be meant: rules that want them name them. */
static struct wire_calls calls_wanted(const struct engine *engine)
{
    struct event_set types;
    bool all = false;

    engine_types(engine, &types, &all);
    for (enum event_type type = 0; all && type < event_type_count(); type++) {
        enum event_io io = event_type_info(type)->io;
        if (io != EVENT_IO_READ && io != EVENT_IO_WRITE)
            event_set_add(&types, type);
    }
    return wire_calls_of(&types);
}

/* Without it the sensor works as well: everything is sent. So it is when captures are wanted, which
 * hold what no rule matches. */
static void set_filters(struct sensor *sensor)
{
    const struct engine *engine = sensor->rules->engine[0];
    struct kernel_gate *gate = kernel_ring_gate(sensor->ring);
    const struct filter_program *program[ENGINE_FILTERS_MAX];
    uint8_t of_call[WIRE_CALL_COUNT] = {0};
    struct err err = {0};

    if (sensor->captures != NULL)
        return;
    for (uint32_t i = 0; i < engine_filter_count(engine); i++)
        program[i] = &engine_filter(engine, i)->program;
    for (uint32_t call = 0; call < WIRE_CALL_COUNT; call++) {
        uint32_t index = engine_filter_of(engine, wire_call_type((enum wire_call)call));
        of_call[call] = index == ENGINE_NO_FILTER ? 0 : (uint8_t)(index + 1);
    }
    int rc = kernel_gate_set(gate, program, engine_filter_count(engine), of_call, &err);
    if (rc < 0)
        log_error(sensor->log, "no event is dropped in the kernel",
                  log_str("why", err_text(&err, rc)));
}

static int open_ring(struct sensor *sensor, struct err *err)
{
    struct kernel_ring_options options = {
        .cgroup = sensor->settings->cgroup,
        .ring_bytes = (uint32_t)(sensor->settings->ring_mib << 20),
        .environment = sensor->settings->environment,
        .skip_pid = {(uint32_t)getpid(), ready_parent()},
    };

    options.calls = calls_wanted(sensor->rules->engine[0]);
    int rc = kernel_ring_open(&options, &sensor->ring, err);
    if (rc == 0)
        kernel_features_probe(&sensor->features);
    return rc;
}

static void log_start(const struct sensor *sensor)
{
    const struct kernel_features *has = &sensor->features;
    char features[160];

    (void)snprintf(features, sizeof(features), "%s%s%s%s%s%s%s%s", has->btf ? "btf " : "",
                   has->ring_buffer ? "ring-buffer " : "", has->raw_tracepoints ? "raw-tp " : "",
                   has->btf_tracepoints ? "tp-btf " : "", has->task_iterator ? "task-iter " : "",
                   has->kprobes ? "kprobe " : "", has->fentry ? "fentry " : "",
                   has->lsm ? "lsm " : "");
    log_info(sensor->log, "watching",
             log_str("watch",
                     sensor->settings->cgroup == NULL ? "this machine" : sensor->settings->cgroup),
             log_u64("rules", engine_rule_count(sensor->rules->engine[0])),
             log_sv("from", sensor->rules->where), log_str("kernel", has->release),
             log_sv("features", sv_trim(sv(features))),
             log_str("spool", settings_spool_path(sensor->settings, sensor->arena).ptr));
}

static void on_record(void *ctx, const struct wire_header *record)
{
    struct sensor *sensor = ctx;

    if (sensor->captures != NULL && sensor->rules->workers > 1)
        captures_record(sensor->captures, record);
    pipeline_record(sensor->pipeline, record);
}

/* Captures are taken while a rule wants them. The sensor works without: its findings name a file
 * that is not there then. */
static void set_captures(struct sensor *sensor)
{
    const struct settings *settings = sensor->settings;
    bool alone = sensor->rules->workers == 1;
    struct captures_options options = {.directory = sensor->place.captures,
                                       .ring_bytes = settings->capture_ring_mib << 20,
                                       .duration_ms = settings->capture_duration_ms,
                                       .files_max = settings->capture_files,
                                       .host_root = settings->host_root,
                                       .place = &sensor->place,
                                       .tables = alone ? sensor->tables[0] : NULL,
                                       .log = sensor->log,
                                       .events = pipeline_counts(sensor->pipeline).events};
    struct err err = {0};

    if (sensor->captures != NULL || !rules_capture(sensor->rules))
        return;
    int rc = captures_new(&options, &sensor->captures, &err);
    if (rc == 0 && !alone)
        rc = kernel_ring_snapshot(sensor->ring, captures_record, sensor->captures, &err);
    if (rc < 0 && rc != -ENOSYS) { /* without an iterator, processes come from /proc as needed */
        log_error(sensor->log, "no captures are taken", log_str("why", err_text(&err, rc)));
        captures_free(sensor->captures);
        sensor->captures = NULL;
        return;
    }
    captures_begin(sensor->captures);
    if (!alone) {
        sensor->told[sensor->rules->workers] = captures_tables(sensor->captures);
        metadata_tables(sensor->metadata, sensor->told, sensor->rules->workers + 1);
    }
    pipeline_set_captures(sensor->pipeline, sensor->captures);
}

static int take_snapshot(struct sensor *sensor, struct err *err)
{
    int rc = kernel_ring_snapshot(sensor->ring, pipeline_record, sensor->pipeline, err);

    pipeline_flush(sensor->pipeline);
    if (rc != -ENOSYS)
        return rc;
    for (uint32_t i = 0; i < sensor->rules->workers; i++) {
        rc = tables_scan_proc(sensor->tables[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* The sensor works without: it is there for those who ask. */
static void open_control(struct sensor *sensor)
{
    struct sv path = settings_control_path(sensor->settings, sensor->arena);
    struct err err = {0};

    if (path.len == 0)
        return;
    int rc = control_open(path.ptr, "sensor", sensor_answer, sensor, &sensor->control, &err);
    if (rc < 0)
        log_warn(sensor->log, "nobody can ask this sensor anything",
                 log_str("why", err_text(&err, rc)));
}

static int sensor_start(struct sensor *sensor, struct err *err)
{
    const struct settings *settings = sensor->settings;
    struct tables_options tables = {
        .proc_root = "/proc", .host_root = settings->host_root, .log = sensor->log};

    int rc = rules_open(settings, sensor->log, &sensor->rules, err);
    if (rc < 0)
        return rc;
    sensor->stamp_seen = sensor->rules->stamp;
    sensor->started_ns = sensor->rules_since_ns = clock_wall_ns();
    rc = open_ring(sensor, err);
    if (rc == 0)
        rc = spool_open(settings_spool_path(settings, sensor->arena).ptr, settings->spool_mib << 20,
                        &sensor->spool, err);
    if (rc < 0)
        return rc;
    open_control(sensor);
    rc = sandbox_sensor(sensor->log, err);
    if (rc < 0)
        return rc;
    sensor->place =
        (struct finding_place){.hostname = settings->node,
                               .node = settings->node,
                               .cluster = settings->cluster,
                               .link = settings->link,
                               .captures = settings_captures_path(settings, sensor->arena).ptr};
    sensor->metadata = metadata_new(settings, sensor->pods_fd, sensor->log);
    sensor->pods_fd = -1;
    tables.cri = metadata_cri(sensor->metadata);
    for (uint32_t i = 0; i < sensor->rules->workers; i++) {
        sensor->tables[i] = tables_new(&tables);
        tables.cri = NULL; /* one asks, all are told */
    }
    memcpy(sensor->told, sensor->tables, sizeof(sensor->tables));
    metadata_tables(sensor->metadata, sensor->told, sensor->rules->workers);
    sensor->uplink = uplink_new(settings->socket, settings->node, sensor->spool, sensor->log);
    rc = pipeline_new(&(struct pipeline_parts){.workers = sensor->rules->workers,
                                               .tables = sensor->tables,
                                               .engine = sensor->rules->engine,
                                               .gate = kernel_ring_gate(sensor->ring),
                                               .spool = sensor->spool,
                                               .place = &sensor->place,
                                               .log = sensor->log},
                      &sensor->pipeline, err);
    if (rc < 0)
        return rc;
    rc = take_snapshot(sensor, err);
    if (rc < 0)
        return rc;
    set_captures(sensor);
    set_filters(sensor);
    (void)malloc_trim(0); /* the kernel's types and the rules' texts took much, and are done with */
    log_start(sensor);
    return 0;
}

/* ---------------------------------------------------------------------------------------- loop */

static uint64_t total(const uint64_t counts[WIRE_KIND_COUNT])
{
    uint64_t sum = 0;

    for (int kind = 0; kind < WIRE_KIND_COUNT; kind++)
        sum += counts[kind];
    return sum;
}

static void report_loss(struct sensor *sensor)
{
    struct loss_counts now = {.findings = pipeline_counts(sensor->pipeline).lost};
    struct tables_counts tables;
    struct finding_note note;

    kernel_ring_counts(sensor->ring, &now.ring);
    tables_counts(sensor->tables[0], &tables);
    now.processes = tables.forgotten;
    now.regex = sensor->regex_limits + rule_stats_regex_limits(sensor->rules->engine[0]);
    while (loss_next(&sensor->loss, &now, clock_mono_ns(), &note)) {
        log_warn(sensor->log, note.rule, log_u64("lost", note.field[0].value),
                 log_u64("since_start", note.field[note.field_count - 1].value),
                 log_u64("ring_mib", sensor->settings->ring_mib));
        pipeline_note(sensor->pipeline, &note);
    }
}

/* What waits in the ring, and what events leave time for. */
static int work(struct sensor *sensor, struct err *err)
{
    int rc = kernel_ring_consume(sensor->ring, CONSUME_MAX, on_record, sensor, err);

    pipeline_turn(sensor->pipeline, clock_boot_ns());
    metadata_turn(sensor->metadata, clock_boot_ns());
    if (sensor->captures != NULL)
        captures_turn(sensor->captures);
    uplink_turn(sensor->uplink);
    return rc;
}

static int wait_ms(const struct sensor *sensor)
{
    uint64_t longest = uplink_fd(sensor->uplink) < 0 ? TURN_AWAY_MS : TURN_MS;
    uint64_t look = tables_next_ns(sensor->tables[0]);
    uint64_t call = metadata_next_ns(sensor->metadata);
    uint64_t due = look < call ? look : call;
    uint64_t now = clock_boot_ns();
    uint64_t wait = due <= now ? 0 : (due - now + MS_NS - 1) / MS_NS;

    return (int)(wait < longest ? wait : longest);
}

/* Read the rules on a thread: events go on with the old ones meanwhile. */
static int load_rules(struct sensor *sensor, struct buf *told, struct rules **out, struct err *err)
{
    struct rules_loader *loader = NULL;
    bool done = false;

    int rc = rules_loader_start(sensor->settings, sensor->log, told, &loader, err);
    if (rc < 0)
        return rc;
    while (!done) {
        struct pollfd wait[] = {{.fd = rules_loader_fd(loader), .events = POLLIN},
                                {.fd = kernel_ring_fd(sensor->ring), .events = POLLIN}};
        (void)poll(wait, ARRAY_LEN(wait), wait_ms(sensor));
        done = wait[0].revents != 0;
        if (work(sensor, NULL) < 0)
            break; /* the next turn meets it as well, and ends */
    }
    return rules_loader_finish(loader, out, err);
}

int sensor_reload(struct sensor *sensor, struct buf *told, struct err *err)
{
    struct rules *fresh = NULL;
    struct err ring_err = {0};

    int rc = load_rules(sensor, told, &fresh, err);
    if (rc < 0) {
        sensor->reloads_failed++;
        (void)err_set(&sensor->reload_failure, rc, "%s", err_text(err, rc));
        log_error(sensor->log, "the rules are not reloaded; the old ones go on",
                  log_str("why", err_text(err, rc)), log_u64("failed", sensor->reloads_failed));
        return rc;
    }
    kernel_gate_open(kernel_ring_gate(sensor->ring));
    pipeline_set_engines(sensor->pipeline, fresh->engine);
    struct wire_calls calls = calls_wanted(fresh->engine[0]);
    rc = kernel_ring_set_calls(sensor->ring, &calls, &ring_err);
    if (rc < 0)
        log_error(sensor->log, "io_uring is not watched", log_str("why", err_text(&ring_err, rc)));
    sensor->regex_limits += rule_stats_regex_limits(sensor->rules->engine[0]);
    rules_close(sensor->rules);
    sensor->rules = fresh;
    sensor->stamp_seen = fresh->stamp;
    sensor->rules_since_ns = clock_wall_ns();
    sensor->reloads++;
    set_captures(sensor);
    set_filters(sensor);
    log_info(sensor->log, "rules reloaded", log_u64("rules", engine_rule_count(fresh->engine[0])),
             log_sv("from", fresh->where));
    return 0;
}

/* A failure has been logged, and changes nothing. */
static void reload(struct sensor *sensor)
{
    struct err err = {0};
    int rc = sensor_reload(sensor, NULL, &err);

    (void)rc;
}

/* A file that is still being written changes from one look to the next: wait until it rests. */
static void reload_when_changed(struct sensor *sensor)
{
    uint64_t stamp = rules_stamp(sensor->settings);

    if (stamp == sensor->stamp_seen && stamp != sensor->rules->stamp &&
        stamp != sensor->stamp_tried) {
        sensor->stamp_tried = stamp;
        reload(sensor);
    }
    sensor->stamp_seen = stamp;
}

static int sensor_turn(struct sensor *sensor, struct err *err)
{
    struct pollfd wait[] = {
        {.fd = kernel_ring_fd(sensor->ring), .events = POLLIN},
        {.fd = sensor->signal_fd, .events = POLLIN},
        {.fd = uplink_fd(sensor->uplink), .events = uplink_events(sensor->uplink)},
        {.fd = control_fd(sensor->control), .events = POLLIN},
        {.fd = metadata_fd(sensor->metadata), .events = POLLIN},
        {.fd = metadata_pods_fd(sensor->metadata), .events = POLLIN},
    };

    if (poll(wait, ARRAY_LEN(wait), wait_ms(sensor)) < 0 && errno != EINTR)
        return err_set(err, -errno, "poll: %s", strerror(errno));
    int rc = work(sensor, err);
    control_turn(sensor->control);
    return rc;
}

static int sensor_loop(struct sensor *sensor, struct err *err)
{
    uint64_t tick_at = 0;

    for (;;) {
        int rc = sensor_turn(sensor, err);
        if (rc < 0)
            return rc;
        int number = signals_read(sensor->signal_fd);
        if (number == SIGTERM || number == SIGINT)
            return 0;
        if (number == SIGHUP)
            reload(sensor);
        if (clock_mono_ns() >= tick_at) {
            reload_when_changed(sensor);
            pipeline_tick(sensor->pipeline);
            report_loss(sensor);
            tick_at = clock_mono_ns() + CLOCK_NS;
        }
    }
}

/* What is in the ring still becomes findings; then the hub gets a bounded time to take them. */
static void sensor_drain(struct sensor *sensor)
{
    uint64_t from = clock_mono_ns();

    if (kernel_ring_set_calls(sensor->ring, &(struct wire_calls){{0}}, NULL) < 0 ||
        kernel_ring_consume(sensor->ring, 0, on_record, sensor, NULL) < 0)
        log_warn(sensor->log, "the ring could not be emptied");
    pipeline_flush(sensor->pipeline);
    if (sensor->captures != NULL)
        captures_finish(sensor->captures);
    report_loss(sensor);
    uplink_turn(sensor->uplink);
    while (spool_waiting(sensor->spool) > 0) {
        bool away = uplink_fd(sensor->uplink) < 0;
        if (clock_mono_ns() - from > (away ? DRAIN_AWAY_NS : DRAIN_NS))
            break;
        struct pollfd wait = {.fd = uplink_fd(sensor->uplink),
                              .events = uplink_events(sensor->uplink)};
        if (poll(&wait, 1, TURN_AWAY_MS) < 0 && errno != EINTR)
            break;
        uplink_turn(sensor->uplink);
    }
}

static uint64_t filtered_calls(const struct kernel_ring_counts *counts)
{
    uint64_t sum = 0;

    for (int call = 0; call < WIRE_CALL_COUNT; call++)
        sum += counts->filtered[call];
    return sum;
}

static void log_end(const struct sensor *sensor)
{
    const struct pipeline_counts counts = pipeline_counts(sensor->pipeline);
    struct kernel_ring_counts ring;
    struct tables_counts tables;
    struct captures_counts captures = {0};
    struct cri_counts cri;

    metadata_counts(sensor->metadata, &cri);
    kernel_ring_counts(sensor->ring, &ring);
    tables_counts(sensor->tables[0], &tables);
    if (sensor->captures != NULL)
        captures = captures_counts(sensor->captures);
    log_info(sensor->log, "sensor stopped", log_u64("events", counts.events),
             log_u64("dropped", total(ring.lost)),
             log_u64("sent_calls", ring.sent[WIRE_OPEN] + ring.sent[WIRE_CALL]),
             log_u64("filtered", filtered_calls(&ring)), log_u64("findings", counts.findings),
             log_u64("findings_lost", counts.lost),
             log_u64("findings_waiting", spool_waiting(sensor->spool)),
             log_u64("malformed", ring.malformed), log_u64("reloads", sensor->reloads),
             log_u64("reloads_failed", sensor->reloads_failed),
             log_u64("processes_unknown", tables.unknown_process),
             log_u64("container_events", tables.container_events),
             log_u64("container_events_complete", tables.container_events_complete),
             log_u64("containers_ahead", tables.containers_ahead),
             log_u64("containers_refused", tables.containers_refused),
             log_u64("cri_answered", cri.answered), log_u64("cri_failed", cri.failed),
             log_u64("captures", captures.written),
             log_u64("captures_missing", captures.refused + captures.failed));
}

/* ------------------------------------------------------------------------------------- command */

static int sensor_main(const struct settings *settings, const struct log *log, struct arena *arena,
                       struct err *err)
{
    scoped(sensor_done) struct sensor sensor = {
        .settings = settings, .log = log, .arena = arena, .signal_fd = -1, .pods_fd = -1};

    int rc = kube_child_start(settings, log, &sensor.pods_fd, &sensor.kube_pid, err);
    if (rc == 0)
        rc = signals_open(&sensor.signal_fd, err);
    if (rc == 0)
        rc = sensor_start(&sensor, err);
    if (rc < 0)
        return rc;
    ready_tell();
    rc = sensor_loop(&sensor, err);
    sensor_drain(&sensor);
    log_end(&sensor);
    return rc;
}

int cmd_sensor(int argc, char **argv)
{
    return daemon_command(argc, argv, sensor_main);
}
