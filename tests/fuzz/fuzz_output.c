/* Output templates: compiled, then rendered for an event without values and one with some. */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "lang/output.h"

static void render(const struct output *output, const struct event *event)
{
    scoped(buf_done) struct buf text = {0};
    scoped(buf_done) struct buf json = {0};
    struct json_writer w = json_writer_on(&json);

    output_render(output, event, &text);
    json_object_begin(&w);
    for (uint32_t i = 0; i < output_field_count(output); i++) {
        json_key_sv(&w, output_field_name(output, i));
        output_field_json(output, i, event, &w);
    }
    json_object_end(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct event_given given[] = {
        {{"proc.name", 9}, {.kind = VALUE_TEXT, .text = {"ca\xfft", 4}}},
        {{"fd.num", 6}, {.kind = VALUE_SIGNED, .i64 = -1}},
        {{"fd.types", 8}, {.kind = VALUE_TEXT, .text = {"-ax", 3}}},
        {{"fd.types", 8}, {.kind = VALUE_TEXT, .text = {"file", 4}}},
    };
    scoped(arena_free) struct arena *arena = arena_new(1 << 16);
    struct event event = {.source = SOURCE_SYSCALL, .type = EVENT_OPENAT, .scratch = arena};
    struct sv text = {(const char *)data, size};
    struct parse_problem problem;
    struct output *output = NULL;

    arena_limit(arena, (size_t)64 << 20);
    if (output_compile(text, SOURCE_SYSCALL, arena, &output, &problem) < 0) {
        assert(problem.offset <= size && problem.message[0] != '\0');
        return 0;
    }
    render(output, &event);
    event.given = given;
    event.given_count = ARRAY_LEN(given);
    render(output, &event);
    return 0;
}
