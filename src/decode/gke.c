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
    if (count < 4)
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

/* A failed call has a status of its own; otherwise the entry does not say. */
static void write_outcome(struct json_writer *w, const struct json_doc *doc,
                          const struct json_node *payload, const struct object *object,
                          struct sv verb)
{
    bool streams = object != NULL && (sv_eq(object->subresource, SV("exec")) ||
                                      sv_eq(object->subresource, SV("attach")));
    int code = sv_eq(verb, SV("create")) ? STATUS_CREATED : STATUS_OK;

    member(w, "level", streams ? SV("Request") : SV("RequestResponse"));
    member(w, "stage", streams ? SV("ResponseStarted") : SV("ResponseComplete"));
    json_key(w, "responseStatus");
    json_object_begin(w);
    json_key(w, "code");
    json_i64(w, streams ? STATUS_SWITCHING : code);
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
    write_outcome(w, doc, payload, has_object ? &object : NULL, verb);
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
