/* enrich/image_name.h - the parts of an image's name: REGISTRY/PATH[:TAG][@ALGORITHM:DIGEST].
 * Any thread. */
#pragma once

#include "base/sv.h"

struct image_name {
    struct sv repository; /* registry and path: "docker.io/library/nginx" */
    struct sv tag;        /* empty when not given: "latest" is not made up */
    struct sv digest;     /* "sha256:..." */
    struct sv id;         /* the whole name, when it is but an image's id */
};

/* Views point into `name`. */
void image_name_parse(struct sv name, struct image_name *out);
