/* app/filter.h - a condition from the command line, without macros and lists, over system calls.
 * One thread. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/sv.h"

struct err;
struct event;
struct filter;

/* Errors: -EINVAL, -E2BIG; the words have the column and the mend. */
must_check int filter_new(struct sv text, struct filter **out, struct err *err);
void filter_free(struct filter *filter); /* NULL is fine */
DEFINE_SCOPED(struct filter *, filter_free)

bool filter_holds(const struct filter *filter, const struct event *event);
