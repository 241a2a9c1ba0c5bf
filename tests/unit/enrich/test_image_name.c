#include "enrich/image_name.h"
#include "tests/unit/test.h"

#define HEX "98bd7cfc43b8ef0ff130465e3d5427c0771002c2f35a6a9b62cb2d04602bed0a"

static void names(void **state)
{
    static const struct {
        const char *row, *name, *repository, *tag, *digest, *id;
    } rows[] = {
        {"bare", "nginx", "nginx", "", "", ""},
        {"tag", "nginx:1.25", "nginx", "1.25", "", ""},
        {"full", "docker.io/library/nginx:1.25-alpine", "docker.io/library/nginx", "1.25-alpine",
         "", ""},
        {"port, no tag", "localhost:5000/team/app", "localhost:5000/team/app", "", "", ""},
        {"port and tag", "registry.local:5000/app:v1", "registry.local:5000/app", "v1", "", ""},
        {"digest", "quay.io/a/b@sha256:" HEX, "quay.io/a/b", "", "sha256:" HEX, ""},
        {"tag and digest", "quay.io/a/b:v2@sha256:" HEX, "quay.io/a/b", "v2", "sha256:" HEX, ""},
        {"port and digest", "r:5000/b@sha256:" HEX, "r:5000/b", "", "sha256:" HEX, ""},
        {"port, tag, digest", "r:5000/b:t@sha256:" HEX, "r:5000/b", "t", "sha256:" HEX, ""},
        {"IPv6 registry", "[::1]:5000/app", "[::1]:5000/app", "", "", ""},
        {"id with algorithm", "sha256:" HEX, "", "", "", "sha256:" HEX},
        {"id", HEX, "", "", "", HEX},
        {"empty", "", "", "", "", ""},
        {"spaces", "  nginx:1 \n", "nginx", "1", "", ""},
        {"only a colon", ":", "", "", "", ""},
        {"only an at", "@", "", "", "", ""},
        {"empty tag", "nginx:", "nginx", "", "", ""},
        {"two ats", "a@b@sha256:1", "a@b", "", "sha256:1", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct image_name image;

        test_row(rows[i].row);
        image_name_parse(sv(rows[i].name), &image);
        CHECK_SV(image.repository, sv(rows[i].repository));
        CHECK_SV(image.tag, sv(rows[i].tag));
        CHECK_SV(image.digest, sv(rows[i].digest));
        CHECK_SV(image.id, sv(rows[i].id));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
