/* gcp.*: a call of the Google Cloud API, from its audit log.
 *
 * A meaning that is a path names the member of the record that the value comes from. */
#include "event/fields.h"
#include "event/json_field.h"

/* A quirk of the plugin: of what is no string it gives the empty one. */
static uint32_t at(const struct event *event, const char *const *path, struct value *out)
{
    const struct json_node *node = event_json_at(event, path);

    if (node != NULL && node->kind != JSON_STRING && event->json.quirks) {
        *out = value_sv(SV(""));
        return 1;
    }
    return event_json_value(event, node, out);
}

static uint32_t authorization(const struct event *event, const struct field_ref *ref,
                              struct value *out)
{
    return at(event, JSON_PATH("protoPayload", "authorizationInfo"), out);
}

static uint32_t request(const struct event *event, const struct field_ref *ref, struct value *out)
{
    return at(event, JSON_PATH("protoPayload", "request"), out);
}

static bool of_type(const struct event *event, struct sv type)
{
    return sv_eq(event_json_text(event, JSON_PATH("resource", "type")), type);
}

static uint32_t policy_delta(const struct event *event, const struct field_ref *ref,
                             struct value *out)
{
    if (of_type(event, SV("gcs_bucket")))
        return at(event, JSON_PATH("protoPayload", "serviceData", "policyDelta", "bindingDeltas"),
                  out);
    return at(event, JSON_PATH("protoPayload", "metadata", "datasetChange", "bindingDeltas"), out);
}

static uint32_t sink(const struct event *event, const struct field_ref *ref, struct value *out)
{
    if (!of_type(event, SV("logging_sink")))
        return 0;
    return event_json_value(event, event_json_at(event, JSON_PATH("resource", "labels", "name")),
                            out);
}

/* "us-central1" of the zone "us-central1-a". */
static uint32_t location(const struct event *event, const struct field_ref *ref, struct value *out)
{
    enum { ZONE_SUFFIX = 2 };
    const struct json_node *node =
        event_json_at(event, JSON_PATH("resource", "labels", "location"));

    if (node == NULL)
        node = event_json_at(event, JSON_PATH("resource", "labels", "region"));
    if (node != NULL)
        return event_json_value(event, node, out);

    struct sv zone = event_json_text(event, JSON_PATH("resource", "labels", "zone"));
    return field_sv(out, zone.len > ZONE_SUFFIX ? sv_sub(zone, 0, zone.len - ZONE_SUFFIX) : zone);
}

/* --- the rows -------------------------------------------------------------------------------- */

#define SOURCE (1u << SOURCE_GCP_AUDITLOG)
/* clang-format off */
#define ROW(name, arg, flags, meaning, ...) \
    FIELD_JSON_ROW(SOURCE, name, CHARBUF, arg, flags, field_json_path, meaning, __VA_ARGS__)
#define MADE(name, type, arg, flags, extract, meaning) \
    FIELD_ROW(SOURCE, name, type, arg, flags, extract, meaning)

static const struct field rows[] = {
    MADE("gcp.authorizationInfo", CHARBUF, NONE, 0, authorization,
        "protoPayload.authorizationInfo, as JSON text"),
    ROW("gcp.callerIP", NONE, 0,
        "protoPayload.requestMetadata.callerIp", "protoPayload", "requestMetadata", "callerIp"),
    ROW("gcp.cloudfunctions.function", NONE, 0,
        "resource.labels.function_name", "resource", "labels", "function_name"),
    ROW("gcp.cloudsql.databaseId", NONE, 0,
        "resource.labels.database_id", "resource", "labels", "database_id"),
    ROW("gcp.compute.instanceId", NONE, 0,
        "resource.labels.instance_id", "resource", "labels", "instance_id"),
    ROW("gcp.compute.networkId", NONE, 0,
        "resource.labels.network_id", "resource", "labels", "network_id"),
    ROW("gcp.compute.subnetwork", NONE, 0,
        "resource.labels.subnetwork_name", "resource", "labels", "subnetwork_name"),
    ROW("gcp.compute.subnetworkId", NONE, 0,
        "resource.labels.subnetwork_id", "resource", "labels", "subnetwork_id"),
    ROW("gcp.dns.zone", NONE, 0, "resource.labels.zone_name", "resource", "labels", "zone_name"),
    ROW("gcp.iam.serviceAccount", NONE, 0,
        "resource.labels.email_id", "resource", "labels", "email_id"),
    ROW("gcp.iam.serviceAccountId", NONE, 0,
        "resource.labels.unique_id", "resource", "labels", "unique_id"),
    MADE("gcp.location", CHARBUF, NONE, 0, location,
        "resource.labels.location, region, or the region of the zone"),
    MADE("gcp.logging.sink", CHARBUF, NONE, 0, sink, "name of the log sink"),
    ROW("gcp.methodName", NONE, 0, "protoPayload.methodName", "protoPayload", "methodName"),
    MADE("gcp.policyDelta", CHARBUF, NONE, 0, policy_delta,
        "changes of bindings on a bucket or dataset, as JSON text"),
    ROW("gcp.projectId", NONE, 0, "resource.labels.project_id", "resource", "labels", "project_id"),
    MADE("gcp.request", CHARBUF, NONE, 0, request, "protoPayload.request, as JSON text"),
    ROW("gcp.resourceLabels", NONE, 0, "resource.labels, as JSON text", "resource", "labels"),
    ROW("gcp.resourceName", NONE, 0, "protoPayload.resourceName", "protoPayload", "resourceName"),
    ROW("gcp.resourceType", NONE, 0, "resource.type", "resource", "type"),
    ROW("gcp.serviceName", NONE, 0, "protoPayload.serviceName", "protoPayload", "serviceName"),
    ROW("gcp.storage.bucket", NONE, 0,
        "resource.labels.bucket_name", "resource", "labels", "bucket_name"),
    ROW("gcp.time", NONE, 0, "timestamp", "timestamp"),
    ROW("gcp.user", NONE, 0,
        "protoPayload.authenticationInfo.principalEmail",
        "protoPayload", "authenticationInfo", "principalEmail"),
    ROW("gcp.userAgent", NONE, 0,
        "protoPayload.requestMetadata.callerSuppliedUserAgent",
        "protoPayload", "requestMetadata", "callerSuppliedUserAgent"),
};
/* clang-format on */

const struct field_table field_table_gcp = FIELD_TABLE("Google Cloud audit log", rows);
