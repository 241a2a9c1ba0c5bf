#include "enrich/recorded_containers.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "enrich/cgroup_path.h"

enum { SHORT_ID = 12, ID_MAX = 128, BLOCK = 1024, LABELS_MAX = 1024, MOUNTS_MAX = 1024 };

/* By the number that the JSON has for a runtime. */
static const char *const runtimes[] = {
    "docker", "lxc",        "libvirt-lxc", "mesos", "rkt",    "custom",
    "cri",    "containerd", "cri-o",       "bpm",   "static", "podman",
};

struct recorded_container *recorded_container_ref(struct recorded_container *container)
{
    if (container != NULL)
        container->refs++;
    return container;
}

void recorded_container_release(struct recorded_container *container)
{
    if (container == NULL || --container->refs > 0)
        return;
    arena_free(container->arena);
    free(container);
}

void recorded_containers_done(struct recorded_containers *table)
{
    struct map_slot *slot;
    size_t at = 0;

    while ((slot = map_next(&table->by_id, &at)) != NULL)
        recorded_container_release(slot->value);
    map_done(&table->by_id);
    *table = (struct recorded_containers){.told = NULL};
}

/* Drop what no thread is in, when there are too many. */
static void make_room(struct recorded_containers *table)
{
    struct map_slot *slot;
    size_t at = 0;

    while ((slot = map_next(&table->by_id, &at)) != NULL) {
        struct recorded_container *container = slot->value;
        if (container->refs > 1 || container == table->told)
            continue;
        (void)map_remove(&table->by_id, container->view.id);
        recorded_container_release(container);
        at = 0; /* entries moved */
        if (table->by_id.count < RECORDED_CONTAINERS_MAX / 2)
            return;
    }
}

static struct recorded_container *find_or_add(struct recorded_containers *table, struct sv id)
{
    struct recorded_container *container = map_find(&table->by_id, sv_sub(id, 0, SHORT_ID));

    if (container != NULL)
        return container;
    if (table->by_id.count >= RECORDED_CONTAINERS_MAX)
        make_room(table);
    id = sv_sub(id, 0, ID_MAX);
    container = xcalloc(1, sizeof(*container) + id.len);
    container->refs = 1;
    memcpy(container->id, id.ptr, id.len);
    container->id_len = (uint32_t)id.len;
    container->view.full_id = (struct sv){container->id, id.len};
    container->view.id = sv_sub(container->view.full_id, 0, SHORT_ID);
    (void)map_put(&table->by_id, container->view.id, container);
    return container;
}

struct recorded_container *recorded_containers_of(struct recorded_containers *table,
                                                  struct sv cgroups)
{
    struct cgroup_path parsed;

    while (cgroups.len > 0) {
        struct sv path = sv_split(&cgroups, '\0');
        (void)sv_split(&path, '=');
        cgroup_path_parse(path, &parsed);
        if (parsed.count == 0)
            continue;
        const struct cgroup_path_id *id = &parsed.id[parsed.count - 1];
        struct recorded_container *container = find_or_add(table, id->id);
        if (container->view.runtime.len == 0)
            container->view.runtime = id->runtime;
        return recorded_container_ref(container);
    }
    return NULL;
}

/* ---------------------------------------------------------------------------------------- JSON */

static struct sv text_of(const struct json_doc *doc, const struct json_node *object,
                         const char *key)
{
    return json_get_sv(doc, object, sv(key));
}

static bool truth_of(const struct json_doc *doc, const struct json_node *object, const char *key)
{
    const struct json_node *node = json_get(doc, object, sv(key));

    return node != NULL && node->kind == JSON_TRUE;
}

static void read_labels(struct container *view, const struct json_doc *doc,
                        const struct json_node *object, struct arena *arena)
{
    const struct json_node *labels = json_get(doc, object, SV("labels"));

    if (labels == NULL || labels->kind != JSON_OBJECT || labels->count > LABELS_MAX)
        return;
    struct label *label = arena_array(arena, struct label, labels->count);
    uint32_t count = 0;
    const struct json_node *key = label == NULL ? NULL : json_first(doc, labels);
    while (key != NULL) {
        const struct json_node *value = json_next(doc, labels, key);
        if (value->kind == JSON_STRING)
            label[count++] = (struct label){.key = key->text, .value = value->text};
        key = json_next(doc, labels, value);
    }
    view->label = label;
    view->label_count = count;
}

static void read_mounts(struct container *view, const struct json_doc *doc,
                        const struct json_node *object, struct arena *arena)
{
    const struct json_node *mounts = json_get(doc, object, SV("Mounts"));

    if (mounts == NULL || mounts->kind != JSON_ARRAY || mounts->count > MOUNTS_MAX)
        return;
    struct container_mount *mount = arena_array(arena, struct container_mount, mounts->count);
    uint32_t count = 0;
    const struct json_node *at = mount == NULL ? NULL : json_first(doc, mounts);
    for (; at != NULL; at = json_next(doc, mounts, at)) {
        if (at->kind != JSON_OBJECT)
            continue;
        mount[count++] = (struct container_mount){
            .source = text_of(doc, at, "Source"),
            .destination = text_of(doc, at, "Destination"),
            .mode = text_of(doc, at, "Mode"),
            .propagation = text_of(doc, at, "Propagation"),
            .writable = truth_of(doc, at, "RW"),
        };
    }
    view->mount = mount;
    view->mount_count = count;
}

static void read_runtime(struct container *view, const struct json_doc *doc,
                         const struct json_node *object)
{
    const struct json_node *type = json_get(doc, object, SV("type"));

    if (type != NULL && type->kind == JSON_I64 && type->i64 >= 0 &&
        type->i64 < (int64_t)ARRAY_LEN(runtimes))
        view->runtime = sv(runtimes[type->i64]);
}

/* Labels by which Kubernetes says whose container it is. */
static void read_pod(struct container *view)
{
    for (uint32_t i = 0; i < view->label_count; i++) {
        const struct label *label = &view->label[i];
        if (sv_eq(label->key, SV("io.kubernetes.pod.name")))
            view->pod_name = label->value;
        else if (sv_eq(label->key, SV("io.kubernetes.pod.namespace")))
            view->namespace_name = label->value;
        else if (sv_eq(label->key, SV("io.kubernetes.pod.uid")))
            view->pod_uid = label->value;
    }
}

static void read_container(struct container *view, const struct json_doc *doc,
                           const struct json_node *object, struct arena *arena)
{
    struct sv full_id = text_of(doc, object, "full_id");

    if (full_id.len > 0)
        view->full_id = full_id;
    view->name = text_of(doc, object, "name");
    view->image = text_of(doc, object, "image");
    view->image_repository = text_of(doc, object, "imagerepo");
    view->image_tag = text_of(doc, object, "imagetag");
    view->image_digest = text_of(doc, object, "imagedigest");
    view->image_id = text_of(doc, object, "imageid");
    view->sandbox_id = text_of(doc, object, "pod_sandbox_id");
    view->privileged = truth_of(doc, object, "privileged");
    view->host_pid = truth_of(doc, object, "host_pid");
    view->host_network = truth_of(doc, object, "host_network");
    view->host_ipc = truth_of(doc, object, "host_ipc");
    view->has_spec = true;
    read_runtime(view, doc, object);
    read_labels(view, doc, object, arena);
    read_mounts(view, doc, object, arena);
    read_pod(view);
}

int recorded_containers_tell(struct recorded_containers *table, struct sv json, struct err *err)
{
    scoped(arena_free) struct arena *arena = arena_new(BLOCK);
    struct json_doc doc;

    json.len = json.len == 0 ? 0 : strnlen(json.ptr, json.len);
    if (json.len > RECORDED_CONTAINER_JSON_MAX)
        return err_set(err, -E2BIG, "a description of %zu bytes", json.len);
    int rc = json_parse(json, arena, &doc, err);
    if (rc < 0)
        return rc;
    const struct json_node *object = json_get(&doc, &doc.node[0], SV("container"));
    struct sv id = object == NULL ? (struct sv){NULL, 0} : text_of(&doc, object, "id");
    if (id.len == 0)
        return err_set(err, -EINVAL, "a description without an id");
    struct recorded_container *container = find_or_add(table, id);
    struct container fresh = {
        .id = container->view.id,
        .full_id = {container->id, container->id_len},
        .runtime = container->arena == NULL ? container->view.runtime : (struct sv){NULL, 0},
    };
    read_container(&fresh, &doc, object, arena);
    arena_free(container->arena);
    container->arena = take(arena);
    container->view = fresh;
    table->told = container;
    return 0;
}
