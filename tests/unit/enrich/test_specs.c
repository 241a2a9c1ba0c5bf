#include "base/arena.h"
#include "base/buf.h"
#include "enrich/bundle.h"
#include "enrich/specs.h"
#include "tests/unit/enrich/tree.h"
#include "tests/unit/test.h"

#define ID "1f04600dc6949359da68eee5fe7c4069706a567c07d1ef89fe3bbfdeac7a6dca"
#define TASKS "/io.containerd.runtime.v2.task/"
#define CONFIG(name)                                                                               \
    "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"" name "\"},"                        \
    "\"root\":{\"path\":\"rootfs\"}}"

static bool read_one(const struct tree *host, struct arena *arena, struct container *out,
                     struct sv *root)
{
    scoped(specs_free) struct specs *specs = specs_new(host->root, NULL);

    return specs_read(specs, sv(ID), arena, out, root);
}

static void places(void **state)
{
    static const struct {
        const char *row, *file, *text, *file2, *text2;
        const char *runtime, *name, *root;
    } rows[] = {
        {"containerd CRI", "run/containerd" TASKS "k8s.io/" ID "/config.json", CONFIG("a"), NULL,
         NULL, "containerd", "a", "/run/containerd" TASKS "k8s.io/" ID "/rootfs"},
        {"docker's containerd", "run/containerd" TASKS "moby/" ID "/config.json", CONFIG("a"), NULL,
         NULL, "docker", "a", "/run/containerd" TASKS "moby/" ID "/rootfs"},
        {"another namespace", "run/containerd" TASKS "team-x/" ID "/config.json", CONFIG("a"), NULL,
         NULL, "containerd", "a", "/run/containerd" TASKS "team-x/" ID "/rootfs"},
        {"k3s", "run/k3s/containerd" TASKS "k8s.io/" ID "/config.json", CONFIG("a"), NULL, NULL,
         "containerd", "a", "/run/k3s/containerd" TASKS "k8s.io/" ID "/rootfs"},
        {"CRI-O", "run/containers/storage/overlay-containers/" ID "/userdata/config.json",
         CONFIG("a"), NULL, NULL, "cri-o", "a",
         "/run/containers/storage/overlay-containers/" ID "/userdata/rootfs"},
        {"podman", "var/lib/containers/storage/overlay-containers/" ID "/userdata/config.json",
         "{\"annotations\":{\"io.container.manager\":\"libpod\"},\"root\":{\"path\":\"/m/merged\"}}",
         "var/lib/containers/storage/overlay-containers/containers.json",
         "[{\"id\":\"" ID "\",\"names\":[\"db\"]}]", "podman", "db", "/m/merged"},
        {"podman on vfs", "var/lib/containers/storage/vfs-containers/" ID "/userdata/config.json",
         "{\"annotations\":{\"io.container.manager\":\"libpod\"}}",
         "var/lib/containers/storage/vfs-containers/containers.json",
         "[{\"id\":\"" ID "\",\"names\":[\"db\"]}]", "podman", "db", ""},
        {"runc", "run/runc/" ID "/state.json", "{\"config\":{\"labels\":[\"bundle=/srv/bundle\"]}}",
         "srv/bundle/config.json", CONFIG("a"), "runc", "a", "/srv/bundle/rootfs"},
        {"crun", "run/crun/" ID "/status", "{\"bundle\":\"/srv/bundle\"}", "srv/bundle/config.json",
         CONFIG("a"), "crun", "a", "/srv/bundle/rootfs"},
        {"runc below containerd", "run/containerd/runc/k8s.io/" ID "/state.json",
         "{\"config\":{\"labels\":[\"bundle=/srv/bundle\"]}}", "srv/bundle/config.json",
         CONFIG("a"), "containerd", "a", "/srv/bundle/rootfs"},
        {"runc below docker", "run/docker/runtime-runc/moby/" ID "/state.json",
         "{\"config\":{\"labels\":[\"bundle=/srv/bundle\"]}}", "srv/bundle/config.json",
         CONFIG("a"), "docker", "a", "/srv/bundle/rootfs"},
        {"docker's own files", "run/containerd" TASKS "moby/" ID "/config.json", "{}",
         "var/lib/docker/containers/" ID "/config.v2.json", "{\"Name\":\"/web\"}", "docker", "web",
         ""},

        {"nothing", "run/x", "", NULL, NULL, "", "", ""},
        {"another container's", "run/containerd" TASKS "k8s.io/" ID "0/config.json", CONFIG("a"),
         NULL, NULL, "", "", ""},
        {"config.json is no JSON", "run/containerd" TASKS "k8s.io/" ID "/config.json", "{", NULL,
         NULL, "", "", ""},
        {"config.json is empty", "run/containerd" TASKS "k8s.io/" ID "/config.json", "", NULL, NULL,
         "", "", ""},
        {"state without a bundle", "run/runc/" ID "/state.json", "{}", NULL, NULL, "", "", ""},
        {"bundle is gone", "run/runc/" ID "/state.json",
         "{\"config\":{\"labels\":[\"bundle=/srv/bundle\"]}}", NULL, NULL, "", "", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct container container = {0};
        struct sv root = {NULL, 0};
        struct tree host;

        test_row(rows[i].row);
        tree_make(&host);
        tree_text(&host, rows[i].file, rows[i].text);
        if (rows[i].file2 != NULL)
            tree_text(&host, rows[i].file2, rows[i].text2);
        CHECK_INT(read_one(&host, arena, &container, &root), rows[i].runtime[0] != '\0');
        CHECK_SV(container.runtime, sv(rows[i].runtime));
        CHECK_SV(container.name, sv(rows[i].name));
        CHECK_SV(root, sv(rows[i].root));
        tree_remove(&host);
    }
}

static void links_stay_inside(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct container container = {0};
    struct sv root;
    struct tree host;

    tree_make(&host);
    test_row("the runtime's directory is a link, as seen from the host");
    tree_text(&host, "data/docker/containers/" ID "/config.v2.json", "{\"Name\":\"/web\"}");
    tree_text(&host, "run/containerd" TASKS "moby/" ID "/config.json", "{}");
    tree_dir(&host, "var/lib");
    tree_link(&host, "var/lib/docker", "/data/docker");
    CHECK(read_one(&host, arena, &container, &root));
    CHECK_SV(container.name, sv("web"));

    test_row("ids are not paths");
    scoped(specs_free) struct specs *specs = specs_new(host.root, NULL);
    CHECK(!specs_read(specs, sv("../" ID), arena, &container, &root));
    CHECK(!specs_read(specs, sv(".."), arena, &container, &root));
    CHECK(!specs_read(specs, sv(""), arena, &container, &root));
    CHECK(!specs_read(specs, SV("a\0b"), arena, &container, &root));
    tree_remove(&host);
}

static void image_and_kept(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct container container = {.runtime = SV("docker"), .pod_uid = SV("from-the-path")};
    struct sv root;
    struct tree host;

    tree_make(&host);
    tree_text(&host, "run/containerd" TASKS "k8s.io/" ID "/config.json",
              "{\"annotations\":{\"io.kubernetes.cri.image-name\":\"r:5000/a/b:v1@sha256:12\","
              "\"io.kubernetes.cri.sandbox-uid\":\"from-the-bundle\",\"team\":\"x\"},\"mounts\":["
              "{\"type\":\"bind\",\"source\":\"/a\",\"destination\":\"/b\","
              "\"options\":[\"ro\"]}]}");
    CHECK(read_one(&host, arena, &container, &root));
    CHECK_SV(container.image, sv("r:5000/a/b:v1@sha256:12"));
    CHECK_SV(container.image_repository, sv("r:5000/a/b"));
    CHECK_SV(container.image_tag, sv("v1"));
    CHECK_SV(container.image_digest, sv("sha256:12"));
    CHECK_SV(container.pod_uid, sv("from-the-path"));
    CHECK_SV(container.runtime, sv("docker"));
    CHECK_SV(container.bundle, sv("/run/containerd" TASKS "k8s.io/" ID));
    CHECK_INT(container.label_count, 1);
    CHECK_SV(container.label[0].key, sv("team"));
    CHECK_INT(container.mount_count, 1);
    CHECK_SV(container.mount[0].destination, sv("/b"));
    CHECK(!container.mount[0].writable);
    tree_remove(&host);
}

/* Which image it is, in the stores of images. */
static void digests(void **state)
{
    static const struct {
        const char *row, *spec, *images_path, *images, *image, *digest;
    } rows[] = {
        {"docker", "{\"Image\":\"sha256:aa\",\"Config\":{\"Image\":\"web\"}}",
         "var/lib/docker/image/overlay2/repositories.json",
         "{\"Repositories\":{\"other\":{\"other@sha256:00\":\"sha256:bb\"},\"web\":{\"web:1\":"
         "\"sha256:aa\",\"web@sha256:11\":\"sha256:aa\"}}}",
         "web", "sha256:11"},
        {"docker, by its id only", "{\"Image\":\"sha256:aa\"}",
         "var/lib/docker/image/overlay2/repositories.json",
         "{\"Repositories\":{\"web\":{\"web:1\":\"sha256:aa\"}}}", "web:1", ""},
        {"docker, no such image", "{\"Image\":\"sha256:aa\",\"Config\":{\"Image\":\"web\"}}",
         "var/lib/docker/image/overlay2/repositories.json", "{\"Repositories\":[]}", "web", ""},
        {"podman", NULL, "var/lib/containers/storage/overlay-images/images.json",
         "[7,{\"id\":\"bb\",\"digest\":\"sha256:00\"},{\"id\":\"aa\",\"digest\":\"sha256:22\","
         "\"names\":[\"docker.io/library/web:1\"]}]",
         "docker.io/library/web:1", "sha256:22"},
        {"podman, malformed", NULL, "var/lib/containers/storage/overlay-images/images.json", "{}",
         "", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct container container = {0};
        struct tree host;
        struct sv root;

        test_row(rows[i].row);
        tree_make(&host);
        if (rows[i].spec != NULL) {
            tree_text(&host, "var/lib/docker/containers/" ID "/config.v2.json", rows[i].spec);
        } else {
            tree_text(&host,
                      "run/containers/storage/overlay-containers/" ID "/userdata/config.json",
                      "{\"annotations\":{\"io.container.manager\":\"libpod\"}}");
            tree_text(&host, "var/lib/containers/storage/overlay-containers/containers.json",
                      "[{\"id\":\"" ID "\",\"image\":\"aa\"}]");
        }
        tree_text(&host, rows[i].images_path, rows[i].images);
        scoped(specs_free) struct specs *specs = specs_new(host.root, NULL);
        (void)specs_read(specs, sv(ID), arena, &container, &root);
        CHECK_SV(container.image, sv(rows[i].image));
        CHECK_SV(container.image_digest, sv(rows[i].digest));
        tree_remove(&host);
    }
}

static void put_caps(struct buf *json, int first, int last)
{
    static const char *const names[] = {
        "CHOWN",
        "DAC_OVERRIDE",
        "DAC_READ_SEARCH",
        "FOWNER",
        "FSETID",
        "KILL",
        "SETGID",
        "SETUID",
        "SETPCAP",
        "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE",
        "NET_BROADCAST",
        "NET_ADMIN",
        "NET_RAW",
        "IPC_LOCK",
        "IPC_OWNER",
        "SYS_MODULE",
        "SYS_RAWIO",
        "SYS_CHROOT",
        "SYS_PTRACE",
        "SYS_PACCT",
        "SYS_ADMIN",
        "SYS_BOOT",
        "SYS_NICE",
        "SYS_RESOURCE",
        "SYS_TIME",
        "SYS_TTY_CONFIG",
        "MKNOD",
        "LEASE",
        "AUDIT_WRITE",
        "AUDIT_CONTROL",
        "SETFCAP",
        "MAC_OVERRIDE",
        "MAC_ADMIN",
        "SYSLOG",
        "WAKE_ALARM",
        "BLOCK_SUSPEND",
        "AUDIT_READ",
        "PERFMON",
        "BPF",
        "CHECKPOINT_RESTORE",
    };

    buf_str(json, "\"process\":{\"capabilities\":{\"bounding\":[");
    for (int i = first; i <= last; i++)
        buf_printf(json, "%s\"CAP_%s\"", i == first ? "" : ",", names[i]);
    buf_str(json, "]}}");
}

#define OWN_NS                                                                                     \
    "\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\",\"path\":\"/var/run/netns/a\"},"     \
    "{\"type\":\"ipc\"}]"

static void judgements(void **state)
{
    static const struct {
        const char *row;
        int first, last; /* capabilities */
        const char *lin, *annotations;
        bool privileged, pid, network, ipc;
    } rows[] = {
        {"ordinary", 0, 13, OWN_NS ",\"maskedPaths\":[\"/proc/kcore\"]", "{}", false, false, false,
         false},
        {"all capabilities, paths masked", 0, 40, OWN_NS ",\"maskedPaths\":[\"/proc/kcore\"]", "{}",
         false, false, false, false},
        {"all, nothing masked", 0, 40, OWN_NS, "{}", true, false, false, false},
        {"all that an older runtime knows", 0, 37, OWN_NS ",\"maskedPaths\":[]", "{}", true, false,
         false, false},
        {"one missing", 1, 40, OWN_NS, "{}", false, false, false, false},
        {"nothing masked alone", 0, 13, OWN_NS, "{}", false, false, false, false},
        {"podman says so", 0, 13, OWN_NS, "{\"io.podman.annotations.privileged\":\"TRUE\"}", true,
         false, false, false},
        {"host's namespaces", 0, 13, "\"namespaces\":[{\"type\":\"mount\"}]", "{}", false, true,
         true, true},
        {"no list at all", 0, 13, "\"x\":1", "{}", false, true, true, true},
        {"init's by path", 0, 13,
         "\"namespaces\":[{\"type\":\"pid\",\"path\":\"/proc/1/ns/pid\"},"
         "{\"type\":\"network\",\"path\":\"/proc/1/ns/net\"},{\"type\":\"ipc\"}]",
         "{}", false, true, true, false},
        {"a sandbox's that is the host's", 0, 13,
         "\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\","
         "\"path\":\"/proc/77/ns/net\"},{\"type\":\"ipc\",\"path\":\"/proc/77/ns/ipc\"}]",
         "{}", false, false, true, false},
        {"odd paths", 0, 13,
         "\"namespaces\":[{\"type\":\"pid\",\"path\":\"/proc/x/ns/pid\"},"
         "{\"type\":\"network\",\"path\":\"/proc/\"},{\"type\":\"ipc\",\"path\":\"/proc/99/ns/"
         "ipc\"}]",
         "{}", false, false, false, false},
    };
    struct tree proc;

    tree_make(&proc);
    tree_process(&proc, &(struct tree_process){.pid = 1, .name = "init"});
    tree_process(&proc, &(struct tree_process){.pid = 77, .name = "pause"});
    tree_link(&proc, "77/ns/ipc", "ipc:[4026532999]");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf json = {0};
        struct container container = {0};
        struct sv root;
        struct tree host;

        test_row(rows[i].row);
        tree_make(&host);
        buf_printf(&json, "{\"annotations\":%s,\"linux\":{%s},", rows[i].annotations, rows[i].lin);
        put_caps(&json, rows[i].first, rows[i].last);
        buf_str(&json, "}");
        tree_file(&host, "run/containerd" TASKS "k8s.io/" ID "/config.json", buf_view(&json));
        scoped(specs_free) struct specs *specs = specs_new(host.root, proc.root);
        CHECK(specs_read(specs, sv(ID), arena, &container, &root));
        CHECK_INT(container.privileged, rows[i].privileged);
        CHECK_INT(container.host_pid, rows[i].pid);
        CHECK_INT(container.host_network, rows[i].network);
        CHECK_INT(container.host_ipc, rows[i].ipc);
        tree_remove(&host);
    }
    tree_remove(&proc);
}

static void without_proc(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct container container = {0};
    struct sv root;
    struct tree host;

    tree_make(&host);
    tree_text(&host, "run/containerd" TASKS "k8s.io/" ID "/config.json",
              "{\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":\"/proc/1/ns/pid\"},"
              "{\"type\":\"network\",\"path\":\"/proc/77/ns/net\"}]}}");
    CHECK(read_one(&host, arena, &container, &root));
    CHECK(container.host_pid && !container.host_network && container.host_ipc);
    tree_remove(&host);
}

/* Where init itself lacks a capability, a privileged container lacks it too. */
static void limited_host(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf json = {0};
    struct container container = {0};
    struct sv root;
    struct tree host;
    struct tree proc;

    tree_make(&host);
    tree_make(&proc);
    tree_text(&proc, "1/status", "Tgid:\t1\nCapBnd:\t000001fffffffffe\n"); /* no CAP_CHOWN */
    buf_str(&json, "{");
    put_caps(&json, 1, 40);
    buf_str(&json, "}");
    tree_file(&host, "run/containerd" TASKS "k8s.io/" ID "/config.json", buf_view(&json));
    scoped(specs_free) struct specs *specs = specs_new(host.root, proc.root);
    CHECK(specs_read(specs, sv(ID), arena, &container, &root));
    CHECK(container.privileged);
    tree_remove(&host);
    tree_remove(&proc);
}

static void by_name(void **state)
{
    static const struct {
        const char *row, *parent, *name, *runtime;
    } rows[] = {
        {"runc", "", "web", "runc"},
        {"ctr", "default", "redis", "containerd"},
        {"ctr in another namespace", "other", "redis", NULL},
        {"unknown", "", "user.slice", NULL},
        {"not a name", "", "..", NULL},
        {"empty", "", "", NULL},
    };
    struct tree host;

    tree_make(&host);
    tree_text(&host, "run/runc/web/state.json", "{}");
    tree_text(&host, "run/containerd" TASKS "default/redis/config.json", "{}");
    scoped(specs_free) struct specs *specs = specs_new(host.root, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv runtime = {NULL, 0};

        test_row(rows[i].row);
        bool has = specs_has(specs, sv(rows[i].parent), sv(rows[i].name), &runtime);
        CHECK_INT(has, rows[i].runtime != NULL);
        if (has)
            CHECK_SV(runtime, sv(rows[i].runtime));
    }
    tree_remove(&host);

    test_row("no host root");
    scoped(specs_free) struct specs *none = specs_new("/nonexistent/host", NULL);
    struct sv runtime;
    CHECK(!specs_has(none, sv(""), sv("web"), &runtime));
    CHECK_INT(specs_host(none), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),         cmocka_unit_test(links_stay_inside),
        cmocka_unit_test(image_and_kept), cmocka_unit_test(digests),
        cmocka_unit_test(judgements),     cmocka_unit_test(without_proc),
        cmocka_unit_test(limited_host),   cmocka_unit_test(by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
