/* capture/wire_check.h - whether bytes are a record of bpf/include/wire.h. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* `data`, aligned to 8, holds `size` bytes. True when the header says just that size, the kind is
 * known, every length lies in its limits, and fixed part and text fill the record up to padding. */
bool wire_check(const void *data, size_t size);
