/* tests/bench/report.h - rows of a benchmark: medians of both sides and their ratio. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define REPORT_ROWS_MAX 32
#define REPORT_SAMPLES_MAX 64

struct report_row {
    const char *name, *unit;
    const char *ours, *limit; /* what the two columns are */
    double our_sample[REPORT_SAMPLES_MAX], limit_sample[REPORT_SAMPLES_MAX];
    size_t our_count, limit_count; /* limit_count 0: a figure without a counterpart */
};

struct report {
    struct report_row row[REPORT_ROWS_MAX];
    size_t count;
};

struct report_row *report_add(struct report *report, const char *name, const char *unit,
                              const char *ours, const char *limit);
void report_ours(struct report_row *row, double sample);
void report_limit(struct report_row *row, double sample);
void report_print(const struct report *report, bool json);
