/* lang/falco/exceptions.h - what a rule's exceptions mean: conditions that keep it silent.
 *
 * One thread. Problems are told to items->diags; -EINVAL or -E2BIG after an error. */
#pragma once

#include "lang/falco/items.h"

/* Fill in default comps, and check fields against comps. `source`: enum event_source whose fields
 * are meant, -1 when it is not known (then fields are not looked up). */
must_check int exceptions_check(struct items *items, struct exception_info *exception, int source);

/* Append to `parts` one generated piece " and not (...)" for each exception that has values. */
must_check int exceptions_condition(struct items *items, const struct exceptions *exceptions,
                                    struct parts *parts);
