/* tests/unit/lang/given.h - events whose values are written in the test.
 *
 * "proc.name=t:cat;fd.num=i:-1": t text, u unsigned, i signed, b truth, d real, a address; a name
 * without `=` is absent. The same name more than once makes several values. */
#pragma once

#include "tests/unit/test.h"

#include <stdlib.h>

#include "base/arena.h"
#include "event/event.h"

static inline struct value given_value(char kind, struct sv text)
{
    static const struct {
        char kind;
        enum value_type type;
    } kinds[] = {
        {'t', VALUE_CHARBUF}, {'u', VALUE_UINT64}, {'i', VALUE_INT64},
        {'b', VALUE_BOOL},    {'d', VALUE_DOUBLE}, {'a', VALUE_IPADDR},
    };
    struct value value = {.kind = VALUE_ABSENT};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (kinds[i].kind == kind && value_parse(kinds[i].type, text, &value))
            return value;
    }
    TEST_FAIL("no value: %c:%.*s", kind, SV_ARG(text));
    return value;
}

/* The values live in `arena`, which is the event's scratch too. */
static inline struct event given_event(struct arena *arena, enum event_source source,
                                       const char *values)
{
    struct sv rest = sv(values);
    struct event event = {.source = source, .type = EVENT_OPENAT, .scratch = arena};
    struct event_given *given = arena_array(arena, struct event_given, sv_count(rest, ';') + 1);

    if (source != SOURCE_SYSCALL)
        event.type = EVENT_PLUGIN;
    event.given = given;
    while (rest.len > 0) {
        struct sv word = sv_split(&rest, ';');
        size_t equals = sv_find(word, SV("="), 0);
        struct event_given *one = &given[event.given_count++];

        one->field = sv_sub(word, 0, equals);
        if (equals != SIZE_MAX)
            one->value = given_value(word.ptr[equals + 1], sv_sub(word, equals + 3, word.len));
    }
    return event;
}
