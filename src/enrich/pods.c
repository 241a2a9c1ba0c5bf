#include "enrich/pods.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/arena.h"

enum { POD_BLOCK = 1024 };

void pods_init(struct pods *pods, uint64_t limit)
{
    *pods = (struct pods){.limit = limit};
}

/* Those that nobody needs, the longest first */

static bool is_free(const struct pod_entry *entry)
{
    return entry->refs == 0 && (entry->deleted || entry->source == POD_OF_RUNTIME);
}

static void free_append(struct pods *pods, struct pod_entry *entry)
{
    entry->previous = pods->free_last;
    entry->next = NULL;
    if (pods->free_last != NULL)
        pods->free_last->next = entry;
    else
        pods->free_first = entry;
    pods->free_last = entry;
}

static void free_remove(struct pods *pods, struct pod_entry *entry)
{
    if (entry->previous != NULL)
        entry->previous->next = entry->next;
    else
        pods->free_first = entry->next;
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
    else
        pods->free_last = entry->previous;
}

static void drop(struct pods *pods, struct pod_entry *entry)
{
    free_remove(pods, entry);
    (void)map_remove(&pods->by_key, entry->key);
    pods->count--;
    arena_free(entry->arena);
    free(entry);
}

/* Changes to what is_free() looks at go between these two. */
static void before(struct pods *pods, struct pod_entry *entry)
{
    if (is_free(entry))
        free_remove(pods, entry);
}

static void after(struct pods *pods, struct pod_entry *entry)
{
    if (is_free(entry))
        free_append(pods, entry);
}

void pods_hold(struct pods *pods, struct pod_entry *entry)
{
    if (entry == NULL)
        return;
    before(pods, entry);
    entry->refs++;
}

void pods_release(struct pods *pods, struct pod_entry *entry)
{
    if (entry == NULL)
        return;
    assert(entry->refs > 0);
    entry->refs--;
    after(pods, entry);
    if (entry->refs == 0 && entry->deleted)
        drop(pods, entry);
}

void pods_delete(struct pods *pods, struct sv key)
{
    struct pod_entry *entry = pods_find(pods, key);

    if (entry == NULL)
        return;
    before(pods, entry);
    entry->deleted = true;
    after(pods, entry);
    if (entry->refs == 0)
        drop(pods, entry);
}

void pods_list(struct pods *pods)
{
    pods->lists++;
}

/* Deleting changes the order of the map: start over after each, there are few. */
static struct pod_entry *find_unlisted(const struct pods *pods)
{
    size_t at = 0;

    for (struct map_slot *slot = map_next(&pods->by_key, &at); slot != NULL;
         slot = map_next(&pods->by_key, &at)) {
        struct pod_entry *entry = slot->value;
        if (entry->source == POD_OF_CLUSTER && !entry->deleted && entry->list < pods->lists)
            return entry;
    }
    return NULL;
}

void pods_listed(struct pods *pods)
{
    struct pod_entry *entry;

    while ((entry = find_unlisted(pods)) != NULL)
        pods_delete(pods, entry->key);
}

void pods_done(struct pods *pods)
{
    size_t at = 0;

    for (struct map_slot *slot = map_next(&pods->by_key, &at); slot != NULL;
         slot = map_next(&pods->by_key, &at)) {
        struct pod_entry *entry = slot->value;
        assert(entry->refs == 0);
        arena_free(entry->arena);
        free(entry);
    }
    map_done(&pods->by_key);
}

struct pod_entry *pods_find(const struct pods *pods, struct sv key)
{
    return key.len == 0 ? NULL : map_find(&pods->by_key, key);
}

/* Copies */

static struct sv keep(struct arena *arena, struct sv text)
{
    return text.len == 0 ? (struct sv){NULL, 0} : arena_sv(arena, text);
}

static const struct label *keep_labels(struct arena *arena, const struct label *label,
                                       uint32_t count)
{
    struct label *copy = arena_alloc(arena, count * sizeof(*copy));

    for (uint32_t i = 0; i < count; i++)
        copy[i] = (struct label){keep(arena, label[i].key), arena_sv(arena, label[i].value)};
    return copy;
}

static void keep_pod(struct arena *arena, const struct pod *from, struct pod *to)
{
    *to = *from;
    to->name = keep(arena, from->name);
    to->uid = keep(arena, from->uid);
    to->namespace_name = keep(arena, from->namespace_name);
    to->ip = keep(arena, from->ip);
    to->service_account = keep(arena, from->service_account);
    to->owner_kind = keep(arena, from->owner_kind);
    to->owner_name = keep(arena, from->owner_name);
    to->owner_uid = keep(arena, from->owner_uid);
    to->workload_kind = keep(arena, from->workload_kind);
    to->workload_name = keep(arena, from->workload_name);
    to->workload_uid = keep(arena, from->workload_uid);
    to->label = keep_labels(arena, from->label, from->label_count);
    to->annotation = keep_labels(arena, from->annotation, from->annotation_count);
}

static const struct pod_container *keep_containers(struct arena *arena,
                                                   const struct pod_container *from, uint32_t count)
{
    struct pod_container *to = arena_alloc(arena, count * sizeof(*to));

    for (uint32_t i = 0; i < count; i++) {
        to[i].id = keep(arena, from[i].id);
        to[i].name = keep(arena, from[i].name);
        to[i].image = keep(arena, from[i].image);
        to[i].image_id = keep(arena, from[i].image_id);
        for (int p = 0; p < PROBE_COUNT; p++)
            to[i].probe[p] = keep(arena, from[i].probe[p]);
    }
    return to;
}

static struct pod_entry *add(struct pods *pods, struct sv key)
{
    struct pod_entry *entry;

    if (pods->count >= pods->limit && pods->free_first != NULL)
        drop(pods, pods->free_first);
    if (pods->count >= pods->limit) {
        pods->refused++;
        return NULL;
    }
    entry = xcalloc(1, sizeof(*entry) + key.len);
    memcpy(entry->text, key.ptr, key.len);
    entry->key = (struct sv){entry->text, key.len};
    (void)map_put(&pods->by_key, entry->key, entry);
    pods->count++;
    free_append(pods, entry);
    return entry;
}

struct pod_entry *pods_put(struct pods *pods, const struct pod_said *said, bool *changed)
{
    struct pod_entry *entry = pods_find(pods, said->key);

    *changed = false;
    if (said->key.len == 0)
        return NULL;
    if (entry != NULL && entry->source > said->source && !entry->deleted)
        return entry;
    if (entry == NULL)
        entry = add(pods, said->key);
    if (entry == NULL)
        return NULL;

    struct arena *arena = arena_new(POD_BLOCK);
    before(pods, entry);
    keep_pod(arena, &said->pod, &entry->view);
    entry->container = keep_containers(arena, said->container, said->container_count);
    entry->container_count = said->container_count;
    entry->source = said->source;
    entry->deleted = false;
    entry->list = pods->lists;
    arena_free(entry->arena);
    entry->arena = arena;
    after(pods, entry);
    *changed = true;
    return entry;
}
