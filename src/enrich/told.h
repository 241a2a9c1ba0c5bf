/* enrich/told.h - what a recording says of containers and users, in place of the files that the
 * sensor had read: for tables that look at no machine.
 *
 * The last word on a container or user counts. Copies are kept until told_free(). One thread. */
#pragma once

#include "base/attr.h"
#include "base/sv.h"
#include "event/process.h"

struct arena;
struct buf;
struct told;

#define TOLD_CONTAINERS_MAX 65536u
#define TOLD_USERS_MAX 262144u

struct told *told_new(void);
void told_free(struct told *told); /* NULL is fine */
DEFINE_SCOPED(struct told *, told_free)

/* A container as JSON, and back: all of it but `id` and `start_ns`. */
void told_write_container(struct buf *out, const struct container *container);
/* Texts in `arena`. Errors: -EINVAL (no container with an id), -E2BIG. */
must_check int told_parse_container(struct sv json, struct arena *arena, struct container *out);

/* *full_id gets the container's, valid as long as `told`. Errors as above. */
must_check int told_container(struct told *told, struct sv json, struct sv *full_id);
/* An empty container id is the host. Past the limits they are passed over. */
void told_user(struct told *told, struct sv container_id, const struct user *user);
void told_group(struct told *told, struct sv container_id, const struct group *group);

/* The last word, or NULL. */
const struct container *told_find_container(const struct told *told, struct sv full_id);
const struct user *told_find_user(const struct told *told, struct sv container_id, uint32_t uid);
const struct group *told_find_group(const struct told *told, struct sv container_id, uint32_t gid);
