/* app/histogram.h - how long things took: counts in buckets of 1/16 of a doubling.
 *
 * A quantile is the upper end of its bucket: at most 6.25 % above the truth. One thread. */
#pragma once

#include <stdint.h>

#define HISTOGRAM_STEPS 16 /* buckets to a doubling */
#define HISTOGRAM_BUCKETS (64 * HISTOGRAM_STEPS)

struct histogram {
    uint64_t bucket[HISTOGRAM_BUCKETS];
    uint64_t count;
};

void histogram_add(struct histogram *histogram, uint64_t value);
/* The value that `share` (0 to 1) of all are not above; 0 while empty. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);
