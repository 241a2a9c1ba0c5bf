/* tests/unit/enrich/fake_api.h - an API server that a test plays: HTTP on a port of 127.0.0.1, in a
 * child process, one request a connection. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct fake_api_step {
    const char *request; /* that has these words in its head; each step is taken once, in order */
    int status;
    const char *body;
    bool holds; /* the connection stays open after the body */
};

struct fake_api {
    pid_t pid;
    char address[64]; /* http://127.0.0.1:PORT */
};

/* Steps are borrowed; a request that no step is for gets 503. */
void fake_api_start(struct fake_api *fake, const struct fake_api_step *step, size_t count);
void fake_api_stop(struct fake_api *fake);
