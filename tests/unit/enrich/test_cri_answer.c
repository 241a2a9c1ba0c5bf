#include "enrich/cri_answer.h"

#include <errno.h>

#include "base/arena.h"
#include "base/err.h"
#include "enrich/protobuf.h"
#include "tests/unit/enrich/fake_cri.h"
#include "tests/unit/test.h"

static void containers(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf message = {0};
    struct cri_container c;

    fake_cri_container(&message, "c1", "web", "s1");
    CHECK_INT(cri_read_container(buf_view(&message), arena, &c, NULL), 0);
    CHECK_SV(c.id, sv("c1"));
    CHECK_SV(c.name, sv("web"));
    CHECK_SV(c.sandbox_id, sv("s1"));
    CHECK_SV(c.image, sv("docker.io/library/nginx:1.25"));
    CHECK(sv_starts(c.image_ref, SV("docker.io/library/nginx@sha256:0123")));
    CHECK_INT(c.label_count, 2);
    CHECK_SV(c.label[1].key, sv("team"));
    CHECK_SV(c.label[1].value, sv("blue"));
    CHECK_INT(c.annotation_count, 1);
    CHECK_INT(c.mount_count, 1);
    CHECK_SV(c.mount[0].source, sv("/srv/data"));
    CHECK_SV(c.mount[0].destination, sv("/data"));
    CHECK_SV(c.mount[0].mode, sv("ro"));
    CHECK_SV(c.mount[0].propagation, sv("rslave"));
    CHECK(c.has_privileged && c.privileged);
}

static void pods_and_lists(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf message = {0};
    struct cri_listed *listed = NULL;
    uint32_t count = 0;
    struct cri_pod pod;

    fake_cri_pod(&message, "s1", "web-0");
    CHECK_INT(cri_read_pod(buf_view(&message), arena, &pod, NULL), 0);
    CHECK_SV(pod.sandbox_id, sv("s1"));
    CHECK_SV(pod.name, sv("web-0"));
    CHECK_SV(pod.namespace_name, sv("billing"));
    CHECK_SV(pod.uid, sv("aaaa2b4a-f398-41c0-928b-049e1cc4ec40"));
    CHECK_SV(pod.ip, sv("10.1.2.3"));
    CHECK_INT(pod.label_count, 1);
    CHECK_INT(pod.annotation_count, 1);
    buf_reset(&message);
    fake_cri_list(&message, (const char *const[]){"a", "b", "c"}, 3);
    CHECK_INT(cri_read_list(buf_view(&message), arena, &listed, &count, NULL), 0);
    CHECK_INT(count, 3);
    CHECK_SV(listed[2].id, sv("c"));
    test_row("empty");
    CHECK_INT(cri_read_list((struct sv){NULL, 0}, arena, &listed, &count, NULL), 0);
    CHECK_INT(count, 0);
}

static void lists_end_at_their_limits(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf message = {0};
    scoped(buf_done) struct buf status = {0};
    struct cri_container c;

    for (uint32_t i = 0; i < 2 * CRI_LABELS_MAX; i++) {
        protobuf_put_bytes(&status, 12, sv("\x0a\x01k"));
        protobuf_put_bytes(&status, 14, (struct sv){NULL, 0});
    }
    protobuf_put_bytes(&message, 1, buf_view(&status));
    CHECK_INT(cri_read_container(buf_view(&message), arena, &c, NULL), 0);
    CHECK_INT(c.label_count, CRI_LABELS_MAX);
    CHECK_INT(c.mount_count, CRI_MOUNTS_MAX);
    CHECK_SV(c.label[CRI_LABELS_MAX - 1].key, sv("k"));
}

static void malformed(void **state)
{
    static const struct {
        const char *row;
        struct sv message;
    } rows[] = {
        {"cut tag", SV("\x80")},
        {"a length past the end", SV("\x0a\x05"
                                     "ab")},
        {"inside", SV("\x0a\x02\x0a\x05")},
        {"number 0", SV("\x02\x00")},
        {"a group", SV("\x0b")},
        {"a number of 11 bytes", SV("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
        {"cut fixed", SV("\x0d\x01\x02")},
    };
    scoped(arena_free) struct arena *arena = arena_new(4096);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cri_container c = {.name = SV("kept")};
        struct err err = {0};

        test_row(rows[i].row);
        CHECK_INT(cri_read_container(rows[i].message, arena, &c, &err), -EPROTO);
        CHECK_HAS(err.text, "malformed");
        CHECK_SV(c.name, sv("kept"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(containers),
        cmocka_unit_test(pods_and_lists),
        cmocka_unit_test(lists_end_at_their_limits),
        cmocka_unit_test(malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
