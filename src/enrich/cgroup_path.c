/* Layouts, with ID for 64 hexadecimal digits and UID for a pod's uid; what stands around does not
 * matter, as the memory hierarchy of version 1 may be below any other cgroup:
 *
 *     /docker/ID                                   docker, cgroupfs
 *     /system.slice/docker-ID.scope                docker, systemd
 *     /ecs/TASK/ID                                 docker, by the ECS agent
 *     /kubepods/burstable/podUID/ID                containerd, cgroupfs (cri-dockerd too)
 *     /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_I_D.slice/
 *         cri-containerd-ID.scope                  containerd, systemd
 *     .../kubepods-besteffort-podU_I_D.slice:cri-containerd:ID
 *                                                  containerd, its driver set to the wrong one
 *     .../crio-ID[.scope]                          CRI-O; crio-conmon-ID is its monitor
 *     /libpod_parent/libpod-ID, machine.slice/libpod-ID.scope[/container], libpod-payload-ID
 *                                                  podman; libpod-conmon-ID is its monitor
 *     nerdctl-ID.scope                             containerd
 *     .../ID                                       some runtime
 *
 * A cgroup below a container's (/docker/ID/init.scope) belongs to the container. */
#include "enrich/cgroup_path.h"

enum { ID_LEN = 64, UID_LEN = 36, UID_LEN_BARE = 32 };

struct prefix {
    struct sv text, runtime;
};

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_id(struct sv text)
{
    if (text.len != ID_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_hex(text.ptr[i]))
            return false;
    }
    return true;
}

/* A UUID with dashes or underscores, or the 32 digits that static pods have. */
static bool is_pod_uid(struct sv text)
{
    if (text.len != UID_LEN && text.len != UID_LEN_BARE)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        bool separator = text.len == UID_LEN && (i == 8 || i == 13 || i == 18 || i == 23);
        if (separator ? text.ptr[i] != '-' && text.ptr[i] != '_' : !is_hex(text.ptr[i]))
            return false;
    }
    return true;
}

static struct sv without_suffix(struct sv text, struct sv suffix)
{
    return sv_ends(text, suffix) ? sv_sub(text, 0, text.len - suffix.len) : text;
}

/* "podUID", "kubepods-burstable-podU_I_D.slice": the uid, or an empty view. */
static struct sv find_pod(struct sv element)
{
    struct sv mark = SV("pod");

    element = without_suffix(element, SV(".slice"));
    for (size_t uid_len = UID_LEN_BARE; uid_len <= UID_LEN; uid_len += UID_LEN - UID_LEN_BARE) {
        if (element.len < mark.len + uid_len)
            continue;
        size_t at = element.len - uid_len;
        struct sv before = sv_sub(element, 0, at);
        if (sv_ends(before, mark) && is_pod_uid(sv_sub(element, at, uid_len)) &&
            (before.len == mark.len || before.ptr[before.len - mark.len - 1] == '-'))
            return sv_sub(element, at, uid_len);
    }
    return (struct sv){NULL, 0};
}

static bool match_prefix(struct sv element, struct cgroup_path_id *out)
{
    static const struct prefix prefixes[] = {
        {SV("cri-containerd-"), SV("containerd")},
        {SV("crio-"), SV("cri-o")},
        {SV("docker-"), SV("docker")},
        {SV("libpod-payload-"), SV("podman")},
        {SV("libpod-"), SV("podman")},
        {SV("nerdctl-"), SV("containerd")},
    };

    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        struct sv rest = sv_sub(element, prefixes[i].text.len, element.len);
        if (sv_starts(element, prefixes[i].text) && is_id(rest)) {
            *out = (struct cgroup_path_id){.id = rest, .runtime = prefixes[i].runtime};
            return true;
        }
    }
    return false;
}

/* SLICE:PREFIX:ID is what systemd would have been asked for. */
static bool match_colons(struct sv element, struct cgroup_path_id *out)
{
    struct sv slice = sv_split(&element, ':');
    struct sv prefix = sv_split(&element, ':');

    if (!is_id(element))
        return false;
    *out = (struct cgroup_path_id){.id = element, .pod = find_pod(slice)};
    if (sv_eq(prefix, SV("cri-containerd")) || sv_eq(prefix, SV("nerdctl")))
        out->runtime = SV("containerd");
    else if (sv_eq(prefix, SV("crio")))
        out->runtime = SV("cri-o");
    else if (sv_eq(prefix, SV("docker")))
        out->runtime = SV("docker");
    else if (sv_eq(prefix, SV("libpod")))
        out->runtime = SV("podman");
    else
        return false;
    return true;
}

static bool match_bare(struct sv element, struct sv parent, bool below_ecs, bool in_pod,
                       struct cgroup_path_id *out)
{
    if (!is_id(element))
        return false;
    *out = (struct cgroup_path_id){.id = element, .runtime = SV("runc"), .guessed = true};
    if (sv_eq(parent, SV("docker")) || below_ecs)
        *out = (struct cgroup_path_id){.id = element, .runtime = SV("docker")};
    else if (in_pod)
        out->runtime = SV("containerd");
    return true;
}

void cgroup_path_parse(struct sv path, struct cgroup_path *out)
{
    struct sv rest = path;
    struct sv parent = {NULL, 0};
    struct sv pod = {NULL, 0};
    bool below_ecs = false;

    out->count = 0;
    while (rest.ptr != NULL) {
        struct sv element = sv_split(&rest, '/');
        struct sv name = without_suffix(element, SV(".scope"));
        struct cgroup_path_id found;
        if (match_prefix(name, &found) || match_colons(name, &found) ||
            match_bare(name, parent, below_ecs, pod.len > 0, &found)) {
            found.cgroup = (struct sv){path.ptr, (size_t)(element.ptr - path.ptr) + element.len};
            found.pod = found.pod.len > 0 ? found.pod : pod;
            out->count += out->count < CGROUP_PATH_IDS_MAX;
            out->id[out->count - 1] = found;
        }
        struct sv inner = find_pod(element);
        pod = inner.len > 0 ? inner : pod;
        below_ecs = below_ecs || sv_eq(element, SV("ecs"));
        parent = element;
    }
}

struct sv cgroup_path_pod_uid(struct sv pod, char *out)
{
    pod = sv_sub(pod, 0, CGROUP_POD_UID_MAX);
    for (size_t i = 0; i < pod.len; i++)
        out[i] = pod.ptr[i] == '_' ? '-' : pod.ptr[i];
    return (struct sv){out, pod.len};
}
