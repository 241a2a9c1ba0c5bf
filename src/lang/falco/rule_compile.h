/* lang/falco/rule_compile.h - from items.h to rules that can be run.
 *
 * One thread. Problems are told to items->diags. */
#pragma once

#include "lang/falco/items.h"

struct rules {
    struct rule *item;
    uint32_t count;
};

/* Expand lists and macros, compile every rule of a known source, and look at the whole: what is
 * unused, what lacks an owner. Goes on after a faulty rule. Rules keep views into the items.
 * On an error too *out holds the rules made so far, to be freed. Errors: -EINVAL, -E2BIG. */
must_check int rule_compile_all(struct items *items, struct rules *out);
