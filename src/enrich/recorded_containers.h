/* enrich/recorded_containers.h - the containers of a recorded machine.
 *
 * A container is known by the cgroups of its threads; what else there is to say of it, its runtime
 * said in "container" events of the recording, as JSON. Nothing of this machine is looked at. An
 * entry is shared by its threads and the table. One thread. */
#pragma once

#include "base/attr.h"
#include "base/hash.h"
#include "event/process.h"

struct arena;
struct err;

#define RECORDED_CONTAINERS_MAX 65536u
#define RECORDED_CONTAINER_JSON_MAX ((size_t)4 << 20) /* bytes */

struct recorded_container {
    struct container view;
    uint32_t refs;
    uint32_t id_len;
    struct arena *arena; /* texts of the JSON */
    char id[];           /* as the cgroup names it, or the JSON */
};

struct recorded_containers {
    struct map by_id;                /* the first 12 characters */
    struct recorded_container *told; /* by the event being handled: it may have no thread yet */
};

void recorded_containers_done(struct recorded_containers *table);

/* The container that one of these cgroups names ("cpuset=/docker/...", ended by NUL), with a
 * reference, or NULL: none. */
must_check struct recorded_container *recorded_containers_of(struct recorded_containers *table,
                                                             struct sv cgroups);
/* Take in what a runtime said. Errors: -EINVAL, -E2BIG. */
must_check int recorded_containers_tell(struct recorded_containers *table, struct sv json,
                                        struct err *err);

struct recorded_container *recorded_container_ref(struct recorded_container *container);
void recorded_container_release(struct recorded_container *container); /* NULL is fine */
