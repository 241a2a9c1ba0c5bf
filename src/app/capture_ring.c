/* A ring of bytes. Each put is its length (u32) and its blocks; both may wrap around the end. */
#include "app/capture_ring.h"

#include <errno.h>
#include <unistd.h>

#include "app/capture_start.h"
#include "app/rerun.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/sv.h"
#include "capture/scap_blocks.h"
#include "capture/scap_writer.h"
#include "match/finding.h"

enum { START_MAX = 1 << 30 };

struct capture_ring {
    char *bytes;
    size_t size, first, used; /* first: where the oldest put begins */
    char *host_root;
    const struct finding_place *place;
    struct rerun *before; /* the state at `first` */
    struct buf one;       /* a put, in one piece */
    struct capture_ring_counts counts;
};

static void take_blocks(struct rerun *rerun, struct sv blocks)
{
    struct sv body;
    uint32_t type;

    while (scap_block_next(&blocks, &type, &body)) {
        if (type == SCAP_BLOCK_OURS)
            (void)rerun_take(rerun, body);
        else if (type == SCAP_BLOCK_EVENT)
            (void)rerun_take(rerun, scap_carried(body));
    }
}

struct capture_ring *capture_ring_new(size_t size_bytes, const struct tables *tables,
                                      const struct finding_place *place, const char *host_root)
{
    struct capture_ring *ring = xcalloc(1, sizeof(*ring));
    scoped(buf_done) struct buf start = {0};

    ring->size = size_bytes < CAPTURE_RING_MIN ? CAPTURE_RING_MIN : size_bytes;
    ring->bytes = xmalloc(ring->size);
    ring->place = place;
    ring->host_root = xstrdup_sv(sv(host_root));
    ring->before = rerun_new(&(struct rerun_parts){0});
    buf_init(&ring->one, ring->size);
    buf_init(&start, START_MAX);
    capture_start_put(
        &(struct capture_start){.tables = tables, .place = place, .host_root = host_root}, &start);
    take_blocks(ring->before, buf_view(&start));
    return ring;
}

void capture_ring_free(struct capture_ring *ring)
{
    if (ring == NULL)
        return;
    rerun_free(ring->before);
    buf_done(&ring->one);
    free(ring->host_root);
    free(ring->bytes);
    free(ring);
}

struct capture_ring_counts capture_ring_counts(const struct capture_ring *ring)
{
    struct capture_ring_counts counts = ring->counts;

    counts.held_bytes = ring->used;
    return counts;
}

static void copy_in(struct capture_ring *ring, const void *from, size_t len)
{
    size_t at = (ring->first + ring->used) % ring->size;
    size_t head = ring->size - at < len ? ring->size - at : len;

    memcpy(ring->bytes + at, from, head);
    memcpy(ring->bytes, (const char *)from + head, len - head);
    ring->used += len;
}

/* `skip` bytes behind the oldest put's beginning. */
static void copy_out(const struct capture_ring *ring, size_t skip, void *to, size_t len)
{
    size_t at = (ring->first + skip) % ring->size;
    size_t head = ring->size - at < len ? ring->size - at : len;

    memcpy(to, ring->bytes + at, head);
    memcpy((char *)to + head, ring->bytes, len - head);
}

/* The put that begins `skip` bytes behind the oldest one, in one piece; *next is where the one
 * after it begins. */
static struct sv put_at(struct capture_ring *ring, size_t skip, size_t *next)
{
    uint32_t len;
    char *room;

    copy_out(ring, skip, &len, sizeof(len));
    buf_reset(&ring->one);
    room = buf_room(&ring->one, len);
    if (room == NULL)
        abort(); /* it fits into the ring, whose size is the buffer's limit */
    copy_out(ring, skip + sizeof(len), room, len);
    ring->one.len = len;
    *next = skip + sizeof(len) + len;
    return buf_view(&ring->one);
}

static void evict(struct capture_ring *ring)
{
    size_t next;

    take_blocks(ring->before, put_at(ring, 0, &next));
    ring->first = (ring->first + next) % ring->size;
    ring->used -= next;
    ring->counts.held--;
    ring->counts.evicted++;
}

void capture_ring_put(void *ctx, struct sv blocks)
{
    struct capture_ring *ring = ctx;
    uint32_t len = (uint32_t)blocks.len;
    bool fits = blocks.len + sizeof(len) <= ring->size;

    while (ring->used > 0 && (!fits || ring->size - ring->used < blocks.len + sizeof(len)))
        evict(ring);
    if (!fits) {
        take_blocks(ring->before, blocks);
        ring->counts.too_large++;
        return;
    }
    copy_in(ring, &len, sizeof(len));
    copy_in(ring, blocks.ptr, blocks.len);
    ring->counts.held++;
}

int capture_ring_write(struct capture_ring *ring, struct scap_writer *writer, struct err *err)
{
    scoped(buf_done) struct buf start = {0};
    size_t at = 0;

    buf_init(&start, START_MAX);
    capture_start_put(&(struct capture_start){.tables = rerun_tables(ring->before),
                                              .place = ring->place,
                                              .host_root = ring->host_root},
                      &start);
    if (start.error != 0)
        return err_set(err, start.error, "the list of processes is too long");
    int rc = scap_writer_append(writer, buf_view(&start), NULL, err);
    while (rc == 0 && at < ring->used)
        rc = scap_writer_append(writer, put_at(ring, at, &at), NULL, err);
    return rc;
}

int capture_ring_save(struct capture_ring *ring, const char *path, bool gzip, struct err *err)
{
    const struct scap_writer_options options = {.gzip = gzip};
    scoped(scap_writer_close) struct scap_writer *writer = NULL;
    int rc = scap_writer_open(path, &options, &writer, err);

    if (rc < 0)
        return rc;
    rc = capture_ring_write(ring, writer, err);
    if (rc == 0)
        rc = scap_writer_finish(writer, err);
    if (rc < 0 && scap_writer_bytes(writer) == 0)
        (void)unlink(path);
    return rc;
}
