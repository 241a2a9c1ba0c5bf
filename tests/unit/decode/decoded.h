/* tests/unit/decode/decoded.h - records put together and decoded, in exact heap blocks, so that a
 * byte read past the end is seen. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "capture/wire_check.h"
#include "decode/wire.h"
#include "event/field.h"
#include "tests/unit/test.h"

#define OFFSET_NS 1000000000000LL

struct decoded {
    struct wire_decoder decoder;
    struct arena *arena;
    struct wire_header *record;
    struct event event;
    struct change change;
    enum wire_outcome outcome;
};

static inline void decoded_init(struct decoded *d)
{
    *d = (struct decoded){.decoder = {.boot_offset_ns = OFFSET_NS}, .arena = arena_new(4096)};
}

static inline void decoded_done(struct decoded *d)
{
    arena_free(d->arena);
    free(d->record);
}

/* Put a record together from its fixed part and the text behind it, and decode it. */
static inline void decode(struct decoded *d, const void *fixed, size_t fixed_size, struct sv text)
{
    size_t size = (fixed_size + text.len + 7) / 8 * 8;

    free(d->record);
    d->record = xcalloc(1, size);
    memcpy(d->record, fixed, fixed_size);
    if (text.len > 0)
        memcpy((char *)d->record + fixed_size, text.ptr, text.len);
    d->record->size = (uint32_t)size;
    CHECK(wire_check(d->record, size));
    arena_reset(d->arena);

    struct wire_decoder passing = d->decoder;
    struct change change;
    enum wire_outcome outcome = wire_pass(&passing, d->record, &change);

    d->outcome = wire_decode(&d->decoder, d->record, d->arena, &d->event, &d->change);
    /* Who only passes the record on counts the same and knows the same change. */
    CHECK_INT(outcome, d->outcome);
    CHECK_INT(passing.num, d->decoder.num);
    CHECK_INT(change.kind, d->change.kind);
}

static inline struct wire_header header(enum wire_kind kind)
{
    return (struct wire_header){
        .time_ns = 5000,
        .kind = kind,
        .cpu = 1,
        .pid = 200,
        .tid = 200,
        .start_ns = 3000,
    };
}

static inline void check(const struct decoded *d, const char *field, const char *json)
{
    struct field_ref ref = {0};
    scoped(buf_done) struct buf out = {0};
    struct json_writer w = json_writer_on(&out);

    test_row(field);
    CHECK_INT(field_ref_parse(sv(field), &ref), FIELD_REF_FINE);
    field_json(&w, &d->event, &ref);
    CHECK_STR(buf_cstr(&out), json);
}
