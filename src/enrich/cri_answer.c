/* The fields that are read, by message and number:
 *
 *     ListContainersResponse      containers 1
 *     Container                   id 1, pod_sandbox_id 2
 *     ContainerStatusResponse     status 1, info 2 (a map; its "info" is JSON, when verbose)
 *     ContainerStatus             id 1, metadata 2 (name 1), image 8 (image 1), image_ref 9,
 *                                 labels 12, annotations 13, mounts 14
 *     Mount                       container_path 1, host_path 2, readonly 3, propagation 5
 *     PodSandboxStatusResponse    status 1
 *     PodSandboxStatus            id 1, metadata 2 (name 1, uid 2, namespace 3), network 5 (ip 1),
 *                                 labels 7, annotations 8
 *     entry of a map              key 1, value 2
 *
 * Requests: ContainerStatusRequest container_id 1, verbose 2; PodSandboxStatusRequest
 * pod_sandbox_id 1. */
#include "enrich/cri_answer.h"

#include <errno.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "enrich/protobuf.h"

void cri_ask_container(struct buf *out, struct sv id)
{
    protobuf_put_bytes(out, 1, id);
    protobuf_put_number(out, 2, 1);
}

void cri_ask_pod(struct buf *out, struct sv sandbox_id)
{
    protobuf_put_bytes(out, 1, sandbox_id);
}

static struct sv clip(struct sv text)
{
    return sv_sub(text, 0, CRI_TEXT_MAX);
}

/* What a message is read into, and what to do with one field of it. */
typedef int (*field_fn)(void *out, const struct protobuf_field *field, struct arena *arena);

static int read_fields(struct sv message, field_fn on_field, void *out, struct arena *arena)
{
    struct protobuf_field field;
    int rc;

    while ((rc = protobuf_next(&message, &field)) > 0) {
        int taken = on_field(out, &field, arena);
        if (taken < 0)
            return taken;
    }
    return rc;
}

static bool is_bytes(const struct protobuf_field *field)
{
    return field->type == PROTOBUF_BYTES;
}

/* The text of one field of a small inner message; empty when it is not there. */
static int read_text(struct sv message, uint32_t number, struct sv *out)
{
    struct protobuf_field field;
    int rc;

    while ((rc = protobuf_next(&message, &field)) > 0) {
        if (field.number == number && is_bytes(&field))
            *out = clip(field.bytes);
    }
    return rc;
}

/* Room for one more in a list that grows by doubling; NULL at its limit, or the arena's. */
static void *list_room(struct arena *arena, void *list, uint32_t count, uint32_t max, size_t size)
{
    enum { FIRST = 8 };
    bool full = count >= FIRST ? (count & (count - 1)) == 0 : count == 0;
    void *more;

    if (count >= max)
        return NULL;
    if (!full)
        return list;
    more = arena_array_size(arena, size, count == 0 ? FIRST : 2 * (size_t)count);
    if (more != NULL && count > 0)
        memcpy(more, list, count * size);
    return more;
}

static int add_label(struct arena *arena, struct sv entry, struct label **list, uint32_t *count)
{
    struct label label = {0};
    int rc = read_text(entry, 1, &label.key);

    if (rc == 0)
        rc = read_text(entry, 2, &label.value);
    struct label *room = list_room(arena, *list, *count, CRI_LABELS_MAX, sizeof(label));
    if (rc < 0 || room == NULL)
        return rc;
    *list = room;
    room[(*count)++] = label;
    return 0;
}

/* ---------------------------------------------------------------------------------------- lists */

struct list {
    struct cri_listed *listed;
    uint32_t count;
};

static int list_field(void *out, const struct protobuf_field *field, struct arena *arena)
{
    struct list *list = out;
    struct cri_listed listed = {0};

    if (field->number != 1 || !is_bytes(field))
        return 0;
    int rc = read_text(field->bytes, 1, &listed.id);
    if (rc == 0)
        rc = read_text(field->bytes, 2, &listed.sandbox_id);
    void *room = list_room(arena, list->listed, list->count, CRI_IDS_MAX, sizeof(listed));
    if (rc < 0 || room == NULL)
        return rc;
    list->listed = room;
    list->listed[list->count++] = listed;
    return 0;
}

int cri_read_list(struct sv message, struct arena *arena, struct cri_listed **out, uint32_t *count,
                  struct err *err)
{
    struct list list = {0};
    int rc = read_fields(message, list_field, &list, arena);

    if (rc < 0)
        return err_set(err, rc, "list of containers: malformed message");
    *out = list.listed;
    *count = list.count;
    return 0;
}

/* ----------------------------------------------------------------------------------- containers */

static int mount_field(void *out, const struct protobuf_field *field, struct arena *arena)
{
    static const struct sv propagations[] = {SV("rprivate"), SV("rslave"), SV("rshared")};
    struct container_mount *mount = out;

    if (field->number == 1 && is_bytes(field))
        mount->destination = clip(field->bytes);
    else if (field->number == 2 && is_bytes(field))
        mount->source = clip(field->bytes);
    else if (field->number == 3 && field->type == PROTOBUF_VARINT)
        mount->writable = field->value == 0;
    else if (field->number == 5 && field->type == PROTOBUF_VARINT &&
             field->value < ARRAY_LEN(propagations))
        mount->propagation = propagations[field->value];
    return 0;
}

static int add_mount(struct arena *arena, struct sv message, struct cri_container *out)
{
    struct container_mount mount = {.writable = true, .propagation = SV("rprivate")};
    int rc = read_fields(message, mount_field, &mount, arena);
    struct container_mount *room =
        list_room(arena, out->mount, out->mount_count, CRI_MOUNTS_MAX, sizeof(mount));

    if (rc < 0 || room == NULL)
        return rc;
    mount.mode = mount.writable ? SV("rw") : SV("ro");
    out->mount = room;
    out->mount[out->mount_count++] = mount;
    return 0;
}

static int status_field(void *out, const struct protobuf_field *field, struct arena *arena)
{
    struct cri_container *container = out;

    if (!is_bytes(field))
        return 0;
    switch (field->number) {
    case 1:
        container->id = clip(field->bytes);
        return 0;
    case 2:
        return read_text(field->bytes, 1, &container->name);
    case 8:
        return read_text(field->bytes, 1, &container->image);
    case 9:
        container->image_ref = clip(field->bytes);
        return 0;
    case 12:
        return add_label(arena, field->bytes, &container->label, &container->label_count);
    case 13:
        return add_label(arena, field->bytes, &container->annotation, &container->annotation_count);
    case 14:
        return add_mount(arena, field->bytes, container);
    default:
        return 0;
    }
}

static const struct json_node *inner(const struct json_doc *doc, const struct json_node *object,
                                     struct sv key)
{
    const struct json_node *node = object == NULL ? NULL : json_get(doc, object, key);

    return node != NULL && node->kind == JSON_OBJECT ? node : NULL;
}

/* containerd and CRI-O add, as JSON, what the kubelet asked for, and the sandbox's id. */
static void read_info(struct sv text, struct arena *arena, struct cri_container *out)
{
    struct json_doc doc;

    if (json_parse(text, arena, &doc, NULL) < 0 || doc.node[0].kind != JSON_OBJECT)
        return;
    out->sandbox_id = clip(json_get_sv(&doc, &doc.node[0], SV("sandboxID")));
    const struct json_node *config = inner(&doc, &doc.node[0], SV("config"));
    const struct json_node *security =
        inner(&doc, inner(&doc, config, SV("linux")), SV("security_context"));
    const struct json_node *privileged =
        security == NULL ? NULL : json_get(&doc, security, SV("privileged"));
    out->has_privileged = security != NULL;
    out->privileged = privileged != NULL && privileged->kind == JSON_TRUE;
}

static int container_field(void *out, const struct protobuf_field *field, struct arena *arena)
{
    struct sv key = {NULL, 0};

    if (!is_bytes(field))
        return 0;
    if (field->number == 1)
        return read_fields(field->bytes, status_field, out, arena);
    if (field->number != 2)
        return 0;
    int rc = read_text(field->bytes, 1, &key);
    if (rc < 0 || !sv_eq(key, SV("info")))
        return rc;

    struct sv message = field->bytes;
    struct protobuf_field value;
    while ((rc = protobuf_next(&message, &value)) > 0) {
        if (value.number == 2 && is_bytes(&value))
            read_info(value.bytes, arena, out);
    }
    return rc;
}

int cri_read_container(struct sv message, struct arena *arena, struct cri_container *out,
                       struct err *err)
{
    struct cri_container container = {0};
    int rc = read_fields(message, container_field, &container, arena);

    if (rc < 0)
        return err_set(err, rc, "status of a container: malformed message");
    *out = container;
    return 0;
}

/* ----------------------------------------------------------------------------------------- pods */

static int metadata_field(void *out, const struct protobuf_field *field, struct arena *arena)
{
    struct cri_pod *pod = out;
    struct sv *const place[] = {NULL, &pod->name, &pod->uid, &pod->namespace_name};

    if (is_bytes(field) && field->number < ARRAY_LEN(place))
        *place[field->number] = clip(field->bytes);
    return 0;
}

static int sandbox_field(void *out, const struct protobuf_field *field, struct arena *arena)
{
    struct cri_pod *pod = out;

    if (!is_bytes(field))
        return 0;
    switch (field->number) {
    case 1:
        pod->sandbox_id = clip(field->bytes);
        return 0;
    case 2:
        return read_fields(field->bytes, metadata_field, pod, arena);
    case 5:
        return read_text(field->bytes, 1, &pod->ip);
    case 7:
        return add_label(arena, field->bytes, &pod->label, &pod->label_count);
    case 8:
        return add_label(arena, field->bytes, &pod->annotation, &pod->annotation_count);
    default:
        return 0;
    }
}

static int pod_field(void *out, const struct protobuf_field *field, struct arena *arena)
{
    if (field->number != 1 || !is_bytes(field))
        return 0;
    return read_fields(field->bytes, sandbox_field, out, arena);
}

int cri_read_pod(struct sv message, struct arena *arena, struct cri_pod *out, struct err *err)
{
    struct cri_pod pod = {0};
    int rc = read_fields(message, pod_field, &pod, arena);

    if (rc < 0)
        return err_set(err, rc, "status of a pod: malformed message");
    *out = pod;
    return 0;
}
