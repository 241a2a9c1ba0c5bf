/* A log entry names the object by its path, "apps/v1/namespaces/prod/deployments/web/scale", and
 * the verb by the end of the method's name, "io.k8s.apps.v1.deployments.update". */
#include "decode/gke.h"

#include <errno.h>

#include "base/arena.h"
#include "base/buf.h"

enum {
    PARTS_MAX = 7,
    STATUS_OK = 200,
    STATUS_CREATED = 201,
    STATUS_SWITCHING = 101, /* exec, attach: the connection goes on as a stream */
    STATUS_FORBIDDEN = 403,
    STATUS_END = 1000,
    LIMIT = 64 << 20,
};

/* What an object's path says. */
struct object {
    struct sv group, version, namespace, resource, name, subresource;
};

bool gke_is_audit(const struct json_doc *doc, const struct json_node *entry)
{
    const struct json_node *payload = json_get(doc, entry, SV("protoPayload"));

    return sv_eq(json_get_sv(doc, payload, SV("serviceName")), SV("k8s.io"));
}

/* false when it is no object's path. */
static bool parse_object(struct sv path, struct object *out)
{
    struct sv part[PARTS_MAX] = {0};
    size_t count = 0;

    for (; path.len > 0 && count < PARTS_MAX; count++)
        part[count] = sv_split(&path, '/');
    bool in_namespace = count >= 5 && sv_eq(part[2], SV("namespaces"));
    if (count < 3) /* three: all of a resource, as "core/v1/secrets" for a list */
        return false;

    const struct sv *rest = in_namespace ? &part[4] : &part[2];
    *out = (struct object){
        .group = part[0],
        .version = part[1],
        .namespace = in_namespace ? part[3] : (struct sv){NULL, 0},
        .resource = rest[0],
        .name = rest[1],
        .subresource = rest[2],
    };
    return true;
}

static void member(struct json_writer *w, const char *key, struct sv text)
{
    if (text.len == 0)
        return;
    json_key(w, key);
    json_sv(w, text);
}

static void copy(struct json_writer *w, const char *key, const struct json_doc *doc,
                 const struct json_node *value)
{
    if (value == NULL)
        return;
    json_key(w, key);
    json_node_write(w, doc, value);
}

static void write_object(struct json_writer *w, const struct object *object)
{
    json_key(w, "objectRef");
    json_object_begin(w);
    /* the group of the first resources has no name, and is written "core" here */
    member(w, "apiGroup", sv_eq(object->group, SV("core")) ? SV("") : object->group);
    member(w, "apiVersion", object->version);
    member(w, "namespace", object->namespace);
    member(w, "resource", object->resource);
    member(w, "name", object->name);
    member(w, "subresource", object->subresource);
    json_object_end(w);
}

/* Labels of the entry, then of what it is about. */
static void write_annotations(struct json_writer *w, const struct json_doc *doc,
                              const struct json_node *entry)
{
    const struct json_node *from[] = {
        json_get(doc, entry, SV("labels")),
        json_get(doc, json_get(doc, entry, SV("resource")), SV("labels")),
    };

    json_key(w, "annotations");
    json_object_begin(w);
    for (size_t i = 0; i < ARRAY_LEN(from); i++) {
        if (from[i] == NULL || from[i]->kind != JSON_OBJECT)
            continue;
        const struct json_node *key = json_first(doc, from[i]);
        while (key != NULL) {
            const struct json_node *value = json_next(doc, from[i], key);
            json_key_sv(w, key->text);
            json_node_write(w, doc, value);
            key = json_next(doc, from[i], value);
        }
    }
    json_object_end(w);
}

static void write_user(struct json_writer *w, const struct json_doc *doc,
                       const struct json_node *payload)
{
    const struct json_node *who = json_get(doc, payload, SV("authenticationInfo"));
    const struct json_node *from = json_get(doc, payload, SV("requestMetadata"));
    struct sv address = json_get_sv(doc, from, SV("callerIp"));

    json_key(w, "user");
    json_object_begin(w);
    member(w, "username", json_get_sv(doc, who, SV("principalEmail")));
    json_object_end(w);
    if (address.len > 0) {
        json_key(w, "sourceIPs");
        json_array_begin(w);
        json_sv(w, address);
        json_array_end(w);
    }
    member(w, "userAgent", json_get_sv(doc, from, SV("callerSuppliedUserAgent")));
}

/* The HTTP status for a code of google.rpc.Code, in its order. */
static int http_status(int64_t code)
{
    static const int statuses[] = {200, 499, 500, 400, 504, 404, 409, 403, 429,
                                   400, 409, 400, 501, 500, 503, 500, 401};

    return code >= 0 && code < (int64_t)ARRAY_LEN(statuses) ? statuses[code] : 500;
}

static bool read_code(const struct json_doc *doc, const struct json_node *object, int64_t *code)
{
    const struct json_node *found = json_get(doc, object, SV("code"));

    *code = found != NULL && found->kind == JSON_I64 ? found->i64 : 0;
    return *code != 0;
}

/* A call that failed is answered with a Status, or has the status of Google's calls, or is known by
 * the label that it was forbidden; otherwise the entry does not say. 0: it did not fail. */
static int failure_of(const struct json_doc *doc, const struct json_node *entry)
{
    const struct json_node *payload = json_get(doc, entry, SV("protoPayload"));
    const struct json_node *response = json_get(doc, payload, SV("response"));
    const struct json_node *labels = json_get(doc, entry, SV("labels"));
    int64_t code;

    if (sv_eq(json_get_sv(doc, response, SV("status")), SV("Failure")) &&
        read_code(doc, response, &code) && code > 0 && code < STATUS_END)
        return (int)code;
    if (read_code(doc, json_get(doc, payload, SV("status")), &code))
        return http_status(code);
    return sv_eq(json_get_sv(doc, labels, SV("authorization.k8s.io/decision")), SV("forbid"))
               ? STATUS_FORBIDDEN
               : 0;
}

static void write_outcome(struct json_writer *w, const struct json_doc *doc,
                          const struct json_node *entry, const struct object *object,
                          struct sv verb)
{
    const struct json_node *payload = json_get(doc, entry, SV("protoPayload"));
    int failure = failure_of(doc, entry);
    bool streams =
        failure == 0 && object != NULL &&
        (sv_eq(object->subresource, SV("exec")) || sv_eq(object->subresource, SV("attach")) ||
         sv_eq(object->subresource, SV("portforward")));
    int code = sv_eq(verb, SV("create")) ? STATUS_CREATED : STATUS_OK;

    member(w, "level", streams ? SV("Request") : SV("RequestResponse"));
    member(w, "stage", streams ? SV("ResponseStarted") : SV("ResponseComplete"));
    json_key(w, "responseStatus");
    json_object_begin(w);
    json_key(w, "code");
    json_i64(w, failure != 0 ? failure : streams ? STATUS_SWITCHING : code);
    if (failure != 0)
        member(w, "reason", json_get_sv(doc, json_get(doc, payload, SV("response")), SV("reason")));
    else
        member(w, "message", SV("inferred"));
    json_object_end(w);
    copy(w, "requestObject", doc, json_get(doc, payload, SV("request")));
    copy(w, "responseObject", doc, json_get(doc, payload, SV("response")));
}

static void write_event(struct json_writer *w, const struct json_doc *doc,
                        const struct json_node *entry, struct arena *arena)
{
    const struct json_node *payload = json_get(doc, entry, SV("protoPayload"));
    struct sv method = json_get_sv(doc, payload, SV("methodName"));
    struct sv path = json_get_sv(doc, payload, SV("resourceName"));
    size_t dot = sv_rfind_char(method, '.');
    struct sv verb = dot == SIZE_MAX ? method : sv_sub(method, dot + 1, method.len);
    struct object object;
    bool has_object = parse_object(path, &object);

    json_object_begin(w);
    member(w, "kind", SV("Event"));
    member(w, "apiVersion", SV("audit.k8s.io/v1"));
    copy(w, "auditID", doc, json_get(doc, entry, SV("insertId")));
    copy(w, "stageTimestamp", doc, json_get(doc, entry, SV("timestamp")));
    copy(w, "requestReceivedTimestamp", doc, json_get(doc, entry, SV("timestamp")));
    member(w, "verb", verb);
    json_key(w, "requestURI");
    json_sv(w, arena_printf(arena, "/%.*s", SV_ARG(path)));
    if (has_object)
        write_object(w, &object);
    write_user(w, doc, payload);
    write_outcome(w, doc, entry, has_object ? &object : NULL, verb);
    write_annotations(w, doc, entry);
    json_object_end(w);
}

int gke_audit_event(const struct json_doc *doc, const struct json_node *entry, struct arena *arena,
                    struct json_doc *out)
{
    scoped(buf_done) struct buf text = {.limit = LIMIT};
    struct json_writer w = json_writer_on(&text);

    write_event(&w, doc, entry, arena);
    if (text.error != 0)
        return text.error;
    return json_parse(buf_view(&text), arena, out, NULL);
}
