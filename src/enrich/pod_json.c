/* Members that are read:
 *
 *     metadata   name, namespace, uid, labels, annotations, ownerReferences (the controller's)
 *     spec       serviceAccountName, {containers,initContainers,ephemeralContainers}[].{name,image,
 *                livenessProbe,readinessProbe}.exec.command
 *     status     podIP, {containerStatuses,initContainerStatuses,ephemeralContainerStatuses}[].
 *                {name,containerID,imageID}
 *
 * A static pod's containers are named after the hash that the annotation
 * kubernetes.io/config.mirror holds, not after the uid that the cluster gave its image of the pod.
 */
#include "enrich/pod_json.h"

#include <errno.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

#define PROBE_WORDS_MAX 16384u           /* bytes of a command */
#define PROBE_JSON_MAX ((size_t)8 << 20) /* memory to read one annotation in */

static const struct json_node *get(const struct json_doc *doc, const struct json_node *object,
                                   struct sv key, enum json_kind kind)
{
    const struct json_node *node = object == NULL ? NULL : json_get(doc, object, key);

    return node != NULL && node->kind == kind ? node : NULL;
}

static struct sv text(const struct json_doc *doc, const struct json_node *object, struct sv key,
                      struct arena *arena)
{
    struct sv found = object == NULL ? (struct sv){NULL, 0} : json_get_sv(doc, object, key);

    return found.len == 0 ? found : arena_sv(arena, sv_sub(found, 0, POD_TEXT_MAX));
}

static const struct label *read_labels(const struct json_doc *doc, const struct json_node *object,
                                       struct arena *arena, uint32_t *count)
{
    struct label *label;

    *count = 0;
    if (object == NULL)
        return NULL;
    label = arena_alloc(arena, POD_LABELS_MAX * sizeof(*label));
    for (const struct json_node *key = json_first(doc, object);
         key != NULL && *count < POD_LABELS_MAX;) {
        const struct json_node *value = json_next(doc, object, key);
        if (value == NULL)
            break;
        if (value->kind == JSON_STRING && key->text.len > 0)
            label[(*count)++] = (struct label){
                arena_sv(arena, sv_sub(key->text, 0, POD_TEXT_MAX)),
                arena_sv(arena, sv_sub(value->text, 0, POD_TEXT_MAX)),
            };
        key = json_next(doc, object, value);
    }
    return label;
}

/* ----------------------------------------------------------------------------------- containers */

static struct sv read_probe(const struct json_doc *doc, const struct json_node *container,
                            struct sv which, struct arena *arena)
{
    const struct json_node *probe = get(doc, container, which, JSON_OBJECT);
    const struct json_node *exec = get(doc, probe, SV("exec"), JSON_OBJECT);
    const struct json_node *command = get(doc, exec, SV("command"), JSON_ARRAY);
    scoped(buf_done) struct buf words = {.limit = PROBE_WORDS_MAX};

    if (command == NULL)
        return (struct sv){NULL, 0};
    for (const struct json_node *word = json_first(doc, command); word != NULL;
         word = json_next(doc, command, word)) {
        if (word->kind != JSON_STRING)
            return (struct sv){NULL, 0};
        buf_sv(&words, word->text);
        buf_char(&words, '\0');
    }
    return words.error != 0 || words.len == 0 ? (struct sv){NULL, 0}
                                              : arena_sv(arena, buf_view(&words));
}

static void read_probes(const struct json_doc *doc, const struct json_node *container,
                        struct arena *arena, struct sv probe[PROBE_COUNT])
{
    probe[PROBE_LIVENESS] = read_probe(doc, container, SV("livenessProbe"), arena);
    probe[PROBE_READINESS] = read_probe(doc, container, SV("readinessProbe"), arena);
}

static const struct sv spec_lists[] = {SV("containers"), SV("initContainers"),
                                       SV("ephemeralContainers")};
static const struct sv status_lists[] = {SV("containerStatuses"), SV("initContainerStatuses"),
                                         SV("ephemeralContainerStatuses")};

static void read_containers(const struct json_doc *doc, const struct json_node *spec,
                            struct arena *arena, struct pod_container *out, uint32_t *count)
{
    for (size_t list = 0; list < ARRAY_LEN(spec_lists); list++) {
        const struct json_node *all = get(doc, spec, spec_lists[list], JSON_ARRAY);
        for (const struct json_node *c = all == NULL ? NULL : json_first(doc, all);
             c != NULL && *count < POD_CONTAINERS_MAX; c = json_next(doc, all, c)) {
            if (c->kind != JSON_OBJECT)
                continue;
            struct pod_container *one = &out[(*count)++];
            one->name = text(doc, c, SV("name"), arena);
            one->image = text(doc, c, SV("image"), arena);
            read_probes(doc, c, arena, one->probe);
        }
    }
}

/* "containerd://ID", "docker-pullable://NAME@DIGEST" */
static struct sv without_scheme(struct sv name)
{
    size_t at = sv_find(name, SV("://"), 0);

    return at == SIZE_MAX ? name : sv_sub(name, at + 3, name.len);
}

static void read_status(const struct json_doc *doc, const struct json_node *status,
                        struct arena *arena, struct pod_container *out, uint32_t count)
{
    struct sv name = json_get_sv(doc, status, SV("name"));

    for (uint32_t i = 0; i < count; i++) {
        if (!sv_eq(out[i].name, name))
            continue;
        out[i].id = without_scheme(text(doc, status, SV("containerID"), arena));
        out[i].image_id = without_scheme(text(doc, status, SV("imageID"), arena));
        return;
    }
}

static void read_statuses(const struct json_doc *doc, const struct json_node *status,
                          struct arena *arena, struct pod_container *out, uint32_t count)
{
    for (size_t list = 0; list < ARRAY_LEN(status_lists); list++) {
        const struct json_node *all = get(doc, status, status_lists[list], JSON_ARRAY);
        for (const struct json_node *s = all == NULL ? NULL : json_first(doc, all); s != NULL;
             s = json_next(doc, all, s)) {
            if (s->kind == JSON_OBJECT)
                read_status(doc, s, arena, out, count);
        }
    }
}

/* ------------------------------------------------------------------------------------------ pod */

static void read_owner(const struct json_doc *doc, const struct json_node *metadata,
                       struct arena *arena, struct pod *pod)
{
    const struct json_node *owners = get(doc, metadata, SV("ownerReferences"), JSON_ARRAY);

    for (const struct json_node *o = owners == NULL ? NULL : json_first(doc, owners); o != NULL;
         o = json_next(doc, owners, o)) {
        if (o->kind != JSON_OBJECT || get(doc, o, SV("controller"), JSON_TRUE) == NULL)
            continue;
        pod->owner_kind = text(doc, o, SV("kind"), arena);
        pod->owner_name = text(doc, o, SV("name"), arena);
        pod->owner_uid = text(doc, o, SV("uid"), arena);
        break;
    }
    bool owned = pod->owner_name.len > 0;
    pod->workload_kind = owned ? pod->owner_kind : SV("Pod");
    pod->workload_name = owned ? pod->owner_name : pod->name;
    pod->workload_uid = owned ? pod->owner_uid : pod->uid;
}

static struct sv find_label(const struct label *label, uint32_t count, struct sv key)
{
    for (uint32_t i = 0; i < count; i++) {
        if (sv_eq(label[i].key, key))
            return label[i].value;
    }
    return (struct sv){NULL, 0};
}

int pod_json_read(const struct json_doc *doc, const struct json_node *node, struct arena *arena,
                  struct pod_said *out, struct err *err)
{
    const struct json_node *metadata = get(doc, node, SV("metadata"), JSON_OBJECT);
    const struct json_node *spec = get(doc, node, SV("spec"), JSON_OBJECT);
    const struct json_node *status = get(doc, node, SV("status"), JSON_OBJECT);
    struct pod_said said = {.source = POD_OF_CLUSTER};
    struct pod *pod = &said.pod;
    struct pod_container *container;

    pod->uid = text(doc, metadata, SV("uid"), arena);
    if (pod->uid.len == 0)
        return err_set(err, -EINVAL, "a pod without uid");
    pod->name = text(doc, metadata, SV("name"), arena);
    pod->namespace_name = text(doc, metadata, SV("namespace"), arena);
    pod->service_account = text(doc, spec, SV("serviceAccountName"), arena);
    pod->ip = text(doc, status, SV("podIP"), arena);
    pod->label =
        read_labels(doc, get(doc, metadata, SV("labels"), JSON_OBJECT), arena, &pod->label_count);
    pod->annotation = read_labels(doc, get(doc, metadata, SV("annotations"), JSON_OBJECT), arena,
                                  &pod->annotation_count);
    read_owner(doc, metadata, arena, pod);
    container = arena_alloc(arena, POD_CONTAINERS_MAX * sizeof(*container));
    read_containers(doc, spec, arena, container, &said.container_count);
    read_statuses(doc, status, arena, container, said.container_count);
    said.container = container;
    struct sv mirror =
        find_label(pod->annotation, pod->annotation_count, SV("kubernetes.io/config.mirror"));
    said.key = mirror.len > 0 ? mirror : pod->uid;
    *out = said;
    return 0;
}

void pod_json_probes(struct sv json, struct sv container, struct arena *arena,
                     struct sv probe[PROBE_COUNT])
{
    scoped(arena_free) struct arena *scratch = arena_new(POD_TEXT_MAX);
    struct json_doc doc;

    arena_limit(scratch, PROBE_JSON_MAX);
    if (json_parse(json, scratch, &doc, NULL) < 0 || doc.node[0].kind != JSON_OBJECT)
        return;
    const struct json_node *spec = get(&doc, &doc.node[0], SV("spec"), JSON_OBJECT);
    const struct json_node *all = get(&doc, spec, SV("containers"), JSON_ARRAY);
    for (const struct json_node *c = all == NULL ? NULL : json_first(&doc, all); c != NULL;
         c = json_next(&doc, all, c)) {
        if (c->kind == JSON_OBJECT && sv_eq(json_get_sv(&doc, c, SV("name")), container))
            read_probes(&doc, c, arena, probe);
    }
}
