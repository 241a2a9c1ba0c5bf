/* web/http_server.h - an HTTP/1.1 listener, answered when its owner has done what was asked.
 *
 * Connections live in a thread of the library's (libmicrohttpd). A request whose body is complete
 * waits in a bounded queue until the owner takes it, does its work, be it slow, and answers; the
 * connection sleeps meanwhile and costs nothing. Bodies come out of gzip where they were in it. The
 * owner is one thread; it alone calls these functions. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct err;
struct http_request;
struct http_server;

#define HTTP_CONNECTIONS_MAX 1024
#define HTTP_IDLE_S 60     /* a connection that says nothing for so long is closed */
#define HTTP_REQUEST_S 120 /* ... and one whose request takes longer than this to arrive */

struct http_options {
    int listen_fd;      /* bound and listening; the server closes it, also when it cannot start */
    size_t body_max;    /* bytes of one body, as sent and as unzipped: larger ones get 413 */
    size_t waiting_max; /* bytes of all bodies that are held: beyond, requests get 429 */
    /* PEM texts, or NULL: TLS with this certificate; clients must show one of this authority. */
    const char *certificate, *key, *client_ca;
};

struct http_counts {
    uint64_t requests;                                 /* handed to the owner */
    uint64_t too_large, too_many, too_slow, malformed; /* answered without it */
};

must_check int http_server_open(const struct http_options *options, struct http_server **out,
                                struct err *err);
/* Whoever waits gets 503. NULL is fine. */
void http_server_close(struct http_server *server);
DEFINE_SCOPED(struct http_server *, http_server_close)

int http_server_fd(const struct http_server *server); /* for poll(2): readable when requests wait */
/* The next request, to be answered by the taker in the end; NULL when none waits. */
struct http_request *http_server_next(struct http_server *server);
void http_server_counts(struct http_server *server, struct http_counts *out);

/* Good until it is answered. */
struct sv http_request_method(const struct http_request *request);
struct sv http_request_path(const struct http_request *request); /* without the query */
struct sv http_request_body(const struct http_request *request);
struct sv http_request_header(const struct http_request *request, const char *name);
/* The name in the certificate that the client showed; empty without one. */
struct sv http_request_client(const struct http_request *request);

struct http_answer {
    unsigned status;
    const char *content_type; /* NULL: text/plain */
    const char *allow;        /* for 405, or NULL */
    unsigned retry_after_s;   /* 0: no such header */
    struct sv body;           /* copied */
};
/* The request is gone after this. */
void http_request_answer(struct http_request *request, const struct http_answer *answer);

/* A TCP socket that listens on "host:port", "[v6]:port" or ":port" (all addresses).
 * Errors: -EINVAL, -EADDRINUSE, -EADDRNOTAVAIL, -EACCES. */
must_check int http_listen(const char *address, int *out, struct err *err);
