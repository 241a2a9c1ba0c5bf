/* gcp.*: a call of the Google Cloud API, from its audit log.
 *
 * A meaning that is a path names the member of the record that the value comes from. */
#include "event/fields.h"

#define ROW(name, type, arg, flags, meaning)                                                       \
    FIELD_ROW(1u << SOURCE_GCP_AUDITLOG, name, type, arg, (flags) | FIELD_NO_VALUE, NULL, meaning)

/* clang-format off */
static const struct field rows[] = {
    ROW("gcp.authorizationInfo", CHARBUF, NONE, 0, "protoPayload.authorizationInfo, as JSON text"),
    ROW("gcp.callerIP", CHARBUF, NONE, 0, "protoPayload.requestMetadata.callerIp"),
    ROW("gcp.cloudfunctions.function", CHARBUF, NONE, 0, "resource.labels.function_name"),
    ROW("gcp.cloudsql.databaseId", CHARBUF, NONE, 0, "resource.labels.database_id"),
    ROW("gcp.compute.instanceId", CHARBUF, NONE, 0, "resource.labels.instance_id"),
    ROW("gcp.compute.networkId", CHARBUF, NONE, 0, "resource.labels.network_id"),
    ROW("gcp.compute.subnetwork", CHARBUF, NONE, 0, "resource.labels.subnetwork_name"),
    ROW("gcp.compute.subnetworkId", CHARBUF, NONE, 0, "resource.labels.subnetwork_id"),
    ROW("gcp.dns.zone", CHARBUF, NONE, 0, "resource.labels.zone_name"),
    ROW("gcp.iam.serviceAccount", CHARBUF, NONE, 0, "resource.labels.email_id"),
    ROW("gcp.iam.serviceAccountId", CHARBUF, NONE, 0, "resource.labels.unique_id"),
    ROW("gcp.location", CHARBUF, NONE, 0,
        "resource.labels.location, region, or the region of the zone"),
    ROW("gcp.logging.sink", CHARBUF, NONE, 0, "name of the log sink"),
    ROW("gcp.methodName", CHARBUF, NONE, 0, "protoPayload.methodName"),
    ROW("gcp.policyDelta", CHARBUF, NONE, 0,
        "changes of bindings on a bucket or dataset, as JSON text"),
    ROW("gcp.projectId", CHARBUF, NONE, 0, "resource.labels.project_id"),
    ROW("gcp.request", CHARBUF, NONE, 0, "protoPayload.request, as JSON text"),
    ROW("gcp.resourceLabels", CHARBUF, NONE, 0, "resource.labels, as JSON text"),
    ROW("gcp.resourceName", CHARBUF, NONE, 0, "protoPayload.resourceName"),
    ROW("gcp.resourceType", CHARBUF, NONE, 0, "resource.type"),
    ROW("gcp.serviceName", CHARBUF, NONE, 0, "protoPayload.serviceName"),
    ROW("gcp.storage.bucket", CHARBUF, NONE, 0, "resource.labels.bucket_name"),
    ROW("gcp.time", CHARBUF, NONE, 0, "timestamp"),
    ROW("gcp.user", CHARBUF, NONE, 0, "protoPayload.authenticationInfo.principalEmail"),
    ROW("gcp.userAgent", CHARBUF, NONE, 0, "protoPayload.requestMetadata.callerSuppliedUserAgent"),
};
/* clang-format on */

const struct field_table field_table_gcp = FIELD_TABLE("Google Cloud audit log", rows);
