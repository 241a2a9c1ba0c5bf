/* enrich/described.h - a container's fields from what several sources say: the cgroup's path, the
 * bundle, the runtime over CRI, the cluster.
 *
 * The first that says something counts, in that order. One thread. */
#pragma once

#include "base/sv.h"

struct container_entry;
struct cri_container;
struct pods;

/* After the bundle was read, or when one of the others said something: fill what is still empty. */
void described_fill(struct pods *pods, struct container_entry *entry);

/* Keep what the runtime said for described_fill(); pod_uid may be empty. */
void described_answer(struct container_entry *entry, const struct cri_container *said,
                      struct sv pod_uid);
