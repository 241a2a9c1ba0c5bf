/* enrich/cri_answer.h - the messages of the container runtime interface (CRI), version v1, as far
 * as we ask: what is sent, and what comes back.
 *
 * cri_answer.c has the table of field numbers. Texts in the answers are views into the message.
 * Lists are cut at their limits. Any thread. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "event/process.h"

struct arena;
struct err;

#define CRI_LABELS_MAX 256u
#define CRI_MOUNTS_MAX 256u
#define CRI_IDS_MAX 4096u   /* containers of one list */
#define CRI_TEXT_MAX 16384u /* bytes kept of one text */

struct cri_container {
    struct sv id, sandbox_id, name;
    struct sv image;     /* as asked for */
    struct sv image_ref; /* name and digest, or an id */
    struct label *label, *annotation;
    struct container_mount *mount;
    uint32_t label_count, annotation_count, mount_count;
    bool has_privileged, privileged;
};

struct cri_pod {
    struct sv sandbox_id, name, uid, namespace_name, ip;
    struct label *label, *annotation;
    uint32_t label_count, annotation_count;
};

/* One of a list of containers (whose request has no fields): enough to know whether to ask more. */
struct cri_listed {
    struct sv id, sandbox_id;
};

void cri_ask_container(struct buf *out, struct sv id);
void cri_ask_pod(struct buf *out, struct sv sandbox_id);

/* Lists live in `arena`. Errors: -EPROTO. */
must_check int cri_read_list(struct sv message, struct arena *arena, struct cri_listed **out,
                             uint32_t *count, struct err *err);
must_check int cri_read_container(struct sv message, struct arena *arena, struct cri_container *out,
                                  struct err *err);
must_check int cri_read_pod(struct sv message, struct arena *arena, struct cri_pod *out,
                            struct err *err);
