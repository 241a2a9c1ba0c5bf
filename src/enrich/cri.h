/* enrich/cri.h - asks the container runtimes of this machine, over their CRI sockets, what bundles
 * do not say: digests of images, labels of containers and pods, addresses.
 *
 * Questions wait in a bounded queue and are put one at a time to each runtime in turn; nothing
 * blocks. A runtime that does not answer in time is left alone for a while, ever longer. When one
 * is reached it is asked for the list of its containers. One thread. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"
#include "enrich/cri_answer.h"

struct cri;
struct log;

#define CRI_SOCKETS_MAX 8
#define CRI_QUEUE_MAX 2048u          /* questions waiting */
#define CRI_TIMEOUT_NS 2000000000ULL /* for one call */
#define CRI_RETRY_MIN_NS                                                                           \
    1000000000ULL                       /* until a runtime is tried again, doubled each time up to \
                                         */
#define CRI_RETRY_MAX_NS 60000000000ULL /* ... and a random part of it less */

struct cri_options {
    const char *const *socket; /* paths, NULL at the end; NULL: the usual places that are there */
    const char *host_root;     /* before the paths; "" or NULL */
    const struct log *log;     /* or NULL */
    /* What a runtime says of a container and of its pod; either may be NULL. Valid in the call. */
    void (*told)(void *ctx, const struct cri_container *container, const struct cri_pod *pod);
    void *ctx;
};

struct cri_counts {
    uint64_t asked, answered;
    uint64_t unknown; /* no runtime knows the container */
    uint64_t refused; /* questions dropped: the queue was full */
    uint64_t failed;  /* connections that broke, or calls that took too long */
};

struct cri *cri_new(const struct cri_options *options);
void cri_free(struct cri *cri); /* NULL is fine */
DEFINE_SCOPED(struct cri *, cri_free)

/* Ask about the container; the sandbox is asked for, too, when the container names one. Nothing is
 * done without runtimes. */
void cri_ask(struct cri *cri, struct sv id, uint64_t now_ns);

int cri_fd(const struct cri *cri); /* for poll(2): readable when there is something to do */
void cri_turn(struct cri *cri, uint64_t now_ns);
/* When cri_turn() is to be called at the latest, on the clock of now_ns; UINT64_MAX: never. */
uint64_t cri_next_ns(const struct cri *cri);

void cri_counts(const struct cri *cri, struct cri_counts *out);
