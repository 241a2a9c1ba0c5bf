/* app/hub_metrics.h - what a hub has counted, as Prometheus reads it (text format 0.0.4). Any
 * thread that owns the counts. */
#pragma once

struct buf;
struct http_counts;
struct hub_counts;
struct intake_counts;

void hub_metrics_write(struct buf *out, const struct hub_counts *hub,
                       const struct intake_counts *intake, const struct http_counts *http);
