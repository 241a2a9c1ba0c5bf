#include "store/store.h"

#include <errno.h>

#include "base/err.h"
#include "store/sqlite.h"
#include "store/store_ops.h"

enum { PRIORITY_MAX = 7 };

int store_open(const char *path, struct store **out, struct err *err)
{
    return sqlite_open(path, NULL, out, err);
}

int store_open_to_read(const char *path, struct store **out, struct err *err)
{
    return sqlite_open_to_read(path, out, err);
}

void store_close(struct store *store)
{
    if (store != NULL)
        store->ops->close(store);
}

static size_t finding_bytes(const struct store_finding *finding)
{
    const struct sv part[] = {
        finding->id,       finding->rule,         finding->source, finding->namespace_name,
        finding->pod_name, finding->container_id, finding->owner,  finding->json,
    };
    size_t bytes = 0;

    for (size_t i = 0; i < ARRAY_LEN(part); i++) {
        if (part[i].len > STORE_FINDING_MAX)
            return SIZE_MAX;
        bytes += part[i].len;
    }
    return bytes;
}

int store_append(struct store *store, const struct store_finding *finding, struct err *err)
{
    if (finding_bytes(finding) > STORE_FINDING_MAX)
        return err_set(err, -E2BIG, "a finding is larger than %zu bytes", STORE_FINDING_MAX);
    if (finding->id.len == 0 || finding->json.len == 0)
        return err_set(err, -EINVAL, "a finding without %s",
                       finding->id.len == 0 ? "an id" : "its JSON");
    if (finding->time_ns > INT64_MAX)
        return err_set(err, -EINVAL, "a finding of a time past the year 2262");
    if (finding->priority > PRIORITY_MAX)
        return err_set(err, -EINVAL, "a finding of priority %u", finding->priority);
    return store->ops->append(store, finding, err);
}

int store_append_evidence(struct store *store, const struct store_evidence *evidence,
                          struct err *err)
{
    if (evidence->json.len > STORE_EVIDENCE_MAX)
        return err_set(err, -E2BIG, "a record is larger than %zu bytes", STORE_EVIDENCE_MAX);
    if (evidence->id.len > STORE_EVIDENCE_ID_MAX)
        return err_set(err, -E2BIG, "a record's id is longer than %d bytes", STORE_EVIDENCE_ID_MAX);
    if (evidence->json.len == 0 || evidence->source >= STORE_SOURCES_MAX)
        return err_set(err, -EINVAL, "a record %s",
                       evidence->json.len == 0 ? "without its JSON" : "of a source past the limit");
    if (evidence->time_ns > INT64_MAX || evidence->arrival_ns > INT64_MAX)
        return err_set(err, -EINVAL, "a record of a time past the year 2262");
    return store->ops->append_evidence(store, evidence, err);
}

int store_read_evidence(struct store *store, const struct store_evidence_query *query,
                        store_evidence_fn row, void *ctx, struct err *err)
{
    return store->ops->read_evidence(store, query, row, ctx, err);
}

int store_count_evidence(struct store *store, struct store_evidence_counts *out, struct err *err)
{
    return store->ops->count_evidence(store, out, err);
}

int store_trim_evidence(struct store *store, uint64_t sources, uint64_t before_ns, struct err *err)
{
    return store->ops->trim_evidence(store, sources, before_ns, err);
}

int store_commit(struct store *store, struct err *err)
{
    return store->ops->commit(store, err);
}

int store_read(struct store *store, const struct store_query *query, store_row_fn row, void *ctx,
               struct err *err)
{
    return store->ops->read(store, query, row, ctx, err);
}

int store_count(struct store *store, uint64_t *count, struct err *err)
{
    return store->ops->count(store, count, err);
}

int store_set(struct store *store, struct sv key, struct sv value, struct err *err)
{
    if (key.len == 0)
        return err_set(err, -EINVAL, "a key without a name");
    if (key.len > STORE_KEY_MAX)
        return err_set(err, -E2BIG, "a key longer than %d bytes", STORE_KEY_MAX);
    if (value.len > STORE_FINDING_MAX)
        return err_set(err, -E2BIG, "a value larger than %zu bytes", STORE_FINDING_MAX);
    return store->ops->set(store, key, value, err);
}

int store_get(struct store *store, struct sv key, struct buf *out, struct err *err)
{
    return store->ops->get(store, key, out, err);
}
