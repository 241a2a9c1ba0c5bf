/* Fields of records that come as JSON: a row each, and one for each quirk. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "event/field.h"
#include "tests/unit/test.h"

#define SPEC(spec) "{\"requestObject\":{\"spec\":{" spec "}}}"
#define PODS(list, spec) SPEC("\"" list "\":[" spec "]")
#define ABSENT "<NA>"

struct row {
    const char *field, *json, *text;
    bool quirks;
};

static void check_rows(enum event_source source, const struct row *row, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf out = {0};
        struct json_doc doc;
        struct field_ref ref;
        struct err err;

        test_row(row[i].field);
        CHECK_INT(json_parse(sv(row[i].json), arena, &doc, &err), 0);
        CHECK_INT(field_ref_parse(sv(row[i].field), &ref), FIELD_REF_FINE);
        struct event event = {
            .source = source,
            .type = EVENT_PLUGIN,
            .time_ns = 1700000000000000001,
            .json = {.doc = &doc, .node = doc.node, .quirks = row[i].quirks},
            .scratch = arena,
        };
        field_print(&out, &event, &ref);
        CHECK_STR(buf_cstr(&out), row[i].text);

        event.json.node = NULL; /* no record: nothing, whatever the field */
        buf_reset(&out);
        field_print(&out, &event, &ref);
        CHECK_STR(buf_cstr(&out), ABSENT);
    }
}

static void k8s_audit(void **state)
{
    static const struct row rows[] = {
        {"ka.auditid", "{\"auditID\":\"a-1\"}", "a-1"},
        {"ka.auditid", "{\"auditID\":7}", "7"},
        {"ka.auditid", "{}", ABSENT},
        {"ka.auditid", "{\"auditID\":null}", ABSENT},
        {"ka.auditid", "{\"auditID\":\"\"}", ""},
        {"ka.auditid", "[]", ABSENT},
        {"ka.auth.decision", "{\"annotations\":{\"authorization.k8s.io/decision\":\"allow\"}}",
         "allow"},
        {"ka.auth.reason", "{\"annotations\":{\"authorization.k8s.io/reason\":\"RBAC: x\"}}",
         "RBAC: x"},
        {"ka.auth.openshift.decision",
         "{\"annotations\":{\"authentication.openshift.io/decision\":\"deny\"}}", "deny"},
        {"ka.auth.openshift.username",
         "{\"annotations\":{\"authentication.openshift.io/username\":\"u\"}}", "u"},
        {"ka.cluster.name", "{\"annotations\":{\"cluster_name\":\"prod\"}}", "prod"},
        {"ka.impuser.name", "{\"impersonatedUser\":{\"username\":\"root\"}}", "root"},
        {"ka.req.binding.role", "{\"requestObject\":{\"roleRef\":{\"name\":\"admin\"}}}", "admin"},
        {"ka.req.binding.subject.has_name[x]", "{}", "true"},
        {"ka.req.binding.subjects",
         "{\"requestObject\":{\"subjects\":[{\"kind\":\"User\", \"name\":\"a\"}]}}",
         "({\"kind\":\"User\",\"name\":\"a\"})"},
        {"ka.req.binding.subjects.user_names",
         "{\"requestObject\":{\"subjects\":[{\"kind\":\"User\",\"name\":\"a\"},{\"kind\":\"Group\","
         "\"name\":\"g\"},{\"kind\":\"User\"},{\"kind\":\"User\",\"name\":\"b\"}]}}",
         "(a,b)"},
        {"ka.req.binding.subjects.user_names", "{\"requestObject\":{\"subjects\":{}}}", ABSENT},
        {"ka.req.binding.subjects.group_names",
         "{\"requestObject\":{\"subjects\":[{\"kind\":\"Group\",\"name\":\"system:masters\"}]}}",
         "(system:masters)"},
        {"ka.req.binding.subjects.serviceaccount_names",
         "{\"requestObject\":{\"subjects\":[{\"kind\":\"ServiceAccount\",\"name\":\"s\","
         "\"namespace\":\"n\"}]}}",
         "(s)"},
        {"ka.req.binding.subjects.serviceaccount_ns_names",
         "{\"requestObject\":{\"subjects\":[{\"kind\":\"ServiceAccount\",\"name\":\"s\","
         "\"namespace\":\"n\"},{\"kind\":\"ServiceAccount\",\"name\":\"t\"}]}}",
         "(n:s)"},
        {"ka.req.configmap.name", "{\"objectRef\":{\"name\":\"cm\"}}", "cm"},
        {"ka.req.configmap.obj", "{\"requestObject\":{\"data\":{\"k\": [1, true]}}}",
         "{\"k\":[1,true]}"},
        {"ka.req.container.host_network", SPEC("\"hostNetwork\":true"), "true"},
        {"ka.req.container.image", PODS("containers", "{\"image\":\"a\"},{\"image\":\"b\"}"), "a"},
        {"ka.req.container.image.repository", PODS("containers", "{\"image\":\"r/a:1@sha256:0\"}"),
         "r/a"},
        {"ka.req.container.image.repository", PODS("containers", "{\"image\":\"host:5000/app:1\"}"),
         "host:5000/app"},
        {"ka.req.container.image.repository", PODS("containers", "{\"image\":\"host:5000/app:1\"}"),
         "host", .quirks = true},
        {"ka.req.container.privileged",
         PODS("containers", "{},{\"securityContext\":{\"privileged\":true}}"), "true"},
        {"ka.req.container.privileged", PODS("containers", "{}"), "false"},
        {"ka.req.container.privileged", "{}", ABSENT},
        {"ka.req.pod.containers.args",
         PODS("containers", "{\"args\":[\"a\",\"b c\"]},{},{\"args\":[\"d\"]}"), "(a b c,d)"},
        {"ka.req.pod.containers.args[0]",
         PODS("containers", "{\"args\":[\"a\"]},{\"args\":[\"d\"]}"), "(a)"},
        {"ka.req.pod.containers.args[2]", PODS("containers", "{\"args\":[\"a\"]}"), ABSENT},
        {"ka.req.pod.containers.command", PODS("containers", "{\"command\":[\"sh\",\"-c\",\"x\"]}"),
         "(sh -c x)"},
        {"ka.req.pod.containers.command", PODS("containers", "{\"command\":[1]}"), ABSENT},
        {"ka.req.pod.containers.name", PODS("containers", "{\"name\":\"a\"},{\"name\":\"b\"}"),
         "(a,b)"},
        {"ka.req.pod.containers.name[1]", PODS("containers", "{\"name\":\"a\"},{\"name\":\"b\"}"),
         "(b)"},
        {"ka.req.pod.containers.image", PODS("containers", "{\"image\":\"a\"},{\"image\":\"b\"}"),
         "(a,b)"},
        {"ka.req.pod.containers.image.repository",
         PODS("containers", "{\"image\":\"q.io/a@sha256:0\"},{\"image\":\"b:2\"}"), "(q.io/a,b)"},
        {"ka.req.pod.containers.host_port",
         PODS("containers", "{\"ports\":[{\"hostPort\":80,\"containerPort\":8080},"
                            "{\"containerPort\":443},{}]}"),
         "(80,443)"},
        {"ka.req.pod.containers.privileged",
         PODS("containers", "{},{\"securityContext\":{\"privileged\":true}}"), "(true)"},
        {"ka.req.pod.containers.allow_privilege_escalation",
         PODS("containers", "{\"securityContext\":{\"allowPrivilegeEscalation\":false}}"),
         "(false)"},
        {"ka.req.pod.containers.read_only_fs",
         PODS("containers", "{\"securityContext\":{\"readOnlyRootFilesystem\":true}}"), "(true)"},
        {"ka.req.pod.containers.run_as_user",
         PODS("containers", "{\"securityContext\":{\"runAsUser\":1000}}"), "(1000)"},
        {"ka.req.pod.containers.run_as_group",
         PODS("containers", "{\"securityContext\":{\"runAsGroup\":5}}"), "(5)"},
        {"ka.req.pod.containers.eff_run_as_user",
         PODS("containers", "{\"securityContext\":{\"runAsUser\":7}},{}"), "(7,0)"},
        {"ka.req.pod.containers.eff_run_as_user",
         SPEC("\"securityContext\":{\"runAsUser\":9},\"containers\":[{}]"), "(9)"},
        {"ka.req.pod.containers.eff_run_as_user",
         SPEC("\"securityContext\":{\"runAsUser\":9},\"containers\":[{}]"), "(0)", .quirks = true},
        {"ka.req.pod.containers.eff_run_as_group",
         SPEC("\"securityContext\":{\"runAsGroup\":9},\"containers\":[{},{\"securityContext\":{"
              "\"runAsGroup\":3}}]"),
         "(9,3)"},
        {"ka.req.pod.containers.eff_run_as_group",
         SPEC("\"runAsGroup\":2,\"containers\":[{\"runAsGroup\":4},{}]"), "(4,2)", .quirks = true},
        {"ka.req.pod.containers.proc_mount",
         PODS("containers", "{\"securityContext\":{\"procMount\":\"Unmasked\"}}"), "(Unmasked)"},
        {"ka.req.pod.containers.add_capabilities",
         PODS("containers", "{\"securityContext\":{\"capabilities\":{\"add\":[\"A\",\"B\"]}}},"
                            "{\"securityContext\":{\"capabilities\":{\"add\":[\"C\"]}}}"),
         "(A,B,C)"},
        {"ka.req.pod.containers.add_capabilities",
         PODS("containers", "{\"securityContext\":{\"capabilities\":{\"add\":[\"A\",\"B\"]}}}"),
         "([\"A\",\"B\"])", .quirks = true},
        {"ka.req.pod.initContainers.name", PODS("initContainers", "{\"name\":\"i\"}"), "(i)"},
        {"ka.req.pod.initContainers.host_port",
         PODS("initContainers", "{\"ports\":[{\"hostPort\":1}]}"), "(1)"},
        {"ka.req.pod.ephemeralContainers.image", PODS("ephemeralContainers", "{\"image\":\"e\"}"),
         "(e)"},
        {"ka.req.pod.fs_group", SPEC("\"securityContext\":{\"fsGroup\":2000}"), "2000"},
        {"ka.req.pod.host_ipc", SPEC("\"hostIPC\":true"), "true"},
        {"ka.req.pod.host_network", SPEC("\"hostNetwork\":false"), "false"},
        {"ka.req.pod.host_pid", SPEC("\"hostPID\":true"), "true"},
        {"ka.req.pod.run_as_user", SPEC("\"securityContext\":{\"runAsUser\":1}"), "1"},
        {"ka.req.pod.run_as_group", SPEC("\"securityContext\":{\"runAsGroup\":2}"), "2"},
        {"ka.req.pod.supplemental_groups",
         SPEC("\"securityContext\":{\"supplementalGroups\":[1,2]}"), "(1,2)"},
        {"ka.req.pod.volumes.hostpath",
         SPEC("\"volumes\":[{\"hostPath\":{\"path\":\"/etc\"}},{\"name\":\"x\"}]"), "(/etc)"},
        {"ka.req.pod.volumes.flexvolume_driver",
         SPEC("\"volumes\":[{\"flexVolume\":{\"driver\":\"d\"}}]"), "(d)"},
        {"ka.req.pod.volumes.volume_type",
         SPEC("\"volumes\":[{\"name\":\"x\",\"secret\":{}},{\"emptyDir\":{},\"name\":\"y\"}]"),
         "(secret,emptyDir)"},
        {"ka.req.pod.volumes.volume_type[1]",
         SPEC("\"volumes\":[{\"name\":\"x\",\"secret\":{}},{\"emptyDir\":{},\"name\":\"y\"}]"),
         "(emptyDir)"},
        {"ka.req.volume.hostpath[/etc]", SPEC("\"volumes\":[{\"hostPath\":{\"path\":\"/etc\"}}]"),
         "true"},
        {"ka.req.volume.hostpath[/et*]", SPEC("\"volumes\":[{\"hostPath\":{\"path\":\"/etc\"}}]"),
         "true"},
        {"ka.req.volume.hostpath[/et]", SPEC("\"volumes\":[{\"hostPath\":{\"path\":\"/etc\"}}]"),
         "false"},
        {"ka.req.volume.hostpath[/et]", SPEC(""), ABSENT},
        {"ka.req.role.rules", "{\"requestObject\":{\"rules\":[{\"verbs\":[\"get\"]}]}}",
         "({\"verbs\":[\"get\"]})"},
        {"ka.req.role.rules.verbs",
         "{\"requestObject\":{\"rules\":[{\"verbs\":[\"get\",\"*\"]},{\"verbs\":[\"list\"]}]}}",
         "(get,*,list)"},
        {"ka.req.role.rules.verbs[1]",
         "{\"requestObject\":{\"rules\":[{\"verbs\":[\"get\",\"*\"]},{\"verbs\":[\"list\"]}]}}",
         "(list)"},
        {"ka.req.role.rules.apiGroups",
         "{\"requestObject\":{\"rules\":[{\"apiGroups\":[\"\",\"apps\"]}]}}", "(,apps)"},
        {"ka.req.role.rules.resources",
         "{\"requestObject\":{\"rules\":[{\"resources\":[\"pods/exec\"]}]}}", "(pods/exec)"},
        {"ka.req.role.rules.nonResourceURLs",
         "{\"requestObject\":{\"rules\":[{\"nonResourceURLs\":[\"/healthz\"]}]}}", "(/healthz)"},
        {"ka.req.service.ports", SPEC("\"ports\":[{\"port\":80},{\"port\":443}]"),
         "({\"port\":80},{\"port\":443})"},
        {"ka.req.service.type", SPEC("\"type\":\"NodePort\""), "NodePort"},
        {"ka.resp.name", "{\"responseObject\":{\"metadata\":{\"name\":\"n\"}}}", "n"},
        {"ka.response.code", "{\"responseStatus\":{\"code\":403}}", "403"},
        {"ka.response.reason", "{\"responseStatus\":{\"reason\":\"Forbidden\"}}", "Forbidden"},
        {"ka.security.pod.violations",
         "{\"annotations\":{\"pod-security.kubernetes.io/audit-violations\":\"v\"}}", "v"},
        {"ka.validations.admission.policy.failure",
         "{\"annotations\":{\"validation.policy.admission.k8s.io/validation_failure\":\"f\"}}",
         "f"},
        {"ka.sourceips", "{\"sourceIPs\":[\"10.0.0.1\",\"10.0.0.2\"]}", "(10.0.0.1,10.0.0.2)"},
        {"ka.sourceips[1]", "{\"sourceIPs\":[\"10.0.0.1\",\"10.0.0.2\"]}", "(10.0.0.2)"},
        {"ka.sourceips", "{\"sourceIPs\":[\"10.0.0.1\"]}", ABSENT, .quirks = true},
        {"ka.stage", "{\"stage\":\"ResponseComplete\"}", "ResponseComplete"},
        {"ka.target.name", "{\"objectRef\":{\"name\":\"n\"}}", "n"},
        {"ka.target.namespace", "{\"objectRef\":{\"namespace\":\"ns\"}}", "ns"},
        {"ka.target.resource", "{\"objectRef\":{\"resource\":\"pods\"}}", "pods"},
        {"ka.target.subresource", "{\"objectRef\":{\"subresource\":\"exec\"}}", "exec"},
        {"ka.target.pod.name",
         "{\"objectRef\":{\"resource\":\"pods\"},\"responseObject\":{\"metadata\":{\"name\":\"p\"}"
         "}}",
         "p"},
        {"ka.target.pod.name",
         "{\"objectRef\":{\"resource\":\"pods\",\"subresource\":\"exec\"},\"responseObject\":{"
         "\"metadata\":{\"name\":\"p\"}}}",
         ABSENT},
        {"ka.target.pod.name",
         "{\"objectRef\":{\"resource\":\"services\"},\"responseObject\":{\"metadata\":{\"name\":"
         "\"p\"}}}",
         ABSENT},
        {"ka.uri", "{\"requestURI\":\"/api/v1/pods?limit=5\"}", "/api/v1/pods?limit=5"},
        {"ka.uri.param[command]", "{\"requestURI\":\"/x?container=a&command=ls%20-l&command=b\"}",
         "ls -l"},
        {"ka.uri.param[a]", "{\"requestURI\":\"/x?a=b+c#f\"}", "b c"},
        {"ka.uri.param[a]", "{\"requestURI\":\"/x?a=%4\"}", "%4"},
        {"ka.uri.param[a]", "{\"requestURI\":\"/x?b=1\"}", ABSENT},
        {"ka.uri.param[a]", "{\"requestURI\":\"/x\"}", ABSENT},
        {"ka.user.groups", "{\"user\":{\"groups\":[\"a\",\"b\"]}}", "(a,b)"},
        {"ka.user.groups", "{\"user\":{\"groups\":\"a\"}}", ABSENT},
        {"ka.user.name", "{\"user\":{\"username\":\"alice\"}}", "alice"},
        {"ka.useragent", "{\"userAgent\":\"kubectl\"}", "kubectl"},
        {"ka.verb", "{\"verb\":\"create\"}", "create"},
    };

    check_rows(SOURCE_K8S_AUDIT, rows, ARRAY_LEN(rows));
}

#define USER(identity) "{\"userIdentity\":{" identity "}}"
#define REQUEST(parameters) "{\"requestParameters\":{" parameters "}}"

static void cloudtrail(void **state)
{
    static const struct row rows[] = {
        {"ct.id", "{\"eventID\":\"e\"}", "e"},
        {"ct.error", "{\"errorCode\":\"AccessDenied\"}", "AccessDenied"},
        {"ct.errormessage", "{\"errorMessage\":\"no\"}", "no"},
        {"ct.time", "{\"eventTime\":\"2023-07-10T11:45:00Z\"}", "2023-07-10T11:45:00Z"},
        {"ct.src", "{\"eventSource\":\"s3.amazonaws.com\"}", "s3.amazonaws.com"},
        {"ct.shortsrc", "{\"eventSource\":\"s3.amazonaws.com\"}", "s3"},
        {"ct.shortsrc", "{\"eventSource\":\"other.example\"}", "other.example"},
        {"ct.name", "{\"eventName\":\"PutObject\"}", "PutObject"},
        {"ct.user", USER("\"type\":\"IAMUser\",\"userName\":\"alice\""), "alice"},
        {"ct.user", USER("\"type\":\"Root\",\"userName\":\"r\""), "r"},
        {"ct.user", USER("\"type\":\"AWSService\",\"invokedBy\":\"ec2.amazonaws.com\""),
         "ec2.amazonaws.com"},
        {"ct.user",
         USER("\"type\":\"AssumedRole\",\"sessionContext\":{\"sessionIssuer\":{\"userName\":"
              "\"role\"}}"),
         "role"},
        {"ct.user", USER("\"type\":\"AssumedRole\""), "AssumedRole"},
        {"ct.user", USER("\"type\":\"AWSAccount\""), "AWSAccount"},
        {"ct.user", USER("\"type\":\"FederatedUser\""), "FederatedUser"},
        {"ct.user", USER("\"type\":\"SAMLUser\",\"userName\":\"x\""), ABSENT},
        {"ct.originaluser",
         USER("\"type\":\"AssumedRole\",\"arn\":\"arn:aws:sts::1:assumed-role/r/session\""),
         "session"},
        {"ct.originaluser", USER("\"type\":\"AssumedRole\",\"principalId\":\"AROA:me\""), "me"},
        {"ct.originaluser", USER("\"type\":\"AssumedRole\",\"arn\":\"a/b\""), ABSENT},
        {"ct.originaluser", USER("\"type\":\"IAMUser\",\"userName\":\"alice\""), "alice"},
        {"ct.user.accountid", USER("\"accountId\":\"123\""), "123"},
        {"ct.user.accountid", "{\"recipientAccountId\":\"456\"}", "456"},
        {"ct.user.identitytype", USER("\"type\":\"IAMUser\""), "IAMUser"},
        {"ct.user.principalid", USER("\"principalId\":\"p\""), "p"},
        {"ct.user.arn", USER("\"arn\":\"arn:x\""), "arn:x"},
        {"ct.region", "{\"awsRegion\":\"us-east-1\"}", "us-east-1"},
        {"ct.response.subnetid", "{\"responseElements\":{\"subnetId\":\"s\"}}", "s"},
        {"ct.response.reservationid", "{\"responseElements\":{\"reservationId\":\"r\"}}", "r"},
        {"ct.response", "{\"responseElements\":{\"a\": 1}}", "{\"a\":1}"},
        {"ct.response", "{\"responseElements\":null}", ABSENT},
        {"ct.request.availabilityzone", REQUEST("\"availabilityZone\":\"z\""), "z"},
        {"ct.request.cluster", REQUEST("\"cluster\":\"c\""), "c"},
        {"ct.request.functionname", REQUEST("\"functionName\":\"f\""), "f"},
        {"ct.request.groupname", REQUEST("\"groupName\":\"g\""), "g"},
        {"ct.request.host", REQUEST("\"Host\":\"h\""), "h"},
        {"ct.request.host", REQUEST("\"Host\":[\"h\"]"), "[\"h\"]"},
        {"ct.request.name", REQUEST("\"name\":\"n\""), "n"},
        {"ct.request.policy", REQUEST("\"policy\":\"p\""), "p"},
        {"ct.request.reason", REQUEST("\"reason\":\"r\""), "r"},
        {"ct.request.target", REQUEST("\"target\":\"t\""), "t"},
        {"ct.request.documentname", REQUEST("\"documentName\":\"d\""), "d"},
        {"ct.request.documentname", REQUEST("\"documentName\":\"d\""), ABSENT, .quirks = true},
        {"ct.request.serialnumber", REQUEST("\"serialNumber\":\"s\""), "s"},
        {"ct.request.servicename", REQUEST("\"serviceName\":\"s\""), "s"},
        {"ct.request.subnetid", REQUEST("\"subnetId\":\"s\""), "s"},
        {"ct.request.taskdefinition", REQUEST("\"taskDefinition\":\"t\""), "t"},
        {"ct.request.username", REQUEST("\"userName\":\"u\""), "u"},
        {"ct.request", REQUEST("\"a\":\"\\u00e9\""), "{\"a\":\"\xc3\xa9\"}"},
        {"ct.srcip", "{\"sourceIPAddress\":\"1.2.3.4\"}", "1.2.3.4"},
        {"ct.useragent", "{\"userAgent\":\"aws-cli\"}", "aws-cli"},
        {"ct.info",
         "{\"userIdentity\":{\"type\":\"IAMUser\",\"userName\":\"alice\"},\"sourceIPAddress\":\"1.2."
         "3.4\",\"eventName\":\"GetObject\",\"readOnly\":true,\"requestParameters\":{\"bucketName\""
         ":\"b\",\"key\":\"k\"},\"additionalEventData\":{\"bytesTransferredOut\":33.0}}",
         "alice via 1.2.3.4 \xe2\x86\x90 GetObject Size=33 URI=s3://b/k"},
        {"ct.info",
         "{\"userIdentity\":{\"type\":\"AWSService\",\"invokedBy\":\"s\"},\"sourceIPAddress\":\"s\","
         "\"eventName\":\"X\",\"readOnly\":false,\"errorCode\":\"E\",\"requestParameters\":{"
         "\"bucketName\":\"b\"}}",
         "s !\xe2\x86\x92 X Bucket=b"},
        {"ct.managementevent", "{\"managementEvent\":true}", "true"},
        {"ct.readonly", "{\"readOnly\":false}", "false"},
        {"ct.readonly", "{\"readOnly\":\"true\"}", "true"},
        {"ct.readonly", "{\"eventName\":\"DeleteTrail\"}", ABSENT},
        {"ct.requestid", "{\"requestID\":\"r\"}", "r"},
        {"ct.eventtype", "{\"eventType\":\"AwsApiCall\"}", "AwsApiCall"},
        {"ct.apiversion", "{\"apiVersion\":\"v\"}", "v"},
        {"ct.resources", "{\"resources\":[{\"a\":1},{\"b\":2}]}", "{\"a\":1},{\"b\":2}"},
        {"ct.resources", "{\"resources\":[]}", ABSENT},
        {"ct.recipientaccountid", "{\"recipientAccountId\":\"1\"}", "1"},
        {"ct.serviceeventdetails", "{\"serviceEventDetails\":{\"x\":1}}", "{\"x\":1}"},
        {"ct.sharedeventid", "{\"sharedEventID\":\"s\"}", "s"},
        {"ct.vpcendpointid", "{\"vpcEndpointId\":\"v\"}", "v"},
        {"ct.eventcategory", "{\"eventCategory\":\"Management\"}", "Management"},
        {"ct.addendum.reason", "{\"addendum\":{\"reason\":\"r\"}}", "r"},
        {"ct.addendum.updatedfields", "{\"addendum\":{\"updatedFields\":\"u\"}}", "u"},
        {"ct.addendum.originalrequestid", "{\"addendum\":{\"originalRequestID\":\"o\"}}", "o"},
        {"ct.addendum.originaleventid", "{\"addendum\":{\"originalEventID\":\"o\"}}", "o"},
        {"ct.sessioncredentialfromconsole", "{\"sessionCredentialFromConsole\":\"true\"}", "true"},
        {"ct.sessioncredentialfromconsole", "{\"sessionCredentialFromConsole\":\"true\"}", "false",
         .quirks = true},
        {"ct.sessioncredentialfromconsole", "{\"sessionCredentialFromConsole\":true}", "true",
         .quirks = true},
        {"ct.edgedevicedetails", "{\"edgeDeviceDetails\":\"e\"}", "e"},
        {"ct.tlsdetails.tlsversion", "{\"tlsDetails\":{\"tlsVersion\":\"TLSv1.3\"}}", "TLSv1.3"},
        {"ct.tlsdetails.ciphersuite", "{\"tlsDetails\":{\"cipherSuite\":\"c\"}}", "c"},
        {"ct.tlsdetails.clientprovidedhostheader",
         "{\"tlsDetails\":{\"clientProvidedHostHeader\":\"h\"}}", "h"},
        {"ct.additionaleventdata", "{\"additionalEventData\":{\"MFAUsed\":\"No\"}}",
         "{\"MFAUsed\":\"No\"}"},
        {"s3.bucket", REQUEST("\"bucketName\":\"b\""), "b"},
        {"s3.key", REQUEST("\"key\":\"k\""), "k"},
        {"s3.uri", REQUEST("\"bucketName\":\"b\",\"key\":\"k/l\""), "s3://b/k/l"},
        {"s3.uri", REQUEST("\"bucketName\":\"b\""), ABSENT},
        {"s3.bytes",
         "{\"additionalEventData\":{\"bytesTransferredIn\":2,\"bytesTransferredOut\":33.0}}", "35"},
        {"s3.bytes", "{\"additionalEventData\":{\"bytesTransferredIn\":-2}}", "0"},
        {"s3.bytes.in", "{\"additionalEventData\":{\"bytesTransferredIn\":2}}", "2"},
        {"s3.bytes.out", "{\"additionalEventData\":{\"bytesTransferredIn\":2}}", ABSENT},
        {"s3.cnt.get", "{\"eventName\":\"GetObject\"}", "1"},
        {"s3.cnt.put", "{\"eventName\":\"PutObject\"}", "1"},
        {"s3.cnt.put", "{\"eventName\":\"GetObject\"}", ABSENT},
        {"s3.cnt.other", "{\"eventName\":\"ListBuckets\"}", "1"},
        {"s3.cnt.other", "{\"eventName\":\"PutObject\"}", ABSENT},
        {"ec2.name",
         REQUEST("\"tagSpecificationSet\":{\"items\":[{\"resourceType\":\"instance\",\"tags\":[{"
                 "\"key\":\"Name\",\"value\":\"web\"}]}]}"),
         "web"},
        {"ec2.imageids",
         "{\"responseElements\":{\"instancesSet\":{\"items\":[{\"imageId\":\"a\"},{\"imageId\":\"b"
         "\"}]}}}",
         "(a,b)"},
        {"ec2.imageids[1]",
         "{\"responseElements\":{\"instancesSet\":{\"items\":[{\"imageId\":\"a\"},{\"imageId\":\"b"
         "\"}]}}}",
         "(b)"},
        {"ec2.imageids", REQUEST("\"imageId\":\"ami\""), "(ami)"},
        {"ec2.imageids[1]", REQUEST("\"imageId\":\"ami\""), ABSENT},
        {"ec2.imageids",
         REQUEST("\"DescribeFastLaunchImagesRequest\":{\"ImageId\":{\"content\":\"f\"}}"), "(f)"},
        {"ec2.imageid", REQUEST("\"launchSpecification\":{\"imageId\":\"l\"}"), "l"},
        {"ec2.imageid", "{}", ABSENT},
        {"ecr.repository", REQUEST("\"repositoryName\":\"r\""), "r"},
        {"ecr.imagetag", REQUEST("\"imageTag\":\"t\""), "t"},
        {"iam.role", REQUEST("\"roleName\":\"r\""), "r"},
        {"iam.policy", REQUEST("\"policyName\":\"p\""), "p"},
    };

    check_rows(SOURCE_AWS_CLOUDTRAIL, rows, ARRAY_LEN(rows));
}

#define PAYLOAD(payload) "{\"protoPayload\":{" payload "}}"
#define LABELS(labels) "{\"resource\":{\"labels\":{" labels "}}}"

static void gcp_auditlog(void **state)
{
    static const struct row rows[] = {
        {"gcp.user", PAYLOAD("\"authenticationInfo\":{\"principalEmail\":\"a@b\"}"), "a@b"},
        {"gcp.callerIP", PAYLOAD("\"requestMetadata\":{\"callerIp\":\"1.2.3.4\"}"), "1.2.3.4"},
        {"gcp.userAgent", PAYLOAD("\"requestMetadata\":{\"callerSuppliedUserAgent\":\"u\"}"), "u"},
        {"gcp.authorizationInfo", PAYLOAD("\"authorizationInfo\":[{\"granted\":true}]"),
         "[{\"granted\":true}]"},
        {"gcp.authorizationInfo", PAYLOAD("\"authorizationInfo\":[]"), "", .quirks = true},
        {"gcp.serviceName", PAYLOAD("\"serviceName\":\"k8s.io\""), "k8s.io"},
        {"gcp.request", PAYLOAD("\"request\":{\"a\":1}"), "{\"a\":1}"},
        {"gcp.request", PAYLOAD("\"request\":{\"a\":1}"), "", .quirks = true},
        {"gcp.policyDelta",
         "{\"resource\":{\"type\":\"gcs_bucket\"},\"protoPayload\":{\"serviceData\":{"
         "\"policyDelta\":{\"bindingDeltas\":[{\"member\":\"allUsers\"}]}}}}",
         "[{\"member\":\"allUsers\"}]"},
        {"gcp.policyDelta",
         PAYLOAD("\"metadata\":{\"datasetChange\":{\"bindingDeltas\":[{\"a\":1}]}}"),
         "[{\"a\":1}]"},
        {"gcp.methodName", PAYLOAD("\"methodName\":\"m\""), "m"},
        {"gcp.cloudfunctions.function", LABELS("\"function_name\":\"f\""), "f"},
        {"gcp.cloudsql.databaseId", LABELS("\"database_id\":\"d\""), "d"},
        {"gcp.compute.instanceId", LABELS("\"instance_id\":\"i\""), "i"},
        {"gcp.compute.networkId", LABELS("\"network_id\":\"n\""), "n"},
        {"gcp.compute.subnetwork", LABELS("\"subnetwork_name\":\"s\""), "s"},
        {"gcp.compute.subnetworkId", LABELS("\"subnetwork_id\":\"s\""), "s"},
        {"gcp.dns.zone", LABELS("\"zone_name\":\"z\""), "z"},
        {"gcp.iam.serviceAccount", LABELS("\"email_id\":\"e\""), "e"},
        {"gcp.iam.serviceAccountId", LABELS("\"unique_id\":\"u\""), "u"},
        {"gcp.location", LABELS("\"location\":\"eu\",\"region\":\"r\",\"zone\":\"z\""), "eu"},
        {"gcp.location", LABELS("\"region\":\"r\",\"zone\":\"z\""), "r"},
        {"gcp.location", LABELS("\"zone\":\"us-central1-a\""), "us-central1"},
        {"gcp.location", LABELS("\"zone\":\"z\""), "z"},
        {"gcp.location", LABELS(""), ABSENT},
        {"gcp.logging.sink",
         "{\"resource\":{\"type\":\"logging_sink\",\"labels\":{\"name\":\"s\"}}}", "s"},
        {"gcp.logging.sink", LABELS("\"name\":\"s\""), ABSENT},
        {"gcp.projectId", LABELS("\"project_id\":\"p\""), "p"},
        {"gcp.resourceName", PAYLOAD("\"resourceName\":\"r\""), "r"},
        {"gcp.resourceType", "{\"resource\":{\"type\":\"gce_instance\"}}", "gce_instance"},
        {"gcp.resourceLabels", LABELS("\"a\":\"b\""), "{\"a\":\"b\"}"},
        {"gcp.storage.bucket", LABELS("\"bucket_name\":\"b\""), "b"},
        {"gcp.time", "{\"timestamp\":\"2023-01-01T00:00:00Z\"}", "2023-01-01T00:00:00Z"},
    };

    check_rows(SOURCE_GCP_AUDITLOG, rows, ARRAY_LEN(rows));
}

#define DEBUG(data) "{\"debugContext\":{\"debugData\":{" data "}}}"
#define TARGETS                                                                                    \
    "{\"target\":[{\"type\":\"User\",\"id\":\"1\",\"displayName\":\"A\",\"alternateId\":\"a@x\"}," \
    "{\"type\":\"UserGroup\",\"id\":\"2\",\"displayName\":\"G\",\"alternateId\":\"g\"},{\"type\":" \
    "\"User\",\"id\":\"3\",\"displayName\":\"B\",\"alternateId\":\"b@x\"},{\"type\":"              \
    "\"AppInstance\",\"alternateId\":\"app\"}]}"

static void okta(void **state)
{
    static const struct row rows[] = {
        {"okta.app", DEBUG("\"requestUri\":\"/app/office365/exk/sso\""), "office365"},
        {"okta.app", DEBUG("\"requestUri\":\"/api/v1/app\""), ABSENT},
        {"okta.behaviors", DEBUG("\"behaviors\":\"b\""), "b"},
        {"okta.evt.type", "{\"eventType\":\"user.session.start\"}", "user.session.start"},
        {"okta.evt.legacytype", "{\"legacyEventType\":\"l\"}", "l"},
        {"okta.severity", "{\"severity\":\"INFO\"}", "INFO"},
        {"okta.message", "{\"displayMessage\":\"m\"}", "m"},
        {"okta.published", "{\"published\":\"p\"}", "p"},
        {"okta.logonlysecuritydata", DEBUG("\"logOnlySecurityData\":\"l\""), "l"},
        {"okta.actor.id", "{\"actor\":{\"id\":\"i\"}}", "i"},
        {"okta.actor.Type", "{\"actor\":{\"type\":\"User\"}}", "User"},
        {"okta.actor.alternateid", "{\"actor\":{\"alternateId\":\"a@x\"}}", "a@x"},
        {"okta.actor.name", "{\"actor\":{\"displayName\":\"A\"}}", "A"},
        {"okta.client.zone", "{\"client\":{\"zone\":\"z\"}}", "z"},
        {"okta.client.ip", "{\"client\":{\"ipAddress\":\"1.2.3.4\"}}", "1.2.3.4"},
        {"okta.client.device", "{\"client\":{\"device\":\"Computer\"}}", "Computer"},
        {"okta.client.id", "{\"client\":{\"id\":null}}", ABSENT},
        {"okta.client.geo.city", "{\"client\":{\"geographicalContext\":{\"city\":\"c\"}}}", "c"},
        {"okta.client.geo.state", "{\"client\":{\"geographicalContext\":{\"state\":\"s\"}}}", "s"},
        {"okta.client.geo.country", "{\"client\":{\"geographicalContext\":{\"country\":\"c\"}}}",
         "c"},
        {"okta.client.geo.postalcode",
         "{\"client\":{\"geographicalContext\":{\"postalCode\":\"p\"}}}", "p"},
        {"okta.client.geo.lat",
         "{\"client\":{\"geographicalContext\":{\"geolocation\":{\"lat\":1.5}}}}", "1.5"},
        {"okta.client.geo.lon",
         "{\"client\":{\"geographicalContext\":{\"geolocation\":{\"lon\":-2.25}}}}", "-2.25"},
        {"okta.client.geo.lon",
         "{\"client\":{\"geographicalContext\":{\"geolocation\":{\"lon\":-2.25}}}}", "0",
         .quirks = true},
        {"okta.useragent.os", "{\"client\":{\"userAgent\":{\"os\":\"o\"}}}", "o"},
        {"okta.useragent.browser", "{\"client\":{\"userAgent\":{\"browser\":\"b\"}}}", "b"},
        {"okta.useragent.raw", "{\"client\":{\"userAgent\":{\"rawUserAgent\":\"r\"}}}", "r"},
        {"okta.result", "{\"outcome\":{\"result\":\"FAILURE\"}}", "FAILURE"},
        {"okta.reason", "{\"outcome\":{\"reason\":\"r\"}}", "r"},
        {"okta.transaction.id", "{\"transaction\":{\"id\":\"t\"}}", "t"},
        {"okta.transaction.type", "{\"transaction\":{\"type\":\"WEB\"}}", "WEB"},
        {"okta.requesturi", DEBUG("\"requestUri\":\"/u\""), "/u"},
        {"okta.principal.id", DEBUG("\"originalPrincipal\":{\"id\":\"i\"}"), "i"},
        {"okta.principal.alternateid", DEBUG("\"originalPrincipal\":{\"alternateId\":\"i\"}"), "i"},
        {"okta.principal.type", DEBUG("\"originalPrincipal\":{\"type\":\"i\"}"), "i"},
        {"okta.principal.name", DEBUG("\"originalPrincipal\":{\"displayName\":\"i\"}"), "i"},
        {"okta.authentication.step", "{\"authenticationContext\":{\"authenticationStep\":0}}", "0"},
        {"okta.authentication.sessionid",
         "{\"authenticationContext\":{\"externalSessionId\":\"s\"}}", "s"},
        {"okta.authentication.provider",
         "{\"authenticationContext\":{\"authenticationProvider\":\"p\"}}", "p"},
        {"okta.authentication.credentialprovider",
         "{\"authenticationContext\":{\"credentialProvider\":\"c\"}}", "c"},
        {"okta.security.asnumber", "{\"securityContext\":{\"asNumber\":15169}}", "15169"},
        {"okta.security.asnumber", "{\"securityContext\":{\"asNumber\":\"x\"}}", ABSENT},
        {"okta.security.asorg", "{\"securityContext\":{\"asOrg\":\"o\"}}", "o"},
        {"okta.security.isp", "{\"securityContext\":{\"isp\":\"i\"}}", "i"},
        {"okta.security.domain", "{\"securityContext\":{\"domain\":\"d\"}}", "d"},
        {"okta.security.isproxy", "{\"securityContext\":{\"isProxy\":false}}", "false"},
        {"okta.target.user.id", TARGETS, "3"},
        {"okta.target.user.alternateid", TARGETS, "b@x"},
        {"okta.target.user.name", TARGETS, "B"},
        {"okta.target.group.id", TARGETS, "2"},
        {"okta.target.group.alternateid", TARGETS, "g"},
        {"okta.target.group.name", TARGETS, "G"},
        {"okta.target.app.alternateid", TARGETS, "app"},
        {"okta.target.app.alternateid", "{\"target\":null}", ABSENT},
        {"okta.targets.displayName", TARGETS, "(A,G,B)"},
        {"okta.targets.displayName[1]", TARGETS, "G"},
        {"okta.targets.displayName[9]", TARGETS, ABSENT},
    };

    check_rows(SOURCE_OKTA, rows, ARRAY_LEN(rows));
}

#define SECRETS                                                                                    \
    "{\"repository\":{\"html_url\":\"https://github.com/o/r\"},\"head_commit\":{\"id\":\"c1\"},"   \
    "\"files\":[{\"name\":\"a\",\"matches\":[{\"desc\":\"AWS\",\"line\":3},{\"desc\":\"GCP\","     \
    "\"line\":9}]},{\"name\":\"b\"},{\"name\":\"d\",\"matches\":[{\"desc\":\"AWS\",\"line\":1}]}]}"

static void github(void **state)
{
    static const struct row rows[] = {
        {"github.type", "{\"webhook_type\":\"push\"}", "push"},
        {"github.action", "{\"action\":\"created\"}", "created"},
        {"github.user", "{\"sender\":{\"login\":\"me\"}}", "me"},
        {"github.repo", "{\"repository\":{\"html_url\":\"https://github.com/o/r\"}}",
         "https://github.com/o/r"},
        {"github.repo.url", "{\"repository\":{\"html_url\":\"u\"}}", "u"},
        {"github.repo.name", "{\"repository\":{\"html_url\":\"https://github.com/o/r\"}}", "o/r"},
        {"github.repo.description", "{\"repository\":{\"description\":null}}", ABSENT},
        {"github.org", "{\"organization\":{\"login\":\"o\"}}", "o"},
        {"github.owner", "{\"repository\":{\"owner\":{\"login\":\"o\"}}}", "o"},
        {"github.repo.public", "{\"repository\":{\"private\":true}}", "false"},
        {"github.repo.public", "{\"repository\":{\"private\":false}}", "true"},
        {"github.repo.public", "{}", "true"},
        {"github.collaborator.name", "{\"member\":{\"login\":\"m\"}}", "m"},
        {"github.collaborator.role", "{\"changes\":{\"permission\":{\"to\":\"admin\"}}}", "admin"},
        {"github.webhook.id", "{\"hook\":{\"id\":12}}", "12"},
        {"github.webhook.type", "{\"hook\":{\"type\":\"Repository\"}}", "Repository"},
        {"github.commit.added", "{\"commits\":[{\"added\":[\"a\",\"b\"]},{\"added\":[\"c\"]}]}",
         "a,b,c"},
        {"github.commit.modified", "{\"commits\":[{\"modified\":[\"a\"]}]}", "a"},
        {"github.commit.removed", "{\"commits\":[{\"removed\":[]}]}", ABSENT},
        {"github.diff.has_secrets", SECRETS, "true"},
        {"github.diff.has_secrets", "{}", "false"},
        {"github.diff.committed_secrets.desc", SECRETS, "AWS,GCP,AWS"},
        {"github.diff.committed_secrets.files", SECRETS, "a,a,d"},
        {"github.diff.committed_secrets.lines", SECRETS, "3,9,1"},
        {"github.diff.committed_secrets.links", SECRETS,
         "https://github.com/o/r/blob/c1/a/#L3,https://github.com/o/r/blob/c1/a/#L9,"
         "https://github.com/o/r/blob/c1/d/#L1"},
        {"github.diff.committed_secrets.links", "{}", ABSENT},
        {"github.workflow.has_miners", "{\"workflow_miner_detections\":{\"matches\":[{}]}}",
         "true"},
        {"github.workflow.has_miners", "{}", "false"},
        {"github.workflow.miners.type",
         "{\"workflow_miner_detections\":{\"matches\":[{\"type\":\"a\"},{\"type\":\"b\"},{\"type\":"
         "\"a\"}]}}",
         "a,b"},
        {"github.workflow.filename", "{\"workflow\":{\"path\":\"p\"}}", "p"},
    };

    check_rows(SOURCE_GITHUB, rows, ARRAY_LEN(rows));
}

static void any_json(void **state)
{
    static const struct row rows[] = {
        {"json.value[/a/b]", "{\"a\":{\"b\":\"x\"}}", "x"},
        {"json.value[a/b]", "{\"a\":{\"b\":\"x\"}}", "x"},
        {"json.value[/a/1]", "{\"a\":[\"x\",{\"y\":1}]}", "{\"y\":1}"},
        {"json.value[/a/1/y]", "{\"a\":[\"x\",{\"y\":1}]}", "1"},
        {"json.value[/a/2]", "{\"a\":[\"x\"]}", ABSENT},
        {"json.value[/a/x]", "{\"a\":[\"x\"]}", ABSENT},
        {"json.value[/a~1b/c~0d]", "{\"a/b\":{\"c~d\":true}}", "true"},
        {"json.value[/a]", "{\"a\":null}", ABSENT},
        {"json.value[/]", "{\"a\":1}", "{\"a\":1}"},
        {"jevt.value[/a]", "{\"a\":1.5}", "1.5"},
        {"json.obj", "{\"a\":[1,{}],\"b\":{\"c\":\"d\"}}",
         "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": \"d\"\n  }\n}"},
        {"jevt.obj", "[]", "[]"},
        {"json.rawtime", "{}", "1700000000000000001"},
        {"jevt.rawtime", "{}", "1700000000000000001"},
    };

    check_rows(SOURCE_K8S_AUDIT, rows, ARRAY_LEN(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(k8s_audit), cmocka_unit_test(cloudtrail), cmocka_unit_test(gcp_auditlog),
        cmocka_unit_test(okta),      cmocka_unit_test(github),     cmocka_unit_test(any_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
