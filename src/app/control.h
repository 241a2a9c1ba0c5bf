/* app/control.h - the control socket of a running role: one line in, one JSON document out.
 *
 * A client connects, sends a request that ends in a newline, gets the answer and end of file. Only
 * the user the role runs as, and root, are answered: the socket has mode 0600, and the peer's
 * credentials are looked at as well. Clients are few, slow ones are dropped, nothing blocks. One
 * thread. */
#pragma once

#include "base/attr.h"
#include "base/sv.h"

struct buf;
struct control;
struct err;

#define CONTROL_CLIENTS_MAX 16
#define CONTROL_REQUEST_MAX 256u        /* bytes */
#define CONTROL_SECONDS 5               /* a client that takes longer is dropped */
#define CONTROL_ANSWER_MAX (64u << 20u) /* bytes */

/* Write the answer to `request` (no newline) into `answer`: JSON. */
typedef void (*control_fn)(void *ctx, struct sv request, struct buf *answer);

/* Listen at `path` (app/unix_socket.h); `who` is what listens, for errors. */
must_check int control_open(const char *path, const char *who, control_fn answer, void *ctx,
                            struct control **out, struct err *err);
void control_close(struct control *control); /* NULL is fine; the path is removed if it can be */
DEFINE_SCOPED(struct control *, control_close)

int control_fd(const struct control *control); /* for poll(2), POLLIN; -1 for NULL */
/* Take, read and answer what can be without waiting. NULL is fine. */
void control_turn(struct control *control);
