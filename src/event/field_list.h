/* event/field_list.h - the table of fields for people and for programs: `tiercel fields`. */
#pragma once

#include <stdbool.h>

struct buf;

/* Append every field that events of `source` have (enum event_source; -1: any), as a table grouped
 * by class, or as a JSON array of objects with a newline at the end. */
void field_list_print(struct buf *out, int source, bool json);
