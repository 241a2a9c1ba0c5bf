/* decode/socket.h - what a socket is called: its ends, which of them waits, its name.
 *
 * One thread; texts are in the event's scratch or in the record. */
#pragma once

#include "base/sv.h"
#include "bpf/include/wire.h"

struct arena;
struct event_fd;

enum socket_role { /* of this end */
                   SOCKET_ROLE_GUESS,
                   SOCKET_ROLE_CLIENT,
                   SOCKET_ROLE_SERVER,
};

/* Fill type, protocol, addresses, role and name of `fd`. `path` is the name of a UNIX socket as the
 * record has it. A role that is to be guessed is that of the end whose port is not one of those
 * that clients are given (32768 and above); where both or neither are, of the end that listens. */
void socket_describe(struct event_fd *fd, const struct wire_socket *socket, struct sv path,
                     enum socket_role role, struct arena *scratch);

/* "1.2.3.4:80", or a path: the other end alone, or this one. Empty when there is none. */
struct sv socket_remote_name(const struct event_fd *fd, struct arena *scratch);
struct sv socket_local_name(const struct event_fd *fd, struct arena *scratch);
