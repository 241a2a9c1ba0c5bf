/* A question goes to the first runtime; one that does not know the container passes it to the next.
 * The pod of a container is asked for by the same runtime, with the sandbox's id; an id that is no
 * container's may be a sandbox's own. */
#include "enrich/cri.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "enrich/cri_channel.h"

enum { ID_MAX = 128, PATH_BYTES = 512, ARENA_BLOCK = 65536, TRIES_MAX = 3 };

#define ARENA_MAX ((size_t)32 << 20)

/* Where runtimes listen, below the host's root. */
static const char *const usual[] = {
    "/run/containerd/containerd.sock",
    "/run/crio/crio.sock",
    "/run/k3s/containerd/containerd.sock",
    "/run/cri-dockerd.sock",
    "/var/snap/microk8s/common/run/containerd.sock",
};

/* Newer runtimes know v1; the older version has the same messages. */
static const char *const versions[] = {"runtime.v1", "runtime.v1alpha2"};

enum call {
    CALL_NONE,
    CALL_LIST,
    CALL_CONTAINER,
    CALL_POD,
};

static const char *const methods[] = {
    [CALL_LIST] = "ListContainers",
    [CALL_CONTAINER] = "ContainerStatus",
    [CALL_POD] = "PodSandboxStatus",
};

struct question {
    char id[ID_MAX];
    uint32_t id_len;
    uint32_t tries;
    uint64_t due_ns;
    struct question *next;
};

/* One runtime. */
struct runtime {
    struct cri *cri;
    char path[PATH_BYTES];
    struct cri_channel *channel;
    uint32_t events; /* that epoll waits for */
    uint32_t version;
    bool listed;
    enum call call;
    uint64_t call_by_ns; /* answer due */
    uint64_t retry_ns, pause_ns;
    /* The question at hand. */
    struct question *question;
    struct arena *arena; /* of what was answered */
    struct cri_container container;
    bool has_container;
};

struct cri {
    struct cri_options options;
    struct runtime runtime[CRI_SOCKETS_MAX];
    uint32_t count;
    int poll;
    uint64_t now_ns;
    struct question *first[CRI_SOCKETS_MAX]; /* by the runtime that is asked next */
    struct question *last[CRI_SOCKETS_MAX];
    uint32_t waiting;
    struct cri_counts counts;
};

/* -------------------------------------------------------------------------------- the questions */

static void push(struct cri *cri, uint32_t runtime, struct question *question)
{
    question->next = NULL;
    if (cri->last[runtime] != NULL)
        cri->last[runtime]->next = question;
    else
        cri->first[runtime] = question;
    cri->last[runtime] = question;
    cri->waiting++;
}

/* The first that is due, off the queue; NULL when none is. */
static struct question *pop_due(struct cri *cri, uint32_t runtime)
{
    struct question *before = NULL;

    for (struct question *at = cri->first[runtime]; at != NULL; before = at, at = at->next) {
        if (at->due_ns > cri->now_ns)
            continue;
        if (before != NULL)
            before->next = at->next;
        else
            cri->first[runtime] = at->next;
        if (cri->last[runtime] == at)
            cri->last[runtime] = before;
        cri->waiting--;
        return at;
    }
    return NULL;
}

static struct question *pop(struct cri *cri, uint32_t runtime)
{
    struct question *question = cri->first[runtime];

    cri->first[runtime] = question->next;
    if (cri->first[runtime] == NULL)
        cri->last[runtime] = NULL;
    cri->waiting--;
    return question;
}

void cri_ask(struct cri *cri, struct sv id, uint64_t now_ns)
{
    if (cri->count == 0 || id.len == 0 || id.len > ID_MAX)
        return;
    if (cri->waiting >= CRI_QUEUE_MAX) {
        cri->counts.refused++;
        return;
    }
    struct question *question = xcalloc(1, sizeof(*question));
    memcpy(question->id, id.ptr, id.len);
    question->id_len = (uint32_t)id.len;
    question->due_ns = now_ns;
    push(cri, 0, question);
    cri->counts.asked++;
}

static uint32_t number_of(const struct runtime *runtime)
{
    return (uint32_t)(runtime - runtime->cri->runtime);
}

/* Runtime `from` does not know it, or is away: the next one, or the first again a little later, or
 * nobody. */
static void pass_on(struct cri *cri, uint32_t from, struct question *question)
{
    static const uint64_t waits_ns[TRIES_MAX] = {0, 1000000000ULL, 5000000000ULL};

    if (from + 1 < cri->count) {
        push(cri, from + 1, question);
        return;
    }
    if (++question->tries < TRIES_MAX) {
        question->due_ns = cri->now_ns + waits_ns[question->tries];
        push(cri, 0, question);
        return;
    }
    cri->counts.unknown++;
    free(question);
}

static void pass_question_on(struct runtime *runtime)
{
    struct question *question = runtime->question;

    runtime->question = NULL;
    if (question != NULL)
        pass_on(runtime->cri, number_of(runtime), question);
}

static void answered(struct runtime *runtime, const struct cri_pod *pod)
{
    struct cri *cri = runtime->cri;

    cri->counts.answered++;
    cri->options.told(cri->options.ctx, runtime->has_container ? &runtime->container : NULL, pod);
    free(runtime->question);
    runtime->question = NULL;
}

/* ---------------------------------------------------------------------------- the connection */

static void watch(struct runtime *runtime)
{
    uint32_t events = (uint32_t)cri_channel_events(runtime->channel); /* the same bits as poll's */
    struct epoll_event event = {.events = events, .data.ptr = runtime};

    if (events == runtime->events)
        return;
    int op = runtime->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(runtime->cri->poll, op, cri_channel_fd(runtime->channel), &event) == 0)
        runtime->events = events;
}

static void fail(struct runtime *runtime, const char *why)
{
    struct cri *cri = runtime->cri;
    uint64_t pause = runtime->pause_ns == 0 ? CRI_RETRY_MIN_NS : 2 * runtime->pause_ns;

    if (runtime->pause_ns == 0 && cri->options.log != NULL)
        log_warn(cri->options.log, "a container runtime cannot be asked",
                 log_str("socket", runtime->path), log_str("why", why));
    cri_channel_close(runtime->channel);
    runtime->channel = NULL;
    runtime->events = 0;
    runtime->listed = false;
    runtime->call = CALL_NONE;
    runtime->pause_ns = pause > CRI_RETRY_MAX_NS ? CRI_RETRY_MAX_NS : pause;
    /* Sensors of many nodes, or after a restart of everything, are not to come all at once. */
    runtime->retry_ns = cri->now_ns + runtime->pause_ns - cri->now_ns % (runtime->pause_ns / 4);
    cri->counts.failed++;
    pass_question_on(runtime);
}

static void on_answer(void *ctx, uint32_t status, struct sv message);

static void call(struct runtime *runtime, enum call which, struct sv id)
{
    scoped(buf_done) struct buf request = {0};
    char path[128];
    struct err err = {0};

    if (which == CALL_CONTAINER)
        cri_ask_container(&request, id);
    else if (which == CALL_POD)
        cri_ask_pod(&request, id);
    (void)snprintf(path, sizeof(path), "/%s.RuntimeService/%s", versions[runtime->version],
                   methods[which]);
    runtime->call = which;
    runtime->call_by_ns = runtime->cri->now_ns + CRI_TIMEOUT_NS;
    /* The channel may be what called us: turn() closes it. */
    if (cri_channel_call(runtime->channel, path, buf_view(&request), on_answer, runtime, &err) < 0)
        runtime->call_by_ns = 0;
}

/* ------------------------------------------------------------------------------- the answers */

static void on_list(struct runtime *runtime, struct sv message)
{
    struct cri_listed *listed = NULL;
    uint32_t count = 0;

    if (cri_read_list(message, runtime->arena, &listed, &count, NULL) < 0)
        return;
    for (uint32_t i = 0; i < count; i++)
        cri_ask(runtime->cri, listed[i].id, runtime->cri->now_ns);
    if (runtime->cri->options.log != NULL)
        log_info(runtime->cri->options.log, "a container runtime answers",
                 log_str("socket", runtime->path), log_u64("containers", count));
}

static struct sv question_id(const struct runtime *runtime)
{
    return (struct sv){runtime->question->id, runtime->question->id_len};
}

static void on_container(struct runtime *runtime, uint32_t status, struct sv message)
{
    runtime->has_container =
        status == CRI_STATUS_OK &&
        cri_read_container(message, runtime->arena, &runtime->container, NULL) == 0;
    if (!runtime->has_container) {
        call(runtime, CALL_POD, question_id(runtime));
        return;
    }
    /* The channel's memory is used for the next answer. */
    if (runtime->container.sandbox_id.len == 0) {
        answered(runtime, NULL);
        return;
    }
    call(runtime, CALL_POD, runtime->container.sandbox_id);
}

static void on_pod(struct runtime *runtime, uint32_t status, struct sv message)
{
    struct cri_pod pod = {0};
    bool has_pod =
        status == CRI_STATUS_OK && cri_read_pod(message, runtime->arena, &pod, NULL) == 0;

    if (has_pod || runtime->has_container)
        answered(runtime, has_pod ? &pod : NULL);
    else
        pass_question_on(runtime);
}

static void on_answer(void *ctx, uint32_t status, struct sv message)
{
    struct runtime *runtime = ctx;
    enum call was = runtime->call;
    struct sv copy = {NULL, 0};
    char *room = message.len == 0 ? NULL : arena_try(runtime->arena, message.len);

    runtime->call = CALL_NONE;
    if (room != NULL) {
        memcpy(room, message.ptr, message.len);
        copy = (struct sv){room, message.len};
    } else if (message.len > 0) {
        status = CRI_STATUS_UNKNOWN; /* more than we keep */
    }
    if (was == CALL_LIST && status == CRI_STATUS_UNIMPLEMENTED &&
        runtime->version + 1 < ARRAY_LEN(versions)) {
        runtime->version++;
        return; /* the list is asked for again */
    }
    runtime->pause_ns = 0;
    if (was == CALL_LIST) {
        runtime->listed = true;
        on_list(runtime, copy);
    } else if (was == CALL_CONTAINER) {
        on_container(runtime, status, copy);
    } else {
        on_pod(runtime, status, copy);
    }
}

/* -------------------------------------------------------------------------------- the runtimes */

static void start(struct runtime *runtime)
{
    struct err err = {0};
    int rc;

    if (runtime->cri->now_ns < runtime->retry_ns)
        return;
    rc = cri_channel_open(runtime->path, &runtime->channel, &err);
    if (rc < 0)
        fail(runtime, err_text(&err, rc));
}

static void next_call(struct runtime *runtime)
{
    struct cri *cri = runtime->cri;

    if (runtime->call != CALL_NONE)
        return;
    arena_reset(runtime->arena);
    if (!runtime->listed) {
        call(runtime, CALL_LIST, (struct sv){NULL, 0});
        return;
    }
    runtime->question = pop_due(cri, number_of(runtime));
    if (runtime->question == NULL)
        return;
    runtime->has_container = false;
    call(runtime, CALL_CONTAINER, question_id(runtime));
}

/* A runtime that is away holds nobody up. */
static void pass_all(struct runtime *runtime)
{
    struct cri *cri = runtime->cri;
    struct question *question;

    while ((question = pop_due(cri, number_of(runtime))) != NULL)
        pass_on(cri, number_of(runtime), question);
}

static void turn(struct runtime *runtime)
{
    enum { CALLS_MAX = 16 }; /* in one turn */
    struct err err = {0};

    if (runtime->channel == NULL)
        start(runtime);
    for (int i = 0; i < CALLS_MAX && runtime->channel != NULL; i++) {
        next_call(runtime);
        bool busy = cri_channel_busy(runtime->channel);
        int rc = cri_channel_turn(runtime->channel, &err);
        if (rc < 0)
            fail(runtime, err_text(&err, rc));
        else if (runtime->call != CALL_NONE && runtime->cri->now_ns >= runtime->call_by_ns)
            fail(runtime, "it does not answer in time");
        else if (!busy || cri_channel_busy(runtime->channel))
            break;
    }
    if (runtime->channel == NULL)
        pass_all(runtime);
    else
        watch(runtime);
}

void cri_turn(struct cri *cri, uint64_t now_ns)
{
    cri->now_ns = now_ns;
    for (uint32_t i = 0; i < cri->count; i++)
        turn(&cri->runtime[i]);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t cri_next_ns(const struct cri *cri)
{
    uint64_t next = UINT64_MAX;

    for (uint32_t i = 0; i < cri->count; i++) {
        const struct runtime *runtime = &cri->runtime[i];
        if (runtime->channel == NULL)
            next = earlier(next, runtime->retry_ns);
        else if (runtime->call != CALL_NONE)
            next = earlier(next, runtime->call_by_ns);
        for (const struct question *at = cri->first[i];
             at != NULL && (runtime->channel == NULL || runtime->call == CALL_NONE); at = at->next)
            next = earlier(next, at->due_ns);
    }
    return next;
}

int cri_fd(const struct cri *cri)
{
    return cri->poll;
}

void cri_counts(const struct cri *cri, struct cri_counts *out)
{
    *out = cri->counts;
}

static void add(struct cri *cri, const char *path)
{
    struct runtime *runtime = &cri->runtime[cri->count];
    const char *root = cri->options.host_root == NULL ? "" : cri->options.host_root;
    int len = snprintf(runtime->path, sizeof(runtime->path), "%s%s", root, path);

    if (cri->count >= CRI_SOCKETS_MAX || len < 0 || (size_t)len >= sizeof(runtime->path))
        return;
    if (cri->options.socket == NULL && access(runtime->path, F_OK) != 0)
        return;
    runtime->cri = cri;
    runtime->arena = arena_new(ARENA_BLOCK);
    arena_limit(runtime->arena, ARENA_MAX);
    cri->count++;
}

struct cri *cri_new(const struct cri_options *options)
{
    struct cri *cri = xcalloc(1, sizeof(*cri));

    cri->options = *options;
    cri->poll = epoll_create1(EPOLL_CLOEXEC);
    if (options->socket == NULL) {
        for (size_t i = 0; i < ARRAY_LEN(usual); i++)
            add(cri, usual[i]);
        return cri;
    }
    for (const char *const *path = options->socket; *path != NULL && cri->count < CRI_SOCKETS_MAX;
         path++)
        add(cri, *path);
    return cri;
}

void cri_free(struct cri *cri)
{
    if (cri == NULL)
        return;
    for (uint32_t i = 0; i < cri->count; i++) {
        cri_channel_close(cri->runtime[i].channel);
        arena_free(cri->runtime[i].arena);
        free(cri->runtime[i].question);
        while (cri->first[i] != NULL)
            free(pop(cri, i));
    }
    scoped_fd_close(&cri->poll);
    free(cri);
}
