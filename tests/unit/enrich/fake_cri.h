/* tests/unit/enrich/fake_cri.h - a container runtime that answers over a UNIX socket what a test
 * tells it to. It runs in a child process; one connection at a time. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/sv.h"

struct fake_cri_answer {
    const char *path;  /* "/runtime.v1.RuntimeService/ContainerStatus" */
    struct sv request; /* that it is for; empty: any */
    uint32_t status;   /* of gRPC */
    struct sv message;
};

struct fake_cri {
    pid_t pid;
    char socket[108];
};

enum fake_cri_way {
    FAKE_CRI_ANSWERS,
    FAKE_CRI_SILENT, /* takes connections and says nothing */
    FAKE_CRI_NOISE,  /* sends what is no HTTP/2 */
    FAKE_CRI_CLOSES, /* closes each connection at once */
};

/* Listens when it returns. Answers are borrowed until fake_cri_stop(). */
void fake_cri_start(struct fake_cri *fake, const char *socket, enum fake_cri_way way,
                    const struct fake_cri_answer *answer, size_t count);
void fake_cri_stop(struct fake_cri *fake);

/* Messages as a runtime makes them. */
void fake_cri_container(struct buf *out, const char *id, const char *name, const char *sandbox_id);
void fake_cri_pod(struct buf *out, const char *sandbox_id, const char *name);
void fake_cri_list(struct buf *out, const char *const *id, size_t count);
