/* What the sensor answers on its control socket; docs/reference/stats.md describes the documents.
 */
#include <errno.h>

#include "app/pipeline.h"
#include "app/rules.h"
#include "app/sensor.h"
#include "app/settings.h"
#include "app/spool.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "decode/wire.h"
#include "enrich/tables.h"
#include "match/engine.h"
#include "match/rule_stats.h"

static const char *const kind_names[WIRE_KIND_COUNT] = {
    [0] = "not_looked_at",    [WIRE_FORK] = "fork", [WIRE_EXEC] = "exec", [WIRE_EXIT] = "exit",
    [WIRE_CGROUP] = "cgroup", [WIRE_OPEN] = "open", [WIRE_CALL] = "call", [WIRE_TASK] = "task",
};

static void put_u64(struct json_writer *w, const char *key, uint64_t number)
{
    json_key(w, key);
    json_u64(w, number);
}

static void put_str(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_str(w, text);
}

static void put_time(struct json_writer *w, const char *key, uint64_t wall_ns)
{
    scoped(buf_done) struct buf text = {0};

    clock_iso8601(&text, wall_ns);
    json_key(w, key);
    json_sv(w, buf_view(&text));
}

/* By kind of record; those that never came are left out. */
static void put_kinds(struct json_writer *w, const char *key, const uint64_t *count)
{
    json_key(w, key);
    json_object_begin(w);
    for (int kind = 0; kind < WIRE_KIND_COUNT; kind++) {
        if (count[kind] > 0 && kind_names[kind] != NULL)
            put_u64(w, kind_names[kind], count[kind]);
    }
    json_object_end(w);
}

/* Calls that no rule could match, by the name of their events. */
static void put_filtered(struct json_writer *w, const uint64_t *count)
{
    json_key(w, "filtered");
    json_object_begin(w);
    for (int call = 0; call < WIRE_CALL_COUNT; call++) {
        if (count[call] > 0)
            put_u64(w, event_type_info(wire_call_type((enum wire_call)call))->name, count[call]);
    }
    json_object_end(w);
}

static void put_head(const struct sensor *sensor, struct json_writer *w)
{
    put_str(w, "role", "sensor");
    put_str(w, "node", sensor->settings->node);
    put_time(w, "started", sensor->started_ns);
    put_time(w, "now", clock_wall_ns());
}

static void put_ring(const struct sensor *sensor, struct json_writer *w)
{
    struct kernel_ring_counts counts;

    kernel_ring_counts(sensor->ring, &counts);
    json_key(w, "kernel");
    json_object_begin(w);
    put_u64(w, "received", counts.received);
    put_u64(w, "malformed", counts.malformed);
    put_kinds(w, "sent", counts.sent);
    put_kinds(w, "lost", counts.lost);
    put_filtered(w, counts.filtered);
    json_object_end(w);
}

static void put_pipeline(const struct sensor *sensor, struct json_writer *w)
{
    const struct pipeline_counts counts = pipeline_counts(sensor->pipeline);

    put_u64(w, "events", counts.events);
    put_u64(w, "changes", counts.changes);
    json_key(w, "findings");
    json_object_begin(w);
    put_u64(w, "kept", counts.findings);
    put_u64(w, "lost", counts.lost);
    put_u64(w, "waiting", spool_waiting(sensor->spool));
    put_u64(w, "spool_bytes", spool_bytes(sensor->spool));
    json_object_end(w);
}

static void put_tables(const struct sensor *sensor, struct json_writer *w)
{
    struct tables_counts counts;

    tables_counts(sensor->tables[0], &counts); /* all alike */
    json_key(w, "tables");
    json_object_begin(w);
    put_u64(w, "processes", counts.processes);
    put_u64(w, "programs", counts.programs);
    put_u64(w, "containers", counts.containers);
    put_u64(w, "cgroups", counts.cgroups);
    put_u64(w, "processes_unknown", counts.unknown_process);
    put_u64(w, "processes_from_proc", counts.from_proc);
    put_u64(w, "containers_without_spec", counts.container_without_spec);
    put_u64(w, "containers_ahead", counts.containers_ahead);
    put_u64(w, "container_events", counts.container_events);
    put_u64(w, "container_events_complete", counts.container_events_complete);
    put_u64(w, "pods", counts.pods);
    json_object_end(w);
    json_key(w, "limits");
    json_object_begin(w);
    put_u64(w, "regex", sensor->regex_limits + rule_stats_regex_limits(sensor->rules->engine[0]));
    put_u64(w, "processes_forgotten", counts.forgotten);
    put_u64(w, "containers_over_limit", counts.containers_over_limit);
    put_u64(w, "containers_refused", counts.containers_refused);
    json_object_end(w);
}

static void put_rules(const struct sensor *sensor, struct json_writer *w)
{
    json_key(w, "rules");
    json_object_begin(w);
    put_u64(w, "count", engine_rule_count(sensor->rules->engine[0]));
    json_key(w, "from");
    json_sv(w, sensor->rules->where);
    put_time(w, "since", sensor->rules_since_ns);
    put_u64(w, "reloads", sensor->reloads);
    put_u64(w, "reloads_failed", sensor->reloads_failed);
    if (sensor->reloads_failed > 0)
        put_str(w, "last_failure", sensor->reload_failure.text);
    json_object_end(w);
}

static void answer_stats(struct sensor *sensor, struct json_writer *w)
{
    put_head(sensor, w);
    put_pipeline(sensor, w);
    put_ring(sensor, w);
    put_tables(sensor, w);
    put_rules(sensor, w);
}

static void answer_rules(struct sensor *sensor, struct json_writer *w)
{
    put_head(sensor, w);
    put_time(w, "since", sensor->rules_since_ns);
    rule_stats_json(sensor->rules->engine, sensor->rules->workers, w);
}

static void answer_reload(struct sensor *sensor, struct json_writer *w)
{
    scoped(buf_done) struct buf told = {0};
    struct err err = {0};

    int rc = sensor_reload(sensor, &told, &err);
    json_key(w, "reloaded");
    json_bool(w, rc == 0);
    put_u64(w, "rules", engine_rule_count(sensor->rules->engine[0]));
    if (rc == 0)
        return;
    put_str(w, "error", err_text(&err, rc));
    json_key(w, "errors");
    if (told.error == 0 && told.len > 0)
        json_raw(w, buf_view(&told));
    else
        json_null(w);
}

static const struct request {
    struct sv name;
    void (*answer)(struct sensor *sensor, struct json_writer *w);
} requests[] = {
    {SV("stats"), answer_stats},
    {SV("stats rules"), answer_rules},
    {SV("reload"), answer_reload},
};

void sensor_answer(void *ctx, struct sv request, struct buf *answer)
{
    struct json_writer w = json_writer_on(answer);
    size_t i = 0;

    while (i < ARRAY_LEN(requests) && !sv_eq(requests[i].name, request))
        i++;
    json_object_begin(&w);
    if (i < ARRAY_LEN(requests))
        requests[i].answer(ctx, &w);
    else
        put_str(&w, "error", "no such request: stats, stats rules, reload");
    json_object_end(&w);
}
