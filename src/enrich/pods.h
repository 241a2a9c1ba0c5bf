/* enrich/pods.h - the pods of this node, as a runtime or the cluster tells of them.
 *
 * Found by uid. The cluster knows more than a runtime: what it says stays. A pod that the cluster
 * has deleted, or that only a runtime told of, is kept while containers hold it. One thread. */
#pragma once

#include "base/attr.h"
#include "base/hash.h"
#include "event/process.h"

struct arena;

#define PODS_MAX 4096u /* more are counted and not kept, unless one is held by nobody */
#define POD_CONTAINERS_MAX 128u

enum pod_source {
    POD_OF_RUNTIME,
    POD_OF_CLUSTER,
};

struct pod_container {
    struct sv id; /* without the runtime's name before it; empty until it runs */
    struct sv name, image, image_id;
    struct sv probe[PROBE_COUNT];
};

/* What somebody says of a pod; borrowed. */
struct pod_said {
    enum pod_source source;
    struct sv key; /* the uid that cgroups have: a static pod's is not the cluster's */
    struct pod pod;
    const struct pod_container *container;
    uint32_t container_count;
};

struct pod_entry {
    struct pod view;
    struct sv key;
    enum pod_source source;
    const struct pod_container *container;
    uint32_t container_count;
    uint32_t refs;
    bool deleted;
    uint64_t list;                     /* of the cluster, the last that had it */
    struct arena *arena;               /* of all texts but the key */
    struct pod_entry *previous, *next; /* while nobody holds it and the cluster does not have it */
    char text[];
};

struct pods {
    struct map by_key;
    struct pod_entry *free_first, *free_last;
    uint64_t count, limit;
    uint64_t lists;   /* of the cluster, begun */
    uint64_t refused; /* not kept: the limit was reached */
};

void pods_init(struct pods *pods, uint64_t limit);
void pods_done(struct pods *pods);

/* Take in what is said; the entry, or NULL when it is not kept. *changed: a view is another. */
struct pod_entry *pods_put(struct pods *pods, const struct pod_said *said, bool *changed);
must_check struct pod_entry *pods_find(const struct pods *pods, struct sv key);

/* The cluster has deleted it. */
void pods_delete(struct pods *pods, struct sv key);

/* The cluster begins to list all its pods; the list is at its end: others are deleted. */
void pods_list(struct pods *pods);
void pods_listed(struct pods *pods);

void pods_hold(struct pods *pods, struct pod_entry *entry);    /* NULL is fine */
void pods_release(struct pods *pods, struct pod_entry *entry); /* NULL is fine */
