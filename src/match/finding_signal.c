#include "match/finding_signal.h"

#include "base/json.h"
#include "event/field.h"

struct member {
    const char *key, *field;
};

/* Of one source; each list ends with a NULL key. */
static const struct signal_members {
    struct member actor[8], action[8];
} members[SOURCE_COUNT] = {
    [SOURCE_K8S_AUDIT] =
        {
            {{"name", "ka.user.name"},
             {"groups", "ka.user.groups"},
             {"impersonates", "ka.impuser.name"},
             {"address", "ka.sourceips[0]"},
             {"agent", "ka.useragent"}},
            {{"name", "ka.verb"},
             {"resource", "ka.target.resource"},
             {"subresource", "ka.target.subresource"},
             {"object", "ka.target.name"},
             {"status", "ka.response.code"},
             {"decision", "ka.auth.decision"},
             {"reason", "ka.auth.reason"}},
        },
    [SOURCE_AWS_CLOUDTRAIL] =
        {
            {{"name", "ct.user"},
             {"session", "ct.originaluser"},
             {"id", "ct.user.arn"},
             {"type", "ct.user.identitytype"},
             {"account", "ct.user.accountid"},
             {"address", "ct.srcip"},
             {"agent", "ct.useragent"}},
            {{"name", "ct.name"},
             {"service", "ct.shortsrc"},
             {"region", "ct.region"},
             {"error", "ct.error"},
             {"read_only", "ct.readonly"},
             {"bucket", "s3.bucket"}},
        },
    [SOURCE_GCP_AUDITLOG] =
        {
            {{"name", "gcp.user"}, {"address", "gcp.callerIP"}, {"agent", "gcp.userAgent"}},
            {{"name", "gcp.methodName"},
             {"service", "gcp.serviceName"},
             {"resource", "gcp.resourceType"},
             {"object", "gcp.resourceName"},
             {"project", "gcp.projectId"},
             {"region", "gcp.location"}},
        },
    [SOURCE_OKTA] =
        {
            {{"name", "okta.actor.alternateid"},
             {"id", "okta.actor.id"},
             {"type", "okta.actor.Type"},
             {"address", "okta.client.ip"},
             {"agent", "okta.useragent.raw"}},
            {{"name", "okta.evt.type"},
             {"status", "okta.result"},
             {"reason", "okta.reason"},
             {"object", "okta.target.user.alternateid"}},
        },
    [SOURCE_GITHUB] =
        {
            {{"name", "github.user"}},
            {{"name", "github.action"},
             {"resource", "github.type"},
             {"object", "github.repo.name"},
             {"organization", "github.org"}},
        },
};

static uint32_t read_field(const struct event *event, const char *text, struct value *out)
{
    struct field_ref ref;

    return field_ref_parse(sv(text), &ref) == FIELD_REF_FINE ? field_extract(event, &ref, out) : 0;
}

static void put_list(struct json_writer *w, const struct value *value, uint32_t count)
{
    json_array_begin(w);
    for (uint32_t i = 0; i < count; i++)
        json_sv(w, value[i].text);
    json_array_end(w);
}

static void put_members(struct json_writer *w, const char *name, const struct event *event,
                        const struct member *member)
{
    struct value value[FIELD_VALUES_MAX];
    struct field_ref ref;

    json_key(w, name);
    json_object_begin(w);
    for (; member->key != NULL; member++) {
        uint32_t count = read_field(event, member->field, value);
        if (count == 0 || value[0].kind != VALUE_TEXT || value[0].text.len == 0)
            continue;
        json_key(w, member->key);
        bool list = field_ref_parse(sv(member->field), &ref) == FIELD_REF_FINE && !ref.has_arg &&
                    (ref.field->flags & FIELD_LIST) != 0;
        if (list)
            put_list(w, value, count);
        else
            json_sv(w, value[0].text);
    }
    json_object_end(w);
}

static struct sv text_of(const struct event *event, const char *field)
{
    struct value value[FIELD_VALUES_MAX];

    return read_field(event, field, value) > 0 ? value[0].text : (struct sv){NULL, 0};
}

/* The namespace of the object, and the pod when it is one. */
static void put_object(struct json_writer *w, const struct event *event)
{
    struct sv namespace = text_of(event, "ka.target.namespace");
    struct sv name = text_of(event, "ka.target.name");

    if (namespace.len > 0) {
        json_key(w, "namespace");
        json_sv(w, namespace);
    }
    if (name.len == 0 || !sv_eq(text_of(event, "ka.target.resource"), SV("pods")))
        return;
    json_key(w, "pod");
    json_object_begin(w);
    json_key(w, "name");
    json_sv(w, name);
    json_object_end(w);
}

void finding_signal_write(struct json_writer *w, const struct event *event)
{
    const struct signal_members *of_source = &members[event->source];

    if (of_source->actor[0].key == NULL)
        return;
    put_members(w, "actor", event, of_source->actor);
    put_members(w, "action", event, of_source->action);
    if (event->source == SOURCE_K8S_AUDIT)
        put_object(w, event);
}
