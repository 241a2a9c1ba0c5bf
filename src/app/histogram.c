#include "app/histogram.h"

/* Values below HISTOGRAM_STEPS have a bucket each; above, the top bit names the doubling and the
 * four bits below it the step. */
static uint32_t bucket_of(uint64_t value)
{
    if (value < HISTOGRAM_STEPS)
        return (uint32_t)value;
    uint32_t top = 63 - (uint32_t)__builtin_clzll(value);
    uint32_t step = (uint32_t)(value >> (top - 4)) & (HISTOGRAM_STEPS - 1);
    return (top - 3) * HISTOGRAM_STEPS + step;
}

static uint64_t upper_end(uint32_t bucket)
{
    if (bucket < HISTOGRAM_STEPS)
        return bucket;
    uint32_t top = bucket / HISTOGRAM_STEPS + 3;
    uint64_t step = bucket % HISTOGRAM_STEPS;
    return ((HISTOGRAM_STEPS + step + 1) << (top - 4)) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    histogram->bucket[bucket_of(value)]++;
    histogram->count++;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)histogram->count);
    uint64_t seen = 0;

    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->bucket[i];
        if (seen > 0 && seen >= wanted)
            return upper_end(i);
    }
    return 0;
}
