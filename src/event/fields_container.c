/* container.* and k8s.*: the container of the process and the pod around it.
 *
 * Processes of the host have id, name and type "host", empty texts for the image, and nothing else.
 * In a container whatever is not known is absent. */
#include "event/fields.h"

enum where { NOWHERE, ON_HOST, IN_CONTAINER };

static enum where where(const struct event *e)
{
    if (e->process == NULL)
        return NOWHERE;
    return e->process->container == NULL ? ON_HOST : IN_CONTAINER;
}

static const struct container *container_of(const struct event *e)
{
    return e->process == NULL ? NULL : e->process->container;
}

/* `host` on the host, the text inside a container. */
static uint32_t host_or(const struct event *e, struct sv host, struct sv inside, struct value *out)
{
    switch (where(e)) {
    case ON_HOST:
        *out = value_sv(host);
        return 1;
    case IN_CONTAINER:
        return field_sv(out, inside);
    default:
        return 0;
    }
}

#define MEMBER(e, member) (container_of(e) == NULL ? (struct sv){NULL, 0} : container_of(e)->member)

static uint32_t container_id(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return host_or(e, SV("host"), MEMBER(e, id), out);
}

static uint32_t container_full_id(const struct event *e, const struct field_ref *ref,
                                  struct value *out)
{
    return host_or(e, SV("host"), MEMBER(e, full_id), out);
}

static uint32_t container_name(const struct event *e, const struct field_ref *ref,
                               struct value *out)
{
    return host_or(e, SV("host"), MEMBER(e, name), out);
}

static uint32_t container_type(const struct event *e, const struct field_ref *ref,
                               struct value *out)
{
    return host_or(e, SV("host"), MEMBER(e, runtime), out);
}

static uint32_t container_image(const struct event *e, const struct field_ref *ref,
                                struct value *out)
{
    return host_or(e, SV(""), MEMBER(e, image), out);
}

static uint32_t container_image_id(const struct event *e, const struct field_ref *ref,
                                   struct value *out)
{
    return host_or(e, SV(""), MEMBER(e, image_id), out);
}

static uint32_t container_image_repository(const struct event *e, const struct field_ref *ref,
                                           struct value *out)
{
    return host_or(e, SV(""), MEMBER(e, image_repository), out);
}

static uint32_t container_image_tag(const struct event *e, const struct field_ref *ref,
                                    struct value *out)
{
    return host_or(e, SV(""), MEMBER(e, image_tag), out);
}

static uint32_t container_image_digest(const struct event *e, const struct field_ref *ref,
                                       struct value *out)
{
    return host_or(e, SV(""), MEMBER(e, image_digest), out);
}

/* The container when its configuration is known, else NULL. */
static const struct container *specified(const struct event *e)
{
    const struct container *container = container_of(e);

    return container != NULL && container->has_spec ? container : NULL;
}

static uint32_t container_privileged(const struct event *e, const struct field_ref *ref,
                                     struct value *out)
{
    return specified(e) == NULL ? 0 : field_bool(out, specified(e)->privileged);
}

static uint32_t container_host_pid(const struct event *e, const struct field_ref *ref,
                                   struct value *out)
{
    return specified(e) == NULL ? 0 : field_bool(out, specified(e)->host_pid);
}

static uint32_t container_host_network(const struct event *e, const struct field_ref *ref,
                                       struct value *out)
{
    return specified(e) == NULL ? 0 : field_bool(out, specified(e)->host_network);
}

static uint32_t container_host_ipc(const struct event *e, const struct field_ref *ref,
                                   struct value *out)
{
    return specified(e) == NULL ? 0 : field_bool(out, specified(e)->host_ipc);
}

/* A recording tells of the pid namespace's beginning only, inside containers or not. */
static uint64_t start_of(const struct event *e)
{
    if (e->names != NULL && e->process != NULL)
        return e->process->pidns_start_ns;
    return container_of(e) == NULL ? 0 : container_of(e)->start_ns;
}

static uint32_t container_start_ts(const struct event *e, const struct field_ref *ref,
                                   struct value *out)
{
    uint64_t start = start_of(e);

    return start == 0 ? 0 : field_u64(out, e->names != NULL ? start : field_wall_ns(e, start));
}

static uint32_t container_duration(const struct event *e, const struct field_ref *ref,
                                   struct value *out)
{
    uint64_t start = start_of(e);

    return start == 0 || e->boot_ns < start ? 0 : field_u64(out, e->boot_ns - start);
}

/* Does `text` fit `pattern`, where * stands for any text and ? for any byte? */
static bool fits(struct sv pattern, struct sv text)
{
    size_t p = 0;
    size_t t = 0;
    size_t star = SIZE_MAX;
    size_t again = 0; /* where the last star's text would grow to */

    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            again = t;
        } else if (p < pattern.len && (pattern.ptr[p] == '?' || pattern.ptr[p] == text.ptr[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++again;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

/* The mount that the argument names: by number, or by source (destination for mount.source). */
static const struct container_mount *mount_of(const struct event *e, const struct field_ref *ref)
{
    const struct container *container = specified(e);
    bool by_source = !sv_eq(sv(ref->field->name), SV("container.mount.source"));

    if (container == NULL)
        return NULL;
    if (ref->index >= 0)
        return ref->index < container->mount_count ? &container->mount[ref->index] : NULL;
    for (uint32_t i = 0; i < container->mount_count; i++) {
        const struct container_mount *mount = &container->mount[i];
        if (fits(ref->key, by_source ? mount->source : mount->destination))
            return mount;
    }
    return NULL;
}

static void print_mount(struct buf *out, const struct container_mount *mount)
{
    buf_printf(out, "%.*s:%.*s:%.*s:%s:%.*s", SV_ARG(mount->source), SV_ARG(mount->destination),
               SV_ARG(mount->mode), mount->writable ? "true" : "false", SV_ARG(mount->propagation));
}

static bool write_mount(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    const struct container_mount *mount = mount_of(e, ref);

    if (specified(e) == NULL)
        return false;
    if (mount == NULL)
        buf_str(out, "none");
    else
        print_mount(out, mount);
    return true;
}

static uint32_t container_mount(const struct event *e, const struct field_ref *ref,
                                struct value *out)
{
    return field_written(e, ref, write_mount, out);
}

static bool write_mounts(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    const struct container *container = specified(e);

    for (uint32_t i = 0; container != NULL && i < container->mount_count; i++) {
        buf_str(out, i == 0 ? "" : " ");
        print_mount(out, &container->mount[i]);
    }
    return container != NULL;
}

static uint32_t container_mounts(const struct event *e, const struct field_ref *ref,
                                 struct value *out)
{
    return field_written(e, ref, write_mounts, out);
}

static uint32_t mount_source(const struct event *e, const struct field_ref *ref, struct value *out)
{
    const struct container_mount *mount = mount_of(e, ref);

    return mount == NULL ? 0 : field_sv(out, mount->source);
}

static uint32_t mount_dest(const struct event *e, const struct field_ref *ref, struct value *out)
{
    const struct container_mount *mount = mount_of(e, ref);

    return mount == NULL ? 0 : field_sv(out, mount->destination);
}

static uint32_t mount_mode(const struct event *e, const struct field_ref *ref, struct value *out)
{
    const struct container_mount *mount = mount_of(e, ref);

    return mount == NULL ? 0 : field_sv(out, mount->mode);
}

static uint32_t mount_rdwr(const struct event *e, const struct field_ref *ref, struct value *out)
{
    const struct container_mount *mount = mount_of(e, ref);

    return mount == NULL ? 0 : field_sv(out, mount->writable ? SV("true") : SV("false"));
}

static uint32_t mount_propagation(const struct event *e, const struct field_ref *ref,
                                  struct value *out)
{
    const struct container_mount *mount = mount_of(e, ref);

    return mount == NULL ? 0 : field_sv(out, mount->propagation);
}

static uint32_t find_label(const struct label *label, uint32_t count, struct sv key,
                           struct value *out)
{
    for (uint32_t i = 0; i < count; i++) {
        if (sv_eq(label[i].key, key)) {
            *out = value_sv(label[i].value);
            return 1;
        }
    }
    return 0;
}

static bool write_all_labels(struct buf *out, const struct label *label, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buf_printf(out, "%s%.*s:%.*s", i == 0 ? "" : ",", SV_ARG(label[i].key),
                   SV_ARG(label[i].value));
    return count > 0;
}

static uint32_t container_label(const struct event *e, const struct field_ref *ref,
                                struct value *out)
{
    const struct container *container = container_of(e);

    return container == NULL ? 0
                             : find_label(container->label, container->label_count, ref->key, out);
}

static bool write_labels(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    const struct container *container = container_of(e);

    return container != NULL && write_all_labels(out, container->label, container->label_count);
}

static uint32_t container_labels(const struct event *e, const struct field_ref *ref,
                                 struct value *out)
{
    return field_written(e, ref, write_labels, out);
}

static bool write_probe(struct buf *out, const struct event *e, enum container_probe probe)
{
    struct sv words =
        container_of(e) == NULL ? (struct sv){NULL, 0} : container_of(e)->probe[probe];
    const char *between = "";

    if (words.len == 0)
        return false;
    while (words.len > 0) {
        buf_str(out, between);
        buf_sv(out, sv_split(&words, '\0'));
        between = " ";
    }
    return true;
}

static bool write_healthcheck(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    return write_probe(out, e, PROBE_HEALTH);
}

static bool write_liveness(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    return write_probe(out, e, PROBE_LIVENESS);
}

static bool write_readiness(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    return write_probe(out, e, PROBE_READINESS);
}

static uint32_t container_healthcheck(const struct event *e, const struct field_ref *ref,
                                      struct value *out)
{
    return field_written(e, ref, write_healthcheck, out);
}

static uint32_t container_liveness(const struct event *e, const struct field_ref *ref,
                                   struct value *out)
{
    return field_written(e, ref, write_liveness, out);
}

static uint32_t container_readiness(const struct event *e, const struct field_ref *ref,
                                    struct value *out)
{
    return field_written(e, ref, write_readiness, out);
}

static uint32_t k8s_pod_name(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_sv(out, MEMBER(e, pod_name));
}

static uint32_t k8s_pod_uid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_sv(out, MEMBER(e, pod_uid));
}

static uint32_t k8s_pod_sandbox_id(const struct event *e, const struct field_ref *ref,
                                   struct value *out)
{
    return field_sv(out, sv_sub(MEMBER(e, sandbox_id), 0, 12));
}

static uint32_t k8s_pod_full_sandbox_id(const struct event *e, const struct field_ref *ref,
                                        struct value *out)
{
    return field_sv(out, MEMBER(e, sandbox_id));
}

static uint32_t k8s_ns_name(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_sv(out, MEMBER(e, namespace_name));
}

/* What runtime or cluster say of the pod, or NULL. */
static const struct pod *pod_of(const struct event *e)
{
    return container_of(e) == NULL ? NULL : container_of(e)->pod;
}

#define POD(e, member) (pod_of(e) == NULL ? (struct sv){NULL, 0} : pod_of(e)->member)

static uint32_t pod_annotation(const struct event *e, const struct field_ref *ref,
                               struct value *out)
{
    const struct pod *pod = pod_of(e);

    return pod == NULL ? 0 : find_label(pod->annotation, pod->annotation_count, ref->key, out);
}

static uint32_t pod_label(const struct event *e, const struct field_ref *ref, struct value *out)
{
    const struct pod *pod = pod_of(e);

    return pod == NULL ? 0 : find_label(pod->label, pod->label_count, ref->key, out);
}

static bool write_pod_labels(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    const struct pod *pod = pod_of(e);

    return pod != NULL && write_all_labels(out, pod->label, pod->label_count);
}

static uint32_t pod_labels(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_written(e, ref, write_pod_labels, out);
}

static uint32_t pod_ip(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_sv(out, POD(e, ip));
}

static uint32_t pod_service_account(const struct event *e, const struct field_ref *ref,
                                    struct value *out)
{
    return field_sv(out, POD(e, service_account));
}

static uint32_t pod_owner_kind(const struct event *e, const struct field_ref *ref,
                               struct value *out)
{
    return field_sv(out, POD(e, owner_kind));
}

static uint32_t pod_owner_name(const struct event *e, const struct field_ref *ref,
                               struct value *out)
{
    return field_sv(out, POD(e, owner_name));
}

static uint32_t workload_kind(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_sv(out, POD(e, workload_kind));
}

static uint32_t workload_name(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_sv(out, POD(e, workload_name));
}

static uint32_t workload_uid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_sv(out, POD(e, workload_uid));
}

#define ROW(name, type, arg, extract, meaning)                                                     \
    FIELD_ROW(FIELD_SYSCALL, name, type, arg, FIELD_PROCESS, extract, meaning)
#define NONE_YET(name, arg, meaning)                                                               \
    FIELD_ROW(FIELD_SYSCALL, name, CHARBUF, arg, FIELD_NO_VALUE, NULL, meaning)
#define DEPRECATED(name, arg, meaning)                                                             \
    FIELD_ROW(FIELD_SYSCALL, name, CHARBUF, arg, FIELD_NO_VALUE | FIELD_DEPRECATED, NULL, meaning)

/* clang-format off */
static const struct field rows[] = {
    NONE_YET("container.cni.json", NONE, "result of the pod's network set-up, as JSON text"),
    FIELD_ROW(FIELD_SYSCALL, "container.duration", RELTIME, NONE, 0, container_duration,
        "time since the container's first process was seen"),
    ROW("container.full_id", CHARBUF, NONE, container_full_id,
        "the whole id of the container; host outside containers"),
    ROW("container.healthcheck", CHARBUF, NONE, container_healthcheck, "command of the health check"),
    ROW("container.host_ipc", BOOL, NONE, container_host_ipc, "shares the host's IPC namespace"),
    ROW("container.host_network", BOOL, NONE, container_host_network, "shares the host's network"),
    ROW("container.host_pid", BOOL, NONE, container_host_pid, "sees the host's processes"),
    ROW("container.id", CHARBUF, NONE, container_id,
        "first 12 characters of the id; host outside containers"),
    ROW("container.image", CHARBUF, NONE, container_image, "image as the runtime was asked for it"),
    ROW("container.image.digest", CHARBUF, NONE, container_image_digest,
        "digest of the image: sha256:..."),
    ROW("container.image.id", CHARBUF, NONE, container_image_id, "id of the image"),
    ROW("container.image.repository", CHARBUF, NONE, container_image_repository,
        "repository of the image: docker.io/library/nginx"),
    ROW("container.image.tag", CHARBUF, NONE, container_image_tag, "tag of the image"),
    ROW("container.ip", CHARBUF, NONE, pod_ip, "address of the container: its pod's"),
    ROW("container.label", CHARBUF, KEY, container_label, "value of the label given"),
    ROW("container.labels", CHARBUF, NONE, container_labels, "all labels: name:value,name:value"),
    ROW("container.liveness_probe", CHARBUF, NONE, container_liveness, "command of the liveness probe"),
    ROW("container.mount", CHARBUF, ANY, container_mount,
        "a mount, by number or source (* and ? fit any text): source:dest:mode:rdwr:propagation"),
    ROW("container.mount.dest", CHARBUF, ANY, mount_dest,
        "where it is mounted, by number or source"),
    ROW("container.mount.mode", CHARBUF, ANY, mount_mode, "its options, by number or source"),
    ROW("container.mount.propagation", CHARBUF, ANY, mount_propagation,
        "its propagation: private, rslave ..., by number or source"),
    ROW("container.mount.rdwr", CHARBUF, ANY, mount_rdwr,
        "true when it may be written, by number or source"),
    ROW("container.mount.source", CHARBUF, ANY, mount_source,
        "what is mounted, by number or destination"),
    ROW("container.mounts", CHARBUF, NONE, container_mounts, "all mounts, separated by spaces"),
    ROW("container.name", CHARBUF, NONE, container_name, "name; host outside containers"),
    ROW("container.privileged", BOOL, NONE, container_privileged, "runs privileged"),
    ROW("container.readiness_probe", CHARBUF, NONE, container_readiness, "command of the readiness probe"),
    FIELD_ROW(FIELD_SYSCALL, "container.start_ts", ABSTIME, NONE, 0, container_start_ts,
        "when its first process was seen, in ns since the epoch"),
    ROW("container.type", CHARBUF, NONE, container_type,
        "runtime: containerd, docker, cri-o, podman ...; host outside containers"),
    DEPRECATED("k8s.deployment.id", NONE, "id of the deployment"),
    DEPRECATED("k8s.deployment.label", KEY, "label of the deployment"),
    DEPRECATED("k8s.deployment.labels", NONE, "labels of the deployment"),
    DEPRECATED("k8s.deployment.name", NONE, "name of the deployment"),
    DEPRECATED("k8s.ns.id", NONE, "id of the namespace"),
    DEPRECATED("k8s.ns.label", KEY, "label of the namespace"),
    DEPRECATED("k8s.ns.labels", NONE, "labels of the namespace"),
    ROW("k8s.ns.name", CHARBUF, NONE, k8s_ns_name, "namespace of the pod"),
    ROW("k8s.pod.annotation", CHARBUF, KEY, pod_annotation, "value of the pod's annotation given"),
    NONE_YET("k8s.pod.cni.json", NONE, "result of the pod's network set-up, as JSON text"),
    ROW("k8s.pod.full_sandbox_id", CHARBUF, NONE, k8s_pod_full_sandbox_id,
        "the whole id of the pod's sandbox container"),
    ROW("k8s.pod.id", CHARBUF, NONE, k8s_pod_uid, "the same as k8s.pod.uid"),
    ROW("k8s.pod.ip", CHARBUF, NONE, pod_ip, "address of the pod"),
    ROW("k8s.pod.label", CHARBUF, KEY, pod_label, "value of the pod's label given"),
    ROW("k8s.pod.labels", CHARBUF, NONE, pod_labels, "all labels of the pod: name:value,name:value"),
    ROW("k8s.pod.name", CHARBUF, NONE, k8s_pod_name, "name of the pod"),
    ROW("k8s.pod.owner.kind", CHARBUF, NONE, pod_owner_kind, "kind of what made the pod: ReplicaSet, Job ..."),
    ROW("k8s.pod.owner.name", CHARBUF, NONE, pod_owner_name, "name of what made the pod"),
    ROW("k8s.pod.sandbox_id", CHARBUF, NONE, k8s_pod_sandbox_id,
        "first 12 characters of the id of the pod's sandbox container"),
    ROW("k8s.pod.service_account", CHARBUF, NONE, pod_service_account, "service account that the pod runs as"),
    ROW("k8s.pod.uid", CHARBUF, NONE, k8s_pod_uid, "uid that the cluster gave the pod"),
    DEPRECATED("k8s.rc.id", NONE, "id of the replication controller"),
    DEPRECATED("k8s.rc.label", KEY, "label of the replication controller"),
    DEPRECATED("k8s.rc.labels", NONE, "labels of the replication controller"),
    DEPRECATED("k8s.rc.name", NONE, "name of the replication controller"),
    DEPRECATED("k8s.rs.id", NONE, "id of the replica set"),
    DEPRECATED("k8s.rs.label", KEY, "label of the replica set"),
    DEPRECATED("k8s.rs.labels", NONE, "labels of the replica set"),
    DEPRECATED("k8s.rs.name", NONE, "name of the replica set"),
    DEPRECATED("k8s.svc.id", NONE, "id of the service"),
    DEPRECATED("k8s.svc.label", KEY, "label of the service"),
    DEPRECATED("k8s.svc.labels", NONE, "labels of the service"),
    DEPRECATED("k8s.svc.name", NONE, "name of the service"),
    ROW("k8s.workload.kind", CHARBUF, NONE, workload_kind, "kind of what the pod belongs to: Deployment, StatefulSet, DaemonSet, CronJob, Job, Pod ..."),
    ROW("k8s.workload.name", CHARBUF, NONE, workload_name, "name of what the pod belongs to"),
    ROW("k8s.workload.uid", CHARBUF, NONE, workload_uid, "uid of what the pod belongs to"),
};
/* clang-format on */

const struct field_table field_table_container = FIELD_TABLE("Containers and pods", rows);
