/* app/capture_start.h - the blocks that a capture begins with: the machine, its interfaces and
 * users, the processes with their descriptors. One thread. */
#pragma once

#include <stdint.h>

struct buf;
struct finding_place;
struct tables;

struct capture_start {
    const struct tables *tables; /* the processes at that time */
    const struct finding_place *place;
    const char *host_root; /* "" or where the host's root is mounted: users */
};

/* Append them. Descriptors are those of now, of processes that still are. What cannot be read is
 * left out. */
void capture_start_put(const struct capture_start *start, struct buf *out);
