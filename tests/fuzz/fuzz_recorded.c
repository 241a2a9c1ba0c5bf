/* What captures of ours carry: items around records of the kernel ring, told containers as JSON. A
 * file is anybody's to bend. */
#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "decode/recorded.h"
#include "decode/wire.h"
#include "enrich/told.h"
#include "event/event.h"
#include "tests/fuzz/fuzz.h"

static void check_record(const struct recorded_item *item, struct arena *arena)
{
    struct wire_decoder decoder = {.num = item->clock.num};
    struct event event;
    struct change change;

    assert(item->record->size <= WIRE_RECORD_MAX);
    if (wire_decode(&decoder, item->record, arena, &event, &change) == WIRE_EVENT)
        assert(event.arg_count <= EVENT_ARGS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_free) struct arena *arena = arena_new(65536);
    struct recorded_reader *reader = xcalloc(1, sizeof(*reader));
    struct recorded_item item;

    if (recorded_open(reader, (struct sv){(const char *)data, size})) {
        while (recorded_next(reader, &item)) {
            struct container container;
            if (item.kind == RECORDED_RECORD)
                check_record(&item, arena);
            if (item.kind == RECORDED_CONTAINER &&
                told_parse_container(item.container, arena, &container) == 0)
                assert(container.full_id.len > 0);
            arena_reset(arena);
        }
    }
    free(reader);
    return 0;
}
