/* The files that container runtimes keep: annotations and labels in them are the user's. */
#include <assert.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "enrich/bundle.h"
#include "enrich/image_name.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct bundle *bundle)
{
    struct image_name image;

    assert(bundle->label_count <= BUNDLE_LABELS_MAX && bundle->mount_count <= BUNDLE_MOUNTS_MAX);
    for (uint32_t i = 0; i < bundle->label_count; i++)
        assert(bundle->label[i].key.len <= BUNDLE_TEXT_MAX);
    image_name_parse(bundle->image, &image);
    assert(image.repository.len + image.tag.len + image.digest.len <= bundle->image.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_free) struct arena *arena = arena_new(65536);
    scoped(free) struct bundle *bundle = xcalloc(1, sizeof(*bundle));
    struct sv json = {(const char *)data, size};
    struct sv dir = {NULL, 0};
    int rc;

    arena_limit(arena, BUNDLE_MEMORY_MAX);
    rc = bundle_parse_config(json, arena, bundle, NULL);
    check(bundle);
    rc |= bundle_parse_docker(json, arena, bundle, NULL);
    rc |= bundle_parse_docker_host(json, arena, bundle, NULL);
    rc |= bundle_parse_storage(json, (struct sv){"c1", 2}, arena, bundle, NULL);
    bundle->image_id = (struct sv){"aa", 2};
    rc |= bundle_parse_docker_images(json, arena, bundle, NULL);
    rc |= bundle_parse_storage_images(json, arena, bundle, NULL);
    check(bundle);
    rc |= bundle_parse_state(json, arena, &dir, NULL);
    assert(rc <= 0 && dir.len <= BUNDLE_TEXT_MAX);
    return 0;
}
