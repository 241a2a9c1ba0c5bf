/* ka.*: a request to a Kubernetes API server, from its audit log.
 *
 * Most are values on a path of the record. What a container has comes as a list with a value for
 * each container that has it, so that any container of a pod can be asked for at once; an index
 * picks one container. Where the plugin that these fields come from errs, the meaning given here is
 * the right one, and `quirks` of the event asks for the plugin's. */
#include "event/fields.h"
#include "event/json_field.h"

/* --- lists of containers --------------------------------------------------------------------- */

static uint32_t join_words(const struct event *event, const struct json_node *words,
                           struct value *out, uint32_t room)
{
    const struct json_doc *doc = event->json.doc;
    size_t bytes = 0;

    if (room == 0 || words->kind != JSON_ARRAY)
        return 0;
    for (const struct json_node *w = json_first(doc, words); w != NULL;
         w = json_next(doc, words, w)) {
        if (w->kind != JSON_STRING)
            return 0;
        bytes += w->text.len + 1;
    }
    char *text = arena_array(event->scratch, char, bytes + 1);
    size_t len = 0;
    if (text == NULL)
        return 0;
    for (const struct json_node *w = json_first(doc, words); w != NULL;
         w = json_next(doc, words, w)) {
        if (len > 0)
            text[len++] = ' ';
        memcpy(text + len, w->text.ptr, w->text.len);
        len += w->text.len;
    }
    *out = value_sv((struct sv){text, len});
    return 1;
}

static uint32_t joined(const struct event *event, const struct field_ref *ref, struct value *out)
{
    return event_json_each(event, ref, ref->field->path, join_words, out);
}

/* "registry:5000/name" of "registry:5000/name:tag@sha256:...": a tag follows the last slash. */
static struct sv repository_of(const struct event *event, struct sv image)
{
    if (event->json.quirks)
        image = sv_sub(image, 0, sv_find(image, SV(":"), 0));
    image = sv_sub(image, 0, sv_find(image, SV("@"), 0));

    size_t slash = sv_rfind_char(image, '/');
    return sv_sub(image, 0, sv_find(image, SV(":"), slash == SIZE_MAX ? 0 : slash));
}

static uint32_t repository(const struct event *event, const struct json_node *image,
                           struct value *out, uint32_t room)
{
    if (room == 0 || image->kind != JSON_STRING)
        return 0;
    *out = value_sv(repository_of(event, image->text));
    return 1;
}

static uint32_t repositories(const struct event *event, const struct field_ref *ref,
                             struct value *out)
{
    return event_json_each(event, ref, ref->field->path, repository, out);
}

static uint32_t host_port(const struct event *event, const struct json_node *port,
                          struct value *out, uint32_t room)
{
    const struct json_node *number = json_get(event->json.doc, port, SV("hostPort"));

    if (number == NULL) /* in the network of the node the two are the same */
        number = json_get(event->json.doc, port, SV("containerPort"));
    return room == 0 ? 0 : event_json_value(event, number, out);
}

static uint32_t host_ports(const struct event *event, const struct field_ref *ref,
                           struct value *out)
{
    return event_json_each(event, ref, ref->field->path, host_port, out);
}

/* The id that a container runs with: its own, or its pod's, or 0. */
static uint32_t id_in_effect(const struct event *event, const struct json_node *container,
                             const char *name, struct value *out)
{
    const struct json_doc *doc = event->json.doc;
    const struct json_node *of_pod = event_json_at(event, JSON_PATH("requestObject", "spec"));
    const struct json_node *own = container;

    if (!event->json.quirks) {
        of_pod = json_get(doc, of_pod, SV("securityContext"));
        own = json_get(doc, own, SV("securityContext"));
    }
    if (event_json_value(event, json_get(doc, own, sv(name)), out) == 1 ||
        event_json_value(event, json_get(doc, of_pod, sv(name)), out) == 1)
        return 1;
    *out = value_sv(SV("0"));
    return 1;
}

static uint32_t user_in_effect(const struct event *event, const struct json_node *container,
                               struct value *out, uint32_t room)
{
    return room == 0 ? 0 : id_in_effect(event, container, "runAsUser", out);
}

static uint32_t group_in_effect(const struct event *event, const struct json_node *container,
                                struct value *out, uint32_t room)
{
    return room == 0 ? 0 : id_in_effect(event, container, "runAsGroup", out);
}

static uint32_t users_in_effect(const struct event *event, const struct field_ref *ref,
                                struct value *out)
{
    return event_json_each(event, ref, ref->field->path, user_in_effect, out);
}

static uint32_t groups_in_effect(const struct event *event, const struct field_ref *ref,
                                 struct value *out)
{
    return event_json_each(event, ref, ref->field->path, group_in_effect, out);
}

static uint32_t capabilities(const struct event *event, const struct json_node *added,
                             struct value *out, uint32_t room)
{
    const struct json_doc *doc = event->json.doc;
    uint32_t count = 0;

    if (event->json.quirks)
        return room == 0 ? 0 : event_json_value(event, added, out);
    for (const struct json_node *c = json_first(doc, added); c != NULL && count < room;
         c = json_next(doc, added, c))
        count += event_json_value(event, c, &out[count]);
    return count;
}

static uint32_t added_capabilities(const struct event *event, const struct field_ref *ref,
                                   struct value *out)
{
    return event_json_each(event, ref, ref->field->path, capabilities, out);
}

/* --- single values --------------------------------------------------------------------------- */

static const struct json_node *first_container(const struct event *event)
{
    return json_first(event->json.doc,
                      event_json_at(event, JSON_PATH("requestObject", "spec", "containers")));
}

static uint32_t first_image(const struct event *event, const struct field_ref *ref,
                            struct value *out)
{
    return event_json_value(event, json_get(event->json.doc, first_container(event), SV("image")),
                            out);
}

static uint32_t first_repository(const struct event *event, const struct field_ref *ref,
                                 struct value *out)
{
    const struct json_node *image = json_get(event->json.doc, first_container(event), SV("image"));

    return image == NULL ? 0 : repository(event, image, out, 1);
}

static uint32_t any_privileged(const struct event *event, const struct field_ref *ref,
                               struct value *out)
{
    struct value each[FIELD_VALUES_MAX];
    uint32_t count = event_json_values(event, ref,
                                       JSON_PATH("requestObject", "spec", "containers", JSON_EACH,
                                                 "securityContext", "privileged"),
                                       each);
    bool any = false;

    if (first_container(event) == NULL)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        any |= sv_eq(each[i].text, SV("true"));
    return field_sv(out, any ? SV("true") : SV("false"));
}

static uint32_t target_pod(const struct event *event, const struct field_ref *ref,
                           struct value *out)
{
    if (!sv_eq(event_json_text(event, JSON_PATH("objectRef", "resource")), SV("pods")) ||
        event_json_text(event, JSON_PATH("objectRef", "subresource")).len > 0)
        return 0;
    return event_json_value(
        event, event_json_at(event, JSON_PATH("responseObject", "metadata", "name")), out);
}

static uint32_t source_ips(const struct event *event, const struct field_ref *ref,
                           struct value *out)
{
    if (event->json.quirks) /* looked for among the rules of a role */
        return event_json_values(
            event, ref, JSON_PATH("requestObject", "rules", JSON_EACH, "sourceIPs", JSON_EACH),
            out);
    return event_json_values(event, ref, JSON_PATH("sourceIPs", JSON_EACH), out);
}

static uint32_t has_name(const struct event *event, const struct field_ref *ref, struct value *out)
{
    return event->json.node == NULL ? 0 : field_sv(out, SV("true"));
}

/* --- bindings -------------------------------------------------------------------------------- */

static uint32_t subjects(const struct event *event, const char *kind, bool with_namespace,
                         struct value *out)
{
    const struct json_doc *doc = event->json.doc;
    const struct json_node *all = event_json_at(event, JSON_PATH("requestObject", "subjects"));
    uint32_t count = 0;

    if (all == NULL || all->kind != JSON_ARRAY)
        return 0;
    for (const struct json_node *s = json_first(doc, all); s != NULL && count < FIELD_VALUES_MAX;
         s = json_next(doc, all, s)) {
        const struct json_node *namespace = json_get(doc, s, SV("namespace"));
        if (!sv_eq(json_get_sv(doc, s, SV("kind")), sv(kind)) ||
            (with_namespace && namespace == NULL))
            continue;
        struct value *name = &out[count];
        if (event_json_value(event, json_get(doc, s, SV("name")), name) == 0)
            continue;
        if (with_namespace)
            name->text = arena_printf(event->scratch, "%.*s:%.*s", SV_ARG(namespace->text),
                                      SV_ARG(name->text));
        count++;
    }
    return count;
}

static uint32_t user_names(const struct event *event, const struct field_ref *ref,
                           struct value *out)
{
    return subjects(event, "User", false, out);
}

static uint32_t group_names(const struct event *event, const struct field_ref *ref,
                            struct value *out)
{
    return subjects(event, "Group", false, out);
}

static uint32_t serviceaccount_names(const struct event *event, const struct field_ref *ref,
                                     struct value *out)
{
    return subjects(event, "ServiceAccount", false, out);
}

static uint32_t serviceaccount_ns_names(const struct event *event, const struct field_ref *ref,
                                        struct value *out)
{
    return subjects(event, "ServiceAccount", true, out);
}

/* --- volumes --------------------------------------------------------------------------------- */

static uint32_t volume_type(const struct event *event, const struct json_node *volume,
                            struct value *out, uint32_t room)
{
    const struct json_doc *doc = event->json.doc;
    uint32_t count = 0;

    if (volume->kind != JSON_OBJECT)
        return 0;
    for (const struct json_node *key = json_first(doc, volume); key != NULL && count < room;
         key = json_next(doc, volume, json_next(doc, volume, key))) {
        if (!sv_eq(key->text, SV("name")))
            out[count++] = value_sv(key->text);
    }
    return count;
}

static uint32_t volume_types(const struct event *event, const struct field_ref *ref,
                             struct value *out)
{
    return event_json_each(event, ref, JSON_PATH("requestObject", "spec", "volumes", JSON_EACH),
                           volume_type, out);
}

static uint32_t mounts_host_path(const struct event *event, const struct field_ref *ref,
                                 struct value *out)
{
    static const char *const path[] = {"requestObject", "spec", "volumes", JSON_EACH,
                                       "hostPath",      "path", NULL};
    const struct field_ref all = {.field = ref->field};
    struct value each[FIELD_VALUES_MAX];
    uint32_t count = event_json_values(event, &all, path, each);
    bool prefix = sv_ends(ref->key, SV("*"));
    struct sv wanted = prefix ? sv_sub(ref->key, 0, ref->key.len - 1) : ref->key;
    bool any = false;

    if (event_json_at(event, JSON_PATH("requestObject", "spec", "volumes")) == NULL)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        any |= prefix ? sv_starts(each[i].text, wanted) : sv_eq(each[i].text, wanted);
    return field_sv(out, any ? SV("true") : SV("false"));
}

/* --- the address of the request -------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undo %XX and +; what is no escape stays. */
static struct sv unescape(struct arena *arena, struct sv text)
{
    char *out = arena_array(arena, char, text.len + 1);
    size_t len = 0;

    if (out == NULL)
        return (struct sv){NULL, 0};
    for (size_t i = 0; i < text.len; i++) {
        int high = i + 2 < text.len ? hex_digit(text.ptr[i + 1]) : -1;
        int low = high < 0 ? -1 : hex_digit(text.ptr[i + 2]);
        if (text.ptr[i] == '%' && low >= 0) {
            out[len++] = (char)(high << 4 | low);
            i += 2;
        } else {
            out[len++] = text.ptr[i] == '+' ? ' ' : text.ptr[i];
        }
    }
    return (struct sv){out, len};
}

static uint32_t uri_param(const struct event *event, const struct field_ref *ref, struct value *out)
{
    struct sv uri = event_json_text(event, JSON_PATH("requestURI"));
    struct sv query = sv_sub(uri, 0, sv_find(uri, SV("#"), 0));

    (void)sv_split(&query, '?');
    while (query.len > 0) {
        struct sv value = sv_split(&query, '&');
        struct sv name = sv_split(&value, '=');
        if (!sv_eq(unescape(event->scratch, name), ref->key))
            continue;
        *out = value_sv(unescape(event->scratch, value));
        return 1;
    }
    return 0;
}

/* --- the rows -------------------------------------------------------------------------------- */

#define SOURCE (1u << SOURCE_K8S_AUDIT)
/* clang-format off */
#define ROW(name, arg, flags, meaning, ...) \
    FIELD_JSON_ROW(SOURCE, name, CHARBUF, arg, flags, field_json_path, meaning, __VA_ARGS__)
#define MADE(name, arg, flags, extract, meaning) \
    FIELD_ROW(SOURCE, name, CHARBUF, arg, flags, extract, meaning)
#define OF_CONTAINER(list, name, extract, meaning, ...) \
    FIELD_JSON_ROW(SOURCE, "ka.req.pod." list "." name, CHARBUF, INDEX_OR_NONE, FIELD_LIST, extract, \
                   meaning, "requestObject", "spec", list, JSON_EACH, __VA_ARGS__)
#define MADE_OF(list, name, extract, meaning) \
    FIELD_JSON_ROW(SOURCE, "ka.req.pod." list "." name, CHARBUF, INDEX_OR_NONE, FIELD_LIST, extract, \
                   meaning, "requestObject", "spec", list, JSON_EACH)
/* Ephemeral containers have no ports: the rows stand before and after those. */
#define OF_CONTAINERS_A_TO_H(list, who) \
    OF_CONTAINER(list, "add_capabilities", added_capabilities, \
                 who " of the pod asked for: capabilities added", "securityContext", "capabilities", "add"), \
    OF_CONTAINER(list, "allow_privilege_escalation", field_json_path, \
                 who " of the pod asked for: allowPrivilegeEscalation", "securityContext", "allowPrivilegeEscalation"), \
    OF_CONTAINER(list, "args", joined, \
                 who " of the pod asked for: arguments, joined by spaces", "args"), \
    OF_CONTAINER(list, "command", joined, \
                 who " of the pod asked for: command, joined by spaces", "command"), \
    MADE_OF(list, "eff_run_as_group", groups_in_effect, \
                 who " of the pod asked for: group ids in effect: their own, the pod's, or 0"), \
    MADE_OF(list, "eff_run_as_user", users_in_effect, \
                 who " of the pod asked for: user ids in effect: their own, the pod's, or 0")
#define HOST_PORT(list, who) \
    OF_CONTAINER(list, "host_port", host_ports, \
                 who " of the pod asked for: ports on the node, or of the container", "ports", JSON_EACH)
#define OF_CONTAINERS_I_TO_Z(list, who) \
    OF_CONTAINER(list, "image", field_json_path, who " of the pod asked for: images", "image"), \
    OF_CONTAINER(list, "image.repository", repositories, \
                 who " of the pod asked for: images without tag and digest", "image"), \
    OF_CONTAINER(list, "name", field_json_path, who " of the pod asked for: names", "name"), \
    OF_CONTAINER(list, "privileged", field_json_path, \
                 who " of the pod asked for: run privileged", "securityContext", "privileged"), \
    OF_CONTAINER(list, "proc_mount", field_json_path, \
                 who " of the pod asked for: procMount", "securityContext", "procMount"), \
    OF_CONTAINER(list, "read_only_fs", field_json_path, \
                 who " of the pod asked for: readOnlyRootFilesystem", "securityContext", "readOnlyRootFilesystem"), \
    OF_CONTAINER(list, "run_as_group", field_json_path, \
                 who " of the pod asked for: runAsGroup", "securityContext", "runAsGroup"), \
    OF_CONTAINER(list, "run_as_user", field_json_path, \
                 who " of the pod asked for: runAsUser", "securityContext", "runAsUser")

static const struct field rows[] = {
    ROW("ka.auditid", NONE, 0, "id of the request: auditID", "auditID"),
    ROW("ka.auth.decision", NONE, 0,
        "allow or forbid: annotation authorization.k8s.io/decision",
        "annotations", "authorization.k8s.io/decision"),
    ROW("ka.auth.openshift.decision", NONE, 0,
        "annotation authentication.openshift.io/decision",
        "annotations", "authentication.openshift.io/decision"),
    ROW("ka.auth.openshift.username", NONE, 0,
        "annotation authentication.openshift.io/username",
        "annotations", "authentication.openshift.io/username"),
    ROW("ka.auth.reason", NONE, 0,
        "why: annotation authorization.k8s.io/reason",
        "annotations", "authorization.k8s.io/reason"),
    ROW("ka.cluster.name", NONE, 0, "name of the cluster", "annotations", "cluster_name"),
    ROW("ka.impuser.name", NONE, 0,
        "who was impersonated: impersonatedUser.username", "impersonatedUser", "username"),
    ROW("ka.req.binding.role", NONE, 0,
        "role that the binding asked for grants", "requestObject", "roleRef", "name"),
    MADE("ka.req.binding.subject.has_name", KEY, FIELD_DEPRECATED, has_name,
        "kept so that old rules compile"),
    ROW("ka.req.binding.subjects", NONE, FIELD_LIST,
        "subjects of the binding asked for, as JSON text", "requestObject", "subjects", JSON_EACH),
    MADE("ka.req.binding.subjects.group_names", NONE, FIELD_LIST, group_names,
        "groups that the binding asked for names"),
    MADE("ka.req.binding.subjects.serviceaccount_names", NONE, FIELD_LIST, serviceaccount_names,
        "service accounts that the binding asked for names"),
    MADE("ka.req.binding.subjects.serviceaccount_ns_names", NONE, FIELD_LIST, serviceaccount_ns_names,
        "the same as namespace:name"),
    MADE("ka.req.binding.subjects.user_names", NONE, FIELD_LIST, user_names,
        "users that the binding asked for names"),
    ROW("ka.req.configmap.name", NONE, 0, "name of the config map asked for", "objectRef", "name"),
    ROW("ka.req.configmap.obj", NONE, 0,
        "contents of the config map asked for", "requestObject", "data"),
    ROW("ka.req.container.host_network", NONE, FIELD_DEPRECATED,
        "the same as ka.req.pod.host_network", "requestObject", "spec", "hostNetwork"),
    MADE("ka.req.container.image", NONE, FIELD_DEPRECATED, first_image,
        "image of the first container"),
    MADE("ka.req.container.image.repository", NONE, FIELD_DEPRECATED, first_repository,
        "its repository"),
    MADE("ka.req.container.privileged", NONE, FIELD_DEPRECATED, any_privileged,
        "true when any container runs privileged"),
    OF_CONTAINERS_A_TO_H("containers", "containers"),
    HOST_PORT("containers", "containers"),
    OF_CONTAINERS_I_TO_Z("containers", "containers"),
    OF_CONTAINERS_A_TO_H("ephemeralContainers", "ephemeral containers"),
    OF_CONTAINERS_I_TO_Z("ephemeralContainers", "ephemeral containers"),
    ROW("ka.req.pod.fs_group", NONE, 0,
        "group id of the volumes of the pod asked for",
        "requestObject", "spec", "securityContext", "fsGroup"),
    ROW("ka.req.pod.host_ipc", NONE, 0,
        "the pod asked for shares the IPC namespace of its node",
        "requestObject", "spec", "hostIPC"),
    ROW("ka.req.pod.host_network", NONE, 0,
        "the pod asked for shares the network of its node", "requestObject", "spec", "hostNetwork"),
    ROW("ka.req.pod.host_pid", NONE, 0,
        "the pod asked for sees the processes of its node", "requestObject", "spec", "hostPID"),
    OF_CONTAINERS_A_TO_H("initContainers", "init containers"),
    HOST_PORT("initContainers", "init containers"),
    OF_CONTAINERS_I_TO_Z("initContainers", "init containers"),
    ROW("ka.req.pod.run_as_group", NONE, 0,
        "group id that the pod asked for gives its containers",
        "requestObject", "spec", "securityContext", "runAsGroup"),
    ROW("ka.req.pod.run_as_user", NONE, 0,
        "user id that the pod asked for gives its containers",
        "requestObject", "spec", "securityContext", "runAsUser"),
    ROW("ka.req.pod.supplemental_groups", NONE, FIELD_LIST,
        "further group ids of the pod asked for",
        "requestObject", "spec", "securityContext", "supplementalGroups", JSON_EACH),
    ROW("ka.req.pod.volumes.flexvolume_driver", INDEX_OR_NONE, FIELD_LIST,
        "drivers of the flex volumes of the pod asked for",
        "requestObject", "spec", "volumes", JSON_EACH, "flexVolume", "driver"),
    ROW("ka.req.pod.volumes.hostpath", INDEX_OR_NONE, FIELD_LIST,
        "paths of the node that the pod asked for mounts",
        "requestObject", "spec", "volumes", JSON_EACH, "hostPath", "path"),
    MADE("ka.req.pod.volumes.volume_type", INDEX_OR_NONE, FIELD_LIST, volume_types,
        "types of the volumes of the pod asked for"),
    ROW("ka.req.role.rules", NONE, FIELD_LIST,
        "rules of the role asked for, as JSON text", "requestObject", "rules", JSON_EACH),
    ROW("ka.req.role.rules.apiGroups", INDEX_OR_NONE, FIELD_LIST,
        "API groups in the rules of the role asked for",
        "requestObject", "rules", JSON_EACH, "apiGroups", JSON_EACH),
    ROW("ka.req.role.rules.nonResourceURLs", INDEX_OR_NONE, FIELD_LIST,
        "URLs in the rules of the role asked for",
        "requestObject", "rules", JSON_EACH, "nonResourceURLs", JSON_EACH),
    ROW("ka.req.role.rules.resources", INDEX_OR_NONE, FIELD_LIST,
        "resources in the rules of the role asked for",
        "requestObject", "rules", JSON_EACH, "resources", JSON_EACH),
    ROW("ka.req.role.rules.verbs", INDEX_OR_NONE, FIELD_LIST,
        "verbs in the rules of the role asked for",
        "requestObject", "rules", JSON_EACH, "verbs", JSON_EACH),
    ROW("ka.req.service.ports", INDEX_OR_NONE, FIELD_LIST,
        "ports of the service asked for, as JSON text",
        "requestObject", "spec", "ports", JSON_EACH),
    ROW("ka.req.service.type", NONE, 0,
        "type of the service asked for: ClusterIP, NodePort, LoadBalancer",
        "requestObject", "spec", "type"),
    MADE("ka.req.volume.hostpath", KEY, FIELD_DEPRECATED, mounts_host_path,
        "true when the pod asked for mounts the path of the node given; * at its end for a prefix"),
    ROW("ka.resp.name", NONE, 0,
        "name of the object that was answered with", "responseObject", "metadata", "name"),
    ROW("ka.response.code", NONE, 0, "HTTP status of the answer", "responseStatus", "code"),
    ROW("ka.response.reason", NONE, 0,
        "why it failed: responseStatus.reason", "responseStatus", "reason"),
    ROW("ka.security.pod.violations", NONE, 0,
        "annotation pod-security.kubernetes.io/audit-violations",
        "annotations", "pod-security.kubernetes.io/audit-violations"),
    MADE("ka.sourceips", INDEX_OR_NONE, FIELD_LIST, source_ips,
        "addresses that the request came from, the client first"),
    ROW("ka.stage", NONE, 0,
        "how far the request had come: RequestReceived, ResponseComplete ...", "stage"),
    ROW("ka.target.name", NONE, 0, "name of the object: objectRef.name", "objectRef", "name"),
    ROW("ka.target.namespace", NONE, 0,
        "namespace of the object: objectRef.namespace", "objectRef", "namespace"),
    MADE("ka.target.pod.name", NONE, 0, target_pod,
        "name of the pod that was answered with, for requests on pods themselves"),
    ROW("ka.target.resource", NONE, 0,
        "kind of the object: objectRef.resource", "objectRef", "resource"),
    ROW("ka.target.subresource", NONE, 0,
        "part of the object: objectRef.subresource", "objectRef", "subresource"),
    ROW("ka.uri", NONE, 0, "path and query of the request", "requestURI"),
    MADE("ka.uri.param", KEY, 0, uri_param, "value of the query parameter given"),
    ROW("ka.user.groups", NONE, FIELD_LIST,
        "groups of who asked: user.groups", "user", "groups", JSON_EACH),
    ROW("ka.user.name", NONE, 0, "who asked: user.username", "user", "username"),
    ROW("ka.useragent", NONE, 0, "program that asked, as it calls itself", "userAgent"),
    ROW("ka.validations.admission.policy.failure", NONE, 0,
        "annotation validation.policy.admission.k8s.io/validation_failure",
        "annotations", "validation.policy.admission.k8s.io/validation_failure"),
    ROW("ka.verb", NONE, 0, "what was asked: get, list, create, delete ...", "verb"),
};
/* clang-format on */

const struct field_table field_table_k8s_audit = FIELD_TABLE("Kubernetes audit log", rows);
