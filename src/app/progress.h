/* app/progress.h - a bar on standard error for what takes longer than a second, when that is a
 * terminal. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* shown before the bar */
    bool wanted, shown;
    uint64_t begun_ns, next_ns;
};

void progress_begin(struct progress *progress, const char *what);
/* Call it often: it looks at the clock and draws a few times a second. `total` 0: not known. */
void progress_show(struct progress *progress, uint64_t done, uint64_t total, uint64_t events);
void progress_end(struct progress *progress); /* takes the bar away */
