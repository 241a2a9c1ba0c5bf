/* The path of a cgroup, and /proc/PID/cgroup, stat and status: whoever makes cgroups or names
 * processes chooses the text. */
#include <assert.h>

#include "enrich/cgroup_path.h"
#include "enrich/procfs.h"
#include "tests/fuzz/fuzz.h"

static void check_path(struct sv path)
{
    struct cgroup_path parsed;
    char uid[CGROUP_POD_UID_MAX];

    cgroup_path_parse(path, &parsed);
    assert(parsed.count <= CGROUP_PATH_IDS_MAX);
    for (uint32_t i = 0; i < parsed.count; i++) {
        const struct cgroup_path_id *id = &parsed.id[i];
        assert(id->id.len == 64 && id->runtime.len > 0);
        assert(id->id.ptr >= path.ptr && id->id.ptr + id->id.len <= path.ptr + path.len);
        assert(id->cgroup.ptr == path.ptr && id->cgroup.len <= path.len);
        struct sv pod = cgroup_path_pod_uid(id->pod, uid);
        assert(pod.len == 0 || pod.len == 32 || pod.len == 36);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv text = {(const char *)data, size};
    struct procfs_status status;
    struct procfs_stat stat;
    struct sv v1;
    struct sv v2;

    check_path(text);
    procfs_parse_cgroup(text, &v1, &v2);
    check_path(v1);
    check_path(v2);
    if (procfs_parse_stat(text, &stat))
        assert(stat.name.len < size);
    if (procfs_parse_status(text, &status))
        assert(status.depth <= PROCFS_NESTING_MAX);
    return 0;
}
