/* Opens wrappings until there are records, and makes events of them. */
#include "decode/signals.h"

#include <assert.h>
#include <errno.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "decode/gke.h"

enum { DOCUMENT_BLOCK = 1 << 18, SCRATCH_BLOCK = 1 << 14 };

struct signals {
    struct signals_options options;
    struct arena *arena; /* the document */
    struct arena *scratch;
    struct event event;
    struct signals_counts counts;

    /* while a document is handed over */
    uint64_t arrival_ns;
    signals_event_fn on_event;
    void *ctx;
};

/* --- what a record is, by source ------------------------------------------------------------- */

static bool has(const struct json_doc *doc, const struct json_node *node, const char *key)
{
    return json_get(doc, node, sv(key)) != NULL;
}

static bool is_k8s_audit(const struct json_doc *doc, const struct json_node *node)
{
    return has(doc, node, "auditID") || gke_is_audit(doc, node);
}

static bool is_cloudtrail(const struct json_doc *doc, const struct json_node *node)
{
    return has(doc, node, "eventName") && has(doc, node, "eventSource");
}

static bool is_gcp(const struct json_doc *doc, const struct json_node *node)
{
    return has(doc, node, "protoPayload");
}

static bool is_okta(const struct json_doc *doc, const struct json_node *node)
{
    return has(doc, node, "eventType") && has(doc, node, "published");
}

static bool is_github(const struct json_doc *doc, const struct json_node *node)
{
    return node->kind == JSON_OBJECT;
}

struct record_kind {
    bool (*is)(const struct json_doc *doc, const struct json_node *node);
    const char *time[3]; /* members that say when, the best first */
    const char *id[3];   /* members whose texts together name it */
};

static const struct record_kind kinds[SOURCE_COUNT] = {
    [SOURCE_K8S_AUDIT] = {is_k8s_audit,
                          {"stageTimestamp", "requestReceivedTimestamp", "timestamp"},
                          /* who asks may choose the auditID, but not the time */
                          {"auditID", "stage", "stageTimestamp"}},
    [SOURCE_AWS_CLOUDTRAIL] = {is_cloudtrail, {"eventTime"}, {"eventID"}},
    [SOURCE_GCP_AUDITLOG] = {is_gcp, {"timestamp", "receiveTimestamp"}, {"insertId", "timestamp"}},
    [SOURCE_OKTA] = {is_okta, {"published"}, {"uuid"}},
    [SOURCE_GITHUB] = {is_github, {NULL}, {"delivery_id"}},
};

/* --- events ---------------------------------------------------------------------------------- */

static uint64_t time_of(struct signals *signals, const struct record_kind *kind,
                        const struct json_doc *doc, const struct json_node *node)
{
    uint64_t ns;

    for (size_t i = 0; i < ARRAY_LEN(kind->time) && kind->time[i] != NULL; i++) {
        if (clock_read_rfc3339(json_get_sv(doc, node, sv(kind->time[i])), &ns))
            return ns;
    }
    signals->counts.untimed++;
    return signals->arrival_ns;
}

static struct sv id_of(struct signals *signals, const struct record_kind *kind,
                       const struct json_doc *doc, const struct json_node *node)
{
    struct sv first = json_get_sv(doc, node, sv(kind->id[0]));

    if (first.len == 0 || kind->id[1] == NULL)
        return first;
    struct sv second = json_get_sv(doc, node, sv(kind->id[1]));
    if (kind->id[2] == NULL)
        return arena_printf(signals->scratch, "%.*s/%.*s", SV_ARG(first), SV_ARG(second));
    struct sv third = json_get_sv(doc, node, sv(kind->id[2]));
    return arena_printf(signals->scratch, "%.*s/%.*s/%.*s", SV_ARG(first), SV_ARG(second),
                        SV_ARG(third));
}

static void hand_over(struct signals *signals, const struct json_doc *doc,
                      const struct json_node *node)
{
    const struct record_kind *kind = &kinds[signals->options.source];

    arena_reset(signals->scratch);
    signals->event = (struct event){
        .source = signals->options.source,
        .type = EVENT_PLUGIN,
        .num = ++signals->counts.events,
        .id = id_of(signals, kind, doc, node),
        .time_ns = time_of(signals, kind, doc, node),
        .json = {.doc = doc, .node = node, .quirks = signals->options.quirks},
        .scratch = signals->scratch,
    };
    signals->on_event(signals->ctx, &signals->event);
}

static void record(struct signals *signals, const struct json_doc *doc,
                   const struct json_node *node)
{
    struct json_doc made;

    if (signals->options.source != SOURCE_K8S_AUDIT || !gke_is_audit(doc, node)) {
        hand_over(signals, doc, node);
        return;
    }
    if (gke_audit_event(doc, node, signals->arena, &made) == 0)
        hand_over(signals, &made, made.node);
    else
        signals->counts.bad++;
}

/* --- wrappings ------------------------------------------------------------------------------- */

enum wrapped {
    WRAPPED_VALUE,  /* the member is what was wrapped, or a list of it */
    WRAPPED_TEXT,   /* ... is its text */
    WRAPPED_BASE64, /* ... is its text in base64 */
};

/* In the order in which they are looked for. */
static const struct wrapping {
    const char *outer, *inner; /* inner: NULL for a member of the object itself */
    enum wrapped wrapped;
} wrappings[] = {
    {"items", NULL, WRAPPED_VALUE},          /* Kubernetes: EventList */
    {"Records", NULL, WRAPPED_VALUE},        /* CloudTrail: a file; SQS to Lambda */
    {"records", NULL, WRAPPED_VALUE},        /* Azure Event Hubs, Kafka bridges */
    {"Events", NULL, WRAPPED_VALUE},         /* CloudTrail: LookupEvents */
    {"logEvents", NULL, WRAPPED_VALUE},      /* CloudWatch Logs: a subscription */
    {"events", NULL, WRAPPED_VALUE},         /* Okta: event hook */
    {"CloudTrailEvent", NULL, WRAPPED_TEXT}, /* CloudTrail: of LookupEvents */
    {"properties", "log", WRAPPED_TEXT},     /* AKS: control plane logs */
    {"message", "data", WRAPPED_BASE64},     /* Pub/Sub: push */
    {"detail", NULL, WRAPPED_VALUE},         /* EventBridge */
    {"data", NULL, WRAPPED_VALUE},           /* Okta: event hook */
    {"message", NULL, WRAPPED_TEXT},         /* CloudWatch Logs: one event */
    {"Message", NULL, WRAPPED_TEXT},         /* SNS */
    {"body", NULL, WRAPPED_TEXT},            /* SQS to Lambda */
    {"Body", NULL, WRAPPED_TEXT},            /* SQS */
};

static void open_value(struct signals *signals, const struct json_doc *doc,
                       const struct json_node *node, unsigned depth);

static void open_text(struct signals *signals, struct sv text, unsigned depth)
{
    struct json_doc inner;

    if (json_parse(text, signals->arena, &inner, NULL) == 0)
        open_value(signals, &inner, inner.node, depth);
    else
        signals->counts.bad++;
}

/* The member that a wrapping names, when it has the kind it must have. */
static const struct json_node *wrapped_by(const struct wrapping *wrapping,
                                          const struct json_doc *doc, const struct json_node *node)
{
    const struct json_node *found = json_get(doc, node, sv(wrapping->outer));

    if (wrapping->inner != NULL)
        found = json_get(doc, found, sv(wrapping->inner));
    if (found == NULL)
        return NULL;
    bool text = found->kind == JSON_STRING;
    bool value = found->kind == JSON_ARRAY || found->kind == JSON_OBJECT;
    return (wrapping->wrapped == WRAPPED_VALUE ? value : text) ? found : NULL;
}

static void unwrap(struct signals *signals, const struct json_doc *doc,
                   const struct json_node *node, unsigned depth)
{
    for (size_t i = 0; i < ARRAY_LEN(wrappings); i++) {
        const struct json_node *found = wrapped_by(&wrappings[i], doc, node);
        struct sv text;
        if (found == NULL)
            continue;
        if (wrappings[i].wrapped == WRAPPED_VALUE)
            open_value(signals, doc, found, depth);
        else if (wrappings[i].wrapped == WRAPPED_TEXT)
            open_text(signals, found->text, depth);
        else if (base64_decode(found->text, signals->arena, &text))
            open_text(signals, text, depth);
        else
            signals->counts.bad++;
        return;
    }
    signals->counts.foreign++;
}

static void open_value(struct signals *signals, const struct json_doc *doc,
                       const struct json_node *node, unsigned depth)
{
    if (node->kind == JSON_ARRAY) {
        for (const struct json_node *at = json_first(doc, node); at != NULL;
             at = json_next(doc, node, at))
            open_value(signals, doc, at, depth);
    } else if (kinds[signals->options.source].is(doc, node)) {
        record(signals, doc, node);
    } else if (node->kind == JSON_OBJECT && depth < SIGNALS_WRAPPINGS_MAX) {
        unwrap(signals, doc, node, depth + 1);
    } else {
        signals->counts.foreign++;
    }
}

/* --- the decoder ----------------------------------------------------------------------------- */

struct signals *signals_new(const struct signals_options *options)
{
    struct signals *signals = xcalloc(1, sizeof(*signals));

    assert(options->source != SOURCE_SYSCALL && kinds[options->source].is != NULL);
    signals->options = *options;
    signals->arena = arena_new(DOCUMENT_BLOCK);
    signals->scratch = arena_new(SCRATCH_BLOCK);
    arena_limit(signals->arena, SIGNALS_DOCUMENT_MAX);
    return signals;
}

void signals_free(struct signals *signals)
{
    if (signals == NULL)
        return;
    arena_free(signals->arena);
    arena_free(signals->scratch);
    free(signals);
}

int signals_document(struct signals *signals, struct sv text, uint64_t arrival_ns,
                     signals_event_fn on_event, void *ctx, struct err *err)
{
    static const struct sv byte_order_mark = {"\xef\xbb\xbf", 3};
    struct json_doc doc;

    if (sv_starts(text, byte_order_mark))
        text = sv_sub(text, byte_order_mark.len, text.len);
    arena_reset(signals->arena);
    int rc = json_parse(text, signals->arena, &doc, err);
    if (rc < 0)
        return rc;
    signals->arrival_ns = arrival_ns;
    signals->on_event = on_event;
    signals->ctx = ctx;
    open_value(signals, &doc, doc.node, 0);
    return 0;
}

static void ignore_event(void *ctx, const struct event *event)
{
}

int signals_guess(struct sv text)
{
    static const enum event_source guesses[] = {SOURCE_K8S_AUDIT, SOURCE_AWS_CLOUDTRAIL,
                                                SOURCE_OKTA, SOURCE_GCP_AUDITLOG};

    for (size_t i = 0; i < ARRAY_LEN(guesses); i++) {
        scoped(signals_free) struct signals *signals =
            signals_new(&(struct signals_options){.source = guesses[i]});
        if (signals_document(signals, text, 0, ignore_event, NULL, NULL) == 0 &&
            signals->counts.events > 0)
            return (int)guesses[i];
    }
    return -1;
}

const struct signals_counts *signals_counts(const struct signals *signals)
{
    return &signals->counts;
}
