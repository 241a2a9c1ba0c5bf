#include "enrich/kube.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include <curl/curl.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "enrich/pod_json.h"
#include "enrich/pod_line.h"

enum {
    URL_BYTES = 2048,
    VERSION_BYTES = 256, /* resourceVersion is opaque, and short */
    CONTINUE_BYTES = 4096,
    ARENA_BLOCK = 1 << 20,
    OWNERS_MAX = 2048,
    TOKEN_MAX = 65536,
    CALL_S = 30,
    WATCH_S = 290,
    WATCH_GRACE_S = 30,
    RETRY_MS = 1000,
    GONE = 410,
    FINE = 200,
};

#define ARENA_MAX ((size_t)512 << 20)

/* What made an owner: the answer to one question about it. */
struct owner {
    char *uid;
    char *kind, *name, *owner_uid; /* NULL: nothing did */
};

struct kube {
    const struct kube_options *options;
    int out;
    int failed; /* errno of the socket: nobody listens any more */
    CURL *curl, *owner_curl;
    struct arena *arena;
    struct buf body; /* of a list, or the unfinished line of a watch */
    struct buf line; /* to be sent */
    struct map owners;
    char version[VERSION_BYTES];
    char more[CONTINUE_BYTES]; /* of a list that has more pages */
    uint32_t pause_ms;
    bool relist, told_failure;
    bool heard; /* something came in this watch */
};

/* ------------------------------------------------------------------------------------- requests */

static size_t to_buf(char *bytes, size_t size, size_t count, void *ctx)
{
    struct buf *buf = ctx;

    buf_bytes(buf, bytes, size * count);
    return buf->error == 0 ? size * count : 0;
}

/* The header with the token of now; NULL when there is none. */
static struct curl_slist *headers_of(const struct kube *kube, const char *accept)
{
    scoped(buf_done) struct buf header = {.limit = TOKEN_MAX + 64};
    scoped(buf_done) struct buf token = {.limit = TOKEN_MAX};
    struct curl_slist *list = curl_slist_append(NULL, accept);

    if (kube->options->token_file == NULL ||
        file_read(kube->options->token_file, TOKEN_MAX, &token, NULL) < 0)
        return list;
    buf_printf(&header, "Authorization: Bearer %.*s", SV_ARG(sv_trim(buf_view(&token))));
    struct curl_slist *more = curl_slist_append(list, buf_cstr(&header));
    return more == NULL ? list : more;
}

/* GET; the answer's code, or a negative errno when there was none. */
static int get(struct kube *kube, CURL *curl, const char *url, const char *accept, long timeout_s,
               curl_write_callback write, void *ctx, struct err *err)
{
    struct curl_slist *headers = headers_of(kube, accept);
    long code = 0;

    curl_easy_reset(curl);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, write);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, ctx);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, timeout_s);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CALL_S);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
    if (kube->options->ca_file != NULL)
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, kube->options->ca_file);
    CURLcode rc = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    curl_slist_free_all(headers);
    if (rc != CURLE_OK && kube->failed == 0)
        return err_set(err, -EIO, "%s", curl_easy_strerror(rc));
    return (int)code;
}

static void send_line(struct kube *kube, const struct pod_line *line)
{
    buf_reset(&kube->line);
    pod_line_write(&kube->line, line);
    if (kube->line.error != 0)
        return; /* a pod larger than a line may be */
    for (size_t at = 0; at < kube->line.len && kube->failed == 0;) {
        ssize_t sent = send(kube->out, kube->line.ptr + at, kube->line.len - at, MSG_NOSIGNAL);
        if (sent >= 0)
            at += (size_t)sent;
        else if (errno != EINTR)
            kube->failed = errno;
    }
}

/* --------------------------------------------------------------------------------------- owners */

static void owner_free(struct owner *owner)
{
    free(owner->uid);
    free(owner->kind);
    free(owner->name);
    free(owner->owner_uid);
    free(owner);
}

static void owners_clear(struct kube *kube)
{
    size_t at = 0;

    for (struct map_slot *slot = map_next(&kube->owners, &at); slot != NULL;
         slot = map_next(&kube->owners, &at))
        owner_free(slot->value);
    map_done(&kube->owners);
    kube->owners = (struct map){0};
}

static void learn(struct owner *owner, struct sv json, struct arena *arena)
{
    struct pod_said said; /* any object has the same metadata */
    struct json_doc doc;

    if (json_parse(json, arena, &doc, NULL) < 0 || doc.node[0].kind != JSON_OBJECT ||
        pod_json_read(&doc, &doc.node[0], arena, &said, NULL) < 0 || said.pod.owner_name.len == 0)
        return;
    owner->kind = xstrdup_sv(said.pod.owner_kind);
    owner->name = xstrdup_sv(said.pod.owner_name);
    owner->owner_uid = xstrdup_sv(said.pod.owner_uid);
}

/* Ask what made it; NULL when that cannot be had. */
static const struct owner *ask_owner(struct kube *kube, const struct pod *pod, const char *path)
{
    scoped(buf_done) struct buf body = {.limit = POD_JSON_MAX};
    scoped(arena_free) struct arena *arena = arena_new(POD_TEXT_MAX);
    struct owner *owner = map_find(&kube->owners, pod->owner_uid);
    char url[URL_BYTES];

    if (owner != NULL)
        return owner;
    int len =
        snprintf(url, sizeof(url), "%s/apis/%.*s", kube->options->server, (int)strlen(path), path);
    if (len > 0 && (size_t)len < sizeof(url))
        len += snprintf(url + len, sizeof(url) - (size_t)len, "/%.*s", SV_ARG(pod->owner_name));
    if (len < 0 || (size_t)len >= sizeof(url) ||
        get(kube, kube->owner_curl, url,
            "Accept: application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", CALL_S, to_buf,
            &body, NULL) != FINE)
        return NULL;
    if (kube->owners.count >= OWNERS_MAX)
        owners_clear(kube);
    owner = xcalloc(1, sizeof(*owner));
    owner->uid = xstrdup_sv(pod->owner_uid);
    learn(owner, buf_view(&body), arena);
    (void)map_put(&kube->owners, sv(owner->uid), owner);
    return owner;
}

/* A Deployment's ReplicaSet is NAME-HASH, the hash a label of its pods. */
static void guess_deployment(struct pod *pod)
{
    for (uint32_t i = 0; i < pod->label_count; i++) {
        struct sv hash = pod->label[i].value;
        if (!sv_eq(pod->label[i].key, SV("pod-template-hash")) || hash.len == 0 ||
            !sv_ends(pod->owner_name, hash) || pod->owner_name.len < hash.len + 2)
            continue;
        pod->workload_kind = SV("Deployment");
        pod->workload_name = sv_sub(pod->owner_name, 0, pod->owner_name.len - hash.len - 1);
        pod->workload_uid = (struct sv){NULL, 0};
    }
}

/* A CronJob's Job is NAME-MINUTES, since the epoch. */
static void guess_cron_job(struct pod *pod)
{
    size_t dash = sv_rfind_char(pod->owner_name, '-');
    uint64_t minutes;

    if (dash == SIZE_MAX || dash == 0 || pod->owner_name.len - dash < 9 ||
        !sv_to_u64(sv_sub(pod->owner_name, dash + 1, pod->owner_name.len), &minutes))
        return;
    pod->workload_kind = SV("CronJob");
    pod->workload_name = sv_sub(pod->owner_name, 0, dash);
    pod->workload_uid = (struct sv){NULL, 0};
}

static void find_workload(struct kube *kube, struct pod *pod)
{
    bool set = sv_eq(pod->owner_kind, SV("ReplicaSet"));
    bool job = sv_eq(pod->owner_kind, SV("Job"));
    char path[URL_BYTES];

    if (!set && !job)
        return;
    (void)snprintf(path, sizeof(path), "%s/namespaces/%.*s/%s", set ? "apps/v1" : "batch/v1",
                   SV_ARG(sv_sub(pod->namespace_name, 0, 253)), set ? "replicasets" : "jobs");
    const struct owner *owner = ask_owner(kube, pod, path);
    if (owner == NULL) {
        (set ? guess_deployment : guess_cron_job)(pod);
    } else if (owner->name != NULL) {
        pod->workload_kind = sv(owner->kind);
        pod->workload_name = sv(owner->name);
        pod->workload_uid = sv(owner->owner_uid);
    }
}

/* ----------------------------------------------------------------------------------------- pods */

static void on_pod(struct kube *kube, const struct json_doc *doc, const struct json_node *object,
                   bool deleted)
{
    struct pod_line line = {.kind = deleted ? POD_LINE_DELETED : POD_LINE_POD};

    if (pod_json_read(doc, object, kube->arena, &line.said, NULL) < 0)
        return;
    if (!deleted)
        find_workload(kube, &line.said.pod);
    send_line(kube, &line);
}

static void keep_version(struct kube *kube, const struct json_doc *doc,
                         const struct json_node *object)
{
    const struct json_node *metadata = json_get(doc, object, SV("metadata"));
    struct sv version = {NULL, 0};

    if (metadata != NULL && metadata->kind == JSON_OBJECT)
        version = json_get_sv(doc, metadata, SV("resourceVersion"));
    if (version.len > 0 && version.len < sizeof(kube->version))
        (void)snprintf(kube->version, sizeof(kube->version), "%.*s", SV_ARG(version));
}

/* Percent-encoded, at the end of a URL; false when it does not fit. */
static bool add_parameter(char url[URL_BYTES + CONTINUE_BYTES], const char *name, const char *value)
{
    static const size_t size = URL_BYTES + CONTINUE_BYTES;
    char *text = curl_easy_escape(NULL, value, (int)strlen(value));
    size_t at = strlen(url);
    int len = text == NULL ? -1 : snprintf(url + at, size - at, "&%s=%s", name, text);

    curl_free(text);
    return len >= 0 && (size_t)len < size - at;
}

static bool make_url(const struct kube *kube, char url[URL_BYTES + CONTINUE_BYTES],
                     const char *rest)
{
    char selector[512];
    int len = snprintf(url, URL_BYTES, "%s/api/v1/pods?%s", kube->options->server, rest);

    (void)snprintf(selector, sizeof(selector), "spec.nodeName=%s", kube->options->node);
    return len > 0 && len < URL_BYTES && add_parameter(url, "fieldSelector", selector);
}

static int take_page(struct kube *kube, struct err *err)
{
    struct json_doc doc;
    int rc = json_parse(buf_view(&kube->body), kube->arena, &doc, err);

    if (rc < 0)
        return rc;
    const struct json_node *root = &doc.node[0];
    const struct json_node *items =
        root->kind == JSON_OBJECT ? json_get(&doc, root, SV("items")) : NULL;
    const struct json_node *metadata =
        root->kind == JSON_OBJECT ? json_get(&doc, root, SV("metadata")) : NULL;
    if (items == NULL || items->kind != JSON_ARRAY || metadata == NULL ||
        metadata->kind != JSON_OBJECT)
        return err_set(err, -EPROTO, "the answer is no list of pods");
    for (const struct json_node *item = json_first(&doc, items); item != NULL;
         item = json_next(&doc, items, item))
        on_pod(kube, &doc, item, false);
    keep_version(kube, &doc, root);
    struct sv more = json_get_sv(&doc, metadata, SV("continue"));
    (void)snprintf(kube->more, sizeof(kube->more), "%.*s", SV_ARG(more));
    return 0;
}

static int list(struct kube *kube, struct err *err)
{
    char url[URL_BYTES + CONTINUE_BYTES];
    char limit[32];

    kube->more[0] = '\0';
    kube->version[0] = '\0';
    send_line(kube, &(struct pod_line){.kind = POD_LINE_LIST});
    (void)snprintf(limit, sizeof(limit), "limit=%d", KUBE_PAGE);
    do {
        buf_reset(&kube->body);
        arena_reset(kube->arena);
        if (!make_url(kube, url, limit) ||
            (kube->more[0] != '\0' && !add_parameter(url, "continue", kube->more)))
            return err_set(err, -E2BIG, "the address of the server is too long");
        int code = get(kube, kube->curl, url, "Accept: application/json", CALL_S, to_buf,
                       &kube->body, err);
        if (code < 0)
            return code;
        if (code != FINE)
            return err_set(err, -EPROTO, "list of pods: the server answers %d", code);
        int rc = take_page(kube, err);
        if (rc < 0)
            return rc;
    } while (kube->more[0] != '\0' && kube->failed == 0);
    send_line(kube, &(struct pod_line){.kind = POD_LINE_LISTED});
    kube->relist = false;
    return 0;
}

/* ---------------------------------------------------------------------------------------- watch */

static bool is_gone(const struct json_doc *doc, const struct json_node *status)
{
    const struct json_node *code = json_get(doc, status, SV("code"));

    return code != NULL && code->kind == JSON_I64 && code->i64 == GONE;
}

/* An ERROR ends the watch: what it was about is learnt from a new list. */
static void on_watch_line(struct kube *kube, struct sv text)
{
    struct json_doc doc;

    arena_reset(kube->arena);
    if (json_parse(text, kube->arena, &doc, NULL) < 0 || doc.node[0].kind != JSON_OBJECT)
        return;
    struct sv type = json_get_sv(&doc, &doc.node[0], SV("type"));
    const struct json_node *object = json_get(&doc, &doc.node[0], SV("object"));
    if (object == NULL || object->kind != JSON_OBJECT)
        return;
    if (sv_eq(type, SV("ERROR"))) {
        if (is_gone(&doc, object) && kube->options->log != NULL)
            log_debug(kube->options->log, "the cluster's pods are listed anew");
        kube->relist = true;
        return;
    }
    if (sv_eq(type, SV("ADDED")) || sv_eq(type, SV("MODIFIED")))
        on_pod(kube, &doc, object, false);
    else if (sv_eq(type, SV("DELETED")))
        on_pod(kube, &doc, object, true);
    keep_version(kube, &doc, object); /* a BOOKMARK has nothing else */
    kube->pause_ms = 0;
    kube->heard = true;
}

static size_t on_watch_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    struct kube *kube = ctx;
    struct sv rest = {bytes, size * count};

    while (rest.len > 0) {
        size_t end = sv_find(rest, SV("\n"), 0);
        if (end == SIZE_MAX) {
            buf_sv(&kube->body, rest);
            break;
        }
        buf_sv(&kube->body, sv_sub(rest, 0, end));
        on_watch_line(kube, buf_view(&kube->body));
        buf_reset(&kube->body);
        rest = sv_sub(rest, end + 1, rest.len);
    }
    return kube->body.error == 0 && kube->failed == 0 && !kube->relist ? size * count : 0;
}

static int watch(struct kube *kube, struct err *err)
{
    uint32_t seconds = kube->options->watch_s == 0 ? WATCH_S : kube->options->watch_s;
    char url[URL_BYTES + CONTINUE_BYTES];
    char rest[128];

    (void)snprintf(rest, sizeof(rest), "watch=1&allowWatchBookmarks=true&timeoutSeconds=%u",
                   seconds);
    if (!make_url(kube, url, rest) || !add_parameter(url, "resourceVersion", kube->version))
        return err_set(err, -E2BIG, "the address of the server is too long");
    buf_reset(&kube->body);
    int code = get(kube, kube->curl, url, "Accept: application/json", (long)seconds + WATCH_GRACE_S,
                   on_watch_bytes, kube, err);
    if (kube->relist)
        return 0;
    if (code == GONE)
        kube->relist = true;
    else if (code >= 0 && code != FINE && kube->failed == 0)
        return err_set(err, -EPROTO, "watch of pods: the server answers %d", code);
    return code < 0 ? code : 0;
}

/* --------------------------------------------------------------------------------------- the loop
 */

/* Pauses double; nodes are not to come all at once, so a random part is left out. */
static void rest_a_while(struct kube *kube)
{
    uint32_t first = kube->options->retry_ms == 0 ? RETRY_MS : kube->options->retry_ms;
    uint32_t random = 0;

    kube->pause_ms = kube->pause_ms == 0 ? first : 2 * kube->pause_ms;
    if (kube->pause_ms > KUBE_RETRY_MAX_MS)
        kube->pause_ms = KUBE_RETRY_MAX_MS;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
        random = 0;
    uint32_t ms = kube->pause_ms - random % (kube->pause_ms / 4 + 1);
    const struct timespec wait = {ms / 1000, (long)(ms % 1000) * 1000000};
    (void)nanosleep(&wait, NULL);
    /* Who has gone meanwhile is only seen by sending. */
    char byte;
    if (recv(kube->out, &byte, 1, MSG_DONTWAIT) == 0)
        kube->failed = EPIPE;
}

static void tell_failure(struct kube *kube, const struct err *err, int rc)
{
    if (kube->options->log == NULL || kube->told_failure)
        return;
    kube->told_failure = true;
    log_warn(kube->options->log, "the cluster's pods are not known",
             log_str("server", kube->options->server), log_str("why", err_text(err, rc)));
}

static void run(struct kube *kube)
{
    while (kube->failed == 0) {
        struct err err = {0};
        bool listing = kube->relist;
        uint64_t start = clock_mono_ns();

        kube->heard = listing;
        int rc = listing ? list(kube, &err) : watch(kube, &err);
        bool hasty = !kube->heard && clock_mono_ns() - start < CLOCK_NS;

        if (rc < 0) {
            tell_failure(kube, &err, rc);
            rest_a_while(kube);
        } else if (kube->relist || hasty) {
            rest_a_while(kube); /* a server that ends each watch at once is not asked without end */
        } else if (kube->told_failure && kube->options->log != NULL) {
            log_info(kube->options->log, "the cluster's pods are known again");
            kube->told_failure = false;
        }
    }
}

int kube_run(const struct kube_options *options, int out_fd, struct err *err)
{
    struct kube *kube = xcalloc(1, sizeof(*kube));
    int rc = 0;

    *kube = (struct kube){.options = options, .out = out_fd, .relist = true};
    kube->arena = arena_new(ARENA_BLOCK);
    arena_limit(kube->arena, ARENA_MAX);
    buf_init(&kube->body, KUBE_LIST_MAX);
    buf_init(&kube->line, POD_LINE_MAX);
    kube->curl = curl_easy_init();
    kube->owner_curl = curl_easy_init();
    if (kube->curl == NULL || kube->owner_curl == NULL)
        rc = err_set(err, -ENOMEM, "libcurl cannot be used");
    if (rc == 0)
        run(kube);
    if (rc == 0)
        rc = err_set(err, -EPIPE, "nobody listens: %s", strerror(kube->failed));
    curl_easy_cleanup(kube->curl);
    curl_easy_cleanup(kube->owner_curl);
    owners_clear(kube);
    buf_done(&kube->body);
    buf_done(&kube->line);
    arena_free(kube->arena);
    free(kube);
    return rc;
}
