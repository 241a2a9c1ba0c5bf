/* okta.*: an event of the Okta system log.
 *
 * A meaning that is a path names the member of the record that the value comes from. */
#include "event/fields.h"
#include "event/json_field.h"

static uint32_t app(const struct event *event, const struct field_ref *ref, struct value *out)
{
    struct sv uri = event_json_text(event, JSON_PATH("debugContext", "debugData", "requestUri"));

    if (!sv_starts(uri, SV("/app/")))
        return 0;
    uri = sv_sub(uri, sizeof("/app/") - 1, uri.len);
    return field_sv(out, sv_split(&uri, '/'));
}

static uint32_t longitude(const struct event *event, const struct field_ref *ref, struct value *out)
{
    if (event->json.quirks) { /* the plugin reads a member that is never there */
        *out = value_sv(SV("0"));
        return event->json.node != NULL;
    }
    return event_json_value(
        event,
        event_json_at(event, JSON_PATH("client", "geographicalContext", "geolocation", "lon")),
        out);
}

static uint32_t as_number(const struct event *event, const struct field_ref *ref, struct value *out)
{
    const struct json_node *node = event_json_at(event, JSON_PATH("securityContext", "asNumber"));

    if (node == NULL || node->kind != JSON_I64 || node->i64 < 0)
        return 0;
    return field_u64(out, (uint64_t)node->i64);
}

/* A member of what was acted on: of several of one type, the last. */
static uint32_t target(const struct event *event, const char *type, const char *member,
                       struct value *out)
{
    const struct json_doc *doc = event->json.doc;
    const struct json_node *all = event_json_at(event, JSON_PATH("target"));
    const struct json_node *found = NULL;

    if (all == NULL || all->kind != JSON_ARRAY)
        return 0;
    for (const struct json_node *t = json_first(doc, all); t != NULL; t = json_next(doc, all, t)) {
        if (sv_eq(json_get_sv(doc, t, SV("type")), sv(type)))
            found = t;
    }
    return event_json_value(event, json_get(doc, found, sv(member)), out);
}

static uint32_t target_app_alternate_id(const struct event *event, const struct field_ref *ref,
                                        struct value *out)
{
    return target(event, "AppInstance", "alternateId", out);
}

static uint32_t target_group_alternate_id(const struct event *event, const struct field_ref *ref,
                                          struct value *out)
{
    return target(event, "UserGroup", "alternateId", out);
}

static uint32_t target_group_id(const struct event *event, const struct field_ref *ref,
                                struct value *out)
{
    return target(event, "UserGroup", "id", out);
}

static uint32_t target_group_name(const struct event *event, const struct field_ref *ref,
                                  struct value *out)
{
    return target(event, "UserGroup", "displayName", out);
}

static uint32_t target_user_alternate_id(const struct event *event, const struct field_ref *ref,
                                         struct value *out)
{
    return target(event, "User", "alternateId", out);
}

static uint32_t target_user_id(const struct event *event, const struct field_ref *ref,
                               struct value *out)
{
    return target(event, "User", "id", out);
}

static uint32_t target_user_name(const struct event *event, const struct field_ref *ref,
                                 struct value *out)
{
    return target(event, "User", "displayName", out);
}

/* One name, or all as one text: "(a,b)". */
static uint32_t target_names(const struct event *event, const struct field_ref *ref,
                             struct value *out)
{
    struct value each[FIELD_VALUES_MAX];
    uint32_t count =
        event_json_values(event, ref, JSON_PATH("target", JSON_EACH, "displayName"), each);

    if (count == 0 || ref->has_arg) {
        *out = each[0];
        return count > 0;
    }
    return field_joined(event, each, count, "(", ")", out);
}

/* --- the rows -------------------------------------------------------------------------------- */

#define SOURCE (1u << SOURCE_OKTA)
/* clang-format off */
#define ROW(name, arg, flags, meaning, ...) \
    FIELD_JSON_ROW(SOURCE, name, CHARBUF, arg, flags, field_json_path, meaning, __VA_ARGS__)
#define MADE(name, type, arg, flags, extract, meaning) \
    FIELD_ROW(SOURCE, name, type, arg, flags, extract, meaning)

static const struct field rows[] = {
    ROW("okta.actor.Type", NONE, 0, "actor.type", "actor", "type"),
    ROW("okta.actor.alternateid", NONE, 0, "actor.alternateId", "actor", "alternateId"),
    ROW("okta.actor.id", NONE, 0, "actor.id", "actor", "id"),
    ROW("okta.actor.name", NONE, 0, "actor.displayName", "actor", "displayName"),
    MADE("okta.app", CHARBUF, NONE, 0, app, "app in the path of the request"),
    ROW("okta.authentication.credentialprovider", NONE, 0,
        "authenticationContext.credentialProvider", "authenticationContext", "credentialProvider"),
    ROW("okta.authentication.provider", NONE, 0,
        "authenticationContext.authenticationProvider",
        "authenticationContext", "authenticationProvider"),
    ROW("okta.authentication.sessionid", NONE, 0,
        "authenticationContext.externalSessionId", "authenticationContext", "externalSessionId"),
    ROW("okta.authentication.step", NONE, 0,
        "authenticationContext.authenticationStep", "authenticationContext", "authenticationStep"),
    ROW("okta.behaviors", NONE, 0,
        "debugContext.debugData.behaviors", "debugContext", "debugData", "behaviors"),
    ROW("okta.client.device", NONE, 0, "client.device", "client", "device"),
    ROW("okta.client.geo.city", NONE, 0,
        "client.geographicalContext.city", "client", "geographicalContext", "city"),
    ROW("okta.client.geo.country", NONE, 0,
        "client.geographicalContext.country", "client", "geographicalContext", "country"),
    ROW("okta.client.geo.lat", NONE, 0,
        "client.geographicalContext.geolocation.lat",
        "client", "geographicalContext", "geolocation", "lat"),
    MADE("okta.client.geo.lon", CHARBUF, NONE, 0, longitude,
        "client.geographicalContext.geolocation.lon"),
    ROW("okta.client.geo.postalcode", NONE, 0,
        "client.geographicalContext.postalCode", "client", "geographicalContext", "postalCode"),
    ROW("okta.client.geo.state", NONE, 0,
        "client.geographicalContext.state", "client", "geographicalContext", "state"),
    ROW("okta.client.id", NONE, 0, "client.id", "client", "id"),
    ROW("okta.client.ip", NONE, 0, "client.ipAddress", "client", "ipAddress"),
    ROW("okta.client.zone", NONE, 0, "client.zone", "client", "zone"),
    ROW("okta.evt.legacytype", NONE, 0, "legacyEventType", "legacyEventType"),
    ROW("okta.evt.type", NONE, 0, "eventType", "eventType"),
    ROW("okta.logonlysecuritydata", NONE, 0,
        "debugContext.debugData.logOnlySecurityData",
        "debugContext", "debugData", "logOnlySecurityData"),
    ROW("okta.message", NONE, 0, "displayMessage", "displayMessage"),
    MADE("okta.mfa.deny.countlast", UINT64, INDEX, FIELD_NO_VALUE, NULL,
        "denied push requests of the same actor in the seconds given"),
    MADE("okta.mfa.failure.countlast", UINT64, INDEX, FIELD_NO_VALUE, NULL,
        "failed second factors of the same actor in the seconds given"),
    MADE("okta.org", CHARBUF, NONE, FIELD_NO_VALUE, NULL, "organization, from the configuration"),
    ROW("okta.principal.alternateid", NONE, 0,
        "debugContext.debugData.originalPrincipal.alternateId",
        "debugContext", "debugData", "originalPrincipal", "alternateId"),
    ROW("okta.principal.id", NONE, 0,
        "debugContext.debugData.originalPrincipal.id",
        "debugContext", "debugData", "originalPrincipal", "id"),
    ROW("okta.principal.name", NONE, 0,
        "debugContext.debugData.originalPrincipal.displayName",
        "debugContext", "debugData", "originalPrincipal", "displayName"),
    ROW("okta.principal.type", NONE, 0,
        "debugContext.debugData.originalPrincipal.type",
        "debugContext", "debugData", "originalPrincipal", "type"),
    ROW("okta.published", NONE, 0, "published", "published"),
    ROW("okta.reason", NONE, 0, "outcome.reason", "outcome", "reason"),
    ROW("okta.requesturi", NONE, 0,
        "debugContext.debugData.requestUri", "debugContext", "debugData", "requestUri"),
    ROW("okta.result", NONE, 0, "outcome.result", "outcome", "result"),
    MADE("okta.security.asnumber", UINT64, NONE, 0, as_number, "securityContext.asNumber"),
    ROW("okta.security.asorg", NONE, 0, "securityContext.asOrg", "securityContext", "asOrg"),
    ROW("okta.security.domain", NONE, 0, "securityContext.domain", "securityContext", "domain"),
    ROW("okta.security.isp", NONE, 0, "securityContext.isp", "securityContext", "isp"),
    ROW("okta.security.isproxy", NONE, 0, "securityContext.isProxy", "securityContext", "isProxy"),
    ROW("okta.severity", NONE, 0, "severity", "severity"),
    MADE("okta.target.app.alternateid", CHARBUF, NONE, 0, target_app_alternate_id,
        "app that was acted on"),
    MADE("okta.target.group.alternateid", CHARBUF, NONE, 0, target_group_alternate_id,
        "other id of the group that was acted on"),
    MADE("okta.target.group.id", CHARBUF, NONE, 0, target_group_id,
        "id of the group that was acted on"),
    MADE("okta.target.group.name", CHARBUF, NONE, 0, target_group_name,
        "name of the group that was acted on"),
    MADE("okta.target.user.alternateid", CHARBUF, NONE, 0, target_user_alternate_id,
        "login of the user that was acted on"),
    MADE("okta.target.user.id", CHARBUF, NONE, 0, target_user_id,
        "id of the user that was acted on"),
    MADE("okta.target.user.name", CHARBUF, NONE, 0, target_user_name,
        "name of the user that was acted on"),
    MADE("okta.targets.displayName", CHARBUF, INDEX_OR_NONE, 0, target_names,
        "names of all that was acted on, or the one at the index"),
    ROW("okta.transaction.id", NONE, 0, "transaction.id", "transaction", "id"),
    ROW("okta.transaction.type", NONE, 0, "transaction.type", "transaction", "type"),
    ROW("okta.useragent.browser", NONE, 0,
        "client.userAgent.browser", "client", "userAgent", "browser"),
    ROW("okta.useragent.os", NONE, 0, "client.userAgent.os", "client", "userAgent", "os"),
    ROW("okta.useragent.raw", NONE, 0,
        "client.userAgent.rawUserAgent", "client", "userAgent", "rawUserAgent"),
};
/* clang-format on */

const struct field_table field_table_okta = FIELD_TABLE("Okta", rows);
