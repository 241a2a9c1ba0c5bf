/* enrich/bundle.h - what a container was asked to be, from the files its runtime keeps.
 *
 * An OCI config.json says most of it; Docker and podman keep names and images in files of their
 * own. Each parser adds to one struct bundle and leaves alone what its file does not say. Texts
 * live in the arena given; a bundle is large: keep it off the stack. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "event/process.h"

struct arena;
struct err;

#define BUNDLE_FILE_MAX ((size_t)4 << 20)    /* bytes of one file */
#define BUNDLE_MEMORY_MAX ((size_t)64 << 20) /* bytes while parsing one */
#define BUNDLE_LABELS_MAX 256u
#define BUNDLE_MOUNTS_MAX 256u
#define BUNDLE_TEXT_MAX 16384u /* bytes kept of one text */

enum bundle_namespace_kind {
    BUNDLE_PID,
    BUNDLE_NETWORK,
    BUNDLE_IPC,
    BUNDLE_NAMESPACES,
};

struct bundle_namespace {
    bool own;       /* false: the runtime's, so the host's */
    struct sv path; /* join this one instead of a new one */
};

struct bundle {
    struct sv name, image, image_id, image_digest;
    struct sv pod_name, pod_uid, namespace_name, sandbox_id;
    struct sv manager; /* "libpod", "cri-o"; empty for others */
    struct sv root;    /* directory of the root file system, maybe relative to the bundle */
    struct label label[BUNDLE_LABELS_MAX];
    struct container_mount mount[BUNDLE_MOUNTS_MAX]; /* bind mounts only */
    uint32_t label_count, mount_count;
    struct sv probe[PROBE_COUNT]; /* commands, words ended by NUL */
    uint64_t capabilities;        /* bounding set */
    bool masks_paths;             /* hides parts of /proc and /sys */
    bool said_privileged;         /* podman or Docker say so in as many words */
    bool has_namespaces;
    struct bundle_namespace ns[BUNDLE_NAMESPACES];
};

/* OCI config.json. Errors of all: -EINVAL, -E2BIG. */
must_check int bundle_parse_config(struct sv json, struct arena *arena, struct bundle *out,
                                   struct err *err);
/* Docker's config.v2.json and hostconfig.json. */
must_check int bundle_parse_docker(struct sv json, struct arena *arena, struct bundle *out,
                                   struct err *err);
must_check int bundle_parse_docker_host(struct sv json, struct arena *arena, struct bundle *out,
                                        struct err *err);
/* containers/storage's containers.json: name and image of container `id`. */
must_check int bundle_parse_storage(struct sv json, struct sv id, struct arena *arena,
                                    struct bundle *out, struct err *err);
/* Docker's repositories.json and containers/storage's images.json: digest, and name where there is
 * none yet, of the image with out->image_id. */
must_check int bundle_parse_docker_images(struct sv json, struct arena *arena, struct bundle *out,
                                          struct err *err);
must_check int bundle_parse_storage_images(struct sv json, struct arena *arena, struct bundle *out,
                                           struct err *err);
/* The bundle's directory from runc's state.json or crun's status; empty when it is not in there. */
must_check int bundle_parse_state(struct sv json, struct arena *arena, struct sv *dir,
                                  struct err *err);
