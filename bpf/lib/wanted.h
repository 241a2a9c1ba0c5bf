/* bpf/lib/wanted.h - the calls that become records. */
#pragma once

#include "bpf/lib/emit.h"

__u8 wanted_calls[WIRE_CALL_COUNT] __weak = {0}; /* enum wire_wanted; changed by user space */

/* Whether the call is one for rules, and not only for what it changes. */
static __always_inline bool call_is_wanted(__u32 call)
{
    return call < WIRE_CALL_COUNT && wanted_calls[call] == WIRE_WANTED;
}
