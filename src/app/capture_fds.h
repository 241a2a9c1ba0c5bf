/* app/capture_fds.h - the open descriptors of processes as /proc tells them, for a capture's
 * beginning. One thread. */
#pragma once

#include <stdint.h>

#include "base/attr.h"

struct buf;
struct capture_fds;

#define CAPTURE_FDS_MAX 4096u      /* of one process */
#define CAPTURE_SOCKETS_MAX 65536u /* of one network namespace */

struct capture_fds *capture_fds_new(void);
void capture_fds_free(struct capture_fds *fds); /* NULL is fine */
DEFINE_SCOPED(struct capture_fds *, capture_fds_free)

/* Append the block of a process's descriptors; nothing when it has none, or they are not to be
 * seen. */
void capture_fds_put(struct capture_fds *fds, uint32_t pid, struct buf *out);
