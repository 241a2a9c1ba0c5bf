/* bpf/lib/wanted.h - the calls that become records. */
#pragma once

#include "bpf/lib/emit.h"

__u64 wanted_calls __weak = 0; /* bit (1 << enum wire_call); set and changed by user space */

static __always_inline bool call_is_wanted(__u32 call)
{
    return wanted_calls >> call & 1;
}
