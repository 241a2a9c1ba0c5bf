/* decode/scap_value.h - one parameter of a capture file as a value. Any thread. */
#pragma once

#include "capture/scap_table.h"
#include "event/event.h"

struct arena;

/* Absent when the bytes do not make one. Text that has to be made is made in `scratch`. */
struct value scap_value(enum event_type event, enum scap_type type, struct sv raw,
                        struct arena *scratch);
