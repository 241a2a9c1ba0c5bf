#include "app/metadata.h"

#include <string.h>

#include "app/settings.h"
#include "base/alloc.h"
#include "enrich/pod_feed.h"
#include "enrich/tables.h"

struct metadata {
    struct cri *cri;
    struct pod_feed *pods; /* NULL: none */
    struct tables *const *tables;
    uint32_t count;
};

static void on_answer(void *ctx, const struct cri_container *container, const struct cri_pod *pod)
{
    struct metadata *metadata = ctx;

    for (uint32_t i = 0; i < metadata->count; i++)
        tables_answered(metadata->tables[i], container, pod);
}

static void on_pod_line(void *ctx, const struct pod_line *line)
{
    struct metadata *metadata = ctx;

    for (uint32_t i = 0; i < metadata->count; i++)
        tables_pod_line(metadata->tables[i], line);
}

struct metadata *metadata_new(const struct settings *settings, int pods_fd, const struct log *log)
{
    struct metadata *metadata = xcalloc(1, sizeof(*metadata));
    bool named = settings->cri_sockets[0] != NULL;

    if (pods_fd >= 0)
        metadata->pods = pod_feed_new(pods_fd, on_pod_line, metadata);
    if (named && strcmp(settings->cri_sockets[0], "none") == 0)
        return metadata;
    metadata->cri = cri_new(&(struct cri_options){.socket = named ? settings->cri_sockets : NULL,
                                                  .host_root = settings->host_root,
                                                  .log = log,
                                                  .told = on_answer,
                                                  .ctx = metadata});
    return metadata;
}

void metadata_free(struct metadata *metadata)
{
    if (metadata == NULL)
        return;
    cri_free(metadata->cri);
    pod_feed_free(metadata->pods);
    free(metadata);
}

struct cri *metadata_cri(const struct metadata *metadata)
{
    return metadata->cri;
}

void metadata_tables(struct metadata *metadata, struct tables *const *tables, uint32_t count)
{
    metadata->tables = tables;
    metadata->count = count;
}

int metadata_fd(const struct metadata *metadata)
{
    return metadata->cri == NULL ? -1 : cri_fd(metadata->cri);
}

int metadata_pods_fd(const struct metadata *metadata)
{
    return metadata->pods == NULL ? -1 : pod_feed_fd(metadata->pods);
}

void metadata_turn(struct metadata *metadata, uint64_t boot_ns)
{
    if (metadata->pods != NULL)
        pod_feed_turn(metadata->pods);
    if (metadata->cri != NULL)
        cri_turn(metadata->cri, boot_ns);
}

uint64_t metadata_next_ns(const struct metadata *metadata)
{
    return metadata->cri == NULL ? UINT64_MAX : cri_next_ns(metadata->cri);
}

void metadata_counts(const struct metadata *metadata, struct cri_counts *out)
{
    *out = (struct cri_counts){0};
    if (metadata->cri != NULL)
        cri_counts(metadata->cri, out);
}
