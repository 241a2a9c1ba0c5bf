#include "enrich/described.h"

#include "base/arena.h"
#include "enrich/containers.h"
#include "enrich/cri_answer.h"
#include "enrich/image_name.h"
#include "enrich/pod_json.h"

enum { TOLD_BLOCK = 2048, EXTRA_BLOCK = 512 };

static void fill(struct sv *place, struct sv text)
{
    if (place->len == 0)
        *place = text;
}

/* A name with digest, or an id. */
static void fill_image(struct container *view, struct sv name, struct sv reference)
{
    struct image_name image;

    fill(&view->image, name);
    image_name_parse(view->image, &image);
    fill(&view->image_repository, image.repository);
    fill(&view->image_tag, image.tag);
    fill(&view->image_digest, image.digest);
    fill(&view->image_id, image.id);
    image_name_parse(reference, &image);
    fill(&view->image_repository, image.repository);
    fill(&view->image_digest, image.digest);
    fill(&view->image_id, image.id);
}

static void fill_answer(struct container *view, const struct container *told)
{
    fill(&view->name, told->name);
    fill(&view->sandbox_id, told->sandbox_id);
    fill(&view->pod_uid, told->pod_uid);
    fill(&view->image, told->image);
    fill(&view->image_repository, told->image_repository);
    fill(&view->image_tag, told->image_tag);
    fill(&view->image_digest, told->image_digest);
    fill(&view->image_id, told->image_id);
    if (view->label_count == 0) {
        view->label = told->label;
        view->label_count = told->label_count;
    }
    if (!view->has_spec) {
        view->mount = told->mount;
        view->mount_count = told->mount_count;
        view->privileged = told->privileged;
    }
}

static const struct pod_container *find_in(const struct pod_entry *pod,
                                           const struct container *view)
{
    for (uint32_t i = 0; i < pod->container_count; i++) {
        const struct pod_container *one = &pod->container[i];
        if (one->id.len > 0 ? sv_eq(one->id, view->full_id)
                            : view->name.len > 0 && sv_eq(one->name, view->name))
            return one;
    }
    return NULL;
}

/* Pods change, so their texts are copied. */
static struct sv copy(struct container_entry *entry, struct sv text)
{
    if (text.len == 0)
        return (struct sv){NULL, 0};
    if (entry->extra == NULL)
        entry->extra = arena_new(EXTRA_BLOCK);
    return arena_sv(entry->extra, text);
}

static void fill_pod(struct container_entry *entry, const struct pod_entry *pod)
{
    const struct pod_container *one = find_in(pod, &entry->view);
    struct container *view = &entry->view;

    if (view->pod_name.len == 0)
        view->pod_name = copy(entry, pod->view.name);
    if (view->namespace_name.len == 0)
        view->namespace_name = copy(entry, pod->view.namespace_name);
    if (one == NULL)
        return;
    if (view->name.len == 0)
        view->name = copy(entry, one->name);
    if (view->image_digest.len == 0 && one->image_id.len > 0)
        fill_image(view, copy(entry, one->image), copy(entry, one->image_id));
    for (int probe = 0; probe < PROBE_COUNT; probe++) {
        if (view->probe[probe].len == 0)
            view->probe[probe] = copy(entry, one->probe[probe]);
    }
}

/* Bare pods carry what kubectl was given, probes and all. */
static void fill_probes(struct container_entry *entry, const struct pod *pod)
{
    const struct sv mark = SV("kubectl.kubernetes.io/last-applied-configuration");
    struct container *view = &entry->view;

    if (view->probe[PROBE_LIVENESS].len > 0 || view->probe[PROBE_READINESS].len > 0)
        return;
    for (uint32_t i = 0; i < pod->annotation_count; i++) {
        if (!sv_eq(pod->annotation[i].key, mark))
            continue;
        if (entry->extra == NULL)
            entry->extra = arena_new(EXTRA_BLOCK);
        pod_json_probes(pod->annotation[i].value, view->name, entry->extra, view->probe);
    }
}

void described_fill(struct pods *pods, struct container_entry *entry)
{
    if (entry->answer != NULL)
        fill_answer(&entry->view, &entry->answer_view);
    struct pod_entry *pod = pods_find(pods, entry->view.pod_uid);
    if (pod != entry->pod) {
        pods_hold(pods, pod);
        pods_release(pods, entry->pod);
        entry->pod = pod;
    }
    entry->view.pod = pod == NULL ? NULL : &pod->view;
    if (pod == NULL)
        return;
    fill_pod(entry, pod);
    fill_probes(entry, &pod->view);
}

static const struct label *copy_labels(struct arena *arena, const struct label *label,
                                       uint32_t count)
{
    struct label *to = arena_alloc(arena, count * sizeof(*to));

    for (uint32_t i = 0; i < count; i++)
        to[i] = (struct label){arena_sv(arena, label[i].key), arena_sv(arena, label[i].value)};
    return to;
}

static const struct container_mount *
copy_mounts(struct arena *arena, const struct container_mount *mount, uint32_t count)
{
    struct container_mount *to = arena_alloc(arena, count * sizeof(*to));

    for (uint32_t i = 0; i < count; i++) {
        to[i] = mount[i];
        to[i].source = arena_sv(arena, mount[i].source);
        to[i].destination = arena_sv(arena, mount[i].destination);
    }
    return to;
}

void described_answer(struct container_entry *entry, const struct cri_container *said,
                      struct sv pod_uid)
{
    struct container *told = &entry->answer_view;
    struct arena *arena = arena_new(TOLD_BLOCK);

    /* The view may still show the old texts; what was asked for once is not asked again. */
    if (entry->answer != NULL) {
        arena_free(arena);
        return;
    }
    *told = (struct container){.name = arena_sv(arena, said->name),
                               .sandbox_id = arena_sv(arena, said->sandbox_id),
                               .pod_uid = arena_sv(arena, pod_uid)};
    fill_image(told, arena_sv(arena, said->image), arena_sv(arena, said->image_ref));
    told->label = copy_labels(arena, said->label, said->label_count);
    told->label_count = said->label_count;
    told->mount = copy_mounts(arena, said->mount, said->mount_count);
    told->mount_count = said->mount_count;
    told->privileged = said->has_privileged && said->privileged;
    entry->answer = arena;
}
