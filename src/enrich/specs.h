/* enrich/specs.h - finds the files in which a runtime keeps what a container was asked to be, and
 * turns them into the container's fields.
 *
 * specs.c lists the places. They are directories of the host's root that only root may write; links
 * in them are followed inside that root. Files are read on the calling thread, the events' one,
 * once a container. */
#pragma once

#include "base/attr.h"
#include "event/process.h"

struct arena;
struct specs;

/* host_root: "" or where the host's root is mounted, or NULL; proc_root may be NULL. Never fails:
 * what cannot be opened is a host without runtimes. */
struct specs *specs_new(const char *host_root, const char *proc_root);
void specs_free(struct specs *specs); /* NULL is fine */
DEFINE_SCOPED(struct specs *, specs_free)

/* Fill what the files say of container `id` into *container, texts in `arena`; fields that are set
 * stay. *root becomes the directory of its root file system
 * in the host's root, or empty. False when no config.json was found: little or nothing is known. */
bool specs_read(struct specs *specs, struct sv id, struct arena *arena, struct container *container,
                struct sv *root);

/* Does a runtime know a container of that name, which follows no layout? `parent` is the name of
 * the cgroup above, which is the namespace for ctr. *runtime is a constant. */
bool specs_has(struct specs *specs, struct sv parent, struct sv name, struct sv *runtime);

/* A descriptor of the host's root for rootfs.h, -1 when there is none. */
int specs_host(const struct specs *specs);
