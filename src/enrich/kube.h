/* enrich/kube.h - watches the pods of one node at the Kubernetes API, and writes what it learns as
 * lines (pod_line.h).
 *
 * Made for a process of its own, since it speaks to the network: it blocks. A list comes first,
 * then a watch with bookmarks from where the list ended, again and again; when the server no longer
 * knows that place (410), the list is asked for anew. Failures are followed by pauses that double,
 * with a random part. The token is read from its file for every request, as it changes. The chain
 * of owners is asked for (ReplicaSet to Deployment, Job to CronJob), and guessed from the names
 * where that is not allowed. */
#pragma once

#include <stdint.h>

#include "base/attr.h"

struct err;
struct log;

#define KUBE_LIST_MAX ((size_t)64 << 20) /* bytes of one page of a list */
#define KUBE_PAGE 250                    /* pods of a page */
#define KUBE_RETRY_MAX_MS 60000u

struct kube_options {
    const char *server;     /* "https://10.0.0.1:443" */
    const char *node;       /* whose pods */
    const char *token_file; /* NULL: no token */
    const char *ca_file;    /* NULL: the system's */
    uint32_t watch_s;       /* how long one watch lasts; 0: 290 */
    uint32_t retry_ms;      /* the first pause; 0: 1000 */
    const struct log *log;  /* or NULL */
};

/* Returns when `out_fd`, a socket, has been closed at the other end. Errors: -EPIPE, -ENOMEM. */
must_check int kube_run(const struct kube_options *options, int out_fd, struct err *err);
