/* decode/flags.h - the kernel's flag bits as the event schema numbers them (event/event_flags.h).
 */
#pragma once

#include <stdint.h>

uint32_t flags_open(uint32_t flags);  /* O_* of open(2) to EVENT_O_* */
uint32_t flags_clone(uint64_t flags); /* CLONE_* of clone(2) to event_flag_clone */
