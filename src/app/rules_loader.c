#include "app/rules_loader.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/rules.h"
#include "base/alloc.h"
#include "base/err.h"

struct rules_loader {
    const struct settings *settings;
    const struct log *log;
    struct buf *told;
    pthread_t thread;
    int done_fd;
    /* The thread's until it has ended: */
    struct rules *rules;
    struct err err;
    int rc;
};

static void *load(void *ctx)
{
    struct rules_loader *loader = ctx;

    loader->rc = rules_open_telling(loader->settings, loader->log, loader->told, &loader->rules,
                                    &loader->err);
    (void)eventfd_write(loader->done_fd, 1);
    return NULL;
}

int rules_loader_start(const struct settings *settings, const struct log *log, struct buf *told,
                       struct rules_loader **out, struct err *err)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd < 0)
        return err_set(err, -errno, "eventfd: %s", strerror(errno));
    struct rules_loader *loader = xcalloc(1, sizeof(*loader));
    loader->settings = settings;
    loader->log = log;
    loader->told = told;
    loader->done_fd = fd;
    int rc = pthread_create(&loader->thread, NULL, load, loader);
    if (rc != 0) {
        (void)close(fd);
        free(loader);
        return err_set(err, -rc, "start a thread to load the rules: %s", strerror(rc));
    }
    *out = loader;
    return 0;
}

int rules_loader_fd(const struct rules_loader *loader)
{
    return loader->done_fd;
}

int rules_loader_finish(struct rules_loader *loader, struct rules **out, struct err *err)
{
    (void)pthread_join(loader->thread, NULL);
    int rc = loader->rc;
    if (rc == 0)
        *out = loader->rules;
    else if (err != NULL)
        *err = loader->err;
    (void)close(loader->done_fd);
    free(loader);
    return rc;
}
