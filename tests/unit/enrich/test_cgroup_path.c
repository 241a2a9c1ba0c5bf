#include "enrich/cgroup_path.h"
#include "tests/unit/test.h"

#define ID "1f04600dc6949359da68eee5fe7c4069706a567c07d1ef89fe3bbfdeac7a6dca"
#define ID2 "98bd7cfc43b8ef0ff130465e3d5427c0771002c2f35a6a9b62cb2d04602bed0a"
#define UID "aaaa2b4a-f398-41c0-928b-049e1cc4ec40"
#define UID_U "aaaa2b4a_f398_41c0_928b_049e1cc4ec40"
#define UID32 "aaaa2b4af39841c0928b049e1cc4ec40"

/* One container, or none. */
static void layouts(void **state)
{
    static const struct {
        const char *row, *path, *id, *runtime, *cgroup, *pod;
        bool guessed;
    } rows[] = {
        {"docker v1", "/docker/" ID, ID, "docker", "/docker/" ID, "", false},
        {"docker systemd", "/system.slice/docker-" ID ".scope", ID, "docker",
         "/system.slice/docker-" ID ".scope", "", false},
        {"docker below another prefix", "/process_api/f28672ab181b6d1d15ba4a6f1ce37c38/docker/" ID,
         ID, "docker", "/process_api/f28672ab181b6d1d15ba4a6f1ce37c38/docker/" ID, "", false},
        {"docker, nested", "/docker/" ID "/init.scope", ID, "docker", "/docker/" ID, "", false},
        {"docker scope, deeply nested", "/system.slice/docker-" ID ".scope/a/b/c", ID, "docker",
         "/system.slice/docker-" ID ".scope", "", false},
        {"ecs", "/ecs/c6b1e7f6c6b1/" ID, ID, "docker", "/ecs/c6b1e7f6c6b1/" ID, "", false},
        {"ecs with cluster", "/ecs/prod/c6b1e7f6c6b1/" ID, ID, "docker",
         "/ecs/prod/c6b1e7f6c6b1/" ID, "", false},
        {"containerd cgroupfs", "/kubepods/besteffort/pod" UID "/" ID, ID, "containerd",
         "/kubepods/besteffort/pod" UID "/" ID, UID, true},
        {"containerd cgroupfs guaranteed", "/kubepods/pod" UID "/" ID, ID, "containerd",
         "/kubepods/pod" UID "/" ID, UID, true},
        {"static pod", "/kubepods/burstable/pod" UID32 "/" ID, ID, "containerd",
         "/kubepods/burstable/pod" UID32 "/" ID, UID32, true},
        {"containerd systemd",
         "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_U
         ".slice/cri-containerd-" ID ".scope",
         ID, "containerd",
         "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_U
         ".slice/cri-containerd-" ID ".scope",
         UID, false},
        {"containerd systemd guaranteed",
         "/kubepods.slice/kubepods-pod" UID_U ".slice/cri-containerd-" ID ".scope", ID,
         "containerd", "/kubepods.slice/kubepods-pod" UID_U ".slice/cri-containerd-" ID ".scope",
         UID, false},
        {"static pod systemd",
         "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID32
         ".slice/cri-containerd-" ID ".scope",
         ID, "containerd",
         "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID32
         ".slice/cri-containerd-" ID ".scope",
         UID32, false},
        {"colons",
         "/system.slice/containerd.service/kubepods-besteffort-pod" UID_U
         ".slice:cri-containerd:" ID,
         ID, "containerd",
         "/system.slice/containerd.service/kubepods-besteffort-pod" UID_U
         ".slice:cri-containerd:" ID,
         UID, false},
        {"colons docker", "/system.slice:docker:" ID, ID, "docker", "/system.slice:docker:" ID, "",
         false},
        {"crio systemd",
         "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_U ".slice/crio-" ID
         ".scope",
         ID, "cri-o",
         "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_U ".slice/crio-" ID
         ".scope",
         UID, false},
        {"crio nested by crun",
         "/kubepods.slice/kubepods-pod" UID_U ".slice/crio-" ID ".scope/container", ID, "cri-o",
         "/kubepods.slice/kubepods-pod" UID_U ".slice/crio-" ID ".scope", UID, false},
        {"crio cgroupfs", "/kubepods/besteffort/pod" UID "/crio-" ID, ID, "cri-o",
         "/kubepods/besteffort/pod" UID "/crio-" ID, UID, false},
        {"crio monitor", "/kubepods/besteffort/pod" UID "/crio-conmon-" ID, "", "", "", "", false},
        {"crio monitor scope", "/system.slice/crio-conmon-" ID ".scope", "", "", "", "", false},
        {"podman cgroupfs", "/libpod_parent/libpod-" ID, ID, "podman", "/libpod_parent/libpod-" ID,
         "", false},
        {"podman systemd", "/machine.slice/libpod-" ID ".scope/container", ID, "podman",
         "/machine.slice/libpod-" ID ".scope", "", false},
        {"podman rootless",
         "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container",
         ID, "podman",
         "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope", "", false},
        {"podman split", "/system.slice/web.service/libpod-payload-" ID, ID, "podman",
         "/system.slice/web.service/libpod-payload-" ID, "", false},
        {"podman monitor", "/libpod_parent/libpod-conmon-" ID, "", "", "", "", false},
        {"podman pod", "/machine.slice/machine-libpod_pod_" ID ".slice", "", "", "", "", false},
        {"nerdctl", "/system.slice/nerdctl-" ID ".scope", ID, "containerd",
         "/system.slice/nerdctl-" ID ".scope", "", false},
        {"bare", "/default/" ID, ID, "runc", "/default/" ID, "", true},
        {"relative to a cgroup namespace", "/../../kubepods/pod" UID "/" ID, ID, "containerd",
         "/../../kubepods/pod" UID "/" ID, UID, true},

        {"root", "/", "", "", "", "", false},
        {"nothing", "", "", "", "", "", false},
        {"host service", "/system.slice/ssh.service", "", "", "", "", false},
        {"host session", "/user.slice/user-1000.slice/session-3.scope", "", "", "", "", false},
        {"pod alone", "/kubepods/burstable/pod" UID, "", "", "", "", false},
        {"a digit short", "/docker/1f04600dc6949359da68eee5fe7c4069706a567c07d1ef89fe3bbfdeac7a6dc",
         "", "", "", "", false},
        {"a digit long", "/docker/" ID "0", "", "", "", "", false},
        {"upper case", "/docker/1F04600dc6949359da68eee5fe7c4069706a567c07d1ef89fe3bbfdeac7a6dca",
         "", "", "", "", false},
        {"runc by name", "/process_api/f28672ab181b6d1d15ba4a6f1ce37c38/web", "", "", "", "",
         false},
        {"other prefix", "/system.slice/evil-" ID ".scope", "", "", "", "", false},
        {"other middle", "/system.slice:evil:" ID, "", "", "", "", false},
        {"not quite a pod", "/kubepods/xpod" UID "/" ID, ID, "runc", "/kubepods/xpod" UID "/" ID,
         "", true},
        {"not quite a uid", "/kubepods/podaaaa2b4a-f398-41c0-928b-049e1cc4ec4z/" ID, ID, "runc",
         "/kubepods/podaaaa2b4a-f398-41c0-928b-049e1cc4ec4z/" ID, "", true},
        {"slashes", "///docker//" ID "//", ID, "runc", "///docker//" ID, "", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cgroup_path path;
        char uid[CGROUP_POD_UID_MAX];

        test_row(rows[i].row);
        cgroup_path_parse(sv(rows[i].path), &path);
        CHECK_INT(path.count, rows[i].id[0] != '\0');
        if (path.count == 0)
            continue;
        CHECK_STR(rows[i].id, ID);
        CHECK_SV(path.id[0].id, sv(rows[i].id));
        CHECK_SV(path.id[0].runtime, sv(rows[i].runtime));
        CHECK_SV(path.id[0].cgroup, sv(rows[i].cgroup));
        CHECK_SV(cgroup_path_pod_uid(path.id[0].pod, uid), sv(rows[i].pod));
        CHECK_INT(path.id[0].guessed, rows[i].guessed);
    }
}

static void nested(void **state)
{
    struct cgroup_path path;

    test_row("kind: a pod in a node that is a container");
    cgroup_path_parse(sv("/docker/" ID "/kubelet.slice/kubelet-kubepods.slice/"
                         "kubelet-kubepods-pod" UID_U ".slice/cri-containerd-" ID2 ".scope"),
                      &path);
    CHECK_INT(path.count, 2);
    CHECK_SV(path.id[0].id, sv(ID));
    CHECK_SV(path.id[0].cgroup, sv("/docker/" ID));
    CHECK_INT(path.id[0].pod.len, 0);
    CHECK_SV(path.id[1].id, sv(ID2));
    CHECK_SV(path.id[1].pod, sv(UID_U));

    test_row("more than fit");
    cgroup_path_parse(
        sv("/docker/" ID "/docker/" ID "/docker/" ID "/docker/" ID "/docker/" ID "/docker/" ID2),
        &path);
    CHECK_INT(path.count, CGROUP_PATH_IDS_MAX);
    CHECK_SV(path.id[0].id, sv(ID));
    CHECK_SV(path.id[CGROUP_PATH_IDS_MAX - 1].id, sv(ID2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts),
        cmocka_unit_test(nested),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
