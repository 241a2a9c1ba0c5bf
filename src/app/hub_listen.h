/* app/hub_listen.h - opening the hub's HTTP listener in two steps: what root may do, and the rest.
 *
 * Main thread. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"

struct err;
struct http_server;
struct log;
struct settings;

struct hub_listen {
    int fd;                                        /* -1: there is none */
    struct buf token, certificate, key, client_ca; /* contents of files; empty: none */
};

/* Bind the socket and read the files that the settings name. Without `hub.listen`, an address that
 * is taken is a warning.
 * Errors: those of http_listen() and of reading; -EINVAL (a certificate without its key). */
must_check int hub_listen_open(const struct settings *settings, const struct log *log,
                               struct hub_listen *out, struct err *err);
void hub_listen_done(struct hub_listen *listen);
static inline void scoped_hub_listen_done(struct hub_listen *listen)
{
    hub_listen_done(listen);
}

/* Start the listener in the sandbox; *out is the caller's, NULL when there is none. */
must_check int hub_listen_start(struct hub_listen *listen, struct http_server **out,
                                struct err *err);
