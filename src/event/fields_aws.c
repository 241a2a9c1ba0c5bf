/* ct.*, s3.*, ec2.*, ecr.*, iam.*: a call of the AWS API, from CloudTrail.
 *
 * A meaning that is a path names the member of the record that the value comes from. Where the
 * plugin that these fields come from errs, the meaning given here is the right one, and `quirks` of
 * the event asks for the plugin's. */
#include "event/fields.h"
#include "event/json_field.h"

#define IDENTITY(name) event_json_text(event, JSON_PATH("userIdentity", name))
#define REQUEST(name) event_json_text(event, JSON_PATH("requestParameters", name))
#define TEXT(name) event_json_text(event, JSON_PATH(name))

/* --- who ------------------------------------------------------------------------------------- */

static struct sv user_of(const struct event *event)
{
    struct sv type = IDENTITY("type");

    if (sv_eq(type, SV("Root")) || sv_eq(type, SV("IAMUser")))
        return IDENTITY("userName");
    if (sv_eq(type, SV("AWSService")))
        return IDENTITY("invokedBy");
    if (sv_eq(type, SV("AWSAccount")) || sv_eq(type, SV("FederatedUser")))
        return type;
    if (!sv_eq(type, SV("AssumedRole")))
        return (struct sv){NULL, 0};

    struct sv role = event_json_text(
        event, JSON_PATH("userIdentity", "sessionContext", "sessionIssuer", "userName"));
    return role.len > 0 ? role : type;
}

static uint32_t user(const struct event *event, const struct field_ref *ref, struct value *out)
{
    return field_sv(out, user_of(event));
}

/* The part after the last `sep` when there are `count` of them, else the empty view. */
static struct sv last_part(struct sv text, char sep, size_t count)
{
    return sv_count(text, sep) == count ? sv_sub(text, sv_rfind_char(text, sep) + 1, text.len)
                                        : (struct sv){NULL, 0};
}

static uint32_t original_user(const struct event *event, const struct field_ref *ref,
                              struct value *out)
{
    if (!sv_eq(IDENTITY("type"), SV("AssumedRole")))
        return field_sv(out, IDENTITY("userName"));

    struct sv session = last_part(IDENTITY("arn"), '/', 2);
    if (session.len == 0)
        session = last_part(IDENTITY("principalId"), ':', 1);
    return field_sv(out, session);
}

static uint32_t account(const struct event *event, const struct field_ref *ref, struct value *out)
{
    struct sv id = IDENTITY("accountId");

    return field_sv(out, id.len > 0 ? id : TEXT("recipientAccountId"));
}

/* --- what ------------------------------------------------------------------------------------ */

static struct sv short_source_of(const struct event *event)
{
    struct sv source = TEXT("eventSource");
    struct sv domain = SV(".amazonaws.com");

    if (source.len > domain.len && sv_ends(source, domain))
        source.len -= domain.len;
    return source;
}

static uint32_t short_source(const struct event *event, const struct field_ref *ref,
                             struct value *out)
{
    return field_sv(out, short_source_of(event));
}

/* A truth value, or its name as text. The plugin takes only the first. */
static uint32_t truth_at(const struct event *event, const char *name, struct value *out)
{
    const struct json_node *node = event_json_at(event, JSON_PATH(name));

    if (node == NULL)
        return 0;
    if (node->kind == JSON_TRUE ||
        (node->kind == JSON_STRING && sv_eq_nocase(node->text, SV("true")) && !event->json.quirks))
        return field_sv(out, SV("true"));
    return field_sv(out, SV("false"));
}

static uint32_t management_event(const struct event *event, const struct field_ref *ref,
                                 struct value *out)
{
    return truth_at(event, "managementEvent", out);
}

static uint32_t read_only(const struct event *event, const struct field_ref *ref, struct value *out)
{
    return truth_at(event, "readOnly", out);
}

static uint32_t from_console(const struct event *event, const struct field_ref *ref,
                             struct value *out)
{
    return truth_at(event, "sessionCredentialFromConsole", out);
}

static uint32_t document_name(const struct event *event, const struct field_ref *ref,
                              struct value *out)
{
    if (event->json.quirks) /* the plugin looks for another spelling of the field */
        return 0;
    return field_sv(out, REQUEST("documentName"));
}

static uint32_t resources(const struct event *event, const struct field_ref *ref, struct value *out)
{
    struct value each[FIELD_VALUES_MAX];
    uint32_t count = event_json_values(event, ref, JSON_PATH("resources", JSON_EACH), each);

    return field_joined(event, each, count, "", "", out);
}

/* --- S3 -------------------------------------------------------------------------------------- */

/* Numbers of bytes come as 33 or as 33.0. */
static bool bytes_at(const struct event *event, const char *name, uint64_t *total)
{
    const struct json_node *node = event_json_at(event, JSON_PATH("additionalEventData", name));

    if (node == NULL)
        return false;
    if (node->kind == JSON_I64 && node->i64 > 0)
        *total += (uint64_t)node->i64;
    else if (node->kind == JSON_DOUBLE && node->number > 0 && node->number < (double)INT64_MAX)
        *total += (uint64_t)node->number;
    return true;
}

static uint32_t bytes_of(const struct event *event, bool in, bool out_, struct value *out)
{
    uint64_t total = 0;
    bool any = in && bytes_at(event, "bytesTransferredIn", &total);

    any |= out_ && bytes_at(event, "bytesTransferredOut", &total);
    return any ? field_u64(out, total) : 0;
}

static uint32_t bytes(const struct event *event, const struct field_ref *ref, struct value *out)
{
    return bytes_of(event, true, true, out);
}

static uint32_t bytes_in(const struct event *event, const struct field_ref *ref, struct value *out)
{
    return bytes_of(event, true, false, out);
}

static uint32_t bytes_out(const struct event *event, const struct field_ref *ref, struct value *out)
{
    return bytes_of(event, false, true, out);
}

static uint32_t count_get(const struct event *event, const struct field_ref *ref, struct value *out)
{
    return sv_eq(TEXT("eventName"), SV("GetObject")) ? field_u64(out, 1) : 0;
}

static uint32_t count_put(const struct event *event, const struct field_ref *ref, struct value *out)
{
    return sv_eq(TEXT("eventName"), SV("PutObject")) ? field_u64(out, 1) : 0;
}

static uint32_t count_other(const struct event *event, const struct field_ref *ref,
                            struct value *out)
{
    struct sv name = TEXT("eventName");

    if (event->json.node == NULL || sv_eq(name, SV("GetObject")) || sv_eq(name, SV("PutObject")))
        return 0;
    return field_u64(out, 1);
}

static bool write_s3_uri(struct buf *out, const struct event *event, const struct field_ref *ref)
{
    struct sv bucket = REQUEST("bucketName");
    struct sv key = REQUEST("key");

    if (bucket.ptr == NULL || key.ptr == NULL)
        return false;
    buf_str(out, "s3://");
    buf_sv(out, bucket);
    buf_char(out, '/');
    buf_sv(out, key);
    return true;
}

static uint32_t s3_uri(const struct event *event, const struct field_ref *ref, struct value *out)
{
    return field_written(event, ref, write_s3_uri, out);
}

/* --- EC2 ------------------------------------------------------------------------------------- */

static struct sv tag_name(const struct event *event, const struct json_node *item)
{
    const struct json_doc *doc = event->json.doc;
    const struct json_node *tags = json_get(doc, item, SV("tags"));

    if (!sv_eq(json_get_sv(doc, item, SV("resourceType")), SV("instance")) || tags == NULL ||
        tags->kind != JSON_ARRAY)
        return (struct sv){NULL, 0};
    for (const struct json_node *t = json_first(doc, tags); t != NULL;
         t = json_next(doc, tags, t)) {
        if (sv_eq(json_get_sv(doc, t, SV("key")), SV("Name")))
            return json_get_sv(doc, t, SV("value"));
    }
    return (struct sv){NULL, 0};
}

static uint32_t instance_name(const struct event *event, const struct field_ref *ref,
                              struct value *out)
{
    const struct json_doc *doc = event->json.doc;
    const struct json_node *items =
        event_json_at(event, JSON_PATH("requestParameters", "tagSpecificationSet", "items"));
    struct sv name = {NULL, 0};

    if (items == NULL || items->kind != JSON_ARRAY)
        return 0;
    for (const struct json_node *i = json_first(doc, items); i != NULL;
         i = json_next(doc, items, i)) {
        struct sv found = tag_name(event, i);
        name = found.len > 0 ? found : name;
    }
    return field_sv(out, name);
}

static uint32_t image_ids(const struct event *event, const struct field_ref *ref, struct value *out)
{
    if (event_json_at(event, JSON_PATH("responseElements", "instancesSet", "items")) != NULL)
        return event_json_values(
            event, ref,
            JSON_PATH("responseElements", "instancesSet", "items", JSON_EACH, "imageId"), out);
    if (ref->has_arg && ref->index != 0)
        return 0;

    struct sv id = REQUEST("imageId");
    if (id.len == 0)
        id =
            event_json_text(event, JSON_PATH("requestParameters", "DescribeFastLaunchImagesRequest",
                                             "ImageId", "content"));
    if (id.len == 0)
        id = event_json_text(event,
                             JSON_PATH("requestParameters", "launchSpecification", "imageId"));
    return field_sv(out, id);
}

static uint32_t image_id(const struct event *event, const struct field_ref *ref, struct value *out)
{
    struct value each[FIELD_VALUES_MAX];
    const struct field_ref first = {.field = ref->field, .has_arg = true, .index = 0};
    uint32_t count = image_ids(event, &first, each);

    *out = each[0];
    return count > 0;
}

/* --- all in one line ------------------------------------------------------------------------- */

static void write_detail(struct buf *out, const char *name, struct sv text)
{
    buf_char(out, ' ');
    buf_str(out, name);
    buf_char(out, '=');
    buf_sv(out, text);
}

/* What the call was about: the first that is known. */
static void write_object(struct buf *out, const struct event *event, const struct field_ref *ref)
{
    struct value total;

    if (bytes_of(event, true, true, &total) == 1) {
        buf_str(out, " Size=");
        buf_u64(out, total.u64);
    }
    if (REQUEST("bucketName").ptr != NULL && REQUEST("key").ptr != NULL) {
        buf_str(out, " URI=");
        (void)write_s3_uri(out, event, ref);
    } else if (REQUEST("bucketName").ptr != NULL) {
        write_detail(out, "Bucket", REQUEST("bucketName"));
    } else if (REQUEST("key").ptr != NULL) {
        write_detail(out, "Key", REQUEST("key"));
    } else if (REQUEST("Host").ptr != NULL) {
        write_detail(out, "Host", REQUEST("Host"));
    }
}

/* "alice via 1.2.3.4 !-> PutObject Size=5 URI=s3://b/k": an arrow to the right writes, ! failed. */
static bool write_info(struct buf *out, const struct event *event, const struct field_ref *ref)
{
    struct sv who = user_of(event);
    struct sv from = TEXT("sourceIPAddress");
    struct sv name = TEXT("eventName");
    struct value reads;

    if (who.len == 0 || from.len == 0 || name.len == 0)
        return false;
    buf_sv(out, who);
    if (!sv_eq(who, from)) {
        buf_str(out, " via ");
        buf_sv(out, from);
    }
    buf_str(out, event_json_at(event, JSON_PATH("errorCode")) != NULL ? " !" : " ");
    bool writes = truth_at(event, "readOnly", &reads) == 1 && sv_eq(reads.text, SV("false"));
    buf_str(out, writes ? "\xe2\x86\x92 " : "\xe2\x86\x90 ");
    buf_sv(out, name);
    write_object(out, event, ref);
    return true;
}

static uint32_t info(const struct event *event, const struct field_ref *ref, struct value *out)
{
    return field_written(event, ref, write_info, out);
}

/* --- the rows -------------------------------------------------------------------------------- */

#define SOURCE (1u << SOURCE_AWS_CLOUDTRAIL)
/* clang-format off */
#define ROW(name, arg, flags, meaning, ...) \
    FIELD_JSON_ROW(SOURCE, name, CHARBUF, arg, flags, field_json_path, meaning, __VA_ARGS__)
#define MADE(name, type, arg, flags, extract, meaning) \
    FIELD_ROW(SOURCE, name, type, arg, flags, extract, meaning)

static const struct field rows[] = {
    ROW("ct.addendum.originaleventid", NONE, 0,
        "addendum.originalEventID", "addendum", "originalEventID"),
    ROW("ct.addendum.originalrequestid", NONE, 0,
        "addendum.originalRequestID", "addendum", "originalRequestID"),
    ROW("ct.addendum.reason", NONE, 0, "addendum.reason", "addendum", "reason"),
    ROW("ct.addendum.updatedfields", NONE, 0,
        "addendum.updatedFields", "addendum", "updatedFields"),
    ROW("ct.additionaleventdata", NONE, 0,
        "additionalEventData, as JSON text", "additionalEventData"),
    ROW("ct.apiversion", NONE, 0, "apiVersion", "apiVersion"),
    ROW("ct.edgedevicedetails", NONE, 0, "edgeDeviceDetails", "edgeDeviceDetails"),
    ROW("ct.error", NONE, 0, "errorCode", "errorCode"),
    ROW("ct.errormessage", NONE, 0, "errorMessage", "errorMessage"),
    ROW("ct.eventcategory", NONE, 0, "eventCategory", "eventCategory"),
    ROW("ct.eventtype", NONE, 0, "eventType", "eventType"),
    ROW("ct.id", NONE, 0, "eventID", "eventID"),
    MADE("ct.info", CHARBUF, NONE, 0, info, "one line: who did what from where"),
    MADE("ct.managementevent", CHARBUF, NONE, 0, management_event,
        "managementEvent: true or false"),
    ROW("ct.name", NONE, 0, "eventName", "eventName"),
    MADE("ct.originaluser", CHARBUF, NONE, 0, original_user,
        "who: the session name for AssumedRole, else userIdentity.userName"),
    MADE("ct.readonly", CHARBUF, NONE, 0, read_only, "readOnly: true or false"),
    ROW("ct.recipientaccountid", NONE, 0, "recipientAccountId", "recipientAccountId"),
    ROW("ct.region", NONE, 0, "awsRegion", "awsRegion"),
    ROW("ct.request", NONE, 0, "requestParameters, as JSON text", "requestParameters"),
    ROW("ct.request.availabilityzone", NONE, 0,
        "requestParameters.availabilityZone", "requestParameters", "availabilityZone"),
    ROW("ct.request.cluster", NONE, 0, "requestParameters.cluster", "requestParameters", "cluster"),
    MADE("ct.request.documentname", CHARBUF, NONE, 0, document_name,
        "requestParameters.documentName"),
    ROW("ct.request.functionname", NONE, 0,
        "requestParameters.functionName", "requestParameters", "functionName"),
    ROW("ct.request.groupname", NONE, 0,
        "requestParameters.groupName", "requestParameters", "groupName"),
    ROW("ct.request.host", NONE, 0, "requestParameters.Host", "requestParameters", "Host"),
    ROW("ct.request.name", NONE, 0, "requestParameters.name", "requestParameters", "name"),
    ROW("ct.request.policy", NONE, 0, "requestParameters.policy", "requestParameters", "policy"),
    ROW("ct.request.reason", NONE, 0, "requestParameters.reason", "requestParameters", "reason"),
    ROW("ct.request.serialnumber", NONE, 0,
        "requestParameters.serialNumber", "requestParameters", "serialNumber"),
    ROW("ct.request.servicename", NONE, 0,
        "requestParameters.serviceName", "requestParameters", "serviceName"),
    ROW("ct.request.subnetid", NONE, 0,
        "requestParameters.subnetId", "requestParameters", "subnetId"),
    ROW("ct.request.target", NONE, 0, "requestParameters.target", "requestParameters", "target"),
    ROW("ct.request.taskdefinition", NONE, 0,
        "requestParameters.taskDefinition", "requestParameters", "taskDefinition"),
    ROW("ct.request.username", NONE, 0,
        "requestParameters.userName", "requestParameters", "userName"),
    ROW("ct.requestid", NONE, 0, "requestID", "requestID"),
    MADE("ct.resources", CHARBUF, NONE, 0, resources, "resources, as JSON texts joined by commas"),
    ROW("ct.response", NONE, 0, "responseElements, as JSON text", "responseElements"),
    ROW("ct.response.reservationid", NONE, 0,
        "responseElements.reservationId", "responseElements", "reservationId"),
    ROW("ct.response.subnetid", NONE, 0,
        "responseElements.subnetId", "responseElements", "subnetId"),
    ROW("ct.serviceeventdetails", NONE, 0, "serviceEventDetails", "serviceEventDetails"),
    MADE("ct.sessioncredentialfromconsole", CHARBUF, NONE, 0, from_console,
        "sessionCredentialFromConsole: true or false"),
    ROW("ct.sharedeventid", NONE, 0, "sharedEventID", "sharedEventID"),
    MADE("ct.shortsrc", CHARBUF, NONE, 0, short_source, "eventSource without .amazonaws.com"),
    ROW("ct.src", NONE, 0, "eventSource", "eventSource"),
    ROW("ct.srcip", NONE, 0, "sourceIPAddress", "sourceIPAddress"),
    ROW("ct.time", NONE, 0, "eventTime", "eventTime"),
    ROW("ct.tlsdetails.ciphersuite", NONE, 0,
        "tlsDetails.cipherSuite", "tlsDetails", "cipherSuite"),
    ROW("ct.tlsdetails.clientprovidedhostheader", NONE, 0,
        "tlsDetails.clientProvidedHostHeader", "tlsDetails", "clientProvidedHostHeader"),
    ROW("ct.tlsdetails.tlsversion", NONE, 0, "tlsDetails.tlsVersion", "tlsDetails", "tlsVersion"),
    MADE("ct.user", CHARBUF, NONE, 0, user, "who: userIdentity.userName, the role for AssumedRole"),
    MADE("ct.user.accountid", CHARBUF, NONE, 0, account,
        "userIdentity.accountId, else recipientAccountId"),
    ROW("ct.user.arn", NONE, 0, "userIdentity.arn", "userIdentity", "arn"),
    ROW("ct.user.identitytype", NONE, 0, "userIdentity.type", "userIdentity", "type"),
    ROW("ct.user.principalid", NONE, 0, "userIdentity.principalId", "userIdentity", "principalId"),
    ROW("ct.useragent", NONE, 0, "userAgent", "userAgent"),
    ROW("ct.vpcendpointid", NONE, 0, "vpcEndpointId", "vpcEndpointId"),
    MADE("ec2.imageid", CHARBUF, NONE, FIELD_DEPRECATED, image_id, "the first of ec2.imageids"),
    MADE("ec2.imageids", CHARBUF, INDEX_OR_NONE, FIELD_LIST, image_ids, "images of the instances"),
    MADE("ec2.name", CHARBUF, NONE, 0, instance_name, "tag Name of the instances asked for"),
    ROW("ecr.imagetag", NONE, 0, "requestParameters.imageTag", "requestParameters", "imageTag"),
    ROW("ecr.repository", NONE, 0,
        "requestParameters.repositoryName", "requestParameters", "repositoryName"),
    ROW("iam.policy", NONE, 0, "requestParameters.policyName", "requestParameters", "policyName"),
    ROW("iam.role", NONE, 0, "requestParameters.roleName", "requestParameters", "roleName"),
    ROW("s3.bucket", NONE, 0, "requestParameters.bucketName", "requestParameters", "bucketName"),
    MADE("s3.bytes", UINT64, NONE, 0, bytes, "bytes in and out"),
    MADE("s3.bytes.in", UINT64, NONE, 0, bytes_in, "additionalEventData.bytesTransferredIn"),
    MADE("s3.bytes.out", UINT64, NONE, 0, bytes_out, "additionalEventData.bytesTransferredOut"),
    MADE("s3.cnt.get", UINT64, NONE, 0, count_get, "1 for GetObject"),
    MADE("s3.cnt.other", UINT64, NONE, 0, count_other, "1 for any other event"),
    MADE("s3.cnt.put", UINT64, NONE, 0, count_put, "1 for PutObject"),
    ROW("s3.key", NONE, 0, "requestParameters.key", "requestParameters", "key"),
    MADE("s3.uri", CHARBUF, NONE, 0, s3_uri, "s3://BUCKET/KEY of the request"),
};
/* clang-format on */

const struct field_table field_table_aws = FIELD_TABLE("AWS CloudTrail", rows);
