#include "enrich/told.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"

enum {
    ARENA_BLOCK = 16384,
    LIST_MAX = 4096, /* labels or mounts of one container */
};

struct told_container {
    struct arena *arena;
    struct container view;
};

struct told {
    struct arena *arena; /* users and groups */
    struct map containers;
    struct nmap users, groups; /* by key_of() */
};

struct told *told_new(void)
{
    struct told *told = xcalloc(1, sizeof(*told));

    told->arena = arena_new(ARENA_BLOCK);
    return told;
}

static void free_container(struct told_container *container)
{
    if (container == NULL)
        return;
    arena_free(container->arena);
    free(container);
}

void told_free(struct told *told)
{
    size_t at = 0;

    if (told == NULL)
        return;
    for (struct map_slot *slot = map_next(&told->containers, &at); slot != NULL;
         slot = map_next(&told->containers, &at))
        free_container(slot->value);
    map_done(&told->containers);
    nmap_done(&told->users);
    nmap_done(&told->groups);
    arena_free(told->arena);
    free(told);
}

/* --- JSON ------------------------------------------------------------------------------------ */

/* Members that are texts. */
static const struct {
    const char *key;
    size_t offset;
} texts[] = {
    {"full_id", offsetof(struct container, full_id)},
    {"name", offsetof(struct container, name)},
    {"runtime", offsetof(struct container, runtime)},
    {"image", offsetof(struct container, image)},
    {"image_repository", offsetof(struct container, image_repository)},
    {"image_tag", offsetof(struct container, image_tag)},
    {"image_digest", offsetof(struct container, image_digest)},
    {"image_id", offsetof(struct container, image_id)},
    {"pod_name", offsetof(struct container, pod_name)},
    {"pod_uid", offsetof(struct container, pod_uid)},
    {"namespace", offsetof(struct container, namespace_name)},
    {"sandbox_id", offsetof(struct container, sandbox_id)},
    {"bundle", offsetof(struct container, bundle)},
    {"cgroup", offsetof(struct container, cgroup)},
    {"health", offsetof(struct container, probe[PROBE_HEALTH])},
    {"liveness", offsetof(struct container, probe[PROBE_LIVENESS])},
    {"readiness", offsetof(struct container, probe[PROBE_READINESS])},
};

static const struct {
    const char *key;
    size_t offset;
} truths[] = {
    {"has_spec", offsetof(struct container, has_spec)},
    {"privileged", offsetof(struct container, privileged)},
    {"host_pid", offsetof(struct container, host_pid)},
    {"host_network", offsetof(struct container, host_network)},
    {"host_ipc", offsetof(struct container, host_ipc)},
};

static const struct {
    const char *key;
    size_t offset;
} pod_texts[] = {
    {"name", offsetof(struct pod, name)},
    {"uid", offsetof(struct pod, uid)},
    {"namespace", offsetof(struct pod, namespace_name)},
    {"ip", offsetof(struct pod, ip)},
    {"service_account", offsetof(struct pod, service_account)},
    {"owner_kind", offsetof(struct pod, owner_kind)},
    {"owner_name", offsetof(struct pod, owner_name)},
    {"owner_uid", offsetof(struct pod, owner_uid)},
    {"workload_kind", offsetof(struct pod, workload_kind)},
    {"workload_name", offsetof(struct pod, workload_name)},
    {"workload_uid", offsetof(struct pod, workload_uid)},
};

static void write_member(struct json_writer *w, const char *key, struct sv text)
{
    if (text.len == 0)
        return;
    json_key(w, key);
    json_sv(w, text);
}

static void write_mounts(struct json_writer *w, const struct container *container)
{
    json_key(w, "mounts");
    json_array_begin(w);
    for (uint32_t i = 0; i < container->mount_count; i++) {
        const struct container_mount *mount = &container->mount[i];
        json_object_begin(w);
        write_member(w, "source", mount->source);
        write_member(w, "destination", mount->destination);
        write_member(w, "mode", mount->mode);
        write_member(w, "propagation", mount->propagation);
        json_key(w, "writable");
        json_bool(w, mount->writable);
        json_object_end(w);
    }
    json_array_end(w);
}

static void write_labels(struct json_writer *w, const char *key, const struct label *label,
                         uint32_t count)
{
    json_key(w, key);
    json_array_begin(w);
    for (uint32_t i = 0; i < count; i++) {
        json_sv(w, label[i].key);
        json_sv(w, label[i].value);
    }
    json_array_end(w);
}

static void write_pod(struct json_writer *w, const struct pod *pod)
{
    json_key(w, "pod");
    json_object_begin(w);
    for (size_t i = 0; i < ARRAY_LEN(pod_texts); i++)
        write_member(w, pod_texts[i].key,
                     *(const struct sv *)((const char *)pod + pod_texts[i].offset));
    write_labels(w, "labels", pod->label, pod->label_count);
    write_labels(w, "annotations", pod->annotation, pod->annotation_count);
    json_object_end(w);
}

void told_write_container(struct buf *out, const struct container *container)
{
    struct json_writer w = json_writer_on(out);

    json_object_begin(&w);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        write_member(&w, texts[i].key,
                     *(const struct sv *)((const char *)container + texts[i].offset));
    for (size_t i = 0; i < ARRAY_LEN(truths); i++) {
        json_key(&w, truths[i].key);
        json_bool(&w, *(const bool *)((const char *)container + truths[i].offset));
    }
    json_key(&w, "capabilities");
    json_u64(&w, container->capabilities);
    write_labels(&w, "labels", container->label, container->label_count);
    write_mounts(&w, container);
    if (container->pod != NULL)
        write_pod(&w, container->pod);
    json_object_end(&w);
}

static bool truth_of(const struct json_doc *doc, const struct json_node *object, const char *key)
{
    const struct json_node *node = json_get(doc, object, sv(key));

    return node != NULL && node->kind == JSON_TRUE;
}

static const struct json_node *array_of(const struct json_doc *doc, const struct json_node *object,
                                        const char *key)
{
    const struct json_node *node = json_get(doc, object, sv(key));

    return node != NULL && node->kind == JSON_ARRAY && node->count <= 2 * LIST_MAX ? node : NULL;
}

/* Keys and values in turn. Returns how many. */
static uint32_t parse_labels(const struct json_doc *doc, const struct json_node *array,
                             struct arena *arena, const struct label **out)
{
    struct label *label;
    uint32_t count = 0;

    if (array == NULL || array->count < 2)
        return 0;
    label = arena_array(arena, struct label, array->count / 2);
    if (label == NULL)
        return 0;
    *out = label;
    const struct json_node *key = json_first(doc, array);
    while (key != NULL && count < array->count / 2) {
        const struct json_node *value = json_next(doc, array, key);
        if (value == NULL || key->kind != JSON_STRING || value->kind != JSON_STRING)
            return count;
        label[count++] = (struct label){key->text, value->text};
        key = json_next(doc, array, value);
    }
    return count;
}

static void parse_pod(const struct json_doc *doc, struct arena *arena, struct container *out)
{
    const struct json_node *object = json_get(doc, doc->node, SV("pod"));
    struct pod *pod;

    if (object == NULL || object->kind != JSON_OBJECT)
        return;
    pod = arena_one(arena, struct pod);
    for (size_t i = 0; i < ARRAY_LEN(pod_texts); i++)
        *(struct sv *)((char *)pod + pod_texts[i].offset) =
            json_get_sv(doc, object, sv(pod_texts[i].key));
    pod->label_count = parse_labels(doc, array_of(doc, object, "labels"), arena, &pod->label);
    pod->annotation_count =
        parse_labels(doc, array_of(doc, object, "annotations"), arena, &pod->annotation);
    out->pod = pod;
}

static void parse_mounts(const struct json_doc *doc, struct arena *arena, struct container *out)
{
    const struct json_node *array = array_of(doc, doc->node, "mounts");
    struct container_mount *mount;

    if (array == NULL || array->count == 0)
        return;
    mount = arena_array(arena, struct container_mount, array->count);
    if (mount == NULL)
        return;
    out->mount = mount;
    for (const struct json_node *item = json_first(doc, array); item != NULL;
         item = json_next(doc, array, item)) {
        if (item->kind != JSON_OBJECT)
            return;
        mount[out->mount_count++] = (struct container_mount){
            .source = json_get_sv(doc, item, SV("source")),
            .destination = json_get_sv(doc, item, SV("destination")),
            .mode = json_get_sv(doc, item, SV("mode")),
            .propagation = json_get_sv(doc, item, SV("propagation")),
            .writable = truth_of(doc, item, "writable"),
        };
    }
}

int told_parse_container(struct sv json, struct arena *arena, struct container *out)
{
    const struct json_node *capabilities;
    struct json_doc doc;
    int rc = json_parse(json, arena, &doc, NULL);

    if (rc < 0)
        return rc;
    if (doc.node->kind != JSON_OBJECT)
        return -EINVAL;
    *out = (struct container){0};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        *(struct sv *)((char *)out + texts[i].offset) =
            json_get_sv(&doc, doc.node, sv(texts[i].key));
    for (size_t i = 0; i < ARRAY_LEN(truths); i++)
        *(bool *)((char *)out + truths[i].offset) = truth_of(&doc, doc.node, truths[i].key);
    capabilities = json_get(&doc, doc.node, SV("capabilities"));
    if (capabilities != NULL && capabilities->kind == JSON_I64)
        out->capabilities = (uint64_t)capabilities->i64;
    if (capabilities != NULL && capabilities->kind == JSON_U64)
        out->capabilities = capabilities->u64;
    out->label_count = parse_labels(&doc, array_of(&doc, doc.node, "labels"), arena, &out->label);
    parse_mounts(&doc, arena, out);
    parse_pod(&doc, arena, out);
    return out->full_id.len == 0 ? -EINVAL : 0;
}

/* --- telling --------------------------------------------------------------------------------- */

int told_container(struct told *told, struct sv json, struct sv *full_id)
{
    struct told_container *container;
    int rc;

    if (told->containers.count >= TOLD_CONTAINERS_MAX)
        return -E2BIG;
    container = xcalloc(1, sizeof(*container));
    container->arena = arena_new(ARENA_BLOCK);
    rc = told_parse_container(json, container->arena, &container->view);
    if (rc < 0) {
        free_container(container);
        return rc;
    }
    *full_id = container->view.full_id;
    free_container(map_put(&told->containers, container->view.full_id, container));
    return 0;
}

static uint64_t key_of(struct sv container_id, uint32_t id)
{
    return hash_seed(container_id, id);
}

void told_user(struct told *told, struct sv container_id, const struct user *user)
{
    struct user *copy;

    if (told->users.count >= TOLD_USERS_MAX)
        return;
    copy = arena_one(told->arena, struct user);
    *copy = (struct user){.uid = user->uid,
                          .name = arena_sv(told->arena, user->name),
                          .home = arena_sv(told->arena, user->home),
                          .shell = arena_sv(told->arena, user->shell)};
    (void)nmap_put(&told->users, key_of(container_id, user->uid), copy);
}

void told_group(struct told *told, struct sv container_id, const struct group *group)
{
    struct group *copy;

    if (told->groups.count >= TOLD_USERS_MAX)
        return;
    copy = arena_one(told->arena, struct group);
    *copy = (struct group){.gid = group->gid, .name = arena_sv(told->arena, group->name)};
    (void)nmap_put(&told->groups, key_of(container_id, group->gid), copy);
}

const struct container *told_find_container(const struct told *told, struct sv full_id)
{
    const struct told_container *container = map_find(&told->containers, full_id);

    return container == NULL ? NULL : &container->view;
}

const struct user *told_find_user(const struct told *told, struct sv container_id, uint32_t uid)
{
    const struct user *user = nmap_find(&told->users, key_of(container_id, uid));

    return user != NULL && user->uid == uid ? user : NULL;
}

const struct group *told_find_group(const struct told *told, struct sv container_id, uint32_t gid)
{
    const struct group *group = nmap_find(&told->groups, key_of(container_id, gid));

    return group != NULL && group->gid == gid ? group : NULL;
}
