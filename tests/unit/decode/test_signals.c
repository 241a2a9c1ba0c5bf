#include "decode/signals.h"

#include <errno.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "event/field.h"
#include "tests/unit/test.h"

#define ARRIVAL 1700000000000000000ULL

/* What was handed over: "id time field" a line. */
struct seen {
    const char *field;
    struct buf text;
    uint64_t events;
};

static void on_event(void *ctx, const struct event *event)
{
    struct seen *seen = ctx;
    struct field_ref ref;

    CHECK_INT(event->type, EVENT_PLUGIN);
    CHECK_INT(event->num, ++seen->events);
    CHECK_INT(field_ref_parse(sv(seen->field), &ref), FIELD_REF_FINE);
    buf_printf(&seen->text, "%.*s %llu ", SV_ARG(event->id),
               (unsigned long long)(event->time_ns / 1000000000));
    field_print(&seen->text, event, &ref);
    buf_char(&seen->text, '\n');
}

#define EVENT(id)                                                                                  \
    "{\"auditID\":\"" id "\",\"stage\":\"S\",\"stageTimestamp\":\"2020-01-01T00:00:0" id "Z\"}"
#define QUOTED(id) "{\\\"auditID\\\":\\\"" id "\\\",\\\"stage\\\":\\\"S\\\"}"
#define CALL(id)                                                                                   \
    "{\"eventID\":\"" id                                                                           \
    "\",\"eventName\":\"N\",\"eventSource\":\"s\",\"eventTime\":\"2020-01-01T00:00:00Z\"}"
#define CALL_QUOTED                                                                                \
    "{\\\"eventID\\\":\\\"1\\\",\\\"eventName\\\":\\\"N\\\",\\\"eventSource\\\":\\\"s\\\"}"
#define ENTRY                                                                                      \
    "{\"insertId\":\"1\",\"timestamp\":\"2020-01-01T00:00:00Z\",\"protoPayload\":{\"serviceName\":\"x\"}}"

static void wrappings(void **state)
{
    static const struct {
        const char *row;
        enum event_source source;
        const char *field, *json, *seen;
        uint64_t foreign, untimed, bad;
    } rows[] = {
        {"alone", SOURCE_K8S_AUDIT, "ka.auditid", EVENT("1"),
         "1/S/2020-01-01T00:00:01Z 1577836801 1\n"},
        {"byte order mark", SOURCE_K8S_AUDIT, "ka.auditid", "\xef\xbb\xbf" EVENT("1"),
         "1/S/2020-01-01T00:00:01Z 1577836801 1\n"},
        {"array", SOURCE_K8S_AUDIT, "ka.auditid", "[" EVENT("1") "," EVENT("2") "]",
         "1/S/2020-01-01T00:00:01Z 1577836801 1\n2/S/2020-01-01T00:00:02Z 1577836802 2\n"},
        {"list", SOURCE_K8S_AUDIT, "ka.auditid",
         "{\"kind\":\"EventList\",\"items\":[" EVENT("1") "," EVENT("2") "]}",
         "1/S/2020-01-01T00:00:01Z 1577836801 1\n2/S/2020-01-01T00:00:02Z 1577836802 2\n"},
        {"an id that another request chose, too", SOURCE_K8S_AUDIT, "ka.verb",
         "[{\"auditID\":\"1\",\"stage\":\"S\",\"stageTimestamp\":\"2020-01-01T00:00:00.000001Z\","
         "\"verb\":\"get\"},{\"auditID\":\"1\",\"stage\":\"S\",\"stageTimestamp\":"
         "\"2020-01-01T00:00:00.000002Z\",\"verb\":\"delete\"}]",
         "1/S/2020-01-01T00:00:00.000001Z 1577836800 get\n"
         "1/S/2020-01-01T00:00:00.000002Z 1577836800 delete\n"},
        {"empty list", SOURCE_K8S_AUDIT, "ka.auditid", "{\"items\":[]}", ""},
        {"request's time", SOURCE_K8S_AUDIT, "ka.auditid",
         "{\"auditID\":\"1\",\"stageTimestamp\":null,\"requestReceivedTimestamp\":"
         "\"2020-01-01T00:00:00Z\"}",
         "1// 1577836800 1\n"},
        {"no time", SOURCE_K8S_AUDIT, "ka.auditid", "{\"auditID\":\"1\",\"stage\":\"S\"}",
         "1/S/ 1700000000 1\n", .untimed = 1},
        {"AKS", SOURCE_K8S_AUDIT, "ka.auditid",
         "{\"records\":[{\"category\":\"kube-audit\",\"properties\":{\"log\":\"" QUOTED(
             "7") "\"}},{\"category\":\"guard\",\"properties\":{\"log\":\"I0101 text\"}}]}",
         "7/S/ 1700000000 7\n", .untimed = 1, .bad = 1},
        {"EKS", SOURCE_K8S_AUDIT, "ka.auditid",
         "{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[{\"id\":\"0\",\"message\":\"" QUOTED(
             "7") "\"}]}",
         "7/S/ 1700000000 7\n", .untimed = 1},
        {"something else", SOURCE_K8S_AUDIT, "ka.auditid", "{\"a\":1}", "", .foreign = 1},
        {"a number", SOURCE_K8S_AUDIT, "ka.auditid", "[1]", "", .foreign = 1},
        {"deep", SOURCE_K8S_AUDIT, "ka.auditid",
         "{\"data\":{\"data\":{\"data\":{\"data\":{\"data\":{\"data\":{\"data\":{\"data\":" EVENT(
             "1") "}}}}}}}}",
         "1/S/2020-01-01T00:00:01Z 1577836801 1\n"},
        {"too deep", SOURCE_K8S_AUDIT, "ka.auditid",
         "{\"data\":{\"data\":{\"data\":{\"data\":{\"data\":{\"data\":{\"data\":{\"data\":{"
         "\"data\":" EVENT("1") "}}}}}}}}}",
         "", .foreign = 1},
        {"GKE", SOURCE_K8S_AUDIT, "ka.verb",
         "{\"insertId\":\"i\",\"timestamp\":\"2020-01-01T00:00:00Z\",\"protoPayload\":{"
         "\"serviceName\":\"k8s.io\",\"methodName\":\"io.k8s.core.v1.pods.create\"}}",
         "i/ResponseComplete/2020-01-01T00:00:00Z 1577836800 create\n"},
        {"GKE, Pub/Sub", SOURCE_K8S_AUDIT, "ka.verb",
         "{\"message\":{\"data\":"
         "\"eyJpbnNlcnRJZCI6ImkiLCJwcm90b1BheWxvYWQiOnsic2VydmljZU5hbWUiOiJrOHMuaW8iLCJtZXRob2ROYW1"
         "lIjoiYS5iIn19\"},\"subscription\":\"s\"}",
         "i/ResponseComplete/ 1700000000 b\n", .untimed = 1},
        {"no base64", SOURCE_K8S_AUDIT, "ka.verb", "{\"message\":{\"data\":\"?\"}}", "", .bad = 1},

        {"call", SOURCE_AWS_CLOUDTRAIL, "ct.name", CALL("1"), "1 1577836800 N\n"},
        {"file", SOURCE_AWS_CLOUDTRAIL, "ct.name", "{\"Records\":[" CALL("1") "," CALL("2") "]}",
         "1 1577836800 N\n2 1577836800 N\n"},
        {"EventBridge", SOURCE_AWS_CLOUDTRAIL, "ct.name",
         "{\"detail-type\":\"AWS API Call via CloudTrail\",\"detail\":" CALL("1") "}",
         "1 1577836800 N\n"},
        {"LookupEvents", SOURCE_AWS_CLOUDTRAIL, "ct.name",
         "{\"Events\":[{\"EventId\":\"1\",\"CloudTrailEvent\":\"" CALL_QUOTED "\"}]}",
         "1 1700000000 N\n", .untimed = 1},
        {"SNS in SQS", SOURCE_AWS_CLOUDTRAIL, "ct.name",
         "{\"Records\":[{\"body\":\"{\\\"Message\\\":\\\"{\\\\\\\"eventName\\\\\\\":\\\\\\\"N\\\\"
         "\\\",\\\\\\\"eventSource\\\\\\\":1}\\\"}\"}]}",
         " 1700000000 N\n", .untimed = 1},
        {"digest file", SOURCE_AWS_CLOUDTRAIL, "ct.name", "{\"digestStartTime\":\"x\"}", "",
         .foreign = 1},

        {"entry", SOURCE_GCP_AUDITLOG, "gcp.serviceName", ENTRY,
         "1/2020-01-01T00:00:00Z 1577836800 x\n"},
        {"entries", SOURCE_GCP_AUDITLOG, "gcp.serviceName", "[" ENTRY "," ENTRY "]",
         "1/2020-01-01T00:00:00Z 1577836800 x\n1/2020-01-01T00:00:00Z 1577836800 x\n"},
        {"other log", SOURCE_GCP_AUDITLOG, "gcp.serviceName", "{\"textPayload\":\"x\"}", "",
         .foreign = 1},

        {"okta", SOURCE_OKTA, "okta.evt.type",
         "[{\"uuid\":\"u\",\"eventType\":\"t\",\"published\":\"2020-01-01T00:00:00.000Z\"}]",
         "u 1577836800 t\n"},
        {"okta hook", SOURCE_OKTA, "okta.evt.type",
         "{\"eventType\":\"com.okta.event_hook\",\"data\":{\"events\":[{\"uuid\":\"u\","
         "\"eventType\":\"t\",\"published\":\"2020-01-01T00:00:00.000Z\"}]}}",
         "u 1577836800 t\n"},
        {"github", SOURCE_GITHUB, "github.action", "{\"action\":\"created\"}",
         " 1700000000 created\n", .untimed = 1},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(signals_free) struct signals *signals =
            signals_new(&(struct signals_options){.source = rows[i].source});
        scoped(buf_done) struct buf text = {0};
        struct seen seen = {.field = rows[i].field};
        struct err err;

        test_row(rows[i].row);
        CHECK_INT(signals_document(signals, sv(rows[i].json), ARRIVAL, on_event, &seen, &err), 0);
        text = seen.text;
        CHECK_STR(buf_cstr(&text), rows[i].seen);
        CHECK_INT(signals_counts(signals)->events, seen.events);
        CHECK_INT(signals_counts(signals)->foreign, rows[i].foreign);
        CHECK_INT(signals_counts(signals)->untimed, rows[i].untimed);
        CHECK_INT(signals_counts(signals)->bad, rows[i].bad);
    }
}

static void what_is_no_json_is_refused(void **state)
{
    scoped(signals_free) struct signals *signals =
        signals_new(&(struct signals_options){.source = SOURCE_K8S_AUDIT});
    struct seen seen = {.field = "ka.auditid"};
    struct err err;

    CHECK_INT(signals_document(signals, SV("{\"auditID\":"), ARRIVAL, on_event, &seen, &err),
              -EINVAL);
    CHECK_HAS(err.text, "line 1");
    CHECK_INT(signals_document(signals, SV(""), ARRIVAL, on_event, &seen, &err), -EINVAL);
    CHECK_INT(seen.events, 0);
}

/* A log entry of GKE, and what the fields of an audit event make of it. */
static void gke_entries(void **state)
{
    static const char scale[] =
        "{\"insertId\":\"i\",\"timestamp\":\"2020-01-01T00:00:00Z\",\"labels\":{"
        "\"authorization.k8s.io/decision\":\"allow\"},\"resource\":{\"labels\":{\"cluster_name\":"
        "\"c\"}},\"protoPayload\":{\"serviceName\":\"k8s.io\",\"methodName\":"
        "\"io.k8s.apps.v1.deployments.scale.update\",\"resourceName\":"
        "\"apps/v1/namespaces/prod/deployments/web/scale\",\"authenticationInfo\":{"
        "\"principalEmail\":\"a@b\"},\"requestMetadata\":{\"callerIp\":\"1.2.3.4\","
        "\"callerSuppliedUserAgent\":\"kubectl\"},\"request\":{\"spec\":{\"hostPID\":true}},"
        "\"response\":{\"metadata\":{\"name\":\"web\"}}}}";
    static const char exec[] =
        "{\"protoPayload\":{\"serviceName\":\"k8s.io\",\"methodName\":\"io.k8s.core.v1.pods.exec."
        "create\",\"resourceName\":\"core/v1/namespaces/n/pods/p/exec\"}}";
    static const char node[] =
        "{\"protoPayload\":{\"serviceName\":\"k8s.io\",\"methodName\":\"get\","
        "\"resourceName\":\"core/v1/nodes/n1\"}}";
    static const char list[] = "{\"protoPayload\":{\"serviceName\":\"k8s.io\",\"methodName\":"
                               "\"x.list\",\"resourceName\":\"core/v1/namespaces/n/pods\"}}";
#define GKE(method, path, more)                                                                    \
    "{\"protoPayload\":{\"serviceName\":\"k8s.io\",\"methodName\":\"" method                       \
    "\",\"resourceName\":\"" path "\"" more "}"
    static const char everywhere[] = GKE("x.list", "core/v1/secrets", "}");
    static const char port[] =
        GKE("x.portforward.create", "core/v1/namespaces/n/pods/p/portforward", "}");
    static const char denied[] =
        GKE("x.exec.create", "core/v1/namespaces/n/pods/p/exec", ",\"status\":{\"code\":7}}");
    static const char label[] = GKE("x.create", "core/v1/namespaces/n/pods/p",
                                    "},\"labels\":{\"authorization.k8s.io/decision\":\"forbid\"}");
    static const char conflict[] =
        GKE("x.create", "core/v1/namespaces/n/pods/p",
            ",\"status\":{\"code\":10},\"response\":{\"status\":\"Failure\",\"code\":409,"
            "\"reason\":\"AlreadyExists\"}}");
    static const char odd[] =
        GKE("x.get", "core/v1/nodes/n", ",\"status\":{\"code\":-1},\"response\":{\"code\":1}}");
    static const char fine[] = GKE("x.create", "core/v1/nodes/n", ",\"status\":{}}");
    static const struct {
        const char *json, *field, *text;
    } rows[] = {
        {everywhere, "ka.target.resource", "secrets"},
        {everywhere, "ka.target.name", "<NA>"},
        {everywhere, "ka.target.namespace", "<NA>"},
        {port, "ka.stage", "ResponseStarted"},
        {port, "ka.response.code", "101"},
        {denied, "ka.response.code", "403"},
        {denied, "ka.stage", "ResponseComplete"},
        {label, "ka.response.code", "403"},
        {conflict, "ka.response.code", "409"},
        {conflict, "ka.response.reason", "AlreadyExists"},
        {odd, "ka.response.code", "500"},
        {fine, "ka.response.code", "201"},
        {scale, "ka.auditid", "i"},
        {scale, "ka.verb", "update"},
        {scale, "ka.stage", "ResponseComplete"},
        {scale, "ka.uri", "/apps/v1/namespaces/prod/deployments/web/scale"},
        {scale, "ka.target.namespace", "prod"},
        {scale, "ka.target.resource", "deployments"},
        {scale, "ka.target.name", "web"},
        {scale, "ka.target.subresource", "scale"},
        {scale, "json.value[/objectRef/apiGroup]", "apps"},
        {scale, "ka.user.name", "a@b"},
        {scale, "ka.sourceips", "(1.2.3.4)"},
        {scale, "ka.useragent", "kubectl"},
        {scale, "ka.auth.decision", "allow"},
        {scale, "ka.cluster.name", "c"},
        {scale, "ka.req.pod.host_pid", "true"},
        {scale, "ka.resp.name", "web"},
        {scale, "ka.response.code", "200"},
        {exec, "ka.stage", "ResponseStarted"},
        {exec, "ka.response.code", "101"},
        {exec, "ka.verb", "create"},
        {exec, "json.value[/objectRef/apiGroup]", "<NA>"},
        {node, "ka.target.resource", "nodes"},
        {node, "ka.target.name", "n1"},
        {node, "ka.target.namespace", "<NA>"},
        {node, "ka.verb", "get"},
        {list, "ka.target.resource", "pods"},
        {list, "ka.target.name", "<NA>"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(signals_free) struct signals *signals =
            signals_new(&(struct signals_options){.source = SOURCE_K8S_AUDIT});
        scoped(buf_done) struct buf text = {0};
        struct seen seen = {.field = rows[i].field};

        test_row(rows[i].field);
        CHECK_INT(signals_document(signals, sv(rows[i].json), ARRIVAL, on_event, &seen, NULL), 0);
        text = seen.text;
        struct sv line = buf_view(&text);
        (void)sv_split(&line, ' ');
        (void)sv_split(&line, ' ');
        CHECK_SV(sv_trim(line), sv(rows[i].text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrappings),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(gke_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
