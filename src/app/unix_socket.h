/* app/unix_socket.h - UNIX stream sockets with a path: making one to listen on, and connecting.
 *
 * A path must have from 1 to 107 bytes: an empty one would be an abstract address, which everybody
 * may connect to. Sockets do not block and are closed on exec. Main thread (the umask is changed
 * for a moment). */
#pragma once

#include "base/attr.h"

struct err;

/* Listen at `path` with mode 0600; its directory is made (0755). A socket there that nobody listens
 * on is replaced; -EBUSY when somebody does ("another WHO listens"), -EEXIST when something else is
 * at the path. The caller closes *fd. */
must_check int unix_socket_listen(const char *path, const char *who, int *fd, struct err *err);

/* Connect. Errors: -EINVAL (the path), those of connect(2). */
must_check int unix_socket_connect(const char *path, int *fd, struct err *err);
