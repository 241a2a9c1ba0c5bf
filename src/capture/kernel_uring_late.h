/* capture/kernel_uring_late.h - the record of a request of io_uring whose end no program saw.
 *
 * Names are the kernel's copies, as always. What was opened, and where a relative name started, is
 * looked up in /proc, later than it was used: such a record carries WIRE_NAME_UNSURE. Any thread.
 */
#pragma once

#include <stddef.h>

#include "bpf/include/uring.h"

/* Write the record of `request`, which is done, to `out`, which has WIRE_RECORD_MAX
 * bytes and is aligned to 8. `proc` is "/proc". Returns its bytes; wire_check() takes it. */
size_t kernel_uring_late_record(const struct uring_request *request, const char *proc, void *out);
