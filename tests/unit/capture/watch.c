/* tests/unit/capture/watch.c - see the header. */
#include "tests/unit/capture/watch.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "decode/wire.h"
#include "enrich/tables.h"
#include "event/field.h"
#include "tests/unit/test.h"

enum {
    SCRATCH_BYTES = 1 << 16,
    FIELDS_WATCHED_MAX = 40,
    TOLD = 3,
};

/* What an event is found by. */
static const char *const told_by[TOLD] = {"fd.name", "proc.cmdline", "fs.path.name"};

struct watched_event {
    const char *type;
    char *told[TOLD];
    char *value[FIELDS_WATCHED_MAX];
};

static char *value_of(const struct event *event, const char *field)
{
    struct field_ref ref = {0};
    struct buf out = {0};
    struct json_writer w = json_writer_on(&out);

    if (field_ref_parse(sv(field), &ref) != FIELD_REF_FINE)
        TEST_FAIL("no field '%s'", field);
    field_json(&w, event, &ref);

    char *text = xstrdup_sv(buf_view(&out));

    buf_done(&out);
    return text;
}

static void keep_event(struct watch *watch, const struct event *event)
{
    if (watch->count == watch->size) {
        watch->size = watch->size == 0 ? 256 : 2 * watch->size;
        watch->events = xrealloc(watch->events, watch->size * sizeof(*watch->events));
    }

    struct watched_event *kept = &watch->events[watch->count++];

    *kept = (struct watched_event){.type = event_type_info(event->type)->name};
    for (size_t i = 0; i < TOLD; i++)
        kept->told[i] = value_of(event, told_by[i]);
    for (size_t i = 0; watch->fields[i] != NULL; i++)
        kept->value[i] = value_of(event, watch->fields[i]);
}

static void on_record(void *ctx, const struct wire_header *record)
{
    struct watch *watch = ctx;
    struct wire_decoder decoder = {.num = watch->num};
    struct event event;
    struct change change;
    enum wire_outcome outcome = wire_decode(&decoder, record, watch->scratch, &event, &change);

    watch->num = decoder.num;
    if (change.kind != CHANGE_NONE)
        tables_apply(watch->tables, &change);
    if (outcome == WIRE_EVENT) {
        event.process = tables_find(watch->tables, record->pid, record->start_ns);
        keep_event(watch, &event);
    }
    tables_settle(watch->tables);
    arena_reset(watch->scratch);
}

void watch_begin(struct watch *watch, const char *helper, const char *const *fields,
                 uint32_t ring_bytes)
{
    struct kernel_ring_options ring = {.calls = wire_calls_all(), .ring_bytes = ring_bytes};
    struct tables_options options = {.proc_root = "/proc", .host_root = ""};
    size_t count = 0;

    while (fields[count] != NULL)
        count++;
    CHECK(count < FIELDS_WATCHED_MAX);
    *watch = (struct watch){.fields = fields};
    CHECK(realpath(helper, watch->helper) != NULL);
    sensor_begin(&watch->sensor, watch->helper, &ring);
    watch->tables = tables_new(&options);
    watch->scratch = arena_new(SCRATCH_BYTES);
}

void watch_clear(struct watch *watch)
{
    for (size_t i = 0; i < watch->count; i++) {
        for (size_t k = 0; k < TOLD; k++)
            free(watch->events[i].told[k]);
        for (size_t k = 0; watch->fields[k] != NULL; k++)
            free(watch->events[i].value[k]);
    }
    watch->count = 0;
    sensor_clear(&watch->sensor);
}

void watch_end(struct watch *watch)
{
    watch_clear(watch);
    free(watch->events);
    tables_free(watch->tables);
    arena_free(watch->scratch);
    sensor_end(&watch->sensor);
}

void watch_snapshot(struct watch *watch)
{
    struct err err = {0};
    int rc = kernel_ring_snapshot(watch->sensor.ring, on_record, watch, &err);

    if (rc < 0)
        TEST_FAIL("%s", err_text(&err, rc));
}

void watch_drain(struct watch *watch)
{
    size_t from = watch->sensor.count;

    sensor_drain(&watch->sensor);
    for (size_t i = from; i < watch->sensor.count; i++)
        on_record(watch, watch->sensor.record[i]);
}

pid_t watch_run(struct watch *watch, sensor_body_fn body, void *ctx)
{
    pid_t pid = sensor_start(&watch->sensor, NULL, body, ctx);

    sensor_wait(pid, 0);
    watch_drain(watch);
    return pid;
}

static bool is_told(const struct watched_event *event, const char *part)
{
    for (size_t i = 0; i < TOLD; i++)
        if (strstr(event->told[i], part) != NULL)
            return true;
    return false;
}

const char *watch_field(const struct watch *watch, const char *type, const char *part, size_t nth,
                        const char *field)
{
    size_t at = 0;

    while (watch->fields[at] != NULL && strcmp(watch->fields[at], field) != 0)
        at++;
    if (watch->fields[at] == NULL)
        TEST_FAIL("'%s' is not among the watched fields", field);
    for (size_t i = 0; i < watch->count; i++) {
        const struct watched_event *event = &watch->events[i];

        if (strcmp(event->type, type) == 0 && (part == NULL || is_told(event, part)) && nth-- == 0)
            return event->value[at];
    }
    return NULL;
}
