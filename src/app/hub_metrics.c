#include "app/hub_metrics.h"

#include "app/hub.h"
#include "app/intake.h"
#include "base/buf.h"
#include "event/event.h"
#include "web/http_server.h"

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP tiercel_hub_%s %s\n# TYPE tiercel_hub_%s %s\n", name, help, name, type);
}

static void counter(struct buf *out, const char *name, const char *help, uint64_t value)
{
    head(out, name, "counter", help);
    buf_printf(out, "tiercel_hub_%s %llu\n", name, (unsigned long long)value);
}

static void write_findings(struct buf *out, const struct hub_counts *hub,
                           const struct intake_counts *intake)
{
    static const double quantiles[] = {0.5, 0.9, 0.99};

    counter(out, "findings_total", "Findings made durable.", hub->stored + intake->findings);
    counter(out, "finding_duplicates_total", "Findings of sensors that were there already.",
            hub->duplicates);
    counter(out, "findings_refused_total", "What sensors sent and is no finding.", hub->refused);
    counter(out, "findings_shown_total", "Findings shown on standard output.", hub->shown);
    head(out, "finding_latency_seconds", "summary",
         "From a sensor's event to the commit of its finding.");
    for (size_t i = 0; i < ARRAY_LEN(quantiles); i++)
        buf_printf(out, "tiercel_hub_finding_latency_seconds{quantile=\"%g\"} %g\n", quantiles[i],
                   (double)histogram_quantile(&hub->latency_us, quantiles[i]) / 1e6);
    buf_printf(out, "tiercel_hub_finding_latency_seconds_count %llu\n",
               (unsigned long long)hub->stored);
}

static void write_intake(struct buf *out, const struct intake_counts *intake)
{
    head(out, "records_total", "counter", "Records of audit logs and cloud trails made durable.");
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (i != SOURCE_SYSCALL)
            buf_printf(out, "tiercel_hub_records_total{source=\"%s\"} %llu\n",
                       event_source_name((enum event_source)i),
                       (unsigned long long)intake->of_source[i]);
    }
    counter(out, "record_duplicates_total", "Records that were there already.", intake->duplicates);
    counter(out, "records_foreign_total", "Records of other kinds, passed over.", intake->foreign);
    counter(out, "records_untimed_total", "Records without a time of their own.", intake->untimed);
    counter(out, "records_bad_total", "Wrapped texts that are no JSON.", intake->bad);
    counter(out, "records_too_large_total", "Records past the store's limit: judged, not kept.",
            intake->too_large);
}

static void write_http(struct buf *out, const struct intake_counts *intake,
                       const struct http_counts *http)
{
    counter(out, "requests_total", "Requests that were looked at.", intake->requests);
    counter(out, "requests_refused_total", "Requests answered with 400 to 405.", intake->refused);
    counter(out, "requests_too_large_total", "Requests answered with 413.", http->too_large);
    counter(out, "requests_too_many_total", "Requests answered with 429 for want of room.",
            http->too_many);
    counter(out, "requests_too_slow_total", "Connections closed for a body that did not come.",
            http->too_slow);
    counter(out, "requests_malformed_total", "Bodies that could not be unzipped.", http->malformed);
}

void hub_metrics_write(struct buf *out, const struct hub_counts *hub,
                       const struct intake_counts *intake, const struct http_counts *http)
{
    write_findings(out, hub, intake);
    write_intake(out, intake);
    write_http(out, intake, http);
}
