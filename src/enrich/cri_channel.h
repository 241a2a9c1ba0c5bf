/* enrich/cri_channel.h - gRPC calls over a UNIX socket: one connection, one call at a time.
 *
 * Nothing here blocks: the owner polls the descriptor and calls cri_channel_turn(). A channel that
 * has failed stays so: close it and open another. One thread. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct cri_channel;
struct err;

#define CRI_MESSAGE_MAX ((size_t)4 << 20) /* bytes of an answer */

/* What the other side said of a call that failed, of gRPC's codes. */
enum cri_status {
    CRI_STATUS_OK = 0,
    CRI_STATUS_NOT_FOUND = 5,
    CRI_STATUS_UNIMPLEMENTED = 12,
    CRI_STATUS_UNKNOWN = 2,
};

/* Called once a call: `status` is any code; the message is valid during the call, empty unless
 * CRI_STATUS_OK. */
typedef void (*cri_answer_fn)(void *ctx, uint32_t status, struct sv message);

/* Errors: -ENOENT, -ECONNREFUSED, -EACCES and what else connect(2) says; -ENAMETOOLONG. */
must_check int cri_channel_open(const char *path, struct cri_channel **out, struct err *err);
void cri_channel_close(struct cri_channel *channel); /* NULL is fine; a pending call is dropped */
DEFINE_SCOPED(struct cri_channel *, cri_channel_close)

int cri_channel_fd(const struct cri_channel *channel);
short cri_channel_events(const struct cri_channel *channel); /* for poll(2) */
bool cri_channel_busy(const struct cri_channel *channel);    /* a call waits for its answer */

/* Send a request to "/SERVICE/METHOD". The channel must not be busy. */
must_check int cri_channel_call(struct cri_channel *channel, const char *path, struct sv message,
                                cri_answer_fn answer, void *ctx, struct err *err);

/* Write and read what can be. Errors: the connection has failed; -EPROTO, -E2BIG. */
must_check int cri_channel_turn(struct cri_channel *channel, struct err *err);
