/* The annotations that say which pod a container is of, by who writes them:
 *
 *     containerd   io.kubernetes.cri.{container-name,image-name,sandbox-id,sandbox-name,
 *                  sandbox-namespace,sandbox-uid}
 *     CRI-O        io.kubernetes.cri-o.{ContainerName,ImageName,Image,ImageRef,SandboxID,KubeName,
 *                  Namespace,Labels,Metadata}
 *     the kubelet  io.kubernetes.{container.name,pod.name,pod.namespace,pod.uid}: on the containers
 *                  of CRI-O as annotations, on those of Docker as labels
 *
 * The first that is there counts. Other annotations but io.* are labels. */
#include "enrich/bundle.h"

#include <errno.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "event/capability.h"

static struct sv clip(struct sv text)
{
    return sv_sub(text, 0, BUNDLE_TEXT_MAX);
}

static int parse_object(struct sv json, struct arena *arena, struct json_doc *doc, struct err *err)
{
    int rc = json_parse(json, arena, doc, err);

    if (rc == 0 && doc->node[0].kind != JSON_OBJECT)
        return err_set(err, -EINVAL, "not a JSON object");
    return rc;
}

/* A member that is an object, or NULL. */
static const struct json_node *get_object(const struct json_doc *doc,
                                          const struct json_node *object, struct sv key)
{
    const struct json_node *node = object == NULL ? NULL : json_get(doc, object, key);

    return node != NULL && node->kind == JSON_OBJECT ? node : NULL;
}

static const struct json_node *get_array(const struct json_doc *doc, const struct json_node *object,
                                         struct sv key)
{
    const struct json_node *node = object == NULL ? NULL : json_get(doc, object, key);

    return node != NULL && node->kind == JSON_ARRAY ? node : NULL;
}

static void set_once(struct sv *place, struct sv text)
{
    if (place->len == 0 && text.len > 0)
        *place = clip(text);
}

/* Labels */

static void add_label(struct bundle *out, struct sv key, struct sv value)
{
    for (uint32_t i = 0; i < out->label_count; i++) {
        if (sv_eq(out->label[i].key, key))
            return;
    }
    if (out->label_count < BUNDLE_LABELS_MAX && key.len > 0)
        out->label[out->label_count++] = (struct label){clip(key), clip(value)};
}

static void read_kubelet(const struct json_doc *doc, const struct json_node *texts,
                         struct bundle *out)
{
    /* The pause container is called POD. */
    struct sv name = json_get_sv(doc, texts, SV("io.kubernetes.container.name"));

    set_once(&out->pod_name, json_get_sv(doc, texts, SV("io.kubernetes.pod.name")));
    set_once(&out->pod_uid, json_get_sv(doc, texts, SV("io.kubernetes.pod.uid")));
    set_once(&out->namespace_name, json_get_sv(doc, texts, SV("io.kubernetes.pod.namespace")));
    set_once(&out->sandbox_id, json_get_sv(doc, texts, SV("io.kubernetes.sandbox.id")));
    if (!sv_eq(name, SV("POD")))
        set_once(&out->name, name);
}

static void read_labels(const struct json_doc *doc, const struct json_node *object, bool own_only,
                        struct bundle *out)
{
    if (object == NULL)
        return;
    for (const struct json_node *key = json_first(doc, object); key != NULL;) {
        const struct json_node *value = json_next(doc, object, key);
        if (value == NULL)
            return;
        if (value->kind == JSON_STRING && !(own_only && sv_starts(key->text, SV("io."))))
            add_label(out, key->text, value->text);
        key = json_next(doc, object, value);
    }
}

/* A label set written as JSON inside a text. */
static void read_nested_labels(struct sv json, struct arena *arena, struct bundle *out)
{
    struct json_doc doc;

    if (json.len == 0 || parse_object(json, arena, &doc, NULL) < 0)
        return;
    read_kubelet(&doc, &doc.node[0], out);
    read_labels(&doc, &doc.node[0], false, out);
}

/* Annotations */

static void read_containerd(const struct json_doc *doc, const struct json_node *texts,
                            struct bundle *out)
{
    set_once(&out->name, json_get_sv(doc, texts, SV("io.kubernetes.cri.container-name")));
    set_once(&out->image, json_get_sv(doc, texts, SV("io.kubernetes.cri.image-name")));
    set_once(&out->sandbox_id, json_get_sv(doc, texts, SV("io.kubernetes.cri.sandbox-id")));
    set_once(&out->pod_name, json_get_sv(doc, texts, SV("io.kubernetes.cri.sandbox-name")));
    set_once(&out->namespace_name,
             json_get_sv(doc, texts, SV("io.kubernetes.cri.sandbox-namespace")));
    set_once(&out->pod_uid, json_get_sv(doc, texts, SV("io.kubernetes.cri.sandbox-uid")));
}

static void read_crio_metadata(struct sv json, bool sandbox, struct arena *arena,
                               struct bundle *out)
{
    struct json_doc doc;

    if (json.len == 0 || parse_object(json, arena, &doc, NULL) < 0)
        return;
    struct sv lower = json_get_sv(&doc, &doc.node[0], SV("name"));
    struct sv name = lower.len > 0 ? lower : json_get_sv(&doc, &doc.node[0], SV("Name"));
    set_once(sandbox ? &out->pod_name : &out->name, name);
}

static void read_crio(const struct json_doc *doc, const struct json_node *texts,
                      struct arena *arena, struct bundle *out)
{
    struct sv kind = json_get_sv(doc, texts, SV("io.kubernetes.cri-o.ContainerType"));

    set_once(&out->pod_name, json_get_sv(doc, texts, SV("io.kubernetes.cri-o.KubeName")));
    set_once(&out->namespace_name, json_get_sv(doc, texts, SV("io.kubernetes.cri-o.Namespace")));
    set_once(&out->sandbox_id, json_get_sv(doc, texts, SV("io.kubernetes.cri-o.SandboxID")));
    set_once(&out->image, json_get_sv(doc, texts, SV("io.kubernetes.cri-o.ImageName")));
    set_once(&out->image, json_get_sv(doc, texts, SV("io.kubernetes.cri-o.Image")));
    set_once(&out->image_id, json_get_sv(doc, texts, SV("io.kubernetes.cri-o.ImageRef")));
    read_nested_labels(json_get_sv(doc, texts, SV("io.kubernetes.cri-o.Labels")), arena, out);
    read_crio_metadata(json_get_sv(doc, texts, SV("io.kubernetes.cri-o.Metadata")),
                       sv_eq(kind, SV("sandbox")), arena, out);
    if (!sv_eq(kind, SV("sandbox")))
        set_once(&out->name, json_get_sv(doc, texts, SV("io.kubernetes.cri-o.ContainerName")));
}

static void read_annotations(const struct json_doc *doc, const struct json_node *texts,
                             struct arena *arena, struct bundle *out)
{
    struct sv privileged;

    if (texts == NULL)
        return;
    set_once(&out->manager, json_get_sv(doc, texts, SV("io.container.manager")));
    read_containerd(doc, texts, out);
    read_kubelet(doc, texts, out);
    read_crio(doc, texts, arena, out);
    read_labels(doc, texts, true, out);
    privileged = json_get_sv(doc, texts, SV("io.podman.annotations.privileged"));
    out->said_privileged = out->said_privileged || sv_eq_nocase(privileged, SV("true"));
    /* A sandbox has no name of its own. */
    if (out->name.len == 0)
        set_once(&out->name, out->pod_name);
}

/* The rest of config.json */

static void read_options(const struct json_doc *doc, const struct json_node *options,
                         struct container_mount *mount, bool *bind)
{
    static const struct sv propagations[] = {
        SV("private"), SV("rprivate"), SV("shared"),     SV("rshared"),
        SV("slave"),   SV("rslave"),   SV("unbindable"), SV("runbindable"),
    };

    if (options == NULL)
        return;
    for (const struct json_node *o = json_first(doc, options); o != NULL;
         o = json_next(doc, options, o)) {
        struct sv text = o->kind == JSON_STRING ? o->text : (struct sv){NULL, 0};
        if (sv_eq(text, SV("ro")) || sv_eq(text, SV("rw"))) {
            mount->writable = sv_eq(text, SV("rw"));
            mount->mode = mount->writable ? SV("rw") : SV("ro");
        }
        *bind = *bind || sv_eq(text, SV("bind")) || sv_eq(text, SV("rbind"));
        for (size_t i = 0; i < ARRAY_LEN(propagations); i++) {
            if (sv_eq(text, propagations[i]))
                mount->propagation = propagations[i];
        }
    }
}

static void read_mounts(const struct json_doc *doc, const struct json_node *mounts,
                        struct bundle *out)
{
    if (mounts == NULL)
        return;
    for (const struct json_node *m = json_first(doc, mounts);
         m != NULL && out->mount_count < BUNDLE_MOUNTS_MAX; m = json_next(doc, mounts, m)) {
        if (m->kind != JSON_OBJECT)
            continue;
        struct container_mount mount = {
            .source = clip(json_get_sv(doc, m, SV("source"))),
            .destination = clip(json_get_sv(doc, m, SV("destination"))),
            .writable = true,
        };
        bool bind = sv_eq(json_get_sv(doc, m, SV("type")), SV("bind"));
        read_options(doc, get_array(doc, m, SV("options")), &mount, &bind);
        if (bind)
            out->mount[out->mount_count++] = mount;
    }
}

static void read_namespaces(const struct json_doc *doc, const struct json_node *list,
                            struct bundle *out)
{
    static const struct sv types[BUNDLE_NAMESPACES] = {
        [BUNDLE_PID] = SV("pid"),
        [BUNDLE_NETWORK] = SV("network"),
        [BUNDLE_IPC] = SV("ipc"),
    };

    out->has_namespaces = true;
    if (list == NULL)
        return;
    for (const struct json_node *n = json_first(doc, list); n != NULL;
         n = json_next(doc, list, n)) {
        if (n->kind != JSON_OBJECT)
            continue;
        struct sv type = json_get_sv(doc, n, SV("type"));
        for (int i = 0; i < BUNDLE_NAMESPACES; i++) {
            if (!sv_eq(type, types[i]))
                continue;
            out->ns[i].own = true;
            out->ns[i].path = clip(json_get_sv(doc, n, SV("path")));
        }
    }
}

static void read_capabilities(const struct json_doc *doc, const struct json_node *list,
                              struct bundle *out)
{
    if (list == NULL)
        return;
    for (const struct json_node *n = json_first(doc, list); n != NULL;
         n = json_next(doc, list, n)) {
        if (n->kind == JSON_STRING)
            out->capabilities |= capability_bit(n->text);
    }
}

int bundle_parse_config(struct sv json, struct arena *arena, struct bundle *out, struct err *err)
{
    struct json_doc doc;
    int rc = parse_object(json, arena, &doc, err);

    if (rc < 0)
        return err_wrap(err, rc, "config.json");
    const struct json_node *root = &doc.node[0];
    const struct json_node *process = get_object(&doc, root, SV("process"));
    const struct json_node *lin = get_object(&doc, root, SV("linux"));
    const struct json_node *root_fs = get_object(&doc, root, SV("root"));
    const struct json_node *masked = get_array(&doc, lin, SV("maskedPaths"));
    read_annotations(&doc, get_object(&doc, root, SV("annotations")), arena, out);
    read_mounts(&doc, get_array(&doc, root, SV("mounts")), out);
    read_namespaces(&doc, get_array(&doc, lin, SV("namespaces")), out);
    read_capabilities(
        &doc, get_array(&doc, get_object(&doc, process, SV("capabilities")), SV("bounding")), out);
    out->masks_paths = masked != NULL && masked->count > 0;
    if (root_fs != NULL)
        out->root = clip(json_get_sv(&doc, root_fs, SV("path")));
    return 0;
}
