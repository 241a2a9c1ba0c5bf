#include "enrich/pod_line.h"

#include <errno.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "enrich/pod_json.h"

static void put(struct json_writer *w, const char *key, struct sv text)
{
    if (text.len == 0)
        return;
    json_key(w, key);
    json_sv(w, text);
}

static void put_labels(struct json_writer *w, const char *key, const struct label *label,
                       uint32_t count)
{
    json_key(w, key);
    json_object_begin(w);
    for (uint32_t i = 0; i < count; i++) {
        json_key_sv(w, label[i].key);
        json_sv(w, label[i].value);
    }
    json_object_end(w);
}

static void put_owner(struct json_writer *w, const struct pod *pod)
{
    if (pod->owner_name.len == 0)
        return;
    json_key(w, "ownerReferences");
    json_array_begin(w);
    json_object_begin(w);
    put(w, "kind", pod->owner_kind);
    put(w, "name", pod->owner_name);
    put(w, "uid", pod->owner_uid);
    json_key(w, "controller");
    json_bool(w, true);
    json_object_end(w);
    json_array_end(w);
}

static void put_probe(struct json_writer *w, const char *key, struct sv words)
{
    if (words.len == 0)
        return;
    json_key(w, key);
    json_object_begin(w);
    json_key(w, "exec");
    json_object_begin(w);
    json_key(w, "command");
    json_array_begin(w);
    while (words.len > 0)
        json_sv(w, sv_split(&words, '\0'));
    json_array_end(w);
    json_object_end(w);
    json_object_end(w);
}

static void put_spec(struct json_writer *w, const struct pod_said *said)
{
    json_key(w, "spec");
    json_object_begin(w);
    put(w, "serviceAccountName", said->pod.service_account);
    json_key(w, "containers");
    json_array_begin(w);
    for (uint32_t i = 0; i < said->container_count; i++) {
        json_object_begin(w);
        put(w, "name", said->container[i].name);
        put(w, "image", said->container[i].image);
        put_probe(w, "livenessProbe", said->container[i].probe[PROBE_LIVENESS]);
        put_probe(w, "readinessProbe", said->container[i].probe[PROBE_READINESS]);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

static void put_status(struct json_writer *w, const struct pod_said *said)
{
    json_key(w, "status");
    json_object_begin(w);
    put(w, "podIP", said->pod.ip);
    json_key(w, "containerStatuses");
    json_array_begin(w);
    for (uint32_t i = 0; i < said->container_count; i++) {
        json_object_begin(w);
        put(w, "name", said->container[i].name);
        put(w, "containerID", said->container[i].id);
        put(w, "imageID", said->container[i].image_id);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

static void put_pod(struct json_writer *w, const struct pod_said *said)
{
    const struct pod *pod = &said->pod;

    json_key(w, "pod");
    json_object_begin(w);
    json_key(w, "metadata");
    json_object_begin(w);
    put(w, "name", pod->name);
    put(w, "namespace", pod->namespace_name);
    put(w, "uid", pod->uid);
    put_labels(w, "labels", pod->label, pod->label_count);
    put_labels(w, "annotations", pod->annotation, pod->annotation_count);
    put_owner(w, pod);
    json_object_end(w);
    put_spec(w, said);
    put_status(w, said);
    json_object_end(w);
    json_key(w, "workload");
    json_object_begin(w);
    put(w, "kind", pod->workload_kind);
    put(w, "name", pod->workload_name);
    put(w, "uid", pod->workload_uid);
    json_object_end(w);
}

void pod_line_write(struct buf *out, const struct pod_line *line)
{
    struct json_writer w = json_writer_on(out);

    json_object_begin(&w);
    switch (line->kind) {
    case POD_LINE_LIST:
    case POD_LINE_LISTED:
        json_key(&w, line->kind == POD_LINE_LIST ? "list" : "listed");
        json_bool(&w, true);
        break;
    case POD_LINE_POD:
        put_pod(&w, &line->said);
        break;
    case POD_LINE_DELETED:
        json_key(&w, "deleted");
        json_sv(&w, line->said.key);
        break;
    }
    json_object_end(&w);
    buf_char(out, '\n');
}

static int read_pod(const struct json_doc *doc, const struct json_node *pod, struct arena *arena,
                    struct pod_said *out, struct err *err)
{
    const struct json_node *workload = json_get(doc, &doc->node[0], SV("workload"));
    int rc = pod_json_read(doc, pod, arena, out, err);

    if (rc < 0 || workload == NULL || workload->kind != JSON_OBJECT)
        return rc;
    out->pod.workload_kind = json_get_sv(doc, workload, SV("kind"));
    out->pod.workload_name = json_get_sv(doc, workload, SV("name"));
    out->pod.workload_uid = json_get_sv(doc, workload, SV("uid"));
    return 0;
}

int pod_line_read(struct sv text, struct arena *arena, struct pod_line *out, struct err *err)
{
    struct pod_line line = {0};
    struct json_doc doc;
    int rc = json_parse(text, arena, &doc, err);

    if (rc < 0)
        return rc;
    const struct json_node *root = &doc.node[0];
    if (root->kind != JSON_OBJECT)
        return err_set(err, -EINVAL, "a line that is no object");
    const struct json_node *pod = json_get(&doc, root, SV("pod"));
    line.said.key = json_get_sv(&doc, root, SV("deleted"));
    if (pod != NULL && pod->kind == JSON_OBJECT) {
        line.kind = POD_LINE_POD;
        rc = read_pod(&doc, pod, arena, &line.said, err);
    } else if (line.said.key.len > 0) {
        line.kind = POD_LINE_DELETED;
    } else if (json_get(&doc, root, SV("list")) != NULL) {
        line.kind = POD_LINE_LIST;
    } else if (json_get(&doc, root, SV("listed")) != NULL) {
        line.kind = POD_LINE_LISTED;
    } else {
        rc = err_set(err, -EINVAL, "a line that says nothing known");
    }
    if (rc == 0)
        *out = line;
    return rc;
}
