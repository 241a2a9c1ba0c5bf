/* app/ready.h - how a child tells the supervisor that it has started. Main thread.
 *
 * The supervisor passes one end of a pipe by number in the environment (READY_VARIABLE); the child
 * writes one byte to it. A role started by hand has no such variable and tells nobody. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define READY_VARIABLE "TIERCEL_READY_FD"
#define READY_RESTARTED "TIERCEL_RESTARTED" /* set to anything after a crash */

void ready_tell(void);
bool ready_restarted(void);  /* the supervisor started an earlier one that died */
uint32_t ready_parent(void); /* pid of the supervisor, 0 without one */
