/* A Pod of the Kubernetes API: names, labels, annotations and commands in it are the users'. */
#include <assert.h>

#include "base/arena.h"
#include "base/json.h"
#include "enrich/pod_json.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_free) struct arena *arena = arena_new(65536);
    struct sv json = {(const char *)data, size};
    struct sv probe[PROBE_COUNT] = {{0}};
    struct pod_said said;
    struct json_doc doc;

    arena_limit(arena, (size_t)256 << 20);
    if (size > 1 << 16 || json_parse(json, arena, &doc, NULL) < 0)
        return 0;
    pod_json_probes(json, (struct sv){"web", 3}, arena, probe);
    if (pod_json_read(&doc, &doc.node[0], arena, &said, NULL) < 0)
        return 0;
    assert(said.key.len > 0 && said.key.len <= POD_TEXT_MAX);
    assert(said.pod.label_count <= POD_LABELS_MAX && said.container_count <= POD_CONTAINERS_MAX);
    return 0;
}
