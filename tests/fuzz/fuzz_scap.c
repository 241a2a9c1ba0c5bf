/* Capture files: whatever a file says, reading it, following what it tells and reading every field
 * of its events touches nothing outside of it and ends. */
#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/recording.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "event/field.h"
#include "tests/fuzz/fuzz.h"

enum { STEP_ITEMS = 64, EVENTS_READ_MAX = 200 };

struct reading {
    struct buf out;
    uint64_t events;
};

static void on_event(void *ctx, const struct event *event)
{
    struct reading *reading = ctx;

    assert(event->arg_count <= event_type_info(event->type)->param_count);
    if (reading->events++ >= EVENTS_READ_MAX)
        return;
    buf_reset(&reading->out);
    for (uint32_t i = 0; i < field_count(); i++) {
        struct field_ref ref;
        if (field_ref_make(field_at(i), false, (struct sv){NULL, 0}, &ref) == FIELD_REF_FINE)
            field_print(&reading->out, event, &ref);
    }
    assert(reading->out.error == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(recording_close) struct recording *recording = NULL;
    struct reading reading = {.events = 0};
    struct err err = {0};
    char path[64];

    int fd = memfd_create("scap", MFD_CLOEXEC);
    assert(fd >= 0);
    assert(file_write_all(fd, (struct sv){(const char *)data, size}, &err) == 0);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int rc = recording_open(path, on_event, &reading, &recording, &err);
    for (uint32_t steps = 0; rc >= 0 && steps < 10000; steps++) {
        rc = recording_step(recording, STEP_ITEMS, &err);
        if (rc == RECORDING_END)
            break;
    }
    assert(rc >= 0 || err.text[0] != '\0');
    (void)close(fd);
    buf_done(&reading.out);
    return 0;
}
