/* event/event_table.h - the rows behind event_type_info(); only event_type.c reads them. */
#pragma once

#include "event/event_type.h"

/* The named types in the order of enum event_type, then the rest sorted by name. */
extern const struct event_type_info event_table[];
extern const uint32_t event_table_count;
