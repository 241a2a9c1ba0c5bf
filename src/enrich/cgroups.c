#include "enrich/cgroups.h"

#include <assert.h>

#include "base/alloc.h"

void cgroups_init(struct cgroups *table, uint64_t limit)
{
    *table = (struct cgroups){.limit = limit};
}

static void empty_append(struct cgroups *table, struct cgroup *cgroup)
{
    cgroup->previous = table->empty_last;
    cgroup->next = NULL;
    if (table->empty_last != NULL)
        table->empty_last->next = cgroup;
    else
        table->empty_first = cgroup;
    table->empty_last = cgroup;
}

static void empty_remove(struct cgroups *table, struct cgroup *cgroup)
{
    if (cgroup->previous != NULL)
        cgroup->previous->next = cgroup->next;
    else
        table->empty_first = cgroup->next;
    if (cgroup->next != NULL)
        cgroup->next->previous = cgroup->previous;
    else
        table->empty_last = cgroup->previous;
}

static void forget_id(struct cgroups *table, struct cgroup *cgroup)
{
    if (cgroup->id != 0)
        (void)nmap_remove(&table->by_id[cgroup->version], cgroup->id);
    cgroup->id = 0;
}

static void set_id(struct cgroups *table, struct cgroup *cgroup, uint64_t id)
{
    if (id == 0 || cgroup->id == id)
        return;
    forget_id(table, cgroup);
    struct cgroup *other = nmap_put(&table->by_id[cgroup->version], id, cgroup);
    if (other != NULL)
        other->id = 0;
    cgroup->id = id;
}

static void drop(struct cgroups *table, struct cgroup *cgroup)
{
    empty_remove(table, cgroup);
    forget_id(table, cgroup);
    (void)map_remove(&table->by_path[cgroup->version], cgroup->path);
    table->count--;
    free(cgroup);
}

static struct cgroup *add(struct cgroups *table, enum cgroup_version version, struct sv path)
{
    if (table->count >= table->limit && table->empty_first != NULL)
        drop(table, table->empty_first);
    struct cgroup *cgroup = xcalloc(1, sizeof(*cgroup) + path.len);
    if (path.len > 0)
        memcpy(cgroup->text, path.ptr, path.len);
    cgroup->path = (struct sv){cgroup->text, path.len};
    cgroup->version = version;
    cgroup_path_parse(cgroup->path, &cgroup->parsed);
    (void)map_put(&table->by_path[version], cgroup->path, cgroup);
    empty_append(table, cgroup);
    table->count++;
    return cgroup;
}

struct cgroup *cgroups_put(struct cgroups *table, enum cgroup_version version, uint64_t id,
                           struct sv path)
{
    path = sv_sub(path, 0, CGROUP_PATH_MAX);
    struct cgroup *cgroup = map_find(&table->by_path[version], path);

    if (cgroup == NULL)
        cgroup = add(table, version, path);
    set_id(table, cgroup, id);
    return cgroup;
}

struct cgroup *cgroups_find(const struct cgroups *table, enum cgroup_version version, uint64_t id)
{
    return id == 0 ? NULL : nmap_find(&table->by_id[version], id);
}

void cgroups_hold(struct cgroups *table, struct cgroup *cgroup)
{
    if (cgroup != NULL && cgroup->refs++ == 0)
        empty_remove(table, cgroup);
}

void cgroups_release(struct cgroups *table, struct cgroup *cgroup)
{
    if (cgroup == NULL)
        return;
    assert(cgroup->refs > 0);
    if (--cgroup->refs == 0)
        empty_append(table, cgroup);
}

void cgroups_done(struct cgroups *table)
{
    while (table->empty_first != NULL)
        drop(table, table->empty_first);
    assert(table->count == 0);
    for (int version = 0; version < CGROUP_VERSIONS; version++) {
        nmap_done(&table->by_id[version]);
        map_done(&table->by_path[version]);
    }
}
