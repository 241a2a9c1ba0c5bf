/* What a runtime says over its CRI socket: labels and names in it are the user's. */
#include <assert.h>

#include "base/arena.h"
#include "enrich/cri_answer.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_free) struct arena *arena = arena_new(65536);
    struct sv message = {(const char *)data, size};
    struct cri_container container = {0};
    struct cri_listed *listed = NULL;
    struct cri_pod pod = {0};
    uint32_t count = 0;
    int rc;

    arena_limit(arena, (size_t)32 << 20);
    rc = cri_read_list(message, arena, &listed, &count, NULL);
    rc |= cri_read_container(message, arena, &container, NULL);
    rc |= cri_read_pod(message, arena, &pod, NULL);
    assert(rc <= 0 && count <= CRI_IDS_MAX);
    assert(container.label_count <= CRI_LABELS_MAX && container.mount_count <= CRI_MOUNTS_MAX);
    assert(container.name.len <= CRI_TEXT_MAX && pod.ip.len <= CRI_TEXT_MAX);
    return 0;
}
