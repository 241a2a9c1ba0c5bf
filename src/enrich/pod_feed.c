#include "enrich/pod_feed.h"

#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"

enum { READ_BYTES = 65536, ARENA_BLOCK = 65536 };

#define ARENA_MAX ((size_t)256 << 20)

struct pod_feed {
    int fd;
    struct buf line; /* unfinished */
    bool skipping;   /* the rest of a line that is too long */
    struct arena *arena;
    pod_feed_fn told;
    void *ctx;
    struct pod_feed_counts counts;
};

struct pod_feed *pod_feed_new(int fd, pod_feed_fn told, void *ctx)
{
    struct pod_feed *feed = xcalloc(1, sizeof(*feed));

    *feed = (struct pod_feed){.fd = fd, .told = told, .ctx = ctx, .arena = arena_new(ARENA_BLOCK)};
    arena_limit(feed->arena, ARENA_MAX);
    buf_init(&feed->line, POD_LINE_MAX);
    return feed;
}

void pod_feed_free(struct pod_feed *feed)
{
    if (feed == NULL)
        return;
    if (feed->fd >= 0)
        (void)close(feed->fd);
    buf_done(&feed->line);
    arena_free(feed->arena);
    free(feed);
}

int pod_feed_fd(const struct pod_feed *feed)
{
    return feed->fd;
}

void pod_feed_counts(const struct pod_feed *feed, struct pod_feed_counts *out)
{
    *out = feed->counts;
}

static void end_line(struct pod_feed *feed)
{
    struct pod_line line;
    bool good = !feed->skipping && feed->line.error == 0;

    arena_reset(feed->arena);
    good = good && pod_line_read(buf_view(&feed->line), feed->arena, &line, NULL) == 0;
    feed->counts.lines++;
    feed->counts.malformed += !good;
    if (good)
        feed->told(feed->ctx, &line);
    buf_reset(&feed->line);
    feed->skipping = false;
}

static void add(struct pod_feed *feed, struct sv bytes)
{
    while (bytes.len > 0) {
        size_t end = sv_find(bytes, SV("\n"), 0);
        if (!feed->skipping)
            buf_sv(&feed->line, sv_sub(bytes, 0, end));
        feed->skipping = feed->skipping || feed->line.error != 0;
        if (end == SIZE_MAX)
            return;
        end_line(feed);
        bytes = sv_sub(bytes, end + 1, bytes.len);
    }
}

void pod_feed_turn(struct pod_feed *feed)
{
    char bytes[READ_BYTES];

    for (size_t taken = 0; feed->fd >= 0 && taken < POD_FEED_TURN;) {
        ssize_t got = read(feed->fd, bytes, sizeof(bytes));
        if (got > 0) {
            add(feed, (struct sv){bytes, (size_t)got});
            taken += (size_t)got;
        } else if (got < 0 && errno == EINTR) {
            continue;
        } else if (got < 0 && errno == EAGAIN) {
            return;
        } else {
            (void)close(feed->fd);
            feed->fd = -1;
        }
    }
}
