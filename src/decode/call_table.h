/* decode/call_table.h - where each parameter of a call's event comes from: one row a call. */
#pragma once

#include "decode/call.h"

struct call_param {
    struct value (*get)(const struct call_view *view, uint32_t index);
    uint32_t index; /* of the argument, or of what `get` reads */
};

struct call_row {
    enum event_type type;
    enum call_paths paths;
    void (*adjust)(struct call_view *view); /* what only this call needs; or NULL */
    const struct call_param *param;         /* in the order of the event's parameters */
    uint32_t count;
};

const struct call_row *call_row(enum wire_call call); /* call < WIRE_CALL_COUNT */
