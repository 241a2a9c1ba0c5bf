/* enrich/cgroup_path.h - which containers and which pod the path of a cgroup names.
 *
 * Only the path is looked at; cgroup_path.c lists the layouts. Names of containers that follow no
 * layout (runc by hand, ctr) cannot be told from other cgroups: see containers.h. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"

#define CGROUP_PATH_IDS_MAX 4
#define CGROUP_POD_UID_MAX 36

struct cgroup_path_id {
    struct sv id;      /* in the path */
    struct sv runtime; /* a constant */
    bool guessed;      /* the layout is used by several runtimes */
    struct sv cgroup;  /* the path up to the container's own cgroup */
    struct sv pod;     /* pod uid in the path around it, maybe with underscores; or empty */
};

/* Containers from the outermost inwards; in between too many, the innermost replaces the last. */
struct cgroup_path {
    struct cgroup_path_id id[CGROUP_PATH_IDS_MAX];
    uint32_t count;
};

/* Views in *out point into `path`. */
void cgroup_path_parse(struct sv path, struct cgroup_path *out);

/* Write a pod uid with dashes; `out` has CGROUP_POD_UID_MAX bytes. */
struct sv cgroup_path_pod_uid(struct sv pod, char *out);
