/* Where runtimes keep config.json, below the host's root, ID being the container:
 *
 *     containerd (CRI, Docker, ctr)   BASE/io.containerd.runtime.v2.task/NAMESPACE/ID/config.json
 *     CRI-O, podman {run,var/lib}/containers/storage/overlay-containers/ID/userdata/ runc
 * STATE/ID/state.json names the bundle crun                            run/crun/ID/status names the
 * bundle
 *
 * Docker has names and labels in var/lib/docker/containers/ID, podman in containers.json. Digests
 * of images are in var/lib/docker/image/overlay2/repositories.json and, for CRI-O and podman, in
 * overlay-images/images.json; containerd's are in a database of its own, so CRI is asked.
 *
 * Privileged is what the runtime was told in so many words (Docker, podman) or what containerd and
 * CRI-O make of it: all capabilities that the host's init may have, and no masked paths in /proc.
 * Older runtimes do not know the newest capabilities, so only the first 38 (up to CAP_AUDIT_READ)
 * are asked for. A namespace is the host's when the bundle does not ask for its own, or asks to
 * join that of init, directly or through a sandbox that has no own one either. */
#include "enrich/specs.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "enrich/bundle.h"
#include "enrich/image_name.h"
#include "enrich/procfs.h"
#include "enrich/rootfs.h"

enum { PATH_BYTES = 4096, CAP_OLD_LAST = 37, SCRATCH_BLOCK = 65536 };

struct specs {
    int host_fd;
    char *proc_root; /* NULL: no /proc */
    uint64_t all_capabilities;
};

static const char *const containerd_bases[] = {
    "run/containerd",
    "run/k3s/containerd",
    "var/snap/microk8s/common/run/containerd",
};

/* The namespaces that are nearly always there; others are looked for. */
static const char *const containerd_namespaces[] = {"k8s.io", "moby", "default"};

struct place {
    const char *before, *after; /* of the id */
    struct sv runtime;
};

static const struct place userdata[] = {
    {"run/containers/storage/overlay-containers/", "/userdata", SV("cri-o")},
    {"var/lib/containers/storage/overlay-containers/", "/userdata", SV("cri-o")},
    {"run/containers/storage/vfs-containers/", "/userdata", SV("cri-o")},
    {"var/lib/containers/storage/vfs-containers/", "/userdata", SV("cri-o")},
};

static const struct place states[] = {
    {"run/runc/", "/state.json", SV("runc")},
    {"run/crun/", "/status", SV("crun")},
    {"run/containerd/runc/k8s.io/", "/state.json", SV("containerd")},
    {"run/containerd/runc/default/", "/state.json", SV("containerd")},
    {"run/docker/runtime-runc/moby/", "/state.json", SV("docker")},
};

/* One search: what was found, in memory that lives as long. */
struct search {
    struct specs *specs;
    struct sv id;
    struct arena *scratch;
    struct bundle *bundle;
    char dir_text[PATH_BYTES];
    struct sv dir; /* of the config.json; in dir_text */
    struct sv runtime;
};

struct specs *specs_new(const char *host_root, const char *proc_root)
{
    struct specs *specs = xcalloc(1, sizeof(*specs));
    uint64_t known = (1ULL << (CAP_OLD_LAST + 1)) - 1;

    specs->host_fd = -1;
    if (host_root != NULL)
        specs->host_fd = rootfs_open(host_root[0] == '\0' ? "/" : host_root);
    specs->proc_root = proc_root == NULL ? NULL : xstrdup_sv(sv(proc_root));
    if (proc_root != NULL)
        specs->all_capabilities = procfs_cap_bounding(proc_root, 1) & known;
    if (specs->all_capabilities == 0)
        specs->all_capabilities = known;
    return specs;
}

void specs_free(struct specs *specs)
{
    if (specs == NULL)
        return;
    if (specs->host_fd >= 0)
        (void)close(specs->host_fd);
    free(specs->proc_root);
    free(specs);
}

int specs_host(const struct specs *specs)
{
    return specs->host_fd < 0 ? -1 : specs->host_fd;
}

/* Cgroup names and ids become parts of paths. */
static bool is_file_name(struct sv name)
{
    return name.len > 0 && name.len <= 255 && !sv_eq(name, SV(".")) && !sv_eq(name, SV("..")) &&
           memchr(name.ptr, '/', name.len) == NULL && memchr(name.ptr, '\0', name.len) == NULL;
}

static bool exists(const struct specs *specs, const char *path)
{
    struct rootfs_stamp stamp;

    return rootfs_stat(specs->host_fd, path, &stamp) == 0;
}

/* The text of a file in the search's memory, empty when it cannot be read. */
static struct sv read_text(struct search *search, const char *path)
{
    scoped(buf_done) struct buf text = {.limit = BUNDLE_FILE_MAX + (1u << 17)};
    char *copy;

    if (file_read_in_root(search->specs->host_fd, path, BUNDLE_FILE_MAX, &text, NULL) < 0 ||
        text.len == 0)
        return (struct sv){NULL, 0};
    copy = arena_try(search->scratch, text.len + 1);
    if (copy == NULL)
        return (struct sv){NULL, 0};
    memcpy(copy, text.ptr, text.len);
    return (struct sv){copy, text.len};
}

/* config.json in directory `dir` (of the host's root, maybe with a slash first). */
static bool try_config(struct search *search, struct sv dir, struct sv runtime)
{
    char path[PATH_BYTES];
    int len = snprintf(path, sizeof(path), "%.*s/config.json", SV_ARG(dir));

    if (dir.len == 0 || len < 0 || (size_t)len >= sizeof(path))
        return false;
    struct sv text = read_text(search, path);
    if (text.len == 0 || bundle_parse_config(text, search->scratch, search->bundle, NULL) < 0)
        return false;
    memcpy(search->dir_text, dir.ptr, dir.len);
    search->dir = (struct sv){search->dir_text, dir.len};
    search->runtime = runtime;
    return true;
}

static bool try_task(struct search *search, const char *base, const char *space)
{
    char path[PATH_BYTES];
    int len = snprintf(path, sizeof(path), "%s/io.containerd.runtime.v2.task/%s/%.*s", base, space,
                       SV_ARG(search->id));
    bool docker = strcmp(space, "moby") == 0;

    return len > 0 && (size_t)len < sizeof(path) &&
           try_config(search, sv(path), docker ? SV("docker") : SV("containerd"));
}

static bool try_containerd(struct search *search)
{
    scoped(arena_free) struct arena *names = arena_new(SCRATCH_BLOCK);
    char path[PATH_BYTES];
    struct rootfs_names spaces;

    for (size_t b = 0; b < ARRAY_LEN(containerd_bases); b++) {
        for (size_t i = 0; i < ARRAY_LEN(containerd_namespaces); i++) {
            if (try_task(search, containerd_bases[b], containerd_namespaces[i]))
                return true;
        }
        (void)snprintf(path, sizeof(path), "%s/io.containerd.runtime.v2.task", containerd_bases[b]);
        rootfs_list(search->specs->host_fd, path, names, &spaces);
        for (size_t i = 0; i < spaces.count; i++) {
            if (try_task(search, containerd_bases[b], spaces.name[i].ptr))
                return true;
        }
    }
    return false;
}

static bool place_path(const struct place *place, struct sv id, char path[PATH_BYTES])
{
    int len = snprintf(path, PATH_BYTES, "%s%.*s%s", place->before, SV_ARG(id), place->after);

    return len > 0 && len < PATH_BYTES;
}

static bool try_userdata(struct search *search)
{
    char path[PATH_BYTES];

    for (size_t i = 0; i < ARRAY_LEN(userdata); i++) {
        if (!place_path(&userdata[i], search->id, path) ||
            !try_config(search, sv(path), userdata[i].runtime))
            continue;
        if (sv_eq(search->bundle->manager, SV("libpod")))
            search->runtime = SV("podman");
        return true;
    }
    return false;
}

static bool try_states(struct search *search)
{
    char path[PATH_BYTES];
    struct sv dir;

    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (!place_path(&states[i], search->id, path))
            continue;
        struct sv text = read_text(search, path);
        if (text.len > 0 && bundle_parse_state(text, search->scratch, &dir, NULL) == 0 &&
            try_config(search, dir, states[i].runtime))
            return true;
    }
    return false;
}

/* Names, images and labels that are not in config.json. */
static void add_docker(struct search *search)
{
    char path[PATH_BYTES];
    const struct place config = {"var/lib/docker/containers/", "/config.v2.json", SV("docker")};
    const struct place host = {"var/lib/docker/containers/", "/hostconfig.json", SV("docker")};

    if (!place_path(&config, search->id, path))
        return;
    struct sv text = read_text(search, path);
    if (text.len == 0 || bundle_parse_docker(text, search->scratch, search->bundle, NULL) < 0)
        return;
    search->runtime = SV("docker");
    if (!place_path(&host, search->id, path))
        return;
    text = read_text(search, path);
    if (text.len > 0 && bundle_parse_docker_host(text, search->scratch, search->bundle, NULL) < 0)
        return;
}

static void add_storage(struct search *search)
{
    static const char *const lists[] = {
        "var/lib/containers/storage/overlay-containers/containers.json",
        "var/lib/containers/storage/vfs-containers/containers.json",
    };

    if (!sv_eq(search->runtime, SV("podman")) && !sv_eq(search->runtime, SV("cri-o")))
        return;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        struct sv text = read_text(search, lists[i]);
        if (text.len > 0 &&
            bundle_parse_storage(text, search->id, search->scratch, search->bundle, NULL) < 0)
            continue;
    }
}

/* Digests, which only the stores of images have. */
static void add_images(struct search *search)
{
    static const struct {
        const char *path;
        int (*parse)(struct sv json, struct arena *arena, struct bundle *out, struct err *err);
        bool docker;
    } lists[] = {
        {"var/lib/docker/image/overlay2/repositories.json", bundle_parse_docker_images, true},
        {"var/lib/containers/storage/overlay-images/images.json", bundle_parse_storage_images,
         false},
        {"var/lib/containers/storage/vfs-images/images.json", bundle_parse_storage_images, false},
    };
    bool docker = sv_eq(search->runtime, SV("docker"));
    bool storage = sv_eq(search->runtime, SV("podman")) || sv_eq(search->runtime, SV("cri-o"));

    if (search->bundle->image_id.len == 0)
        return;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        if (lists[i].docker ? !docker : !storage)
            continue;
        struct sv text = read_text(search, lists[i].path);
        if (text.len > 0 && lists[i].parse(text, search->scratch, search->bundle, NULL) < 0)
            continue;
    }
}

/* Judgements */

static bool link_equals(const struct specs *specs, uint64_t pid, const char *kind)
{
    char path[2][512];
    char target[2][128];
    ssize_t len[2];

    (void)snprintf(path[0], sizeof(path[0]), "%s/1/ns/%s", specs->proc_root, kind);
    (void)snprintf(path[1], sizeof(path[1]), "%s/%llu/ns/%s", specs->proc_root,
                   (unsigned long long)pid, kind);
    for (int i = 0; i < 2; i++)
        len[i] = readlink(path[i], target[i], sizeof(target[i]));
    return len[0] > 0 && len[0] == len[1] && memcmp(target[0], target[1], (size_t)len[0]) == 0;
}

/* "/proc/PID/ns/KIND" of a process in the host's namespace. */
static bool path_is_host(const struct specs *specs, struct sv path, const char *kind)
{
    uint64_t pid;

    if (!sv_starts(path, SV("/proc/")))
        return false;
    path = sv_sub(path, 6, path.len);
    if (!sv_to_u64(sv_split(&path, '/'), &pid))
        return false;
    return pid == 1 || (specs->proc_root != NULL && link_equals(specs, pid, kind));
}

static bool namespace_is_host(const struct specs *specs, const struct bundle *bundle,
                              enum bundle_namespace_kind which)
{
    static const char *const kinds[BUNDLE_NAMESPACES] = {"pid", "net", "ipc"};
    const struct bundle_namespace *ns = &bundle->ns[which];

    if (!bundle->has_namespaces)
        return false;
    return !ns->own || (ns->path.len > 0 && path_is_host(specs, ns->path, kinds[which]));
}

static bool is_privileged(const struct specs *specs, const struct bundle *bundle)
{
    uint64_t all = specs->all_capabilities;

    return bundle->said_privileged || ((bundle->capabilities & all) == all && !bundle->masks_paths);
}

/* Into the container */

static void keep(struct arena *arena, struct sv *place, struct sv text)
{
    if (place->len == 0 && text.len > 0)
        *place = arena_sv(arena, text);
}

/* A path of the host. */
static struct sv absolute(struct arena *arena, struct sv dir)
{
    bool slash = dir.ptr[0] == '/';

    return arena_printf(arena, "%s%.*s", slash ? "" : "/", SV_ARG(dir));
}

static void keep_image(struct arena *arena, const struct bundle *bundle, struct container *out)
{
    struct image_name image;

    keep(arena, &out->image, bundle->image);
    keep(arena, &out->image_id, bundle->image_id);
    image_name_parse(out->image, &image);
    if (out->image_id.len == 0)
        out->image_id = image.id;
    out->image_repository = image.repository;
    out->image_tag = image.tag;
    out->image_digest = image.digest;
    keep(arena, &out->image_digest, bundle->image_digest);
}

static void keep_lists(struct arena *arena, const struct bundle *bundle, struct container *out)
{
    struct label *label = arena_alloc(arena, bundle->label_count * sizeof(*label));
    struct container_mount *mount = arena_alloc(arena, bundle->mount_count * sizeof(*mount));

    for (uint32_t i = 0; i < bundle->label_count; i++) {
        label[i].key = arena_sv(arena, bundle->label[i].key);
        label[i].value = arena_sv(arena, bundle->label[i].value);
    }
    for (uint32_t i = 0; i < bundle->mount_count; i++) {
        mount[i] = bundle->mount[i];
        mount[i].source = arena_sv(arena, mount[i].source);
        mount[i].destination = arena_sv(arena, mount[i].destination);
    }
    out->label = label;
    out->label_count = bundle->label_count;
    out->mount = mount;
    out->mount_count = bundle->mount_count;
}

static void keep_root(const struct search *search, struct arena *arena, struct sv *root)
{
    struct sv dir = search->bundle->root;

    if (dir.len > 0 && dir.ptr[0] == '/')
        *root = arena_sv(arena, dir);
    else if (search->dir.len > 0 && dir.len > 0)
        *root = arena_printf(arena, "%.*s/%.*s", SV_ARG(absolute(arena, search->dir)), SV_ARG(dir));
}

static void keep_all(const struct search *search, struct arena *arena, struct container *out)
{
    const struct bundle *bundle = search->bundle;
    const struct specs *specs = search->specs;

    keep(arena, &out->name, bundle->name);
    keep(arena, &out->pod_name, bundle->pod_name);
    keep(arena, &out->pod_uid, bundle->pod_uid);
    keep(arena, &out->namespace_name, bundle->namespace_name);
    keep(arena, &out->sandbox_id, bundle->sandbox_id);
    if (search->dir.len > 0)
        out->bundle = absolute(arena, search->dir);
    keep_image(arena, bundle, out);
    keep_lists(arena, bundle, out);
    for (int i = 0; i < PROBE_COUNT; i++)
        keep(arena, &out->probe[i], bundle->probe[i]);
    out->capabilities = bundle->capabilities;
    out->privileged = is_privileged(specs, bundle);
    out->host_pid = namespace_is_host(specs, bundle, BUNDLE_PID);
    out->host_network = namespace_is_host(specs, bundle, BUNDLE_NETWORK);
    out->host_ipc = namespace_is_host(specs, bundle, BUNDLE_IPC);
}

bool specs_read(struct specs *specs, struct sv id, struct arena *arena, struct container *container,
                struct sv *root)
{
    scoped(free) struct bundle *bundle = xcalloc(1, sizeof(*bundle));
    scoped(arena_free) struct arena *scratch = arena_new(SCRATCH_BLOCK);
    struct search search = {.specs = specs, .id = id, .scratch = scratch, .bundle = bundle};

    *root = (struct sv){NULL, 0};
    if (specs->host_fd < 0 || !is_file_name(id))
        return false;
    arena_limit(scratch, BUNDLE_MEMORY_MAX);
    bool found = try_containerd(&search) || try_userdata(&search) || try_states(&search);
    add_docker(&search);
    add_storage(&search);
    add_images(&search);
    if (search.runtime.len == 0)
        return false;
    keep_all(&search, arena, container);
    keep_root(&search, arena, root);
    if (container->runtime.len == 0)
        container->runtime = search.runtime;
    return found;
}

bool specs_has(struct specs *specs, struct sv parent, struct sv name, struct sv *runtime)
{
    char path[PATH_BYTES];

    if (specs->host_fd < 0 || !is_file_name(name))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (place_path(&states[i], name, path) && exists(specs, path)) {
            *runtime = states[i].runtime;
            return true;
        }
    }
    if (!is_file_name(parent))
        return false;
    (void)snprintf(path, sizeof(path), "%s/io.containerd.runtime.v2.task/%.*s/%.*s/config.json",
                   containerd_bases[0], SV_ARG(parent), SV_ARG(name));
    *runtime = SV("containerd");
    return exists(specs, path);
}
