#include "app/intake.h"

#include <errno.h>
#include <stdio.h>

#include "app/stored_finding.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "decode/signals.h"
#include "match/engine.h"
#include "store/store.h"
#include "web/http_server.h"

enum {
    OK = 200,
    ACCEPTED = 202,
    BAD_REQUEST = 400,
    UNAUTHORIZED = 401,
    FORBIDDEN = 403,
    NOT_FOUND = 404,
    METHOD_NOT_ALLOWED = 405,
    TOO_MANY = 429,
    RETRY_S = 5,
    WORDS_MAX = 600,
    HEADERS_MAX = 1 << 18, /* more than the library takes, as JSON */
};

/* Where records are posted, and what their sender takes for success. */
static const struct route {
    const char *path;
    enum event_source source;
    unsigned status;
} routes[] = {
    {"/k8s-audit", SOURCE_K8S_AUDIT, OK}, /* the webhook of an API server */
    {"/cloudtrail", SOURCE_AWS_CLOUDTRAIL, ACCEPTED},
    {"/gcp", SOURCE_GCP_AUDITLOG, ACCEPTED}, /* Pub/Sub takes any 2xx but 203 */
    {"/okta", SOURCE_OKTA, OK},
    {"/github", SOURCE_GITHUB, ACCEPTED},
};

struct taken {
    struct http_request *request;
    unsigned status;
};

struct intake {
    struct intake_options options;
    struct signals *signals[SOURCE_COUNT];
    struct engine *engine[SOURCE_COUNT]; /* NULL: no rule of the source */
    struct taken taken[INTAKE_BATCH_MAX];
    size_t taken_count, taken_bytes;
    struct buf record, finding;
    struct buf body;     /* of GitHub, with what its headers say */
    uint64_t arrival_ns; /* of the document that is handed over */
    struct arena *arena;
    struct err failure; /* of the store, while a document is handed over */
    int failed;
    intake_metrics_fn write_metrics; /* or NULL */
    void *metrics_ctx;
    struct intake_counts counts, batch; /* batch: of what is not committed */
};

/* --- records --------------------------------------------------------------------------------- */

static void fail(struct intake *intake, int rc, const struct err *err)
{
    if (intake->failed == 0) {
        intake->failed = rc;
        intake->failure = *err;
    }
}

static void on_match(void *ctx, const struct rule *rule, const struct event *event)
{
    struct intake *intake = ctx;
    struct finding_keys keys;
    struct err err = {0};

    buf_reset(&intake->finding);
    arena_reset(intake->arena);
    if (intake->failed < 0)
        return;
    int rc = finding_make(&intake->finding, &intake->options.place, rule, event);
    if (rc == 0)
        rc = finding_read(buf_view(&intake->finding), intake->arena, &keys, &err);
    if (rc < 0) {
        log_error(intake->options.log, "a finding is lost", log_str("rule", rule->name),
                  log_str("why", err_text(&err, rc)));
        return;
    }
    struct store_finding finding = stored_finding(&keys, buf_view(&intake->finding));
    rc = store_append(intake->options.store, &finding, &err);
    if (rc < 0 && rc != -E2BIG && rc != -EINVAL)
        fail(intake, rc, &err);
    else if (rc < 0)
        log_error(intake->options.log, "a finding is refused", log_str("why", err.text));
    intake->batch.findings += rc == 0;
}

/* Keep the record, then ask the rules; one that is there already was judged then. */
static void on_event(void *ctx, const struct event *event)
{
    struct intake *intake = ctx;
    struct json_writer w;
    struct err err = {0};

    if (intake->failed < 0)
        return;
    buf_reset(&intake->record);
    w = json_writer_on(&intake->record);
    json_node_write(&w, event->json.doc, event->json.node);
    struct store_evidence evidence = {
        .time_ns = event->time_ns,
        .arrival_ns = intake->arrival_ns,
        .source = event->source,
        .id = event->id,
        .json = buf_view(&intake->record),
    };
    int rc = intake->record.error != 0
                 ? -E2BIG
                 : store_append_evidence(intake->options.store, &evidence, &err);
    if (rc == -E2BIG || rc == -EINVAL)
        intake->batch.too_large++;
    else if (rc < 0)
        fail(intake, rc, &err);
    else if (rc == STORE_DUPLICATE)
        intake->batch.duplicates++;
    if (rc != 0 && rc != -E2BIG && rc != -EINVAL)
        return;
    intake->batch.records += rc == 0;
    intake->batch.of_source[event->source] += rc == 0;
    if (intake->engine[event->source] != NULL)
        (void)engine_run(intake->engine[event->source], event, on_match, intake);
}

static struct signals *decoder_of(struct intake *intake, enum event_source source)
{
    if (intake->signals[source] == NULL)
        intake->signals[source] = signals_new(
            &(struct signals_options){.source = source, .quirks = intake->options.quirks});
    return intake->signals[source];
}

/* --- requests -------------------------------------------------------------------------------- */

static void answer_now(struct intake *intake, struct http_request *request, unsigned status,
                       const char *words)
{
    intake->counts.refused += status >= BAD_REQUEST;
    http_request_answer(request, &(struct http_answer){
                                     .status = status,
                                     .allow = status == METHOD_NOT_ALLOWED ? "POST" : NULL,
                                     .body = sv(words),
                                 });
}

/* Bytes are compared in a time that does not tell how many were right. */
static bool same_secret(struct sv a, struct sv b)
{
    uint8_t different = a.len != b.len;

    for (size_t i = 0; i < b.len; i++)
        different |= (uint8_t)(b.ptr[i] ^ (a.len == 0 ? 0 : a.ptr[i % a.len]));
    return different == 0;
}

static bool may_post(const struct intake *intake, const struct http_request *request)
{
    struct sv given = http_request_header(request, "Authorization");
    struct sv scheme = SV("Bearer ");

    if (intake->options.token == NULL)
        return true;
    return sv_eq_nocase(sv_sub(given, 0, scheme.len), scheme) &&
           same_secret(sv_trim(sv_sub(given, scheme.len, given.len)), sv(intake->options.token));
}

static const struct route *find_route(struct sv path)
{
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (sv_eq(path, sv(routes[i].path)))
            return &routes[i];
    }
    return NULL;
}

/* The record of GitHub says neither what it is nor which: its headers do. */
static struct sv with_headers(struct intake *intake, const struct http_request *request,
                              struct sv body)
{
    struct sv type = http_request_header(request, "X-GitHub-Event");
    struct sv id = http_request_header(request, "X-GitHub-Delivery");
    size_t brace = sv_find(body, SV("{"), 0);
    struct json_writer w;

    if (type.len == 0 || brace == SIZE_MAX)
        return body;
    buf_reset(&intake->body);
    w = json_writer_on(&intake->body);
    json_object_begin(&w);
    json_key(&w, "webhook_type");
    json_sv(&w, type);
    json_key(&w, "delivery_id");
    json_sv(&w, id);
    struct sv rest = sv_trim(sv_sub(body, brace + 1, body.len));
    if (!sv_starts(rest, SV("}")))
        buf_char(&intake->body, ',');
    buf_sv(&intake->body, rest);
    return buf_view(&intake->body);
}

static void take_post(struct intake *intake, struct http_request *request,
                      const struct route *route)
{
    struct signals *signals = decoder_of(intake, route->source);
    struct sv body = http_request_body(request);
    char words[WORDS_MAX];
    struct err err = {0};

    intake->taken_bytes += body.len;
    if (route->source == SOURCE_GITHUB)
        body = with_headers(intake, request, body);
    struct signals_counts before = *signals_counts(signals);
    intake->arrival_ns = clock_wall_ns();
    int rc = signals_document(signals, body, intake->arrival_ns, on_event, intake, &err);
    if (rc < 0) {
        (void)snprintf(words, sizeof(words), "%s\n", err_text(&err, rc));
        answer_now(intake, request, BAD_REQUEST, words);
        return;
    }
    const struct signals_counts *after = signals_counts(signals);
    intake->batch.foreign += after->foreign - before.foreign;
    intake->batch.untimed += after->untimed - before.untimed;
    intake->batch.bad += after->bad - before.bad;
    intake->taken[intake->taken_count++] = (struct taken){request, route->status};
}

static void answer_metrics(struct intake *intake, struct http_request *request)
{
    buf_reset(&intake->record);
    intake->write_metrics(intake->metrics_ctx, &intake->record);
    http_request_answer(request, &(struct http_answer){
                                     .status = OK,
                                     .content_type = "text/plain; version=0.0.4; charset=utf-8",
                                     .body = buf_view(&intake->record),
                                 });
}

static void take_request(struct intake *intake, struct http_request *request)
{
    struct sv path = http_request_path(request);
    const struct route *route = find_route(path);
    bool posts = sv_eq(http_request_method(request), SV("POST"));

    intake->counts.requests++;
    if (route == NULL && (sv_eq(path, SV("/healthz")) || sv_eq(path, SV("/readyz"))))
        answer_now(intake, request, OK, "ok\n");
    else if (route == NULL && sv_eq(path, SV("/metrics")) && intake->write_metrics != NULL)
        answer_metrics(intake, request);
    else if (route == NULL)
        answer_now(intake, request, NOT_FOUND, "there is nothing at this path\n");
    else if (!posts)
        answer_now(intake, request, METHOD_NOT_ALLOWED, "records are posted here\n");
    else if (intake->options.client_certificate && http_request_client(request).len == 0)
        answer_now(intake, request, FORBIDDEN, "a certificate of the right authority is needed\n");
    else if (!may_post(intake, request))
        answer_now(intake, request, UNAUTHORIZED, "the bearer token is not the right one\n");
    else
        take_post(intake, request, route);
}

int intake_take(struct intake *intake, bool *more, struct err *err)
{
    struct http_request *request = NULL;

    while (intake->failed == 0 && intake->taken_count < INTAKE_BATCH_MAX &&
           intake->taken_bytes < INTAKE_BATCH_BYTES &&
           (request = http_server_next(intake->options.http)) != NULL)
        take_request(intake, request);
    *more = request != NULL;
    return intake->failed < 0 ? err_set(err, intake->failed, "%s", intake->failure.text) : 0;
}

static void add_counts(struct intake_counts *to, const struct intake_counts *from)
{
    to->records += from->records;
    to->duplicates += from->duplicates;
    to->findings += from->findings;
    to->foreign += from->foreign;
    to->untimed += from->untimed;
    to->bad += from->bad;
    to->too_large += from->too_large;
    for (int i = 0; i < SOURCE_COUNT; i++)
        to->of_source[i] += from->of_source[i];
}

void intake_settle(struct intake *intake, bool durable)
{
    static const struct http_answer later = {
        .status = TOO_MANY,
        .retry_after_s = RETRY_S,
        .body = SV("the store cannot be written now; come again\n"),
    };

    for (size_t i = 0; i < intake->taken_count; i++) {
        struct http_answer answer = {.status = intake->taken[i].status};
        http_request_answer(intake->taken[i].request, durable ? &answer : &later);
    }
    if (durable)
        add_counts(&intake->counts, &intake->batch);
    intake->batch = (struct intake_counts){0};
    intake->taken_count = intake->taken_bytes = 0;
    intake->failed = 0;
}

bool intake_has_taken(const struct intake *intake)
{
    return intake->taken_count > 0;
}

/* --- the intake ------------------------------------------------------------------------------ */

struct intake *intake_new(const struct intake_options *options)
{
    struct intake *intake = xcalloc(1, sizeof(*intake));

    intake->options = *options;
    intake->arena = arena_new(1 << 16);
    buf_init(&intake->record, STORE_EVIDENCE_MAX);
    buf_init(&intake->finding, STORE_FINDING_MAX);
    buf_init(&intake->body, INTAKE_BODY_MAX + HEADERS_MAX);
    return intake;
}

void intake_free(struct intake *intake)
{
    if (intake == NULL)
        return;
    intake_settle(intake, false);
    intake_set_rules(intake, NULL);
    http_server_close(intake->options.http);
    for (int i = 0; i < SOURCE_COUNT; i++)
        signals_free(intake->signals[i]);
    buf_done(&intake->record);
    buf_done(&intake->finding);
    buf_done(&intake->body);
    arena_free(intake->arena);
    free(intake);
}

void intake_set_rules(struct intake *intake, const struct ruleset *set)
{
    for (int i = 0; i < SOURCE_COUNT; i++) {
        engine_free(intake->engine[i]);
        intake->engine[i] = NULL;
        if (set == NULL || i == SOURCE_SYSCALL)
            continue;
        struct engine_options options = {.source = (enum event_source)i,
                                         .matching = intake->options.matching,
                                         .priority_max = intake->options.priority_max};
        intake->engine[i] = engine_new(set, &options);
        if (engine_rule_count(intake->engine[i]) == 0) {
            engine_free(intake->engine[i]);
            intake->engine[i] = NULL;
        }
    }
}

void intake_set_metrics(struct intake *intake, intake_metrics_fn write, void *ctx)
{
    intake->write_metrics = write;
    intake->metrics_ctx = ctx;
}

void intake_http_counts(const struct intake *intake, struct http_counts *out)
{
    http_server_counts(intake->options.http, out);
}

int intake_fd(const struct intake *intake)
{
    return http_server_fd(intake->options.http);
}

const struct intake_counts *intake_counts(const struct intake *intake)
{
    return &intake->counts;
}
