/* app/ready.h - how a child tells the supervisor that it has started. Main thread.
 *
 * The supervisor passes one end of a pipe by number in the environment (READY_VARIABLE); the child
 * writes one byte to it. A role started by hand has no such variable and tells nobody. */
#pragma once

#include <stdint.h>

#define READY_VARIABLE "TIERCEL_READY_FD"

void ready_tell(void);
uint32_t ready_parent(void); /* pid of the supervisor, 0 without one */
