/* Records of the kernel ring: whatever a record says, decoding it and reading every field of the
 * event touches nothing outside of it. */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "capture/wire_check.h"
#include "decode/wire.h"
#include "event/field.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_MAX = 16 << 20 }; /* bytes */

static bool lies_in(const struct wire_header *record, struct sv text)
{
    const char *from = (const char *)record;

    return text.len == 0 || (text.ptr >= from && text.ptr + text.len <= from + record->size);
}

static void check_change(const struct wire_header *record, const struct change *change)
{
    const struct change_program *program = &change->program;

    assert(change->kind <= CHANGE_GROUP);
    assert(lies_in(record, change->task.name));
    assert(lies_in(record, program->path) && lies_in(record, program->filename));
    assert(lies_in(record, program->cwd) && lies_in(record, program->args));
    assert(lies_in(record, program->env) && lies_in(record, change->cgroup_path));
}

static void read_fields(const struct event *event)
{
    scoped(buf_done) struct buf out = {0};

    for (uint32_t i = 0; i < field_count(); i++) {
        struct field_ref ref;
        if (field_ref_make(field_at(i), false, (struct sv){NULL, 0}, &ref) == FIELD_REF_FINE)
            field_print(&out, event, &ref);
    }
    assert(out.error == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(free) struct wire_header *record = NULL;
    struct wire_decoder decoder = {.boot_offset_ns = 1};
    struct change change;
    struct event event;

    if (size < sizeof(*record) || size > WIRE_RECORD_MAX)
        return 0;
    record = xmalloc(size);
    memcpy(record, data, size);
    record->size = (uint32_t)size;
    arena_limit(arena, ARENA_MAX);
    enum wire_outcome outcome = wire_decode(&decoder, record, arena, &event, &change);
    assert(event.arg_count <= event_type_info(event.type)->param_count);
    assert((outcome == WIRE_EVENT) == (event.type != EVENT_NONE));
    if (wire_check(record, size))
        assert(outcome == WIRE_EVENT || change.kind != CHANGE_NONE);
    check_change(record, &change);
    if (outcome == WIRE_EVENT)
        read_fields(&event);
    return 0;
}
