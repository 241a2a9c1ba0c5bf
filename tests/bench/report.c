#include "report.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"

struct report_row *report_add(struct report *report, const char *name, const char *unit,
                              const char *ours, const char *limit)
{
    assert(report->count < REPORT_ROWS_MAX);
    struct report_row *row = &report->row[report->count++];
    *row = (struct report_row){.name = name, .unit = unit, .ours = ours, .limit = limit};
    return row;
}

void report_ours(struct report_row *row, double sample)
{
    assert(row->our_count < REPORT_SAMPLES_MAX);
    row->our_sample[row->our_count++] = sample;
}

void report_limit(struct report_row *row, double sample)
{
    assert(row->limit_count < REPORT_SAMPLES_MAX);
    row->limit_sample[row->limit_count++] = sample;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(const double *sample, size_t count)
{
    double sorted[REPORT_SAMPLES_MAX];

    if (count == 0)
        return 0;
    memcpy(sorted, sample, count * sizeof(*sample));
    qsort(sorted, count, sizeof(*sorted), compare);
    return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static void print_json(const struct report *report)
{
    scoped(buf_done) struct buf out = {0};
    struct json_writer w = json_writer_on(&out);

    json_array_begin(&w);
    for (size_t i = 0; i < report->count; i++) {
        const struct report_row *row = &report->row[i];
        double ours = median(row->our_sample, row->our_count);
        double limit = median(row->limit_sample, row->limit_count);
        json_object_begin(&w);
        json_key(&w, "measure");
        json_str(&w, row->name);
        json_key(&w, "unit");
        json_str(&w, row->unit);
        json_key(&w, "what");
        json_str(&w, row->ours);
        json_key(&w, "median");
        json_double(&w, ours);
        if (row->limit_count > 0) {
            json_key(&w, "against");
            json_str(&w, row->limit);
            json_key(&w, "against_median");
            json_double(&w, limit);
            json_key(&w, "ratio");
            json_double(&w, limit > 0 ? ours / limit : 0);
        }
        json_object_end(&w);
    }
    json_array_end(&w);
    buf_char(&out, '\n');
    if (file_write_all(STDOUT_FILENO, buf_view(&out), NULL) < 0)
        exit(1);
}

void report_print(const struct report *report, bool json)
{
    if (json) {
        print_json(report);
        return;
    }
    (void)printf("%-34s %14s %14s %12s %8s  %s\n", "measure", "ours", "against", "difference",
                 "ratio", "what");
    for (size_t i = 0; i < report->count; i++) {
        const struct report_row *row = &report->row[i];
        double ours = median(row->our_sample, row->our_count);
        double limit = median(row->limit_sample, row->limit_count);
        (void)printf("%-34s %11.1f %-2s ", row->name, ours, row->unit);
        if (row->limit_count > 0)
            (void)printf("%11.1f %-2s %+12.1f %8.3f  %s, against %s\n", limit, row->unit,
                         ours - limit, limit > 0 ? ours / limit : 0, row->ours, row->limit);
        else
            (void)printf("%14s %12s %8s  %s\n", "", "", "", row->ours);
    }
}
