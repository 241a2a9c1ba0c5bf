/* Batches are numbered from 1; place n % PLACES holds batch n. The feeder fills a batch, publishes
 * it and goes on with the next once the batch that had its place is done by all. Findings are kept
 * by batch and lane, each with the number of its record in the batch, and merged by it: a record
 * is one lane's. */
#include "app/crew.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"

enum { PLACES = 2, ALIGNMENT = 8 };

#define FOUND_MAX ((size_t)1 << 30)   /* bytes of findings of a batch */
#define FOUND_SPARE ((size_t)1 << 28) /* of them, for the heads */

/* Before each finding of a batch. */
struct found_head {
    const struct rule *rule;
    uint32_t record; /* of the batch */
    uint32_t size;
};

struct batch {
    char *bytes;
    size_t size, used;
    uint32_t records;
    uint32_t done; /* lanes */
};

struct worker {
    struct crew *crew;
    struct lane *lane;
    pthread_t thread;
    bool started;
    struct buf found[PLACES];
    struct buf *into; /* that of the batch under way */
    uint32_t record;
};

struct crew {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    uint64_t published; /* batches; the one being filled is the next */
    bool stopping;
    struct batch batch[PLACES];
    struct worker worker[CREW_WORKERS_MAX];
    uint32_t count;
    uint64_t collected; /* batches whose findings were handed over */
    lane_found_fn found;
    void *ctx;
};

/* ---------------------------------------------------------------------------------- the workers
 */

static void on_found(void *ctx, const struct rule *rule, struct sv json)
{
    struct worker *worker = ctx;

    if (worker->into->len + json.len > FOUND_MAX - FOUND_SPARE)
        json.len = 0; /* as one that is too large */
    const struct found_head head = {rule, worker->record, (uint32_t)json.len};
    buf_bytes(worker->into, &head, sizeof(head));
    buf_sv(worker->into, json);
}

static void run_batch(struct worker *worker, uint64_t number)
{
    const struct batch *batch = &worker->crew->batch[number % PLACES];
    const char *at = batch->bytes;

    worker->into = &worker->found[number % PLACES];
    for (worker->record = 0; worker->record < batch->records; worker->record++) {
        const struct wire_header *record = (const struct wire_header *)(const void *)at;
        lane_record(worker->lane, record);
        at += (record->size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}

static void *work(void *ctx)
{
    struct worker *worker = ctx;
    struct crew *crew = worker->crew;
    uint64_t next = 1;

    (void)pthread_mutex_lock(&crew->lock);
    for (;;) {
        while (crew->published < next && !crew->stopping)
            (void)pthread_cond_wait(&crew->work, &crew->lock);
        if (crew->published < next)
            break;
        (void)pthread_mutex_unlock(&crew->lock);
        run_batch(worker, next);
        (void)pthread_mutex_lock(&crew->lock);
        if (++crew->batch[next % PLACES].done == crew->count)
            (void)pthread_cond_signal(&crew->done);
        next++;
    }
    (void)pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* ---------------------------------------------------------------------------------- the findings
 */

/* A cursor over the findings of one lane for one batch. */
struct cursor {
    struct sv rest;
    struct found_head head;
    struct sv json;
};

static bool step(struct cursor *cursor)
{
    if (cursor->rest.len == 0)
        return false;
    memcpy(&cursor->head, cursor->rest.ptr, sizeof(cursor->head));
    cursor->json = sv_sub(cursor->rest, sizeof(cursor->head), cursor->head.size);
    cursor->rest = sv_sub(cursor->rest, sizeof(cursor->head) + cursor->head.size, SIZE_MAX);
    return true;
}

static void hand_over(struct crew *crew, uint64_t number)
{
    struct cursor cursor[CREW_WORKERS_MAX];
    bool has[CREW_WORKERS_MAX];

    for (uint32_t i = 0; i < crew->count; i++) {
        struct buf *found = &crew->worker[i].found[number % PLACES];
        cursor[i] = (struct cursor){.rest = buf_view(found)};
        has[i] = step(&cursor[i]);
    }
    for (;;) {
        uint32_t first = crew->count;
        for (uint32_t i = 0; i < crew->count; i++) {
            if (has[i] &&
                (first == crew->count || cursor[i].head.record < cursor[first].head.record))
                first = i;
        }
        if (first == crew->count)
            break;
        crew->found(crew->ctx, cursor[first].head.rule, cursor[first].json);
        has[first] = step(&cursor[first]);
    }
    for (uint32_t i = 0; i < crew->count; i++)
        buf_reset(&crew->worker[i].found[number % PLACES]);
}

/* Wait for a batch that was published, and hand over what was found in it. */
static void collect(struct crew *crew, uint64_t number)
{
    struct batch *batch = &crew->batch[number % PLACES];

    (void)pthread_mutex_lock(&crew->lock);
    while (batch->done < crew->count)
        (void)pthread_cond_wait(&crew->done, &crew->lock);
    (void)pthread_mutex_unlock(&crew->lock);
    hand_over(crew, number);
    batch->done = 0;
    batch->used = 0;
    batch->records = 0;
    crew->collected = number;
}

/* ------------------------------------------------------------------------------------- the feeder
 */

static struct batch *filling(struct crew *crew)
{
    return &crew->batch[(crew->published + 1) % PLACES];
}

static void publish(struct crew *crew)
{
    (void)pthread_mutex_lock(&crew->lock);
    crew->published++;
    (void)pthread_cond_broadcast(&crew->work);
    (void)pthread_mutex_unlock(&crew->lock);
    if (crew->published + 1 > crew->collected + PLACES)
        collect(crew, crew->collected + 1);
}

/* A place for `size` bytes in the batch that is filled. */
static char *room_for(struct crew *crew, size_t size)
{
    if (filling(crew)->records > 0 && filling(crew)->used + size > CREW_BATCH_BYTES)
        publish(crew);
    struct batch *batch = filling(crew);
    if (batch->used + size > batch->size) {
        batch->size = size > CREW_BATCH_BYTES ? size : CREW_BATCH_BYTES;
        batch->bytes = xrealloc(batch->bytes, batch->size);
    }
    char *room = batch->bytes + batch->used;
    batch->used += size;
    batch->records++;
    return room;
}

void crew_record(struct crew *crew, const struct wire_header *record)
{
    size_t size = (record->size + (size_t)ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

    memcpy(room_for(crew, size), record, record->size);
}

void crew_flush(struct crew *crew)
{
    if (filling(crew)->records > 0)
        publish(crew);
    while (crew->collected < crew->published)
        collect(crew, crew->collected + 1);
}

struct lane *crew_lane(const struct crew *crew, uint32_t index)
{
    assert(index < crew->count);
    return crew->worker[index].lane;
}

/* ------------------------------------------------------------------------------------ begin, end
 */

static int start(struct crew *crew, uint32_t index, const struct lane_parts *parts, struct err *err)
{
    struct worker *worker = &crew->worker[index];

    assert(parts->share == index && parts->shares == crew->count);
    worker->crew = crew;
    worker->lane = lane_new(parts, on_found, worker);
    for (int place = 0; place < PLACES; place++)
        buf_init(&worker->found[place], FOUND_MAX);
    int rc = pthread_create(&worker->thread, NULL, work, worker);
    if (rc != 0)
        return err_set(err, -rc, "start worker %u: %s", index, strerror(rc));
    worker->started = true;
    return 0;
}

int crew_new(const struct lane_parts *parts, uint32_t count, lane_found_fn found, void *ctx,
             struct crew **out, struct err *err)
{
    scoped(crew_free) struct crew *crew = xcalloc(1, sizeof(*crew));

    assert(count > 0 && count <= CREW_WORKERS_MAX);
    (void)pthread_mutex_init(&crew->lock, NULL);
    (void)pthread_cond_init(&crew->work, NULL);
    (void)pthread_cond_init(&crew->done, NULL);
    crew->count = count;
    crew->found = found;
    crew->ctx = ctx;
    for (uint32_t i = 0; i < count; i++) {
        int rc = start(crew, i, &parts[i], err);
        if (rc < 0)
            return rc;
    }
    *out = take(crew);
    return 0;
}

void crew_free(struct crew *crew)
{
    if (crew == NULL)
        return;
    (void)pthread_mutex_lock(&crew->lock);
    crew->stopping = true;
    (void)pthread_cond_broadcast(&crew->work);
    (void)pthread_mutex_unlock(&crew->lock);
    for (uint32_t i = 0; i < crew->count; i++) {
        struct worker *worker = &crew->worker[i];
        if (worker->started)
            (void)pthread_join(worker->thread, NULL);
        lane_free(worker->lane);
        for (int place = 0; place < PLACES; place++)
            buf_done(&worker->found[place]);
    }
    for (int place = 0; place < PLACES; place++)
        free(crew->batch[place].bytes);
    (void)pthread_cond_destroy(&crew->work);
    (void)pthread_cond_destroy(&crew->done);
    (void)pthread_mutex_destroy(&crew->lock);
    free(crew);
}
