/* store/claim.h - an exclusive claim on something, held through a lock file.
 *
 * The lock is the kernel's (flock): it ends with the process, however that dies, and the file that
 * stays behind means nothing. Any thread. */
#pragma once

#include "base/attr.h"

struct err;

/* Claim the lock file at `path`, made where it is missing; *fd holds the claim until it is closed.
 * Errors: -EBUSY (the words name the process that holds it), or those of open(2). */
must_check int claim_take(const char *path, int *fd, struct err *err);
